//! Bytes at any place of a file, read in pieces: no more than one piece is in memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes read at once.
const PIECE: usize = 64 * 1024;

/// A file with one piece of it in memory.
#[derive(Debug)]
pub(crate) struct Window {
    file: File,
    length: u64,
    piece: Vec<u8>,
    at: u64,
}

impl Window {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self {
            file,
            length,
            piece: Vec::new(),
            at: 0,
        })
    }

    /// Bytes of the file.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// `wanted` bytes from `position` on, fewer at the end of the file.
    pub(crate) fn bytes(&mut self, position: u64, wanted: usize) -> io::Result<&[u8]> {
        let held = position >= self.at && position + wanted as u64 <= self.at + self.piece.len() as u64;
        if !held {
            self.read(position, wanted.max(PIECE))?;
        }
        let from = ((position - self.at) as usize).min(self.piece.len());
        let to = (from + wanted).min(self.piece.len());
        Ok(&self.piece[from..to])
    }

    fn read(&mut self, position: u64, size: usize) -> io::Result<()> {
        self.piece.clear();
        self.at = position;
        let left = self.length.saturating_sub(position);
        self.file.seek(SeekFrom::Start(position))?;
        (&self.file).take(left.min(size as u64)).read_to_end(&mut self.piece)?;
        Ok(())
    }
}
