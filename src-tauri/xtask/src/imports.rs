//! `cargo xtask check imports`: the files of the relay, of the desk and of the app import only what lies below them, and no files
//! import each other in a circle.

mod paths;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail, ensure};

use crate::sh;
use paths::{Files, Import, imports, read};

/// The crates that are checked: the folder of their sources, and their floors.
const HOUSES: &[(&str, &[Floor])] = &[
    ("src-tauri/relay/src", RELAY),
    ("src-tauri/desk/src", DESK),
    ("src-tauri/src", APP),
];

/// The floors of the relay, lowest first. A room is the file `room.rs` with the folder `room/`; `a/b` is a room of its own
/// inside the room `a`. A file imports from its own room and from lower floors.
const RELAY: &[Floor] = &[
    // Leaves: they import nothing of the relay but each other.
    among(&[
        "clock",
        "keys",
        "listening",
        "metrics",
        "private",
        "probes",
        "rate",
        "releases",
        "routes",
        "timing",
        "tls",
        "token_file",
        "words",
    ]),
    floor(&["tables"]),
    floor(&["failed", "roster"]),
    floor(&["told"]),
    floor(&["ledger"]),
    floor(&["feed", "pbx", "people"]),
    floor(&["company"]),
    floor(&["keeper"]),
    floor(&["importer", "retention"]),
    floor(&["check"]),
    floor(&["http"]),
    floor(&["front"]),
    floor(&["config"]),
    floor(&["account"]),
    floor(&["accounts"]),
    among(&["cli", "lib", "relay", "scrape"]),
];

/// The floors of the desk, lowest first.
const DESK: &[Floor] = &[
    // Data and text only.
    among(&[
        "changes", "clock", "error", "key", "part", "private", "secret", "subject", "text", "toast", "words",
    ]),
    floor(&["db", "relay_client", "trigram"]),
    // No table's file imports another's.
    floor(&[
        "table/call",
        "table/callback",
        "table/caller",
        "table/contact",
        "table/document",
        "table/import",
        "table/mirror",
        "table/notification",
        "table/recording",
        "table/setting",
    ]),
    floor(&["table"]),
    floor(&["import"]),
    floor(&["desk", "who"]),
    floor(&["render"]),
    floor(&["notifications"]),
    floor(&["digest", "queue"]),
    floor(&["react"]),
    floor(&["recordings"]),
    floor(&["follow", "room"]),
    floor(&["lib"]),
];

/// The floors of the app, lowest first. Only the highest two, `autostart` and `memory` know Tauri.
const APP: &[Floor] = &[
    // Data, and one means of the system each.
    among(&[
        "again",
        "args",
        "autostart",
        "badge",
        "changes",
        "ipc",
        "link",
        "log",
        "memory",
        "metered",
        "missing",
        "player",
        "policy",
        "register",
        "saving",
        "secrets",
        "settings",
        "toast",
    ]),
    // What is kept while the app runs.
    floor(&[
        "asked",
        "importing",
        "joining",
        "orders",
        "sought",
        "updates",
        "watched",
    ]),
    floor(&["core"]),
    floor(&["action"]),
    floor(&[
        "clicks",
        "fetching",
        "media",
        "quiet",
        "reminders",
        "service",
        "watching",
    ]),
    floor(&["room"]),
    // Who shows it listens to the core's changes.
    floor(&["clipboard", "window"]),
    floor(&["hotkey", "small", "tray"]),
    among(&["app", "example", "lib", "updating"]),
];

/// Rooms of one height.
struct Floor {
    rooms: &'static [&'static str],
    /// Whether they may import from each other; not in a circle, in any case.
    among: bool,
}

const fn floor(rooms: &'static [&'static str]) -> Floor {
    Floor { rooms, among: false }
}

const fn among(rooms: &'static [&'static str]) -> Floor {
    Floor { rooms, among: true }
}

/// Fails with a line for each import that leads upwards, and for each circle.
pub(crate) fn check() -> Result<()> {
    let mut faults = Vec::new();
    for (folder, floors) in HOUSES {
        let files = read(&sh::root().join(folder))?;
        ensure!(files.len() > 20, "only {} files were found in {folder}", files.len());
        let imports = imports(&files);
        println!("{folder}: {} imports in {} files", imports.len(), files.len());
        let here = upwards(&files, &imports, floors).into_iter().chain(circles(&imports));
        faults.extend(here.map(|fault| format!("{folder}: {fault}")));
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(())
}

/// The room of a file, and its floor.
fn room<'a>(module: &str, floors: &'a [Floor]) -> Option<(&'a str, usize)> {
    let all = floors
        .iter()
        .enumerate()
        .flat_map(|(n, floor)| floor.rooms.iter().map(move |room| (*room, n)));
    let inside = |room: &str| {
        module
            .strip_prefix(room)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    all.filter(|(room, _)| inside(room)).max_by_key(|(room, _)| room.len())
}

/// A line for each import of what does not lie below, for each file without a floor, and for each room without a file.
fn upwards(files: &Files, imports: &[Import], floors: &[Floor]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut lived = BTreeSet::new();
    for module in files.keys() {
        match room(module, floors) {
            Some((room, _)) => drop(lived.insert(room)),
            None => faults.push(format!(
                "{module}.rs stands on no floor: give it one in xtask/src/imports.rs"
            )),
        }
    }
    for room in floors
        .iter()
        .flat_map(|floor| floor.rooms)
        .filter(|room| !lived.contains(**room))
    {
        faults.push(format!(
            "the table of xtask/src/imports.rs has the room {room}, and no file is in it"
        ));
    }
    for Import { from, line, to } in imports {
        let (Some((own, height)), Some((other, target))) = (room(from, floors), room(to, floors)) else {
            continue;
        };
        let allowed = own == other || target < height || target == height && floors[height].among;
        if !allowed {
            faults.push(format!(
                "{from}.rs:{line} (floor {height}) imports {to}.rs (floor {target})"
            ));
        }
    }
    faults
}

/// A line for each set of files that import each other in a circle. What a file imports from its own folder is left out:
/// `foo.rs` hands on what `foo/bar.rs` has, which may use what `foo.rs` has.
fn circles(imports: &[Import]) -> Vec<String> {
    let facade = |import: &&Import| import.from == "lib" || import.to.starts_with(&format!("{}/", import.from));
    let mut to: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for import in imports.iter().filter(|import| !facade(import)) {
        to.entry(&import.from).or_default().insert(&import.to);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> = to.keys().map(|from| (*from, reach(from, &to))).collect();
    let mut told = BTreeSet::new();
    for (file, all) in reached.iter().filter(|(file, all)| all.contains(*file)) {
        let back = |other: &&&str| reached.get(**other).is_some_and(|of| of.contains(file));
        told.insert(all.iter().filter(back).copied().collect::<Vec<_>>());
    }
    told.iter()
        .map(|files| format!("a circle: {}", files.join(", ")))
        .collect()
}

/// All that can be reached in one step or more.
fn reach<'a>(from: &'a str, to: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(next) = open.pop() {
        let steps = to.get(next).into_iter().flatten();
        open.extend(steps.filter(|step| reached.insert(**step)));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use paths::tests::house;

    const HOUSE: &[Floor] = &[
        among(&["leaf", "twig"]),
        floor(&["wall", "door"]),
        among(&["roof", "lib"]),
    ];

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        let files = house(files);
        let imports = imports(&files);
        [upwards(&files, &imports, HOUSE), circles(&imports)].concat()
    }

    #[test]
    fn downwards_and_within_a_room_is_allowed() {
        let files = [
            ("roof.rs", "use crate::{wall, leaf, Thing};"),
            ("wall/brick.rs", "use super::Wall; use crate::twig;"),
            ("wall.rs", "mod brick; use brick::B;"),
            ("leaf.rs", "use crate::twig;"),
        ];
        assert_eq!(faults(&files), [""; 0]);
    }

    #[test]
    fn upwards_and_beside_is_told_with_its_line() {
        assert_eq!(
            faults(&[("leaf.rs", "\nuse crate::wall;")]),
            ["leaf.rs:2 (floor 0) imports wall.rs (floor 1)"]
        );
        assert_eq!(
            faults(&[("wall/a.rs", "use crate::door;")]),
            ["wall/a.rs:1 (floor 1) imports door.rs (floor 1)"]
        );
        assert_eq!(
            faults(&[("wall.rs", "use crate::Thing;")]),
            ["wall.rs:1 (floor 1) imports lib.rs (floor 2)"]
        );
    }

    #[test]
    fn a_file_without_a_floor_and_a_room_without_a_file_are_told() {
        assert!(faults(&[("attic.rs", "")])[0].starts_with("attic.rs stands on no floor"));
        let mut files = house(&[]);
        files.remove("door");
        let told = upwards(&files, &[], HOUSE);
        assert!(told.len() == 1 && told[0].contains("the room door"), "{told:?}");
    }

    #[test]
    fn circles_are_told_and_a_facade_is_none() {
        let leaves = [("leaf.rs", "use crate::twig;"), ("twig.rs", "use crate::leaf;")];
        assert_eq!(faults(&leaves), ["a circle: leaf, twig"]);
        let siblings = [
            ("wall/a.rs", "use super::b::B;"),
            ("wall/b.rs", "use crate::wall::c;"),
            ("wall/c.rs", "use super::a;"),
        ];
        assert_eq!(faults(&siblings), ["a circle: wall/a, wall/b, wall/c"]);
        let facade = [("wall.rs", "mod a; pub use a::A;"), ("wall/a.rs", "use super::Wall;")];
        assert_eq!(faults(&facade), [""; 0]);
    }
}
