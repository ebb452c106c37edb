//! Audio for recordings: a WAV file of the call's length, 8 kHz, 8 bit, mono, with a soft tone.

/// Bytes per millisecond of sound.
const PER_MS: i64 = 8;
/// Longest sound made, milliseconds: what a longer talk says beyond that is cut.
const LONGEST_MS: i64 = 3_600_000;

/// Size in bytes of the file for a talk of `ms` milliseconds.
pub(crate) fn size(ms: i64) -> i64 {
    44 + ms.clamp(0, LONGEST_MS) * PER_MS
}

/// The file for a talk of `ms` milliseconds.
pub(crate) fn bytes(ms: i64) -> Vec<u8> {
    let data = (size(ms) - 44) as u32;
    let mut out = Vec::with_capacity(data as usize + 44);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(36 + data).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16_u32.to_le_bytes());
    // PCM, one channel, 8000 samples/s, 8000 bytes/s, 1 byte per frame, 8 bits.
    for word in [1_u16, 1, 8000, 0, 8000, 0, 1, 8] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(b"data");
    out.extend_from_slice(&data.to_le_bytes());
    // A triangle of 400 Hz (20 samples a period), sounding every other half second.
    out.extend((0..data).map(|i| {
        let height = (i % 20).abs_diff(10) as u8;
        if (i / 4000) % 2 == 0 { 108 + height * 4 } else { 128 }
    }));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_the_length() {
        let file = bytes(1000);
        assert_eq!(file.len() as i64, size(1000));
        assert_eq!(&file[..4], b"RIFF");
        assert_eq!(file[4..8], (file.len() as u32 - 8).to_le_bytes());
        assert_eq!(file[40..44], 8000_u32.to_le_bytes());
    }
}
