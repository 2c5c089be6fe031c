use std::collections::{BTreeSet, HashMap, HashSet};

use http::{Method, Response, StatusCode};
use salesforce_types::ApiVersion;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::inside::{not_inside, place_of};
use super::reference::ids;
use super::subrequest::{Sequence, Subrequest, check_headers, check_ids};
use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::endpoint::envelope::{Whole, parse};
use crate::{Body, Org};

/// The most requests of a call, graphs, requests on a way, and kinds of requests (REST reference 11.3).
const MOST_NODES: usize = 500;
const MOST_GRAPHS: usize = 75;
const DEEPEST: usize = 15;
const MOST_KINDS: usize = 15;

/// After so many graphs that failed the others are not done.
const MOST_FAILURES: usize = 14;

/// The longest id of a graph, plus one.
const ID_END: usize = 40;

const SINCE: ApiVersion = ApiVersion::new(50);

#[derive(Deserialize)]
struct Envelope<'b> {
    #[serde(borrow)]
    graphs: Vec<Whole<Written<'b>>>,
}

#[derive(Deserialize)]
struct Written<'b> {
    #[serde(rename = "graphId")]
    id: String,
    #[serde(rename = "compositeRequest", borrow)]
    requests: Vec<Whole<Subrequest<'b>>>,
}

struct Graph<'b> {
    id: String,
    requests: Vec<Subrequest<'b>>,
}

/// `composite/graph`: groups of requests; each group is done whole or not at all.
pub(crate) fn graph(org: &mut Org, mut call: Call) -> Result<Response<Body>, Refusal> {
    let body = call.json_bytes()?;
    let Envelope { graphs } = parse(&body)?;
    let requests = |requests: Vec<_>| requests.into_iter().map(|Whole(request)| request).collect();
    let graphs: Vec<Graph<'_>> =
        graphs.into_iter().map(|Whole(graph)| Graph { id: graph.id, requests: requests(graph.requests) }).collect();
    check(&graphs, call.version)?;
    let mut failures = 0;
    let mut out = b"{\"graphs\":[".to_vec();
    for (place, graph) in graphs.iter().enumerate() {
        let mut sequence = Sequence::new(call.version, true);
        let mut failed = failures > MOST_FAILURES;
        if failed {
            sequence.halt(&graph.requests);
        } else {
            let savepoint = org.store.begin();
            failed = graph.requests.iter().any(|request| sequence.run(org, request, in_graph).failed);
            if failed {
                org.store.roll_back(savepoint);
                sequence.halt(&graph.requests);
            } else {
                org.store.keep(savepoint);
            }
        }
        failures += usize::from(failed);
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(format!("{{\"graphId\":{},\"graphResponse\":", serde_json::json!(graph.id)).as_bytes());
        sequence.write(&mut out);
        out.extend_from_slice(format!(",\"isSuccessful\":{}}}", !failed).as_bytes());
    }
    out.extend_from_slice(b"]}");
    Ok(answer::json_bytes(StatusCode::OK, out))
}

fn check(graphs: &[Graph<'_>], version: ApiVersion) -> Result<(), Refusal> {
    let exceeded = |what: &str, most: usize| {
        Err(Refusal::bad("LIMIT_EXCEEDED", format!("Limit exceeded: a call can have at most {most} {what}")))
    };
    if graphs.is_empty() || graphs.iter().any(|graph| graph.requests.is_empty()) {
        return Err(Refusal::bad("REQUIRED_FIELD_MISSING", "At least 1 graph with 1 subrequest is required"));
    }
    if graphs.len() > MOST_GRAPHS {
        return exceeded("graphs", MOST_GRAPHS);
    }
    if graphs.iter().map(|graph| graph.requests.len()).sum::<usize>() > MOST_NODES {
        return exceeded("nodes", MOST_NODES);
    }
    let mut seen = HashSet::new();
    for graph in graphs {
        let form = graph.id.starts_with(|first: char| first.is_ascii_alphanumeric());
        if !form || graph.id.len() >= ID_END || graph.id.contains('.') || !seen.insert(&graph.id) {
            let text = format!(
                "The graphId '{}' has to be unique, shorter than {ID_END} characters and without a period, and to \
                 start with a letter or a number",
                graph.id
            );
            return Err(Refusal::bad("INVALID_BATCH_REQUEST", text));
        }
        check_headers(&graph.requests)?;
        check_ids(&graph.requests, version)?;
        if depth(&graph.requests) > DEEPEST {
            return exceeded("nodes on a path", DEEPEST);
        }
    }
    let kinds: BTreeSet<_> = graphs.iter().flat_map(|graph| &graph.requests).map(kind).collect();
    if kinds.len() > MOST_KINDS { exceeded("kinds of nodes", MOST_KINDS) } else { Ok(()) }
}

/// What makes requests alike: version, method and object.
fn kind<'r>(request: &'r Subrequest<'_>) -> (&'r str, &'r str, &'r str) {
    let path = request.url.split('?').next().unwrap_or_default();
    let version = path.strip_prefix("/services/data/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    (version, request.method.as_str(), place_of(path).get(1).copied().unwrap_or_default())
}

/// The most requests on a way from one that refers to nothing.
fn depth(requests: &[Subrequest<'_>]) -> usize {
    let mut depths: HashMap<&str, usize> = HashMap::new();
    for request in requests {
        let body = request.body.map(RawValue::get).unwrap_or_default();
        let parents = ids(&request.url).into_iter().chain(ids(body));
        let deepest = parents.filter_map(|id| depths.get(id).copied()).max().unwrap_or(0);
        depths.insert(&request.id, deepest + 1);
    }
    depths.into_values().max().unwrap_or(0)
}

/// What a graph may hold: rows by object, id and key.
fn in_graph(method: &Method, path: &str) -> Result<(), Refusal> {
    let version = path.strip_prefix("/services/data/v").and_then(|rest| rest.split('/').next()?.parse().ok());
    if version.is_none_or(|version: ApiVersion| version < SINCE) {
        let text = format!("A graph takes subrequests of version {SINCE} and later");
        return Err(Refusal::bad("INVALID_BATCH_REQUEST", text));
    }
    let row = [Method::GET, Method::PATCH, Method::DELETE].contains(method);
    match place_of(path).as_slice() {
        ["sobjects", _] if method == Method::POST => Ok(()),
        ["sobjects", _, last] if row && !["describe", "updated", "deleted"].contains(last) => Ok(()),
        ["sobjects", _, _, _] if row => Ok(()),
        place => Err(not_inside(&format!("{method} {}", place.join("/")))),
    }
}
