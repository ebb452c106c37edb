//! «Записи»: found by name, number, mark and note; 100,000 of them.

use crate::library::{Library, ago};
use crate::server::Server;
use perezvon_desk::view::{
    ContactDraft, ContactKind, ContactNumber, RecordingKind, RecordingsFilter, RecordingsPage, SoundPlace,
};
use std::time::Instant;

fn find(library: &Library, query: &str) -> RecordingsPage {
    let filter = RecordingsFilter {
        query: query.to_owned(),
        ..RecordingsFilter::default()
    };
    library.desk.recordings("test", &filter, None, 100).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_found_by_whom_by_number_and_by_what_was_marked() {
    let server = Server::start().await;
    server.put("1", ago(5), 1_000, []);
    server.put("2", ago(6), 1_000, []);
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    library.until_place("1", SoundPlace::Here).await;
    library.until_place("2", SoundPlace::Here).await;
    library.stop().await;
    assert_eq!(find(&library, "000-00-99").rows.len(), 2);
    assert_eq!(find(&library, "орлова").rows.len(), 0);
    let number = ContactNumber {
        display: "+7 900 000-00-99".to_owned(),
        key: String::new(),
        label: String::new(),
    };
    let draft = ContactDraft {
        id: None,
        kind: ContactKind::ContactPerson,
        name: "Орлова Дарья".to_owned(),
        company: "ООО «Берёзка»".to_owned(),
        email: String::new(),
        note: String::new(),
        about: perezvon_desk::view::ContactAbout::default(),
        numbers: vec![number],
    };
    library.desk.save_contact(&draft).unwrap();
    let found = find(&library, "дарья березка");
    assert_eq!(
        found.rows.len(),
        2,
        "a contact saved later names earlier recordings too"
    );
    assert_eq!(found.rows[0].name.as_deref(), Some("Орлова Дарья"));
    let id = library.row("2").id;
    let mark = library.desk.add_mark(id, 640, "Цена за тонну").unwrap();
    let found = find(&library, "тонну");
    assert_eq!(found.rows.len(), 1);
    assert_eq!(found.rows[0].found.as_ref().map(|mark| mark.at_ms), Some(640));
    library.desk.set_mark(mark, "Скидка 5 %").unwrap();
    assert!(find(&library, "тонну").rows.is_empty());
    let marked = RecordingsFilter {
        kind: RecordingKind::Marked,
        longer_s: Some(1),
        incoming: Some(true),
        ..RecordingsFilter::default()
    };
    assert_eq!(
        library.desk.recordings("test", &marked, None, 10).unwrap().rows.len(),
        1
    );
    library.desk.remove_mark(mark).unwrap();
    assert!(
        library
            .desk
            .recordings("test", &marked, None, 10)
            .unwrap()
            .rows
            .is_empty()
    );
}

#[test]
fn a_page_of_100_000_comes_at_once_and_every_row_once() {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::of(
        dir,
        "http://127.0.0.1:1",
        perezvon_desk::view::RecordingsKept::default(),
    );
    let file = rusqlite::Connection::open(library.dir.path().join("desk.db")).unwrap();
    file.execute_batch(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000)
         INSERT INTO recording (owner, pbx, abonent, incoming, key, line, hidden, digits, search, started_ms, told_ms, gone)
         SELECT '9000000001@mpbx.sip.beeline.ru', n, '', n % 2, '+7900' || (1000000 + n % 5000), '+7900' || (1000000 + n % 5000),
             0, '7900' || (1000000 + n % 5000), 'имя ' || (n % 5000), 1700000000000 + n * 1000, n, 0 FROM n",
    )
    .unwrap();
    let start = Instant::now();
    let mut cursor = None;
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let page = library
            .desk
            .recordings("test", &RecordingsFilter::default(), cursor.as_deref(), 500)
            .unwrap();
        ids.extend(page.rows.iter().map(|row| row.id));
        cursor = page.next;
    }
    assert_eq!(ids.len(), 10_000);
    println!("20 pages of 500: {:?}", start.elapsed());
    for query in ["имя 4999", "нет такого имени", "1004998"] {
        let start = Instant::now();
        let found = find(&library, query).rows.len();
        println!("{query}: {found} in {:?}", start.elapsed());
    }
    assert_eq!(find(&library, "имя 4999").rows.len(), 20);
}
