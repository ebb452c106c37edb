//! The relay's contract held against the relay: Schemathesis, a public checker, reads the OpenAPI document and asks what
//! it promises, and what it forbids, with no key, with a user's and with an administrator's. The relay is a real one
//! beside the simulated PBX, with a call, recordings and abonents in it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::run::Simulator;
use crate::sh::{self, MINUTE, Running, Scratch};
use crate::{http, install};

/// Requests for each operation beside those that go systematically through its bounds.
const EXAMPLES: u32 = 12;
/// Longest time for all that is asked with one key.
const LIMIT: Duration = Duration::from_mins(5);

/// Something that the checker is told not to expect, or not to do.
struct Known {
    /// The operations, in the checker's words.
    operations: &'static str,
    /// What it is told, in TOML.
    told: &'static str,
    why: &'static str,
}

/// All of it: nothing else is passed over.
const KNOWN: &[Known] = &[
    Known {
        operations: r#"include-path = "/v1/feed""#,
        told: "enabled = false",
        why: "a WebSocket, and the checker speaks plain HTTP only; the relay's tests read it",
    },
    Known {
        operations: r#"include-name = ["GET /v1/changes", "GET /v1/company/changes"]"#,
        told: r#"parameters = { "query.wait" = 0 }"#,
        why: "they wait as long as they are told, a minute each time",
    },
    Known {
        operations: r#"include-name = "GET /v1/calls""#,
        told: r#"parameters = { "query.number" = "+79000000701" }"#,
        why: "which text is a number is decided by the plans of all countries, and no pattern says it",
    },
    Known {
        operations: r#"include-name = "POST /v1/calls""#,
        told: r#"checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 409, 502]
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", 502]"#,
        why: "the same; and 502 is what the PBX says to a number or an abonent that it does not know",
    },
    Known {
        operations: r#"include-path = "/v1/forwarding""#,
        told: r#"checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 409, 429, 502]
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", 502]"#,
        why: "the same; and which kinds of calls go together, and for whom an administrator asks, no schema says",
    },
    Known {
        operations: r#"include-name = "PUT /v1/calls/{id}/claim""#,
        told: r#"checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 404, 409, 429]"#,
        why: "an administrator must say for whom, a user need not: one body for both",
    },
    Known {
        operations: r#"include-name = "PUT /v1/settings/token""#,
        told: r#"checks.not_a_server_error.expected-statuses = ["2xx", "4xx", 502]"#,
        why: "502 is what the PBX says to a token that it does not know",
    },
    Known {
        operations: r#"include-name = "POST /v1/join""#,
        told: r#"checks.positive_data_acceptance.expected-statuses = ["2xx", 404, 410, 429]"#,
        why: "a code works once (410), and guesses are few (429)",
    },
    Known {
        operations: r#"include-path = ["/v1/recordings/{id}", "/v1/recordings/{id}/audio", "/v1/recordings/{id}/played"]"#,
        told: r#"checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 410, 429]"#,
        why: "the checker deletes recordings, and what was deleted is gone (410)",
    },
];

/// The same for every operation. Each run asks the same: a finding can be looked at again.
const SETTINGS: &str = r#"color = false
continue-on-failure = true
request-timeout = 20.0
workers = 1

[cache]
enabled = false

[generation]
database = "none"
deterministic = true

# There are no examples in the document, and no links from one operation to the next.
[phases.examples]
enabled = false
[phases.stateful]
enabled = false

# They are hints about what could be asked as well.
[warnings]
enabled = false
"#;

/// Limits of requests stay out of the way: the checker asks all it can.
const RELAY: &str =
    "ingestPerSecond = 0\n[limits]\nrequestsPerAddress = 0\nrequestsPerKey = 0\nwrongKeysPerMinute = 0\n";

/// Builds the programs, then [`check`].
pub(crate) fn build_and_check(yes: bool) -> Result<()> {
    let build = [
        "build",
        "--locked",
        "-p",
        "perezvon-relay",
        "-p",
        "perezvon-sim",
        "--bins",
    ];
    sh::run(&mut sh::cargo(&build), 30 * MINUTE)?;
    check(&sh::target().join("debug"), yes)
}

/// Runs the checker against the programs in the folder `programs`.
pub(crate) fn check(programs: &Path, yes: bool) -> Result<()> {
    let checker = install::schemathesis(yes)?;
    let folder = Scratch::new("perezvon-contract")?;
    let simulator = Simulator::start(programs, folder.path())?;
    let mut relay = Relay::start(&simulator, folder.path())?;
    let user = relay.prepare()?;
    // An administrator deletes recordings and takes keys back, so that comes last, with the key that the relay made for
    // this run, which nobody can take back.
    for (who, key) in [
        ("nobody", None),
        ("a user", Some(&user)),
        ("an administrator", Some(&relay.key)),
    ] {
        println!("the contract, asked by {who}");
        let config = folder.path().join("schemathesis.toml");
        fs::write(&config, settings(key.is_some()))?;
        let mut run = sh::command(&checker, &["--config-file"]);
        run.arg(&config)
            .args(["run", &format!("{}/v1/openapi.json", relay.url)]);
        run.args(["--max-examples", &EXAMPLES.to_string()])
            .current_dir(folder.path());
        if let Some(key) = key {
            run.env("PEREZVON_KEY", key);
        }
        sh::run(&mut run, LIMIT).with_context(|| {
            format!("the relay does not do what its contract says, or more, when {who} asks; KNOWN in contract.rs lists what is known")
        })?;
    }
    Ok(())
}

/// The checker's configuration.
fn settings(has_key: bool) -> String {
    let mut text = SETTINGS.to_owned();
    if has_key {
        text.push_str("\n[headers]\nAuthorization = \"Bearer ${PEREZVON_KEY}\"\n");
    }
    for known in KNOWN {
        let Known { operations, told, why } = known;
        let _ = write!(text, "\n# {why}\n[[operations]]\n{operations}\n{told}\n");
    }
    text
}

/// A relay that serves, with the key that it made for its own command line.
struct Relay<'a> {
    process: Running,
    simulator: &'a Simulator,
    data_dir: String,
    url: String,
    key: String,
}

impl<'a> Relay<'a> {
    fn start(simulator: &'a Simulator, folder: &Path) -> Result<Self> {
        let config = folder.join("relay.toml");
        fs::write(&config, RELAY)?;
        let data_dir = folder.join("data").display().to_string();
        let mut serve = simulator.relay(&["serve", "--listen", "127.0.0.1:0", "--data-dir", &data_dir]);
        serve.arg("--config").arg(&config);
        serve.stderr(fs::File::create(folder.join("relay.log"))?);
        let mut process = Running::start(&mut serve)?;
        let end = Instant::now() + MINUTE;
        while Instant::now() < end {
            if let Some(status) = process.wait(Duration::from_millis(100))? {
                let log = fs::read_to_string(folder.join("relay.log")).unwrap_or_default();
                bail!("the relay ended: {status}\n{log}");
            }
            let told = fs::read_to_string(folder.join("data/relay.local")).unwrap_or_default();
            if let (Some(url), Some(key)) = (field(&told, "url"), field(&told, "key")) {
                return Ok(Self {
                    process,
                    simulator,
                    data_dir,
                    url,
                    key,
                });
            }
        }
        bail!("the relay does not start")
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<String> {
        let address = self
            .url
            .strip_prefix("http://")
            .context("the relay speaks plain HTTP")?;
        http::request_as(&self.key, method, address, path, body)
    }

    /// Gives it abonents, events of a call and recordings; then a user's key.
    fn prepare(&mut self) -> Result<String> {
        let simulator = self.simulator;
        self.ask("PUT", "/v1/settings", &format!(r#"{{"publicUrl":"{}"}}"#, self.url))?;
        simulator.wait_for_subscription(&mut self.process)?;
        let play = simulator.play("incoming-answered", r#"{"ringMs":500,"talkMs":500}"#)?;
        simulator.wait_for_end(play)?;
        let abonents = self.ask("POST", "/v1/abonents/refresh", "")?;
        let abonent = field(&abonents, "id").context("the relay knows no abonent")?;
        let mut add = self
            .simulator
            .relay(&["user", "add", "--role", "user", "--name", "checker"]);
        add.args(["--abonent", &abonent, "--data-dir", &self.data_dir]);
        Ok(sh::output(&mut add, MINUTE)?.trim().to_owned())
    }
}

/// The first text of this name in a JSON object; what is looked for here has no escapes.
fn field(json: &str, name: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"{name}\":\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_passed_over_says_why() {
        let text = settings(true);
        for known in KNOWN {
            assert!(known.why.len() > 20 && text.contains(known.why), "{}", known.operations);
        }
        assert!(!settings(false).contains("Authorization"), "nobody has no key");
    }

    #[test]
    fn a_text_is_found_by_its_name() {
        let json = r#"{"url":"http://127.0.0.1:1","key":"ab","n":1}"#;
        assert_eq!(field(json, "key").as_deref(), Some("ab"));
        assert_eq!((field(json, "n"), field("", "key")), (None, None));
    }
}
