//! Number → contact among 200,000 contacts: p50 and p99 of one look-up in microseconds (budget: p99 at most 100). And what
//! the field where one dials finds at each letter of a name and each digit of a number (budget: at most 50 ms).
//!
//! `cargo run --release -p perezvon-desk --example lookup_bench [CONTACTS]`
#![allow(clippy::print_stdout)]

use perezvon_core::Number;
use perezvon_desk::Desk;
use perezvon_desk::view::{ContactDraft, ContactKind, ContactNumber};
use std::time::{Duration, Instant};

const LOOKUPS: u64 = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let contacts: u64 = std::env::args().nth(1).map_or(Ok(200_000), |n| n.parse())?;
    let dir = tempfile::tempdir()?;
    let desk = Desk::open(dir.path())?;
    let started = Instant::now();
    let drafts: Vec<ContactDraft> = (0..contacts).map(draft).collect();
    for chunk in drafts.chunks(5_000) {
        desk.save_contacts(chunk)?;
    }
    println!("{contacts} contacts saved in {:.1} s", started.elapsed().as_secs_f64());
    let mut times = Vec::new();
    let mut at = 1;
    for _ in 0..LOOKUPS {
        // A multiplicative generator: every look-up elsewhere in the table.
        at = at * 48_271 % 2_147_483_647;
        let wanted = at % contacts;
        let number = Number::parse(&number(wanted));
        let started = Instant::now();
        let found = desk.contact_of(&number)?;
        times.push(started.elapsed());
        assert_eq!(
            found.first().map(|known| known.name.as_str()),
            Some(name(wanted).as_str()),
            "the right contact"
        );
    }
    tell("lookup", times);
    let mut times = Vec::new();
    for n in 0..200 {
        let wanted = n * 997 % contacts;
        for text in [name(wanted), number(wanted).replace("+7", "8")] {
            let letters: Vec<char> = text.chars().collect();
            for end in 1..=letters.len() {
                let typed: String = letters.iter().take(end).collect();
                let started = Instant::now();
                desk.to_dial("bench", &typed)?;
                times.push(started.elapsed());
            }
        }
    }
    tell("dial_key", times);
    Ok(())
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_nanos() as f64 / 1000.0;
    println!("{what}_p50_us {:.1}", at(0.5));
    println!("{what}_p99_us {:.1}", at(0.99));
    println!("{what}_max_us {:.1}", at(1.0));
}

fn name(n: u64) -> String {
    format!("Контакт {n:06}")
}

fn number(n: u64) -> String {
    format!("+7900{n:07}")
}

fn draft(n: u64) -> ContactDraft {
    ContactDraft {
        id: None,
        kind: ContactKind::NaturalPerson,
        name: name(n),
        company: format!("ООО «Фирма {}»", n % 1000),
        email: String::new(),
        note: String::new(),
        about: perezvon_desk::view::ContactAbout::default(),
        numbers: vec![ContactNumber {
            display: number(n),
            key: String::new(),
            label: String::new(),
        }],
    }
}
