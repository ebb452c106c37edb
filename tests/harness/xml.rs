//! Events written by hand, for tests that post them to the relay themselves.

use perezvon_core::Time;

/// One event of a direct incoming call.
pub struct Incoming<'a> {
    /// Names the session and the leg.
    pub call: &'a str,
    pub abonent: &'a str,
    /// E.164.
    pub number: &'a str,
    pub start: Time,
}

impl Incoming<'_> {
    pub fn received(&self, event_id: &str) -> String {
        self.event(event_id, "CallReceivedEvent", "Alerting", "", "")
    }

    pub fn answered(&self, event_id: &str) -> String {
        self.event(
            event_id,
            "CallAnsweredEvent",
            "Active",
            "",
            &time("answerTime", self.start.plus(3_000)),
        )
    }

    /// Hung up by the caller; `answered` when there was a conversation.
    pub fn released(&self, event_id: &str, answered: bool) -> String {
        let answer = if answered {
            time("answerTime", self.start.plus(3_000))
        } else {
            String::new()
        };
        let times = format!("{answer}{}", time("releaseTime", self.start.plus(9_000)));
        let by = "<xsi:releasingParty>remoteRelease</xsi:releasingParty>";
        self.event(event_id, "CallReleasedEvent", "Released", by, &times)
    }

    fn event(&self, event_id: &str, kind: &str, state: &str, by: &str, times: &str) -> String {
        let Self {
            call,
            abonent,
            number,
            start,
        } = self;
        let start = time("startTime", *start);
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<xsi:Event xsi1:type="xsi:SubscriptionEvent" xmlns:xsi="http://schema.broadsoft.com/xsi" xmlns:xsi1="http://www.w3.org/2001/XMLSchema-instance">
  <xsi:eventID>{event_id}</xsi:eventID>
  <xsi:sequenceNumber>1</xsi:sequenceNumber>
  <xsi:subscriptionId>5d3b1f60-0000-4a00-8000-00000000c0de</xsi:subscriptionId>
  <xsi:targetId>{abonent}</xsi:targetId>
  <xsi:eventData xsi1:type="xsi:{kind}">
    <xsi:call>
      <xsi:callId>callhalf-{call}:0</xsi:callId>
      <xsi:extTrackingId>{call}:1</xsi:extTrackingId>
      <xsi:personality>Terminator</xsi:personality>
      <xsi:state>{state}</xsi:state>{by}
      <xsi:remoteParty><xsi:address countryCode="7">tel:{number}</xsi:address><xsi:callType>Network</xsi:callType></xsi:remoteParty>
      {start}{times}
    </xsi:call>
  </xsi:eventData>
</xsi:Event>"#
        )
    }
}

fn time(name: &str, at: Time) -> String {
    format!("<xsi:{name}>{}</xsi:{name}>", at.ms())
}

/// Posts as the PBX does (reference 2.1 and 2.2); the status, or none when the connection broke.
pub async fn post(http: &reqwest::Client, url: &str, body: String) -> Option<u16> {
    let request = http
        .post(format!("{url}/null"))
        .header("content-type", "application/xml; charset=UTF-8")
        .body(body);
    Some(request.send().await.ok()?.status().as_u16())
}
