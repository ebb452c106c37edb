//! The relay next to the simulator: as a separate process that can be killed and restarts at the same address, or
//! within the test with an importer that does not wait.

use crate::common::binary::{EXE, Serving, admin, command, data_dir};
use futures_util::{StreamExt as _, stream};
use perezvon_relay::{Options, Relay, Token};
use perezvon_sim::Sim;
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

/// How long a condition may take after the last progress. Never reached unless something is broken.
const DEADLINE: Duration = Duration::from_mins(1);

pub(crate) struct Node {
    dir: TempDir,
    addr: SocketAddr,
    key: String,
    client: reqwest::Client,
    pbx: String,
    token: String,
    /// Whether the PBX can reach it.
    public: bool,
    serving: Option<Serving>,
    within: Option<Relay>,
}

impl Node {
    /// A relay with an empty ledger that serves and has read the company; subscribed if the PBX can reach it.
    /// `quick`: within the test, with an importer that does not wait.
    pub(crate) async fn start(sim: &Sim, public: bool, quick: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = data_dir(&dir);
        // Free now; no other process on this machine asks for exactly this port.
        let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut node = Self {
            dir,
            addr,
            key: admin(&data),
            client: reqwest::Client::builder().no_proxy().timeout(DEADLINE).build().unwrap(),
            pbx: sim.rest_url(),
            token: sim.token().to_owned(),
            public,
            serving: None,
            within: None,
        };
        if quick {
            node.serve_within().await;
        } else {
            node.serve();
        }
        let people = sim.options().company.abonents.len();
        node.until("the abonents are known", async || {
            node.get("/v1/abonents").await["abonents"].as_array().map(Vec::len) == Some(people)
        })
        .await;
        node.until_subscribed(sim).await;
        node
    }

    /// Starts the process.
    pub(crate) fn serve(&mut self) {
        let mut serve = command(EXE);
        serve
            .args(["serve", "--listen", &self.addr.to_string(), "--data-dir"])
            .arg(data_dir(&self.dir))
            .env("PEREZVON_PBX_URL", &self.pbx)
            .env("PEREZVON_PBX_TOKEN", &self.token);
        if self.public {
            serve.env("PEREZVON_PUBLIC_URL", format!("http://{}", self.addr));
        }
        self.serving = Some(Serving::start_as(&mut serve));
    }

    async fn serve_within(&mut self) {
        let mut options = Options::new(data_dir(&self.dir));
        options.pbx_url = self.pbx.parse().unwrap();
        options.token = Some(Token::parse(&self.token).unwrap());
        options.public_url = self.public.then(|| format!("http://{}", self.addr).parse().unwrap());
        options.timing.import_second = Duration::from_millis(5);
        options.timing.import_pause = Duration::ZERO;
        let listener = tokio::net::TcpListener::bind(self.addr).await.unwrap();
        self.within = Some(Relay::start(options, listener).await.unwrap());
    }

    /// Kills the process.
    pub(crate) fn kill(&mut self) {
        self.serving.take().expect("it serves").kill();
    }

    /// Shuts down a relay within the test.
    pub(crate) async fn stop(self) {
        if let Some(relay) = self.within {
            relay.shutdown().await;
        }
    }

    async fn until_subscribed(&self, sim: &Sim) {
        if self.public {
            self.until("subscribed", async || {
                !sim.subscriptions().is_empty() && self.get("/v1/subscriptions").await["keeper"]["state"] == "active"
            })
            .await;
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("http://{}{path}", self.addr);
        let answer = self.client.get(url).bearer_auth(&self.key).send().await.unwrap();
        assert_eq!(answer.status(), 200, "GET {path}");
        answer.json().await.unwrap()
    }

    pub(crate) async fn set(&self, settings: Value) {
        let url = format!("http://{}/v1/settings", self.addr);
        let put = self.client.put(url).bearer_auth(&self.key).json(&settings);
        assert_eq!(put.send().await.unwrap().status(), 200, "{settings}");
    }

    pub(crate) async fn until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !condition().await {
            assert!(Instant::now() < deadline, "not in time: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The whole journal of one abonent, or of the company, page by page.
    pub(crate) async fn journal(&self, abonent: Option<&str>) -> Vec<Value> {
        let mut url = url::Url::parse(&format!("http://{}/v1/calls", self.addr)).unwrap();
        if let Some(abonent) = abonent {
            url.query_pairs_mut().append_pair("abonent", abonent);
        }
        let (mut all, mut cursor) = (Vec::new(), None::<i64>);
        loop {
            let mut page = url.clone();
            page.query_pairs_mut().append_pair("limit", "200");
            if let Some(cursor) = cursor {
                page.query_pairs_mut().append_pair("cursor", &cursor.to_string());
            }
            let answer = self.client.get(page).bearer_auth(&self.key).send().await.unwrap();
            let mut told: Value = answer.json().await.unwrap();
            all.append(told["calls"].as_array_mut().expect("a page of calls"));
            cursor = told["cursor"].as_i64();
            if cursor.is_none() {
                return all;
            }
        }
    }

    /// The journals of many abonents, in the same order.
    pub(crate) async fn journals(&self, abonents: &[String]) -> Vec<Vec<Value>> {
        let each = stream::iter(abonents).map(|abonent| self.journal(Some(abonent)));
        each.buffered(8).collect().await
    }

    /// The last snapshot of each call that a reader of the abonent's feed gets.
    pub(crate) async fn changes(&self, abonent: &str) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let mut told = self.get(&format!("/v1/changes?after={after}&abonent={abonent}")).await;
            all.append(told["calls"].as_array_mut().expect("a page of calls"));
            after = told["after"].as_i64().expect("a place");
            if told["more"] != true {
                return all;
            }
        }
    }

    /// Waits until no call is in progress.
    pub(crate) async fn until_settled(&self) {
        for outcome in ["ringing", "talking"] {
            let path = format!("/v1/calls?outcome={outcome}&limit=1");
            self.until(&format!("no call is {outcome}"), async || {
                self.get(&path).await["calls"] == json!([])
            })
            .await;
        }
    }
}
