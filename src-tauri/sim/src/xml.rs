//! Writes an event as the PBX does (reference 2.3 and 2.5). Shares nothing with the reader in `perezvon-pbx`.

use crate::event::{Acd, CallView, Event, Kind, Party};

/// BroadSoft's namespace, bound to `xsi`.
pub const XSI: &str = "http://schema.broadsoft.com/xsi";
/// The W3C schema-instance namespace, bound to `xsi1`.
pub const XSI1: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// How a document looks, beyond what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Style {
    /// All on one line.
    pub one_line: bool,
    /// Line breaks and blanks around every text (reference 2.3).
    pub line_breaks: bool,
    /// Other prefixes than `xsi` and `xsi1`.
    pub other_prefixes: bool,
}

/// What the header says (table 2.3).
pub(crate) struct Header<'a> {
    pub(crate) event_id: String,
    pub(crate) sequence: i64,
    pub(crate) subscription_id: &'a str,
    pub(crate) url: &'a str,
    pub(crate) target: Option<&'a str>,
}

/// The whole document.
pub(crate) fn document(header: &Header<'_>, event: &Event, style: Style) -> String {
    let mut w = Writer::new(style);
    let (b, i) = (w.broadsoft, w.instance);
    w.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let root = format!(" {i}:type=\"{b}:SubscriptionEvent\" xmlns:{b}=\"{XSI}\" xmlns:{i}=\"{XSI1}\"");
    w.open("Event", &root);
    w.text("eventID", &header.event_id);
    w.text("sequenceNumber", &header.sequence.to_string());
    w.text("userId", "client-admin-000000@mpbx.sip.beeline.ru");
    w.text("externalApplicationId", "portal-api");
    w.text("subscriptionId", header.subscription_id);
    w.open("httpContact", "");
    w.text("uri", header.url);
    w.close("httpContact");
    if let Some(target) = header.target {
        w.text("targetId", target);
    }
    data(&mut w, event);
    w.close("Event");
    w.out
}

fn data(w: &mut Writer, event: &Event) {
    let kind = format!(" {}:type=\"{}:{}\"", w.instance, w.broadsoft, event.kind.wire());
    if event.calls.is_empty() && event.hook.is_none() {
        w.empty("eventData", &kind);
        return;
    }
    w.open("eventData", &kind);
    let list = event.kind.has_list() && !event.calls.is_empty();
    if list {
        w.open("calls", "");
    }
    for view in &event.calls {
        call(w, view);
    }
    if list {
        w.close("calls");
    }
    if event.kind == Kind::Novelty {
        w.open("novelty", "");
        w.text("flavour", "лимон & <мята>");
        w.close("novelty");
    }
    if let Some(hook) = event.hook {
        w.text("hookStatus", hook);
    }
    w.close("eventData");
}

/// `call`, rows 1 to 37 of reference 2.5 in order.
fn call(w: &mut Writer, v: &CallView) {
    w.open("call", "");
    w.text("callId", &v.call_id);
    w.text("extTrackingId", &v.tracking_id);
    w.some("networkCallId", v.network_call_id.as_deref());
    w.text("personality", v.personality);
    w.text("state", v.state);
    if let Some((cause, cdr)) = v.cause {
        w.open("releaseCause", "");
        w.text("internalReleaseCause", cause);
        w.text("cdrTerminationCause", cdr);
        w.close("releaseCause");
    }
    w.some("releasingParty", v.releasing);
    party(w, "remoteParty", &v.remote);
    ways(w, v);
    if let Some(address) = &v.endpoint {
        let kind = format!(" {}:type=\"{}:AccessEndpoint\"", w.instance, w.broadsoft);
        w.open("endpoint", &kind);
        w.text("addressOfRecord", address);
        w.close("endpoint");
    }
    w.some("appearance", v.appearance.then_some("1"));
    w.flag("allowAnswer", v.allow_answer);
    w.flag("allowRetrieve", v.allow_retrieve);
    w.some("huntGroupUserId", v.hunt_group.as_deref());
    w.text("startTime", &v.start.to_string());
    w.number("answerTime", v.answer);
    w.number("heldTime", v.held);
    w.number("totalHeldTime", v.total_held);
    w.number("detachedTime", v.detached);
    w.number("releaseTime", v.release);
    if let Some(queue) = &v.acd {
        acd(w, queue);
    }
    w.flag("recorded", v.recorded);
    w.some("allowedRecordingControls", v.controls.then_some("none"));
    w.some("recordingState", v.recorded.then_some("Started"));
    w.close("call");
}

/// `redirections` and `redirect`.
fn ways(w: &mut Writer, v: &CallView) {
    if !v.redirections.is_empty() {
        w.open("redirections", "");
        for step in &v.redirections {
            w.open("redirection", "");
            party(w, "party", &step.party);
            w.text("reason", step.reason);
            w.number("counter", step.counter.map(i64::from));
            w.close("redirection");
        }
        w.close("redirections");
    }
    if let Some(redirect) = &v.redirect {
        w.open("redirect", "");
        w.tel("address", &redirect.address);
        w.text("reason", redirect.reason);
        w.text("redirectTime", &redirect.at.to_string());
        w.close("redirect");
    }
}

fn party(w: &mut Writer, element: &str, p: &Party) {
    w.open(element, "");
    w.some("name", p.name.as_deref());
    if let Some(address) = &p.address {
        w.tel("address", address);
    }
    w.some("userId", p.user_id.as_deref());
    if let Some(dn) = &p.user_dn {
        w.tel("userDN", dn);
    }
    w.flag("privacy", p.privacy);
    w.text("callType", p.call_type);
    w.close(element);
}

fn acd(w: &mut Writer, queue: &Acd) {
    w.open("acdCallInfo", "");
    w.text("acdUserId", &queue.user_id);
    w.text("acdName", &queue.name);
    w.tel("acdNumber", &queue.number);
    w.text("numCallsInQueue", "0");
    w.text("waitTime", &queue.wait_s.to_string());
    party(w, "callingPartyInfo", &queue.calling);
    w.close("acdCallInfo");
}

struct Writer {
    out: String,
    depth: usize,
    style: Style,
    broadsoft: &'static str,
    instance: &'static str,
}

impl Writer {
    fn new(style: Style) -> Self {
        let (broadsoft, instance) = if style.other_prefixes {
            ("bw", "si")
        } else {
            ("xsi", "xsi1")
        };
        Self {
            out: String::with_capacity(2048),
            depth: 0,
            style,
            broadsoft,
            instance,
        }
    }

    fn indent(&mut self) {
        if !self.style.one_line {
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    fn end_line(&mut self) {
        if !self.style.one_line {
            self.out.push('\n');
        }
    }

    fn open(&mut self, name: &str, attributes: &str) {
        self.indent();
        self.out.extend(["<", self.broadsoft, ":", name, attributes, ">"]);
        self.end_line();
        self.depth += 1;
    }

    fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.indent();
        self.out.extend(["</", self.broadsoft, ":", name, ">"]);
        self.end_line();
    }

    fn empty(&mut self, name: &str, attributes: &str) {
        self.indent();
        self.out.extend(["<", self.broadsoft, ":", name, attributes, "/>"]);
        self.end_line();
    }

    fn flag(&mut self, name: &str, present: bool) {
        if present {
            self.empty(name, "");
        }
    }

    fn some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn number(&mut self, name: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.text(name, &value.to_string());
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        self.leaf(name, "", value);
    }

    /// A `tel:` address; Russian numbers carry their country code (reference 2.5, "How numbers are written").
    fn tel(&mut self, name: &str, number: &str) {
        let country = if number.starts_with("+7") {
            " countryCode=\"7\""
        } else {
            ""
        };
        self.leaf(name, country, &format!("tel:{number}"));
    }

    fn leaf(&mut self, name: &str, attributes: &str, value: &str) {
        self.indent();
        let (before, after) = if self.style.line_breaks {
            ("\n      ", " \n    ")
        } else {
            ("", "")
        };
        let b = self.broadsoft;
        self.out.extend(["<", b, ":", name, attributes, ">", before]);
        escape(&mut self.out, value);
        self.out.extend([after, "</", b, ":", name, ">"]);
        self.end_line();
    }
}

/// Text content with the three characters replaced that XML forbids there, and characters dropped that it knows not.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if c < ' ' && !matches!(c, '\t' | '\n' | '\r') => {}
            c => out.push(c),
        }
    }
}
