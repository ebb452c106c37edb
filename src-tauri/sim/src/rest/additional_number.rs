//! An additional number of an abonent (reference 1.3). No method reads it: `GET /control/numbers` does.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::put,
};
use serde::Deserialize;
use serde_json::json;

use super::{Shared, abonents::with, answer, rule::is_number};
use crate::{number::digits, settings::Schedule, world::World};

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new().route("/abonents/{pattern}/number", put(connect).delete(disconnect))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConnectQuery {
    phone_number: Option<String>,
    schedule: Option<String>,
}

async fn connect(State(world): Shared, Path(pattern): Path<String>, Query(wanted): Query<ConnectQuery>) -> Response {
    let number = wanted.phone_number.filter(|n| is_number(n)).map(|n| digits(&n));
    let Some(number) = number.filter(|n| n.len() == 10) else {
        return answer::bad("Симулятор: неверный номер");
    };
    let Ok(schedule) = serde_json::from_value::<Schedule>(json!(wanted.schedule)) else {
        return answer::bad("Симулятор: неизвестный schedule");
    };
    with(&world, &pattern, |s| {
        s.additional = Some((number, schedule));
        answer::empty()
    })
}

async fn disconnect(State(world): Shared, Path(pattern): Path<String>) -> Response {
    with(&world, &pattern, |s| {
        s.additional = None;
        answer::empty()
    })
}
