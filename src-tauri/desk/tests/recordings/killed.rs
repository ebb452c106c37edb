//! The program is killed in the middle of everything, again and again.

use crate::library::{Library, PACE, ago, client, opened, seen};
use crate::server::{Fault, Server};
use perezvon_desk::view::RecordingsKept;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const DIR: &str = "PEREZVON_TEST_KILLED_DIR";
const URL: &str = "PEREZVON_TEST_KILLED_URL";
const ALL: usize = 120;

/// What is killed: a desk that fetches, as long as it lives.
#[test]
#[ignore = "it is the process that the other test kills"]
fn a_desk_that_is_killed() {
    let (Ok(dir), Ok(url)) = (std::env::var(DIR), std::env::var(URL)) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (_desk, all, _toasts) = opened(dir.as_ref(), &url, PACE);
        all.mend().unwrap();
        let kept = watch::Sender::new(RecordingsKept::default());
        let mut loadings = all.loadings();
        tokio::spawn(async move {
            while loadings.changed().await.is_ok() {
                if let Some(trouble) = loadings.borrow_and_update().trouble {
                    println!("\ntrouble {trouble}");
                }
            }
        });
        all.run(&client(&url), false, kept.subscribe(), &CancellationToken::new())
            .await;
    });
}

fn begin(dir: &std::path::Path, url: &str) -> Child {
    desk(Command::new(std::env::current_exe().unwrap()), dir, url)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn desk(mut command: Command, dir: &std::path::Path, url: &str) -> Command {
    command
        .args(["--exact", "killed::a_desk_that_is_killed", "--ignored", "--nocapture"])
        .env(DIR, dir)
        .env(URL, url)
        .stderr(Stdio::null());
    command
}

/// The system lets no file grow beyond this: it refuses what is written as a full disk does.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_names_no_half_and_costs_no_byte_twice() {
    use std::io::{BufRead as _, BufReader};
    /// In the shell's blocks of 512 bytes; larger than the database is here.
    const ROOM: &str = "6000";
    let server = Server::start().await;
    // Four megabytes, and newer than the small ones.
    server.put("big", ago(1), 500_000, []);
    for n in 0..5 {
        server.put(&n.to_string(), ago(5 + n), 600, []);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", ROOM])
        .arg(std::env::current_exe().unwrap());
    let mut child = desk(limited, dir.path(), &server.url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = child.stdout.take().unwrap();
    let told = tokio::task::spawn_blocking(move || {
        BufReader::new(out)
            .lines()
            .map_while(Result::ok)
            .find(|line| line.starts_with("trouble "))
    });
    let told = tokio::time::timeout(Duration::from_mins(1), told)
        .await
        .expect("it is told");
    assert_eq!(told.unwrap().as_deref(), Some("trouble disk_full"));
    child.kill().unwrap();
    child.wait().unwrap();
    let whole: Vec<Vec<u8>> = server
        .all
        .lock()
        .unwrap()
        .kept
        .values()
        .map(|kept| kept.audio.clone())
        .collect();
    for (path, bytes) in seen(&dir.path().join("recordings")) {
        assert!(whole.contains(&bytes), "{} is no whole recording", path.display());
    }
    assert!(
        server.audio("big").len() as u64 > ROOM.parse::<u64>().unwrap() * 512,
        "it has no room"
    );
    // There is room again.
    let mut library = Library::of(dir, &server.url, RecordingsKept::default());
    library.run(&server.url, false);
    library
        .until("all of them", |all| all.desk.recording_totals().unwrap().here == 6)
        .await;
    library.stop().await;
    library.is_sound(&server);
    let (given, sizes) = (
        server.all.lock().unwrap().given,
        whole.iter().map(Vec::len).sum::<usize>() as u64,
    );
    // What was on its way when the disk was full is asked for once more.
    assert!(given < sizes + 1_500_000, "{given} bytes were sent for {sizes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_leaves_no_part_with_a_name_and_costs_little() {
    let server = Server::start().await;
    for n in 0..ALL {
        let cut = (n % 5 == 0).then_some(Fault::Cut(2_000));
        server.put(&n.to_string(), ago(5 + n as i64), 600, cut);
    }
    let dir = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let mut kills = 0;
    let mut before = 0;
    loop {
        let mut child = begin(dir.path(), &server.url);
        // Killed after another number of requests each time: while one is written, tried, named or noted.
        let wanted = before + 3 + kills % 11;
        while server.all.lock().unwrap().asked.len() < wanted && start.elapsed() < Duration::from_secs(50) {
            tokio::time::sleep(Duration::from_micros(300)).await;
            if seen(&dir.path().join("recordings")).len() == ALL {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        let whole = server.all.lock().unwrap();
        before = whole.asked.len();
        let all: Vec<&Vec<u8>> = whole.kept.values().map(|kept| &kept.audio).collect();
        let files = seen(&dir.path().join("recordings"));
        for (path, bytes) in &files {
            assert!(
                all.contains(&bytes),
                "after {kills} kills {} is no whole recording",
                path.display()
            );
        }
        if files.len() == ALL || start.elapsed() > Duration::from_secs(45) {
            break;
        }
    }
    let mut library = Library::of(dir, &server.url, RecordingsKept::default());
    library.run(&server.url, false);
    library
        .until("all of them", |all| {
            all.desk.recording_totals().unwrap().here as usize == ALL
        })
        .await;
    library.stop().await;
    assert_eq!(library.files().len(), ALL, "each is there once");
    let asked = server.all.lock().unwrap().asked.len();
    println!("{kills} kills, {asked} requests for {ALL} recordings");
    let cuts = ALL.div_ceil(5);
    assert!(
        asked <= ALL + cuts + 2 * kills,
        "{asked} requests: at most two were under way at each kill"
    );
}
