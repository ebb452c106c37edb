//! The waveform of a recording, and the pauses in it.

use crate::make::{Files, PLAIN_MP3};
use perezvon_sound::{LEVELS_PER_SECOND, Made, Peaks, Sound};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

fn made(path: &Path) -> Peaks {
    match Peaks::of(&mut Sound::open(path).unwrap(), || true).unwrap() {
        Made::Peaks(peaks) => peaks,
        Made::Stopped => unreachable!("it was wanted"),
    }
}

/// Sound in the first second of each three, then nothing, then noise at -20 dB.
#[test]
fn levels_follow_the_sound() {
    let files = Files::new();
    for (name, options) in [("a.mp3", PLAIN_MP3), ("a.wav", "-c:a pcm_s16le")] {
        let peaks = made(&files.encoded(name, 9.0, options));
        let levels = &peaks.levels()[0];
        assert!(
            (levels.len() as i64 - 9 * i64::from(LEVELS_PER_SECOND)).abs() < 10,
            "{}",
            levels.len()
        );
        // Half of the full scale is 6 dB below it.
        let of = |seconds: f64| levels[(seconds * f64::from(LEVELS_PER_SECOND)) as usize];
        assert!((228..=234).contains(&of(3.5)), "{name}: the tone is {}", of(3.5));
        assert!(of(4.6) < 60, "{name}: the silence is {}", of(4.6));
        assert!((160..=200).contains(&of(5.6)), "{name}: the noise is {}", of(5.6));
    }
}

#[test]
fn two_channels_are_told_apart() {
    let files = Files::new();
    let peaks = made(&files.encoded("two.wav", 4.0, "-af pan=stereo|c0=c0|c1=0*c0 -c:a pcm_s16le"));
    let loudest = |channel: usize| peaks.levels()[channel].iter().max().copied();
    assert_eq!(peaks.levels().len(), 2);
    assert!(loudest(0) > Some(200), "{:?}", loudest(0));
    assert_eq!(loudest(1), Some(0));
}

#[test]
fn silence_is_where_nobody_speaks_and_what_is_kept_of_it_sounds_natural() {
    let files = Files::new();
    // 2 s of a tone, 3 s of line noise at -56 dB, 1 s of a tone, 0.8 s of nothing, 1 s of a tone.
    let speech =
        "-af aeval='if(lt(t,2)+between(t,5,6)+gt(t,6.8),0.3*sin(2*PI*440*t),if(lt(t,5),0.003*(random(0)-0.5),0))'";
    let path = files.encoded("speech.wav", 8.0, &format!("{speech} -c:a pcm_s16le"));
    let silences = made(&path).silences();
    assert_eq!(silences.len(), 1, "{silences:?}");
    let (from, to) = (silences[0].start as f64 / 8000.0, silences[0].end as f64 / 8000.0);
    assert!((from - 2.3).abs() < 0.05 && (to - 4.7).abs() < 0.05, "{from} to {to}");
}

#[test]
fn what_was_kept_is_read_again_for_this_recording_only() {
    let files = Files::new();
    let recording = files.encoded("a.mp3", 3.0, PLAIN_MP3);
    let kept = files.path("a.peaks");
    assert_eq!(Peaks::kept(&kept, &recording), None, "nothing is there");
    let peaks = made(&recording);
    peaks.keep(&kept, &recording).unwrap();
    assert_eq!(Peaks::kept(&kept, &recording).as_ref(), Some(&peaks));
    let whole = std::fs::read(&kept).unwrap();
    for cut in [0, 7, 20, 37, 38] {
        std::fs::write(&kept, &whole[..cut]).unwrap();
        let read = Peaks::kept(&kept, &recording);
        assert!(
            read.is_none_or(|read| read.levels().iter().all(Vec::is_empty)),
            "cut at {cut}"
        );
    }
    peaks.keep(&kept, &recording).unwrap();
    std::fs::write(&recording, b"another").unwrap();
    assert_eq!(Peaks::kept(&kept, &recording), None, "of another recording");
    let nowhere = files.path("none/a.peaks");
    assert!(peaks.keep(&nowhere, &recording).is_err());
    let left: Vec<_> = std::fs::read_dir(kept.parent().unwrap())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "no half file is left: {left:?}");
}

#[test]
fn it_stops_when_it_is_not_wanted_any_more() {
    let files = Files::new();
    let mut sound = Sound::open(&files.encoded("a.mp3", 60.0, PLAIN_MP3)).unwrap();
    let asked = AtomicU32::new(0);
    let made = Peaks::of(&mut sound, || asked.fetch_add(1, Ordering::Relaxed) < 3).unwrap();
    assert!(matches!(made, Made::Stopped));
    assert!(sound.position() < sound.length() / 2);
}
