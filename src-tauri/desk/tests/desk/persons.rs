//! Persons: one man in two sources is one man; two persons of one number are told apart.

use crate::common::{Bench, IVANOV, STRANGER, draft, ended, missed, ringing, shown};
use perezvon_core::Number;
use perezvon_desk::{Source, SourceContact};

const BOOKS: Source<'static> = Source {
    name: "1c",
    priority: 10,
};
const PHONE: Source<'static> = Source {
    name: "carddav",
    priority: 5,
};

fn of(external_id: &str, name: &str, company: &str, numbers: &[&str]) -> SourceContact {
    SourceContact {
        external_id: external_id.to_owned(),
        draft: draft(name, company, numbers),
    }
}

fn holders(bench: &Bench, number: &str) -> Vec<String> {
    let known = bench.desk.contact_of(&Number::parse(number)).unwrap();
    known
        .into_iter()
        .map(|known| format!("{} {}", known.name, known.company))
        .collect()
}

#[test]
fn one_man_in_two_sources_is_one_man() {
    let bench = Bench::new();
    bench.take(&[ended(&ringing("a", 1, IVANOV), 1), ended(&ringing("b", 2, STRANGER), 2)]);
    bench
        .desk
        .take_contacts(PHONE, &[of("1", "Петр ИВАНОВ", "дом", &[IVANOV, STRANGER])])
        .unwrap();
    bench
        .desk
        .take_contacts(BOOKS, &[of("77", "Иванов Пётр", "ООО", &[IVANOV])])
        .unwrap();
    assert_eq!(
        holders(&bench, IVANOV),
        ["Иванов Пётр ООО"],
        "by the source that counts more"
    );
    let row = bench.desk.call("a", None).unwrap().row;
    assert_eq!(
        (row.name.as_deref(), row.candidates.len()),
        (Some("Иванов Пётр"), 0),
        "certain"
    );
    let card = bench.desk.contact(row.contact_id.unwrap()).unwrap();
    assert_eq!(
        (card.numbers.len(), card.calls.len()),
        (1, 2),
        "the person's calls, over all numbers"
    );
    // The user's own contact comes before all sources.
    let own = bench.contact("Пётр Иванов", "свой", &[IVANOV]);
    assert_eq!(holders(&bench, IVANOV), ["Пётр Иванов свой"]);
    bench.desk.delete_contact(own).unwrap();
    // In the books he is somebody else now: two persons.
    bench
        .desk
        .take_contacts(BOOKS, &[of("77", "Сидорова Ольга", "ООО", &[IVANOV])])
        .unwrap();
    assert_eq!(holders(&bench, IVANOV), ["Сидорова Ольга ООО", "Петр ИВАНОВ дом"]);
    let row = bench.desk.call("a", None).unwrap().row;
    assert_eq!(
        (row.name, row.contact_id, row.candidates.len()),
        (None, None, 2),
        "no guess"
    );
    bench
        .desk
        .drop_contacts(BOOKS, &["77".to_owned(), "unknown".to_owned()])
        .unwrap();
    assert_eq!(holders(&bench, IVANOV), ["Петр ИВАНОВ дом"]);
}

#[test]
fn a_source_knows_whom_it_tells_apart() {
    let bench = Bench::new();
    let namesakes = [
        of("1", "Иванов Пётр", "", &[IVANOV]),
        of("2", "Иванов Пётр", "", &[IVANOV]),
    ];
    bench.desk.take_contacts(BOOKS, &namesakes).unwrap();
    assert_eq!(holders(&bench, IVANOV).len(), 2);
    bench
        .desk
        .take_contacts(PHONE, &[of("x", "Иванов Пётр", "", &[IVANOV])])
        .unwrap();
    assert_eq!(holders(&bench, IVANOV).len(), 3, "which of them is not known");
    bench
        .desk
        .take_contacts(PHONE, &[of("y", "Иванов Пётр", "", &[STRANGER])])
        .unwrap();
    assert_eq!(holders(&bench, STRANGER).len(), 1, "the name alone is not enough");
}

#[test]
fn the_same_import_again_changes_nobody() {
    let bench = Bench::new();
    let all = [
        of("1", "Иванов Пётр", "", &[IVANOV]),
        of("2", "Петрова Анна", "", &[STRANGER]),
    ];
    bench.desk.take_contacts(BOOKS, &all).unwrap();
    let known = bench.desk.contact_of(&Number::parse(IVANOV)).unwrap();
    bench.desk.take_contacts(BOOKS, &all).unwrap();
    assert_eq!(
        bench.desk.contact_of(&Number::parse(IVANOV)).unwrap(),
        known,
        "the same contact and person"
    );
    assert_eq!(bench.desk.contacts("", None, 10).unwrap().rows.len(), 2);
    let nobody = Source { name: "", priority: 0 };
    assert!(
        bench.desk.take_contacts(nobody, &all).is_err(),
        "the user's own are no source's"
    );
}

#[test]
fn a_second_source_joins_who_waits_and_renames_what_is_shown() {
    let bench = Bench::new();
    bench.toast(&missed(&ringing("a", 1, IVANOV), 1));
    bench.toast(&missed(&ringing("b", 2, STRANGER), 2));
    bench
        .desk
        .take_contacts(PHONE, &[of("1", "Иванов Пётр", "", &[IVANOV, "+79000000097"])])
        .unwrap();
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 2);
    let toasts = bench
        .desk
        .take_contacts(BOOKS, &[of("7", "Иванов Пётр", "", &["+79000000097", STRANGER])])
        .unwrap();
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 1, "one man");
    let titles: Vec<_> = shown(&toasts).iter().map(|toast| toast.title.clone()).collect();
    assert_eq!(
        titles,
        ["Пропущенный: Иванов Пётр"],
        "the toast of the number that has a name now"
    );
    bench.desk.drop_contacts(BOOKS, &["7".to_owned()]).unwrap();
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 2, "two strangers again");
}
