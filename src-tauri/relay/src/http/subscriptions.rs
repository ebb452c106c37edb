//! `/v1/subscriptions` and the switch of one abonent's.

use super::body;
use super::caller::Admin;
use crate::http::error::ApiError;
use crate::keeper::Keeper;
use crate::ledger::entry::{Noted, SubscriptionSwitched};
use crate::ledger::{Ledger, SettingsNow};
use crate::pbx::{Callback, Pbx};
use crate::roster::RosterNow;
use crate::tables::audit::What;
use crate::tables::settings::Scope;
use crate::tables::subscriptions as ledger;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// How long the answer to a renewal waits for the PBX; with many abonents the renewal goes on after that.
const RENEWAL_WAIT: Duration = Duration::from_secs(45);

/// `GET /v1/subscriptions`: active and ended, newest first, and what the keeper does.
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    State(keeper): State<Keeper>,
    _: Admin,
) -> Result<Json<Value>, ApiError> {
    told(&ledger, &keeper).await.map(Json)
}

async fn told(ledger: &Ledger, keeper: &Keeper) -> Result<Value, ApiError> {
    let (list, off) = ledger
        .read(|connection| Ok((ledger::list(connection, 1000)?, ledger::off(connection)?)))
        .await?;
    let active = list.iter().filter(|one| one.ended_at.is_none());
    // The company is heard for as long as the subscription that ends last.
    let until = active.map(|one| one.expires_at).max();
    let last_event = list.iter().filter_map(|one| one.last_event_at).max();
    let mut keeper = json!(keeper.state());
    if let Some(map) = keeper.as_object_mut() {
        if let Some(until) = until {
            map.insert("until".to_owned(), json!(until));
        }
        if let Some(at) = last_event {
            map.insert("lastEventAt".to_owned(), json!(at));
        }
    }
    Ok(json!({ "subscriptions": list, "keeper": keeper, "off": off }))
}

/// `POST /v1/subscriptions/renew`: makes all anew. 202 where that takes longer than anybody waits.
pub(crate) async fn renew(
    State(ledger): State<Ledger>,
    State(pbx): State<Pbx>,
    State(callback): State<Callback>,
    State(keeper): State<Keeper>,
    Admin(caller): Admin,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    if !pbx.has_token() {
        return Err(ApiError::NoToken);
    }
    callback.url().ok_or(ApiError::NoPublicUrl)?;
    let renewed = Noted {
        who: (&caller).into(),
        what: What::SubscriptionRenewed,
        subject: None,
        detail: None,
    };
    ledger.put(renewed).await?;
    let status = match tokio::time::timeout(RENEWAL_WAIT, keeper.renew()).await {
        // What was silent or refused for some is told in the answer.
        Ok(Ok(Some(failure))) if failure.abonents.is_none() && failure.code != "events_silent" => {
            return Err(ApiError::Pbx(failure.code, failure.message_en.to_owned()));
        }
        Ok(Ok(_)) => StatusCode::OK,
        Ok(Err(_)) => return Err(ApiError::Stopping),
        Err(_) => StatusCode::ACCEPTED,
    };
    Ok((status, Json(told(&ledger, &keeper).await?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    on: bool,
}

/// `PUT /v1/abonents/{id}/subscription`: whether this abonent's events are wanted, where each has a subscription of his
/// own.
pub(crate) async fn switch(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    State(settings): State<SettingsNow>,
    State(keeper): State<Keeper>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    wanted: Result<Json<Switch>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let on = body(wanted)?.on;
    let abonent = roster.borrow().abonent(&id).map(str::to_owned);
    let abonent = abonent.ok_or(ApiError::NotFound)?;
    if settings.borrow().subscription_scope == Scope::Group && !keeper.state().group_refused {
        return Err(ApiError::GroupScope);
    }
    let who = (&caller).into();
    ledger.put(SubscriptionSwitched { abonent, on, who }).await?;
    Ok(Json(json!({ "on": on })))
}
