//! Samples one after the other: linear, A-law and µ-law (ITU-T G.711).

/// How one sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    U8,
    S16,
    S24,
    S32,
    F32,
    F64,
    ALaw,
    MuLaw,
}

/// Where samples lie in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pcm {
    pub(crate) coding: Coding,
    pub(crate) channels: u16,
    /// Samples of a channel in a second.
    pub(crate) rate: u32,
    /// The first byte.
    pub(crate) from: u64,
    /// Samples of a channel.
    pub(crate) frames: u64,
}

impl Coding {
    /// Bytes of a sample.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::ALaw | Self::MuLaw => 1,
            Self::S16 => 2,
            Self::S24 => 3,
            Self::S32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Appends the samples, from -1 to 1.
    pub(crate) fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        let samples = bytes.chunks_exact(self.bytes());
        out.extend(samples.map(|sample| self.sample(sample)));
    }

    fn sample(self, b: &[u8]) -> f32 {
        match (self, b) {
            (Self::U8, [a]) => (f32::from(*a) - 128.0) / 128.0,
            (Self::ALaw, [a]) => f32::from(a_law(*a)) / 32768.0,
            (Self::MuLaw, [a]) => f32::from(mu_law(*a)) / 32768.0,
            (Self::S16, [a, b]) => f32::from(i16::from_le_bytes([*a, *b])) / 32768.0,
            (Self::S24, [a, b, c]) => (i32::from_le_bytes([0, *a, *b, *c]) >> 8) as f32 / 8_388_608.0,
            (Self::S32, [a, b, c, d]) => i32::from_le_bytes([*a, *b, *c, *d]) as f32 / 2_147_483_648.0,
            (Self::F32, [a, b, c, d]) => bounded(f32::from_le_bytes([*a, *b, *c, *d])),
            (Self::F64, _) => b.try_into().map_or(0.0, |b| bounded(f64::from_le_bytes(b) as f32)),
            _ => 0.0,
        }
    }
}

/// A hostile file must not hurt ears or the filters behind.
fn bounded(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-4.0, 4.0)
    } else {
        0.0
    }
}

fn a_law(code: u8) -> i16 {
    let code = code ^ 0x55;
    let (segment, mantissa) = (code >> 4 & 7, i16::from(code & 15) << 4);
    let size = match segment {
        0 => mantissa + 8,
        _ => (mantissa + 0x108) << (segment - 1),
    };
    if code & 0x80 == 0 { -size } else { size }
}

fn mu_law(code: u8) -> i16 {
    let code = !code;
    let size = (((i16::from(code & 15) << 3) + 0x84) << (code >> 4 & 7)) - 0x84;
    if code & 0x80 == 0 { size } else { -size }
}
