//! Addresses and locations: fields that are put together from others.

use salesforce_types::describe::FieldType;

use super::{Choice, Field, Object};

/// The keys of an address, in the order of an answer.
const ADDRESS_KEYS: [&str; 10] = [
    "city",
    "country",
    "countryCode",
    "geocodeAccuracy",
    "latitude",
    "longitude",
    "postalCode",
    "state",
    "stateCode",
    "street",
];

impl Object {
    /// The parts of an address or a location, under their keys, in the order of an answer.
    pub(super) fn parts_of(&self, compound: &Field) -> Vec<(&'static str, usize)> {
        let keys: &[&str] = match compound.kind {
            FieldType::Address => &ADDRESS_KEYS,
            FieldType::Location => &["latitude", "longitude"],
            _ => return Vec::new(),
        };
        let part = |key: &str| {
            self.fields.iter().position(|field| {
                let name = field.name.strip_suffix("__s").unwrap_or(&field.name).to_ascii_lowercase();
                field.compound.as_deref() == Some(&*compound.name) && name.ends_with(&key.to_ascii_lowercase())
            })
        };
        keys.iter().filter_map(|&key| Some((key, part(key)?))).collect()
    }
}

/// Adds a field; of an address or a location also the parts it is made of.
pub(crate) fn put_with_parts(object: &mut Object, field: Field) {
    let name = field.name.clone();
    let custom = field.custom;
    let part = |suffix: &str, kind: FieldType| {
        let part_name = match (name.strip_suffix("__c"), name.strip_suffix("Address")) {
            (Some(stem), _) => format!("{stem}__{suffix}__s"),
            (None, Some(stem)) => format!("{stem}{suffix}"),
            (None, None) => format!("{name}{suffix}"),
        };
        let mut part = Field::new(&part_name, kind);
        (part.compound, part.custom) = (Some(name.clone()), custom);
        part
    };
    let mut parts = Vec::new();
    match field.kind {
        FieldType::Address => {
            parts.push(part("Street", FieldType::TextArea));
            let code = if custom { ["StateCode", "CountryCode"] } else { ["State", "Country"] };
            for (suffix, length) in [("City", 40), (code[0], 80), ("PostalCode", 20), (code[1], 80)] {
                parts.push(part(suffix, FieldType::String).with_length(length));
            }
            for suffix in ["Latitude", "Longitude"] {
                let mut part = part(suffix, FieldType::Double);
                (part.precision, part.scale) = (18, 15);
                parts.push(part);
            }
            let mut accuracy = part("GeocodeAccuracy", FieldType::Picklist).with_length(40);
            accuracy.restricted = true;
            let known = ["Address", "NearAddress", "Block", "Street", "ExtendedZip", "Zip", "Neighborhood", "City"];
            for value in known.into_iter().chain(["County", "State", "Unknown"]) {
                accuracy.choices.push(Choice::new(value));
            }
            parts.push(accuracy);
        }
        FieldType::Location => {
            for suffix in ["Latitude", "Longitude"] {
                let mut part = part(suffix, FieldType::Double);
                (part.precision, part.scale) = (field.scale + 3, field.scale);
                parts.push(part);
            }
        }
        _ => {}
    }
    for part in parts {
        object.put(part);
    }
    object.put(field);
}
