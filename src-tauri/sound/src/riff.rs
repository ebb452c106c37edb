//! WAVE as telephony writes it: sizes that were never filled in, chunks in any order, files that were cut.

use crate::error::SoundError;
use crate::pcm::{Coding, Pcm};
use crate::window::Window;
use std::io;

/// Chunks that are looked at; a file has a handful.
const MOST_CHUNKS: usize = 1000;

/// What is inside the file.
#[derive(Debug)]
pub(crate) enum Inside {
    /// Samples one after the other.
    Pcm(Pcm),
    /// MPEG audio between two positions.
    Mpeg(u64, u64),
}

/// The format and where the sound lies.
pub(crate) fn read(window: &mut Window) -> Result<Inside, SoundError> {
    let (format, data) = chunks(window)?;
    let format = format.ok_or(SoundError::Damaged)?;
    let (from, to) = data.ok_or(SoundError::Empty)?;
    let short = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    let (mut tag, channels, block, bits) = (short(0), short(2), short(12), short(14));
    let rate = u32::from_le_bytes([format[4], format[5], format[6], format[7]]);
    if tag == 0xfffe {
        // Extensible: the tag is the beginning of the sub-format.
        tag = format.get(24..26).map_or(tag, |b| u16::from_le_bytes([b[0], b[1]]));
    }
    if tag == 0x55 || tag == 0x50 {
        return Ok(Inside::Mpeg(from, to));
    }
    let coding = match (tag, bits) {
        (1, 8) => Coding::U8,
        (1, 16) => Coding::S16,
        (1, 24) => Coding::S24,
        (1, 32) => Coding::S32,
        (3, 32) => Coding::F32,
        (3, 64) => Coding::F64,
        (6, _) => Coding::ALaw,
        (7, _) => Coding::MuLaw,
        (1 | 3, bits) => return Err(SoundError::Format(format!("PCM, {bits} bit"))),
        _ => return Err(SoundError::Format(name(tag))),
    };
    // What the header says of the block is only believed where nothing else is possible.
    let frame = coding.bytes() * usize::from(channels);
    if !(1..=8).contains(&channels) || !(1000..=384_000).contains(&rate) || frame == 0 {
        return Err(SoundError::Damaged);
    }
    if usize::from(block) != frame {
        tracing::debug!(block, frame, "the block of a WAVE header is wrong");
    }
    let frames = (to - from) / frame as u64;
    if frames == 0 {
        return Err(SoundError::Empty);
    }
    Ok(Inside::Pcm(Pcm {
        coding,
        channels,
        rate,
        from,
        frames,
    }))
}

type Found = (Option<Vec<u8>>, Option<(u64, u64)>);

/// The chunk `fmt` (16 bytes at least) and the range of the chunk `data`.
fn chunks(window: &mut Window) -> io::Result<Found> {
    let (mut format, mut data): Found = (None, None);
    let end = window.length();
    let mut at = 12;
    for _ in 0..MOST_CHUNKS {
        let head = window.bytes(at, 8)?;
        if head.len() < 8 || format.is_some() && data.is_some() {
            break;
        }
        let (id, size) = head.split_at(4);
        let size = u64::from(u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
        let body = at + 8;
        match id {
            b"fmt " if format.is_none() && (16..4096).contains(&size) => {
                format = Some(window.bytes(body, size as usize)?.to_vec()).filter(|format| format.len() >= 16);
            }
            b"data" if data.is_none() => {
                // Never filled in, or of a file that was cut: the sound goes on to the end.
                let whole = size > 0 && size < u64::from(u32::MAX) && body + size <= end;
                let unfinished = size == 0 && body < end && !is_chunk(window.bytes(body, 8)?);
                let to = if whole || size == 0 && !unfinished {
                    body + size
                } else {
                    end
                };
                data = Some((body, to));
                if to == end {
                    break;
                }
            }
            _ => {}
        }
        // Chunks lie at even places; some writers forget that.
        let even = body + size + (size & 1);
        let forgot = size & 1 == 1 && !is_chunk(window.bytes(even, 8)?) && is_chunk(window.bytes(even - 1, 8)?);
        at = if forgot { even - 1 } else { even };
    }
    Ok((format, data))
}

/// Whether a chunk that is known may begin here.
fn is_chunk(head: &[u8]) -> bool {
    const KNOWN: [&[u8]; 8] = [b"fmt ", b"data", b"LIST", b"fact", b"JUNK", b"bext", b"cue ", b"id3 "];
    head.len() == 8 && KNOWN.contains(&&head[..4])
}

/// The name of a format that is not decoded here.
fn name(tag: u16) -> String {
    let name = match tag {
        0x02 => "Microsoft ADPCM",
        0x11 => "IMA ADPCM",
        0x14 | 0x40 | 0x45 | 0x64 => "G.726 ADPCM",
        0x31 | 0x32 => "GSM 6.10",
        0x22 => "TrueSpeech",
        0x28 => "G.722",
        0x42 | 0x111 => "G.723.1",
        0x83 | 0x73 | 0x134 => "G.729",
        0x57 | 0x136 => "AMR-NB",
        0x58 => "AMR-WB",
        0x65 => "G.722.1",
        0xff | 0x1600 | 0x1610 => "AAC",
        0x160..=0x163 => "WMA",
        0x2048 => "Speex",
        0x704f => "Opus",
        0xf1ac => "FLAC",
        _ => return format!("WAVE 0x{tag:04X}"),
    };
    name.to_owned()
}
