//! The report: the manual's sample, figures against a naive reckoning, cells and variants.

mod files;
mod golden;
#[cfg(target_os = "linux")]
mod libreoffice;
mod naive;
mod places;
mod variants;
mod window;

use crate::common::{ME, ended};
use chrono::NaiveDate;
use perezvon_core::CallSnapshot;
use perezvon_desk::view::Period;
use std::collections::HashMap;

fn abonents() -> HashMap<String, String> {
    HashMap::from([(ME.to_owned(), "Петров Иван".to_owned())])
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn between(from: &str, to: &str) -> Period {
    Period::Between {
        from: date(from),
        to: date(to),
    }
}

/// The ringing call was answered, and the conversation lasted these seconds.
fn talk(ring: &CallSnapshot, seconds: i64) -> CallSnapshot {
    CallSnapshot {
        talk_ms: Some(seconds * 1000),
        ..ended(ring, ring.version)
    }
}
