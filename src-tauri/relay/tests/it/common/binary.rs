//! The real `perezvon-relay` as a process.
#![allow(unreachable_pub, missing_docs, clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

pub const EXE: &str = env!("CARGO_BIN_EXE_perezvon-relay");

/// Commands without the environment of the test's own process.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for name in [
        "PBX_URL",
        "PBX_TOKEN",
        "PBX_TOKEN_FILE",
        "PUBLIC_URL",
        "DATA_DIR",
        "LOG",
    ]
    .map(|n| format!("PEREZVON_{n}"))
    {
        command.env_remove(name);
    }
    // An address without a listener.
    command.env("PEREZVON_PBX_URL", "http://127.0.0.1:9/apis/portal/");
    command
}

pub fn relay(args: &[&str]) -> Output {
    command(EXE).args(args).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Name of the administrator that [`admin`] makes.
pub const ADMIN: &str = "Смирнова";

/// The key of a new administrator.
pub fn admin(data: &Path) -> String {
    let added = command(EXE)
        .args(["user", "add", "--role", "admin", "--name", ADMIN, "--data-dir"])
        .arg(data)
        .output()
        .unwrap();
    assert!(added.status.success(), "a key: {}", text(&added.stderr));
    text(&added.stdout).trim().to_owned()
}

/// A serving process; killed when dropped.
pub struct Serving {
    pub child: Child,
    pub addr: SocketAddr,
    pub said: mpsc::Receiver<String>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Serving {
    pub fn start(dir: &Path) -> Self {
        Self::start_as(
            command(EXE)
                .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
                .arg(dir),
        )
    }

    pub fn start_as(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (tell, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // Read even if no test looks at it, otherwise the process would block on a full pipe.
                let _ = tell.send(line);
            }
        });
        // Created at once, so that the process is killed whatever happens here.
        let mut serving = Self {
            child,
            addr: SocketAddr::from(([0, 0, 0, 0], 0)),
            said,
        };
        let mut all = Vec::new();
        loop {
            let line = serving.said.recv_timeout(Duration::from_secs(20));
            let line = line.unwrap_or_else(|_| panic!("it does not serve: {all:?}"));
            if let Some((_, addr)) = line
                .split_once("perezvon-relay serves at ")
                .and_then(|s| s.1.split_once("://"))
            {
                serving.addr = addr.trim().parse().unwrap();
                return serving;
            }
            all.push(line);
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Kills the process: nothing in it can react.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end.
    #[cfg(unix)]
    pub fn terminate(&self) {
        let status = command("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success(), "the signal is sent");
    }

    /// Windows has no signal for another process: it is killed, and how it ends tells nothing.
    #[cfg(windows)]
    pub fn terminate(&self) {
        let status = command("taskkill")
            .args(["/F", "/PID", &self.child.id().to_string()])
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "it is killed");
    }
}

/// The callback's path of a data directory.
pub fn callback_path(dir: &Path) -> String {
    let output = command(EXE)
        .env("PEREZVON_PUBLIC_URL", "http://relay.example.ru")
        .args(["callback-url", "--data-dir"])
        .arg(dir)
        .output()
        .unwrap();
    assert!(output.status.success(), "callback-url: {}", text(&output.stderr));
    let url = text(&output.stdout);
    url.trim().strip_prefix("http://relay.example.ru").unwrap().to_owned()
}

pub fn data_dir(dir: &tempfile::TempDir) -> PathBuf {
    dir.path().join("data")
}
