//! The virtual display, the session bus and the private home.

use super::bus::Bus;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Ended, by its own id, when dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Width and height of each of two screens, pixels.
pub const SCREEN: (i32, i32) = (1024, 768);

/// Two screens side by side, the right one primary; Xvfb has one only.
const TWO_SCREENS: &str = r#"
Section "ServerFlags"
    Option "AutoAddDevices" "false"
    Option "AutoAddGPU" "false"
EndSection
Section "Monitor"
    Identifier "left"
    Option "PreferredMode" "1024x768"
EndSection
Section "Monitor"
    Identifier "right"
    Option "Enable" "true"
    Option "Primary" "true"
    Option "RightOf" "DUMMY0"
    Option "PreferredMode" "1024x768"
EndSection
Section "Device"
    Identifier "dummy"
    Driver "dummy"
    VideoRam 65536
    Option "Monitor-DUMMY0" "left"
    Option "Monitor-DUMMY1" "right"
EndSection
Section "Screen"
    Identifier "screen"
    Device "dummy"
    DefaultDepth 24
EndSection
"#;

/// One private desktop.
pub struct Desktop {
    pub dir: tempfile::TempDir,
    pub bus: String,
    pub display: String,
    _bus: Bus,
    _x: Running,
}

impl Desktop {
    pub fn start() -> Self {
        Self::with(|_| {
            let mut xvfb = Command::new("Xvfb");
            xvfb.args(["-screen", "0", "1280x900x24"]);
            xvfb
        })
    }

    /// With two screens side by side, the right one primary.
    pub fn of_two_screens() -> Self {
        Self::with(|dir| {
            let (settings, log) = (dir.join("screens.conf"), dir.join("screens.log"));
            std::fs::write(&settings, TWO_SCREENS).unwrap();
            // The program behind Debian's wrapper, which lets only who sits at the console start it.
            let mut xorg = Command::new("/usr/lib/xorg/Xorg");
            xorg.args(["-sharevts", "-novtswitch", "-config"]).arg(settings);
            xorg.arg("-logfile").arg(log);
            xorg
        })
    }

    fn with(display: impl FnOnce(&Path) -> Command) -> Self {
        let dir = tempfile::Builder::new().prefix("perezvon-test").tempdir().unwrap();
        for name in ["home", "run", "data", "config", "cache", "app"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        let (x, display) = start_display(display(dir.path()));
        let bus = Bus::start();
        Self {
            dir,
            bus: bus.address.clone(),
            display,
            _bus: bus,
            _x: x,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A program on this desktop, with nothing of the outer session.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_remove("WAYLAND_DISPLAY")
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("NO_AT_BRIDGE", "1")
            .env("GTK_A11Y", "none")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    /// Starts a window manager, as closing and raising of windows goes through one.
    pub fn window_manager(&self) -> Running {
        let openbox = self
            .command("openbox")
            .stderr(Stdio::null())
            .spawn()
            .expect("openbox is installed by `cargo xtask test`");
        super::eventually("the window manager", || self.wmctrl(&["-m"]).then_some(()));
        Running(openbox)
    }

    /// The places and sizes (x, y, width, height; pixels) of the windows that are seen with this text in the title.
    pub fn places(&self, title: &str) -> Vec<[i32; 4]> {
        let xdotool = |args: &[&str]| {
            let told = self.command("xdotool").args(args).output();
            String::from_utf8_lossy(&told.expect("xdotool is installed by `cargo xtask test`").stdout).into_owned()
        };
        let found = xdotool(&["search", "--onlyvisible", "--name", title]);
        let place = |id: &str| {
            let told = xdotool(&["getwindowgeometry", "--shell", id]);
            let number = |name: &str| told.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
            Some([number("X=")?, number("Y=")?, number("WIDTH=")?, number("HEIGHT=")?])
        };
        found.lines().filter_map(place).collect()
    }

    /// Closes the window with this text in its title, as its close button does.
    pub fn close_window(&self, title: &str) {
        super::eventually("the window to close", || self.wmctrl(&["-c", title]).then_some(()));
    }

    fn wmctrl(&self, args: &[&str]) -> bool {
        let mut wmctrl = self.command("wmctrl");
        wmctrl.args(args).stdout(Stdio::null()).stderr(Stdio::null());
        wmctrl
            .status()
            .expect("wmctrl is installed by `cargo xtask test`")
            .success()
    }

    /// Titles of the windows on the display.
    pub fn window_titles(&self) -> Vec<String> {
        let out = self
            .command("xwininfo")
            .args(["-root", "-tree"])
            .output()
            .expect("xwininfo comes with x11-utils, which `cargo xtask test` installs");
        String::from_utf8_lossy(&out.stdout)
            .lines()
            .filter_map(|line| line.split('"').nth(1).map(str::to_owned))
            .collect()
    }
}

impl Drop for Desktop {
    /// A failed test shows the end of the app's log; the folder goes with the test.
    fn drop(&mut self) {
        let Ok(logs) = std::fs::read_dir(self.path("app").join("logs")) else {
            return;
        };
        if std::thread::panicking() {
            for log in logs.flatten() {
                let text = std::fs::read_to_string(log.path()).unwrap_or_default();
                let lines: Vec<&str> = text.lines().collect();
                eprintln!(
                    "--- the app's log ---\n{}",
                    lines[lines.len().saturating_sub(80)..].join("\n")
                );
            }
        }
    }
}

fn start_display(mut server: Command) -> (Running, String) {
    // It writes the number of its display to descriptor 1, its standard output, when it is ready. Without -noreset it
    // starts anew whenever its last client leaves, under a program that is just connecting.
    server.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"]);
    server.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = server
        .spawn()
        .expect("Xvfb and Xorg are installed by `cargo xtask test`");
    let number = first_line(&mut server);
    (Running(server), format!(":{number}"))
}

/// The first line of a program's output; the rest is read away, so that it never blocks.
pub fn first_line(program: &mut Child) -> String {
    let mut reader = BufReader::new(program.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    std::thread::spawn(move || reader.read_to_end(&mut Vec::new()));
    assert!(!line.trim().is_empty(), "the program ended without a word");
    line.trim().to_owned()
}
