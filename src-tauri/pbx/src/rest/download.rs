//! The audio of a recording (reference 1.9), passed on as it comes and never held whole.
//!
//! A missing recording is answered with an error body where audio is expected, with any status, so the beginning is
//! judged before a byte is given out.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RANGE,
};
use reqwest::{Method, Response};
use url::Url;

use super::answer::Answer;
use super::audio::{Audio, may_be_audio};
use super::exchange::Report;
use super::{MAX_ANSWER, Portal, PortalError, Reach, RecordKey, Request, TOKEN_HEADER};

/// Longest recording, bytes: a day of speech at 64 kbit/s is 700 MB.
pub const MAX_RECORDING: u64 = 1024 * 1024 * 1024;

/// Longest time a download may spend waiting for the PBX in all; the time its taker needs does not count.
const MAX_WAIT: Duration = Duration::from_mins(30);

/// Which bytes of a recording are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// From this offset to the end.
    From(u64),
    /// From the first to the last offset, both included.
    Within {
        /// First offset.
        first: u64,
        /// Last offset.
        last: u64,
    },
    /// So many at the end.
    Last(u64),
}

impl ByteRange {
    fn header(self) -> HeaderValue {
        let text = match self {
            Self::From(first) => format!("bytes={first}-"),
            Self::Within { first, last } => format!("bytes={first}-{last}"),
            Self::Last(count) => format!("bytes=-{count}"),
        };
        HeaderValue::try_from(text).expect("digits are a header value")
    }

    /// Whether a part is what was asked for: it may end before, but not begin elsewhere.
    fn is_met_by(self, part: ContentRange) -> bool {
        match self {
            Self::From(first) => part.first == first,
            Self::Within { first, last } => part.first == first && part.last <= last,
            Self::Last(count) => {
                part.last - part.first < count && part.total.is_none_or(|total| part.last + 1 == total)
            }
        }
    }
}

/// Which bytes of a recording come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// First offset.
    pub first: u64,
    /// Last offset, included.
    pub last: u64,
    /// Size of the whole recording, bytes, if the PBX told it.
    pub total: Option<u64>,
}

impl ContentRange {
    fn len(self) -> u64 {
        self.last - self.first + 1
    }

    /// From `bytes 0-499/1234` or `bytes 0-499/*`.
    fn parse(text: &str) -> Option<Self> {
        let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        let total = match total.trim() {
            "*" => None,
            total => Some(total.parse().ok()?),
        };
        let is_sound = first <= last && last < MAX_RECORDING && total.is_none_or(|total| last < total);
        is_sound.then_some(Self { first, last, total })
    }
}

/// Audio on its way. Dropping it ends the exchange.
pub struct Download {
    /// How many bytes come, if the PBX told it.
    pub length: Option<u64>,
    /// Which part comes; none if the whole recording comes, also where a part was asked for and the PBX does not know
    /// parts.
    pub range: Option<ContentRange>,
    /// What the PBX calls the audio; not to be relied upon (reference 1.9).
    pub content_type: Option<String>,
    response: Response,
    /// What was read to judge the beginning.
    beginning: Option<Bytes>,
    received: u64,
    is_over: bool,
    waiting: Duration,
    at_most: Duration,
    report: Report,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("length", &self.length)
            .field("range", &self.range)
            .field("content_type", &self.content_type)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

impl Download {
    /// The next bytes, in whatever portions they come; none at the end.
    ///
    /// # Errors
    /// [`PortalError::Unreachable`] with [`Reach::Broken`] if the audio ends too early, [`PortalError::Timeout`] if none
    /// comes for [`Timing::exchange`](super::Timing::exchange), [`PortalError::TooLarge`] beyond [`MAX_RECORDING`]. After
    /// an error there is nothing more.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, PortalError> {
        if self.is_over {
            return Ok(None);
        }
        let next = self.next().await;
        if !matches!(next, Ok(Some(_))) {
            self.is_over = true;
            self.report.error = next.as_ref().err().map(PortalError::code);
        }
        next
    }

    /// The bytes as a stream, which ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, PortalError>> + Send {
        stream::unfold(self, |mut download| async {
            let next = download.chunk().await.transpose()?;
            Some((next, download))
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, PortalError> {
        let next = match self.beginning.take() {
            Some(beginning) => Some(beginning),
            None => self.wait().await?,
        };
        self.received += next.as_ref().map_or(0, |chunk| chunk.len() as u64);
        if self.received > MAX_RECORDING {
            return Err(PortalError::TooLarge);
        }
        // The HTTP library checks the length of the body; this is the promise of Content-Range.
        if next.is_none() && self.length.is_some_and(|length| self.received != length) {
            return Err(PortalError::Unreachable { reach: Reach::Broken });
        }
        Ok(next)
    }

    async fn wait(&mut self) -> Result<Option<Bytes>, PortalError> {
        let start = Instant::now();
        let at_most = self.at_most.min(MAX_WAIT.saturating_sub(self.waiting));
        let chunk = tokio::time::timeout(at_most, self.response.chunk()).await;
        self.waiting += start.elapsed();
        chunk
            .map_err(|_| PortalError::Timeout)?
            .map_err(|e| PortalError::of_transport(&e))
    }
}

/// An answer that is audio, as far as it was read.
struct Begun {
    response: Response,
    beginning: Option<Bytes>,
    range: Option<ContentRange>,
    length: Option<u64>,
}

impl Portal {
    /// Begins to fetch the audio of a recording, or a part of it. Repeated like every GET until audio begins; what comes
    /// after is the taker's to ask for again.
    ///
    /// # Errors
    /// [`PortalError::Refused`] for a missing recording, whatever the status; [`PortalError::NotJson`] if neither audio
    /// nor an error body came.
    pub async fn download(&self, key: RecordKey<'_>, range: Option<ByteRange>) -> Result<Download, PortalError> {
        let path = key.path(&["v2", "records"], Some("download"));
        let request = Request::new(Method::GET, &path);
        self.repeated(|left| self.open(&request, range, left)).await
    }

    async fn open(
        &self,
        request: &Request<'_>,
        range: Option<ByteRange>,
        left: Duration,
    ) -> Result<Download, PortalError> {
        let url = self.url(request)?;
        let mut report = Report::new(self, request);
        let begun = tokio::time::timeout(
            left.min(self.timing.exchange),
            self.begin(url, range, &mut report.status),
        )
        .await
        .unwrap_or(Err(PortalError::Timeout));
        let begun = match begun {
            Ok(begun) => begun,
            Err(error) => {
                report.error = Some(error.code());
                return Err(error);
            }
        };
        let length = begun.length.or_else(|| begun.range.map(ContentRange::len));
        Ok(Download {
            length,
            range: begun.range,
            content_type: header(begun.response.headers(), &CONTENT_TYPE).map(str::to_owned),
            response: begun.response,
            beginning: begun.beginning,
            received: 0,
            is_over: false,
            waiting: Duration::ZERO,
            at_most: self.timing.exchange,
            report,
        })
    }

    async fn begin(&self, url: Url, range: Option<ByteRange>, status: &mut Option<u16>) -> Result<Begun, PortalError> {
        let mut builder = self
            .client
            .get(url)
            .header(TOKEN_HEADER, self.token.header())
            .header(ACCEPT, HeaderValue::from_static("*/*"))
            // Offsets and lengths are those of the audio.
            .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(range) = range {
            builder = builder.header(RANGE, range.header());
        }
        let mut response = builder.send().await.map_err(|e| PortalError::of_transport(&e))?;
        let code = response.status().as_u16();
        *status = Some(code);
        // Asked for now: later it is the length of what is left.
        let length = response.content_length();
        let garbled = PortalError::NotJson {
            status: code,
            no_such_path: false,
        };
        if code == 206 {
            // Bytes from the middle look like anything: the head alone tells that they are what was asked for.
            let part = header(response.headers(), &CONTENT_RANGE).and_then(ContentRange::parse);
            let is_as_long = |part: ContentRange| length.is_none_or(|length| length == part.len());
            return match (range, part) {
                (Some(range), Some(part)) if range.is_met_by(part) && is_as_long(part) => Ok(Begun {
                    response,
                    beginning: None,
                    range: Some(part),
                    length,
                }),
                _ => Err(garbled),
            };
        }
        let mut beginning = BytesMut::new();
        let is_success = (200..300).contains(&code);
        while is_success && beginning.len() < Audio::MAGIC_BYTES {
            match next(&mut response).await? {
                Some(chunk) => beginning.extend_from_slice(&chunk),
                None => break,
            }
        }
        if !is_success || !may_be_audio(&beginning, header(response.headers(), &CONTENT_TYPE)) {
            let answer = self.whole(response, &beginning, code).await?;
            return Err(answer.checked(&self.token).err().unwrap_or(garbled));
        }
        if length.is_some_and(|length| length > MAX_RECORDING) {
            return Err(PortalError::TooLarge);
        }
        Ok(Begun {
            response,
            beginning: Some(beginning.freeze()),
            range: None,
            length,
        })
    }

    /// The rest of an answer that is no audio, as far as an error body can be long.
    async fn whole(&self, mut response: Response, beginning: &[u8], status: u16) -> Result<Answer, PortalError> {
        let mut body = beginning.to_vec();
        while body.len() < MAX_ANSWER {
            match next(&mut response).await? {
                Some(chunk) => body.extend_from_slice(&chunk),
                None => break,
            }
        }
        body.truncate(MAX_ANSWER);
        Ok(Answer { status, body })
    }
}

async fn next(response: &mut Response) -> Result<Option<Bytes>, PortalError> {
    response.chunk().await.map_err(|e| PortalError::of_transport(&e))
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
