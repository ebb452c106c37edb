//! `/v1/users` and `/v1/me`.

use super::body;
use crate::keys::{self, Admin, Caller, Role};
use crate::http::error::ApiError;
use crate::tables::users::{self, User};
use crate::state::App;
use crate::clock::now;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Longest name of a user, characters.
const NAME: usize = 200;

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
    let abonent_name = caller.abonent.as_deref().and_then(|id| app.roster.get().name_of(id));
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
    app.roster.get().abonent(&id).map_or(id, str::to_owned)
}

/// A user's name and abonent within their bounds.
pub(super) fn plain_user(
    name: &str,
    role: Role,
    abonent: Option<String>,
) -> Result<(String, Option<String>), ApiError> {
    let name = name.trim();
    let plain =
        |text: &str, most| !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control);
    if !plain(name, NAME) {
        return Err(ApiError::BadRequest("name must have 1 to 200 characters"));
    }
    match (role, &abonent) {
        (Role::User, None) => Err(ApiError::BadRequest("a user needs an abonent")),
        (_, Some(id)) if !plain(id, NAME) => Err(ApiError::BadRequest("abonent is no abonent's id")),
        _ => Ok((name.to_owned(), abonent)),
    }
}

/// A user with a new key. The same for the API and the command line.
pub(crate) fn new_user(name: &str, role: Role, abonent: Option<String>) -> Result<(User, String), ApiError> {
    let (name, abonent) = plain_user(name, role, abonent)?;
    let user = User {
        id: ulid::Ulid::new().to_string(),
        name,
        role,
        abonent,
        created_at: now(),
        revoked_at: None,
    };
    Ok((user, auth::random_key()))
}

/// `POST /v1/users`: the key is told here and never again.
pub(crate) async fn add(
    State(app): State<App>,
    Admin(caller): Admin,
    new: Result<Json<NewUser>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let new = body(new)?;
    let abonent = new.abonent.map(|id| canonical(&app, id));
    let (user, key) = new_user(&new.name, new.role, abonent)?;
    let (row, hash, who) = (user.clone(), auth::hash(&key), (&caller).into());
    app.ledger
        .write(move |batch| users::add(batch.connection, &row, &hash, who))
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
    let stopped = app
        .ledger
        .write(move |batch| users::revoke(batch.connection, &user, now(), who))
        .await?;
    // Also where the command line has stopped the key: it asks here for the end of what is open.
    app.hub.cut(&id);
    app.downloads.cut(&id);
    if stopped {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound)
    }
}
