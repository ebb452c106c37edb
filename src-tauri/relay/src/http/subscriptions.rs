//! `/v1/subscriptions` and the switch of one abonent's.

use super::abonents::Switch;
use super::caller::Admin;
use super::input::{ById, Json, Path};
use crate::http::error::ApiError;
use crate::keeper::{Keeper, KeeperState};
use crate::ledger::entry::{Noted, SubscriptionSwitched};
use crate::ledger::{Ledger, SettingsNow};
use crate::pbx::{Callback, Pbx};
use crate::roster::RosterNow;
use crate::tables::audit::What;
use crate::tables::settings::Scope;
use crate::tables::subscriptions::{self as ledger, Subscription};
use axum::extract::State;
use axum::http::StatusCode;
use perezvon_core::Time;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// How long the answer to a renewal waits for the PBX; with many abonents the renewal goes on after that.
const RENEWAL_WAIT: Duration = Duration::from_secs(45);

/// The subscriptions.
#[derive(Serialize, ToSchema)]
pub(crate) struct Subscriptions {
    subscriptions: Vec<Subscription>,
    keeper: KeeperTold,
    /// Abonents whose events are not wanted, where each abonent has a subscription.
    off: Vec<String>,
}

/// What the keeper of the subscriptions does.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Keeper)]
pub(crate) struct KeeperTold {
    #[serde(flatten)]
    state: KeeperState,
    /// Until when the company is heard, if nothing is renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Time>,
    /// When the PBX last posted an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event_at: Option<Time>,
}

/// Subscriptions, active and ended, newest first, and what the keeper does.
#[utoipa::path(get, path = "/v1/subscriptions", responses((status = 200, body = Subscriptions)))]
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    State(keeper): State<Keeper>,
    _: Admin,
) -> Result<Json<Subscriptions>, ApiError> {
    told(&ledger, &keeper).await.map(Json)
}

async fn told(ledger: &Ledger, keeper: &Keeper) -> Result<Subscriptions, ApiError> {
    let (subscriptions, off) = ledger
        .read(|connection| Ok((ledger::list(connection, 1000)?, ledger::off(connection)?)))
        .await?;
    let active = subscriptions.iter().filter(|one| one.ended_at.is_none());
    // The company is heard for as long as the subscription that ends last.
    let keeper = KeeperTold {
        state: keeper.state(),
        until: active.map(|one| one.expires_at).max(),
        last_event_at: subscriptions.iter().filter_map(|one| one.last_event_at).max(),
    };
    Ok(Subscriptions {
        subscriptions,
        keeper,
        off,
    })
}

/// Makes all subscriptions anew, the new one before the old one ends. 202 where that takes longer than the answer waits.
#[utoipa::path(
    post,
    path = "/v1/subscriptions/renew",
    responses(
        (status = 200, description = "Renewed", body = Subscriptions),
        (status = 202, description = "Under way", body = Subscriptions)
    )
)]
pub(crate) async fn renew(
    State(ledger): State<Ledger>,
    State(pbx): State<Pbx>,
    State(callback): State<Callback>,
    State(keeper): State<Keeper>,
    Admin(caller): Admin,
) -> Result<(StatusCode, Json<Subscriptions>), ApiError> {
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

/// Whether one abonent's events are wanted, where each has a subscription.
#[utoipa::path(put, path = "/v1/abonents/{id}/subscription", params(ById), responses((status = 200, body = Switch)))]
pub(crate) async fn switch(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    State(settings): State<SettingsNow>,
    State(keeper): State<Keeper>,
    Admin(caller): Admin,
    Path(by): Path<ById>,
    Json(wanted): Json<Switch>,
) -> Result<Json<Switch>, ApiError> {
    let on = wanted.on;
    let abonent = roster.borrow().abonent(by.id.as_str()).map(str::to_owned);
    let abonent = abonent.ok_or(ApiError::NotFound)?;
    if settings.borrow().subscription_scope == Scope::Group && !keeper.state().group_refused {
        return Err(ApiError::GroupScope);
    }
    let who = (&caller).into();
    ledger.put(SubscriptionSwitched { abonent, on, who }).await?;
    Ok(Json(Switch { on }))
}
