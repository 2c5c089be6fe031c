use std::collections::BTreeMap;
use std::fmt;

use http::StatusCode;
use salesforce_http::{Effect, Error, ErrorKind, Result, api_errors, read_json};
use salesforce_types::ErrorCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::parts::CompositeRequest;
use super::reference::{Mark, Part, name};
use super::too_late;
use crate::{AmbiguousExternalId, PreconditionFailed};

/// What each part of a composite call answered.
///
/// ```
/// use salesforce_rest::CompositeAnswer;
///
/// let answer: CompositeAnswer = serde_json::from_str(
///     r#"{"compositeResponse": [{"body": null, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": "r0"}]}"#,
/// )?;
/// assert!(answer.all_done() && answer.parts()[0].json::<()>().is_ok());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
pub struct CompositeAnswer {
    #[serde(rename = "compositeResponse")]
    parts: Vec<PartAnswer>,
    #[serde(skip)]
    asked: Option<Asked>,
}

/// The call that was made: whose its parts are, and what each of them does.
#[derive(Clone, Debug)]
struct Asked {
    mark: Mark,
    effects: Vec<Effect>,
}

/// What one part answered: a status, headers, a body.
#[derive(Clone, Deserialize)]
pub struct PartAnswer {
    #[serde(rename = "httpStatusCode", alias = "statusCode")]
    status: u16,
    #[serde(rename = "httpHeaders", default, deserialize_with = "null_is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(default, alias = "result", deserialize_with = "raw_null")]
    body: Option<Box<RawValue>>,
    #[serde(rename = "referenceId", default)]
    reference_id: Option<String>,
    #[serde(skip)]
    call: Option<String>,
}

fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn raw_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

impl CompositeAnswer {
    /// The result of a part.
    ///
    /// # Errors
    ///
    /// The part's own refusal; [`PartAnswer::is_halted`] tells whether it only failed since another one did. `Decode`
    /// when its answer is not as expected. Otherwise as for [`part`](Self::part).
    pub fn get<T: DeserializeOwned>(&self, part: &Part<T>) -> Result<T> {
        self.part(part)?.json()
    }

    /// What a part answered, unread: its status, its headers.
    ///
    /// # Errors
    ///
    /// `Invalid` for a part of another call. When the org left it out: `OutcomeUnknown`, or `Decode` if it only reads.
    pub fn part<T>(&self, part: &Part<T>) -> Result<&PartAnswer> {
        if self.asked.as_ref().is_some_and(|asked| asked.mark != part.mark) {
            return Err(Error::new(ErrorKind::Invalid, "this part is not of this call"));
        }
        let name = name(part.number);
        self.parts.iter().find(|answer| answer.reference_id.as_deref() == Some(&*name)).ok_or_else(|| {
            let message = format!("the org's answer to a composite call says nothing of its part {name}");
            let effect = self.asked.as_ref().and_then(|asked| asked.effects.get(part.number).copied());
            too_late(Error::new(ErrorKind::Decode, message), effect.unwrap_or(Effect::None))
        })
    }

    /// All answers, in the order in which the org gives them.
    #[must_use]
    pub fn parts(&self) -> &[PartAnswer] {
        &self.parts
    }

    /// Whether no part was refused, and none left out.
    #[must_use]
    pub fn all_done(&self) -> bool {
        let whole = self.asked.as_ref().is_none_or(|asked| asked.effects.len() <= self.parts.len());
        whole && self.parts.iter().all(PartAnswer::is_done)
    }

    /// The refusals that are causes, and not only consequences of another one.
    pub fn causes(&self) -> impl Iterator<Item = Error> {
        self.parts.iter().filter(|part| !part.is_done() && !part.is_halted()).map(PartAnswer::refusal)
    }

    /// The same, with the calls' names for errors.
    pub(super) fn of(mut self, request: &CompositeRequest) -> Self {
        let calls: Vec<_> = request.parts().map(|part| part.request.call()).collect();
        for answer in &mut self.parts {
            let number = calls.iter().enumerate().find(|(n, _)| answer.reference_id.as_deref() == Some(&*name(*n)));
            answer.call = number.map(|(_, call)| call.clone());
        }
        let effects = request.parts().map(|part| part.request.effect()).collect();
        self.asked = Some(Asked { mark: request.mark, effects });
        self
    }
}

impl PartAnswer {
    /// Its status, as of a call of its own.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The name by which the call refers to it.
    #[must_use]
    pub fn reference_id(&self) -> Option<&str> {
        self.reference_id.as_deref()
    }

    /// A header of it, such as `ETag` or `Location`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// Its body as text; `null` without one.
    #[must_use]
    pub fn body(&self) -> &str {
        self.body.as_deref().map_or("null", RawValue::get)
    }

    /// Whether it was not refused. A 304, not modified, is no refusal.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.status, 200..=299 | 304)
    }

    /// Whether it failed only since another part did: it was undone, or not run.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        !self.is_done() && halted(&self.refusal())
    }

    /// Its result.
    ///
    /// # Errors
    ///
    /// Its refusal; `Decode` when the body is no `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        if !self.is_done() {
            return Err(self.refusal());
        }
        read_json(self.body().as_bytes()).map_err(|error| self.named(error.at("a part of another call")))
    }

    fn refusal(&self) -> Error {
        let status = StatusCode::from_u16(self.status).ok();
        let error = Error::refusal(status, api_errors(self.body().as_bytes()));
        let error = match AmbiguousExternalId::read(self.body()) {
            Some(several) if self.status == 300 => error.with_source(several),
            _ if halted(&error) => error,
            _ => PreconditionFailed::told(error),
        };
        self.named(error)
    }

    fn named(&self, error: Error) -> Error {
        match &self.call {
            Some(call) => error.with_call(call.clone()),
            None => error,
        }
    }

    pub(super) fn with_call(mut self, call: String) -> Self {
        self.call = Some(call);
        self
    }
}

/// Whether a part of a composite call, a graph or a batch failed only since another one did.
fn halted(error: &Error) -> bool {
    let halted = |code: &ErrorCode| matches!(code, ErrorCode::ProcessingHalted | ErrorCode::BatchProcessingHalted);
    error.api_errors().first().is_some_and(|first| halted(&first.code))
}

impl fmt::Debug for PartAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartAnswer")
            .field("reference_id", &self.reference_id)
            .field("status", &self.status)
            .field("bytes", &self.body().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Created, Upserted};

    fn part(json: &str) -> PartAnswer {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_cause_is_told_from_its_consequences() {
        let answer: CompositeAnswer = serde_json::from_str(
            r#"{"compositeResponse":[
                {"body":[{"errorCode":"PROCESSING_HALTED","message":"rolled back"}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"r0"},
                {"body":[{"message":"m","errorCode":"REQUIRED_FIELD_MISSING","fields":["Name"]}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"r1"}]}"#,
        )
        .unwrap();
        assert!(!answer.all_done() && answer.parts()[0].is_halted() && !answer.parts()[1].is_halted());
        let causes: Vec<_> = answer.causes().collect();
        assert_eq!((causes.len(), causes[0].kind()), (1, ErrorKind::Invalid));
        assert_eq!(causes[0].api_errors()[0].fields, ["Name"]);
    }

    #[test]
    fn results_are_read_as_what_was_asked_for() {
        let created = part(r#"{"body":{"id":"001D000000IqhSLIAZ","success":true,"errors":[]},"httpStatusCode":201}"#);
        assert_eq!(created.json::<Created>().unwrap().id, "001D000000IqhSL".parse().unwrap());
        let old = part(r#"{"body":null,"httpHeaders":null,"httpStatusCode":204,"referenceId":"r"}"#);
        assert_eq!(old.json::<Upserted>().unwrap(), serde_json::from_str("null").unwrap());
        assert!(part(r#"{"body":null,"httpHeaders":{"etag":"x"},"httpStatusCode":304}"#).header("ETag") == Some("x"));
        assert_eq!(old.json::<Created>().unwrap_err().kind(), ErrorKind::Decode);
    }

    #[test]
    fn several_records_of_one_external_id_are_typed_here_too() {
        use std::error::Error as _;
        let part =
            part(r#"{"body":["/services/data/v68.0/sobjects/Contact/003Dn00000srto9IAA"],"httpStatusCode":300}"#);
        let error = part.json::<Upserted>().unwrap_err();
        assert!(error.source().unwrap().is::<AmbiguousExternalId>());
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }

    #[test]
    fn a_part_that_was_not_run_met_no_condition() {
        use std::error::Error as _;
        let halted = part(r#"{"statusCode":412,"result":[{"errorCode":"BATCH_PROCESSING_HALTED","message":"m"}]}"#);
        assert!(halted.is_halted() && halted.json::<()>().unwrap_err().source().is_none());
        let changed = part(r#"{"statusCode":412,"result":[{"errorCode":"PRECONDITION_FAILED","message":"m"}]}"#);
        assert!(!changed.is_halted());
        assert!(changed.json::<()>().unwrap_err().source().unwrap().is::<PreconditionFailed>());
    }

    #[test]
    fn an_answer_that_is_not_as_expected_names_the_place_and_not_the_value() {
        let error = part(r#"{"body":{"id":{"canary":1}},"httpStatusCode":201}"#).json::<Created>().unwrap_err();
        assert!(error.kind() == ErrorKind::Decode && error.to_string().contains("at `id`"), "{error}");
        assert!(!format!("{error:?}").contains("canary"));
    }
}
