//! Transfers of a running call (reference 1.3). Only a call in which the abonent talks can be transferred; every other
//! callId is an unknown call.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::post,
};
use serde::Deserialize;

use super::{Shared, answer, rule::is_number};
use crate::world::World;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/abonents/{pattern}/callTransfer", post(blind))
        .route("/abonents/{pattern}/callTransferConsult", post(consult))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TransferQuery {
    call_id: String,
    phone_number: String,
    call_id_consult: String,
}

fn done(transferred: Option<()>) -> Response {
    transferred.map_or_else(|| answer::bad("Симулятор: звонок не найден"), |()| answer::empty())
}

async fn blind(State(world): Shared, Path(pattern): Path<String>, Query(wanted): Query<TransferQuery>) -> Response {
    let Some(abonent) = world.options.company.abonent(&pattern) else {
        return answer::nobody();
    };
    if !is_number(&wanted.phone_number) {
        return answer::bad("Симулятор: неверный номер");
    }
    done(world.transfer(abonent, &wanted.call_id, &wanted.phone_number))
}

async fn consult(State(world): Shared, Path(pattern): Path<String>, Query(wanted): Query<TransferQuery>) -> Response {
    let Some(abonent) = world.options.company.abonent(&pattern) else {
        return answer::nobody();
    };
    done(world.transfer_consult(abonent, &wanted.call_id, &wanted.call_id_consult))
}
