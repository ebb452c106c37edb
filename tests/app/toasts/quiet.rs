//! Quiet hours, over the real core, the relay inside it, a simulated PBX and a notification service: what happens in them
//! comes after them, and what is over by then does not.

use crate::harness::bus::Bus;
use crate::harness::notifications::Notifications;
use crate::harness::pbx::{from_client, simulator, subscribed};
use crate::harness::{eventually, eventually_async};
use perezvon_app::toast::Options;
use perezvon_app::{Args, Core, Given, Reply, Shell, ask};
use perezvon_sim::Sim;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A desktop that is asked for nothing here.
struct Nowhere;

impl Shell for Nowhere {
    fn show(&self, _route: &str, _token: Option<String>) {}

    fn panel(&self, _token: Option<String>) {}

    fn autostart(&self, _on: bool) -> std::io::Result<()> {
        Ok(())
    }

    fn starts_with_system(&self) -> std::io::Result<bool> {
        Ok(false)
    }

    fn mend_autostart(&self) -> std::io::Result<bool> {
        Ok(false)
    }

    fn downloads(&self) -> Option<PathBuf> {
        None
    }

    fn reveal(&self, _file: &Path) -> std::io::Result<()> {
        Ok(())
    }

    fn open_file(&self, _file: &Path) -> std::io::Result<()> {
        Ok(())
    }

    fn start_again(&self, _example: bool) {}
}

pub(super) async fn answer(core: &Arc<Core>, name: &str, body: Value) -> Value {
    match ask(core, name, body).await {
        Ok(Reply::Json(json)) => serde_json::from_str(&json).unwrap(),
        other => panic!("{name}: {other:?}"),
    }
}

/// Changes some settings.
pub(super) async fn set(core: &Arc<Core>, changes: &[(&str, Value)]) {
    let mut settings = answer(core, "frame.state", json!({})).await["settings"].clone();
    for (name, value) in changes {
        settings[*name] = value.clone();
    }
    answer(core, "settings.save", json!({"settings": settings})).await;
}

pub(super) async fn open(bus: &Bus, sim: &Sim, dir: &Path) -> Arc<Core> {
    let options = Options {
        app_name: "Перезвон".to_owned(),
        desktop_entry: "Perezvon".to_owned(),
        app_id: "ru.perezvon.test".to_owned(),
        icon_dir: dir.join("icons"),
        icons: &[],
        bus: Some(bus.address.clone()),
    };
    let given = Given {
        pbx_url: Some(sim.rest_url()),
        demo: true,
        ..Given::default()
    };
    let core = perezvon_app::open(Arc::new(Nowhere), dir.to_owned(), &Args::default(), given, options);
    let token = json!({"token": sim.token(), "insecure": true});
    answer(&core, "connection.save_token", token).await;
    subscribed(sim).await;
    core
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_up_in_quiet_hours_and_what_was_missed_comes_after_them() {
    let (bus, sim) = (Bus::start(), simulator().await);
    let toasts = Notifications::start(&bus.address).await;
    let dir = tempfile::tempdir().unwrap();
    let core = open(&bus, &sim, dir.path()).await;
    let shown = |what: &str| toasts.all().iter().any(|toast| toast.summary.contains(what));
    // From a time to the same time is all day.
    let quiet = [
        ("quiet", json!(true)),
        ("quietFrom", json!("09:00")),
        ("quietTill", json!("09:00")),
    ];
    set(&core, &quiet).await;

    sim.play("incoming-missed", from_client()).unwrap();
    let waiting = |count: u64| {
        let core = &core;
        eventually_async("the missed call in the queue", move || async move {
            let state = answer(core, "frame.state", json!({})).await;
            (state["toCallBack"] == count).then_some(())
        })
    };
    waiting(1).await;
    assert!(toasts.all().is_empty(), "quiet: {:?}", toasts.all());

    // An example is shown at once: it is asked for by hand.
    answer(&core, "settings.show_sample", json!({"of": "incoming"})).await;
    eventually("the example", || shown("Орлова Дарья").then_some(()));
    // So is how one's own call goes.
    answer(&core, "calls.call_back", json!({"number": "+79000000077"})).await;
    eventually("the progress", || shown("Снимите трубку").then_some(()));
    assert!(!shown("Пропущенный"));

    set(&core, &[("quiet", json!(false))]).await;
    eventually("the missed call, after the quiet hours", || {
        shown("Пропущенный").then_some(())
    });
    assert!(!shown("Входящий"), "what rang then rings no longer");

    // Many callers are one summary.
    set(&core, &quiet).await;
    let before = toasts.all().len();
    for n in 1..=4 {
        let caller = perezvon_sim::Args {
            number: Some(format!("+7900000020{n}")),
            ..perezvon_sim::Args::default()
        };
        sim.play("incoming-missed", caller).unwrap();
    }
    waiting(5).await;
    set(&core, &[("quiet", json!(false))]).await;
    eventually("the summary", || shown("Пока вас не было").then_some(()));
    let missed = toasts.all()[before..]
        .iter()
        .filter(|toast| toast.summary.contains("Пропущенный"))
        .count();
    assert_eq!(missed, 0, "nobody is told twice");
    core.stop();
}
