//! Click-to-call, both editions (reference 1.4). The two-leg sequence of 2.8.8 is played.
//!
//! The last four digits of an outside number choose how it goes: `0001` the client is busy, `0002` the client does not
//! answer, `0003` the abonent does not pick up (Request Timeout, 111), `0004` the abonent rejects (Busy), `0005` the
//! abonent's soft phone rejects (Forbidden, 111). Everything else, and every abonent's number, is answered.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::json;

use super::{Shared, answer};
use crate::{
    faults::CallAnswer,
    log::Placed,
    number::digits,
    player::Cue,
    scripts::Args,
    world::{World, now_ms},
};

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/abonents/{pattern}/call", post(first))
        .route("/v2/abonents/{pattern}/call", post(second))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallQuery {
    phone_number: Option<String>,
}

async fn first(
    State(world): Shared,
    Path(pattern): Path<String>,
    Query(query): Query<CallQuery>,
    body: Bytes,
) -> Response {
    let number = query.phone_number.or_else(|| from_form(&body));
    place(&world, pattern, number, 1).await
}

async fn second(State(world): Shared, Path(pattern): Path<String>, Query(query): Query<CallQuery>) -> Response {
    if world.faults.get().v2_call_off {
        return answer::html(StatusCode::NOT_FOUND);
    }
    place(&world, pattern, query.phone_number, 2).await
}

/// `phoneNumber=…` as an `application/x-www-form-urlencoded` body (S6).
fn from_form(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let value = text.split('&').find_map(|pair| pair.strip_prefix("phoneNumber="))?;
    Some(value.replace("%2B", "+").replace("%2b", "+"))
}

async fn place(world: &Arc<World>, pattern: String, number: Option<String>, edition: u8) -> Response {
    let company = &world.options.company;
    let Some(abonent) = company.abonent(&pattern) else {
        return answer::nobody();
    };
    let Some(number) = number.filter(|n| (2..=15).contains(&digits(n).len())) else {
        return answer::bad("Симулятор: неверный номер");
    };
    let known = company.abonent(&number).is_some();
    let script = match digits(&number).get(6..) {
        Some("0001") if !known => "click-to-call-busy",
        Some("0002") if !known => "click-to-call-no-answer",
        Some("0003") if !known => "click-to-call-unanswered",
        Some("0004") if !known => "click-to-call-rejected",
        Some("0005") if !known => "click-to-call-forbidden",
        _ => "click-to-call",
    };
    let args = Args {
        abonent: Some(abonent.user_id.clone()),
        number: Some(number.clone()),
        ..Args::default()
    };
    let played = match world.play(&[Cue {
        at_ms: 0,
        play: script.into(),
        args,
    }]) {
        Ok(played) => played,
        Err(error) => return answer::bad(&format!("Симулятор: {error:#}")),
    };
    let tracking_id = played.tracking_id.unwrap_or_default();
    let placed = Placed {
        pattern,
        abonent: abonent.user_id.clone(),
        number,
        edition,
        tracking_id: tracking_id.clone(),
        at: now_ms(),
    };
    world.lock().placed.push(placed);
    let faults = world.faults.get();
    if faults.call_answer_delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(faults.call_answer_delay_ms.min(600_000))).await;
    }
    match (faults.call_answer, edition) {
        (CallAnswer::Empty, _) => answer::empty(),
        (_, 2) => answer::json(&json!({ "callId": played.call_id, "externalTrackingId": tracking_id })),
        (CallAnswer::Bare, _) => tracking_id.into_response(),
        (CallAnswer::Quoted, _) => answer::json(&tracking_id),
    }
}
