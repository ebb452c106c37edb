//! Every event of every script has the reference's structure; numbers run without gaps; a seed repeats a run.

use std::collections::{HashMap, HashSet};

use perezvon_sim::{Args, MODIFIERS, Options, SCRIPTS, Sim};

use crate::{Rest, options, subscriber::Subscriber, table};

/// Subscribes in all ways, plays all scripts, returns the subscriber.
async fn play_everything(sim: &Sim, subscriber: &Subscriber) {
    let rest = Rest::of(sim);
    for kind in ["BASIC_CALL", "ADVANCED_CALL"] {
        rest.subscribe(None, kind, &subscriber.url(&format!("group-{kind}")))
            .await;
        rest.subscribe(Some("101"), kind, &subscriber.url(&format!("abonent-{kind}")))
            .await;
        rest.subscribe(Some("9000000050"), kind, &subscriber.url(&format!("number-{kind}")))
            .await;
    }
    for script in SCRIPTS.iter().filter(|s| s.name != "subscription-end") {
        // An address of its own for the subscription that subscription-start makes.
        let args = Args {
            url: Some(subscriber.url("started")),
            ..Args::default()
        };
        sim.play_through(script.name, args).await.unwrap();
    }
    sim.play_through("subscription-end", Args::default()).await.unwrap();
}

#[tokio::test]
async fn every_event_of_every_script_has_the_structure_of_the_reference() {
    let (sim, subscriber) = (Sim::start(options()).await.unwrap(), Subscriber::start().await);
    play_everything(&sim, &subscriber).await;
    let received = subscriber.all();
    let mut ids = HashSet::new();
    let mut numbers: HashMap<String, Vec<i64>> = HashMap::new();
    for event in &received {
        assert_eq!(table::faults(&event.body), Vec::<String>::new(), "{}", event.body);
        assert_eq!(event.content_type, "application/xml; charset=UTF-8");
        assert!(event.path.ends_with("/null"), "{}", event.path);
        assert!(ids.insert(event.text("eventID")), "eventID twice");
        numbers
            .entry(event.text("subscriptionId").unwrap())
            .or_default()
            .push(event.sequence());
    }
    assert_eq!(numbers.len(), 7, "six subscriptions and the one of subscription-start");
    for (subscription, numbers) in numbers {
        assert_eq!(
            numbers,
            (1..=numbers.len() as i64).collect::<Vec<_>>(),
            "{subscription}"
        );
    }
}

#[tokio::test]
async fn each_subscription_gets_the_kinds_that_it_asked_for() {
    let (sim, subscriber) = (Sim::start(options()).await.unwrap(), Subscriber::start().await);
    play_everything(&sim, &subscriber).await;
    let advanced = [
        "CallHeld",
        "CallRetrieved",
        "CallUpdated",
        "CallRedirected",
        "CallTransferred",
        "CallForwarded",
        "CallRecordingStarted",
    ];
    let all: HashSet<_> = subscriber.kinds("group-ADVANCED_CALL").into_iter().collect();
    for kind in advanced {
        assert!(all.contains(kind), "{kind} is played by no script");
        for target in ["group", "abonent", "number"] {
            let basic = subscriber.kinds(&format!("{target}-BASIC_CALL"));
            assert!(
                !basic.contains(&kind.to_owned()),
                "{kind} at a BASIC_CALL subscription of {target}"
            );
        }
    }
    for kind in ["BASIC_CALL", "ADVANCED_CALL"] {
        let single = subscriber.kinds(&format!("abonent-{kind}"));
        assert_eq!(single[0], "CallSubscription", "first event of a single subscription");
        for event in subscriber.of(&format!("abonent-{kind}")) {
            assert_eq!(event.text("targetId").unwrap(), "9000000001@mpbx.sip.beeline.ru");
        }
        let group = subscriber.kinds(&format!("group-{kind}"));
        assert!(!group.contains(&"CallSubscription".to_owned()), "none for the group");
        let number = subscriber.of(&format!("number-{kind}"));
        assert!(number.len() > 10, "the line's sessions come to the NUMBER subscription");
        for event in number {
            assert_eq!(event.text("targetId").unwrap(), "9000000050@mpbx.sip.beeline.ru");
        }
        for target in ["group", "abonent", "number"] {
            let kinds = subscriber.kinds(&format!("{target}-{kind}"));
            assert_eq!(kinds.last().unwrap(), "SubscriptionTerminated", "{target} {kind}");
        }
    }
}

#[tokio::test]
async fn every_modifier_goes_with_every_script_and_stays_well_formed() {
    let (sim, subscriber) = (Sim::start(options()).await.unwrap(), Subscriber::start().await);
    Rest::of(&sim)
        .subscribe(None, "ADVANCED_CALL", &subscriber.url("all"))
        .await;
    for script in SCRIPTS.iter().filter(|s| s.name != "subscription-end") {
        for (modifier, _) in MODIFIERS {
            sim.play_through(&format!("{}+{modifier}", script.name), Args::default())
                .await
                .unwrap();
        }
    }
    let received = subscriber.all();
    assert!(received.len() > 2000, "only {}", received.len());
    for event in received {
        let mut faults = table::faults(&event.body);
        // The unknown kind carries an unknown element: that is its point.
        faults.retain(|f| !f.starts_with("CallNoveltyEvent holds"));
        assert_eq!(faults, Vec::<String>::new(), "{}", event.body);
    }
}

/// The bodies that two runs with these options send, run by run.
async fn two_runs(first: Options, second: Options) -> [Vec<String>; 2] {
    let subscriber = Subscriber::start().await;
    let mut runs = Vec::new();
    for options in [first, second] {
        let sim = Sim::start(options).await.unwrap();
        Rest::of(&sim)
            .subscribe(None, "ADVANCED_CALL", &subscriber.url("all"))
            .await;
        for script in SCRIPTS.iter().filter(|s| !s.name.starts_with("subscription")) {
            let args = Args {
                faults: vec!["mixed-style".into()],
                ..Args::default()
            };
            sim.play_through(script.name, args).await.unwrap();
        }
        sim.shutdown().await;
        runs.push(subscriber.of("all").into_iter().map(|r| r.body).collect());
        subscriber.clear();
    }
    runs.try_into().unwrap()
}

/// With every time set to 0.
fn timeless(bodies: &[String]) -> Vec<String> {
    let timeless = |body: &String| {
        let times: Vec<String> = {
            let document = roxmltree::Document::parse(body).unwrap();
            let times = document.descendants().filter(|n| n.tag_name().name().ends_with("Time"));
            times
                .filter_map(|n| n.text())
                .map(|t| t.trim().to_owned())
                .filter(|t| t.len() == 13)
                .collect()
        };
        times.iter().fold(body.clone(), |body, time| body.replace(time, "0"))
    };
    bodies.iter().map(timeless).collect()
}

#[tokio::test]
async fn a_seed_repeats_a_run_byte_for_byte() {
    let fixed = || Options {
        base_time: Some(1_760_000_000_000),
        ..options()
    };
    let [one, two] = two_runs(fixed(), fixed()).await;
    assert!(one.len() > 100, "only {}", one.len());
    assert_eq!(one, two, "with the time fixed");
    let [one, two] = two_runs(options(), options()).await;
    assert_eq!(timeless(&one), timeless(&two), "time stamps aside");
    let [one, two] = two_runs(
        fixed(),
        Options {
            seed: Some(8),
            ..fixed()
        },
    )
    .await;
    assert_ne!(one, two, "another seed");
}

#[tokio::test]
async fn speed_shortens_waits_but_not_the_times_told() {
    let (sim, subscriber) = (Sim::start(options()).await.unwrap(), Subscriber::start().await);
    Rest::of(&sim)
        .subscribe(None, "BASIC_CALL", &subscriber.url("all"))
        .await;
    let args = Args {
        ring_ms: Some(8250),
        talk_ms: Some(63_650),
        ..Args::default()
    };
    let begun = std::time::Instant::now();
    sim.play_through("incoming-answered", args).await.unwrap();
    assert!(
        begun.elapsed().as_secs() < 30,
        "72 s of script took {:?}",
        begun.elapsed()
    );
    let released = subscriber
        .of("all")
        .into_iter()
        .find(|e| e.kind() == "CallReleased")
        .unwrap();
    let time = |element: &str| released.text(element).unwrap().parse::<i64>().unwrap();
    assert_eq!(time("answerTime") - time("startTime"), 8250);
    assert_eq!(time("releaseTime") - time("answerTime"), 63_650);
    let args = Args {
        ring_ms: Some(1500),
        ..Args::default()
    };
    sim.play_through("incoming-missed", args).await.unwrap();
    let truth = sim.truth().pop().unwrap();
    assert_eq!(truth.release - truth.start, 1500, "rings as long as told");
}

#[tokio::test]
async fn tracking_ids_come_in_both_forms() {
    for (tracking, length) in [
        (perezvon_sim::TrackingFormat::Numbers, 10),
        (perezvon_sim::TrackingFormat::Uuid, 36),
    ] {
        let sim = Sim::start(Options { tracking, ..options() }).await.unwrap();
        sim.play_through("incoming-missed", Args::default()).await.unwrap();
        let id = sim.truth()[0].tracking_id.clone();
        assert_eq!(id.len(), length, "{id}");
    }
}

/// The checker itself: it accepts the examples of the reference and notices what is wrong.
#[test]
fn the_table_accepts_the_examples_and_refuses_damage() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../pbx/tests/events");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "xml"));
    assert_eq!(files.len(), 39);
    for file in &files {
        let body = std::fs::read_to_string(file).unwrap();
        assert_eq!(table::faults(&body), Vec::<String>::new(), "{}", file.display());
    }
    let released = files
        .iter()
        .find(|f| f.to_string_lossy().contains("10-CallReleased"))
        .unwrap();
    let good = std::fs::read_to_string(released).unwrap();
    for (from, to) in [
        ("<xsi:state>Released</xsi:state>", ""),
        ("<xsi:state>Released</xsi:state>", "<xsi:state>Gone</xsi:state>"),
        ("<xsi:recorded/>", "<xsi:recorded/><xsi:callId>1</xsi:callId>"),
        ("<xsi:releaseTime>1760000071900</xsi:releaseTime>", ""),
        (" countryCode=\"7\"", ""),
        ("http://schema.broadsoft.com/xsi\"", "http://example.ru/xsi\""),
        ("xsi1:type=\"xsi:CallReleasedEvent\"", "xsi1:type=\"CallReleasedEvent\""),
        ("<xsi:eventID>", "<xsi:eventID>x"),
        ("</xsi:Event>", ""),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good, "{from} is there");
        assert_ne!(
            table::faults(&bad),
            Vec::<String>::new(),
            "{from} -> {to} was not noticed"
        );
    }
}
