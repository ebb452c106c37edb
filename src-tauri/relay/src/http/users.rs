//! `/v1/users` and `/v1/me`.

use super::body;
use super::caller::{Admin, Caller};
use super::recordings::Slots;
use crate::clock::Clock;
use crate::feed::Feed;
use crate::http::error::ApiError;
use crate::keys::{self, Role};
use crate::ledger::Ledger;
use crate::ledger::entry::{UserAdded, UserRevoked};
use crate::people::new_user;
use crate::roster::RosterNow;
use crate::tables::users;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Me {
    role: Role,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    abonent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    abonent_name: Option<String>,
}

/// `GET /v1/me`: whose key this is.
pub(crate) async fn me(State(roster): State<RosterNow>, caller: Caller) -> Json<Me> {
    let abonent_name = caller.abonent.as_deref().and_then(|id| roster.borrow().name_of(id));
    Json(Me {
        role: caller.role,
        name: caller.name,
        abonent: caller.abonent,
        abonent_name,
    })
}

/// `GET /v1/users`.
pub(crate) async fn list(State(ledger): State<Ledger>, _: Admin) -> Result<Json<Value>, ApiError> {
    let users = ledger.read(users::list).await?;
    Ok(Json(json!({ "users": users })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewUser {
    name: String,
    role: Role,
    abonent: Option<String>,
}

/// `POST /v1/users`: the key is told here and never again.
pub(crate) async fn add(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    State(clock): State<Clock>,
    Admin(caller): Admin,
    new: Result<Json<NewUser>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let new = body(new)?;
    let abonent = new.abonent.map(|id| roster.borrow().canonical(&id));
    let (user, key) = new_user(&new.name, new.role, abonent, clock.now())?;
    let (row, hash, who) = (user.clone(), keys::hash(&key), (&caller).into());
    ledger
        .put(UserAdded {
            user: row,
            key_hash: hash,
            who,
        })
        .await?;
    Ok((StatusCode::CREATED, Json(json!({ "user": user, "key": key }))))
}

/// `DELETE /v1/users/{id}`: stops the key and ends its feeds and downloads.
pub(crate) async fn revoke(
    State(feed): State<Feed>,
    State(downloads): State<Arc<Slots>>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (user, who) = (id.clone(), (&caller).into());
    let stopped = feed.ledger.put(UserRevoked { id: user, who }).await?;
    // Also where the command line has stopped the key: it asks here for the end of what is open.
    feed.hub.cut(&id);
    downloads.cut(&id);
    if stopped {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound)
    }
}
