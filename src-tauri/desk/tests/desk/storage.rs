//! What the file survives, and what it refuses.

use crate::common::{
    Bench, IDENTITY, IVANOV, STRANGER, closed, draft, ended, missed, noon, one_toast, ringing, shown, talking, text,
};
use perezvon_desk::notifications::ToastState;
use perezvon_desk::toast::{ToastKey, ToastOp};
use perezvon_desk::view::CallsFilter;
use perezvon_desk::{Desk, DeskError, Secret};

#[test]
fn the_same_batch_twice_changes_nothing() {
    let bench = Bench::new();
    let call = ringing("a", 1, IVANOV);
    let batch = [
        call.clone(),
        talking(&call, 2),
        ended(&call, 3),
        missed(&ringing("b", 4, STRANGER), 4),
    ];
    let first = bench.take(&batch);
    assert_eq!(first.stored, 4, "four newer versions");
    assert!(!first.toasts.is_empty(), "the missed call is shown");
    let again = bench.take(&batch);
    assert_eq!((again.stored, again.toasts), (0, vec![]), "no operation");
    assert_eq!(bench.desk.cursor(IDENTITY).unwrap(), 4, "the highest version");
    assert_eq!(
        bench.desk.document(2).unwrap().call.id,
        "b",
        "the second call's document"
    );
    assert!(
        matches!(bench.desk.document(3), Err(DeskError::NotFound)),
        "one document per call"
    );
}

#[test]
fn what_was_prepared_is_shown_after_a_kill() {
    let bench = Bench::new();
    bench.take(&[ringing("a", 1, IVANOV), missed(&ringing("b", 2, STRANGER), 2)]);
    let back = bench.killed();
    let pending = back.desk.pending_toasts().unwrap();
    let keys: Vec<_> = shown(&pending).into_iter().map(|toast| toast.key.clone()).collect();
    assert_eq!(
        keys,
        [ToastKey::Call("a".to_owned()), ToastKey::Missed(STRANGER.to_owned())],
        "the ring is young enough, and the missed call"
    );
    back.desk.set_clock(noon().plus(200_000));
    let later = back.desk.pending_toasts().unwrap();
    let keys: Vec<_> = shown(&later).into_iter().map(|toast| toast.key.clone()).collect();
    assert_eq!(
        keys,
        [ToastKey::Missed(STRANGER.to_owned())],
        "a ring older than 60 s is over, a missed call is not"
    );
    let id = shown(&later)[0].notification_id;
    back.desk.note_toast(id, ToastState::Shown).unwrap();
    assert_eq!(
        back.desk.pending_toasts().unwrap(),
        [],
        "what was shown is not shown again"
    );
    assert_eq!(
        back.desk.cursor(IDENTITY).unwrap(),
        2,
        "the cursor is where the mirror is"
    );
    let again = back.take(&[ringing("a", 1, IVANOV), missed(&ringing("b", 2, STRANGER), 2)]);
    assert_eq!(again.toasts, [], "the relay's repeat raises nothing");
}

#[test]
fn a_kill_between_two_batches_loses_nothing_of_the_user() {
    let bench = Bench::new();
    let id = bench.contact("Иванов Пётр", "ООО «Ромашка»", &[IVANOV]);
    bench.take(&[ended(&ringing("a", 1, IVANOV), 1)]);
    bench.note("a", "заметка");
    bench.desk.set_setting("wizard", &true).unwrap();
    let back = bench.killed();
    assert_eq!(back.desk.contact(id).unwrap().name, "Иванов Пётр", "contact");
    assert_eq!(back.desk.document(1).unwrap().written.note, "заметка", "note");
    assert_eq!(back.desk.setting::<bool>("wizard").unwrap(), Some(true), "setting");
    assert_eq!(back.desk.setting::<bool>("theme").unwrap(), None, "never set");
}

#[test]
fn another_relay_begins_the_mirror_anew() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV]);
    bench.take(&[ended(&ringing("a", 7, IVANOV), 7)]);
    assert!(
        !bench.desk.reset_mirror(IDENTITY).unwrap(),
        "the same identity keeps its mirror"
    );
    assert!(
        bench.desk.reset_mirror("http://relay.example 2").unwrap(),
        "another does not"
    );
    assert_eq!(
        bench.desk.cursor("http://relay.example 2").unwrap(),
        0,
        "from the beginning"
    );
    assert_eq!(
        bench.desk.cursor(IDENTITY).unwrap(),
        0,
        "the old one has no mirror any more"
    );
    assert!(
        bench
            .desk
            .calls(&CallsFilter::default(), None, 10)
            .unwrap()
            .rows
            .is_empty(),
        "no foreign calls"
    );
    let document = bench.desk.document(1).unwrap();
    assert_eq!(
        document.call.name.as_deref(),
        Some("Иванов Пётр"),
        "documents and contacts stay"
    );
    let late = bench
        .desk
        .take(&[ringing("b", 8, IVANOV)], IDENTITY, &bench.preferences, noon());
    assert!(
        matches!(late, Err(DeskError::OtherIdentity)),
        "a late batch of the old relay is refused: {late:?}"
    );
    bench.desk.reset_mirror(IDENTITY).unwrap();
    bench.take(&[ended(&ringing("a", 7, IVANOV), 7), ended(&ringing("b", 8, IVANOV), 8)]);
    assert_eq!(
        bench.desk.document(2).unwrap().call.id,
        "b",
        "the known call got no second document"
    );
}

#[test]
fn a_damaged_file_is_named_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("desk.db");
    let garbage = vec![0x5a_u8; 64 * 1024];
    std::fs::write(&path, &garbage).unwrap();
    let error = Desk::open(dir.path()).err().unwrap();
    assert!(
        matches!(&error, DeskError::Damaged { path: named, .. } if *named == path),
        "{error:?}"
    );
    assert_eq!(error.code().as_str(), "database_damaged", "the window's code");
    assert_eq!(std::fs::read(&path).unwrap(), garbage, "not a byte was changed");
}

#[test]
fn damage_in_the_middle_is_told_when_it_is_met() {
    let bench = Bench::new();
    for n in 1..400_i64 {
        bench.take(&[ended(&ringing(&format!("c{n}"), n, IVANOV), n)]);
    }
    let path = bench.dir.path().join("desk.db");
    drop(bench.desk);
    let mut bytes = std::fs::read(&path).unwrap();
    let from = 8 * 4096;
    bytes[from..].iter_mut().for_each(|byte| *byte = 0xff);
    std::fs::write(&path, &bytes).unwrap();
    let error = Desk::open(bench.dir.path())
        .and_then(|desk| desk.calls(&CallsFilter::default(), None, 500).map(drop))
        .expect_err("the calls cannot be read");
    assert!(matches!(error, DeskError::Damaged { .. }), "{error:?}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "the file was kept");
}

#[test]
fn a_newer_file_is_refused() {
    let bench = Bench::new();
    let path = bench.dir.path().join("desk.db");
    drop(bench.desk);
    rusqlite::Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = Desk::open(bench.dir.path()).err().unwrap();
    assert!(matches!(error, DeskError::Newer { found: 99, .. }), "{error:?}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = Desk::open(&file.join("data")).err().unwrap();
    assert!(matches!(error, DeskError::Open { .. }), "{error:?}");
}

#[test]
fn a_full_disk_takes_the_whole_batch_back() {
    let bench = Bench::new();
    let path = bench.dir.path().join("desk.db");
    bench.take(&[ringing("a", 1, IVANOV)]);
    let pages: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    bench.desk.limit_pages(pages).unwrap();
    let big: Vec<_> = (2..2000)
        .map(|n| missed(&ringing(&format!("c{n}"), n, IVANOV), n))
        .collect();
    let error = bench.desk.take(&big, IDENTITY, &bench.preferences, noon()).unwrap_err();
    assert_eq!(error.code().as_str(), "disk_full", "{error:?}");
    assert_eq!(
        bench.desk.cursor(IDENTITY).unwrap(),
        1,
        "the cursor did not move without the calls"
    );
    assert_eq!(
        bench.desk.calls(&CallsFilter::default(), None, 10).unwrap().rows.len(),
        1,
        "nothing of it is there"
    );
    bench.desk.limit_pages(1_000_000).unwrap();
    assert_eq!(bench.take(&big).stored, 1998, "with space again everything is taken");
}

#[test]
fn only_the_last_word_of_a_batch_is_an_operation() {
    let bench = Bench::new();
    let call = ringing("a", 1, IVANOV);
    let taken = bench.take(&[call.clone(), missed(&call, 2)]);
    assert_eq!(
        closed(&taken.toasts),
        [&ToastKey::Call("a".to_owned())],
        "the ring is over before it was drawn"
    );
    assert_eq!(shown(&taken.toasts).len(), 1, "the missed call remains");
    let last = taken.toasts.last().unwrap();
    assert!(matches!(last, ToastOp::Show(_)), "and comes last: {last:?}");
}

#[test]
fn a_toast_that_was_rewritten_after_it_was_shown_is_pending_again() {
    let bench = Bench::new();
    let first = bench.toast(&missed(&ringing("a", 1, IVANOV), 1));
    bench.desk.note_toast(first.notification_id, ToastState::Shown).unwrap();
    bench.take(&[missed(&ringing("b", 2, IVANOV), 2)]);
    let pending = one_toast(bench.killed().desk.pending_toasts().unwrap());
    assert!(
        text(&pending).starts_with("Пропущенный: неизвестный номер (×2)"),
        "{}",
        text(&pending)
    );
    assert!(
        matches!(bench.desk.note_toast(99, ToastState::Shown), Err(DeskError::NotFound)),
        "no such notification"
    );
}

#[test]
fn a_secret_does_not_print_itself() {
    assert_eq!(format!("{:?}", Secret::new("00000000-cafe")), "<redacted>", "Debug");
}

#[test]
fn the_trouble_of_the_last_run_is_not_taken_for_granted() {
    let bench = Bench::new();
    let toast = one_toast(bench.desk.trouble(Some("no_token")).unwrap());
    let back = bench.killed();
    assert_eq!(
        back.desk.pending_toasts().unwrap(),
        [],
        "whether it still is one shows itself"
    );
    assert_eq!(
        back.desk.trouble(Some("no_token")).unwrap().len(),
        1,
        "it is: shown anew"
    );
    let again = bench.desk.pending_toasts().unwrap();
    assert_eq!(
        again,
        [ToastOp::Show(toast)],
        "in the same run a toast that was never drawn is"
    );
}

#[test]
fn a_trouble_that_lasts_is_written_once() {
    let bench = Bench::new();
    let other = rusqlite::Connection::open(bench.dir.path().join("desk.db")).unwrap();
    let commits = || -> i64 {
        other
            .pragma_query_value(None, "data_version", |row| row.get(0))
            .unwrap()
    };
    bench.desk.trouble(Some("no_token")).unwrap();
    let before = commits();
    for _ in 0..3 {
        assert_eq!(bench.desk.trouble(Some("no_token")).unwrap(), [], "nothing new");
    }
    assert_eq!(commits(), before, "and nothing written");
    assert_eq!(bench.desk.trouble(None).unwrap(), [ToastOp::Close(ToastKey::Trouble)]);
    assert_ne!(commits(), before, "its end is");
    assert_eq!(bench.desk.trouble(Some("no_token")).unwrap().len(), 1, "it is back");
}

#[test]
fn a_folder_without_shared_memory_is_named_and_nothing_is_touched() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV]);
    let Bench { desk, dir, .. } = bench;
    drop(desk);
    let file = dir.path().join("desk.db");
    // What SMB and some other file systems do not give: SQLite cannot make its file of shared memory.
    let _ = std::fs::remove_file(dir.path().join("desk.db-shm"));
    std::fs::create_dir(dir.path().join("desk.db-shm")).unwrap();
    let before = std::fs::read(&file).unwrap();
    let error = Desk::open(dir.path()).err().expect("there is no such database");
    assert_eq!(error.code().as_str(), "data_folder", "{error}");
    let told = error.to_string();
    assert!(
        told.contains(&file.display().to_string()) && told.contains("local disk"),
        "{told}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), before, "not replaced by an empty one");
    std::fs::remove_dir(dir.path().join("desk.db-shm")).unwrap();
    let desk = Desk::open(dir.path()).unwrap();
    assert_eq!(desk.contacts("", None, 10).unwrap().rows.len(), 1, "all is there again");
}

#[test]
fn a_long_reader_makes_the_log_grow_and_its_end_shortens_it() {
    let bench = Bench::new();
    let log = bench.dir.path().join("desk.db-wal");
    let size = || std::fs::metadata(&log).map_or(0, |log| log.len());
    let reader = rusqlite::Connection::open(bench.dir.path().join("desk.db")).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM sqlite_master;")
        .unwrap();
    let note = "x".repeat(19_000);
    let id = bench.contact("Иванов Пётр", "", &[IVANOV]);
    for n in 0.. {
        let mut draft = draft("Иванов Пётр", "", &[IVANOV]);
        draft.id = Some(id);
        draft.note = format!("{n} {note}");
        bench.desk.save_contact(&draft).unwrap();
        if size() > 8 * 1024 * 1024 {
            break;
        }
        assert!(n < 10_000, "the log does not grow: {}", size());
    }
    bench.desk.shorten_log().unwrap();
    assert!(size() > 8 * 1024 * 1024, "while somebody reads, nothing may go");
    reader.execute_batch("COMMIT").unwrap();
    bench.desk.shorten_log().unwrap();
    assert_eq!(size(), 0, "all of it is in desk.db");
}

#[test]
fn after_a_clean_end_the_one_file_is_whole() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV]);
    bench.desk.checkpoint().unwrap();
    let log = std::fs::metadata(bench.dir.path().join("desk.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0);
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(bench.dir.path().join("desk.db"), copy.path().join("desk.db")).unwrap();
    assert_eq!(
        Desk::open(copy.path())
            .unwrap()
            .contacts("", None, 10)
            .unwrap()
            .rows
            .len(),
        1
    );
}
