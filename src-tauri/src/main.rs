//! Starts the app; everything else is in the library.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    perezvon_app::run(perezvon_app::Args::parse())
}
