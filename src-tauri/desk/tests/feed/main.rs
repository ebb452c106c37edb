//! The desk beside the real relay and the simulated PBX, over real HTTP.
#![allow(clippy::unwrap_used, missing_docs)]

mod join;
mod late;
mod recordings;
mod restored;
mod scene;

use perezvon_core::Number;
use perezvon_desk::Secret;
use perezvon_desk::follow::FeedState;
use perezvon_desk::relay_client::{RelayClient, RelayError, SettingsChange};
use perezvon_desk::toast::{ToastKey, ToastKind};
use perezvon_desk::view::CallsFilter;
use perezvon_sim::Args;
use scene::{Follower, ME, Scene, forgetful_way, one_way_street};
use std::sync::Arc;

const CLIENT: &str = "+79000000099";

fn from_client() -> Args {
    Args {
        abonent: Some(ME.to_owned()),
        number: Some(CLIENT.to_owned()),
        ..Args::default()
    }
}

fn caught_up(state: &FeedState) -> bool {
    matches!(
        state,
        FeedState::Connected {
            caught_up: true,
            polling: false
        }
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_the_pbx_becomes_a_toast() {
    let scene = Scene::start().await;
    let key = scene.add_user(ME).await;
    let mut follower = Follower::start(&scene.url(), &key);
    follower.until("the feed is connected", caught_up).await;
    scene.sim.play_through("incoming-missed", from_client()).await.unwrap();
    let missed = follower
        .toast("a missed call", |toast| toast.kind == ToastKind::Missed)
        .await;
    assert_eq!(missed.key, ToastKey::Missed(CLIENT.to_owned()), "of this caller");
    assert!(
        missed.lines[0] == "+7 (900) 000-00-99",
        "with his number: {:?}",
        missed.lines
    );
    assert!(
        follower
            .seen
            .iter()
            .any(|toast| toast.kind == ToastKind::Incoming && toast.key != missed.key),
        "the ring was shown before: {:?}",
        follower.seen
    );
    let rows = follower.desk.calls(&CallsFilter::default(), None, 10).unwrap().rows;
    assert_eq!(
        (rows.len(), rows[0].outcome.as_str()),
        (1, "missed"),
        "one call in the mirror"
    );
    follower.stop().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_back_shows_its_progress_and_is_placed_once() {
    let scene = Scene::start().await;
    let key = scene.add_user(ME).await;
    let mut follower = Follower::start(&scene.url(), &key);
    follower.until("the feed is connected", caught_up).await;
    let number = Number::parse(CLIENT);
    follower.desk.progress_started("request-1", &number).unwrap();
    let client = scene.client(&key);
    let placed = client.place_call(&number.canonical(), None, "request-1").await.unwrap();
    assert_eq!(placed.request, "request-1", "the answer names the request");
    let again = client.place_call(&number.canonical(), None, "request-1").await.unwrap();
    assert_eq!(again.request, "request-1", "a repeat has the same answer");
    let last = follower
        .toast("the result", |toast| {
            toast.kind == ToastKind::Progress && toast.title.starts_with("Разговор ")
        })
        .await;
    assert_eq!(
        last.key,
        ToastKey::Request("request-1".to_owned()),
        "in the request's toast"
    );
    assert_eq!(scene.sim.calls_placed().len(), 1, "the phone rang once");
    follower.stop().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_answer_was_lost_is_asked_for_again_and_placed_once() {
    let scene = Scene::start().await;
    let key = Secret::new(scene.add_user(ME).await);
    let way = forgetful_way(scene.relay.addr()).await;
    let client = RelayClient::new(&format!("http://{way}"), Arc::new(move || Some(key.clone()))).unwrap();
    let placed = client.place_call(CLIENT, None, "request-9").await.unwrap();
    assert_eq!(placed.request, "request-9", "the repeat has the first one's answer");
    assert_eq!(scene.sim.calls_placed().len(), 1, "the phone rang once");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_of_the_relay_the_mirror_goes_on() {
    let scene = Scene::start().await;
    let key = scene.add_user(ME).await;
    let mut follower = Follower::start(&scene.url(), &key);
    follower.until("the feed is connected", caught_up).await;
    scene.sim.play_through("incoming-missed", from_client()).await.unwrap();
    follower
        .toast("the first call", |toast| toast.kind == ToastKind::Missed)
        .await;
    let scene = scene
        .restart_relay(async || {
            follower
                .until("the relay is gone", |s| *s == FeedState::Unreachable)
                .await;
        })
        .await;
    follower.until("the feed is back", caught_up).await;
    scene.sim.play_through("incoming-missed", from_client()).await.unwrap();
    follower
        .toast("the second call", |toast| toast.title.ends_with("(×2)"))
        .await;
    let rows = follower.desk.calls(&CallsFilter::default(), None, 10).unwrap().rows;
    let documents: Vec<_> = rows.iter().map(|row| row.document_id).collect();
    assert_eq!(documents, [Some(2), Some(1)], "two calls, a document each");
    follower.stop().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_ledger_begins_the_mirror_anew() {
    let scene = Scene::start().await;
    let key = scene.relay.local_key().reveal().to_owned();
    let mut follower = Follower::of_admin(&scene.url(), &key);
    follower.until("the feed is connected", caught_up).await;
    scene.sim.play_through("incoming-missed", from_client()).await.unwrap();
    follower.toast("a call", |toast| toast.kind == ToastKind::Missed).await;
    let scene = scene
        .new_relay(async || {
            follower
                .until("the relay is gone", |s| *s == FeedState::Unreachable)
                .await;
        })
        .await;
    follower.set_key(scene.relay.local_key().reveal());
    follower.until("the feed is back", caught_up).await;
    let desk = Arc::clone(&follower.desk);
    scene::until("the old ledger's call is gone", || {
        desk.calls(&CallsFilter::default(), None, 10).unwrap().rows.is_empty()
    })
    .await;
    scene.sim.play_through("incoming-missed", from_client()).await.unwrap();
    scene::until("the new ledger's call is there", || {
        desk.calls(&CallsFilter::default(), None, 10).unwrap().rows.len() == 1
    })
    .await;
    follower.stop().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_is_told_and_a_new_one_is_taken() {
    let scene = Scene::start().await;
    let key = scene.add_user(ME).await;
    let mut follower = Follower::start(&scene.url(), &key);
    follower.until("the feed is connected", caught_up).await;
    let admin = scene.client(scene.relay.local_key().reveal());
    let users = admin.users().await.unwrap();
    assert_eq!(
        (users.len(), users[0].abonent.as_deref()),
        (1, Some(ME)),
        "the user is listed"
    );
    scene.revoke(&users[0].id).await;
    follower
        .until("the key is refused", |state| *state == FeedState::KeyRefused)
        .await;
    let error = scene
        .client(&key)
        .place_call(CLIENT, None, "request-2")
        .await
        .unwrap_err();
    assert_eq!(error.code().as_str(), "key_refused", "{error:?}");
    follower.set_key(&scene.add_user(ME).await);
    follower.until("the new key is accepted", caught_up).await;
    follower.stop().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_websocket_comes_through_it_polls() {
    let scene = Scene::start().await;
    let key = scene.add_user(ME).await;
    let street = one_way_street(scene.relay.addr()).await;
    let mut follower = Follower::start(&format!("http://{street}"), &key);
    let polling = |state: &FeedState| {
        matches!(
            state,
            FeedState::Connected {
                polling: true,
                caught_up: true
            }
        )
    };
    follower.until("the feed polls", polling).await;
    scene.sim.play_through("incoming-missed", from_client()).await.unwrap();
    follower
        .toast("a missed call", |toast| toast.kind == ToastKind::Missed)
        .await;
    follower.stop().await;
    scene.stop().await;
}

#[expect(clippy::too_many_lines, reason = "one session in its order")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_speaks_the_relays_language() {
    let scene = Scene::start().await;
    let admin = scene.client(scene.relay.local_key().reveal());
    assert_eq!(
        admin.health().await.unwrap().version,
        env!("CARGO_PKG_VERSION"),
        "health"
    );
    assert_eq!(admin.me().await.unwrap().role, "admin", "whose key");
    let abonents = admin.refresh_abonents().await.unwrap();
    assert!(
        abonents.iter().any(|abonent| abonent.id == ME),
        "abonents: {abonents:?}"
    );
    assert_eq!(
        admin.abonents().await.unwrap().len(),
        abonents.len(),
        "the same from the ledger"
    );
    admin
        .put_settings(&SettingsChange {
            grace_ms: Some(5_000),
            ..SettingsChange::default()
        })
        .await
        .unwrap();
    let settings = admin.settings().await.unwrap();
    assert_eq!(settings.settings.grace_ms, 5_000, "settings");
    assert!(settings.has_token && settings.callback_url.is_some(), "{settings:?}");
    let checks = admin.check().await.unwrap();
    assert!(
        checks.iter().any(|check| check.id == "token" && check.ok),
        "checks: {checks:?}"
    );
    let told = admin.put_token(&Secret::new(scene.sim.token())).await.unwrap();
    assert_eq!(told, abonents.len(), "a good token");
    let refused = admin
        .put_token(&Secret::new("00000000-0000-4000-8000-000000000000"))
        .await
        .unwrap_err();
    assert_eq!(refused.code().as_str(), "token_refused", "{refused:?}");
    let user = scene.client(&scene.add_user(ME).await);
    assert_eq!(
        user.settings().await.unwrap_err().code().as_str(),
        "key_refused",
        "a user may not"
    );
    let bad = admin.place_call("не номер", Some(ME), "request-3").await.unwrap_err();
    assert_eq!(bad.code().as_str(), "bad_number", "{bad:?}");
    let nobody = RelayClient::new("http://127.0.0.1:9", Arc::new(|| Some(Secret::new("x")))).unwrap();
    assert_eq!(
        nobody.me().await.unwrap_err().code().as_str(),
        "relay_unreachable",
        "nobody is there"
    );
    let keyless = RelayClient::new(&scene.url(), Arc::new(|| None)).unwrap();
    assert!(matches!(keyless.me().await, Err(RelayError::NoKey)), "no key");
    assert!(
        RelayClient::new("ftp://relay", Arc::new(|| None)).is_err(),
        "no HTTP address"
    );
    scene.stop().await;
}
