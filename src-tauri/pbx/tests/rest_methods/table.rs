//! `REST.md` says which function calls each method and which test runs it; this keeps it true.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::once::WRITES;

const TABLE: &str = include_str!("../../REST.md");

struct Row {
    method: String,
    path: String,
    function: String,
    tests: Vec<String>,
}

/// The rows of the table: `| GET | `abonents` | `Portal::abonents` | `rest::test`, `rest::test` |`.
fn rows() -> Vec<Row> {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().replace('`', ""))
            .collect()
    };
    TABLE
        .lines()
        .filter(|line| {
            ["| GET |", "| PUT |", "| POST |", "| DELETE |"]
                .iter()
                .any(|m| line.starts_with(m))
        })
        .map(|line| match cells(line).as_slice() {
            [method, path, function, tests] => Row {
                method: method.clone(),
                path: path.clone(),
                function: function.clone(),
                tests: tests.split(',').map(|test| test.trim().to_owned()).collect(),
            },
            _ => panic!("not four cells: {line}"),
        })
        .collect()
}

fn package(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The functions of the client, as `Type::function`, that speak to the PBX or begin to.
fn functions() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rest");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut of = "";
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("impl ") {
                of = rest.split([' ', '<']).next().unwrap();
            }
            if let Some(rest) = line.strip_prefix("    pub async fn ") {
                found.insert(format!("{of}::{}", rest.split(['(', '<']).next().unwrap()));
            }
        }
    }
    found
}

#[test]
fn every_function_and_test_of_the_table_exists() {
    let known = functions();
    let rows = rows();
    assert!(
        known.len() >= 40 && rows.len() >= 50,
        "{} functions, {} rows",
        known.len(),
        rows.len()
    );
    for row in &rows {
        let Row {
            method,
            path,
            function,
            tests,
        } = row;
        assert!(
            known.contains(function),
            "{method} {path}: there is no function {function}"
        );
        for test in tests {
            let (file, name) = test.rsplit_once("::").unwrap_or_else(|| panic!("{test}: file::test"));
            let text = package(&format!("tests/{}.rs", file.replace("::", "/")));
            let head = format!("#[tokio::test]\nasync fn {name}()");
            let at = text
                .find(&head)
                .unwrap_or_else(|| panic!("{method} {path}: there is no test {test}"));
            let body = &text[at + head.len()..];
            let body = body.split("\n}\n").next().unwrap();
            let call = format!("{}(", function.rsplit("::").next().unwrap());
            assert!(
                body.contains(&call) || body.contains("all(&server"),
                "{test} does not call {function}"
            );
        }
    }
}

#[test]
fn every_method_is_in_the_table_once_and_every_function_in_it() {
    let mut seen = BTreeSet::new();
    let mut named = BTreeSet::new();
    for row in rows() {
        assert!(
            seen.insert((row.method.clone(), row.path.clone())),
            "{} {} twice",
            row.method,
            row.path
        );
        named.insert(row.function);
    }
    // A download's bytes are no method of the API.
    let mut known = functions();
    assert!(known.remove("Download::chunk"));
    assert_eq!(known, named, "functions of the client, and of the table");
}

#[test]
fn every_write_of_the_table_is_tried_for_being_sent_once() {
    let writes = |row: &Row| row.method != "GET";
    let of_table: BTreeSet<_> = rows()
        .iter()
        .filter(|row| writes(row))
        .map(|row| row.function.rsplit("::").next().unwrap().to_owned())
        .collect();
    let tried: BTreeSet<_> = WRITES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(of_table, tried);
}
