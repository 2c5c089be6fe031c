use std::collections::HashMap;
use std::sync::Arc;

use salesforce_types::{KeyPrefix, RecordId};

use super::field::{Field, OnParentDelete, label_of};
use super::system::system_fields;

/// One object: its fields and what can be done with its rows.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its position in the schema and in the store.
    pub index: usize,
    /// The API name.
    pub name: Arc<str>,
    /// The name for people.
    pub label: String,
    /// The name for people, for several.
    pub plural: String,
    /// The first three characters of its ids. Many objects that belong to another have none of their own.
    pub prefix: Option<KeyPrefix>,
    /// Whether the describe shows the prefix; most objects that belong to another keep it to themselves.
    pub prefix_shown: bool,
    /// What kind of object it is; most yes-and-no answers follow from it.
    pub kind: ObjectKind,
    /// Whether SOQL can read it.
    pub queryable: bool,
    /// Whether rows can be created.
    pub createable: bool,
    /// Whether rows can be updated.
    pub updateable: bool,
    /// Whether rows can be deleted.
    pub deletable: bool,
    /// Whether rows can be brought back.
    pub undeletable: bool,
    /// Whether `getUpdated` and `getDeleted` work.
    pub replicateable: bool,
    /// Whether a row can be read by its id.
    pub retrieveable: bool,
    /// Whether a search finds its rows.
    pub searchable: bool,
    /// Whether it has layouts.
    pub layoutable: bool,
    /// Whether it may have triggers.
    pub triggerable: bool,
    /// Whether rows can be merged.
    pub mergeable: bool,
    /// Whether it has feeds.
    pub feed_enabled: bool,
    /// Whether it keeps recently used rows.
    pub mru_enabled: bool,
    /// Whether it is a custom setting.
    pub custom_setting: bool,
    /// For an object that belongs to another: what it is to it (`History`, …), and the other's name.
    pub associate: Option<(&'static str, Arc<str>)>,
    /// The fields, in the order of the describe and of every row.
    pub fields: Vec<Field>,
    /// The record types; the master type, which every object has, is not among them.
    pub record_types: Vec<RecordType>,
    /// Fields of which a query has to filter by one, with `=` or `IN`; empty for most objects.
    pub requires_filter: Vec<Arc<str>>,
    /// Where the fields stand that every object has.
    pub known: Known,
    /// The relations in which it is the parent.
    pub children: Vec<Child>,
    by_name: HashMap<String, usize>,
}

/// What kind of object it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// Rows of the business, standard or custom.
    Data,
    /// `*ChangeEvent`: streamed, cannot be queried.
    ChangeEvent,
    /// `__e`: published, cannot be queried.
    PlatformEvent,
    /// `__mdt`: read only over this API.
    CustomMetadata,
    /// `*History`: read only.
    History,
    /// `*Feed`: can be read and deleted.
    Feed,
    /// `*Share`.
    Share,
}

/// Where the fields stand that every object has; `None` where this one has not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// `IsDeleted`.
    pub is_deleted: Option<usize>,
    /// The name of a row.
    pub name: Option<usize>,
    /// `OwnerId`.
    pub owner: Option<usize>,
    /// `CreatedDate`.
    pub created_date: Option<usize>,
    /// `CreatedById`.
    pub created_by: Option<usize>,
    /// `LastModifiedDate`.
    pub modified_date: Option<usize>,
    /// `LastModifiedById`.
    pub modified_by: Option<usize>,
    /// `SystemModstamp`.
    pub stamp: Option<usize>,
}

/// A relation in which an object is the parent.
#[derive(Clone, Debug)]
pub struct Child {
    /// The position of the child object.
    pub object: usize,
    /// The position of the child's field.
    pub field: usize,
    /// Its name in a subquery; none means that it cannot stand in one.
    pub relationship: Option<Arc<str>>,
    /// What happens to the children when the parent is deleted.
    pub on_delete: OnParentDelete,
}

/// A record type.
#[derive(Clone, Debug)]
pub struct RecordType {
    /// Its id.
    pub id: RecordId,
    /// The API name.
    pub developer_name: String,
    /// The name for people.
    pub label: String,
    /// Whether it is active.
    pub active: bool,
}

impl ObjectKind {
    /// The kind that a name speaks of. Only for names that are known to be of the kind: an ordinary object may end in
    /// `History`.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        match () {
            () if name.ends_with("__ChangeEvent") || name.ends_with("ChangeEvent") => Self::ChangeEvent,
            () if name.ends_with("__e") => Self::PlatformEvent,
            () if name.ends_with("__mdt") => Self::CustomMetadata,
            () if name.ends_with("__History") => Self::History,
            () if name.ends_with("__Feed") => Self::Feed,
            () if name.ends_with("__Share") => Self::Share,
            () => Self::Data,
        }
    }
}

impl Object {
    /// An object of that kind without fields of its own: only those that every object of the kind has.
    ///
    /// `owner` is whether rows have an owner; a detail of a master has none.
    #[must_use]
    pub fn new(name: &str, prefix: Option<KeyPrefix>, kind: ObjectKind, owner: bool) -> Self {
        use ObjectKind as K;
        let data = kind == K::Data;
        let mut object = Self {
            index: 0,
            name: name.into(),
            label: label_of(name),
            plural: format!("{}s", label_of(name)),
            prefix,
            prefix_shown: true,
            kind,
            queryable: !matches!(kind, K::ChangeEvent | K::PlatformEvent),
            createable: matches!(kind, K::Data | K::PlatformEvent | K::Share),
            updateable: matches!(kind, K::Data | K::Share),
            deletable: matches!(kind, K::Data | K::Share | K::Feed),
            undeletable: data,
            replicateable: matches!(kind, K::Data | K::History | K::Feed),
            retrieveable: kind != K::PlatformEvent,
            searchable: data,
            layoutable: data,
            triggerable: matches!(kind, K::Data | K::PlatformEvent | K::ChangeEvent),
            mergeable: false,
            feed_enabled: false,
            mru_enabled: data,
            custom_setting: false,
            associate: None,
            fields: Vec::new(),
            record_types: Vec::new(),
            requires_filter: Vec::new(),
            known: Known::default(),
            children: Vec::new(),
            by_name: HashMap::new(),
        };
        object.fields = system_fields(kind, owner);
        object.fields[0].label = format!("{} ID", if object.is_custom() { "Record" } else { &*object.label });
        object
    }

    /// Whether it is a custom object.
    #[must_use]
    pub fn is_custom(&self) -> bool {
        self.name.contains("__")
    }

    /// Adds a field, or replaces the one of that name. Fields stand before the audit fields of a standard object and
    /// after those of a custom one, as the server lists them.
    pub fn put(&mut self, field: Field) {
        let same = self.fields.iter().position(|known| known.name.eq_ignore_ascii_case(&field.name));
        if let Some(place) = same {
            self.fields[place] = field;
            return;
        }
        let audit = self.fields.iter().position(|known| &*known.name == "CreatedDate");
        match audit {
            Some(audit) if !field.custom => self.fields.insert(audit, field),
            _ => self.fields.push(field),
        }
    }

    /// Numbers the fields and finds those that every object has.
    pub(super) fn link(&mut self) {
        self.by_name.clear();
        for (index, field) in self.fields.iter_mut().enumerate() {
            field.index = index;
            self.by_name.insert(field.name.to_ascii_lowercase(), index);
        }
        for index in 0..self.fields.len() {
            self.fields[index].parts = self.parts_of(&self.fields[index]);
        }
        let place = |name: &str| self.by_name.get(name).copied();
        self.known = Known {
            is_deleted: place("isdeleted"),
            name: self.fields.iter().position(|field| field.name_field),
            owner: place("ownerid"),
            created_date: place("createddate"),
            created_by: place("createdbyid"),
            modified_date: place("lastmodifieddate"),
            modified_by: place("lastmodifiedbyid"),
            stamp: place("systemmodstamp"),
        };
    }

    /// The field of that name; its case does not matter.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.by_name.get(&name.to_ascii_lowercase()).map(|&index| &self.fields[index])
    }

    /// The field that leads to the parent of that name: `Account` or `Master__r`.
    #[must_use]
    pub fn parent(&self, relationship: &str) -> Option<&Field> {
        self.fields.iter().find(|field| {
            let name = field.reference.as_ref().and_then(|reference| reference.parent.as_ref());
            name.is_some_and(|name| name.eq_ignore_ascii_case(relationship))
        })
    }

    /// The children of that name: `Contacts` or `Details__r`.
    #[must_use]
    pub fn child(&self, relationship: &str) -> Option<&Child> {
        self.children
            .iter()
            .find(|child| child.relationship.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(relationship)))
    }
}
