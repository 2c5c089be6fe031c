use salesforce_rest::{ApiVersion, ErrorKind};

use crate::support::Script;

#[tokio::test]
async fn the_newest_version_is_last_and_costs_no_version_of_ours() {
    let script = Script::default().answer(
        200,
        r#"[{"label":"Summer ’26","url":"/services/data/v67.0","version":"67.0"},
            {"label":"Winter '27","url":"/services/data/v68.0","version":"68.0"}]"#,
    );
    let versions = script.client().versions().await.unwrap();
    assert_eq!(versions.last().map(|version| version.version), Some(ApiVersion::V68));
    assert_eq!(script.paths(), ["/services/data/"]);
}

#[tokio::test]
async fn the_orgs_time_is_the_date_of_its_answer() {
    let script = Script::default().answer(200, "[]");
    assert_eq!(script.client().server_time().await.unwrap().to_string(), "2026-03-01T17:49:01.000+0000");
    assert_eq!(script.paths(), ["/services/data/"]);
}

#[tokio::test]
async fn resources_limits_and_describes_are_where_they_should_be() {
    let script = Script::default()
        .answer(200, r#"{"identity":"https://login.salesforce.com/id/00D/005","query":"/services/data/v68.0/query"}"#)
        .answer(200, r#"{"DailyApiRequests":{"Max":15000,"Remaining":14998}}"#)
        .answer(200, r#"{"encoding":"UTF-8","maxBatchSize":200,"sobjects":[{"name":"Account"}]}"#)
        .answer(200, r#"{"name":"Account","fields":[{"name":"Id","type":"id"}]}"#);
    let client = script.client();
    assert_eq!(client.resources().await.unwrap()["query"], "/services/data/v68.0/query");
    assert_eq!(client.limits().await.unwrap().get("DailyApiRequests").unwrap().remaining, 14_998);
    assert_eq!(client.describe_global().await.unwrap().sobjects[0].name, "Account");
    assert_eq!(client.describe("Account").await.unwrap().fields[0].name, "Id");
    let base = "/services/data/v68.0/";
    assert_eq!(
        script.paths(),
        ["", "limits", "sobjects", "sobjects/Account/describe"].map(|path| format!("{base}{path}"))
    );
}

#[tokio::test]
async fn an_org_whose_row_cannot_be_seen_is_not_found() {
    let script = Script::default().answer(200, r#"{"totalSize":0,"done":true,"records":[]}"#).answer(
        200,
        r#"{"totalSize":1,"done":true,"records":[{"Id":"00DD00000000001","Name":"Acme","IsSandbox":true,"OrganizationType":"Developer Edition"}]}"#,
    );
    let client = script.client();
    assert_eq!(client.organization().await.unwrap_err().kind(), ErrorKind::NotFound);
    let organization = client.organization().await.unwrap();
    assert!(organization.is_sandbox && organization.instance_name.is_none());
}

#[tokio::test]
async fn who_is_connected_is_asked_of_the_orgs_own_host() {
    let script = Script::default().answer(
        200,
        r#"{"user_id":"005000000000001AAA","organization_id":"00D000000000001EAA","preferred_username":"ada@acme.example"}"#,
    );
    assert_eq!(script.client().identity().await.unwrap().username, "ada@acme.example");
    assert_eq!(script.paths(), ["/services/oauth2/userinfo"]);
}
