//! Where the calls of one's own telephone go. The PBX alone knows it; what it said last is kept for the window's frame and
//! the tray.

use crate::changes::Own;
use crate::core::Core;
use perezvon_core::Number;
use perezvon_desk::relay_client::{ForwardTo, Forwarding, RelayClient};
use std::convert::Infallible;
use std::time::Duration;

/// How often it is asked for: it may be changed at the PBX, or by a code from the telephone. Every desk of a company asks.
const INTERVAL: Duration = Duration::from_mins(15);
/// Key of the setting: what was in force last, to be switched on again.
const LAST: &str = "forwarded_last";

/// Asks for it as long as it is polled. `abonent`: see [`RelayClient::forwarding`].
pub(super) async fn watch(core: &Core, relay: &RelayClient, abonent: Option<&str>) -> Infallible {
    loop {
        match relay.forwarding(abonent).await {
            Ok(found) => {
                forwarded(core, found).await;
            }
            // What was known last is nearer to the truth than nothing.
            Err(error) => tracing::info!(code = %error.code(), "Where calls are forwarded to could not be read"),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// The PBX's word, told to whoever shows it. Gives it as it is shown.
pub(crate) async fn forwarded(core: &Core, mut found: Forwarding) -> Forwarding {
    for number in found.to.numbers_mut() {
        *number = Number::parse(number).display();
    }
    if found.on && forwarded_last(core).await.as_ref() != Some(&found.to) {
        let to = found.to.clone();
        if let Err(failure) = core.with_desk(move |desk| desk.set_setting(LAST, &to)).await {
            tracing::warn!(code = %failure.code, "Where calls are forwarded to could not be remembered");
        }
    }
    know(core, Some(found.clone()));
    found
}

/// What was in force last, as it is shown.
pub(crate) async fn forwarded_last(core: &Core) -> Option<ForwardTo> {
    core.with_desk(|desk| desk.setting(LAST)).await.ok().flatten()
}

/// None: of another telephone nothing is known yet.
pub(super) fn know(core: &Core, forwarding: Option<Forwarding>) {
    if core.forwarding.send_replace(forwarding.clone()) != forwarding {
        core.tell(Own::Service);
    }
}
