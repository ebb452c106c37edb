//! What the window's tests and pictures show: real reports over a made-up January, written to `ui/tests/fake/report.json`.

use super::between;
use crate::common::{Bench, IVANOV, STRANGER, missed, ringing, talking};
use perezvon_core::snapshot::LineSnapshot;
use perezvon_core::{CallSnapshot, Direction, Outcome};
use perezvon_desk::view::{ReportPlace, ReportSettings};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::Path;

/// Calls of the month.
const CALLS: i64 = 420;

const ABONENTS: [(&str, &str); 4] = [
    ("9000000001@mpbx.sip.beeline.ru", "Иванов Пётр"),
    ("9000000002@mpbx.sip.beeline.ru", "Смирнова Анна"),
    ("9000000003@mpbx.sip.beeline.ru", "Кузнецов Олег"),
    ("9000000004@mpbx.sip.beeline.ru", "Попова Мария"),
];
const NUMBERS: [&str; 6] = [IVANOV, STRANGER, "+79000000097", "+79000000096", "102", ""];

/// The same in every run.
fn random(n: i64) -> i64 {
    ((n as u64 + 1)
        .wrapping_mul(6_364_136_223_846_793_005)
        .rotate_left(29)
        .wrapping_mul(2_862_933_555_777_941_757)
        >> 40) as i64
}

fn call(n: i64) -> CallSnapshot {
    let mut ring = ringing(&format!("call{n:03}"), n, NUMBERS[(random(n) % 6) as usize]);
    // Working hours of January, fewer on weekends.
    let mut day = random(n * 7) % 31;
    if (day + 3) % 7 > 4 && random(n) % 4 > 0 {
        day = (day + 3) % 31;
    }
    let minute = 9 * 60 + (random(n * 3) % 300 + random(n * 5) % 300);
    // 2026-01-01 00:00 in Moscow.
    let start = perezvon_core::Time::from_ms(1_767_214_800_000 + (day * 1440 + minute) * 60_000 + random(n) % 60_000);
    ring.abonent = Some(ABONENTS[(random(n * 11) % 10).min(3) as usize].0.to_owned());
    ring.line = Some(LineSnapshot {
        name: Some(["Отдел продаж", "Сервис"][(random(n * 13) % 2) as usize].to_owned()),
        ..LineSnapshot::default()
    });
    ring.started_at = Some(start);
    let seconds = 20 + random(n * 17) % 400;
    let mut call = match random(n * 19) % 10 {
        0..=1 => missed(&ring, n),
        2 => CallSnapshot {
            direction: Direction::Outgoing,
            outcome: Outcome::NoAnswer,
            ..missed(&ring, n)
        },
        kind => CallSnapshot {
            direction: if kind > 6 {
                Direction::Outgoing
            } else {
                Direction::Incoming
            },
            outcome: Outcome::Ended,
            talk_ms: Some(seconds * 1000),
            ..talking(&ring, n)
        },
    };
    call.updated_at = start.plus(3_600_000);
    call
}

#[test]
fn the_windows_reports_are_real_ones() {
    let bench = Bench::new();
    bench.contact("Орлова Марина", "ООО «Северный ветер»", &[IVANOV]);
    bench.contact("Жуков Пётр", "ООО «Лютик»", &["+79000000097"]);
    let calls: Vec<CallSnapshot> = (1..=CALLS).map(call).collect();
    bench.take(&calls);
    let names: HashMap<String, String> = ABONENTS
        .iter()
        .map(|(id, name)| ((*id).to_owned(), (*name).to_owned()))
        .collect();
    let variants = bench.desk.report_variants("user").unwrap();
    let january = |settings: &ReportSettings| ReportSettings {
        period: between("2026-01-01", "2026-01-31"),
        ..settings.clone()
    };
    let mut reports = Map::new();
    for variant in &variants.variants {
        let report = bench
            .desk
            .report("report", &january(&variant.settings), &names, 5_000)
            .unwrap();
        assert_eq!(i64::from(report.calls), CALLS, "all of January");
        reports.insert(variant.id.clone(), serde_json::to_value(report).unwrap());
    }
    let all = january(&ReportSettings::default());
    let pictures = bench.desk.report_pictures("report.pictures", &all, &names).unwrap();
    let place = ReportPlace {
        settings: all,
        path: Vec::new(),
        measure: None,
    };
    let page = bench.desk.report_calls(&place, None, 30).unwrap();
    let told: Value = json!({
        "words": bench.desk.report_words(&names).unwrap(),
        "variants": variants,
        "reports": reports,
        "pictures": pictures,
        "calls": page,
    });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/tests/fake/report.json");
    let text = serde_json::to_string(&told).unwrap() + "\n";
    if std::fs::read_to_string(&path).unwrap_or_default() != text {
        std::fs::write(&path, text).unwrap();
    }
}
