//! `cargo xtask run`: the app beside a simulated PBX, with calls coming in.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::desktop::{self, Desktop};
use crate::programs::For;
use crate::sh::{self, MINUTE, Running, Scratch};
use crate::{demo, http, install};

/// With a display, seconds between two calls, and the simulator's scripts that are played in turn.
const CALL_INTERVAL_S: u32 = 20;
const EVERYDAY: &str = r#""incoming-answered","incoming-missed","group-answered","outgoing-answered","hidden-number",
    "incoming-rejected","callcentre-missed","internal""#;

/// With a display: stays until the app ends or Ctrl-C. Without one, or with `--no-wait`: plays the demonstration once.
pub(crate) fn run(yes: bool, wait: bool) -> Result<()> {
    let display = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()));
    install::debian(
        if display {
            &[For::Build]
        } else {
            &[For::Build, For::Desktop]
        },
        yes,
    )?;
    crate::ui_dist(yes)?;
    sh::run(
        &mut sh::cargo(&["build", "--locked", "-p", "perezvon", "-p", "perezvon-sim", "--bins"]),
        30 * MINUTE,
    )?;

    let desktop = if display { None } else { Some(Desktop::start(true)?) };
    let folder = Scratch::new("perezvon-run")?;
    let simulator = Simulator::start(&sh::target().join("debug"), folder.path())?;
    let mut app = Running::start(&mut simulator.perezvon(desktop.as_ref()))?;
    simulator.wait_for_subscription(&mut app)?;
    if desktop.is_none() && wait {
        simulator.control(
            "timer",
            &format!(r#"{{"every_ms":{},"scripts":[{EVERYDAY}]}}"#, CALL_INTERVAL_S * 1000),
        )?;
        println!("Something happens every {CALL_INTERVAL_S} seconds. Ctrl-C, or \"Quit\" in the tray's menu, ends it.");
        while app.wait(MINUTE)?.is_none() {}
        return Ok(());
    }
    demo::play(&simulator, &mut app, desktop.as_ref())
}

/// A running simulator.
pub(crate) struct Simulator {
    _process: Running,
    /// The base of its REST API.
    url: String,
    folder: PathBuf,
    programs: PathBuf,
}

impl Simulator {
    /// Starts it, as built into the folder `programs`, on a free port of the loopback interface, with a token of its own.
    pub(crate) fn start(programs: &Path, folder: &Path) -> Result<Self> {
        let token = token()?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(folder.join("token"));
        file?.write_all(token.as_bytes())?;
        let log = fs::File::create(folder.join("simulator.log"))?;
        let mut command = sh::command(programs.join("perezvon-sim"), &["serve", "--listen", "127.0.0.1:0"]);
        command
            .args(["--seed", "1"])
            .env("PEREZVON_SIM_TOKEN", &token)
            .stdout(Stdio::piped())
            .stderr(log);
        let mut process = Running::start(&mut command)?;
        let pipe = process.child.stdout.take().context("standard output is piped")?;
        let line = desktop::first_line(pipe, Duration::from_secs(20)).context("the simulator does not start")?;
        let url = line
            .strip_prefix("listening ")
            .with_context(|| format!("the simulator said: {line}"))?
            .to_owned();
        Ok(Self {
            _process: process,
            url,
            folder: folder.to_owned(),
            programs: programs.to_owned(),
        })
    }

    /// The app's command line, connected to this simulator as its first abonent. Started a second time, it hands its
    /// arguments to the first.
    pub(crate) fn perezvon(&self, desktop: Option<&Desktop>) -> Command {
        let mut command = sh::command(self.programs.join("perezvon"), &["--data-dir"]);
        command.arg(self.data());
        self.connect(&mut command);
        command.env("PEREZVON_DEMO", "contacts");
        if let Some(desktop) = desktop {
            desktop.enter(&mut command);
        }
        command
    }

    /// The folder of the app's data.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Gives a program this simulator's address and token.
    pub(crate) fn connect(&self, command: &mut Command) {
        command
            .env("PEREZVON_PBX_URL", &self.url)
            .env("PEREZVON_PBX_TOKEN_FILE", self.folder.join("token"));
    }

    /// A command of the relay, connected to this simulator.
    pub(crate) fn relay(&self, arguments: &[&str]) -> Command {
        let mut command = sh::command(self.programs.join("perezvon-relay"), arguments);
        self.connect(&mut command);
        command
    }

    /// `POST /control/WHAT`.
    fn control(&self, what: &str, body: &str) -> Result<String> {
        http::request("POST", self.address()?, &format!("/control/{what}"), body)
    }

    /// Plays a script; `arguments` is the JSON object that the script is told. Gives the play's number.
    pub(crate) fn play(&self, script: &str, arguments: &str) -> Result<u64> {
        let answer = self.control(&format!("play/{script}"), arguments)?;
        let (_, id) = answer
            .split_once("\"id\":")
            .with_context(|| format!("the simulator said: {answer}"))?;
        let digits: String = id.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().with_context(|| format!("the simulator said: {answer}"))
    }

    /// Until the last event of a play has been delivered.
    pub(crate) fn wait_for_end(&self, play: u64) -> Result<()> {
        http::request("GET", self.address()?, &format!("/control/plays/{play}?wait=1"), "").map(drop)
    }

    fn address(&self) -> Result<&str> {
        let rest = self
            .url
            .strip_prefix("http://")
            .context("the simulator's address is no http")?;
        Ok(rest.split('/').next().unwrap_or(rest))
    }

    /// Until the app, or the relay, has asked for events: before that, nobody would hear a call.
    pub(crate) fn wait_for_subscription(&self, subscriber: &mut Running) -> Result<()> {
        let end = Instant::now() + MINUTE;
        while Instant::now() < end {
            if let Some(status) = subscriber.wait(Duration::from_millis(200))? {
                bail!("it ended before it asked for events: {status}");
            }
            if http::request("GET", self.address()?, "/control/subscriptions", "")?.contains('{') {
                return Ok(());
            }
        }
        bail!("nobody subscribed to events within a minute")
    }
}

fn token() -> Result<String> {
    let mut bytes = [0_u8; 16];
    std::io::Read::read_exact(&mut fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
}
