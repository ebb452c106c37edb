//! Sample by sample as ffmpeg's decoders have it.

use crate::make::{Files, PLAIN_MP3, XING_MP3, assert_same, heard, reference, rest};

const FORMATS: &[(&str, &str)] = &[
    ("plain.mp3", PLAIN_MP3),
    ("xing.mp3", XING_MP3),
    ("cbr.mp3", "-c:a libmp3lame -b:a 16k -write_xing 0"),
    ("stereo.mp3", "-ac 2 -ar 44100 -c:a libmp3lame -b:a 64k -write_xing 0"),
    ("mpeg2.mp3", "-ar 22050 -c:a libmp3lame -q:a 4"),
    ("joint.mp3", "-ac 2 -ar 16000 -c:a libmp3lame -b:a 32k -joint_stereo 1"),
    ("two.mp2", "-ar 16000 -c:a mp2 -b:a 64k -f mp2"),
    ("s16.wav", "-c:a pcm_s16le"),
    ("u8.wav", "-c:a pcm_u8"),
    ("s24.wav", "-ac 2 -c:a pcm_s24le"),
    ("s32.wav", "-c:a pcm_s32le"),
    ("f32.wav", "-c:a pcm_f32le"),
    ("f64.wav", "-c:a pcm_f64le"),
    ("alaw.wav", "-c:a pcm_alaw"),
    ("mulaw.wav", "-ac 2 -c:a pcm_mulaw"),
    ("riff.wav", "-c:a libmp3lame -b:a 16k -f wav"),
];

#[test]
fn every_format_has_the_samples_of_the_reference() {
    let files = Files::new();
    for (name, options) in FORMATS {
        let path = files.encoded(name, 5.0, options);
        let theirs = reference(&path);
        let (ours, sound) = heard(&path);
        assert!(!sound.damage().any(), "{name}: {:?}", sound.damage());
        assert!(
            (sound.duration().as_secs_f64() - 5.0).abs() < 0.2,
            "{name}: {:?}",
            sound.duration()
        );
        assert_same(&ours, &theirs, name);
    }
}

#[test]
fn a_seek_gives_the_samples_that_stand_there() {
    let files = Files::new();
    for (name, options) in FORMATS {
        let path = files.encoded(name, 12.0, options);
        let (all, mut sound) = heard(&path);
        let channels = usize::from(sound.channels());
        for seconds in [10.0, 0.0, 7.5, 7.4999, 11.9, 3.0] {
            let at = (seconds * f64::from(sound.rate())) as usize;
            sound.seek(at as u64);
            assert_eq!(sound.position(), at as u64);
            assert_same(
                &rest(&mut sound),
                &all[at * channels..],
                &format!("{name} from {seconds} s"),
            );
        }
        sound.seek(u64::MAX);
        assert_eq!(rest(&mut sound).len(), 0, "{name}: behind the end is nothing");
    }
}
