//! Search, what is typed to dial, queue, report and change over 1,000,000 calls of 60,000 numbers and 200,000 contacts: p50 and
//! p99 in milliseconds, reports beside the same SQL in the sqlite3 shell.
//!
//! `cargo run --release -p perezvon-desk --example desk_bench [CALLS [NUMBERS [CONTACTS]]]`
#![allow(clippy::print_stdout, missing_docs, unreachable_pub)]

mod fill;

use fill::{Done, Size, call, queries};
use perezvon_core::effect::Preferences;
use perezvon_core::snapshot::{Direction, Outcome};
use perezvon_desk::Desk;
use perezvon_desk::view::{
    CallMark, CallbacksFilter, CallsFilter, CallsSpan, Grouping, Measure, Period, ReportFormat, ReportSettings,
};
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const IDENTITY: &str = "http://127.0.0.1:1 9000000001@example";
/// Rounds of each question.
const ROUNDS: usize = 20;

fn main() -> Done<()> {
    let size = Size::of(std::env::args().skip(1))?;
    let dir = tempfile::tempdir_in(".")?;
    let desk = Desk::open(dir.path())?;
    fill::fill(&desk, &size, IDENTITY)?;
    desk.checkpoint()?;
    search(&desk, &size)?;
    search_beside_shell(&desk, dir.path())?;
    queue(&desk)?;
    report(&desk, dir.path())?;
    export(&desk, dir.path())?;
    change(&desk, &size)
}

fn search(desk: &Desk, size: &Size) -> Done<()> {
    let queries = queries(size);
    let mut worst: Vec<(Duration, String)> = Vec::new();
    for what in ["calls", "contacts", "dial"] {
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
                } else if what == "contacts" {
                    desk.newest_contacts("bench", query, (None, false), 50)?;
                } else {
                    desk.to_dial("bench", query)?;
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
