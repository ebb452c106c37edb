//! Results of `std::io` for which a missing file, registry key or value is no error.

use std::io;

/// None where there is nothing; any other error stays one.
pub(crate) fn none_if_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_what_is_missing_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        assert!(none_if_missing(std::fs::read(&file)).unwrap().is_none());
        std::fs::write(&file, "text").unwrap();
        assert_eq!(none_if_missing(std::fs::read(&file)).unwrap().unwrap(), b"text");
        assert!(
            none_if_missing(std::fs::read(dir.path())).is_err(),
            "a folder is no file"
        );
    }
}
