//! A link asks to dial: what the window asks, and the person's answer (`asked.rs` keeps the link).

use super::Answer;
use crate::action;
use crate::core::Core;
use crate::ipc::{DialKind, DialOffer, Failure, Placed};
use crate::link::Dial;
use perezvon_desk::Fault;
use perezvon_desk::view::DialFound;
use std::sync::Arc;

room! {
    /// What a link asks to dial; dials nothing.
    offer {} -> Option<DialOffer>,
    /// `number` as it was offered.
    accept { number: String } -> Placed,
    /// `question` as it was offered.
    decline { question: u32 } -> (),
    /// What is meant by what is being typed: a number as it is understood, and people. Only the newest question is
    /// answered.
    find { text: String } -> DialFound,
}

/// While somebody types only the last letter's answer is wanted.
const VIEW: &str = "dial";

/// Longer ones are no name and no number.
const MAX_TEXT_BYTES: usize = 1_000;

/// What the window is to ask.
async fn offer(core: &Arc<Core>) -> Answer<Option<DialOffer>> {
    let Some((question, dial)) = core.asked.read() else {
        return Ok(None);
    };
    let offer = |kind, text: String| DialOffer {
        question,
        kind,
        text,
        number: None,
        names: Vec::new(),
        company: None,
    };
    Ok(Some(match dial {
        Dial::Code(code) => offer(DialKind::Code, code),
        Dial::Unread(text) => offer(DialKind::Unread, text),
        Dial::Number(number) => {
            let asked = number.clone();
            // Without its storage the desk knows nobody, and the number can be called all the same.
            let known = core
                .with_desk(move |desk| desk.contact_of(&asked))
                .await
                .unwrap_or_default();
            let company = match &known[..] {
                [one] if !one.company.is_empty() => Some(one.company.clone()),
                _ => None,
            };
            DialOffer {
                number: Some(number.canonical()),
                names: known.into_iter().map(|contact| contact.name).collect(),
                company,
                ..offer(DialKind::Number, number.display())
            }
        }
    }))
}

/// Calls the number that was shown.
async fn accept(core: &Arc<Core>, number: String) -> Answer<Placed> {
    if !core.asked.accept(&number) {
        return Err(Failure::of(Fault::NotFound));
    }
    action::call_back(core, &number).await
}

async fn decline(core: &Arc<Core>, question: u32) -> Answer<()> {
    core.asked.decline(question);
    Ok(())
}

async fn find(core: &Arc<Core>, text: String) -> Answer<DialFound> {
    if text.len() > MAX_TEXT_BYTES {
        return Ok(DialFound {
            number: None,
            lines: Vec::new(),
        });
    }
    core.with_desk(move |desk| desk.to_dial(VIEW, &text)).await
}
