//! Individual call routing, and one inbound number.

use perezvon_pbx::rest::{InboundNumber, ItemError, ItemOutcome, PortalError, Route};
use serde_json::json as value;

use super::server::Server;
use super::{GARBLED, json, refused};

fn route() -> Route {
    Route {
        inbound: "+79000000050".into(),
        extension: "101".into(),
    }
}

fn fault(code: &str, description: Option<&str>) -> ItemError {
    ItemError {
        code: code.into(),
        description: description.map(Into::into),
    }
}

#[tokio::test]
async fn one_inbound_number() {
    let server = Server::always(
        200,
        r#"{"numberId":"9000000050@mpbx.sip.beeline.ru","phone":9000000050}"#,
    )
    .await;
    let number = server.portal().number("9000000050@mpbx.sip.beeline.ru").await.unwrap();
    assert_eq!(
        number,
        InboundNumber {
            number_id: "9000000050@mpbx.sip.beeline.ru".into(),
            phone: Some("+79000000050".into())
        }
    );
    assert_eq!(server.lines(), ["GET /portal/numbers/9000000050%40mpbx.sip.beeline.ru"]);
    let server = Server::always(200, r#"{"phone":"9000000050"}"#).await;
    assert_eq!(server.portal().number("102").await, Err(GARBLED), "without an id");
    let server = Server::always(400, r#"{"errorCode":"BadRequest"}"#).await;
    assert_eq!(
        server.portal().number("102").await,
        Err(refused("BadRequest", None, 400))
    );
}

#[tokio::test]
async fn routed_numbers_and_routes_are_listed() {
    let server = Server::always(
        200,
        r#"[{"numberId":"n@x","phone":"9000000050"},{"phone":"1"},null,
            {"inboundNumber":"9000000050","extension":101},{"inboundNumber":"+79000000050","extension":"101"}]"#,
    )
    .await;
    let numbers = server.portal().routed_numbers().await.unwrap();
    assert_eq!(
        numbers,
        [InboundNumber {
            number_id: "n@x".into(),
            phone: Some("+79000000050".into())
        }]
    );
    assert_eq!(server.portal().routes().await.unwrap(), [route(), route()]);
    assert_eq!(server.lines(), ["GET /portal/icr/numbers", "GET /portal/icr/route"]);
    let server = Server::always(200, "[]").await;
    assert_eq!(server.portal().routes().await, Ok(vec![]));
}

#[tokio::test]
async fn each_number_has_its_own_outcome() {
    let server = Server::always(
        200,
        r#"[{"phoneNumber":"9000000050","status":"SUCCESS"},
            {"phoneNumber":"+79000000051","status":"FAULT","error":{"errorCode":"BadRequest","description":"чужой номер"}},
            {"phoneNumber":"9000000052","status":"FAULT"},
            {"phoneNumber":"9000000053"},
            {"phoneNumber":"9000000054","status":"SUCCESS","error":{"errorCode":"x 11111111-2222-4333-8444-555555555555"}},
            "мусор"]"#,
    )
    .await;
    let portal = server.portal();
    let numbers = ["+79000000050", "9000000051"];
    let on = portal.route_numbers_on(&numbers).await.unwrap();
    let off = portal.route_numbers_off(&numbers).await.unwrap();
    assert_eq!(on, off);
    let outcome = |item: &str, error| ItemOutcome {
        item: Some(item.to_owned()),
        error,
    };
    assert_eq!(
        on,
        [
            outcome("+79000000050", None),
            outcome("+79000000051", Some(fault("BadRequest", Some("чужой номер")))),
            outcome("+79000000052", Some(fault("FAULT", None))),
            outcome("+79000000053", Some(fault("unknown", None))),
            outcome("+79000000054", Some(fault("x <redacted>", None))),
            ItemOutcome {
                item: None,
                error: Some(fault("unknown", None))
            }
        ],
        "only what is surely done counts as done"
    );
    assert_eq!(
        server.lines(),
        ["PUT /portal/icr/numbers", "DELETE /portal/icr/numbers"]
    );
    let body = value!(["9000000050", "9000000051"]);
    assert_eq!((json(&server.seen()[0]), json(&server.seen()[1])), (body.clone(), body));
    let bad = portal.route_numbers_on(&["никакой"]).await;
    assert_eq!(bad, Err(PortalError::Invalid { what: "phone number" }));
    assert_eq!(server.lines().len(), 2, "nothing was sent");
}

#[tokio::test]
async fn each_route_has_its_own_outcome() {
    let answer = r#"[{"rule":{"inboundNumber":"9000000050","extension":"101"},"status":"SUCCESS","error":null},
                     {"rule":{"inboundNumber":"9000000050","extension":"101"},"status":"FAULT","error":{"errorCode":"Busy"}},
                     {"status":"SUCCESS"}]"#;
    let server = Server::always(200, answer).await;
    let portal = server.portal();
    let routes = [route()];
    let replaced = portal.replace_routes(&routes).await.unwrap();
    let outcome = |item: Option<Route>, error| ItemOutcome { item, error };
    assert_eq!(
        replaced,
        [
            outcome(Some(route()), None),
            outcome(Some(route()), Some(fault("Busy", None))),
            outcome(None, None)
        ]
    );
    assert_eq!(portal.merge_routes(&routes).await.unwrap(), replaced);
    assert_eq!(portal.remove_routes(&routes).await.unwrap(), replaced);
    assert_eq!(
        server.lines(),
        ["PUT", "POST", "DELETE"].map(|method| format!("{method} /portal/icr/route"))
    );
    for seen in server.seen() {
        assert_eq!(
            json(&seen),
            value!([{ "inboundNumber": "9000000050", "extension": "101" }]),
            "an array also for one"
        );
    }
    let single =
        r#"{"rule":{"inboundNumber":"9000000050","extension":"101"},"status":"FAULT","error":{"errorCode":"Busy"}}"#;
    let server = Server::always(200, single).await;
    assert_eq!(
        server.portal().merge_routes(&routes).await.unwrap(),
        [outcome(Some(route()), Some(fault("Busy", None)))],
        "a single outcome without its list"
    );
    let server = Server::always(200, "").await;
    assert_eq!(server.portal().merge_routes(&routes).await, Err(GARBLED));
}
