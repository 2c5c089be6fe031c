use std::collections::BTreeMap;

use salesforce_http::{Request, Result};
use serde::Deserialize;

use crate::{Client, sobject};

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "sObjects")]
    objects: Vec<Count>,
}

#[derive(Deserialize)]
struct Count {
    name: String,
    count: u64,
}

impl Client {
    /// About how many records there are of these objects, or of all when none is named.
    ///
    /// The org's estimate lags by far, and leaves out deleted and archived records. An object without records may be
    /// missing, and one that the org does not know is. Not for telling whether everything was read: count with
    /// [`Query::count`](crate::Query::count).
    ///
    /// # Errors
    ///
    /// `Invalid` for a name that cannot be one (nothing is sent); otherwise when the call fails.
    pub async fn record_counts(&self, objects: &[&str]) -> Result<BTreeMap<String, u64>> {
        let answer: Answer = self.send(request(objects)?).await?.json()?;
        Ok(answer.objects.into_iter().map(|Count { name, count }| (name, count)).collect())
    }
}

fn request(objects: &[&str]) -> Result<Request> {
    let names = objects.iter().map(|name| sobject::object_name(name)).collect::<Result<Vec<_>>>()?;
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let request = Request::get("limits/recordCount");
    Ok(if names.is_empty() { request } else { request.query("sObjects", &names.join(",")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_in_one_call_and_none_means_all() {
        assert_eq!(request(&["Account", "X__c"]).unwrap().path(), "limits/recordCount?sObjects=Account,X__c");
        assert_eq!(request(&[]).unwrap().path(), "limits/recordCount");
        assert!(request(&["a,b"]).is_err());
    }
}
