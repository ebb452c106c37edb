//! `/v1/users` and `/v1/me`.

use super::caller::{Admin, Caller};
use super::input::{ById, Json, Name, Path};
use super::recordings::Slots;
use crate::clock::Clock;
use crate::feed::Feed;
use crate::http::error::ApiError;
use crate::keys::{self, Role};
use crate::ledger::Ledger;
use crate::ledger::entry::{UserAdded, UserRevoked};
use crate::people::new_user;
use crate::roster::RosterNow;
use crate::tables::users::{self, User};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The holder of a key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Me {
    role: Role,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    abonent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    abonent_name: Option<String>,
}

/// Whose key this is.
#[utoipa::path(get, path = "/v1/me", responses((status = 200, body = Me)))]
pub(crate) async fn me(State(roster): State<RosterNow>, caller: Caller) -> Json<Me> {
    let abonent_name = caller.abonent.as_deref().and_then(|id| roster.borrow().name_of(id));
    Json(Me {
        role: caller.role,
        name: caller.name,
        abonent: caller.abonent,
        abonent_name,
    })
}

/// Users.
#[derive(Serialize, ToSchema)]
pub(crate) struct Users {
    users: Vec<User>,
}

/// Users, revoked ones included.
#[utoipa::path(get, path = "/v1/users", responses((status = 200, body = Users)))]
pub(crate) async fn list(State(ledger): State<Ledger>, _: Admin) -> Result<Json<Users>, ApiError> {
    let users = ledger.read(users::list).await?;
    Ok(Json(Users { users }))
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "role", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum NewUser {
    /// Somebody who may do everything.
    Admin {
        #[schema(inline)]
        name: Name,
        #[schema(inline)]
        abonent: Option<Name>,
    },
    /// Somebody who sees the calls of one abonent.
    User {
        #[schema(inline)]
        name: Name,
        #[schema(inline)]
        abonent: Name,
    },
}

/// A user with their key.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserMade {
    user: User,
    key: String,
}

/// Adds a user. The key is told here and never again.
#[utoipa::path(post, path = "/v1/users", responses((status = 201, body = UserMade)))]
pub(crate) async fn add(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    State(clock): State<Clock>,
    Admin(caller): Admin,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Json<UserMade>), ApiError> {
    let (role, name, abonent) = match new {
        NewUser::Admin { name, abonent } => (Role::Admin, name, abonent),
        NewUser::User { name, abonent } => (Role::User, name, Some(abonent)),
    };
    let abonent = abonent.map(|id| roster.borrow().canonical(id.as_str()));
    let (user, key) = new_user(name.as_str(), role, abonent, clock.now())?;
    let (row, hash, who) = (user.clone(), keys::hash(&key), (&caller).into());
    ledger
        .put(UserAdded {
            user: row,
            key_hash: hash,
            who,
        })
        .await?;
    Ok((StatusCode::CREATED, Json(UserMade { user, key })))
}

/// Stops a user's key and ends its feeds and downloads.
#[utoipa::path(delete, path = "/v1/users/{id}", params(ById), responses((status = 204)))]
pub(crate) async fn revoke(
    State(feed): State<Feed>,
    State(downloads): State<Arc<Slots>>,
    Admin(caller): Admin,
    Path(by): Path<ById>,
) -> Result<StatusCode, ApiError> {
    let id = by.id.into_string();
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
