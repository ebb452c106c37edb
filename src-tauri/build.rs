//! Builds in what Tauri needs: configuration, icons, permissions.

use tauri_build::{AppManifest, Attributes};

fn main() {
    // A command that is not named here could be called by every window.
    let attributes = Attributes::new().app_manifest(AppManifest::new().commands(&["ask"]));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
    }
}
