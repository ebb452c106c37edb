//! What the settings window asks before it stores anything: is this token right, is this relay, who are the abonents.

use crate::changes::Own;
use crate::core::Core;
use crate::ipc::{Abonent, Failure};
use crate::{secrets, settings};
use perezvon_core::Number;
use perezvon_desk::relay_client::{Me, RelayAbonent, RelayClient, RelayError};
use perezvon_desk::{Fault, Trouble};
use perezvon_pbx::rest::{self, BEELINE, Portal, PortalError, Token};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Where the desk keeps the chosen abonent as the relay told it last.
const ME: &str = "me";

/// A relay that does not say who the chosen abonent is, is asked again after this.
const ASK_AGAIN: Duration = Duration::from_secs(15);

/// Asks the PBX whether it takes the token; the abonents it opens. Stores nothing.
pub(crate) async fn try_token(core: &Core, token: &str) -> Result<Vec<Abonent>, Failure> {
    let token = Token::parse(token).map_err(|_| Failure::of(Trouble::TokenRefused))?;
    let base = core.given.pbx_url.as_deref().unwrap_or(BEELINE);
    let base = Url::parse(base).map_err(|_| Failure::of(Fault::BadAddress))?;
    let portal = Portal::new(base, token, rest::Timing::default()).map_err(|error| failure_of(&error))?;
    let abonents = portal.abonents().await.map_err(|error| failure_of(&error))?;
    Ok(abonents
        .into_iter()
        .map(|abonent| Abonent {
            name: abonent.name().unwrap_or_default(),
            id: abonent.user_id,
            phone: abonent
                .phone
                .as_deref()
                .map(|phone| Number::parse(phone).display())
                .unwrap_or_default(),
            extension: abonent.extension.unwrap_or_default(),
            department: abonent.department.unwrap_or_default(),
        })
        .collect())
}

fn failure_of(error: &PortalError) -> Failure {
    let code = match error {
        PortalError::Unauthorized | PortalError::Refused { .. } => Trouble::TokenRefused,
        PortalError::Timeout | PortalError::Unreachable { .. } | PortalError::OutcomeUnknown { .. } => {
            Trouble::PbxUnreachable
        }
        _ => Trouble::PbxUnavailable,
    };
    Failure::with(code, error.code())
}

/// Asks a remote relay whether it takes the key, and whose it is.
pub(crate) async fn try_relay(url: &str, key: &str) -> Result<Me, Failure> {
    let key = secrets::parse(key).ok_or_else(|| Failure::of(Trouble::KeyRefused))?;
    let relay = RelayClient::new(url, super::key_source(key)).map_err(|error| Failure::of(error.code()))?;
    relay.me().await.map_err(|error| Failure::of(error.code()))
}

/// The company's abonents, for «Кто я».
pub(crate) async fn abonents(core: &Core) -> Result<Vec<Abonent>, Failure> {
    let relay = core.relay().await?.0;
    let mut abonents = abonents_of(&relay).await?;
    if abonents.is_empty() {
        // The PBX could not be reached when the relay started: it is asked now, and it is said where it cannot be.
        let asked = relay.refresh_abonents().await;
        let asked = asked.map_err(|error| Failure::of(error.code()))?;
        abonents = asked.into_iter().map(shown).collect();
    }
    let sought = |one: &Abonent| {
        crate::sought::Abonent::new(
            &one.id,
            &one.phone,
            &one.extension,
            &[one.name.as_str(), one.department.as_str()],
        )
    };
    core.sought.keep(abonents.iter().map(sought).collect());
    Ok(abonents)
}

async fn abonents_of(relay: &RelayClient) -> Result<Vec<Abonent>, Failure> {
    match relay.abonents().await {
        Ok(abonents) => Ok(abonents.into_iter().map(shown).collect()),
        // A user's key lists nobody, but knows whose it is.
        Err(RelayError::Refused { status: 403, .. }) => {
            let me = relay.me().await.map_err(|error| Failure::of(error.code()))?;
            let own = me.abonent.map(|id| Abonent {
                id,
                name: me.abonent_name.unwrap_or_default(),
                ..Abonent::default()
            });
            Ok(own.into_iter().collect())
        }
        Err(error) => Err(Failure::of(error.code())),
    }
}

/// Asks the relay who the chosen abonent is, until it has said so, and keeps it: the choice must be shown without a
/// network too. Never returns.
pub(super) async fn learn_me(core: &Core, relay: &RelayClient, id: &str) {
    while !id.is_empty() {
        let Ok(known) = abonents_of(relay).await else {
            tokio::time::sleep(ASK_AGAIN).await;
            continue;
        };
        let told = known.into_iter().find(|abonent| abonent.id == id);
        if told.is_some() {
            core.set_me(told.clone());
            let stored = core.with_desk(move |desk| desk.set_setting(ME, &told)).await;
            if let Err(failure) = stored {
                tracing::warn!(code = %failure.code, "The chosen abonent's name could not be stored");
            }
            core.tell(Own::Settings);
        }
        break;
    }
    std::future::pending::<()>().await;
}

/// The chosen abonent with the name that the relay has told in this session, or before. Asks nobody: the window waits for
/// this before it shows anything.
pub(crate) async fn me(core: &Core, id: &str) -> Option<Abonent> {
    if id.is_empty() {
        return None;
    }
    let is_me = |abonent: &Abonent| abonent.id == id;
    if let Some(told) = core.me().filter(is_me) {
        return Some(told);
    }
    let last: Option<Abonent> = core.with_desk(|desk| desk.setting(ME)).await.ok().flatten();
    Some(last.filter(is_me).unwrap_or_else(|| Abonent {
        id: id.to_owned(),
        ..Abonent::default()
    }))
}

/// The demonstration's user: the first abonent, chosen for good.
pub(super) async fn take_first_abonent(core: &Arc<Core>, relay: &RelayClient) -> Result<String, Failure> {
    let abonents = relay
        .refresh_abonents()
        .await
        .map_err(|error| Failure::of(error.code()))?;
    // By number, not by name: the simulator's scripts call its first abonent.
    let me = abonents
        .into_iter()
        .min_by_key(|abonent| (abonent.phone.is_none(), abonent.phone.clone()))
        .map(|abonent| abonent.id)
        .unwrap_or_default();
    let chosen = me.clone();
    core.with_desk(move |desk| {
        let connection = settings::Connection {
            me: chosen,
            settled: true,
            ..settings::connection(desk)
        };
        settings::save_connection(desk, &connection)
    })
    .await?;
    Ok(me)
}

fn shown(abonent: RelayAbonent) -> Abonent {
    Abonent {
        name: abonent.name(),
        id: abonent.id,
        phone: abonent
            .phone
            .map(|phone| Number::parse(&phone).display())
            .unwrap_or_default(),
        extension: abonent.extension.unwrap_or_default(),
        department: abonent.department.unwrap_or_default(),
    }
}
