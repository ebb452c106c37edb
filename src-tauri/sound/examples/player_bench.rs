//! The player's figures with a recording of an hour, at a null sink: from the click to the first sound, the peaks, memory.
//!
//! `cargo run --release -p perezvon-sound --example player_bench`; needs ffmpeg and PulseAudio. Linux.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../tests/player/sink.rs"]
mod sink;

#[cfg(target_os = "linux")]
fn main() {
    sink::with_sink("player_bench", linux::measure);
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use crate::sink::{Sink, listen, wait};
    use perezvon_sound::{Made, Peaks, Phase, Player, Recording, Sound};
    use std::process::Command;
    use std::time::{Duration, Instant};

    const CLICKS: u32 = 20;

    pub(crate) fn measure(sink: &Sink) {
        let recording = Recording {
            id: "hour".to_owned(),
            file: sink.path("hour.mp3"),
            peaks: sink.path("hour.peaks"),
        };
        // As the PBX writes it: 8 kHz, one channel, a variable rate. Loud all the time, so that any sound is seen.
        let ffmpeg = Command::new("ffmpeg")
            .args(["-v", "error", "-f", "lavfi", "-i", "sine=440:d=3600:r=8000", "-af"])
            .args([
                "volume=4,tremolo=f=0.3:d=0.3",
                "-c:a",
                "libmp3lame",
                "-q:a",
                "6",
                "-write_xing",
                "0",
            ])
            .arg(&recording.file)
            .status();
        assert!(ffmpeg.unwrap().success());

        let started = Instant::now();
        let mut sound = Sound::open(&recording.file).unwrap();
        println!("open_ms {:.1}", ms(started.elapsed()));
        assert!((sound.duration().as_secs_f64() - 3600.0).abs() < 0.2);
        let started = Instant::now();
        let Made::Peaks(peaks) = Peaks::of(&mut sound, || true).unwrap() else {
            unreachable!("it was wanted");
        };
        println!("peaks_s {:.2}", started.elapsed().as_secs_f64());
        peaks.keep(&recording.peaks, &recording.file).unwrap();
        drop((sound, peaks));

        let ear = listen("first");
        let idle = memory();
        let player = Player::start(None, |_| {}).unwrap();
        let mut times: Vec<f64> = (0..CLICKS)
            .map(|n| {
                let clicked = Instant::now();
                player.open(recording.clone(), Duration::from_secs(170 * u64::from(n)));
                wait("it is heard", || ear.first_loud(clicked, 0.05).is_some());
                let time = ear.first_loud(clicked, 0.05).unwrap() - clicked;
                player.close();
                wait("it is closed", || {
                    player.state().phase == Phase::Empty && player.state().device.is_none()
                });
                // What the sink holds is not the next click's.
                let quiet = Instant::now() + Duration::from_millis(200);
                ear.heard(quiet, Duration::from_millis(50));
                ms(time)
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("first_sound_p50_ms {:.0}", times[times.len() / 2]);
        println!("first_sound_p95_ms {:.0}", times[times.len() * 95 / 100]);
        player.set_speed(1.5);
        player.open(recording, Duration::from_mins(30));
        wait("it plays", || player.position() > Duration::from_secs(1803));
        // What the reader of the sink keeps is no memory of the player.
        let heard = ear.bytes() as f64 / 1e6;
        println!("memory_mb {:.1}", memory() - idle - heard);
    }

    fn ms(time: Duration) -> f64 {
        time.as_secs_f64() * 1000.0
    }

    /// What the process holds of the machine's memory, MB.
    fn memory() -> f64 {
        let told = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
        let line = told.lines().find(|line| line.starts_with("Pss:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}
