//! Recording modes of abonents (reference 1.3): read in the background, and switched.

use super::{Company, may_be_done};
use crate::clock::Clock;
use crate::failed::Failed;
use crate::ledger::Ledger;
use crate::ledger::entry::{RecordingModeRead, RecordingModeSwitched, RecordingModesOutdated};
use crate::pbx::Pbx;
use crate::tables::LedgerError;
use crate::tables::abonents::{self, Recording};
use crate::tables::audit::Who;
use perezvon_pbx::rest::{Portal, PortalError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Age from which a recording mode is read anew, milliseconds.
const FRESH_MS: i64 = 24 * 60 * 60 * 1000;
/// How often the ages are checked.
const CHECK_INTERVAL: Duration = Duration::from_hours(1);
/// The pause after a failure of the PBX.
const RETRY_PAUSE: Duration = Duration::from_mins(10);

impl Company {
    /// Switches an abonent's recording at the PBX, reads it again, and stores the answer of the PBX, with a line in
    /// the audit.
    pub(crate) async fn switch_recording(
        &self,
        portal: &Portal,
        abonent: String,
        on: bool,
        who: Who,
    ) -> Result<Recording, Failed> {
        let asked = if on {
            portal.recording_on(&abonent).await
        } else {
            portal.recording_off(&abonent).await
        };
        let lost = match asked {
            Ok(()) => None,
            Err(error) if may_be_done(&error) => Some(error),
            Err(error) => return Err(error.into()),
        };
        let found = portal.recording(&abonent).await.map(Recording::from);
        let stored = found.as_ref().ok().copied();
        let switched = RecordingModeSwitched {
            abonent,
            asked: Recording::from(on),
            found: stored,
            who,
        };
        self.ledger.put(switched).await?;
        match (lost, found) {
            (Some(error), Ok(found)) if found != Recording::from(on) => Err(error.into()),
            (_, found) => Ok(found?),
        }
    }

    /// Has the recording modes of all abonents read anew, in the background.
    pub(crate) async fn read_recording_anew(&self) -> Result<(), LedgerError> {
        self.ledger.put(RecordingModesOutdated).await?;
        self.look_at_recording.notify_one();
        Ok(())
    }
}

/// Reads the recording modes that are not known or a day old, one abonent after the other, until `stop`.
pub(crate) async fn watch(company: Company, pbx: Pbx, clock: Clock, stop: CancellationToken) {
    let mut token = pbx.changes();
    loop {
        let woken = company.look_at_recording.notified();
        let wait = tokio::select! {
            wait = read_stale(&company.ledger, &pbx, &clock) => wait,
            () = stop.cancelled() => return,
        };
        tokio::select! {
            () = woken => {}
            _ = token.changed() => {}
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn read_stale(ledger: &Ledger, pbx: &Pbx, clock: &Clock) -> Duration {
    let Some(portal) = pbx.portal("recording") else {
        return CHECK_INTERVAL;
    };
    let now = clock.now();
    let stale = ledger
        .read(move |connection| abonents::recording_stale(connection, now, FRESH_MS))
        .await;
    let stale = match stale {
        Ok(stale) => stale,
        Err(error) => {
            tracing::warn!(%error, "whose recording is on could not be looked up");
            return RETRY_PAUSE;
        }
    };
    for (abonent, read_at) in stale {
        let found = match portal.recording(&abonent).await {
            Ok(on) => Some(Recording::from(on)),
            // The PBX gives no mode for this abonent; it is asked again tomorrow.
            Err(PortalError::Refused { .. } | PortalError::NotJson { .. } | PortalError::Invalid { .. }) => None,
            Err(error) => {
                tracing::warn!(code = error.code(), "whose recording is on could not be read");
                return RETRY_PAUSE;
            }
        };
        let read = RecordingModeRead {
            abonent,
            found,
            read_at,
        };
        let stored = ledger.put(read).await;
        if let Err(error) = stored {
            tracing::warn!(%error, "whose recording is on could not be stored");
            return RETRY_PAUSE;
        }
    }
    CHECK_INTERVAL
}
