//! Subscriptions to the events of the PBX.

use super::Answer;
use super::relay::{failure_of, page_failure, relay};
use crate::core::Core;
use crate::service::of_keeper;
use perezvon_desk::Trouble;
use perezvon_desk::relay_client::admin::{KeeperView, SubscriptionsView};
use std::sync::Arc;

room! {
    list {} -> SubscriptionsView,
    renew {} -> (),
    /// For one abonent.
    switch { abonent: String, on: bool } -> (),
}

async fn list(core: &Arc<Core>) -> Answer<SubscriptionsView> {
    let relay = relay(core).await?;
    let mut view = relay.subscriptions().await.map_err(|e| page_failure(&e))?;
    view.keeper.trouble = trouble_of(&view.keeper);
    Ok(view)
}

fn trouble_of(keeper: &KeeperView) -> Option<Trouble> {
    // The state is one where the keeper has not tried.
    let untried = matches!(keeper.state.as_str(), "no_token" | "no_public_url");
    let code = keeper.failure.as_ref().map(|failure| failure.code.as_str());
    let code = code.or(keeper.error.as_deref());
    match code {
        _ if untried => Trouble::of(&keeper.state),
        Some("events_silent") => Some(Trouble::EventsSilent),
        code => code.map(of_keeper),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use perezvon_desk::relay_client::admin::KeeperFailure;

    #[test]
    fn what_keeps_the_subscription_from_being_renewed_has_the_windows_word() {
        let of = |state: &str, failure: Option<&str>, error: Option<&str>| {
            trouble_of(&KeeperView {
                state: state.to_owned(),
                failure: failure.map(|code| KeeperFailure {
                    code: code.to_owned(),
                    ..KeeperFailure::default()
                }),
                error: error.map(str::to_owned),
                ..KeeperView::default()
            })
        };
        for (state, failure, error, trouble) in [
            ("active", None, None, None),
            ("no_public_url", None, None, Some(Trouble::NoPublicUrl)),
            ("no_token", None, Some("pbx_refused"), Some(Trouble::NoToken)),
            (
                "failing",
                None,
                Some("pbx_unreachable_dns"),
                Some(Trouble::PbxUnreachable),
            ),
            (
                "failing",
                Some("pbx_unauthorized"),
                Some("pbx_refused"),
                Some(Trouble::TokenRefused),
            ),
            ("active", None, Some("events_silent"), Some(Trouble::EventsSilent)),
        ] {
            assert_eq!(of(state, failure, error), trouble, "{state} {failure:?} {error:?}");
        }
    }
}
