//! Notifications to the service manager (systemd): ready, alive, stopping.

/// The relay serves; units that wait for it may start.
pub(super) fn ready() {
    notify(Notification::Ready);
}

/// The relay is shutting down.
pub(super) fn stopping() {
    notify(Notification::Stopping);
}

/// Notifies the watchdog twice in each interval, for ever, while `is_alive` returns true. It runs as one of the
/// relay's own tasks: if they hang, the notifications stop and systemd restarts the relay.
pub(super) async fn alive(mut is_alive: impl FnMut() -> bool) {
    #[cfg(target_os = "linux")]
    if let Some(limit) = sd_notify::watchdog_enabled() {
        let mut beat = tokio::time::interval(limit / 2);
        loop {
            beat.tick().await;
            if is_alive() {
                notify(Notification::Alive);
            }
        }
    }
    let _ = &mut is_alive;
    std::future::pending::<()>().await;
}

enum Notification {
    Ready,
    Stopping,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "systemd is Linux"))]
    Alive,
}

fn notify(notification: Notification) {
    #[cfg(target_os = "linux")]
    {
        let notification = match notification {
            Notification::Ready => sd_notify::NotifyState::Ready,
            Notification::Stopping => sd_notify::NotifyState::Stopping,
            Notification::Alive => sd_notify::NotifyState::Watchdog,
        };
        if let Err(error) = sd_notify::notify(&[notification]) {
            tracing::warn!(%error, "the service manager cannot be told");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = notification;
}
