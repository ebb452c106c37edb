//! Subscriptions to the events of the PBX.

use super::Answer;
use super::relay::{failure_of, page_failure, relay};
use crate::core::Core;
use perezvon_desk::relay_client::admin::SubscriptionsView;
use std::sync::Arc;

room! {
    list {} -> SubscriptionsView,
    renew {} -> (),
    /// For one abonent.
    switch { abonent: String, on: bool } -> (),
}

async fn list(core: &Arc<Core>) -> Answer<SubscriptionsView> {
    let relay = relay(core).await?;
    relay.subscriptions().await.map_err(|e| page_failure(&e))
}

async fn renew(core: &Arc<Core>) -> Answer<()> {
    let relay = relay(core).await?;
    relay.renew_subscriptions().await.map_err(|e| page_failure(&e))
}

async fn switch(core: &Arc<Core>, abonent: String, on: bool) -> Answer<()> {
    let relay = relay(core).await?;
    relay
        .switch_subscription(&abonent, on)
        .await
        .map_err(|e| failure_of(&e))
}
