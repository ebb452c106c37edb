//! The window's rows and cards.

use crate::common::{Bench, IVANOV, STRANGER, answered_by, ended, filter, missed, ringing, talking};
use perezvon_desk::DeskError;

fn ids(bench: &Bench, kind: &str, query: &str) -> Vec<String> {
    let filter = filter(kind, query);
    bench
        .desk
        .calls(&filter, None, 50)
        .unwrap()
        .rows
        .into_iter()
        .map(|row| row.id)
        .collect()
}

fn bench() -> Bench {
    let bench = Bench::new();
    bench.contact("Ёлкин Пётр", "ООО «Ромашка»", &[IVANOV]);
    let mut outgoing = ended(&ringing("out", 3, STRANGER), 3);
    outgoing.direction = perezvon_core::Direction::Outgoing;
    let mut colleague = ended(&ringing("int", 4, "102"), 4);
    colleague.party.name = Some("Сидорова Ольга".to_owned());
    let others = [
        answered_by(&ringing("else", 2, STRANGER), 2, "Петров Иван"),
        outgoing,
        colleague,
    ];
    for call in [missed(&ringing("miss", 1, IVANOV), 1)]
        .iter()
        .chain(&others)
        .chain([&ringing("hid", 5, "")])
    {
        bench.ops(call);
    }
    bench
}

#[test]
fn the_call_list_filters_and_searches() {
    let bench = bench();
    let table: [(&str, &str, &[&str]); 13] = [
        ("all", "", &["hid", "int", "out", "else", "miss"]),
        ("incoming", "", &["hid", "int", "else", "miss"]),
        ("outgoing", "", &["out"]),
        ("missed", "", &["miss"]),
        ("waiting", "", &["miss"]),
        ("unregistered", "", &["int", "out", "else"]),
        ("all", "елкин", &["miss"]),
        ("all", "ромашка", &["miss"]),
        ("all", "сидорова", &["int"]),
        ("all", "8 900 000-00-98", &["out", "else"]),
        ("all", "00 99", &["miss"]),
        ("outgoing", "0098", &["out"]),
        ("all", "никто", &[]),
    ];
    for (kind, query, expected) in table {
        assert_eq!(ids(&bench, kind, query), expected, "{kind:?} {query:?}");
    }
}

#[test]
fn pages_follow_each_other_without_gap_or_repeat() {
    let bench = bench();
    let (mut cursor, mut seen) = (None::<String>, vec![]);
    loop {
        let page = bench.desk.calls(&filter("all", ""), cursor.as_deref(), 2).unwrap();
        seen.extend(page.rows.into_iter().map(|row| row.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(
        seen,
        ["hid", "int", "out", "else", "miss"],
        "every call once, newest first"
    );
}

#[test]
fn a_row_tells_what_is_known() {
    let bench = bench();
    let row = bench.desk.call("miss", None).unwrap().row;
    assert_eq!(row.name.as_deref(), Some("Ёлкин Пётр"), "contact");
    assert_eq!(row.number.as_deref(), Some("+7 (900) 000-00-99"), "formatted");
    assert_eq!(row.number_key.as_deref(), Some(IVANOV), "key");
    assert_eq!(
        (row.outcome.as_str(), row.direction.as_str()),
        ("missed", "incoming"),
        "the contract's words"
    );
    assert_eq!(
        (row.wait_ms, row.talk_ms, row.document_id),
        (Some(18_000), None, Some(1)),
        "figures"
    );
    assert_eq!(row.line.as_deref(), Some("Отдел продаж"), "line");
    assert_eq!(row.started_at.as_deref(), Some("2026-01-31T11:32:00.000Z"), "UTC");
    assert!(row.to_call_back, "he waits");
    let row = bench.desk.call("else", None).unwrap().row;
    assert_eq!(
        (row.answered_by.as_deref(), row.document_id),
        (Some("Петров Иван"), None),
        "a colleague's call"
    );
    let row = bench.desk.call("hid", None).unwrap().row;
    assert_eq!((row.hidden, row.number, row.name), (true, None, None), "hidden");
    assert!(
        matches!(bench.desk.call("none", None), Err(DeskError::NotFound)),
        "no such call"
    );
}

#[test]
fn a_card_and_a_call_show_the_person_over_all_his_numbers() {
    let bench = Bench::new();
    let id = bench.contact("Иванов Пётр", "", &[IVANOV, STRANGER]);
    let first = ringing("a", 1, IVANOV);
    bench.take(&[
        ended(&first, 1),
        missed(&ringing("b", 2, STRANGER), 2),
        talking(&ringing("c", 3, "102"), 3),
    ]);
    let card = bench.desk.contact(id).unwrap();
    assert_eq!(
        card.calls.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
        ["b", "a"],
        "newest first"
    );
    let call = bench.desk.call("a", None).unwrap();
    assert_eq!(
        call.history.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
        ["b"],
        "the others"
    );
    assert_eq!(call.legs.len(), 1, "its way");
    assert!(call.legs[0].own && !call.legs[0].system, "the own leg");
}

#[test]
fn a_document_has_a_note_and_follows_its_call() {
    let bench = Bench::new();
    let call = ringing("a", 1, IVANOV);
    bench.take(&[missed(&call, 2)]);
    bench.note("a", "перезвонить завтра");
    bench.take(&[ended(&call, 3)]);
    let document = bench.desk.document(1).unwrap();
    assert_eq!(
        (document.number.as_str(), document.written.note.as_str()),
        ("000000001", "перезвонить завтра"),
        "number, note"
    );
    assert_eq!(document.call.outcome.as_str(), "ended", "better evidence came later");
    assert!(
        matches!(bench.desk.document(2), Err(DeskError::NotFound)),
        "and made no second document"
    );
}

#[test]
fn the_list_of_notifications_leads_to_its_records() {
    let bench = bench();
    let rows = bench.desk.notifications(None, 10).unwrap();
    let kinds: Vec<_> = rows
        .iter()
        .map(|row| (row.kind.as_str(), row.route.as_deref()))
        .collect();
    assert_eq!(
        kinds,
        [("incoming", Some("call/hid")), ("missed", Some("call/miss"))],
        "newest first"
    );
    assert_eq!(
        rows[1].call_back.as_deref(),
        Some(IVANOV),
        "can be called back from the list"
    );
    assert!(rows[1].body.contains("14:32"), "the lines: {}", rows[1].body);
    let older = bench.desk.notifications(Some(rows[0].id), 10).unwrap();
    assert_eq!(older.len(), 1, "the next page");
    assert_eq!(bench.desk.counts().unwrap().unseen, 1, "the missed call wants a look");
    bench.desk.notification_seen(Some(rows[0].id)).unwrap();
    assert_eq!(bench.desk.counts().unwrap().unseen, 1, "another one was looked at");
    bench.desk.notification_seen(None).unwrap();
    assert_eq!(bench.desk.counts().unwrap().unseen, 0, "all");
}
