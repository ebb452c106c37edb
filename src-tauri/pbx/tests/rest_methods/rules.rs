//! Simple and selective forwarding, black and white list.

use perezvon_pbx::rest::{
    CallLists, Forward, ForwardRule, Forwarding, ListKind, ListRule, ListStatus, PortalError, Schedule, Stored,
};
use serde_json::json as value;

use super::server::{Reply, Server};
use super::{GARBLED, HTML, json, refused};

#[tokio::test]
async fn forwarding_is_read_in_every_form() {
    let full = Forward {
        all: Some("+79000000071".into()),
        busy: Some("+79000000072".into()),
        unavailable: Some("102".into()),
        not_answered: Some("+79000000074".into()),
        not_answered_rings: Some(4),
    };
    let none = Forward::default();
    for (body, is_on, forward) in [
        (
            r#"{"status":"ON","forward":{"forwardAllCallsPhone":"9000000071","forwardBusyPhone":"+79000000072",
                "forwardUnavailablePhone":"102","forwardNotAnswerPhone":"89000000074","forwardNotAnswerTimeout":4}}"#,
            true,
            &full,
        ),
        (
            r#"{"status":"ON","cfb":{"forwardAllCallsPhone":"9000000071","forwardBusyPhone":"9000000072",
                "forwardUnavailablePhone":102,"forwardNotAnswerPhone":"9000000074","forwardNotAnswerTimeout":"4"}}"#,
            true,
            &full,
        ),
        (r#"{"status":"OFF"}"#, false, &none),
        (r#"{"status":"OFF","forward":null}"#, false, &none),
        (
            r#"{"status":"ON","forward":{"forwardBusyPhone":null,"forwardNotAnswerTimeout":"soon"}}"#,
            true,
            &none,
        ),
    ] {
        let server = Server::always(200, body).await;
        let read = server.portal().forwarding("101").await.expect(body);
        assert_eq!(
            read,
            Forwarding {
                is_on,
                forward: forward.clone()
            },
            "{body}"
        );
        assert_eq!(server.lines(), ["GET /portal/abonents/101/cfb"]);
    }
    let server = Server::always(200, "{}").await;
    assert_eq!(server.portal().forwarding("101").await, Err(GARBLED));
}

#[tokio::test]
async fn forwarding_is_set_and_switched_off() {
    let server = Server::always(200, "").await;
    let portal = server.portal();
    let forward = Forward {
        busy: Some("+79000000072".into()),
        not_answered: Some("102".into()),
        not_answered_rings: Some(5),
        ..Forward::default()
    };
    portal.set_forwarding("101", &forward).await.unwrap();
    portal.forwarding_off("101").await.unwrap();
    let bad = Forward {
        all: Some("никому".into()),
        ..Forward::default()
    };
    assert_eq!(
        portal.set_forwarding("101", &bad).await,
        Err(PortalError::Invalid { what: "phone number" })
    );
    assert_eq!(
        server.lines(),
        ["PUT /portal/abonents/101/cfb", "DELETE /portal/abonents/101/cfb"]
    );
    assert_eq!(
        json(&server.seen()[0]),
        value!({ "forwardBusyPhone": "9000000072", "forwardNotAnswerPhone": "102", "forwardNotAnswerTimeout": 5 }),
        "only what is set"
    );
}

fn forward_rule() -> ForwardRule {
    ForwardRule {
        name: "Поставщики".into(),
        to: "+79000000077".into(),
        schedule: Schedule::WorkingTime,
        phones: vec!["+79000000098".into(), "103".into()],
    }
}

#[tokio::test]
async fn selective_forwarding_is_read_in_every_form() {
    let server = Server::always(
        200,
        r#"{"isCfsServiceEnabled":true,"ruleList":[
            {"id":7,"name":"Поставщики","forwardToPhone":"9000000077","schedule":"WORKING_TIME","phoneList":["+79000000098","103"]},
            {"id":"abc-8","name":null,"forwardToPhone":"102","schedule":"LUNCH","phoneList":null},
            {"name":"без id"}, "мусор"]}"#,
    )
    .await;
    let read = server.portal().selective_forwarding("101").await.unwrap();
    assert!(read.is_on);
    let bare = ForwardRule {
        name: String::new(),
        to: "102".into(),
        schedule: Schedule::Other("LUNCH".into()),
        phones: Vec::new(),
    };
    assert_eq!(
        read.rules,
        [
            Stored {
                id: "7".into(),
                rule: forward_rule()
            },
            Stored {
                id: "abc-8".into(),
                rule: bare.clone()
            }
        ]
    );
    assert_eq!(bare.schedule.as_wire(), "LUNCH", "an unknown word is kept");
    for (body, is_on) in [
        (r#"{"isCfsServiceEnabled":false}"#, false),
        (r#"{"isCfsServiceEnabled":"true","ruleList":null}"#, true),
    ] {
        let server = Server::always(200, body).await;
        let read = server.portal().selective_forwarding("101").await.unwrap();
        assert_eq!((read.is_on, read.rules.len()), (is_on, 0), "{body}");
    }
    let server = Server::always(200, r#"{"ruleList":[]}"#).await;
    assert_eq!(server.portal().selective_forwarding("101").await, Err(GARBLED));
}

#[tokio::test]
async fn a_rule_id_is_read_in_every_form() {
    for (body, id) in [
        ("17", Ok(Some("17"))),
        ("\"17\"", Ok(Some("17"))),
        ("  rule-17\n", Ok(Some("rule-17"))),
        (r#"{"id":17}"#, Ok(Some("17"))),
        ("", Ok(None)),
        ("null", Ok(None)),
        ("{}", Err(GARBLED)),
        ("[17]", Err(GARBLED)),
        (HTML, Err(GARBLED)),
    ] {
        let server = Server::always(200, body).await;
        let id = id.map(|id| id.map(str::to_owned));
        assert_eq!(
            server.portal().add_forward_rule("101", &forward_rule()).await,
            id,
            "{body}"
        );
        let added = server
            .portal()
            .add_list_rule("101", ListKind::White, &list_rule())
            .await;
        assert_eq!(added, id, "{body}");
        assert_eq!(
            server.lines(),
            ["POST /portal/abonents/101/cfs", "POST /portal/abonents/101/bwl"]
        );
    }
}

#[tokio::test]
async fn selective_forwarding_is_changed() {
    let server = Server::always(200, "").await;
    let portal = server.portal();
    portal.add_forward_rule("101", &forward_rule()).await.unwrap();
    portal.change_forward_rule("101", "7", &forward_rule()).await.unwrap();
    portal.delete_forward_rule("101", "7").await.unwrap();
    portal.selective_forwarding_on("101").await.unwrap();
    portal.selective_forwarding_off("101").await.unwrap();
    assert_eq!(
        portal.delete_forward_rule("101", "").await,
        Err(PortalError::Invalid { what: "identifier" }),
        "an empty id would switch the service off"
    );
    assert_eq!(
        server.lines(),
        [
            "POST /portal/abonents/101/cfs",
            "PUT /portal/abonents/101/cfs/7",
            "DELETE /portal/abonents/101/cfs/7",
            "PUT /portal/abonents/101/cfs",
            "DELETE /portal/abonents/101/cfs"
        ]
    );
    let rule = value!({ "name": "Поставщики", "forwardToPhone": "9000000077", "schedule": "WORKING_TIME",
                        "phoneList": ["9000000098", "103"] });
    assert_eq!((json(&server.seen()[0]), json(&server.seen()[1])), (rule.clone(), rule));
    assert_eq!(server.seen()[3].body, "", "switching takes no body");
}

fn list_rule() -> ListRule {
    ListRule {
        name: "Спам".into(),
        schedule: Schedule::RoundTheClock,
        phones: vec!["+79000000096".into()],
    }
}

#[tokio::test]
async fn call_lists_are_read_in_every_form() {
    for (body, expected) in [
        (
            r#"{"status":"BLACK_LIST_ON","blackList":[{"id":1,"name":"Спам","schedule":"ROUND_THE_CLOCK",
                "phoneList":["9000000096"],"forwardToPhone":"ignored"}],"whiteList":[]}"#,
            CallLists {
                status: ListStatus::Black,
                black: vec![Stored {
                    id: "1".into(),
                    rule: list_rule(),
                }],
                white: vec![],
            },
        ),
        (
            r#"{"status":"WHITE_LIST_ON","whiteList":[{"id":"w1","name":"Спам","phoneList":"9000000096"}]}"#,
            CallLists {
                status: ListStatus::White,
                black: vec![],
                white: vec![Stored {
                    id: "w1".into(),
                    rule: list_rule(),
                }],
            },
        ),
        (
            r#"{"status":"OFF","blackList":null}"#,
            CallLists {
                status: ListStatus::Off,
                black: vec![],
                white: vec![],
            },
        ),
    ] {
        let server = Server::always(200, body).await;
        assert_eq!(server.portal().call_lists("101").await, Ok(expected), "{body}");
        assert_eq!(server.lines(), ["GET /portal/abonents/101/bwl"]);
    }
}

#[tokio::test]
async fn call_lists_are_changed() {
    let server = Server::always(200, "").await;
    let portal = server.portal();
    portal
        .add_list_rule("101", ListKind::Black, &list_rule())
        .await
        .unwrap();
    portal.change_list_rule("101", "1", &list_rule()).await.unwrap();
    portal.delete_list_rule("101", "1").await.unwrap();
    portal.call_list_on("101", ListKind::Black).await.unwrap();
    portal.call_list_on("101", ListKind::White).await.unwrap();
    portal.call_lists_off("101").await.unwrap();
    assert_eq!(
        server.lines(),
        [
            "POST /portal/abonents/101/bwl",
            "PUT /portal/abonents/101/bwl/1",
            "DELETE /portal/abonents/101/bwl/1",
            "PUT /portal/abonents/101/bwl?ruleType=BLACK_LIST",
            "PUT /portal/abonents/101/bwl?ruleType=WHITE_LIST",
            "DELETE /portal/abonents/101/bwl"
        ]
    );
    let rule = value!({ "name": "Спам", "schedule": "ROUND_THE_CLOCK", "phoneList": ["9000000096"] });
    assert_eq!(json(&server.seen()[0]), value!({ "type": "BLACK_LIST", "rule": rule }));
    assert_eq!(json(&server.seen()[1]), rule);
}

#[tokio::test]
async fn a_list_rule_is_posted_only_where_put_surely_did_nothing() {
    for (status, body) in [(404, ""), (405, r#"{"errorCode":"x"}"#), (404, HTML)] {
        let server = Server::start(move |seen, _| {
            if seen.line.starts_with("PUT") {
                Reply::Whole(status, body)
            } else {
                Reply::Whole(200, "")
            }
        })
        .await;
        server
            .portal()
            .change_list_rule("101", "1", &list_rule())
            .await
            .expect(body);
        assert_eq!(
            server.lines(),
            ["PUT /portal/abonents/101/bwl/1", "POST /portal/abonents/101/bwl/1"]
        );
        assert_eq!(json(&server.seen()[0]), json(&server.seen()[1]));
    }
    for (status, body, error) in [
        (400, r#"{"errorCode":"BadRequest"}"#, refused("BadRequest", None, 400)),
        (503, HTML, PortalError::Unavailable { status: 503 }),
        (401, "", PortalError::Unauthorized),
    ] {
        let server = Server::always(status, body).await;
        let changed = server.portal().change_list_rule("101", "1", &list_rule()).await;
        assert_eq!(changed, Err(error));
        assert_eq!(server.lines().len(), 1, "{status}");
    }
    let neither = Server::always(405, "").await;
    let changed = neither.portal().change_list_rule("101", "1", &list_rule()).await;
    assert_eq!(changed, Err(refused("http", None, 405)));
    assert_eq!(neither.lines().len(), 2);
}
