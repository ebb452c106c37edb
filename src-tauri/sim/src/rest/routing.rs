//! Individual call routing, `icr` (reference 1.12): always 200 with a verdict per item.
//!
//! The simulator's own strictness, where the reference is silent: a rule needs an inbound number with the service on
//! and an internal number that exists; switching a number off takes its rule along.

use std::sync::Arc;

use axum::{Router, body::Bytes, extract::State, response::Response, routing::get};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Shared, answer, rule::is_number};
use crate::{
    company::{Company, Line},
    number::digits,
    settings::Routing,
    world::World,
};

pub(super) fn routes() -> Router<Arc<World>> {
    let numbers = || get(numbers).put(switch_on).delete(switch_off);
    let route = || get(rules).put(replace).post(merge).delete(remove);
    Router::new()
        .route("/icr/numbers", numbers())
        .route("/icr/route", route())
        // S1 writes a double slash and is not refused.
        .route("//icr/numbers", numbers())
        .route("//icr/route", route())
}

/// A rule (S3, S5: ten digits; S1: `+7…`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    inbound_number: String,
    extension: String,
}

fn line<'a>(company: &'a Company, number: &str) -> Option<&'a Line> {
    let wanted = digits(number);
    company.lines.iter().find(|l| is_number(number) && l.phone == wanted)
}

/// One item's answer: what it was, and why it failed.
fn verdict(key: &str, item: &impl Serialize, fault: Option<&str>) -> Value {
    match fault {
        None => json!({ key: item, "status": "SUCCESS" }),
        Some(why) => json!({
            key: item,
            "status": "FAULT",
            "error": { "errorCode": "BadRequest", "description": format!("Симулятор: {why}") },
        }),
    }
}

/// Does `act` with each item of the body, which is an array.
fn each<T: DeserializeOwned + Serialize>(
    world: &World,
    body: &[u8],
    key: &str,
    prepare: impl FnOnce(&mut Routing),
    mut act: impl FnMut(&mut Routing, &T) -> Result<(), &'static str>,
) -> Response {
    let Ok(items) = serde_json::from_slice::<Vec<T>>(body) else {
        return answer::bad("Симулятор: тело запроса не список");
    };
    let routing = &mut world.lock().routing;
    prepare(routing);
    let told: Vec<Value> = items
        .iter()
        .map(|item| verdict(key, item, act(routing, item).err()))
        .collect();
    answer::json(&told)
}

async fn numbers(State(world): Shared) -> Response {
    let inner = world.lock();
    let lines = world.options.company.lines.iter();
    let told: Vec<Value> = lines
        .filter(|l| inner.routing.numbers.contains(&l.phone))
        .map(super::numbers::json_of)
        .collect();
    answer::json(&told)
}

async fn switch_on(State(world): Shared, body: Bytes) -> Response {
    let company = &world.options.company;
    each(
        &world,
        &body,
        "phoneNumber",
        |_| {},
        |routing, number: &String| {
            let line = line(company, number).ok_or("номер не найден")?;
            routing.numbers.insert(line.phone.clone());
            Ok(())
        },
    )
}

async fn switch_off(State(world): Shared, body: Bytes) -> Response {
    each(
        &world,
        &body,
        "phoneNumber",
        |_| {},
        |routing, number: &String| {
            let number = digits(number);
            routing.rules.remove(&number);
            routing
                .numbers
                .remove(&number)
                .then_some(())
                .ok_or("услуга на номере не включена")
        },
    )
}

async fn rules(State(world): Shared) -> Response {
    let inner = world.lock();
    let rule = |(number, extension): (&String, &String)| Rule {
        inbound_number: number.clone(),
        extension: extension.clone(),
    };
    answer::json(&inner.routing.rules.iter().map(rule).collect::<Vec<_>>())
}

fn set(company: &Company, routing: &mut Routing, rule: &Rule) -> Result<(), &'static str> {
    let number = digits(&rule.inbound_number);
    if !routing.numbers.contains(&number) {
        return Err("услуга на номере не включена");
    }
    let mut known = company.abonents.iter().filter_map(|a| a.extension.as_deref());
    let lines = || company.lines.iter().any(|l| l.extension == rule.extension);
    if !(known.any(|e| e == rule.extension) || lines()) {
        return Err("внутренний номер не найден");
    }
    routing.rules.insert(number, rule.extension.clone());
    Ok(())
}

async fn replace(State(world): Shared, body: Bytes) -> Response {
    let company = &world.options.company;
    each(
        &world,
        &body,
        "rule",
        |r| r.rules.clear(),
        |r, rule| set(company, r, rule),
    )
}

async fn merge(State(world): Shared, body: Bytes) -> Response {
    let company = &world.options.company;
    each(&world, &body, "rule", |_| {}, |r, rule| set(company, r, rule))
}

async fn remove(State(world): Shared, body: Bytes) -> Response {
    each(
        &world,
        &body,
        "rule",
        |_| {},
        |routing, rule: &Rule| {
            let number = digits(&rule.inbound_number);
            if routing.rules.get(&number) != Some(&rule.extension) {
                return Err("правило не найдено");
            }
            routing.rules.remove(&number);
            Ok(())
        },
    )
}
