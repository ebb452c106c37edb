//! Findings over time: scripts of the simulator, the sweeper, the grace time, lost events.

use crate::common::{beside, support, xml};
use beside::{beside, dir, sim};
use perezvon_relay::Policy;
use perezvon_sim::{Args, Sim};
use serde_json::json;
use support::{IVANOV, PETROV, start_in, start_with, until};
use xml::Xml;

#[tokio::test]
async fn every_script_of_the_simulator_arrives_whole() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |options| {
        options.policy = Some(Policy {
            grace_ms: 200,
            ..Policy::default()
        });
    })
    .await;
    for script in ["incoming-answered", "incoming-missed", "incoming-rejected", "held"] {
        sim.play_through(script, Args::default()).await.unwrap();
    }
    let wrong: Vec<_> = sim.deliveries().into_iter().filter(|d| d.status != Some(200)).collect();
    assert!(wrong.is_empty(), "every event was answered 200: {wrong:?}");
    let unreadable = served.get("/v1/events?unreadable=1").await;
    assert_eq!(unreadable["events"], json!([]), "and every one was read");
    let outcomes: Vec<String> = served.get("/v1/calls").await["calls"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|call| call["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        outcomes,
        ["ended", "missed", "rejected", "ended"],
        "with the right findings, oldest first"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_silent_call_is_swept_and_never_missed() {
    let policy = Policy {
        grace_ms: 100,
        ring_lost_ms: 150,
        talk_lost_ms: 150,
    };
    let served = start_with(|options| options.policy = Some(policy)).await;
    served.post_event(Xml::received(1, IVANOV).text()).await;
    let swept = until("the sweeper", || async {
        let call = served.get("/v1/calls").await["calls"][0].clone();
        (call["outcome"] != "ringing").then_some(call)
    })
    .await;
    assert_eq!(
        (&swept["outcome"], &swept["uncertain"]),
        (&json!("ended"), &json!(true)),
        "closed, and not as missed"
    );
    // A call that becomes due while no relay runs is closed after the start.
    let served = start_in(served.stop().await, |options| options.policy = Some(Policy::default())).await;
    served.post_event(Xml::received(2, IVANOV).text()).await;
    let served = start_in(served.stop().await, |options| options.policy = Some(policy)).await;
    until("the sweeper of the next start", || async {
        (served.get("/v1/calls").await["calls"][0]["outcome"] == "ended").then_some(())
    })
    .await;
    served.relay.shutdown().await;
}

#[tokio::test]
async fn a_group_call_is_missed_only_after_the_grace_time() {
    let served = start_with(|options| {
        options.policy = Some(Policy {
            grace_ms: 400,
            ..Policy::default()
        });
    })
    .await;
    let extra = "<xsi:redirections><xsi:redirection><xsi:party><xsi:address>tel:+79000000050</xsi:address></xsi:party>\
                 <xsi:reason>hunt-group</xsi:reason></xsi:redirection></xsi:redirections>";
    let rings = Xml {
        extra: extra.to_owned(),
        ..Xml::received(1, IVANOV)
    };
    served.post_event(rings.text()).await;
    served.post_event(rings.released().text()).await;
    assert_eq!(
        served.get("/v1/calls").await["calls"][0]["outcome"],
        "ringing",
        "another agent may still be rung"
    );
    until("the verdict", || async {
        (served.get("/v1/calls").await["calls"][0]["outcome"] == "missed").then_some(())
    })
    .await;
    served.relay.shutdown().await;
}

/// Makes an event the one of this number in the simulator's subscription.
fn numbered(sim: &Sim) -> impl Fn(i64, Xml) -> Xml + use<> {
    let subscription = sim.subscriptions()[0].subscription_id.clone();
    move |sequence, xml| Xml {
        sequence,
        subscription: subscription.clone(),
        event_id: format!("e0000000-0000-4000-8000-{sequence:012x}"),
        ..xml
    }
}

#[tokio::test]
async fn a_lost_event_makes_missed_uncertain_until_it_comes_after_all() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let event = numbered(&sim);
    let rings = Xml::received(1, IVANOV);
    served.post_event(event(1, rings.clone()).text()).await;
    served.post_event(event(3, rings.released()).text()).await;
    let call = served.get("/v1/calls").await["calls"][0].clone();
    assert_eq!(
        (&call["outcome"], &call["uncertain"]),
        (&json!("ended"), &json!(true)),
        "number 2 is missing: {call}"
    );
    let late = Xml {
        kind: "HookStatusEvent",
        ..rings
    };
    served.post_event(event(2, late).text()).await;
    let call = served.get("/v1/calls").await["calls"][0].clone();
    assert_eq!(
        (&call["outcome"], &call["uncertain"]),
        (&json!("missed"), &json!(false)),
        "now nothing is missing: {call}"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn events_that_come_out_of_order_do_not_hide_that_one_is_lost() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let event = numbered(&sim);
    // A PBX that posts in parallel: of each three events the last comes first.
    for n in 0..40 {
        let call = Xml::received(10 + n, PETROV);
        let first = 1 + 3 * n as i64;
        for (number, step) in [
            (first + 2, call.released()),
            (first, call.clone()),
            (first + 1, call.answered()),
        ] {
            assert_eq!(served.post_event(event(number, step).text()).await, 200);
        }
    }
    let told = served.get("/v1/calls?limit=100").await;
    let sure = told["calls"]
        .as_array()
        .unwrap()
        .iter()
        .all(|call| call["uncertain"] == json!(false));
    assert!(sure, "nothing is missing: {told}");
    // Another caller: with the same one, a colleague would have talked at that moment.
    let rings = Xml {
        address: Some("tel:+79000000088".to_owned()),
        ..Xml::received(1, IVANOV)
    };
    served.post_event(event(121, rings.clone()).text()).await;
    served.post_event(event(123, rings.released()).text()).await;
    let own = format!("/v1/calls?abonent={IVANOV}");
    let call = served.get(&own).await["calls"][0].clone();
    assert_eq!(call["uncertain"], json!(true), "number 122 is missing: {call}");
    let late = Xml {
        kind: "HookStatusEvent",
        ..rings
    };
    served.post_event(event(122, late).text()).await;
    let call = served.get(&own).await["calls"][0].clone();
    assert_eq!(
        (&call["outcome"], &call["uncertain"]),
        (&json!("missed"), &json!(false)),
        "now it is not: {call}"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_doubt_from_before_the_start_is_kept_when_other_events_come_late() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let event = numbered(&sim);
    let rings = Xml::received(1, IVANOV);
    served.post_event(event(1, rings.clone()).text()).await;
    served.post_event(event(3, rings.released()).text()).await;
    let served = beside(&sim, served.stop().await, true, |_| {}).await;
    // The same caller again: what he wanted before is looked at anew, and an event overtakes another.
    let again = Xml::received(2, IVANOV);
    served.post_event(event(4, again.clone()).text()).await;
    served.post_event(event(6, again.released()).text()).await;
    served.post_event(event(5, again.answered()).text()).await;
    let calls = served.get("/v1/calls").await["calls"].clone();
    let first = calls
        .as_array()
        .unwrap()
        .iter()
        .find(|call| call["trackingId"] == json!("1:1"));
    assert_eq!(
        first.map(|call| (&call["outcome"], &call["uncertain"])),
        Some((&json!("ended"), &json!(true))),
        "nobody knows what number 2 was: {calls}"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}
