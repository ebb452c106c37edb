//! A sound server for one test, and what is heard at it.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longest wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Moments in a second at the sink.
pub(crate) const RATE: u32 = 48_000;
const INSIDE: &str = "PEREZVON_TEST_SINK";

/// One at a time: what is measured is when a sound is heard.
static ALONE: Mutex<()> = Mutex::new(());

/// The server, from inside the test that it belongs to.
pub(crate) struct Sink {
    folder: PathBuf,
}

/// Ends the process with the test.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `body` in a process whose sound server is one with a null sink; `test` is the path of the calling test.
pub(crate) fn with_sink(test: &str, body: impl FnOnce(&Sink)) {
    if let Some(folder) = std::env::var_os(INSIDE) {
        return body(&Sink { folder: folder.into() });
    }
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let _server = start(folder.path());
    let inside = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .envs(environment(folder.path(), ""))
        .status()
        .unwrap();
    assert!(inside.success(), "{test} failed inside");
}

/// Runs `body` in a process that finds no sound server, and of sound cards what this configuration of ALSA says.
pub(crate) fn without_server(test: &str, alsa: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let folder = tempfile::tempdir().unwrap();
    let inside = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .envs(environment(folder.path(), alsa))
        .status()
        .unwrap();
    assert!(inside.success(), "{test} failed inside");
}

fn environment(folder: &Path, devices: &str) -> [(&'static str, OsString); 5] {
    let alsa = folder.join("alsa.conf");
    std::fs::write(&alsa, devices).unwrap();
    // Everybody is let in, but nobody without a cookie.
    std::fs::write(folder.join("cookie"), [0; 256]).unwrap();
    [
        (INSIDE, folder.into()),
        (
            "PULSE_SERVER",
            format!("unix:{}", folder.join("native").display()).into(),
        ),
        ("PULSE_COOKIE", folder.join("cookie").into()),
        ("XDG_RUNTIME_DIR", folder.into()),
        ("ALSA_CONFIG_PATH", alsa.into()),
    ]
}

/// Starts the server; returns when it listens.
fn start(folder: &Path) -> Running {
    let socket = folder.join("native");
    let native = format!(
        "module-native-protocol-unix socket={} auth-anonymous=1",
        socket.display()
    );
    let sink = format!("module-null-sink sink_name=first rate={RATE} channels=2");
    let server = Command::new("pulseaudio")
        .args([
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
            "--disable-shm=yes",
        ])
        .args(["--log-level=error", "-L", &sink, "-L", &native])
        .envs([
            ("HOME", folder),
            ("XDG_RUNTIME_DIR", folder),
            ("XDG_CONFIG_HOME", folder),
        ])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let running = Running(server);
    wait("the sound server listens", || socket.exists());
    running
}

/// Waits until it is so.
pub(crate) fn wait(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}: not so after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Sink {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Asks the server for something; what it answers.
pub(crate) fn ask(words: &[&str]) -> String {
    let answer = Command::new("pactl").args(words).output().unwrap();
    assert!(answer.status.success(), "pactl {words:?}");
    String::from_utf8(answer.stdout).unwrap().trim().to_owned()
}

/// Begins to listen at a sink.
pub(crate) fn listen(sink: &str) -> Ear {
    let mut parec = Command::new("parec")
        .args(["--raw", "--format=float32le", "--channels=2", "--latency-msec=5"])
        .args([format!("--rate={RATE}"), format!("--device={sink}.monitor")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = parec.stdout.take().unwrap();
    let (first, is_first) = channel();
    let heard = Arc::new(Mutex::new(Heard::default()));
    let into = heard.clone();
    std::thread::spawn(move || {
        read(out, &into, || {
            // Only the first one is waited for.
            let _ = first.send(());
        });
    });
    let ear = Ear {
        heard,
        _parec: Running(parec),
    };
    await_first(&is_first);
    ear
}

fn await_first(first: &Receiver<()>) {
    first
        .recv_timeout(PATIENCE)
        .expect("the sink hands on what it is given, silence too");
}

/// What a sink was given.
pub(crate) struct Ear {
    heard: Arc<Mutex<Heard>>,
    _parec: Running,
}

#[derive(Default)]
struct Heard {
    /// The left channel and the right one.
    samples: Vec<[f32; 2]>,
    /// When the first of them was audible: no reading can be earlier than its sound.
    began: Option<Instant>,
}

fn read(mut out: ChildStdout, into: &Mutex<Heard>, first: impl Fn()) {
    let mut bytes = [0; 4096];
    let mut rest = Vec::new();
    while let Ok(got @ 1..) = out.read(&mut bytes) {
        let now = Instant::now();
        rest.extend_from_slice(&bytes[..got]);
        let whole = rest.len() / 8 * 8;
        let number = |b: &[u8]| f32::from_le_bytes(b.try_into().unwrap());
        let mut heard = into.lock().unwrap();
        heard.samples.extend(
            rest[..whole]
                .chunks_exact(8)
                .map(|b| [number(&b[..4]), number(&b[4..])]),
        );
        rest.drain(..whole);
        let length = Duration::from_secs_f64(heard.samples.len() as f64 / f64::from(RATE));
        let began = now.checked_sub(length).unwrap();
        heard.began = Some(heard.began.map_or(began, |earlier| earlier.min(began)));
        drop(heard);
        first();
    }
}

impl Ear {
    /// Memory that the samples take.
    pub(crate) fn bytes(&self) -> usize {
        self.heard.lock().unwrap().samples.capacity() * size_of::<[f32; 2]>()
    }

    /// The samples of `length` that were audible from `at` on; waits for them.
    pub(crate) fn heard(&self, at: Instant, length: Duration) -> Vec<[f32; 2]> {
        let range = || {
            let heard = self.heard.lock().unwrap();
            let from = at.saturating_duration_since(heard.began.unwrap()).as_secs_f64();
            let of = |seconds: f64| (seconds * f64::from(RATE)) as usize;
            let (from, to) = (of(from), of(from + length.as_secs_f64()));
            heard.samples.get(from..to).map(<[_]>::to_vec)
        };
        wait("it was heard", || range().is_some());
        range().unwrap()
    }

    /// The same, if the device had enough at that time: on a machine that is too busy a sound has holes, and what is heard
    /// around them tells nothing.
    pub(crate) fn heard_whole(&self, at: Instant, length: Duration) -> Option<Vec<[f32; 2]>> {
        let around = Duration::from_millis(150);
        let all = self.heard(at.checked_sub(around).unwrap(), length + around + around);
        let silent = |part: &[[f32; 2]]| part.iter().all(|moment| moment[0].abs() < 0.001);
        let of = |time: Duration| (time.as_secs_f64() * f64::from(RATE)) as usize;
        (!all.chunks(of(Duration::from_millis(2))).any(silent)).then(|| all[of(around)..of(around + length)].to_vec())
    }

    /// When the first sample louder than this was audible, after `at`.
    pub(crate) fn first_loud(&self, at: Instant, loud: f32) -> Option<Instant> {
        let heard = self.heard.lock().unwrap();
        let began = heard.began?;
        let skip = (at.saturating_duration_since(began).as_secs_f64() * f64::from(RATE)) as usize;
        let n = heard
            .samples
            .iter()
            .skip(skip)
            .position(|moment| moment[0].abs() > loud)?
            + skip;
        Some(began + Duration::from_secs_f64(n as f64 / f64::from(RATE)))
    }
}
