//! What is heard, and what is shown of it.

use crate::recording::{make, of, place};
use crate::sink::{Ear, PATIENCE, Sink, listen, wait, with_sink};
use perezvon_sound::{LEVELS_PER_SECOND, Phase, Player, PlayerTrouble};
use std::time::{Duration, Instant};

const PIECE: Duration = Duration::from_millis(100);

fn player() -> Player {
    Player::start(None, |_| {}).unwrap()
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// The place shown and the place heard, in the middle of the next tenth of a second.
fn shown_and_heard(player: &Player, ear: &Ear, speed: f64) -> (f64, f64) {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let at = Instant::now();
        let shown = player.position().as_secs_f64() + PIECE.as_secs_f64() / 2.0 * speed;
        // Where the pitch begins anew it tells nothing.
        let tells = (0.3..4.7).contains(&(shown % 5.0));
        if let Some(samples) = ear.heard_whole(at, PIECE).filter(|_| tells) {
            return (shown, place(&samples, shown));
        }
    }
    panic!("no sound without holes within {PATIENCE:?}");
}

fn wait_for_sound(player: &Player) {
    wait("sound is audible", || {
        player
            .first_heard()
            .is_some_and(|at| at + Duration::from_millis(50) < Instant::now())
    });
}

#[test]
fn the_place_shown_is_the_place_heard() {
    with_sink("playing::the_place_shown_is_the_place_heard", |sink: &Sink| {
        let ear = listen("first");
        let player = player();
        player.open(make(sink, "a", 60), Duration::ZERO);
        wait_for_sound(&player);
        let mut worst = 0.0_f64;
        let many = [41.2, 3.1, 20.0, 33.3, 11.7, 55.5, 0.2, 27.5, 48.4, 15.9];
        for (speed, places) in [(1.0, &many[..2]), (0.75, &many[..2]), (2.0, &many[..2]), (1.5, &many)] {
            player.set_speed(speed);
            for to in places.iter().copied() {
                player.seek(seconds(to));
                wait("it is there", || (player.position().as_secs_f64() - to).abs() < 2.0);
                wait_for_sound(&player);
                // Three times: while a busy machine withholds the processor, what is shown is late for a moment.
                let mut all = [(); 3].map(|()| shown_and_heard(&player, &ear, f64::from(speed)));
                all.sort_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs()));
                let (shown, heard) = all[1];
                worst = worst.max((shown - heard).abs());
                assert!(
                    (shown - heard).abs() <= 0.05,
                    "at {speed}: {shown} is shown, {heard} heard"
                );
            }
        }
        println!(
            "the place shown and the place heard differ by {:.0} ms at most",
            worst * 1000.0
        );
    });
}

#[test]
fn the_first_sound_comes_at_once() {
    with_sink("playing::the_first_sound_comes_at_once", |sink: &Sink| {
        let recording = make(sink, "a", 600);
        let ear = listen("first");
        let player = player();
        let clicked = Instant::now();
        player.open(recording, seconds(301.0));
        let loud = || ear.first_loud(clicked, 0.1);
        wait("it is loud", || loud().is_some());
        println!("from the click to the first sound: {:?}", loud().unwrap() - clicked);
    });
}

#[test]
fn it_pauses_where_it_is_and_goes_on_there() {
    with_sink("playing::it_pauses_where_it_is_and_goes_on_there", |sink: &Sink| {
        let ear = listen("first");
        let player = player();
        player.open(make(sink, "a", 30), seconds(6.0));
        wait_for_sound(&player);
        player.pause();
        wait("it pauses", || player.state().phase == Phase::Paused);
        let paused = player.position();
        assert!(paused >= seconds(6.0) && paused < seconds(9.0), "{paused:?}");
        let at = Instant::now() + Duration::from_millis(200);
        assert!(
            ear.heard(at, PIECE).iter().all(|moment| moment[0].abs() < 1e-6),
            "silence"
        );
        assert_eq!(player.position(), paused);
        player.play();
        wait_for_sound(&player);
        let (shown, heard) = shown_and_heard(&player, &ear, 1.0);
        assert!(
            (shown - heard).abs() <= 0.05 && shown < paused.as_secs_f64() + 5.0,
            "{shown} {heard}"
        );
    });
}

#[test]
fn volume_channels_end_and_a_second_time() {
    with_sink("playing::volume_channels_end_and_a_second_time", |sink: &Sink| {
        let ear = listen("first");
        let player = player();
        let loudest = |samples: &[[f32; 2]], n: usize| samples.iter().fold(0.0_f32, |most, m| most.max(m[n].abs()));
        player.open(make(sink, "a", 4), seconds(1.0));
        wait_for_sound(&player);
        let full = ear.heard(Instant::now(), PIECE);
        assert!((loudest(&full, 0) - 0.488).abs() < 0.02, "{}", loudest(&full, 0));
        assert!(
            (loudest(&full, 1) - 0.244).abs() < 0.02,
            "each channel in its ear: {}",
            loudest(&full, 1)
        );
        player.set_volume(0.5);
        let at = Instant::now() + Duration::from_millis(300);
        let half = ear.heard(at, PIECE);
        assert!((loudest(&half, 0) - 0.061).abs() < 0.01, "{}", loudest(&half, 0));
        wait("it ends", || player.state().phase == Phase::Ended);
        assert_eq!(player.position(), seconds(4.0));
        player.play();
        wait("it plays from the start", || player.state().phase == Phase::Playing);
        wait_for_sound(&player);
        assert!(player.position() < seconds(2.0), "{:?}", player.position());
        player.close();
        wait("it is closed", || {
            player.state().recording.is_none() && player.state().device.is_none()
        });
    });
}

#[test]
fn peaks_are_made_once_and_pauses_are_left_out() {
    with_sink("playing::peaks_are_made_once_and_pauses_are_left_out", |sink: &Sink| {
        let recording = make(sink, "a", 20);
        // From 4 s to 14 s nobody speaks.
        let mut bytes = std::fs::read(&recording.file).unwrap();
        bytes[44 + 4 * 32_000..44 + 14 * 32_000].fill(0);
        std::fs::write(&recording.file, bytes).unwrap();
        let player = player();
        player.set_skips_silence(true);
        player.open(recording.clone(), seconds(3.5));
        wait("the peaks are there", || player.state().peaks.is_some());
        let peaks = player.state().peaks.unwrap();
        assert_eq!(peaks.levels()[0].len(), 20 * LEVELS_PER_SECOND as usize);
        let began = Instant::now();
        wait("the pause is over", || player.position() > seconds(14.0));
        assert!(
            began.elapsed() < seconds(5.0),
            "it was not waited for: {:?}",
            began.elapsed()
        );
        // A second time they are read and not made.
        let written = std::fs::metadata(&recording.peaks).unwrap().modified().unwrap();
        player.open(recording.clone(), Duration::ZERO);
        wait("they are there again", || player.state().peaks.is_some());
        assert_eq!(
            std::fs::metadata(&recording.peaks).unwrap().modified().unwrap(),
            written
        );
    });
}

#[test]
fn what_cannot_be_played_is_told_and_the_next_one_plays() {
    with_sink(
        "playing::what_cannot_be_played_is_told_and_the_next_one_plays",
        |sink: &Sink| {
            let player = player();
            for (bytes, code) in [
                (&b"<html>"[..], "recording_not_sound"),
                (b"", "recording_empty"),
                (b"OggS", "recording_format"),
            ] {
                let recording = of(sink, code);
                std::fs::write(&recording.file, bytes).unwrap();
                player.open(recording, Duration::ZERO);
                wait(code, || player.state().trouble == Some(PlayerTrouble::Recording(code)));
                assert_eq!(player.state().phase, Phase::Empty);
            }
            player.open(make(sink, "a", 5), Duration::ZERO);
            wait_for_sound(&player);
            assert_eq!((player.state().trouble, player.state().phase), (None, Phase::Playing));
        },
    );
}
