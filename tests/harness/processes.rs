//! The processes that the app started, read from `/proc`.

use std::fs;

/// One process below the app.
#[derive(Clone, Debug)]
pub struct Process {
    pub id: u32,
    /// Name as the kernel keeps it: at most 15 bytes.
    pub name: String,
}

/// All processes below `root`, of any generation.
pub fn below(root: u32) -> Vec<Process> {
    let all: Vec<(Process, u32)> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(read)
        .collect();
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        for (process, _) in all.iter().filter(|(_, of)| *of == parent) {
            parents.push(process.id);
            found.push(process.clone());
        }
    }
    found
}

/// WebKit's processes below `root`: the web process and the network process.
pub fn web_processes(root: u32) -> Vec<String> {
    let names = below(root).into_iter().map(|process| process.name);
    names.filter(|name| name.starts_with("WebKit")).collect()
}

/// Proportional set size of `root` and all below, KiB. Zero for what the kernel does not tell.
pub fn pss_kib(root: u32) -> u64 {
    let ids = below(root).into_iter().map(|process| process.id);
    ids.chain([root])
        .filter_map(|id| fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok())
        .filter_map(|text| {
            let line = text.lines().find(|line| line.starts_with("Pss:"))?.to_owned();
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .sum()
}

/// Processes of `program` whose environment holds `text`, whoever started them: WebDriver starts the app detached.
pub fn running(program: &str, text: &str) -> Vec<u32> {
    let ids = fs::read_dir("/proc").unwrap().flatten();
    ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|id| fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe.as_os_str() == program))
        .filter(|id| {
            let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            environment.windows(text.len()).any(|part| part == text.as_bytes())
        })
        .collect()
}

/// The process and its parent; a zombie is none.
fn read(id: u32) -> Option<(Process, u32)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // `12 (name, perhaps with blanks) S 1 …`
    let (before, after) = stat.rsplit_once(')')?;
    let name = before.split_once('(')?.1.to_owned();
    let mut fields = after.split_whitespace();
    let alive = fields.next()? != "Z";
    let parent = fields.next()?.parse().ok()?;
    alive.then_some((Process { id, name }, parent))
}
