//! Events made for a test, in the form of the examples.
#![allow(dead_code, unreachable_pub, missing_docs)]

/// The contents of an event.
#[derive(Clone, Debug)]
pub struct Xml {
    pub event_id: String,
    pub sequence: i64,
    pub subscription: String,
    pub target: Option<String>,
    pub kind: &'static str,
    pub leg: String,
    pub session: String,
    pub personality: &'static str,
    pub state: &'static str,
    pub address: Option<String>,
    pub answered: bool,
    pub released: bool,
    pub extra: String,
}

impl Xml {
    /// A phone rings.
    pub fn received(n: u64, target: &str) -> Self {
        Self {
            event_id: format!("e0000000-0000-4000-8000-{:012x}", n * 16),
            sequence: 1,
            subscription: "5d3b1f60-0000-4a00-8000-00000000c0de".to_owned(),
            target: Some(target.to_owned()),
            kind: "CallReceivedEvent",
            leg: format!("callhalf-47{n:08}:0"),
            session: format!("{n}:1"),
            personality: "Terminator",
            state: "Alerting",
            address: Some("tel:+79000000099".to_owned()),
            answered: false,
            released: false,
            extra: String::new(),
        }
    }

    fn then(&self, step: u64, kind: &'static str, state: &'static str) -> Self {
        let id = u64::from_str_radix(&self.event_id[24..], 16).unwrap_or(0) / 16 * 16 + step;
        Self {
            event_id: format!("{}{id:012x}", &self.event_id[..24]),
            sequence: self.sequence + step as i64,
            kind,
            state,
            ..self.clone()
        }
    }

    /// It is answered.
    pub fn answered(&self) -> Self {
        Self {
            answered: true,
            ..self.then(1, "CallAnsweredEvent", "Active")
        }
    }

    /// It has ended.
    pub fn released(&self) -> Self {
        Self {
            released: true,
            ..self.then(2, "CallReleasedEvent", "Released")
        }
    }

    pub fn text(&self) -> String {
        let start = 1_760_000_000_000_i64;
        let target = self
            .target
            .as_ref()
            .map(|t| format!("<xsi:targetId>{t}</xsi:targetId>"))
            .unwrap_or_default();
        let address = match &self.address {
            Some(address) => format!(r#"<xsi:address countryCode="7">{address}</xsi:address>"#),
            None => "<xsi:privacy/>".to_owned(),
        };
        let answer = if self.answered {
            format!("<xsi:answerTime>{}</xsi:answerTime>", start + 5000)
        } else {
            String::new()
        };
        let release = if self.released {
            format!("<xsi:releaseTime>{}</xsi:releaseTime>", start + 20_000)
        } else {
            String::new()
        };
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<xsi:Event xsi1:type="xsi:SubscriptionEvent" xmlns:xsi="http://schema.broadsoft.com/xsi" xmlns:xsi1="http://www.w3.org/2001/XMLSchema-instance"><xsi:eventID>{}</xsi:eventID><xsi:sequenceNumber>{}</xsi:sequenceNumber><xsi:userId>client-admin-000000@mpbx.sip.beeline.ru</xsi:userId><xsi:externalApplicationId>portal-api</xsi:externalApplicationId><xsi:subscriptionId>{}</xsi:subscriptionId>{target}<xsi:eventData xsi1:type="xsi:{}"><xsi:call><xsi:callId>{}</xsi:callId><xsi:extTrackingId>{}</xsi:extTrackingId><xsi:personality>{}</xsi:personality><xsi:state>{}</xsi:state><xsi:remoteParty>{address}<xsi:callType>Network</xsi:callType></xsi:remoteParty>{}<xsi:startTime>{start}</xsi:startTime>{answer}{release}</xsi:call></xsi:eventData></xsi:Event>"#,
            self.event_id,
            self.sequence,
            self.subscription,
            self.kind,
            self.leg,
            self.session,
            self.personality,
            self.state,
            self.extra
        )
    }
}
