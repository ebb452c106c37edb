//! Files of sound, made by ffmpeg.

use perezvon_sound::{Sound, SoundError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Speech-like enough that a variable bit rate varies: a tone that is loud, then silence, then noise, over and over.
pub(crate) const SIGNAL: &str =
    "aevalsrc='if(lt(mod(t,3),1),0.5*sin(2*PI*440*t),if(lt(mod(t,3),2),0,0.2*(random(0)-0.5)))'";

/// A folder for the files of one test.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file of these bytes.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// `seconds` of the signal, encoded by these options of ffmpeg.
    pub(crate) fn encoded(&self, name: &str, seconds: f64, options: &str) -> PathBuf {
        let path = self.path(name);
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg
            .args(["-v", "error", "-y", "-f", "lavfi", "-i"])
            .arg(format!("{SIGNAL}:d={seconds}:s=8000"))
            .args(options.split_whitespace())
            .arg(&path);
        assert!(ffmpeg.status().unwrap().success(), "ffmpeg {options}");
        path
    }

    pub(crate) fn bytes(&self, name: &str, seconds: f64, options: &str) -> Vec<u8> {
        std::fs::read(self.encoded(name, seconds, options)).unwrap()
    }
}

/// MP3 as the PBX writes it: MPEG 2.5, 8 kHz, one channel, variable rate, no Xing header.
pub(crate) const PLAIN_MP3: &str = "-c:a libmp3lame -q:a 6 -write_xing 0 -id3v2_version 0";
/// The same with a Xing header.
pub(crate) const XING_MP3: &str = "-c:a libmp3lame -q:a 6 -id3v2_version 0";

/// ffmpeg's samples of the file, as it would play them.
pub(crate) fn reference(path: &Path) -> Vec<f32> {
    let out = Command::new("ffmpeg")
        .args(["-v", "quiet", "-i"])
        .arg(path)
        .args(["-f", "f32le", "-c:a", "pcm_f32le", "-"])
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let samples = out.stdout.chunks_exact(4);
    samples.map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

/// All that is heard from where the sound stands.
pub(crate) fn rest(sound: &mut Sound) -> Vec<f32> {
    let mut samples = Vec::new();
    while sound.read(&mut samples).unwrap() > 0 {}
    samples
}

/// All samples of a file, and the sound that gave them.
pub(crate) fn heard(path: &Path) -> (Vec<f32>, Sound) {
    let mut sound = Sound::open(path).unwrap();
    let samples = rest(&mut sound);
    assert_eq!(
        samples.len() as u64,
        sound.length() * u64::from(sound.channels()),
        "the length is that of what is decoded"
    );
    (samples, sound)
}

/// Why it cannot be opened.
pub(crate) fn refused(path: &Path) -> SoundError {
    Sound::open(path).map(drop).unwrap_err()
}

/// Fails unless both are the same within the rounding of two decoders.
pub(crate) fn assert_same(ours: &[f32], theirs: &[f32], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}: as many samples");
    let worst = ours
        .iter()
        .zip(theirs)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0_f32, f32::max);
    // ffmpeg's decoder of layer II counts in whole numbers, and rounds.
    assert!(worst <= 1.5 / 32768.0, "{what}: they differ by {worst}");
    assert!(ours.iter().any(|sample| sample.abs() > 0.03), "{what}: not silence");
}
