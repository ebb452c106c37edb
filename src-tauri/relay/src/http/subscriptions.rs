//! `/v1/subscriptions` and the switch of one abonent's.

use super::body;
use super::caller::Admin;
use crate::http::error::ApiError;
use crate::keeper;
use crate::ledger::entry::{Noted, SubscriptionSwitched};
use crate::state::App;
use crate::tables::abonents;
use crate::tables::audit::What;
use crate::tables::settings::Scope;
use crate::tables::subscriptions as ledger;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::PoisonError;
use std::time::Duration;

/// How long the answer to a renewal waits for the PBX; with many abonents the renewal goes on after that.
const RENEWAL_WAIT: Duration = Duration::from_secs(45);

/// `GET /v1/subscriptions`: active and ended, newest first, and what the keeper does.
pub(crate) async fn list(State(app): State<App>, _: Admin) -> Result<Json<Value>, ApiError> {
    told(&app).await.map(Json)
}

async fn told(app: &App) -> Result<Value, ApiError> {
    let (list, off) = app
        .ledger
        .read(|connection| Ok((ledger::list(connection, 1000)?, ledger::off(connection)?)))
        .await?;
    let state = app.keeper.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let active = list.iter().filter(|one| one.ended_at.is_none());
    // The company is heard for as long as the subscription that ends last.
    let until = active.map(|one| one.expires_at).max();
    let last_event = list.iter().filter_map(|one| one.last_event_at).max();
    let mut keeper = json!(state);
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
pub(crate) async fn renew(State(app): State<App>, Admin(caller): Admin) -> Result<(StatusCode, Json<Value>), ApiError> {
    app.portal().ok_or(ApiError::NoToken)?;
    app.callback_url().ok_or(ApiError::NoPublicUrl)?;
    let renewed = Noted {
        who: (&caller).into(),
        what: What::SubscriptionRenewed,
        subject: None,
        detail: None,
    };
    app.ledger.put(renewed).await?;
    let status = match tokio::time::timeout(RENEWAL_WAIT, keeper::ask_to_renew(&app)).await {
        // What was silent or refused for some is told in the answer.
        Ok(Ok(Some(failure))) if failure.abonents.is_none() && failure.code != "events_silent" => {
            return Err(ApiError::Pbx(failure.code, failure.message_en.to_owned()));
        }
        Ok(Ok(_)) => StatusCode::OK,
        Ok(Err(_)) => return Err(ApiError::Stopping),
        Err(_) => StatusCode::ACCEPTED,
    };
    Ok((status, Json(told(&app).await?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    on: bool,
}

/// `PUT /v1/abonents/{id}/subscription`: whether this abonent's events are wanted, where each has a subscription of his
/// own.
pub(crate) async fn switch(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    wanted: Result<Json<Switch>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let on = body(wanted)?.on;
    let known = app.ledger.read(abonents::list).await?;
    let id = app.roster().abonent(&id).unwrap_or(&id).to_owned();
    if !known.iter().any(|one| one.id == id) {
        return Err(ApiError::NotFound);
    }
    let refused = app.keeper.lock().unwrap_or_else(PoisonError::into_inner).group_refused;
    if app.settings().subscription_scope == Scope::Group && !refused {
        return Err(ApiError::GroupScope);
    }
    let who = (&caller).into();
    app.ledger.put(SubscriptionSwitched { abonent: id, on, who }).await?;
    Ok(Json(json!({ "on": on })))
}
