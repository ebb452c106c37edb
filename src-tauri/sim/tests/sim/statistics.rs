//! Statistics, both editions (reference 1.10).

use perezvon_sim::{Args, Options, Sim};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Rest, options, start};

const SPAN: &str = "dateFrom=2025-01-01T00:00:00.000Z&dateTo=2099-01-01T00:00:00.000Z";

async fn lines(rest: &Rest, path: &str) -> Vec<Value> {
    rest.get(path).await.as_array().unwrap().clone()
}

#[tokio::test]
async fn each_outcome_has_its_line_in_both_editions() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    for (script, status, direction, count) in [
        ("incoming-answered", "RECIEVED", "INBOUND", 1),
        ("incoming-missed", "MISSED", "INBOUND", 1),
        ("outgoing-answered", "PLACED", "OUTBOUND", 1),
        ("outgoing-busy", "PLACED", "OUTBOUND", 1),
        ("group-missed", "MISSED", "INBOUND", 3),
        ("group-answered", "RECIEVED", "INBOUND", 1),
    ] {
        let before = lines(&rest, &format!("v2/statistics?{SPAN}")).await.len();
        let args = Args {
            number: Some("+79000000099".into()),
            ..Args::default()
        };
        sim.play_through(script, args).await.unwrap();
        let all = lines(&rest, &format!("v2/statistics?{SPAN}")).await;
        assert_eq!(all.len() - before, count, "{script}");
        let line = &all[0];
        assert_eq!(
            (&line["status"], &line["direction"]),
            (&json!(status), &json!(direction)),
            "{script}"
        );
        let truth = sim.truth().pop().unwrap();
        let part = truth
            .parts
            .iter()
            .find(|p| p.abonent == line["abonent"]["userId"].as_str().unwrap())
            .unwrap();
        assert_eq!(
            line["startDate"].as_i64().unwrap(),
            part.start,
            "{script}: epoch milliseconds"
        );
        assert_eq!(
            line["duration"].as_i64().unwrap(),
            part.answer.map_or(0, |a| part.release - a),
            "{script}"
        );
        assert!(
            line.get("phone").is_none() && line["phone_from"].is_string(),
            "{script}: {line}"
        );
        let old = &lines(&rest, &format!("statistics?{SPAN}")).await[0];
        assert!(
            old["phone"].is_string() && old.get("phone_from").is_none(),
            "{script}: {old}"
        );
    }
}

#[tokio::test]
async fn pages_count_from_zero_newest_first() {
    let options = Options {
        base_time: Some(1_760_000_000_000),
        ..options()
    };
    let sim = Sim::start(options).await.unwrap();
    let rest = Rest::of(&sim);
    let args = Args {
        count: Some(25),
        number: Some("+79000001000".into()),
        ..Args::default()
    };
    sim.play_through("incoming-missed", args).await.unwrap();
    let mut all = Vec::new();
    for (page, size) in [(0, 10), (1, 10), (2, 5), (3, 0)] {
        let lines = lines(
            &rest,
            &format!("v2/statistics?{SPAN}&page={page}&pageSize=10&userId=101"),
        )
        .await;
        assert_eq!(lines.len(), size, "page {page}");
        all.extend(lines.iter().map(|l| l["startDate"].as_i64().unwrap()));
    }
    assert!(all.windows(2).all(|w| w[0] > w[1]), "newest first, none twice: {all:?}");
    assert_eq!(
        rest.told(Method::GET, &format!("v2/statistics?{SPAN}&pageSize=101"))
            .await
            .0,
        400
    );
    let narrow = "v2/statistics?dateFrom=20251009T085320Z&dateTo=2025-10-09T08:53:22.000Z";
    assert_eq!(
        lines(&rest, narrow).await.len(),
        3,
        "every form of a date; 1760000000 s and two more"
    );
}

#[tokio::test]
async fn the_second_edition_can_be_off() {
    let sim = start().await;
    sim.faults().change(|f| f.v2_statistics_off = true);
    let rest = Rest::of(&sim);
    let (status, text) = rest.told(Method::GET, &format!("v2/statistics?{SPAN}")).await;
    assert_eq!((status, text.starts_with('<')), (404, true));
    assert_eq!(
        rest.told(Method::GET, &format!("statistics?{SPAN}")).await,
        (200, "[]".to_owned())
    );
}
