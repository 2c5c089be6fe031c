use salesforce_types::describe::FieldType;

use crate::schema::Field;

/// `IN … FIELDS`: the fields that are searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Group {
    #[default]
    All,
    Name,
    Email,
    Phone,
    Sidebar,
}

impl Group {
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "ALL" => Self::All,
            "NAME" => Self::Name,
            "EMAIL" => Self::Email,
            "PHONE" => Self::Phone,
            "SIDEBAR" => Self::Sidebar,
            _ => return None,
        })
    }

    pub(super) fn holds(self, field: &Field) -> bool {
        let (email, phone) = (field.kind == FieldType::Email, field.kind == FieldType::Phone);
        match self {
            Self::All => {
                email || phone || matches!(field.kind, FieldType::String | FieldType::TextArea | FieldType::Url)
            }
            Self::Name => is_name(field),
            Self::Email => email,
            Self::Phone => phone,
            Self::Sidebar => email || phone || field.external_id || is_name(field),
        }
    }
}

/// The name of a row, and the parts of a person's.
fn is_name(field: &Field) -> bool {
    field.name_field || field.compound.as_deref() == Some("Name")
}
