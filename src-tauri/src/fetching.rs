//! Keeps the recordings coming: with the relay that the service has found, while network and battery allow it.

use crate::core::{Core, Way};
use crate::metered;
use perezvon_desk::recordings::Recordings;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the system is asked what the network costs.
const LOOK: Duration = Duration::from_mins(1);

/// Recordings are fetched, told and heard from now on, until the app quits.
pub(crate) fn start(core: &Arc<Core>) {
    core.runtime.spawn(run(Arc::clone(core)));
    if let Ok(listening) = core.listening() {
        core.runtime.spawn(Arc::clone(listening).run(core.quit.clone()));
    }
    let ready = core.ready.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(mut ready) = ready {
        let core = Arc::clone(core);
        core.runtime.clone().spawn(async move {
            while let Some(toast) = ready.recv().await {
                core.show(vec![toast]).await;
            }
        });
    }
}

async fn run(core: Arc<Core>) {
    let Ok(all) = core.recordings().cloned() else { return };
    let mending = Arc::clone(&all);
    match tokio::task::spawn_blocking(move || mending.mend()).await {
        Ok(Ok(mended)) => tracing::info!(?mended, "The recordings on disk were looked at"),
        Ok(Err(error)) => tracing::warn!(%error, "The recordings on disk could not be looked at"),
        Err(error) => tracing::error!(%error, "The recordings on disk could not be looked at"),
    }
    let dear = watch::Sender::new(false);
    let mut way = core.way();
    tokio::spawn(watch_cost(dear.clone(), core.quit.clone()));
    wake_with_changes(&core, &all);
    let mut dear = dear.subscribe();
    let mut kept = core.kept.subscribe();
    while !core.quit.is_cancelled() {
        let now = way.borrow_and_update().clone();
        let allowed = !*dear.borrow_and_update() || kept.borrow_and_update().metered;
        let stop = CancellationToken::new();
        let fetching = match now {
            Way::Open((relay, me)) if allowed => {
                let (all, stop, kept) = (Arc::clone(&all), stop.clone(), core.kept.subscribe());
                Some(tokio::spawn(async move {
                    all.run(&relay, me.is_some(), kept, &stop).await;
                }))
            }
            _ => None,
        };
        loop {
            tokio::select! {
                () = core.quit.cancelled() => break,
                _ = way.changed() => break,
                _ = dear.changed() => break,
                _ = kept.changed() => {
                    if (!*dear.borrow() || kept.borrow().metered) != allowed {
                        break;
                    }
                }
            }
        }
        stop.cancel();
        if let Some(Err(error)) = match fetching {
            Some(fetching) => Some(fetching.await),
            None => None,
        } {
            tracing::error!(%error, "Fetching recordings ended by itself");
        }
    }
}

/// A call's recording became ready: it is fetched at once.
fn wake_with_changes(core: &Core, all: &Arc<Recordings>) {
    let Ok(desk) = core.desk() else { return };
    let (mut changes, all) = (desk.changes(), Arc::clone(all));
    tokio::spawn(async move {
        while let Some(change) = changes.next().await {
            if !change.touched.recordings.is_empty() {
                all.wake();
            }
        }
    });
}

async fn watch_cost(dear: watch::Sender<bool>, quit: CancellationToken) {
    while !quit.is_cancelled() {
        let now = metered::is_dear().await;
        dear.send_if_modified(|told| std::mem::replace(told, now) != now);
        tokio::select! {
            () = quit.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}
