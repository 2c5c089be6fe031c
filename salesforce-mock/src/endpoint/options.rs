//! What the `Sforce-*` headers say about a write.

use salesforce_types::{ApiVersion, RecordId};

use crate::Org;
use crate::answer::Refusal;
use crate::call::Call;
use crate::rules::{Assign, WriteOptions};

/// How a call wants its rows to be written.
pub(super) fn write_options(org: &Org, call: &Call) -> Result<WriteOptions, Refusal> {
    let duplicates = |name: &str| {
        call.option("sforce-duplicate-rule-header", name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    };
    Ok(WriteOptions {
        assign: assign(org, call)?,
        save_duplicates: duplicates("allowSave"),
        duplicate_details: duplicates("includeRecordDetails"),
        version: call.version,
    })
}

/// `TRUE`, `FALSE`, or the id of a rule.
fn assign(org: &Org, call: &Call) -> Result<Assign, Refusal> {
    match call.header("sforce-auto-assign").map(str::trim) {
        None => Ok(Assign::Active),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(Assign::Active),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(Assign::Never),
        Some(text) => {
            let id: Option<RecordId> = text.parse().ok();
            let id = id.filter(|&id| org.store.automation.has_assignment(id));
            let unknown = || Refusal::bad("INVALID_ASSIGNMENT_RULE", format!("Invalid assignment rule: {text}"));
            id.map(Assign::Rule).ok_or_else(unknown)
        }
    }
}

/// The first version whose callers may keep a row out of the list of those used last.
const MRU_HEADER_SINCE: ApiVersion = ApiVersion::new(60);

/// Notes that a row was used, unless the call says that this is not to be seen: `Sforce-Mru: updateMru=false`.
pub(super) fn touch(org: &mut Org, call: &Call, id: RecordId) {
    let told = call.option("sforce-mru", "updateMru").filter(|_| call.version >= MRU_HEADER_SINCE);
    let remembered = org.store.find_live(id).is_some_and(|(object, _)| object.mru_enabled);
    if remembered && !told.is_some_and(|value| value.eq_ignore_ascii_case("false")) {
        org.store.touch(id);
    }
}
