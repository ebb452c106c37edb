//! Toasts of calls that come in: a ring, a colleague's answer, missed calls.

use super::{Draw, MAX_NAME_CHARS, Rendered, ToastLook, card_action, cut, joined};
use crate::error::DeskError;
use crate::table::callback::{self, State};
use crate::table::mirror;
use crate::toast::{Action, Button, ButtonKey, Stay, ToastKind, Urgency};
use crate::who;
use crate::words::short_name;
use perezvon_core::CallSnapshot;

/// Longest part of a note in a toast, characters.
const MAX_NOTE_CHARS: usize = 80;
/// When the missed toast's «Напомнить через час» reminds.
const REMIND_MIN: u32 = 60;
/// Most colleagues named in a missed toast.
const MAX_COLLEAGUES: usize = 3;

impl Draw<'_> {
    pub(super) fn incoming(&self, call: &CallSnapshot) -> Result<Rendered, DeskError> {
        let who = self.who(&call.party)?;
        let (title, mut lines) = self.headline(&who);
        let mut facts: Vec<String> = who.company.iter().cloned().chain(self.line(call)).collect();
        if let Some(key) = &who.key {
            let (start, n) = self.times_today(call, key)?;
            if n > 1 && start {
                facts.push(self.words.times_today(n));
            }
            facts.extend(who::last_note(self.connection, key)?.map(|note| cut(&note, MAX_NOTE_CHARS)));
        }
        lines.extend(joined(facts));
        let card = card_action(&who, Some(&call.id));
        let mut buttons = self.card_button(card.as_ref());
        buttons.push(Button {
            key: ButtonKey::Hide,
            label: self.words.button_hide(),
            action: Action::Hide,
        });
        let (category, icon) = ("call.incoming", "call-incoming");
        Ok(self.toast(
            ToastKind::Incoming,
            ToastLook {
                title,
                lines,
                buttons,
                body: card,
                stay: Stay::UntilClosed,
                urgency: Urgency::Critical,
                category,
                icon,
            },
            who.key,
        ))
    }

    pub(super) fn answered(&self, call: &CallSnapshot) -> Result<Rendered, DeskError> {
        let who = self.who(&call.party)?;
        let by = call
            .answered_by
            .as_ref()
            .and_then(|by| by.name.as_deref())
            .map(|name| cut(&short_name(name), MAX_NAME_CHARS));
        let card = card_action(&who, Some(&call.id));
        let (category, icon) = ("call.ended", "call-answered");
        Ok(self.toast(
            ToastKind::AnsweredElsewhere,
            ToastLook {
                title: self.words.answered_by(by.as_deref()),
                lines: self.name_and_number(&who),
                buttons: self.card_button(card.as_ref()),
                body: card,
                stay: Stay::Seconds(4),
                urgency: Urgency::Low,
                category,
                icon,
            },
            who.key,
        ))
    }

    pub(super) fn missed(&self, call: &CallSnapshot, times: i64) -> Result<Rendered, DeskError> {
        let who = self.who(&call.party)?;
        let (headline, below) = self.headline(&who);
        let mut lines = below;
        let unnamed = who.name.is_none() && who.candidates.is_empty();
        let name = if unnamed { lower_first(&headline) } else { headline };
        let mut facts: Vec<String> = Vec::new();
        facts.extend(call.started_at.map(|start| self.words.at(start, self.now)));
        facts.extend(call.wait_ms.map(|ms| self.words.waited(ms)));
        lines.extend(joined(facts));
        let mut more: Vec<String> = self.line(call).into_iter().collect();
        let colleagues = also_missed(call);
        if !colleagues.is_empty() {
            more.push(self.words.also_missed(&colleagues.join(", ")));
        }
        lines.extend(joined(more));
        let mut buttons = self.call_back_button(who.key.as_deref());
        buttons.extend(self.remind_button(who.key.as_deref())?);
        let card = card_action(&who, Some(&call.id));
        buttons.extend(self.card_button(card.as_ref()));
        let (category, icon) = ("call.unanswered", "call-missed");
        let body = Some(Action::OpenCall { id: call.id.clone() });
        Ok(self.toast(
            ToastKind::Missed,
            ToastLook {
                title: self.words.missed(&name, times),
                lines,
                buttons,
                body,
                stay: Stay::UntilClosed,
                urgency: Urgency::Normal,
                category,
                icon,
            },
            who.key,
        ))
    }

    /// «Напомнить через час», of a person who waits in the queue.
    fn remind_button(&self, key: Option<&str>) -> Result<Option<Button>, DeskError> {
        let Some(key) = key else { return Ok(None) };
        let owner = mirror::owner(self.connection)?;
        let row = callback::of_key(self.connection, &owner, key)?;
        Ok(row.filter(|row| row.state == State::Waiting).map(|row| Button {
            key: ButtonKey::Later,
            label: self.words.button_remind(),
            action: Action::RemindLater {
                id: row.id,
                minutes: REMIND_MIN,
            },
        }))
    }

    /// Whether the call's start is known, and the ordinal of this call among the day's incoming calls from this number.
    fn times_today(&self, call: &CallSnapshot, key: &str) -> Result<(bool, i64), DeskError> {
        let Some(start) = call.started_at else {
            return Ok((false, 0));
        };
        let midnight = self.words.midnight(start);
        let n = self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM caller k JOIN call c ON c.caller = k.id AND c.whose = 0
                 WHERE k.key = ?1 AND c.started_ms BETWEEN ?2 AND ?3 AND c.incoming = 1",
            )?
            .query_row((key, midnight.ms(), start.ms()), |row| row.get(0))?;
        Ok((true, n))
    }
}

/// Colleagues whose phones rang and who did not answer either.
pub(crate) fn also_missed(call: &CallSnapshot) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for leg in &call.legs {
        let own = leg.abonent.is_some() && leg.abonent == call.abonent;
        // The leg of a colleague who calls is no phone that rang.
        let rang = leg.personality.as_deref() == Some("Terminator") && !own && !leg.system && leg.answered_at.is_none();
        if let Some(name) = leg.name.as_deref().filter(|_| rang) {
            let name = cut(&short_name(name), MAX_NAME_CHARS);
            if !names.contains(&name) && names.len() < MAX_COLLEAGUES {
                names.push(name);
            }
        }
    }
    names
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}
