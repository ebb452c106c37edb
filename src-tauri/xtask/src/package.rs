//! The Debian package of the relay: what lies in `src-tauri/relay/package` around the binary, by dpkg-deb alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::programs::For;
use crate::sh::{self, MINUTE};
use crate::{http, install};

const NAME: &str = "perezvon-relay";
const UNIT: &str = "usr/lib/systemd/system/perezvon-relay.service";
const DOC: &str = "usr/share/doc/perezvon-relay";
/// Compression levels of dpkg-deb: for a package that is published, and for one that is only checked.
const SMALL: &str = "-Zxz";
const QUICK: &str = "-Zgzip";

/// Builds the relay and its package; prints the package's path.
pub(crate) fn relay(yes: bool) -> Result<()> {
    install::debian(&[For::Package], yes)?;
    let build = ["build", "--locked", "--release", "-p", NAME];
    sh::run(sh::cargo(&build).env(sh::BUILD, sh::build()?), 60 * MINUTE)?;
    let package = build_in(
        &sh::target().join("package"),
        &sh::target().join("release").join(NAME),
        SMALL,
    )?;
    println!("{}", package.display());
    Ok(())
}

/// Checks the package with the debug binary in it.
pub(crate) fn debug(yes: bool) -> Result<()> {
    install::debian(&[For::Package], yes)?;
    sh::run(&mut sh::cargo(&["build", "--locked", "-p", NAME]), 30 * MINUTE)?;
    check(&sh::target().join("debug").join(NAME))
}

fn source(name: &str) -> PathBuf {
    sh::root().join("src-tauri/relay/package").join(name)
}

/// Puts a file into the package's tree.
fn put(tree: &Path, to: &str, from: &Path, mode: u32) -> Result<()> {
    let to = tree.join(to);
    fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
    fs::copy(from, &to).with_context(|| from.display().to_string())?;
    fs::set_permissions(&to, fs::Permissions::from_mode(mode))?;
    Ok(())
}

/// Compresses a file of the tree, without the time at which that was done.
fn gzip(tree: &Path, name: &str) -> Result<()> {
    sh::run(sh::command("gzip", &["-9n"]).arg(tree.join(name)), MINUTE)
}

fn build_in(folder: &Path, binary: &Path, packing: &str) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let scratch = sh::Scratch::within(folder, "tree")?;
    let tree = scratch.path().join("root");
    put(&tree, &format!("usr/bin/{NAME}"), binary, 0o755)?;
    put(&tree, UNIT, &source("perezvon-relay.service"), 0o644)?;
    put(&tree, "etc/perezvon/relay.toml", &source("relay.toml"), 0o644)?;
    let page = format!("usr/share/man/man8/{NAME}.8");
    put(&tree, &page, &source("perezvon-relay.8"), 0o644)?;
    gzip(&tree, &page)?;
    put(&tree, &format!("{DOC}/README.md"), &source("README.md"), 0o644)?;
    put(&tree, &format!("{DOC}/copyright"), &source("debian/copyright"), 0o644)?;
    for (name, from) in [
        ("CHANGELOG.md", sh::root().join("CHANGELOG.md")),
        ("changelog", source("debian/changelog")),
    ] {
        let changes = format!("{DOC}/{name}");
        put(&tree, &changes, &from, 0o644)?;
        gzip(&tree, &changes)?;
    }
    for script in ["postinst", "prerm", "postrm"] {
        let from = source(&format!("debian/{script}"));
        put(&tree, &format!("DEBIAN/{script}"), &from, 0o755)?;
    }
    fs::write(tree.join("DEBIAN/conffiles"), "/etc/perezvon/relay.toml\n")?;
    let sums = "find etc usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums";
    sh::run(sh::command("sh", &["-c", sums]).current_dir(&tree), MINUTE)?;
    let (control, file) = control(&tree, scratch.path())?;
    fs::write(tree.join("DEBIAN/control"), control)?;
    // The modes do not depend on who builds.
    sh::run(sh::command("chmod", &["-R", "u+rwX,go+rX,go-w"]).arg(&tree), MINUTE)?;
    let package = folder.join(file);
    let mut pack = sh::command("dpkg-deb", &["--root-owner-group", packing, "--build"]);
    sh::run(pack.arg(&tree).arg(&package).stdout(Stdio::null()), 5 * MINUTE)?;
    Ok(package)
}

/// The control file with its places filled, and the package's file name.
fn control(tree: &Path, scratch: &Path) -> Result<(String, String)> {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = |field: &str| {
        let mut parse = sh::command("dpkg-parsechangelog", &["--show-field", field, "--file"]);
        sh::output(parse.arg(source("debian/changelog")), MINUTE).map(|text| text.trim().to_owned())
    };
    ensure!(
        changelog("Version")? == version,
        "package/debian/changelog does not begin with version {version}"
    );
    let architecture = sh::output(&mut sh::command("dpkg", &["--print-architecture"]), MINUTE)?;
    let architecture = architecture.trim();
    let size = sh::output(sh::command("du", &["-sk", "--apparent-size"]).arg(tree), MINUTE)?;
    let size = size.split_whitespace().next().context("du tells a size")?;
    // It wants a source package's folder around it.
    fs::create_dir_all(scratch.join("debian"))?;
    fs::write(
        scratch.join("debian/control"),
        format!("Source: {NAME}\n\nPackage: {NAME}\nArchitecture: any\n"),
    )?;
    let mut depends = sh::command("dpkg-shlibdeps", &["-O", "-Sroot"]);
    depends.arg(format!("-eroot/usr/bin/{NAME}"));
    let depends = sh::output(depends.current_dir(scratch), MINUTE)?;
    let depends = depends.trim().strip_prefix("shlibs:Depends=");
    let text = fs::read_to_string(source("debian/control"))?
        .replace("@VERSION@", version)
        .replace("@MAINTAINER@", &maintainer(&changelog("Maintainer")?))
        .replace("@ARCHITECTURE@", architecture)
        .replace("@SIZE@", size)
        .replace("@DEPENDS@", depends.context("dpkg-shlibdeps tells the libraries")?);
    Ok((text, format!("{NAME}_{version}_{architecture}.deb")))
}

/// The maintainer: from the variables that Debian's tools read, else the authors with an address that is not in use.
fn maintainer(developers: &str) -> String {
    match std::env::var("DEBEMAIL") {
        Ok(address) if address.contains('<') => address,
        Ok(address) => {
            let name = std::env::var("DEBFULLNAME");
            format!("{} <{address}>", name.as_deref().unwrap_or("Perezvon"))
        }
        Err(_) => developers.to_owned(),
    }
}

/// Builds the package around a binary that is there already, looks into it, and runs what it holds.
pub(crate) fn check(binary: &Path) -> Result<()> {
    let scratch = sh::Scratch::new("perezvon-package")?;
    let package = build_in(scratch.path(), binary, QUICK)?;
    contents(&package)?;
    let root = scratch.path().join("installed");
    let mut unpack = sh::command("dpkg-deb", &["--extract"]);
    sh::run(unpack.arg(&package).arg(&root), MINUTE)?;
    for script in ["postinst", "prerm", "postrm"] {
        sh::run(
            sh::command("sh", &["-n"]).arg(source(&format!("debian/{script}"))),
            MINUTE,
        )
        .with_context(|| format!("the script {script} is no shell"))?;
    }
    unit(&root)?;
    serves(&root, &scratch.path().join("data"))
}

fn contents(package: &Path) -> Result<()> {
    let field = |name: &str| sh::output(sh::command("dpkg-deb", &["--field"]).arg(package).arg(name), MINUTE);
    ensure!(field("Package")?.trim() == NAME, "the package's name");
    ensure!(
        field("Version")?.trim() == env!("CARGO_PKG_VERSION"),
        "the package's version"
    );
    ensure!(
        field("Depends")?.contains("libc6"),
        "the package depends on the C library"
    );
    let listed = sh::output(sh::command("dpkg-deb", &["--contents"]).arg(package), MINUTE)?;
    let mut found = BTreeMap::new();
    for line in listed.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [mode, owner, .., path] = words.as_slice() else {
            bail!("dpkg-deb --contents: {line}")
        };
        ensure!(*owner == "root/root", "all is root's: {line}");
        if !path.ends_with('/') {
            found.insert(path.trim_start_matches("./").to_owned(), (*mode).to_owned());
        }
    }
    let wanted = BTreeMap::from(
        [
            (format!("usr/bin/{NAME}"), "-rwxr-xr-x"),
            (UNIT.to_owned(), "-rw-r--r--"),
            ("etc/perezvon/relay.toml".to_owned(), "-rw-r--r--"),
            (format!("usr/share/man/man8/{NAME}.8.gz"), "-rw-r--r--"),
            (format!("{DOC}/README.md"), "-rw-r--r--"),
            (format!("{DOC}/copyright"), "-rw-r--r--"),
            (format!("{DOC}/CHANGELOG.md.gz"), "-rw-r--r--"),
            (format!("{DOC}/changelog.gz"), "-rw-r--r--"),
        ]
        .map(|(path, mode)| (path, mode.to_owned())),
    );
    ensure!(found == wanted, "the package holds {found:?}, expected {wanted:?}");
    let conffiles = sh::output(
        sh::command("dpkg-deb", &["--info"]).arg(package).arg("conffiles"),
        MINUTE,
    )?;
    ensure!(
        conffiles == "/etc/perezvon/relay.toml\n",
        "an administrator's configuration survives an upgrade: {conffiles}"
    );
    Ok(())
}

/// What systemd says of the unit; where there is no systemd, only that its commands exist.
fn unit(root: &Path) -> Result<()> {
    let text = fs::read_to_string(root.join(UNIT))?;
    let start = text.lines().find_map(|line| line.strip_prefix("ExecStart=/"));
    let program = start
        .and_then(|start| start.split(' ').next())
        .context("the unit starts a program")?;
    ensure!(
        root.join(program).is_file(),
        "the package holds {program}, which the unit starts"
    );
    if !sh::exists("systemd-analyze") {
        println!("systemd-analyze is not here: the unit was not verified");
        return Ok(());
    }
    let analyze = |arguments: &[&str]| {
        let mut command = sh::command("systemd-analyze", arguments);
        command
            .arg(format!("--root={}", root.display()))
            .arg("perezvon-relay.service");
        command
    };
    // The targets that it names are not in the package: the system's own are looked at as well.
    copy_units(root)?;
    // So does the program that reloads it: it is the system's.
    fs::create_dir_all(root.join("bin"))?;
    fs::copy("/bin/kill", root.join("bin/kill")).context("the unit reloads with /bin/kill, of the package procps")?;
    sh::run(&mut analyze(&["verify", "--man=no", "--recursive-errors=no"]), MINUTE)?;
    // 20 is "2.0": what is left is the network and the one capability.
    let exposure = ["security", "--offline=true", "--threshold=20", "--no-pager"];
    let told = sh::output(&mut analyze(&exposure), MINUTE).context("the unit is less confined than it was")?;
    println!("{}", told.lines().last().unwrap_or_default());
    Ok(())
}

fn copy_units(root: &Path) -> Result<()> {
    for name in [
        "network-online.target",
        "nss-lookup.target",
        "multi-user.target",
        "sysinit.target",
        "basic.target",
        "shutdown.target",
    ] {
        let from = ["/usr/lib/systemd/system", "/lib/systemd/system"].map(|dir| Path::new(dir).join(name));
        if let Some(from) = from.iter().find(|path| path.is_file()) {
            fs::copy(from, root.join("usr/lib/systemd/system").join(name))?;
        }
    }
    Ok(())
}

/// Runs the package's binary with the package's configuration until it answers.
fn serves(root: &Path, data: &Path) -> Result<()> {
    let mut command = sh::command(
        root.join("usr/bin").join(NAME),
        &["serve", "--listen", "127.0.0.1:0", "--config"],
    );
    command
        .arg(root.join("etc/perezvon/relay.toml"))
        .arg("--data-dir")
        .arg(data);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PEREZVON_")) {
        command.env_remove(name);
    }
    let mut running = sh::Running::start(command.stderr(Stdio::piped()))?;
    let lines = BufReader::new(running.child.stderr.take().context("standard error is piped")?).lines();
    let (tell, said) = mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(tell.send(line))));
    let mut all = Vec::new();
    let address = loop {
        let Ok(line) = said.recv_timeout(Duration::from_secs(30)) else {
            bail!("the packaged relay does not serve: {all:?}")
        };
        match line.split_once("serves at http://") {
            Some((_, address)) => break address.trim().to_owned(),
            None => all.push(line),
        }
    };
    let health = http::request("GET", &address, "/v1/health", "")?;
    ensure!(
        health.contains("\"status\":\"ok\""),
        "the packaged relay is well: {health}"
    );
    running.stop();
    Ok(())
}
