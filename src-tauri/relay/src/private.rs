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
