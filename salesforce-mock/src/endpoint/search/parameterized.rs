//! `/parameterizedSearch`: a search without the language, as parameters or as JSON.

use http::{Method, Response};
use serde_json::{Map, Value};

use super::answered;
use crate::answer::Refusal;
use crate::call::Call;
use crate::rules;
use crate::sosl::{Group, MOST_ROWS, Returning, Search, Terms, not_found_in};
use crate::{Body, Org};

/// The first version that has it.
const SINCE: u16 = 36;

/// Parameters that change nothing here.
const WITHOUT_EFFECT: [&str; 3] = ["spellCorrection", "updateTracking", "updateViewStat"];

/// What is asked, in either form.
#[derive(Debug, Default)]
struct Asked {
    q: Option<String>,
    fields: Vec<String>,
    group: Option<String>,
    objects: Vec<Part>,
    default_limit: Option<usize>,
    overall_limit: Option<usize>,
    offset: Option<usize>,
    labels: bool,
}

/// One object that is asked for.
#[derive(Debug, Default)]
struct Part {
    name: String,
    fields: Vec<String>,
    filter: Option<String>,
    order_by: Option<String>,
    limit: Option<usize>,
}

pub(crate) fn parameterized(org: &Org, mut call: Call) -> Result<Response<Body>, Refusal> {
    if call.version.major() < SINCE {
        return Err(Refusal::not_found());
    }
    let asked = match call.method {
        Method::POST => Asked::from_json(&call.json_bytes()?)?,
        _ => Asked::from_parameters(call.parameters())?,
    };
    answered(org, &call, &asked.search()?)
}

impl Asked {
    fn from_parameters(parameters: &[(String, String)]) -> Result<Self, Refusal> {
        let mut asked = Self::default();
        let named = parameters.iter().filter(|(name, _)| name == "sobject");
        asked.objects = named.map(|(_, name)| Part { name: name.clone(), ..Part::default() }).collect();
        for (name, value) in parameters.iter().filter(|(name, _)| name != "sobject") {
            if let Some((object, key)) = name.split_once('.') {
                let part = asked.objects.iter_mut().find(|part| part.name.eq_ignore_ascii_case(object));
                part.ok_or_else(|| unknown(name))?.put(key, &Value::from(value.as_str()))?;
            } else {
                asked.put(name, &Value::from(value.as_str()))?;
            }
        }
        Ok(asked)
    }

    fn from_json(body: &[u8]) -> Result<Self, Refusal> {
        let body: Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| rules::Refusal::json(error.to_string()))?;
        let mut asked = Self::default();
        for (name, value) in &body {
            if name != "sobjects" {
                asked.put(name, value)?;
                continue;
            }
            for object in value.as_array().ok_or_else(|| wrong(name))? {
                let mut part = Part::default();
                for (name, value) in object.as_object().ok_or_else(|| wrong("sobjects"))? {
                    part.put(name, value)?;
                }
                asked.objects.push(part);
            }
        }
        Ok(asked)
    }

    fn put(&mut self, name: &str, value: &Value) -> Result<(), Refusal> {
        match name {
            "q" => self.q = Some(text(name, value)?),
            "in" => self.group = Some(text(name, value)?),
            "fields" => self.fields = list(name, value)?,
            "defaultLimit" => self.default_limit = Some(number(name, value)?),
            "overallLimit" => self.overall_limit = Some(number(name, value)?),
            "offset" => self.offset = Some(number(name, value)?),
            "metadata" => self.labels = text(name, value)? == "LABELS",
            name if WITHOUT_EFFECT.contains(&name) => {}
            name => return Err(unknown(name)),
        }
        Ok(())
    }

    fn search(self) -> Result<Search, Refusal> {
        let q = self.q.filter(|q| !q.trim().is_empty());
        let q = q.ok_or_else(|| Refusal::bad("MISSING_ARGUMENT", "q is required: what to search for"))?;
        let terms = Terms::plain(&q).map_err(|fault| not_found_in(&q, fault))?;
        let group = match &self.group {
            None => Group::All,
            Some(name) => Group::of(name)
                .ok_or_else(|| Refusal::bad("INVALID_SEARCH_SCOPE", format!("there is no search scope {name}")))?,
        };
        if self.offset.is_some() && self.objects.len() != 1 {
            return Err(Refusal::bad("MALFORMED_SEARCH", "offset is only allowed with one sobject"));
        }
        let returning = self.objects.iter().map(|part| {
            let fields = if part.fields.is_empty() { &self.fields } else { &part.fields };
            let mut rest = String::new();
            let mut add = |words: &str, text: Option<String>| {
                if let Some(text) = text {
                    rest.extend([" ", words, " ", &text]);
                }
            };
            add("WHERE", part.filter.clone());
            add("ORDER BY", part.order_by.clone());
            add("LIMIT", part.limit.or(self.default_limit).map(|limit| limit.to_string()));
            add("OFFSET", self.offset.map(|offset| offset.to_string()));
            Returning::new(&part.name, &fields.join(","), &rest)
        });
        let returning = returning.collect();
        Ok(Search { terms, group, returning, limit: self.overall_limit, labels: self.labels })
    }
}

impl Part {
    fn put(&mut self, name: &str, value: &Value) -> Result<(), Refusal> {
        match name {
            "name" => self.name = text(name, value)?,
            "fields" => self.fields = list(name, value)?,
            "where" => self.filter = Some(text(name, value)?),
            "orderBy" => self.order_by = Some(text(name, value)?),
            "limit" => self.limit = Some(number(name, value)?),
            name => return Err(unknown(name)),
        }
        Ok(())
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal::bad("MALFORMED_SEARCH", format!("the parameter {name} is not known or not supported here"))
}

fn wrong(name: &str) -> Refusal {
    Refusal::bad("MALFORMED_SEARCH", format!("the parameter {name} has a value of the wrong kind"))
}

fn text(name: &str, value: &Value) -> Result<String, Refusal> {
    value.as_str().map(str::to_owned).ok_or_else(|| wrong(name))
}

/// A list, or one text with commas.
fn list(name: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    match value {
        Value::String(text) => Ok(text.split(',').map(|part| part.trim().to_owned()).collect()),
        Value::Array(items) => items.iter().map(|item| text(name, item)).collect(),
        _ => Err(wrong(name)),
    }
}

fn number(name: &str, value: &Value) -> Result<usize, Refusal> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64().and_then(|number| usize::try_from(number).ok()),
    };
    let number = number.ok_or_else(|| wrong(name))?;
    if number > MOST_ROWS {
        let text = format!("{name} may be {MOST_ROWS} at most but was {number}");
        return Err(Refusal::bad("NUMBER_OUTSIDE_VALID_RANGE", text));
    }
    Ok(number)
}
