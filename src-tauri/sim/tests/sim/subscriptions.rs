//! The life of a subscription (reference 1.11, 2.8.11, 2.8.12).

use perezvon_sim::{Args, Options, Sim};
use reqwest::Method;
use serde_json::json;

use crate::{Rest, options, start, subscribed, subscriber::Subscriber};

#[tokio::test]
async fn what_is_granted_is_clamped_and_counts_down() {
    let (sim, subscriber) = (start().await, Subscriber::start().await);
    let rest = Rest::of(&sim);
    for (asked, granted) in [(60, 3600), (86_400, 86_400), (99_999_999, 604_800)] {
        let body = json!({ "expires": asked, "subscriptionType": "BASIC_CALL", "url": subscriber.url("a") });
        let answer = rest
            .request(Method::PUT, "subscription")
            .json(&body)
            .send()
            .await
            .unwrap();
        let made: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(made["expires"], granted, "asked for {asked}");
        let id = made["subscriptionId"].as_str().unwrap();
        let told = rest.get(&format!("subscription?subscriptionId={id}")).await;
        assert!(
            told["expires"].as_u64().unwrap() < granted,
            "what remains is told: {told}"
        );
        assert_eq!(
            (&told["targetType"], &told["url"]),
            (&json!("GROUP"), &json!(subscriber.url("a")))
        );
    }
}

#[tokio::test]
async fn a_pattern_chooses_the_target() {
    let (sim, subscriber) = (start().await, Subscriber::start().await);
    let rest = Rest::of(&sim);
    for (pattern, kind, id) in [
        (
            "9000000001@mpbx.sip.beeline.ru",
            "ABONENT",
            "9000000001@mpbx.sip.beeline.ru",
        ),
        ("9000000004", "ABONENT", "79000000004@ip.beeline.ru"),
        ("105", "ABONENT", "9000000005@spb.ims.mnc099.mcc250.3gppnetwork.org"),
        ("9000000050", "NUMBER", "9000000050@mpbx.sip.beeline.ru"),
    ] {
        let made = rest.subscribe(Some(pattern), "BASIC_CALL", &subscriber.url("a")).await;
        let told = rest
            .get(&format!(
                "subscription?subscriptionId={}",
                made["subscriptionId"].as_str().unwrap()
            ))
            .await;
        assert_eq!(
            (told["targetType"].as_str(), told["targetId"].as_str()),
            (Some(kind), Some(id)),
            "{pattern}"
        );
    }
    for (body, why) in [
        (
            json!({ "pattern": "199", "url": "http://127.0.0.1:9/" }),
            "unknown pattern",
        ),
        (json!({ "pattern": "", "url": "http://127.0.0.1:9/" }), "empty pattern"),
        (json!({ "expires": 3600 }), "no url"),
        (
            json!({ "url": "http://127.0.0.1:9/", "subscriptionType": "ALL" }),
            "unknown type",
        ),
    ] {
        let answer = rest
            .request(Method::PUT, "subscription")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 400, "{why}");
        let told: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(told["errorCode"], "BadRequest", "{why}");
    }
}

#[tokio::test]
async fn delete_ends_it_with_a_last_event() {
    let (sim, rest, subscriber) = subscribed("BASIC_CALL").await;
    let id = sim.subscriptions()[0].subscription_id.clone();
    assert_eq!(
        rest.told(Method::DELETE, &format!("subscription?subscriptionId={id}"))
            .await,
        (200, String::new())
    );
    subscriber
        .until("SubscriptionTerminated", |s| {
            s.kinds("all") == ["SubscriptionTerminated"]
        })
        .await;
    assert_eq!(subscriber.of("all")[0].text("subscriptionId").unwrap(), id);
    for method in [Method::GET, Method::DELETE] {
        let (status, text) = rest
            .told(method.clone(), &format!("subscription?subscriptionId={id}"))
            .await;
        assert_eq!(status, 400, "{method}");
        assert!(text.contains("errorCode"), "{text}");
    }
    sim.play_through("incoming-answered", Args::default()).await.unwrap();
    assert_eq!(subscriber.of("all").len(), 1, "nothing after the end");
}

#[tokio::test]
async fn it_expires_by_itself() {
    let sim = Sim::start(Options {
        expires_min: 1,
        expires_cap: 1,
        ..options()
    })
    .await
    .unwrap();
    let (rest, subscriber) = (Rest::of(&sim), Subscriber::start().await);
    rest.subscribe(None, "BASIC_CALL", &subscriber.url("all")).await;
    assert_eq!(sim.subscriptions().len(), 1);
    subscriber
        .until("SubscriptionTerminated", |s| {
            s.kinds("all") == ["SubscriptionTerminated"]
        })
        .await;
    assert!(sim.subscriptions().is_empty());
}

#[tokio::test]
async fn a_single_subscription_begins_with_the_calls_that_are_there() {
    let sim = Sim::start(Options {
        speed: 1.0,
        ..options()
    })
    .await
    .unwrap();
    let (rest, subscriber) = (Rest::of(&sim), Subscriber::start().await);
    rest.subscribe(Some("101"), "BASIC_CALL", &subscriber.url("idle")).await;
    subscriber.until("first event", |s| !s.of("idle").is_empty()).await;
    let first = subscriber.of("idle").remove(0);
    assert_eq!((first.kind().as_str(), first.sequence()), ("CallSubscription", 1));
    assert_eq!(
        (first.text("hookStatus").as_deref(), first.text("calls")),
        (Some("On-Hook"), None)
    );
    sim.play(
        "incoming-answered",
        Args {
            ring_ms: Some(100),
            ..Args::default()
        },
    )
    .unwrap();
    subscriber
        .until("answer", |s| s.kinds("idle").contains(&"CallAnswered".into()))
        .await;
    rest.subscribe(Some("101"), "BASIC_CALL", &subscriber.url("busy")).await;
    subscriber.until("first event", |s| !s.of("busy").is_empty()).await;
    let first = subscriber.of("busy").remove(0);
    assert_eq!(crate::table::faults(&first.body), Vec::<String>::new());
    assert_eq!(
        (first.text("hookStatus").as_deref(), first.text("state").as_deref()),
        (Some("Off-Hook"), Some("Active"))
    );
}

#[tokio::test]
async fn a_live_twin_delivers_everything_again_under_its_own_name() {
    let (sim, _rest, subscriber) = subscribed("BASIC_CALL").await;
    sim.play_through("incoming-missed+second-subscription", Args::default())
        .await
        .unwrap();
    let of = |kind: &str| {
        subscriber
            .of("all")
            .into_iter()
            .filter(|e| e.kind() == kind)
            .collect::<Vec<_>>()
    };
    let received = of("CallReceived");
    assert_eq!(received.len(), 2);
    assert_ne!(received[0].text("eventID"), received[1].text("eventID"));
    assert_ne!(received[0].text("subscriptionId"), received[1].text("subscriptionId"));
    assert_eq!(received[0].text("callId"), received[1].text("callId"));
    assert_eq!(of("SubscriptionTerminated").len(), 1, "the twin ends");
    assert_eq!(sim.subscriptions().len(), 1);
}

#[tokio::test]
async fn the_null_suffix_can_be_off_and_a_dead_subscriber_is_logged() {
    let sim = Sim::start(Options {
        null_suffix: false,
        ..options()
    })
    .await
    .unwrap();
    let (rest, subscriber) = (Rest::of(&sim), Subscriber::start().await);
    rest.subscribe(None, "BASIC_CALL", &subscriber.url("all")).await;
    let dead = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    rest.subscribe(None, "BASIC_CALL", &format!("http://{dead}/xsi")).await;
    sim.play_through("incoming-missed", Args::default()).await.unwrap();
    assert_eq!(
        subscriber.all().iter().map(|r| r.path.as_str()).collect::<Vec<_>>(),
        ["/xsi/all", "/xsi/all"]
    );
    let errors: Vec<_> = sim.deliveries().into_iter().filter_map(|d| d.error).collect();
    assert_eq!(errors, ["no connection", "no connection"], "one attempt each");
}
