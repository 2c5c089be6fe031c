//! What only SOAP has: records back out of the recycle bin, and out of it for good.

use salesforce_http::soap::{Call, Element};
use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::{ApiError, ErrorCode, IdText, RecordId};

use crate::{Client, Outcome, Unknown, Written};

/// The most ids of one call.
const MOST: usize = 200;

impl Client {
    /// Takes records out of the recycle bin, 200 a call, and says of each what became of it, in the order given. They
    /// keep their ids, and the children that were deleted with them come back too.
    ///
    /// A record that is not in the bin is refused: with `UNDELETE_FAILED` when it was never deleted, with
    /// `INVALID_CROSS_REFERENCE_KEY` or `ENTITY_IS_DELETED` when it was purged, which nobody can undo.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client, ids: Vec<salesforce_rest::RecordId>) -> salesforce_rest::Result<()> {
    /// for outcome in client.undelete(&ids).await? {
    ///     if let Some(error) = outcome.error() {
    ///         println!("{}: {error}", ids[outcome.position]);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// Calls are sent one after another and never twice. When one fails as a whole, no further one is sent: the records
    /// of the calls before keep their outcomes, and those after it are refused, not having been sent.
    ///
    /// # Errors
    ///
    /// Nothing was done then: the first call was refused as a whole. `Config` for a JWT that SOAP does not take in this
    /// version ([`JwtInSoap`](salesforce_http::JwtInSoap)).
    pub async fn undelete(&self, ids: &[RecordId]) -> Result<Vec<Outcome>> {
        self.by_soap("undelete", ids).await
    }

    /// Takes records out of the recycle bin for good, and the children that were deleted with them, 200 a call. No query
    /// shows them any more; the delete log does, for 15 days.
    ///
    /// # Errors
    ///
    /// As for [`undelete`](Self::undelete).
    pub async fn empty_recycle_bin(&self, ids: &[RecordId]) -> Result<Vec<Outcome>> {
        self.by_soap("emptyRecycleBin", ids).await
    }

    async fn by_soap(&self, operation: &'static str, ids: &[RecordId]) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::with_capacity(ids.len());
        let mut failed: Option<Error> = None;
        for ids in ids.chunks(MOST) {
            let results = match &failed {
                Some(error) => ids.iter().map(|_| Written::Refused(not_sent(error))).collect(),
                None => {
                    match self.connection().soap(call(operation, ids)).await.and_then(|answer| read(&answer, ids)) {
                        Ok(results) => results,
                        Err(error) => {
                            if outcomes.is_empty() && !error.outcome_unknown() {
                                return Err(error);
                            }
                            let results = ids.iter().map(|id| unsure(*id, &error)).collect();
                            failed = Some(error);
                            results
                        }
                    }
                }
            };
            for result in results {
                outcomes.push(Outcome::new(outcomes.len(), result));
            }
        }
        Ok(outcomes)
    }
}

fn call(operation: &'static str, ids: &[RecordId]) -> Call {
    let operation = ids.iter().fold(Element::new(operation), |operation, id| operation.with("ids", id.to_string()));
    Call::partner(operation)
}

/// A result for each id, in the order of the ids: they are not named in a refusal.
fn read(answer: &Element, ids: &[RecordId]) -> Result<Vec<Written>> {
    let results: Vec<Written> = answer.children("result").map(written).collect();
    if results.len() != ids.len() {
        let message = format!("the org was asked for {} records and answered for {}", ids.len(), results.len());
        return Err(Error::new(ErrorKind::OutcomeUnknown, message).with_call(format!("SOAP {}", answer.name())));
    }
    Ok(results)
}

fn written(result: &Element) -> Written {
    if result.value("success") == Some("true") {
        let id = result.value("id").map(IdText::from);
        return Written::Done { id, created: None };
    }
    let errors = result.children("errors").map(|error| {
        let code = ErrorCode::from(error.value("statusCode").unwrap_or_default());
        let fields = error.children("fields").map(|field| field.text().to_owned()).collect();
        ApiError { fields, ..ApiError::new(code, error.value("message").unwrap_or_default()) }
    });
    Written::Refused(Error::refusal(None, errors.collect()))
}

/// A record of a call that failed as a whole.
fn unsure(id: RecordId, error: &Error) -> Written {
    match error.outcome_unknown() {
        true => Written::Unknown(Unknown::new(None, vec![("Id".into(), id.to_string().into())], error.clone())),
        false => Written::Refused(error.clone()),
    }
}

fn not_sent(error: &Error) -> Error {
    let kind = if error.outcome_unknown() { ErrorKind::Busy } else { error.kind() };
    Error::new(kind, "it was not sent, since the call before it failed").with_source(error.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "001D000000IqhSLIAZ";

    fn results(xml: &str, ids: usize) -> Result<Vec<Written>> {
        let answer = Element::parse(format!("<undeleteResponse>{xml}</undeleteResponse>").as_bytes()).unwrap();
        read(&answer, &vec![ID.parse().unwrap(); ids])
    }

    #[test]
    fn a_refused_record_says_why_and_is_no_error_of_the_call() {
        let results = results(
            r#"<result><id>001D000000IqhSLIAZ</id><success>true</success></result>
               <result xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><errors><fields>Id</fields><message>entity is not in the recycle bin</message>
               <statusCode>UNDELETE_FAILED</statusCode></errors><id xsi:nil="true"/><success>false</success></result>"#,
            2,
        )
        .unwrap();
        assert!(matches!(&results[0], Written::Done { id: Some(id), .. } if id.id() == ID.parse().ok()));
        let Written::Refused(error) = &results[1] else { panic!("{results:?}") };
        assert_eq!(error.to_string(), "UNDELETE_FAILED: entity is not in the recycle bin (Id)");
    }

    #[test]
    fn an_answer_for_fewer_records_than_were_named_settles_nothing() {
        assert_eq!(
            results("<result><success>true</success></result>", 2).unwrap_err().kind(),
            ErrorKind::OutcomeUnknown
        );
    }
}
