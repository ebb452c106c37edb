//! A Windows of one's own: registry, drive, programs. Nothing of the person who runs it is touched.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::desktop::Desktop;
use crate::sh::{self, MINUTE, Scratch};

/// Debian's, without the wrapper that asks for the 32-bit half.
const WINE: &str = "/usr/lib/wine/wine64";
const SERVER: &str = "/usr/lib/wine/wineserver64";

/// Known to Windows as «Ekaterinburg Standard Time».
const ZONE: &str = "Asia/Yekaterinburg";

/// Its programs end with it.
pub(crate) struct Prefix<'a> {
    desktop: &'a Desktop,
    folder: Scratch,
}

impl<'a> Prefix<'a> {
    /// Boots it.
    pub(crate) fn new(desktop: &'a Desktop) -> Result<Self> {
        let folder = Scratch::new("perezvon-wine")?;
        let prefix = Self { desktop, folder };
        sh::run(prefix.wine("wineboot").arg("--init"), 5 * MINUTE)?;
        let mut compile = sh::command("x86_64-w64-mingw32-gcc", &["-shared", "-O1", "-o"]);
        compile.arg(prefix.path().join("drive_c/windows/system32/bcryptprimitives.dll"));
        compile.arg(sh::root().join("src-tauri/xtask/src/wine/bcryptprimitives.c"));
        sh::run(compile.arg("-ladvapi32"), MINUTE)?;
        Ok(prefix)
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A Windows program in it.
    pub(crate) fn wine(&self, windows_program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = sh::command(WINE, &[]);
        command.arg(windows_program);
        self.enter(&mut command);
        command
    }

    fn enter(&self, command: &mut Command) {
        self.desktop.enter(command);
        command
            .env("WINEPREFIX", self.path())
            .env("WINESERVER", SERVER)
            .env("WINEARCH", "win64")
            .env("WINEDEBUG", "-all")
            // Of Windows' zones by their own names this is one that no Linux has by that name.
            .env("TZ", ZONE)
            // .NET and a browser would be offered for download; menu entries would be made for the person who runs this; Wine 8
            // has a file for networks' costs that ends who asks it.
            .env(
                "WINEDLLOVERRIDES",
                "mscoree,mshtml,windows.networking=;winemenubuilder.exe=d",
            );
    }
}

impl Drop for Prefix<'_> {
    fn drop(&mut self) {
        let mut end = sh::command(SERVER, &["-k"]);
        self.enter(&mut end);
        // Nothing runs in it any more: then there is nobody to end.
        let _ = sh::run(&mut end, MINUTE);
    }
}
