//! Rules of selective forwarding and of the black and white list, which have one shape (reference 1.6, 1.7).

use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer;
use crate::{
    number::digits,
    settings::{Rule, Schedule},
    world::World,
};

/// A rule as it is sent: without id. Lists get `forwardToPhone` from S1, where it means nothing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Sent {
    name: String,
    schedule: Schedule,
    phone_list: Vec<String>,
    forward_to_phone: Option<String>,
}

impl Sent {
    /// The rule under `id`, if its numbers are numbers.
    pub(super) fn rule(self, id: u64, forwards: bool) -> Option<Rule> {
        let forward_to = self.forward_to_phone.filter(|_| forwards);
        let numbers = self.phone_list.iter().chain(&forward_to).all(|n| is_number(n));
        let whole = numbers && !self.name.trim().is_empty() && forward_to.is_some() == forwards;
        whole.then_some(Rule {
            id,
            name: self.name,
            schedule: self.schedule,
            phones: self.phone_list,
            forward_to,
        })
    }
}

/// A rule as a JSON body.
pub(super) fn parsed(body: &[u8], id: u64, forwards: bool) -> Option<Rule> {
    serde_json::from_slice::<Sent>(body).ok()?.rule(id, forwards)
}

/// Two to fifteen digits and nothing but what people write between them.
pub(super) fn is_number(text: &str) -> bool {
    (2..=15).contains(&digits(text).len()) && text.chars().all(|c| c.is_ascii_digit() || "+-() ".contains(c))
}

/// The id inside a rule: a number (S2), or text (S1) by the switch.
fn id(world: &World, id: u64) -> Value {
    if world.faults.get().forms.rule_ids_text {
        json!(id.to_string())
    } else {
        json!(id)
    }
}

/// A rule as the API answers it.
pub(super) fn json_of(world: &World, rule: &Rule) -> Value {
    let mut told = json!({
        "id": id(world, rule.id),
        "name": rule.name,
        "schedule": rule.schedule,
        "phoneList": rule.phones,
    });
    if let Some(phone) = &rule.forward_to {
        told["forwardToPhone"] = json!(phone);
    }
    told
}

/// Puts a changed rule in the place of the one with its id; false when there is none.
pub(super) fn replace(rules: &mut [Rule], rule: Rule) -> bool {
    rules
        .iter_mut()
        .find(|r| r.id == rule.id)
        .map(|place| *place = rule)
        .is_some()
}

/// Removes the rule with that id; false when there is none.
pub(super) fn remove(rules: &mut Vec<Rule>, id: u64) -> bool {
    let before = rules.len();
    rules.retain(|r| r.id != id);
    rules.len() < before
}

/// The answer to a new rule: its id as bare text, or as quoted text by the switch.
pub(super) fn made(world: &World, made: u64) -> Response {
    if world.faults.get().forms.rule_ids_text {
        answer::json(&made.to_string())
    } else {
        made.to_string().into_response()
    }
}

/// The body is no rule.
pub(super) fn unreadable() -> Response {
    answer::bad("Симулятор: правило не разобрано")
}

/// Nothing, or that there is no such rule.
pub(super) fn done(found: bool) -> Response {
    if found {
        answer::empty()
    } else {
        answer::bad("Симулятор: правило не найдено")
    }
}
