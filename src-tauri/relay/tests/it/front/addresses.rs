//! The bound of the connections of one address. Only Linux assigns the whole of 127.0.0.0/8 to the machine by default.
#![cfg(target_os = "linux")]

use crate::common::binary::text;
use crate::common::support::{DEADLINE, until};
use crate::front::Scene;
use serde_json::json;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// A connection from one of this machine's own addresses.
async fn connect(from: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from.parse().unwrap(), 0)).unwrap();
    socket.connect(to).await.unwrap()
}

/// Sends a request on an open connection, with `client` as the forwarded address; returns the status, or none if the
/// connection was closed.
async fn ask(stream: &mut TcpStream, client: &str) -> Option<u16> {
    let ask = format!("HEAD /v1/health HTTP/1.1\r\nhost: relay\r\nx-forwarded-for: {client}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.ok()?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let byte = timeout(DEADLINE, stream.read_u8()).await.expect("an answer");
        head.push(byte.ok()?);
    }
    text(&head).strip_prefix("HTTP/1.1 ")?[..3].parse().ok()
}

#[tokio::test]
async fn one_address_has_its_bound_and_a_proxy_has_none() {
    let scene = Scene::start_as(&json!({
        "limits": { "connectionsPerAddress": 3 },
        "trustedProxies": ["127.0.0.2"],
    }));
    let addr = scene.serving.addr;
    let mut own = Vec::new();
    for n in 0..3 {
        let mut one = connect("127.0.0.3", addr).await;
        assert_eq!(ask(&mut one, "198.51.100.1").await, Some(200), "connection {n}");
        own.push(one);
    }
    let mut beyond = connect("127.0.0.3", addr).await;
    assert_eq!(
        ask(&mut beyond, "198.51.100.1").await,
        Some(503),
        "one more than there may be"
    );
    let mut other = connect("127.0.0.4", addr).await;
    assert_eq!(
        ask(&mut other, "198.51.100.1").await,
        Some(200),
        "another address has its own"
    );
    // The header has no effect unless a trusted proxy sends it; and many clients come through a proxy.
    let mut again = connect("127.0.0.3", addr).await;
    assert_eq!(ask(&mut again, "198.51.100.77").await, Some(503), "he stays who he is");
    let mut through = Vec::new();
    for n in 0..10 {
        let mut one = connect("127.0.0.2", addr).await;
        assert_eq!(
            ask(&mut one, "198.51.100.1").await,
            Some(200),
            "connection {n} of the proxy"
        );
        through.push(one);
    }
    // An orderly close, and a reset.
    drop(own.pop());
    let last = own.pop().unwrap();
    last.set_zero_linger().unwrap();
    drop(last);
    for _ in 0..2 {
        let free = until("the place of who has gone", || async {
            let mut one = connect("127.0.0.3", addr).await;
            (ask(&mut one, "198.51.100.1").await == Some(200)).then_some(one)
        })
        .await;
        own.push(free);
    }
    let mut beyond = connect("127.0.0.3", addr).await;
    assert_eq!(
        ask(&mut beyond, "198.51.100.1").await,
        Some(503),
        "the bound is the same as before"
    );
    assert_eq!(
        ask(&mut own[0], "198.51.100.1").await,
        Some(200),
        "who was there is served on"
    );
}
