//! The relay's own administration, by the key that the app holds: the window never sees the key, and the relay decides
//! what it may do.

use super::Answer;
use crate::core::Core;
use crate::ipc::Failure;
use perezvon_desk::relay_client::{RelayClient, RelayError};
use perezvon_desk::{Fault, Trouble};

pub(super) async fn relay(core: &Core) -> Answer<RelayClient> {
    Ok(core.relay().await?.0)
}

/// The relay's refusal in the window's words; its own sentence goes along for support.
pub(super) fn failure_of(error: &RelayError) -> Failure {
    let RelayError::Refused { status, code, message } = error else {
        return Failure::of(error.code());
    };
    let code = match (*status, code.as_str()) {
        (401, _) => Trouble::KeyRefused.into(),
        (403, _) => Fault::Forbidden.into(),
        (404, _) => Fault::NotFound.into(),
        (410, "recording_gone") => Fault::RecordingGone.into(),
        (409, "no_token") => Trouble::NoToken.into(),
        (400 | 409 | 422, _) => Fault::Refused.into(),
        (429, _) => Fault::TooMany.into(),
        (_, "pbx_refused") => Fault::PbxRefused.into(),
        _ => error.code(),
    };
    Failure {
        code,
        detail: Some(message.clone()).filter(|message| !message.is_empty()),
    }
}

/// For what every relay of this version has: that it is not there means an older relay, not a missing record.
pub(super) fn page_failure(error: &RelayError) -> Failure {
    let failure = failure_of(error);
    if failure.code == Fault::NotFound.into() {
        return Failure::of(Fault::NotSupported);
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_the_relays_own_sentence() {
        let refused = |status, code: &str| RelayError::Refused {
            status,
            code: code.to_owned(),
            message: "why".to_owned(),
        };
        for (status, code, told) in [
            (400, "bad_request", "refused"),
            (401, "unauthorized", "key_refused"),
            (403, "forbidden", "forbidden"),
            (404, "not_found", "not_found"),
            (409, "no_token", "no_token"),
            (410, "recording_gone", "recording_gone"),
            (409, "group_scope", "refused"),
            (429, "too_many", "too_many"),
            (502, "pbx_refused", "pbx_refused"),
            (502, "pbx_unauthorized", "token_refused"),
            (502, "pbx_unreachable", "pbx_unreachable"),
            (503, "unavailable", "disk_full"),
        ] {
            let failure = failure_of(&refused(status, code));
            assert_eq!((failure.code.as_str(), failure.detail.as_deref()), (told, Some("why")));
        }
        assert_eq!(page_failure(&refused(404, "not_found")).code.as_str(), "not_supported");
        assert_eq!(failure_of(&RelayError::Timeout).code.as_str(), "timeout");
    }
}
