//! Events stored durably: the relay beside nginx with nchan, which stores into Redis that syncs every write. The same
//! load tool, the same events, 64 connections, in turns.

use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Row;
use crate::sh::{self, MINUTE, Running, Scratch};

const CONNECTIONS: &str = "64";
/// The two take turns, so that what else the machine does meets both alike; the median round counts.
const ROUNDS: u32 = 5;
const SECONDS: u64 = 4;
/// Calls in turn: received, answered, released.
const EVENTS: [&str; 3] = [
    "03-CallReceived-direct.xml",
    "09-CallAnswered-incoming.xml",
    "10-CallReleased-incoming-answered.xml",
];

/// One event of one call a request; no two requests carry the same event.
const SCRIPT: &str = r#"
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init(arguments)
  run, path, step, call = tonumber(arguments[1]), arguments[2], 0, 0
  headers = { ["Content-Type"] = "application/xml; charset=UTF-8" }
end
function request()
  if step == #templates then step = 0 end
  if step == 0 then call = call + 1 end
  step = step + 1
  local id = string.format("%d%d%09d", run, number, call)
  local body = templates[step]:gsub("@(%u+)@", {
    EVENT = string.format("e%07d-%04d-4000-8000-%012d", run, number, call * 10 + step),
    SEQUENCE = call * 10 + step,
    CALL = id,
    ABONENT = string.format("90000000%02d", call % 50),
    CALLER = string.format("7900%07d", call % 10000000),
  })
  return wrk.format("POST", path:gsub("@ABONENT@", call % 50), headers, body)
end
"#;

/// What the load tool saw.
struct Load {
    per_second: f64,
    requests: u64,
    p99: String,
}

/// A server under load.
struct Server {
    processes: Vec<Running>,
    port: u16,
    path: String,
}

impl Server {
    fn load(&self, script: &Path, seconds: u64, run: u32) -> Result<Load> {
        wrk(self.port, &self.path, script, seconds, run)
    }

    /// Ends its processes, the newest first.
    fn stop(&mut self) {
        while let Some(mut process) = self.processes.pop() {
            process.stop();
        }
    }
}

/// The relay's line and nchan's.
pub(super) fn measure() -> Result<Vec<Row>> {
    super::build(&["-p", "perezvon-relay", "--bins"])?;
    let folder = Scratch::within(&sh::target(), "bench-ingest")?;
    let folder = folder.path();
    let script = folder.join("events.lua");
    fs::write(&script, lua()?)?;
    let (mut ours, mut theirs) = (relay(folder)?, nchan(folder)?);
    let (mut our_loads, mut their_loads) = (Vec::new(), Vec::new());
    let (mut our_total, mut their_total) = (0, 0);
    for round in 0..=ROUNDS {
        // The first round warms up.
        let seconds = if round == 0 { 1 } else { SECONDS };
        for (server, loads, total) in [
            (&ours, &mut our_loads, &mut our_total),
            (&theirs, &mut their_loads, &mut their_total),
        ] {
            let load = server.load(&script, seconds, round)?;
            *total += load.requests;
            if round > 0 {
                loads.push(load);
            }
        }
    }
    ours.stop();
    theirs.stop();
    relay_has_stored(folder, our_total)?;
    redis_has_stored(folder, their_total)?;
    let (ours, theirs) = (median(our_loads)?, median(their_loads)?);
    let ratio = ours.per_second / theirs.per_second;
    let told = |load: &Load| format!("{:.0}/s, p99 {}", load.per_second, load.p99);
    let limit = "the limit of the line above";
    Ok(vec![
        Row::new(
            "events stored durably",
            format!("{} = {ratio:.2} ×", told(&ours)),
            "≥ 2 × nchan",
            Some(ratio >= 2.0),
        ),
        Row::new("  nginx + nchan, Redis appendfsync always", told(&theirs), limit, None),
    ])
}

fn median(mut loads: Vec<Load>) -> Result<Load> {
    loads.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    let middle = loads.len() / 2;
    loads.into_iter().nth(middle).context("no round was measured")
}

/// The example events with marks in place of what must differ.
fn lua() -> Result<String> {
    let mut script = String::from("templates = {\n");
    for name in EVENTS {
        let path = sh::root().join("src-tauri/pbx/tests/events").join(name);
        let mut event = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        for (element, mark) in [
            ("eventID", "@EVENT@"),
            ("sequenceNumber", "@SEQUENCE@"),
            ("callId", "callhalf-@CALL@:0"),
            ("extTrackingId", "@CALL@:1"),
        ] {
            event = replaced(&event, element, mark).with_context(|| format!("{name} has no {element}"))?;
        }
        event = event
            .replace("9000000001@", "@ABONENT@@")
            .replace("79000000099", "@CALLER@");
        let _ = writeln!(script, "[==[{event}]==],");
    }
    Ok(script + "}\n" + SCRIPT)
}

fn replaced(event: &str, element: &str, mark: &str) -> Option<String> {
    let (before, rest) = event.split_once(&format!("<xsi:{element}>"))?;
    let (_, after) = rest.split_once(&format!("</xsi:{element}>"))?;
    Some(format!("{before}<xsi:{element}>{mark}</xsi:{element}>{after}"))
}

fn relay(folder: &Path) -> Result<Server> {
    let program = sh::target().join("release/perezvon-relay");
    let data = folder.join("relay");
    let port = free_port()?;
    // Its limit of events a second protects it from strangers, not from the load that it is built for.
    let config = folder.join("relay.json");
    fs::write(&config, r#"{"ingestPerSecond":0}"#)?;
    let mut serve = sh::command(
        &program,
        &["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"],
    );
    let log = fs::File::create(folder.join("relay.log"))?;
    let public = format!("http://127.0.0.1:{port}");
    serve
        .env("PEREZVON_PUBLIC_URL", &public)
        .arg(&data)
        .arg("--config")
        .arg(&config)
        .stdout(log.try_clone()?)
        .stderr(log);
    let mut process = Running::start(&mut serve)?;
    wait_for(port, &mut process)?;
    let url = sh::output(
        sh::command(&program, &["callback-url", "--data-dir"])
            .env("PEREZVON_PUBLIC_URL", &public)
            .arg(&data),
        MINUTE,
    )?;
    let (_, secret) = url
        .trim()
        .split_once("/xsi/")
        .context("the callback address has no secret path")?;
    Ok(Server {
        processes: vec![process],
        port,
        path: format!("/xsi/{secret}/null"),
    })
}

/// Every answer 200 is an event in the journal; what was under way when a round ended may be there too.
fn relay_has_stored(folder: &Path, events: u64) -> Result<()> {
    let program = sh::target().join("release/perezvon-relay");
    let data = folder.join("relay");
    let journal = sh::output(sh::command(&program, &["events", "--data-dir"]).arg(&data), 5 * MINUTE)?;
    let stored = journal.lines().count() as u64;
    if stored < events {
        bail!("the relay acknowledged {events} events and has {stored}");
    }
    Ok(())
}

fn nchan(folder: &Path) -> Result<Server> {
    let (port, redis_port) = (free_port()?, free_port()?);
    let redis_folder = folder.join("redis");
    fs::create_dir_all(&redis_folder)?;
    let mut redis = sh::command(
        "redis-server",
        &["--bind", "127.0.0.1", "--port", &redis_port.to_string()],
    );
    redis.args([
        "--appendonly",
        "yes",
        "--appendfsync",
        "always",
        "--save",
        "",
        "--daemonize",
        "no",
        "--dir",
    ]);
    let log = fs::File::create(folder.join("redis.log"))?;
    let mut redis = Running::start(redis.arg(&redis_folder).stdout(log.try_clone()?).stderr(log))?;
    wait_for(redis_port, &mut redis)?;

    let config = folder.join("nginx.conf");
    let place = folder.display().to_string();
    fs::write(
        &config,
        NGINX
            .replace("FOLDER", &place)
            .replace("REDIS", &redis_port.to_string())
            .replace("PORT", &port.to_string()),
    )?;
    let log = fs::File::create(folder.join("nginx.log"))?;
    let mut nginx = sh::command("/usr/sbin/nginx", &["-e", "stderr", "-p", &place, "-c"]);
    let mut nginx = Running::start(nginx.arg(&config).stdout(log.try_clone()?).stderr(log))?;
    wait_for(port, &mut nginx)?;
    Ok(Server {
        processes: vec![redis, nginx],
        port,
        path: "/publish?channel=@ABONENT@".to_owned(),
    })
}

/// Each event is more than a kilobyte: less than that in Redis's log would mean that it was not stored.
fn redis_has_stored(folder: &Path, events: u64) -> Result<()> {
    let size = sh::output(sh::command("du", &["-sk"]).arg(folder.join("redis")), MINUTE)?;
    let size: u64 = size
        .split_whitespace()
        .next()
        .and_then(|n| n.parse().ok())
        .context("du tells no size")?;
    if size < events {
        bail!("nchan acknowledged {events} events, but Redis stored only {size} kB");
    }
    Ok(())
}

const NGINX: &str = r"
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
user root;
daemon off;
worker_processes 2;
pid FOLDER/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_buffer_size 64k;
  client_body_temp_path FOLDER/body;
  proxy_temp_path FOLDER/proxy;
  fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi;
  scgi_temp_path FOLDER/scgi;
  nchan_shared_memory_size 512M;
  nchan_redis_url redis://127.0.0.1:REDIS;
  server {
    listen 127.0.0.1:PORT;
    location = /publish {
      nchan_publisher;
      nchan_channel_id $arg_channel;
      nchan_use_redis on;
      nchan_message_buffer_length 10000000;
      nchan_message_timeout 1h;
    }
  }
}
";

fn wrk(port: u16, path: &str, script: &Path, seconds: u64, run: u32) -> Result<Load> {
    let mut wrk = sh::command(
        "wrk",
        &[
            "-t",
            "2",
            "-c",
            CONNECTIONS,
            "-d",
            &format!("{seconds}s"),
            "--latency",
            "-s",
        ],
    );
    wrk.arg(script)
        .arg(format!("http://127.0.0.1:{port}"))
        .args(["--", &run.to_string(), path]);
    let text = sh::output(&mut wrk, Duration::from_secs(seconds) + MINUTE)?;
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        bail!("not every event was taken:\n{text}");
    }
    let field = |start: &str| super::line(&text, start);
    let requests = text
        .lines()
        .find_map(|line| line.trim().split_once(" requests in "))
        .context("no count of requests")?;
    Ok(Load {
        per_second: field("Requests/sec:")?.parse().context("wrk's rate")?,
        requests: requests.0.parse().context("wrk's count")?,
        p99: field("99%")?,
    })
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn wait_for(port: u16, process: &mut Running) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        if let Some(status) = process.wait(Duration::from_millis(20))? {
            bail!("the server on port {port} ended: {status}");
        }
    }
    bail!("nobody listens on port {port}")
}
