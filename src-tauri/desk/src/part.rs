//! Files for the user's own folders: one gets its name when all of it is written, so a kill or a full disk leaves no half
//! file that looks like a whole.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Before and behind what tells the hidden names apart.
const NAME: (&str, &str) = (".perezvon-", ".part");

/// A file that has no name of its own yet; it is gone when it never gets one. As long as it is held it is locked: one
/// that is not is what a kill has left.
pub(crate) struct Part {
    pub(crate) file: File,
    path: PathBuf,
}

impl Part {
    /// In this folder, hidden. What a kill has left there is removed.
    pub(crate) fn new(folder: &Path) -> std::io::Result<Self> {
        remove_left(folder);
        let (before, behind) = NAME;
        for n in 0..1000 {
            let path = folder.join(format!("{before}{}-{n}{behind}", std::process::id()));
            match File::create_new(&path) {
                Ok(file) => {
                    // Some file systems know no locks: nothing is taken for left over there.
                    let _ = file.try_lock();
                    return Ok(Self { file, path });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(std::io::ErrorKind::AlreadyExists.into())
    }

    /// Gives it the first name that is free; nothing is ever overwritten.
    pub(crate) fn named(self, folder: &Path, name: &str, ending: &str) -> std::io::Result<PathBuf> {
        for n in 1..=999 {
            let number = if n == 1 { String::new() } else { format!(" ({n})") };
            let path = folder.join(format!("{name}{number}.{ending}"));
            // A second name for the file: fails where the name is taken, in one step. Some file systems know no second
            // names; there the file moves.
            match fs::hard_link(&self.path, &path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(_) if path.try_exists()? => {}
                Err(_) => return fs::rename(&self.path, &path).map(|()| path),
            }
        }
        Err(std::io::ErrorKind::AlreadyExists.into())
    }
}

fn remove_left(folder: &Path) {
    let is_part = |name: &str| {
        let told = name.strip_prefix(NAME.0).and_then(|name| name.strip_suffix(NAME.1));
        told.is_some_and(|told| told.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file || !entry.file_name().to_str().is_some_and(is_part) {
            continue;
        }
        let free = File::options().write(true).open(entry.path());
        if free.is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Renamed, it is not there any more.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_kill_has_left_goes_with_the_next_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let own = [".perezvon-notes.part", "perezvon-1-0.part", ".perezvon-1-0.parts"];
        for name in own.into_iter().chain([".perezvon-1-0.part"]) {
            fs::write(path(name), "half").unwrap();
        }
        let first = Part::new(dir.path()).unwrap();
        assert!(!path(".perezvon-1-0.part").exists(), "nobody writes it any more");
        let second = Part::new(dir.path()).unwrap();
        assert!(first.path.exists(), "this one is being written");
        assert!(own.iter().all(|name| path(name).exists()), "and others' files stay");
        let named = second.named(dir.path(), "report", "csv").unwrap();
        drop(first);
        assert_eq!(named, path("report.csv"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), own.len() + 1);
    }
}
