//! The Metadata API over SOAP: what there is, and components one by one.

use salesforce_mock::Org;
use serde_json::json;

use crate::support::{Answer, Client, fixture_bytes, with_demo_objects};

const XML: &[(&str, &str)] = &[("content-type", "text/xml; charset=UTF-8"), ("soapaction", "\"\"")];

/// A call of the Metadata API, with its answer whatever it is.
pub(crate) fn post(client: &mut Client, version: &str, headers: &str, body: &str) -> Answer {
    let session = client.token.clone();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:met=\"http://soap.sforce.com/2006/04/metadata\" xmlns=\"http://soap.sforce.com/2006/04/metadata\">\
         <soapenv:Header><met:SessionHeader><met:sessionId>{session}</met:sessionId></met:SessionHeader>{headers}\
         </soapenv:Header><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    );
    client.call("POST", &format!("/services/Soap/m/{version}"), XML, &body)
}

/// The text of an answer that has to be good.
#[track_caller]
pub(crate) fn call(client: &mut Client, body: &str) -> String {
    let answer = post(client, "68.0", "", body);
    assert_eq!(answer.status, 200, "{body}: {}", answer.text);
    answer.text
}

/// The texts of the elements of that name, in their order.
pub(crate) fn all<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    text.split(open.as_str()).skip(1).filter_map(|rest| rest.split(close.as_str()).next()).collect()
}

#[track_caller]
pub(crate) fn one<'a>(text: &'a str, name: &str) -> &'a str {
    all(text, name).first().copied().unwrap_or_else(|| panic!("no {name}: {text}"))
}

/// The text of the first error or problem.
#[track_caller]
pub(crate) fn problem(text: &str, name: &str) -> String {
    one(text, name).replace("&apos;", "'")
}

#[track_caller]
pub(crate) fn fault(answer: &Answer, code: &str, text: &str) {
    assert_eq!(answer.status, 500, "{}", answer.text);
    assert_eq!(one(&answer.text, "faultcode"), code, "{}", answer.text);
    assert!(one(&answer.text, "faultstring").contains(text), "{}", answer.text);
}

pub(crate) const INVOICE: &str = "<metadata xsi:type=\"met:CustomObject\"><fullName>Invoice__c</fullName>\
    <deploymentStatus>Deployed</deploymentStatus><label>Invoice</label><nameField>\
    <displayFormat>INV-{0000}</displayFormat><label>Invoice No</label><type>AutoNumber</type></nameField>\
    <pluralLabel>Invoices</pluralLabel><sharingModel>ReadWrite</sharingModel></metadata>";

pub(crate) fn field(name: &str, rest: &str) -> String {
    format!("<metadata xsi:type=\"CustomField\"><fullName>{name}</fullName><label>A label</label>{rest}</metadata>")
}

/// Creates or changes fields.
#[track_caller]
pub(crate) fn upsert(client: &mut Client, fields: &[String]) -> String {
    call(client, &format!("<upsertMetadata>{}</upsertMetadata>", fields.concat()))
}

#[test]
fn a_created_object_and_its_fields_can_be_described_queried_and_written() {
    let mut client = Client::empty();
    let answer = call(&mut client, &format!("<met:createMetadata>{INVOICE}</met:createMetadata>"));
    let expected = "<createMetadataResponse><result><fullName>Invoice__c</fullName><success>true</success></result>\
                    </createMetadataResponse>";
    assert!(answer.contains(expected), "{answer}");
    let text = "<type>Text</type><length>64</length><externalId>true</externalId><unique>true</unique>";
    let fields = [
        field("Invoice__c.Key__c", text),
        field("Invoice__c.Sum__c", "<type>Currency</type><precision>16</precision><scale>2</scale>"),
        field(
            "Invoice__c.Account__c",
            "<type>Lookup</type><referenceTo>Account</referenceTo><relationshipName>Invoices</relationshipName>",
        ),
    ];
    let answer = upsert(&mut client, &fields);
    assert_eq!(all(&answer, "created"), ["true"; 3], "{answer}");
    assert!(!answer.contains("xsi:"), "a prefix that nothing uses is not declared: {answer}");
    let described = client.get("sobjects/Invoice__c/describe").json();
    let names: Vec<_> =
        described["fields"].as_array().unwrap().iter().filter_map(|field| field["name"].as_str()).collect();
    assert!(names.contains(&"Key__c") && names.contains(&"Account__c"), "{names:?}");
    let account = client.insert("Account", json!({"Name": "Acme"}));
    client.insert("Invoice__c", json!({"Key__c": "K1", "Sum__c": 12.5, "Account__c": account}));
    let rows = client.rows("SELECT Name, Sum__c, Account__r.Name FROM Invoice__c WHERE Key__c = 'K1'");
    assert_eq!(rows[0]["Name"], "INV-0001");
    assert_eq!(rows[0]["Account__r"]["Name"], "Acme");
    let refused = client.post("sobjects/Invoice__c", json!({"Key__c": "K1"}));
    assert_eq!(refused.code(), "DUPLICATE_VALUE");
    let children = client.rows("SELECT (SELECT Key__c FROM Invoices__r) FROM Account");
    assert_eq!(children[0]["Invoices__r"]["totalSize"], 1);
}

#[test]
fn rows_keep_their_values_when_fields_go_come_and_are_renamed() {
    let mut client = Client::empty();
    call(&mut client, &format!("<createMetadata>{INVOICE}</createMetadata>"));
    let text = "<type>Text</type><length>64</length>";
    upsert(
        &mut client,
        &[field("Invoice__c.A__c", text), field("Invoice__c.B__c", text), field("Invoice__c.C__c", text)],
    );
    client.insert("Invoice__c", json!({"A__c": "a", "B__c": "b", "C__c": "c"}));
    let answer = call(
        &mut client,
        "<deleteMetadata><type>CustomField</type><fullNames>Invoice__c.A__c</fullNames><fullNames>Invoice__c.Gone__c</fullNames></deleteMetadata>",
    );
    assert_eq!(all(&answer, "success"), ["true", "false"], "{answer}");
    assert_eq!(one(&answer, "statusCode"), "INVALID_CROSS_REFERENCE_KEY");
    assert_eq!(one(&answer, "message"), "This custom field does not exist or is not accessible");
    assert_eq!(client.rows("SELECT B__c, C__c FROM Invoice__c"), [json!({"B__c": "b", "C__c": "c"})]);
    assert_eq!(client.query("SELECT A__c FROM Invoice__c").code(), "INVALID_FIELD");
    upsert(
        &mut client,
        &[
            field("Invoice__c.A__c", text),
            field("Invoice__c.Flag__c", "<type>Checkbox</type><defaultValue>true</defaultValue>"),
        ],
    );
    let renamed = "<renameMetadata><type>CustomField</type><oldFullName>Invoice__c.C__c</oldFullName>\
                   <newFullName>Invoice__c.D__c</newFullName></renameMetadata>";
    assert_eq!(one(&call(&mut client, renamed), "fullName"), "Invoice__c.D__c");
    let rows = client.rows("SELECT Name, A__c, B__c, D__c, Flag__c FROM Invoice__c");
    assert_eq!(rows, [json!({"Name": "INV-0001", "A__c": null, "B__c": "b", "D__c": "c", "Flag__c": false})]);
    client.insert("Invoice__c", json!({}));
    let names = client.rows("SELECT Name, Flag__c FROM Invoice__c ORDER BY Name");
    assert_eq!(names[1], json!({"Name": "INV-0002", "Flag__c": true}), "numbers go on, defaults are for new rows");
}

#[test]
fn a_deleted_object_is_gone_with_its_fields_and_rows_and_the_others_stay() {
    let mut client = Client::empty();
    call(&mut client, &format!("<createMetadata>{INVOICE}</createMetadata>"));
    upsert(&mut client, &[field("Invoice__c.A__c", "<type>Text</type><length>9</length>")]);
    client.insert("Invoice__c", json!({"A__c": "a"}));
    let other = INVOICE.replace("Invoice", "Receipt");
    call(&mut client, &format!("<createMetadata>{other}</createMetadata>"));
    client.insert("Receipt__c", json!({}));
    let account = client.insert("Account", json!({"Name": "Acme"}));
    client.org.delete(account.parse().unwrap()).unwrap();
    let answer = call(
        &mut client,
        "<deleteMetadata><type>CustomObject</type><fullNames>Invoice__c</fullNames></deleteMetadata>",
    );
    assert_eq!(one(&answer, "success"), "true", "{answer}");
    assert_eq!(client.query("SELECT Id FROM Invoice__c").code(), "INVALID_TYPE");
    assert_eq!(client.names("SELECT Name FROM Receipt__c"), ["INV-0001"]);
    let listed = call(&mut client, "<listMetadata><queries><type>CustomField</type></queries></listMetadata>");
    assert!(!listed.contains("Invoice__c."), "{listed}");
    let deleted = client.get("sobjects/Account/deleted?start=2020-01-01T00:00:00Z&end=2099-01-01T00:00:00Z");
    assert!(deleted.text.contains(&account) || deleted.status == 400, "{}", deleted.text);
    let standard =
        call(&mut client, "<deleteMetadata><type>CustomObject</type><fullNames>Account</fullNames></deleteMetadata>");
    assert_eq!(one(&standard, "success"), "false");
}

#[test]
fn components_are_refused_one_by_one_and_all_of_them_on_demand() {
    let mut client = Client::empty();
    let good = || field("Account.Good__c", "<type>Text</type><length>9</length>");
    for (rest, code, text) in [
        (
            "<type>Checkbox</type><required>true</required>",
            "FIELD_INTEGRITY_EXCEPTION",
            "Can not specify 'required' for a CustomField of type Checkbox",
        ),
        ("<type>Nonsense</type>", "FIELD_INTEGRITY_EXCEPTION", "'Nonsense' is not a valid value"),
        ("<type>Text</type>", "FIELD_INTEGRITY_EXCEPTION", "Must specify 'length'"),
        (
            "<type>Lookup</type><referenceTo>Nope__c</referenceTo>",
            "FIELD_INTEGRITY_EXCEPTION",
            "referenceTo value of 'Nope__c' does not resolve",
        ),
        ("", "REQUIRED_FIELD_MISSING", "type"),
    ] {
        let answer = upsert(&mut client, &[good(), field("Account.Bad__c", rest)]);
        assert_eq!(all(&answer, "success"), ["true", "false"], "{answer}");
        assert_eq!(one(&answer, "statusCode"), code, "{answer}");
        assert!(problem(&answer, "message").contains(text), "{answer}");
    }
    let missing = upsert(&mut client, &[field("Nope__c.A__c", "<type>Date</type>")]);
    assert!(problem(&missing, "message").contains("'Nope__c' cannot be found"), "{missing}");
    let header = "<met:AllOrNoneHeader><met:allOrNone>true</met:allOrNone></met:AllOrNoneHeader>";
    let fields =
        [field("Account.Other__c", "<type>Date</type>"), field("Account.Bad__c", "<type>Text</type>")].concat();
    let answer = post(&mut client, "68.0", header, &format!("<createMetadata>{fields}</createMetadata>"));
    assert_eq!(all(&answer.text, "statusCode"), ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "FIELD_INTEGRITY_EXCEPTION"]);
    assert_eq!(client.query("SELECT Other__c FROM Account").code(), "INVALID_FIELD");
    let twice = call(&mut client, &format!("<createMetadata>{}</createMetadata>", good()));
    assert_eq!(one(&twice, "statusCode"), "DUPLICATE_DEVELOPER_NAME");
    let unknown =
        call(&mut client, &format!("<updateMetadata>{}</updateMetadata>", field("Account.No__c", "<type>Date</type>")));
    assert_eq!(one(&unknown, "statusCode"), "INVALID_CROSS_REFERENCE_KEY");
}

#[test]
fn calls_as_a_whole_are_refused_with_faults_of_the_metadata_namespace() {
    let mut client = Client::empty();
    let ten = (0..11).map(|n| field(&format!("Account.F{n}__c"), "<type>Date</type>")).collect::<String>();
    let text = "record limit reached. cannot submit more than 10 records in this operation";
    for operation in ["createMetadata", "upsertMetadata", "updateMetadata"] {
        let answer = post(&mut client, "68.0", "", &format!("<{operation}>{ten}</{operation}>"));
        fault(&answer, "sf:EXCEEDED_ID_LIMIT", text);
        assert!(answer.text.contains("xmlns:sf=\"http://soap.sforce.com/2006/04/metadata\""), "{}", answer.text);
        assert!(!answer.text.contains("<detail>"), "{}", answer.text);
    }
    let names = "<fullNames>a</fullNames>".repeat(11);
    let answer =
        post(&mut client, "68.0", "", &format!("<readMetadata><type>CustomField</type>{names}</readMetadata>"));
    fault(&answer, "sf:EXCEEDED_ID_LIMIT", text);
    let names = "<fullNames>a.b</fullNames>".repeat(200);
    let answer = call(&mut client, &format!("<readMetadata><type>CustomMetadata</type>{names}</readMetadata>"));
    assert_eq!(answer.matches("<records xsi:nil=\"true\"/>").count(), 200);
    let queries = "<queries><type>Layout</type></queries>".repeat(4);
    fault(
        &post(&mut client, "68.0", "", &format!("<listMetadata>{queries}</listMetadata>")),
        "sf:EXCEEDED_MAX_TYPES_LIMIT",
        "3",
    );
    let unknown =
        "<listMetadata><queries><type>Layout</type></queries><queries><type>Nope</type></queries></listMetadata>";
    fault(&post(&mut client, "68.0", "", unknown), "sf:INVALID_TYPE", "Nope");
    fault(&post(&mut client, "68.0", "", "<createMetadata><metadata/></createMetadata>"), "soapenv:Client", "xsi:type");
    fault(&post(&mut client, "68.0", "", "<undelete/>"), "soapenv:Client", "No operation available");
    fault(&post(&mut client, "99.0", "", "<describeMetadata/>"), "sf:UNSUPPORTED_API_VERSION", "version");
    client.token = "nonsense".into();
    fault(&post(&mut client, "68.0", "", "<describeMetadata/>"), "sf:INVALID_SESSION_ID", "Invalid Session ID");
}

#[test]
fn k_11_the_metadata_api_alone_can_be_out_of_reach() {
    let mut client = Client::empty();
    client.org.metadata_mut().permitted = false;
    let text = "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions";
    fault(&post(&mut client, "68.0", "", "<describeMetadata/>"), "sf:INSUFFICIENT_ACCESS", text);
    assert_eq!(client.query("SELECT Id FROM Account").status, 200);
}

#[test]
fn tokens_that_are_jwts_are_refused_below_68() {
    let mut org = Org::empty();
    org.app_mut().gives_jwts = true;
    let mut client = Client::new(org);
    fault(&post(&mut client, "67.0", "", "<describeMetadata/>"), "sf:INVALID_SESSION_ID", "Invalid Session ID");
    assert_eq!(post(&mut client, "68.0", "", "<describeMetadata/>").status, 200);
}

#[test]
fn types_are_described_as_they_were_recorded() {
    let mut client = Client::empty();
    let answer =
        call(&mut client, "<met:describeMetadata><met:asOfVersion>68.0</met:asOfVersion></met:describeMetadata>");
    assert_eq!((one(&answer, "partialSaveAllowed"), one(&answer, "testRequired")), ("true", "false"));
    assert!(answer.contains("<organizationNamespace/>"));
    let object = all(&answer, "metadataObjects").into_iter().find(|of| one(of, "xmlName") == "CustomObject").unwrap();
    assert_eq!(
        object,
        "<childXmlNames>CustomField</childXmlNames><childXmlNames>Index</childXmlNames>\
         <childXmlNames>BusinessProcess</childXmlNames><childXmlNames>RecordType</childXmlNames>\
         <childXmlNames>CompactLayout</childXmlNames><childXmlNames>WebLink</childXmlNames>\
         <childXmlNames>ValidationRule</childXmlNames><childXmlNames>SharingReason</childXmlNames>\
         <childXmlNames>ListView</childXmlNames><childXmlNames>FieldSet</childXmlNames>\
         <directoryName>objects</directoryName><inFolder>false</inFolder><metaFile>false</metaFile>\
         <suffix>object</suffix><xmlName>CustomObject</xmlName>"
    );
    client.org.metadata_mut().production = true;
    let answer = call(&mut client, "<describeMetadata/>");
    assert_eq!((one(&answer, "partialSaveAllowed"), one(&answer, "testRequired")), ("false", "true"));
    let Some(recorded) = fixture_bytes("soap-metadata/describe_metadata.xml") else { return };
    let recorded = String::from_utf8(recorded).unwrap();
    let facts = |text: &str| -> Vec<(String, String, String)> {
        let of = |of: &&str, name: &str| all(of, name).first().map_or(String::new(), |text| (*text).to_owned());
        let names = ["directoryName", "inFolder", "metaFile"];
        let fact = |it: &&str| (of(it, "xmlName"), of(it, "suffix"), names.map(|name| of(it, name)).join(" "));
        all(text, "metadataObjects").iter().map(fact).collect()
    };
    let ours = facts(&answer);
    for recorded in facts(&recorded) {
        // Types that are gone since.
        if !matches!(recorded.0.as_str(), "CustomSite" | "Portal" | "Letterhead" | "HomePageLayout") {
            assert!(ours.contains(&recorded), "{recorded:?}");
        }
    }
}

#[test]
fn components_are_listed_with_who_made_them() {
    let mut client = Client::empty();
    call(&mut client, &format!("<createMetadata>{INVOICE}</createMetadata>"));
    let list =
        "<listMetadata><queries><type>CustomObject</type></queries><asOfVersion>68.0</asOfVersion></listMetadata>";
    let answer = call(&mut client, list);
    let of = |name: &str| {
        let found = all(&answer, "result").into_iter().find(|row| one(row, "fullName") == name);
        found.unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    let own = of("Invoice__c");
    assert_eq!((one(&own, "fileName"), one(&own, "manageableState")), ("objects/Invoice__c.object", "unmanaged"));
    assert_eq!((one(&own, "type"), one(&own, "createdByName")), ("CustomObject", "Ada Admin"));
    let standard = of("Account");
    assert_eq!(one(&standard, "createdDate"), "1970-01-01T00:00:00.000Z");
    assert!(standard.contains("<id/>"), "{standard}");
    assert!(!answer.contains("ChangeEvent") && !answer.contains("Invoice__Share"), "{answer}");
    let nothing = call(&mut client, "<listMetadata><queries><type>Report</type></queries></listMetadata>");
    assert!(nothing.contains("<listMetadataResponse/>"), "{nothing}");
}

#[test]
fn folders_are_listed_first_and_what_lies_in_them_with_their_name() {
    let mut client = Client::empty();
    let folder = "<metadata xsi:type=\"ReportFolder\"><fullName>Sales</fullName><name>Sales</name></metadata>";
    call(&mut client, &format!("<createMetadata>{folder}</createMetadata>"));
    let report = "<metadata xsi:type=\"Report\"><fullName>Sales/Pipe</fullName><name>Pipe</name></metadata>";
    call(&mut client, &format!("<createMetadata>{report}</createMetadata>"));
    let list = |client: &mut Client, query: &str| {
        let answer = call(client, &format!("<listMetadata><queries>{query}</queries></listMetadata>"));
        all(&answer, "fullName").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(list(&mut client, "<type>ReportFolder</type>"), ["Sales"]);
    assert_eq!(list(&mut client, "<folder>Sales</folder><type>Report</type>"), ["Sales/Pipe"]);
    assert!(list(&mut client, "<type>Report</type>").is_empty());
    assert!(list(&mut client, "<folder>Other</folder><type>Report</type>").is_empty());
}

#[test]
fn permission_sets_are_rows_and_components_and_come_back_as_they_went() {
    let mut client = with_demo_objects();
    let body = "<fieldPermissions><editable>true</editable><field>Account.Key__c</field><readable>true</readable>\
                </fieldPermissions><hasActivationRequired>false</hasActivationRequired><label>Backup</label>\
                <objectPermissions><allowRead>true</allowRead><object>Account</object></objectPermissions>\
                <somethingNew><deep>1 &lt; 2</deep></somethingNew><userPermissions><enabled>true</enabled>\
                <name>ApiEnabled</name></userPermissions>";
    let set = format!("<metadata xsi:type=\"PermissionSet\"><fullName>Backup</fullName>{body}</metadata>");
    let refused = call(&mut client, &format!("<upsertMetadata>{set}</upsertMetadata>"));
    assert!(one(&refused, "message").contains("no CustomField named Account.Key__c found"), "{refused}");
    upsert(&mut client, &[field("Account.Key__c", "<type>Text</type><length>9</length>")]);
    assert_eq!(one(&call(&mut client, &format!("<upsertMetadata>{set}</upsertMetadata>")), "created"), "true");
    let rows = client.rows("SELECT Name, Label, PermissionsApiEnabled FROM PermissionSet WHERE Name = 'Backup'");
    assert_eq!(rows, [json!({"Name": "Backup", "Label": "Backup", "PermissionsApiEnabled": true})]);
    let read = "<readMetadata><type>PermissionSet</type><fullNames>Nope</fullNames><fullNames>Backup</fullNames></readMetadata>";
    let answer = call(&mut client, read);
    let expected = format!(
        "<result><records xsi:nil=\"true\"/><records xsi:type=\"PermissionSet\"><fullName>Backup</fullName>{body}</records></result>"
    );
    assert!(answer.contains(&expected), "{answer}");
    assert_eq!(one(&call(&mut client, &format!("<upsertMetadata>{set}</upsertMetadata>")), "created"), "false");
    call(&mut client, "<deleteMetadata><type>PermissionSet</type><fullNames>Backup</fullNames></deleteMetadata>");
    assert!(client.rows("SELECT Id FROM PermissionSet WHERE Name = 'Backup'").is_empty());
    client.insert("PermissionSet", json!({"Name": "By_Hand", "Label": "By hand"}));
    let answer = call(&mut client, &read.replace("Backup", "By_Hand"));
    assert!(answer.contains("<label>By hand</label>"), "what came by another call is a component, too: {answer}");
}

#[test]
fn records_of_custom_metadata_types_keep_the_types_of_their_values() {
    let mut client = Client::empty();
    let kind = "<metadata xsi:type=\"CustomObject\"><fullName>Rule__mdt</fullName><label>Rule</label>\
                <pluralLabel>Rules</pluralLabel></metadata>";
    call(&mut client, &format!("<createMetadata>{kind}</createMetadata>"));
    upsert(&mut client, &[field("Rule__mdt.Days__c", "<type>Number</type><precision>4</precision><scale>0</scale>")]);
    let values = "<label>First</label><protected>false</protected><values><field>Days__c</field>\
                  <value xsi:type=\"xsd:double\">7.0</value></values>";
    let record = format!("<metadata xsi:type=\"CustomMetadata\"><fullName>Rule.First</fullName>{values}</metadata>");
    let answer = call(&mut client, &format!("<createMetadata>{record}</createMetadata>"));
    assert_eq!(one(&answer, "success"), "true", "{answer}");
    assert_eq!(client.rows("SELECT DeveloperName, Days__c FROM Rule__mdt")[0]["Days__c"], 7.0);
    let read =
        call(&mut client, "<readMetadata><type>CustomMetadata</type><fullNames>Rule.First</fullNames></readMetadata>");
    assert!(read.contains(values) && read.contains("xmlns:xsd="), "{read}");
}

#[test]
fn recorded_upserts_of_fields_answer_in_the_recorded_shape() {
    let Some(payload) = fixture_bytes("soap-metadata/amp_write_object15_mix-of-many-fields-payload.xml") else {
        return;
    };
    let recorded = fixture_bytes("soap-metadata/amp_write_object15_mix-of-many-fields-response.xml").unwrap();
    let mut client = Client::empty();
    let object = INVOICE.replace("Invoice__c", "TestObject15__c");
    call(&mut client, &format!("<createMetadata>{object}</createMetadata>"));
    let payload = String::from_utf8(payload).unwrap().replace("TEST_ACCESS_TOKEN", &client.token);
    let answer = client.call("POST", "/services/Soap/m/63.0", XML, &payload);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let recorded = String::from_utf8(recorded).unwrap();
    assert_eq!(all(&answer.text, "fullName"), all(&recorded, "fullName"));
    assert_eq!(all(&answer.text, "success"), all(&recorded, "success"), "{}", answer.text);
}
