//! What they may take, how long they stay, and what is deleted for good.

use crate::library::{Library, ago, seen};
use crate::server::{Fault, ME, Server};
use perezvon_desk::SoundFault;
use perezvon_desk::view::{RecordingsKept, SoundPlace};
use std::path::Path;

const DAY: i64 = 24 * 60;

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_without_marks_make_room_for_newer_ones() {
    let server = Server::start().await;
    // Of 40 MB each, told, so that two and a bit fit into the least that can be set.
    let big = |id: &str, days: i64| {
        server.put(id, ago(days * DAY), 5_000_000, []);
    };
    big("1", 9);
    big("2", 8);
    let small = RecordingsKept {
        megabytes: 100,
        ..RecordingsKept::default()
    };
    let mut library = Library::of(tempfile::tempdir().unwrap(), &server.url, small);
    library.run(&server.url, false);
    library.until_place("1", SoundPlace::Here).await;
    library.until_place("2", SoundPlace::Here).await;
    library.desk.add_mark(library.row("1").id, 700, "важно").unwrap();
    library.stop().await;
    big("3", 1);
    library.run(&server.url, false);
    library.until_place("3", SoundPlace::Here).await;
    assert_eq!(library.row("1").place, SoundPlace::Here, "what is marked never goes");
    let gone = library.row("2");
    assert_eq!(
        (gone.place, gone.problem),
        (SoundPlace::Missing, Some(SoundFault::NoRoom.into()))
    );
    assert!(library.all.bytes().unwrap() <= 100 << 20);
    // An older one makes no newer one go, and is not asked for again and again.
    library.stop().await;
    let asked = server.asked("2");
    library.run(&server.url, false);
    library
        .until("it was considered", |all| {
            all.row("2").problem == Some(SoundFault::NoRoom.into())
        })
        .await;
    assert_eq!(server.asked("2"), asked);
    // But the user may want it.
    library.all.ask_for(&[library.row("2").id]).unwrap();
    library.until_place("2", SoundPlace::Here).await;
    assert_eq!(library.row("3").place, SoundPlace::Missing);
    library.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::start().await;
    server.put("1", ago(1), 600, []);
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    library.until_place("1", SoundPlace::Here).await;
    library.stop().await;
    let rights = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (file, _) = library.files().remove(0);
    assert_eq!(rights(&file), 0o600);
    let all = library.dir.path().join("recordings");
    for folder in file.ancestors().skip(1).take_while(|folder| folder.starts_with(&all)) {
        assert_eq!(rights(folder), 0o700, "{}", folder.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_deletes_file_peaks_and_position_and_looks_for_them() {
    let server = Server::start().await;
    server.put("1", ago(40 * DAY), 1_000, []);
    server.put("2", ago(39 * DAY), 1_000, []);
    server.put("3", ago(DAY), 1_000, []);
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    library
        .until("all are here", |all| {
            all.rows().len() == 3 && all.rows().iter().all(|row| row.place == SoundPlace::Here)
        })
        .await;
    library.stop().await;
    let [old, marked] = ["1", "2"].map(|id| library.row(id).id);
    library.desk.set_recording_position(old, 700).unwrap();
    library.desk.recording_heard(old).unwrap();
    library.desk.add_mark(marked, 500, "").unwrap();
    let month = RecordingsKept {
        days: 30,
        ..RecordingsKept::default()
    };
    let peaks = library.all.peaks_of(old);
    assert!(peaks.is_file());
    let erased = library.all.erase_old(&month).unwrap();
    assert_eq!((erased.recordings, erased.left), (1, 0));
    let bytes = server.audio("1");
    let everything = every_file(library.dir.path());
    assert!(
        everything.iter().all(|(_, content)| *content != bytes),
        "no copy of it is anywhere"
    );
    assert!(!peaks.exists());
    let view = library.desk.recording(old).unwrap();
    assert_eq!(
        (view.position_ms, view.row.heard, view.row.place),
        (0, false, SoundPlace::Missing)
    );
    assert!(view.row.erased_at.is_some(), "and it is said when");
    assert_eq!(library.row("2").place, SoundPlace::Here);
    assert_eq!(library.row("3").place, SoundPlace::Here);
    library.kept.send_replace(month);
    let asked = server.asked("1");
    library.run(&server.url, false);
    server.put("4", ago(2), 500, []);
    library.stop().await;
    library.run(&server.url, false);
    library.until_place("4", SoundPlace::Here).await;
    assert_eq!(server.asked("1"), asked, "it is not fetched again");
    library.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_deletes_what_came_of_a_recording_that_never_was_whole() {
    let server = Server::start().await;
    server.put("1", ago(40 * DAY), 1_000, std::iter::repeat_n(Fault::Cut(500), 1_000));
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    let parts = |library: &Library| seen(&library.dir.path().join("recordings/.part")).len();
    library
        .until("a part of it is here", |all| {
            all.is_there("1") && all.row("1").problem.is_some() && parts(all) == 1
        })
        .await;
    library.stop().await;
    let mut kept = RecordingsKept::default();
    library.all.erase_old(&kept).unwrap();
    assert_eq!(parts(&library), 1, "the next attempt goes on from there");
    kept.days = 30;
    library.all.erase_old(&kept).unwrap();
    assert_eq!(parts(&library), 0);
}

fn every_file(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = seen(dir);
    for hidden in [".part", ".peaks"] {
        files.extend(seen(&dir.join("recordings").join(hidden)));
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_deletes_stays_deleted_until_asked_for() {
    let server = Server::start().await;
    server.put("1", ago(5), 1_000, []);
    server.put("2", ago(6), 1_000, []);
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    library.until_place("1", SoundPlace::Here).await;
    library.until_place("2", SoundPlace::Here).await;
    library.stop().await;
    let ids = ["1", "2"].map(|id| library.row(id).id);
    assert_eq!(library.all.erase(&ids[..1]).unwrap().recordings, 1);
    // The other one in a file manager, and it is not fetched again either.
    std::fs::remove_file(library.all.file_of(ids[1]).unwrap().unwrap()).unwrap();
    assert_eq!(library.all.mend().unwrap().missing, 1);
    library.run(&server.url, false);
    server.put("3", ago(1), 500, []);
    library.stop().await;
    library.run(&server.url, false);
    library.until_place("3", SoundPlace::Here).await;
    assert!(library.files().len() == 1 && server.asked("1") == 1 && server.asked("2") == 1);
    library.all.ask_for(&ids).unwrap();
    library.until_place("1", SoundPlace::Here).await;
    library.until_place("2", SoundPlace::Here).await;
    library.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_an_administrators_choice_and_listening_to_them_is_told() {
    let server = Server::start().await;
    server.put("1", ago(5), 500, []);
    server.put("2", ago(6), 500, []);
    server.change("2", |kept| kept.abonent = "9000000003@ip.beeline.ru".to_owned());
    let mut library = Library::open(&server.url);
    library.run(&server.url, true);
    library.until_place("1", SoundPlace::Here).await;
    assert_eq!(library.row("2").place, SoundPlace::Missing, "nobody has chosen it");
    library
        .kept
        .send_modify(|kept| kept.abonents = vec!["9000000003@ip.beeline.ru".to_owned()]);
    library.until_place("2", SoundPlace::Here).await;
    for id in ["1", "2"] {
        library.desk.recording_heard(library.row(id).id).unwrap();
    }
    library.stop().await;
    library.run(&server.url, true);
    library
        .until("the relay knows", |_| server.all.lock().unwrap().played == ["2"])
        .await;
    library.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_smaller_bound_deletes_at_once() {
    let server = Server::start().await;
    // Of half a megabyte each.
    for (id, days) in [("1", 3), ("2", 2), ("3", 1)] {
        server.put(id, ago(days * DAY), 65_536, []);
    }
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    for id in ["1", "2", "3"] {
        library.until_place(id, SoundPlace::Here).await;
    }
    library.kept.send_modify(|kept| kept.megabytes = 1);
    library.until_place("1", SoundPlace::Missing).await;
    library.until_place("2", SoundPlace::Missing).await;
    assert_eq!(library.row("3").place, SoundPlace::Here, "the newest stays");
    assert!(library.all.bytes().unwrap() <= 1 << 20);
    library.stop().await;
}

/// What was listened to at one abonent's desk is not told with the key of another's.
#[tokio::test(flavor = "multi_thread")]
async fn another_desk_does_not_tell_what_was_heard() {
    let server = Server::start().await;
    server.put("1", ago(5), 500, []);
    server.change("1", |kept| kept.abonent = "9000000003@ip.beeline.ru".to_owned());
    let mut library = Library::open(&server.url);
    library
        .kept
        .send_modify(|kept| kept.abonents = vec!["9000000003@ip.beeline.ru".to_owned()]);
    library.run(&server.url, true);
    library.until_place("1", SoundPlace::Here).await;
    library.stop().await;
    library.desk.recording_heard(library.row("1").id).unwrap();
    let mine = format!("{} {ME}", server.url);
    library
        .desk
        .reset_mirror(&format!("{} 9000000002@ip.beeline.ru", server.url))
        .unwrap();
    let before = server.all.lock().unwrap().pages;
    library.run(&server.url, false);
    // What was heard is told before the list is read.
    library
        .until("the list was read", |_| server.all.lock().unwrap().pages > before)
        .await;
    library.stop().await;
    assert_eq!(server.all.lock().unwrap().played, [""; 0]);
    library.desk.reset_mirror(&mine).unwrap();
    library.run(&server.url, true);
    library
        .until("the relay knows", |_| server.all.lock().unwrap().played == ["1"])
        .await;
    library.stop().await;
}

/// A list that was broken off between two pages is read on, though its first page has no news any more; and then no longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_broken_off_is_read_on() {
    let server = Server::start().await;
    for n in 0..9 {
        server.put(&n.to_string(), ago(5 + n), 300, []);
    }
    {
        let mut all = server.all.lock().unwrap();
        (all.page, all.pages_left) = (3, Some(1));
    }
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    library.until_place("2", SoundPlace::Here).await;
    library.stop().await;
    assert_eq!(library.rows().len(), 3, "of the first page only");
    server.all.lock().unwrap().pages_left = None;
    library.run(&server.url, false);
    library.until_place("8", SoundPlace::Here).await;
    library.stop().await;
    let read = server.all.lock().unwrap().pages;
    library.run(&server.url, false);
    server.put("new", ago(1), 300, []);
    library.stop().await;
    library.run(&server.url, false);
    library.until_place("new", SoundPlace::Here).await;
    library.stop().await;
    let again = server.all.lock().unwrap().pages - read;
    assert!(again <= 4, "what is known is not read again: {again} pages");
    // More days are wanted: what lies before was never read.
    server.put("old", ago(200 * DAY), 300, []);
    library.kept.send_modify(|kept| kept.days = 365);
    library.run(&server.url, false);
    library.until_place("old", SoundPlace::Here).await;
    library.stop().await;
}

/// The disk of this folder is full: nothing half is named, and it goes on when there is room.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_database_keeps_nothing_half() {
    let server = Server::start().await;
    server.put("1", ago(5), 1_000, []);
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    library.until_place("1", SoundPlace::Here).await;
    library.stop().await;
    library.desk.limit_pages(1).unwrap();
    server.put("2", ago(4), 1_000, []);
    library.run(&server.url, false);
    library.all.wake();
    tokio::task::yield_now().await;
    library.stop().await;
    library.is_sound(&server);
    library.desk.limit_pages(1_000_000).unwrap();
    library.run(&server.url, false);
    library.until_place("2", SoundPlace::Here).await;
    library.stop().await;
}
