//! The forms in which the API answers (reference 1.1).

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::json;

/// `{errorCode, description}`. Only `BadRequest` is a code of the real API; the others begin with `Sim`.
pub(super) fn error(status: StatusCode, code: &str, description: &str) -> Response {
    (status, Json(json!({ "errorCode": code, "description": description }))).into_response()
}

/// 400 `BadRequest`.
pub(super) fn bad(description: &str) -> Response {
    error(StatusCode::BAD_REQUEST, "BadRequest", description)
}

/// No such abonent.
pub(super) fn nobody() -> Response {
    bad("Симулятор: абонент не найден")
}

/// 200 with JSON.
pub(super) fn json<T: Serialize>(value: &T) -> Response {
    Json(value).into_response()
}

/// 200 with nothing.
pub(super) fn empty() -> Response {
    StatusCode::OK.into_response()
}

/// A page for people, as the host answers for a wrong path.
pub(super) fn html(status: StatusCode) -> Response {
    let page = "<!DOCTYPE html>\n<html><head><title>Облачная АТС</title></head><body>Симулятор</body></html>\n";
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// 500 with an error body.
pub(super) fn broken() -> Response {
    error(
        StatusCode::INTERNAL_SERVER_ERROR,
        "SimBroken",
        "Симулятор: внутренняя ошибка",
    )
}
