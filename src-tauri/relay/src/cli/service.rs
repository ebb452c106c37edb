//! What the service manager (systemd) is told: that the relay serves, that it lives, that it ends.

/// The relay serves; units that wait for it may start.
pub(super) fn ready() {
    tell(State::Ready);
}

/// The relay ends in order.
pub(super) fn stopping() {
    tell(State::Stopping);
}

/// Says that the relay lives, twice in each interval of the watchdog, for ever, as long as `is_alive` says so. It runs among
/// the relay's own tasks: when they hang, it does not speak, and systemd starts the relay anew.
pub(super) async fn alive(mut is_alive: impl FnMut() -> bool) {
    #[cfg(target_os = "linux")]
    if let Some(limit) = sd_notify::watchdog_enabled() {
        let mut beat = tokio::time::interval(limit / 2);
        loop {
            beat.tick().await;
            if is_alive() {
                tell(State::Alive);
            }
        }
    }
    let _ = &mut is_alive;
    std::future::pending::<()>().await;
}

enum State {
    Ready,
    Stopping,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "systemd is Linux"))]
    Alive,
}

fn tell(state: State) {
    #[cfg(target_os = "linux")]
    {
        let state = match state {
            State::Ready => sd_notify::NotifyState::Ready,
            State::Stopping => sd_notify::NotifyState::Stopping,
            State::Alive => sd_notify::NotifyState::Watchdog,
        };
        if let Err(error) = sd_notify::notify(&[state]) {
            tracing::warn!(%error, "the service manager cannot be told");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = state;
}
