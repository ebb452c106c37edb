//! What is stored is for its owner's eyes.

use crate::common::{Bench, IVANOV};
use perezvon_desk::Desk;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

fn rights(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Name and rights of each file of the folder.
fn files(dir: &Path) -> Vec<(String, u32)> {
    let entries = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    let told = entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), rights(&entry.path())));
    let mut files: Vec<_> = told.collect();
    files.sort();
    files
}

fn wanted() -> Vec<(String, u32)> {
    ["desk.db", "desk.db-shm", "desk.db-wal"]
        .map(|name| (name.to_owned(), 0o600))
        .to_vec()
}

#[test]
fn the_database_its_logs_and_its_folder_are_the_owners_only() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _desk = Desk::open(&data).unwrap();
    assert_eq!(rights(&data), 0o700);
    assert_eq!(files(&data), wanted());
}

#[test]
fn what_an_older_version_has_left_open_is_closed() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV]);
    // As it is when that version was killed.
    let dir = tempfile::tempdir().unwrap();
    for name in ["desk.db", "desk.db-wal"] {
        let copy = dir.path().join(name);
        std::fs::copy(bench.dir.path().join(name), &copy).unwrap();
        std::fs::set_permissions(&copy, Permissions::from_mode(0o644)).unwrap();
    }
    let desk = Desk::open(dir.path()).unwrap();
    assert_eq!(files(dir.path()), wanted());
    assert_eq!(
        desk.contacts("", None, 10).unwrap().rows.len(),
        1,
        "and nothing is lost"
    );
}
