//! How much of a recording is in the relay's memory: Linux tells the most that it was.
#![cfg(target_os = "linux")]

use super::{SIZE, Scene, Serving};
use bytes::Bytes;
use reqwest::{Method, Response, StatusCode};

impl Scene {
    async fn part(&self, first: u64, last: u64) -> Bytes {
        let part = self
            .ask(Method::GET, &self.key, Some(&format!("bytes={first}-{last}")))
            .await;
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT, "{first} to {last}");
        let place = format!("bytes {first}-{last}/{SIZE}");
        assert_eq!(part.headers()["content-range"], place.as_str());
        part.bytes().await.unwrap()
    }
}

/// A client that reads the recording from its beginning and knows the expected bytes.
struct Listener {
    answer: Response,
    at: usize,
    /// One period of the sound.
    sound: Bytes,
}

impl Listener {
    async fn begin(scene: &Scene, sound: &Bytes) -> Self {
        let answer = scene.ask(Method::GET, &scene.key, None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.content_length(), Some(SIZE), "how long it is, is told");
        Self {
            answer,
            at: 0,
            sound: sound.clone(),
        }
    }

    /// Takes the next piece; false at the end.
    async fn take(&mut self) -> bool {
        let Some(mut piece) = self.answer.chunk().await.unwrap() else {
            assert_eq!(self.at as u64, SIZE, "all of it came");
            return false;
        };
        if self.at < 44 {
            let head = piece.split_to(piece.len().min(44 - self.at));
            self.at += head.len();
        }
        while !piece.is_empty() {
            let expected = &self.sound[(self.at - 44) % self.sound.len()..];
            let some = piece.split_to(piece.len().min(expected.len()));
            assert_eq!(some, expected[..some.len()], "the sound at {}", self.at);
            self.at += some.len();
        }
        true
    }
}

/// The peak memory of the process, bytes.
fn peak(serving: &Serving) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_is_never_in_memory_whole_however_slowly_it_is_taken() {
    let scene = Scene::start().await;
    let sound = scene.part(44, 44 + 63_999).await;
    assert!(sound.iter().any(|byte| *byte != sound[0]), "there is a sound");
    let before = peak(&scene.serving);
    // The slow client begins and receives nothing while the other receives everything.
    let mut slow = Listener::begin(&scene, &sound).await;
    assert!(slow.take().await);
    let mut quick = Listener::begin(&scene, &sound).await;
    while quick.take().await {}
    assert_eq!(
        scene.part(200_000_044, 200_000_043 + 8000).await,
        sound[..8000],
        "far into it"
    );
    assert_eq!(scene.part(SIZE - 8000, SIZE - 1).await, sound[56_000..], "its end");
    // A PBX without range requests: the relay skips what precedes the range.
    scene.sim.faults().change(|faults| faults.forms.ranges_off = true);
    assert_eq!(
        scene.part(200_000_044, 200_000_043 + 8000).await,
        sound[..8000],
        "far into the whole"
    );
    while slow.take().await {}
    let grown = peak(&scene.serving) - before;
    assert!(grown < SIZE / 8, "memory grew by {grown} bytes for {SIZE}");
    scene.sim.shutdown().await;
}
