//! Faults of reference part 4 as modifiers of a written script.

use crate::{
    event::{Event, Kind},
    plan::{Step, What},
    rng::Rng,
};

/// The modifiers: name and what it does.
pub const MODIFIERS: &[(&str, &str)] = &[
    ("duplicate", "every event is delivered twice, the same document"),
    (
        "swapped",
        "events are delivered in pairs the wrong way round (sequence numbers keep the true order)",
    ),
    (
        "lost-released",
        "no CallReleased is delivered (its sequence number is used up)",
    ),
    ("missing-target", "events have no targetId"),
    ("line-breaks", "line breaks and blanks around every text"),
    ("other-prefixes", "other namespace prefixes than xsi and xsi1"),
    ("one-line", "no indentation"),
    ("mixed-style", "each event in a style chosen by seed"),
    ("unknown-kind", "events of a kind that nobody knows come in between"),
    (
        "second-subscription",
        "every subscription has a twin to the same address while the script plays",
    ),
    (
        "operator-address",
        "click-to-call: the address of CallOriginating is the operator's own",
    ),
    (
        "click-to-dial-kept",
        "click-to-call: the personality stays Click-to-Dial to the end",
    ),
    ("withheld", "an outside caller withholds the number"),
    (
        "late-record",
        "the recording appears late, with an id that was given at the end of the call",
    ),
    ("503-html", "REST answers 503 with an HTML page while the script plays"),
];

/// Applies the modifiers that change events and their delivery; the others act while the script is written.
pub(super) fn spoil(steps: &mut Vec<Step>, faults: &[&str], rng: &mut Rng) {
    let has = |fault: &str| faults.contains(&fault);
    if has("unknown-kind") {
        add_unknown(steps);
    }
    let mut turn = 0_usize;
    for event in events(steps) {
        turn += 1;
        let m = &mut event.mishap;
        m.duplicate |= has("duplicate");
        m.held_back |= has("swapped") && turn % 2 == 1;
        m.lost |= has("lost-released") && event.kind == Kind::CallReleased;
        m.no_target |= has("missing-target");
        m.line_breaks |= has("line-breaks");
        m.other_prefixes |= has("other-prefixes");
        m.one_line |= has("one-line");
        if has("mixed-style") {
            let bits = rng.next();
            m.line_breaks |= bits & 1 != 0;
            m.other_prefixes |= bits & 2 != 0;
            m.one_line |= bits & 4 != 0;
        }
    }
    let end = steps.last().map_or(0, |s| s.at) + 100;
    let around = |steps: &mut Vec<Step>, before, after| {
        steps.insert(0, Step { at: 0, what: before });
        steps.push(Step { at: end, what: after });
    };
    if has("second-subscription") {
        around(steps, What::OpenTwins, What::CloseTwins);
    }
    if has("503-html") {
        around(steps, What::Outage(true), What::Outage(false));
    }
}

fn events(steps: &mut [Step]) -> impl Iterator<Item = &mut Event> {
    steps.iter_mut().filter_map(|s| match &mut s.what {
        What::Event(event) => Some(event),
        _ => None,
    })
}

/// After every event with a call, one of an unknown kind about the same call.
fn add_unknown(steps: &mut Vec<Step>) {
    let mut with = Vec::with_capacity(steps.len() * 2);
    for step in steps.drain(..) {
        let extra = match &step.what {
            What::Event(event) if event.calls.len() == 1 => {
                let event = Event {
                    kind: Kind::Novelty,
                    ..event.clone()
                };
                Some(Step {
                    at: step.at,
                    what: What::Event(event),
                })
            }
            _ => None,
        };
        with.push(step);
        with.extend(extra);
    }
    *steps = with;
}
