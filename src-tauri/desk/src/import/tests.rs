//! The files of the field, with what is to come of them.
#![allow(clippy::unwrap_used)]

use super::{Doubt, Found, ImportFile, ImportHow, read_contacts};
use crate::table::contact::ContactKind;
use crate::words::Language;
use proptest::prelude::*;

const LAST: &[u8] = include_bytes!("../../tests/cases/20-vcf-21-quoted-printable/a-android-utf8.vcf");
const OUTLOOK: &[u8] = include_bytes!("../../tests/cases/20-vcf-21-quoted-printable/b-outlook-windows-1251.vcf");
const WIDE: &[u8] = include_bytes!("../../tests/cases/20-vcf-21-quoted-printable/c-utf16le-bom.vcf");
const APPLE: &[u8] = include_bytes!("../../tests/cases/21-vcf-apple-google-v4/contacts.vcf");
const EXCEL: &[u8] = include_bytes!("../../tests/cases/22-csv-excel-1c/a-windows-1251-semicolon.csv");
const BARE: &[u8] = include_bytes!("../../tests/cases/22-csv-excel-1c/d-no-header.csv");
const FLOATS: &[u8] = include_bytes!("../../tests/cases/24-xlsx-numbers-as-floats/contacts.xlsx");
const ONE_BAD: &[u8] = include_bytes!("../../tests/cases/25-import-one-bad-row/contacts-200.csv");

fn read(bytes: &[u8], name: &str) -> ImportFile {
    read_contacts(bytes, name, &ImportHow::default(), Language::Ru).unwrap()
}

fn numbers(found: &Found) -> Vec<&str> {
    found.numbers.iter().map(|number| number.key.as_str()).collect()
}

/// Name and keys of each.
fn told(file: &ImportFile) -> Vec<(&str, Vec<&str>)> {
    file.contacts
        .iter()
        .map(|found| (found.name.as_str(), numbers(found)))
        .collect()
}

fn doubts(file: &ImportFile) -> Vec<(u32, Doubt)> {
    file.report.problems.iter().map(|one| (one.line, one.doubt)).collect()
}

#[test]
fn cards_of_phones_in_quoted_printable() {
    let file = read(LAST, "a.vcf");
    let wanted = vec![
        (
            "Иннокентий Константинопольский",
            vec!["+79000000201", "+74950000020;ext=7"],
        ),
        ("Анна Тестова", vec!["+79000000202"]),
        ("ООО «Тест; и Ко»", vec!["+74950000023", "+74950000024"]),
        ("Пётр 💪 𝕿𝖊𝖘𝖙", vec!["+79000000204"]),
        ("Photo Test", vec!["+79000000205"]),
        ("Last Card", vec!["+79000000206"]),
    ];
    assert_eq!(told(&file), wanted);
    assert_eq!(doubts(&file), [], "nothing was lost");
    let company = &file.contacts[2];
    assert_eq!(
        (company.kind, company.numbers[1].label.as_str()),
        (ContactKind::Counterparty, "факс")
    );
}

#[test]
fn cards_in_windows_1251_and_in_utf_16() {
    let file = read(OUTLOOK, "b.vcf");
    let wanted = vec![
        ("Пётр Тестов", vec!["+79000000211"]),
        ("Ёлка Тестова", vec!["+74950000021;ext=12"]),
    ];
    assert_eq!((told(&file), file.encoding), (wanted, Some("windows-1251")));
    assert_eq!(file.contacts[1].company, "ООО «Тест»");
    let wide = read(WIDE, "c.vcf");
    let names = |file: &ImportFile| file.contacts.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&wide), names(&file));
    assert_eq!(doubts(&wide), []);
}

#[test]
fn cards_of_apple_and_google_and_of_version_4() {
    let file = read(APPLE, "contacts.vcf");
    let long = "Ия Длинная-Предлинная-Фамилия-Которая-Не-Поместилась-В-Семьдесят-Пять-Байт-Потому-Что-Она-Длинная";
    let sixty = "Щ".repeat(60);
    let wanted = vec![
        (
            "Анна Тестова",
            vec!["+79000000211", "+74950000021;ext=12", "+79000000212"],
        ),
        (
            "Борис Тестов",
            vec!["+74950000022;ext=7", "+79000000221", "+74950000023"],
        ),
        ("Тест: Отдел продаж, касса; вход 2 / этаж 3", vec!["+74950000024"]),
        (long, vec!["+79000000225", "+79000000226"]),
        ("Без номера", vec![]),
        (&sixty, vec!["+79000000227"]),
    ];
    assert_eq!(told(&file), wanted);
    let labels: Vec<&str> = file.contacts[0].numbers.iter().map(|one| one.label.as_str()).collect();
    assert_eq!(labels, ["Дача", "Work", "мобильный"]);
    assert_eq!(
        file.contacts[2].note,
        "первая строка\nвторая: с двоеточием; и точкой с запятой, да"
    );
    assert_eq!(doubts(&file), []);
}

#[test]
fn what_excel_and_1c_write() {
    let file = read(EXCEL, "a.csv");
    assert_eq!((file.encoding, file.separator), (Some("windows-1251"), Some(';')));
    let wanted = vec![
        ("ООО \"Тест-Альфа\"", vec!["+74950000031", "+79000000231"]),
        ("ООО \"Бета\" & Ко", vec!["+79000000232"]),
        ("ИП Тестов П.П.", vec!["+79000000233"]),
        ("Гамма", vec!["+79000000234", "+79000000235"]),
        ("Дельта", vec!["+79000000236", "+79000000237"]),
        ("Эпсилон", vec!["+73952000038;ext=12"]),
        ("+7 (900) 000-02-39", vec!["+79000000239"]),
        ("Зет", vec![]),
        ("Тест-Альфа, ООО", vec!["+74950000031"]),
        ("=HYPERLINK(\"http://192.0.2.1\";\"Щёлк\")", vec!["+79000000240"]),
    ];
    assert_eq!(told(&file), wanted);
    assert_eq!(file.contacts[0].note, "первая строка\nвторая; с точкой с запятой");
    assert_eq!(
        file.contacts[7].note, "городской без кода\n000-00-31",
        "its text is kept"
    );
    let wanted = [
        (6, Doubt::Spoilt),
        (11, Doubt::NoName),
        (12, Doubt::NoNumber),
        (13, Doubt::SharedNumber),
        (15, Doubt::Nothing),
    ];
    assert_eq!(doubts(&file), wanted);
    assert_eq!(file.report.problems[3].other, Some(3), "the same number as the first");
    let bare = read(BARE, "d.csv");
    let wanted = vec![
        ("Тестова Анна", vec!["+79000000243"]),
        ("Тестов Борис", vec!["+79000000244"]),
    ];
    assert_eq!(told(&bare), wanted);
}

#[test]
fn the_same_file_in_another_encoding_or_with_another_separator_gives_the_same() {
    let (text, ..) = encoding_rs::WINDOWS_1251.decode(EXCEL);
    let wanted = read(EXCEL, "a.csv").contacts;
    let wide = |bytes: fn(u16) -> [u8; 2], mark: &str| {
        let text = format!("{mark}{text}");
        text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
    };
    let files = [
        text.as_bytes().to_vec(),
        format!("\u{feff}{text}").into_bytes(),
        wide(u16::to_le_bytes, "\u{feff}"),
        wide(u16::to_be_bytes, "\u{feff}"),
        wide(u16::to_le_bytes, ""),
        encoding_rs::KOI8_R.encode(&text).0.into_owned(),
        encoding_rs::IBM866.encode(&text).0.into_owned(),
    ];
    for (at, bytes) in files.iter().enumerate() {
        assert_eq!(read(bytes, "a.csv").contacts, wanted, "file {at}");
    }
    let rows = [
        ["Имя", "Телефон"],
        ["Тестова, Анна; мать", "8 900 000-02-43"],
        ["Боря", "89000000244"],
    ];
    let quoted = |separator: &str| {
        let line = |row: &[&str; 2]| row.map(|cell| format!("\"{cell}\"")).join(separator);
        rows.iter().map(line).collect::<Vec<_>>().join("\r\n")
    };
    for separator in [";", ",", "\t", "|"] {
        let file = read(quoted(separator).as_bytes(), "b.txt");
        let wanted = vec![
            ("Тестова, Анна; мать", vec!["+79000000243"]),
            ("Боря", vec!["+79000000244"]),
        ];
        assert_eq!((told(&file), doubts(&file)), (wanted, vec![]), "{separator:?}");
    }
}

#[test]
fn numbers_of_a_workbook_are_floats() {
    let file = read(FLOATS, "contacts.xlsx");
    let wanted = vec![
        ("Тестова Анна", vec!["+79000000261"]),
        ("Тестов Борис", vec!["+79000000262", "+79000000263"]),
        ("Гаммов Олег", vec!["+79000000264"]),
        ("Дельтова Ия", vec!["+74950000065;ext=12"]),
        ("Эпсилонов", vec!["+79000000266"]),
        ("Скрытая строка", vec!["+79000000267"]),
        ("Испорчен", vec!["+79000000000"]),
    ];
    assert_eq!(told(&file), wanted);
    let wanted = [
        (10, Doubt::CellError),
        (10, Doubt::Nothing),
        (11, Doubt::Round),
        (12, Doubt::Date),
        (12, Doubt::Nothing),
    ];
    assert_eq!(doubts(&file), wanted);
}

#[test]
fn one_bad_row_costs_one_row() {
    let file = read(ONE_BAD, "contacts-200.csv");
    assert_eq!(file.contacts.len(), 199);
    let bad = file.contacts.iter().find(|one| one.line == 59).unwrap();
    assert_eq!((bad.note.as_str(), bad.numbers.len()), ("8 (9ОО) дом", 0));
    let wanted = [(59, Doubt::NoNumber), (135, Doubt::Nothing), (152, Doubt::SharedNumber)];
    assert_eq!(doubts(&file), wanted);
    assert_eq!(file.report.problems[2].other, Some(151));
}

#[test]
fn a_quotation_mark_that_is_never_closed_costs_its_row() {
    let line = |n: u32| {
        let mark = if n == 100 { "\"" } else { "" };
        format!("{mark}Контакт {n};8 900 000-{:02}-{:02}\n", n / 100, n % 100)
    };
    let text = format!("Имя;Телефон\n{}", (0..500).map(line).collect::<Vec<_>>().concat());
    let file = read(text.as_bytes(), "a.csv");
    assert_eq!(file.contacts.len(), 500);
    assert_eq!(doubts(&file), [(102, Doubt::OpenQuote)]);
    assert_eq!(file.contacts[101].line, 103);
}

/// A mark that is never closed near the end of the file, and one that a later cell closes.
#[test]
fn an_open_quotation_mark_costs_its_own_row_wherever_it_stands() {
    let text = "Имя;Компания;Телефон\nАннова;Альфа;89000000001\nБеттова;\"Ромашка;89000000002\nВерова;Бета;89000000003\n\
                Гаммова;\"Зелёный лес\";89000000004\n";
    let file = read(text.as_bytes(), "a.csv");
    let names: Vec<&str> = file.contacts.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Аннова", "Беттова", "Верова", "Гаммова"]);
    assert_eq!(doubts(&file), [(3, Doubt::OpenQuote)]);
    let text = "Имя;Телефон;Заметка\nАннова;89000000001;\"первая\nвторая\"\nБеттова;89000000002;\"не закрыта\nВерова;89000000003;да\n";
    let file = read(text.as_bytes(), "a.csv");
    let names: Vec<&str> = file.contacts.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Аннова", "Беттова", "Верова"]);
    assert_eq!(file.contacts[0].note, "первая\nвторая", "a note of two lines stays one");
    assert_eq!(doubts(&file), [(4, Doubt::OpenQuote)]);
}

#[test]
fn an_extension_column_belongs_to_the_number_of_its_row() {
    let text = "Имя;Добавочный;Телефон\nАннова;12;8 495 000-00-01\nБеттова;102;\nВерова;;8 495 000-00-02\n";
    let file = read(text.as_bytes(), "a.csv");
    let keys: Vec<Vec<&str>> = file.contacts.iter().map(numbers).collect();
    assert_eq!(keys, [vec!["+74950000001;ext=12"], vec!["102"], vec!["+74950000002"]]);
}

/// Cases 14, 15 and 36: what is read as a number elsewhere is the same in a file.
#[test]
fn numbers_of_spreadsheets_and_swallowed_tails_come_through_a_file() {
    let tables = [
        include_str!("../../tests/cases/14-numbers-from-spreadsheets/numbers.tsv"),
        include_str!("../../tests/cases/15-numbers-lookalikes/numbers.tsv"),
        include_str!("../../tests/cases/36-numbers-tail-swallowed/numbers.tsv"),
    ];
    for line in tables
        .iter()
        .flat_map(|table| table.lines())
        .filter(|line| !line.starts_with('#'))
    {
        let cells: Vec<&str> = line.split('\t').collect();
        let (given, wanted) = (cells[0], cells[1].split(';').next().unwrap());
        let text = format!("Имя\tТелефон\nАннова\t\"{}\"\n", given.replace('"', "\"\""));
        let file = read(text.as_bytes(), "a.csv");
        let found: Vec<String> = file
            .contacts
            .iter()
            .flat_map(|one| numbers(one))
            .map(|key| key.split(';').next().unwrap().to_owned())
            .collect();
        if wanted.is_empty() {
            assert_eq!(found, [""; 0], "{given:?}");
            assert!(!doubts(&file).is_empty(), "{given:?} is told");
        } else {
            assert_eq!(found, [wanted], "{given:?}");
        }
    }
}

#[test]
fn columns_may_be_given() {
    use super::ColumnRole::{Company, Ignore, Name, Phone};
    let text = "А;Б;В\nТестова;Альфа;89000000243\n";
    let how = ImportHow {
        columns: Some(vec![Company, Name, Phone]),
        ..ImportHow::default()
    };
    let file = read_contacts(text.as_bytes(), "a.csv", &how, Language::Ru).unwrap();
    let found = file.contacts.last().unwrap();
    assert_eq!((found.name.as_str(), found.company.as_str()), ("Альфа", "Тестова"));
    let how = ImportHow {
        columns: Some(vec![Name, Ignore, Ignore]),
        ..ImportHow::default()
    };
    let file = read_contacts(text.as_bytes(), "a.csv", &how, Language::Ru).unwrap();
    assert_eq!(file.contacts.len(), 0, "a name alone is nobody to call");
}

#[test]
fn the_order_of_the_file_does_not_change_who_is_who() {
    let ids = |text: &str| {
        let mut ids: Vec<_> = read(text.as_bytes(), "a.csv")
            .contacts
            .into_iter()
            .map(|one| one.id)
            .collect();
        ids.sort();
        ids
    };
    let head = "Имя;Телефон\n";
    let (one, two, three) = (
        "Тестова Анна;89000000243\n",
        "Тестова Анна;89000000244\n",
        "Боря;89000000245\n",
    );
    assert_eq!(
        ids(&[head, one, two, three].concat()),
        ids(&[head, three, two, one].concat())
    );
    assert_eq!(
        ids(&[head, one, one].concat()).len(),
        1,
        "a row that stands twice is one contact"
    );
}

#[test]
fn what_is_no_file_with_contacts_is_refused() {
    for bytes in [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0"[..], b"PK\x03\x04 and no more"] {
        assert!(read_contacts(bytes, "a", &ImportHow::default(), Language::Ru).is_err());
    }
}

/// Parts of real files, put together at random.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let parts: Vec<&'static [u8]> = vec![
        b"BEGIN:VCARD\n",
        b"END:VCARD\n",
        b"N;ENCODING=QUOTED-PRINTABLE:=D0",
        b"=\n",
        b"=",
        b"\n ",
        b"TEL:",
        b"\"",
        b";",
        b",",
        b"\t",
        b"\r\n",
        b"sep=;\n",
        b"7,9E+10",
        b"89000000001",
        "Имя".as_bytes(),
        b"\xd0",
        b"\xff\xfe",
        b"\0",
        b"=\"",
        b"item1.TEL:",
        b"CHARSET=utf-16le",
        b"\\",
        b"PK\x03\x04",
        b"\xef\xbb\xbf",
        "доб. ".as_bytes(),
        b"#N/A",
        b"PK\x01\x02",
    ];
    let part = prop_oneof![
        4 => prop::sample::select(parts).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn hostile_bytes_are_read_alike_and_never_end_the_program(bytes in hostile(), vcf in any::<bool>()) {
        let name = if vcf { "a.vcf" } else { "a.csv" };
        let once = read_contacts(&bytes, name, &ImportHow::default(), Language::Ru).ok();
        let again = read_contacts(&bytes, name, &ImportHow::default(), Language::Ru).ok();
        prop_assert_eq!(&once, &again);
        for found in once.iter().flat_map(|file| &file.contacts) {
            prop_assert!(!found.name.is_empty(), "a contact has a name");
        }
    }

    #[test]
    fn a_spoilt_workbook_never_ends_the_program(at in 0..FLOATS.len(), byte in any::<u8>(), end in 0..FLOATS.len()) {
        let mut bytes = FLOATS.to_vec();
        bytes[at] = byte;
        let _ = read_contacts(&bytes, "a.xlsx", &ImportHow::default(), Language::Ru);
        bytes.truncate(end);
        let _ = read_contacts(&bytes, "a.xlsx", &ImportHow::default(), Language::Ru);
    }
}
