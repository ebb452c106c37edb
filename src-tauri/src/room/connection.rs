//! The way to the calls: the token of the PBX or a company's relay, and whose calls they are.

use super::Answer;
use crate::changes::Own;
use crate::core::Core;
use crate::ipc::{Abonent, CheckLine, Failure};
use crate::secrets::{self, SecretKind};
use crate::{service, settings};
use perezvon_desk::relay_client::is_in_the_clear;
use perezvon_desk::{Fault, Trouble};
use std::sync::Arc;

room! {
    /// The abonents that the token opens; saves nothing.
    check_token { token: String } -> Vec<Abonent>,
    /// `insecure`: where there is no keyring, in a file.
    save_token { token: String, insecure: bool } -> (),
    abonents {} -> Vec<Abonent>,
    choose_me { abonent: String } -> (),
    /// A remote relay by its key; an empty `url` goes back to the relay inside the app. `inTheClear`: the user agrees to a
    /// connection that others can read.
    join { url: String, key: String, in_the_clear: bool, insecure: bool } -> (),
    /// «Проверить сервис».
    check {} -> Vec<CheckLine>,
    finish_wizard {} -> (),
}

async fn check_token(core: &Arc<Core>, token: String) -> Answer<Vec<Abonent>> {
    core.is_mine()?;
    service::try_token(core, &token).await
}

async fn save_token(core: &Arc<Core>, token: String, insecure: bool) -> Answer<()> {
    core.is_mine()?;
    keep(core, SecretKind::Token, token, insecure).await?;
    core.restart.notify_one();
    Ok(())
}

async fn abonents(core: &Arc<Core>) -> Answer<Vec<Abonent>> {
    service::abonents(core).await
}

async fn choose_me(core: &Arc<Core>, abonent: String) -> Answer<()> {
    change_connection(core, move |connection| connection.me = abonent).await
}

async fn join(core: &Arc<Core>, url: String, key: String, in_the_clear: bool, insecure: bool) -> Answer<()> {
    let url = url.trim().trim_end_matches('/').to_owned();
    core.allows(&url)?;
    if url.is_empty() {
        return change_connection(core, |connection| connection.relay = String::new()).await;
    }
    if !settings::is_http(&url) {
        return Err(Failure::with(Fault::BadAddress, url));
    }
    if is_in_the_clear(&url) && !in_the_clear {
        return Err(Failure::with(Fault::InTheClear, url));
    }
    let me = service::try_relay(&url, &key).await?;
    keep(core, SecretKind::DeskKey, key, insecure).await?;
    service::take(core, &url, &me.role, me.abonent.as_deref()).await
}

async fn check(core: &Arc<Core>) -> Answer<Vec<CheckLine>> {
    service::check(core).await
}

async fn finish_wizard(core: &Arc<Core>) -> Answer<()> {
    change_connection(core, |connection| connection.settled = true).await
}

/// Stores a secret in the keyring, or by consent in a file.
async fn keep(core: &Core, place: SecretKind, text: String, insecure: bool) -> Answer<()> {
    let secret = secrets::parse(&text).ok_or_else(|| Failure::of(Trouble::TokenRefused))?;
    core.secrets
        .store(place, secret, insecure)
        .await
        .map_err(|error| Failure::of(error.code()))?;
    Ok(())
}

async fn change_connection(core: &Core, change: impl FnOnce(&mut settings::Connection) + Send + 'static) -> Answer<()> {
    let restart = core
        .with_desk(move |desk| {
            let before = settings::connection(desk);
            let mut after = before.clone();
            change(&mut after);
            settings::save_connection(desk, &after)?;
            Ok(before.relay != after.relay || before.me != after.me)
        })
        .await?;
    if restart {
        core.restart.notify_one();
    }
    core.tell(Own::Settings);
    Ok(())
}
