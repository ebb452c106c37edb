//! The headless relay.
#![forbid(unsafe_code)]

use clap::Parser as _;
use perezvon_relay::cli::{Cli, run};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    // Libraries with other wishes must not choose for the process.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    ignore_hangup();
    let cli = Cli::parse();
    cli.start_log();
    match run(cli, end_signal).await {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `systemctl reload` sends SIGHUP, which would end the process where nobody listens to it. The certificate's keeper hears
/// it beside this.
fn ignore_hangup() {
    #[cfg(unix)]
    if let Ok(mut hangup) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) {
        // Once taken over, the signal stays so for the life of the process.
        tokio::spawn(async move { while hangup.recv().await.is_some() {} });
    }
}

/// Ctrl+C, or the service manager's way to say that it is time to end; heard from the call on.
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
        // Without a signal handler the process ends by the signal itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
