//! The list of recordings and its cursor, one recording, its link, its end.

use perezvon_core::{Direction, Time};
use perezvon_pbx::rest::{Abonent, CallRecord, PortalError, RecordFilter, RecordKey};

use super::server::{Reply, Seen, Server};
use super::{GARBLED, HTML, SEGMENT, USER, refused};

const FULL: &str = r#"{"id":"900000123","externalId":"900201:1","callId":null,"phone":"9000000099","direction":"INBOUND",
    "date":1760000000000,"duration":63650,"fileSize":184320,"comment":"важно","novelty":1,
    "abonent":{"userId":"9000000001@mpbx.sip.beeline.ru","phone":"9000000001","extension":"101"}}"#;

fn full() -> CallRecord {
    CallRecord {
        id: "900000123".into(),
        tracking_id: Some("900201:1".into()),
        call_id: None,
        phone: Some("+79000000099".into()),
        direction: Some(Direction::Incoming),
        start: Some(Time::from_ms(1_760_000_000_000)),
        duration_ms: Some(63650),
        file_size: Some(184_320),
        comment: Some("важно".into()),
        abonent: Some(Abonent {
            user_id: USER.into(),
            phone: Some("+79000000001".into()),
            first_name: None,
            last_name: None,
            email: None,
            department: None,
            extension: Some("101".into()),
        }),
    }
}

/// The list of a PBX that has the records 1 to `last`.
async fn listing(last: u64, is_inclusive: bool) -> Server {
    Server::start(move |seen, _| {
        let after = seen.line.split("id=").nth(1).map_or(0, |id| {
            let id = id.split('&').next().unwrap();
            id.parse::<u64>().unwrap()
        });
        let first = if is_inclusive { after.max(1) } else { after + 1 };
        let page: Vec<_> = (first..=last)
            .take(100)
            .map(|id| format!(r#"{{"id":"{id}"}}"#))
            .collect();
        Reply::Text(200, format!("[{}]", page.join(",")))
    })
    .await
}

#[tokio::test]
async fn records_are_listed_in_every_form() {
    let body = format!(
        r#"[{FULL},
            {{"id":900000124,"externalId":"5d3b1f60-0000-4a00-8000-00000000c0de","callId":"callhalf-1:0","phone":"102",
              "direction":"OUTBOUND","date":"1760000000001","duration":"5","fileSize":"9","comment":null}},
            {{"id":"900000125","phone":"","direction":"","date":null,"abonent":"мусор"}},
            {{"externalId":"no-id:1"}}, null]"#
    );
    let server = Server::start(move |_, _| Reply::Text(200, body.clone())).await;
    let filter = RecordFilter {
        user: Some(USER.into()),
        from: Some(Time::from_ms(1_759_996_800_000)),
        to: Some(Time::from_ms(1_760_000_400_500)),
    };
    let mut records = server.portal().records(filter, Some("900000000".into()));
    let page = records.page().await.unwrap();
    assert_eq!((page.left_out, page.is_last), (2, true));
    assert_eq!(page.records[0], full());
    let second = &page.records[1];
    assert_eq!(
        (second.id.as_str(), second.phone.as_deref()),
        ("900000124", Some("102"))
    );
    assert_eq!(
        (second.direction, second.call_id.as_deref()),
        (Some(Direction::Outgoing), Some("callhalf-1:0"))
    );
    assert_eq!(
        (second.start, second.duration_ms, second.file_size),
        (Some(Time::from_ms(1_760_000_000_001)), Some(5), Some(9)),
        "numbers in quotes"
    );
    let bare = &page.records[2];
    assert_eq!(
        (&bare.phone, &bare.direction, &bare.start, &bare.abonent),
        (&None, &None, &None, &None)
    );
    assert_eq!(records.after(), Some("900000125"));
    assert_eq!(
        server.lines(),
        [
            "GET /portal/records?id=900000000&userId=9000000001%40mpbx.sip.beeline.ru\
          &dateFrom=2025-10-09T08%3A00%3A00.000Z&dateTo=2025-10-09T09%3A00%3A00.500Z"
        ]
    );
}

#[tokio::test]
async fn the_cursor_brings_every_record_once() {
    for is_inclusive in [false, true] {
        for last in [0, 1, 99, 100, 101, 250] {
            let server = listing(last, is_inclusive).await;
            let mut records = server.portal().records(RecordFilter::default(), None);
            let mut ids: Vec<u64> = Vec::new();
            for turn in 0.. {
                assert!(turn < 5, "it ends, {last}");
                let page = records.page().await.unwrap();
                assert!(page.records.len() <= 100);
                ids.extend(page.records.iter().map(|r| r.id.parse::<u64>().unwrap()));
                if page.is_last {
                    break;
                }
            }
            assert_eq!(ids, (1..=last).collect::<Vec<_>>(), "{last} inclusive: {is_inclusive}");
            assert_eq!(server.lines()[0], "GET /portal/records", "from the beginning");
            let again = records.page().await.unwrap();
            assert!(again.is_last && again.records.is_empty(), "nothing new has come");
        }
    }
}

#[tokio::test]
async fn the_cursor_stays_where_a_page_fails() {
    let server = Server::start(|seen: &Seen, _| {
        if seen.line.contains("id=") {
            Reply::Whole(400, r#"{"errorCode":"BadRequest"}"#)
        } else {
            Reply::Whole(200, r#"[{"id":"7"}]"#)
        }
    })
    .await;
    let mut records = server.portal().records(RecordFilter::default(), None);
    records.page().await.unwrap();
    assert_eq!(records.page().await, Err(refused("BadRequest", None, 400)));
    assert_eq!(records.after(), Some("7"));
    for body in [HTML, "", "null", "[{\"id\":"] {
        let server = Server::always(200, body).await;
        let mut records = server.portal().records(RecordFilter::default(), None);
        assert_eq!(records.page().await, Err(GARBLED), "{body}");
    }
}

#[tokio::test]
async fn one_record_by_id_in_both_editions() {
    for (status, body) in [(404, ""), (405, r#"{"errorCode":"x"}"#), (404, HTML)] {
        let server = Server::start(move |seen, _| {
            if seen.line.contains("/v2/") {
                Reply::Whole(status, body)
            } else {
                Reply::Whole(200, FULL)
            }
        })
        .await;
        assert_eq!(server.portal().record(RecordKey::Id("900000123")).await, Ok(full()));
        assert_eq!(
            server.lines(),
            ["GET /portal/v2/records/900000123", "GET /portal/records/900000123"]
        );
    }
    let server = Server::start(|_, _| Reply::Text(200, format!("[{FULL}]"))).await;
    assert_eq!(
        server.portal().record(RecordKey::Id("1")).await,
        Ok(full()),
        "a list of one"
    );
    let server = Server::always(400, r#"{"errorCode":"BadRequest"}"#).await;
    let missing = server.portal().record(RecordKey::Id("1")).await;
    assert_eq!(missing, Err(refused("BadRequest", None, 400)));
    assert_eq!(server.lines().len(), 1, "the second edition exists");
    for body in ["[]", "{}", r#"[{"id":"1"},{"id":"2"}]"#, "\"1\""] {
        let server = Server::always(200, body).await;
        assert_eq!(server.portal().record(RecordKey::Id("1")).await, Err(GARBLED), "{body}");
    }
}

#[tokio::test]
async fn one_record_by_id_in_the_query() {
    let server = Server::always(200, FULL).await;
    assert_eq!(server.portal().record_by_query("900000123").await, Ok(full()));
    assert_eq!(server.lines(), ["GET /portal/v2/records?recordId=900000123"]);
}

#[tokio::test]
async fn one_record_by_session_and_abonent() {
    let key = RecordKey::Call {
        tracking_id: "900201:1",
        user_id: USER,
    };
    let server = Server::always(200, FULL).await;
    assert_eq!(server.portal().record(key).await, Ok(full()));
    assert_eq!(server.lines(), [format!("GET /portal/v2/records/900201%3A1/{SEGMENT}")]);
    let server = Server::always(404, "").await;
    assert_eq!(server.portal().record(key).await, Err(refused("http", None, 404)));
    assert_eq!(server.lines().len(), 1, "there is no first edition of it");
}

#[tokio::test]
async fn a_link_keeps_what_is_not_documented_as_it_came() {
    for (end, expires) in [
        (r#""2025-10-09T08:00:00Z""#, Some("2025-10-09T08:00:00Z")),
        ("1760000000000", Some("1760000000000")),
        (r#"{"day":1}"#, Some(r#"{"day":1}"#)),
        ("null", None),
        (r#"" ""#, None),
    ] {
        let body = format!(
            r#"{{"url":"https://pbx.example/api/downloadCallRecording/SECRET/record/x","fileSize":184320,
                "fileType":"mp3?","expirationDate":{end}}}"#
        );
        let server = Server::start(move |_, _| Reply::Text(200, body.clone())).await;
        let link = server.portal().record_link(RecordKey::Id("900000123")).await.unwrap();
        assert_eq!(
            link.url,
            "https://pbx.example/api/downloadCallRecording/SECRET/record/x"
        );
        assert_eq!(
            (link.file_size, link.file_type.as_deref()),
            (Some(184_320), Some("mp3?"))
        );
        assert_eq!(link.expires.as_deref(), expires, "{end}");
        assert!(
            !format!("{link:?}").contains("SECRET"),
            "the link opens the recording and does not print"
        );
    }
    let server = Server::always(200, r#"{"url":"http://pbx.example/x"}"#).await;
    let key = RecordKey::Call {
        tracking_id: "900201:1",
        user_id: USER,
    };
    let link = server.portal().record_link(key).await.unwrap();
    assert_eq!((link.file_size, link.file_type, link.expires), (None, None, None));
    server.portal().record_link(RecordKey::Id("7")).await.unwrap();
    assert_eq!(
        server.lines(),
        [
            format!("GET /portal/records/900201%3A1/{SEGMENT}/reference"),
            "GET /portal/records/7/reference".into()
        ]
    );
    for body in [r#"{"url":"javascript:alert(1)"}"#, "{}", r#"{"url":null}"#] {
        let server = Server::always(200, body).await;
        assert_eq!(
            server.portal().record_link(RecordKey::Id("7")).await,
            Err(GARBLED),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_record_is_deleted() {
    let server = Server::always(200, "").await;
    server.portal().delete_record("900000123").await.unwrap();
    assert_eq!(
        server.portal().delete_record("..").await,
        Err(PortalError::Invalid { what: "identifier" })
    );
    assert_eq!(server.lines(), ["DELETE /portal/v2/records/900000123"]);
}
