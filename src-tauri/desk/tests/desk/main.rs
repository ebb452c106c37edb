//! The desk over its real database.
#![allow(clippy::unwrap_used, missing_docs)]

mod callbacks;
mod changes;
mod common;
mod company;
mod contacts;
mod field;
mod forget;
mod import;
mod late;
mod log;
mod missed;
mod notes;
mod persons;
#[cfg(unix)]
mod private;
mod progress;
mod properties;
mod report;
mod search;
mod storage;
mod toasts;
mod views;
