//! The relay through its real parts: real HTTP, real SQLite, the real binary, the simulated PBX. One test binary, so
//! that it is linked once.
#![allow(clippy::unwrap_used)]
#![expect(clippy::too_many_lines, reason = "a scenario is read from its beginning to its end")]

mod common {
    pub(crate) mod beside;
    pub(crate) mod binary;
    pub(crate) mod support;
    pub(crate) mod truth;
    pub(crate) mod xml;
}

mod abonents;
mod access;
mod accounts;
mod agreement;
mod backup;
mod calling;
mod cases;
mod check;
mod company;
mod damage;
mod defects_workers;
mod downloads;
mod exchanges;
mod failures;
mod feed;
mod findings;
mod forwarding;
mod front;
mod full_disk;
mod import;
mod ingest;
mod journal;
mod keeper;
mod keeper_many;
mod keeping;
mod kill;
mod later;
mod ledger;
mod metrics;
mod mixed;
mod people;
mod readers;
mod recording_states;
mod recordings;
mod releases;
mod retention;
mod service;
mod settings;
mod storage;
mod supervision;
mod tls;
mod twins;
