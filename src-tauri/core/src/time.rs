//! A point in time, in milliseconds since 1970 UTC: the PBX's own unit (reference, 1.2 "Times").

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::time::Duration;

/// Between half and the whole of `pause`, so that many programs do not come back at the same instant. `random` is evenly
/// distributed over all its values.
pub fn jittered(pause: Duration, random: u32) -> Duration {
    pause.mul_f64(0.5 + f64::from(random) / f64::from(u32::MAX) / 2.0)
}

/// Epoch milliseconds, UTC. As JSON it is RFC 3339 with milliseconds and `Z` (design, part 7).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, format = DateTime))]
pub struct Time(i64);

impl Time {
    /// From epoch milliseconds. Values outside the years 0001…9999 are pulled to that range, so that every time can be
    /// written as RFC 3339.
    pub fn from_ms(ms: i64) -> Self {
        Self(ms.clamp(-62_135_596_800_000, 253_402_300_799_999))
    }

    /// From what a source gives as the time of a call, epoch milliseconds. None outside the years 2000 to 2099: 0 and the
    /// like stand for a missing value there, and one such time would spoil every sum.
    pub fn of_a_call(ms: i64) -> Option<Self> {
        Some(Self(ms)).filter(|time| time.can_be_of_a_call())
    }

    /// See [`Self::of_a_call`].
    pub fn can_be_of_a_call(self) -> bool {
        (946_684_800_000..4_102_444_800_000).contains(&self.0)
    }

    /// Epoch milliseconds.
    pub fn ms(self) -> i64 {
        self.0
    }

    /// Milliseconds from `earlier` to `self`; never negative.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }

    /// This time plus `ms` milliseconds.
    pub fn plus(self, ms: i64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }

    /// As chrono's type.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(t: DateTime<Utc>) -> Self {
        Self::from_ms(t.timestamp_millis())
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl std::fmt::Debug for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        DateTime::parse_from_rfc3339(&text)
            .map(|t| t.with_timezone(&Utc).into())
            .map_err(|e| D::Error::custom(format!("not an RFC 3339 time: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::jittered;
    use std::time::Duration;

    #[test]
    fn a_jittered_pause_is_between_half_and_the_whole() {
        let pause = Duration::from_secs(10);
        assert_eq!(jittered(pause, 0), pause / 2);
        assert_eq!(jittered(pause, u32::MAX), pause);
        let middle = jittered(pause, u32::MAX / 2);
        assert!(pause / 2 < middle && middle < pause, "{middle:?}");
    }
}
