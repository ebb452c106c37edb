//! Forwarding of one's own telephone.

use super::Answer;
use super::relay::page_failure;
use crate::core::{Core, Spoken};
use crate::ipc::{Failure, ForwardingView};
use crate::service::{forwarded, forwarded_last};
use perezvon_core::Number;
use perezvon_desk::relay_client::{ForwardTo, Forwarding, RelayError};
use perezvon_desk::{Fault, Trouble};
use std::sync::Arc;

room! {
    /// Asks the PBX.
    read {} -> ForwardingView,
    /// Has calls forwarded; answers what the PBX says after it.
    set { to: ForwardTo } -> Forwarding,
    /// Has none forwarded any more; the same.
    off {} -> Forwarding,
}

async fn read(core: &Arc<Core>) -> Answer<ForwardingView> {
    let (relay, me) = telephone(core).await?;
    let now = told(core, relay.forwarding(me.as_deref()).await).await?;
    let last = forwarded_last(core).await;
    Ok(ForwardingView { now, last })
}

async fn set(core: &Arc<Core>, mut to: ForwardTo) -> Answer<Forwarding> {
    let own = core
        .me()
        .map(|me| [me.phone, me.extension].map(|own| Number::parse(&own).key()));
    for number in to.numbers_mut() {
        let number = Number::parse(number);
        if !matches!(number, Number::E164 { ext: None, .. } | Number::Extension(_)) {
            return Err(Failure::of(Fault::BadNumber));
        }
        if own.as_ref().is_some_and(|own| own.contains(&number.key())) {
            return Err(Failure::of(Fault::OwnNumber));
        }
    }
    let (relay, me) = telephone(core).await?;
    told(core, relay.forward(&to, me.as_deref()).await).await
}

async fn off(core: &Arc<Core>) -> Answer<Forwarding> {
    let (relay, me) = telephone(core).await?;
    told(core, relay.forward_none(me.as_deref()).await).await
}

/// The way to the relay, where it is known whose telephone is meant.
async fn telephone(core: &Core) -> Answer<Spoken> {
    let (relay, me) = core.relay().await?;
    if me.is_none() && core.service.borrow().admin {
        return Err(Failure::of(Trouble::NoMe));
    }
    Ok((relay, me))
}

async fn told(core: &Core, answer: Result<Forwarding, RelayError>) -> Answer<Forwarding> {
    let found = answer.map_err(|error| page_failure(&error))?;
    Ok(forwarded(core, found).await)
}
