//! Builds in what Tauri needs: configuration, icons, permissions.

fn main() {
    tauri_build::build();
}
