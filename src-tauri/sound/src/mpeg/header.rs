//! The four bytes before each frame (ISO 11172-3, 2.4.1.3; ISO 13818-3; MPEG 2.5 by custom).

/// Bit rates of layer III and II, kbit/s, by index; MPEG 1 and then MPEG 2 and 2.5.
const LAYER3: [[u32; 15]; 2] = [
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
const LAYER2: [[u32; 15]; 2] = [
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    LAYER3[1],
];

/// No frame has more bytes.
pub(crate) const LONGEST_FRAME: usize = 2881;

/// A frame, as its first four bytes tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The two bits: 3 is MPEG 1, 2 is MPEG 2, 0 is MPEG 2.5.
    version: u8,
    /// 2 or 3.
    pub(crate) layer: u8,
    /// Samples of a channel in a second.
    pub(crate) rate: u32,
    /// 1 or 2.
    pub(crate) channels: u16,
    /// Bytes, these four included.
    pub(crate) size: usize,
    /// Samples of a channel.
    pub(crate) samples: usize,
}

impl Header {
    /// Reads four bytes. None where they are no header, and for what nobody writes: layer I, a free bit rate.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let [0xff, second, third, fourth] = *bytes else {
            return None;
        };
        let version = second >> 3 & 3;
        let layer = 4 - (second >> 1 & 3);
        let known = second & 0xe0 == 0xe0 && version != 1 && (layer == 2 || layer == 3);
        // A reserved emphasis.
        if !known || fourth & 3 == 2 {
            return None;
        }
        let row = usize::from(version != 3);
        let table = if layer == 3 { LAYER3 } else { LAYER2 };
        let kbits = table[row]
            .get(usize::from(third >> 4))
            .copied()
            .filter(|rate| *rate > 0)?;
        let base = *[44_100, 48_000, 32_000].get(usize::from(third >> 2 & 3))?;
        let rate = base
            >> match version {
                3 => 0,
                2 => 1,
                _ => 2,
            };
        let samples: usize = if layer == 3 && version != 3 { 576 } else { 1152 };
        let padding = usize::from(third >> 1 & 1);
        Some(Self {
            version,
            layer,
            rate,
            channels: if fourth >> 6 == 3 { 1 } else { 2 },
            size: samples / 8 * kbits as usize * 1000 / rate as usize + padding,
            samples,
        })
    }

    /// Both may be of one stream.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (self.version, self.layer, self.rate) == (other.version, other.layer, other.rate)
    }

    /// Bytes between the header and the sound of a frame of layer III.
    pub(crate) fn side_bytes(&self) -> usize {
        match (self.version, self.channels) {
            (3, 1) | (0 | 2, 2) => 17,
            (3, _) => 32,
            _ => 9,
        }
    }
}
