//! Abonents are looked for here, by the desk's own reading of numbers and names: «8 900…» finds what «+7 900…» finds. The
//! window shows a list and asks which of it are found.

use perezvon_core::Number;
use perezvon_desk::fold;
use std::sync::{Mutex, PoisonError};

/// The abonents that the window was given last.
#[derive(Debug, Default)]
pub(crate) struct Sought(Mutex<Vec<Abonent>>);

/// What an abonent is found by.
#[derive(Debug)]
pub(crate) struct Abonent {
    id: String,
    /// Everything that is shown, folded.
    text: String,
    /// The digits of number and extension.
    numbers: [String; 2],
}

impl Abonent {
    /// `shown`: what the window shows of them.
    pub(crate) fn new(id: &str, phone: &str, extension: &str, shown: &[&str]) -> Self {
        Self {
            id: id.to_owned(),
            text: fold(&[&[id, phone, extension][..], shown].concat().join(" ")),
            numbers: [Number::parse(phone).search_digits(), extension.to_owned()],
        }
    }
}

impl Sought {
    /// The window shows these from now on.
    pub(crate) fn keep(&self, abonents: Vec<Abonent>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = abonents;
    }

    /// The ids of those in whom all words of the query are, or the digits of its number.
    pub(crate) fn find(&self, query: &str) -> Vec<String> {
        let digits = Number::digits_of_query(query);
        let folded = fold(query);
        let words: Vec<&str> = folded.split_whitespace().collect();
        let is_found = |one: &&Abonent| {
            let by_number = digits
                .as_ref()
                .is_some_and(|digits| one.numbers.iter().any(|number| number.contains(digits.as_str())));
            by_number || words.iter().all(|word| one.text.contains(word))
        };
        let abonents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        abonents.iter().filter(is_found).map(|one| one.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Abonent, Sought};

    #[test]
    fn an_abonent_is_found_by_any_spelling_of_the_number_and_by_parts_of_all_that_is_shown() {
        let sought = Sought::default();
        sought.keep(vec![
            Abonent::new(
                "a",
                "9000000001",
                "101",
                &["Иванов Пётр", "Отдел продаж", "ivanov@example.ru"],
            ),
            Abonent::new("b", "+7 (900) 000-00-02", "102", &["Смирнова Анна", "Отдел продаж", ""]),
        ]);
        for (query, ids) in [
            ("89000000001", &["a"][..]),
            ("8 (900) 000-00-01", &["a"]),
            ("79000000001", &["a"]),
            ("+7 900 000 00 02", &["b"]),
            ("000-00-02", &["b"]),
            ("101", &["a"]),
            ("петр", &["a"]),
            ("ПРОДАЖ анна", &["b"]),
            ("отдел", &["a", "b"]),
            ("ivanov@", &["a"]),
            ("8 900 000 00 03", &[]),
            ("  ", &["a", "b"]),
        ] {
            assert_eq!(sought.find(query), ids, "{query}");
        }
    }
}
