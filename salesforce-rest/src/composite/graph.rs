use std::collections::HashSet;
use std::fmt;
use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use http::Method;
use salesforce_http::{Error, ErrorKind, Request, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::parts::CompositeRequest;
use super::subrequest::Subrequest;
use super::{CompositeAnswer, read, too_late, worst};
use crate::collections::nothing_sent;
use crate::write_options::option_setters;
use crate::{Client, WriteOptions};

/// The most parts of all graphs together, the most graphs, the longest chain of references, and the most kinds of parts:
/// what an org takes in one call (REST reference 11.3).
const MOST_NODES: usize = 500;
const MOST_GRAPHS: usize = 75;
const DEEPEST: usize = 15;
const MOST_KINDS: usize = 15;

/// The first version of the API that has graphs.
const FIRST_VERSION: u16 = 50;

impl Client {
    /// Sends any number of composite requests as one call, each of which is done as a whole or not at all. It counts as
    /// one call, and takes up to 500 parts where a composite call takes 25.
    ///
    /// A part reads, creates, updates, upserts or deletes one record; queries and other calls do not belong in a graph.
    /// After 14 graphs that failed, the org does not run the others ([`is_halted`](super::PartAnswer::is_halted)).
    ///
    /// ```no_run
    /// use salesforce_rest::{Client, CompositeRequest};
    /// use serde_json::json;
    ///
    /// # async fn run(client: Client) -> salesforce_rest::Result<()> {
    /// let family = |name: &str| {
    ///     let mut graph = CompositeRequest::new();
    ///     let account = graph.create("Account", &json!({"Name": name}));
    ///     graph.create("Contact", &json!({"LastName": name, "AccountId": account.id()}));
    ///     graph
    /// };
    /// let answer = client.graphs(&[family("Acme"), family("Globex")]).await?;
    /// for (n, graph) in answer.graphs().iter().enumerate() {
    ///     println!("graph {n}: {}", if graph.is_successful { "done" } else { "undone" });
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `Invalid`, and nothing was sent, when there are more than 75 graphs, 500 parts, 15 kinds of parts (method and
    /// object) or 15 references one upon another, or a part that does not belong in a graph. Otherwise as for
    /// [`composite`](Self::composite); `OutcomeUnknown` also when the org says nothing of a graph that writes.
    pub fn graphs<'c>(&'c self, graphs: &'c [CompositeRequest]) -> Graphs<'c> {
        Graphs { client: self, graphs, options: WriteOptions::new() }
    }
}

/// Graphs as one call; made by [`Client::graphs`].
#[must_use = "nothing is sent until the request is awaited"]
pub struct Graphs<'c> {
    client: &'c Client,
    graphs: &'c [CompositeRequest],
    options: WriteOptions,
}

/// What each graph answered.
#[derive(Clone, Debug, Deserialize)]
pub struct GraphsAnswer {
    graphs: Vec<GraphAnswer>,
}

/// What one graph answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GraphAnswer {
    /// The name by which the call refers to it: `g0` for the first.
    pub graph_id: String,
    /// Whether it was done; otherwise nothing of it was.
    pub is_successful: bool,
    /// What its parts answered.
    #[serde(rename = "graphResponse")]
    pub answer: CompositeAnswer,
}

impl GraphsAnswer {
    /// The graphs, in the order in which they were given.
    #[must_use]
    pub fn graphs(&self) -> &[GraphAnswer] {
        &self.graphs
    }

    /// Whether every graph was done.
    #[must_use]
    pub fn all_done(&self) -> bool {
        self.graphs.iter().all(|graph| graph.is_successful)
    }

    /// The same, in order and with the calls' names for errors.
    fn of(self, requests: &[CompositeRequest]) -> Result<Self> {
        let mut answers = self.graphs;
        let take = |(n, request): (usize, &CompositeRequest)| {
            let id = name(n);
            let at = answers.iter().position(|answer| answer.graph_id == id);
            let Some(answer) = at.map(|at| answers.swap_remove(at)) else {
                let message = format!("the org's answer says nothing of the graph {id}");
                return Err(Error::new(ErrorKind::Decode, message));
            };
            Ok(GraphAnswer { answer: answer.answer.of(request), ..answer })
        };
        Ok(Self { graphs: requests.iter().enumerate().map(take).collect::<Result<_>>()? })
    }
}

fn name(number: usize) -> String {
    format!("g{number}")
}

impl Graphs<'_> {
    option_setters!(options);

    fn request(&self) -> Result<Request> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Graph {
            graph_id: String,
            composite_request: Vec<Box<RawValue>>,
        }
        #[derive(Serialize)]
        struct Body {
            graphs: Vec<Graph>,
        }
        let version = self.client.api_version();
        if version.major() < FIRST_VERSION {
            return Err(nothing_sent(format!(
                "graphs need API version {FIRST_VERSION}.0, and the client speaks {version}"
            )));
        }
        check(self.graphs)?;
        let graph = |(n, graph): (usize, &CompositeRequest)| {
            Ok(Graph { graph_id: name(n), composite_request: graph.write(version, &self.options)? })
        };
        let body = Body { graphs: self.graphs.iter().enumerate().map(graph).collect::<Result<_>>()? };
        let effect = worst(self.graphs.iter().flat_map(CompositeRequest::parts).map(|part| &part.request));
        Ok(Request::post("composite/graph").with_effect(effect).json(&body))
    }
}

/// What the org would refuse, told before it is sent.
fn check(graphs: &[CompositeRequest]) -> Result<()> {
    let nodes: usize = graphs.iter().map(CompositeRequest::len).sum();
    let within = |what: &str, most: usize, found: usize| match found <= most {
        true => Ok(()),
        false => Err(nothing_sent(format!("a call takes at most {most} {what}, and this one has {found}"))),
    };
    if graphs.is_empty() || graphs.iter().any(CompositeRequest::is_empty) {
        return Err(nothing_sent("a call has at least one graph, and each graph at least one part"));
    }
    within("graphs", MOST_GRAPHS, graphs.len())?;
    within("parts in all its graphs", MOST_NODES, nodes)?;
    let mut kinds = HashSet::new();
    for graph in graphs {
        let mut depths: Vec<usize> = Vec::new();
        for part in graph.parts() {
            let below = part.uses.iter().filter_map(|used| depths.get(*used)).max();
            depths.push(below.map_or(1, |depth| depth + 1));
            kinds.insert(kind(part)?);
        }
        within("parts that refer one to another", DEEPEST, depths.into_iter().max().unwrap_or(0))?;
    }
    within("kinds of parts, by method and object", MOST_KINDS, kinds.len())
}

/// Method and object of a part, if it is one of those that a graph takes.
fn kind(part: &Subrequest) -> Result<(Method, String)> {
    let method = part.request.method();
    let segments: Vec<_> = part.segments().collect();
    let fits = match segments.as_slice() {
        ["sobjects", _] => *method == Method::POST,
        ["sobjects", _, _] | ["sobjects", _, _, _] => {
            [Method::GET, Method::PATCH, Method::DELETE, Method::POST].contains(method)
        }
        _ => false,
    };
    match (fits, segments.get(1)) {
        (true, Some(object)) => Ok((method.clone(), object.to_ascii_lowercase())),
        _ => Err(nothing_sent(format!(
            "`{}` cannot be part of a graph, which reads and writes single records only",
            part.request.call()
        ))),
    }
}

impl<'c> IntoFuture for Graphs<'c> {
    type Output = Result<GraphsAnswer>;
    type IntoFuture = BoxFuture<'c, Result<GraphsAnswer>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let request = self.request()?;
            let (call, effect) = (request.call(), request.effect());
            let answer: GraphsAnswer = read(&self.client.send(request).await?, effect)?;
            answer.of(self.graphs).map_err(|error| too_late(error.with_call(call), effect))
        })
    }
}

impl fmt::Debug for Graphs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graphs").field("graphs", &self.graphs).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(parts: usize) -> CompositeRequest {
        let mut graph = CompositeRequest::new();
        for _ in 0..parts {
            graph.create("Account", &json!({}));
        }
        graph
    }

    fn refused(graphs: &[CompositeRequest]) -> String {
        check(graphs).unwrap_err().to_string()
    }

    #[test]
    fn the_last_that_an_org_takes_is_sent_and_one_more_is_not() {
        assert!(check(&[of(250), of(250)]).is_ok() && refused(&[of(250), of(251)]).contains("500 parts"));
        let graphs = |count| (0..count).map(|_| of(1)).collect::<Vec<_>>();
        assert!(check(&graphs(75)).is_ok() && refused(&graphs(76)).contains("75 graphs"));
        assert!(check(&[]).is_err() && check(&[of(0)]).is_err());
        let kinds = |count: usize| {
            let mut graph = CompositeRequest::new();
            for n in 0..count {
                graph.create(&format!("X{n}__c"), &json!({}));
            }
            graph
        };
        assert!(check(&[kinds(15)]).is_ok() && refused(&[kinds(16)]).contains("15 kinds"));
    }

    #[test]
    fn references_one_upon_another_are_counted() {
        let chain = |length: usize| {
            let mut graph = CompositeRequest::new();
            let mut last = graph.create("Account", &json!({}));
            for _ in 1..length {
                last = graph.create("Account", &json!({"ParentId": last.id()}));
            }
            graph
        };
        assert!(check(&[chain(15)]).is_ok());
        assert!(refused(&[chain(16)]).contains("refer one to another"));
    }

    #[test]
    fn only_calls_of_single_records_are_parts() {
        let mut graph = CompositeRequest::new();
        graph.query::<()>("SELECT Id FROM Account");
        assert!(refused(&[graph]).contains("cannot be part of a graph"));
    }
}
