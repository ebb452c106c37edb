//! Transfers of a call under way (reference 1.3; one source only).

use reqwest::Method;

use super::phone::wire;
use super::{Portal, PortalError, Request};

impl Portal {
    /// Has an abonent (`pattern`: `userId`, phone or extension) give their leg `call_id` (`callId` of the events) to
    /// `number`: E.164, or an extension as it is. Sent once: after [`PortalError::Timeout`],
    /// [`PortalError::Unavailable`] or a broken connection only the events tell whether the call was transferred.
    pub async fn transfer(&self, pattern: &str, call_id: &str, number: &str) -> Result<(), PortalError> {
        let query = [("callId", id(call_id)?), ("phoneNumber", wire(number)?)];
        self.post(&["abonents", pattern, "callTransfer"], &query).await
    }

    /// Joins the two parties of an abonent's legs `call_id` (the client, on hold) and `consulted` (the colleague who was
    /// asked first), and releases the abonent. Sent once, as [`Portal::transfer`].
    pub async fn transfer_consult(&self, pattern: &str, call_id: &str, consulted: &str) -> Result<(), PortalError> {
        let query = [("callId", id(call_id)?), ("callIdConsult", id(consulted)?)];
        self.post(&["abonents", pattern, "callTransferConsult"], &query).await
    }

    async fn post(&self, path: &[&str], query: &[(&str, &str)]) -> Result<(), PortalError> {
        let request = Request {
            query,
            ..Request::new(Method::POST, path)
        };
        self.send(&request).await.map(drop)
    }
}

fn id(call_id: &str) -> Result<&str, PortalError> {
    let call_id = call_id.trim();
    if call_id.is_empty() {
        return Err(PortalError::Invalid { what: "call id" });
    }
    Ok(call_id)
}
