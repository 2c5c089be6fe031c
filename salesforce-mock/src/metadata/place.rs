//! From the path of a file to the component it belongs to, and back.

use super::kind::Kind;

const META: &str = "-meta.xml";

/// What a file of a zip is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It holds the element.
    Element,
    /// It holds bytes.
    Content,
}

/// What the file at a path is, if it is something.
pub(crate) fn of(path: &str) -> Option<Place> {
    let (folder, rest) = path.split_once('/')?;
    let kinds = Kind::in_directory(folder);
    let place = |kind: &Kind, name: &str, role| Some(Place { kind: kind.name, name: name.to_owned(), role });
    let base = rest.strip_suffix(META);
    if let Some(kind) = kinds.iter().find(|kind| kind.is_bundle && kind.suffix.is_empty() || kind.name == SITES) {
        // A bundle of a site says what kind of site it is in a directory above.
        let depth = if kind.name == SITES { 2 } else { 1 };
        let name = match rest.match_indices('/').nth(depth - 1) {
            Some((end, _)) => &rest[..end],
            None => rest.split_once('.').filter(|_| base.is_some())?.0,
        };
        return place(kind, name, Role::Content);
    }
    let stem = |kind: &Kind| {
        let file = base.unwrap_or(rest);
        let stem = file.strip_suffix(kind.suffix)?.strip_suffix('.')?;
        (!stem.is_empty() && !kind.suffix.is_empty()).then_some(stem)
    };
    let role = |kind: &Kind| match (kind.has_content, base) {
        (true, None) => Role::Content,
        _ => Role::Element,
    };
    if let Some((kind, name)) = kinds.iter().find_map(|kind| Some((kind, stem(kind)?))) {
        return place(kind, name, role(kind));
    }
    let file = base.unwrap_or(rest);
    let last = file.rsplit('/').next().unwrap_or(file);
    match kinds.iter().find(|kind| kind.has_content && kind.suffix.is_empty()) {
        // A document keeps its own suffix; a folder has none.
        Some(kind) if last.contains('.') => place(kind, file, role(kind)),
        // The folder types of e-mail share a directory: the older one is meant.
        _ => place(kinds.iter().find(|kind| kind.is_folder && base.is_some())?, file, Role::Element),
    }
}

/// The one type of bundles whose names have two parts.
const SITES: &str = "DigitalExperienceBundle";

/// The path of the file that names a component in lists: its content, its element or its directory.
pub(crate) fn listed(kind: &'static Kind, name: &str) -> String {
    let file = kind.file_name(name);
    let kind = kind.file_kind();
    let folder = kind.folder;
    match kind {
        _ if kind.is_folder || kind.is_bundle || kind.suffix.is_empty() => format!("{folder}/{file}"),
        _ => format!("{folder}/{file}.{}", kind.suffix),
    }
}

/// The path of the file that holds the element of a component.
pub(crate) fn element(kind: &'static Kind, name: &str) -> String {
    let path = listed(kind, name);
    if kind.has_content || kind.is_folder { format!("{path}{META}") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_components_and_back() {
        use Role::{Content, Element};
        for (path, kind, name, role) in [
            ("classes/Ping.cls", "ApexClass", "Ping", Content),
            ("classes/Ping.cls-meta.xml", "ApexClass", "Ping", Element),
            ("objects/A__c.object", "CustomObject", "A__c", Element),
            ("layouts/A__c-A Layout.layout", "Layout", "A__c-A Layout", Element),
            ("layouts/A__c-A Layout.layout-meta.xml", "Layout", "A__c-A Layout", Element),
            ("lwc/ping/ping.js-meta.xml", "LightningComponentBundle", "ping", Content),
            ("lwc/ping/__x__/a.html", "LightningComponentBundle", "ping", Content),
            ("experiences/Site/views/home.json", "ExperienceBundle", "Site", Content),
            ("experiences/Site.site-meta.xml", "ExperienceBundle", "Site", Content),
            ("digitalExperiences/site/S/a/b.json", "DigitalExperienceBundle", "site/S", Content),
            ("reports/Sales-meta.xml", "ReportFolder", "Sales", Element),
            ("reports/Sales.reportFolder-meta.xml", "ReportFolder", "Sales", Element),
            ("reports/Sales/Pipe.report", "Report", "Sales/Pipe", Element),
            ("reports/Sales/Sub-meta.xml", "ReportFolder", "Sales/Sub", Element),
            ("documents/Logos/a.png", "Document", "Logos/a.png", Content),
            ("documents/Logos/a.png-meta.xml", "Document", "Logos/a.png", Element),
            ("email/F/T.email", "EmailTemplate", "F/T", Content),
            ("settings/Security.settings", "Settings", "Security", Element),
            ("customMetadata/A.B.md", "CustomMetadata", "A.B", Element),
        ] {
            assert_eq!(of(path), Some(Place { kind, name: name.into(), role }), "{path}");
        }
        for path in ["package.xml", "nothing/a.b", "classes/Ping.txt", "lwc/", "classes/.cls", "lwc/.eslintrc"] {
            assert_eq!(of(path), None, "{path}");
        }
        let field = Kind::named("CustomField").unwrap();
        assert_eq!(listed(field, "Account.A__c"), "objects/Account.object");
        assert_eq!(element(Kind::named("ApexClass").unwrap(), "Ping"), "classes/Ping.cls-meta.xml");
        assert_eq!(element(Kind::named("ReportFolder").unwrap(), "Sales"), "reports/Sales-meta.xml");
    }
}
