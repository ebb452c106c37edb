//! What recordings from the field are like, and what is heard of them. The files are made here, by ffmpeg or byte by
//! byte, and ffmpeg's decoder is the reference.
#![allow(clippy::unwrap_used)]

mod cases;
mod field;
mod hostile;
mod make;
mod peaks;
mod reference;
mod wave;
