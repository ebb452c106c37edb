//! Inbound numbers (reference 1.8).

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};
use serde_json::{Value, json};

use super::{Shared, answer};
use crate::{company::Line, world::World};

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/numbers", get(all))
        .route("/numbers/{pattern}", get(one))
}

pub(super) fn json_of(line: &Line) -> Value {
    json!({ "numberId": line.number_id, "phone": line.phone })
}

async fn all(State(world): Shared) -> Response {
    answer::json(&world.options.company.lines.iter().map(json_of).collect::<Vec<_>>())
}

async fn one(State(world): Shared, Path(pattern): Path<String>) -> Response {
    let line = world.options.company.line(&pattern);
    line.map_or_else(
        || answer::bad("Симулятор: номер не найден"),
        |line| answer::json(&json_of(line)),
    )
}
