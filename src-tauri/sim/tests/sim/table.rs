//! The structure of an event after reference 2.3 to 2.6, checked by a reader that shares nothing with the writer.

use perezvon_sim::{XSI, XSI1};
use roxmltree::{Document, Node};

/// Children in schema order with the least number of each.
type Order = &'static [(&'static str, usize)];

const EVENT: Order = &[
    ("eventID", 1),
    ("sequenceNumber", 1),
    ("userId", 1),
    ("externalApplicationId", 1),
    ("subscriptionId", 1),
    ("sharedSubscriptionId", 0),
    ("httpContact", 1),
    ("targetId", 0),
    ("targetSubId", 0),
    ("eventData", 1),
];

/// Rows 1 to 37 of reference 2.5.
const CALL: Order = &[
    ("callId", 1),
    ("extTrackingId", 1),
    ("networkCallId", 0),
    ("personality", 1),
    ("state", 1),
    ("releaseCause", 0),
    ("releasingParty", 0),
    ("remoteParty", 1),
    ("redirections", 0),
    ("redirect", 0),
    ("endpoint", 0),
    ("appearance", 0),
    ("allowAnswer", 0),
    ("allowRetrieve", 0),
    ("alternateAddressType", 0),
    ("huntGroupUserId", 0),
    ("distinctiveRing", 0),
    ("diversionInhibited", 0),
    ("recallType", 0),
    ("startTime", 1),
    ("answerTime", 0),
    ("heldTime", 0),
    ("totalHeldTime", 0),
    ("detachedTime", 0),
    ("releaseTime", 0),
    ("acdCallInfo", 0),
    ("agentEscalation", 0),
    ("acdOutgoingCallInfo", 0),
    ("groupCallParkLocationSelected", 0),
    ("recorded", 0),
    ("findMeFollowMeUserId", 0),
    ("allowedRecordingControls", 0),
    ("recordingState", 0),
    ("executiveUserId", 0),
    ("recallFromParty", 0),
    ("securityClassification", 0),
    ("clientSessionInfo", 0),
];

const PARTY: Order = &[
    ("name", 0),
    ("address", 0),
    ("userId", 0),
    ("userDN", 0),
    ("privacy", 0),
    ("callType", 0),
];
const ACD: Order = &[
    ("acdUserId", 1),
    ("acdName", 1),
    ("acdNumber", 1),
    ("numCallsInQueue", 1),
    ("waitTime", 1),
    ("longestWaitTime", 0),
    ("holdReminder", 0),
    ("callingPartyInfo", 1),
];

const PERSONALITIES: [&str; 3] = ["Originator", "Terminator", "Click-to-Dial"];
const STATES: [&str; 7] = [
    "Alerting",
    "Active",
    "Held",
    "Remote Held",
    "Detached",
    "Released",
    "Idle",
];
const CAUSES: [&str; 12] = [
    "Busy",
    "Forbidden",
    "Routing Failure",
    "Global Failure",
    "Request Failure",
    "Server Failure",
    "Translation Failure",
    "Temporarily Unavailable",
    "User Not Found",
    "Request Timeout",
    "Dial Tone Timeout",
    "Insufficient Credits",
];
const CALL_TYPES: [&str; 9] = [
    "Group",
    "Enterprise",
    "Network",
    "Emergency",
    "Repair",
    "City-Wide Centrex",
    "Private Dial Plan",
    "Unknown",
    "Error",
];
const REDIRECTS: [&str; 18] = [
    "user-busy",
    "no-answer",
    "unavailable",
    "unconditional",
    "time-of-day",
    "do-not-disturb",
    "deflection",
    "follow-me",
    "out-of-service",
    "away",
    "transfer",
    "voicemail",
    "hunt-group",
    "call-center",
    "route-point",
    "agent-wrap-up",
    "voicexml-script-termination",
    "unknown",
];

/// What is wrong with a document; empty when nothing is.
pub(crate) fn faults(body: &str) -> Vec<String> {
    let document = match Document::parse(body) {
        Ok(document) => document,
        Err(error) => return vec![format!("no XML: {error}")],
    };
    let mut out = Vec::new();
    let root = document.root_element();
    for node in root.descendants().filter(Node::is_element) {
        if node.tag_name().namespace() != Some(XSI) {
            out.push(format!("{} is in another namespace", node.tag_name().name()));
        }
    }
    type_of(&root, "SubscriptionEvent", &mut out);
    order(&root, EVENT, &mut out);
    out.extend(uuid_fault(text(&root, "eventID")));
    out.extend(uuid_fault(text(&root, "subscriptionId")));
    if let Some(data) = child(&root, "eventData") {
        let kind = data.attribute((XSI1, "type")).unwrap_or_default().to_owned();
        match kind.split_once(':') {
            Some((prefix, kind)) if data.lookup_namespace_uri(Some(prefix)) == Some(XSI) => {
                event_data(&data, kind, &mut out);
            }
            _ => out.push(format!(
                "type {kind:?} of eventData has no prefix of BroadSoft's namespace"
            )),
        }
    }
    out
}

fn child<'a, 'i>(node: &Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|n| n.tag_name().name() == name)
}

fn text<'a>(node: &Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name).map(|n| n.text().unwrap_or_default().trim())
}

fn uuid_fault(value: Option<&str>) -> Option<String> {
    let value = value.unwrap_or_default();
    let shape = value.len() == 36 && value.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    (!shape).then(|| format!("{value:?} is no UUID"))
}

fn type_of(node: &Node<'_, '_>, wanted: &str, out: &mut Vec<String>) {
    let value = node.attribute((XSI1, "type")).unwrap_or_default();
    let (prefix, name) = value.split_once(':').unwrap_or_default();
    if name != wanted || node.lookup_namespace_uri(Some(prefix)) != Some(XSI) {
        out.push(format!("{} has type {value:?}", node.tag_name().name()));
    }
}

/// Children come in the order of the table, at most once, and the required ones are there.
fn order(node: &Node<'_, '_>, table: Order, out: &mut Vec<String>) {
    let parent = node.tag_name().name();
    let names: Vec<_> = node
        .children()
        .filter(Node::is_element)
        .map(|n| n.tag_name().name())
        .collect();
    let mut last = None;
    for name in &names {
        let place = table.iter().position(|(known, _)| known == name);
        match place {
            None => out.push(format!("{parent} holds {name}")),
            Some(_) if place <= last => out.push(format!("{parent}: {name} out of order")),
            Some(_) => last = place,
        }
    }
    for (name, least) in table {
        if *least > 0 && !names.contains(name) {
            out.push(format!("{parent} lacks {name}"));
        }
    }
}

/// Table 2.4: what each kind holds.
fn event_data(data: &Node<'_, '_>, kind: &str, out: &mut Vec<String>) {
    let names: Vec<_> = data
        .children()
        .filter(Node::is_element)
        .map(|n| n.tag_name().name())
        .collect();
    let fits = match kind {
        "SubscriptionTerminatedEvent" => names.is_empty(),
        "HookStatusEvent" => names == ["hookStatus"],
        "CallSubscriptionEvent" | "CallSubscriptionResyncEvent" => {
            names == ["hookStatus"] || names == ["calls", "hookStatus"]
        }
        "CallRedirectedEvent" => names == ["calls"],
        "CallRecordingStoppedEvent" => names == ["call", "reason"],
        kind if kind.starts_with("Conference") => names == ["conference"],
        _ => names == ["call"],
    };
    if !fits {
        out.push(format!("{kind} holds {names:?}"));
    }
    for hook in data.children().filter(|n| n.tag_name().name() == "hookStatus") {
        one_of("hookStatus", hook.text().map(str::trim), &["On-Hook", "Off-Hook"], out);
    }
    for node in data.descendants().filter(|n| n.tag_name().name() == "call") {
        call(&node, kind, out);
    }
}

fn one_of(what: &str, value: Option<&str>, known: &[&str], out: &mut Vec<String>) {
    if let Some(value) = value.filter(|v| !known.contains(v)) {
        out.push(format!("{what} is {value:?}"));
    }
}

#[expect(clippy::too_many_lines, reason = "the rules of one element")]
fn call(node: &Node<'_, '_>, kind: &str, out: &mut Vec<String>) {
    order(node, CALL, out);
    let has = |name: &str| child(node, name).is_some();
    let state = text(node, "state");
    one_of("personality", text(node, "personality"), &PERSONALITIES, out);
    one_of("state", state, &STATES, out);
    one_of(
        "releasingParty",
        text(node, "releasingParty"),
        &["localRelease", "remoteRelease"],
        out,
    );
    one_of(
        "recordingState",
        text(node, "recordingState"),
        &["Pending", "Started", "Paused", "Failed"],
        out,
    );
    let mut must = |holds: bool, what: &str| {
        if !holds {
            out.push(format!("{kind}: {what}"));
        }
    };
    must(
        has("releaseTime") == (state == Some("Released")),
        "releaseTime exactly in Released",
    );
    must(has("heldTime") == (state == Some("Held")), "heldTime exactly in Held");
    must(
        !(has("releaseCause") && has("releasingParty")),
        "no releasingParty on failures",
    );
    let unanswered_incoming = !has("answerTime") && text(node, "personality") == Some("Terminator");
    must(
        !has("redirections") || unanswered_incoming,
        "redirections only in unanswered incoming calls",
    );
    must(
        !has("huntGroupUserId") || unanswered_incoming,
        "huntGroupUserId only in unanswered incoming calls",
    );
    must(
        kind != "CallReceivedEvent" || !(has("endpoint") || has("appearance")),
        "no endpoint in CallReceived",
    );
    must(
        kind != "CallReleasedEvent" || !has("appearance"),
        "no appearance in CallReleased",
    );
    let wanted = match kind {
        "CallReceivedEvent" | "CallOriginatedEvent" | "CallOriginatingEvent" => Some("Alerting"),
        "CallAnsweredEvent" | "CallRetrievedEvent" | "CallReleasingEvent" => Some("Active"),
        "CallReleasedEvent" => Some("Released"),
        "CallHeldEvent" => Some("Held"),
        "CallRedirectedEvent" => Some("Detached"),
        _ => state,
    };
    must(state == wanted, "state fits the kind");
    must(
        kind != "CallAnsweredEvent" || has("answerTime"),
        "answerTime in CallAnswered",
    );
    must(
        kind != "CallReceivedEvent" || text(node, "personality") == Some("Terminator"),
        "CallReceived is incoming",
    );
    parts(node, out);
}

fn parts(call: &Node<'_, '_>, out: &mut Vec<String>) {
    for node in call.descendants().filter(Node::is_element) {
        match node.tag_name().name() {
            "remoteParty" | "party" | "callingPartyInfo" => {
                order(&node, PARTY, out);
                one_of("callType", text(&node, "callType"), &CALL_TYPES, out);
                if child(&node, "privacy").is_some() && child(&node, "address").is_some() {
                    out.push("privacy beside an address".into());
                }
            }
            "address" | "userDN" | "acdNumber" => address(&node, out),
            "acdCallInfo" => order(&node, ACD, out),
            "redirection" => order(&node, &[("party", 0), ("reason", 0), ("counter", 0)], out),
            "redirect" => order(&node, &[("address", 0), ("reason", 1), ("redirectTime", 1)], out),
            "reason" => one_of("reason", node.text().map(str::trim), &REDIRECTS, out),
            "endpoint" => type_of(&node, "AccessEndpoint", out),
            "releaseCause" => {
                order(
                    &node,
                    &[
                        ("internalReleaseCause", 1),
                        ("q850Cause", 0),
                        ("sipStatus", 0),
                        ("cdrTerminationCause", 0),
                    ],
                    out,
                );
                one_of("cause", text(&node, "internalReleaseCause"), &CAUSES, out);
            }
            _ => {}
        }
    }
}

/// `tel:`; a country code exactly where the number has one.
fn address(node: &Node<'_, '_>, out: &mut Vec<String>) {
    let value = node.text().unwrap_or_default().trim();
    let country = node.attribute("countryCode") == Some("7");
    if !value.starts_with("tel:") || value.starts_with("tel:+7") != country {
        out.push(format!("address {value:?}, country code given: {country}"));
    }
}
