//! The additional number of an abonent (reference 1.3). The API cannot tell which one is connected.

use reqwest::Method;

use super::phone::wire;
use super::{Portal, PortalError, Request, Schedule};

impl Portal {
    /// Connects an additional number (E.164) to an abonent (`pattern`: `userId`, phone or extension), for the time of
    /// `schedule`. Sent once.
    pub async fn connect_number(&self, pattern: &str, number: &str, schedule: &Schedule) -> Result<(), PortalError> {
        let query = [("phoneNumber", wire(number)?), ("schedule", schedule.as_wire())];
        self.send(&Request {
            query: &query,
            ..Request::new(Method::PUT, &["abonents", pattern, "number"])
        })
        .await
        .map(drop)
    }

    /// Disconnects the additional number of an abonent. Sent once.
    pub async fn disconnect_number(&self, pattern: &str) -> Result<(), PortalError> {
        let path = ["abonents", pattern, "number"];
        self.send(&Request::new(Method::DELETE, &path)).await.map(drop)
    }
}
