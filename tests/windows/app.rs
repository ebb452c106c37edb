//! The app's program, with folders of its own. On Windows the second start of a person hands over to the first whatever its
//! data folder is: so the tests take turns, and none may begin while another copy of the app runs.

use crate::harness::eventually;
use crate::harness::load::open;
use crate::harness::pbx::{BINARY, environment_in};
use perezvon_app::ipc::Settings;
use perezvon_desk::Desk;
use perezvon_sim::Sim;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

static TURN: Mutex<()> = Mutex::new(());

/// A running app; killed when dropped.
pub struct App(pub Child);

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The folders of one test, and its turn.
pub struct Place {
    /// Holds the data and the token.
    folder: PathBuf,
    program: PathBuf,
    _dir: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Place {
    pub fn new() -> Self {
        Self::within("")
    }

    /// Everything in this folder of a folder of the test.
    pub fn within(name: &str) -> Self {
        // A test that failed has ended its app all the same.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = tempfile::Builder::new().prefix("perezvon-test").tempdir().unwrap();
        let folder = dir.path().join(name);
        std::fs::create_dir_all(folder.join("app")).unwrap();
        Self {
            folder,
            program: std::path::absolute(BINARY).unwrap(),
            _dir: dir,
            _turn: turn,
        }
    }

    /// The same with a copy of the program in a folder with blanks, as most people have it.
    pub fn installed() -> Self {
        let mut place = Self::new();
        let home = place.folder.join("Мои программы");
        std::fs::create_dir(&home).unwrap();
        let built = place.program.parent().unwrap().to_owned();
        for name in ["perezvon.exe", "WebView2Loader.dll"] {
            // A compiler of another kind has the library in the program.
            if built.join(name).exists() {
                std::fs::copy(built.join(name), home.join(name)).unwrap();
            }
        }
        place.program = home.join("perezvon.exe");
        place
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("app")
    }

    /// The program's path, as the registry has it.
    pub fn program(&self) -> &str {
        self.program.to_str().unwrap()
    }

    /// As the demonstration is started.
    pub fn demonstration(&self, sim: &Sim, args: &[&str]) -> Command {
        let mut command = self.bare(args);
        environment_in(&self.folder, &sim.rest_url(), &mut command);
        command
    }

    /// With the data folder and nothing else.
    pub fn bare(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args);
        self.enter(&mut command);
        command
    }

    /// The environment and the output of a start.
    pub fn enter(&self, command: &mut Command) {
        command
            .env_remove("PEREZVON_PBX_TOKEN")
            .env("PEREZVON_DATA_DIR", self.data())
            .env("PEREZVON_LOG", "debug")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(self.output());
    }

    fn output(&self) -> File {
        let file = self.folder.join("app.out");
        OpenOptions::new().append(true).create(true).open(file).unwrap()
    }

    /// Into the tray.
    pub fn start(&self, sim: &Sim) -> App {
        App(self.demonstration(sim, &["--minimized"]).spawn().unwrap())
    }

    /// A second start, to its end; it hands over what it was given.
    pub fn hand_over(&self, sim: &Sim, args: &[&str]) {
        let mut second = App(self.demonstration(sim, args).spawn().unwrap());
        let ended = eventually("the end of the second start", || second.0.try_wait().unwrap());
        assert!(ended.success(), "{args:?}: {ended}");
    }

    /// Ends the app as its installer does. What was on its way has come when this returns.
    pub fn quit(&self, sim: &Sim, mut app: App) {
        self.hand_over(sim, &["--quit"]);
        let ended = eventually("the end of the app", || app.0.try_wait().unwrap());
        assert!(ended.success(), "{ended}");
    }

    /// Settings as the person has left them; the app is not running.
    pub fn settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = Settings::default();
        change(&mut settings);
        self.desk().set_setting("settings", &settings).unwrap();
    }

    pub fn desk(&self) -> Desk {
        Desk::open(&long(&self.data())).unwrap()
    }

    /// How many calls with the number that ends so are in the journal; `missed`: the missed ones.
    pub fn calls(&self, number: &str, missed: bool) -> i64 {
        let sql = "SELECT count(*) FROM call JOIN caller ON caller.id = call.caller
                   WHERE caller.key LIKE '%' || ?1 AND call.missed >= ?2";
        let journal = open(&long(&self.data()).join("desk.db"));
        journal.query_row(sql, (number, missed), |row| row.get(0)).unwrap()
    }

    /// Lines of the app's log that hold the text.
    pub fn logged(&self, text: &str) -> usize {
        self.log().lines().filter(|line| line.contains(text)).count()
    }

    pub fn log(&self) -> String {
        let logs = std::fs::read_dir(self.data().join("logs"))
            .into_iter()
            .flatten()
            .flatten();
        logs.map(|log| std::fs::read_to_string(log.path()).unwrap_or_default())
            .collect()
    }
}

impl Drop for Place {
    /// A failed test shows what the app said.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let said = std::fs::read_to_string(self.folder.join("app.out")).unwrap_or_default();
            let last = lines[lines.len().saturating_sub(60)..].join("\n");
            eprintln!("--- the app's log ---\n{last}\n--- its errors ---\n{said}");
        }
    }
}

/// In the form that SQLite opens however long it is.
pub fn long(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
