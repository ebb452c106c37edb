//! Search: any text is answered, with the same calls as a look at every one of them.

use crate::common::{Bench, draft, ended, filter, missed, noon, ringing};
use perezvon_core::{CallSnapshot, Number};
use perezvon_desk::view::{CallRow, CallsAt, CallsSpan, ContactBefore, ContactDraft};
use perezvon_desk::{ImportHow, Language, read_contacts};
use proptest::prelude::*;

fn found(bench: &Bench, kind: &str, query: &str, page: u32) -> Vec<String> {
    let filter = filter(kind, query);
    let (mut ids, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = bench
            .desk
            .calls_between("list", &filter, CallsSpan::default(), (cursor.as_deref(), false), page)
            .unwrap();
        ids.extend(page.rows.into_iter().map(|row| row.id));
        cursor = page.next;
        if cursor.is_none() {
            return ids;
        }
    }
}

fn fold(text: &str) -> String {
    text.to_lowercase().replace('ё', "е")
}

/// The same by a look at each call: all words in name, contact or digits.
fn by_hand(calls: &[(CallSnapshot, String)], query: &str) -> Vec<String> {
    let digits = Number::digits_of_query(query);
    let folded = fold(query);
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let has = |(call, names): &&(CallSnapshot, String)| {
        let number = call.party.number().search_digits();
        match &digits {
            Some(digits) => number.contains(digits.as_str()),
            None => words.iter().all(|word| names.contains(word) || number.contains(word)),
        }
    };
    calls
        .iter()
        .rev()
        .filter(has)
        .map(|(call, _)| call.id.clone())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_a_look_at_every_call_finds(
        names in prop::collection::vec("[аёеbъ\"*' (-]{0,8}", 1..8),
        queries in prop::collection::vec("[аёЕB\"*'ъ (-]{0,5}|[0-9 +(]{0,6}", 1..12),
        page in 1..4_u32,
    ) {
        let bench = Bench::new();
        let mut calls = Vec::new();
        for (n, name) in names.iter().enumerate() {
            let mut call = ended(&ringing(&format!("c{n}"), n as i64 + 1, &format!("+7900000{n:04}")), n as i64 + 1);
            call.party.name = Some(name.clone());
            let told = if name.chars().any(char::is_alphabetic) { fold(name.trim()) } else { String::new() };
            calls.push((call, told));
        }
        bench.take(&calls.iter().map(|(call, _)| call.clone()).collect::<Vec<_>>());
        for query in &queries {
            prop_assert_eq!(found(&bench, "all", query, page), by_hand(&calls, query), "{:?}", query);
        }
    }

    #[test]
    fn any_text_is_answered(query in ".{0,40}") {
        let bench = Bench::new();
        bench.contact("Иванов Пётр", "", &["+79000000099"]);
        bench.take(&[ended(&ringing("a", 1, "+79000000099"), 1)]);
        for kind in ["all", "missed", "waiting", "unregistered"] {
            found(&bench, kind, &query, 2);
        }
        bench.desk.contacts(&query, None, 5).unwrap();
    }
}

/// What can be done to contacts, by a word of two letters: which, and to whom.
fn change_contacts(bench: &Bench, (what, whom): (u8, u8), gone: &mut Vec<ContactBefore>, taken: &mut [Vec<i64>; 2]) {
    let desk = &bench.desk;
    let rows = desk.contacts("", None, 50).unwrap().rows;
    let row = rows.get(usize::from(whom) % rows.len().max(1));
    let name = format!("Орлова {}", whom % 8);
    let number = format!("+7900000{:04}", whom % 32);
    let [merges, imports] = taken;
    match (what % 8, row) {
        (1, Some(row)) => {
            let other = ContactDraft {
                id: Some(row.id),
                ..draft(&name, "Ромашка", &[&number])
            };
            desk.save_contact(&other).unwrap();
        }
        (2, Some(row)) => gone.push(desk.delete_contact(row.id).unwrap().0),
        (3, _) if !gone.is_empty() => drop(desk.undelete_contact(&gone.pop().unwrap()).unwrap()),
        (4, Some(row)) if rows.len() > 1 => {
            let other = rows.iter().find(|one| one.id != row.id).unwrap();
            merges.push(desk.merge_contacts(&[row.id, other.id]).unwrap().id);
        }
        (5, _) if !merges.is_empty() => drop(desk.unmerge_contacts(merges.pop().unwrap()).unwrap()),
        (6, _) => {
            let text = format!(
                "id;Имя;Телефон\n{whom};{name};{number}\n1;Белов;+7900000{:04}\n",
                whom % 7
            );
            let file = read_contacts(text.as_bytes(), "a.csv", &ImportHow::default(), Language::Ru).unwrap();
            imports.push(desk.import_contacts(&file, "a.csv", false, |_| true).unwrap().0.id);
        }
        (7, _) if !imports.is_empty() => drop(desk.undo_import(imports.pop().unwrap()).unwrap()),
        _ => drop(bench.contact(&name, "", &[&number])),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_to_contacts_the_indexes_have_their_words_and_digits(
        changes in prop::collection::vec(any::<(u8, u8)>(), 1..40),
    ) {
        let bench = Bench::new();
        let (mut gone, mut taken) = (Vec::new(), [Vec::new(), Vec::new()]);
        for change in changes {
            change_contacts(&bench, change, &mut gone, &mut taken);
        }
        let file = rusqlite::Connection::open(bench.dir.path().join("desk.db")).unwrap();
        for index in ["contact_fts", "contact_digits"] {
            // With 1 it is compared with the contacts themselves (sqlite.org/fts5.html, «The 'integrity-check' Command»).
            let check = format!("INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)");
            prop_assert!(file.execute(&check, []).is_ok(), "{index} is not what the contacts are");
        }
    }
}

#[test]
fn a_contact_saved_later_is_found_by_its_calls_and_a_deleted_one_is_not() {
    let bench = Bench::new();
    bench.take(&[
        ended(&ringing("a", 1, "+74950000016;ext=12"), 1),
        ended(&ringing("b", 2, "+79000000099"), 2),
    ]);
    assert_eq!(found(&bench, "unregistered", "", 5), ["b", "a"]);
    let id = bench.contact("Ёлкин Пётр", "ООО «Ромашка»", &["+7 495 000-00-16"]);
    for query in ["елк", "ромаш петр", "е", "ёл", "п", "ромашка 495"] {
        assert_eq!(
            found(&bench, "all", query, 5),
            ["a"],
            "{query:?}: the line's extension is theirs too"
        );
    }
    assert_eq!(found(&bench, "unregistered", "", 5), ["b"]);
    assert_eq!(found(&bench, "unregistered", "9900", 5), [""; 0]);
    let mut renamed = draft("Дубова Анна", "", &["+7 495 000-00-16"]);
    renamed.id = Some(id);
    bench.desk.save_contact(&renamed).unwrap();
    assert_eq!(found(&bench, "all", "елк", 5), [""; 0]);
    assert_eq!(found(&bench, "all", "дубова", 5), ["a"]);
    bench.desk.delete_contact(id).unwrap();
    assert_eq!(found(&bench, "all", "дубова", 5), [""; 0]);
    assert_eq!(found(&bench, "unregistered", "", 5), ["b", "a"]);
}

#[test]
fn what_everybody_has_is_found_in_pages_too() {
    let bench = Bench::new();
    let calls: Vec<_> = (0..2_500)
        .map(|n| ended(&ringing(&format!("c{n:04}"), n + 1, &format!("+7900{n:07}")), n + 1))
        .collect();
    bench.take(&calls);
    let newest: Vec<_> = (0..2_500).rev().map(|n| format!("c{n:04}")).collect();
    assert_eq!(found(&bench, "all", "900", 500), newest, "a walk");
    assert_eq!(found(&bench, "unregistered", "0000", 400).len(), 2_500);
    assert_eq!(found(&bench, "all", "0001234", 1), ["c1234"], "a look-up");
}

/// Every list, from a moment, from a row, between two days and backwards, is the part of the whole list that it should be.
#[test]
#[expect(clippy::too_many_lines, reason = "one list, asked in every way there is")]
fn a_place_in_any_list_is_that_of_the_whole_list() {
    let bench = Bench::new();
    let (minute, count) = (60_000, 23_i64);
    let calls: Vec<CallSnapshot> = (0..count)
        .map(|n| {
            let mut call = ringing(&format!("c{n:02}"), n + 1, &format!("+7900000{:04}", n % 4));
            // Two at one moment each.
            call.started_at = Some(noon().plus(n / 2 * minute));
            let mut call = if n % 3 == 0 {
                missed(&call, n + 1)
            } else {
                ended(&call, n + 1)
            };
            call.party.name = Some(if n % 4 == 0 { "Орлова" } else { "Петров" }.to_owned());
            call
        })
        .collect();
    bench.take(&calls);
    let started_of: std::collections::HashMap<String, i64> = calls
        .iter()
        .map(|call| (call.id.clone(), call.started_at.unwrap().ms()))
        .collect();
    for (kind, query) in [
        ("all", ""),
        ("missed", ""),
        ("all", "орлова"),
        ("unregistered", "0002"),
        ("waiting", ""),
    ] {
        let filter = filter(kind, query);
        let page = |span, cursor: Option<&str>, back, limit| {
            bench
                .desk
                .calls_between("list", &filter, span, (cursor, back), limit)
                .unwrap()
        };
        let ids = |rows: &[CallRow]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        let all = page(CallsSpan::default(), None, false, 100).rows;
        assert!(!all.is_empty(), "{kind} {query}");
        let started = |row: &CallRow| started_of[&row.id];
        for moment in (-1..count / 2 + 2).map(|n| noon().ms() + n * minute + 1) {
            let at = CallsAt::Moment(moment);
            let place = bench
                .desk
                .calls_place("place", &filter, CallsSpan::default(), at)
                .unwrap();
            let above = all.iter().filter(|row| started(row) >= moment).count();
            assert_eq!(
                (place.row as usize, place.total as usize),
                (above, all.len()),
                "{kind} {query} {moment}"
            );
            let from = page(CallsSpan::default(), place.cursor.as_deref(), false, 100).rows;
            assert_eq!(ids(&from), ids(&all[above..]), "{kind} {query} {moment}");

            let span = CallsSpan {
                from_ms: Some(moment - 3 * minute),
                until_ms: Some(moment),
            };
            let within: Vec<CallRow> = all
                .iter()
                .filter(|row| (moment - 3 * minute..moment).contains(&started(row)))
                .cloned()
                .collect();
            assert_eq!(
                ids(&page(span, None, false, 100).rows),
                ids(&within),
                "{kind} {query} {span:?}"
            );
        }
        for row in 0..all.len() + 2 {
            let at = CallsAt::Row(row as u32);
            let place = bench
                .desk
                .calls_place("place", &filter, CallsSpan::default(), at)
                .unwrap();
            assert_eq!(place.row as usize, row.min(all.len() - 1));
            let from = page(CallsSpan::default(), place.cursor.as_deref(), false, 2).rows;
            assert_eq!(
                from.first().map(|one| &one.id),
                Some(&all[place.row as usize].id),
                "{kind} {query} row {row}"
            );
            // From there to the top, two by two.
            let (mut cursor, mut above) = (place.cursor, Vec::new());
            while let Some(end) = cursor {
                let page = page(CallsSpan::default(), Some(&end), true, 2);
                above.splice(0..0, page.rows);
                cursor = page.next;
            }
            assert_eq!(
                ids(&above),
                ids(&all[..place.row as usize]),
                "{kind} {query} above row {row}"
            );
        }
    }
}
