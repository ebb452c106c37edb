//! Running commands: each has a time limit and a process group of its own, which is ended by its process id also when
//! xtask itself is killed.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// One minute, for limits.
pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    // Cargo says where this package lies now; the folder at compile time may have been moved since.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.ancestors().nth(2).map_or_else(|| here.clone(), Path::to_path_buf)
}

/// The folder of everything built or downloaded.
pub(crate) fn target() -> PathBuf {
    root().join("target")
}

/// A command that runs in the repository's folder with no standard input.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// Cargo, the one that runs us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments);
    // What cargo set for us describes the package xtask, and would make build scripts run again for no reason.
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("CARGO_PKG_") || name_text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// What `--version` tells of a program that is built for others here, for the variable of this name.
pub(crate) const BUILD: &str = "PEREZVON_BUILD";

/// See [`BUILD`]: the version, the commit and its day.
pub(crate) fn build() -> Result<String> {
    let commit = output(&mut command("git", &["log", "-1", "--format=commit %h, %cs"]), MINUTE)?;
    Ok(format!("{} ({})", env!("CARGO_PKG_VERSION"), commit.trim()))
}

/// Runs to the end; an error if it fails or takes longer than `limit`.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<()> {
    let name = shown(command);
    let mut running = Running::start(command)?;
    match running.wait(limit)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("{name}: {status}"),
        None => bail!("{name}: not finished after {} s, ended", limit.as_secs()),
    }
}

/// Runs to the end and gives the standard output; an error as with [`run`].
pub(crate) fn output(command: &mut Command, limit: Duration) -> Result<String> {
    let name = shown(command);
    let mut running = Running::start(command.stdout(Stdio::piped()))?;
    let reader = running.child.stdout.take().context("standard output is piped")?;
    let text = std::thread::spawn(move || std::io::read_to_string(reader));
    let status = running
        .wait(limit)?
        .with_context(|| format!("{name}: not finished after {} s, ended", limit.as_secs()))?;
    drop(running);
    let text = text
        .join()
        .map_err(|_| anyhow::anyhow!("{name}: the reader of its output panicked"))??;
    if !status.success() {
        bail!("{name}: {status}");
    }
    Ok(text)
}

/// Writes a script that can be started.
pub(crate) fn script(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text)?;
    run(command("chmod", &["+x"]).arg(path), MINUTE)
}

/// Every file below the folder.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    Ok(files)
}

/// Whether the program is in PATH and can be started.
pub(crate) fn exists(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    command
        .get_args()
        .take(8)
        .fold(program, |line, argument| line + " " + &argument.to_string_lossy())
}

/// A started process with everything it started. Ended when dropped, and also when xtask itself is interrupted or
/// killed (see [`warden`]).
pub(crate) struct Running {
    /// The process; its group has the same id.
    pub(crate) child: Child,
    over: bool,
}

impl Running {
    /// Starts the command as the head of a process group of its own.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let name = shown(command);
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        tell_warden("+", &child.id().to_string())?;
        Ok(Self { child, over: false })
    }

    /// Waits at most `limit`; nothing if it still runs.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<Option<std::process::ExitStatus>> {
        let end = Instant::now() + limit;
        let mut pause = Duration::from_millis(2);
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            if Instant::now() >= end {
                return Ok(None);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    /// Asks it to end, then ends it.
    pub(crate) fn stop(&mut self) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let id = self.child.id();
        // The group may hold more than the head, which may be gone already: the signal goes out in any case.
        signal_group("TERM", id);
        if !matches!(self.wait(Duration::from_secs(5)), Ok(Some(_))) {
            signal_group("KILL", id);
            let _ = self.child.kill().and_then(|()| self.child.wait());
        }
        let _ = tell_warden("-", &id.to_string());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

fn signal_group(signal: &str, id: u32) {
    let script = format!("kill -s {signal} -- -{id} 2>/dev/null");
    let _ = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).status();
}

/// A folder that is removed with everything in it, also when xtask is killed.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// A new folder, readable by its owner only, where temporary files go.
    pub(crate) fn new(name: &str) -> Result<Self> {
        Self::within(&std::env::temp_dir(), name)
    }

    /// The same in another place: temporary files may lie in memory, and some measurements want a disk.
    pub(crate) fn within(place: &Path, name: &str) -> Result<Self> {
        let pattern = place.join(format!("{name}.XXXXXX"));
        let path = PathBuf::from(output(command("mktemp", &["-d"]).arg(pattern), MINUTE)?.trim_end());
        tell_warden("f", &path.to_string_lossy())?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The warden is a small shell that knows our children's groups and folders. It reads our messages from a pipe; the
/// pipe ends with us, however we end (Ctrl-C and SIGKILL too), and then it ends the groups and removes the folders.
const WARDEN: &str = r#"
trap '' INT TERM HUP QUIT
groups= folders=
while read -r what value; do
  case $what in
    +) groups="$groups $value" ;;
    -) kept=; for g in $groups; do [ "$g" = "$value" ] || kept="$kept $g"; done; groups=$kept ;;
    f) folders="$folders $value" ;;
  esac
done
[ -n "$groups" ] && {
  for g in $groups; do kill -s TERM -- "-$g"; done
  for i in 1 2 3 4 5 6 7 8 9 10; do
    alive=; for g in $groups; do kill -s 0 -- "-$g" && alive=1; done
    [ -n "$alive" ] || break
    sleep 0.3
  done
  for g in $groups; do kill -s KILL -- "-$g"; done
} 2>/dev/null
for f in $folders; do rm -rf -- "$f"; done
"#;

fn tell_warden(what: &str, value: &str) -> Result<()> {
    writeln!(warden()?, "{what} {value}").context("the warden of the child processes is gone")
}

fn warden() -> Result<MutexGuard<'static, ChildStdin>> {
    static PIPE: OnceLock<Result<Mutex<ChildStdin>, String>> = OnceLock::new();
    let pipe = PIPE.get_or_init(|| {
        let started = Command::new("sh")
            .args(["-c", WARDEN])
            .process_group(0)
            .stdin(Stdio::piped())
            .spawn();
        let pipe = started.map(|mut child| child.stdin.take());
        pipe.map_err(|e| e.to_string())?
            .map(Mutex::new)
            .ok_or_else(|| "no pipe".to_owned())
    });
    let pipe = pipe
        .as_ref()
        .map_err(|e| anyhow::anyhow!("cannot start the warden of the child processes: {e}"))?;
    Ok(pipe.lock().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_command_that_takes_too_long_is_ended_with_its_children() {
        let folder = Scratch::new("perezvon-sh-test").unwrap();
        let file = folder.path().join("child");
        let script = format!("sleep 600 & echo $! > {}; wait", file.display());
        let start = Instant::now();
        let error = run(&mut command("sh", &["-c", &script]), Duration::from_secs(1))
            .unwrap_err()
            .to_string();
        assert!(error.contains("not finished after 1 s"), "the reason is told: {error}");
        assert!(start.elapsed() < Duration::from_secs(20), "the wait has a limit");
        let child = std::fs::read_to_string(&file).unwrap();
        let gone = || !Path::new("/proc").join(child.trim()).join("cwd").exists();
        let end = Instant::now() + Duration::from_secs(5);
        while !gone() {
            assert!(Instant::now() < end, "the command's own child is ended too");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn a_failure_names_the_command_and_its_code() {
        let error = run(&mut command("sh", &["-c", "exit 3"]), MINUTE)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("exit status: 3") && error.contains("sh -c"),
            "both are told: {error}"
        );
        assert_eq!(
            output(&mut command("echo", &["yes"]), MINUTE).unwrap(),
            "yes\n",
            "output comes back whole"
        );
    }

    #[test]
    fn a_scratch_folder_goes_with_its_value() {
        let folder = Scratch::new("perezvon-sh-test").unwrap();
        let path = folder.path().to_owned();
        std::fs::write(path.join("file"), "x").unwrap();
        drop(folder);
        assert!(!path.exists(), "{} is removed with what is in it", path.display());
    }
}
