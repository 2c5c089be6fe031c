use std::{collections::BTreeMap, time::Duration};

use connector_core::{
    Catalog, Mode, Operation, RunReport, Sink, Source, StreamName, run,
    testing::{Folded, MemorySink},
};
use salesforce_auth::{Cached, ClientCredentials, FixedToken};
use salesforce_connector::SalesforceSource;
use salesforce_mock::{MockOrg, Org, OrgClock};
use salesforce_rest::{Client, Soql};
use salesforce_types::Record;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// An org without rows whose clock stands still until it is moved.
pub(crate) fn empty() -> Org {
    let mut org = Org::empty();
    org.store_mut().clock = OrgClock::fixed("2026-03-01T12:00:00Z".parse().unwrap());
    org
}

pub(crate) fn connect(mock: &MockOrg) -> Client {
    let login = ClientCredentials::new(mock.login_url(), mock.client_id(), mock.client_secret().into());
    Client::builder(Cached::new(login.build().unwrap())).build().unwrap()
}

pub(crate) fn client(url: &str, token: &str) -> Client {
    Client::builder(FixedToken::new(url, token.to_owned().into()).unwrap()).build().unwrap()
}

pub(crate) fn source<'n>(mock: &MockOrg, objects: impl IntoIterator<Item = &'n str>) -> SalesforceSource {
    SalesforceSource::new(connect(mock)).objects(objects).unwrap()
}

/// The clock passes the safety lag, then a run takes what there is.
pub(crate) async fn backup(mock: &MockOrg, source: &dyn Source, sink: &dyn Sink, mode: Mode) -> RunReport {
    mock.with(|org| org.advance(MINUTE * 2));
    run(source, sink, mode).await.unwrap()
}

/// Every row of the chosen objects, as the org has them now.
pub(crate) async fn rows_of(client: &Client, catalog: &Catalog) -> BTreeMap<(StreamName, Box<str>), Record> {
    let mut rows = BTreeMap::new();
    for stream in catalog.selected() {
        let soql = format!("SELECT {} FROM {}", stream.fields.join(", "), stream.name);
        let query = client.query::<Record>(Soql::trusted(soql)).include_deleted();
        for record in query.all().await.unwrap() {
            rows.insert((stream.name.clone(), record.id().unwrap().to_string().into()), record);
        }
    }
    rows
}

/// Compares a backup with the org, field by field.
pub(crate) fn assert_same(folded: &Folded, rows: &BTreeMap<(StreamName, Box<str>), Record>) {
    let lost: Vec<_> = rows.keys().filter(|key| !folded.contains_key(*key)).collect();
    let extra: Vec<_> = folded.keys().filter(|key| !rows.contains_key(*key)).collect();
    assert!(lost.is_empty() && extra.is_empty(), "lost {lost:?}, too many {extra:?}");
    for (key, operation) in folded {
        let kept: Record = operation.record().fields.decode().unwrap();
        let row = &rows[key];
        let values = |record: &Record| record.fields().map(|(n, v)| (n.to_owned(), v.clone())).collect::<Vec<_>>();
        assert_eq!(values(&kept), values(row), "{key:?}");
        let deleted = row.get("IsDeleted").and_then(salesforce_types::Value::as_bool).unwrap_or_default();
        assert_eq!(matches!(operation, Operation::Delete { .. }), deleted, "{key:?}");
    }
}

/// The ids of live rows in a sink.
pub(crate) fn live(sink: &MemorySink) -> usize {
    sink.folded().values().filter(|operation| operation.evidence().is_none()).count()
}
