//! Contacts: saving, searching in any spelling, candidates.

use crate::common::{Bench, IVANOV, STRANGER, draft, ringing};
use perezvon_core::Number;
use perezvon_desk::DeskError;
use perezvon_desk::view::{ContactKind, ContactsAt, ContactsPlace};

fn names(bench: &Bench, query: &str) -> Vec<String> {
    bench
        .desk
        .contacts(query, None, 50)
        .unwrap()
        .rows
        .into_iter()
        .map(|row| row.name)
        .collect()
}

#[test]
fn a_contact_is_found_in_any_spelling() {
    let bench = Bench::new();
    bench.contact("Ёлкин Пётр", "ООО «Зелёный лес»", &["8 (900) 000-00-99"]);
    // "й" and "ё" as a letter and a combining mark, as macOS pastes them.
    bench.contact("Андреи\u{306} Соловье\u{308}в", "", &["+375 29 123-45-67"]);
    bench.contact("Smith & Sons", "", &["102"]);
    let table = [
        ("ёлкин", "Ёлкин Пётр"),
        ("елкин", "Ёлкин Пётр"),
        ("ЕЛК", "Ёлкин Пётр"),
        ("петр елк", "Ёлкин Пётр"),
        ("зеленый", "Ёлкин Пётр"),
        ("+7 900 000-00-99", "Ёлкин Пётр"),
        ("89000000099", "Ёлкин Пётр"),
        ("9000000099", "Ёлкин Пётр"),
        ("000-00-99", "Ёлкин Пётр"),
        ("елкин 900", "Ёлкин Пётр"),
        ("андрей", "Андреи\u{306} Соловье\u{308}в"),
        ("соловьев", "Андреи\u{306} Соловье\u{308}в"),
        ("Соловьёв Андрей", "Андреи\u{306} Соловье\u{308}в"),
        ("29 123 45", "Андреи\u{306} Соловье\u{308}в"),
        ("smith & so", "Smith & Sons"),
        ("\"smith\" OR *", ""),
        ("102", "Smith & Sons"),
        ("Ромашка", ""),
    ];
    for (query, expected) in table {
        let expected: Vec<&str> = [expected].into_iter().filter(|name| !name.is_empty()).collect();
        assert_eq!(names(&bench, query), expected, "query {query:?}");
    }
    assert_eq!(names(&bench, "").len(), 3, "all of them");
    assert_eq!(names(&bench, " ").len(), 3, "nothing is asked");
}

#[test]
fn names_that_begin_with_the_word_come_first_and_pages_follow_each_other() {
    let bench = Bench::new();
    // More than are looked up one by one.
    let many: Vec<_> = (0..2_100)
        .map(|n| draft(&format!("Абрамов Щукарь {n:04}"), "", &[]))
        .collect();
    bench.desk.save_contacts(&many).unwrap();
    bench.contact("Щукин Андрей", "", &[]);
    bench.contact("Щукина Нина", "", &[]);
    let mut names_of = Vec::new();
    let mut cursor = None;
    loop {
        let page = bench.desk.contacts("щук", cursor.as_deref(), 3).unwrap();
        names_of.extend(page.rows.into_iter().map(|row| row.name));
        if names_of.len() == 3 {
            // What is added above what was read moves nothing, and what is added below is met.
            bench.contact("Щукарева Анна", "", &[]);
            bench.contact("Абрамов Щукарь 9999", "", &[]);
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let expected = ["Щукин Андрей", "Щукина Нина"].map(str::to_owned).into_iter();
    let expected = expected.chain((0..2_100).map(|n| format!("Абрамов Щукарь {n:04}")));
    let expected: Vec<_> = expected.chain(["Абрамов Щукарь 9999".to_owned()]).collect();
    assert_eq!(names_of, expected);
    let one = |cursor: Option<&str>| bench.desk.contacts("", cursor, 1).unwrap();
    let second = one(one(None).next.as_deref());
    assert_eq!(second.rows[0].name, "Абрамов Щукарь 0001", "all of them, too");
    let bad = bench.desk.contacts("", Some("no cursor"), 1);
    assert!(matches!(bad, Err(DeskError::NotFound)));
    assert_eq!(names(&bench, "щукина"), ["Щукина Нина"]);
}

fn far_down() -> Bench {
    let bench = Bench::new();
    let many: Vec<_> = (0..2_100)
        .map(|n| draft(&format!("Абрамов Щукарь {n:04}"), "", &[]))
        .collect();
    bench.desk.save_contacts(&many).unwrap();
    for name in ["Щукин Андрей", "Щукина Нина", "Ёлкин Олег", "Яшин Лев"] {
        bench.contact(name, "", &[]);
    }
    bench
}

fn place(bench: &Bench, query: &str, at: ContactsAt) -> ContactsPlace {
    bench.desk.contacts_place("place", query, &at).unwrap()
}

fn named(name: &str) -> ContactsAt {
    ContactsAt::Name(name.to_owned())
}

/// The names of three contacts from a cursor, or up to it, and the next cursor.
fn page(bench: &Bench, query: &str, cursor: Option<&str>, back: bool) -> (Vec<String>, Option<String>) {
    let page = bench.desk.newest_contacts("list", query, (cursor, back), 3).unwrap();
    (page.rows.into_iter().map(|row| row.name).collect(), page.next)
}

fn all_of(bench: &Bench, query: &str) -> Vec<String> {
    let page = bench.desk.contacts(query, None, 500).unwrap();
    let (mut all, mut next) = (page.rows, page.next);
    while let Some(cursor) = next {
        let page = bench.desk.contacts(query, Some(&cursor), 500).unwrap();
        all.extend(page.rows);
        next = page.next;
    }
    all.into_iter().map(|row| row.name).collect()
}

#[test]
fn a_name_is_found_far_down_and_pages_go_on_from_there_both_ways() {
    let bench = far_down();
    for query in ["", "щук"] {
        let all = all_of(&bench, query);
        for wanted in ["щукина", "ЩУК", "абрамов щукарь 19", "Абрамов"] {
            let found = place(&bench, query, named(wanted));
            let folded = wanted.to_lowercase();
            let begins = |one: &String| one.to_lowercase().starts_with(&folded);
            let at = all.iter().position(begins).unwrap();
            let figures = (found.row as usize, found.total as usize);
            assert_eq!(figures, (at, all.len()), "{query} {wanted}");
            let (names, _) = page(&bench, query, found.cursor.as_deref(), false);
            assert_eq!(names, all[at..all.len().min(at + 3)], "{query} {wanted}");
            assert_eq!(found.cursor.is_none(), at == 0, "{query} {wanted}");
            // Upwards, page by page.
            let (mut above, mut cursor) = (Vec::new(), found.cursor);
            for _ in 0..3 {
                let Some(at) = cursor.clone() else { break };
                let (names, next) = page(&bench, query, Some(&at), true);
                let again = page(&bench, query, next.as_deref(), false).0;
                assert_eq!(again[..names.len()], names, "its next is its own cursor");
                above.splice(0..0, names);
                cursor = next;
            }
            assert_eq!(above, all[at.saturating_sub(9)..at], "{query} {wanted}");
        }
    }
}

#[test]
fn a_row_is_found_by_its_number_and_a_name_that_nobody_has_leads_to_who_is_next() {
    let bench = far_down();
    for query in ["", "щук"] {
        let all = all_of(&bench, query);
        for row in [0, 1, 3, 1_000, 2_101, 9_999_999] {
            let found = place(&bench, query, ContactsAt::Row(row));
            let at = all.len().min(row as usize + 1) - 1;
            assert_eq!(found.row as usize, at);
            assert_eq!(page(&bench, query, found.cursor.as_deref(), false).0[0], all[at]);
        }
    }
    let first_at = |name: &str| {
        let found = place(&bench, "", named(name));
        page(&bench, "", found.cursor.as_deref(), false).0[0].clone()
    };
    assert_eq!(first_at("елк"), "Ёлкин Олег", "е is ё");
    assert_eq!(first_at("р"), "Щукин Андрей", "the first behind it");
    assert_eq!(first_at("яяя"), "Яшин Лев", "beyond the end the last");
    let none = place(&bench, "нет таких", named("щ"));
    assert_eq!((none.row, none.total, none.cursor), (0, 0, None));
}

#[test]
fn a_contact_is_made_changed_and_deleted() {
    let bench = Bench::new();
    let mut first = draft(
        "  Иванов Пётр ",
        "ООО «Ромашка»",
        &["8 900 000 00 99", "+7 900 000-00-99", "", "102"],
    );
    first.kind = ContactKind::Counterparty;
    first.email = "ivanov@example.org".to_owned();
    let id = bench.desk.save_contact(&first).unwrap().id;
    let card = bench.desk.contact(id).unwrap();
    assert_eq!(
        (card.name.as_str(), card.kind),
        ("Иванов Пётр", ContactKind::Counterparty),
        "name and kind"
    );
    let keys: Vec<_> = card
        .numbers
        .iter()
        .map(|n| (n.key.as_str(), n.display.as_str()))
        .collect();
    assert_eq!(
        keys,
        [(IVANOV, "+7 (900) 000-00-99"), ("102", "102")],
        "each number once, as it is shown"
    );

    let mut changed = draft("Иванова Анна", "", &[STRANGER]);
    changed.id = Some(id);
    bench.desk.save_contact(&changed).unwrap();
    assert_eq!(
        names(&bench, "иванов п"),
        Vec::<String>::new(),
        "the old name is not found"
    );
    assert_eq!(names(&bench, "анна"), ["Иванова Анна"], "the new one is");
    assert!(
        bench.desk.contact_of(&Number::parse(IVANOV)).unwrap().is_empty(),
        "the old number is nobody's"
    );
    assert_eq!(
        bench.desk.contact_of(&Number::parse(STRANGER)).unwrap()[0].id,
        id,
        "the new one is hers"
    );

    bench.desk.delete_contact(id).unwrap();
    assert!(matches!(bench.desk.contact(id), Err(DeskError::NotFound)), "gone");
    assert!(names(&bench, "анна").is_empty(), "also from the search");
    assert!(
        bench.desk.contact_of(&Number::parse(STRANGER)).unwrap().is_empty(),
        "and its numbers"
    );
    assert!(
        matches!(bench.desk.delete_contact(id), Err(DeskError::NotFound)),
        "twice"
    );
}

#[test]
fn a_deleted_contact_comes_back_under_its_id() {
    let bench = Bench::new();
    bench.take(&[ringing("a", 1, IVANOV)]);
    let mut firm = draft("ООО «Ромашка»", "", &[]);
    firm.kind = ContactKind::Counterparty;
    let company = bench.desk.save_contact(&firm).unwrap().id;
    let mut one = draft("Иванов Пётр", "ООО «Ромашка»", &[IVANOV, "8 495 000-00-16 доб. 12"]);
    one.note = "любит чай".to_owned();
    one.about.tags = vec!["опт".to_owned()];
    let id = bench.desk.save_contact(&one).unwrap().id;
    let card = bench.desk.contact(id).unwrap();
    let (before, _) = bench.desk.delete_contact(id).unwrap();
    let later = bench.contact("Белов Олег", "", &[]);
    assert!(matches!(bench.desk.contact(id), Err(DeskError::NotFound)));
    let bench = bench.killed();
    bench.desk.undelete_contact(&before).unwrap();
    assert_eq!(
        bench.desk.contact(id).unwrap(),
        card,
        "the whole card, so what leads to it"
    );
    assert_eq!(bench.desk.contact_of(&Number::parse(IVANOV)).unwrap()[0].id, id);
    assert_eq!(bench.desk.call("a", None).unwrap().row.contact_id, Some(id));
    assert_eq!(bench.desk.contact(company).unwrap().people[0].id, id);
    // A second press changes nothing, whatever it has become since.
    let mut changed = one.clone();
    (changed.id, changed.name) = (Some(id), "Иванов Пётр Олегович".to_owned());
    bench.desk.save_contact(&changed).unwrap();
    bench.desk.undelete_contact(&before).unwrap();
    assert_eq!(bench.desk.contact(id).unwrap().name, "Иванов Пётр Олегович");
    assert_eq!(bench.desk.contact(later).unwrap().name, "Белов Олег");
    for strange in [None, Some(0), Some(later + 1), Some(i64::MAX)] {
        let mut before = before.clone();
        before.draft.id = strange;
        assert!(
            matches!(bench.desk.undelete_contact(&before), Err(DeskError::NotFound)),
            "no contact ever had {strange:?}"
        );
    }
}

#[test]
fn a_number_may_belong_to_several() {
    let bench = Bench::new();
    let a = bench.contact("Иванов Пётр", "", &[IVANOV]);
    let b = bench.contact("Петрова Анна", "", &[STRANGER]);
    bench.desk.attach_number(b, "8-900-000-00-99", "рабочий").unwrap();
    bench.desk.attach_number(b, IVANOV, "").unwrap();
    let card = bench.desk.contact(b).unwrap();
    assert_eq!(card.numbers.len(), 2, "attached once: {:?}", card.numbers);
    assert_eq!(card.numbers[1].label, "рабочий", "with its label, behind the others");
    let ids: Vec<_> = bench
        .desk
        .contact_of(&Number::parse(IVANOV))
        .unwrap()
        .into_iter()
        .map(|known| known.id)
        .collect();
    assert_eq!(ids, [a, b], "both are candidates");
    bench.take(&[ringing("a", 1, IVANOV)]);
    let row = bench.desk.call("a", None).unwrap().row;
    assert_eq!(
        (row.name, row.contact_id, row.candidates.len()),
        (None, None, 2),
        "the row makes no guess"
    );
}

#[test]
fn what_cannot_be_saved_is_refused() {
    let bench = Bench::new();
    let saved = |draft| bench.desk.save_contact(&draft).err();
    assert!(
        matches!(saved(draft(" ", "", &[])), Some(DeskError::NameMissing)),
        "no name"
    );
    assert!(
        matches!(saved(draft("А", "", &["не номер"])), Some(DeskError::BadNumber)),
        "no number"
    );
    assert!(
        matches!(saved(draft(&"А".repeat(251), "", &[])), Some(DeskError::TooLong)),
        "too long"
    );
    let mut unknown = draft("А", "", &[]);
    unknown.id = Some(5);
    assert!(matches!(saved(unknown), Some(DeskError::NotFound)), "no such contact");
    assert!(
        matches!(bench.desk.attach_number(5, IVANOV, "").err(), Some(DeskError::NotFound)),
        "no such contact"
    );
    assert!(names(&bench, "").is_empty(), "nothing was saved");
}

#[test]
fn what_may_be_dialled_is_found_while_it_is_typed() {
    let bench = Bench::new();
    let id = bench.contact("Иванов Пётр", "ООО «Ромашка»", &[IVANOV, "+7 4832 00-00-01"]);
    bench.contact("Пётр Иванов", "", &["102"]);
    // Only calls tell of this one.
    let mut call = ringing("01J0000000000000000000000A", 1, STRANGER);
    call.party.name = Some("Петрова Анна".to_owned());
    bench.take(&[call]);
    let found = |text: &str| bench.desk.to_dial("test", text).unwrap();
    let lines = |text: &str| -> Vec<(String, String)> {
        let lines = found(text).lines.into_iter();
        lines.map(|line| (line.name, line.key)).collect()
    };
    let line = |name: &str, key: &str| (name.to_owned(), key.to_owned());
    assert_eq!(
        lines("пётр ив"),
        [
            line("Пётр Иванов", "102"),
            line("Иванов Пётр", IVANOV),
            line("Иванов Пётр", "+74832000001"),
        ],
        "every number of everybody, whose name begins so first",
    );
    assert_eq!(
        lines("петрова"),
        [line("Петрова Анна", STRANGER)],
        "a caller who is in no contact"
    );
    assert_eq!(lines(""), [], "nothing is asked");
    let number = found("8 (900) 000-00-99").number.unwrap();
    assert_eq!((number.key.as_str(), number.country.as_deref()), (IVANOV, Some("RU")));
    assert_eq!(number.contacts.len(), 1);
    assert_eq!(number.contacts[0].id, id);
    assert_eq!(
        found("тел. +7 900 000-00-99").number.unwrap().key,
        IVANOV,
        "out of a text"
    );
    assert!(
        found("кабинет 12").number.is_none(),
        "a word and a figure are nobody's extension"
    );
    assert_eq!(found("*21*89000000099#").number.unwrap().key, "*21*89000000099#");
    let many = "Очень много номеров";
    let numbers: Vec<String> = (0..40).map(|n| format!("+7900000{n:04}")).collect();
    bench.contact(many, "", &numbers.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found("очень").lines.len(), 14, "no more than can be read");
}
