//! Statistics, both editions (reference 1.10), made from the calls that were played.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, answer};
use crate::{
    company::Abonent,
    number::e164,
    truth::{Outcome, Part},
    world::World,
};

/// Most lines in one answer, and the size of a page when none is asked for.
const PAGE_LINES: usize = 100;

pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/statistics", get(first))
        .route("/v2/statistics", get(second))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    user_id: Option<String>,
    date_from: Option<String>,
    date_to: Option<String>,
    #[serde(default)]
    page: usize,
    page_size: Option<usize>,
}

async fn first(State(world): Shared, Query(filter): Query<Filter>) -> Response {
    list(&world, &filter, 1)
}

async fn second(State(world): Shared, Query(filter): Query<Filter>) -> Response {
    if world.faults.get().v2_statistics_off {
        return answer::html(StatusCode::NOT_FOUND);
    }
    list(&world, &filter, 2)
}

/// One time argument as epoch milliseconds, in every form of reference 1.2; without zone it is UTC.
pub(super) fn moment(text: Option<&str>) -> Result<Option<i64>, ()> {
    let Some(text) = text else { return Ok(None) };
    let whole = || DateTime::parse_from_rfc3339(text).map(|t| t.timestamp_millis()).ok();
    let naive = |format| {
        NaiveDateTime::parse_from_str(text, format)
            .map(|t| t.and_utc().timestamp_millis())
            .ok()
    };
    let day = || {
        let midnight = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0)?;
        Some(midnight.and_utc().timestamp_millis())
    };
    let found = whole()
        .or_else(|| naive("%Y%m%dT%H%M%SZ"))
        .or_else(|| naive("%Y-%m-%dT%H:%M:%S%.f"))
        .or_else(day);
    found.map(Some).ok_or(())
}

fn list(world: &World, filter: &Filter, edition: u8) -> Response {
    let company = &world.options.company;
    let user = match filter.user_id.as_deref().map(|p| company.abonent(p)) {
        Some(None) => return answer::nobody(),
        Some(Some(abonent)) => Some(abonent.user_id.clone()),
        None => None,
    };
    let (Ok(from), Ok(to)) = (moment(filter.date_from.as_deref()), moment(filter.date_to.as_deref())) else {
        return answer::bad("Симулятор: дата не разобрана");
    };
    let size = filter.page_size.unwrap_or(PAGE_LINES);
    if size == 0 || size > PAGE_LINES {
        return answer::bad("Симулятор: pageSize от 1 до 100");
    }
    let fits = |p: &&Part| {
        user.as_ref().is_none_or(|u| p.abonent == *u)
            && from.is_none_or(|t| p.start >= t)
            && to.is_none_or(|t| p.start <= t)
            && status(p).is_some()
    };
    let faults = world.faults.get();
    let (late, page) = (faults.statistics_late, if faults.paging_off { 0 } else { filter.page });
    let inner = world.lock();
    let mut parts: Vec<&Part> = inner.in_statistics(late).flat_map(|t| &t.parts).filter(fits).collect();
    // Newest first; lines of one moment keep an order of their own from page to page.
    parts.sort_by(|a, b| b.start.cmp(&a.start).then_with(|| a.tracking_id.cmp(&b.tracking_id)));
    let page = parts.into_iter().skip(page.saturating_mul(size)).take(size);
    let lines: Vec<Value> = page
        .filter_map(|part| {
            let abonent = company.abonents.iter().find(|a| a.user_id == part.abonent)?;
            Some(line(part, abonent, status(part)?, edition))
        })
        .collect();
    answer::json(&lines)
}

/// `RECIEVED` is the server's spelling. A member whose colleague took the call has no line.
fn status(part: &Part) -> Option<&'static str> {
    match part.outcome {
        Outcome::AnsweredByColleague => None,
        Outcome::Forwarded => Some("REDIRECTED"),
        _ if part.outgoing => Some("PLACED"),
        Outcome::Answered | Outcome::Transferred => Some("RECIEVED"),
        _ => Some("MISSED"),
    }
}

fn line(part: &Part, abonent: &Abonent, status: &str, edition: u8) -> Value {
    let mut told = json!({
        "startDate": part.start,
        "direction": if part.outgoing { "OUTBOUND" } else { "INBOUND" },
        "status": status,
        "duration": part.answer.map_or(0, |answer| part.release - answer),
        "department": abonent.department,
        "callForward": null,
        "abonent": abonent,
    });
    if edition == 1 {
        // S8: v1 shows the employee's own number.
        told["phone"] = json!(e164(&abonent.dn));
        return told;
    }
    // S9: here the abonent's phone carries +7.
    if let Some(phone) = abonent.phone.as_deref().filter(|p| p.len() == 10) {
        told["abonent"]["phone"] = json!(e164(phone));
    }
    for (key, number) in [("phone_from", &part.from), ("phone_to", &part.to)] {
        if let Some(number) = number {
            told[key] = json!(number);
        }
    }
    told
}
