//! Joining a company's relay with a code (`joining.rs` keeps what waits for the person's answer).

use super::Answer;
use crate::core::Core;
use crate::ipc::{Failure, JoinOffer, Welcome};
use crate::service;
use perezvon_desk::Fault;
use perezvon_desk::relay_client::JoinLink;
use std::sync::Arc;

room! {
    /// What was typed, the code may be a whole link; an empty code asks for what a link has brought. Sends nothing.
    offer { relay: String, code: String } -> Option<JoinOffer>,
    /// `relay` as it was offered.
    accept { relay: String, in_the_clear: bool, insecure: bool } -> Welcome,
    decline {} -> (),
}

async fn offer(core: &Arc<Core>, relay: String, code: String) -> Answer<Option<JoinOffer>> {
    if !code.trim().is_empty() {
        let link = JoinLink::typed(&relay, &code).map_err(|_| Failure::with(Fault::BadAddress, relay))?;
        core.joining.offer(link);
    }
    Ok(core.joining.offered())
}

async fn accept(core: &Arc<Core>, relay: String, in_the_clear: bool, insecure: bool) -> Answer<Welcome> {
    service::join(core, &relay, in_the_clear, insecure).await
}

async fn decline(core: &Arc<Core>) -> Answer<()> {
    core.joining.decline();
    service::forget_code(core);
    Ok(())
}
