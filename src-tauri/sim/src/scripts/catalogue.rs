//! The list of scripts: a new script is a function in a file beside this one and a line here.

use super::{incoming, line, outgoing, transfer};
use crate::{
    company::LineKind,
    event::Kind,
    plan::{Stage, Step, What},
};

/// One script by name.
#[derive(Clone, Copy)]
pub struct Script {
    /// Its name.
    pub name: &'static str,
    /// What it plays.
    pub what: &'static str,
    pub(crate) line: Option<LineKind>,
    pub(super) write: fn(&mut Stage<'_>),
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

pub(super) const fn script(name: &'static str, what: &'static str, write: fn(&mut Stage<'_>)) -> Script {
    Script {
        name,
        what,
        line: None,
        write,
    }
}

const fn on_line(name: &'static str, what: &'static str, line: LineKind, write: fn(&mut Stage<'_>)) -> Script {
    Script {
        name,
        what,
        line: Some(line),
        write,
    }
}

/// All scripts.
pub const SCRIPTS: &[Script] = &[
    script(
        "incoming-answered",
        "an outside caller, answered (2.8.1)",
        incoming::answered,
    ),
    script(
        "incoming-missed",
        "an outside caller gives up (2.8.2)",
        incoming::missed,
    ),
    script(
        "incoming-rejected",
        "the abonent presses reject (2.8.3)",
        incoming::rejected,
    ),
    script(
        "unreachable",
        "the abonent's phone is off: Temporarily Unavailable (2.6)",
        incoming::unreachable,
    ),
    script(
        "hidden-number",
        "an outside caller who withholds the number, answered",
        incoming::hidden,
    ),
    script(
        "held",
        "an answered call, put on hold and taken back (ADVANCED)",
        incoming::held,
    ),
    on_line(
        "group-answered",
        "a hunt group whose members ring together; the abonent answers (2.8.4)",
        LineKind::HuntGroup,
        line::answered,
    ),
    on_line(
        "group-sequential",
        "a hunt group whose members ring one after another; the abonent answers (2.8.4)",
        LineKind::HuntGroup,
        line::sequential,
    ),
    on_line(
        "group-missed",
        "a hunt group that nobody answers; the _hg_ leg answered (2.8.4)",
        LineKind::HuntGroup,
        line::missed,
    ),
    on_line(
        "multichannel",
        "a multichannel number with a voice menu (_vxml) before the group; answered (2.8.4)",
        LineKind::HuntGroup,
        line::menu,
    ),
    on_line(
        "callcentre",
        "agent by agent; the abonent is the last and answers (2.8.5)",
        LineKind::CallCentre,
        line::callcentre,
    ),
    on_line(
        "callcentre-missed",
        "agent by agent, nobody answers, the caller gives up (2.8.5)",
        LineKind::CallCentre,
        line::callcentre_missed,
    ),
    script(
        "outgoing-answered",
        "dialled at the phone, answered (2.8.6)",
        outgoing::answered,
    ),
    script(
        "outgoing-cancelled",
        "dialled at the phone, the abonent hangs up first",
        outgoing::cancelled,
    ),
    script(
        "outgoing-busy",
        "dialled at the phone, the other side is busy (2.8.7)",
        outgoing::busy,
    ),
    script(
        "click-to-call",
        "call by REST: the abonent picks up, then the client (2.8.8)",
        outgoing::click_answered,
    ),
    script(
        "click-to-call-unanswered",
        "call by REST: the abonent does not pick up (Request Timeout, 111)",
        outgoing::click_unanswered,
    ),
    script(
        "click-to-call-rejected",
        "call by REST: the abonent rejects (Busy)",
        outgoing::click_rejected,
    ),
    script(
        "click-to-call-forbidden",
        "call by REST: the abonent's soft phone rejects (Forbidden, 111)",
        outgoing::click_forbidden,
    ),
    script(
        "click-to-call-busy",
        "call by REST: the abonent picks up, the client is busy",
        outgoing::click_busy,
    ),
    script(
        "click-to-call-no-answer",
        "call by REST: the abonent picks up, the client never does",
        outgoing::click_no_answer,
    ),
    script(
        "internal",
        "abonent calls colleague, answered; both sides report (2.8.9)",
        outgoing::internal,
    ),
    script(
        "internal-missed",
        "abonent calls colleague, who does not answer",
        outgoing::internal_missed,
    ),
    script(
        "feature-code",
        "a feature code is dialled (CallCollecting)",
        outgoing::feature_code,
    ),
    script(
        "consultative-transfer",
        "the abonent asks a colleague and hands the call over (ADVANCED, 2.8.10)",
        transfer::consultative,
    ),
    script(
        "blind-transfer",
        "the abonent hands the call over without asking",
        transfer::blind,
    ),
    script(
        "forward-no-answer",
        "not answered, forwarded to the colleague, who answers",
        transfer::forward,
    ),
    script(
        "internal-forwarded",
        "abonent calls colleague, whose phone forwards outside (CallForwarded, ADVANCED)",
        transfer::internal_forwarded,
    ),
    script(
        "subscription-start",
        "an ABONENT subscription begins: CallSubscription, number 1 (2.8.11)",
        |s| {
            let what = What::Subscribe {
                abonent: s.who.user_id.clone(),
                url: s.args.url.clone(),
            };
            s.steps.push(Step { at: 0, what });
        },
    ),
    script(
        "subscription-end",
        "subscriptions end by the PBX's will: the abonent's, or all (2.8.12)",
        |s| {
            let abonent = s.args.abonent.is_some().then(|| s.who.user_id.clone());
            s.steps.push(Step {
                at: 0,
                what: What::Terminate { abonent },
            });
        },
    ),
    script(
        "resync",
        "the PBX's server restarted: CallSubscriptionResync for the abonent",
        |s| {
            let target = s.who.user_id.clone();
            s.push(0, Kind::CallSubscriptionResync, &target, Vec::new(), Some("On-Hook"));
        },
    ),
];
