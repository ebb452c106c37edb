//! A private desktop: virtual display, session bus, window manager, on request a notification daemon, and folders of
//! its own, so that nothing of the person who runs it is touched and two runs do not meet.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::sh::{self, Running, Scratch};

/// No service folders: a bus that could start what is installed would start a second notification daemon, a keyring
/// that asks for a password, and so on.
const BUS: &str = include_str!("../../../tests/harness/bus.conf");

/// Toasts stay until they are closed, so that each picture shows what a person would see.
const DUNST: &str = r##"[global]
    follow = none
    width = (300, 370)
    height = 300
    origin = top-right
    offset = 18x18
    notification_limit = 8
    font = DejaVu Sans 11
    markup = full
    format = "<b>%s</b>\n%b"
    icon_position = left
    min_icon_size = 40
    max_icon_size = 64
    padding = 14
    horizontal_padding = 16
    gap_size = 0
    separator_height = 2
    separator_color = "#3b414b"
    frame_width = 1
    corner_radius = 8
    show_indicators = false
    word_wrap = true
    mouse_left_click = do_action, close_current
    mouse_right_click = close_current
    dmenu = DIR/pick.sh
[urgency_low]
    background = "#20242b"
    foreground = "#e8eaed"
    frame_color = "#3b414b"
    timeout = 0
[urgency_normal]
    background = "#20242b"
    foreground = "#e8eaed"
    frame_color = "#3b414b"
    timeout = 0
[urgency_critical]
    background = "#2b2024"
    foreground = "#ffffff"
    frame_color = "#b3413a"
    timeout = 0
"##;

/// dunst shows buttons only as a menu. The menu's entries end in `[id,key]`; this picks the one whose key is in `pick`.
const PICK: &str = r#"#!/bin/sh
key=$(cat DIR/pick 2>/dev/null)
grep -F ",$key]" | head -n 1
"#;

/// A running desktop; ends with the value.
pub(crate) struct Desktop {
    // Order matters: programs end before their display, bus and folder.
    programs: Vec<Running>,
    environment: Vec<(&'static str, String)>,
    folder: Scratch,
}

impl Desktop {
    /// Starts the display, the bus and the window manager; the notification daemon too, if `toasts`.
    pub(crate) fn start(toasts: bool) -> Result<Self> {
        let folder = Scratch::new("perezvon-desktop")?;
        let mut desktop = Self {
            programs: Vec::new(),
            environment: Vec::new(),
            folder,
        };
        desktop.folders()?;
        let size = [
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x900x24",
            "-nolisten",
            "tcp",
            "-noreset",
            "-fbdir",
        ];
        let mut xvfb = sh::command("Xvfb", &size);
        xvfb.arg(desktop.folder.path());
        let display = desktop.announced(xvfb, "Xvfb")?;
        desktop.environment.push(("DISPLAY", format!(":{display}")));

        let config = desktop.write("bus.conf", BUS)?;
        let mut bus = sh::command("dbus-daemon", &["--nofork", "--nopidfile", "--print-address=1"]);
        bus.arg(format!("--config-file={}", config.display()));
        let address = desktop.announced(bus, "dbus-daemon")?;
        desktop.environment.push(("DBUS_SESSION_BUS_ADDRESS", address));

        desktop.launch(sh::command("openbox", &["--sm-disable"]), "openbox")?;
        if toasts {
            let config = desktop.write("dunstrc", DUNST)?;
            let pick = desktop.write("pick.sh", PICK)?;
            sh::run(sh::command("chmod", &["+x"]).arg(pick), sh::MINUTE)?;
            let mut dunst = sh::command("dunst", &["-conf"]);
            dunst.arg(config);
            desktop.launch(dunst, "dunst")?;
            desktop.wait_for_name("org.freedesktop.Notifications")?;
            let mut paper = sh::command(
                "display",
                &["-window", "root", "-size", "1280x900", "gradient:#7d93a8-#42566b"],
            );
            desktop.enter(&mut paper);
            // Only for the eye; it paints, and then ends with 1.
            let _ = sh::run(&mut paper, sh::MINUTE);
        }
        Ok(desktop)
    }

    /// Makes a command see this desktop instead of the person's.
    pub(crate) fn enter(&self, command: &mut Command) {
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XAUTHORITY")
            .env_remove("XDG_CURRENT_DESKTOP");
    }

    /// A picture of the whole screen.
    pub(crate) fn picture(&self, path: &Path) -> Result<()> {
        let mut import = sh::command("import", &["-window", "root"]);
        self.enter(import.arg(path));
        sh::run(&mut import, sh::MINUTE)
    }

    /// The colours of the whole screen, four bytes a point. Far quicker than a picture.
    pub(crate) fn pixels(&self) -> Result<Vec<u8>> {
        // The display keeps its memory in this file, in the format of xwd: a header, whose length is its first word, a
        // table of colours, of which the header counts twelve bytes each, then the points.
        let mut memory = fs::read(self.folder.path().join("Xvfb_screen0"))?;
        let word = |at: usize| {
            memory
                .get(at..at + 4)
                .and_then(|b| Some(u32::from_be_bytes(b.try_into().ok()?) as usize))
        };
        let start = word(0).zip(word(76)).map(|(header, colours)| header + colours * 12);
        let start = start
            .filter(|start| *start < memory.len())
            .context("the display's memory is no picture")?;
        Ok(memory.split_off(start))
    }

    /// Chooses an action of the newest toast, as the person does with the menu. `default` is a click on the toast.
    pub(crate) fn click_toast(&self, action: &str) -> Result<()> {
        let mut dunstctl = if action == "default" {
            sh::command("dunstctl", &["action", "0"])
        } else {
            self.write("pick", action)?;
            sh::command("dunstctl", &["context"])
        };
        self.enter(&mut dunstctl);
        sh::run(&mut dunstctl, sh::MINUTE)
    }

    fn folders(&mut self) -> Result<()> {
        // Cargo and rustup look for their folders in HOME, which changes now.
        if let Some(home) = std::env::var_os("HOME").map(PathBuf::from) {
            for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
                if std::env::var_os(name).is_none() {
                    self.environment.push((name, home.join(folder).display().to_string()));
                }
            }
        }
        let names = [
            ("HOME", "home"),
            ("XDG_RUNTIME_DIR", "run"),
            ("XDG_DATA_HOME", "home/data"),
            ("XDG_CONFIG_HOME", "home/config"),
            ("XDG_CACHE_HOME", "home/cache"),
        ];
        for (name, folder) in names {
            let path = self.folder.path().join(folder);
            fs::create_dir_all(&path)?;
            self.environment.push((name, path.display().to_string()));
        }
        sh::run(
            sh::command("chmod", &["700"]).arg(self.folder.path().join("run")),
            sh::MINUTE,
        )?;
        // Software rendering and no accessibility bus: there is no graphics card, and nobody would answer.
        let fixed = [
            ("LIBGL_ALWAYS_SOFTWARE", "1"),
            ("NO_AT_BRIDGE", "1"),
            ("GTK_A11Y", "none"),
            ("LANG", "C.UTF-8"),
        ];
        self.environment
            .extend(fixed.map(|(name, value)| (name, value.to_owned())));
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        fs::write(&path, text.replace("DIR", &self.folder.path().display().to_string()))?;
        Ok(path)
    }

    fn launch(&mut self, mut command: Command, name: &str) -> Result<()> {
        self.enter(&mut command);
        let log = fs::File::create(self.folder.path().join(format!("{name}.log")))?;
        self.programs
            .insert(0, Running::start(command.stdout(log.try_clone()?).stderr(log))?);
        Ok(())
    }

    /// Starts a program that announces itself with a first line on standard output; that line.
    fn announced(&mut self, mut command: Command, name: &str) -> Result<String> {
        self.enter(&mut command);
        let log = fs::File::create(self.folder.path().join(format!("{name}.log")))?;
        let mut program = Running::start(command.stdout(Stdio::piped()).stderr(log))?;
        let pipe = program.child.stdout.take().context("standard output is piped")?;
        // Before the wait: a program that never says anything must be ended too.
        self.programs.insert(0, program);
        first_line(pipe, Duration::from_secs(20)).with_context(|| format!("{name} does not start"))
    }

    fn wait_for_name(&self, name: &str) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(15);
        while Instant::now() < end {
            if self.owned(name)? {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("nobody took the name {name} on the session bus")
    }

    fn owned(&self, name: &str) -> Result<bool> {
        let mut ask = sh::command(
            "dbus-send",
            &["--session", "--print-reply=literal", "--dest=org.freedesktop.DBus"],
        );
        ask.args(["/", "org.freedesktop.DBus.NameHasOwner"])
            .arg(format!("string:{name}"));
        self.enter(&mut ask);
        Ok(sh::output(&mut ask, sh::MINUTE)?.contains("true"))
    }
}

/// The first line that comes out of a pipe, within a time; what follows is read and dropped, so that the writer never
/// finds the pipe full.
pub(crate) fn first_line(pipe: impl std::io::Read + Send + 'static, limit: Duration) -> Result<String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = String::new();
        let first = reader.read_line(&mut line).map(|_| line);
        let _ = sender.send(first);
        let _ = std::io::copy(&mut reader, &mut std::io::sink());
    });
    let line = receiver
        .recv_timeout(limit)
        .context("it does not say its first line in time")??;
    let line = line.trim().to_owned();
    if line.is_empty() {
        bail!("it ended without its first line");
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn two_desktops_have_displays_and_buses_of_their_own() {
        let (one, other) = (Desktop::start(true).unwrap(), Desktop::start(false).unwrap());
        for name in ["DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "HOME"] {
            let value = |d: &Desktop| d.environment.iter().find(|(n, _)| *n == name).unwrap().1.clone();
            assert_ne!(value(&one), value(&other), "{name} is not shared");
        }
        assert!(
            other.owned("org.freedesktop.Notifications").is_ok_and(|o| !o),
            "no daemon where none was asked for"
        );
        let picture = one.folder.path().join("screen.png");
        one.picture(&picture).unwrap();
        assert_eq!(
            one.pixels().unwrap().len(),
            1280 * 900 * 4,
            "and its points can be read"
        );
        assert!(
            fs::metadata(&picture).unwrap().len() > 100,
            "the screen can be pictured"
        );
        let folder = one.folder.path().to_owned();
        drop(one);
        assert!(!folder.exists(), "nothing is left of a desktop");
    }
}
