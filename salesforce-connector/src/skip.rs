//! Which objects are not read, by what describeGlobal says of them. What is not listed here is tried: a new kind of
//! object must not be lost in silence, and an org that refuses it says why.

use salesforce_types::describe::SObjectSummary;

/// Objects that answer only when asked for particular parents or keys (REST reference 13.1). Those that a permission
/// opens are not in the list; they are tried.
const ASK_BY_KEY: &[&str] = &[
    "ActivityMetric",
    "ActivityMetricRollup",
    "Announcement",
    "ApexTypeImplementor",
    "AppTabMember",
    "CollaborationGroupRecord",
    "ColorDefinition",
    "ContentFolderItem",
    "ContentFolderMember",
    "ContentHubItem",
    "ContentVersionRenditionContent",
    "DataStatistics",
    "EntityParticle",
    "FieldDefinition",
    "FieldHistoryArchive",
    "FlexQueueItem",
    "FlowTestView",
    "FlowVariableView",
    "FlowVersionView",
    "IconDefinition",
    "IdeaComment",
    "ListViewChartInstance",
    "NetworkUserHistoryRecent",
    "NewsFeed",
    "OutgoingEmail",
    "OutgoingEmailRelation",
    "OwnerChangeOptionInfo",
    "PicklistValueInfo",
    "PlatformAction",
    "RecordActionHistory",
    "RelatedListColumnDefinition",
    "RelatedListDefinition",
    "RelationshipDomain",
    "RelationshipInfo",
    "SearchLayout",
    "SiteDetail",
    "UserEntityAccess",
    "UserFieldAccess",
    "UserProfileFeed",
    "UserRecordAccess",
    "Vote",
];

/// Why an object is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Skip {
    /// It holds nothing of its own, or nothing that SOQL reads.
    Kind(&'static str),
    /// It can only be asked for by the ids of its parents.
    ByParent,
}

impl Skip {
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Kind(reason) => reason,
            Self::ByParent => "answers only a query with a filter by its parents or keys, which is not read yet",
        }
    }
}

/// Whether to leave an object out, by its kind.
pub(crate) fn why(object: &SObjectSummary) -> Option<Skip> {
    let name = object.name.as_str();
    let associate = object.associate_entity_type.as_deref();
    let ends = |suffix: &str| {
        let at = name.len().checked_sub(suffix.len());
        at.and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    };
    let kind = if associate == Some("ChangeEvent") || ends("__ChangeEvent") {
        "is an event about changes, which is streamed and not stored"
    } else if ends("__e") {
        "is a platform event, which is published and not stored"
    } else if ends("__x") {
        "is an external object, whose rows are kept outside of the org"
    } else if associate == Some("Feed") || ends("__Feed") {
        "is a view of FeedItem, which is read itself"
    } else if ends("__ViewStat") || ends("__VoteStat") {
        "is a statistic that the org computes"
    } else if ends("__hd") {
        "is a trend for reports, which cannot be queried"
    } else if name.eq_ignore_ascii_case("RecentlyViewed") {
        "is a view of what a user has looked at"
    } else if !object.queryable {
        "cannot be queried"
    } else if name.starts_with("Datacloud") {
        "is a service outside of the org"
    } else if ASK_BY_KEY.iter().any(|listed| name.eq_ignore_ascii_case(listed)) {
        return Some(Skip::ByParent);
    } else {
        return None;
    };
    Some(Skip::Kind(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str, queryable: bool, associate: Option<&str>) -> SObjectSummary {
        let mut object = SObjectSummary::default();
        (object.name, object.queryable) = (name.into(), queryable);
        object.associate_entity_type = associate.map(Into::into);
        object
    }

    #[test]
    fn b1_25_transient_and_pseudo_objects_are_left_out_by_kind() {
        for (name, queryable, associate) in [
            ("AccountChangeEvent", false, Some("ChangeEvent")),
            ("My__ChangeEvent", false, None),
            ("Order_Placed__e", false, None),
            ("Invoice__x", true, None),
            ("AccountFeed", true, Some("Feed")),
            ("My__Feed", true, None),
            ("RecentlyViewed", true, None),
            ("Guide__ViewStat", true, None),
            ("Guide__VoteStat", true, None),
            ("AggregateResult", false, None),
        ] {
            assert!(matches!(why(&object(name, queryable, associate)), Some(Skip::Kind(_))), "{name}");
        }
    }

    #[test]
    fn b1_24_objects_that_need_a_filter_are_named_as_such() {
        for name in ["ContentFolderItem", "Vote", "IdeaComment", "PicklistValueInfo", "FieldDefinition"] {
            assert_eq!(why(&object(name, true, None)), Some(Skip::ByParent), "{name}");
        }
    }

    #[test]
    fn b1_25_what_is_not_known_is_read() {
        for (name, associate) in [
            ("Account", None),
            ("AccountShare", Some("Share")),
            ("CaseHistory", Some("History")),
            ("NewKind__zz", None),
            ("MyFeed", None),
            ("Feeds__c", None),
            ("Ä", None),
            ("", Some("BrandNew")),
            ("ContentDocumentLink", None),
            ("Rule__mdt", None),
        ] {
            assert_eq!(why(&object(name, true, associate)), None, "{name}");
        }
    }
}
