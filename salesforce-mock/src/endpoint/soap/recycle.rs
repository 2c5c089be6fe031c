//! `undelete` and `emptyRecycleBin`.

use std::collections::BTreeSet;

use salesforce_types::RecordId;

use super::{Envelope, Fault};
use crate::Org;
use crate::endpoint::element;
use crate::rules::Refusal;
use crate::xml::Element;

/// The most ids of one call.
pub(super) const MOST: usize = 200;

/// Brings rows back. One that is refused stops the others only if the call says so.
pub(super) fn undelete(org: &mut Org, envelope: &Envelope) -> Result<Vec<Element>, Fault> {
    let ids = ids(envelope)?;
    if envelope.all_or_none {
        let mut coming = BTreeSet::new();
        let checked: Vec<_> = ids
            .iter()
            .map(|id| id.clone().and_then(|id| org.store.may_undelete(id, &mut coming).map(|()| id)))
            .collect();
        if checked.iter().any(Result::is_err) {
            return Ok(checked.into_iter().map(|outcome| refused_or(outcome.and(Err(rolled_back())))).collect());
        }
    }
    Ok(ids.into_iter().map(|id| refused_or(id.and_then(|id| org.store.undelete(id).map(|()| id)))).collect())
}

/// Takes rows in the recycle bin out for good.
pub(super) fn empty(org: &mut Org, envelope: &Envelope) -> Result<Vec<Element>, Fault> {
    let ids = ids(envelope)?;
    Ok(ids.into_iter().map(|id| refused_or(id.and_then(|id| org.store.purge(id).map(|()| id)))).collect())
}

pub(super) fn rolled_back() -> Refusal {
    let text = "Record rolled back because not all records were valid and the request was using AllOrNone header";
    Refusal::new("ALL_OR_NONE_OPERATION_ROLLED_BACK", text)
}

/// The ids of a call, each by itself: one that cannot be read spoils only its own result.
fn ids(envelope: &Envelope) -> Result<Vec<Result<RecordId, Refusal>>, Fault> {
    let texts: Vec<&str> = envelope.operation.all("ids").map(|id| id.text.trim()).collect();
    if texts.len() > MOST {
        let text = format!("record limit reached. cannot submit more than {MOST} records into this call");
        return Err(Fault::new("EXCEEDED_ID_LIMIT", text));
    }
    let read = |text: &str| text.parse().map_err(|_| Refusal::new("MALFORMED_ID", format!("malformed id {text}")));
    Ok(texts.into_iter().map(read).collect())
}

fn refused_or(outcome: Result<RecordId, Refusal>) -> Element {
    result(outcome.map_err(|refusal| vec![refusal]))
}

/// The outcome of a row.
pub(super) fn result(outcome: Result<RecordId, Vec<Refusal>>) -> Element {
    let children = match outcome {
        Ok(id) => vec![Element::leaf("id", id.to_string()), Element::leaf("success", "true")],
        Err(refusals) => {
            let errors = refusals.iter().map(element::error);
            errors.chain([Element::maybe("id", None), Element::leaf("success", "false")]).collect()
        }
    };
    Element::new("result", children)
}
