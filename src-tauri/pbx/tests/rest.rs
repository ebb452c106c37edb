//! The portal client against a real HTTP server that answers in every form the reference reports.
#![allow(clippy::unwrap_used)]

#[path = "support/portal.rs"]
mod server;

use std::sync::{Arc, Mutex};

use perezvon_pbx::rest::{
    Abonent, Exchange, MAX_ANSWER, MAX_LIST, Portal, PortalError, Reach, SubscriptionKind, TargetType, Timing, Token,
};
use server::{HTML, Reply, Server, TOKEN, USER, deaf, portal, refused};

#[tokio::test]
async fn abonents_are_read_in_every_form() {
    let server = Server::always(
        200,
        r#"[ {"userId":"9000000001@mpbx.sip.beeline.ru","phone":"9000000001","firstName":"Пётр","lastName":"Иванов",
              "email":"p@example.ru","department":"Продажи","extension":"101","novelty":{"a":[1]}},
             {"userId":"a@x","phone":"+79000000002","lastName":null,"extension":102},
             {"userId":"b@x","phone":"SIP00000U00003","firstName":"  "},
             {"userId":"c@x","phone":null,"email":""},
             {"phone":"9000000009"} ]"#,
    )
    .await;
    let all = server.portal().abonents().await.unwrap();
    let phones: Vec<_> = all.iter().map(|a| (a.user_id.as_str(), a.phone.as_deref())).collect();
    assert_eq!(
        phones,
        [
            (USER, Some("+79000000001")),
            ("a@x", Some("+79000000002")),
            ("b@x", None),
            ("c@x", None)
        ],
        "the entry without an id is left out"
    );
    assert_eq!(
        all[0],
        Abonent {
            user_id: USER.into(),
            phone: Some("+79000000001".into()),
            first_name: Some("Пётр".into()),
            last_name: Some("Иванов".into()),
            email: Some("p@example.ru".into()),
            department: Some("Продажи".into()),
            extension: Some("101".into()),
        }
    );
    assert_eq!(all[0].name().as_deref(), Some("Иванов Пётр"));
    assert_eq!((all[1].extension.as_deref(), all[1].name()), (Some("102"), None));
    assert_eq!((all[2].first_name.as_deref(), all[3].email.as_deref()), (None, None));
    let seen = server.seen();
    assert_eq!(seen[0].line, "GET /portal/abonents");
    assert_eq!(seen[0].token.as_deref(), Some(TOKEN), "the token goes in its header");
}

#[tokio::test]
async fn one_abonent_and_numbers() {
    let server = Server::start(|seen, _| {
        if seen.line.contains("numbers") {
            Reply::Whole(
                200,
                r#"[{"numberId":"n@x","phone":"84950000050"},{"numberId":"m@x"},{"phone":"1"}]"#,
            )
        } else {
            Reply::Whole(200, r#"{"userId":"9000000001@mpbx.sip.beeline.ru"}"#)
        }
    })
    .await;
    assert_eq!(server.portal().abonent(USER).await.unwrap().user_id, USER);
    let numbers = server.portal().numbers().await.unwrap();
    let numbers: Vec<_> = numbers
        .iter()
        .map(|n| (n.number_id.as_str(), n.phone.as_deref()))
        .collect();
    assert_eq!(numbers, [("n@x", Some("+74950000050")), ("m@x", None)]);
    assert_eq!(
        server.lines(),
        [
            "GET /portal/abonents/9000000001%40mpbx.sip.beeline.ru",
            "GET /portal/numbers"
        ],
        "the id is one encoded path segment"
    );
}

#[tokio::test]
async fn an_identifier_cannot_leave_its_segment() {
    let server = Server::always(404, r#"{"errorCode":"BadRequest"}"#).await;
    for bad in ["", " ", ".", ".."] {
        assert_eq!(
            server.portal().abonent(bad).await,
            Err(PortalError::Invalid { what: "identifier" }),
            "{bad:?}"
        );
    }
    assert!(server.lines().is_empty(), "nothing was sent");
    server.portal().abonent("../numbers?x#%2e").await.unwrap_err();
    assert_eq!(server.lines(), ["GET /portal/abonents/..%2Fnumbers%3Fx%23%252e"]);
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
#[tokio::test]
async fn refusals_in_every_form() {
    for (status, body, expected) in [
        (
            400,
            r#"{"errorCode":"BadRequest","description":"нет такого"}"#,
            refused("BadRequest", Some("нет такого"), 400),
        ),
        (200, r#"{"errorCode":"BadRequest"}"#, refused("BadRequest", None, 200)),
        (
            200,
            r#"{"error":"BadRequest","message":"m"}"#,
            refused("BadRequest", Some("m"), 200),
        ),
        (
            400,
            r#"{"message":"only this","statusCode":400}"#,
            refused("http", Some("only this"), 400),
        ),
        (404, "", refused("http", None, 404)),
        (429, "slow down", refused("http", None, 429)),
        (401, r#"{"errorCode":"x"}"#, PortalError::Unauthorized),
        (403, HTML, PortalError::Unauthorized),
        (500, r#"{"errorCode":"x"}"#, PortalError::Unavailable { status: 500 }),
        (
            404,
            HTML,
            PortalError::NotJson {
                status: 404,
                no_such_path: true,
            },
        ),
        (
            200,
            HTML,
            PortalError::NotJson {
                status: 200,
                no_such_path: false,
            },
        ),
        (
            200,
            "\r\n <html><h1>Page not found</h1></html>",
            PortalError::NotJson {
                status: 200,
                no_such_path: true,
            },
        ),
        (
            200,
            r#"{"userId":"#,
            PortalError::NotJson {
                status: 200,
                no_such_path: false,
            },
        ),
        (
            200,
            "{}",
            PortalError::NotJson {
                status: 200,
                no_such_path: false,
            },
        ),
        (
            200,
            "",
            PortalError::NotJson {
                status: 200,
                no_such_path: false,
            },
        ),
        (
            200,
            "null",
            PortalError::NotJson {
                status: 200,
                no_such_path: false,
            },
        ),
    ] {
        let server = Server::always(status, body).await;
        assert_eq!(server.portal().abonent("102").await, Err(expected), "{status} {body}");
        assert_eq!(server.lines().len(), 1, "no use in repeating {status} {body}");
    }
}

#[tokio::test]
async fn subscriptions() {
    let server = Server::start(|seen, _| {
        Reply::Whole(
            200,
            match seen.line.split(' ').next().unwrap() {
                "PUT" if seen.body.contains("pattern") => r#"{"subscriptionId":"s-1","expires":"3600"}"#,
                "PUT" => r#"{"subscriptionId":"s-2"}"#,
                "GET" => {
                    r#"{"subscriptionId":"s-1","targetType":"ABONENT","targetId":"102","subscriptionType":"ADVANCED_CALL",
                        "expires":81234,"url":"https://relay.example.ru/xsi/SECRET"}"#
                }
                _ => "",
            },
        )
    })
    .await;
    let portal = server.portal();
    let url = "https://relay.example.ru/xsi/SECRET";
    let made = portal
        .subscribe(Some("102"), 86400, url, SubscriptionKind::Advanced)
        .await
        .unwrap();
    assert_eq!(
        (made.id.as_str(), made.expires_s),
        ("s-1", 3600),
        "the granted time counts, not the asked one"
    );
    let all = portal
        .subscribe(None, 86400, url, SubscriptionKind::Basic)
        .await
        .unwrap();
    assert_eq!((all.id.as_str(), all.expires_s), ("s-2", 86400));
    let info = portal.subscription("s-1").await.unwrap();
    assert_eq!(info.remaining_s, Some(81234));
    assert_eq!(
        (info.target_type, info.kind),
        (Some(TargetType::Abonent), Some(SubscriptionKind::Advanced))
    );
    assert_eq!(info.url.as_deref(), Some(url));
    assert!(
        !format!("{info:?}").contains("SECRET"),
        "the callback's secret does not print"
    );
    portal.unsubscribe("s-1").await.unwrap();

    let seen = server.seen();
    assert_eq!(
        server.lines(),
        [
            "PUT /portal/subscription",
            "PUT /portal/subscription",
            "GET /portal/subscription?subscriptionId=s-1",
            "DELETE /portal/subscription?subscriptionId=s-1"
        ]
    );
    assert_eq!(seen[0].content_type.as_deref(), Some("application/json"));
    let body: serde_json::Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({ "pattern": "102", "expires": 86400, "subscriptionType": "ADVANCED_CALL", "url": url })
    );
    assert!(!seen[1].body.contains("pattern"), "left out for the whole client");
}

#[tokio::test]
async fn a_get_is_repeated_until_it_succeeds_and_a_change_is_not() {
    let flaky = |_: &server::Seen, before: usize| match before {
        0 => Reply::Whole(503, HTML),
        1 => Reply::Never,
        _ => Reply::Whole(200, r#"{"userId":"u@x","subscriptionId":"s"}"#),
    };
    let server = Server::start(flaky).await;
    assert_eq!(server.portal().abonent("102").await.unwrap().user_id, "u@x");
    assert_eq!(server.lines().len(), 3);

    let server = Server::start(flaky).await;
    let error = server
        .portal()
        .subscribe(None, 3600, "http://x/", SubscriptionKind::Basic)
        .await
        .unwrap_err();
    assert_eq!(error, PortalError::Unavailable { status: 503 });
    let error = server.portal().unsubscribe("s").await.unwrap_err();
    assert_eq!(error, PortalError::Timeout);
    assert_eq!(server.lines().len(), 2);

    let down = Server::always(502, "").await;
    assert_eq!(
        down.portal().abonents().await,
        Err(PortalError::Unavailable { status: 502 })
    );
    assert_eq!(down.lines().len(), 3, "and then it gives up");
}

#[tokio::test]
async fn too_long_answers_are_cut_off() {
    let server = Server::start(|_, _| Reply::Long(200, MAX_ANSWER + 1)).await;
    assert_eq!(server.portal().abonent("102").await, Err(PortalError::TooLarge));
    assert!(
        matches!(server.portal().abonents().await, Err(PortalError::NotJson { .. })),
        "a list may be longer"
    );
    let server = Server::start(|_, _| Reply::Long(200, MAX_LIST + 1)).await;
    assert_eq!(server.portal().abonents().await, Err(PortalError::TooLarge));
    // Without a length in the head only counting helps: the server here ends the body by closing.
    let endless: &'static [u8] = Box::leak(
        [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &vec![b' '; MAX_ANSWER + 1]]
            .concat()
            .into(),
    );
    let server = Server::raw(endless).await;
    assert_eq!(server.portal().abonent("102").await, Err(PortalError::TooLarge));
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let elsewhere = Server::always(200, "[]").await;
    let to = format!("{}/abonents", elsewhere.base);
    let server = Server::start(move |_, _| Reply::Redirect(to.clone())).await;
    assert_eq!(server.portal().abonents().await, Err(refused("http", None, 302)));
    assert!(elsewhere.lines().is_empty());
}

#[tokio::test]
async fn the_unreachable_says_how() {
    let base = deaf().await;
    assert_eq!(
        portal(&base).abonents().await,
        Err(PortalError::Unreachable { reach: Reach::Refused })
    );
    let named = portal("http://nowhere.invalid/").abonents().await;
    assert_eq!(named, Err(PortalError::Unreachable { reach: Reach::Dns }));
    let plain = Server::always(200, "[]").await;
    let tls = portal(&plain.base.replace("http:", "https:")).abonents().await;
    assert_eq!(tls, Err(PortalError::Unreachable { reach: Reach::Tls }));
    let broken = Server::raw(b"").await;
    assert_eq!(
        broken.portal().abonents().await,
        Err(PortalError::Unreachable { reach: Reach::Broken })
    );
}

#[tokio::test]
async fn the_journal_learns_of_every_exchange() {
    let server = Server::start(|seen, _| Reply::Whole(if seen.line.contains("/v2/") { 404 } else { 200 }, "")).await;
    let journal: Arc<Mutex<Vec<Exchange>>> = Arc::default();
    let log = journal.clone();
    let portal = server
        .portal()
        .observed(Arc::new(move |exchange| log.lock().unwrap().push(exchange)));
    portal.call(USER, "+79000000099").await.unwrap();
    let entries = journal.lock().unwrap().clone();
    let told: Vec<_> = entries
        .iter()
        .map(|e| (e.method.as_str(), e.path.as_str(), e.status, e.error))
        .collect();
    assert_eq!(
        told,
        [
            (
                "POST",
                "v2/abonents/9000000001@mpbx.sip.beeline.ru/call",
                Some(404),
                Some("pbx_refused")
            ),
            ("POST", "abonents/9000000001@mpbx.sip.beeline.ru/call", Some(200), None),
        ],
        "with ids, without the number dialled"
    );
}

#[tokio::test]
async fn the_token_never_prints() {
    let token = Token::parse(&format!("  {TOKEN}\n")).unwrap();
    assert_eq!(token.reveal(), TOKEN);
    assert_eq!(format!("{token} {token:?}"), "<redacted> <redacted>");
    for bad in ["", "  ", "two words", "токен", "a\u{7f}", &"x".repeat(129)] {
        assert!(Token::parse(bad).is_err(), "{bad:?}");
    }
    let echo = Server::always(400, r#"{"errorCode":"11111111-2222-4333-8444-555555555555","description":"bad 11111111-2222-4333-8444-555555555555!"}"#).await;
    let dead = deaf().await;
    let broken = Server::raw(b"HTTP/1.1 200").await;
    for portal in [echo.portal(), portal(&dead), broken.portal()] {
        let error = portal.call("101", "+79000000099").await.unwrap_err();
        let told = format!("{error} {error:?} {} {portal:?}", error.code());
        assert!(!told.contains("11111111") && !told.contains("9000000099"), "{told}");
    }
}

#[test]
fn only_a_plain_address_is_a_base() {
    for bad in ["ftp://pbx.example/", "mailto:a@pbx.example", "http://pbx.example/?x=1"] {
        let made = Portal::new(bad.parse().unwrap(), Token::parse(TOKEN).unwrap(), Timing::default());
        assert_eq!(made.err(), Some(PortalError::Invalid { what: "base address" }), "{bad}");
    }
}
