//! Access to recordings: list, audio with ranges, recordings that are gone, and the audit of listening.

use crate::common::{beside, support};
use beside::{beside, dir, sim};
use perezvon_sim::{Args, FaultKind, Sim};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use support::{Served, until};

const AUDIO: &str = "/v1/recordings/900000001/audio";

struct Company {
    sim: Sim,
    served: Served,
    /// The recording's owner.
    owner: String,
    /// The whole audio, as the PBX sends it.
    whole: Vec<u8>,
}

/// A recorded call whose recording the relay knows.
async fn company() -> Company {
    let sim = sim(|_| {}).await;
    // The row below is inserted by hand: the importer reads once, while the list is empty, and not again.
    let served = beside(&sim, dir(), false, |options| {
        options.timing.import_second = Duration::from_hours(1);
    })
    .await;
    until("the importer has looked", || async {
        let import = served.get("/v1/health").await["import"].clone();
        (import["records"]["lastAt"].is_string() && import["statistics"]["lastAt"].is_string()).then_some(())
    })
    .await;
    sim.play_through("incoming-answered", Args::default()).await.unwrap();
    let pbx = |path: &str| {
        let request = support::client().get(format!("{}{path}", sim.rest_url()));
        request.header("X-MPBX-API-AUTH-TOKEN", sim.token()).send()
    };
    let record = until("the recording is ready at the PBX", || async {
        let list: Value = pbx("records").await.unwrap().json().await.unwrap();
        list.get(0).cloned()
    })
    .await;
    let whole = pbx("v2/records/900000001/download")
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap()
        .to_vec();
    let owner = record["abonent"]["userId"].as_str().unwrap().to_owned();
    let connection = rusqlite::Connection::open(served.dir.path().join("relay.db")).unwrap();
    let insert = "INSERT OR REPLACE INTO recordings
        (id, tracking_id, abonent, call_key, number, direction, started_at, duration_ms, size, state, seen_at)
        VALUES ('900000001', ?1, ?2, NULL, '+79000000099', 'incoming', 1760000000000, 1000, ?3, 'ready', 0)";
    let tracking = record["externalId"].as_str().unwrap();
    connection
        .execute(insert, (tracking, &owner, whole.len() as i64))
        .unwrap();
    Company {
        sim,
        served,
        owner,
        whole,
    }
}

impl Company {
    async fn ask(&self, method: Method, key: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self
            .served
            .client
            .request(method, self.served.url(AUDIO))
            .bearer_auth(key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn listened(&self) -> usize {
        let audit = self.served.get("/v1/audit?what=recording_played").await;
        audit["entries"].as_array().unwrap().len()
    }

    async fn end(self) {
        self.served.relay.shutdown().await;
        self.sim.shutdown().await;
    }
}

#[tokio::test]
async fn audio_comes_whole_and_in_parts() {
    let company = company().await;
    let (admin, whole) = (company.served.admin(), &company.whole);
    for ranges_off in [false, true] {
        company
            .sim
            .faults()
            .change(|faults| faults.forms.ranges_off = ranges_off);
        let all = company.ask(Method::GET, &admin, &[]).await;
        assert_eq!(all.status(), StatusCode::OK);
        let head = all.headers().clone();
        assert_eq!(
            (
                head["content-type"].to_str().unwrap(),
                head["accept-ranges"].to_str().unwrap()
            ),
            ("audio/wav", "bytes")
        );
        assert_eq!(
            head["content-disposition"], "attachment; filename=\"20251009T085320Z-79000000099.wav\"",
            "a name without anything odd"
        );
        assert_eq!(all.bytes().await.unwrap(), whole, "the whole recording");
        let etag = head["etag"].to_str().unwrap();
        let last = whole.len() - 1;
        for (range, first, end) in [
            ("bytes=0-99", 0, 99),
            ("bytes=100-", 100, last),
            ("bytes=-50", last - 49, last),
            ("bytes=10-99999999", 10, last),
        ] {
            let part = company
                .ask(Method::GET, &admin, &[("range", range), ("if-range", etag)])
                .await;
            assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT, "{range}");
            let place = format!("bytes {first}-{end}/{}", whole.len());
            assert_eq!(part.headers()["content-range"], place.as_str(), "{range}");
            assert_eq!(
                part.bytes().await.unwrap(),
                &whole[first..=end],
                "{range}, PBX without ranges: {ranges_off}"
            );
        }
        let beyond = company.ask(Method::GET, &admin, &[("range", "bytes=99999999-")]).await;
        assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(
            beyond.headers()["content-range"],
            format!("bytes */{}", whole.len()).as_str()
        );
        let other = company
            .ask(Method::GET, &admin, &[("range", "bytes=5-"), ("if-range", "\"other\"")])
            .await;
        assert_eq!(
            other.bytes().await.unwrap(),
            whole,
            "a part of another file would be wrong"
        );
        let known = company.ask(Method::GET, &admin, &[("if-none-match", etag)]).await;
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
        let head = company.ask(Method::HEAD, &admin, &[]).await;
        assert_eq!(head.status(), StatusCode::OK);
        assert_eq!(
            head.headers()["content-length"],
            whole.len().to_string().as_str(),
            "how long it is"
        );
        assert_eq!(head.headers()["content-type"], "audio/wav", "and what");
    }
    company.end().await;
}

#[tokio::test]
async fn only_its_abonent_and_admins_hear_it_and_the_audit_knows_who_else_did() {
    let company = company().await;
    let admin = company.served.admin();
    let owner = company.served.add_user(&company.owner).await;
    let other = company.served.add_user("9000009999@mpbx.sip.beeline.ru").await;
    assert_eq!(
        company.ask(Method::GET, &owner, &[]).await.bytes().await.unwrap(),
        company.whole
    );
    assert_eq!(company.listened().await, 0, "one's own calls");
    for method in [Method::GET, Method::HEAD] {
        let answer = company.ask(method, &other, &[]).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "another's does not exist");
    }
    for (range, count) in [("bytes=0-9", 1), ("bytes=10-19", 1), ("bytes=0-", 2)] {
        let part = company.ask(Method::GET, &admin, &[("range", range)]).await;
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        part.bytes().await.unwrap();
        assert_eq!(company.listened().await, count, "{range}: one line for one listening");
    }
    let list = |key: String| {
        let served = &company.served;
        async move {
            let answer = served.send(Method::GET, "/v1/recordings", Some(&key), None).await;
            answer.json::<Value>().await.unwrap()["recordings"]
                .as_array()
                .unwrap()
                .clone()
        }
    };
    assert_eq!(
        (
            list(admin).await.len(),
            list(owner).await.len(),
            list(other.clone()).await.len()
        ),
        (1, 1, 0)
    );
    let path = "/v1/recordings/900000001";
    let one = company.served.send(Method::GET, path, Some(&other), None).await;
    assert_eq!(one.status(), StatusCode::NOT_FOUND);
    let one = company.served.get(path).await;
    assert_eq!(
        (&one["state"], &one["number"]),
        (&json!("ready"), &json!("+79000000099"))
    );
    company.end().await;
}

#[tokio::test]
async fn what_the_pbx_deleted_is_gone_and_its_failures_are_told() {
    let company = company().await;
    let admin = company.served.admin();
    company.sim.faults().path("v2/records", FaultKind::HalfBody, Some(1));
    let half = company.ask(Method::GET, &admin, &[]).await;
    assert!(half.bytes().await.is_err(), "half a recording does not look whole");
    company.sim.faults().path("v2/records", FaultKind::Error500, None);
    let failed = company.ask(Method::GET, &admin, &[]).await;
    assert_eq!(
        failed.status(),
        StatusCode::BAD_GATEWAY,
        "the PBX is out of order, the recording is not gone"
    );
    company.sim.faults().clear();
    assert_eq!(
        company.ask(Method::GET, &admin, &[]).await.bytes().await.unwrap(),
        company.whole,
        "as before"
    );
    let path = "/v1/recordings/900000001";
    let deleted = company.served.send(Method::DELETE, path, Some(&admin), None).await;
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    let connection = rusqlite::Connection::open(company.served.dir.path().join("relay.db")).unwrap();
    connection
        .execute("UPDATE recordings SET state = 'ready', gone_at = NULL", [])
        .unwrap();
    for _ in 0..2 {
        let answer = company.ask(Method::GET, &admin, &[]).await;
        assert_eq!(answer.status(), StatusCode::GONE, "the PBX says that there is none");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "recording_gone");
    }
    assert_eq!(company.served.get(path).await["state"], "gone", "which is remembered");
    let audit = company.served.get("/v1/audit?what=recording_deleted").await;
    assert_eq!(audit["entries"][0]["subject"], "900000001");
    company.end().await;
}

#[tokio::test]
async fn a_listener_who_leaves_gives_his_place_back() {
    let company = company().await;
    let admin = company.served.admin();
    for _ in 0..12 {
        drop(company.ask(Method::GET, &admin, &[]).await);
        until("there is a place again", || async {
            (company.ask(Method::HEAD, &admin, &[]).await.status() == StatusCode::OK).then_some(())
        })
        .await;
    }
    company.end().await;
}

#[tokio::test]
async fn listening_to_a_copy_is_noted_unless_it_is_ones_own() {
    let company = company().await;
    let owner = company.served.add_user(&company.owner).await;
    let admin = company.served.admin().clone();
    for (key, noted) in [(&owner, 0), (&admin, 1)] {
        let url = company.served.url(&AUDIO.replace("/audio", "/played"));
        let at = serde_json::json!({ "at": "2026-01-31T07:22:37.000Z" });
        let answer = company
            .served
            .client
            .post(url)
            .bearer_auth(key)
            .json(&at)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 204);
        assert_eq!(company.listened().await, noted);
    }
    let audit = company.served.get("/v1/audit?what=recording_played").await;
    assert!(audit["entries"][0]["detail"].to_string().contains("copyPlayedAt"));
    company.end().await;
}
