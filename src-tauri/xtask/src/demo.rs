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
    /// The simulator's script and what it is told. The app is the abonent with the extension 101.
    script: &'static str,
    arguments: &'static str,
    /// Toasts raised or rewritten until the picture is worth taking.
    toasts: usize,
}

/// A colleague rings, a contact is answered, another calls twice and nobody answers, a stranger and one who withholds the
/// number call, and a colleague answers for us a number that two contacts share. The contacts are those of the app's
/// `service/demo.rs`.
const ACTS: &[Act] = &[
    Act {
        name: "colleague",
        script: "internal",
        arguments: r#"{"abonent":"102","colleague":"101","ringMs":5000,"talkMs":3000}"#,
        toasts: 1,
    },
    Act {
        name: "incoming",
        script: "incoming-answered",
        arguments: r#"{"number":"+79000000701","ringMs":5000,"talkMs":3000}"#,
        toasts: 1,
    },
    Act {
        name: "missed",
        script: "incoming-missed",
        arguments: MISSED,
        toasts: 2,
    },
    Act {
        name: "missed-twice",
        script: "incoming-missed",
        arguments: MISSED,
        toasts: 2,
    },
    Act {
        name: "unknown",
        script: "incoming-answered",
        arguments: r#"{"number":"+79000000709","ringMs":4000,"talkMs":2000}"#,
        toasts: 1,
    },
    Act {
        name: "withheld",
        script: "hidden-number",
        arguments: r#"{"ringMs":4000,"talkMs":2000}"#,
        toasts: 1,
    },
    Act {
        name: "answered-by-colleague",
        script: "group-answered",
        arguments: r#"{"abonent":"102","number":"+79000000703","ringMs":4000,"talkMs":4000}"#,
        toasts: 2,
    },
];
const MISSED: &str = r#"{"number":"+79000000702","ringMs":1500}"#;

/// Plays it. On a desktop of our own, saves pictures and prints their paths.
pub(crate) fn play(simulator: &Simulator, app: &mut Running, desktop: Option<&Desktop>) -> Result<()> {
    let mut pictures = Pictures::new(desktop)?;
    if let Some(desktop) = desktop {
        wait_for_window(desktop)?;
    }
    let toasts = Toasts::watch(desktop)?;
    for act in ACTS {
        toasts.forget();
        let play = simulator.play(act.script, act.arguments)?;
        for number in 0..act.toasts {
            toasts
                .wait(app)
                .with_context(|| format!("{}: toast {} of {}", act.name, number + 1, act.toasts))?;
        }
        pictures.take(act.name)?;
        simulator.wait_for_end(play)?;
    }
    if let Some(desktop) = desktop {
        // The missed call's buttons: call back, then the record of who called.
        toasts.forget();
        desktop.click_toast("call-back")?;
        toasts
            .wait(app)
            .context("call back: the toast that tells its progress")?;
        pictures.take("call-back")?;
        // Starting the app again with a link hands it to the one that runs.
        for (name, link) in [
            ("document", "perezvon://document/1"),
            ("notifications", "perezvon://notifications"),
        ] {
            sh::run(simulator.perezvon(Some(desktop)).arg(link), sh::MINUTE)?;
            settle(desktop)?;
            pictures.take(name)?;
        }
    }
    pictures.print();
    Ok(())
}

/// The window is there and its page has set the title.
fn wait_for_window(desktop: &Desktop) -> Result<()> {
    let mut search = sh::command("xdotool", &["search", "--onlyvisible", "--name", "— Перезвон"]);
    desktop.enter(&mut search);
    search.stdout(Stdio::null()).stderr(Stdio::null());
    let end = Instant::now() + sh::MINUTE;
    // It fails where there is no such window yet, and where one that it looks at goes away.
    while sh::run(&mut search, sh::MINUTE).is_err() {
        if Instant::now() > end {
            bail!("no window opened");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    settle(desktop)
}

/// Until nothing has changed on the screen for a second.
fn settle(desktop: &Desktop) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(20);
    let (mut last, mut since) = (desktop.pixels()?, Instant::now());
    while Instant::now() < end && since.elapsed() < Duration::from_secs(1) {
        std::thread::sleep(Duration::from_millis(50));
        let now = desktop.pixels()?;
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
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

    /// Drops what was shown so far: the next wait is for something new.
    fn forget(&self) {
        while self.calls.try_recv().is_ok() {}
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
