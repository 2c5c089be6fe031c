//! The types of metadata: where their files lie, and which are parts of others.

use std::collections::HashMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("types.txt");

/// The parts of a file that are components of their own: parent, element, type. The order is that of
/// `describeMetadata`, as it was recorded.
const CHILDREN: [(&str, &str, &str); 33] = [
    ("CustomObject", "fields", "CustomField"),
    ("CustomObject", "indexes", "Index"),
    ("CustomObject", "businessProcesses", "BusinessProcess"),
    ("CustomObject", "recordTypes", "RecordType"),
    ("CustomObject", "compactLayouts", "CompactLayout"),
    ("CustomObject", "webLinks", "WebLink"),
    ("CustomObject", "validationRules", "ValidationRule"),
    ("CustomObject", "sharingReasons", "SharingReason"),
    ("CustomObject", "listViews", "ListView"),
    ("CustomObject", "fieldSets", "FieldSet"),
    ("Workflow", "fieldUpdates", "WorkflowFieldUpdate"),
    ("Workflow", "knowledgePublishes", "WorkflowKnowledgePublish"),
    ("Workflow", "tasks", "WorkflowTask"),
    ("Workflow", "alerts", "WorkflowAlert"),
    ("Workflow", "send", "WorkflowSend"),
    ("Workflow", "outboundMessages", "WorkflowOutboundMessage"),
    ("Workflow", "flowActions", "WorkflowFlowAction"),
    ("Workflow", "rules", "WorkflowRule"),
    ("SharingRules", "sharingOwnerRules", "SharingOwnerRule"),
    ("SharingRules", "sharingCriteriaRules", "SharingCriteriaRule"),
    ("SharingRules", "sharingGuestRules", "SharingGuestRule"),
    ("SharingRules", "sharingTerritoryRules", "SharingTerritoryRule"),
    ("CustomLabels", "labels", "CustomLabel"),
    ("AssignmentRules", "assignmentRule", "AssignmentRule"),
    ("AutoResponseRules", "autoResponseRule", "AutoResponseRule"),
    ("EscalationRules", "escalationRule", "EscalationRule"),
    ("MatchingRules", "matchingRules", "MatchingRule"),
    ("ManagedTopics", "managedTopic", "ManagedTopic"),
    ("Bot", "botVersions", "BotVersion"),
    ("AIScoringModelDefinition", "aiScoringModelDefVersions", "AIScoringModelDefVersion"),
    ("ExtDataTranObjectTemplate", "fieldTemplates", "ExtDataTranFieldTemplate"),
    ("Form", "sections", "FormSection"),
    ("MktDataTranObject", "mktDataTranFields", "MktDataTranField"),
];

/// A type of metadata.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Where its files lie; nothing for a part of another file.
    pub(crate) folder: &'static str,
    /// The end of the names of its files; nothing where they have several.
    pub(crate) suffix: &'static str,
    /// Its components lie in folders.
    pub(crate) in_folder: bool,
    /// It is the folder of other components.
    pub(crate) is_folder: bool,
    /// A component is a file with a `-meta.xml` beside it.
    pub(crate) has_content: bool,
    /// A component is a directory.
    pub(crate) is_bundle: bool,
    /// Whether `*` means all of them.
    pub(crate) wildcard: bool,
    /// The type whose files it is a part of, and the element.
    pub(crate) parent: Option<(&'static str, &'static str)>,
    /// The types that are parts of its files.
    pub(crate) children: Vec<&'static str>,
}

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let own = lines.filter_map(|line| {
        let mut words = line.split(' ').map(|word| if word == "-" { "" } else { word });
        let (name, folder, suffix, flags) = (words.next()?, words.next()?, words.next()?, words.next()?);
        Some(Kind {
            name,
            folder,
            suffix,
            in_folder: flags.contains('F'),
            is_folder: flags.contains('f'),
            has_content: flags.contains('M') && !flags.contains('B'),
            is_bundle: flags.contains('B'),
            wildcard: words.next() != Some("n"),
            parent: None,
            children: CHILDREN.iter().filter(|(parent, ..)| *parent == name).map(|(.., child)| *child).collect(),
        })
    });
    let parts = CHILDREN.iter().filter(|(.., name)| !TABLE.lines().any(|line| line.split(' ').next() == Some(name)));
    let parts = parts.map(|&(parent, element, name)| Kind {
        name,
        folder: "",
        suffix: "",
        in_folder: false,
        is_folder: false,
        has_content: false,
        is_bundle: false,
        wildcard: matches!(name, "FieldSet" | "RecordType" | "CompactLayout" | "CustomLabel"),
        parent: Some((parent, element)),
        children: Vec::new(),
    });
    own.chain(parts).collect()
});

static BY_NAME: LazyLock<HashMap<&'static str, &'static Kind>> =
    LazyLock::new(|| KINDS.iter().map(|kind| (kind.name, kind)).collect());

static BY_FOLDER: LazyLock<HashMap<&'static str, Vec<&'static Kind>>> = LazyLock::new(|| {
    let mut kinds: HashMap<_, Vec<_>> = HashMap::new();
    for kind in KINDS.iter().filter(|kind| kind.parent.is_none()) {
        kinds.entry(kind.folder).or_default().push(kind);
    }
    kinds
});

impl Kind {
    /// All types that have files.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        KINDS.iter().filter(|kind| kind.parent.is_none())
    }

    /// The type of that name. `SecuritySettings` is a component of the type `Settings`.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        let settings = || name.strip_suffix("Settings").and_then(|_| BY_NAME.get("Settings"));
        BY_NAME.get(name).or_else(settings).copied()
    }

    /// The types whose files lie in a directory.
    pub(crate) fn in_directory(folder: &str) -> &'static [&'static Self] {
        BY_FOLDER.get(folder).map_or(&[], Vec::as_slice)
    }

    /// The type of a part, by the element it is.
    pub(crate) fn child(&self, element: &str) -> Option<&'static Self> {
        let found = CHILDREN.iter().find(|(parent, tag, _)| *parent == self.name && *tag == element);
        found.and_then(|(.., child)| Self::named(child)).filter(|child| child.parent.is_some())
    }

    /// The type of the file in which a component of this type lies.
    pub(crate) fn file_kind(&'static self) -> &'static Self {
        self.parent.and_then(|(parent, _)| Self::named(parent)).unwrap_or(self)
    }

    /// The name of the file in which a component of that name lies, without directory and suffix.
    pub(crate) fn file_name<'n>(&self, name: &'n str) -> &'n str {
        match self.parent {
            Some(("CustomLabels", _)) => "CustomLabels",
            Some(_) => name.split_once('.').map_or(name, |(parent, _)| parent),
            None => name,
        }
    }

    /// The name of a part of that file.
    pub(crate) fn part_name(&self, file: &str, own: &str) -> String {
        match self.parent {
            Some(("CustomLabels", _)) | None => own.to_owned(),
            Some(_) => format!("{file}.{own}"),
        }
    }

    /// The most components of a call that reads or writes them.
    pub(crate) fn most_a_call(&self) -> usize {
        if matches!(self.name, "CustomMetadata" | "CustomApplication") { 200 } else { 10 }
    }

    /// The element around a component of that name: settings have one each.
    pub(crate) fn element(&self, name: &str) -> String {
        if self.name == "Settings" { format!("{name}Settings") } else { self.name.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_the_table_is_read() {
        assert_eq!(Kind::all().count(), TABLE.lines().filter(|line| !line.starts_with('#')).count());
        let object = Kind::named("CustomObject").unwrap();
        assert_eq!((object.folder, object.suffix, object.children.len()), ("objects", "object", 10));
        assert_eq!(object.child("fields").unwrap().name, "CustomField");
        assert!(Kind::named("Report").unwrap().in_folder && Kind::named("ReportFolder").unwrap().is_folder);
        assert!(Kind::named("SecuritySettings").unwrap().name == "Settings" && Kind::named("Nothing").is_none());
    }

    #[test]
    fn a_part_lies_in_the_file_of_its_parent() {
        let field = Kind::named("CustomField").unwrap();
        assert_eq!((field.file_kind().name, field.file_name("Account.A__c")), ("CustomObject", "Account"));
        assert_eq!(field.part_name("Account", "A__c"), "Account.A__c");
        let label = Kind::named("CustomLabel").unwrap();
        assert_eq!((label.file_name("Hi"), label.part_name("CustomLabels", "Hi")), ("CustomLabels", "Hi".into()));
    }
}
