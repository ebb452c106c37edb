//! The public address, the subscription, and the whole way of an event.

use super::{Finding, Scene};
use crate::tables::events::{self, PROBE};
use perezvon_pbx::rest::{PortalError, Reach};
use std::time::Duration;
use url::{Host, Url};

/// Time limit of one request to the own public address.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Age below which an event proves that the PBX reaches the relay, milliseconds.
const FRESH_EVENT_MS: i64 = 86_400_000;
/// Age of the newest event from which there is a warning, milliseconds: the PBX of a working company posts more
/// often.
const OLD_EVENT_MS: i64 = 3 * 86_400_000;

pub(super) fn public_url(scene: &Scene) -> Finding {
    const ID: &str = "publicUrl";
    match &scene.callback {
        Some(url) => {
            let host = url.origin().ascii_serialization();
            Finding::well(
                ID,
                format!("Адрес для событий: {host}"),
                format!("Address for events: {host}"),
            )
        }
        None => Finding::failed(ID, "no_public_url"),
    }
}

/// A path below the callback's secret.
fn beside(callback: &Url, path: &str) -> Option<Url> {
    callback.join(path).ok()
}

fn client(url: &Url) -> reqwest::Result<reqwest::Client> {
    let is_own = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let mut client = reqwest::Client::builder()
        .timeout(REQUEST_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    if is_own {
        client = client.no_proxy();
    }
    client.build()
}

/// The error's own text would contain the address with its secret.
fn cause(error: &reqwest::Error) -> &'static str {
    match PortalError::of_transport(error) {
        PortalError::Timeout | PortalError::Unreachable { reach: Reach::Silent } => "callback_timeout",
        PortalError::Unreachable { reach: Reach::Tls } => "callback_tls",
        PortalError::Unreachable { reach: Reach::Dns } => "name_not_found",
        _ => "callback_unreachable",
    }
}

/// Requests a path with a random word from the own public address, and sees whether the request arrives here.
pub(super) async fn callback(scene: &Scene) -> Finding {
    const ID: &str = "callback";
    let Some(url) = &scene.callback else {
        return Finding::skipped(ID, "no_public_url");
    };
    let word = ulid::Ulid::new().to_string();
    let Some(probe) = beside(url, &format!("probe/{word}")) else {
        return Finding::failed(ID, "callback_wrong");
    };
    if let Some(running) = &scene.running {
        running.probes.expect(&word);
    }
    let answer = match client(url) {
        Ok(client) => client.get(probe).send().await,
        Err(error) => Err(error),
    };
    let has_arrived = scene.running.as_ref().map(|running| running.probes.take(&word));
    let proven = scene
        .reached_at
        .filter(|at| scene.clock.now().ms() - at.ms() < FRESH_EVENT_MS);
    match answer {
        Ok(answer) if answer.status().is_success() && has_arrived != Some(false) => match proven {
            Some(at) => Finding::well(
                ID,
                format!("Адрес отвечает отсюда, и АТС прислала событие {at}"),
                format!("The address answers from here, and the PBX posted an event at {at}"),
            ),
            None => Finding::well(
                ID,
                "Адрес отвечает отсюда; снаружи его проверит первый звонок",
                "The address answers from here; the first call will prove it from outside",
            ),
        },
        Ok(answer) => {
            let status = answer.status().as_u16();
            Finding::failed(ID, "callback_wrong").with(format!("HTTP {status}"), format!("HTTP {status}"))
        }
        // Some routers do not pass requests from inside to their public address; an event from the PBX is the better
        // proof.
        Err(error) => match proven {
            Some(at) => Finding::warning(ID, cause(&error)).with(
                format!("но АТС прислала событие {at}"),
                format!("but the PBX posted an event at {at}"),
            ),
            None => Finding::failed(ID, cause(&error)),
        },
    }
}

/// Whether the PBX knows the newest subscription, and whether any subscription is missing.
pub(super) async fn subscription(scene: &Scene) -> Finding {
    const ID: &str = "subscription";
    let (Some(portal), Some(url)) = (&scene.portal, &scene.callback) else {
        let cause = if scene.portal.is_none() {
            "no_token"
        } else {
            "no_public_url"
        };
        return Finding::skipped(ID, cause);
    };
    let own: Vec<_> = scene.active.iter().filter(|s| s.url == url.as_str()).collect();
    let Some(newest) = own.last() else {
        return Finding::failed(ID, scene.keeper.unwrap_or("no_subscription"));
    };
    match portal.subscription(&newest.id).await {
        Ok(info) if info.url.as_deref().is_none_or(|told| told == url.as_str()) => {}
        Ok(_) | Err(PortalError::Refused { .. }) => return Finding::failed(ID, "subscription_lost"),
        Err(error) => return Finding::failed(ID, error.code()),
    }
    if let Some(cause @ ("events_silent" | "subscription_ended")) = scene.keeper {
        return Finding::failed(ID, cause);
    }
    let until = newest.expires_at;
    match (scene.keeper, own.len()) {
        (Some(_), n) => Finding::warning(ID, "subscription_partial").with(n.to_string(), n.to_string()),
        (None, 1) => Finding::well(
            ID,
            format!("АТС подтверждает подписку; она действует до {until}"),
            format!("The PBX confirms the subscription; it holds until {until}"),
        ),
        (None, n) => Finding::well(
            ID,
            format!("Подписок: {n}; АТС подтверждает последнюю, она действует до {until}"),
            format!("{n} subscriptions; the PBX confirms the last one, which holds until {until}"),
        ),
    }
}

pub(super) fn events(scene: &Scene) -> Finding {
    const ID: &str = "events";
    match scene.last_event {
        Some(at) if scene.clock.now().ms() - at.ms() > OLD_EVENT_MS => {
            Finding::warning(ID, "events_old").with(at.to_string(), at.to_string())
        }
        Some(_) if scene.unreadable > 0 => {
            let n = scene.unreadable.to_string();
            Finding::warning(ID, "events_unreadable").with(&n, &n)
        }
        Some(at) => Finding::well(
            ID,
            format!("Последнее событие от АТС: {at}"),
            format!("Last event from the PBX: {at}"),
        ),
        None => Finding::warning(ID, "no_events"),
    }
}

/// Posts an event to the own public address as the PBX would, and looks for it in the ledger.
pub(super) async fn own_event(scene: &Scene) -> Finding {
    const ID: &str = "ownEvent";
    let Some(url) = &scene.callback else {
        return Finding::skipped(ID, "no_public_url");
    };
    let Some(running) = &scene.running else {
        return Finding::skipped(ID, "relay_off");
    };
    let id = format!("probe-{}", ulid::Ulid::new());
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><xsi:Event xsi1:type=\"xsi:SubscriptionEvent\" \
         xmlns:xsi=\"http://schema.broadsoft.com/xsi\" xmlns:xsi1=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <xsi:eventID>{id}</xsi:eventID><xsi:eventData xsi1:type=\"xsi:{PROBE}\"/></xsi:Event>"
    );
    let target = beside(url, "events/null");
    let posted = match (client(url), target) {
        (Ok(client), Some(target)) => {
            let post = client
                .post(target)
                .header("content-type", "application/xml; charset=UTF-8");
            post.body(xml).send().await
        }
        (Err(error), _) => Err(error),
        (_, None) => return Finding::failed(ID, "callback_wrong"),
    };
    match posted {
        Ok(answer) if answer.status() == reqwest::StatusCode::SERVICE_UNAVAILABLE => {
            Finding::failed(ID, "event_not_stored").with("HTTP 503", "HTTP 503")
        }
        Ok(answer) if !answer.status().is_success() => {
            let status = answer.status().as_u16();
            Finding::failed(ID, "callback_wrong").with(format!("HTTP {status}"), format!("HTTP {status}"))
        }
        Ok(_) => match running
            .ledger
            .read(move |connection| events::has(connection, &id))
            .await
        {
            Ok(true) => Finding::well(
                ID,
                "Пробное событие прошло весь путь и записано",
                "A probe event went all the way and is stored",
            ),
            Ok(false) | Err(_) => Finding::failed(ID, "event_not_stored"),
        },
        Err(error) => {
            let cause = cause(&error);
            // The check of the address reports this already, and knows whether the PBX reaches the relay.
            Finding::skipped(ID, cause)
        }
    }
}
