//! Options of a relay.

use crate::keys::Secret;
use crate::ledger::WalSync;
use crate::tables::settings::MAIN;
use crate::timing::Timing;
use perezvon_core::call::Policy;
use perezvon_pbx::rest::{BEELINE, Token};
use std::path::PathBuf;
use url::Url;

/// Options of a [`crate::Relay`].
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the account (PBX contract): part of every snapshot, and bound to the ledger at the first start.
    pub account: String,
    /// Directory of the ledger; created if it does not exist.
    pub data_dir: PathBuf,
    /// The address at which the PBX reaches the relay. Some: stored as the setting `publicUrl`; none: the stored
    /// setting applies.
    pub public_url: Option<Url>,
    /// Base of the PBX's REST API.
    pub pbx_url: Url,
    /// The account token, if it is known.
    pub token: Option<Token>,
    /// File for a token that was accepted over the API (readable by the owner only); none: the embedding program
    /// stores it.
    pub token_file: Option<PathBuf>,
    /// Waits of the call state machine. Some: stored as settings; none: the stored settings apply.
    pub policy: Option<Policy>,
    /// Events accepted per second; none: no limit. The default is far above what one PBX sends and low enough to
    /// leave time for the readers.
    pub ingest_per_second: Option<u32>,
    /// Snapshots that may wait for one reader of the feed.
    pub feed_queue: usize,
    /// Intervals and time limits.
    pub timing: Timing,
    /// The embedding program's key; none: made at the start. A restart of the account does not change it.
    pub(crate) local_key: Option<Secret>,
    /// The account ran in this process before: a sync of its log may have failed since the process began.
    pub(crate) is_restart: bool,
    /// How the ledger's log (WAL) is synced before anything is acknowledged.
    pub wal_sync: WalSync,
}

impl Options {
    /// The defaults for a data directory.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            account: MAIN.to_owned(),
            data_dir: data_dir.into(),
            public_url: None,
            pbx_url: Url::parse(BEELINE).expect("a constant address"),
            token: None,
            token_file: None,
            policy: None,
            ingest_per_second: Some(50_000),
            feed_queue: 256,
            timing: Timing::default(),
            local_key: None,
            is_restart: false,
            wal_sync: WalSync::default(),
        }
    }
}
