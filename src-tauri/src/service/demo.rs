//! The demonstration: the app beside a simulated PBX, for a look and for the tests.

use perezvon_desk::view::{ContactDraft, ContactKind, ContactNumber};
use perezvon_desk::{Desk, DeskError};

/// Fictional people around the simulator's company: kind, name, company, numbers. 703 is shared by two; 709, from whom
/// the demonstration has a call too, is nobody's.
const CONTACTS: &[(ContactKind, &str, &str, &[&str])] = &[
    (
        ContactKind::ContactPerson,
        "Орлова Марина",
        "ООО «Северный ветер»",
        &["+7 900 000-07-01"],
    ),
    (
        ContactKind::ContactPerson,
        "Белов Артём",
        "ООО «Лесной двор»",
        &["+7 900 000-07-02", "+7 495 000-07-02"],
    ),
    (
        ContactKind::ContactPerson,
        "Кравцова Ирина",
        "АО «Заречье»",
        &["+7 900 000-07-03"],
    ),
    (
        ContactKind::ContactPerson,
        "Кравцов Павел",
        "АО «Заречье»",
        &["+7 900 000-07-03"],
    ),
    (
        ContactKind::NaturalPerson,
        "Логинов Сергей Петрович",
        "",
        &["+7 900 000-07-04"],
    ),
    (
        ContactKind::Counterparty,
        "Студия «Меридиан»",
        "Студия «Меридиан»",
        &["+7 495 000-07-05"],
    ),
    (
        ContactKind::Partner,
        "Демидова Ольга",
        "ООО «Лесной двор»",
        &["+7 900 000-07-06"],
    ),
];

/// Gives a desk without contacts those of the demonstration.
pub(super) fn fill(desk: &Desk) -> Result<(), DeskError> {
    if !desk.contacts("", None, 1)?.rows.is_empty() {
        return Ok(());
    }
    let drafts: Vec<ContactDraft> = CONTACTS
        .iter()
        .map(|(kind, name, company, numbers)| ContactDraft {
            id: None,
            kind: *kind,
            name: (*name).to_owned(),
            company: (*company).to_owned(),
            email: String::new(),
            note: String::new(),
            about: perezvon_desk::view::ContactAbout::default(),
            numbers: numbers
                .iter()
                .map(|number| ContactNumber {
                    display: (*number).to_owned(),
                    key: String::new(),
                    label: String::new(),
                })
                .collect(),
        })
        .collect();
    desk.save_contacts(&drafts).map(drop)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use perezvon_core::Number;

    #[test]
    fn the_demonstration_knows_its_callers() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::open(dir.path()).unwrap();
        fill(&desk).unwrap();
        fill(&desk).unwrap();
        assert_eq!(desk.contacts("", None, 100).unwrap().rows.len(), CONTACTS.len(), "once");
        let names = |number: &str| -> Vec<String> {
            let known = desk.contact_of(&Number::parse(number)).unwrap();
            known.into_iter().map(|contact| contact.name).collect()
        };
        assert_eq!(names("+79000000701"), ["Орлова Марина"]);
        assert_eq!(
            names("+79000000703"),
            ["Кравцова Ирина", "Кравцов Павел"],
            "shared by two"
        );
        assert!(names("+79000000709").is_empty(), "one stays unknown");
    }
}
