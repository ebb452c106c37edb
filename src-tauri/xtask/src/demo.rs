//! The demonstration: one working day's calls in a minute, a picture of each thing worth seeing.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::desktop::Desktop;
use crate::run::Simulator;
use crate::sh::{self, Running};

/// A call that is expected to show a toast.
struct Act {
    /// Name of the picture.
    name: &'static str,
    /// The simulator's script and what it is told.
    script: &'static str,
    arguments: &'static str,
    /// Toasts raised or replaced until the picture is worth taking.
    toasts: usize,
}

/// The same caller rings, is missed twice, and others come by other ways.
const ACTS: &[Act] = &[
    Act {
        name: "incoming",
        script: "incoming-answered",
        arguments: r#"{"number":"+79000000101","ringMs":6000,"talkMs":4000}"#,
        toasts: 1,
    },
    Act {
        name: "missed",
        script: "incoming-missed",
        arguments: r#"{"number":"+79000000102","ringMs":1500}"#,
        toasts: 2,
    },
    Act {
        name: "missed-twice",
        script: "incoming-missed",
        arguments: r#"{"number":"+79000000102","ringMs":1500}"#,
        toasts: 2,
    },
    Act {
        name: "withheld",
        script: "hidden-number",
        arguments: r#"{"ringMs":6000,"talkMs":3000}"#,
        toasts: 1,
    },
];

/// Plays it. On a desktop of our own, saves pictures and prints their paths.
pub(crate) fn play(simulator: &Simulator, app: &mut Running, desktop: Option<&Desktop>) -> Result<()> {
    let mut pictures = Pictures::new(desktop)?;
    let toasts = Toasts::watch(desktop)?;
    for act in ACTS {
        simulator.play(act.script, act.arguments)?;
        for number in 0..act.toasts {
            toasts
                .wait(app)
                .with_context(|| format!("{}: toast {} of {}", act.name, number + 1, act.toasts))?;
        }
        pictures.take(act.name)?;
    }
    if let Some(desktop) = desktop {
        // The newest missed call's button.
        desktop.click_toast("call-back")?;
        toasts
            .wait(app)
            .context("call back: the toast that tells its progress")?;
        pictures.take("call-back")?;
        // Starting the app again brings the window of the one that runs.
        sh::run(&mut simulator.perezvon(Some(desktop)), sh::MINUTE)?;
        let mut search = sh::command(
            "xdotool",
            &["search", "--sync", "--onlyvisible", "--name", "Perezvon|Перезвон"],
        );
        desktop.enter(&mut search);
        sh::run(search.stdout(Stdio::null()), sh::MINUTE).context("no window opened")?;
        // The page paints after its window is mapped, and nothing outside the process tells when.
        std::thread::sleep(Duration::from_secs(3));
        pictures.take("window")?;
    }
    pictures.print();
    Ok(())
}

struct Pictures<'a> {
    desktop: Option<&'a Desktop>,
    taken: Vec<PathBuf>,
    folder: PathBuf,
}

impl<'a> Pictures<'a> {
    fn new(desktop: Option<&'a Desktop>) -> Result<Self> {
        let folder = sh::target().join("demo");
        if folder.is_dir() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Self {
            desktop,
            taken: Vec::new(),
            folder,
        })
    }

    fn take(&mut self, name: &str) -> Result<()> {
        let Some(desktop) = self.desktop else { return Ok(()) };
        // The daemon has been told; it draws within a frame or two.
        std::thread::sleep(Duration::from_millis(400));
        let path = self.folder.join(format!("{:02}-{name}.png", self.taken.len() + 1));
        desktop.picture(&path)?;
        self.taken.push(path);
        Ok(())
    }

    fn print(&self) {
        for path in &self.taken {
            println!("{}", path.display());
        }
    }
}

/// Every `Notify` call on the session bus.
struct Toasts {
    _monitor: Running,
    calls: Receiver<()>,
}

impl Toasts {
    fn watch(desktop: Option<&Desktop>) -> Result<Self> {
        let rule = "type='method_call',interface='org.freedesktop.Notifications',member='Notify'";
        let mut command = sh::command("dbus-monitor", &["--session", "--profile", rule]);
        if let Some(desktop) = desktop {
            desktop.enter(&mut command);
        }
        let mut monitor = Running::start(command.stdout(Stdio::piped()))?;
        let lines = BufReader::new(monitor.child.stdout.take().context("standard output is piped")?);
        let (sender, calls) = channel();
        let (ready, watching) = channel();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                // The monitor's own name is the first thing it hears, once it listens.
                if line.contains("NameAcquired") || line.contains("NameLost") {
                    let _ = ready.send(());
                }
                if line.starts_with("mc") && line.ends_with("Notify") && sender.send(()).is_err() {
                    return;
                }
            }
        });
        watching
            .recv_timeout(Duration::from_secs(10))
            .context("dbus-monitor does not listen")?;
        Ok(Self {
            _monitor: monitor,
            calls,
        })
    }

    fn wait(&self, app: &mut Running) -> Result<()> {
        let end = Instant::now() + sh::MINUTE;
        while Instant::now() < end {
            if self.calls.recv_timeout(Duration::from_millis(200)).is_ok() {
                return Ok(());
            }
            if let Some(status) = app.wait(Duration::ZERO)? {
                bail!("the app ended: {status}");
            }
        }
        bail!("no toast within a minute")
    }
}
