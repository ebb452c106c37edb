//! Simple forwarding, `cfb` (reference 1.5). PUT replaces the whole set.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    response::Response,
    routing::get,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Shared, abonents::with, answer, rule::is_number};
use crate::{settings::Forward, world::World};

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new().route("/abonents/{pattern}/cfb", get(show).put(set).delete(off))
}

/// The number of rings is a number (S2) or text (S1).
#[derive(Deserialize)]
#[serde(untagged)]
enum Rings {
    Number(u32),
    Text(String),
}

impl Rings {
    fn count(self) -> Option<u32> {
        match self {
            Self::Number(n) => Some(n),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sent {
    forward_all_calls_phone: Option<String>,
    forward_busy_phone: Option<String>,
    forward_unavailable_phone: Option<String>,
    forward_not_answer_phone: Option<String>,
    forward_not_answer_timeout: Option<Rings>,
}

/// The body as a set, if all in it is in order.
fn parsed(body: &[u8]) -> Option<Forward> {
    let sent: Sent = serde_json::from_slice(body).ok()?;
    let rings = match sent.forward_not_answer_timeout {
        Some(rings) => Some(rings.count()?),
        None => None,
    };
    let set = Forward {
        all_calls: sent.forward_all_calls_phone,
        busy: sent.forward_busy_phone,
        unavailable: sent.forward_unavailable_phone,
        not_answer: sent.forward_not_answer_phone,
        not_answer_rings: rings,
    };
    let sound = phones(&set)
        .into_iter()
        .all(|(_, phone)| phone.as_deref().is_none_or(is_number));
    sound.then_some(set)
}

fn phones(set: &Forward) -> [(&'static str, &Option<String>); 4] {
    [
        ("forwardAllCallsPhone", &set.all_calls),
        ("forwardBusyPhone", &set.busy),
        ("forwardUnavailablePhone", &set.unavailable),
        ("forwardNotAnswerPhone", &set.not_answer),
    ]
}

/// The status object: a key is there only when it is set.
fn json_of(world: &World, set: &Forward) -> Value {
    let forms = world.faults.get().forms;
    let mut keys: Map<String, Value> = phones(set)
        .into_iter()
        .filter_map(|(key, phone)| Some((key.to_owned(), json!(phone.as_ref()?))))
        .collect();
    let status = if keys.is_empty() { "OFF" } else { "ON" };
    if let Some(rings) = set.not_answer_rings {
        let rings = if forms.timeout_text {
            json!(rings.to_string())
        } else {
            json!(rings)
        };
        keys.insert("forwardNotAnswerTimeout".into(), rings);
    }
    let container = if forms.cfb_container { "cfb" } else { "forward" };
    json!({ "status": status, container: keys })
}

async fn show(State(world): Shared, Path(pattern): Path<String>) -> Response {
    with(&world, &pattern, |s| answer::json(&json_of(&world, &s.forward)))
}

async fn set(State(world): Shared, Path(pattern): Path<String>, body: Bytes) -> Response {
    with(&world, &pattern, |s| match parsed(&body) {
        Some(set) => {
            s.forward = set;
            answer::empty()
        }
        None => answer::bad("Симулятор: переадресация не разобрана"),
    })
}

async fn off(State(world): Shared, Path(pattern): Path<String>) -> Response {
    with(&world, &pattern, |s| {
        s.forward = Forward::default();
        answer::empty()
    })
}
