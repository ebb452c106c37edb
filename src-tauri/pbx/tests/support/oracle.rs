//! The reading of an event by another parser and in another style: roxmltree's tree, queried field by field. It shares
//! nothing with the package but the types, so that an error in either shows as a difference.

use perezvon_core::Time;
use perezvon_core::event::{
    Acd, CallData, Event, EventKind, LegState, Party, Personality, Redirect, Redirection, ReleasingParty,
};
use roxmltree::{Document, Node};

const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The event, or `None` when roxmltree does not accept the document or its root is no `Event`.
pub(crate) fn oracle(text: &str) -> Option<Event> {
    let document = Document::parse(text).ok()?;
    let root = document.root_element();
    if root.tag_name().name() != "Event" {
        return None;
    }
    let top = vec![root];
    let data: Vec<Node<'_, '_>> = step(&top, "eventData").into_iter().take(1).collect();
    let mut event = Event {
        event_id: text_of(&top, "eventID"),
        sequence: number_of(&top, "sequenceNumber"),
        subscription_id: text_of(&top, "subscriptionId"),
        target: text_of(&top, "targetId"),
        kind: EventKind::Missing,
        calls: Vec::new(),
        hook_status: text_of(&data, "hookStatus"),
        reason: text_of(&data, "reason"),
        unknown: Vec::new(),
    };
    if let Some(data) = data.first() {
        let kind = data
            .attributes()
            .find(|a| a.namespace() == Some(SCHEMA_INSTANCE) && a.name() == "type")
            .or_else(|| data.attributes().find(|a| a.name() == "type"));
        if let Some(kind) = kind {
            let name = kind.value();
            event.kind = EventKind::from_wire(name[name.rfind(':').map_or(0, |i| i + 1)..].trim());
        }
    }
    for child in data.iter().flat_map(Node::children).filter(Node::is_element) {
        match child.tag_name().name() {
            "call" => event.calls.push(call(child)),
            "calls" => event.calls.extend(step(&[child], "call").into_iter().map(call)),
            "hookStatus" | "reason" => {}
            _ => event.unknown.push(text[child.range()].to_owned()),
        }
    }
    Some(event)
}

fn call(node: Node<'_, '_>) -> CallData {
    let here = [node];
    let redirect = step(&here, "redirect");
    let acd = step(&here, "acdCallInfo");
    CallData {
        call_id: text_of(&here, "callId"),
        tracking_id: text_of(&here, "extTrackingId"),
        personality: first(&here, "personality", Personality::from_wire),
        state: first(&here, "state", LegState::from_wire),
        cause: text_of(&step(&here, "releaseCause"), "internalReleaseCause"),
        cdr_cause: text_of(&step(&here, "releaseCause"), "cdrTerminationCause"),
        releasing_party: first(&here, "releasingParty", |word| match word {
            "localRelease" => Some(ReleasingParty::Local),
            "remoteRelease" => Some(ReleasingParty::Remote),
            _ => None,
        }),
        remote: party(&step(&here, "remoteParty")),
        redirections: step(&step(&here, "redirections"), "redirection")
            .into_iter()
            .map(|n| Redirection {
                party: party(&step(&[n], "party")),
                reason: text_of(&[n], "reason"),
            })
            .collect(),
        redirect: (!redirect.is_empty()).then(|| Redirect {
            address: text_of(&redirect, "address"),
            reason: text_of(&redirect, "reason"),
            time: time_of(&redirect, "redirectTime"),
        }),
        address_of_record: text_of(&step(&here, "endpoint"), "addressOfRecord"),
        hunt_group: text_of(&here, "huntGroupUserId"),
        start: time_of(&here, "startTime"),
        answer: time_of(&here, "answerTime"),
        held: time_of(&here, "heldTime"),
        total_held_ms: number_of(&here, "totalHeldTime"),
        detached: time_of(&here, "detachedTime"),
        release: time_of(&here, "releaseTime"),
        acd: (!acd.is_empty()).then(|| Acd {
            user_id: text_of(&acd, "acdUserId"),
            name: text_of(&acd, "acdName"),
            number: text_of(&acd, "acdNumber"),
            wait_s: number_of(&acd, "waitTime"),
            calling: party(&step(&acd, "callingPartyInfo")),
        }),
        recorded: !step(&here, "recorded").is_empty(),
        recording_state: text_of(&here, "recordingState"),
    }
}

fn party(nodes: &[Node<'_, '_>]) -> Party {
    Party {
        name: text_of(nodes, "name"),
        address: text_of(nodes, "address"),
        user_id: text_of(nodes, "userId"),
        user_dn: text_of(nodes, "userDN"),
        privacy: !step(nodes, "privacy").is_empty(),
        call_type: text_of(nodes, "callType"),
    }
}

/// The children with a local name, of all these elements.
fn step<'a, 'i>(nodes: &[Node<'a, 'i>], name: &str) -> Vec<Node<'a, 'i>> {
    nodes
        .iter()
        .flat_map(Node::children)
        .filter(|n| n.is_element() && n.tag_name().name() == name)
        .collect()
}

fn first<T>(nodes: &[Node<'_, '_>], name: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    step(nodes, name).into_iter().find_map(|node| {
        let text: String = node.children().filter(Node::is_text).filter_map(|n| n.text()).collect();
        let text = text.trim();
        if text.is_empty() { None } else { read(text) }
    })
}

fn text_of(nodes: &[Node<'_, '_>], name: &str) -> Option<String> {
    first(nodes, name, |text| Some(text.to_owned()))
}

fn number_of(nodes: &[Node<'_, '_>], name: &str) -> Option<i64> {
    first(nodes, name, |text| text.parse().ok())
}

fn time_of(nodes: &[Node<'_, '_>], name: &str) -> Option<Time> {
    let plausible = 946_684_800_000..4_102_444_800_000;
    first(nodes, name, |text| {
        text.parse().ok().filter(|ms| plausible.contains(ms)).map(Time::from_ms)
    })
}
