//! How long an import of N contacts takes: reading, preview, storing, the same file again, undo. `import_bench [N]`.
//! `import` is all until they are stored: reading, preview, storing.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use perezvon_desk::{Desk, ImportHow, Language, read_contacts};
use std::fmt::Write as _;
use std::time::Instant;

fn main() {
    let count: u32 = std::env::args().nth(1).map_or(200_000, |count| count.parse().unwrap());
    let mut text = "Имя;Компания;Телефон;Комментарий\n".to_owned();
    for n in 0..count {
        let (a, b) = (n / 10_000, n % 10_000);
        writeln!(
            text,
            "Контактов Имя{n};ООО «Тест {}»;8 9{a:02} 0{:02}-{b:04};заметка {n}",
            n % 999,
            n % 7
        )
        .unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::open(dir.path()).unwrap();
    let began = Instant::now();
    let mut since = began;
    let mut told = |what: &str, contacts: u64| {
        println!("{what}: {:.2} s, {contacts} contacts", since.elapsed().as_secs_f64());
        since = Instant::now();
    };
    let file = read_contacts(text.as_bytes(), "a.csv", &ImportHow::default(), Language::Ru).unwrap();
    told("read", u64::from(count));
    let preview = desk.preview_import(&file, "a.csv").unwrap();
    told("preview", u64::from(preview.fresh));
    let (done, _) = desk.import_contacts(&file, "a.csv", true, |_| true).unwrap();
    told("store", u64::from(done.added));
    println!("import: {:.2} s", began.elapsed().as_secs_f64());
    let (again, _) = desk.import_contacts(&file, "a.csv", true, |_| true).unwrap();
    told("again", u64::from(again.equal));
    let (undone, _) = desk.undo_import(done.id).unwrap();
    told("undo", u64::from(undone.removed));
}
