//! `/v1/users` and `/v1/me`.

use super::body;
use super::caller::{Admin, Caller};
use crate::http::error::ApiError;
use crate::keys::{self, Role};
use crate::ledger::entry::{UserAdded, UserRevoked};
use crate::people::new_user;
use crate::state::App;
use crate::tables::users;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
pub(crate) async fn me(State(app): State<App>, caller: Caller) -> Json<Me> {
    let abonent_name = caller.abonent.as_deref().and_then(|id| app.roster().name_of(id));
    Json(Me {
        role: caller.role,
        name: caller.name,
        abonent: caller.abonent,
        abonent_name,
    })
}

/// `GET /v1/users`.
pub(crate) async fn list(State(app): State<App>, _: Admin) -> Result<Json<Value>, ApiError> {
    let users = app.ledger.read(users::list).await?;
    Ok(Json(json!({ "users": users })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewUser {
    name: String,
    role: Role,
    abonent: Option<String>,
}

/// The id of an abonent whom a person may have written in another way.
pub(super) fn canonical(app: &App, id: String) -> String {
    app.roster().abonent(&id).map_or(id, str::to_owned)
}

/// `POST /v1/users`: the key is told here and never again.
pub(crate) async fn add(
    State(app): State<App>,
    Admin(caller): Admin,
    new: Result<Json<NewUser>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let new = body(new)?;
    let abonent = new.abonent.map(|id| canonical(&app, id));
    let (user, key) = new_user(&new.name, new.role, abonent, app.now())?;
    let (row, hash, who) = (user.clone(), keys::hash(&key), (&caller).into());
    app.ledger
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
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (user, who) = (id.clone(), (&caller).into());
    let stopped = app.ledger.put(UserRevoked { id: user, who }).await?;
    // Also where the command line has stopped the key: it asks here for the end of what is open.
    app.hub.cut(&id);
    app.downloads.cut(&id);
    if stopped {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound)
    }
}
