//! Out of the recycle bin, by SOAP.

use salesforce_mock::{Fault, MockOrg, Org};
use salesforce_rest::{Client, ErrorKind, Record, RecordId, Soql, Written};
use serde_json::json;

use crate::support::connect;

async fn deleted(count: usize) -> (MockOrg, Client, Vec<RecordId>) {
    let mut org = Org::empty();
    let mut insert = |n| org.insert("Account", &json!({ "Name": format!("A{n}") })).unwrap();
    let ids: Vec<_> = (0..count).map(&mut insert).collect();
    ids.iter().for_each(|id| org.delete(*id).unwrap());
    let org = MockOrg::serve(org).await;
    let client = connect(&org);
    (org, client, ids)
}

async fn live(client: &Client) -> u64 {
    client.query::<Record>("SELECT COUNT() FROM Account").count().await.unwrap()
}

#[tokio::test]
async fn b6_07_records_come_back_with_their_ids_and_each_has_its_outcome() {
    let (org, client, mut ids) = deleted(450).await;
    client.undelete(&ids[..1]).await.unwrap();
    let unknown: RecordId = "001Qz00000Zz9Zz".parse().unwrap();
    ids.push(unknown);
    let outcomes = client.undelete(&ids).await.unwrap();
    assert_eq!(outcomes.len(), 451);
    assert!(outcomes.iter().enumerate().all(|(n, outcome)| outcome.position == n));
    assert!(outcomes[1..450].iter().zip(&ids[1..]).all(|(outcome, id)| outcome.id() == Some(*id)));
    let code = |n: usize| outcomes[n].error().unwrap().api_errors()[0].code.as_str().to_owned();
    assert_eq!(code(0), "UNDELETE_FAILED", "it is live already");
    assert!(["INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED"].contains(&&*code(450)));
    assert_eq!(live(&client).await, 450);
    assert_eq!(org.journal().count("/services/Soap/u/68.0"), 4, "200 ids a call");
}

#[tokio::test]
async fn an_emptied_bin_is_empty() {
    let (_org, client, ids) = deleted(3).await;
    assert!(client.empty_recycle_bin(&ids[..2]).await.unwrap().iter().all(|outcome| outcome.is_done()));
    let soql = Soql::new("SELECT Id FROM Account");
    let left: Vec<Record> = client.query(soql).include_deleted().all().await.unwrap();
    assert_eq!(left.iter().filter_map(Record::id).collect::<Vec<_>>(), ids[2..]);
    assert!(client.undelete(&ids[..1]).await.unwrap()[0].error().is_some());
    assert!(client.undelete(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_expired_session_is_renewed_in_soap_as_well() {
    let (org, client, ids) = deleted(1).await;
    org.expire_tokens();
    let error = client.undelete(&ids).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth, "the tests' token has no successor, so the renewal says no: {error}");
    assert_eq!(org.journal().count("/services/Soap/u/68.0"), 1);
}

#[tokio::test]
async fn a_call_that_fails_leaves_every_record_with_an_outcome() {
    let (org, client, ids) = deleted(500).await;
    org.fault(Fault::lost_answer().at("/services/Soap/u/68.0").skip(1));
    let outcomes = client.undelete(&ids).await.unwrap();
    assert_eq!(outcomes.len(), 500);
    assert!(outcomes[..200].iter().all(|outcome| outcome.is_done()));
    assert!(outcomes[200..400].iter().all(|outcome| matches!(&outcome.result, Written::Unknown(unknown)
        if unknown.keys().next().is_some())));
    let refused = |outcome: &salesforce_rest::Outcome| matches!(&outcome.result, Written::Refused(_));
    assert!(outcomes[400..].iter().all(refused), "not sent");
    assert_eq!(live(&client).await, 400, "the lost answer was a yes");
}

#[tokio::test]
async fn a_call_that_is_refused_as_a_whole_is_an_error() {
    let (org, client, ids) = deleted(2).await;
    let fault = r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>sf:INSUFFICIENT_ACCESS</faultcode><faultstring>INSUFFICIENT_ACCESS: no</faultstring></e:Fault></e:Body></e:Envelope>"#;
    org.fault(Fault::body(500, "text/xml", fault).at("/services/Soap"));
    let error = client.undelete(&ids).await.unwrap_err();
    assert_eq!((error.kind(), error.api_errors().len()), (ErrorKind::Denied, 1));
}
