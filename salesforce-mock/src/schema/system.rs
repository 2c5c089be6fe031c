use salesforce_types::describe::FieldType;

use super::{DefaultValue, Field, ObjectKind, OnParentDelete, Reference};
use crate::value::Value;

/// The fields that every object of a kind has.
pub(super) fn system_fields(kind: ObjectKind, owner: bool) -> Vec<Field> {
    let user = |name: &str, parent: &str| {
        Field::new(name, FieldType::Reference).with_reference(Reference {
            to: vec!["User".into()],
            parent: Some(parent.into()),
            children: None,
            on_delete: OnParentDelete::Keep,
            master_detail: None,
        })
    };
    let given = |mut field: Field| {
        (field.nillable, field.defaulted_on_create) = (false, true);
        field
    };
    let system = |field: Field| given(field.read_only());
    let mut id = Field::new("Id", FieldType::Id);
    id.id_lookup = true;
    let mut fields = vec![system(id)];
    if owner && kind == ObjectKind::Data {
        let mut field = given(user("OwnerId", "Owner"));
        if let Some(reference) = &mut field.reference {
            reference.to = vec!["Group".into(), "User".into()];
        }
        fields.push(field);
    }
    if matches!(kind, ObjectKind::Data | ObjectKind::History | ObjectKind::Feed | ObjectKind::Share) {
        let mut deleted = system(Field::new("IsDeleted", FieldType::Boolean));
        deleted.default = Some(DefaultValue::Value(Value::Bool(false)));
        deleted.label = "Deleted".into();
        fields.push(deleted);
    }
    let created = [system(Field::new("CreatedDate", FieldType::DateTime)), system(user("CreatedById", "CreatedBy"))];
    let modified = [
        system(Field::new("LastModifiedDate", FieldType::DateTime)),
        system(user("LastModifiedById", "LastModifiedBy")),
    ];
    match kind {
        ObjectKind::History | ObjectKind::PlatformEvent => fields.extend(created),
        ObjectKind::Share => fields.extend(modified),
        ObjectKind::CustomMetadata => {
            let mut stamp = system(Field::new("SystemModstamp", FieldType::DateTime));
            stamp.label = "System Modstamp".into();
            fields.push(stamp);
        }
        ObjectKind::Data | ObjectKind::Feed | ObjectKind::ChangeEvent => {
            fields.extend(created);
            fields.extend(modified);
            if kind != ObjectKind::ChangeEvent {
                let mut stamp = system(Field::new("SystemModstamp", FieldType::DateTime));
                stamp.label = "System Modstamp".into();
                fields.push(stamp);
            }
        }
    }
    fields
}
