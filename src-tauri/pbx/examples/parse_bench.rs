//! `cargo run --release -p perezvon-pbx --example parse_bench`: how many of the reference's example events one core
//! parses per second, and the median time of one event.
#![allow(clippy::print_stdout, reason = "its line is read by `cargo xtask bench`")]

use std::time::{Duration, Instant};

fn main() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events");
    let mut bodies: Vec<Vec<u8>> = std::fs::read_dir(dir)
        .expect("the example events lie beside this package")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|e| e == "xml"))
        .map(|path| std::fs::read(path).expect("a readable event"))
        .collect();
    bodies.sort();

    let round = |samples: &mut Vec<Duration>| {
        for body in &bodies {
            let start = Instant::now();
            let event = perezvon_pbx::xsi::parse(std::hint::black_box(body)).expect("the example events are valid");
            std::hint::black_box(event);
            samples.push(start.elapsed());
        }
    };
    let mut samples = Vec::new();
    for _ in 0..200 {
        round(&mut samples);
    }
    samples.clear();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        round(&mut samples);
    }
    let rate = samples.len() as f64 / start.elapsed().as_secs_f64();
    samples.sort_unstable();
    let p50 = samples[samples.len() / 2].as_nanos() as f64 / 1000.0;
    println!("parse: {rate:.0} events/s, p50 {p50:.1} µs");
}
