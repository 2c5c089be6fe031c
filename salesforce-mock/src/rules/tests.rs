//! A test a rule, on the demo schema.

use salesforce_types::RecordId;

use super::{Draft, Refusal};
use crate::clock::OrgClock;
use crate::schema::Schema;
use crate::seed;
use crate::store::Store;
use crate::value::Value;

fn store() -> Store {
    let mut store = seed::with_schema(Schema::demo());
    store.clock = OrgClock::fixed("2026-03-01T17:49:01.700Z".parse().unwrap());
    store
}

fn create(store: &mut Store, object: &str, json: &str) -> Result<RecordId, Vec<Refusal>> {
    let schema = store.schema().clone();
    store.create(schema.object(object).unwrap(), &Draft::from_json(json.as_bytes()).unwrap())
}

fn created(store: &mut Store, object: &str, json: &str) -> RecordId {
    create(store, object, json).unwrap()
}

fn refused(store: &mut Store, object: &str, json: &str) -> Refusal {
    let mut refusals = create(store, object, json).unwrap_err();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    refusals.remove(0)
}

fn update(store: &mut Store, id: RecordId, json: &str) -> Result<(), Vec<Refusal>> {
    store.update(id, &Draft::from_json(json.as_bytes()).unwrap())
}

/// What an answer shows in a field.
fn shown(store: &Store, id: RecordId, field: &str) -> String {
    let (object, row) = store.find(id).unwrap();
    store.read(object, row, object.field(field).unwrap()).to_json().to_string()
}

#[track_caller]
fn is(refusal: &Refusal, code: &str, message: &str, fields: &[&str]) {
    assert_eq!((refusal.code, &*refusal.message), (code, message));
    assert_eq!(refusal.fields.as_deref().unwrap_or_default(), fields);
}

#[test]
fn a_new_row_gets_its_system_fields_and_defaults() {
    let mut store = store();
    let id = created(&mut store, "Case", r#"{"Subject":"  Broken  ","Description":""}"#);
    for (field, value) in [
        ("Subject", r#""Broken""#),
        ("Description", "null"),
        ("Status", r#""New""#),
        ("IsDeleted", "false"),
        ("IsClosed", "false"),
        ("CaseNumber", r#""00000001""#),
        ("CreatedDate", r#""2026-03-01T17:49:01.000+0000""#),
        ("SystemModstamp", r#""2026-03-01T17:49:01.000+0000""#),
    ] {
        assert_eq!(shown(&store, id, field), value, "{field}");
    }
    assert_eq!(shown(&store, id, "OwnerId"), format!("\"{}\"", store.user));
    assert_eq!(shown(&store, id, "Id"), format!("\"{id}\""));
}

#[test]
fn required_fields_are_named_together() {
    let refusal = refused(&mut store(), "Lead", r#"{"FirstName":"Ann","Company":null}"#);
    is(
        &refusal,
        "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [LastName, Company]",
        &["LastName", "Company"],
    );
    let mut store = store();
    let id = created(&mut store, "Account", r#"{"Name":"A"}"#);
    let refusal = update(&mut store, id, r#"{"Name":""}"#).unwrap_err().remove(0);
    is(&refusal, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", &["Name"]);
    update(&mut store, id, r#"{"Phone":"1"}"#).unwrap();
}

#[test]
fn an_unknown_field_is_refused() {
    let refusal = refused(&mut store(), "Account", r#"{"Nam":"x"}"#);
    is(&refusal, "INVALID_FIELD", "No such column 'Nam' on sobject of type Account", &[]);
    assert_eq!(refusal.fields, None);
}

#[test]
fn names_of_fields_have_no_case() {
    let mut store = store();
    let id = created(&mut store, "Account", r#"{"NAME":"x","attributes":{"type":"Account"}}"#);
    assert_eq!(shown(&store, id, "name"), "\"x\"");
}

#[test]
fn a_field_that_only_the_org_writes_is_refused() {
    let text = "Unable to create/update fields: IsDeleted, CreatedDate. Please check the security settings of this field \
                and verify that it is read/write for your profile or permission set.";
    let mut store = store();
    let json = r#"{"Name":"x","IsDeleted":true,"CreatedDate":"2020-01-01T00:00:00Z"}"#;
    is(&refused(&mut store, "Account", json), "INVALID_FIELD_FOR_INSERT_UPDATE", text, &["IsDeleted", "CreatedDate"]);
    let opportunity =
        created(&mut store, "Opportunity", r#"{"Name":"o","StageName":"Closed Won","CloseDate":"2026-01-01"}"#);
    for field in ["ExpectedRevenue", "IsWon"] {
        let refusal = update(&mut store, opportunity, &format!("{{\"{field}\":null}}")).unwrap_err().remove(0);
        assert_eq!(refusal.code, "INVALID_FIELD_FOR_INSERT_UPDATE");
    }
}

#[test]
fn audit_fields_are_taken_on_create_when_the_org_allows_it() {
    let mut store = store();
    store.audit_fields_on_create = true;
    let id = created(&mut store, "Account", r#"{"Name":"x","CreatedDate":"2020-01-01T00:00:00Z"}"#);
    assert_eq!(shown(&store, id, "CreatedDate"), "\"2020-01-01T00:00:00.000+0000\"");
    assert!(update(&mut store, id, r#"{"CreatedDate":"2020-01-01T00:00:00Z"}"#).is_err());
}

#[test]
fn an_id_is_neither_created_nor_changed() {
    let mut store = store();
    let json = r#"{"Id":"001Qz0000000009","Name":"x"}"#;
    is(
        &refused(&mut store, "Account", json),
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "cannot specify Id in an insert call",
        &["Id"],
    );
    let id = created(&mut store, "Account", r#"{"Name":"x"}"#);
    let refusal = update(&mut store, id, json).unwrap_err().remove(0);
    is(&refusal, "INVALID_FIELD", "The Id field should not be specified in the sobject data.", &[]);
}

#[test]
fn a_text_that_is_too_long_is_echoed_with_the_label() {
    let name = "x".repeat(256);
    let refusal = refused(&mut store(), "Account", &format!("{{\"Name\":\"{name}\"}}"));
    let text = format!("Account Name: data value too large: {name} (max length=255)");
    is(&refusal, "STRING_TOO_LONG", &text, &["Name"]);
    let letters = "é".repeat(255);
    created(&mut store(), "Account", &format!("{{\"Name\":\"{letters}\"}}"));
}

#[test]
fn values_of_the_wrong_type_are_refused_with_their_place() {
    let mut store = store();
    let text = "Cannot deserialize instance of datetime from VALUE_STRING value 2017-10-17 00:00:00 or request may be \
                missing a required field at [line:1, column:26]";
    let json = r#"{"Name":"x","Moment__c": "2017-10-17 00:00:00"}"#;
    is(&refused(&mut store, "Specimen__c", json), "JSON_PARSER_ERROR", text, &[]);
    for (field, value) in [
        ("Date__c", r#""2017-13-01""#),
        ("Date__c", "20170101"),
        ("Time__c", r#""25:00:00Z""#),
        ("Number__c", r#""many""#),
        ("Checkbox__c", "1"),
        ("Checkbox__c", r#""yes""#),
        ("Text__c", "5"),
        ("Text__c", "[]"),
        ("Text__c", "{}"),
        ("Lookup__c", "7"),
    ] {
        let refusal = refused(&mut store, "Specimen__c", &format!(r#"{{"Name":"x","{field}":{value}}}"#));
        assert_eq!(refusal.code, "JSON_PARSER_ERROR", "{field} {value}");
    }
}

#[test]
fn values_are_read_and_shown_in_the_server_s_form() {
    let mut store = store();
    for (field, given, answer) in [
        ("Number__c", "1234567890.123456", "1234567890.123456"),
        ("Number__c", r#""31""#, "31.0"),
        ("Number__c", "1.5e3", "1500.0"),
        ("Currency__c", "12.345", "12.35"),
        ("Checkbox__c", r#""TRUE""#, "true"),
        ("Checkbox__c", "null", "false"),
        ("Date__c", r#""2026-03-01""#, r#""2026-03-01""#),
        ("Moment__c", r#""2026-03-01T18:49:01.999+01:00""#, r#""2026-03-01T17:49:01.000+0000""#),
        ("Time__c", r#""17:49:01.123Z""#, r#""17:49:01.123Z""#),
        ("Email__c", r#"" Ada.X@Example.com ""#, r#""ada.x@example.com""#),
        ("Choices__c", r#""Sweet; Umami;""#, r#""Sweet;Umami""#),
        ("Long_Text__c", r#""a\r\nb\n\"ü\" 😀""#, r#""a\r\nb\n\"ü\" 😀""#),
        ("Choice__c", r#""Violet""#, r#""Violet""#),
    ] {
        let id = created(&mut store, "Specimen__c", &format!(r#"{{"Name":"x","{field}":{given}}}"#));
        assert_eq!(shown(&store, id, field), answer, "{field} {given}");
    }
    let organization = store.organization;
    update(&mut store, organization, r#"{"FiscalYearStartMonth":"7"}"#).unwrap();
    assert_eq!(shown(&store, organization, "FiscalYearStartMonth"), "7");
}

#[test]
fn numbers_have_their_range() {
    let mut store = store();
    let refusal = refused(&mut store, "Specimen__c", r#"{"Name":"x","Percent__c":1234.5}"#);
    let text = "Percent: value outside of valid range on numeric field: 1234.5";
    is(&refusal, "NUMBER_OUTSIDE_VALID_RANGE", text, &["Percent__c"]);
    for json in [r#"{"Name":"x","NumberOfEmployees":3000000000}"#, r#"{"Name":"x","AnnualRevenue":1e18}"#] {
        assert_eq!(refused(&mut store, "Account", json).code, "NUMBER_OUTSIDE_VALID_RANGE");
    }
    let refusal = refused(&mut store, "Specimen__c", r#"{"Name":"x","Date__c":"1699-12-31"}"#);
    assert_eq!(refusal.code, "NUMBER_OUTSIDE_VALID_RANGE");
}

#[test]
fn a_restricted_picklist_takes_its_values_only() {
    let mut store = store();
    let refusal = refused(&mut store, "Specimen__c", r#"{"Name":"x","Fixed_Choice__c":"Foo"}"#);
    let text = "Fixed Choice: bad value for restricted picklist field: Foo";
    is(&refusal, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, &["Fixed_Choice__c"]);
    let refusal = refused(&mut store, "Specimen__c", r#"{"Name":"x","Choices__c":"Sweet;Foo"}"#);
    assert_eq!(refusal.code, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    let many = (0..101).map(|i| i.to_string()).collect::<Vec<_>>().join(";");
    let refusal = refused(&mut store, "Contact", &format!(r#"{{"LastName":"x","Languages__c":"{many}"}}"#));
    assert_eq!(refusal.code, "TOO_MANY_ENUM_VALUE");
}

#[test]
fn an_email_address_has_its_form() {
    for bad in ["Not a real email address", "a@b", "@b.c", "a@@b.c", "a b@c.d", "a@.c", "a@c."] {
        let refusal = refused(&mut store(), "Contact", &format!(r#"{{"LastName":"x","Email":"{bad}"}}"#));
        is(&refusal, "INVALID_EMAIL_ADDRESS", &format!("Email: invalid email address: {bad}"), &["Email"]);
    }
}

#[test]
fn unique_values_are_not_given_twice() {
    let mut store = store();
    let first = created(&mut store, "Specimen__c", r#"{"Name":"a","Key__c":"K-1","Unique_Text__c":"u"}"#);
    let refusal = refused(&mut store, "Specimen__c", r#"{"Name":"b","Key__c":"k-1"}"#);
    let text = format!("duplicate value found: Key__c duplicates value on record with id: {}", first.as_15());
    is(&refusal, "DUPLICATE_VALUE", &text, &[]);
    // Where the case counts, another case is another value.
    let second = created(&mut store, "Specimen__c", r#"{"Name":"c","Unique_Text__c":"U"}"#);
    assert_eq!(update(&mut store, second, r#"{"Unique_Text__c":"u"}"#).unwrap_err()[0].code, "DUPLICATE_VALUE");
    update(&mut store, first, r#"{"Key__c":"K-1"}"#).unwrap();
    // What lies in the bin takes no value.
    store.delete(first).unwrap();
    update(&mut store, second, r#"{"Unique_Text__c":"u"}"#).unwrap();
}

#[test]
fn a_lookup_points_to_a_row_of_the_right_object() {
    let mut store = store();
    let contact = created(&mut store, "Contact", r#"{"LastName":"x"}"#);
    let account = created(&mut store, "Account", r#"{"Name":"x"}"#);
    let case = |field: &str, id: &str| format!(r#"{{"{field}":"{id}"}}"#);
    let refusal = refused(&mut store, "Case", &case("AccountId", &contact.to_string()));
    let text = format!("Account ID: id value of incorrect type: {contact}");
    is(&refusal, "FIELD_INTEGRITY_EXCEPTION", &text, &["AccountId"]);
    let refusal = refused(&mut store, "Case", &case("AccountId", "001Qz00000Ab1CdAAA"));
    let text = "Account ID: id value of incorrect type: 001Qz00000Ab1CdAAA";
    is(&refusal, "MALFORMED_ID", text, &["AccountId"]);
    let refusal = refused(&mut store, "Case", &case("AccountId", "001Qz00000Ab1Cd"));
    is(&refusal, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &[]);
    created(&mut store, "Case", &case("AccountId", account.as_15()));
    created(&mut store, "Task", &case("WhoId", contact.as_15()));
    assert_eq!(refused(&mut store, "Task", &case("WhoId", account.as_15())).code, "FIELD_INTEGRITY_EXCEPTION");
    store.delete(account).unwrap();
    assert_eq!(refused(&mut store, "Case", &case("AccountId", account.as_15())).code, "ENTITY_IS_DELETED");
}

#[test]
fn a_parent_can_be_named_by_its_external_id() {
    let mut store = store();
    let account = created(&mut store, "Account", r#"{"Name":"x","External_Key__c":"P-17"}"#);
    let invoice = created(&mut store, "Invoice__c", r#"{"Account__r":{"External_Key__c":"p-17"}}"#);
    assert_eq!(shown(&store, invoice, "Account__c"), format!("\"{account}\""));
    let refusal = refused(&mut store, "Invoice__c", r#"{"Account__r":{"External_Key__c":"P-18"}}"#);
    let text = "Foreign key external ID: P-18 not found for field External_Key__c in entity Account";
    is(&refusal, "INVALID_FIELD", text, &[]);
}

#[test]
fn a_master_cannot_be_changed() {
    let mut store = store();
    let one = created(&mut store, "Account", r#"{"Name":"1"}"#);
    let two = created(&mut store, "Account", r#"{"Name":"2"}"#);
    let invoice = created(&mut store, "Invoice__c", &format!(r#"{{"Account__c":"{one}"}}"#));
    let refusal = update(&mut store, invoice, &format!(r#"{{"Account__c":"{two}"}}"#)).unwrap_err().remove(0);
    assert_eq!(refusal.code, "INVALID_FIELD_FOR_INSERT_UPDATE");
    assert_eq!(refused(&mut store, "Invoice__c", "{}").code, "REQUIRED_FIELD_MISSING");
}

#[test]
fn objects_that_only_the_org_writes_are_refused() {
    for object in ["AccountHistory", "AccountFeed", "ContentDocument", "Organization", "Rate__mdt"] {
        let refusal = refused(&mut store(), object, "{}");
        let text = format!("entity type {object} does not support create");
        is(&refusal, "INVALID_TYPE_FOR_OPERATION", &text, &[]);
    }
}

#[test]
fn an_update_stamps_the_row_and_leaves_the_rest() {
    let mut store = store();
    let id = created(&mut store, "Contact", r#"{"FirstName":"Ada","LastName":"X","Phone":"1"}"#);
    assert_eq!(shown(&store, id, "Name"), "\"Ada X\"");
    store.clock.advance(std::time::Duration::from_secs(90));
    update(&mut store, id, r#"{"LastName":"Y","Phone":null}"#).unwrap();
    assert_eq!(shown(&store, id, "Name"), "\"Ada Y\"");
    assert_eq!(shown(&store, id, "Phone"), "null");
    assert_eq!(shown(&store, id, "CreatedDate"), "\"2026-03-01T17:49:01.000+0000\"");
    assert_eq!(shown(&store, id, "LastModifiedDate"), "\"2026-03-01T17:50:31.000+0000\"");
    assert_eq!(shown(&store, id, "SystemModstamp"), "\"2026-03-01T17:50:31.000+0000\"");
}

#[test]
fn formulas_and_roll_ups_follow_other_rows() {
    let mut store = store();
    let account = created(
        &mut store,
        "Account",
        r#"{"Name":"Acme","BillingCity":"Berlin","AnnualRevenue":1000,"NumberOfEmployees":3}"#,
    );
    let product = created(&mut store, "Product2", r#"{"Name":"Bolt"}"#);
    let invoice = created(&mut store, "Invoice__c", &format!(r#"{{"Account__c":"{account}","Due__c":"2026-02-28"}}"#));
    for quantity in ["2.5", "1"] {
        let line = format!(
            r#"{{"Invoice__c":"{invoice}","Product__c":"{product}","Quantity__c":{quantity},"Unit_Price__c":0.333}}"#
        );
        created(&mut store, "Invoice_Line__c", &line);
    }
    for (id, field, value) in [
        (account, "Location_Line__c", r#""Berlin, unknown""#),
        (account, "Revenue_per_Head__c", "333.33"),
        (account, "Invoiced__c", "1.16"),
        (account, "Invoices__c", "1.0"),
        (invoice, "Total__c", "1.16"),
        (invoice, "Lines__c", "2.0"),
        (invoice, "Title__c", r#""INV-000001 for Acme""#),
        (invoice, "Overdue__c", "true"),
    ] {
        assert_eq!(shown(&store, id, field), value, "{field}");
    }
    update(&mut store, account, r#"{"Name":"Zeta"}"#).unwrap();
    assert_eq!(shown(&store, invoice, "Title__c"), r#""INV-000001 for Zeta""#);
    assert_eq!(store.not_evaluated().len(), 0);
}

#[test]
fn compound_fields_are_put_together_and_cannot_be_written() {
    let mut store = store();
    let id = created(&mut store, "Account", r#"{"Name":"x","BillingCity":"Köln","BillingLatitude":50.9375}"#);
    assert_eq!(
        shown(&store, id, "BillingAddress"),
        r#"{"city":"Köln","country":null,"geocodeAccuracy":null,"latitude":50.9375,"longitude":null,"postalCode":null,"state":null,"street":null}"#
    );
    assert_eq!(shown(&store, id, "ShippingAddress"), "null");
    let refusal = refused(&mut store, "Account", r#"{"Name":"x","BillingAddress":{"city":"y"}}"#);
    assert_eq!(refusal.code, "INVALID_FIELD_FOR_INSERT_UPDATE");
    let specimen = r#"{"Name":"x","Place__Latitude__s":12.5,"Place__Longitude__s":-3.25}"#;
    let id = created(&mut store, "Specimen__c", specimen);
    assert_eq!(shown(&store, id, "Place__c"), r#"{"latitude":12.5,"longitude":-3.25}"#);
}

#[test]
fn a_file_makes_its_document_and_its_links() {
    let mut store = store();
    let account = created(&mut store, "Account", r#"{"Name":"x"}"#);
    let json = format!(r#"{{"PathOnClient":"a/plan.pdf","VersionData":"YWJj","FirstPublishLocationId":"{account}"}}"#);
    let version = created(&mut store, "ContentVersion", &json);
    for (field, value) in [
        ("Title", r#""plan""#),
        ("FileExtension", r#""pdf""#),
        ("ContentSize", "3"),
        ("Checksum", r#""900150983cd24fb0d6963f7d28e17f72""#),
        ("IsLatest", "true"),
        ("VersionNumber", r#""1""#),
    ] {
        assert_eq!(shown(&store, version, field), value, "{field}");
    }
    let (object, row) = store.find(version).unwrap();
    let document = row.get(object.field("ContentDocumentId").unwrap().index).as_id().unwrap();
    assert_eq!(shown(&store, document, "Title"), r#""plan""#);
    let links = store.schema().object("ContentDocumentLink").unwrap();
    assert_eq!(store.table(links).live(), 2);
    let next = created(
        &mut store,
        "ContentVersion",
        &format!(r#"{{"PathOnClient":"b.txt","VersionData":"","ContentDocumentId":"{document}"}}"#),
    );
    assert_eq!(
        (shown(&store, version, "IsLatest"), shown(&store, next, "VersionNumber")),
        ("false".into(), "\"2\"".into())
    );
    assert_eq!(shown(&store, document, "LatestPublishedVersionId"), format!("\"{next}\""));
    store.delete(document).unwrap();
    assert!([version, next].iter().all(|&id| store.find(id).unwrap().1.is_deleted()));
}

#[test]
fn stages_and_states_follow() {
    let mut store = store();
    let id = created(
        &mut store,
        "Opportunity",
        r#"{"Name":"o","StageName":"Qualification","CloseDate":"2026-05-01","Amount":200}"#,
    );
    assert_eq!(
        (shown(&store, id, "Probability"), shown(&store, id, "ExpectedRevenue")),
        ("10.0".into(), "20.0".into())
    );
    update(&mut store, id, r#"{"StageName":"Closed Won"}"#).unwrap();
    assert_eq!((shown(&store, id, "IsWon"), shown(&store, id, "Probability")), ("true".into(), "100.0".into()));
    let case = created(&mut store, "Case", r#"{"Status":"Closed"}"#);
    assert_eq!(shown(&store, case, "ClosedDate"), "\"2026-03-01T17:49:01.000+0000\"");
    let campaign = created(&mut store, "Campaign", r#"{"Name":"c"}"#);
    let refusal = refused(&mut store, "CampaignMember", &format!(r#"{{"CampaignId":"{campaign}"}}"#));
    assert_eq!(refusal.code, "REQUIRED_FIELD_MISSING");
}

#[test]
fn a_refused_write_changes_nothing() {
    let mut store = store();
    let id = created(&mut store, "Account", r#"{"Name":"x","Phone":"1"}"#);
    store.clock.advance(std::time::Duration::from_secs(5));
    assert!(update(&mut store, id, r#"{"Phone":"2","Name":null}"#).is_err());
    assert_eq!(shown(&store, id, "Phone"), "\"1\"");
    assert_eq!(shown(&store, id, "SystemModstamp"), "\"2026-03-01T17:49:01.000+0000\"");
    let accounts = store.table(store.schema().object("Account").unwrap()).len();
    assert!(create(&mut store, "Account", "{}").is_err());
    assert_eq!(store.table(store.schema().object("Account").unwrap()).len(), accounts);
    assert!(matches!(store.find(id).unwrap().1.get(0), Value::Id(own) if *own == id));
}
