//! Whatever changes something at the PBX is sent once, however it fails.

use std::collections::BTreeSet;

use futures_util::future::{BoxFuture, FutureExt as _, join_all};
use perezvon_pbx::rest::{
    AgentStatus, Forward, ForwardRule, ListKind, ListRule, Portal, PortalError, Route, Schedule, SubscriptionKind,
};

use super::HTML;
use super::server::{Reply, Server};

type Write = fn(Portal) -> BoxFuture<'static, Result<(), PortalError>>;

macro_rules! writes {
    ($($name:ident($($argument:expr),*),)+) => {
        /// Every function that changes something, by name.
        pub(crate) const WRITES: &[(&str, Write)] = &[
            $((stringify!($name), |portal| async move { portal.$name($($argument),*).await.map(drop) }.boxed()),)+
        ];
    };
}

writes! {
    add_forward_rule("101", &forward_rule()),
    add_list_rule("101", ListKind::Black, &list_rule()),
    call("101", "102"),
    call_list_on("101", ListKind::Black),
    call_lists_off("101"),
    change_forward_rule("101", "1", &forward_rule()),
    change_list_rule("101", "1", &list_rule()),
    connect_number("101", "+79000000077", &Schedule::WorkingTime),
    delete_forward_rule("101", "1"),
    delete_list_rule("101", "1"),
    delete_record("1"),
    disconnect_number("101"),
    forwarding_off("101"),
    merge_routes(&[route()]),
    recording_off("101"),
    recording_on("101"),
    remove_routes(&[route()]),
    replace_routes(&[route()]),
    route_numbers_off(&["+79000000050"]),
    route_numbers_on(&["+79000000050"]),
    selective_forwarding_off("101"),
    selective_forwarding_on("101"),
    set_agent_status("101", &AgentStatus::Break),
    set_forwarding("101", &Forward::default()),
    subscribe(None, 3600, "http://relay.example.ru/", SubscriptionKind::Basic),
    transfer("101", "callhalf-1:0", "102"),
    transfer_consult("101", "callhalf-1:0", "callhalf-2:0"),
    unsubscribe("s-1"),
}

fn forward_rule() -> ForwardRule {
    ForwardRule {
        name: "n".into(),
        to: "102".into(),
        schedule: Schedule::RoundTheClock,
        phones: vec![],
    }
}

fn list_rule() -> ListRule {
    ListRule {
        name: "n".into(),
        schedule: Schedule::RoundTheClock,
        phones: vec![],
    }
}

fn route() -> Route {
    Route {
        inbound: "+79000000050".into(),
        extension: "101".into(),
    }
}

/// Runs every write against `server`, one after another, and checks that each fails and was sent once.
async fn each_once(what: &str, server: Server) {
    let portal = server.portal();
    for (before, (name, write)) in WRITES.iter().enumerate() {
        write(portal.clone()).await.expect_err(name);
        let lines = server.lines().split_off(before);
        assert_eq!(lines.len(), 1, "{name} with {what}: {lines:?}");
    }
}

#[tokio::test]
async fn a_write_that_is_refused_or_garbled_is_sent_once() {
    each_once("503", Server::always(503, HTML).await).await;
    each_once("429", Server::always(429, "").await).await;
    each_once("400", Server::always(400, r#"{"errorCode":"BadRequest"}"#).await).await;
    each_once("an HTML page", Server::always(200, HTML).await).await;
}

#[tokio::test]
async fn a_write_that_is_not_answered_is_sent_once() {
    let server = Server::start(|_, _| Reply::Never).await;
    let portal = server.portal();
    // All at once, as each waits for its time-out.
    let ended = join_all(WRITES.iter().map(|(_, write)| write(portal.clone()))).await;
    assert!(ended.iter().all(Result::is_err), "{ended:?}");
    let lines = server.lines();
    let distinct: BTreeSet<_> = lines.iter().collect();
    assert_eq!(
        (lines.len(), distinct.len()),
        (WRITES.len(), WRITES.len()),
        "{lines:#?}"
    );
}

#[tokio::test]
async fn a_write_over_a_broken_connection_is_sent_once() {
    const HALF: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 80\r\n\r\n{\"id\":";
    each_once("no answer", Server::raw(b"").await).await;
    each_once("half a head", Server::raw(b"HTTP/1.1 200").await).await;
    each_once("half a body", Server::raw(HALF).await).await;
}

/// The HTTP library repeats a request by itself when it finds a kept connection closed. It must do so only if nothing
/// was sent.
#[tokio::test]
async fn a_write_over_a_kept_connection_that_breaks_is_sent_once() {
    let server = Server::drops_second().await;
    let portal = server.portal();
    for (turn, (name, write)) in WRITES.iter().enumerate() {
        portal.abonents().await.unwrap();
        write(portal.clone()).await.expect_err(name);
        let lines = server.lines().split_off(2 * turn);
        assert_eq!(lines.len(), 2, "{name}: {lines:?}");
    }
}
