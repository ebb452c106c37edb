//! Toasts in a window of the app's own: where the service says that it has no buttons, where there is none, or by
//! preference; the same toasts, and at one place only.

use super::quiet::{answer, open, set};
use crate::harness::bus::Bus;
use crate::harness::notifications::{Clicks, FULL, Notifications, Shown};
use crate::harness::pbx::{from_client, simulator};
use crate::harness::{eventually, eventually_async};
use perezvon_app::Core;
use serde_json::{Value, json};
use std::sync::Arc;

/// The toasts of the own window, once they are as wished.
async fn own(core: &Arc<Core>, what: &str, wish: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let wish = &wish;
    eventually_async(what, || async move {
        let told = answer(core, "small.toasts", json!({})).await;
        let told = told.as_array().unwrap().clone();
        wish(&told).then_some(told)
    })
    .await
}

fn titled(toasts: &[Value], title: &str) -> bool {
    toasts
        .iter()
        .any(|toast| toast["title"].as_str().unwrap().contains(title))
}

/// All that one reads in it, from top to bottom.
fn words_of_own(toast: &Value) -> Vec<String> {
    let of = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = toast["lines"].as_array().unwrap().iter().map(of);
    let buttons = toast["buttons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|button| of(&button["label"]));
    std::iter::once(of(&toast["title"]))
        .chain(lines)
        .chain(buttons)
        .collect()
}

/// The same at the service, where the click on the body is an action too.
fn words_of(toast: &Shown) -> Vec<String> {
    let body = toast.body.lines().map(str::to_owned);
    let buttons = toast.actions.iter().filter(|(key, _)| key != "default");
    let buttons = buttons.map(|(_, label)| label.clone());
    std::iter::once(toast.summary.clone())
        .chain(body)
        .chain(buttons)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_buttons_has_the_app_show_its_own() {
    let (bus, sim) = (Bus::start(), simulator().await);
    let service = Notifications::with(&bus.address, &["body"], Clicks::Never).await;
    let dir = tempfile::tempdir().unwrap();
    let core = open(&bus, &sim, dir.path()).await;
    eventually_async("what the service can do", || async {
        let state = answer(&core, "frame.state", json!({})).await;
        (state["service"]["toasts"] == "plain").then_some(())
    })
    .await;

    sim.play("incoming-missed", from_client()).unwrap();
    let told = own(&core, "the missed call", |toasts| titled(toasts, "Пропущенный")).await;
    let missed = told.iter().find(|toast| toast["kind"] == "missed").unwrap();
    assert_eq!(missed["buttons"][0]["label"], "Перезвонить");
    let lines = missed["lines"].to_string();
    assert!(lines.contains("+7 (900) 000-00-99"), "{lines}");
    // Its button does what the toast's does.
    let press = json!({"key": missed["key"], "button": "call-back"});
    answer(&core, "small.press", press).await;
    eventually("the call", || sim.calls_placed().pop());
    own(&core, "the end of the toast", |toasts| !titled(toasts, "Пропущенный")).await;
    assert!(service.all().is_empty(), "nothing is shown twice: {:?}", service.all());
    core.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn by_preference_it_is_one_place_or_the_other_and_never_both() {
    let (bus, sim) = (Bus::start(), simulator().await);
    let service = Notifications::with(&bus.address, FULL, Clicks::Never).await;
    let dir = tempfile::tempdir().unwrap();
    let core = open(&bus, &sim, dir.path()).await;
    sim.play("incoming-missed", from_client()).unwrap();
    let first = service
        .toast(0, "the toast", |toast| toast.summary.contains("Пропущенный"))
        .await;
    assert!(own(&core, "nothing", |_| true).await.is_empty());

    set(&core, &[("popup", json!("always"))]).await;
    sim.play("incoming-missed", from_client()).unwrap();
    own(&core, "the second miss", |toasts| titled(toasts, "(×2)")).await;
    service.closing(first.id).await;
    let shown = service.all().len();

    set(&core, &[("popup", json!("never"))]).await;
    sim.play("incoming-missed", from_client()).unwrap();
    service
        .toast(shown, "the third miss", |toast| toast.summary.contains("(×3)"))
        .await;
    own(&core, "an empty window", <[Value]>::is_empty).await;
    core.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_service_the_app_shows_its_own_until_one_comes() {
    let (bus, sim) = (Bus::start(), simulator().await);
    let dir = tempfile::tempdir().unwrap();
    let core = open(&bus, &sim, dir.path()).await;
    sim.play("incoming-missed", from_client()).unwrap();
    let told = own(&core, "the missed call", |toasts| titled(toasts, "Пропущенный")).await;
    // They are seen, so nothing is wrong.
    eventually_async("a state without a trouble", || async {
        let state = answer(&core, "frame.state", json!({})).await["service"].clone();
        (state["toasts"] == "none" && state["trouble"].is_null()).then_some(())
    })
    .await;

    let service = Notifications::with(&bus.address, FULL, Clicks::Never).await;
    let missed = service
        .toast(0, "the same at the service", |toast| {
            toast.summary.contains("Пропущенный")
        })
        .await;
    assert_eq!(words_of_own(&told[0]), words_of(&missed), "the same, word for word");
    own(&core, "an empty window", <[Value]>::is_empty).await;
    sim.play("incoming-missed", from_client()).unwrap();
    service
        .toast(1, "the second miss", |toast| toast.summary.contains("(×2)"))
        .await;
    assert!(own(&core, "nothing", |_| true).await.is_empty());
    // What has changed its place is still the call's: it goes with the cause.
    let waiting = answer(&core, "queue.list", json!({"filter": {}, "cursor": null, "limit": 5})).await;
    let id = waiting["rows"][0]["id"].clone();
    answer(&core, "queue.done", json!({"ids": [id]})).await;
    service.closing(missed.id).await;

    // And the other way round: the service ends while it shows one.
    let before = service.all().len();
    sim.play("incoming-missed", from_client()).unwrap();
    service
        .toast(before, "the third miss", |toast| toast.summary.contains("Пропущенный"))
        .await;
    service.stop().await;
    own(&core, "what the service showed", |toasts| titled(toasts, "Пропущенный")).await;
    core.stop();
}
