//! Numbers as people, address books and the PBX write them: the table beside this file, and properties.
#![allow(clippy::unwrap_used)]

use perezvon_core::Number;
use perezvon_core::number::NumberKind;
use proptest::prelude::*;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberType};

const TABLE: &str = include_str!("numbers.tsv");

/// What people of this field meet in tables, sites and messengers.
const FIELD: &str = include_str!("numbers-field.tsv");

fn kind(number: &Number) -> &'static str {
    match number {
        Number::E164 { .. } => "E164",
        Number::Extension(_) => "Extension",
        Number::Short(_) => "Short",
        Number::Service(_) => "Service",
        Number::Hidden => "Hidden",
        Number::Other(_) => "Other",
    }
}

/// `\u00a0` in the table is the character itself.
fn unescape(text: &str) -> String {
    let mut parts = text.split("\\u");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        out.push(char::from_u32(u32::from_str_radix(&part[..4], 16).unwrap()).unwrap());
        out.push_str(&part[4..]);
    }
    out
}

/// Input, kind, canonical, display.
fn rows() -> impl Iterator<Item = (String, &'static str, &'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with("# ")).map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), 4, "four cells in {line:?}");
        (unescape(cells[0]), cells[1], cells[2], cells[3])
    })
}

#[test]
fn the_table_holds() {
    let mut wrong = Vec::new();
    for (input, want_kind, canonical, display) in rows() {
        let number = Number::parse(&input);
        let got = (kind(&number), number.canonical(), number.display());
        if got != (want_kind, canonical.to_owned(), display.to_owned()) {
            wrong.push(format!(
                "{input:?}: {got:?} instead of {:?}",
                (want_kind, canonical, display)
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} numbers read wrongly:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(rows().count() >= 180, "the table is large enough to mean something");
}

#[test]
fn what_the_field_writes_is_read_or_kept_as_text() {
    let mut wrong = Vec::new();
    let lines = FIELD.lines().filter(|line| !line.starts_with("# "));
    for line in lines.clone() {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), 3, "three cells in {line:?}");
        let number = Number::parse(&unescape(cells[0]));
        let got = match &number {
            Number::Other(_) => String::new(),
            Number::Hidden => "hidden".to_owned(),
            known => known.canonical(),
        };
        if got != cells[1] {
            wrong.push(format!(
                "{:?}: {got:?} instead of {:?}, {}",
                cells[0], cells[1], cells[2]
            ));
        }
        let dialled = number.key().is_some();
        assert_eq!(
            number.dial().is_some(),
            dialled,
            "what has no key is not dialled: {line}"
        );
        check_stable(&unescape(cells[0])).unwrap();
    }
    assert!(wrong.is_empty(), "{} read wrongly:\n{}", wrong.len(), wrong.join("\n"));
    assert!(lines.count() > 250, "the table is large enough to mean something");
}

#[test]
fn every_spelling_in_the_table_survives_storing_and_showing() {
    for (input, ..) in rows() {
        let number = Number::parse(&input);
        assert_eq!(
            Number::parse(&number.canonical()),
            number,
            "stored and read back: {input:?}"
        );
        assert_eq!(
            Number::parse(&number.display()),
            number,
            "shown and typed again: {input:?}"
        );
        let json = serde_json::to_string(&number).unwrap();
        assert_eq!(
            json,
            serde_json::to_string(&number.canonical()).unwrap(),
            "JSON is the canonical string"
        );
        assert_eq!(
            serde_json::from_str::<Number>(&json).unwrap(),
            number,
            "JSON read back: {input:?}"
        );
    }
}

/// In its country's groups the first ones alone are a shorter number that exists.
#[test]
fn a_foreign_number_is_shown_so_that_it_is_read_alike() {
    let number = Number::parse("0039015000000000");
    assert_eq!(number.display(), "+39015000000000");
    assert_eq!(Number::parse(&number.display()), number);
}

#[test]
fn too_little_left_of_a_foreign_number_is_no_number() {
    for text in ["+9800000", "+980000000"] {
        assert_eq!(Number::parse(text), Number::Other(text.to_owned()));
    }
}

#[test]
fn what_is_dialled() {
    for (input, want) in [
        ("+7 (916) 123-45-67", Some("9161234567")),
        ("8-800-555-35-35", Some("8005553535")),
        ("+7 495 123-45-67 доб. 12", Some("4951234567")),
        ("+7 701 123 45 67", Some("+77011234567")),
        ("8~10 375 29 123-45-67", Some("+375291234567")),
        ("102", Some("102")),
        ("*21", Some("*21")),
        ("112", Some("112")),
        ("anonymous", None),
        ("123-45-67", None),
        ("sip:ivan@host.example", None),
    ] {
        assert_eq!(Number::parse(input).dial().as_deref(), want, "dialled for {input}");
    }
}

#[test]
fn keys_name_the_subscriber_line_without_its_extension() {
    let key = |text: &str| Number::parse(text).key();
    assert_eq!(
        key("+74951234567;ext=12").as_deref(),
        Some("+74951234567"),
        "the extension is no part of the key"
    );
    assert_eq!(
        key("8 (495) 123-45-67"),
        key("tel:+74951234567"),
        "one key however it is written"
    );
    assert_eq!(
        key("102").as_deref(),
        Some("102"),
        "a colleague is found by his extension"
    );
    assert_eq!(key("anonymous"), None, "nobody is found by a hidden number");
    assert_eq!(key("sip:ivan@host.example"), None, "text is no key");
}

#[test]
fn a_withheld_number_stays_hidden() {
    assert_eq!(
        Number::from_address(None, true),
        Number::Hidden,
        "privacy without an address"
    );
    assert_eq!(Number::from_address(None, false), Number::Hidden, "no address at all");
    assert_eq!(
        Number::from_address(Some("tel:+79000000099"), true),
        Number::Hidden,
        "privacy beside an address"
    );
    assert_eq!(
        Number::from_address(Some("tel:+79000000099"), false).key().as_deref(),
        Some("+79000000099"),
        "an ordinary address"
    );
    assert!(
        Number::from_address(Some("tel:102"), false).is_internal(),
        "a short number is a colleague"
    );
    assert!(
        !Number::from_address(Some("tel:+79000000099"), false).is_internal(),
        "a full one is not"
    );
}

#[test]
fn logs_and_debug_do_not_name_the_number() {
    for (input, masked) in [
        ("+79161234567", "+7916•••••67"),
        ("+7 495 123-45-67 доб. 12", "+7495•••••67 ext •"),
        ("+375291234567", "+3752••••••67"),
        ("102", "1••"),
        ("*21", "*21"),
        ("*21*89161234567#", "*21•••••••••••••"),
        ("anonymous", "hidden"),
        ("Иван 1985", "•••"),
    ] {
        let number = Number::parse(input);
        assert_eq!(number.masked(), masked, "masked {input}");
        assert_eq!(format!("{number:?}"), format!("Number({masked})"), "debug of {input}");
    }
}

#[test]
fn search_finds_a_stored_number_by_any_part_and_spelling() {
    let stored = Number::parse("+7 (953) 777-66-55").search_digits();
    assert_eq!(stored, "79537776655", "stored digits");
    for query in [
        "8953",
        "+7953",
        "+7 953",
        "7953",
        "953",
        "(953) 777-66-55",
        "89537776655",
        "+79537776655",
        "9537776655",
        "8 (953) 777 66 55",
        "777-66",
        "7766",
        "6655",
        "77-66-55",
        "８９５３",
        "8\u{a0}953",
        "+7",
    ] {
        let digits = Number::digits_of_query(query);
        let digits = digits.as_deref().unwrap_or_else(|| {
            assert_eq!(query, "+7", "only the bare country code says nothing");
            "7"
        });
        assert!(stored.contains(digits), "{query} gives {digits}");
    }
    for query in ["8954", "+7954", "89537776656"] {
        let digits = Number::digits_of_query(query).unwrap();
        assert!(!stored.contains(&digits), "{query} must not find the number");
    }
    for query in ["", "   ", "Иван", "доб. 12", "a1", "()"] {
        assert_eq!(Number::digits_of_query(query), None, "{query:?} is no number");
    }
    let minsk = Number::parse("+375291234567").search_digits();
    assert!(
        minsk.contains(&Number::digits_of_query("810375 29").unwrap()),
        "international prefix"
    );
    assert_eq!(
        Number::digits_of_query("102").as_deref(),
        Some("102"),
        "an extension is searched as it is"
    );
}

#[test]
fn hostile_lengths_are_bounded() {
    for text in [
        "8".repeat(1_000_000),
        "8 ".repeat(500_000),
        "\u{200b}".repeat(500_000),
        "Ж".repeat(500_000),
    ] {
        let number = Number::parse(&text);
        assert!(number.canonical().chars().count() <= 256, "kept text is bounded");
        assert_eq!(Number::parse(&number.canonical()), number, "and stable");
        let _ = Number::digits_of_query(&text);
    }
}

/// Characters that numbers are made of, and words that have a meaning here.
fn number_like() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[0-9]{1,12}",
        3 => "[ +()~.,;#*/x<>@:%-]",
        1 => prop::sample::select(vec![
            "tel:", "sip:", "callto:", ";ext=", ";phone-context=+7", "доб. ", "вн.", "ext", "+7", "8 10 ", "00", "\u{a0}",
            "\u{feff}", "%2B", "%D0", "anonymous", "скрыт", "№", "İ", "１", "+7 495 000-00-01", "8900", "E+10", ".0", ",00",
            "О", "\u{fe0f}\u{20e3}", "_", "__", "&#43;", "&", "wa.me/", "?phone=", "=\"", "12.05.2025", "10:30", "+49 30",
            "+375 29 ", "short:", " 2024", "𝟖", "доб. номер ", "факс",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

/// Valid, or as long as a subscriber's number of its country.
fn of_its_plan(number: &str) -> bool {
    let parsed = PHONE_NUMBER_UTIL.parse(number, None).unwrap();
    let kinds = [PhoneNumberType::FixedLine, PhoneNumberType::Mobile];
    parsed.is_valid()
        || kinds
            .into_iter()
            .any(|kind| PHONE_NUMBER_UTIL.is_possible_number_for_type(&parsed, kind))
}

fn check_stable(text: &str) -> Result<(), TestCaseError> {
    let number = Number::parse(text);
    prop_assert_eq!(&Number::parse(&number.canonical()), &number, "stored: {:?}", text);
    if number.key().is_some() && !matches!(number, Number::Short(_)) {
        prop_assert_eq!(
            Number::parse(&number.display()).key(),
            number.key(),
            "shown: {:?}",
            number.display()
        );
    }
    if let Number::E164 { number, .. } = &number {
        let digits = &number[1..];
        prop_assert!(
            number.starts_with('+') && number.len() <= 16 && digits.bytes().all(|b| b.is_ascii_digit()),
            "E.164: {}",
            number
        );
        prop_assert!(
            !digits.starts_with('7') || digits.len() == 11,
            "ten digits behind +7: {} of {:?}",
            number,
            text
        );
        prop_assert!(of_its_plan(number), "a length of its plan: {} of {:?}", number, text);
    }
    let _ = (
        number.masked(),
        number.dial(),
        number.search_digits(),
        Number::digits_of_query(text),
    );
    Ok(())
}

/// Area codes in use and mobile codes.
fn national() -> impl Strategy<Value = String> {
    let codes = vec![
        "900", "916", "953", "999", "495", "499", "812", "800", "343", "4832", "8482", "3452", "39422",
    ];
    prop::sample::select(codes)
        .prop_flat_map(|code| {
            (
                Just(code),
                proptest::string::string_regex(&format!("[2-7][0-9]{{{}}}", 9 - code.len())).unwrap(),
            )
        })
        .prop_map(|(code, rest)| format!("{code}{rest}"))
}

/// Groups that could be a date, which is no part of a number.
fn looks_like_a_date(text: &str) -> bool {
    let text = text.replace('–', "-");
    let mut tokens = text.split(|c: char| !c.is_ascii_digit() && c != '-');
    tokens.any(|token| {
        token.split('-').count() > 2
            && token
                .split('-')
                .any(|part| part.len() == 4 && (part.starts_with("19") || part.starts_with("20")))
    })
}

/// Puts separators between digits: not behind the first, which would stand apart like a trunk prefix, and not before the
/// last, which would stand apart like something behind the number.
fn spelling() -> impl Strategy<Value = (String, Vec<&'static str>)> {
    let prefix = prop::sample::select(vec![
        "",
        "8",
        "7",
        "+7",
        "8-",
        "+7 ",
        "8 10 7",
        "tel:+7",
        "tel:8",
        "+7 8 ",
        "тел. 8",
    ]);
    let between = prop::sample::select(vec!["", "", "", "", " ", "-", "\u{a0}", "–", ") ", " ("]);
    (prefix, prop::collection::vec(between, 8)).prop_map(|(prefix, between)| (prefix.to_owned(), between))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic_and_is_stable(text in any::<String>()) {
        check_stable(&text)?;
    }

    #[test]
    fn anything_like_a_number_is_read_without_panic_and_is_stable(text in number_like()) {
        check_stable(&text)?;
    }

    #[test]
    fn all_spellings_of_a_russian_number_give_one_key(national in national(), (prefix, between) in spelling()) {
        let mut text = prefix;
        for (at, digit) in national.chars().enumerate() {
            text.push(digit);
            let apart = (1..8).contains(&at);
            text.push_str(between.get(at).filter(|_| apart).copied().unwrap_or_default());
        }
        prop_assume!(!looks_like_a_date(&text));
        let number = Number::parse(&text);
        prop_assert_eq!(number.key(), Some(format!("+7{national}")), "{:?}", text);
        prop_assert_eq!(number.dial(), Some(national), "{:?}", text);
    }

    #[test]
    fn what_stands_behind_a_number_never_makes_another_one(
        national in national(),
        (prefix, between) in spelling(),
        between_too in prop::sample::select(vec![" ", "-", " (", ", ", "/", ".", "", " - ", "; ", "_", " доб. ", "x", "\u{a0}"]),
        tail in "[0-9]{1,6}|[0-3][0-9][.][01][0-9]([.](20)?[0-9]{2})?|[0-2][0-9]:[0-5][0-9]|[0-9]{2,3}-[0-9]{2}|0|00|20[0-9]{2}",
    ) {
        // Without a prefix ten digits and two more may well be a foreign number.
        let mut text = if prefix.is_empty() { "8".to_owned() } else { prefix };
        for (at, digit) in national.chars().enumerate() {
            text.push(digit);
            let apart = (1..8).contains(&at);
            text.push_str(between.get(at).filter(|_| apart).copied().unwrap_or_default());
        }
        let text = format!("{text}{between_too}{tail}");
        let key = Number::parse(&text).key();
        prop_assert!(key.is_none() || key == Some(format!("+7{national}")), "{:?} gives {:?}", text, key);
    }

    #[test]
    fn a_full_query_and_every_prefix_of_it_find_the_number(national in national(), prefix in prop::sample::select(vec!["", "8", "+7", "7"])) {
        let stored = Number::parse(&national).search_digits();
        let full = format!("{prefix}{national}");
        for end in 4..=full.len() {
            let digits = Number::digits_of_query(&full[..end]).unwrap();
            prop_assert!(stored.contains(&digits), "{} gives {}", &full[..end], digits);
        }
    }
}

#[test]
fn a_number_tells_its_country_and_its_kind() {
    let table = [
        ("8 (4832) 00-00-01", Some("RU"), Some(NumberKind::Fixed)),
        ("+7 900 000-00-01", Some("RU"), Some(NumberKind::Mobile)),
        ("8 800 000-00-01", Some("RU"), Some(NumberKind::Free)),
        ("8 809 000-00-01", Some("RU"), Some(NumberKind::Paid)),
        ("+7 701 000-00-01", Some("KZ"), Some(NumberKind::Mobile)),
        ("+375 29 123-45-67", Some("BY"), Some(NumberKind::Mobile)),
        ("+44 20 7946 0001", Some("GB"), Some(NumberKind::Fixed)),
        ("102", None, Some(NumberKind::Colleague)),
        ("short:900", None, Some(NumberKind::Short)),
        ("*21#", None, Some(NumberKind::Code)),
        ("кто-то", None, None),
        ("", None, None),
    ];
    for (text, country, kind) in table {
        let number = Number::parse(text);
        assert_eq!((number.country().as_deref(), number.kind()), (country, kind), "{text}");
    }
}
