//! MP3 as it comes: headers that lie, things before, between and behind the frames.

use crate::make::{Files, PLAIN_MP3, XING_MP3, assert_same, heard, reference, refused, rest};
use perezvon_sound::{NotSound, SoundError};

/// Twenty seconds: 440 Hz up to 10 s, silence, 700 Hz from 16 s on.
const CASE: &str = "-af aeval='if(lt(t,10),0.3*sin(2*PI*440*t),if(lt(t,16),0,0.3*sin(2*PI*700*t)))'";

/// How strong a tone is.
fn tone(samples: &[f32], rate: u32, hertz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let angle = std::f64::consts::TAU * hertz * n as f64 / f64::from(rate);
        re += f64::from(*sample) * angle.cos();
        im += f64::from(*sample) * angle.sin();
    }
    2.0 * re.hypot(im) / samples.len() as f64
}

#[test]
fn a_length_is_counted_whatever_a_header_says() {
    let files = Files::new();
    let honest = files.bytes("honest.mp3", 20.0, &format!("{CASE} {XING_MP3}"));
    let xing = honest.windows(4).position(|w| w == b"Xing").unwrap();
    let with = |frames: u32| {
        let mut bytes = honest.clone();
        bytes[xing + 8..xing + 12].copy_from_slice(&frames.to_be_bytes());
        bytes
    };
    let told = u32::from_be_bytes(honest[xing + 8..xing + 12].try_into().unwrap());
    for (name, bytes) in [
        ("honest", honest.clone()),
        ("ten times", with(told * 10)),
        ("a tenth", with(told / 10)),
        ("none", with(0)),
        ("most", with(u32::MAX)),
        (
            "without",
            files.bytes("without.mp3", 20.0, &format!("{CASE} {PLAIN_MP3}")),
        ),
    ] {
        let (_, mut sound) = heard(&files.put("case.mp3", &bytes));
        let seconds = sound.duration().as_secs_f64();
        assert!((seconds - 20.0).abs() < 0.2, "{name}: {seconds} s");
        sound.seek(12 * 8000);
        let silence = &rest(&mut sound)[..8000];
        assert!(tone(silence, 8000, 440.0) < 0.01, "{name}: silence at 12 s");
        sound.seek(17 * 8000);
        let late = rest(&mut sound);
        assert!(tone(&late[..8000], 8000, 700.0) > 0.2, "{name}: 700 Hz at 17 s");
    }
}

#[test]
fn what_stands_before_and_behind_the_frames_is_not_heard() {
    let files = Files::new();
    let plain = files.bytes("plain.mp3", 4.0, PLAIN_MP3);
    let (clean, _) = heard(&files.path("plain.mp3"));
    // A picture with what looks like frames in it.
    let mut id3 = b"ID3\x04\x00\x00".to_vec();
    let size: u32 = 300 * 1024;
    id3.extend([21, 14, 7, 0].map(|shift| (size >> shift & 0x7f) as u8));
    id3.extend(plain.iter().cycle().take(size as usize));
    let mut title = b"TAG".to_vec();
    title.resize(128, b' ');
    let ape = [
        b"APETAGEX".as_slice(),
        &2000_u32.to_le_bytes(),
        &40_u32.to_le_bytes(),
        &[0; 16],
        &[b'a'; 40],
    ]
    .concat();
    for (name, before, behind) in [
        ("a large ID3 tag", id3.clone(), vec![]),
        ("two ID3 tags", [id3.clone(), id3.clone()].concat(), vec![]),
        ("a title at the end", vec![], title),
        ("an APE tag", ape, vec![]),
        (
            "junk with frame syncs",
            b"\xff\xe3\x18junk\xff\xfb\x90\x64more".repeat(50),
            vec![],
        ),
        ("zeros on both sides", vec![0; 5000], vec![0; 3000]),
    ] {
        let path = files.put("case.mp3", &[before, plain.clone(), behind].concat());
        let (ours, sound) = heard(&path);
        assert_same(&ours, &clean, name);
        assert!(!sound.damage().any(), "{name}: {:?}", sound.damage());
    }
}

#[test]
fn two_that_were_joined_are_heard_one_after_the_other() {
    let files = Files::new();
    let first = files.bytes("a.mp3", 3.0, PLAIN_MP3);
    let (a, _) = heard(&files.path("a.mp3"));
    for (name, options) in [("plain", PLAIN_MP3), ("with a Xing header", XING_MP3)] {
        let second = files.bytes("b.mp3", 4.0, options);
        let (b, _) = heard(&files.path("b.mp3"));
        let (ours, sound) = heard(&files.put("joined.mp3", &[first.clone(), second].concat()));
        // The second one's lead is heard, as its tag stands in the middle.
        let more = ours.len() as i64 - (a.len() + b.len()) as i64;
        assert!((0..4 * 576).contains(&more), "{name}: {more} samples more");
        assert!(!sound.damage().any(), "{name}: {:?}", sound.damage());
        assert_same(&ours[..a.len()], &a, name);
    }
    let path = files.path("joined-plain.mp3");
    std::fs::write(&path, [first.clone(), first.clone()].concat()).unwrap();
    assert_same(&heard(&path).0, &reference(&path), "joined, as the reference hears it");
}

#[test]
fn a_page_between_two_parts_is_told_and_the_rest_is_heard() {
    let files = Files::new();
    let first = files.bytes("a.mp3", 3.0, PLAIN_MP3);
    let page = b"<html><body>502 Bad Gateway</body></html>\r\n".repeat(10);
    let (_, sound) = heard(&files.put("case.mp3", &[&first[..], &page, &first].concat()));
    assert!(
        (sound.duration().as_secs_f64() - 6.0).abs() < 0.4,
        "{:?}",
        sound.duration()
    );
    assert_eq!(sound.damage().gaps, 1);
}

#[test]
fn one_and_two_channels_joined_keep_the_first_ones_channels() {
    let files = Files::new();
    let mono = files.bytes("mono.mp3", 2.0, PLAIN_MP3);
    let stereo = files.bytes("stereo.mp3", 2.0, &format!("-ac 2 {PLAIN_MP3}"));
    for (name, first, second, channels) in [("1 then 2", &mono, &stereo, 1), ("2 then 1", &stereo, &mono, 2)] {
        let (ours, sound) = heard(&files.put("case.mp3", &[&first[..], second].concat()));
        assert_eq!(sound.channels(), channels, "{name}");
        assert!(
            (sound.duration().as_secs_f64() - 4.0).abs() < 0.4,
            "{name}: {:?}",
            sound.duration()
        );
        let tail = &ours[ours.len() * 55 / 100..ours.len() * 70 / 100];
        assert!(
            tone(tail, 8000 * u32::from(channels), 440.0) > 0.2,
            "{name}: the second part is heard"
        );
        assert_eq!(sound.damage().silenced, 0, "{name}");
    }
}

#[test]
fn what_was_cut_is_heard_as_far_as_it_goes() {
    let files = Files::new();
    let whole = files.bytes("whole.mp3", 10.0, PLAIN_MP3);
    let (all, _) = heard(&files.path("whole.mp3"));
    let (ours, sound) = heard(&files.put("cut.mp3", &whole[..whole.len() * 6 / 10 + 7]));
    assert!(sound.damage().torn && sound.damage().gaps == 0);
    assert_same(&ours, &all[..ours.len()], "the beginning");
    assert!(ours.len() > all.len() / 3);
}

#[test]
fn what_is_no_sound_is_named() {
    let files = Files::new();
    let mp3 = files.bytes("a.mp3", 1.0, PLAIN_MP3);
    let cases: &[(&[u8], NotSound)] = &[
        (b"<!DOCTYPE html><html><form action=login>", NotSound::Html),
        (b"\xef\xbb\xbf\r\n<html>", NotSound::Html),
        (b"\xff\xfe<\0h\0t\0m\0l\0>\0", NotSound::Html),
        (b"\xfe\xff\0{\0}", NotSound::Json),
        (b"{\"errorCode\":\"RecordNotFound\"}", NotSound::Json),
        (
            b"\xef\xbb\xbf{\"errorCode\":\"NotFound\",\"description\":\"\xd0\x9d\xd0\xb5\xd1\x82\"}",
            NotSound::Json,
        ),
        ("Запись не найдена".as_bytes(), NotSound::Text),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", NotSound::Packed),
        (b"PK\x03\x04\x14\x00", NotSound::Packed),
        (b"\x7fELF\x02\x01\x01\x00\x00\xff\xff\xff", NotSound::Unknown),
    ];
    for (bytes, what) in cases {
        // Under whatever name.
        for name in ["case.mp3", "case.wav"] {
            let error = refused(&files.put(name, bytes));
            assert!(
                matches!(error, SoundError::NotSound(of) if of == *what),
                "{}: {error:?}",
                bytes.escape_ascii()
            );
            assert_eq!(error.code(), "recording_not_sound");
        }
    }
    assert_eq!(refused(&files.put("empty.mp3", b"")).code(), "recording_empty");
    assert_eq!(refused(&files.put("zeros.mp3", &[0; 4096])).code(), "recording_empty");
    assert_eq!(refused(&files.path("none.mp3")).code(), "recording_unreadable");
    let (ours, _) = heard(&files.put("named.wav", &mp3));
    assert_same(&ours, &heard(&files.path("a.mp3")).0, "MP3 under the name of a WAVE");
    for (name, options, format) in [
        ("a.ogg", "-c:a libvorbis", "Ogg"),
        ("a.flac", "-c:a flac", "FLAC"),
        ("a.m4a", "-c:a aac", "MP4/M4A"),
        ("a.aac", "-c:a aac -f adts", "AAC"),
    ] {
        let error = refused(&files.encoded(name, 1.0, options));
        assert!(
            matches!(&error, SoundError::Format(name) if name == format),
            "{name}: {error:?}"
        );
    }
}
