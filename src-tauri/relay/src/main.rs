//! The headless relay.
#![forbid(unsafe_code)]

use clap::Parser as _;
use perezvon_relay::cli::{Cli, run, runtime};
use std::process::ExitCode;

/// An event makes many small allocations, and other threads free them: with glibc's allocator that was a fifth of the
/// time that an event takes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Libraries with other preferences must not choose the TLS implementation for the process.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let cli = Cli::parse();
    cli.start_log();
    #[cfg(windows)]
    if cli.is_service() {
        return match perezvon_relay::cli::windows::run_as_service(cli) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("perezvon-relay: {error:#}");
                ExitCode::FAILURE
            }
        };
    }
    match runtime() {
        Ok(runtime) => runtime.block_on(carry_out(cli)),
        Err(error) => {
            eprintln!("perezvon-relay: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn carry_out(cli: Cli) -> ExitCode {
    ignore_hangup();
    match run(cli, end_signal).await {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `systemctl reload` sends SIGHUP, which would end the process without a handler. The task that keeps the
/// certificate listens to it as well.
fn ignore_hangup() {
    #[cfg(unix)]
    if let Ok(mut hangup) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) {
        // A handler stays in place for the life of the process.
        tokio::spawn(async move { while hangup.recv().await.is_some() {} });
    }
}

/// Ctrl+C, or the service manager's request to stop; registered at the call.
fn end_signal() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    async move {
        #[cfg(unix)]
        if let Ok(mut terminate) = terminate {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
        // Without a signal handler the signal itself ends the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
