//! A simulator of the PBX: the portal REST API and Xsi-Events over real HTTP, for the demonstration, tests and load.
//!
//! It shares no parser, client or number code with the packages that it tests, so that an error in one shows. All data
//! in it is fictional, the token too.
//!
//! * REST below `/apis/portal/` (reference part 1), one file per group of methods in `rest/`.
//! * Events to subscribers (part 2): planned in `scripts/` as a timeline, written by `xml`, posted by `deliver`.
//! * [`SCRIPTS`] are the sequences of reference 2.8; [`MODIFIERS`] the faults of part 4, usable with any script.
//! * [`Faults`] makes REST misbehave, and answer in the other of its disputed forms ([`Forms`]).
//! * The control address does all of it over HTTP; `GET /control` answers:
//!
//! ```text
#![doc = include_str!("control.txt")]
//! ```
//!
//! A run with a seed repeats byte for byte, time stamps aside; with [`Options::base_time`] those too.
#![forbid(unsafe_code)]

mod company;
mod control;
mod deliver;
mod event;
mod faults;
mod history;
mod log;
mod number;
mod options;
mod plan;
mod player;
mod records;
mod rest;
mod retarget;
mod rng;
mod scripts;
mod settings;
mod sim;
mod subscriptions;
mod truth;
mod wav;
mod world;
mod xml;

pub use company::{Abonent, Company, Line, LineKind};
pub use faults::{CallAnswer, FaultKind, FaultSettings, Faults, Forms, PathFault};
pub use history::{Deliver, History};
pub use log::{Delivery, Placed, Request};
pub use options::{DEFAULT_TOKEN, Options, TrackingFormat};
pub use player::{Cue, Played};
pub use records::Recording;
pub use scripts::{Args, MODIFIERS, SCRIPTS, Script};
pub use settings::{AdditionalNumber, Schedule};
pub use sim::Sim;
pub use subscriptions::{Subscription, TargetType};
pub use truth::{Direction, Outcome, Part, Truth};
pub use xml::{Style, XSI, XSI1};
