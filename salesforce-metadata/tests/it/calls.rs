//! Describe, list, and components one by one.

use salesforce_http::JwtInSoap;
use salesforce_metadata::component::{CustomField, CustomMetadata, PermissionSet};
use salesforce_metadata::xml::Element;
use salesforce_metadata::{ApiVersion, ErrorKind, ListQuery};

use crate::support::Script;

fn row(of: &str, name: &str) -> String {
    format!("<result><fileName>x/{name}</fileName><fullName>{name}</fullName><id></id>{of}</result>")
}

fn typed(of: &str, name: &str) -> String {
    row(&format!("<type>{of}</type>"), name)
}

fn fields(count: usize) -> Vec<CustomField> {
    let field = |n| CustomField { full_name: Some(format!("A__c.F{n}__c")), ..CustomField::default() };
    (0..count).map(field).collect()
}

fn saved(count: usize) -> String {
    let rows = "<result><fullName>x</fullName><success>true</success></result>".repeat(count);
    format!("<createMetadataResponse>{rows}</createMetadataResponse>")
}

#[tokio::test]
async fn a_describe_says_which_types_there_are() {
    let script = Script::new().soap("<describeMetadataResponse><result><metadataObjects><childXmlNames>CustomField</childXmlNames><directoryName>objects</directoryName><inFolder>false</inFolder><metaFile>false</metaFile><suffix>object</suffix><xmlName>CustomObject</xmlName></metadataObjects><organizationNamespace></organizationNamespace><partialSaveAllowed>true</partialSaveAllowed><testRequired>false</testRequired></result></describeMetadataResponse>");
    let describe = script.client().describe().await.unwrap();
    let object = describe.find("CustomObject").unwrap();
    assert_eq!((&*object.directory, &*object.children), ("objects", &["CustomField".to_owned()][..]));
    assert!(describe.partial_save_allowed && !describe.test_required);
    let [sent] = &script.sent()[..] else { panic!() };
    assert_eq!(sent.path, "/services/Soap/m/66.0");
    assert!(
        sent.body.contains("<describeMetadata><asOfVersion>66.0</asOfVersion></describeMetadata>"),
        "{}",
        sent.body
    );
    assert!(sent.body.contains("<sessionId>00Dx!token</sessionId>"));
}

#[tokio::test]
async fn lists_go_three_a_call_and_keep_their_order() {
    let names = ["A", "B", "C", "D"];
    let answer = |names: &[&str]| {
        format!(
            "<listMetadataResponse>{}</listMetadataResponse>",
            names.iter().map(|name| typed(name, name)).collect::<String>()
        )
    };
    let script = Script::new().soap(&answer(&names[..3])).soap(&answer(&names[3..]));
    let listing = script.client().list(names.map(ListQuery::of)).at_once(1).await.unwrap();
    let found: Vec<_> = listing.components.iter().map(|row| &*row.full_name).collect();
    assert_eq!(found, names);
    assert_eq!(script.operations().len(), 2);
    assert_eq!(script.sent()[0].body.matches("<queries>").count(), 3);
}

#[tokio::test]
async fn a_type_that_the_org_does_not_have_costs_the_others_nothing() {
    let script = Script::new()
        .fault(500, "INVALID_TYPE", "INVALID_TYPE: Unknown type")
        .soap(&format!("<listMetadataResponse>{}</listMetadataResponse>", typed("A", "A1")))
        .fault(500, "INVALID_TYPE", "Unknown type")
        .soap("<listMetadataResponse/>");
    let listing = script.client().list(["A", "B", "C"].map(ListQuery::of)).await.unwrap();
    assert_eq!(listing.components.len(), 1);
    let [(query, error)] = &listing.refused[..] else { panic!("{listing:?}") };
    assert_eq!((query.type_name(), error.api_errors()[0].code.as_str()), ("B", "INVALID_TYPE"));
    assert!(script.is_used_up());
}

#[tokio::test]
async fn a_row_without_a_type_gets_it_from_a_query_of_its_own() {
    let nil = row(r#"<type xsi:nil="true"/>"#, "A1");
    let script = Script::new()
        .soap(&format!("<listMetadataResponse>{nil}{}</listMetadataResponse>", typed("B", "B1")))
        .soap(&format!("<listMetadataResponse>{nil}</listMetadataResponse>"))
        .soap(&format!("<listMetadataResponse>{}</listMetadataResponse>", typed("B", "B1")));
    let listing = script.client().list([ListQuery::of("A"), ListQuery::in_folder("B", "F")]).await.unwrap();
    let types: Vec<_> = listing.components.iter().map(|row| &*row.r#type).collect();
    assert_eq!(types, ["A", "B"]);
    assert!(listing.components[0].record_id().is_none());
    assert!(script.sent()[2].body.contains("<queries><folder>F</folder><type>B</type></queries>"));
}

#[tokio::test]
async fn another_failure_of_a_list_is_an_error() {
    let script = Script::new().fault(500, "INSUFFICIENT_ACCESS", "use of the Metadata API requires a user with …");
    let error = script.client().list(["A", "B"].map(ListQuery::of)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn components_go_ten_a_call_and_records_of_custom_metadata_two_hundred() {
    let script = Script::new().soap(&saved(10)).soap(&saved(10)).soap(&saved(3));
    let outcomes = script.client().create(&fields(23)).await.unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    assert_eq!((outcomes.len(), &*outcomes[22].full_name), (23, "x"), "the org's name for it");
    let record = |n| CustomMetadata { full_name: Some(format!("T.R{n}")), ..CustomMetadata::default() };
    let records: Vec<_> = (0..201).map(record).collect();
    let script = Script::new().soap(&saved(200)).soap(&saved(1));
    assert_eq!(script.client().create(&records).await.unwrap().len(), 201);
    let script = (0..21).fold(Script::new(), |script, n| script.soap(&saved(if n == 20 { 1 } else { 10 })));
    assert_eq!(script.client().upsert(&records).await.unwrap().len(), 201, "upserts are not documented to take more");
}

#[tokio::test]
async fn each_component_says_its_type_and_a_call_has_one_type() {
    let script = Script::new().soap(&saved(1)).soap(&saved(1));
    let element = |of: &'static str| Element::new(of).with("fullName", "A");
    script.client().create_elements([element("Flow"), element("Layout")]).await.unwrap();
    let sent = script.sent();
    assert!(
        sent[0].body.contains(
            r#"<createMetadata><metadata xsi:type="Flow"><fullName>A</fullName></metadata></createMetadata>"#
        ),
        "{}",
        sent[0].body
    );
    assert!(sent[1].body.contains(r#"xsi:type="Layout""#));
}

#[tokio::test]
async fn a_component_that_is_refused_does_not_fail_the_others() {
    let script = Script::new().soap("<upsertMetadataResponse><result><created>true</created><fullName>A__c.F0__c</fullName><success>true</success></result><result><created>false</created><errors><fields>required</fields><message>Can not specify 'required'</message><statusCode>FIELD_INTEGRITY_EXCEPTION</statusCode></errors><fullName>A__c.F1__c</fullName><success>false</success></result></upsertMetadataResponse>");
    let outcomes = script.client().upsert(&fields(2)).all_or_none().await.unwrap();
    assert_eq!(outcomes[0].result.as_ref().unwrap().created, Some(true));
    let error = outcomes[1].result.as_ref().unwrap_err();
    assert_eq!(error.to_string(), "FIELD_INTEGRITY_EXCEPTION: Can not specify 'required' (required)");
    assert!(script.sent()[0].body.contains("<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>"));
}

#[tokio::test]
async fn a_create_is_sent_once_and_what_came_after_a_lost_answer_is_not_sent() {
    let script = Script::new().soap(&saved(10)).lost();
    let outcomes = script.run(script.client().create(&fields(25))).await.unwrap();
    assert!(outcomes[..10].iter().all(|outcome| outcome.result.is_ok()));
    assert!(outcomes[10..20].iter().all(|outcome| outcome.result.as_ref().unwrap_err().outcome_unknown()));
    let not_sent =
        |outcome: &salesforce_metadata::Outcome| outcome.result.as_ref().unwrap_err().to_string().contains("not sent");
    assert!(outcomes[20..].iter().all(not_sent));
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test]
async fn an_update_is_sent_again_when_its_answer_is_lost() {
    let script = Script::new().lost().soap(&saved(1));
    assert!(script.run(script.client().update(&fields(1))).await.unwrap()[0].result.is_ok());
    assert_eq!(script.operations(), ["updateMetadata", "updateMetadata"]);
}

#[tokio::test]
async fn what_cannot_hold_is_not_sent() {
    let script = Script::new();
    let client = script.client();
    for error in [
        client.create(&fields(11)).all_or_none().await.unwrap_err(),
        client.create(&[CustomField::default()]).await.unwrap_err(),
        client.create(&[CustomField { label: Some("\u{0}".into()), ..fields(1).remove(0) }]).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("nothing was sent"), "{error}");
    }
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn fewer_results_than_components_settle_nothing() {
    let script = Script::new().soap(&saved(1));
    let outcomes = script.client().create(&fields(2)).await.unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.result.as_ref().unwrap_err().outcome_unknown()));
}

#[tokio::test]
async fn a_name_that_is_not_there_reads_as_none_at_its_place() {
    let script = Script::new().soap(r#"<readMetadataResponse><result><records xsi:type="PermissionSet"><fullName>A</fullName><label>a</label></records><records xsi:nil="true"/></result></readMetadataResponse>"#);
    let sets = script.client().read::<PermissionSet>(&["A", "Nope"]).await.unwrap();
    assert_eq!(sets[0].as_ref().unwrap().label.as_deref(), Some("a"));
    assert!(sets[1].is_none());
    assert!(
        script.sent()[0].body.contains("<type>PermissionSet</type><fullNames>A</fullNames><fullNames>Nope</fullNames>")
    );
    let script = Script::new().soap("<readMetadataResponse><result/></readMetadataResponse>");
    assert_eq!(script.client().read::<PermissionSet>(&["A"]).await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn what_was_read_is_sent_back_with_all_that_is_not_known_of_it() {
    let script = Script::new()
        .soap(r#"<readMetadataResponse><result><records xsi:type="PermissionSet"><fullName>A</fullName><label>a</label><new><deep>1</deep></new></records></result></readMetadataResponse>"#)
        .soap(&saved(1));
    let client = script.client();
    let sets: Vec<_> = client.read::<PermissionSet>(&["A"]).await.unwrap().into_iter().flatten().collect();
    client.update(&sets).await.unwrap();
    assert!(script.sent()[1].body.contains("<new><deep>1</deep></new>"));
}

#[tokio::test]
async fn deletes_and_renames_name_the_type() {
    let script = Script::new()
        .soap("<deleteMetadataResponse><result><fullName>A</fullName><success>true</success></result><result><errors><message>This custom field does not exist</message><statusCode>INVALID_CROSS_REFERENCE_KEY</statusCode></errors><fullName>B</fullName><success>false</success></result></deleteMetadataResponse>")
        .soap("<renameMetadataResponse><result><fullName>N</fullName><success>true</success></result></renameMetadataResponse>")
        .soap("<renameMetadataResponse><result><errors><message>no</message><statusCode>INVALID_TYPE</statusCode></errors><fullName>N</fullName><success>false</success></result></renameMetadataResponse>");
    let client = script.client();
    let outcomes = client.delete("CustomField", ["A", "B"]).await.unwrap();
    assert!(outcomes[0].result.is_ok() && outcomes[1].result.is_err());
    client.rename("CustomField", "O", "N").await.unwrap();
    assert!(client.rename("CustomField", "O", "N").await.is_err());
    assert!(script.sent()[0].body.contains("<deleteMetadata><type>CustomField</type><fullNames>A</fullNames>"));
}

#[tokio::test]
async fn faults_are_errors_with_status_200_and_500() {
    for status in [200, 500] {
        let script = Script::new().fault(status, "INVALID_TYPE", "no");
        let error = script.client().describe_value_type("Nope").await.unwrap_err();
        assert_eq!(error.api_errors()[0].code.as_str(), "INVALID_TYPE", "{status}");
    }
    // Far behind the beginning, where nobody looks for a fault.
    let padding = format!("<!-- {} -->", "x".repeat(70_000));
    let fault = format!(
        "{padding}<e:Fault><faultcode>sf:INVALID_TYPE</faultcode><faultstring>INVALID_TYPE: no</faultstring></e:Fault>"
    );
    let error = Script::new().soap(&fault).client().describe().await.unwrap_err();
    assert_eq!(error.api_errors()[0].code.as_str(), "INVALID_TYPE");
}

#[tokio::test]
async fn a_page_for_people_is_no_answer() {
    let page = "<!DOCTYPE html><html><body>We are down for maintenance</body></html>";
    let script = (0..8).fold(Script::new(), |script, _| script.answer(200, page));
    let error = script.run(script.client().describe()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    let error = Script::new().answer(200, "<other/>").client().describe().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn a_jwt_is_not_sent_to_soap_below_version_68() {
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
    let script = Script::new().soap("<describeMetadataResponse><result><partialSaveAllowed>true</partialSaveAllowed><testRequired>false</testRequired></result></describeMetadataResponse>");
    let error = script.client_with(jwt, ApiVersion::V66).describe().await.unwrap_err();
    assert!(JwtInSoap::of(&error).is_some() && script.sent().is_empty(), "{error}");
    script.client_with(jwt, ApiVersion::V68).describe().await.unwrap();
}

#[tokio::test]
async fn b11_02_an_inventory_has_folders_and_what_is_in_them() {
    let described = |name: &str, in_folder: bool| {
        format!(
            "<metadataObjects><directoryName>x</directoryName><inFolder>{in_folder}</inFolder><metaFile>false</metaFile><xmlName>{name}</xmlName></metadataObjects>"
        )
    };
    let answer = |rows: String| format!("<listMetadataResponse>{rows}</listMetadataResponse>");
    let script = Script::new()
        .soap(&format!("<describeMetadataResponse><result>{}{}<partialSaveAllowed>true</partialSaveAllowed><testRequired>false</testRequired></result></describeMetadataResponse>", described("Queue", false), described("Report", true)))
        .soap(&answer(typed("Queue", "Q") + &typed("ReportFolder", "Sales")))
        .soap(&answer(typed("Report", "Sales/Pipe") + &typed("Report", "unfiled$public/Old")));
    let inventory = script.client().inventory().await.unwrap();
    let names: Vec<_> = inventory.components.iter().map(|row| &*row.full_name).collect();
    assert_eq!(names, ["Q", "Sales", "Sales/Pipe", "unfiled$public/Old"]);
    let sent = &script.sent()[2].body;
    assert!(
        sent.contains("<folder>Sales</folder><type>Report</type>") && sent.contains("<folder>unfiled$public</folder>"),
        "{sent}"
    );
}
