//! Numbers as the simulator understands them. Kept apart from `perezvon-core` so that an error there shows.

/// The subscriber digits: `+7 900 000-00-99`, `89000000099` and `9000000099` all give `9000000099`; a short number
/// stays as it is.
pub(crate) fn digits(number: &str) -> String {
    let all: String = number.chars().filter(char::is_ascii_digit).collect();
    match all.as_bytes() {
        [b'7' | b'8', rest @ ..] if rest.len() == 10 => all[1..].to_owned(),
        _ => all,
    }
}

/// `+7…` for ten digits, the digits alone otherwise (short and foreign numbers).
pub(crate) fn e164(number: &str) -> String {
    let digits = digits(number);
    match digits.len() {
        10 => format!("+7{digits}"),
        n if n > 10 => format!("+{digits}"),
        _ => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_one_number_in_its_forms() {
        for form in [
            "+79000000099",
            "79000000099",
            "89000000099",
            "9000000099",
            "8 (900) 000-00-99",
        ] {
            assert_eq!(digits(form), "9000000099", "{form}");
            assert_eq!(e164(form), "+79000000099", "{form}");
        }
        assert_eq!(e164("102"), "102");
        assert_eq!(e164("+375290000000"), "+375290000000");
    }
}
