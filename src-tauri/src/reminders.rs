//! Reminders of the queue «Надо перезвонить»: raised when their time has come, also after a restart or a night's sleep.

use crate::core::Core;
use perezvon_core::Time;
use perezvon_desk::Desk;
use std::sync::Arc;
use std::time::Duration;

/// How often the clock is looked at: it goes on while the machine sleeps, and a timer may not.
const LOOK: Duration = Duration::from_secs(2);

/// Runs until the app ends.
pub(crate) async fn run(core: Arc<Core>) {
    let Ok(desk) = core.desk().cloned() else { return };
    let mut changes = desk.changes();
    let mut next = read(&core, &desk).await;
    loop {
        while next.is_some_and(|at| at <= desk.now()) {
            match core.with_desk(Desk::remind).await {
                Ok(ops) => core.show(ops).await,
                // It is tried again after a while.
                Err(_) => break,
            }
            next = read(&core, &desk).await;
        }
        tokio::select! {
            () = core.quit.cancelled() => return,
            changed = changes.next() => match changed {
                Some(change) if !change.touched.callbacks.is_empty() => next = read(&core, &desk).await,
                Some(_) => {}
                None => return,
            },
            // Without a reminder there is nothing to look for.
            () = tokio::time::sleep(LOOK), if next.is_some() => {}
        }
    }
}

/// When to look again: at the next reminder, and soon where the storage did not answer.
async fn read(core: &Core, desk: &Desk) -> Option<Time> {
    let next = core.with_desk(Desk::next_reminder).await;
    next.unwrap_or_else(|_| Some(desk.now().plus(LOOK.as_millis() as i64)))
}
