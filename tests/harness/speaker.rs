//! A sound server with a sink that nobody hears, and what is played at it.

use super::display::{Desktop, Running};
use super::eventually;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Samples that are louder than noise, of 16 bits.
const LOUD: u16 = 200;

/// The server of one desktop.
pub struct Speaker {
    folder: PathBuf,
    heard: Arc<AtomicU64>,
    // The listener ends before its server.
    _ear: Running,
    _server: Running,
}

impl Speaker {
    /// Starts the server and listens at its sink.
    pub fn start(desktop: &Desktop) -> Self {
        let folder = desktop.path("run");
        // Everybody is let in, but nobody without a cookie.
        std::fs::write(folder.join("cookie"), [0; 256]).unwrap();
        std::fs::write(folder.join("alsa.conf"), "").unwrap();
        let socket = folder.join("native");
        let native = format!(
            "module-native-protocol-unix socket={} auth-anonymous=1",
            socket.display()
        );
        let mut server = desktop.command("pulseaudio");
        server
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"])
            .args(["--disable-shm=yes", "--log-level=error"])
            .args(["-L", "module-null-sink sink_name=first rate=48000 channels=2", "-L"])
            .arg(native)
            .stdout(Stdio::null());
        let server = Running(server.spawn().expect("pulseaudio is installed by `cargo xtask test`"));
        eventually("the sound server", || socket.exists().then_some(()));
        let mut ear = desktop.command("parec");
        enter(&folder, &mut ear);
        ear.args([
            "--raw",
            "--format=s16le",
            "--channels=1",
            "--rate=8000",
            "--latency-msec=20",
        ])
        .arg("--device=first.monitor")
        .stdout(Stdio::piped());
        let mut ear = ear.spawn().expect("parec is installed by `cargo xtask test`");
        let heard = Arc::new(AtomicU64::new(0));
        let (out, count) = (ear.stdout.take().unwrap(), Arc::clone(&heard));
        std::thread::spawn(move || listen(out, &count));
        Self {
            folder,
            heard,
            _ear: Running(ear),
            _server: server,
        }
    }

    /// Lets a program play here.
    pub fn enter(&self, command: &mut Command) {
        enter(&self.folder, command);
    }

    /// Milliseconds of sound that were heard so far, silence not counted.
    pub fn heard_ms(&self) -> u64 {
        self.heard.load(Ordering::Relaxed) / 8
    }
}

fn enter(folder: &std::path::Path, command: &mut Command) {
    command
        .env("PULSE_SERVER", format!("unix:{}", folder.join("native").display()))
        .env("PULSE_COOKIE", folder.join("cookie"))
        .env("ALSA_CONFIG_PATH", folder.join("alsa.conf"));
}

fn listen(mut out: ChildStdout, heard: &AtomicU64) {
    let mut piece = [0; 1600];
    while out.read_exact(&mut piece).is_ok() {
        let loud = piece
            .chunks_exact(2)
            .filter(|two| i16::from_le_bytes([two[0], two[1]]).unsigned_abs() > LOUD)
            .count();
        heard.fetch_add(loud as u64, Ordering::Relaxed);
    }
}
