//! «Посмотреть на примере»: a fictional company, for a person who has no token yet. Its PBX is the simulator; relay, desk,
//! toasts and window are the real ones, so what is seen is what the app does. The app is started for it anew, with a folder
//! of its own inside the data folder: new each time, and gone at the next start without it. Nothing of the person's is read
//! there, and no token, key or company's relay is taken (`Core::is_mine`).

use crate::args::Given;
use crate::core::Core;
use crate::secrets;
use perezvon_sim::{Args, Deliver, History, Options, Sim};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// In the data folder.
pub(crate) const FOLDER: &str = "perezvon-example";

/// From the window to the first call, and from one call to the next.
const FIRST: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_secs(20);
/// How often it is looked whether calls arrive.
const LOOK: Duration = Duration::from_millis(200);
/// Calls of the last days, which the company's statistics have.
const PAST: u32 = 60;
/// What the simulator remembers of requests and events: nobody asks it.
const REMEMBERED: usize = 100;
/// Long enough to read the toast.
const RING_MS: i64 = 7_000;
const TALK_MS: i64 = 9_000;

/// Who calls: contacts of the demonstration (`service/demo.rs`), and 709, whom nobody knows.
const CALLERS: &[&str] = &[
    "+79000000701",
    "+79000000702",
    "+79000000703",
    "+79000000704",
    "+74950000705",
    "+79000000706",
    "+79000000709",
];

/// What happens in turn: script, whose phone (101 is the person's), and the other's number.
const ACTS: &[(&str, &str, Option<&str>)] = &[
    ("incoming-answered", "101", Some("+79000000701")),
    ("incoming-missed", "101", Some("+79000000702")),
    ("internal", "102", None),
    ("group-answered", "102", Some("+79000000703")),
    ("outgoing-answered", "101", Some("+79000000706")),
    ("incoming-missed", "101", Some("+79000000709")),
    ("incoming-answered", "101", Some("+74950000705")),
    ("hidden-number", "101", None),
];

/// Removes what an earlier example has left.
pub(crate) fn remove(data_dir: &Path) {
    match std::fs::remove_dir_all(data_dir.join(FOLDER)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "What the example has left could not be removed");
        }
        _ => {}
    }
}

/// The company's PBX, at a port of this machine that takes nothing but what the relay needs, with a token of its own.
pub(crate) async fn pbx() -> anyhow::Result<Sim> {
    let sim = Sim::start(Options {
        token: uuid::Uuid::new_v4().to_string(),
        control: false,
        log_limit: REMEMBERED,
        ..Options::default()
    })
    .await?;
    let past = History {
        calls: PAST,
        numbers: CALLERS.iter().map(|number| (*number).to_owned()).collect(),
        deliver: Deliver::Nothing,
        ..History::default()
    };
    sim.history(&past).await?;
    Ok(sim)
}

/// What the app is given for it.
pub(crate) fn given(sim: &Sim) -> Given {
    Given {
        pbx_url: Some(sim.rest_url()),
        token: secrets::parse(sim.token()),
        demo: true,
        contacts: true,
        example: true,
        ..Given::default()
    }
}

/// Lets people call until the app ends.
pub(crate) async fn play(core: Arc<Core>, sim: Sim) {
    let calls = async {
        while sim.subscriptions().is_empty() {
            tokio::time::sleep(LOOK).await;
        }
        tokio::time::sleep(FIRST).await;
        for (script, abonent, number) in ACTS.iter().cycle() {
            let args = Args {
                abonent: Some((*abonent).to_owned()),
                colleague: Some("101".to_owned()),
                number: number.map(str::to_owned),
                ring_ms: Some(RING_MS),
                talk_ms: Some(TALK_MS),
                ..Args::default()
            };
            if let Err(error) = sim.play(script, args) {
                tracing::warn!(%error, script, "The example cannot go on");
            }
            tokio::time::sleep(INTERVAL).await;
        }
    };
    tokio::select! {
        () = core.quit.cancelled() => {}
        () = calls => {}
    }
    sim.shutdown().await;
}
