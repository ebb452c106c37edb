//! The desk over its real database.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;
mod contacts;
mod field;
mod late;
mod missed;
mod progress;
mod properties;
mod storage;
mod toasts;
mod views;
