use std::collections::HashSet;
use std::fmt;
use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use salesforce_http::{Effect, Error, ErrorKind, Request, Result};
use salesforce_types::{ApiError, FieldName, IdText, Invalid, ObjectName, RecordId};
use serde::{Deserialize, Serialize};

use super::read;
use super::reference::Mark;
use crate::collections::nothing_sent;
use crate::row::Row;
use crate::sobject::object_name;
use crate::write_options::option_setters;
use crate::{Client, WriteOptions};

/// The most records of a tree, its most levels and its most objects (REST reference 11).
const MOST_RECORDS: usize = 200;
const MOST_LEVELS: usize = 5;
const MOST_OBJECTS: usize = 5;

/// How much of a refusal is read: reasons for 200 records.
const LONGEST_REFUSAL: usize = 1024 * 1024;

/// Records with their children, to be created together; a plain value that knows no org.
///
/// ```
/// use salesforce_rest::TreeRequest;
/// use serde_json::json;
///
/// let mut tree = TreeRequest::new("Account");
/// let acme = tree.root(&json!({"Name": "Acme"}));
/// let doe = tree.child(&acme, "Contacts", "Contact", &json!({"LastName": "Doe"}));
/// assert_eq!(tree.len(), 2);
/// ```
///
/// What cannot be a record of it is told when the tree is sent, and nothing is sent.
#[derive(Debug)]
pub struct TreeRequest {
    object: Result<ObjectName>,
    mark: Mark,
    nodes: Vec<Result<Node>>,
}

#[derive(Debug)]
struct Node {
    row: Row,
    level: usize,
    children: Vec<(FieldName, Vec<usize>)>,
}

/// A record of a tree: to give it children, and to read its id afterwards.
#[derive(Clone, Copy, Debug)]
pub struct TreeNode {
    mark: Mark,
    number: usize,
}

fn name(number: usize) -> String {
    format!("n{number}")
}

fn no_name(invalid: Invalid) -> Error {
    Error::new(ErrorKind::Invalid, invalid.to_string())
}

impl TreeRequest {
    /// A tree whose roots are records of that object.
    #[must_use]
    pub fn new(object: &str) -> Self {
        Self { object: object_name(object), mark: Mark::new(), nodes: Vec::new() }
    }

    /// Adds a record without a parent.
    pub fn root<R: Serialize + ?Sized>(&mut self, row: &R) -> TreeNode {
        let row = self.object.clone().and_then(|object| Row::new(row, Some(&object)));
        self.push(row.map(|row| Node { row, level: 1, children: Vec::new() }))
    }

    /// Adds a child to a record of this tree: `relationship` is what the parent calls its children, such as `Contacts`.
    pub fn child<R: Serialize + ?Sized>(
        &mut self,
        parent: &TreeNode,
        relationship: &str,
        object: &str,
        row: &R,
    ) -> TreeNode {
        let number = self.nodes.len();
        let node = self.join(parent, relationship, number).and_then(|level| {
            let row = Row::new(row, Some(&object.parse().map_err(no_name)?))?;
            Ok(Node { row, level, children: Vec::new() })
        });
        self.push(node)
    }

    /// Notes a child with its parent; answers its level.
    fn join(&mut self, parent: &TreeNode, relationship: &str, child: usize) -> Result<usize> {
        let relationship: FieldName = relationship.parse().map_err(no_name)?;
        let parent = match self.nodes.get_mut(parent.number).filter(|_| parent.mark == self.mark) {
            Some(Ok(parent)) => parent,
            Some(Err(error)) => return Err(error.clone()),
            None => return Err(Error::new(ErrorKind::Invalid, "its parent is a record of another tree")),
        };
        match parent.children.iter_mut().find(|(name, _)| *name == relationship) {
            Some((_, children)) => children.push(child),
            None => parent.children.push((relationship, vec![child])),
        }
        Ok(parent.level + 1)
    }

    fn push(&mut self, node: Result<Node>) -> TreeNode {
        self.nodes.push(node);
        TreeNode { mark: self.mark, number: self.nodes.len() - 1 }
    }

    /// How many records it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn request(&self) -> Result<Request> {
        let object = self.object.clone()?;
        let within = |what: &str, most: usize, found: usize| match found <= most {
            true => Ok(()),
            false => Err(nothing_sent(format!("a tree has at most {most} {what}, and this one has {found}"))),
        };
        let number = |(n, node): (usize, &Result<Node>)| match node {
            Ok(_) => Ok(()),
            Err(error) => Err(error.clone().at(format!("record {n} of the tree")).at("nothing was sent")),
        };
        self.nodes.iter().enumerate().try_for_each(number)?;
        if self.nodes.is_empty() {
            return Err(nothing_sent("a tree has at least one record"));
        }
        within("records", MOST_RECORDS, self.nodes.len())?;
        let nodes = || self.nodes.iter().flatten();
        within("levels", MOST_LEVELS, nodes().map(|node| node.level).max().unwrap_or(0))?;
        let objects: HashSet<_> = nodes().filter_map(|node| node.row.object()).collect();
        within("objects", MOST_OBJECTS, objects.len())?;

        let mut body = String::from(r#"{"records":["#);
        let roots = self.nodes.iter().enumerate().filter(|(_, node)| node.as_ref().is_ok_and(|node| node.level == 1));
        self.write(&mut body, roots.map(|(n, _)| n));
        body.push_str("]}");
        let request = Request::post(format!("composite/tree/{object}")).with_effect(Effect::Once);
        Ok(request.error_body(LONGEST_REFUSAL).body("application/json", body))
    }

    /// The records with what is below them; there are five levels at most.
    fn write(&self, out: &mut String, numbers: impl Iterator<Item = usize>) {
        for (place, number) in numbers.enumerate() {
            let Some(Ok(node)) = self.nodes.get(number) else { continue };
            if place > 0 {
                out.push(',');
            }
            let mut below = String::new();
            for (relationship, children) in &node.children {
                if !below.is_empty() {
                    below.push(',');
                }
                below.push_str(&format!(r#""{relationship}":{{"records":["#));
                self.write(&mut below, children.iter().copied());
                below.push_str("]}");
            }
            node.row.write(out, &format!(r#""referenceId":"{}""#, name(number)), &below);
        }
    }
}

impl Client {
    /// Creates records with their children, all of them or none.
    ///
    /// ```no_run
    /// use salesforce_rest::{Client, TreeRequest};
    /// use serde_json::json;
    ///
    /// # async fn run(client: Client) -> salesforce_rest::Result<()> {
    /// let mut tree = TreeRequest::new("Account");
    /// let acme = tree.root(&json!({"Name": "Acme"}));
    /// tree.child(&acme, "Contacts", "Contact", &json!({"LastName": "Doe"}));
    /// let answer = client.tree(&tree).await?;
    /// println!("{}", answer.id(&acme)?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `Invalid`, and nothing was sent, when the tree has more than 200 records, five levels or five objects, or a
    /// record that is none. `OutcomeUnknown` when the answer was lost: it is not sent again. That records are refused is
    /// no error of the call: [`TreeAnswer`] says which.
    pub fn tree<'c>(&'c self, request: &'c TreeRequest) -> Tree<'c> {
        Tree { client: self, request, options: WriteOptions::new() }
    }
}

/// Records with their children, as one call; made by [`Client::tree`].
#[derive(Debug)]
#[must_use = "nothing is sent until the request is awaited"]
pub struct Tree<'c> {
    client: &'c Client,
    request: &'c TreeRequest,
    options: WriteOptions,
}

impl Tree<'_> {
    option_setters!(options);
}

impl<'c> IntoFuture for Tree<'c> {
    type Output = Result<TreeAnswer>;
    type IntoFuture = BoxFuture<'c, Result<TreeAnswer>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let request = self.options.apply(self.request.request()?)?;
            let answer: TreeAnswer = match self.client.send(request).await {
                Ok(answer) => read(&answer, Effect::Once)?,
                Err(error) => refused(&error).ok_or(error)?,
            };
            Ok(TreeAnswer { mark: Some(self.request.mark), ..answer })
        })
    }
}

/// A refusal that says which records are why.
fn refused(error: &Error) -> Option<TreeAnswer> {
    error.status().filter(|status| *status == 400)?;
    serde_json::from_str(error.body()?).ok()
}

/// What became of a tree: every record was created, or none.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TreeAnswer {
    /// Whether records were refused, and so none was created.
    pub has_errors: bool,
    /// The records that were created, or those that were refused.
    pub results: Vec<TreeResult>,
    #[serde(skip)]
    mark: Option<Mark>,
}

/// What became of one record of a tree.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TreeResult {
    /// The name by which the call refers to it.
    pub reference_id: String,
    /// The new record.
    #[serde(default)]
    pub id: Option<IdText>,
    /// Why it was refused.
    #[serde(default)]
    pub errors: Vec<ApiError>,
}

impl TreeAnswer {
    /// The id of a record that was created.
    ///
    /// # Errors
    ///
    /// Its refusal; `Other` when it was not created only since another record was refused. `Decode` when the org says
    /// nothing of it; `Invalid` for a record of another tree.
    pub fn id(&self, node: &TreeNode) -> Result<RecordId> {
        if self.mark.is_some_and(|mark| mark != node.mark) {
            return Err(Error::new(ErrorKind::Invalid, "this record is not of this tree"));
        }
        let name = name(node.number);
        let result = self.results.iter().find(|result| result.reference_id == name);
        match result {
            Some(TreeResult { errors, .. }) if !errors.is_empty() => Err(Error::refusal(None, errors.clone())),
            Some(TreeResult { id: Some(IdText::Id(id)), .. }) if !self.has_errors => Ok(*id),
            _ if self.has_errors => {
                let message = "the record was not created, since another record of its tree was refused";
                Err(Error::new(ErrorKind::Other, message))
            }
            _ => {
                let message = format!("the tree was created, but the org does not say the id of its record {name}");
                Err(Error::new(ErrorKind::Decode, message))
            }
        }
    }
}

impl fmt::Display for TreeNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&name(self.number))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    #[test]
    fn children_are_nested_in_their_parents() {
        let mut tree = TreeRequest::new("Account");
        let acme = tree.root(&json!({"Name": "Acme"}));
        let doe = tree.child(&acme, "Contacts", "Contact", &json!({"LastName": "Doe"}));
        tree.child(&doe, "Cases", "Case", &json!({}));
        tree.root(&json!({"Name": "Globex"}));
        tree.child(&acme, "contacts", "Contact", &json!({"LastName": "Roe"}));
        let request = tree.request().unwrap();
        assert_eq!((request.path(), request.effect()), ("composite/tree/Account", Effect::Once));
        let body: Json = serde_json::from_slice(request.content().as_bytes().unwrap()).unwrap();
        let attributes = |object: &str, name: &str| json!({"type": object, "referenceId": name});
        assert_eq!(
            body,
            json!({"records": [
                {"attributes": attributes("Account", "n0"), "Name": "Acme", "Contacts": {"records": [
                    {"attributes": attributes("Contact", "n1"), "LastName": "Doe",
                     "Cases": {"records": [{"attributes": attributes("Case", "n2")}]}},
                    {"attributes": attributes("Contact", "n4"), "LastName": "Roe"},
                ]}},
                {"attributes": attributes("Account", "n3"), "Name": "Globex"},
            ]})
        );
    }

    #[test]
    fn the_last_that_an_org_takes_is_sent_and_one_more_is_not() {
        let roots = |count| {
            let mut tree = TreeRequest::new("Account");
            for _ in 0..count {
                tree.root(&json!({}));
            }
            tree
        };
        assert!(roots(200).request().is_ok() && roots(201).request().is_err() && roots(0).request().is_err());
        let deep = |levels: usize| {
            let mut tree = TreeRequest::new("Account");
            let mut last = tree.root(&json!({}));
            for _ in 1..levels {
                last = tree.child(&last, "ChildAccounts", "Account", &json!({}));
            }
            tree
        };
        assert!(deep(5).request().is_ok());
        assert!(deep(6).request().unwrap_err().to_string().contains("at most 5 levels, and this one has 6"));
        let wide = |objects: usize| {
            let mut tree = TreeRequest::new("X0__c");
            let root = tree.root(&json!({}));
            for n in 1..objects {
                tree.child(&root, "Ys__r", &format!("X{n}__c"), &json!({}));
            }
            tree
        };
        assert!(wide(5).request().is_ok() && wide(6).request().is_err());
    }

    #[test]
    fn what_is_no_record_of_this_tree_is_refused() {
        let mut other = TreeRequest::new("Account");
        let stranger = other.root(&json!({}));
        let mut tree = TreeRequest::new("Account");
        let root = tree.root(&json!({}));
        assert!(tree.request().is_ok());
        tree.child(&stranger, "Contacts", "Contact", &json!({}));
        assert!(tree.request().is_err());
        for (relationship, object, row) in
            [("a/b", "Contact", json!({})), ("Contacts", "C d", json!({})), ("Contacts", "Contact", json!([]))]
        {
            let mut tree = TreeRequest::new("Account");
            let root = TreeNode { mark: tree.mark, ..root };
            tree.root(&json!({}));
            tree.child(&root, relationship, object, &row);
            let text = tree.request().unwrap_err().to_string();
            assert_eq!(text.matches("nothing was sent").count(), 1, "{text}");
        }
        assert!(TreeRequest::new("A b").request().is_err());
    }

    #[test]
    fn debug_shows_no_value() {
        let mut tree = TreeRequest::new("Account");
        tree.root(&json!({"Name": "canary"}));
        assert!(!format!("{tree:?}").contains("canary"));
    }

    #[test]
    fn a_row_that_was_in_another_tree_has_one_name() {
        let mut tree = TreeRequest::new("Account");
        tree.root(&json!({"attributes": {"type": "Account", "referenceId": "ref1"}}));
        let request = tree.request().unwrap();
        let body = std::str::from_utf8(request.content().as_bytes().unwrap()).unwrap();
        assert_eq!(body, r#"{"records":[{"attributes":{"type":"Account","referenceId":"n0"}}]}"#);
    }

    #[test]
    fn a_refused_tree_says_which_records_are_why() {
        let mut tree = TreeRequest::new("Account");
        let (good, bad) = (tree.root(&json!({})), tree.root(&json!({})));
        let answer: TreeAnswer = serde_json::from_str(
            r#"{"hasErrors":true,"results":[{"referenceId":"n1","errors":[{"statusCode":"INVALID_EMAIL_ADDRESS","message":"Email: invalid email address: x","fields":["Email"]}]}]}"#,
        )
        .unwrap();
        assert_eq!(answer.id(&bad).unwrap_err().api_errors()[0].fields, ["Email"]);
        assert_eq!(answer.id(&good).unwrap_err().kind(), ErrorKind::Other);
    }
}
