//! Statistics of both editions.

use perezvon_core::{Direction, Time};
use perezvon_pbx::rest::{LineStatus, Portal, PortalError, StatisticsQuery};

use super::server::{Reply, Server};
use super::{GARBLED, HTML, USER, refused};

/// 2025-10-09 08:00:00 UTC.
const FROM: i64 = 1_759_996_800_000;

fn query(page: u32) -> StatisticsQuery<'static> {
    StatisticsQuery {
        user: None,
        from: Time::from_ms(FROM),
        to: Time::from_ms(FROM + 3_600_500),
        page,
        page_size: 10,
    }
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
#[tokio::test]
async fn lines_of_the_second_edition_are_read_in_every_form() {
    let server = Server::always(
        200,
        r#"[{"startDate":1760000000000,"direction":"INBOUND","status":"RECIEVED","duration":63650,
             "phone_from":"+79000000099","phone_to":"+79000000050","department":"Sales","callForward":null,
             "abonent":{"userId":"9000000001@mpbx.sip.beeline.ru","phone":"+79000000001","extension":"101"}},
            {"startDate":"1760000000001","direction":"OUTBOUND","status":"PLACED","duration":"0",
             "phone_from":"101","phone_to":"9000000098","externalTrackingId":"900100:1","abonent":null},
            {"startDate":1760000000002,"status":"RECEIVED","abonent":"мусор"},
            {"startDate":1760000000003,"status":"MISSED","phone_from":"anonymous"},
            {"startDate":1760000000004,"status":"REDIRECTED","direction":"SIDEWAYS"},
            {"startDate":1760000000005,"status":"VOICEMAIL"},
            {"status":"MISSED"}, {"startDate":1760000000006}, 7]"#,
    )
    .await;
    let page = server.portal().statistics(&query(0)).await.unwrap();
    assert_eq!((page.lines.len(), page.left_out, page.is_last), (6, 3, true));
    let statuses: Vec<_> = page.lines.iter().map(|line| line.status.clone()).collect();
    assert_eq!(
        statuses,
        [
            LineStatus::Received,
            LineStatus::Placed,
            LineStatus::Received,
            LineStatus::Missed,
            LineStatus::Redirected,
            LineStatus::Other("VOICEMAIL".into())
        ],
        "misspelt, spelt and unknown"
    );
    let first = &page.lines[0];
    assert_eq!(first.start, Time::from_ms(1_760_000_000_000));
    assert_eq!(
        (first.direction, first.duration_ms),
        (Some(Direction::Incoming), Some(63650))
    );
    assert_eq!(
        (first.from.as_deref(), first.to.as_deref()),
        (Some("+79000000099"), Some("+79000000050"))
    );
    let abonent = first.abonent.as_ref().unwrap();
    assert_eq!(
        (abonent.user_id.as_str(), abonent.phone.as_deref()),
        (USER, Some("+79000000001"))
    );
    assert_eq!(
        (first.department.as_deref(), first.call_forward.as_deref()),
        (Some("Sales"), None)
    );
    assert_eq!((first.phone.as_deref(), first.tracking_id.as_deref()), (None, None));
    let second = &page.lines[1];
    assert_eq!(second.start, Time::from_ms(1_760_000_000_001), "a time in quotes");
    assert_eq!(
        (second.direction, second.duration_ms),
        (Some(Direction::Outgoing), Some(0))
    );
    assert_eq!(
        (
            second.from.as_deref(),
            second.to.as_deref(),
            second.tracking_id.as_deref()
        ),
        (Some("101"), Some("+79000000098"), Some("900100:1"))
    );
    assert!(page.lines[2].abonent.is_none() && page.lines[1].abonent.is_none());
    assert_eq!(
        (page.lines[3].from.as_deref(), page.lines[3].to.as_deref()),
        (None, None)
    );
    assert_eq!(page.lines[4].direction, None);
}

#[tokio::test]
async fn the_first_edition_has_one_number() {
    let server = Server::always(
        200,
        r#"[{"startDate":1760000000000,"direction":"INBOUND","status":"MISSED","phone":"+79000000001","duration":0,
             "abonent":{"userId":"9000000001@mpbx.sip.beeline.ru"}}]"#,
    )
    .await;
    let user = StatisticsQuery {
        user: Some(USER),
        ..query(0)
    };
    let page = server.portal().statistics_v1(&user).await.unwrap();
    let line = &page.lines[0];
    assert_eq!(
        (line.phone.as_deref(), line.from.as_deref(), line.to.as_deref()),
        (Some("+79000000001"), None, None)
    );
    assert_eq!(
        server.lines(),
        [
            "GET /portal/statistics?dateFrom=2025-10-09T08%3A00%3A00.000Z&dateTo=2025-10-09T09%3A00%3A00.500Z\
          &page=0&pageSize=10&userId=9000000001%40mpbx.sip.beeline.ru"
        ]
    );
}

#[tokio::test]
async fn statistics_are_paged_from_zero() {
    const LINES: usize = 25;
    let server = Server::start(|seen, _| {
        let page: usize = seen
            .line
            .split("page=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let lines = (0..LINES).skip(page * 10).take(10);
        let lines: Vec<_> = lines
            .map(|n| format!(r#"{{"startDate":{n},"status":"PLACED"}}"#))
            .collect();
        Reply::Text(200, format!("[{}]", lines.join(",")))
    })
    .await;
    let portal = server.portal();
    let mut all = Vec::new();
    for number in 0.. {
        let page = portal.statistics(&query(number)).await.unwrap();
        all.extend(page.lines.iter().map(|line| line.start.ms() as usize));
        if page.is_last {
            break;
        }
    }
    assert_eq!(
        all,
        (0..LINES).collect::<Vec<_>>(),
        "each line once, in the PBX's order"
    );
    assert_eq!(server.lines().len(), 3, "a short page is the last one");
    assert_eq!(
        server.lines()[2],
        "GET /portal/v2/statistics?dateFrom=2025-10-09T08%3A00%3A00.000Z&dateTo=2025-10-09T09%3A00%3A00.500Z\
         &page=2&pageSize=10"
    );
}

#[tokio::test]
async fn statistics_refusals() {
    let server = Server::always(404, "").await;
    let portal: Portal = server.portal();
    for page_size in [0, 9, 101] {
        let asked = StatisticsQuery { page_size, ..query(0) };
        let invalid = PortalError::Invalid { what: "page size" };
        assert_eq!(portal.statistics(&asked).await, Err(invalid.clone()));
        assert_eq!(portal.statistics_v1(&asked).await, Err(invalid));
    }
    assert!(server.lines().is_empty(), "nothing was sent");
    let missing = portal.statistics(&query(0)).await.unwrap_err();
    assert_eq!(missing, refused("http", None, 404));
    assert!(missing.is_no_such_method(), "so the caller may ask the first edition");
    for body in ["", "null", HTML, "[{"] {
        let server = Server::always(200, body).await;
        assert_eq!(server.portal().statistics(&query(0)).await, Err(GARBLED), "{body}");
    }
}
