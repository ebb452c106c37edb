//! Events stored durably: the relay beside nginx with nchan, which stores into Redis that syncs every write. The same
//! load tool, the same events, 64 connections, in turns. The relay looks for lost events meanwhile (see [`relay`]).

mod load;
mod relay;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::load::Load;
use self::relay::Relay;
use super::Row;
use crate::sh::{self, MINUTE, Running, Scratch};

/// The two take turns, so that what else the machine does meets both alike; the median round counts.
const ROUNDS: u32 = 5;
const SECONDS: u64 = 4;

/// The relay's line, how it was numbered, and nchan's line.
pub(super) fn measure() -> Result<Vec<Row>> {
    super::build(&["-p", "perezvon-relay", "-p", "perezvon-sim", "--bins"])?;
    let folder = Scratch::within(&sh::target(), "bench-ingest")?;
    let folder = folder.path();
    let mut relay = Relay::start(folder)?;
    let mut nchan = Nchan::start(folder)?;
    let script = folder.join("events.lua");
    relay.events().write_script(&script)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut our_total, mut their_total) = (0, 0);
    for round in 0..=ROUNDS {
        // The first round warms up.
        let seconds = if round == 0 { 1 } else { SECONDS };
        let (our, their) = (relay.load(&script, seconds)?, nchan.load(&script, seconds)?);
        our_total += our.requests;
        their_total += their.requests;
        if round > 0 {
            println!(
                "ingest, round {round}: relay {:.0}/s, nchan {:.0}/s",
                our.per_second, their.per_second
            );
            ours.push(our);
            theirs.push(their);
        }
    }
    let numbers = relay.prove()?;
    nchan.stop();
    relay.has_stored(our_total)?;
    nchan.has_stored(their_total)?;
    let (ours, theirs) = (median(ours)?, median(theirs)?);
    let ratio = ours.per_second / theirs.per_second;
    let told = |load: &Load| format!("{:.0}/s, p99 {}", load.per_second, load.p99);
    Ok(vec![
        Row::new(
            "events stored durably",
            format!("{} = {ratio:.2} ×", told(&ours)),
            "≥ 2 × nchan",
            Some(ratio >= 2.0),
        ),
        Row::new(
            "  numbers looked at by loss detection",
            format!("{numbers}, none missing; one left out was noticed"),
            "all of the line above",
            None,
        ),
        Row::new(
            "  nginx + nchan, Redis appendfsync always",
            told(&theirs),
            "the limit of the first line",
            None,
        ),
    ])
}

fn median(mut loads: Vec<Load>) -> Result<Load> {
    loads.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    let middle = loads.len() / 2;
    loads.into_iter().nth(middle).context("no round was measured")
}

/// nginx with nchan, and its Redis.
struct Nchan {
    processes: Vec<Running>,
    port: u16,
    /// Redis's folder.
    redis: PathBuf,
    /// Number of the last event.
    last: u64,
}

impl Nchan {
    fn start(folder: &Path) -> Result<Self> {
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
        Ok(Self {
            processes: vec![redis, nginx],
            port,
            redis: redis_folder,
            last: 0,
        })
    }

    /// One round of the load.
    fn load(&mut self, script: &Path, seconds: u64) -> Result<Load> {
        let load = load::post(self.port, "/publish?channel={ABONENT}", script, seconds, self.last + 1)?;
        self.last = load.last;
        Ok(load)
    }

    /// Ends its processes, the newest first.
    fn stop(&mut self) {
        while let Some(mut process) = self.processes.pop() {
            process.stop();
        }
    }

    /// Each event is more than a kilobyte: less than that in Redis's log would mean that it was not stored.
    fn has_stored(&self, events: u64) -> Result<()> {
        let size = sh::output(sh::command("du", &["-sk"]).arg(&self.redis), MINUTE)?;
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
