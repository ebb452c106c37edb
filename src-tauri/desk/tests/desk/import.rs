//! Contacts of a file: what is told before, what is stored, and how it is taken back.

use crate::common::{Bench, IVANOV, STRANGER, ended, ringing};
use perezvon_core::Number;
use perezvon_desk::view::{ImportDone, SameBy};
use perezvon_desk::{ImportFile, ImportHow, Language, read_contacts};
use std::cell::RefCell;

const CSV: &str = "Имя;Телефон\nИванов Пётр;+79000000099\nОрлова Дарья;+79000000098\n;\nСбой;8 (9ОО) дом\n";

fn file(text: &str) -> ImportFile {
    read_contacts(text.as_bytes(), "a.csv", &ImportHow::default(), Language::Ru).unwrap()
}

fn import(bench: &Bench, text: &str, name: &str) -> ImportDone {
    bench.desk.import_contacts(&file(text), name, true, |_| true).unwrap().0
}

fn names(bench: &Bench) -> Vec<String> {
    let page = bench.desk.contacts("", None, 500).unwrap();
    page.rows.into_iter().map(|row| row.name).collect()
}

#[test]
fn an_import_names_old_calls_and_the_same_file_again_changes_nothing() {
    let bench = Bench::new();
    bench.take(&[ended(&ringing("a", 1, IVANOV), 1)]);
    let before = bench.desk.preview_import(&file(CSV), "клиенты.csv").unwrap();
    assert_eq!((before.contacts, before.fresh, before.problems_total), (3, 3, 1));
    assert_eq!(names(&bench), [""; 0], "nothing is stored before it is wished");
    let done = import(&bench, CSV, "клиенты.csv");
    assert_eq!((done.added, done.changed, done.equal), (3, 0, 0));
    let row = bench.desk.call("a").unwrap().row;
    assert_eq!(row.name.as_deref(), Some("Иванов Пётр"), "an earlier call has the name");
    let again = import(&bench, CSV, "клиенты (2).csv");
    assert_eq!((again.added, again.changed, again.equal), (0, 0, 3));
    let preview = bench.desk.preview_import(&file(CSV), "клиенты.csv").unwrap();
    assert_eq!((preview.equal, preview.like_known), (3, 0));
}

#[test]
fn undo_removes_what_was_added_and_restores_what_was_changed() {
    let bench = Bench::new();
    let first = import(&bench, CSV, "a.csv");
    let new = CSV.replace("+79000000098", "+79000000097").replace("Сбой", "Новый");
    let second = import(&bench, &new, "a.csv");
    assert_eq!((second.added, second.changed, second.equal), (1, 1, 1));
    let holders = |number: &str| bench.desk.contact_of(&Number::parse(number)).unwrap().len();
    assert_eq!((holders(STRANGER), holders("+79000000097")), (0, 1));
    let (undone, _) = bench.desk.undo_import(second.id).unwrap();
    assert_eq!((undone.removed, undone.restored, undone.kept), (1, 1, 0));
    assert_eq!((holders(STRANGER), holders("+79000000097")), (1, 0));
    assert!(bench.desk.undo_import(second.id).is_err(), "once");
    let (undone, _) = bench.desk.undo_import(first.id).unwrap();
    assert_eq!((undone.removed, undone.kept), (3, 0));
    assert_eq!(names(&bench), [""; 0]);
}

#[test]
fn what_the_user_wrote_is_neither_overwritten_nor_taken_back() {
    let bench = Bench::new();
    let done = import(&bench, CSV, "a.csv");
    let known = bench.desk.contact_of(&Number::parse(IVANOV)).unwrap()[0].id;
    bench.desk.attach_number(known, "+79000000055", "").unwrap();
    assert_eq!(import(&bench, CSV, "a.csv").kept, 1);
    let (undone, _) = bench.desk.undo_import(done.id).unwrap();
    assert_eq!((undone.removed, undone.kept), (2, 1));
    assert_eq!(bench.desk.contact(known).unwrap().numbers.len(), 2);
}

#[test]
fn who_is_there_already_is_told_and_left_out() {
    let bench = Bench::new();
    bench.contact("Петр ИВАНОВ", "", &[IVANOV]);
    bench.contact("Лебедев", "", &[STRANGER]);
    bench.contact("Сбой", "", &["+79000000050"]);
    let preview = bench.desk.preview_import(&file(CSV), "a.csv").unwrap();
    let told: Vec<_> = preview
        .same
        .iter()
        .map(|one| (one.with.name.as_str(), one.by))
        .collect();
    let wanted = [
        ("Петр ИВАНОВ", SameBy::Both),
        ("Лебедев", SameBy::Number),
        ("Сбой", SameBy::Name),
    ];
    assert_eq!((told, preview.same_as_known), (wanted.to_vec(), 1));
    let done = import(&bench, CSV, "a.csv");
    assert_eq!((done.added, done.left_out), (2, 1));
    assert_eq!(
        bench.desk.contact_of(&Number::parse(STRANGER)).unwrap().len(),
        2,
        "both may be meant"
    );
}

#[test]
fn an_import_that_is_ended_early_can_be_taken_back() {
    let bench = Bench::new();
    let line = |n: u32| format!("Контакт {n};8 900 000-{:02}-{:02}\n", n / 100, n % 100);
    let text = format!("Имя;Телефон\n{}", (0..1200).map(line).collect::<Vec<_>>().concat());
    let seen = RefCell::new(Vec::new());
    let go_on = |done: u32| {
        seen.borrow_mut().push(done);
        done < 1000
    };
    let (done, _) = bench.desk.import_contacts(&file(&text), "a.csv", true, go_on).unwrap();
    assert!(done.cancelled);
    assert_eq!((done.added, &seen.borrow()[..3]), (1000, &[0, 500, 1000][..]));
    assert_eq!(bench.desk.undo_import(done.id).unwrap().0.removed, 1000);
    assert_eq!(names(&bench), [""; 0]);
}
