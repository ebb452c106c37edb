//! The company's calls at an administrator's desk: mirrored while somebody wants them, deleted when nobody does or may.

use crate::core::Core;
use crate::ipc::Failure;
use perezvon_desk::Desk;
use perezvon_desk::follow::follow_company;
use perezvon_desk::relay_client::RelayClient;
use perezvon_desk::view::CompanyCalls;
use std::convert::Infallible;
use std::sync::Arc;

/// Key of the setting: the identity that was served last.
const OF: &str = "company_calls_of";

/// As long as it is polled. Without an administrator's way to the relay there is nothing to be had, and nothing is kept.
pub(super) async fn mirror(core: &Core, identity: &str, relay: Option<&RelayClient>) -> Infallible {
    let mut wanted = core.company_wanted.subscribe();
    if let Err(failure) = agree(core, identity, relay.is_some()).await {
        tracing::warn!(code = %failure.code, "Whether the company's calls are wanted is not known");
    }
    loop {
        let is_wanted = *wanted.borrow_and_update();
        core.company.send_replace(CompanyCalls::default());
        match (relay, core.desk()) {
            (Some(relay), Ok(desk)) if is_wanted => {
                let (relay, desk, told) = (relay.clone(), Arc::clone(desk), core.company.clone());
                tokio::select! {
                    () = follow_company(relay, desk, identity.to_owned(), told) => {
                        tracing::warn!("The relay refuses the company's calls to this key");
                        if let Err(failure) = core.want_company(false).await {
                            tracing::warn!(code = %failure.code, "That they are not wanted could not be stored");
                            core.company_wanted.send_replace(false);
                        }
                    }
                    _ = wanted.changed() => {}
                }
            }
            _ => {
                forget(core).await;
                // The core has its sender.
                let _ = wanted.changed().await;
            }
        }
    }
}

/// Wanted are the calls of the company of which an administrator has said so, not those of the next one.
async fn agree(core: &Core, identity: &str, admin: bool) -> Result<(), Failure> {
    let known: Option<String> = core.with_desk(|desk| desk.setting(OF)).await?;
    if known.as_deref() == Some(identity) {
        return Ok(());
    }
    if known.is_some() && admin && *core.company_wanted.borrow() {
        core.want_company(false).await?;
    }
    let of = identity.to_owned();
    core.with_desk(move |desk| desk.set_setting(OF, &of)).await
}

async fn forget(core: &Core) {
    loop {
        match core.with_desk(Desk::forget_company).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(failure) => {
                tracing::warn!(code = %failure.code, "The company's calls could not be deleted");
                return;
            }
        }
    }
}
