//! Who did what at the relay.

use super::Answer;
use super::relay::{page_failure, relay};
use crate::core::Core;
use perezvon_desk::relay_client::admin::AuditPage;
use std::sync::Arc;

room! {
    /// An empty `what` for everything.
    list { what: String, cursor: Option<String>, limit: u32 } -> AuditPage,
}

async fn list(core: &Arc<Core>, what: String, cursor: Option<String>, limit: u32) -> Answer<AuditPage> {
    let relay = relay(core).await?;
    relay
        .audit(&what, cursor.as_deref(), limit)
        .await
        .map_err(|e| page_failure(&e))
}
