//! What follows from what: the only files that know all tables. A snapshot was told, a number changed hands, a toast was
//! dealt with.

mod company;
mod forget;
mod renamed;
mod take;
mod toasts;

pub(crate) use renamed::renamed;
pub use take::Taken;
pub(crate) use take::note_recording;
