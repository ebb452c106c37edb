//! The administrator's part of the relay's API: abonents, subscriptions, journals, users, settings, recordings.

mod people;
mod rows;

pub use people::*;
pub use rows::*;

use super::{RelayClient, RelayError, accepted, answer, done, of_transport};
use reqwest::{Method, RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// Longest time for a whole recording or export.
pub(super) const DOWNLOAD_TIMEOUT: Duration = Duration::from_mins(15);
/// Longest time without a byte of it.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Abonents {
    abonents: Vec<AbonentRow>,
}

#[derive(Deserialize)]
struct Users {
    users: Vec<UserRow>,
}

#[derive(Deserialize)]
struct Codes {
    codes: Vec<JoinCodeRow>,
}

#[derive(Deserialize)]
struct Schema {
    settings: Vec<SettingRow>,
}

#[derive(Deserialize)]
struct Values {
    settings: Map<String, Value>,
}

#[derive(Deserialize)]
struct Recording {
    recording: String,
}

impl RelayClient {
    /// The company's abonents with their recording.
    pub async fn abonent_rows(&self) -> Result<Vec<AbonentRow>, RelayError> {
        Ok(self.get::<Abonents>("/v1/abonents", &[]).await?.abonents)
    }

    /// What reading the abonents from the PBX anew would change; nothing is stored.
    pub async fn preview_abonents(&self) -> Result<AbonentsDiff, RelayError> {
        answer(self.request(Method::POST, "/v1/abonents/preview")?).await
    }

    /// Reads the abonents from the PBX anew.
    pub async fn fill_abonents(&self) -> Result<(), RelayError> {
        done(self.request(Method::POST, "/v1/abonents/refresh")?).await
    }

    /// Switches an abonent's recording; what the PBX says after it.
    pub async fn switch_recording(&self, abonent: &str, on: bool) -> Result<String, RelayError> {
        let path = format!("/v1/abonents/{}/recording", segment(abonent));
        let request = self.request(Method::PUT, &path)?.json(&json!({ "on": on }));
        Ok(answer::<Recording>(request).await?.recording)
    }

    /// Switches an abonent's own subscription.
    pub async fn switch_subscription(&self, abonent: &str, on: bool) -> Result<(), RelayError> {
        let path = format!("/v1/abonents/{}/subscription", segment(abonent));
        done(self.request(Method::PUT, &path)?.json(&json!({ "on": on }))).await
    }

    /// Subscriptions, active and ended.
    pub async fn subscriptions(&self) -> Result<SubscriptionsView, RelayError> {
        self.get("/v1/subscriptions", &[]).await
    }

    /// Renews the subscriptions now.
    pub async fn renew_subscriptions(&self) -> Result<(), RelayError> {
        done(self.request(Method::POST, "/v1/subscriptions/renew")?).await
    }

    /// A page of the event journal.
    pub async fn events(
        &self,
        filter: &JournalFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<EventsPage, RelayError> {
        let mut query = filtered(filter, "unreadable");
        query.extend(paged(cursor, limit));
        self.get("/v1/events", &query).await
    }

    /// One event with its body.
    pub async fn event(&self, seq: i64) -> Result<EventRow, RelayError> {
        self.get(&format!("/v1/events/{seq}"), &[]).await
    }

    /// Processes an event once more.
    pub async fn replay_event(&self, seq: i64) -> Result<Replay, RelayError> {
        answer(self.request(Method::POST, &format!("/v1/events/{seq}/replay"))?).await
    }

    /// Writes the event journal into a file as JSON lines; how many bytes.
    pub async fn export_events(
        &self,
        filter: &JournalFilter,
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Result<u64, RelayError> {
        let query = filtered(filter, "unreadable");
        let request = self.request(Method::GET, "/v1/events/export")?.query(&query);
        let mut response = sent(request.timeout(DOWNLOAD_TIMEOUT)).await?;
        let mut bytes = 0;
        while let Some(chunk) = chunk(&mut response).await? {
            to.write_all(&chunk).await.map_err(|_| RelayError::NotWritten)?;
            bytes += chunk.len() as u64;
        }
        to.flush().await.map_err(|_| RelayError::NotWritten)?;
        Ok(bytes)
    }

    /// A page of the journal of requests.
    pub async fn exchanges(
        &self,
        filter: &JournalFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<ExchangesPage, RelayError> {
        let mut query = filtered(filter, "failed");
        query.extend(paged(cursor, limit));
        self.get("/v1/exchanges", &query).await
    }

    /// The relay's users, revoked ones included.
    pub async fn user_rows(&self) -> Result<Vec<UserRow>, RelayError> {
        Ok(self.get::<Users>("/v1/users", &[]).await?.users)
    }

    /// Stops a user's key.
    pub async fn revoke_user(&self, id: &str) -> Result<(), RelayError> {
        done(self.request(Method::DELETE, &format!("/v1/users/{}", segment(id)))?).await
    }

    /// Join codes that nobody has used yet.
    pub async fn join_codes(&self) -> Result<Vec<JoinCodeRow>, RelayError> {
        Ok(self.get::<Codes>("/v1/join-codes", &[]).await?.codes)
    }

    /// Makes a join code, which is told here and never again.
    pub async fn make_join_code(&self, whom: &Invitation) -> Result<JoinCode, RelayError> {
        answer(self.request(Method::POST, "/v1/join-codes")?.json(whom)).await
    }

    /// Withdraws a join code.
    pub async fn withdraw_join_code(&self, id: &str) -> Result<(), RelayError> {
        done(self.request(Method::DELETE, &format!("/v1/join-codes/{}", segment(id)))?).await
    }

    /// A page of the audit; `what` empty for everything.
    pub async fn audit(&self, what: &str, cursor: Option<&str>, limit: u32) -> Result<AuditPage, RelayError> {
        let mut query = paged(cursor, limit);
        if !what.is_empty() {
            query.push(("what", what.to_owned()));
        }
        self.get("/v1/audit", &query).await
    }

    /// The relay's settings with their meaning.
    pub async fn pbx_settings(&self) -> Result<PbxSettings, RelayError> {
        let schema: Schema = self.get("/v1/settings/schema", &[]).await?;
        let values: Values = self.get("/v1/settings", &[]).await?;
        Ok(PbxSettings {
            schema: schema.settings,
            values: values.settings,
        })
    }

    /// Changes settings of the relay.
    pub async fn save_pbx_settings(&self, change: &Map<String, Value>) -> Result<(), RelayError> {
        done(self.request(Method::PUT, "/v1/settings")?.json(change)).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T, RelayError> {
        answer(self.request(Method::GET, path)?.query(query)).await
    }
}

pub(super) async fn sent(request: RequestBuilder) -> Result<Response, RelayError> {
    accepted(request.send().await.map_err(|error| of_transport(&error))?).await
}

pub(super) async fn chunk(
    response: &mut Response,
) -> Result<Option<impl std::ops::Deref<Target = [u8]> + use<>>, RelayError> {
    match tokio::time::timeout(SILENCE_TIMEOUT, response.chunk()).await {
        Ok(chunk) => chunk.map_err(|error| of_transport(&error)),
        Err(_) => Err(RelayError::Timeout),
    }
}

fn filtered(filter: &JournalFilter, bad: &'static str) -> Vec<(&'static str, String)> {
    let mut query = Vec::new();
    let text = filter.query.trim();
    if !text.is_empty() {
        query.push(("q", text.to_owned()));
    }
    if filter.bad {
        query.push((bad, "true".to_owned()));
    }
    query
}

fn paged(cursor: Option<&str>, limit: u32) -> Vec<(&'static str, String)> {
    // The relay's pages have 200 lines at most.
    let mut query = vec![("limit", limit.clamp(1, 200).to_string())];
    if let Some(cursor) = cursor {
        query.push(("cursor", cursor.to_owned()));
    }
    query
}

/// One segment of a path: abonents' ids have an `@`.
pub(super) fn segment(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn answers_may_hold_numbers_and_objects_where_texts_are_shown() {
        let page: EventsPage = serde_json::from_value(json!({ "events": [{ "seq": 7 }], "cursor": 7 })).unwrap();
        assert_eq!((page.cursor.0.as_deref(), page.events[0].seq), (Some("7"), 7));
        let end: EventsPage = serde_json::from_value(json!({ "events": [], "cursor": null })).unwrap();
        assert_eq!(end.cursor.0, None);
        let row: AuditRow = serde_json::from_value(json!({ "seq": 1, "detail": { "on": true } })).unwrap();
        assert_eq!(row.detail.0.as_deref(), Some(r#"{"on":true}"#));
    }

    #[test]
    fn an_id_cannot_leave_its_segment() {
        assert_eq!(
            segment("9000000001@mpbx.sip.beeline.ru"),
            "9000000001@mpbx.sip.beeline.ru"
        );
        assert_eq!(segment("../users?x#y/ы"), "..%2Fusers%3Fx%23y%2F%D1%8B");
    }
}
