//! The app starts itself anew once it has ended: its next version, the example, or itself after the example.

use crate::args::Args;
use std::path::PathBuf;
use std::process::Command;

/// What is to be started.
#[derive(Clone, Debug)]
pub(crate) struct Next {
    program: PathBuf,
    example: bool,
}

impl Next {
    /// This app; none where nobody knows its file.
    pub(crate) fn of(example: bool) -> Option<Self> {
        Some(Self {
            program: program()?,
            example,
        })
    }

    /// Starts it with the data folder and the relay that this process was started with.
    pub(crate) fn start(&self, args: &Args) {
        let mut command = Command::new(&self.program);
        if let Some(dir) = &args.data_dir {
            command.arg("--data-dir").arg(dir);
        }
        if let Some(relay) = &args.relay {
            command.arg("--relay").arg(relay);
        }
        if self.example {
            command.arg("--example");
        }
        if let Err(error) = command.spawn() {
            // The log has ended with the app.
            eprintln!("perezvon: it could not be started again: {error}");
        }
    }
}

/// The app's file: of an AppImage the image, not what runs from within it.
pub(crate) fn program() -> Option<PathBuf> {
    let image = std::env::var_os("APPIMAGE").map(PathBuf::from);
    image.or_else(|| tauri::process::current_binary(&tauri::Env::default()).ok())
}
