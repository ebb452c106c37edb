//! A session bus of one test: no service is started by it, nothing of the user's desktop is on it.

use super::display::{Running, first_line};
use std::path::Path;
use std::process::{Command, Stdio};

/// `DIR` stands for the folder of its socket. The project's commands start theirs with it too.
const CONFIG: &str = include_str!("bus.conf");

/// Ends with the value.
pub struct Bus {
    /// For `DBUS_SESSION_BUS_ADDRESS`.
    pub address: String,
    dir: tempfile::TempDir,
    _daemon: Running,
}

impl Bus {
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("bus.conf");
        std::fs::write(&config, CONFIG.replace("DIR", &dir.path().display().to_string())).unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--nopidfile", "--print-address"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed by `cargo xtask test`");
        let address = first_line(&mut daemon);
        Self {
            address,
            dir,
            _daemon: Running(daemon),
        }
    }

    /// A folder that lives as long as the bus.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }
}
