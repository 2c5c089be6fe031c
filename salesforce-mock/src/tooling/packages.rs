use std::sync::Arc;

use salesforce_types::RecordId;

use crate::Org;
use crate::metadata::packages::numbers;
use crate::seed::Fill;
use crate::store::Store;
use crate::value::Value;

/// The rows of packages, of requests to install them, and of deploys.
pub(super) fn fill(store: &mut Store, org: &Org) {
    let schema = Arc::clone(store.schema());
    let row = |object: &str| Fill::new(&schema, object);
    let packages = &org.metadata.packages;
    let mut seen: Vec<RecordId> = Vec::new();
    for package in packages.all() {
        if !seen.contains(&package.package_id()) {
            seen.push(package.package_id());
            row("SubscriberPackage").set("Name", &*package.name).set("NamespacePrefix", &*package.namespace).load_as(
                store,
                package.package_id(),
                org.now(),
            );
        }
        let [major, minor, patch, build] = numbers(&package.version).map(|number| Value::Int(number.into()));
        row("SubscriberPackageVersion")
            .set("Name", &*package.version)
            .set("SubscriberPackageId", Value::Id(package.package_id()))
            .set("MajorVersion", major)
            .set("MinorVersion", minor)
            .set("PatchVersion", patch)
            .set("BuildNumber", build)
            .set("IsManaged", true)
            .set("IsPasswordProtected", package.key.is_some())
            .set("ReleaseState", "Released")
            .load_as(store, package.version_id, org.now());
    }
    if schema.object("InstalledSubscriberPackage").is_some() {
        for installed in &packages.installed {
            row("InstalledSubscriberPackage")
                .set("SubscriberPackageId", Value::Id(installed.package.package_id()))
                .set("SubscriberPackageVersionId", Value::Id(installed.package.version_id))
                .load_as(store, installed.id, installed.at);
        }
    }
    for request in &packages.requests {
        let status = |running, done, failed| match &request.outcome {
            None => running,
            Some(Ok(())) => done,
            Some(Err(_)) => failed,
        };
        let version = request.version_id.to_string();
        if request.uninstalls {
            row("SubscriberPackageVersionUninstallRequest")
                .set("SubscriberPackageVersionId", &*version)
                .set("Status", status("InProgress", "Success", "Error"))
                .load_as(store, request.id, request.made);
            continue;
        }
        let errors = match &request.outcome {
            Some(Err(text)) => Value::text(&serde_json::json!({"errors": [{"message": text}]}).to_string()),
            _ => Value::Null,
        };
        row("PackageInstallRequest")
            .set("SubscriberPackageVersionKey", &*version)
            .set("SecurityType", &*request.security)
            .set("Status", status("IN_PROGRESS", "SUCCESS", "ERROR"))
            .set("Errors", errors)
            .load_as(store, request.id, request.made);
    }
    for deploy in &org.metadata.deploys {
        let count = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        let time = |moment: Option<salesforce_types::Timestamp>| moment.map_or(Value::Null, Value::DateTime);
        row("DeployRequest")
            .set("Status", deploy.state.as_str())
            .set("CheckOnly", deploy.options.check_only)
            .set("TestLevel", deploy.options.level.unwrap_or_default())
            .set("StartDate", time(deploy.started))
            .set("CompletedDate", time(deploy.ended))
            .set("NumberComponentsDeployed", count(deploy.report.successes()))
            .set("NumberComponentsTotal", count(deploy.report.total))
            .set("NumberComponentErrors", count(deploy.report.failures()))
            .set("Type", "Api")
            .load_as(store, deploy.id, deploy.made);
    }
}
