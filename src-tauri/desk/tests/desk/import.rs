//! Contacts of a file: what is told before, what is stored, and how it is taken back.

use crate::common::{Bench, IVANOV, STRANGER, draft, ended, ringing};
use perezvon_core::Number;
use perezvon_desk::DeskError;
use perezvon_desk::view::{ContactsFormat, ImportDone, SameBy};
use perezvon_desk::{ImportFile, ImportHow, Language, read_contacts};
use std::cell::RefCell;
use std::path::Path;

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
    let row = bench.desk.call("a", None).unwrap().row;
    assert_eq!(row.name.as_deref(), Some("Иванов Пётр"), "an earlier call has the name");
    let again = import(&bench, CSV, "клиенты (2).csv");
    assert_eq!((again.added, again.changed, again.equal), (0, 0, 3));
    let preview = bench.desk.preview_import(&file(CSV), "клиенты.csv").unwrap();
    assert_eq!((preview.equal, preview.like_known), (3, 0));
}

#[test]
fn the_way_a_file_was_read_is_remembered_for_files_of_its_name() {
    let bench = Bench::new();
    let how = ImportHow {
        separator: Some(";".to_owned()),
        ..ImportHow::default()
    };
    assert_eq!(bench.desk.import_how("клиенты.csv").unwrap(), None);
    bench.desk.remember_import_how("клиенты.csv", &how).unwrap();
    let back = bench.killed();
    assert_eq!(
        back.desk.import_how("Клиенты (2).csv").unwrap(),
        Some(how),
        "saved anew by a browser"
    );
    assert_eq!(back.desk.import_how("другие.csv").unwrap(), None);
}

#[test]
fn what_is_written_into_a_file_is_read_back_the_same() {
    let bench = Bench::new();
    let mut one = draft(
        "Иванов; \"Пётр\", младший",
        "ООО «Ромашка»",
        &[IVANOV, "8 495 000-00-16 доб. 12"],
    );
    one.note = "=первая строка\nвторая; с точкой".to_owned();
    one.email = "ivanov@example.org".to_owned();
    one.numbers[0].label = "мобильный".to_owned();
    one.numbers[1].label = "приёмная".to_owned();
    bench.desk.save_contact(&one).unwrap();
    bench.contact("АО «Заря»", "", &["102"]);
    let folder = tempfile::tempdir().unwrap();
    for format in [ContactsFormat::Vcard, ContactsFormat::Csv] {
        let written = bench.desk.export_contacts(format, None, folder.path()).unwrap();
        assert_eq!(written.rows, 2);
        let bytes = std::fs::read(&written.path).unwrap();
        let name = Path::new(&written.path).file_name().unwrap().to_str().unwrap();
        let file = read_contacts(&bytes, name, &ImportHow::default(), Language::Ru).unwrap();
        let other = Bench::new();
        other.desk.import_contacts(&file, name, true, |_| true).unwrap();
        let rows = other.desk.contacts("", None, 10).unwrap().rows;
        assert_eq!(rows.len(), 2, "{format:?}");
        let card = other
            .desk
            .contact(rows.iter().find(|row| row.name.starts_with("Иванов")).unwrap().id)
            .unwrap();
        assert_eq!(
            (card.name.as_str(), card.company.as_str()),
            (one.name.as_str(), one.company.as_str()),
            "{format:?}"
        );
        assert_eq!(
            (card.note.as_str(), card.email.as_str()),
            (one.note.as_str(), one.email.as_str()),
            "{format:?}"
        );
        let keys: Vec<_> = card.numbers.iter().map(|number| number.key.as_str()).collect();
        assert_eq!(keys, [IVANOV, "+74950000016;ext=12"], "{format:?}");
        if format == ContactsFormat::Vcard {
            let labels: Vec<_> = card.numbers.iter().map(|number| number.label.as_str()).collect();
            assert_eq!(labels, ["мобильный", "приёмная"]);
        }
    }
}

#[test]
fn a_file_of_chosen_contacts_has_them_as_they_are_listed_and_without_those_that_are_gone() {
    let bench = Bench::new();
    let ann = bench.contact("Белова Анна", "", &[IVANOV]);
    let anton = bench.contact("Антонов Пётр", "", &[STRANGER]);
    let vera = bench.contact("Анина Вера", "", &[]);
    let gone = bench.contact("Анин Олег", "", &[]);
    bench.desk.delete_contact(gone).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |query: &str, ids: &[i64]| {
        bench
            .desk
            .export_contacts(ContactsFormat::Csv, Some((query, ids)), folder.path())
    };
    let names = |query: &str, ids: &[i64]| {
        let file = write(query, ids).unwrap();
        let text = std::fs::read_to_string(&file.path).unwrap();
        let names: Vec<String> = text
            .lines()
            .skip(1)
            .map(|line| line.split(';').next().unwrap().to_owned())
            .collect();
        assert_eq!(file.rows as usize, names.len());
        names
    };
    assert_eq!(
        names("", &[ann, gone, anton, ann]),
        ["Антонов Пётр", "Белова Анна"],
        "by name, each once"
    );
    assert_eq!(
        names("бел", &[anton, ann]),
        ["Белова Анна", "Антонов Пётр"],
        "as the search lists them: first the names that begin so"
    );
    assert_eq!(names("", &[vera]), ["Анина Вера"]);
    assert!(matches!(write("", &[gone]), Err(DeskError::NotFound)));
    assert!(matches!(write("", &vec![ann; 1_001]), Err(DeskError::TooLong)));
}

#[test]
fn people_who_share_a_main_line_come_through_a_file_as_candidates() {
    let bench = Bench::new();
    let text = "Имя;Компания;Телефон;Добавочный\nАльфа, секретарь;ООО «Тест-Альфа»;+7 495 000-00-16;\n\
                Бетова Нина;ООО «Тест-Альфа»;+7 495 000-00-16;12\nГаммов Олег;ООО «Тест-Альфа»;8 (495) 000-00-16,,13#;\n";
    import(&bench, text, "a.csv");
    let main = bench.toast(&ringing("a", 1, "+74950000016"));
    let told = main.lines.join(" ");
    assert!(told.contains("Бетова Нина") && told.contains("Гаммов Олег"), "{told}");
    let names = |number: &str| -> Vec<String> {
        let known = bench.desk.contact_of(&Number::parse(number)).unwrap();
        known.into_iter().map(|one| one.name).collect()
    };
    assert_eq!(
        names("+7 495 000-00-16 доб. 12"),
        ["Бетова Нина"],
        "an extension decides"
    );
    assert_eq!(names("+7 495 000-00-16").len(), 3);
}

#[test]
fn a_contact_of_a_file_that_was_deleted_comes_back_as_the_files_own() {
    let bench = Bench::new();
    let text = "Имя;Телефон\nИванов П.;+79000000098\n";
    import(&bench, text, "a.csv");
    let of_file = || bench.desk.contact_of(&Number::parse(STRANGER)).unwrap()[0].id;
    let id = of_file();
    let (before, _) = bench.desk.delete_contact(id).unwrap();
    bench.desk.undelete_contact(&before).unwrap();
    assert_eq!(of_file(), id);
    let again = import(&bench, text, "a.csv");
    assert_eq!((again.added, again.changed), (0, 0), "the file knows it");
    let (before, _) = bench.desk.delete_contact(id).unwrap();
    assert_eq!(import(&bench, text, "a.csv").added, 1, "read again meanwhile");
    assert_ne!(of_file(), id);
    bench.desk.undelete_contact(&before).unwrap();
    assert_eq!((of_file(), names(&bench).len()), (id, 1), "nobody is there twice");
}

#[test]
fn several_contacts_become_one_and_again_several_and_a_file_does_not_bring_them_back() {
    let bench = Bench::new();
    bench.take(&[ended(&ringing("a", 1, STRANGER), 1)]);
    import(&bench, "Имя;Телефон\nИванов П.;+79000000098\n", "a.csv");
    let own = bench.contact("Иванов Пётр", "", &[IVANOV]);
    let of_file = bench.desk.contact_of(&Number::parse(STRANGER)).unwrap()[0].id;
    let merge = bench.desk.merge_contacts(&[own, of_file]).unwrap().id;
    assert_eq!(names(&bench), ["Иванов Пётр"]);
    let card = bench.desk.contact(own).unwrap();
    assert_eq!(
        (card.numbers.len(), card.note.as_str()),
        (2, "Иванов П."),
        "no number and no name is lost"
    );
    assert_eq!(
        bench.desk.call("a", None).unwrap().row.name.as_deref(),
        Some("Иванов Пётр"),
        "an earlier call too"
    );
    let again = import(&bench, "Имя;Телефон\nИванов П.;+79000000098\n", "a.csv");
    assert_eq!((again.added, again.kept), (0, 1), "read again");
    let back = bench.killed();
    back.desk.unmerge_contacts(merge).unwrap();
    assert_eq!(names(&back), ["Иванов П.", "Иванов Пётр"]);
    assert_eq!(back.desk.contact(own).unwrap().numbers.len(), 1);
    assert_eq!(
        back.desk.call("a", None).unwrap().row.name.as_deref(),
        Some("Иванов П.")
    );
    assert_eq!(
        back.desk.contact_of(&Number::parse(STRANGER)).unwrap()[0].id,
        of_file,
        "who was merged has their id again"
    );
    assert!(back.desk.unmerge_contacts(merge).is_err(), "once");
    assert!(bench.desk.merge_contacts(&[own, own]).is_err(), "one is not several");
}

#[test]
fn who_was_merged_into_one_who_was_merged_himself_does_not_come_back() {
    let bench = Bench::new();
    let text = "Имя;Телефон\nИванов П.;+79000000098\n";
    import(&bench, text, "a.csv");
    let of_file = bench.desk.contact_of(&Number::parse(STRANGER)).unwrap()[0].id;
    let second = bench.contact("Иванов Пётр", "", &[IVANOV]);
    let third = bench.contact("Иванов Пётр Ильич", "", &["+79000000050"]);
    bench.desk.merge_contacts(&[second, of_file]).unwrap();
    let merge = bench.desk.merge_contacts(&[third, second]).unwrap().id;
    let again = import(&bench, text, "a.csv");
    assert_eq!((again.added, again.kept), (0, 1), "he is in the third one");
    assert_eq!(names(&bench), ["Иванов Пётр Ильич"]);
    bench.desk.unmerge_contacts(merge).unwrap();
    let again = import(&bench, text, "a.csv");
    assert_eq!((again.added, again.kept), (0, 1), "and now in the second one");
    for id in [second, third] {
        bench.desk.delete_contact(id).unwrap();
    }
    assert_eq!(import(&bench, text, "a.csv").added, 1, "in nobody who is there");
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
