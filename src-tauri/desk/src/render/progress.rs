//! Toasts of calls placed here.

use super::{Draw, Rendered, ToastLook, card_action};
use crate::error::DeskError;
use crate::subject::Step;
use crate::toast::{Action, Button, ButtonKey, Stay, ToastKind, Urgency};
use perezvon_core::snapshot::PartySnapshot;
use perezvon_core::{CallSnapshot, Number};

impl Draw<'_> {
    pub(super) fn progress(
        &self,
        call: Option<&CallSnapshot>,
        number: &str,
        step: Step,
    ) -> Result<Rendered, DeskError> {
        let who = self.who(&party_of(number))?;
        let named = who.name.clone().or_else(|| who.number.clone()).unwrap_or_default();
        let (title, stay) = match step {
            Step::OwnPhone => (self.words.pick_up(), Stay::UntilClosed),
            Step::Dialling => (self.words.dialling(&named), Stay::UntilClosed),
            Step::Talking => (self.words.talking(), Stay::Seconds(4)),
            Step::Over { outcome, own_phone } => (
                self.words
                    .result(outcome, own_phone, call.and_then(|call| call.talk_ms)),
                Stay::Seconds(6),
            ),
        };
        let lines = match step {
            Step::Dialling if who.name.is_some() => who.number.clone().into_iter().collect(),
            Step::Dialling => Vec::new(),
            _ => self.name_and_number(&who),
        };
        let card = card_action(&who, call.map(|call| call.id.as_str()));
        let failed = matches!(step, Step::Over { .. }) && call.is_none_or(|call| call.answered_at.is_none());
        let mut buttons = if failed {
            self.call_back_button(who.key.as_deref())
        } else {
            Vec::new()
        };
        buttons.extend(self.card_button(card.as_ref()));
        let (category, icon) = ("call", "call-outgoing");
        let urgency = Urgency::Normal;
        Ok(self.toast(
            ToastKind::Progress,
            ToastLook {
                title,
                lines,
                buttons,
                body: card,
                stay,
                urgency,
                category,
                icon,
            },
            who.key,
        ))
    }

    pub(super) fn failed(&self, number: &str, code: &str) -> Result<Rendered, DeskError> {
        let who = self.who(&party_of(number))?;
        let (title, cause, section) = self.words.trouble(code);
        let call_trouble = matches!(code, "bad_number" | "call_refused" | "call_unknown" | "timeout");
        let mut lines = self.name_and_number(&who);
        let fix = Action::OpenSettings {
            section: section.to_owned(),
        };
        let (title, body) = if call_trouble {
            lines.push(cause);
            (title, card_action(&who, None))
        } else {
            lines.push(title);
            (self.words.call_failed(), Some(fix.clone()))
        };
        let buttons = if call_trouble {
            self.call_back_button(who.key.as_deref())
        } else {
            vec![Button {
                key: ButtonKey::Fix,
                label: self.words.button_fix(),
                action: fix,
            }]
        };
        let (category, icon) = ("call", "trouble");
        let stay = Stay::Seconds(10);
        Ok(self.toast(
            ToastKind::Progress,
            ToastLook {
                title,
                lines,
                buttons,
                body,
                stay,
                urgency: Urgency::Normal,
                category,
                icon,
            },
            who.key,
        ))
    }
}

fn party_of(number: &str) -> PartySnapshot {
    PartySnapshot::of(&Number::parse(number))
}
