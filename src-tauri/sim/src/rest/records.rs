//! Recordings: list with an exclusive cursor, one by id or by session and abonent, download, link, delete
//! (reference 1.9).

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, SecondsFormat};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, answer, range, statistics::moment};
use crate::{
    records::{Record, Records},
    wav,
    world::World,
};

/// Most records in one answer.
const PAGE_RECORDS: usize = 100;
/// What the simulator's recordings are.
const AUDIO: &str = "audio/x-wav";

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/records", get(list))
        .route("/records/{key}", get(one))
        .route("/records/{key}/reference", get(link))
        .route("/records/{key}/{user}/reference", get(link_of))
        .route("/v2/records", get(by_query))
        .route("/v2/records/{key}", get(one).delete(delete))
        .route("/v2/records/{key}/download", get(download))
        .route("/v2/records/{key}/{user}", get(one_of))
        .route("/v2/records/{key}/{user}/download", get(download_of))
}

/// The download of a link, outside the API and without the token.
pub(crate) fn link_routes() -> Router<Arc<World>> {
    Router::new().route("/api/downloadCallRecording/{hash}/record/{id}", get(by_link))
}

fn json_of(world: &World, record: &Record) -> Value {
    let abonent = world
        .options
        .company
        .abonents
        .iter()
        .find(|a| a.user_id == record.abonent);
    json!({
        "id": record.id.to_string(),
        "externalId": record.tracking_id,
        "callId": null,
        "phone": record.phone,
        "direction": if record.outgoing { "OUTBOUND" } else { "INBOUND" },
        "date": record.date,
        "duration": record.duration,
        "fileSize": wav::size(record.duration),
        "comment": null,
        "abonent": abonent,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    id: Option<String>,
    user_id: Option<String>,
    date_from: Option<String>,
    date_to: Option<String>,
}

async fn list(State(world): Shared, Query(filter): Query<Filter>) -> Response {
    let after = match filter.id.as_deref().map(str::parse::<u64>) {
        Some(Err(_)) => return answer::bad("Симулятор: id не число"),
        Some(Ok(_)) if world.faults.get().paging_off => 0,
        Some(Ok(id)) => id,
        None => 0,
    };
    let user = match filter.user_id.as_deref().map(|p| world.options.company.abonent(p)) {
        Some(None) => return answer::nobody(),
        Some(Some(abonent)) => Some(abonent.user_id.as_str()),
        None => None,
    };
    let (Ok(from), Ok(to)) = (moment(filter.date_from.as_deref()), moment(filter.date_to.as_deref())) else {
        return answer::bad("Симулятор: дата не разобрана");
    };
    let fits = |r: &&Record| {
        r.id > after
            && user.is_none_or(|u| r.abonent == u)
            && from.is_none_or(|t| r.date >= t)
            && to.is_none_or(|t| r.date <= t)
    };
    let seen = |records: &mut Records| {
        let page = records.visible().iter().filter(fits).take(PAGE_RECORDS);
        page.map(|r| json_of(&world, r)).collect::<Vec<_>>()
    };
    let page = world.with_records(seen);
    answer::json(&page)
}

fn missing() -> Response {
    answer::bad("Симулятор: запись не найдена")
}

fn by_id(world: &World, id: &str) -> Option<Record> {
    let id: u64 = id.parse().ok()?;
    world.with_records(|records| records.visible().iter().find(|r| r.id == id).cloned())
}

/// By session and abonent. The abonent may be a userId, with or without the `+7` of addressOfRecord, its login, a phone
/// or an extension (reference 1.9).
fn by_session(world: &World, tracking: &str, user: &str) -> Option<Record> {
    let plain = user.trim_start_matches('+');
    let login = |id: &str| id.split_once('@').is_some_and(|(login, _)| login == plain);
    let company = &world.options.company;
    let abonent = company.abonent(user).or_else(|| company.abonent(plain)).or_else(|| {
        company
            .abonents
            .iter()
            .find(|a| login(&a.user_id) || a.address_of_record() == user)
    })?;
    let fits = |r: &&Record| r.tracking_id == tracking && r.abonent == abonent.user_id;
    world.with_records(|records| records.visible().iter().find(fits).cloned())
}

fn or_missing(record: Option<Record>, found: impl FnOnce(&Record) -> Response) -> Response {
    record.as_ref().map_or_else(missing, found)
}

async fn one(State(world): Shared, Path(id): Path<String>) -> Response {
    or_missing(by_id(&world, &id), |r| answer::json(&json_of(&world, r)))
}

async fn one_of(State(world): Shared, Path((tracking, user)): Path<(String, String)>) -> Response {
    or_missing(by_session(&world, &tracking, &user), |r| {
        answer::json(&json_of(&world, r))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One {
    record_id: String,
}

async fn by_query(State(world): Shared, Query(one): Query<One>) -> Response {
    or_missing(by_id(&world, &one.record_id), |r| answer::json(&json_of(&world, r)))
}

async fn delete(State(world): Shared, Path(id): Path<String>) -> Response {
    let deleted = id
        .parse()
        .is_ok_and(|id| world.with_records(|records| records.delete(id)));
    if deleted { answer::empty() } else { missing() }
}

/// The file, or the part of it that is asked for.
fn audio(world: &World, record: &Record, headers: &HeaderMap) -> Response {
    let (ms, length) = (record.duration, wav::size(record.duration) as u64);
    let file = |part| Body::from_stream(wav::stream(ms, part));
    if world.faults.get().forms.ranges_off {
        let size = [(header::CONTENT_LENGTH, length)];
        return ([(header::CONTENT_TYPE, AUDIO)], size, file(0..length)).into_response();
    }
    range::part(length, AUDIO, headers, file)
}

async fn download(State(world): Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    or_missing(by_id(&world, &id), |r| audio(&world, r, &headers))
}

async fn download_of(
    State(world): Shared,
    Path((tracking, user)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    or_missing(by_session(&world, &tracking, &user), |r| audio(&world, r, &headers))
}

/// A new link: it needs no token, and holds for [`crate::Options::link_life`].
fn reference(world: &World, record: &Record) -> Response {
    let secret = |salt: u64, n: u64| crate::rng::Rng::fork(world.seed ^ salt, n).uuid().simple().to_string();
    let life = world.options.link_life;
    let first = {
        let mut inner = world.lock();
        inner.links_made += 1;
        let first = secret(0x11_4b, inner.links_made);
        inner.records.link(first.clone(), record.id, life);
        first
    };
    let url = format!(
        "{}/api/downloadCallRecording/{first}/record/{}",
        world.base_url,
        secret(0x4b_11, record.id)
    );
    let ends = crate::world::now_ms() + life.as_millis() as i64;
    let told = if world.faults.get().forms.link_expiry_text {
        let ends = DateTime::from_timestamp_millis(ends).unwrap_or_default();
        json!(ends.to_rfc3339_opts(SecondsFormat::Millis, true))
    } else {
        json!(ends)
    };
    let size = wav::size(record.duration);
    answer::json(&json!({ "url": url, "fileSize": size, "fileType": "WAV", "expirationDate": told }))
}

async fn link(State(world): Shared, Path(id): Path<String>) -> Response {
    or_missing(by_id(&world, &id), |r| reference(&world, r))
}

async fn link_of(State(world): Shared, Path((tracking, user)): Path<(String, String)>) -> Response {
    or_missing(by_session(&world, &tracking, &user), |r| reference(&world, r))
}

/// The first part of a link is its secret; what the real second part means is unknown, so it is not looked at.
async fn by_link(State(world): Shared, Path((secret, _)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let record = world.with_records(|records| records.linked(&secret));
    or_missing(record, |r| audio(&world, r, &headers))
}
