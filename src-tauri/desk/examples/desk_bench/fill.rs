//! A desk of any size, the same in each run: calls of so many numbers, and contacts whom a third of the numbers belongs to.

use perezvon_core::effect::{DocumentScope, Preferences};
use perezvon_core::snapshot::{CallSnapshot, Direction, LineSnapshot, Outcome, PartySnapshot, RecordingSnapshot};
use perezvon_core::{Number, Time};
use perezvon_desk::Desk;
use perezvon_desk::view::{ContactDraft, ContactKind, ContactNumber};
use std::time::Instant;

pub type Done<T> = Result<T, Box<dyn std::error::Error>>;

/// 2026-01-01.
const START_MS: i64 = 1_767_225_600_000;
/// Between two calls.
pub const STEP_MS: i64 = 60_000;

/// How large the desk is.
pub struct Size {
    pub calls: u64,
    pub numbers: u64,
    pub contacts: u64,
    /// When the first call began.
    pub start_ms: i64,
}

impl Size {
    /// That of the budgets, or what the arguments say: calls, numbers, contacts.
    pub fn of(mut arguments: impl Iterator<Item = String>) -> Done<Self> {
        let mut next = |or: u64| arguments.next().map_or(Ok(or), |n| n.parse());
        Ok(Self {
            calls: next(1_000_000)?,
            numbers: next(60_000)?,
            contacts: next(200_000)?,
            start_ms: START_MS,
        })
    }
}

/// A number for every `n`, the same in each run: a multiplicative generator.
pub fn random(n: u64) -> u64 {
    (n + 1)
        .wrapping_mul(6_364_136_223_846_793_005)
        .rotate_left(29)
        .wrapping_mul(2_862_933_555_777_941_757)
        >> 33
}

pub fn number(n: u64) -> String {
    format!("+79{:09}", random(n) % 1_000_000_000)
}

const FAMILIES: [&str; 12] = [
    "Иванов",
    "Петров",
    "Сидоров",
    "Кузнецов",
    "Ёлкин",
    "Васильев",
    "Морозов",
    "Щукин",
    "Дубов",
    "Лесков",
    "Жуков",
    "Орлов",
];
const NAMES: [&str; 8] = ["Пётр", "Анна", "Иван", "Ольга", "Нина", "Андрей", "Юрий", "Эмма"];

pub fn name(n: u64) -> String {
    let family = FAMILIES[(random(n) % 12) as usize];
    let name = NAMES[(random(n + 7) % 8) as usize];
    format!("{family} {name} {}", n % 5_000)
}

/// Stores them all. `identity`: whose mirror it is.
pub fn fill(desk: &Desk, size: &Size, identity: &str) -> Done<()> {
    let started = Instant::now();
    desk.reset_mirror(identity)?;
    let preferences = Preferences {
        documents: DocumentScope::Off,
        ..Preferences::default()
    };
    let now = Time::from_ms(size.start_ms + size.calls as i64 * STEP_MS);
    let all: Vec<u64> = (0..size.calls).collect();
    for chunk in all.chunks(2_000) {
        let calls: Vec<CallSnapshot> = chunk.iter().map(|n| call(*n, size)).collect();
        desk.take(&calls, identity, &preferences, now)?;
    }
    println!(
        "{} calls stored in {:.0} s",
        size.calls,
        started.elapsed().as_secs_f64()
    );
    let started = Instant::now();
    // A third of the numbers is somebody's.
    let drafts: Vec<ContactDraft> = (0..size.contacts).map(|n| contact(n, size)).collect();
    desk.save_contacts(&drafts)?;
    println!(
        "{} contacts saved in {:.0} s",
        size.contacts,
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

fn contact(n: u64, size: &Size) -> ContactDraft {
    let number = if n < size.numbers / 3 {
        number(n * 3)
    } else {
        number(size.numbers + n)
    };
    ContactDraft {
        id: None,
        kind: ContactKind::ContactPerson,
        name: name(n),
        company: format!("ООО «Фирма {}»", n % 3_000),
        email: String::new(),
        note: String::new(),
        about: perezvon_desk::view::ContactAbout::default(),
        numbers: vec![ContactNumber {
            display: number,
            key: String::new(),
            label: String::new(),
        }],
    }
}

pub fn call(n: u64, size: &Size) -> CallSnapshot {
    let start = Time::from_ms(size.start_ms + n as i64 * STEP_MS);
    let who = random(n * 31) % size.numbers;
    let (direction, outcome) = match random(n * 17 + 3) % 10 {
        0..=4 => (Direction::Incoming, Outcome::Ended),
        5 => (Direction::Incoming, Outcome::Missed),
        6 => (Direction::Incoming, Outcome::AnsweredBy),
        7 => (Direction::Outgoing, Outcome::NoAnswer),
        _ => (Direction::Outgoing, Outcome::Ended),
    };
    let answered = matches!(outcome, Outcome::Ended | Outcome::AnsweredBy);
    let wait = 2_000 + (random(n) % 30_000) as i64;
    CallSnapshot {
        id: format!("01J{n:023}"),
        version: n as i64 + 1,
        account: "main".to_owned(),
        tracking_id: Some(format!("900201:{n}")),
        direction,
        outcome,
        uncertain: false,
        party: PartySnapshot {
            name: who.is_multiple_of(4).then(|| name(who + 1_000_000)),
            ..PartySnapshot::of(&Number::parse(&number(who)))
        },
        line: Some(LineSnapshot {
            number: Some("+79000000050".to_owned()),
            name: Some(format!("Линия {}", n % 9)),
            queue: None,
        }),
        abonent: Some(format!("90000{:05}@example", random(n * 5) % 300)),
        answered_by: None,
        started_at: Some(start),
        answered_at: answered.then(|| start.plus(wait)),
        ended_at: Some(start.plus(wait * 2)),
        wait_ms: Some(wait),
        talk_ms: answered.then_some(wait * 4),
        recording: RecordingSnapshot::default(),
        talked_later: None,
        claim: None,
        superseded_by: None,
        linked: Vec::new(),
        request: None,
        updated_at: start.plus(wait * 2),
        legs: Vec::new(),
    }
}

/// Every way of typing: digits and words, known and not, from the first letter on.
pub fn queries(size: &Size) -> Vec<String> {
    let mut queries: Vec<String> = [
        "7",
        "9",
        "0",
        "79",
        "90",
        "00",
        "123",
        "900",
        "9000",
        "55555",
        "1234567890123",
        "8 (9",
        "и",
        "ъ",
        "ив",
        "ъъ",
        "щу",
        "ива",
        "петр",
        "ёлкин",
        "елкин анна",
        "ооо",
        "фирма",
        "фирма 17",
        "никто",
        "иванов 4999",
        "ванов",
        "q",
        "zz",
        "the",
        "иванов пётр ооо",
        "\"'*",
        "12 и",
        "а б в",
    ]
    .map(str::to_owned)
    .to_vec();
    for n in 0..20 {
        let number = number(random(n) % size.numbers);
        for end in [4, 6, 8, 12] {
            queries.push(number[..end].to_owned());
        }
        queries.push(number[6..].to_owned());
        queries.push(format!("8{}", &number[2..]));
        let name = name(random(n) % size.contacts).to_lowercase();
        let letters: Vec<char> = name.chars().collect();
        for end in [1, 3, 5, letters.len()] {
            queries.push(letters[..end].iter().collect());
        }
    }
    queries
}
