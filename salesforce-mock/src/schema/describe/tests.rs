use super::*;

fn describe(name: &str) -> SObjectDescribe {
    let schema = Schema::demo();
    schema.describe(schema.object(name).unwrap(), ApiVersion::DEFAULT, "https://acme.my.salesforce.com")
}

#[test]
fn the_built_in_tables_can_be_read() {
    let names: Vec<String> = Schema::demo().objects().iter().map(|object| object.name.to_string()).collect();
    assert!(names.len() >= 30, "{names:?}");
}

#[test]
fn every_reference_points_to_an_object_of_the_schema() {
    for schema in [Schema::standard(), Schema::demo()] {
        for object in schema.objects() {
            for field in &object.fields {
                for target in field.reference.iter().flat_map(|reference| &reference.to) {
                    assert!(schema.object(target).is_some(), "{}.{} -> {target}", object.name, field.name);
                }
            }
        }
    }
}

#[test]
fn every_formula_of_the_demo_is_evaluated() {
    for object in Schema::demo().objects() {
        for formula in object.fields.iter().filter_map(|field| field.formula.as_ref()) {
            assert!(formula.expression.is_ok(), "{}: {:?}", object.name, formula);
        }
    }
}

#[test]
fn prefixes_are_not_shared() {
    let mut seen = std::collections::BTreeMap::new();
    for object in Schema::demo().objects() {
        if let Some(prefix) = object.prefix {
            assert_eq!(seen.insert(prefix, object.name.clone()), None, "{}", object.name);
        }
    }
}

#[test]
fn an_object_says_all_that_a_recorded_describe_says() {
    let recorded = ["actionOverrides", "childRelationships", "fields", "recordTypeInfos", "supportedScopes", "urls"];
    let account = serde_json::to_value(describe("Account")).unwrap();
    assert!(recorded.iter().all(|key| account.get(key).is_some()));
    assert_eq!(account["keyPrefix"], "001");
    assert_eq!(account["listviewable"], serde_json::Value::Null);
    assert_eq!(account["urls"]["rowTemplate"], "/services/data/v68.0/sobjects/Account/{ID}");
    assert_eq!(account["urls"]["uiDetailTemplate"], "https://acme.my.salesforce.com/{ID}");
    let master = account["recordTypeInfos"].as_array().unwrap().last().unwrap();
    assert_eq!((master["recordTypeId"].as_str(), master["name"].as_str()), (Some(MASTER_RECORD_TYPE), Some("Master")));
}

#[test]
fn a_field_says_what_it_is() {
    let contact = describe("Contact");
    let account = contact.field("accountid").unwrap();
    assert_eq!((&account.reference_to[..], account.cascade_delete), (&["Account".to_owned()][..], true));
    assert_eq!((account.soap_type.as_str(), account.byte_length), ("tns:ID", 18));
    let who = describe("Task").field("WhoId").cloned().unwrap();
    assert!(who.polymorphic_foreign_key && who.name_pointing && who.relationship_name.as_deref() == Some("Who"));
    let total = describe("Invoice__c").field("Total__c").cloned().unwrap();
    assert!(total.calculated && total.calculated_formula.is_none() && !total.createable && !total.updateable);
    let name = contact.field("Name").unwrap();
    assert!(name.name_field && !name.createable && contact.field("LastName").unwrap().compound_field_name.is_some());
    let street = contact.field("MailingStreet").unwrap();
    assert_eq!((street.compound_field_name.as_deref(), street.byte_length), (Some("MailingAddress"), 765));
    let description = contact.field("Description").unwrap();
    assert!(!description.filterable && !description.sortable && !description.groupable);
}

#[test]
fn every_field_type_is_somewhere() {
    let mut kinds: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();
    for object in Schema::demo().objects() {
        kinds.extend(object.fields.iter().map(|field| field.kind.as_str().to_owned()));
    }
    for kind in [
        "string",
        "picklist",
        "multipicklist",
        "combobox",
        "textarea",
        "phone",
        "url",
        "email",
        "encryptedstring",
        "id",
        "reference",
        "boolean",
        "int",
        "double",
        "currency",
        "percent",
        "date",
        "datetime",
        "time",
        "base64",
        "address",
        "location",
        "anyType",
    ] {
        assert!(kinds.contains(kind), "{kind}");
    }
}

#[test]
fn objects_that_a_catalog_leaves_out_have_the_recorded_flags() {
    let global = Schema::demo().describe_global(ApiVersion::DEFAULT);
    let find = |name: &str| global.sobjects.iter().find(|object| object.name == name).unwrap();
    let event = find("AccountChangeEvent");
    assert!(!event.queryable && event.retrieveable && event.key_prefix.is_none());
    assert_eq!(event.associate_parent_entity.as_deref(), Some("Account"));
    assert!(!find("Order_Placed__e").queryable && find("Order_Placed__e").createable);
    let history = find("AccountHistory");
    assert!(history.queryable && !history.createable && !history.updateable && history.replicateable);
    assert!(find("AccountFeed").deletable && !find("AccountFeed").createable);
    let share = find("AccountShare");
    assert!(share.createable && share.updateable && share.deletable && !share.replicateable);
    assert!(!find("Rate__mdt").createable && find("Rate__mdt").queryable);
    assert!(find("Connector_Settings__c").custom_setting);
}
