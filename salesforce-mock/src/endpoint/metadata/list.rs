use salesforce_types::{RecordId, Timestamp};

use super::{Fault, kind};
use crate::Org;
use crate::metadata::{Component, Kind, listed};
use crate::xml::Element;

/// The most queries of one call.
const MOST_QUERIES: usize = 3;

/// Types whose components exist and are not listed.
const SILENT: [&str; 2] = ["StandardValueSet", "BotVersion"];

/// The components of up to three types, in one list.
pub(super) fn list(org: &Org, user: RecordId, asked: &Element) -> Result<Vec<Element>, Fault> {
    let queries: Vec<_> = asked.all("queries").collect();
    if queries.len() > MOST_QUERIES {
        let text = format!("record limit reached. cannot submit more than {MOST_QUERIES} queries in this operation");
        return Err(Fault::new("EXCEEDED_MAX_TYPES_LIMIT", text));
    }
    let kinds =
        queries.iter().map(|query| kind(query.get("type").unwrap_or_default())).collect::<Result<Vec<_>, _>>()?;
    let mut results = Vec::new();
    for (query, kind) in queries.into_iter().zip(kinds) {
        let folder = query.get("folder").filter(|folder| !folder.is_empty());
        let inside = |name: &str| match (kind.in_folder, folder) {
            (true, Some(folder)) => name.rsplit_once('/').is_some_and(|(of, _)| of == folder),
            // Without its folder nothing is found.
            (true, None) => false,
            (false, _) => !SILENT.contains(&kind.name),
        };
        let found = org.metadata.components.of(kind).filter(|(name, _)| inside(name));
        results.extend(found.map(|(name, component)| {
            let mut parts = properties(org, user, kind, name, component, "");
            parts.push(Element::leaf("type", kind.name));
            Element::new("result", parts)
        }));
    }
    Ok(results)
}

/// Who made a component and when, in the order of the wire, without its type. `root` is put before its path.
pub(super) fn properties(
    org: &Org,
    user: RecordId,
    kind: &'static Kind,
    name: &str,
    component: &Component,
    root: &str,
) -> Vec<Element> {
    let (made, changed) = component.stamps.unwrap_or((Timestamp::EPOCH, Timestamp::EPOCH));
    let id = component.id.map(|id| id.to_string()).unwrap_or_default();
    let mut parts = file_properties(org, user, &format!("{root}{}", listed(kind, name)), name, &id, (made, changed));
    let managed = component.namespace.as_ref();
    parts.push(Element::leaf("manageableState", if managed.is_some() { "installed" } else { "unmanaged" }));
    parts.extend(managed.map(|namespace| Element::leaf("namespacePrefix", &**namespace)));
    parts
}

/// The same of any file.
pub(super) fn file_properties(
    org: &Org,
    user: RecordId,
    path: &str,
    name: &str,
    id: &str,
    (made, changed): (Timestamp, Timestamp),
) -> Vec<Element> {
    let by = org.text_of(user, "Name").unwrap_or_default();
    let leaf = |name: &str, text: &str| Element::leaf(name, text);
    let user = user.to_string();
    vec![
        leaf("createdById", &user),
        leaf("createdByName", &by),
        leaf("createdDate", &made.to_soql()),
        leaf("fileName", path),
        leaf("fullName", name),
        leaf("id", id),
        leaf("lastModifiedById", &user),
        leaf("lastModifiedByName", &by),
        leaf("lastModifiedDate", &changed.to_soql()),
    ]
}
