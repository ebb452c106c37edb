//! Where the calls of an abonent's telephone go (reference 1.5): set at the PBX, which alone knows it.

use super::{Company, may_be_done};
use crate::failed::Failed;
use crate::ledger::entry::Noted;
use crate::tables::audit::{What, Who};
use perezvon_pbx::rest::{Forward, Forwarding, Portal};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// Where the calls of an abonent's telephone go: full numbers, or extensions; what is not set is absent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Forwarding)]
pub(crate) struct ForwardingTold {
    /// Whether it is in force.
    on: bool,
    /// All calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<String>,
    /// Those that come while the abonent talks.
    #[serde(skip_serializing_if = "Option::is_none")]
    busy: Option<String>,
    /// Those that come while the telephone is off or has no connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    unavailable: Option<String>,
    /// Those that nobody answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_answered: Option<String>,
    /// After how many rings that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    rings: Option<u32>,
}

impl From<Forwarding> for ForwardingTold {
    fn from(Forwarding { is_on, forward }: Forwarding) -> Self {
        Self {
            on: is_on,
            all: forward.all,
            busy: forward.busy,
            unavailable: forward.unavailable,
            not_answered: forward.not_answered,
            rings: forward.not_answered_rings,
        }
    }
}

impl Company {
    /// Has an abonent's calls forwarded, with none no longer, reads it again, and notes it in the audit with what the PBX
    /// says then, which is the answer.
    pub(crate) async fn forward(
        &self,
        portal: &Portal,
        abonent: String,
        wanted: Option<Forward>,
        who: Who,
    ) -> Result<ForwardingTold, Failed> {
        let asked = match &wanted {
            Some(forward) => portal.set_forwarding(&abonent, forward).await,
            None => portal.forwarding_off(&abonent).await,
        };
        let lost = match asked {
            Ok(()) => None,
            Err(error) if may_be_done(&error) => Some(error),
            Err(error) => return Err(error.into()),
        };
        let found = portal.forwarding(&abonent).await;
        let wanted = Forwarding {
            is_on: wanted.is_some(),
            forward: wanted.unwrap_or_default(),
        };
        let after = found.as_ref().ok().cloned().map(ForwardingTold::from);
        let changed = Noted {
            who,
            what: What::ForwardingChanged,
            subject: Some(abonent),
            detail: Some(json!({ "asked": ForwardingTold::from(wanted.clone()), "after": after })),
        };
        self.ledger.put(changed).await?;
        match (lost, found) {
            (Some(error), Ok(found)) if !is_carried_out(&wanted, &found) => Err(error.into()),
            (_, found) => Ok(found?.into()),
        }
    }
}

/// The PBX may keep numbers that are not in force, and chooses the rings that were not named.
fn is_carried_out(wanted: &Forwarding, found: &Forwarding) -> bool {
    let named = Forward {
        not_answered_rings: wanted.forward.not_answered_rings.or(found.forward.not_answered_rings),
        ..wanted.forward.clone()
    };
    found.is_on == wanted.is_on && (!found.is_on || named == found.forward)
}
