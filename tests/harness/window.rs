//! The real window through WebDriver: WebKitWebDriver starts the app itself and reads its web view.

use super::app::{BINARY, environment};
use super::display::{Desktop, Running};
use super::{PATIENCE, eventually_async};
use fantoccini::elements::Element;
use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use perezvon_sim::Sim;
use serde_json::{Map, json};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A WebDriver session with the app's window open.
pub struct Window {
    pub client: Client,
    clicks: AtomicUsize,
    _driver: Running,
}

/// Clicks it as a person does: once nothing lies over it any more. Messages pass by themselves.
async fn press(element: &Element) {
    let pressed = async {
        loop {
            match element.click().await {
                Err(CmdError::Standard(told)) if told.error == ErrorStatus::ElementClickIntercepted => {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                done => return done,
            }
        }
    };
    let pressed = tokio::time::timeout(PATIENCE, pressed).await;
    pressed.expect("something lies over it").unwrap();
}

/// The text as it is laid out. WebKit's driver leaves out parts of rows whose cells are cut or faded, so it is not asked.
async fn shown_text(element: &Element) -> Result<String, CmdError> {
    Ok(element.prop("innerText").await?.unwrap_or_default())
}

impl Window {
    pub async fn open(desktop: &Desktop, sim: &Sim) -> Self {
        Self::open_with(desktop, |command| environment(desktop, sim, command)).await
    }

    /// Opens with another environment.
    pub async fn open_with(desktop: &Desktop, environment: impl FnOnce(&mut Command)) -> Self {
        Self::open_program(desktop, BINARY, &[], environment).await
    }

    /// Opens another program than the one that Cargo built, or with arguments.
    pub async fn open_program(
        desktop: &Desktop,
        program: &str,
        args: &[&str],
        environment: impl FnOnce(&mut Command),
    ) -> Self {
        // WebKitWebDriver cannot choose a port itself.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = desktop.command("WebKitWebDriver");
        environment(&mut command);
        command.env("TAURI_WEBVIEW_AUTOMATION", "true");
        let driver = command
            .args([&format!("--port={port}"), "--host=127.0.0.1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("WebKitWebDriver comes with webkit2gtk-driver, which `cargo xtask test` installs");
        let driver = Running(driver);
        let mut capabilities = Map::new();
        capabilities.insert(
            "webkitgtk:browserOptions".into(),
            json!({ "binary": program, "args": args }),
        );
        let address = format!("http://127.0.0.1:{port}");
        let client = eventually_async("WebDriver session", || async {
            ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities.clone())
                .connect(&address)
                .await
                .ok()
        })
        .await;
        Self {
            client,
            clicks: AtomicUsize::new(0),
            _driver: driver,
        }
    }

    /// The text of the first element with this `data-testid`, as soon as it is there and satisfies `wanted`.
    pub async fn text_of(&self, testid: &str, wanted: impl Fn(&str) -> bool) -> String {
        let selector = format!("[data-testid='{testid}']");
        let last = std::cell::RefCell::new(String::new());
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Ok(element) = self.client.find(Locator::Css(&selector)).await
                    && let Ok(text) = shown_text(&element).await
                {
                    if wanted(&text) {
                        return text;
                    }
                    last.replace(text);
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
        .await;
        if let Ok(text) = found {
            return text;
        }
        let source = self.client.source().await.unwrap_or_default();
        panic!("{testid} says {:?} only, in {source}", last.borrow())
    }

    /// Waits until the first element with this `data-testid` has this value of an attribute; gives its text.
    pub async fn text_where(&self, testid: &str, attribute: &str, value: &str) -> String {
        let selector = format!("[data-testid='{testid}'][{attribute}='{value}']");
        match self.wait_for(&selector).await {
            Ok(element) => shown_text(&element).await.unwrap(),
            Err(error) => {
                let source = self.client.source().await.unwrap_or_default();
                panic!("no {selector} ({error}) in {source}");
            }
        }
    }

    /// Clicks the first element with this `data-testid`.
    pub async fn click(&self, testid: &str) {
        self.clicks.fetch_add(1, Ordering::Relaxed);
        press(&self.element(testid).await).await;
    }

    /// Clicks what ends the app: the driver answers or not.
    pub async fn click_away(&self, testid: &str) {
        self.clicks.fetch_add(1, Ordering::Relaxed);
        drop(self.element(testid).await.click().await);
    }

    /// Clicks the first element of a selector.
    pub async fn click_on(&self, selector: &str) {
        self.clicks.fetch_add(1, Ordering::Relaxed);
        press(&self.wait_for(selector).await.unwrap()).await;
    }

    /// Types into a field.
    pub async fn fill(&self, testid: &str, text: &str) {
        self.clicks.fetch_add(1, Ordering::Relaxed);
        let element = self.element(testid).await;
        element.clear().await.unwrap();
        element.send_keys(text).await.unwrap();
    }

    /// How often was clicked; a field that was filled is one.
    pub fn clicks(&self) -> usize {
        self.clicks.load(Ordering::Relaxed)
    }

    /// Waits for the element; when it does not come, the failure tells what the window shows instead.
    async fn element(&self, testid: &str) -> Element {
        let selector = format!("[data-testid='{testid}']");
        match self.wait_for(&selector).await {
            Ok(element) => element,
            Err(error) => {
                let url = self.client.current_url().await;
                let body = self.client.find(Locator::Css("body")).await.unwrap().text().await;
                panic!("no {testid} ({error}) at {url:?}: {body:?}");
            }
        }
    }

    async fn wait_for(&self, selector: &str) -> Result<Element, CmdError> {
        let wait = self.client.wait().at_most(PATIENCE);
        wait.for_element(Locator::Css(selector)).await
    }

    /// Ends the session, and with it the app that the driver started.
    pub async fn close(self) {
        let _ = self.client.close().await;
    }
}
