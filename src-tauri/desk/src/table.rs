//! The tables of `desk.db`: each file has the statements of one.

pub(crate) mod call;
pub(crate) mod contact;
pub(crate) mod document;
pub(crate) mod notification;
pub(crate) mod setting;
