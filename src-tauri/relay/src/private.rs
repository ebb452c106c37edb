//! Files that only their owner may read.

use std::fs::{DirBuilder, File};
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// Creates a new, empty file readable by its owner only; deletes an existing one of the same name first.
pub(crate) fn file(path: &Path) -> Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    new(path)
}

/// Makes a file that is kept readable by its owner only; creates it, empty, if it does not exist. One that exists is not
/// opened: to close it would end the locks that this process holds on it (POSIX; SQLite's are such).
pub(crate) fn keep(path: &Path) -> Result<()> {
    match new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => return made.map(drop),
    }
    tighten(path)
}

/// Makes a file readable by its owner only, without opening it; one that does not exist stays so.
#[cfg(unix)]
pub(crate) fn tighten(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let file = match std::fs::metadata(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut rights = file.permissions();
    let of_others = rights.mode() & 0o077;
    if !file.is_file() || of_others == 0 {
        return Ok(());
    }
    rights.set_mode(0o600);
    std::fs::set_permissions(path, rights)
}

/// See the other one.
#[cfg(not(unix))]
pub(crate) fn tighten(_: &Path) -> Result<()> {
    Ok(())
}

fn new(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Creates a directory, and those above it, that only the owner may enter.
pub(crate) fn dir(path: &Path) -> std::result::Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_kept_file_is_its_owners_only_and_keeps_its_contents() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("relay.db");
        let rights = || std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        super::keep(&file).unwrap();
        assert_eq!(rights(), 0o600, "a new one");
        std::fs::write(&file, "calls").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        super::keep(&file).unwrap();
        assert_eq!(rights(), 0o600, "and one that others could read");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "calls");
        let none = dir.path().join("relay.db-wal");
        super::tighten(&none).unwrap();
        assert!(!none.exists(), "what is not there is not made");
    }
}
