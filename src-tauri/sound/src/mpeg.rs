//! MPEG audio, frame by frame. Every length is counted from the frames themselves: a Xing or VBRI header is a hint that
//! field recordings write wrongly or not at all, and a bit rate tells nothing where it varies.

mod header;

pub(crate) use header::{Header, LONGEST_FRAME};

use crate::error::SoundError;
use crate::window::Window;
use std::io;

/// The longest recording that is read: a day of the shortest frames.
const MOST_FRAMES: usize = 24 * 3600 * 1000 / 24;
/// What a decoder of layer III holds back beside the encoder's delay, samples.
const DECODER_DELAY: u64 = 528 + 1;

/// Where the frames of a stream lie.
#[derive(Debug)]
pub(crate) struct Frames {
    /// The first frame's header: version, layer and rate are the same in all.
    pub(crate) like: Header,
    /// Positions in the file.
    pub(crate) at: Vec<u32>,
    /// Samples of a channel that the encoder put before the sound.
    pub(crate) lead: u64,
    /// Samples of a channel of the sound.
    pub(crate) samples: u64,
    /// Places between frames where something else was.
    pub(crate) gaps: u32,
    /// The last frame is not whole.
    pub(crate) torn: bool,
}

/// What the encoder's tag tells.
#[derive(Clone, Copy, Debug, Default)]
struct Tag {
    frames: Option<u64>,
    /// Samples added before and behind the sound.
    added: Option<(u64, u64)>,
}

/// The frames between two positions; none where there is no MPEG audio.
pub(crate) fn walk(window: &mut Window, from: u64, to: u64) -> Result<Option<Frames>, SoundError> {
    if to > u64::from(u32::MAX) {
        return Err(SoundError::TooLong);
    }
    let mut walk = Walk {
        window,
        to,
        at: from,
        chained: false,
        like: None,
        frames: Vec::new(),
        tag: Tag::default(),
        gaps: 0,
        torn: false,
    };
    while walk.step()? {}
    Ok(walk.done())
}

struct Walk<'a> {
    window: &'a mut Window,
    to: u64,
    at: u64,
    /// The frame before ended here.
    chained: bool,
    like: Option<Header>,
    frames: Vec<u32>,
    tag: Tag,
    gaps: u32,
    torn: bool,
}

impl Walk<'_> {
    /// Goes on by a frame, a tag or a byte; false at the end.
    fn step(&mut self) -> Result<bool, SoundError> {
        match self.header(self.at)?.filter(|header| self.fits(header)) {
            Some(header) if self.chained || self.is_followed(self.at, &header)? => self.take(header),
            _ => Ok(self.skip()?),
        }
    }

    fn header(&mut self, at: u64) -> io::Result<Option<Header>> {
        if at + 4 > self.to {
            return Ok(None);
        }
        Ok(Header::read(self.window.bytes(at, 4)?))
    }

    fn fits(&self, header: &Header) -> bool {
        self.like.as_ref().is_none_or(|like| like.is_like(header))
    }

    /// Whether it is no accident that a header stands here: frames like it follow. The first frame of all needs two,
    /// where the file is long enough.
    fn is_followed(&mut self, at: u64, header: &Header) -> io::Result<bool> {
        let mut next = at + header.size as u64;
        for n in 0..if self.like.is_none() { 2 } else { 1 } {
            if next == self.to || n > 0 && next + 4 > self.to {
                return Ok(true);
            }
            match self.header(next)?.filter(|other| header.is_like(other)) {
                Some(other) => next += other.size as u64,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    fn take(&mut self, header: Header) -> Result<bool, SoundError> {
        if self.at + header.size as u64 > self.to {
            self.torn = true;
            return Ok(false);
        }
        let tag = read_tag(self.window.bytes(self.at, header.size)?, &header);
        match tag {
            Some(tag) if self.frames.is_empty() => self.tag = tag,
            // Of a second recording behind the first.
            Some(_) => {}
            None => self.frames.push(self.at as u32),
        }
        if self.frames.len() > MOST_FRAMES {
            return Err(SoundError::TooLong);
        }
        self.at += header.size as u64;
        self.like.get_or_insert(header);
        self.chained = true;
        Ok(true)
    }

    /// Passes over what is no frame: a tag as a whole, else a byte.
    fn skip(&mut self) -> io::Result<bool> {
        if self.at + 4 > self.to {
            return Ok(false);
        }
        let tag = tag_bytes(self.window.bytes(self.at, 32)?);
        // The tag of titles at the end, and the silence that some disks write there, are no damage.
        if self.chained && tag.is_none() && !self.is_end()? {
            self.gaps += 1;
        }
        self.chained = false;
        self.at += tag.unwrap_or(1);
        Ok(self.at < self.to)
    }

    fn is_end(&mut self) -> io::Result<bool> {
        let left = (self.to - self.at) as usize;
        let rest = self.window.bytes(self.at, left.min(4096))?;
        Ok(left <= 128 && rest.starts_with(b"TAG") || rest.iter().all(|byte| *byte == 0))
    }

    fn done(self) -> Option<Frames> {
        let like = self.like?;
        if self.frames.is_empty() {
            return None;
        }
        let all = self.frames.len() as u64 * like.samples as u64;
        let (lead, behind) = match self.tag.added {
            Some((before, behind)) if like.layer == 3 => {
                // What it says of the end holds only if it knows where the end is.
                let knows = self.tag.frames == Some(self.frames.len() as u64);
                (
                    before + DECODER_DELAY,
                    if knows { behind.saturating_sub(DECODER_DELAY) } else { 0 },
                )
            }
            _ => (0, 0),
        };
        let lead = lead.min(all);
        Some(Frames {
            lead,
            samples: (all - lead).saturating_sub(behind),
            like,
            at: self.frames,
            gaps: self.gaps,
            torn: self.torn,
        })
    }
}

/// The tag of an encoder that stands in place of sound in a frame.
fn read_tag(frame: &[u8], header: &Header) -> Option<Tag> {
    let number = |at: usize| {
        let bytes = frame.get(at..at + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    };
    if frame.get(36..40) == Some(b"VBRI") {
        return Some(Tag {
            frames: number(50).map(u64::from),
            added: None,
        });
    }
    let at = 4 + header.side_bytes();
    if header.layer != 3 || !matches!(frame.get(at..at + 4), Some(b"Xing" | b"Info")) {
        return None;
    }
    let flags = number(at + 4)?;
    let frames = (flags & 1 != 0).then(|| number(at + 8)).flatten().map(u64::from);
    let fields = [(1, 4), (2, 4), (4, 100), (8, 4)];
    let lame = at
        + 8
        + fields
            .iter()
            .filter(|(bit, _)| flags & bit != 0)
            .map(|(_, n)| n)
            .sum::<usize>();
    // Nine bytes of a name, twelve of other facts, then twice twelve bits.
    let added = frame.get(lame + 21..lame + 24).map(|b| {
        let both = u64::from(b[0]) << 16 | u64::from(b[1]) << 8 | u64::from(b[2]);
        (both >> 12, both & 0xfff)
    });
    let named = matches!(frame.get(lame..lame + 4), Some(b"LAME" | b"Lavf" | b"Lavc"));
    Some(Tag {
        frames,
        added: added.filter(|_| named),
    })
}

/// Length of the tag of titles that begins here: ID3v2 or APE.
fn tag_bytes(bytes: &[u8]) -> Option<u64> {
    match bytes {
        [b'I', b'D', b'3', major, _, flags, size @ ..] if *major < 0xff && size.len() >= 4 => {
            let size = &size[..4];
            if size.iter().any(|byte| byte & 0x80 != 0) {
                return None;
            }
            let length = size.iter().fold(0, |sum, byte| sum << 7 | u64::from(*byte));
            Some(10 + length + if flags & 0x10 != 0 { 10 } else { 0 })
        }
        [b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', _, _, _, _, size @ ..] if size.len() >= 4 => {
            let size = u32::from_le_bytes(size[..4].try_into().ok()?);
            Some(32 + u64::from(size))
        }
        _ => None,
    }
}
