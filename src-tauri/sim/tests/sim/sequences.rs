//! The sequences of reference 2.8 as BASIC_CALL and ADVANCED_CALL subscribers see them, and the truth beside them.

use perezvon_sim::{Args, Outcome, SCRIPTS};

use crate::subscribed;

const IVANOV: &str = "9000000001@mpbx.sip.beeline.ru";
const SIDOROVA: &str = "SIP00000U00002@mpbx.sip.beeline.ru";
const ELKIN: &str = "9000000003@ip.beeline.ru";

/// Kind, personality and cause of each event about a call or hook, short.
async fn story(script: &str, kind: &str) -> Vec<String> {
    let (sim, _rest, subscriber) = subscribed(kind).await;
    sim.play_through(
        script,
        Args {
            number: Some("+79000000099".into()),
            ..Args::default()
        },
    )
    .await
    .unwrap();
    let word = |e: &crate::subscriber::Received| {
        let kind = e.kind();
        let extra = match kind.as_str() {
            "HookStatus" => e.text("hookStatus"),
            "CallReleased" | "CallReleasing" => e.text("internalReleaseCause").or(e.text("releasingParty")),
            _ => None,
        };
        extra.map_or(kind.clone(), |extra| format!("{kind} {extra}"))
    };
    subscriber.of("all").iter().map(word).collect()
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
#[tokio::test]
async fn basic_sequences() {
    let table: &[(&str, &[&str])] = &[
        (
            "incoming-answered",
            &[
                "CallReceived",
                "HookStatus Off-Hook",
                "CallAnswered",
                "CallReleased remoteRelease",
                "HookStatus On-Hook",
            ],
        ),
        ("incoming-missed", &["CallReceived", "CallReleased remoteRelease"]),
        ("incoming-rejected", &["CallReceived", "CallReleased Busy"]),
        ("unreachable", &["CallReceived", "CallReleased Temporarily Unavailable"]),
        (
            "outgoing-busy",
            &[
                "HookStatus Off-Hook",
                "CallOriginated",
                "CallReleasing Busy",
                "CallReleased Busy",
                "HookStatus On-Hook",
            ],
        ),
        (
            "outgoing-cancelled",
            &[
                "HookStatus Off-Hook",
                "CallOriginated",
                "CallReleased localRelease",
                "HookStatus On-Hook",
            ],
        ),
        (
            "click-to-call",
            &[
                "CallOriginating",
                "HookStatus Off-Hook",
                "CallOriginated",
                "CallAnswered",
                "CallReleased remoteRelease",
                "HookStatus On-Hook",
            ],
        ),
        (
            "click-to-call-unanswered",
            &["CallOriginating", "CallReleased Request Timeout"],
        ),
        ("click-to-call-rejected", &["CallOriginating", "CallReleased Busy"]),
        (
            "click-to-call-forbidden",
            &["CallOriginating", "CallReleased Forbidden"],
        ),
        (
            "internal",
            &[
                "HookStatus Off-Hook",
                "CallOriginated",
                "CallReceived",
                "HookStatus Off-Hook",
                "CallAnswered",
                "CallAnswered",
                "CallReleased localRelease",
                "CallReleased remoteRelease",
                "HookStatus On-Hook",
                "HookStatus On-Hook",
            ],
        ),
        (
            "feature-code",
            &[
                "HookStatus Off-Hook",
                "CallCollecting",
                "CallReleased localRelease",
                "HookStatus On-Hook",
            ],
        ),
    ];
    for (script, wanted) in table {
        assert_eq!(story(script, "BASIC_CALL").await, *wanted, "{script}");
    }
}

#[tokio::test]
async fn a_consultative_transfer_tells_the_new_session() {
    let (sim, _rest, subscriber) = subscribed("ADVANCED_CALL").await;
    sim.play_through("consultative-transfer", Args::default())
        .await
        .unwrap();
    let events = subscriber.of("all");
    let of = |kind: &str| events.iter().find(|e| e.kind() == kind).unwrap();
    let truth = &sim.truth()[0];
    let redirected = of("CallRedirected");
    assert_eq!(
        redirected.body.matches("<xsi:call>").count(),
        2,
        "both legs of the abonent"
    );
    assert!(
        redirected.body.contains(&truth.linked[0]),
        "the consultation's session is named"
    );
    let transferred = of("CallTransferred");
    assert_eq!(
        transferred.text("extTrackingId").unwrap(),
        truth.tracking_id,
        "the colleague's leg has moved"
    );
    assert_eq!(transferred.text("targetId").unwrap(), SIDOROVA);
    assert_eq!(truth.outcome(IVANOV), Some(Outcome::Transferred));
    assert_eq!(truth.outcome(SIDOROVA), Some(Outcome::Answered));
}

#[tokio::test]
async fn a_group_rings_together_or_in_turn_and_its_system_leg_reports() {
    for (script, together) in [
        ("group-answered", true),
        ("group-sequential", false),
        ("multichannel", true),
    ] {
        let (sim, _rest, subscriber) = subscribed("BASIC_CALL").await;
        let args = Args {
            abonent: Some("103".into()),
            ..Args::default()
        };
        sim.play_through(script, args).await.unwrap();
        let events = subscriber.of("all");
        let at = |kind: &str, target: &str| {
            events
                .iter()
                .position(|e| e.kind() == kind && e.text("targetId").as_deref() == Some(target))
        };
        let (first_end, last_ring) = (at("CallReleased", IVANOV).unwrap(), at("CallReceived", ELKIN).unwrap());
        assert_eq!(last_ring < first_end, together, "{script}");
        assert!(
            at("CallAnswered", "MPBX_hg_000001@mpbx.sip.beeline.ru").is_some(),
            "{script}: the group answers"
        );
        assert_eq!(at("CallAnswered", IVANOV), None, "{script}");
        assert_eq!(
            at("CallAnswered", "MPBX_vxml_000001@mpbx.sip.beeline.ru").is_some(),
            script == "multichannel"
        );
        let truth = &sim.truth()[0];
        assert_eq!(truth.answered_by.as_deref(), Some(ELKIN), "{script}");
        assert_eq!(truth.outcome(IVANOV), Some(Outcome::AnsweredByColleague), "{script}");
        assert_eq!(truth.line.as_deref(), Some("+79000000050"), "{script}");
        let ring = &events[last_ring];
        let parties: Vec<_> = ring.body.matches("<xsi:redirection>").collect();
        assert_eq!(parties.len(), 2, "{script}: group and number are told while it rings");
    }
}

#[tokio::test]
async fn a_call_centre_offers_agent_by_agent() {
    let (sim, _rest, subscriber) = subscribed("BASIC_CALL").await;
    sim.play_through(
        "callcentre",
        Args {
            abonent: Some("106".into()),
            ..Args::default()
        },
    )
    .await
    .unwrap();
    let events = subscriber.of("all");
    let people: Vec<_> = events
        .iter()
        .filter(|e| !e.text("targetId").unwrap().starts_with("MPBX") && e.kind() != "HookStatus")
        .map(|e| (e.kind(), e.text("acdName").is_some()))
        .collect();
    let received = |acd| ("CallReceived".to_owned(), acd);
    assert_eq!(people[0], received(true));
    assert_eq!(people.iter().filter(|p| **p == received(true)).count(), 4, "{people:?}");
    for pair in people.chunks(2).take(3) {
        assert_eq!(pair[1].0, "CallReleased", "{people:?}");
    }
    let outcomes: Vec<_> = sim.truth()[0].parts.iter().map(|p| p.outcome).collect();
    assert_eq!(
        outcomes,
        [
            Outcome::Rejected,
            Outcome::AnsweredByColleague,
            Outcome::Unreachable,
            Outcome::Answered
        ]
    );
    let last = events.iter().rfind(|e| e.kind() == "CallReleased").unwrap();
    assert_eq!(
        last.text("targetId").unwrap(),
        "MPBX_cc_000001@mpbx.sip.beeline.ru",
        "its release ends the call"
    );
}

/// The truth is checked against what a reader of the events would find: who has an answered leg in that session.
#[tokio::test]
async fn the_truth_agrees_with_the_events_in_every_script() {
    for script in SCRIPTS.iter().filter(|s| !s.name.starts_with("subscription")) {
        let (sim, _rest, subscriber) = subscribed("ADVANCED_CALL").await;
        sim.play_through(script.name, Args::default()).await.unwrap();
        let events = subscriber.of("all");
        for truth in sim.truth() {
            let mut sessions = truth.linked.clone();
            sessions.push(truth.tracking_id.clone());
            for part in &truth.parts {
                let answered = events.iter().any(|e| {
                    e.kind() == "CallAnswered"
                        && e.text("targetId").as_deref() == Some(&part.abonent)
                        && sessions.contains(&e.text("extTrackingId").unwrap())
                });
                let talked = matches!(part.outcome, Outcome::Answered | Outcome::Transferred);
                assert_eq!(answered, talked, "{}: {} {:?}", script.name, part.abonent, part.outcome);
                assert_eq!(part.answer.is_some(), talked, "{}: {}", script.name, part.abonent);
                assert!(
                    part.start <= part.release && truth.release >= part.release,
                    "{}",
                    script.name
                );
            }
        }
        let calls = usize::from(!matches!(script.name, "resync" | "feature-code"));
        assert_eq!(sim.truth().len(), calls, "{}", script.name);
    }
}
