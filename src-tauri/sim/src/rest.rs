//! The portal REST API (reference part 1): token, faults and log around the methods, which are files of their own.

mod abonents;
mod additional_number;
mod answer;
mod call;
mod forwarding;
mod lists;
mod numbers;
mod range;
mod records;
mod routing;
mod rule;
mod selective;
mod statistics;
mod subscription;
mod transfer;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use futures_util::stream;

use crate::{
    faults::FaultKind,
    log,
    world::{World, now_ms},
};

/// Where the API begins.
pub(crate) const BASE: &str = "/apis/portal/";

type Shared = State<Arc<World>>;

/// All methods. A new group of methods is a new file and a line here.
pub(crate) fn router(world: &Arc<World>) -> Router {
    let methods = Router::new()
        .merge(abonents::routes())
        .merge(additional_number::routes())
        .merge(call::routes())
        .merge(forwarding::routes())
        .merge(lists::routes())
        .merge(numbers::routes())
        .merge(records::routes())
        .merge(routing::routes())
        .merge(selective::routes())
        .merge(statistics::routes())
        .merge(subscription::routes())
        .merge(transfer::routes())
        .fallback(|| async { answer::html(StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async { answer::html(StatusCode::METHOD_NOT_ALLOWED) })
        .layer(DefaultBodyLimit::max(1 << 20))
        .layer(from_fn_with_state(Arc::clone(world), guard))
        .with_state(Arc::clone(world));
    Router::new().nest(BASE.trim_end_matches('/'), methods)
}

/// Faults, then the token, then the method; everything is logged.
async fn guard(State(world): Shared, request: Request, next: Next) -> Response {
    let method = request.method().to_string();
    let whole = request.uri().to_string();
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let fault = world.faults.meet(&method, &path);
    let log = |status: Option<StatusCode>| {
        let path = whole.trim_start_matches('/').to_owned();
        let entry = log::Request {
            method: method.clone(),
            path,
            status: status.map(|s| s.as_u16()),
            at: now_ms(),
        };
        world.lock().requests.push(entry);
    };
    let response = match fault {
        Some(FaultKind::Html503) => answer::html(StatusCode::SERVICE_UNAVAILABLE),
        Some(FaultKind::Html200) => answer::html(StatusCode::OK),
        Some(FaultKind::Error500) => answer::broken(),
        Some(FaultKind::TooMany) => {
            let mut response = answer::error(StatusCode::TOO_MANY_REQUESTS, "SimTooMany", "Симулятор: слишком часто");
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            response
        }
        Some(FaultKind::Hang) => {
            log(None);
            world.stop.cancelled().await;
            answer::html(StatusCode::SERVICE_UNAVAILABLE)
        }
        None | Some(FaultKind::HalfBody | FaultKind::LostAnswer) => method_answer(&world, request, next).await,
    };
    match fault {
        Some(FaultKind::Hang) => response,
        Some(FaultKind::LostAnswer) => {
            log(None);
            // Nothing but the end of the connection's task closes it without a single byte; this ends it without the
            // message of a panic.
            std::panic::resume_unwind(Box::new("lost-answer"))
        }
        Some(FaultKind::HalfBody) => {
            log(Some(response.status()));
            half(response).await
        }
        _ => {
            log(Some(response.status()));
            response
        }
    }
}

async fn method_answer(world: &World, request: Request, next: Next) -> Response {
    let token = request
        .headers()
        .get("X-MPBX-API-AUTH-TOKEN")
        .map(HeaderValue::as_bytes);
    if token != Some(world.options.token.as_bytes()) || world.faults.get().reject_token {
        return answer::error(StatusCode::UNAUTHORIZED, "SimUnauthorized", "Симулятор: неверный токен");
    }
    next.run(request).await
}

/// The answer with its whole length announced and half of the body sent.
async fn half(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let whole = to_bytes(body, 64 << 20).await.unwrap_or_default();
    let mut cut = broken(whole.slice(..whole.len() / 2), whole.len().max(1));
    *cut.status_mut() = parts.status;
    if let Some(kind) = parts.headers.get(header::CONTENT_TYPE) {
        cut.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    }
    cut
}

/// Sends `begin` of announced `length` bytes, then breaks the connection.
fn broken(begin: Bytes, length: usize) -> Response {
    let parts = stream::unfold(Some(begin), |begin| async move {
        if let Some(begin) = begin {
            return Some((Ok(begin), None));
        }
        // What was sent must have left before the connection breaks.
        tokio::time::sleep(Duration::from_millis(30)).await;
        let aborted = std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
        Some((Err(aborted), None))
    });
    let mut response = Response::new(Body::from_stream(parts));
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// What is served beside the API: downloads by link, which need no token.
pub(crate) fn links(world: &Arc<World>) -> Router {
    records::link_routes().with_state(Arc::clone(world))
}

/// Any path outside the API is an HTML page (reference 1.1).
pub(crate) async fn elsewhere() -> Result<Response, Infallible> {
    Ok(answer::html(StatusCode::NOT_FOUND))
}
