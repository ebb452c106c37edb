//! The control address: plays, switches and logs over HTTP, apart from the API and without its token.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use crate::{
    faults::FaultSettings,
    history::History,
    player::Cue,
    scripts::{Args, MODIFIERS, SCRIPTS},
    settings::AdditionalNumber,
    world::World,
};

/// What `GET /control` answers.
pub(crate) const HELP: &str = include_str!("control.txt");

type Shared = State<Arc<World>>;

/// All of `/control`.
pub(crate) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route("/control", get(|| async { HELP }))
        .route("/control/", get(|| async { HELP }))
        .route("/control/scripts", get(scripts))
        .route("/control/play", axum::routing::post(play_all))
        .route("/control/play/{name}", axum::routing::post(play))
        .route("/control/plays/{id}", get(finished))
        .route(
            "/control/calls",
            get(|State(w): Shared| async move { Json(w.lock().placed.clone()) }),
        )
        .route(
            "/control/requests",
            get(|State(w): Shared| async move { Json(w.lock().requests.all()) }),
        )
        .route(
            "/control/deliveries",
            get(|State(w): Shared| async move { Json(w.lock().deliveries.all()) }),
        )
        .route("/control/subscriptions", get(subscriptions))
        .route(
            "/control/numbers",
            get(|State(w): Shared| async move { Json(w.additional_numbers()) }),
        )
        .route("/control/truth", get(|State(w): Shared| async move { Json(w.truth()) }))
        .route("/control/faults", get(faults).post(set_faults).delete(clear_faults))
        .route("/control/history", axum::routing::post(history))
        .route("/control/timer", axum::routing::post(start_timer).delete(stop_timer))
        .with_state(Arc::clone(world))
}

fn refused(why: impl std::fmt::Display) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why.to_string() }))).into_response()
}

/// A JSON body; an empty one means the default. The content type does not matter.
fn body<T: DeserializeOwned + Default>(bytes: &[u8]) -> Result<T, String> {
    if bytes.trim_ascii().is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(bytes).map_err(|e| e.to_string())
}

async fn scripts() -> Response {
    let scripts: Vec<_> = SCRIPTS
        .iter()
        .map(|s| json!({ "name": s.name, "what": s.what }))
        .collect();
    let modifiers: Vec<_> = MODIFIERS
        .iter()
        .map(|(name, what)| json!({ "name": name, "what": what }))
        .collect();
    Json(json!({ "scripts": scripts, "modifiers": modifiers })).into_response()
}

#[derive(Deserialize)]
struct Wait {
    wait: Option<u8>,
}

impl Wait {
    fn asked(&self) -> bool {
        self.wait.is_some_and(|w| w != 0)
    }
}

async fn begin(world: &Arc<World>, cues: &[Cue], wait: &Wait) -> Response {
    match world.play(cues) {
        Ok(played) => {
            if wait.asked() {
                world.finished(played.id).await;
            }
            Json(played).into_response()
        }
        Err(error) => refused(format!("{error:#}")),
    }
}

async fn play(State(world): Shared, Path(name): Path<String>, Query(wait): Query<Wait>, bytes: Bytes) -> Response {
    match body::<Args>(&bytes) {
        Ok(args) => {
            begin(
                &world,
                &[Cue {
                    at_ms: 0,
                    play: name,
                    args,
                }],
                &wait,
            )
            .await
        }
        Err(why) => refused(why),
    }
}

async fn play_all(State(world): Shared, Query(wait): Query<Wait>, bytes: Bytes) -> Response {
    match body::<Vec<Cue>>(&bytes) {
        Ok(cues) => begin(&world, &cues, &wait).await,
        Err(why) => refused(why),
    }
}

async fn finished(State(world): Shared, Path(id): Path<u64>, Query(wait): Query<Wait>) -> Response {
    if wait.asked() {
        world.finished(id).await;
    }
    let running = world.lock().running.contains_key(&id);
    Json(json!({ "finished": !running })).into_response()
}

async fn subscriptions(State(world): Shared) -> Response {
    let told: Vec<_> = world
        .lock()
        .subscriptions
        .iter()
        .map(crate::subscriptions::Live::told)
        .collect();
    Json(told).into_response()
}

/// Answers when all of it is laid out and delivered.
async fn history(State(world): Shared, bytes: Bytes) -> Response {
    let asked = match body::<History>(&bytes) {
        Ok(asked) => asked,
        Err(why) => return refused(why),
    };
    match world.history(&asked).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(format!("{error:#}")),
    }
}

async fn faults(State(world): Shared) -> Response {
    Json(world.faults.get()).into_response()
}

async fn set_faults(State(world): Shared, bytes: Bytes) -> Response {
    match body::<FaultSettings>(&bytes) {
        Ok(settings) => {
            world.faults.set(settings);
            Json(world.faults.get()).into_response()
        }
        Err(why) => refused(why),
    }
}

async fn clear_faults(State(world): Shared) -> Response {
    world.faults.clear();
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Timer {
    every_ms: u64,
    scripts: Vec<String>,
}

async fn start_timer(State(world): Shared, bytes: Bytes) -> Response {
    let timer = match body::<Timer>(&bytes) {
        Ok(timer) => timer,
        Err(why) => return refused(why),
    };
    match world.start_timer(timer.every_ms, timer.scripts) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(format!("{error:#}")),
    }
}

async fn stop_timer(State(world): Shared) -> Response {
    world.stop_timer();
    StatusCode::NO_CONTENT.into_response()
}

impl World {
    /// Additional numbers, in the order of the abonents.
    pub(crate) fn additional_numbers(&self) -> Vec<AdditionalNumber> {
        let inner = self.lock();
        let of = |abonent: &String| {
            let (phone_number, schedule) = inner.settings.get(abonent)?.additional.clone()?;
            Some(AdditionalNumber {
                abonent: abonent.clone(),
                phone_number,
                schedule,
            })
        };
        let abonents = self.options.company.abonents.iter();
        abonents.filter_map(|a| of(&a.user_id)).collect()
    }

    /// Plays `scripts` in turn, one every `every_ms` real milliseconds, instead of what the
    /// timer did before. Errors: no script, an unknown one, less than 10 ms.
    pub(crate) fn start_timer(self: &Arc<Self>, every_ms: u64, scripts: Vec<String>) -> anyhow::Result<()> {
        anyhow::ensure!(every_ms >= 10, "every_ms is at least 10");
        anyhow::ensure!(!scripts.is_empty(), "no scripts");
        let plain = |name: &str| name.split('+').next().unwrap_or_default().to_owned();
        for name in &scripts {
            anyhow::ensure!(
                SCRIPTS.iter().any(|s| s.name == plain(name)),
                "no script named {name:?}"
            );
        }
        self.stop_timer();
        let stop = self.stop.child_token();
        self.lock().timer = Some(stop.clone());
        let world = Arc::clone(self);
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(every_ms));
            for turn in 0_usize.. {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = stop.cancelled() => return,
                }
                let cue = Cue {
                    at_ms: 0,
                    play: scripts[turn % scripts.len()].clone(),
                    args: Args::default(),
                };
                if let Err(error) = world.play(&[cue]) {
                    tracing::warn!("timer: {error:#}");
                }
            }
        });
        Ok(())
    }

    pub(crate) fn stop_timer(&self) {
        if let Some(timer) = self.lock().timer.take() {
            timer.cancel();
        }
    }
}
