//! What the files of a crate import.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::sh;
use crate::tokens::{self, Kind, Token, arguments, end_of_group};

/// Module paths (`ledger/entry`; the crate's root is `lib`) and their tokens, without what only tests have.
pub(super) type Files = BTreeMap<String, Vec<Token>>;

/// An import that a file does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    pub(super) from: String,
    pub(super) line: usize,
    pub(super) to: String,
}

/// The files of the library whose root is `lib.rs` in the folder; `main.rs` is another crate, which only calls it.
pub(super) fn read(source: &Path) -> Result<Files> {
    let mut files = Files::new();
    for path in sh::files(source)? {
        let module = path.strip_prefix(source)?.with_extension("");
        let module = module.to_str().context("a file's name is no text")?.to_owned();
        if path.extension().is_some_and(|e| e == "rs") && module != "main" {
            let read = tokens::read(&fs::read_to_string(&path)?);
            let tokens = read.with_context(|| path.display().to_string())?;
            files.insert(module, tokens);
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
pub(super) fn imports(files: &Files) -> Vec<Import> {
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
            let inner = inner(tokens, at);
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
                if let Some(path) = self.absolute(&path, &inner(tokens, at), names) {
                    found.push((tokens[at].line, self.file(&path)));
                }
                at = end;
            } else {
                at += 1;
            }
        }
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

/// The modules written inside this file around a place, outermost first.
fn inner(tokens: &[Token], place: usize) -> Vec<String> {
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

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sh;

    /// A crate with these files, and empty ones for the other rooms.
    pub(in crate::imports) fn house(files: &[(&str, &str)]) -> Files {
        let empty = ["leaf.rs", "twig.rs", "wall.rs", "door.rs", "roof.rs", "lib.rs"].map(|name| (name, ""));
        let all = empty.iter().chain(files);
        let read = all.map(|(name, text)| (name.trim_end_matches(".rs").to_owned(), tokens::read(text).unwrap()));
        without_tests(read.collect())
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
        let files = house(&[
            ("leaf.rs", "#[cfg(test)]\nmod scene;"),
            ("leaf/scene.rs", "use crate::roof::X;"),
        ]);
        assert!(imports(&files).is_empty(), "a file of the tests");
    }

    #[test]
    fn the_library_of_a_folder_is_read_whole() {
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
}
