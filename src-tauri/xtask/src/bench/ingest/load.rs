//! The load: the events of calls that are received, answered and released, numbered one after the other as one
//! subscription numbers them (reference 2.3), and the load tool that posts them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::bench;
use crate::sh::{self, MINUTE};

/// Posts that are under way at one time.
const CONNECTIONS: &str = "64";
const CALL: [&str; 3] = [
    "03-CallReceived-direct.xml",
    "09-CallAnswered-incoming.xml",
    "10-CallReleased-incoming-answered.xml",
];
const MISSED: &str = "11-CallReleased-incoming-missed.xml";

/// One thread alone: the numbers have no gap. The 64 connections may still bring them a little out of order, as the PBX
/// does, which posts in parallel.
const SCRIPT: &str = r#"
function setup(thread)
  only = thread
end
function init(arguments)
  number = tonumber(arguments[1]) - 1
  heads = {}
  for abonent = 0, 49 do
    local path = arguments[2]:gsub("{ABONENT}", abonent)
    heads[abonent] = "POST " .. path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
      .. "Content-Type: application/xml; charset=UTF-8\r\nContent-Length: "
  end
end
function request()
  -- The first request is a trial of the load tool, which does not send it.
  if tried then number = number + 1 end
  tried = true
  local step = (number - 1) % 3
  local call = (number - 1 - step) / 3 + 1
  local abonent = call % 50
  -- Strings: a number of so many digits would lose some of them.
  if step == 0 or not start then
    local now = os.time()
    start, answer, release = now .. "000", now .. "100", now .. "200"
  end
  local body = events[step + 1](string.format("%012d", number), number, call,
    string.format("90000000%02d", abonent), string.format("7900%07d", call % 10000000),
    start, answer, release)
  return heads[abonent] .. #body .. "\r\n\r\n" .. body
end
function done()
  io.write("last number: ", only:get("number"), "\n")
end
"#;

/// What differs between two events, in the order of the parameters of the script's functions: the mark in the template,
/// and the parameter.
const MARKS: [(&str, &str); 8] = [
    ("{EVENT}", "event"),
    ("{SEQUENCE}", "sequence"),
    ("{CALL}", "call"),
    ("{ABONENT}", "abonent"),
    ("{CALLER}", "caller"),
    ("{START}", "start"),
    ("{ANSWER}", "answer"),
    ("{RELEASE}", "release"),
];

/// The events of one subscription.
pub(super) struct Events {
    call: Vec<String>,
    missed: String,
}

/// What the load tool saw.
pub(super) struct Load {
    pub(super) per_second: f64,
    pub(super) requests: u64,
    pub(super) p99: String,
    /// Number of the last event that was sent, answered or not.
    pub(super) last: u64,
}

impl Events {
    /// Of the subscription with this id.
    pub(super) fn of(subscription: &str) -> Result<Self> {
        Ok(Self {
            call: CALL
                .iter()
                .map(|name| template(name, subscription))
                .collect::<Result<_>>()?,
            missed: template(MISSED, subscription)?,
        })
    }

    /// The event of the load with this number, as the script writes it.
    pub(super) fn numbered(&self, number: u64) -> String {
        let step = (number - 1) % 3;
        let call = (number - 1) / 3 + 1;
        let abonent = format!("90000000{:02}", call % 50);
        let caller = format!("7900{:07}", call % 10_000_000);
        filled(&self.call[step as usize], number, call, &abonent, &caller)
    }

    /// A call of its own comes in, from a number of which the load has no call.
    pub(super) fn received(&self, number: u64, call: u64, caller: &str) -> String {
        filled(&self.call[0], number, call, "9000000001", caller)
    }

    /// It ends, and nobody has answered.
    pub(super) fn missed(&self, number: u64, call: u64, caller: &str) -> String {
        filled(&self.missed, number, call, "9000000001", caller)
    }

    /// Writes the load tool's script.
    pub(super) fn write_script(&self, file: &Path) -> Result<()> {
        let mut script = String::from("events = {\n");
        for event in &self.call {
            let mut expression = format!("[==[{event}]==]");
            for (mark, parameter) in MARKS {
                expression = expression.replace(mark, &format!("]==]..{parameter}..[==["));
            }
            let parameters = MARKS.map(|(_, parameter)| parameter).join(", ");
            let _ = writeln!(script, "function({parameters}) return {expression} end,");
        }
        fs::write(file, script + "}\n" + SCRIPT)?;
        Ok(())
    }
}

/// An example event with marks in place of what must differ.
fn template(name: &str, subscription: &str) -> Result<String> {
    let path = sh::root().join("src-tauri/pbx/tests/events").join(name);
    let mut event = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    for (element, text) in [
        ("eventID", "e0000000-0000-4000-8000-{EVENT}"),
        ("sequenceNumber", "{SEQUENCE}"),
        ("subscriptionId", subscription),
        ("callId", "callhalf-{CALL}:0"),
        ("extTrackingId", "{CALL}:1"),
    ] {
        event = replaced(&event, element, text).with_context(|| format!("{name} has no {element}"))?;
    }
    // The calls are of now: the relay has read the PBX's lists of what was before, and looks into them for older ones.
    for (example, mark) in [
        ("9000000001@", "{ABONENT}@"),
        ("79000000099", "{CALLER}"),
        ("1760000000000", "{START}"),
        ("1760000008250", "{ANSWER}"),
        ("1760000071900", "{RELEASE}"),
        ("1760000021400", "{RELEASE}"),
    ] {
        event = event.replace(example, mark);
    }
    Ok(event)
}

fn replaced(event: &str, element: &str, text: &str) -> Option<String> {
    let (before, rest) = event.split_once(&format!("<xsi:{element}>"))?;
    let (_, after) = rest.split_once(&format!("</xsi:{element}>"))?;
    Some(format!("{before}<xsi:{element}>{text}</xsi:{element}>{after}"))
}

fn filled(template: &str, number: u64, call: u64, abonent: &str, caller: &str) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs());
    let values = [
        &format!("{number:012}"),
        &number.to_string(),
        &call.to_string(),
        abonent,
        caller,
        &format!("{now}000"),
        &format!("{now}100"),
        &format!("{now}200"),
    ];
    MARKS
        .iter()
        .zip(values)
        .fold(template.to_owned(), |event, ((mark, _), value)| {
            event.replace(mark, value)
        })
}

/// Posts events for so many seconds, from the number `first` on. `{ABONENT}` in the path is the event's.
pub(super) fn post(port: u16, path: &str, script: &Path, seconds: u64, first: u64) -> Result<Load> {
    let duration = format!("{seconds}s");
    let mut wrk = sh::command(
        "wrk",
        &["-t", "1", "-c", CONNECTIONS, "-d", &duration, "--latency", "-s"],
    );
    wrk.arg(script)
        .arg(format!("http://127.0.0.1:{port}"))
        .args(["--", &first.to_string(), path]);
    let text = sh::output(&mut wrk, Duration::from_secs(seconds) + MINUTE)?;
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        bail!("not every event was taken:\n{text}");
    }
    let field = |start: &str| bench::line(&text, start);
    let requests = text
        .lines()
        .find_map(|line| line.trim().split_once(" requests in "))
        .context("no count of requests")?;
    Ok(Load {
        per_second: field("Requests/sec:")?.parse().context("wrk's rate")?,
        requests: requests.0.parse().context("wrk's count")?,
        p99: field("99%")?,
        last: field("last number:")?.parse().context("wrk's last number")?,
    })
}
