//! Black and white list, `bwl` (reference 1.7). Switching off keeps the rules.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{Method, StatusCode},
    response::Response,
    routing::{get, put},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, abonents::with, answer, rule};
use crate::{
    settings::{ListKind, Lists, Rule},
    world::World,
};

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/abonents/{pattern}/bwl", get(show).post(add).put(on).delete(off))
        .route(
            "/abonents/{pattern}/bwl/{rule}",
            put(change).post(change).delete(remove),
        )
}

fn json_of(world: &World, lists: &Lists) -> Value {
    let status = match lists.on {
        Some(ListKind::BlackList) => "BLACK_LIST_ON",
        Some(ListKind::WhiteList) => "WHITE_LIST_ON",
        None => "OFF",
    };
    let mut told = json!({ "status": status });
    for (key, rules) in [("blackList", &lists.black), ("whiteList", &lists.white)] {
        if !rules.is_empty() {
            told[key] = rules.iter().map(|r| rule::json_of(world, r)).collect();
        }
    }
    told
}

async fn show(State(world): Shared, Path(pattern): Path<String>) -> Response {
    with(&world, &pattern, |s| answer::json(&json_of(&world, &s.lists)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    #[serde(rename = "type")]
    list: ListKind,
    rule: rule::Sent,
}

fn parsed(body: &[u8], id: u64) -> Option<(ListKind, Rule)> {
    let new: New = serde_json::from_slice(body).ok()?;
    Some((new.list, new.rule.rule(id, false)?))
}

async fn add(State(world): Shared, Path(pattern): Path<String>, body: Bytes) -> Response {
    let id = world.lock().take_rule_id();
    with(&world, &pattern, |s| match parsed(&body, id) {
        Some((list, new)) => {
            match list {
                ListKind::BlackList => s.lists.black.push(new),
                ListKind::WhiteList => s.lists.white.push(new),
            }
            rule::made(&world, id)
        }
        None => rule::unreadable(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Which {
    rule_type: Option<String>,
}

async fn on(State(world): Shared, Path(pattern): Path<String>, Query(which): Query<Which>) -> Response {
    let list = match which.rule_type.as_deref() {
        Some("BLACK_LIST") => ListKind::BlackList,
        Some("WHITE_LIST") => ListKind::WhiteList,
        _ => return answer::bad("Симулятор: неизвестный ruleType"),
    };
    with(&world, &pattern, |s| {
        s.lists.on = Some(list);
        answer::empty()
    })
}

async fn off(State(world): Shared, Path(pattern): Path<String>) -> Response {
    with(&world, &pattern, |s| {
        s.lists.on = None;
        answer::empty()
    })
}

/// By PUT, or by POST (S1) with the switch; the other of the two is a wrong method then.
async fn change(
    State(world): Shared,
    method: Method,
    Path((pattern, id)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    if (method == Method::POST) != world.faults.get().forms.bwl_rule_post {
        return answer::html(StatusCode::METHOD_NOT_ALLOWED);
    }
    with(&world, &pattern, |s| {
        let Ok(id) = id.parse() else {
            return rule::done(false);
        };
        match rule::parsed(&body, id, false) {
            Some(changed) => {
                let lists = &mut s.lists;
                let found =
                    rule::replace(&mut lists.black, changed.clone()) || rule::replace(&mut lists.white, changed);
                rule::done(found)
            }
            None => rule::unreadable(),
        }
    })
}

async fn remove(State(world): Shared, Path((pattern, id)): Path<(String, String)>) -> Response {
    with(&world, &pattern, |s| {
        let lists = &mut s.lists;
        let found = id
            .parse()
            .is_ok_and(|id| rule::remove(&mut lists.black, id) || rule::remove(&mut lists.white, id));
        rule::done(found)
    })
}
