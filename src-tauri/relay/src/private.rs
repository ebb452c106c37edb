//! Files that only their owner may read.

use std::fs::{DirBuilder, File};
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// A new, empty file readable for its owner only; one of the same name is deleted first.
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

/// Makes a directory, and those above it, that only its owner may enter.
pub(crate) fn dir(path: &Path) -> std::result::Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
