//! Every method of the portal beyond abonents, calls and subscriptions, against a real HTTP server that answers in every
//! form the reference reports.
#![allow(clippy::unwrap_used)]

mod abonent;
mod download;
mod icr;
mod once;
mod records;
mod rules;
mod statistics;
mod table;

#[path = "../support/portal.rs"]
mod server;

use perezvon_pbx::rest::PortalError;
use server::{HTML, USER, refused};

/// [`USER`] as a path segment.
const SEGMENT: &str = "9000000001%40mpbx.sip.beeline.ru";

const GARBLED: PortalError = PortalError::NotJson {
    status: 200,
    no_such_path: false,
};

/// The body of a request as JSON.
fn json(seen: &server::Seen) -> serde_json::Value {
    assert_eq!(seen.content_type.as_deref(), Some("application/json"), "{}", seen.line);
    serde_json::from_str(&seen.body).unwrap()
}
