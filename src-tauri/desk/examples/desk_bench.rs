//! Search, queue, report and change over 1,000,000 calls of 60,000 numbers and 200,000 contacts: p50 and p99 in milliseconds,
//! reports beside the same SQL in the sqlite3 shell.
//!
//! `cargo run --release -p perezvon-desk --example desk_bench [CALLS [NUMBERS [CONTACTS]]]`
#![allow(clippy::print_stdout)]

use perezvon_core::effect::{DocumentScope, Preferences};
use perezvon_core::snapshot::{CallSnapshot, Direction, LineSnapshot, Outcome, PartySnapshot, RecordingSnapshot};
use perezvon_core::{Number, Time};
use perezvon_desk::Desk;
use perezvon_desk::view::{
    CallMark, CallbacksFilter, CallsFilter, CallsSpan, ContactDraft, ContactKind, ContactNumber, Grouping, Measure,
    Period, ReportFormat, ReportSettings,
};
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Done<T> = Result<T, Box<dyn std::error::Error>>;

const IDENTITY: &str = "http://127.0.0.1:1 9000000001@example";
/// Rounds of each question.
const ROUNDS: usize = 20;
/// 2026-01-01.
const START_MS: i64 = 1_767_225_600_000;
/// Between two calls.
const STEP_MS: i64 = 60_000;

/// How large the desk is.
struct Size {
    calls: u64,
    numbers: u64,
    contacts: u64,
}

fn main() -> Done<()> {
    let mut given = std::env::args().skip(1).map(|n| n.parse());
    let mut next = |or: u64| given.next().unwrap_or(Ok(or));
    let size = Size {
        calls: next(1_000_000)?,
        numbers: next(60_000)?,
        contacts: next(200_000)?,
    };
    let dir = tempfile::tempdir_in(".")?;
    let desk = Desk::open(dir.path())?;
    fill(&desk, &size)?;
    desk.checkpoint()?;
    search(&desk, &size)?;
    search_beside_shell(&desk, dir.path())?;
    queue(&desk)?;
    report(&desk, dir.path())?;
    export(&desk, dir.path())?;
    change(&desk, &size)
}

/// A number for every `n`, the same in each run: a multiplicative generator.
fn random(n: u64) -> u64 {
    (n + 1)
        .wrapping_mul(6_364_136_223_846_793_005)
        .rotate_left(29)
        .wrapping_mul(2_862_933_555_777_941_757)
        >> 33
}

fn number(n: u64) -> String {
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

fn name(n: u64) -> String {
    let family = FAMILIES[(random(n) % 12) as usize];
    let name = NAMES[(random(n + 7) % 8) as usize];
    format!("{family} {name} {}", n % 5_000)
}

fn fill(desk: &Desk, size: &Size) -> Done<()> {
    let started = Instant::now();
    desk.reset_mirror(IDENTITY)?;
    let preferences = Preferences {
        documents: DocumentScope::Off,
        ..Preferences::default()
    };
    let now = Time::from_ms(START_MS + size.calls as i64 * STEP_MS);
    let all: Vec<u64> = (0..size.calls).collect();
    for chunk in all.chunks(2_000) {
        let calls: Vec<CallSnapshot> = chunk.iter().map(|n| call(*n, size)).collect();
        desk.take(&calls, IDENTITY, &preferences, now)?;
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

fn call(n: u64, size: &Size) -> CallSnapshot {
    let start = Time::from_ms(START_MS + n as i64 * STEP_MS);
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
fn queries(size: &Size) -> Vec<String> {
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

fn search(desk: &Desk, size: &Size) -> Done<()> {
    let queries = queries(size);
    let mut worst: Vec<(Duration, String)> = Vec::new();
    for what in ["calls", "contacts"] {
        let mut times = Vec::new();
        for query in &queries {
            for round in 0..ROUNDS {
                let started = Instant::now();
                if what == "calls" {
                    let filter = CallsFilter {
                        query: query.clone(),
                        ..CallsFilter::default()
                    };
                    desk.calls_between("bench", &filter, CallsSpan::default(), (None, false), 50)?;
                } else {
                    desk.newest_contacts("bench", query, (None, false), 50)?;
                }
                let time = started.elapsed();
                times.push(time);
                if round == ROUNDS / 2 {
                    worst.push((time, format!("{what} {query:?}")));
                }
            }
        }
        told(&format!("search_{what}"), times);
    }
    search_marks(desk)?;
    worst.sort();
    for (time, what) in worst.iter().rev().take(6) {
        println!("  {:.2} ms {what}", time.as_secs_f64() * 1000.0);
    }
    Ok(())
}

/// Every mark alone and some together, in both orders.
fn search_marks(desk: &Desk) -> Done<()> {
    use CallMark::{First, Incoming, Lost, Missed, Noted, Outgoing, Recorded, Unregistered};
    let all: [&[CallMark]; 12] = [
        &[Incoming],
        &[Outgoing],
        &[Missed],
        &[Lost],
        &[First],
        &[Unregistered],
        &[Recorded],
        &[Noted],
        &[Missed, Unregistered],
        &[Outgoing, First],
        &[Incoming, Recorded],
        &[Lost, Unregistered, Noted],
    ];
    let mut times = Vec::new();
    for marks in all {
        for oldest_first in [false, true] {
            let filter = CallsFilter {
                marks: marks.to_vec(),
                oldest_first,
                ..CallsFilter::default()
            };
            for _ in 0..ROUNDS {
                let started = Instant::now();
                desk.calls_between("bench", &filter, CallsSpan::default(), (None, false), 50)?;
                times.push(started.elapsed());
            }
        }
    }
    told("search_marks", times);
    Ok(())
}

/// Folded queries and what they look for in the index of trigrams: a name and a number, parts of numbers, a name of many,
/// a whole number that nobody has, and a word that stands nowhere.
const BESIDE_SHELL: [(&str, &str); 6] = [
    ("иванов 4999", "\"иванов\" AND \"4999\""),
    ("щукин нина", "\"щукин\" AND \"нина\""),
    ("55555", "digits : \"55555\""),
    ("9012345", "digits : \"9012345\""),
    ("79000000000", "digits : \"79000000000\""),
    ("никто", "\"никто\""),
];

/// The same searches as one statement each in the sqlite3 shell, without the time that the shell takes to start.
fn search_beside_shell(desk: &Desk, folder: &Path) -> Done<()> {
    let mut ours = Duration::ZERO;
    let mut script = String::new();
    for (query, expression) in BESIDE_SHELL {
        let filter = CallsFilter {
            query: query.to_owned(),
            ..CallsFilter::default()
        };
        let read = || desk.calls_between("bench", &filter, CallsSpan::default(), (None, false), 50);
        let rows = read()?.rows.len();
        let contained: Vec<String> = query
            .split(' ')
            .map(|word| format!(" AND instr(k.search || k.digits, '{word}') > 0"))
            .collect();
        let contained = contained.concat();
        let sql = format!(
            "SELECT c.*, k.* FROM call c JOIN caller k ON k.id = c.caller
             WHERE k.id IN (SELECT rowid FROM caller_fts WHERE caller_fts MATCH '{expression}'){contained}
             ORDER BY c.started_ms DESC, c.id DESC LIMIT"
        );
        let found = shell(&folder.join("desk.db"), &format!("SELECT count(*) FROM ({sql} 50);"))?;
        assert_eq!(found.trim(), rows.to_string(), "the shell finds the same for {query:?}");
        let started = Instant::now();
        for _ in 0..ROUNDS {
            read()?;
        }
        ours += started.elapsed();
        script.push_str(&format!("{sql} 51;\n").repeat(ROUNDS));
    }
    let questions = (BESIDE_SHELL.len() * ROUNDS) as f64;
    let path = folder.join("desk.db");
    let timed = |script: &str| -> Done<Duration> {
        let started = Instant::now();
        shell(&path, &format!(".output /dev/null\n{script}"))?;
        Ok(started.elapsed())
    };
    let theirs = timed(&script)?.saturating_sub(timed("SELECT count(*) FROM mirror;\n")?);
    for (what, time) in [("search_beside_shell", ours), ("shell_search", theirs)] {
        println!("{what}: mean {:.3} ms", time.as_secs_f64() * 1000.0 / questions);
    }
    Ok(())
}

fn queue(desk: &Desk) -> Done<()> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS * 10 {
        let started = Instant::now();
        let page = desk.callbacks(&CallbacksFilter::default(), None, 50)?;
        let counts = desk.counts()?;
        times.push(started.elapsed());
        assert_eq!(
            page.rows.len() as u32,
            counts.to_call_back.min(50),
            "the badge counts the list"
        );
    }
    println!("{} wait", desk.counts()?.to_call_back);
    told("queue", times);
    Ok(())
}

/// A report of everything, and the SQL that groups and sums the same where SQL can.
struct Asked {
    name: &'static str,
    groupings: &'static [Grouping],
    measures: &'static [Measure],
    sql: &'static str,
}

const REPORTS: [Asked; 6] = [
    Asked {
        name: "abonent",
        groupings: &[Grouping::Abonent],
        measures: &[Measure::Count, Measure::Missed, Measure::TalkSum, Measure::WaitMean],
        sql: "SELECT abonent, count(*), sum(missed), sum(talk_ms / 1000), avg(iif(incoming, wait_ms / 1000, NULL)) FROM call GROUP BY 1",
    },
    Asked {
        name: "abonent_day",
        groupings: &[Grouping::Abonent, Grouping::Day],
        measures: &[Measure::TalkSum],
        sql: "SELECT abonent, started_ms / 86400000, sum(talk_ms / 1000) FROM call GROUP BY 1, 2",
    },
    Asked {
        name: "weekday_hour",
        groupings: &[Grouping::Weekday, Grouping::Hour],
        measures: &[Measure::Count, Measure::Missed],
        sql: "SELECT started_ms / 86400000 % 7, started_ms / 3600000 % 24, count(*), sum(missed) FROM call GROUP BY 1, 2",
    },
    Asked {
        name: "number",
        groupings: &[Grouping::Number],
        measures: &[Measure::Count, Measure::TalkSum],
        sql: "SELECT caller, count(*), sum(talk_ms / 1000) FROM call GROUP BY 1",
    },
    Asked {
        name: "line_outcome_week",
        groupings: &[Grouping::Line, Grouping::Outcome, Grouping::Week],
        measures: &[Measure::Count, Measure::WaitSum],
        sql: "SELECT line, outcome, started_ms / 604800000, count(*), sum(wait_ms / 1000) FROM call GROUP BY 1, 2, 3",
    },
    // What SQL has no words for: percentiles, calls back, persons.
    Asked {
        name: "everything",
        groupings: &[Grouping::Line, Grouping::Month],
        measures: &Measure::ALL,
        sql: "",
    },
];

fn report(desk: &Desk, folder: &Path) -> Done<()> {
    desk.checkpoint()?;
    let path = folder.join("desk.db");
    for asked in REPORTS {
        let settings = ReportSettings {
            groupings: asked.groupings.to_vec(),
            measures: asked.measures.to_vec(),
            rows: false,
            period: Period::All,
            ..ReportSettings::default()
        };
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let report = desk.report("bench", &settings, &HashMap::new(), 5_000)?;
            times.push(started.elapsed());
            assert!(
                report.calls > 0 && report.calls == report.journal,
                "all calls are counted"
            );
        }
        told(&format!("report_{}", asked.name), times);
        if !asked.sql.is_empty() {
            told(&format!("shell_{}", asked.name), in_shell(&path, asked.sql)?);
        }
    }
    Ok(())
}

/// How long the sqlite3 shell takes. It times what comes through its input and not what stands on its command line; the
/// rows go nowhere: to print them is no part of the question.
fn in_shell(path: &Path, sql: &str) -> Done<Vec<Duration>> {
    let text = shell(
        path,
        &format!(".timer on\n.output /dev/null\n{}", format!("{sql};\n").repeat(ROUNDS)),
    )?;
    let real = text
        .lines()
        .filter_map(|line| line.strip_prefix("Run Time: real ")?.split(' ').next()?.parse().ok());
    let times: Vec<Duration> = real.map(Duration::from_secs_f64).collect();
    if times.len() == ROUNDS {
        Ok(times)
    } else {
        Err(format!("the sqlite3 shell answered {text}").into())
    }
}

/// What the sqlite3 shell prints for this input.
fn shell(path: &Path, input: &str) -> Done<String> {
    let mut sqlite3 = Command::new("sqlite3");
    sqlite3
        .arg("-readonly")
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut shell = sqlite3.spawn()?;
    shell.stdin.take().ok_or("no input")?.write_all(input.as_bytes())?;
    Ok(String::from_utf8_lossy(&shell.wait_with_output()?.stdout).into_owned())
}

/// The calls of a month as a workbook, each with its line.
fn export(desk: &Desk, folder: &Path) -> Done<()> {
    let settings = ReportSettings {
        // A call a minute: 69 days and 10 hours are 100,000.
        period: Period::Between {
            from: date("2026-01-01")?,
            to: date("2026-03-10")?,
        },
        zone: Some("UTC".to_owned()),
        ..ReportSettings::default()
    };
    let mut times = Vec::new();
    for _ in 0..3 {
        let mut lines = 0;
        let started = Instant::now();
        let name = (folder, "bench");
        let file = desk.write_report(&settings, &HashMap::new(), ReportFormat::Xlsx, name, |now| {
            lines = now;
            true
        })?;
        times.push(started.elapsed());
        println!("{lines} steps, {} bytes", std::fs::metadata(&file)?.len());
        std::fs::remove_file(file)?;
    }
    told("xlsx", times);
    Ok(())
}

fn date(text: &str) -> Done<chrono::NaiveDate> {
    Ok(text.parse()?)
}

/// A ring comes in: until its row can be read by whoever heard of it, with the figures.
fn change(desk: &Desk, size: &Size) -> Done<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut changes = desk.changes();
    let mut times = Vec::new();
    for n in size.calls..size.calls + 400 {
        let mut snapshot = call(n, size);
        snapshot.outcome = Outcome::Missed;
        (snapshot.direction, snapshot.answered_at, snapshot.talk_ms) = (Direction::Incoming, None, None);
        let id = snapshot.id.clone();
        let now = snapshot.updated_at;
        let started = Instant::now();
        desk.take(&[snapshot], IDENTITY, &Preferences::default(), now)?;
        let change = runtime.block_on(changes.next()).ok_or("nothing was told")?;
        assert!(
            change.touched.calls.has(&id) && !change.touched.calls.has(&"another".to_owned()),
            "one id"
        );
        let rows = desk.call_rows(&CallsFilter::default(), std::slice::from_ref(&id))?;
        times.push(started.elapsed());
        assert_eq!(rows.len(), 1, "what is told can be read");
    }
    told("change", times);
    Ok(())
}

fn told(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0;
    println!("{what}: p50 {:.2}, p99 {:.2} ms", at(0.5), at(0.99));
}
