//! The command line of `perezvon-relay` (design, part 7).

mod accounts;
mod backup;
mod check;
mod commands;
mod config_file;
mod release;
mod say;
mod service;
#[cfg(windows)]
pub mod windows;

use accounts::all_options;
use accounts::env_url;
pub use commands::run;
pub(crate) use config_file::File;
use config_file::LogFormat;

use crate::releases::{Target, Version};
use crate::tables::settings::MAIN;
use crate::timing::Timing;
use clap::{Args, Parser, Subcommand, ValueEnum};
use perezvon_core::Time;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use tokio::runtime::Runtime;
use url::Url;

/// What the program runs in. Requests are read on all cores but one, which is left to the thread that writes the ledger:
/// where every core reads requests, that thread waits for its turn, and each of the requests waits for it. The number is not
/// asked of the environment (`TOKIO_WORKER_THREADS`).
///
/// # Errors
/// The system gives no threads.
pub fn runtime() -> std::io::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.saturating_sub(1).max(1))
        .enable_all()
        .build()
}

/// Receives the PBX's events and tells each desk about the calls it may know.
#[derive(Debug, Parser)]
#[command(name = "perezvon-relay", version = perezvon_core::VERSION)]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Intervals and time limits of `serve`, for programs that embed it.
    #[arg(skip)]
    pub timing: Timing,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve until SIGTERM or Ctrl+C.
    Serve(Serve),
    /// Manage users and their keys.
    #[command(subcommand)]
    User(UserCommand),
    /// Make a join code; prints only the link for the new desk, once, on standard output.
    JoinCode(NewJoinCode),
    /// Print the address, including its secret, that the PBX must post to.
    CallbackUrl(DataDir),
    /// Run every check of «Проверить сервис», one line each; exit code 1 if one fails.
    Check(Check),
    /// Print the event journal as JSON lines, oldest first, with the texts as posted.
    Events(Events),
    /// Copy the ledger to a file, also while the relay serves. The copy does not contain the account token.
    Backup(Backup),
    /// Replace the ledger by a backup; the relay must not run. The present ledger is kept next to it.
    Restore(Restore),
    /// Manage the releases of the app that the company's desks are updated from.
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// The relay as a service of Windows; an administrator's commands.
    #[cfg(windows)]
    #[command(subcommand)]
    Service(ServiceCommand),
}

#[cfg(windows)]
#[derive(Debug, Subcommand)]
pub(crate) enum ServiceCommand {
    /// Make the service, with an account and a folder of its own; it starts with the system.
    Install(Install),
    /// Start it, and wait until it serves.
    Start,
    /// Stop it, and wait until it has ended.
    Stop,
    /// Stop and remove it; its data stays.
    Uninstall,
    /// What the service manager starts.
    #[command(hide = true)]
    Run(Serve),
}

#[cfg(windows)]
#[derive(Debug, Args)]
pub(crate) struct Install {
    /// Directory of the ledgers; only the service and administrators get rights to it.
    #[arg(long, default_value = r"C:\ProgramData\Perezvon relay")]
    pub(crate) data_dir: PathBuf,
    /// Configuration in TOML (or JSON).
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(crate) dir: DataDir,
    /// The new file; an existing file is not replaced.
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
    /// Directory of the ledger.
    #[arg(long, env = "PEREZVON_DATA_DIR")]
    pub(crate) data_dir: PathBuf,
    /// The account (PBX contract), if the relay serves several.
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
    /// Only events whose text, or whose reason for being unreadable, contains this.
    #[arg(long)]
    pub(crate) q: Option<String>,
    /// Only events of this type, as the PBX names it: CallReceivedEvent.
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
    /// Directory of the ledgers.
    #[arg(long, env = "PEREZVON_DATA_DIR")]
    pub(crate) data_dir: PathBuf,
    /// Address and port to listen at; 127.0.0.1:8717 if neither this nor the configuration sets it.
    #[arg(long)]
    pub(crate) listen: Option<SocketAddr>,
    /// Configuration in TOML (or JSON); `relay.toml` of the package shows every field.
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// Kind of the ledger; `sqlite` is the only one that is built in.
    #[arg(long, default_value = "sqlite")]
    pub(crate) ledger: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user; prints only the new key, once, on standard output.
    Add {
        #[command(flatten)]
        dir: DataDir,
        /// What the user may do.
        #[arg(long)]
        role: CliRole,
        /// The abonent whose calls the user sees (required for the role user).
        #[arg(long)]
        abonent: Option<String>,
        /// A name for people to read.
        #[arg(long)]
        name: String,
    },
    /// List users, including revoked ones, as JSON lines.
    List(DataDir),
    /// Revoke a user's key.
    Revoke {
        #[command(flatten)]
        dir: DataDir,
        /// Id of the user, as `user list` prints it.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    /// Offer a file to the desks: the installer of Windows, the archive of the app for macOS.
    Add(NewRelease),
    /// List the releases as JSON lines.
    List(DataDir),
    /// Offer a release no longer; desks that have it keep it.
    Remove(OldRelease),
}

#[derive(Debug, Args)]
pub(crate) struct NewRelease {
    /// The file; it is copied.
    pub(crate) file: PathBuf,
    /// Its version: 1.2.3.
    #[arg(long)]
    pub(crate) version: Version,
    /// The computers that it is for.
    #[arg(long)]
    pub(crate) target: Target,
    /// The makers' signature; FILE.sig if this is not given.
    #[arg(long)]
    pub(crate) signature: Option<PathBuf>,
    /// A text file that says what is new.
    #[arg(long)]
    pub(crate) notes: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) dir: DataDir,
}

#[derive(Debug, Args)]
pub(crate) struct OldRelease {
    /// Its version.
    #[arg(long)]
    pub(crate) version: Version,
    /// The computers that it is for.
    #[arg(long)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) dir: DataDir,
}

#[derive(Debug, Args)]
pub(crate) struct NewJoinCode {
    #[command(flatten)]
    pub(crate) dir: DataDir,
    /// What the new user may do.
    #[arg(long)]
    pub(crate) role: CliRole,
    /// The abonent whose calls the user sees (required for the role user).
    #[arg(long)]
    pub(crate) abonent: Option<String>,
    /// A name for people to read.
    #[arg(long)]
    pub(crate) name: String,
    /// Address at which desks reach the relay; its public address if this is not given.
    #[arg(long)]
    pub(crate) relay: Option<Url>,
    /// How long the code is valid, minutes: 5 to 10080 (7 days).
    #[arg(long, default_value_t = crate::people::DEFAULT_CODE_MINUTES)]
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
    /// Whether the service manager has started this process.
    #[cfg(windows)]
    pub fn is_service(&self) -> bool {
        matches!(self.command, Command::Service(ServiceCommand::Run(_)))
    }

    /// Initialises the log: for `serve` from its configuration, for the other commands for people. A configuration
    /// that cannot be read is reported by [`run`].
    pub fn start_log(&self) {
        use std::io::IsTerminal as _;
        #[cfg(windows)]
        use tracing_layer_win_eventlog::EventLogLayer;
        #[cfg(windows)]
        use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};
        let log = match &self.command {
            Command::Serve(wanted) => File::read(wanted.config.as_deref()).unwrap_or_default().log,
            #[cfg(windows)]
            Command::Service(ServiceCommand::Run(wanted)) => {
                let log = File::read(wanted.config.as_deref()).unwrap_or_default().log;
                // Nobody sees the standard error of a service.
                match EventLogLayer::new_with_default_id(windows::NAME, Some(windows::EVENT_ID)) {
                    Ok(events) => tracing_subscriber::registry().with(log.filter()).with(events).init(),
                    Err(error) => say::say(&format!("the event log: {error}")),
                }
                return;
            }
            _ => config_file::Log::default(),
        };
        // Standard output is for the results of the commands.
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
