//! `perezvon-sim serve`: the simulator as a program.
#![forbid(unsafe_code)]

use std::{io::Write as _, net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use perezvon_sim::{Company, Cue, DEFAULT_TOKEN, Options, SCRIPTS, Sim};

/// A simulator of the PBX: REST and events over real HTTP.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until it is interrupted.
    Serve(Serve),
    /// Lists the scripts.
    Scripts,
}

#[derive(clap::Args)]
struct Serve {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The token that REST accepts. Fictional, a test token: that is why it may stand on a command line.
    #[arg(long, env = "PEREZVON_SIM_TOKEN", hide_env_values = true, default_value = DEFAULT_TOKEN)]
    token: String,
    /// Makes the run repeatable.
    #[arg(long)]
    seed: Option<u64>,
    /// A JSON list of what to play when: [{"at_ms":0,"play":"incoming-answered","number":"+79000000099"}, ...]
    #[arg(long)]
    script: Option<PathBuf>,
    /// How many times faster the waits inside scripts pass.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Post events to the address itself, not to address + "/null".
    #[arg(long)]
    no_null_suffix: bool,
    /// Plays the everyday scripts in turn, one each time this many milliseconds have passed.
    #[arg(long)]
    timer_ms: Option<u64>,
    /// How many abonents the company has.
    #[arg(long, default_value_t = 8)]
    abonents: usize,
}

/// What the timer plays: one of each everyday kind.
const EVERYDAY: [&str; 8] = [
    "incoming-answered",
    "incoming-missed",
    "group-answered",
    "outgoing-answered",
    "incoming-rejected",
    "callcentre",
    "internal",
    "group-missed",
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("PEREZVON_LOG"))
        .with_writer(std::io::stderr)
        .init();
    match Cli::parse().command {
        Command::Serve(serve) => run(serve).await,
        Command::Scripts => list(),
    }
}

fn list() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for script in SCRIPTS {
        writeln!(out, "{:28} {}", script.name, script.what)?;
    }
    Ok(())
}

async fn run(serve: Serve) -> anyhow::Result<()> {
    let cues: Vec<Cue> = match &serve.script {
        None => Vec::new(),
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            serde_json::from_str(&text).with_context(|| format!("{} is no list of cues", path.display()))?
        }
    };
    anyhow::ensure!(serve.speed > 0.0, "--speed is greater than 0");
    let options = Options {
        listen: serve.listen,
        token: serve.token,
        control: true,
        seed: serve.seed,
        speed: serve.speed,
        null_suffix: !serve.no_null_suffix,
        company: Company::of(serve.abonents),
        ..Options::default()
    };
    let sim = Sim::start(options).await?;
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "listening {}", sim.rest_url())?;
        out.flush()?;
    }
    if !cues.is_empty() {
        sim.play_all(&cues)?;
    }
    if let Some(every) = serve.timer_ms {
        sim.start_timer(every, EVERYDAY.map(str::to_owned).to_vec())?;
    }
    ended().await?;
    sim.shutdown().await;
    Ok(())
}

/// Waits for an interrupt or, on Unix, for the end asked by the system.
async fn ended() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            done = tokio::signal::ctrl_c() => done?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}
