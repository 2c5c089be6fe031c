use super::{Envelope, Fault, kind};
use crate::Org;
use crate::metadata::{self, Kind, Problem, Work};
use crate::xml::Element;

/// What becomes of components that are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    Create,
    Update,
    Upsert,
}

/// What became of one component: whether it was made, or why not.
type Outcome = Result<bool, Problem>;

fn too_many(kind: &Kind, count: usize) -> Result<(), Fault> {
    let most = kind.most_a_call();
    if count <= most {
        return Ok(());
    }
    let text = format!("record limit reached. cannot submit more than {most} records in this operation");
    Err(Fault::new("EXCEEDED_ID_LIMIT", text))
}

/// The names that a call gives.
fn names(asked: &Element) -> Vec<&str> {
    asked.all("fullNames").map(|name| name.text.trim()).collect()
}

/// Components by name; one that is missing is nothing in its place.
pub(super) fn read(org: &Org, asked: &Element) -> Result<Element, Fault> {
    let kind = kind(asked.get("type").unwrap_or_default())?;
    let names = names(asked);
    too_many(kind, names.len())?;
    let components = &org.metadata.components;
    let record = |name: &str| {
        let found = match kind.children.is_empty() {
            true => components.get(kind, name).map(|component| component.body.clone()),
            false => components.get(kind, name).and_then(|_| metadata::whole(components, kind, name, |_, _| true)),
        };
        match found {
            Some(body) => {
                Element { kind: Some(kind.element(name)), ..metadata::named(&trimmed(body), "records", name) }
            }
            None => Element::maybe("records", None),
        }
    };
    Ok(Element::new("result", names.into_iter().map(record).collect()))
}

fn trimmed(mut element: Element) -> Element {
    element.text = element.text.trim().to_owned();
    element.children = element.children.into_iter().map(trimmed).collect();
    element
}

/// Makes components or changes them.
pub(super) fn write(org: &mut Org, envelope: &Envelope, write: Write) -> Result<Vec<Element>, Fault> {
    let sent: Vec<_> = envelope.operation.all("metadata").collect();
    let mut kinds = Vec::new();
    for element in &sent {
        let name = element.kind.as_deref().ok_or_else(|| Fault::client("Must specify a {xsi:type} for metadata"))?;
        kinds.push(kind(name)?);
    }
    let Some(first) = kinds.first() else { return Ok(Vec::new()) };
    if kinds.iter().any(|kind| kind.name != first.name) {
        return Err(Fault::new("INVALID_TYPE", "All metadata of a call has to be of the same type"));
    }
    // The documentation names 200 for the other calls only.
    let most = if write == Write::Upsert { 10 } else { first.most_a_call() };
    if sent.len() > most {
        too_many(first, usize::MAX)?;
    }
    let mut work = Work::new(org);
    let mut outcomes = Vec::new();
    for (element, kind) in sent.into_iter().zip(kinds) {
        let name = element.get("fullName").unwrap_or_default();
        outcomes.push((name.to_owned(), one(&mut work, kind, name, element, write)));
    }
    Ok(finish(org, work, outcomes, envelope.all_or_none, write == Write::Upsert))
}

fn one(work: &mut Work, kind: &'static Kind, name: &str, element: &Element, write: Write) -> Outcome {
    let known = work.components.get(kind, name).is_some();
    match write {
        Write::Create if known => {
            let text = format!("There is already a component of type {} with the name {name}", kind.name);
            return Err(Problem::new("DUPLICATE_DEVELOPER_NAME", text));
        }
        Write::Update if !known => {
            let text = format!("no {} named {name} found", kind.name);
            return Err(Problem::new("INVALID_CROSS_REFERENCE_KEY", text));
        }
        _ => {}
    }
    if kind.has_content || kind.is_bundle {
        let text = format!("Metadata of the type {} cannot be written by this call", kind.name);
        return Err(Problem::new("INVALID_TYPE", text));
    }
    // All parts or none: what was tried is thrown away.
    let mut tried = work.clone();
    let mut created = false;
    let mut body = trimmed(element.clone());
    body.name = kind.element(name);
    for (place, (part, name, body)) in metadata::split(kind, name, body).into_iter().enumerate() {
        let done = tried.put(part, &name, body, Default::default())?;
        if place == 0 {
            created = done.created;
        }
    }
    *work = tried;
    Ok(created)
}

/// Takes components away.
pub(super) fn delete(org: &mut Org, envelope: &Envelope) -> Result<Vec<Element>, Fault> {
    let kind = kind(envelope.operation.get("type").unwrap_or_default())?;
    let names = names(&envelope.operation);
    too_many(kind, names.len())?;
    let mut work = Work::new(org);
    let outcomes = names.into_iter().map(|name| (name.to_owned(), work.remove(kind, name).map(|()| false))).collect();
    Ok(finish(org, work, outcomes, envelope.all_or_none, false))
}

/// Gives a component another name.
pub(super) fn rename(org: &mut Org, asked: &Element) -> Result<Vec<Element>, Fault> {
    let kind = kind(asked.get("type").unwrap_or_default())?;
    let (old, new) = (asked.get("oldFullName").unwrap_or_default(), asked.get("newFullName").unwrap_or_default());
    let mut work = Work::new(org);
    let outcome = work.rename(kind, old, new).map(|()| false);
    Ok(finish(org, work, vec![(new.to_owned(), outcome)], false, false))
}

/// Makes real what may be, and says what became of each.
fn finish(
    org: &mut Org,
    work: Work,
    mut outcomes: Vec<(String, Outcome)>,
    all_or_none: bool,
    says_created: bool,
) -> Vec<Element> {
    if all_or_none && outcomes.iter().any(|(_, outcome)| outcome.is_err()) {
        let text = "Record rolled back because not all records were valid and the request was using AllOrNone header";
        for (_, outcome) in outcomes.iter_mut().filter(|(_, outcome)| outcome.is_ok()) {
            *outcome = Err(Problem::new("ALL_OR_NONE_OPERATION_ROLLED_BACK", text));
        }
    } else {
        work.commit(org);
    }
    outcomes.into_iter().map(|(name, outcome)| result(&name, &outcome, says_created)).collect()
}

fn result(name: &str, outcome: &Outcome, says_created: bool) -> Element {
    let mut parts = Vec::new();
    if says_created {
        parts.push(Element::leaf("created", outcome.as_ref().is_ok_and(|created| *created).to_string()));
    }
    if let Err(problem) = outcome {
        let error = vec![Element::leaf("message", &*problem.text), Element::leaf("statusCode", problem.code)];
        parts.push(Element::new("errors", error));
    }
    parts.push(Element::leaf("fullName", name));
    parts.push(Element::leaf("success", outcome.is_ok().to_string()));
    Element::new("result", parts)
}
