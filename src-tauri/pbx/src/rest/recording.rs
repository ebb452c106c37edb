//! Whether an abonent's conversations are recorded (reference 1.3).

use reqwest::Method;

use super::answer::on_off;
use super::{Portal, PortalError, Request};

impl Portal {
    /// Whether the conversations of an abonent (`pattern`: `userId`, phone or extension) are recorded.
    pub async fn recording(&self, pattern: &str) -> Result<bool, PortalError> {
        let path = ["abonents", pattern, "recording"];
        let answer = self.get(&Request::new(Method::GET, &path)).await?;
        let word = answer.word("status")?.unwrap_or_default();
        on_off(&word).ok_or_else(|| answer.garbled())
    }

    /// Switches the recording of an abonent on. Sent once.
    pub async fn recording_on(&self, pattern: &str) -> Result<(), PortalError> {
        let path = ["abonents", pattern, "recording"];
        self.send(&Request::new(Method::PUT, &path)).await.map(drop)
    }

    /// Switches the recording of an abonent off. Sent once.
    pub async fn recording_off(&self, pattern: &str) -> Result<(), PortalError> {
        let path = ["abonents", pattern, "recording"];
        self.send(&Request::new(Method::DELETE, &path)).await.map(drop)
    }
}
