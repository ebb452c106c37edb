//! «Параметры АТС»: the settings of the relay.

use super::Answer;
use super::relay::{failure_of, page_failure, relay};
use crate::core::Core;
use perezvon_desk::relay_client::admin::PbxSettings;
use serde_json::{Map, Value};
use std::sync::Arc;

room! {
    read {} -> PbxSettings,
    /// The changed ones, by their keys.
    save { change: Map<String, Value> } -> (),
}

async fn read(core: &Arc<Core>) -> Answer<PbxSettings> {
    let relay = relay(core).await?;
    relay.pbx_settings().await.map_err(|e| page_failure(&e))
}

async fn save(core: &Arc<Core>, change: Map<String, Value>) -> Answer<()> {
    let relay = relay(core).await?;
    relay.save_pbx_settings(&change).await.map_err(|e| failure_of(&e))
}
