//! Abonents, agent status, recording on and off (reference 1.3).

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use serde::Deserialize;
use std::sync::Arc;

use super::{Shared, answer};
use crate::{settings::Settings, world::World};

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/abonents", get(all))
        .route("/abonents/{pattern}", get(one))
        .route("/abonents/{pattern}/agent", get(agent).put(set_agent))
        .route(
            "/abonents/{pattern}/recording",
            get(recording).put(record).delete(do_not_record),
        )
}

async fn all(State(world): Shared) -> Response {
    answer::json(&world.options.company.abonents)
}

async fn one(State(world): Shared, Path(pattern): Path<String>) -> Response {
    world
        .options
        .company
        .abonent(&pattern)
        .map_or_else(answer::nobody, answer::json)
}

/// Runs `act` on an abonent's settings.
pub(super) fn with(world: &World, pattern: &str, act: impl FnOnce(&mut Settings) -> Response) -> Response {
    let Some(abonent) = world.options.company.abonent(pattern) else {
        return answer::nobody();
    };
    world
        .lock()
        .settings
        .get_mut(&abonent.user_id)
        .map_or_else(answer::nobody, act)
}

async fn agent(State(world): Shared, Path(pattern): Path<String>) -> Response {
    with(&world, &pattern, |s| {
        s.agent
            .map_or_else(|| answer::bad("Симулятор: не оператор"), |status| answer::json(&status))
    })
}

#[derive(Deserialize)]
struct Status {
    status: Option<String>,
}

/// The status comes in the query (S3) or as JSON (S1): both are accepted.
async fn set_agent(
    State(world): Shared,
    Path(pattern): Path<String>,
    Query(query): Query<Status>,
    body: Bytes,
) -> Response {
    let told = query
        .status
        .or_else(|| serde_json::from_slice::<Status>(&body).ok()?.status);
    let status = match told.as_deref() {
        Some("ONLINE") => "ONLINE",
        Some("OFFLINE") => "OFFLINE",
        Some("BREAK") => "BREAK",
        _ => return answer::bad("Симулятор: неизвестный статус"),
    };
    with(&world, &pattern, |s| match &mut s.agent {
        Some(now) => {
            *now = status;
            answer::empty()
        }
        None => answer::bad("Симулятор: не оператор"),
    })
}

async fn recording(State(world): Shared, Path(pattern): Path<String>) -> Response {
    with(&world, &pattern, |s| {
        answer::json(&if s.recording { "ON" } else { "OFF" })
    })
}

async fn record(State(world): Shared, Path(pattern): Path<String>) -> Response {
    with(&world, &pattern, |s| {
        s.recording = true;
        answer::empty()
    })
}

async fn do_not_record(State(world): Shared, Path(pattern): Path<String>) -> Response {
    with(&world, &pattern, |s| {
        s.recording = false;
        answer::empty()
    })
}
