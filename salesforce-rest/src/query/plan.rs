use salesforce_http::Result;
use serde::Deserialize;

/// How the org would run a query; made by [`Query::explain`](super::Query::explain).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct QueryPlans {
    /// The plans that were considered, the cheapest first: the one that is taken.
    pub plans: Vec<QueryPlan>,
    /// The query that they are for, if the org says so.
    #[serde(default, rename = "sourceQuery")]
    pub source_query: Option<String>,
}

/// One way to run a query.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct QueryPlan {
    /// How many rows it would look at, by the org's estimate.
    #[serde(default)]
    pub cardinality: u64,
    /// The indexed fields that it uses.
    #[serde(default)]
    pub fields: Vec<String>,
    /// `Index`, `TableScan`, `Sharing` or `Other`; the set is open.
    #[serde(default)]
    pub leading_operation_type: String,
    /// What stood in the way of a better plan.
    #[serde(default)]
    pub notes: Vec<PlanNote>,
    /// Its cost; above 1 the query is not selective, and on a large object it may time out.
    #[serde(default)]
    pub relative_cost: f64,
    /// About how many rows the object has.
    #[serde(default)]
    pub sobject_cardinality: u64,
    /// The object.
    #[serde(default)]
    pub sobject_type: String,
}

/// Why an index was not used.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PlanNote {
    /// A sentence of the org.
    #[serde(default)]
    pub description: String,
    /// The fields that it is about.
    #[serde(default)]
    pub fields: Vec<String>,
    /// The object that it is about.
    #[serde(default)]
    pub table_enum_or_id: String,
}

impl<Row> super::Query<'_, Row> {
    /// How the org would run the query, without running it. A beta of Salesforce.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client) -> salesforce_rest::Result<()> {
    /// let plans = client.query::<()>("SELECT Id FROM Contact WHERE IsDeleted = false").explain().await?;
    /// if plans.plans.first().is_some_and(|plan| plan.relative_cost > 1.0) {
    ///     println!("not selective: {:?}", plans.plans[0].notes);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`page`](Self::page).
    pub async fn explain(self) -> Result<QueryPlans> {
        let request = salesforce_http::Request::get("query").query("explain", &self.text()?);
        super::long::send(self.client, request).await?.json()
    }
}
