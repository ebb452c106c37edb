//! Contacts that another program has: a source upserts and deletes its own.

use super::{ContactDraft, Ready, delete};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::table::contact;
use crate::toast::ToastOp;

/// Where contacts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// Its name on this desk; never empty.
    pub name: &'a str,
    /// Of a person's contacts the one with the highest is shown; the user's own come first.
    pub priority: i64,
}

/// A contact of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceContact {
    /// The source's own id.
    pub external_id: String,
    /// What it has; the draft's id is not read.
    pub draft: ContactDraft,
}

impl Desk {
    /// Takes a source's new and changed contacts, in transactions of 500; survives a power cut. A contact with the name
    /// and a number of one of another source is the same person. The first bad one is told before anything is saved.
    /// Visible toasts in which a number has another name now.
    pub fn take_contacts(&self, source: Source<'_>, contacts: &[SourceContact]) -> Result<Vec<ToastOp>, DeskError> {
        if source.name.is_empty() {
            return Err(DeskError::NotFound);
        }
        let ready = contacts
            .iter()
            .map(|contact| Ok((contact.external_id.as_str(), Ready::of(&contact.draft)?)));
        let ready: Vec<_> = ready.collect::<Result<_, DeskError>>()?;
        self.in_steps(&ready, |tx, (external_id, ready), affected| {
            let id = contact::of_source(tx, source.name, external_id)?;
            ready.save(tx, id, Some(external_id), source, affected).map(drop)
        })
    }

    /// Deletes what the source has deleted; what it never told is left out.
    pub fn drop_contacts(&self, source: Source<'_>, external_ids: &[String]) -> Result<Vec<ToastOp>, DeskError> {
        self.in_steps(external_ids, |tx, external_id, affected| {
            match contact::of_source(tx, source.name, external_id)? {
                Some(id) => delete(tx, id, affected),
                None => Ok(()),
            }
        })
    }
}
