//! The wire of the PBX: Xsi-Events documents as [`perezvon_core::Event`] ([`xsi`]) and the portal's REST API
//! ([`rest`]). "Reference" in the comments means the project's factual reference of Beeline's Cloud PBX.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

#[cfg(feature = "rest")]
pub mod rest;
pub mod xsi;
