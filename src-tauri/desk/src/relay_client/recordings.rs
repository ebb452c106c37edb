//! Recordings as the relay lists them, and their audio piece by piece.

use super::admin::{DOWNLOAD_TIMEOUT, chunk, segment, sent};
use super::{RelayClient, RelayError, answer, done};
use perezvon_core::{Direction, Time};
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, RANGE};
use reqwest::{Method, Response, StatusCode};
use serde::Deserialize;
use std::ops::Deref;

/// A recording as the relay knows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordingTold {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) call_id: Option<String>,
    pub(crate) abonent: String,
    /// The abonent's name.
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) number: Option<String>,
    pub(crate) direction: Direction,
    pub(crate) started_at: Time,
    pub(crate) duration_ms: i64,
    /// Bytes.
    #[serde(default)]
    pub(crate) size: Option<i64>,
    state: String,
}

impl RecordingTold {
    /// The PBX has it no more.
    pub(crate) fn is_gone(&self) -> bool {
        self.state == "gone"
    }
}

/// A page of them, newest first.
#[derive(Debug, Deserialize)]
pub(crate) struct RecordingsTold {
    pub(crate) recordings: Vec<RecordingTold>,
    #[serde(default)]
    pub(crate) cursor: Option<String>,
}

/// Audio on its way.
#[derive(Debug)]
pub(crate) struct AudioPart {
    response: Response,
    /// Where it begins in the file.
    pub(crate) first: u64,
    /// Size of the whole file, where it is told.
    pub(crate) total: Option<u64>,
    /// Which recording it is of, where that is told.
    tag: Option<String>,
}

impl AudioPart {
    /// It is of another recording than this one.
    pub(crate) fn is_of_another(&self, id: &str) -> bool {
        self.tag.as_deref().is_some_and(|tag| tag.trim_matches('"') != id)
    }

    /// The next piece; none at the end, which is an error where it comes too early.
    pub(crate) async fn next(&mut self) -> Result<Option<impl Deref<Target = [u8]> + use<>>, RelayError> {
        chunk(&mut self.response).await
    }
}

impl RelayClient {
    /// What the relay knows of a recording.
    pub(crate) async fn recording(&self, id: &str) -> Result<RecordingTold, RelayError> {
        answer(self.request(Method::GET, &format!("/v1/recordings/{}", segment(id)))?).await
    }

    /// A page of an abonent's recordings that began at `from` or later, newest first; `abonent` is for an admin's key only.
    pub(crate) async fn recordings(
        &self,
        abonent: Option<&str>,
        from: Time,
        cursor: Option<&str>,
    ) -> Result<RecordingsTold, RelayError> {
        let mut query = vec![("from", from.to_string()), ("limit", "200".to_owned())];
        query.extend(abonent.map(|abonent| ("abonent", abonent.to_owned())));
        query.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
        answer(self.request(Method::GET, "/v1/recordings")?.query(&query)).await
    }

    /// The audio of a recording from this byte on, or from its start where the relay has no parts.
    pub(crate) async fn audio(&self, id: &str, from: u64) -> Result<AudioPart, RelayError> {
        let path = format!("/v1/recordings/{}/audio", segment(id));
        let mut request = self.request(Method::GET, &path)?.timeout(DOWNLOAD_TIMEOUT);
        if from > 0 {
            request = request
                .header(RANGE, format!("bytes={from}-"))
                .header(IF_RANGE, format!("\"{id}\""));
        }
        let response = sent(request).await?;
        let text = |headers: &HeaderMap, name| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let headers = response.headers();
        let (first, total) = if response.status() == StatusCode::PARTIAL_CONTENT {
            let range = text(headers, CONTENT_RANGE).ok_or(RelayError::Unreadable)?;
            part(&range).ok_or(RelayError::Unreadable)?
        } else {
            let length = text(headers, CONTENT_LENGTH);
            (0, length.and_then(|length| length.parse().ok()))
        };
        Ok(AudioPart {
            first,
            total,
            tag: text(headers, ETAG),
            response,
        })
    }

    /// Another's recording was listened to here: the relay notes it in its audit.
    pub(crate) async fn recording_played(&self, id: &str, at: Time) -> Result<(), RelayError> {
        let path = format!("/v1/recordings/{}/played", segment(id));
        done(
            self.request(Method::POST, &path)?
                .json(&serde_json::json!({ "at": at })),
        )
        .await
    }
}

/// `bytes 100-199/200`: the first byte, and the size of the whole.
fn part(range: &str) -> Option<(u64, Option<u64>)> {
    let (bytes, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = bytes.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    Some((first, total.parse().ok())).filter(|_| first <= last)
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn a_part_is_read() {
        assert_eq!(part("bytes 100-199/200"), Some((100, Some(200))));
        assert_eq!(part("bytes 0-0/*"), Some((0, None)));
        for wrong in ["bytes */200", "bytes 9-1/20", "100-199/200", ""] {
            assert_eq!(part(wrong), None, "{wrong}");
        }
    }
}
