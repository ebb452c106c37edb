//! The 39 example events of the reference, and the same events written as another server might write them.

/// File stem and content, in order.
pub(crate) fn fixtures() -> Vec<(String, String)> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events");
    let mut all: Vec<(String, String)> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (stem, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    all.sort();
    assert_eq!(all.len(), 39, "the reference has 39 example events");
    all
}
