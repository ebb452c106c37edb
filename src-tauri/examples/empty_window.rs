//! `cargo run --release --example empty_window`: the least that a Tauri program with a window and a page is. The bench
//! holds the app's start and memory against it.

use tauri::{WebviewUrl, WebviewWindowBuilder, http::Response};

/// A page of its own, not `about:blank`, for which no web process would be started.
const PAGE: &str = "<!doctype html><title>empty</title><body style='background:#dde'>empty";

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .register_uri_scheme_protocol("empty", |_, _| {
            let mut page = Response::new(PAGE.as_bytes());
            page.headers_mut()
                .insert("content-type", tauri::http::HeaderValue::from_static("text/html"));
            page
        })
        .setup(|app| {
            let page = WebviewUrl::CustomProtocol("empty://localhost/".parse()?);
            WebviewWindowBuilder::new(app, "empty", page)
                .inner_size(1100.0, 720.0)
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
}
