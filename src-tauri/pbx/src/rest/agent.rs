//! The call-centre agent's status (reference 1.3).

use reqwest::Method;

use super::words::words;
use super::{Portal, PortalError, Request};

words! {
    /// Whether a call centre offers its calls to an agent.
    AgentStatus {
        /// Takes calls.
        Online = "ONLINE",
        /// Takes none.
        Offline = "OFFLINE",
        /// Has a break.
        Break = "BREAK",
    }
}

impl Portal {
    /// The agent status of an abonent (`pattern`: `userId`, phone or extension). [`PortalError::Refused`] for an abonent
    /// who is no agent.
    pub async fn agent_status(&self, pattern: &str) -> Result<AgentStatus, PortalError> {
        let path = ["abonents", pattern, "agent"];
        let answer = self.get(&Request::new(Method::GET, &path)).await?;
        let word = answer.word("status")?.ok_or_else(|| answer.garbled())?;
        Ok(AgentStatus::from_wire(&word))
    }

    /// Sets the agent status. Sent once, with the status in the query: that form is in production use, the other one
    /// (a JSON body) is nowhere tested.
    pub async fn set_agent_status(&self, pattern: &str, status: &AgentStatus) -> Result<(), PortalError> {
        let query = [("status", status.as_wire())];
        self.send(&Request {
            query: &query,
            ..Request::new(Method::PUT, &["abonents", pattern, "agent"])
        })
        .await
        .map(drop)
    }
}
