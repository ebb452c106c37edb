//! Search: any text is answered, with the same calls as a look at every one of them.

use crate::common::{Bench, draft, ended, filter, ringing};
use perezvon_core::{CallSnapshot, Number};
use proptest::prelude::*;

fn found(bench: &Bench, kind: &str, query: &str, page: u32) -> Vec<String> {
    let filter = filter(kind, query);
    let (mut ids, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = bench
            .desk
            .newest_calls("list", &filter, cursor.as_deref(), page)
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
        for kind in ["all", "missed", "to_call_back", "unregistered"] {
            found(&bench, kind, &query, 2);
        }
        bench.desk.contacts(&query, None, 5).unwrap();
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
