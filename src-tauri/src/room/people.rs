//! The users of the relay and the codes by which one joins.

use super::Answer;
use super::relay::{failure_of, page_failure, relay};
use crate::core::Core;
use perezvon_desk::relay_client::admin::{Invitation, JoinCode, JoinCodeRow, UserRow};
use std::sync::Arc;

room! {
    users {} -> Vec<UserRow>,
    revoke { id: String } -> (),
    codes {} -> Vec<JoinCodeRow>,
    invite { invitation: Invitation } -> JoinCode,
    withdraw { id: String } -> (),
}

async fn users(core: &Arc<Core>) -> Answer<Vec<UserRow>> {
    let relay = relay(core).await?;
    relay.user_rows().await.map_err(|e| page_failure(&e))
}

async fn revoke(core: &Arc<Core>, id: String) -> Answer<()> {
    let relay = relay(core).await?;
    relay.revoke_user(&id).await.map_err(|e| failure_of(&e))
}

async fn codes(core: &Arc<Core>) -> Answer<Vec<JoinCodeRow>> {
    let relay = relay(core).await?;
    relay.join_codes().await.map_err(|e| page_failure(&e))
}

async fn invite(core: &Arc<Core>, invitation: Invitation) -> Answer<JoinCode> {
    let relay = relay(core).await?;
    relay.make_join_code(&invitation).await.map_err(|e| page_failure(&e))
}

async fn withdraw(core: &Arc<Core>, id: String) -> Answer<()> {
    let relay = relay(core).await?;
    relay.withdraw_join_code(&id).await.map_err(|e| failure_of(&e))
}
