//! Files for the user's own folders: one gets its name when all of it is written, so a kill or a full disk leaves no half
//! file that looks like a whole.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A file that has no name of its own yet; it is gone when it never gets one.
pub(crate) struct Part {
    pub(crate) file: File,
    path: PathBuf,
}

impl Part {
    /// In this folder, hidden.
    pub(crate) fn new(folder: &Path) -> std::io::Result<Self> {
        for n in 0..1000 {
            let path = folder.join(format!(".perezvon-{}-{n}.part", std::process::id()));
            match File::create_new(&path) {
                Ok(file) => return Ok(Self { file, path }),
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

impl Drop for Part {
    fn drop(&mut self) {
        // Renamed, it is not there any more.
        let _ = fs::remove_file(&self.path);
    }
}
