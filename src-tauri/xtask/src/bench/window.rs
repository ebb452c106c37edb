//! Start, opening again and memory of the app, beside an empty Tauri window.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Row;
use crate::desktop::Desktop;
use crate::run::Simulator;
use crate::sh::{self, Running, Scratch};

/// Starts of each program; the median counts.
const STARTS: usize = 5;
/// The picture is complete when so long nothing has changed on the screen.
const QUIET: Duration = Duration::from_millis(1500);

/// Whose mirror the app keeps beside the simulator: the first of its company, at the relay inside.
const IDENTITY: &str = "embedded 9000000001@mpbx.sip.beeline.ru";

fn built() -> Result<()> {
    super::build(&[
        "-p",
        "perezvon",
        "-p",
        "perezvon-sim",
        "--bins",
        "--example",
        "empty_window",
    ])
}

fn empty_window(desktop: &Desktop) -> Result<Window> {
    starts(|| {
        let mut command = sh::command(sh::target().join("release/examples/empty_window"), &[]);
        desktop.enter(&mut command);
        measured(desktop, &mut command)
    })
}

/// The window's lines.
pub(super) fn measure() -> Result<Vec<Row>> {
    built()?;
    let desktop = Desktop::start(true)?;
    let empty = empty_window(&desktop)?;
    let folder = Scratch::new("perezvon-bench")?;
    let simulator = Simulator::start(&sh::target().join("release"), folder.path())?;
    let window = starts(|| measured(&desktop, &mut simulator.perezvon(Some(&desktop))))?;

    let mut tray = simulator.perezvon(Some(&desktop));
    let mut tray = Running::start(tray.arg("--minimized"))?;
    simulator.wait_for_subscription(&mut tray)?;
    // What the start has allocated and no longer needs is given back some seconds later.
    std::thread::sleep(Duration::from_secs(5));
    let idle = memory(tray.child.id())?;
    let again = painted(&desktop, || {
        sh::run(&mut simulator.perezvon(Some(&desktop)), sh::MINUTE)
    })?
    .1;
    tray.stop();

    Ok(rows(&empty, &window, &idle, again))
}

/// The window over a desk of the largest size.
pub(super) fn measure_full() -> Result<Vec<Row>> {
    built()?;
    super::build(&["-p", "perezvon-desk", "--example", "desk_fill"])?;
    let desktop = Desktop::start(true)?;
    let empty = empty_window(&desktop)?;
    // The desk is larger than some systems' folder for such files, which lies in memory.
    let folder = Scratch::within(&sh::target(), "bench-window")?;
    let simulator = Simulator::start(&sh::target().join("release"), folder.path())?;
    let mut fill = sh::command(sh::target().join("release/examples/desk_fill"), &[]);
    fill.arg(simulator.data()).arg(IDENTITY);
    sh::run(&mut fill, 60 * sh::MINUTE)?;
    let window = starts(|| measured(&desktop, &mut simulator.perezvon(Some(&desktop))))?;
    let ratio = window.start / empty.start;
    Ok(vec![
        Row::new(
            "start to painted window, 1,000,000 calls",
            format!("{:.2} s = {ratio:.2} ×", window.start),
            "≤ 1.2 × empty window",
            Some(ratio <= 1.2),
        ),
        Row::new(
            "  empty Tauri window",
            format!("{:.2} s", empty.start),
            "the limit of the line above",
            None,
        ),
    ])
}

fn rows(empty: &Window, window: &Window, idle: &Memory, again: Duration) -> Vec<Row> {
    let (start_ratio, memory_ratio) = (window.start / empty.start, window.memory / empty.memory);
    let no_web = if idle.web_processes == 0 {
        "no web process"
    } else {
        "WEB PROCESSES ALIVE"
    };
    let idle_holds = idle.megabytes <= 60.0 && idle.web_processes == 0;
    vec![
        Row::new(
            "start to painted window",
            format!("{:.2} s = {start_ratio:.2} ×", window.start),
            "≤ 1.2 × empty window",
            Some(start_ratio <= 1.2),
        ),
        Row::new(
            "memory with a window (PSS)",
            format!("{:.0} MB = {memory_ratio:.2} ×", window.memory),
            "≤ 1.2 × empty window",
            Some(memory_ratio <= 1.2),
        ),
        Row::new(
            "  empty Tauri window",
            format!("{:.2} s, {:.0} MB", empty.start, empty.memory),
            "the limit of the lines above",
            None,
        ),
        Row::new(
            "idle in the tray (PSS)",
            format!("{:.0} MB, {no_web}", idle.megabytes),
            "≤ 60 MB, no web process",
            Some(idle_holds),
        ),
        Row::new(
            "window opens again",
            format!("{:.0} ms", again.as_secs_f64() * 1000.0),
            "≤ 700 ms",
            Some(again.as_millis() <= 700),
        ),
    ]
}

/// Seconds until the window was painted, megabytes of the whole process tree.
struct Window {
    start: f64,
    memory: f64,
}

/// The median of several starts, after one that warms up.
fn starts(mut once: impl FnMut() -> Result<Window>) -> Result<Window> {
    once()?;
    let (mut start, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let window = once()?;
        start.push(window.start);
        memory.push(window.memory);
    }
    start.sort_by(f64::total_cmp);
    memory.sort_by(f64::total_cmp);
    Ok(Window {
        start: start[STARTS / 2],
        memory: memory[STARTS / 2],
    })
}

fn measured(desktop: &Desktop, command: &mut std::process::Command) -> Result<Window> {
    let (mut process, start) = painted(desktop, || Running::start(command))?;
    std::thread::sleep(Duration::from_secs(2));
    let memory = memory(process.child.id())?.megabytes;
    process.stop();
    Ok(Window {
        start: start.as_secs_f64(),
        memory,
    })
}

/// Does something that makes a window, and measures until the last change on the screen. Only what covers a tenth of the
/// screen counts as a window.
fn painted<T>(desktop: &Desktop, work: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    let before = still(desktop)?;
    let begin = Instant::now();
    let value = work()?;
    let (mut last, mut changed) = (before.clone(), begin);
    let mut opened = false;
    while begin.elapsed() < Duration::from_secs(30) {
        let now = desktop.pixels()?;
        if now != last {
            changed = Instant::now();
            let different = now.chunks(4).zip(before.chunks(4)).filter(|(a, b)| a != b).count();
            opened = opened || different * 10 > now.len() / 4;
            last = now;
        } else if opened && changed.elapsed() > QUIET {
            return Ok((value, changed - begin));
        }
        std::thread::sleep(Duration::from_millis(4));
    }
    bail!("no window was painted within 30 s")
}

/// The screen, when nothing moves on it.
fn still(desktop: &Desktop) -> Result<Vec<u8>> {
    let end = Instant::now() + Duration::from_secs(30);
    let (mut last, mut since) = (desktop.pixels()?, Instant::now());
    while Instant::now() < end {
        std::thread::sleep(Duration::from_millis(20));
        let now = desktop.pixels()?;
        if now != last {
            (last, since) = (now, Instant::now());
        } else if since.elapsed() > QUIET {
            return Ok(last);
        }
    }
    bail!("the screen does not come to rest")
}

struct Memory {
    megabytes: f64,
    web_processes: usize,
}

/// Proportional set size of a process and all that it started.
fn memory(id: u32) -> Result<Memory> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(process) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else {
            continue;
        };
        // The name in brackets may hold anything: the parent comes second after it.
        let parent = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(process);
    }
    let (mut kilobytes, mut web_processes, mut waiting) = (0_u64, 0, vec![id]);
    while let Some(process) = waiting.pop() {
        let folder = Path::new("/proc").join(process.to_string());
        let rollup = fs::read_to_string(folder.join("smaps_rollup")).context("memory of the process")?;
        let pss = rollup
            .lines()
            .find_map(|line| line.strip_prefix("Pss:"))
            .context("no PSS")?;
        kilobytes += pss.trim().trim_end_matches(" kB").parse::<u64>()?;
        web_processes += usize::from(fs::read_to_string(folder.join("comm"))?.starts_with("WebKit"));
        waiting.extend(children.remove(&process).unwrap_or_default());
    }
    Ok(Memory {
        megabytes: kilobytes as f64 / 1024.0,
        web_processes,
    })
}
