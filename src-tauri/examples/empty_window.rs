//! `cargo run --release --example empty_window`: the least that a Tauri program with a window is. The bench holds the
//! app's start and memory against it.

use tauri::{WebviewUrl, WebviewWindowBuilder};

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .setup(|app| {
            WebviewWindowBuilder::new(app, "empty", WebviewUrl::External("about:blank".parse()?))
                .inner_size(1000.0, 700.0)
                .initialization_script(
                    "document.addEventListener('DOMContentLoaded', () => document.body.append('empty'))",
                )
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
}
