//! Recordings (reference 1.9).

use std::time::Duration;

use perezvon_sim::{Args, Options, Sim};
use reqwest::Method;
use serde_json::Value;

use crate::{Rest, options, subscriber::Subscriber};

async fn start() -> (Sim, Rest) {
    let options = Options {
        record_delay: Duration::ZERO,
        base_time: Some(1_760_000_000_000),
        speed: 1e9,
        ..options()
    };
    let sim = Sim::start(options).await.unwrap();
    let rest = Rest::of(&sim);
    (sim, rest)
}

fn ids(page: &Value) -> Vec<u64> {
    page.as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

#[tokio::test]
async fn pages_of_a_hundred_follow_an_exclusive_cursor() {
    let (sim, rest) = start().await;
    let args = Args {
        count: Some(250),
        number: Some("+79000001000".into()),
        ..Args::default()
    };
    sim.play_through("incoming-answered", args).await.unwrap();
    let (mut all, mut path) = (Vec::new(), "records".to_owned());
    let mut sizes = Vec::new();
    loop {
        let page = ids(&rest.get(&path).await);
        sizes.push(page.len());
        path = format!("records?id={}", page.last().copied().unwrap_or_default());
        all.extend(page);
        if sizes.last() != Some(&100) {
            break;
        }
    }
    assert_eq!(sizes, [100, 100, 50]);
    assert!(
        all.is_sorted() && all.windows(2).all(|w| w[0] != w[1]),
        "ascending, none twice"
    );
    assert_eq!(
        ids(&rest.get(&format!("records?id={}", all[0] - 1)).await)[0],
        all[0],
        "id-1 includes it (S7)"
    );
    assert_eq!(ids(&rest.get("records?userId=102").await).len(), 0);
    assert_eq!(ids(&rest.get("records?userId=9000000001").await).len(), 100);
    let one = rest.get(&format!("v2/records/{}", all[7])).await;
    let date = one["date"].as_i64().unwrap();
    let at = |ms: i64| {
        chrono::DateTime::from_timestamp_millis(ms)
            .unwrap()
            .format("%Y-%m-%dT%H:%M:%S%.3fZ")
            .to_string()
    };
    let span = rest
        .get(&format!("records?dateFrom={}&dateTo={}", at(date), at(date)))
        .await;
    assert!(ids(&span).contains(&all[7]), "{span}");
    assert_eq!(rest.told(Method::GET, "records?dateFrom=yesterday").await.0, 400);
}

#[tokio::test]
async fn one_record_is_found_in_every_way_and_deleted() {
    let (sim, rest) = start().await;
    let args = Args {
        number: Some("+79000000099".into()),
        talk_ms: Some(2000),
        ..Args::default()
    };
    sim.play_through("incoming-answered", args).await.unwrap();
    let truth = sim.truth().remove(0);
    let record = rest.get("records").await[0].clone();
    let id = record["id"].as_str().unwrap().to_owned();
    assert_eq!(record["externalId"], truth.tracking_id.as_str());
    assert_eq!(
        (record["phone"].as_str(), record["direction"].as_str()),
        (Some("9000000099"), Some("INBOUND"))
    );
    assert_eq!(
        (record["date"].as_i64(), record["duration"].as_i64()),
        (truth.answer, Some(2000))
    );
    let session = &truth.tracking_id;
    for path in [
        format!("records/{id}"),
        format!("v2/records/{id}"),
        format!("v2/records?recordId={id}"),
        format!("v2/records/{session}/9000000001@mpbx.sip.beeline.ru"),
        format!("v2/records/{session}/9000000001"),
        format!("v2/records/{session}/+79000000001@mpbx.sip.beeline.ru"),
    ] {
        assert_eq!(rest.get(&path).await, record, "{path}");
    }
    let mut files = Vec::new();
    for path in [
        format!("v2/records/{id}/download"),
        format!("v2/records/{session}/9000000001/download"),
    ] {
        files.push(rest.send(Method::GET, &path).await.bytes().await.unwrap());
    }
    let link = rest.get(&format!("records/{id}/reference")).await;
    let free = rest.client.get(link["url"].as_str().unwrap()).send().await.unwrap();
    files.push(free.bytes().await.unwrap());
    for file in &files {
        assert_eq!(
            (&file[..4], file.len() as u64),
            (&b"RIFF"[..], record["fileSize"].as_u64().unwrap())
        );
    }
    assert_eq!(
        rest.told(Method::DELETE, &format!("v2/records/{id}")).await,
        (200, String::new())
    );
    let (status, text) = rest.told(Method::GET, &format!("v2/records/{id}/download")).await;
    assert_eq!(status, 400);
    assert!(text.contains("errorCode"), "an error body in place of audio: {text}");
}

#[tokio::test]
async fn only_answered_calls_of_recorded_abonents_have_one() {
    let (sim, rest) = start().await;
    sim.play_through("incoming-missed", Args::default()).await.unwrap();
    sim.play_through(
        "incoming-answered",
        Args {
            abonent: Some("106".into()),
            ..Args::default()
        },
    )
    .await
    .unwrap();
    assert_eq!(ids(&rest.get("records").await).len(), 0);
    rest.send(Method::PUT, "abonents/106/recording").await;
    let subscriber = Subscriber::start().await;
    rest.subscribe(None, "BASIC_CALL", &subscriber.url("all")).await;
    sim.play_through(
        "incoming-answered",
        Args {
            abonent: Some("106".into()),
            ..Args::default()
        },
    )
    .await
    .unwrap();
    assert_eq!(ids(&rest.get("records?userId=106").await).len(), 1);
    let answered = subscriber
        .of("all")
        .into_iter()
        .find(|e| e.kind() == "CallAnswered")
        .unwrap();
    assert_eq!(answered.text("recorded").as_deref(), Some(""), "the event says so too");
    sim.play_through(
        "internal",
        Args {
            abonent: Some("101".into()),
            colleague: Some("103".into()),
            ..Args::default()
        },
    )
    .await
    .unwrap();
    let session = sim.truth().last().unwrap().tracking_id.clone();
    let records = rest.get("records").await;
    let both = records
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["externalId"] == session.as_str())
        .count();
    assert_eq!(both, 2, "one for each recorded abonent");
}

#[tokio::test]
async fn a_late_record_appears_behind_the_cursor() {
    let options = Options {
        record_delay: Duration::ZERO,
        // Divided by the speed: one second.
        late_record_delay: Duration::from_secs(10_000),
        ..options()
    };
    let sim = Sim::start(options).await.unwrap();
    let rest = Rest::of(&sim);
    sim.play_through("incoming-answered+late-record", Args::default())
        .await
        .unwrap();
    let late = sim.truth()[0].tracking_id.clone();
    assert_eq!(
        rest.told(Method::GET, &format!("v2/records/{late}/101/download"))
            .await
            .0,
        400,
        "not there yet"
    );
    sim.play_through("incoming-answered", Args::default()).await.unwrap();
    let prompt = ids(&rest.get("records").await);
    assert_eq!(prompt.len(), 1);
    let there = async {
        while rest.told(Method::GET, &format!("v2/records/{late}/101")).await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), there)
        .await
        .expect("it comes");
    assert_eq!(
        ids(&rest.get(&format!("records?id={}", prompt[0])).await).len(),
        0,
        "the cursor has passed it"
    );
    assert_eq!(ids(&rest.get("records").await).len(), 2);
}

#[tokio::test]
async fn a_download_may_be_taken_in_parts() {
    let (sim, rest) = start().await;
    sim.play_through("incoming-answered", Args::default()).await.unwrap();
    let record = rest.get("records").await.as_array().unwrap()[0].clone();
    let (id, session) = (record["id"].as_str().unwrap(), record["externalId"].as_str().unwrap());
    let length = record["fileSize"].as_u64().unwrap();
    let link = rest.get(&format!("records/{session}/101/reference")).await;
    let whole = rest.send(Method::GET, &format!("v2/records/{id}/download")).await;
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    let whole = whole.bytes().await.unwrap();
    let by_path = |path: String| rest.request(Method::GET, &path);
    for request in [
        by_path(format!("v2/records/{id}/download")),
        by_path(format!("v2/records/{session}/101/download")),
        rest.client.get(link["url"].as_str().unwrap()),
    ] {
        let again = request.try_clone().unwrap();
        let part = request.header("Range", "bytes=100-199").send().await.unwrap();
        assert_eq!(part.status(), 206);
        assert_eq!(part.headers()["content-range"], format!("bytes 100-199/{length}"));
        assert_eq!(part.bytes().await.unwrap(), whole.slice(100..200));
        let beyond = again.header("Range", format!("bytes={length}-")).send().await.unwrap();
        assert_eq!(beyond.status(), 416);
        assert_eq!(beyond.headers()["content-range"], format!("bytes */{length}"));
    }
    sim.faults().change(|f| f.forms.ranges_off = true);
    let request = by_path(format!("v2/records/{id}/download")).header("Range", "bytes=100-199");
    let answer = request.send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers().contains_key("accept-ranges")),
        (200, false)
    );
    assert_eq!(answer.bytes().await.unwrap(), whole, "all of it");
}

#[tokio::test]
async fn a_link_needs_no_token_and_ends() {
    let options = Options {
        record_delay: Duration::ZERO,
        link_life: Duration::from_millis(1500),
        ..options()
    };
    let sim = Sim::start(options).await.unwrap();
    let rest = Rest::of(&sim);
    sim.play_through("incoming-answered", Args::default()).await.unwrap();
    let record = rest.get("records").await[0].clone();
    let id = record["id"].as_str().unwrap().to_owned();
    let link = rest.get(&format!("records/{id}/reference")).await;
    let url = link["url"].as_str().unwrap().to_owned();
    assert_eq!(link["fileSize"], record["fileSize"]);
    let now = chrono::Utc::now().timestamp_millis();
    let left = link["expirationDate"].as_i64().unwrap() - now;
    assert!((1..=1500).contains(&left), "epoch milliseconds of its end: {left}");
    let fetched = async |url: &str| rest.client.get(url).send().await.unwrap().status().as_u16();
    assert_eq!(fetched(&url).await, 200, "without the token");
    let another = rest.get(&format!("records/{id}/reference")).await;
    assert_ne!(another["url"], link["url"], "each request makes its own");
    let forged = url.replace("/downloadCallRecording/", "/downloadCallRecording/0");
    assert_eq!(fetched(&forged).await, 400);
    let ended = async {
        while fetched(&url).await == 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ended)
        .await
        .expect("it ends");
    let text = rest.client.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("errorCode"), "an error body in place of audio: {text}");
    sim.faults().change(|f| f.forms.link_expiry_text = true);
    let link = rest.get(&format!("records/{id}/reference")).await;
    let ends = link["expirationDate"]
        .as_str()
        .unwrap()
        .parse::<chrono::DateTime<chrono::Utc>>();
    assert!(ends.unwrap().timestamp_millis() > now, "ISO-8601 by the switch");
    assert_eq!(
        rest.told(Method::DELETE, &format!("v2/records/{id}")).await,
        (200, String::new())
    );
    assert_eq!(fetched(link["url"].as_str().unwrap()).await, 400, "its record is gone");
    assert_eq!(rest.told(Method::GET, &format!("records/{id}/reference")).await.0, 400);
    assert_eq!(
        rest.told(Method::DELETE, &format!("v2/records/{id}")).await.0,
        400,
        "nothing left to delete"
    );
}
