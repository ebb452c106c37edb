//! «Запускать при входе в систему»: the entry by which the system starts the app into the tray.
//!
//! By hand instead of auto-launch (tauri-plugin-autostart): that crate writes the program's path as it is, and with a
//! blank in it (`C:\\Users\\Анна Тестова\\…`) nothing starts, without a word. An entry that it wrote is put right at the next
//! start; one that the user has removed or switched off in the system turns the app's switch off.

use std::io;
use std::path::{Path, PathBuf};
use tauri::AppHandle;

/// Name of the entry; the same as auto-launch took, so that an older one is found.
const NAME: &str = "Perezvon";

/// What the app is started with.
const ARGUMENT: &str = "--minimized";

/// Switches the start with the system on or off, and looks whether the system has taken it.
pub(crate) fn set(handle: &AppHandle, on: bool) -> io::Result<()> {
    let entry = Entry::of(handle)?;
    if on {
        entry.write()?;
    } else {
        entry.remove()?;
    }
    if entry.is_on()? == on {
        Ok(())
    } else {
        Err(io::Error::other("the system did not keep the change"))
    }
}

/// Whether the system starts the app.
pub(crate) fn is_on(handle: &AppHandle) -> io::Result<bool> {
    Entry::of(handle)?.is_on()
}

/// Puts right what an older version wrote. False when the system no longer starts the app: the user has said so there.
pub(crate) fn mend(handle: &AppHandle) -> io::Result<bool> {
    Entry::of(handle)?.mend()
}

/// The program to start; for an AppImage the file that the user has.
fn program() -> io::Result<PathBuf> {
    match std::env::var_os("APPIMAGE").filter(|path| cfg!(target_os = "linux") && !path.is_empty()) {
        Some(image) => Ok(image.into()),
        None => std::env::current_exe(),
    }
}

fn text_of(path: &Path) -> io::Result<&str> {
    path.to_str()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the program's path is no Unicode text"))
}

#[cfg(not(windows))]
use file::Entry;
#[cfg(windows)]
use registry::Entry;

/// Linux: an entry of the XDG autostart folder. macOS: a launch agent.
#[cfg(not(windows))]
mod file {
    use super::{NAME, program, text_of};
    use crate::missing::none_if_missing;
    use std::io;
    use std::path::PathBuf;
    use tauri::{AppHandle, Manager as _};

    pub(super) struct Entry {
        pub(super) file: PathBuf,
        /// What the file must say.
        pub(super) content: String,
    }

    impl Entry {
        pub(super) fn of(handle: &AppHandle) -> io::Result<Self> {
            let program = program()?;
            let program = text_of(&program)?;
            let paths = handle.path();
            let (dir, file, content) = if cfg!(target_os = "macos") {
                let dir = paths.home_dir().map(|home| home.join("Library/LaunchAgents"));
                (dir, format!("{NAME}.plist"), super::launch_agent(program))
            } else {
                let dir = paths.config_dir().map(|config| config.join("autostart"));
                (dir, format!("{NAME}.desktop"), super::desktop_entry(program))
            };
            let dir = dir.map_err(io::Error::other)?;
            Ok(Self {
                file: dir.join(file),
                content,
            })
        }

        pub(super) fn write(&self) -> io::Result<()> {
            if let Some(dir) = self.file.parent() {
                std::fs::create_dir_all(dir)?;
            }
            std::fs::write(&self.file, &self.content)
        }

        pub(super) fn remove(&self) -> io::Result<()> {
            none_if_missing(std::fs::remove_file(&self.file)).map(drop)
        }

        pub(super) fn is_on(&self) -> io::Result<bool> {
            Ok(self.read()?.is_some_and(|text| !is_switched_off(&text)))
        }

        pub(super) fn mend(&self) -> io::Result<bool> {
            match self.read()? {
                Some(text) if is_switched_off(&text) => Ok(false),
                None => Ok(false),
                Some(text) => {
                    if text != self.content {
                        self.write()?;
                    }
                    Ok(true)
                }
            }
        }

        fn read(&self) -> io::Result<Option<String>> {
            let bytes = none_if_missing(std::fs::read(&self.file))?;
            Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
        }
    }

    /// How the desktops' own settings switch an entry off.
    fn is_switched_off(text: &str) -> bool {
        text.lines().any(|line| {
            let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
            matches!(line.as_str(), "Hidden=true" | "X-GNOME-Autostart-enabled=false")
        })
    }
}

/// Windows: a value of the user's `Run` key; the task manager keeps beside it what the user has switched off.
#[cfg(windows)]
mod registry {
    use super::{NAME, program, text_of};
    use crate::missing::none_if_missing;
    use std::io;
    use tauri::AppHandle;
    use winreg::enums::{HKEY_CURRENT_USER, KEY_SET_VALUE, RegType};
    use winreg::{RegKey, RegValue};

    const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
    const APPROVED: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";

    pub(super) struct Entry {
        command: String,
    }

    impl Entry {
        pub(super) fn of(_handle: &AppHandle) -> io::Result<Self> {
            let program = program()?;
            Ok(Self {
                command: super::run_value(text_of(&program)?),
            })
        }

        pub(super) fn write(&self) -> io::Result<()> {
            let user = RegKey::predef(HKEY_CURRENT_USER);
            user.create_subkey(RUN)?.0.set_value(NAME, &self.command)?;
            // An even first byte: approved.
            let approved = RegValue {
                vtype: RegType::REG_BINARY,
                bytes: vec![2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].into(),
            };
            match none_if_missing(user.open_subkey_with_flags(APPROVED, KEY_SET_VALUE))? {
                Some(key) => key.set_raw_value(NAME, &approved),
                None => Ok(()),
            }
        }

        pub(super) fn remove(&self) -> io::Result<()> {
            let run = RegKey::predef(HKEY_CURRENT_USER).create_subkey(RUN)?.0;
            none_if_missing(run.delete_value(NAME)).map(drop)
        }

        pub(super) fn is_on(&self) -> io::Result<bool> {
            Ok(self.read()?.is_some_and(|command| command == self.command) && !is_switched_off())
        }

        pub(super) fn mend(&self) -> io::Result<bool> {
            let Some(command) = self.read()? else { return Ok(false) };
            if command != self.command {
                RegKey::predef(HKEY_CURRENT_USER)
                    .create_subkey(RUN)?
                    .0
                    .set_value(NAME, &self.command)?;
            }
            Ok(!is_switched_off())
        }

        fn read(&self) -> io::Result<Option<String>> {
            let run = RegKey::predef(HKEY_CURRENT_USER).open_subkey(RUN);
            none_if_missing(run.and_then(|run| run.get_value(NAME)))
        }
    }

    fn is_switched_off() -> bool {
        let approved = RegKey::predef(HKEY_CURRENT_USER).open_subkey(APPROVED);
        let value = approved.and_then(|key| key.get_raw_value(NAME));
        value.is_ok_and(|value| value.bytes.first().is_some_and(|first| first % 2 == 1))
    }
}

/// A value of Windows' `Run` key. No path has a quotation mark.
#[cfg(any(windows, test))]
fn run_value(program: &str) -> String {
    format!("\"{program}\" {ARGUMENT}")
}

#[cfg(not(windows))]
fn desktop_entry(program: &str) -> String {
    format!(
        "[Desktop Entry]\n\
         Type=Application\n\
         Version=1.0\n\
         Name=Перезвон\n\
         Name[en]=Perezvon\n\
         Exec={}\n\
         StartupNotify=false\n\
         Terminal=false\n",
        exec(program)
    )
}

/// The value of `Exec` (Desktop Entry Specification, “The Exec key”): a program with a reserved letter stands in quotation
/// marks, in which four letters are escaped; `%` is doubled; and as the value of a key each backslash is doubled once more.
#[cfg(not(windows))]
fn exec(program: &str) -> String {
    const RESERVED: &str = " \t\n\"'\\><~|&;$*?#()`";
    let program = program.replace('%', "%%");
    let quoted = if program.contains(|c| RESERVED.contains(c)) {
        let mut quoted = String::from('"');
        for letter in program.chars() {
            if matches!(letter, '"' | '`' | '$' | '\\') {
                quoted.push('\\');
            }
            quoted.push(letter);
        }
        quoted + "\""
    } else {
        program
    };
    let value = quoted.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t");
    format!("{value} {ARGUMENT}")
}

#[cfg(not(windows))]
fn launch_agent(program: &str) -> String {
    let program = program.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{NAME}</string>
  <key>ProgramArguments</key>
  <array>
    <string>{program}</string>
    <string>{ARGUMENT}</string>
  </array>
  <key>RunAtLoad</key>
  <true/>
</dict>
</plist>
"#
    )
}

#[cfg(all(test, not(windows)))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_path_with_blanks_starts() {
        for (program, value) in [
            (
                r"C:\Users\Анна Тестова\AppData\Local\Perezvon\perezvon.exe",
                r#""C:\Users\Анна Тестова\AppData\Local\Perezvon\perezvon.exe" --minimized"#,
            ),
            (
                r"C:\Program Files\Perezvon (64)\perezvon.exe",
                r#""C:\Program Files\Perezvon (64)\perezvon.exe" --minimized"#,
            ),
        ] {
            assert_eq!(run_value(program), value);
        }
        for (program, value) in [
            ("/usr/bin/perezvon", "/usr/bin/perezvon --minimized"),
            (
                "/opt/Мои программы/perezvon",
                r#""/opt/Мои программы/perezvon" --minimized"#,
            ),
            ("/opt/100%/perezvon", "/opt/100%%/perezvon --minimized"),
            ("/opt/%f %u/perezvon", r#""/opt/%%f %%u/perezvon" --minimized"#),
            (r#"/opt/a"b/perezvon"#, r#""/opt/a\\"b/perezvon" --minimized"#),
            (r"/opt/a\b/perezvon", r#""/opt/a\\\\b/perezvon" --minimized"#),
            (
                "/opt/$HOME `x`/perezvon",
                r#""/opt/\\$HOME \\`x\\`/perezvon" --minimized"#,
            ),
            ("/opt/a\nb/perezvon", r#""/opt/a\nb/perezvon" --minimized"#),
        ] {
            assert_eq!(exec(program), value, "{program}");
        }
        assert!(
            launch_agent("/Applications/R&D <1>.app/x")
                .contains("<string>/Applications/R&amp;D &lt;1&gt;.app/x</string>")
        );
    }

    #[test]
    fn what_an_older_version_wrote_is_put_right() {
        let dir = tempfile::tempdir().unwrap();
        let entry = file::Entry {
            file: dir.path().join("autostart/Perezvon.desktop"),
            content: desktop_entry("/opt/Мои программы/perezvon"),
        };
        assert!(!entry.mend().unwrap(), "nothing is there, and nothing is made");
        assert!(!entry.file.exists());
        entry.write().unwrap();
        assert!(entry.is_on().unwrap());
        let old = "[Desktop Entry]\nType=Application\nName=Perezvon\nExec=/opt/Мои программы/perezvon --minimized\n";
        std::fs::write(&entry.file, old).unwrap();
        assert!(entry.mend().unwrap());
        let mended = std::fs::read_to_string(&entry.file).unwrap();
        assert!(
            mended.contains("\nExec=\"/opt/Мои программы/perezvon\" --minimized\n"),
            "{mended}"
        );
        for off in ["Hidden=true", "X-GNOME-Autostart-enabled = false"] {
            let text = format!("{old}{off}\n");
            std::fs::write(&entry.file, &text).unwrap();
            assert!(
                !entry.mend().unwrap() && !entry.is_on().unwrap(),
                "{off}: switched off in the system"
            );
            assert_eq!(std::fs::read_to_string(&entry.file).unwrap(), text, "and left so");
        }
        entry.remove().unwrap();
        entry.remove().unwrap();
        assert!(!entry.is_on().unwrap());
    }

    #[test]
    fn a_system_that_takes_no_entry_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("autostart"), "a file in the folder's place").unwrap();
        let entry = file::Entry {
            file: dir.path().join("autostart/Perezvon.desktop"),
            content: desktop_entry("/usr/bin/perezvon"),
        };
        assert!(entry.write().is_err());
    }
}
