//! Devices that are chosen, go away and come back, and a machine without any.

use crate::recording::make;
use crate::sink::{Sink, ask, listen, wait, with_sink, without_server};
use perezvon_sound::{Phase, Player, PlayerTrouble, Recording};
use std::time::{Duration, Instant};

const PIECE: Duration = Duration::from_millis(100);

fn second() -> String {
    ask(&[
        "load-module",
        "module-null-sink",
        "sink_name=second",
        "rate=44100",
        "channels=2",
    ])
}

fn named(name: &str) -> String {
    let devices = Player::devices();
    let device = devices.iter().find(|device| device.id.ends_with(name));
    device.unwrap_or_else(|| panic!("{name} among {devices:?}")).id.clone()
}

#[test]
fn the_chosen_device_is_lost_and_comes_back() {
    with_sink("devices::the_chosen_device_is_lost_and_comes_back", |sink: &Sink| {
        let module = second();
        ask(&["set-default-sink", "first"]);
        let chosen = named("second");
        let player = Player::start(Some(chosen.clone()), |_| {}).unwrap();
        let on = |id: &str| player.state().device.is_some_and(|device| device.id == id);
        let first = listen("first");
        player.open(make(sink, "a", 60), Duration::ZERO);
        wait("it plays on the chosen device", || {
            on(&chosen) && player.position() > Duration::from_millis(500)
        });
        assert_eq!(player.state().trouble, None);
        let before = player.position();

        ask(&["unload-module", &module]);
        let default = named("first");
        wait("it goes on with the default", || on(&default));
        assert_eq!(player.state().trouble, Some(PlayerTrouble::DeviceLost));
        assert_eq!(player.state().phase, Phase::Playing);
        wait("it is heard there", || {
            first
                .first_loud(Instant::now().checked_sub(PIECE).unwrap(), 0.1)
                .is_some()
        });
        let shown = player.position();
        assert!(
            shown > before && shown < before + Duration::from_secs(10),
            "it goes on where it was: {shown:?}"
        );

        second();
        wait("it is back on the chosen one", || on(&chosen));
        assert_eq!((player.state().trouble, player.state().phase), (None, Phase::Playing));
    });
}

#[test]
fn another_device_is_chosen_while_it_plays() {
    with_sink("devices::another_device_is_chosen_while_it_plays", |sink: &Sink| {
        second();
        ask(&["set-default-sink", "first"]);
        let player = Player::start(None, |_| {}).unwrap();
        player.open(make(sink, "a", 60), Duration::ZERO);
        wait("it plays", || player.first_heard().is_some());
        let ear = listen("second");
        player.set_device(Some(named("second")));
        wait("it is heard on the other one", || {
            ear.first_loud(Instant::now().checked_sub(PIECE).unwrap(), 0.1)
                .is_some()
        });
        assert!(player.position() < Duration::from_secs(20));
    });
}

/// Ten seconds of a tone in µ-law.
fn tone(folder: &std::path::Path) -> Recording {
    let recording = Recording {
        id: "a".to_owned(),
        file: folder.join("a.wav"),
        peaks: folder.join("a.peaks"),
    };
    let mut bytes =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x07\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\0\0\0".to_vec();
    bytes.extend([0x25, 0xa5].iter().cycle().take(80_000));
    std::fs::write(&recording.file, bytes).unwrap();
    recording
}

#[test]
fn without_a_device_it_says_so_and_everything_else_works() {
    let test = "devices::without_a_device_it_says_so_and_everything_else_works";
    without_server(test, "", || {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Player::devices(), []);
        let player = Player::start(None, |_| {}).unwrap();
        player.open(tone(folder.path()), Duration::from_secs(2));
        wait("it says so", || player.state().trouble == Some(PlayerTrouble::NoDevice));
        assert_eq!(player.state().duration, Duration::from_secs(10));
        wait("the waveform is there", || player.state().peaks.is_some());
        player.seek(Duration::from_secs(7));
        wait("the place is kept", || player.position() == Duration::from_secs(7));
        player.pause();
        wait("it pauses", || player.state().phase == Phase::Paused);
        assert_eq!(player.position(), Duration::from_secs(7));
    });
}

#[test]
fn without_a_sound_server_it_plays_on_a_card() {
    let test = "devices::without_a_sound_server_it_plays_on_a_card";
    // A card that takes sound as fast as it comes: what is tested is the way to it.
    without_server(test, "pcm.!default { type null }\nctl.!default { type null }\n", || {
        let folder = tempfile::tempdir().unwrap();
        let player = Player::start(None, |_| {}).unwrap();
        player.open(tone(folder.path()), Duration::ZERO);
        wait("it is heard to its end", || player.state().phase == Phase::Ended);
        assert_eq!(player.state().trouble, None);
        assert!(
            player
                .state()
                .device
                .is_some_and(|device| device.id.starts_with("alsa"))
        );
        assert_eq!(player.position(), Duration::from_secs(10));
    });
}
