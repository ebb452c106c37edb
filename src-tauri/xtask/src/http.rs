//! As much HTTP as talking to our own simulator and relay on loopback takes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Sends a request to `host:port` and gives the body of a 2xx answer.
pub(crate) fn request(method: &str, address: &str, path: &str, body: &str) -> Result<String> {
    send(method, address, path, "", body)
}

/// The same with a key of the relay.
pub(crate) fn request_with_key(method: &str, address: &str, path: &str, key: &str, body: &str) -> Result<String> {
    send(method, address, path, &format!("Authorization: Bearer {key}\r\n"), body)
}

fn send(method: &str, address: &str, path: &str, headers: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).with_context(|| format!("{address} does not answer"))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_write_timeout(Some(Duration::from_secs(30)))?;
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\n{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    // HTTP/1.0: no chunks, and the end of the answer is the end of the connection.
    stream.take(16 << 20).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is no HTTP")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if !status.starts_with('2') {
        bail!("{method} {path}: {status} {body}");
    }
    Ok(body.to_owned())
}
