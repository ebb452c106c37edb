//! What relays, proxies and the PBX answer in the place of a recording.

use crate::library::{Library, PACE, ago, opened};
use crate::server::{Fault, Server, wav};
use perezvon_desk::view::{RecordingsKept, SoundPlace};
use perezvon_desk::{SoundFault, Trouble};
use std::time::Instant;

fn page() -> Vec<u8> {
    b"\xef\xbb\xbf<!DOCTYPE html><html><body>login</body></html>".to_vec()
}

/// Cases 29 and beyond: each fault once, then the recording; and at last it is here, whole, under its own name.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_first_the_whole_comes_at_last_and_nothing_else_is_kept() {
    let server = Server::start().await;
    let json = b"\xef\xbb\xbf{\"errorCode\":\"NotReady\"}".to_vec();
    let gzip = [&[0x1f, 0x8b, 8, 0][..], &[7; 400]].concat();
    let faults: Vec<(&str, Vec<Fault>, usize)> = vec![
        ("1whole", vec![], 1),
        ("2cut", vec![Fault::Cut(3_000), Fault::Cut(5_000)], 3),
        ("3short", vec![Fault::Short(9_000)], 2),
        (
            "4status",
            vec![Fault::Status(404, "not_found"), Fault::Status(502, "pbx_failed")],
            3,
        ),
        ("5html", vec![Fault::Instead(page())], 2),
        ("6json", vec![Fault::Instead(json)], 2),
        ("7gzip", vec![Fault::Instead(gzip)], 2),
        ("8empty", vec![Fault::Instead(Vec::new())], 2),
        ("9whole for a part", vec![Fault::Cut(4_000), Fault::NoRanges], 2),
        ("10other", vec![Fault::OtherTag], 2),
    ];
    for (n, (id, faults, _)) in faults.iter().enumerate() {
        server.put(id, ago(10 + n as i64), 2_000, faults.clone());
    }
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    for (id, _, asked) in &faults {
        library.until_place(id, SoundPlace::Here).await;
        assert_eq!(server.asked(id), *asked, "{id}: asked for no more often than needed");
    }
    library.is_sound(&server);
    let files = library.files();
    assert_eq!(files.len(), faults.len());
    assert!(
        files
            .iter()
            .all(|(path, _)| path.to_string_lossy().contains(" вх +79000000099")),
        "{files:?}"
    );
    let all = server.all.lock().unwrap();
    assert!(all.most_at_once <= 2, "{} at once", all.most_at_once);
    let paces = all.asked.windows(2).map(|two| two[1].0 - two[0].0);
    let hurried = paces.filter(|pace| *pace < PACE / 2).count();
    assert!(
        hurried < 3,
        "{hurried} of {} requests followed too soon",
        all.asked.len()
    );
}

/// A recording that goes on from its part: no byte of it twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_download_goes_on_from_its_last_byte() {
    let server = Server::start().await;
    server.put("1", ago(5), 3_000, [Fault::Cut(8_192), Fault::Cut(4_096)]);
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    library.until_place("1", SoundPlace::Here).await;
    let given = server.all.lock().unwrap().given;
    assert_eq!(given, server.audio("1").len() as u64);
    assert_eq!(library.files()[0].1, server.audio("1"));
}

/// A refused key, a relay that cannot store and a PBX that is away stop all of it: no recording is at fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_stops_all_and_is_told() {
    let server = Server::start().await;
    for n in 0..5 {
        server.put(
            &n.to_string(),
            ago(5 + n),
            500,
            std::iter::repeat_n(Fault::Status(401, "unauthorized"), 9),
        );
    }
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    library
        .until("the trouble is told", |all| {
            all.all.loadings().borrow().trouble == Some(Trouble::KeyRefused.into())
        })
        .await;
    assert!(server.all.lock().unwrap().asked.len() <= 2, "nobody insists");
    assert!(
        library
            .rows()
            .iter()
            .all(|row| row.problem.is_none() && row.place == SoundPlace::Missing)
    );
    for n in 0..5 {
        server.change(&n.to_string(), |kept| kept.faults.clear());
    }
    library.all.wake();
    library
        .until("all are here", |all| {
            all.rows().iter().all(|row| row.place == SoundPlace::Here)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_pbx_has_no_more_is_gone_and_what_is_here_stays() {
    let server = Server::start().await;
    server.put("1", ago(5), 500, [Fault::Status(410, "recording_gone")]);
    server.put("2", ago(6), 500, []);
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    library.until_place("1", SoundPlace::Gone).await;
    library.until_place("2", SoundPlace::Here).await;
    for id in ["1", "2"] {
        server.change(id, |kept| kept.gone = true);
    }
    library.stop().await;
    library.run(&server.url, false);
    library
        .until("its end at the PBX is known", |all| all.row("2").gone)
        .await;
    assert_eq!(library.row("2").place, SoundPlace::Here, "it plays on");
    assert_eq!(server.asked("1"), 1);
    library.stop().await;
    // The PBX lists it again.
    server.change("1", |kept| kept.gone = false);
    library.run(&server.url, false);
    library.until_place("1", SoundPlace::Here).await;
}

/// Sound of which something is wrong for good is kept as what it is, and said so.
#[tokio::test(flavor = "multi_thread")]
async fn what_stays_odd_is_kept_and_said() {
    let server = Server::start().await;
    let (longer, twin, torn, ogg) = ("1longer", "2twin", "3torn", "4ogg");
    server.put(longer, ago(5), 5_000, []);
    server.change(longer, |kept| kept.told_ms = 60_000);
    server.put(torn, ago(7), 2_000, []);
    // The PBX has no more than this of it.
    server.change(torn, |kept| {
        kept.audio.truncate(12_000);
    });
    server.put(ogg, ago(8), 2_000, []);
    server.change(ogg, |kept| {
        kept.audio = [b"OggS".as_slice(), &[0; 500]].concat();
        kept.told_bytes = Some(504);
    });
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    library.until_place(longer, SoundPlace::Here).await;
    assert_eq!(library.row(longer).problem, Some(SoundFault::Length.into()));
    assert_eq!(
        (library.row(longer).length_ms, library.row(longer).told_ms),
        (Some(5_000), Some(60_000))
    );
    library.until_place(torn, SoundPlace::Damaged).await;
    assert_eq!(server.asked(torn), 3, "twice anew, then as it is");
    library.until_place(ogg, SoundPlace::Here).await;
    let row = library.row(ogg);
    assert_eq!(
        (row.problem, row.format.as_deref()),
        (Some(SoundFault::Format.into()), Some("Ogg"))
    );
    // What is another's is not kept: its bytes are here under another id, and its length is not what it should be.
    server.put(twin, ago(6), 30_000, []);
    let other = wav(longer, 5_000);
    server.change(twin, |kept| {
        kept.told_bytes = None;
        kept.faults.push_back(Fault::Instead(other));
    });
    library.stop().await;
    library.run(&server.url, false);
    library.until_place(twin, SoundPlace::Here).await;
    assert_eq!(server.asked(twin), 2);
    assert_eq!(library.row(twin).length_ms, Some(30_000));
    assert!(
        library
            .files()
            .iter()
            .any(|(path, _)| path.extension().is_some_and(|ending| ending == "ogg"))
    );
}

/// 1,000 downloads with a fault in every third; then a second run, which asks for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_downloads() {
    const ALL: usize = 1_000;
    let server = Server::start().await;
    for n in 0..ALL {
        let fault = match n % 21 {
            0 => vec![Fault::Cut(700)],
            3 => vec![Fault::Short(900)],
            6 => vec![Fault::Status(404, "not_found")],
            9 => vec![Fault::Instead(page())],
            12 => vec![Fault::Instead(b"{\"error\": 1}".to_vec())],
            15 => vec![Fault::Cut(300), Fault::Cut(300)],
            18 => vec![Fault::NoRanges],
            _ => vec![],
        };
        server.put(&format!("{n}"), ago(5 + n as i64), 200, fault);
    }
    let start = Instant::now();
    let dir = tempfile::tempdir().unwrap();
    let mut library = Library::of(dir, &server.url, RecordingsKept::default());
    library.run(&server.url, false);
    // In steps: a slow machine has time for each.
    for some in (100..=ALL).step_by(100) {
        library
            .until(&format!("{some} of them"), |all| {
                all.desk.recording_totals().unwrap().here as usize >= some
            })
            .await;
    }
    println!("1,000 downloads in {:?}", start.elapsed());
    library.is_sound(&server);
    assert_eq!(library.files().len(), ALL);
    let asked = server.all.lock().unwrap().asked.len();
    let faults = (0..ALL).filter(|n| matches!(n % 21, 0 | 3 | 6 | 9 | 12)).count();
    let twice = (0..ALL).filter(|n| n % 21 == 15).count();
    assert_eq!(asked, ALL + faults + 2 * twice, "nothing was fetched twice for nothing");
    assert!(server.all.lock().unwrap().most_at_once <= 2);
    library.stop().await;
    let url = server.url.clone();
    let (desk, again, _) = opened(library.dir.path(), &url, PACE);
    let mended = again.mend().unwrap();
    assert_eq!((mended.missing, mended.changed, mended.parts), (0, 0, 0));
    assert_eq!(desk.recording_totals().unwrap().here as usize, ALL);
    assert_eq!(server.all.lock().unwrap().asked.len(), asked);
}

/// Case 29, with its own files: what is no recording is never kept, and what is two halves of one is kept as damaged.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_pbx_sends_in_the_place_of_a_recording() {
    let cases = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../sound/tests/cases/29-rec-not-audio");
    let case = |name: &str| std::fs::read(cases.join(name)).unwrap();
    let server = Server::start().await;
    let none = [
        ("1", case("a-login-page.html")),
        ("2", case("b-error-with-bom.json")),
        ("3", case("c-gzip.mp3.gz")),
        ("4", Vec::new()),
    ];
    for (n, (id, bytes)) in none.iter().enumerate() {
        server.put(id, ago(5 + n as i64), 2_000, [Fault::Instead(bytes.clone())]);
    }
    let joined = case("f-two-joined-with-html.mp3");
    server.put("5", ago(10), 2_000, []);
    server.change("5", |kept| {
        kept.told_bytes = Some(joined.len() as i64);
        kept.audio = joined;
    });
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    for (id, _) in &none {
        library.until_place(id, SoundPlace::Here).await;
        assert_eq!(server.asked(id), 2, "{id}: tried again, and then it was there");
    }
    library.until_place("5", SoundPlace::Damaged).await;
    library.is_sound(&server);
    let endings = library
        .files()
        .into_iter()
        .map(|(path, _)| path.extension().unwrap().to_owned());
    assert!(endings.clone().count() == 5 && endings.clone().all(|ending| ending == "wav" || ending == "mp3"));
}
