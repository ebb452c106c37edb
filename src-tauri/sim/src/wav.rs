//! Audio for recordings: a WAV file of the call's length, 8 kHz, 8 bit, mono, with a soft tone.

use std::{convert::Infallible, future::ready, ops::Range};

use bytes::Bytes;
use futures_util::{Stream, stream};

/// Bytes per millisecond of sound.
const BYTES_PER_MS: i64 = 8;
/// Longest sound made, milliseconds: the rest of a longer conversation is cut.
const LONGEST_MS: i64 = 43_200_000;
/// Bytes before the sound.
const HEADER_BYTES: i64 = 44;

/// Size in bytes of the file for a talk of `ms` milliseconds.
pub(crate) fn size(ms: i64) -> i64 {
    HEADER_BYTES + ms.clamp(0, LONGEST_MS) * BYTES_PER_MS
}

/// The bytes `part` of the file for a talk of `ms` milliseconds, made piece by piece as they are taken.
pub(crate) fn stream(ms: i64, part: Range<u64>) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    let head = Bytes::copy_from_slice(&head(ms));
    // A triangle of 400 Hz (20 samples a period), sounding every other half second.
    let sound: Bytes = (0..64_000_u32)
        .map(|i| {
            if (i / 4000) % 2 == 0 {
                108 + (i % 20).abs_diff(10) as u8 * 4
            } else {
                128
            }
        })
        .collect();
    stream::unfold(part, move |mut part| {
        let from_head = part.start < head.len() as u64;
        let (source, at) = if from_head {
            (&head, part.start)
        } else {
            (&sound, (part.start - head.len() as u64) % sound.len() as u64)
        };
        let piece = source.slice(at as usize..);
        let piece = piece.slice(..piece.len().min((part.end - part.start) as usize));
        part.start += piece.len() as u64;
        ready((!piece.is_empty()).then_some((Ok(piece), part)))
    })
}

fn head(ms: i64) -> [u8; HEADER_BYTES as usize] {
    let data = (size(ms) - HEADER_BYTES) as u32;
    let mut out = [0; HEADER_BYTES as usize];
    let mut rest = out.as_mut_slice();
    let mut put = |bytes: &[u8]| {
        let (place, after) = std::mem::take(&mut rest).split_at_mut(bytes.len());
        place.copy_from_slice(bytes);
        rest = after;
    };
    put(b"RIFF");
    put(&(36 + data).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16_u32.to_le_bytes());
    // PCM, one channel, 8000 samples/s, 8000 bytes/s, 1 byte per frame, 8 bits.
    for word in [1_u16, 1, 8000, 0, 8000, 0, 1, 8] {
        put(&word.to_le_bytes());
    }
    put(b"data");
    put(&data.to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;

    async fn bytes(ms: i64, part: Range<u64>) -> Vec<u8> {
        let pieces: Vec<_> = stream(ms, part).map(|Ok(piece)| piece).collect().await;
        pieces.concat()
    }

    #[tokio::test]
    async fn the_header_tells_the_length() {
        let whole = size(2500) as u64;
        let file = bytes(2500, 0..whole).await;
        assert_eq!(file.len() as u64, whole);
        assert_eq!(&file[..4], b"RIFF");
        assert_eq!(file[4..8], (file.len() as u32 - 8).to_le_bytes());
        assert_eq!(file[40..44], 20_000_u32.to_le_bytes());
        assert_eq!(file[44..48], [148, 144, 140, 136], "the tone begins");
        assert_eq!(
            (file[44 + 4000], file[44 + 8000]),
            (128, 148),
            "silent and sounding by turns"
        );
        for part in [0..10, 40..50, 44..8044, 8000..9000, whole - 1..whole, whole..whole] {
            let place = part.start as usize..part.end as usize;
            assert_eq!(bytes(2500, part).await, file[place], "a part is as in the whole");
        }
    }
}
