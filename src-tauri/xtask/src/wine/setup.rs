//! The installer for Windows around a program that stands in for the app: first start, a link, an upgrade over the running
//! program, removal without and with the data, an administrator's way. Files and registry are compared. It needs no
//! compiler but C's. The first steps with the app itself are in `setup/app.rs`.

mod app;

pub(crate) use app::check as check_app;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::desktop::Desktop;
use crate::installer;
use crate::sh::{self, MINUTE, Running};
use crate::wine::prefix::Prefix;

/// Longest wait for what must happen.
const PATIENCE: Duration = MINUTE;

/// Fails with the first thing that is not as it must be.
pub(crate) fn check() -> Result<()> {
    let desktop = Desktop::start(false)?;
    let prefix = Prefix::new(&desktop)?;
    let setup = Setup::new(&prefix, &stand_in(&prefix)?)?;
    let before = (setup.files()?, setup.registry()?);
    ensure!(before.1.of_app().is_empty(), "a new Windows knows nothing of the app");
    setup.installs()?;
    let first = setup.starts_once()?;
    setup.upgrades(first)?;
    setup.is_updated()?;
    setup.comes_back_where_it_fails()?;
    setup.removes(&before.0)?;
    setup.takes_what_an_administrator_gives()?;
    setup.removes_all(&before.0)
}

/// A folder with a program in the app's place.
fn stand_in(prefix: &Prefix<'_>) -> Result<PathBuf> {
    let programs = prefix.path().join("programs");
    fs::create_dir(&programs)?;
    let mut compile = sh::command("x86_64-w64-mingw32-gcc", &["-O1", "-mwindows", "-municode", "-o"]);
    compile.arg(programs.join("perezvon.exe"));
    compile.arg(sh::root().join("src-tauri/xtask/src/wine/standin.c"));
    sh::run(compile.arg("-ladvapi32"), MINUTE)?;
    fs::write(programs.join("WebView2Loader.dll"), "")?;
    Ok(programs)
}

struct Setup<'a> {
    prefix: &'a Prefix<'a>,
    /// `older.exe`, `newer.exe`.
    setups: PathBuf,
    /// The user's folder.
    user: PathBuf,
    /// What they have started goes on until these are dropped.
    ended: RefCell<Vec<Running>>,
}

impl<'a> Setup<'a> {
    /// Around these programs.
    fn new(prefix: &'a Prefix<'a>, programs: &Path) -> Result<Self> {
        let users = fs::read_dir(prefix.path().join("drive_c/users"))?;
        let mut users = users.filter_map(Result::ok).map(|entry| entry.path());
        Ok(Self {
            setups: installer::two(programs, prefix.path())?,
            user: users.find(|path| !path.ends_with("Public")).context("no user")?,
            prefix,
            ended: RefCell::default(),
        })
    }

    fn home(&self) -> PathBuf {
        self.user.join("AppData/Local/Perezvon")
    }

    fn data(&self) -> PathBuf {
        self.user.join("AppData/Roaming/ru.perezvon.desk")
    }

    /// The exit code of a Windows program, started in the folder of the installers.
    fn code(&self, of: &Path, arguments: &[&str]) -> Result<Option<i32>> {
        let mut command = self.prefix.wine(of);
        let mut running = Running::start(command.args(arguments).current_dir(&self.setups))?;
        let ended = running.wait(PATIENCE)?;
        self.ended.borrow_mut().push(running);
        Ok(ended.with_context(|| format!("{} does not end", of.display()))?.code())
    }

    fn registry(&self) -> Result<Registry> {
        let file = self.prefix.path().join("export.reg");
        let mut export = self.prefix.wine("reg");
        export
            .args(["export", r"HKCU\Software"])
            .arg(format!("Z:{}", file.display()));
        sh::run(export.arg("/y").stdout(std::process::Stdio::null()), MINUTE)?;
        let bytes = fs::read(&file)?;
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        Ok(Registry::of(&String::from_utf16_lossy(&units)))
    }

    /// What the user has, but for temporary files.
    fn files(&self) -> Result<BTreeSet<PathBuf>> {
        let files = sh::files(&self.user)?.into_iter();
        let temporary = ["AppData/Local/Temp", "Temp"].map(|folder| self.user.join(folder));
        let stays = |file: &PathBuf| temporary.iter().all(|folder| !file.starts_with(folder));
        Ok(files.filter(stays).collect())
    }

    /// The arguments of every start that the program has heard of.
    fn starts(&self) -> Vec<String> {
        let text = fs::read_to_string(self.data().join("starts.txt")).unwrap_or_default();
        let lines = text.trim_start_matches('\u{feff}').lines();
        lines.map(|line| line.trim().to_owned()).collect()
    }

    fn installs(&self) -> Result<()> {
        ensure!(self.code(&self.setups.join("older.exe"), &["/S"])? == Some(0));
        let home: BTreeSet<_> = sh::files(&self.home())?.into_iter().collect();
        let wanted = ["WebView2Loader.dll", "perezvon.exe", "perezvon.png", "uninstall.exe"];
        ensure!(home == wanted.map(|name| self.home().join(name)).into(), "{home:?}");
        ensure!(self.link().exists(), "it stands in the Start menu");
        let registry = self.registry()?;
        ensure!(registry.has(r#""DisplayVersion"="0.0.1""#), "its version is told");
        let open = r#"\\AppData\\Local\\Perezvon\\perezvon.exe\" -- \"%1\"""#;
        for class in ["perezvon", "Perezvon.Link"] {
            let key = format!(r"\Classes\{class}\shell\open\command]");
            ensure!(registry.has_in(&key, open), "links of {class} are opened with quotes");
        }
        let association = r"\Perezvon\Capabilities\URLAssociations]";
        ensure!(registry.has_in(association, r#""tel"="Perezvon.Link""#));
        ensure!(!registry.has_in(r"\Classes\tel\", open), "the person chooses for tel:");
        Ok(())
    }

    fn link(&self) -> PathBuf {
        let menu = "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Перезвон.lnk";
        self.user.join(menu)
    }

    /// The running program.
    fn starts_once(&self) -> Result<Running> {
        let mut command = self.prefix.wine(self.home().join("perezvon.exe"));
        let first = Running::start(command.arg("--minimized"))?;
        eventually("the first start", || Ok(self.starts() == ["--minimized"]))?;
        // As it is registered; Wine itself does not look into the classes of the user.
        let link = self.code(&self.home().join("perezvon.exe"), &["--", "perezvon://queue"])?;
        ensure!(link == Some(0), "the second start ends");
        let wanted = ["--minimized", "-- perezvon://queue"];
        eventually("the link, handed over", || Ok(self.starts() == wanted))?;
        Ok(first)
    }

    fn upgrades(&self, mut first: Running) -> Result<()> {
        ensure!(self.code(&self.setups.join("newer.exe"), &["/S"])? == Some(0));
        let ended = first.wait(PATIENCE)?.context("the older one still runs")?;
        ensure!(ended.success(), "it was closed politely");
        ensure!(
            self.registry()?.has(r#""DisplayVersion"="0.0.2""#),
            "the new version is told"
        );
        eventually("the start of the newer one", || {
            let starts = self.starts();
            Ok(starts.len() == 3 && starts[2] == "--minimized")
        })
    }

    /// As the app asks for it; it comes back with the arguments that it was started with.
    fn is_updated(&self) -> Result<()> {
        let arguments = ["/S", "/UPDATE", "/R", "/ARGS", "--data-dir", r"C:\a b"];
        ensure!(self.code(&self.setups.join("newer.exe"), &arguments)? == Some(0));
        eventually("the start with its own arguments", || {
            Ok(self
                .starts()
                .last()
                .is_some_and(|last| last == r#"--data-dir "C:\a b""#))
        })
    }

    /// Another program keeps the file from being written.
    fn comes_back_where_it_fails(&self) -> Result<()> {
        let mut holds = self.prefix.wine(self.prefix.path().join("programs/perezvon.exe"));
        let user = self.user.file_name().unwrap_or_default().to_string_lossy();
        holds.args([
            "--hold",
            &format!(r"C:\users\{user}\AppData\Local\Perezvon\perezvon.exe"),
        ]);
        let _holds = Running::start(&mut holds)?;
        eventually("the file held", || {
            Ok(self.starts().last().is_some_and(|last| last == "held"))
        })?;
        let arguments = ["/S", "/UPDATE", "/R", "/ARGS", "tel:101"];
        ensure!(self.code(&self.setups.join("older.exe"), &arguments)? == Some(3));
        eventually("the start of the old one", || {
            Ok(self.starts().last().is_some_and(|last| last == "tel:101"))
        })?;
        ensure!(self.registry()?.has(r#""DisplayVersion"="0.0.2""#), "which it still is");
        Ok(())
    }

    /// Over the running program.
    fn removes(&self, before: &BTreeSet<PathBuf>) -> Result<()> {
        ensure!(self.code(&self.home().join("uninstall.exe"), &["/S"])? == Some(0));
        self.is_removed()?;
        let left: Vec<_> = self.files()?.difference(before).cloned().collect();
        ensure!(
            left == [self.data().join("starts.txt")],
            "only the data is left: {left:?}"
        );
        ensure!(self.registry()?.secrets() == 2, "and its secrets");
        Ok(())
    }

    /// The uninstaller goes on from a copy of itself.
    fn is_removed(&self) -> Result<()> {
        eventually("the registry as it was", || Ok(self.registry()?.of_app().is_empty()))
            .with_context(|| format!("{:?}", self.registry().map(|registry| registry.of_app())))?;
        ensure!(!self.home().exists() && !self.link().exists(), "the programs are gone");
        Ok(())
    }

    fn takes_what_an_administrator_gives(&self) -> Result<()> {
        let older = self.setups.join("older.exe");
        let given = || fs::read_to_string(self.data().join("join.txt"));
        ensure!(self.code(&older, &["/S", "/JOIN=none.txt"])? == Some(4), "no such file");
        ensure!(!self.home().exists(), "nothing was installed");
        // Beside the installer, which goes to other folders.
        let join = "http://127.0.0.1:9\r\nK7M2-4QXP-9DRT\r\n";
        fs::write(self.setups.join("join.txt"), join)?;
        ensure!(self.code(&older, &["/S", "/JOIN=join.txt"])? == Some(0));
        ensure!(given()? == join);
        let options = ["/S", "/RELAY=http://127.0.0.1:9/a b", "/CODE=AAAA-BBBB-CCCC"];
        ensure!(self.code(&older, &options)? == Some(0));
        ensure!(given()? == "http://127.0.0.1:9/a b\r\nAAAA-BBBB-CCCC\r\n");
        Ok(())
    }

    fn removes_all(&self, before: &BTreeSet<PathBuf>) -> Result<()> {
        let uninstall = self.home().join("uninstall.exe");
        self.starts_with_system(r"C:\other\perezvon.exe")?;
        ensure!(self.code(&uninstall, &["/S"])? == Some(0));
        let key = r"\CurrentVersion\Uninstall\Perezvon]";
        // The last that goes.
        eventually("the end of the uninstaller", || Ok(!self.registry()?.has_in(key, "")))?;
        let run = r"\CurrentVersion\Run]";
        ensure!(
            self.registry()?.has_in(run, "other"),
            "another copy's entry is left alone"
        );

        ensure!(self.code(&self.setups.join("newer.exe"), &["/S"])? == Some(0));
        let user = self.user.file_name().unwrap_or_default().to_string_lossy();
        self.starts_with_system(&format!(r"C:\users\{user}\AppData\Local\Perezvon\perezvon.exe"))?;
        ensure!(self.code(&uninstall, &["/S", "/DATA"])? == Some(0));
        self.is_removed()?;
        eventually("the end of the data", || Ok(!self.data().exists()))?;
        eventually("the end of the secrets", || Ok(self.registry()?.secrets() == 0))?;
        let left: Vec<_> = self.files()?.difference(before).cloned().collect();
        ensure!(left.is_empty(), "nothing is left: {left:?}");
        Ok(())
    }

    /// As the app writes it.
    fn starts_with_system(&self, windows_path: &str) -> Result<()> {
        let mut add = self.prefix.wine("reg");
        add.args([
            "add",
            r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run",
            "/v",
            "Perezvon",
        ]);
        add.args(["/d", &format!(r#""{windows_path}" --minimized"#), "/f"]);
        sh::run(add.stdout(std::process::Stdio::null()), MINUTE)
    }
}

fn eventually(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !is_so()? {
        if start.elapsed() >= PATIENCE {
            bail!("in {} s there was not: {what}", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// The user's part of the registry: each line with its key.
struct Registry(Vec<(String, String)>);

impl Registry {
    fn of(export: &str) -> Self {
        let mut key = String::new();
        let mut lines = Vec::new();
        for line in export.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if line.starts_with('[') {
                line.clone_into(&mut key);
            }
            lines.push((key.clone(), line.to_owned()));
        }
        Self(lines)
    }

    fn has(&self, text: &str) -> bool {
        self.has_in("", text)
    }

    /// Whether a line of a key like this contains the text.
    fn has_in(&self, key: &str, text: &str) -> bool {
        self.0.iter().any(|(of, line)| of.contains(key) && line.contains(text))
    }

    fn ours(&self) -> impl Iterator<Item = &(String, String)> {
        let is_ours = |text: &str| text.to_lowercase().contains("perezvon");
        self.0.iter().filter(move |(key, line)| is_ours(key) || is_ours(line))
    }

    /// All that names the app, but for its secrets, which Wine's Credential Manager keeps here.
    fn of_app(&self) -> Vec<String> {
        let others = self.ours().filter(|(key, _)| !key.contains(SECRETS));
        others.map(|(_, line)| line.clone()).collect()
    }

    fn secrets(&self) -> usize {
        let kept = self.ours().filter(|(key, line)| key.contains(SECRETS) && line == key);
        kept.count()
    }
}

const SECRETS: &str = r"\Credential Manager";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_is_found_in_keys_and_values() {
        let registry = Registry::of(
            "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Software\\A]\r\n\"x\"=\"1\"\r\n\
             \"y\"=\"C:\\\\Perezvon\\\\a\"\r\n\r\n[HKEY_CURRENT_USER\\Software\\Perezvon]\r\n\"x\"=\"2\"\r\n\r\n\
             [HKEY_CURRENT_USER\\Software\\Wine\\Credential Manager\\Generic: token ru.perezvon.desk]\r\n\"Type\"=dword:1\r\n",
        );
        assert!(registry.has(r#""x"="1""#) && !registry.has(r#""x"="3""#));
        assert!(registry.has_in(r"\Perezvon]", r#""x"="2""#) && !registry.has_in(r"\A]", r#""x"="2""#));
        let of_app = registry.of_app();
        assert_eq!(of_app.len(), 3, "a value, a key and what is in it: {of_app:?}");
        assert_eq!(registry.secrets(), 1);
    }
}
