//! Packages: installed, refused, late, and taken away.

use std::time::Duration;

use salesforce_mock::Package;
use serde_json::{Value, json};

use crate::metadata::{all, call, fault, post};
use crate::support::{Client, encoded};

const VERSION: &str = "04t000000000001";
const SET: &str =
    "<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>Backup</label></PermissionSet>";

fn package() -> Package {
    Package::new(VERSION.parse().unwrap(), "Acme Connector", "acme", "1.2.0")
        .file("permissionsets/acme__Backup.permissionset", SET)
}

fn install(client: &mut Client) -> String {
    let body = json!({"SubscriberPackageVersionKey": VERSION, "SecurityType": "None"});
    let answer = client.post("tooling/sobjects/PackageInstallRequest", body);
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn request(client: &mut Client, id: &str) -> Value {
    client.get(&format!("tooling/sobjects/PackageInstallRequest/{id}")).json()
}

fn installed(client: &mut Client) -> Vec<Value> {
    let soql = "SELECT SubscriberPackage.NamespacePrefix, SubscriberPackageVersion.MinorVersion FROM InstalledSubscriberPackage";
    client.get(&format!("tooling/query?q={}", encoded(soql))).json()["records"].as_array().unwrap().clone()
}

fn sets(client: &mut Client) -> usize {
    client.rows("SELECT Id FROM PermissionSet WHERE Name = 'acme__Backup'").len()
}

#[test]
fn k_25_a_package_is_installed_by_a_request_that_is_polled() {
    let mut client = Client::empty();
    client.org.metadata_mut().publish(package());
    client.org.metadata_mut().installing = Duration::from_secs(60);
    let id = install(&mut client);
    assert_eq!(request(&mut client, &id)["Status"], "IN_PROGRESS");
    assert!(installed(&mut client).is_empty() && sets(&mut client) == 0);
    client.org.advance(Duration::from_secs(60));
    assert_eq!(request(&mut client, &id)["Status"], "SUCCESS");
    let rows = installed(&mut client);
    assert_eq!(rows[0]["SubscriberPackage"]["NamespacePrefix"], "acme");
    assert_eq!(rows[0]["SubscriberPackageVersion"]["MinorVersion"], 2);
    assert_eq!(sets(&mut client), 1);
    let list = call(
        &mut client,
        "<listMetadata><queries><type>PermissionSet</type></queries><queries><type>InstalledPackage</type></queries></listMetadata>",
    );
    assert!(
        list.contains("<manageableState>installed</manageableState><namespacePrefix>acme</namespacePrefix>"),
        "{list}"
    );
    assert!(all(&list, "fullName").contains(&"acme"));
    let gone = "<deleteMetadata><type>PermissionSet</type><fullNames>acme__Backup</fullNames></deleteMetadata>";
    assert!(call(&mut client, gone).contains("CANNOT_DELETE_MANAGED_OBJECT"));
}

#[test]
fn a_package_may_appear_later_than_its_installation_and_go_again() {
    let mut client = Client::empty();
    let mut late = package();
    late.late = Duration::from_secs(30);
    client.org.metadata_mut().publish(late);
    let id = install(&mut client);
    assert_eq!(request(&mut client, &id)["Status"], "SUCCESS");
    assert_eq!((installed(&mut client).len(), sets(&mut client)), (1, 0));
    client.org.advance(Duration::from_secs(30));
    assert_eq!(sets(&mut client), 1);
    let body = json!({"SubscriberPackageVersionId": VERSION});
    assert_eq!(client.post("tooling/sobjects/SubscriberPackageVersionUninstallRequest", body).status, 201);
    assert_eq!((installed(&mut client).len(), sets(&mut client)), (0, 0));
}

#[test]
fn k_48_an_org_may_let_no_package_in() {
    let mut client = Client::empty();
    client.org.metadata_mut().publish(package());
    client.org.metadata_mut().blocks_packages = Some("Package installation is blocked".into());
    let id = install(&mut client);
    let answer = request(&mut client, &id);
    assert_eq!(
        (&answer["Status"], &answer["Errors"]),
        (&json!("ERROR"), &json!({"errors": [{"message": "Package installation is blocked"}]}))
    );
    assert_eq!(sets(&mut client), 0);
}

#[test]
fn k_47_k_51_a_user_without_the_permission_neither_installs_nor_sees_packages() {
    let mut client = Client::empty();
    client.org.metadata_mut().publish(package());
    client.org.install(VERSION.parse().unwrap()).unwrap();
    assert_eq!(installed(&mut client).len(), 1);
    client.org.metadata_mut().may_install = false;
    let body = json!({"SubscriberPackageVersionKey": VERSION});
    assert_eq!(client.post("tooling/sobjects/PackageInstallRequest", body).code(), "INSUFFICIENT_ACCESS");
    assert_eq!(client.get("tooling/query?q=SELECT+Id+FROM+InstalledSubscriberPackage").code(), "INVALID_TYPE");
}

#[test]
fn keys_versions_and_failures_have_their_own_answers() {
    let mut client = Client::empty();
    let mut locked = package();
    locked.key = Some("open".into());
    client.org.metadata_mut().publish(locked);
    let post_with = |client: &mut Client, key: Value| {
        client.post(
            "tooling/sobjects/PackageInstallRequest",
            json!({"SubscriberPackageVersionKey": VERSION, "Password": key}),
        )
    };
    assert_eq!(post_with(&mut client, Value::Null).code(), "INSTALL_KEY_REQUIRED");
    assert_eq!(post_with(&mut client, json!("shut")).code(), "INSTALL_KEY_INVALID");
    assert_eq!(post_with(&mut client, json!("open")).status, 201);
    let bad = client.post("tooling/sobjects/PackageInstallRequest", json!({"SubscriberPackageVersionKey": "x"}));
    assert_eq!(bad.code(), "INVALID_INPUT");
    let all = client.get("tooling/query?q=SELECT+Name+FROM+SubscriberPackageVersion");
    assert_eq!(all.code(), "MALFORMED_QUERY");
    let mut failing = package();
    failing.fails = Some("Apex Code feature must be enabled".into());
    let mut other = Client::empty();
    other.org.metadata_mut().publish(failing);
    let id = install(&mut other);
    assert_eq!(request(&mut other, &id)["Errors"]["errors"][0]["message"], "Apex Code feature must be enabled");
    fault(&post(&mut other, "68.0", "", "<nonsense/>"), "soapenv:Client", "No operation");
}
