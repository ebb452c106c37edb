//! The `call` element and what hangs on it (reference 2.5).

use perezvon_core::Time;
use perezvon_core::event::{Acd, CallData, LegState, Party, Personality, Redirect, Redirection, ReleasingParty};

use super::XsiError;
use super::cursor::{Cursor, Seen};

/// Reads the current `call` element and leaves it. The order of its children does not matter: BroadSoft's own samples
/// and schema disagree about it.
pub(super) fn call(cursor: &mut Cursor<'_>) -> Result<CallData, XsiError> {
    let mut call = CallData::default();
    let mut seen = Seen::default();
    while let Some(child) = cursor.once(&mut seen)? {
        match child.local_name().into_inner() {
            "callId" => cursor.text_into(&mut call.call_id)?,
            "extTrackingId" => cursor.text_into(&mut call.tracking_id)?,
            "personality" => cursor.value(&mut call.personality, Personality::from_wire)?,
            "state" => cursor.value(&mut call.state, LegState::from_wire)?,
            "releaseCause" => release_cause(cursor, &mut call)?,
            "releasingParty" => cursor.value(&mut call.releasing_party, releasing_party)?,
            "remoteParty" => party(cursor, &mut call.remote)?,
            "redirections" => redirections(cursor, &mut call.redirections)?,
            "redirect" => redirect(cursor, call.redirect.get_or_insert_default())?,
            "endpoint" => endpoint(cursor, &mut call.address_of_record)?,
            "huntGroupUserId" => cursor.text_into(&mut call.hunt_group)?,
            "startTime" => cursor.value(&mut call.start, time)?,
            "answerTime" => cursor.value(&mut call.answer, time)?,
            "heldTime" => cursor.value(&mut call.held, time)?,
            "totalHeldTime" => cursor.number_into(&mut call.total_held_ms)?,
            "detachedTime" => cursor.value(&mut call.detached, time)?,
            "releaseTime" => cursor.value(&mut call.release, time)?,
            "acdCallInfo" => acd(cursor, call.acd.get_or_insert_default())?,
            "recorded" => {
                call.recorded = true;
                cursor.skip()?;
            }
            "recordingState" => cursor.text_into(&mut call.recording_state)?,
            _ => cursor.skip()?,
        }
    }
    Ok(call)
}

fn party(cursor: &mut Cursor<'_>, party: &mut Party) -> Result<(), XsiError> {
    let mut seen = Seen::default();
    while let Some(child) = cursor.once(&mut seen)? {
        match child.local_name().into_inner() {
            "name" => cursor.text_into(&mut party.name)?,
            "address" => cursor.text_into(&mut party.address)?,
            "userId" => cursor.text_into(&mut party.user_id)?,
            "userDN" => cursor.text_into(&mut party.user_dn)?,
            "callType" => cursor.text_into(&mut party.call_type)?,
            "privacy" => {
                party.privacy = true;
                cursor.skip()?;
            }
            _ => cursor.skip()?,
        }
    }
    Ok(())
}

fn release_cause(cursor: &mut Cursor<'_>, call: &mut CallData) -> Result<(), XsiError> {
    let mut seen = Seen::default();
    while let Some(child) = cursor.once(&mut seen)? {
        match child.local_name().into_inner() {
            "internalReleaseCause" => cursor.text_into(&mut call.cause)?,
            "cdrTerminationCause" => cursor.text_into(&mut call.cdr_cause)?,
            _ => cursor.skip()?,
        }
    }
    Ok(())
}

fn redirections(cursor: &mut Cursor<'_>, all: &mut Vec<Redirection>) -> Result<(), XsiError> {
    let mut seen = Seen::default();
    while let Some(child) = cursor.child()? {
        match child.local_name().into_inner() {
            "redirection" => all.push(redirection(cursor)?),
            name => {
                cursor.see(&mut seen, name)?;
                cursor.skip()?;
            }
        }
    }
    Ok(())
}

fn redirection(cursor: &mut Cursor<'_>) -> Result<Redirection, XsiError> {
    let mut redirection = Redirection::default();
    let mut seen = Seen::default();
    while let Some(child) = cursor.once(&mut seen)? {
        match child.local_name().into_inner() {
            "party" => party(cursor, &mut redirection.party)?,
            "reason" => cursor.text_into(&mut redirection.reason)?,
            _ => cursor.skip()?,
        }
    }
    Ok(redirection)
}

fn redirect(cursor: &mut Cursor<'_>, redirect: &mut Redirect) -> Result<(), XsiError> {
    let mut seen = Seen::default();
    while let Some(child) = cursor.once(&mut seen)? {
        match child.local_name().into_inner() {
            "address" => cursor.text_into(&mut redirect.address)?,
            "reason" => cursor.text_into(&mut redirect.reason)?,
            "redirectTime" => cursor.value(&mut redirect.time, time)?,
            _ => cursor.skip()?,
        }
    }
    Ok(())
}

fn endpoint(cursor: &mut Cursor<'_>, address_of_record: &mut Option<String>) -> Result<(), XsiError> {
    let mut seen = Seen::default();
    while let Some(child) = cursor.once(&mut seen)? {
        match child.local_name().into_inner() {
            "addressOfRecord" => cursor.text_into(address_of_record)?,
            _ => cursor.skip()?,
        }
    }
    Ok(())
}

fn acd(cursor: &mut Cursor<'_>, acd: &mut Acd) -> Result<(), XsiError> {
    let mut seen = Seen::default();
    while let Some(child) = cursor.once(&mut seen)? {
        match child.local_name().into_inner() {
            "acdUserId" => cursor.text_into(&mut acd.user_id)?,
            "acdName" => cursor.text_into(&mut acd.name)?,
            "acdNumber" => cursor.text_into(&mut acd.number)?,
            "waitTime" => cursor.number_into(&mut acd.wait_s)?,
            "callingPartyInfo" => party(cursor, &mut acd.calling)?,
            _ => cursor.skip()?,
        }
    }
    Ok(())
}

fn time(text: &str) -> Option<Time> {
    text.parse().ok().and_then(Time::of_a_call)
}

fn releasing_party(word: &str) -> Option<ReleasingParty> {
    match word {
        "localRelease" => Some(ReleasingParty::Local),
        "remoteRelease" => Some(ReleasingParty::Remote),
        _ => None,
    }
}
