//! The form of answers (reference 1.1 to 1.3, 1.8).

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Rest, start};

#[tokio::test]
async fn abonents_are_found_by_every_pattern() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let all = rest.get("abonents").await;
    assert_eq!(all.as_array().unwrap().len(), 8);
    assert_eq!(all[0]["lastName"], "Иванов");
    assert_eq!(all[1]["phone"], "", "SIP only");
    assert_eq!(all[7].get("extension"), None, "absent, not null");
    assert_eq!(all[7]["firstName"], Value::Null);
    for (pattern, extension) in [
        ("9000000003@ip.beeline.ru", "103"),
        ("9000000003%40ip.beeline.ru", "103"),
        ("9000000006", "106"),
        ("102", "102"),
    ] {
        assert_eq!(
            rest.get(&format!("abonents/{pattern}")).await["extension"],
            extension,
            "{pattern}"
        );
    }
    let (status, text) = rest.told(Method::GET, "abonents/199").await;
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &body["errorCode"]), (400, &json!("BadRequest")));
    assert!(body["description"].is_string());
}

#[tokio::test]
async fn switches_answer_quoted_text_and_nothing() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let told = async |method: Method, path: &str| rest.told(method, path).await;
    let ok = |text: &str| (200, text.to_owned());
    assert_eq!(told(Method::GET, "abonents/106/recording").await, ok("\"OFF\""));
    assert_eq!(told(Method::PUT, "abonents/106/recording").await, ok(""));
    assert_eq!(told(Method::GET, "abonents/106/recording").await, ok("\"ON\""));
    assert_eq!(told(Method::DELETE, "abonents/106/recording").await, ok(""));
    assert_eq!(told(Method::GET, "abonents/106/recording").await, ok("\"OFF\""));
    assert_eq!(told(Method::GET, "abonents/101/agent").await, ok("\"ONLINE\""));
    assert_eq!(told(Method::PUT, "abonents/101/agent?status=BREAK").await, ok(""));
    assert_eq!(told(Method::GET, "abonents/101/agent").await, ok("\"BREAK\""));
    let json = rest
        .request(Method::PUT, "abonents/101/agent")
        .json(&json!({ "status": "OFFLINE" }))
        .send()
        .await
        .unwrap();
    assert_eq!(json.status(), 200);
    assert_eq!(told(Method::GET, "abonents/101/agent").await, ok("\"OFFLINE\""));
    assert_eq!(told(Method::GET, "abonents/102/agent").await.0, 400, "no agent");
    assert_eq!(told(Method::PUT, "abonents/101/agent?status=AWAY").await.0, 400);
}

#[tokio::test]
async fn the_token_is_checked_and_wrong_paths_are_pages() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    for token in [None, Some(""), Some("00000000-0000-4000-8000-000000000000")] {
        let mut request = rest.client.get(format!("{}abonents", rest.base));
        if let Some(token) = token {
            request = request.header("X-MPBX-API-AUTH-TOKEN", token);
        }
        assert_eq!(request.send().await.unwrap().status(), 401, "{token:?}");
    }
    for path in ["", "users", "v3/abonents", "../elsewhere"] {
        let (status, text) = rest.told(Method::GET, path).await;
        assert_eq!((status, text.starts_with('<')), (404, true), "{path:?}");
    }
    assert_eq!(rest.told(Method::PATCH, "abonents").await.0, 405);
}

#[tokio::test]
async fn inbound_numbers() {
    let sim = start().await;
    let rest = Rest::of(&sim);
    let first = json!({ "numberId": "9000000050@mpbx.sip.beeline.ru", "phone": "9000000050" });
    assert_eq!(rest.get("numbers").await[0], first);
    for pattern in ["9000000050", "9000000050@mpbx.sip.beeline.ru", "600"] {
        assert_eq!(rest.get(&format!("numbers/{pattern}")).await, first, "{pattern}");
    }
    assert_eq!(rest.told(Method::GET, "numbers/9000000059").await.0, 400);
}
