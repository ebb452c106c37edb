//! `cargo xtask check imports`: the relay's files import only what lies below them, and no files import each other in a
//! circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::sh;
use crate::tokens::{self, Kind, Token, arguments, end_of_group};

/// The floors of the relay, lowest first. A room is the file `room.rs` with the folder `room/`; `a/b` is a room of its own
/// inside the room `a`. A file imports from its own room and from lower floors.
const FLOORS: &[Floor] = &[
    // Leaves.
    among(&[
        "clock",
        "failed",
        "keys",
        "metrics",
        "private",
        "rate",
        "roster",
        "routes",
        "timing",
        "token_file",
    ]),
    floor(&["tables"]),
    floor(&["told"]),
    floor(&["ledger"]),
    floor(&["feed", "pbx", "people"]),
    floor(&["company", "importer", "keeper", "retention"]),
    floor(&["check", "front", "http"]),
    among(&["account", "cli", "lib", "single"]),
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
    let files = read(&sh::root().join("src-tauri/relay/src"))?;
    ensure!(files.len() > 20, "only {} files were found", files.len());
    let imports = imports(&files);
    println!("{} imports in {} files", imports.len(), files.len());
    let faults = [upwards(&files, &imports, FLOORS), circles(&imports)].concat();
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(())
}

/// Module paths (`ledger/entry`; the crate's root is `lib`) and their tokens, without what only tests have.
type Files = BTreeMap<String, Vec<Token>>;

/// An import that a file does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Import {
    from: String,
    line: usize,
    to: String,
}

/// The files of the library whose root is `lib.rs` in the folder; `main.rs` is another crate, which only calls it.
fn read(source: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let module = path.strip_prefix(source)?.with_extension("");
            let module = module.to_str().context("a file's name is no text")?.to_owned();
            if path.extension().is_some_and(|e| e == "rs") && module != "main" {
                let read = tokens::read(&fs::read_to_string(&path)?);
                let tokens = read.with_context(|| path.display().to_string())?;
                files.insert(module, tokens);
            }
        }
    }
    Ok(without_tests(files))
}

/// Leaves out what stands under `#[cfg(test)]`, and the files of modules that do.
fn without_tests(mut files: Files) -> Files {
    let mut of_tests = Vec::new();
    for (module, tokens) in &mut files {
        let mut kept = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let test = ["#", "[", "cfg", "(", "test", ")", "]"];
            if !tokens[at..].iter().map(written).take(test.len()).eq(test) {
                kept.push(tokens[at].clone());
                at += 1;
                continue;
            }
            let end = end_of_item(tokens, at + test.len());
            if let Some(at) = (at..end).find(|at| tokens[*at].is("mod")) {
                of_tests.extend(tokens.get(at + 1).and_then(Token::word).map(|name| below(module, name)));
            }
            at = end;
        }
        *tokens = kept;
    }
    files.retain(|module, _| {
        !of_tests
            .iter()
            .any(|of| module == of || module.starts_with(&format!("{of}/")))
    });
    files
}

fn written(token: &Token) -> String {
    match &token.kind {
        Kind::Word(text) | Kind::Text(text) | Kind::Other(text) => text.clone(),
        Kind::Sign(sign) => sign.to_string(),
    }
}

/// The place after the item that begins here: its semicolon, or its body.
fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    while at < tokens.len() {
        match tokens[at].kind {
            Kind::Sign(';') => return at + 1,
            Kind::Sign('{') => return end_of_group(tokens, at),
            Kind::Sign('(' | '[') => at = end_of_group(tokens, at),
            _ => at += 1,
        }
    }
    at
}

fn below(module: &str, name: &str) -> String {
    if module == "lib" {
        name.to_owned()
    } else {
        format!("{module}/{name}")
    }
}

/// Every import of every file, sorted, each once.
fn imports(files: &Files) -> Vec<Import> {
    let mut all = BTreeSet::new();
    for (module, tokens) in files {
        let reader = Reader { files, module };
        let mut names = BTreeMap::new();
        let mut found = Vec::new();
        reader.paths(tokens, &mut found, &mut names);
        let targets = found.into_iter().filter(|(_, to)| to != module);
        all.extend(targets.map(|(line, to)| Import {
            from: module.clone(),
            line,
            to,
        }));
    }
    // One line for each pair of files is enough.
    let mut pairs = BTreeSet::new();
    all.into_iter()
        .filter(|import| pairs.insert((import.from.clone(), import.to.clone())))
        .collect()
}

/// Reads the paths of one file.
struct Reader<'a> {
    files: &'a Files,
    module: &'a str,
}

impl Reader<'_> {
    /// Notes line and file of every path in `found`, and what `use` names in `names`.
    fn paths(&self, tokens: &[Token], found: &mut Vec<(usize, String)>, names: &mut BTreeMap<String, Vec<String>>) {
        // First the names that `use` brings, which paths elsewhere in the file begin with.
        for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.is("use")) {
            let inner = self.inner(tokens, at);
            let mut leaves = Vec::new();
            tree(&tokens[at + 1..end_of_use(tokens, at)], &[], &mut leaves);
            for (path, name) in leaves {
                if let Some(path) = self.absolute(&path, &inner, names) {
                    found.push((token.line, self.file(&path)));
                    names.insert(name, path);
                }
            }
        }
        let separator = |at: usize| tokens.get(at).is_some_and(|t| t.is_sign(':'));
        let mut at = 0;
        while at < tokens.len() {
            let begins = tokens[at].word().is_some() && separator(at + 1) && separator(at + 2);
            let visibility = at > 0 && tokens[at - 1].is("in");
            if tokens[at].is("use") {
                at = end_of_use(tokens, at);
            } else if begins && !visibility {
                let (path, end) = path(tokens, at);
                if let Some(path) = self.absolute(&path, &self.inner(tokens, at), names) {
                    found.push((tokens[at].line, self.file(&path)));
                }
                at = end;
            } else {
                at += 1;
            }
        }
    }

    /// The modules written inside this file around a place, outermost first.
    fn inner(&self, tokens: &[Token], place: usize) -> Vec<String> {
        let mut around = Vec::new();
        let mut at = 0;
        while at < place {
            let name = tokens.get(at + 1).and_then(Token::word);
            let opens = tokens[at].is("mod") && tokens.get(at + 2).is_some_and(|t| t.is_sign('{'));
            match name {
                Some(name) if opens => {
                    let end = end_of_group(tokens, at + 2);
                    if end > place {
                        around.push(name.to_owned());
                        at += 3;
                    } else {
                        at = end;
                    }
                }
                _ => at += 1,
            }
        }
        around
    }

    /// The path from the crate's root; nothing where it leads out of the crate.
    fn absolute(
        &self,
        path: &[String],
        inner: &[String],
        names: &BTreeMap<String, Vec<String>>,
    ) -> Option<Vec<String>> {
        let mut here: Vec<String> = self
            .module
            .split('/')
            .filter(|m| *m != "lib")
            .map(str::to_owned)
            .collect();
        here.extend(inner.iter().cloned());
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => here.clear(),
            "self" | "super" => {
                while let Some("super") = rest.first().map(String::as_str) {
                    here.pop();
                    rest = &rest[1..];
                }
                if let Some("self") = rest.first().map(String::as_str) {
                    rest = &rest[1..];
                }
                return Some([here, rest.to_vec()].concat());
            }
            first => {
                if let Some(named) = names.get(first) {
                    return Some([named.as_slice(), &path[1..]].concat());
                }
                // A module of this one.
                here.push(first.to_owned());
                self.files.contains_key(&here.join("/")).then_some(())?;
            }
        }
        Some([here, rest[1..].to_vec()].concat())
    }

    /// The file in which the last module of the path is.
    fn file(&self, path: &[String]) -> String {
        let lengths = (1..=path.len()).rev();
        let mut modules = lengths.map(|length| path[..length].join("/"));
        modules
            .find(|module| self.files.contains_key(module))
            .unwrap_or_else(|| "lib".to_owned())
    }
}

/// The words of the path that begins here, and the place after it.
fn path(tokens: &[Token], mut at: usize) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    while let Some(word) = tokens.get(at).and_then(Token::word) {
        path.push(word.to_owned());
        at += 1;
        let separator = |at: usize| tokens.get(at).is_some_and(|t| t.is_sign(':'));
        if !(separator(at) && separator(at + 1)) {
            break;
        }
        at += 2;
    }
    (path, at)
}

/// The place of its semicolon; none of `use<'a>` in a type.
fn end_of_use(tokens: &[Token], at: usize) -> usize {
    if tokens.get(at + 1).is_some_and(|token| token.is_sign('<')) {
        return at + 1;
    }
    (at..tokens.len())
        .find(|at| tokens[*at].is_sign(';'))
        .unwrap_or(tokens.len())
}

/// The leaves of a `use` tree: path, and the name by which it is known afterwards.
fn tree(tokens: &[Token], prefix: &[String], leaves: &mut Vec<(Vec<String>, String)>) {
    let mut path = prefix.to_vec();
    let mut name = None;
    for (at, token) in tokens.iter().enumerate() {
        match &token.kind {
            Kind::Word(word) if word == "as" => {
                name = tokens.get(at + 1).and_then(Token::word).map(str::to_owned);
                break;
            }
            // `{self, …}` is the path before the bracket.
            Kind::Word(word) if word == "self" && at == 0 && !prefix.is_empty() => {}
            Kind::Word(word) => path.push(word.clone()),
            Kind::Sign('{') => {
                for part in arguments(tokens, at) {
                    tree(part, &path, leaves);
                }
                return;
            }
            _ => {}
        }
    }
    let last = name.or_else(|| path.last().cloned());
    leaves.extend(last.map(|last| (path, last)));
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
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HOUSE: &[Floor] = &[
        among(&["leaf", "twig"]),
        floor(&["wall", "door"]),
        among(&["roof", "lib"]),
    ];

    /// A crate with these files, and empty ones for the other rooms.
    fn house(files: &[(&str, &str)]) -> Files {
        let empty = ["leaf.rs", "twig.rs", "wall.rs", "door.rs", "roof.rs", "lib.rs"].map(|name| (name, ""));
        let all = empty.iter().chain(files);
        let read = all.map(|(name, text)| (name.trim_end_matches(".rs").to_owned(), tokens::read(text).unwrap()));
        without_tests(read.collect())
    }

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        let files = house(files);
        let imports = imports(&files);
        [upwards(&files, &imports, HOUSE), circles(&imports)].concat()
    }

    #[track_caller]
    fn goes(from: &str, text: &str, wanted: &[&str]) {
        let files = house(&[("wall/brick.rs", ""), ("wall/brick/clay.rs", ""), (from, text)]);
        let to: Vec<_> = imports(&files).into_iter().map(|import| import.to).collect();
        assert_eq!(to, wanted, "{text}");
    }

    #[test]
    fn every_way_to_name_a_module_is_read() {
        goes("roof.rs", "use crate::wall::brick::Brick;", &["wall/brick"]);
        goes(
            "roof.rs",
            "use crate::{leaf, twig::{self, X as Y}, wall::*};",
            &["leaf", "twig", "wall"],
        );
        goes(
            "roof.rs",
            "use crate::wall::{brick::{clay::{self, A}, B}, C};",
            &["wall", "wall/brick", "wall/brick/clay"],
        );
        goes("roof.rs", "fn f() { crate::leaf::g(); }", &["leaf"]);
        goes("roof.rs", "fn f() { print!(\"{}\", crate::leaf::g()); }", &["leaf"]);
        goes(
            "roof.rs",
            "use crate::wall; fn f() { wall::brick::g(); }",
            &["wall", "wall/brick"],
        );
        goes(
            "roof.rs",
            "use crate::wall as w; type A = Vec<w::brick::B>;",
            &["wall", "wall/brick"],
        );
        goes("roof.rs", "use crate::Thing;", &["lib"]);
        goes(
            "wall/brick.rs",
            "use super::Wall; use super::super::leaf::Leaf; use self::clay::Clay;",
            &["leaf", "wall", "wall/brick/clay"],
        );
        goes("wall.rs", "mod brick; pub use brick::Brick;", &["wall/brick"]);
        goes(
            "wall/brick.rs",
            "mod inside { use super::A; use super::super::B; }",
            &["wall"],
        );
    }

    #[test]
    fn what_is_no_import_is_left_out() {
        goes(
            "roof.rs",
            "use std::fs; use other::leaf::X; fn f() { fs::read(); }",
            &[],
        );
        goes("roof.rs", "// use crate::leaf;\nconst A: &str = \"crate::leaf\";", &[]);
        goes(
            "wall/brick.rs",
            "pub(in crate::wall) fn f() {} pub(crate) fn g() {}",
            &[],
        );
        goes(
            "leaf.rs",
            "#[cfg(test)] mod tests { use crate::roof; } #[cfg(test)] use crate::roof; fn f() {}",
            &[],
        );
        let tests = [
            ("leaf.rs", "#[cfg(test)]\nmod scene;"),
            ("leaf/scene.rs", "use crate::roof::X;"),
        ];
        assert_eq!(faults(&tests), [""; 0], "a file of the tests");
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
    fn a_folder_is_read_whole() {
        let folder = sh::Scratch::new("perezvon-imports").unwrap();
        fs::create_dir_all(folder.path().join("wall/brick")).unwrap();
        for name in [
            "lib.rs",
            "main.rs",
            "wall.rs",
            "wall/brick.rs",
            "wall/brick/clay.rs",
            "wall/text.sql",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let files = read(folder.path()).unwrap();
        assert!(
            files.keys().eq(["lib", "wall", "wall/brick", "wall/brick/clay"]),
            "{:?}",
            files.keys()
        );
        fs::write(folder.path().join("wall.rs"), "fn {").unwrap();
        assert!(
            format!("{:#}", read(folder.path()).unwrap_err()).contains("wall.rs"),
            "what is no Rust is told"
        );
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
