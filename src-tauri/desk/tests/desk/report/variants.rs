//! Reports with a name.

use super::between;
use crate::common::Bench;
use perezvon_desk::view::{Grouping, ReportSettings};

#[test]
fn variants_are_kept_shared_and_begun_with() {
    let bench = Bench::new();
    let mine = ReportSettings {
        groupings: vec![Grouping::Week],
        period: between("2026-01-01", "2026-01-31"),
        ..ReportSettings::default()
    };
    let id = bench.desk.save_report_variant(None, " Неделя ", &mine).unwrap();
    let other = bench.desk.save_report_variant(None, "Другой", &mine).unwrap();
    assert_ne!(id, other);
    bench.desk.begin_reports_with("user", &id).unwrap();
    let (name, file) = bench.desk.share_report_variant(&id).unwrap();
    assert_eq!(name, "Неделя");
    bench.desk.save_report_variant(Some(&id), "Неделя 2", &mine).unwrap();
    let bench = bench.killed();
    let all = bench.desk.report_variants("user").unwrap();
    assert_eq!(all.first, id);
    let names: Vec<&str> = all
        .variants
        .iter()
        .filter(|one| !one.own)
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["Другой", "Неделя 2"], "by name");
    assert_eq!(
        bench.desk.report_variants("admin").unwrap().first,
        "abonents",
        "each role has its own"
    );
    let taken = bench.desk.take_report_variant(&format!("\u{feff}{file}")).unwrap();
    let all = bench.desk.report_variants("user").unwrap().variants;
    let taken = all.into_iter().find(|one| one.id == taken).unwrap();
    assert_eq!((taken.name.as_str(), &taken.settings), ("Неделя", &mine));
    bench.desk.delete_report_variant(&id).unwrap();
    assert_eq!(
        bench.desk.report_variants("user").unwrap().first,
        "analysis",
        "where it is gone, the usual one"
    );
}

#[test]
fn what_is_no_variant_is_refused() {
    let bench = Bench::new();
    let good = ReportSettings::default();
    let code = |text: &str| bench.desk.take_report_variant(text).unwrap_err().code().as_str();
    let (_, file) = bench.desk.share_report_variant("analysis").unwrap();
    assert_eq!(code("{}"), "bad_report");
    assert_eq!(code(&file.replace("perezvon-report", "other")), "bad_report");
    assert_eq!(code(&file.replace("\"version\": 1", "\"version\": 2")), "bad_report");
    assert_eq!(
        code(&file.replace("\"rows\": true", "\"rows\": true, \"more\": 1")),
        "bad_report"
    );
    assert_eq!(code(&file.replace("talk_sum", "talk_max")), "bad_report");
    assert_eq!(
        bench
            .desk
            .save_report_variant(None, " ", &good)
            .unwrap_err()
            .code()
            .as_str(),
        "name_missing"
    );
    assert_eq!(
        bench
            .desk
            .save_report_variant(None, &"я".repeat(81), &good)
            .unwrap_err()
            .code()
            .as_str(),
        "too_long"
    );
    assert_eq!(
        bench
            .desk
            .save_report_variant(Some("analysis"), "Мой", &good)
            .unwrap_err()
            .code()
            .as_str(),
        "not_found"
    );
    assert_eq!(
        bench
            .desk
            .delete_report_variant("analysis")
            .unwrap_err()
            .code()
            .as_str(),
        "not_found"
    );
}
