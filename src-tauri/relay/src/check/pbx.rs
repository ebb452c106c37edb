//! The connection to the PBX and what the token permits.

use super::{Finding, Scene, limited};
use perezvon_core::Time;
use perezvon_pbx::rest::{
    Audio, ByteRange, CallRecord, PAGE_SIZES, Portal, PortalError, Reach, Reached, RecordFilter, RecordKey,
    StatisticsQuery, reach,
};
use std::time::{Duration, Instant};

/// Time limit of one request to a server.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest difference of the clocks that is not reported, milliseconds.
const CLOCK_TOLERANCE_MS: i64 = 60_000;
/// Difference of the clocks from which the check fails, milliseconds: certificates and the times of calls cannot be
/// trusted.
const CLOCK_USELESS_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// What one request without a token shows: clock, names, TLS.
pub(super) async fn look(scene: &Scene) -> Vec<Finding> {
    let start = Instant::now();
    let own = async {
        match &scene.callback {
            Some(url) if url.scheme() == "https" => Some(reach(url, REQUEST_TIMEOUT).await),
            _ => None,
        }
    };
    let (reached, own, name) = tokio::join!(reach(&scene.pbx_url, REQUEST_TIMEOUT), own, names(scene));
    let at = scene.clock.now();
    let mut findings = vec![
        clock(at, reached.as_ref().ok().and_then(|reached| reached.date)),
        match (&reached, name) {
            // A proxy resolves the names itself.
            (Ok(_), _) | (_, None) => Finding::well("dns", "Имена серверов находятся", "Names of servers are found"),
            (Err(_), Some(host)) => Finding::failed("dns", "name_not_found").with(&host, &host),
        },
        tls(scene, at, &reached, own.as_ref()),
    ];
    for finding in &mut findings {
        finding.ms = start.elapsed().as_millis() as u64;
    }
    findings
}

/// The first name that does not resolve.
async fn names(scene: &Scene) -> Option<String> {
    for url in [Some(&scene.pbx_url), scene.callback.as_ref()].into_iter().flatten() {
        let (Some(url::Host::Domain(host)), Some(port)) = (url.host(), url.port_or_known_default()) else {
            continue;
        };
        let found = tokio::time::timeout(REQUEST_TIMEOUT, tokio::net::lookup_host((host, port))).await;
        if !found.is_ok_and(|found| found.is_ok_and(|mut addresses| addresses.next().is_some())) {
            return Some(host.to_owned());
        }
    }
    None
}

fn clock(at: Time, pbx: Option<Time>) -> Finding {
    const ID: &str = "clock";
    // 2025-01-01 and 2100-01-01: a computer without a battery-backed clock starts in 1970.
    if !(1_735_689_600_000..4_102_444_800_000).contains(&at.ms()) {
        return Finding::failed(ID, "clock_wrong").with(at.to_string(), at.to_string());
    }
    let Some(pbx) = pbx else {
        return Finding::well(
            ID,
            format!("Часы: {at}; сравнить с АТС не удалось"),
            format!("Clock: {at}; the PBX's could not be asked"),
        );
    };
    let apart = at.ms() - pbx.ms();
    let seconds = apart / 1000;
    let (ru, en) = (format!("{seconds:+} с"), format!("{seconds:+} s"));
    if apart.abs() <= CLOCK_TOLERANCE_MS {
        return Finding::well(
            ID,
            format!("Часы идут как у АТС ({ru})"),
            format!("The clock goes as the PBX's ({en})"),
        );
    }
    let found = if apart.abs() <= CLOCK_USELESS_MS {
        Finding::warning
    } else {
        Finding::failed
    };
    found(ID, "clock_off").with(ru, en)
}

fn tls(
    scene: &Scene,
    at: Time,
    reached: &Result<Reached, PortalError>,
    own: Option<&Result<Reached, PortalError>>,
) -> Finding {
    const ID: &str = "tls";
    let is_refused =
        |look: &Result<Reached, PortalError>| matches!(look, Err(PortalError::Unreachable { reach: Reach::Tls }));
    if own.is_some_and(is_refused) {
        return Finding::failed(ID, "callback_tls");
    }
    if is_refused(reached) {
        return Finding::failed(ID, "pbx_unreachable_tls");
    }
    let ends = |look: &Result<Reached, PortalError>| look.as_ref().ok().and_then(|reached| reached.certificate_ends);
    let first = [ends(reached), own.and_then(ends)].into_iter().flatten().min();
    match (first, reached) {
        (Some(until), _) if until.ms() - at.ms() < 14 * DAY_MS => {
            Finding::warning(ID, "certificate_ends").with(until.to_string(), until.to_string())
        }
        (Some(until), _) => Finding::well(
            ID,
            format!("Сертификаты действуют до {until}"),
            format!("Certificates hold until {until}"),
        ),
        (None, Err(error)) => Finding::skipped(ID, error.code()),
        (None, Ok(_)) if scene.pbx_url.scheme() == "http" => Finding::well(
            ID,
            "Соединение с АТС без шифрования: так задан её адрес",
            "The connection to the PBX is not encrypted: its address says so",
        ),
        (None, Ok(_)) => Finding::well(ID, "Соединение с АТС защищено", "The connection to the PBX is secure"),
    }
}

/// Whether the token is accepted, and how many abonents it gives access to.
pub(super) async fn account(scene: &Scene) -> Vec<Finding> {
    let Some(portal) = &scene.portal else {
        return vec![
            Finding::failed("token", "no_token"),
            Finding::skipped("abonents", "no_token"),
        ];
    };
    let mut token = None;
    let abonents = limited("abonents", "pbx_timeout", async {
        match portal.abonents().await {
            Ok(list) => {
                token = Some(Finding::well(
                    "token",
                    "АТС принимает токен",
                    "The PBX accepts the token",
                ));
                match list.len() {
                    0 => Finding::failed("abonents", "no_abonents"),
                    n => Finding::well("abonents", format!("Абонентов у АТС: {n}"), format!("{n} abonents")),
                }
            }
            Err(PortalError::Unauthorized) => {
                token = Some(Finding::failed("token", "pbx_unauthorized"));
                Finding::skipped("abonents", "pbx_unauthorized")
            }
            Err(error) => Finding::failed("abonents", error.code()),
        }
    })
    .await;
    let mut token = token.unwrap_or_else(|| Finding::skipped("token", abonents.cause.unwrap_or("pbx_unreachable")));
    token.ms = abonents.ms;
    vec![token, abonents]
}

/// What the token may read, and the newest recording.
pub(super) async fn rights(scene: &Scene) -> Vec<Finding> {
    let Some(portal) = &scene.portal else {
        return vec![
            Finding::skipped("rights", "no_token"),
            Finding::skipped("recording", "no_token"),
        ];
    };
    let now = scene.clock.now();
    let mut listed = Ok(None);
    let rights = limited("rights", "pbx_timeout", async {
        let (numbers, statistics, newest) =
            tokio::join!(portal.numbers(), statistics(portal, now), newest(portal, now));
        let denied: Vec<(&str, &str)> = [
            (numbers.is_ok(), ("номера", "numbers")),
            (statistics.is_ok(), ("статистика", "statistics")),
            (newest.is_ok(), ("записи разговоров", "recordings")),
        ]
        .into_iter()
        .filter_map(|(ok, names)| (!ok).then_some(names))
        .collect();
        let error = [numbers.err(), statistics.err(), newest.as_ref().err().cloned()]
            .into_iter()
            .flatten()
            .next();
        listed = newest;
        match error {
            None => Finding::well(
                "rights",
                "Номера, статистика и записи разговоров читаются",
                "Numbers, statistics and recordings can be read",
            ),
            Some(PortalError::Refused { .. } | PortalError::Unauthorized) => {
                Finding::warning("rights", "rights_missing").with(names_of(&denied, true), names_of(&denied, false))
            }
            Some(error) => Finding::failed("rights", error.code()),
        }
    })
    .await;
    let recording = match listed {
        Err(error) => Finding::skipped("recording", error.code()),
        Ok(None) if rights.cause == Some("pbx_timeout") => Finding::skipped("recording", "pbx_timeout"),
        Ok(None) => Finding::well(
            "recording",
            "Записей разговоров за месяц нет: проверять нечего",
            "There is no recording of the last month to check",
        ),
        Ok(Some(record)) => limited("recording", "pbx_timeout", recording(portal, &record)).await,
    };
    vec![rights, recording]
}

fn names_of(denied: &[(&str, &str)], russian: bool) -> String {
    let names: Vec<_> = denied.iter().map(|(ru, en)| if russian { *ru } else { *en }).collect();
    names.join(", ")
}

async fn statistics(portal: &Portal, now: Time) -> Result<(), PortalError> {
    let query = StatisticsQuery {
        user: None,
        from: now.plus(-DAY_MS),
        to: now,
        page: 0,
        page_size: *PAGE_SIZES.start(),
    };
    match portal.statistics(&query).await {
        Err(error) if error.is_no_such_method() => portal.statistics_v1(&query).await.map(drop),
        ended => ended.map(drop),
    }
}

/// The newest recording of the last day, or else of the last month.
async fn newest(portal: &Portal, now: Time) -> Result<Option<CallRecord>, PortalError> {
    for days in [1, 30] {
        let filter = RecordFilter {
            user: None,
            from: Some(now.plus(-days * DAY_MS)),
            to: None,
        };
        let mut page = portal.records(filter, None).page().await?;
        if let Some(last) = page.records.pop() {
            return Ok(Some(last));
        }
    }
    Ok(None)
}

/// The first bytes of a recording; the client has already rejected error pages.
async fn recording(portal: &Portal, record: &CallRecord) -> Finding {
    const ID: &str = "recording";
    let range = ByteRange::Within { first: 0, last: 1023 };
    let beginning = async {
        let mut download = portal.download(RecordKey::Id(&record.id), Some(range)).await?;
        download.chunk().await
    };
    match beginning.await {
        Ok(Some(bytes)) if Audio::of(&bytes).is_some() => Finding::well(
            ID,
            "Запись разговора скачивается и звучит",
            "A recording can be downloaded and is audio",
        ),
        Ok(_) => Finding::failed(ID, "recording_not_audio"),
        Err(PortalError::Refused { .. } | PortalError::NotJson { .. }) => Finding::failed(ID, "recording_failed"),
        Err(error) => Finding::failed(ID, error.code()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;

    #[test]
    fn clocks_apart_are_told_by_how_much() {
        let pbx = Time::from_ms(1_800_000_000_000);
        for (apart, state) in [
            (0, CheckState::Ok),
            (-59_000, CheckState::Ok),
            (90_000, CheckState::Warning),
            (-90_000, CheckState::Warning),
            (2 * CLOCK_USELESS_MS, CheckState::Failed),
            (-2 * CLOCK_USELESS_MS, CheckState::Failed),
        ] {
            let finding = clock(pbx.plus(apart), Some(pbx));
            assert_eq!(finding.state, state, "{apart} ms: {finding:?}");
        }
        assert_eq!(clock(Time::from_ms(0), None).cause, Some("clock_wrong"), "1970");
        assert!(
            clock(pbx.plus(-90_000), Some(pbx)).detail.contains("-90 с"),
            "by how much and in which direction"
        );
    }
}
