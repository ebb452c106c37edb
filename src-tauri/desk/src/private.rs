//! Files and folders that only their owner may read.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Result};
use std::path::Path;

/// Opens files to write; those that it makes are readable by their owner only.
pub(crate) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder, and those above it, that only the owner may enter; one that is there stays as it is.
pub(crate) fn dir(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a file of SQLite's its owner's only, with the logs that a kill has left beside it; creates it, empty, if it does not
/// exist. Logs that SQLite makes later get its rights. None of them is opened: to close one would end the locks that this
/// process holds on it (POSIX).
pub(crate) fn keep(path: &Path) -> Result<()> {
    match options().create_new(true).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    for ending in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        tighten(Path::new(&file))?;
    }
    Ok(())
}

#[cfg(unix)]
fn tighten(path: &Path) -> Result<()> {
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

#[cfg(not(unix))]
fn tighten(_: &Path) -> Result<()> {
    Ok(())
}
