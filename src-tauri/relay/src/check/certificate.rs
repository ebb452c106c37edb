//! The certificate of the relay's own listener.

use super::{Finding, Scene};
use crate::tls::TlsState;
use perezvon_core::Time;

/// Remaining life below which a certificate is a warning, milliseconds: ACME programs renew a month before the end.
const EXPIRES_SOON_MS: i64 = 14 * DAY_MS;
const DAY_MS: i64 = 86_400_000;

pub(super) fn certificate(scene: &Scene) -> Finding {
    match &scene.running {
        None => Finding::skipped("certificate", "relay_off"),
        Some(running) => match &running.listening.tls {
            None => Finding::skipped("certificate", "tls_off"),
            Some(tls) => of(&tls.state(), scene.clock.now()),
        },
    }
}

fn of(tls: &TlsState, now: Time) -> Finding {
    const ID: &str = "certificate";
    let why = |finding: Finding| match &tls.failure {
        Some(failure) => finding.with(failure, failure),
        None => finding,
    };
    let Some(until) = tls.until else {
        return why(Finding::failed(ID, "certificate_missing"));
    };
    let date = chrono::DateTime::from_timestamp_millis(until.ms()).map(|at| at.date_naive());
    let date = date.map(|date| date.to_string()).unwrap_or_default();
    let (ru, en) = (format!("действует до {date}"), format!("good until {date}"));
    let left = until.since(now);
    if left <= 0 {
        Finding::failed(ID, "certificate_expired").with(ru, en)
    } else if tls.failure.is_some() {
        why(Finding::failed(ID, "certificate_failing").with(ru, en))
    } else if left < EXPIRES_SOON_MS {
        Finding::warning(ID, "own_certificate_ends").with(ru, en)
    } else {
        Finding::well(
            ID,
            format!("Сертификат сервера действует до {date}"),
            format!("The server's certificate is good until {date}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;

    #[test]
    fn a_certificate_is_judged_by_its_time_and_its_renewal() {
        let now = Time::from_ms(1_760_000_000_000);
        let in_days = |days: i64| Some(now.plus(days * DAY_MS));
        for (until, failure, state, cause) in [
            (in_days(60), None, CheckState::Ok, None),
            (in_days(14), None, CheckState::Ok, None),
            (in_days(13), None, CheckState::Warning, Some("own_certificate_ends")),
            (
                in_days(60),
                Some("key"),
                CheckState::Failed,
                Some("certificate_failing"),
            ),
            (in_days(0), None, CheckState::Failed, Some("certificate_expired")),
            (None, Some("authority"), CheckState::Failed, Some("certificate_missing")),
        ] {
            let tls = TlsState {
                mode: "files",
                until,
                failure: failure.map(str::to_owned),
            };
            let finding = of(&tls, now);
            assert_eq!((finding.state, finding.cause), (state, cause), "{tls:?}");
        }
    }
}
