//! The player: one for the whole app.

use super::{Answer, Bytes};
use crate::core::Core;
use crate::ipc::Failure;
use crate::player::{Listening, PlayerView, SoundDevice};
use perezvon_desk::Fault;
use perezvon_desk::view::MarkView;
use serde::Serialize;
use std::sync::Arc;
use ts_rs::TS;

room! {
    state {} -> PlayerView,
    /// Plays from where it was last listened to; one that is not here is fetched first.
    open { id: i64 } -> (),
    /// The newest recording of a call, by the relay's id; of an abonent's part in it.
    open_call { call: String, abonent: Option<String> } -> (),
    toggle {} -> (),
    play {} -> (),
    pause {} -> (),
    seek { to_ms: i64 } -> (),
    speed { value: f32 } -> (),
    volume { value: f32 } -> (),
    skip_silence { skips: bool } -> (),
    devices {} -> Devices,
    /// None: the system's own.
    device { id: Option<String> } -> (),
    close {} -> (),
    /// The waveform: a byte for each fiftieth of a second, one channel after the other.
    levels {} -> Bytes,
    mark { id: i64, at_ms: i64, note: String } -> MarkView,
    set_mark { mark: i64, note: String } -> (),
    remove_mark { mark: i64 } -> (),
}

/// The sound devices.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub(super) struct Devices {
    /// The chosen one's id; none: the system's own.
    chosen: Option<String>,
    /// All that there are now.
    all: Vec<SoundDevice>,
}

/// Work that may touch the disk or ask the system, off the async threads.
async fn with<T: Send + 'static>(
    core: &Core,
    work: impl FnOnce(&Listening) -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let listening = Arc::clone(core.listening()?);
    tokio::task::spawn_blocking(move || work(&listening))
        .await
        .map_err(|_| Failure::of(Fault::Storage))?
}

async fn state(core: &Arc<Core>) -> Answer<PlayerView> {
    Ok(core.listening()?.view().borrow().clone())
}

async fn open(core: &Arc<Core>, id: i64) -> Answer<()> {
    with(core, move |listening| listening.open(id)).await
}

async fn open_call(core: &Arc<Core>, call: String, abonent: Option<String>) -> Answer<()> {
    core.may_see(abonent.is_some())?;
    let id = core
        .with_desk(move |desk| desk.recording_of_call(&call, abonent.as_deref()))
        .await?;
    open(core, id).await
}

async fn toggle(core: &Arc<Core>) -> Answer<()> {
    core.listening()?.toggle();
    Ok(())
}

async fn play(core: &Arc<Core>) -> Answer<()> {
    core.listening()?.play();
    Ok(())
}

async fn pause(core: &Arc<Core>) -> Answer<()> {
    core.listening()?.pause();
    Ok(())
}

async fn seek(core: &Arc<Core>, to_ms: i64) -> Answer<()> {
    core.listening()?.seek(to_ms);
    Ok(())
}

async fn speed(core: &Arc<Core>, value: f32) -> Answer<()> {
    with(core, move |listening| listening.set_speed(value)).await
}

async fn volume(core: &Arc<Core>, value: f32) -> Answer<()> {
    with(core, move |listening| listening.set_volume(value)).await
}

async fn skip_silence(core: &Arc<Core>, skips: bool) -> Answer<()> {
    with(core, move |listening| listening.set_skips_silence(skips)).await
}

async fn devices(core: &Arc<Core>) -> Answer<Devices> {
    with(core, |listening| {
        let (chosen, all) = listening.devices();
        Ok(Devices { chosen, all })
    })
    .await
}

async fn device(core: &Arc<Core>, id: Option<String>) -> Answer<()> {
    with(core, move |listening| listening.set_device(id)).await
}

async fn close(core: &Arc<Core>) -> Answer<()> {
    with(core, |listening| {
        listening.close();
        Ok(())
    })
    .await
}

async fn levels(core: &Arc<Core>) -> Answer<Bytes> {
    with(core, |listening| Ok(Bytes(listening.levels()))).await
}

async fn mark(core: &Arc<Core>, id: i64, at_ms: i64, note: String) -> Answer<MarkView> {
    let noted = note.trim().to_owned();
    let mark = core.with_desk(move |desk| desk.add_mark(id, at_ms, &note)).await?;
    Ok(MarkView {
        id: mark,
        at_ms,
        note: noted,
    })
}

async fn set_mark(core: &Arc<Core>, mark: i64, note: String) -> Answer<()> {
    core.with_desk(move |desk| desk.set_mark(mark, &note)).await
}

async fn remove_mark(core: &Arc<Core>, mark: i64) -> Answer<()> {
    core.with_desk(move |desk| desk.remove_mark(mark)).await
}
