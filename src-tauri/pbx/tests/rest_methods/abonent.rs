//! Agent status, recording, transfers, additional number.

use perezvon_pbx::rest::{AgentStatus, PortalError, Schedule};

use super::server::{Reply, Server};
use super::{GARBLED, HTML, SEGMENT, USER, refused};

#[tokio::test]
async fn the_agent_status_is_read_in_every_form() {
    for (body, expected) in [
        (r#""ONLINE""#, AgentStatus::Online),
        ("OFFLINE", AgentStatus::Offline),
        (" \"BREAK\"\r\n", AgentStatus::Break),
        (r#"{"status":"BREAK"}"#, AgentStatus::Break),
        ("online", AgentStatus::Online),
        (r#""WRAP_UP""#, AgentStatus::Other("WRAP_UP".into())),
    ] {
        let server = Server::always(200, body).await;
        assert_eq!(server.portal().agent_status(USER).await, Ok(expected), "{body}");
        assert_eq!(server.lines(), [format!("GET /portal/abonents/{SEGMENT}/agent")]);
    }
    for body in ["", "null", "{}", "[]", "true", "\"два слова\""] {
        let server = Server::always(200, body).await;
        assert_eq!(server.portal().agent_status(USER).await, Err(GARBLED), "{body}");
    }
    let no_agent = Server::always(400, r#"{"errorCode":"BadRequest","description":"не оператор"}"#).await;
    assert_eq!(
        no_agent.portal().agent_status("101").await,
        Err(refused("BadRequest", Some("не оператор"), 400))
    );
}

#[tokio::test]
async fn the_agent_status_is_set_in_the_query() {
    let server = Server::always(200, "").await;
    for status in [AgentStatus::Online, AgentStatus::Offline, AgentStatus::Break] {
        server.portal().set_agent_status("101", &status).await.unwrap();
    }
    assert_eq!(
        server.lines(),
        ["ONLINE", "OFFLINE", "BREAK"].map(|status| format!("PUT /portal/abonents/101/agent?status={status}"))
    );
    assert!(server.seen().iter().all(|seen| seen.body.is_empty()), "nothing else");
}

#[tokio::test]
async fn recording_is_read_in_every_form() {
    for (body, expected) in [
        (r#""ON""#, Ok(true)),
        ("ON", Ok(true)),
        ("\"OFF\"\n", Ok(false)),
        ("off", Ok(false)),
        (r#"{"status":"ON"}"#, Ok(true)),
        ("", Err(GARBLED)),
        (r#""MAYBE""#, Err(GARBLED)),
        (HTML, Err(GARBLED)),
    ] {
        let server = Server::always(200, body).await;
        assert_eq!(server.portal().recording("101").await, expected, "{body}");
        assert_eq!(server.lines(), ["GET /portal/abonents/101/recording"], "{body}");
    }
}

#[tokio::test]
async fn recording_is_switched() {
    for status in [200, 204] {
        let server = Server::always(status, "").await;
        server.portal().recording_on(USER).await.unwrap();
        server.portal().recording_off("101").await.unwrap();
        assert_eq!(
            server.lines(),
            [
                format!("PUT /portal/abonents/{SEGMENT}/recording"),
                "DELETE /portal/abonents/101/recording".into()
            ]
        );
    }
}

#[tokio::test]
async fn calls_are_transferred() {
    let server = Server::always(200, "").await;
    let portal = server.portal();
    portal
        .transfer("101", "callhalf-4700000100:0", "+79000000099")
        .await
        .unwrap();
    portal.transfer("101", "callhalf-4700000100:0", "102").await.unwrap();
    portal
        .transfer_consult("101", "callhalf-4700000100:0", " callhalf-4700000101:0")
        .await
        .unwrap();
    assert_eq!(
        server.lines(),
        [
            "POST /portal/abonents/101/callTransfer?callId=callhalf-4700000100%3A0&phoneNumber=9000000099",
            "POST /portal/abonents/101/callTransfer?callId=callhalf-4700000100%3A0&phoneNumber=102",
            "POST /portal/abonents/101/callTransferConsult?callId=callhalf-4700000100%3A0&callIdConsult=callhalf-4700000101%3A0",
        ]
    );
    let invalid = |what| Err(PortalError::Invalid { what });
    assert_eq!(portal.transfer("101", " ", "102").await, invalid("call id"));
    assert_eq!(portal.transfer("101", "c", "доб. 5").await, invalid("phone number"));
    assert_eq!(portal.transfer_consult("101", "c", "").await, invalid("call id"));
    assert_eq!(server.lines().len(), 3, "nothing more was sent");
    let gone = Server::always(200, r#"{"errorCode":"BadRequest"}"#).await;
    assert_eq!(
        gone.portal().transfer("101", "c", "102").await,
        Err(refused("BadRequest", None, 200)),
        "an error body counts with any status"
    );
}

#[tokio::test]
async fn an_additional_number_is_connected_and_disconnected() {
    let server = Server::start(|_, _| Reply::Whole(200, "")).await;
    let portal = server.portal();
    for schedule in [
        Schedule::RoundTheClock,
        Schedule::WorkingTime,
        Schedule::NonWorkingTimeAndHolidays,
    ] {
        portal.connect_number("101", "+79000000077", &schedule).await.unwrap();
    }
    portal.disconnect_number("101").await.unwrap();
    assert_eq!(
        server.lines(),
        [
            "PUT /portal/abonents/101/number?phoneNumber=9000000077&schedule=ROUND_THE_CLOCK",
            "PUT /portal/abonents/101/number?phoneNumber=9000000077&schedule=WORKING_TIME",
            "PUT /portal/abonents/101/number?phoneNumber=9000000077&schedule=NON_WORKING_TIME_AND_HOLIDAYS",
            "DELETE /portal/abonents/101/number",
        ]
    );
}
