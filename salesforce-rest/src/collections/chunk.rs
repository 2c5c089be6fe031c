//! The records of one call.

use http::Method;
use salesforce_http::{Effect, Error, ErrorKind, Request, Result};
use salesforce_types::{ErrorCode, FieldName, IdText, KeyPrefix, ObjectName, Value};

use super::nothing_sent;
use crate::row::Row;
use crate::sobject::{is_firm, object_name};
use crate::{Client, Outcome, SaveResult, Unknown, WriteOptions, Written, body_size};

/// The most records that an org takes in one call.
pub(crate) const MOST: usize = 200;

/// The most runs of rows of one object that an org takes in one call.
const MOST_RUNS: usize = 10;

/// The most bytes of rows in one call; a little less than the body may have, for what stands around them.
const MOST_BYTES: usize = body_size::LIMIT - 1000;

/// What is done to the records.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Create,
    Update,
    Upsert { object: ObjectName, field: FieldName },
    Delete,
}

impl Operation {
    pub(crate) fn upsert(object: &str, field: &str) -> Result<Self> {
        let field = field.parse().map_err(|error| nothing_sent(format!("{error}")))?;
        Ok(Self::Upsert { object: object_name(object)?, field })
    }

    /// The row, if it has what the operation needs.
    pub(crate) fn checked(&self, row: Row) -> Result<Row> {
        if matches!(self, Self::Update) {
            row.id()?;
        }
        if row.len() > MOST_BYTES {
            let message = format!("it has some {} bytes and a call may have {}", row.len(), body_size::LIMIT);
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        Ok(row)
    }

    /// The field that tells the record, where the operation is by one.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::Create => None,
            Self::Update | Self::Delete => Some("Id"),
            Self::Upsert { field, .. } => Some(field.as_str()),
        }
    }

    /// Whether it does no harm to do this to the rows twice: an upsert of a row without a key creates one each time.
    fn effect(&self, rows: &[Pending]) -> Effect {
        let firm = |value: Option<Value>| match value {
            Some(Value::Text(text)) => is_firm(&text),
            Some(Value::Number(_) | Value::Bool(_)) => true,
            _ => false,
        };
        match self {
            Self::Update | Self::Delete => Effect::Repeatable,
            Self::Upsert { field, .. } if rows.iter().all(|pending| firm(pending.row.value(field.as_str()))) => {
                Effect::Repeatable
            }
            Self::Create | Self::Upsert { .. } => Effect::Once,
        }
    }
}

/// How it is done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manner {
    pub(crate) all_or_none: bool,
    pub(crate) once: bool,
    pub(crate) settle_by: Vec<FieldName>,
    pub(crate) options: WriteOptions,
}

/// A row and its place in what the caller gave.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) position: usize,
    pub(crate) row: Row,
    /// An earlier call of it may have done it, whatever the org says to a later one.
    pub(crate) lost: bool,
}

impl Pending {
    pub(crate) fn new(position: usize, row: Row) -> Self {
        Self { position, row, lost: false }
    }

    /// The record refused, or unknown if it was lost before.
    pub(crate) fn refused(&self, operation: &Operation, manner: &Manner, error: Error) -> Outcome {
        match self.lost {
            true => self.unknown(operation, manner, error.into_outcome_unknown()),
            false => Outcome::new(self.position, Written::Refused(error)),
        }
    }

    /// The record with what finds it. A key that it does not have is among them: the others alone may find another one.
    fn unknown(&self, operation: &Operation, manner: &Manner, error: Error) -> Outcome {
        let names: Vec<&str> = match operation.key() {
            Some(key) => vec![key],
            None => manner.settle_by.iter().map(FieldName::as_str).collect(),
        };
        let values = self.row.values(names.iter().copied());
        let keys =
            names.into_iter().zip(values).map(|(name, value)| (name.into(), value.unwrap_or_default())).collect();
        let object = self.row.object().map(ObjectName::as_str);
        Outcome::new(self.position, Written::Unknown(Unknown::new(object, keys, error)))
    }

    /// What an org counts runs by: the object, or what it can tell of it by an id alone.
    fn kind(&self, operation: &Operation) -> (Option<&ObjectName>, Option<KeyPrefix>) {
        match operation {
            Operation::Delete => (None, self.row.id().ok().map(|id| id.key_prefix())),
            _ => (self.row.object(), None),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) rows: Vec<Pending>,
}

/// What came of a call.
#[derive(Debug)]
pub(crate) enum Sent {
    /// The org says of each record what became of it.
    Answered(Vec<Outcome>),
    /// The org may have done it, or some of it.
    Lost(Vec<Outcome>, Error),
    /// The org surely did nothing.
    Failed(Error),
}

/// The rows, in their order, over as few calls as take them.
pub(crate) fn cut(rows: Vec<Pending>, operation: &Operation, most: usize) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let (mut bytes, mut runs) = (0, 0);
    for pending in rows {
        let size = pending.row.len();
        let last = chunks.last().map(|chunk| &chunk.rows);
        let new_run =
            last.and_then(|rows| rows.last()).is_none_or(|last| last.kind(operation) != pending.kind(operation));
        let fits = last.is_some_and(|rows| rows.len() < most)
            && bytes + size <= MOST_BYTES
            && runs + usize::from(new_run) <= MOST_RUNS;
        match chunks.last_mut().filter(|_| fits) {
            Some(chunk) => {
                chunk.rows.push(pending);
                (bytes, runs) = (bytes + size, runs + usize::from(new_run));
            }
            None => {
                chunks.push(Chunk { rows: vec![pending] });
                (bytes, runs) = (size, 1);
            }
        }
    }
    chunks
}

impl Chunk {
    /// What it does to send it twice.
    pub(crate) fn effect(&self, operation: &Operation, manner: &Manner) -> Effect {
        if manner.once { Effect::Once } else { operation.effect(&self.rows) }
    }

    fn request(&self, operation: &Operation, manner: &Manner) -> Result<Request> {
        const PATH: &str = "composite/sobjects";
        let all_or_none = manner.all_or_none;
        let effect = self.effect(operation, manner);
        let request = match operation {
            Operation::Delete => {
                let ids: Result<Vec<String>> =
                    self.rows.iter().map(|pending| Ok(pending.row.id()?.to_string())).collect();
                Request::delete(PATH).query("ids", &ids?.join(",")).query("allOrNone", &all_or_none.to_string())
            }
            Operation::Create => Request::post(PATH).body("application/json", self.body(all_or_none)),
            Operation::Update => Request::patch(PATH).body("application/json", self.body(all_or_none)),
            Operation::Upsert { object, field } => Request::new(Method::PATCH, format!("{PATH}/{object}/{field}"))
                .body("application/json", self.body(all_or_none)),
        };
        manner.options.apply(request.with_effect(effect))
    }

    fn body(&self, all_or_none: bool) -> String {
        let mut body = format!(r#"{{"allOrNone":{all_or_none},"records":["#);
        for (n, pending) in self.rows.iter().enumerate() {
            if n > 0 {
                body.push(',');
            }
            pending.row.write(&mut body, "", "");
        }
        body.push_str("]}");
        body
    }

    pub(crate) async fn send(&self, client: &Client, operation: &Operation, manner: &Manner) -> Sent {
        let request = match self.request(operation, manner) {
            Ok(request) => request,
            Err(error) => return Sent::Failed(error),
        };
        let call = request.call();
        let results = match client.send(request).await {
            // An answer that cannot be read was given after the org had done it.
            Ok(answer) => answer
                .json::<Vec<SaveResult>>()
                .map(|results| (results, answer.an_earlier_try_was_lost()))
                .map_err(Error::into_outcome_unknown),
            Err(error) if error.broke_off() => Err(error.into_outcome_unknown()),
            Err(error) => Err(error),
        };
        match results {
            Ok((results, lost)) if results.len() == self.rows.len() => {
                Sent::Answered(self.outcomes(results, lost, operation, manner))
            }
            Ok((results, _)) => {
                let message =
                    format!("the org answered for {} records, and {} were sent", results.len(), self.rows.len());
                let error = Error::new(ErrorKind::Decode, message).with_call(call).into_outcome_unknown();
                Sent::Lost(self.unknown(operation, manner, &error), error)
            }
            Err(error) if error.outcome_unknown() => Sent::Lost(self.unknown(operation, manner, &error), error),
            Err(error) => Sent::Failed(error),
        }
    }

    /// What the results say, `lost` when an earlier try of the call may have done what this one refuses.
    fn outcomes(&self, results: Vec<SaveResult>, lost: bool, operation: &Operation, manner: &Manner) -> Vec<Outcome> {
        let outcome = |(pending, result): (&Pending, SaveResult)| {
            let gone = matches!(operation, Operation::Delete)
                && result.errors.first().is_some_and(|error| error.code == ErrorCode::EntityIsDeleted);
            let done = |id, created| Outcome::new(pending.position, Written::Done { id, created });
            match result.success {
                true => done(result.id, result.created),
                // What was asked for, and what a second try finds when the answer to the first was lost.
                false if gone => done(pending.row.id().ok().map(IdText::Id), None),
                false => {
                    let pending = Pending { lost: lost || pending.lost, ..pending.clone() };
                    pending.refused(operation, manner, Error::refusal(None, result.errors))
                }
            }
        };
        self.rows.iter().zip(results).map(outcome).collect()
    }

    fn unknown(&self, operation: &Operation, manner: &Manner, error: &Error) -> Vec<Outcome> {
        self.rows.iter().map(|row| row.unknown(operation, manner, error.clone())).collect()
    }

    /// Each record with the error of the call as a whole.
    pub(crate) fn refused(&self, operation: &Operation, manner: &Manner, error: &Error) -> Vec<Outcome> {
        self.rows.iter().map(|row| row.refused(operation, manner, error.clone())).collect()
    }

    /// Each record with the error of another call, after which this one was not made.
    pub(crate) fn not_sent(&self, operation: &Operation, manner: &Manner, cause: &Error) -> Vec<Outcome> {
        let kind = match cause.kind() {
            // The outcome of this one is known.
            ErrorKind::OutcomeUnknown => ErrorKind::Busy,
            kind => kind,
        };
        let message = "this record was not sent, since an earlier call of the same list failed";
        self.refused(operation, manner, &Error::new(kind, message).with_source(cause.clone()))
    }
}

#[cfg(test)]
mod tests {
    use salesforce_types::Record;
    use serde_json::{Value as Json, json};

    use super::*;

    fn rows(rows: &[Record]) -> Vec<Pending> {
        let row = |(position, row)| Pending::new(position, Row::new(row, None).unwrap());
        rows.iter().enumerate().map(row).collect()
    }

    fn sizes(chunks: &[Chunk]) -> Vec<usize> {
        chunks.iter().map(|chunk| chunk.rows.len()).collect()
    }

    fn sent(operation: &Operation, list: &[Record]) -> Request {
        Chunk { rows: rows(list) }.request(operation, &Manner::default()).unwrap()
    }

    fn body(request: &Request) -> Json {
        serde_json::from_slice(request.content().as_bytes().unwrap()).unwrap()
    }

    #[test]
    fn a_call_holds_two_hundred_records_in_order() {
        let many = vec![Record::new("Account"); 401];
        let chunks = cut(rows(&many), &Operation::Create, MOST);
        assert_eq!(sizes(&chunks), [200, 200, 1]);
        let positions: Vec<_> = chunks.iter().flat_map(|chunk| &chunk.rows).map(|row| row.position).collect();
        assert_eq!(positions, (0..401).collect::<Vec<_>>());
        assert!(cut(Vec::new(), &Operation::Create, MOST).is_empty());
    }

    #[test]
    fn a_call_holds_ten_runs_of_one_object() {
        let turns: Vec<_> = (0..24).map(|n| Record::new(if n % 2 == 0 { "Account" } else { "Contact" })).collect();
        assert_eq!(sizes(&cut(rows(&turns), &Operation::Create, MOST)), [10, 10, 4]);
        let mut sorted = turns;
        sorted.sort_by_key(|row| row.object().map(str::to_owned));
        assert_eq!(sizes(&cut(rows(&sorted), &Operation::Create, MOST)), [24]);
    }

    #[test]
    fn a_delete_holds_ten_runs_of_ids_that_begin_alike() {
        let id = |n: usize| ["001D000000IqhSLIAZ", "003Dn00000srto9IAA"][n % 2].parse().unwrap();
        let ids = |count| (0..count).map(|n| Pending::new(n, Row::of_id(id(n), None))).collect::<Vec<_>>();
        assert_eq!(sizes(&cut(ids(24), &Operation::Delete, MOST)), [10, 10, 4]);
        let mut sorted = ids(24);
        sorted.sort_by_key(|pending| pending.row.id().unwrap());
        assert_eq!(sizes(&cut(sorted, &Operation::Delete, MOST)), [24]);
    }

    #[test]
    fn a_key_that_a_row_does_not_have_keeps_the_others_from_finding_another_row() {
        let row = Record::new("Contact").with("LastName", "Doe");
        let manner =
            Manner { settle_by: vec!["LastName".parse().unwrap(), "Email".parse().unwrap()], ..Manner::default() };
        let lost = Error::new(ErrorKind::OutcomeUnknown, "lost");
        let outcomes = Chunk { rows: rows(&[row.clone(), row.with("Email", "d@x.example")]) }.unknown(
            &Operation::Create,
            &manner,
            &lost,
        );
        let [bare, whole] = &outcomes[..] else { panic!("two") };
        let (Written::Unknown(bare), Written::Unknown(whole)) = (&bare.result, &whole.result) else {
            panic!("unknown")
        };
        assert_eq!(bare.keys().collect::<Vec<_>>(), [("LastName", &"Doe".into()), ("Email", &Value::Null)]);
        assert!(bare.query().is_none());
        let query = whole.query().unwrap();
        assert_eq!(query.text().unwrap(), "SELECT Id FROM Contact WHERE LastName = 'Doe' AND Email = 'd@x.example'");
    }

    #[test]
    fn a_call_holds_as_many_bytes_as_an_org_reads() {
        let wide = vec![Record::new("Account").with("Description", "x".repeat(20_000_000)); 3];
        let chunks = cut(rows(&wide), &Operation::Create, MOST);
        assert_eq!(sizes(&chunks), [2, 1]);
        let request = chunks[0].request(&Operation::Create, &Manner::default()).unwrap();
        assert!(body_size::check(&request).is_ok());
        let wider = Row::new(&Record::new("Account").with("Description", "x".repeat(50_000_000)), None).unwrap();
        assert_eq!(Operation::Create.checked(wider).unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[test]
    fn a_create_is_a_post_and_sent_once() {
        let request = sent(&Operation::Create, &[Record::new("Account").with("Name", "A")]);
        assert_eq!((request.method().as_str(), request.path()), ("POST", "composite/sobjects"));
        assert_eq!(request.effect(), Effect::Once);
        assert_eq!(
            body(&request),
            json!({"allOrNone": false, "records": [{"attributes": {"type": "Account"}, "Name": "A"}]})
        );
    }

    #[test]
    fn an_update_and_a_delete_may_be_repeated() {
        let row = Record::new("Account").with("Id", "001D000000IqhSLIAZ");
        let update = sent(&Operation::Update, std::slice::from_ref(&row));
        assert_eq!((update.method().as_str(), update.effect()), ("PATCH", Effect::Repeatable));
        let delete = sent(&Operation::Delete, &[row.clone(), row]);
        assert_eq!((delete.method().as_str(), delete.effect()), ("DELETE", Effect::Repeatable));
        assert_eq!(delete.path(), "composite/sobjects?ids=001D000000IqhSLIAZ,001D000000IqhSLIAZ&allOrNone=false");
    }

    #[test]
    fn an_upsert_is_repeated_only_if_every_row_has_a_key_that_finds_it() {
        let upsert = Operation::upsert("Account", "Ext__c").unwrap();
        let row = |value: Value| Record::new("Account").with("ext__c", value);
        let effect = |values: &[Value]| sent(&upsert, &values.iter().cloned().map(row).collect::<Vec<_>>()).effect();
        assert_eq!(effect(&["P-17".into(), 17.into()]), Effect::Repeatable);
        for odd in [Value::Null, "".into(), " P-17".into()] {
            assert_eq!(effect(&["P-17".into(), odd.clone()]), Effect::Once, "{odd:?}");
        }
        assert_eq!(sent(&upsert, &[Record::new("Account")]).effect(), Effect::Once);
        assert_eq!(sent(&upsert, &[]).path(), "composite/sobjects/Account/Ext__c");
        assert!(Operation::upsert("Account", "Ext__c/../x").is_err());
    }
}
