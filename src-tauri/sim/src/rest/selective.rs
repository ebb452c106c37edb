//! Selective forwarding, `cfs` (reference 1.6). Switching it off keeps the rules.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    response::Response,
    routing::{get, put},
};
use serde_json::{Value, json};

use super::{Shared, abonents::with, answer, rule};
use crate::{settings::Selective, world::World};

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/abonents/{pattern}/cfs", get(show).post(add).put(on).delete(off))
        .route("/abonents/{pattern}/cfs/{rule}", put(change).delete(remove))
}

fn json_of(world: &World, set: &Selective) -> Value {
    let mut told = json!({ "isCfsServiceEnabled": set.on });
    if !set.rules.is_empty() {
        told["ruleList"] = set.rules.iter().map(|r| rule::json_of(world, r)).collect();
    }
    told
}

async fn show(State(world): Shared, Path(pattern): Path<String>) -> Response {
    with(&world, &pattern, |s| answer::json(&json_of(&world, &s.selective)))
}

async fn add(State(world): Shared, Path(pattern): Path<String>, body: Bytes) -> Response {
    let id = world.lock().take_rule_id();
    with(&world, &pattern, |s| match rule::parsed(&body, id, true) {
        Some(new) => {
            s.selective.rules.push(new);
            rule::made(&world, id)
        }
        None => rule::unreadable(),
    })
}

async fn on(State(world): Shared, Path(pattern): Path<String>) -> Response {
    with(&world, &pattern, |s| {
        s.selective.on = true;
        answer::empty()
    })
}

async fn off(State(world): Shared, Path(pattern): Path<String>) -> Response {
    with(&world, &pattern, |s| {
        s.selective.on = false;
        answer::empty()
    })
}

async fn change(State(world): Shared, Path((pattern, id)): Path<(String, String)>, body: Bytes) -> Response {
    with(&world, &pattern, |s| {
        let Ok(id) = id.parse() else {
            return rule::done(false);
        };
        match rule::parsed(&body, id, true) {
            Some(changed) => rule::done(rule::replace(&mut s.selective.rules, changed)),
            None => rule::unreadable(),
        }
    })
}

async fn remove(State(world): Shared, Path((pattern, id)): Path<(String, String)>) -> Response {
    with(&world, &pattern, |s| {
        let found = id.parse().is_ok_and(|id| rule::remove(&mut s.selective.rules, id));
        rule::done(found)
    })
}
