//! The command line of `perezvon-relay` (design, part 7).

mod accounts;
mod backup;
mod check;
mod commands;
mod config_file;
mod say;
mod service;

use accounts::all_options;
use accounts::env_url;
pub use commands::run;
pub(crate) use config_file::File;
use config_file::LogFormat;

use crate::tables::settings::MAIN;
use crate::timing::Timing;
use clap::{Args, Parser, Subcommand, ValueEnum};
use perezvon_core::Time;
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

/// Receives the PBX's events and tells each desk about the calls it may know.
#[derive(Debug, Parser)]
#[command(name = "perezvon-relay", version)]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Waits of `serve`, for who runs it inside another program.
    #[arg(skip)]
    pub timing: Timing,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve until SIGTERM or Ctrl+C.
    Serve(Serve),
    /// Users and their keys.
    #[command(subcommand)]
    User(UserCommand),
    /// Make a join code; prints the link for the new desk, once, alone on standard output.
    JoinCode(NewJoinCode),
    /// Print the address, secret included, that the PBX must post to.
    CallbackUrl(DataDir),
    /// Every check of «Проверить сервис», one line each; exit code 1 if one fails.
    Check(Check),
    /// The event journal as JSON lines, oldest first, with the texts as posted.
    Events(Events),
    /// Copy the ledger to a file, also while the relay serves. The account token is not in it.
    Backup(Backup),
    /// Put a backup in the place of the ledger; the relay must not run. The present ledger is kept beside it.
    Restore(Restore),
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(crate) dir: DataDir,
    /// The new file; one that is there is not replaced.
    #[arg(long)]
    pub(crate) to: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    pub(crate) dir: DataDir,
    /// A file that `backup` made.
    #[arg(long)]
    pub(crate) from: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DataDir {
    /// Where the ledger is.
    #[arg(long, env = "PEREZVON_DATA_DIR")]
    pub(crate) data_dir: PathBuf,
    /// Which account (PBX contract), where the relay serves several.
    #[arg(long, default_value = MAIN)]
    pub(crate) account: String,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) dir: DataDir,
    /// The configuration of `serve`.
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Events {
    #[command(flatten)]
    pub(crate) dir: DataDir,
    /// Only events in whose text, or in the reason why it cannot be read, this stands.
    #[arg(long)]
    pub(crate) q: Option<String>,
    /// Only events of this kind, as the PBX names it: CallReceivedEvent.
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Only events that cannot be read.
    #[arg(long)]
    pub(crate) unreadable: bool,
    /// Only events of one call: its id or its tracking id.
    #[arg(long)]
    pub(crate) call: Option<String>,
    /// Only events received at or after this time: 2026-01-31T07:22:37Z.
    #[arg(long, value_parser = time)]
    pub(crate) from: Option<Time>,
    /// Only events received before this time.
    #[arg(long, value_parser = time)]
    pub(crate) to: Option<Time>,
}

fn time(text: &str) -> Result<Time, String> {
    let read = chrono::DateTime::parse_from_rfc3339(text);
    read.map(|time| time.to_utc().into())
        .map_err(|_| "a time with its zone is expected: 2026-01-31T07:22:37Z".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where the ledgers are.
    #[arg(long, env = "PEREZVON_DATA_DIR")]
    pub(crate) data_dir: PathBuf,
    /// Address and port to listen at; 127.0.0.1:8717 where neither this nor the configuration says.
    #[arg(long)]
    pub(crate) listen: Option<SocketAddr>,
    /// Configuration in TOML (or JSON); `relay.toml` of the package shows every field.
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// `sqlite`, or `nats://HOST:PORT`.
    #[arg(long, default_value = "sqlite")]
    pub(crate) ledger: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user; prints the new key, once, alone on standard output.
    Add {
        #[command(flatten)]
        dir: DataDir,
        /// What the user may do.
        #[arg(long)]
        role: CliRole,
        /// Whose calls (a user must have one).
        #[arg(long)]
        abonent: Option<String>,
        /// A name for people.
        #[arg(long)]
        name: String,
    },
    /// List users, revoked ones included, as JSON lines.
    List(DataDir),
    /// Stop a user's key.
    Revoke {
        #[command(flatten)]
        dir: DataDir,
        /// Id of the user, as `user list` tells it.
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct NewJoinCode {
    #[command(flatten)]
    pub(crate) dir: DataDir,
    /// What the user to come may do.
    #[arg(long)]
    pub(crate) role: CliRole,
    /// Whose calls (a user must have one).
    #[arg(long)]
    pub(crate) abonent: Option<String>,
    /// A name for people.
    #[arg(long)]
    pub(crate) name: String,
    /// Address at which desks reach the relay; its public address where this is not given.
    #[arg(long)]
    pub(crate) relay: Option<Url>,
    /// How long the code can be used, minutes: 5 to 10080 (7 days).
    #[arg(long, default_value_t = crate::people::MINUTES)]
    pub(crate) minutes: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CliRole {
    Admin,
    User,
}

impl From<CliRole> for crate::keys::Role {
    fn from(role: CliRole) -> Self {
        match role {
            CliRole::Admin => Self::Admin,
            CliRole::User => Self::User,
        }
    }
}

impl Cli {
    /// Sets the log up: `serve` as its configuration says, the other commands for people. A configuration that cannot
    /// be read is told by [`run`].
    pub fn start_log(&self) {
        use std::io::IsTerminal as _;
        let log = match &self.command {
            Command::Serve(wanted) => File::read(wanted.config.as_deref()).unwrap_or_default().log,
            _ => config_file::Log::default(),
        };
        // Standard output belongs to the results of the commands.
        let lines = tracing_subscriber::fmt()
            .with_env_filter(log.filter())
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr);
        match log.format.unwrap_or_default() {
            LogFormat::Text => lines.init(),
            LogFormat::Json => lines.json().flatten_event(true).init(),
        }
    }
}
