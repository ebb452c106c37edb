//! Subscriptions (reference 1.11). There is no list and no refresh.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    response::Response,
    routing::put,
};
use serde::Deserialize;
use serde_json::json;

use super::{Shared, answer};
use crate::{
    subscriptions::{GROUP_ID, NewSubscription, TargetType},
    world::World,
};

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new().route("/subscription", put(begin).get(show).delete(end))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    pattern: Option<String>,
    expires: Option<u64>,
    subscription_type: Option<String>,
    url: String,
}

async fn begin(State(world): Shared, body: Bytes) -> Response {
    let Ok(body) = serde_json::from_slice::<Body>(&body) else {
        return answer::bad("Симулятор: тело запроса не разобрано");
    };
    let kind = body.subscription_type.unwrap_or_else(|| "BASIC_CALL".into());
    if !matches!(kind.as_str(), "BASIC_CALL" | "ADVANCED_CALL") {
        return answer::bad("Симулятор: неизвестный subscriptionType");
    }
    if !(body.url.starts_with("http://") || body.url.starts_with("https://")) {
        return answer::bad("Симулятор: url не http");
    }
    let company = &world.options.company;
    let (target_type, target_id) = match body.pattern {
        None => (TargetType::Group, GROUP_ID.to_owned()),
        Some(pattern) => match (company.abonent(&pattern), company.line(&pattern)) {
            (Some(abonent), _) => (TargetType::Abonent, abonent.user_id.clone()),
            (None, Some(line)) => (TargetType::Number, line.number_id.clone()),
            (None, None) => return answer::nobody(),
        },
    };
    let wanted = NewSubscription {
        target_type,
        target_id,
        subscription_type: kind,
        expires: body.expires.unwrap_or(world.options.expires_min),
        url: body.url,
        twin: false,
    };
    let made = world.subscribe(wanted, &None);
    answer::json(&json!({ "subscriptionId": made.subscription_id, "expires": made.expires }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Which {
    #[serde(default)]
    subscription_id: String,
}

fn unknown() -> Response {
    answer::bad("Симулятор: подписка не найдена")
}

async fn show(State(world): Shared, Query(which): Query<Which>) -> Response {
    let inner = world.lock();
    let found = inner
        .subscriptions
        .iter()
        .find(|s| s.info.subscription_id == which.subscription_id);
    let broken = world.faults.get().subscriptions_broken;
    match found {
        Some(found) if broken.contains(&found.info.target_id) => answer::broken(),
        Some(found) => answer::json(&found.told()),
        None => unknown(),
    }
}

async fn end(State(world): Shared, Query(which): Query<Which>) -> Response {
    match world.unsubscribe(|s| s.subscription_id == which.subscription_id, &None) {
        0 => unknown(),
        _ => answer::empty(),
    }
}
