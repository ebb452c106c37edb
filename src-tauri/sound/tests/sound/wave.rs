//! WAVE as telephony writes it.

use crate::make::{Files, assert_same, heard, refused};
use perezvon_sound::{Sound, SoundError};

fn chunk(id: &[u8], body: &[u8]) -> Vec<u8> {
    sized(id, body.len() as u32, body)
}

fn sized(id: &[u8], size: u32, body: &[u8]) -> Vec<u8> {
    let pad = if body.len() % 2 == 1 { &[0][..] } else { &[] };
    [id, &size.to_le_bytes(), body, pad].concat()
}

fn wave(chunks: &[Vec<u8>]) -> Vec<u8> {
    let chunks = chunks.concat();
    [b"RIFF", &(chunks.len() as u32 + 4).to_le_bytes()[..], b"WAVE", &chunks].concat()
}

/// The chunk `fmt `.
fn format(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let block = channels * bits / 8;
    let mut body = [tag.to_le_bytes(), channels.to_le_bytes()].concat();
    body.extend(rate.to_le_bytes());
    body.extend((rate * u32::from(block)).to_le_bytes());
    body.extend(block.to_le_bytes());
    body.extend(bits.to_le_bytes());
    chunk(b"fmt ", &body)
}

/// A second of a tone, 8 kHz, 16 bit, in one channel; and the same as it is heard.
fn tone() -> (Vec<u8>, Vec<f32>) {
    let samples = (0..8000).map(|n| ((f64::from(n) * 0.3).sin() * 12000.0) as i16);
    let bytes = samples.clone().flat_map(i16::to_le_bytes).collect();
    (bytes, samples.map(|sample| f32::from(sample) / 32768.0).collect())
}

#[test]
fn sizes_and_the_order_of_chunks_do_not_matter() {
    let files = Files::new();
    let (data, clean) = tone();
    let fmt = format(1, 1, 8000, 16);
    let list = chunk(b"LIST", b"INFOISFT\x05\0\0\0Lavf\0");
    let odd = chunk(b"JUNK", &[7; 27]);
    let extensible = {
        let mut body = format(0xfffe, 1, 8000, 16)[8..].to_vec();
        body.extend([22, 0, 16, 0, 4, 0, 0, 0]);
        body.extend(b"\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71");
        chunk(b"fmt ", &body)
    };
    let unpadded = [b"JUNK", &27_u32.to_le_bytes()[..], &[7; 27]].concat();
    let cases = [
        ("as it should be", wave(&[fmt.clone(), chunk(b"data", &data)])),
        ("size 0", wave(&[fmt.clone(), sized(b"data", 0, &data)])),
        ("size FFFFFFFF", wave(&[fmt.clone(), sized(b"data", u32::MAX, &data)])),
        (
            "size FFFFFFF0, not all there",
            wave(&[fmt.clone(), sized(b"data", 0xffff_fff0, &data)]),
        ),
        (
            "junk before, list behind",
            wave(&[odd.clone(), fmt.clone(), chunk(b"data", &data), list.clone()]),
        ),
        (
            "an odd chunk without its pad",
            wave(&[unpadded, fmt.clone(), chunk(b"data", &data)]),
        ),
        (
            "the sound before its format",
            wave(&[list.clone(), chunk(b"data", &data), fmt.clone()]),
        ),
        ("extensible", wave(&[extensible, chunk(b"data", &data)])),
        (
            "half a sample at the end",
            wave(&[fmt.clone(), chunk(b"data", &[&data[..], &[1]].concat())]),
        ),
    ];
    for (name, bytes) in cases {
        let (ours, sound) = heard(&files.put("case.wav", &bytes));
        assert_eq!(
            (sound.rate(), sound.channels(), sound.length()),
            (8000, 1, 8000),
            "{name}"
        );
        assert_same(&ours, &clean, name);
    }
    let mut sizes = wave(&[fmt, sized(b"data", 0, &data)]);
    sizes[4..8].fill(0);
    assert_same(
        &heard(&files.put("case.wav", &sizes)).0,
        &clean,
        "no size was ever filled in",
    );
}

#[test]
fn a_cut_file_is_heard_as_far_as_it_goes() {
    let files = Files::new();
    let (data, clean) = tone();
    let bytes = wave(&[format(1, 1, 8000, 16), chunk(b"data", &data)]);
    let (ours, sound) = heard(&files.put("cut.wav", &bytes[..bytes.len() * 6 / 10]));
    assert_same(&ours, &clean[..ours.len()], "the beginning");
    assert!((4700..4900).contains(&sound.length()), "{}", sound.length());
}

#[test]
fn of_two_channels_both_are_heard() {
    let files = Files::new();
    let data: Vec<u8> = (0..4000_i16)
        .flat_map(|n| [n.to_le_bytes(), (-n).to_le_bytes()].concat())
        .collect();
    let (ours, _) = heard(&files.put("two.wav", &wave(&[format(1, 2, 8000, 16), chunk(b"data", &data)])));
    assert!(ours.chunks(2).all(|pair| (pair[0] + pair[1]).abs() < 1e-6));
    assert!(ours[7998] > 0.1);
}

#[test]
fn a_format_that_is_not_decoded_is_named() {
    let files = Files::new();
    for (tag, bits, name) in [
        (0x31, 0, "GSM 6.10"),
        (0x02, 4, "Microsoft ADPCM"),
        (0x11, 4, "IMA ADPCM"),
        (0x83, 0, "G.729"),
        (0x45, 4, "G.726 ADPCM"),
        (0x1234, 0, "WAVE 0x1234"),
        (1, 12, "PCM, 12 bit"),
    ] {
        let bytes = wave(&[format(tag, 1, 8000, bits), chunk(b"data", &[0x55; 6500])]);
        let error = refused(&files.put("case.wav", &bytes));
        assert!(matches!(&error, SoundError::Format(of) if of == name), "{error:?}");
        assert_eq!(error.code(), "recording_format");
    }
    // As a real encoder writes it.
    let error = refused(&files.encoded("adpcm.wav", 1.0, "-c:a adpcm_ima_wav"));
    assert!(
        matches!(&error, SoundError::Format(of) if of == "IMA ADPCM"),
        "{error:?}"
    );
}

#[test]
fn a_header_alone_is_empty_and_a_senseless_one_is_damage() {
    let files = Files::new();
    let fmt = format(1, 1, 8000, 16);
    for (name, bytes, code) in [
        ("no sound", wave(&[fmt.clone(), chunk(b"data", b"")]), "recording_empty"),
        ("no data", wave(std::slice::from_ref(&fmt)), "recording_empty"),
        ("no format", wave(&[chunk(b"data", &[1; 100])]), "recording_damaged"),
        (
            "no channel",
            wave(&[format(1, 0, 8000, 16), chunk(b"data", &[1; 100])]),
            "recording_damaged",
        ),
        (
            "no rate",
            wave(&[format(1, 1, 0, 16), chunk(b"data", &[1; 100])]),
            "recording_damaged",
        ),
        (
            "a short format",
            wave(&[chunk(b"fmt ", &[1, 0]), chunk(b"data", &[1; 100])]),
            "recording_damaged",
        ),
        ("four bytes", b"RIFF".to_vec(), "recording_damaged"),
    ] {
        assert_eq!(refused(&files.put("case.wav", &bytes)).code(), code, "{name}");
    }
}

#[test]
fn a_file_that_shrinks_ends_where_it_ends() {
    let files = Files::new();
    let path = files.put(
        "case.wav",
        &wave(&[format(1, 1, 8000, 16), chunk(b"data", &vec![1; 400_000])]),
    );
    let mut sound = Sound::open(&path).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(200_044).unwrap();
    let samples = crate::make::rest(&mut sound);
    assert_eq!(samples.len(), 100_000);
}
