//! Click-to-call: every form of answer, and never two calls for one order.
#![allow(clippy::unwrap_used)]

#[path = "support/portal.rs"]
mod server;

use perezvon_pbx::rest::{MAX_ANSWER, PortalError, Reach};
use server::{HTML, Reply, Server, USER, deaf, portal, refused};

#[tokio::test]
async fn a_call_is_placed_in_every_form_of_answer() {
    for (body, tracking, call) in [
        (
            r#"{"callId":"callhalf-4700000100:0","externalTrackingId":"900100:1","x":1}"#,
            Some("900100:1"),
            Some("callhalf-4700000100:0"),
        ),
        (
            r#"{"externalTrackingId":"5d3b1f60-0000-4a00-8000-00000000c0de"}"#,
            Some("5d3b1f60-0000-4a00-8000-00000000c0de"),
            None,
        ),
        ("\"900100:1\"", Some("900100:1"), None),
        ("  900100:1\r\n", Some("900100:1"), None),
        ("", None, None),
        ("\"\"", None, None),
        ("null", None, None),
    ] {
        let server = Server::always(200, body).await;
        let placed = server.portal().call(USER, "+79000000099").await.expect(body);
        assert_eq!(
            (placed.tracking_id.as_deref(), placed.call_id.as_deref()),
            (tracking, call),
            "{body}"
        );
        assert_eq!(
            server.lines(),
            ["POST /portal/v2/abonents/9000000001%40mpbx.sip.beeline.ru/call?phoneNumber=9000000099"]
        );
    }
}

#[tokio::test]
async fn a_number_is_sent_as_the_pbx_takes_it() {
    for (number, sent) in [
        ("+79000000099", "9000000099"),
        ("102", "102"),
        ("+493012345678", "%2B493012345678"),
        ("*21", "*21"),
    ] {
        let server = Server::always(200, "").await;
        server.portal().call("101", number).await.unwrap();
        assert_eq!(
            server.lines(),
            [format!("POST /portal/v2/abonents/101/call?phoneNumber={sent}")]
        );
    }
    let server = Server::always(200, "").await;
    for bad in ["", "+", "доб. 5", "900&x=1", "+7900000009900000000000000000000000"] {
        let error = server.portal().call("101", bad).await.unwrap_err();
        assert_eq!(error, PortalError::Invalid { what: "phone number" }, "{bad}");
    }
    assert!(server.lines().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn the_first_edition_is_tried_only_when_the_second_surely_does_not_exist() {
    for (status, body) in [
        (404, ""),
        (405, r#"{"errorCode":"x"}"#),
        (404, HTML),
        (200, "<html><title>404</title></html>"),
    ] {
        let server = Server::start(move |seen, _| {
            if seen.line.contains("/v2/") {
                Reply::Whole(status, body)
            } else {
                Reply::Whole(200, "900100:1")
            }
        })
        .await;
        let placed = server.portal().call("101", "+79000000099").await.unwrap();
        assert_eq!(placed.tracking_id.as_deref(), Some("900100:1"), "{status} {body}");
        assert_eq!(
            server.lines(),
            [
                "POST /portal/v2/abonents/101/call?phoneNumber=9000000099",
                "POST /portal/abonents/101/call?phoneNumber=9000000099"
            ]
        );
    }
    let neither = Server::always(404, r#"{"errorCode":"NoAbonent"}"#).await;
    assert_eq!(
        neither.portal().call("101", "102").await,
        Err(refused("NoAbonent", None, 404))
    );
}

#[tokio::test]
async fn a_call_is_sent_once_whatever_comes_back() {
    let unknown = |cause| PortalError::OutcomeUnknown { cause };
    for (reply, expected) in [
        (Some((200, HTML)), unknown("pbx_not_json")),
        (Some((200, r#"{"callId":"callh"#)), unknown("pbx_not_json")),
        (Some((200, "{}")), unknown("pbx_not_json")),
        (Some((200, "что-то другое")), unknown("pbx_not_json")),
        (Some((200, r#"["900100:1"]"#)), unknown("pbx_not_json")),
        (Some((500, "")), unknown("pbx_unavailable")),
        (Some((503, HTML)), unknown("pbx_unavailable")),
        (None, unknown("pbx_timeout")),
        (
            Some((400, r#"{"errorCode":"BadRequest","description":"занят"}"#)),
            refused("BadRequest", Some("занят"), 400),
        ),
        (
            Some((200, r#"{"errorCode":"BadRequest"}"#)),
            refused("BadRequest", None, 200),
        ),
        (Some((429, "")), refused("http", None, 429)),
        (Some((401, "")), PortalError::Unauthorized),
    ] {
        let server =
            Server::start(move |_, _| reply.map_or(Reply::Never, |(status, body)| Reply::Whole(status, body))).await;
        assert_eq!(
            server.portal().call("101", "+79000000099").await,
            Err(expected),
            "{reply:?}"
        );
        assert_eq!(server.lines().len(), 1, "{reply:?}");
    }
    let long = Server::start(|_, _| Reply::Long(200, MAX_ANSWER + 1)).await;
    assert_eq!(long.portal().call("101", "102").await, Err(unknown("pbx_too_large")));
    assert_eq!(long.lines().len(), 1);
}

#[tokio::test]
async fn a_call_over_a_broken_connection_is_sent_once() {
    let half: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 80\r\n\r\n{\"callId\":\"callhalf-1:0\"";
    for bytes in [half, b"", b"HTTP/1.1 200", b"garbage that is no HTTP\r\n\r\n"] {
        let server = Server::raw(bytes).await;
        let error = server.portal().call("101", "+79000000099").await.unwrap_err();
        assert_eq!(
            error,
            PortalError::OutcomeUnknown {
                cause: "pbx_connection_broken"
            }
        );
        assert_eq!(server.lines().len(), 1);
    }
    let base = deaf().await;
    let error = portal(&base).call("101", "+79000000099").await.unwrap_err();
    assert_eq!(
        error,
        PortalError::Unreachable { reach: Reach::Refused },
        "surely not placed"
    );
}

/// The HTTP library repeats a request by itself when it finds a kept connection closed. It must do so only if nothing
/// was sent.
#[tokio::test]
async fn a_call_over_a_kept_connection_that_breaks_is_sent_once() {
    let server = Server::drops_second().await;
    let portal = server.portal();
    portal.abonents().await.unwrap();
    let error = portal.call("101", "+79000000099").await.unwrap_err();
    assert_eq!(
        error,
        PortalError::OutcomeUnknown {
            cause: "pbx_connection_broken"
        }
    );
    let lines = server.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].starts_with("POST /portal/v2/abonents/101/call"), "{lines:?}");
}
