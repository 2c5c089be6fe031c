//! What each place of the API does, a place a file.

mod analytics;
mod apex_rest;
mod blob;
mod bulk;
mod collection;
mod composite;
mod condition;
mod describe;
mod element;
mod envelope;
mod graphql;
mod limits;
mod metadata;
mod oauth;
mod options;
mod outcome;
mod query;
mod recent;
mod related;
mod replication;
mod row;
mod search;
mod soap;
mod sobject;
mod tooling;
mod versions;

pub(crate) use analytics::{Reports, analytics};
pub(crate) use apex_rest::apex_rest;
pub(crate) use bulk::{classic, jobs, run_jobs};
pub(crate) use collection::{collection, rows, upsert};
pub(crate) use composite::{batch, composite, graph, tree};
pub(crate) use describe::{basic, describe, describe_global};
pub(crate) use graphql::graphql;
pub(crate) use limits::{limits, record_count};
pub(crate) use metadata::rest::deploy_request;
pub(crate) use oauth::{authorize, connect, identity, introspect, openid_configuration, revoke, token, user_info};
pub(crate) use query::{query, query_more};
pub(crate) use recent::recent;
pub(crate) use related::related;
pub(crate) use replication::{deleted, updated};
pub(crate) use search::{parameterized, scope_order, search, search_layout};
pub(crate) use soap::{Api as SoapApi, soap};
pub(crate) use sobject::{create, keyed, row};
pub(crate) use tooling::tooling;
pub(crate) use versions::{resources, versions};

use crate::answer::Refusal;
use crate::rules;
use crate::schema::{Object, Schema};

/// The object of that name; a place that is not there without it.
fn object<'s>(schema: &'s Schema, name: &str) -> Result<&'s Object, Refusal> {
    schema.object(name).ok_or_else(Refusal::not_found)
}

/// A type that a row names and that the org does not have.
fn unknown_type(name: &str) -> rules::Refusal {
    let text = format!(
        "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the \
         '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
    );
    rules::Refusal::new("INVALID_TYPE", text)
}
