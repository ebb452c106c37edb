//! `GET /metrics` on a listener of its own: the text format of OpenMetrics, which Prometheus reads.

mod listener;

use crate::http::Parts;
use crate::ledger::Health;
use crate::metrics::Metrics;
use crate::tables::{copy, events, path, subscriptions, wal_of};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use perezvon_core::Time;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tower_http::timeout::TimeoutLayer;

/// Time limit of an answer, and of reading the ledger for it.
const SCRAPE_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(5);
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;

/// The running accounts, without keeping them from ending.
type RunningAccounts = Arc<dyn Fn() -> Vec<Parts> + Send + Sync>;

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, running: RunningAccounts) {
    let router = Router::new()
        .route("/metrics", get(metrics))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            SCRAPE_TIMEOUT,
        ))
        .with_state(running);
    listener::serve(listener, router).await;
}

async fn metrics(State(running): State<RunningAccounts>) -> Response {
    let mut readings = Vec::new();
    for parts in running() {
        readings.push(AccountReading::take(&parts).await);
    }
    if readings.is_empty() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let mut registry = Registry::default();
    registry.register_collector(Box::new(ScrapePage {
        readings,
        process: Process::take(),
    }));
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// One account at one moment.
#[derive(Debug)]
struct AccountReading {
    account: String,
    metrics: Arc<Metrics>,
    feeds: u64,
    joined: u64,
    cut: u64,
    healthy: bool,
    now: Time,
    keeper: &'static str,
    up_s: f64,
    /// None if the ledger cannot be read in time.
    ledger: Option<LedgerReading>,
    ledger_bytes: u64,
    free_bytes: Option<u64>,
    /// Milliseconds since each list was read to its end.
    import_lags: [(&'static str, Option<i64>); 2],
}

#[derive(Debug)]
struct LedgerReading {
    open_calls: i64,
    last_event: Option<Time>,
    /// When the subscriptions of the whole company end.
    until: Option<Time>,
}

impl AccountReading {
    async fn take(parts: &Parts) -> Self {
        let stored = parts.ledger.read(|connection| {
            let sql = "SELECT count(*) FROM calls WHERE due_at IS NOT NULL";
            Ok(LedgerReading {
                open_calls: connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?,
                last_event: events::newest(connection)?,
                until: subscriptions::active(connection)?
                    .iter()
                    .map(|one| one.expires_at)
                    .max(),
            })
        });
        let ledger = tokio::time::timeout(READ_TIMEOUT, stored)
            .await
            .ok()
            .and_then(Result::ok);
        let file = path(&parts.data_dir);
        let size = |file: &std::path::Path| std::fs::metadata(file).map_or(0, |meta| meta.len());
        Self {
            account: parts.account.to_string(),
            metrics: parts.metrics.clone(),
            feeds: parts.feed.hub.readers() as u64,
            joined: parts.feed.hub.joined(),
            cut: parts.feed.hub.cut_slow(),
            now: parts.clock.now(),
            healthy: parts.ledger.health() == Health::Stores,
            keeper: parts.keeper.state().state,
            up_s: parts.started.elapsed().as_secs_f64(),
            ledger,
            ledger_bytes: size(&file) + size(&wal_of(&file)),
            free_bytes: copy::free_space(&parts.data_dir),
            import_lags: parts.importer.lags(),
        }
    }
}

/// Metrics of the process; what the system does not provide is left out.
#[derive(Debug)]
struct Process {
    resident_bytes: Option<u64>,
    open_fds: Option<u64>,
}

impl Process {
    fn take() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").ok();
        let resident = status.as_deref().and_then(|status| {
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        });
        Self {
            resident_bytes: resident.map(|kib| kib * 1024),
            open_fds: std::fs::read_dir("/proc/self/fd").ok().map(|fds| fds.count() as u64),
        }
    }
}

/// All metrics of one scrape. Each family appears once, with the account as a label.
#[derive(Debug)]
struct ScrapePage {
    readings: Vec<AccountReading>,
    process: Process,
}

impl ScrapePage {
    fn rows<V>(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        (name, help, kind): (&str, &str, MetricType),
        rows: impl Fn(&AccountReading, &mut dyn FnMut(Labels, V) -> fmt::Result) -> fmt::Result,
        write: impl Fn(prometheus_client::encoding::MetricEncoder<'_>, V) -> fmt::Result,
    ) -> fmt::Result {
        let mut family = encoder.encode_descriptor(name, help, None, kind)?;
        for reading in &self.readings {
            rows(reading, &mut |more, value| {
                let mut labels: Labels = vec![("account", reading.account.clone())];
                labels.extend(more);
                write(family.encode_family(&labels)?, value)
            })?;
        }
        Ok(())
    }

    fn counter(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
        rows: impl Fn(&AccountReading, &mut dyn FnMut(Labels, u64) -> fmt::Result) -> fmt::Result,
    ) -> fmt::Result {
        self.rows(encoder, (name, help, MetricType::Counter), rows, |mut row, value| {
            row.encode_counter::<NoLabelSet, u64, u64>(&value, None)
        })
    }

    fn gauge(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
        value: impl Fn(&AccountReading) -> Option<f64>,
    ) -> fmt::Result {
        let rows = |reading: &AccountReading, row: &mut dyn FnMut(Labels, f64) -> fmt::Result| match value(reading) {
            Some(value) => row(vec![], value),
            None => Ok(()),
        };
        self.rows(encoder, (name, help, MetricType::Gauge), rows, |mut row, value| {
            row.encode_gauge(&value)
        })
    }

    fn events(&self, e: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let load = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        self.counter(
            e,
            "perezvon_events",
            "Events that the PBX posted, by what became of them.",
            |of, row| {
                let of = &of.metrics;
                row(vec![("result", "stored".into())], load(&of.stored))?;
                row(vec![("result", "unreadable".into())], load(&of.unreadable))?;
                row(vec![("result", "duplicate".into())], load(&of.duplicate))
            },
        )?;
        let help = "Events that were not taken; the PBX was told so.";
        self.counter(e, "perezvon_events_refused", help, |of, row| {
            let refused = of
                .metrics
                .refused
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            refused
                .into_iter()
                .try_for_each(|(code, count)| row(vec![("reason", code.into())], count))
        })?;
        self.gauge(
            e,
            "perezvon_last_event_timestamp_seconds",
            "When the newest stored event came.",
            |of| Some(of.ledger.as_ref()?.last_event?.ms() as f64 / 1000.0),
        )
    }

    fn ledger(&self, e: &mut DescriptorEncoder<'_>) -> fmt::Result {
        self.gauge(
            e,
            "perezvon_ledger_healthy",
            "1 while the last change was stored.",
            |of| Some(f64::from(u8::from(of.healthy))),
        )?;
        self.gauge(
            e,
            "perezvon_ledger_queue_jobs",
            "Changes on their way to the writer.",
            |of| Some(of.metrics.waiting.load(Ordering::Relaxed).max(0) as f64),
        )?;
        let help = "Transactions that could not be stored.";
        self.counter(e, "perezvon_ledger_failures", help, |of, row| {
            row(vec![], of.metrics.failures.load(Ordering::Relaxed))
        })?;
        self.gauge(e, "perezvon_ledger_bytes", "Size of the ledger on the disk.", |of| {
            Some(of.ledger_bytes as f64)
        })?;
        self.gauge(e, "perezvon_disk_free_bytes", "Free space where the ledger is.", |of| {
            of.free_bytes.map(|bytes| bytes as f64)
        })?;
        let histogram = MetricType::Histogram;
        let write = |row: prometheus_client::encoding::MetricEncoder<'_>, value: Histogram| value.encode(row);
        self.rows(
            e,
            ("perezvon_ledger_batch_jobs", "Changes in one transaction.", histogram),
            |of, row| row(vec![], of.metrics.batch.clone()),
            write,
        )?;
        self.rows(
            e,
            (
                "perezvon_ledger_commit_seconds",
                "How long a transaction took to become durable.",
                histogram,
            ),
            |of, row| row(vec![], of.metrics.commit.clone()),
            write,
        )
    }

    fn pbx(&self, e: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Requests to the PBX, by method and class of the answer's status.";
        self.rows(
            e,
            ("perezvon_pbx_request_seconds", help, MetricType::Histogram),
            |of, row| {
                let all = of
                    .metrics
                    .exchanges
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                all.into_iter().try_for_each(|(kind, histogram)| {
                    let labels = vec![
                        ("method", kind.method),
                        ("group", kind.group),
                        ("status", kind.status.to_owned()),
                    ];
                    row(labels, histogram)
                })
            },
            |row, value: Histogram| value.encode(row),
        )?;
        let help = "1 for what the keeper of subscriptions does now.";
        self.rows(
            e,
            ("perezvon_keeper_state", help, MetricType::Gauge),
            |of, row| row(vec![("state", of.keeper.to_owned())], 1_u64),
            |mut row, value| row.encode_gauge(&value),
        )?;
        self.gauge(
            e,
            "perezvon_subscription_left_seconds",
            "Until the subscription that ends last runs out; 0 where there is none.",
            |of| {
                let until = of.ledger.as_ref()?.until;
                Some(until.map_or(0.0, |until| until.since(of.now).max(0) as f64 / 1000.0))
            },
        )?;
        let help = "Since the PBX's list was last read to its end; absent before the first time.";
        self.rows(
            e,
            ("perezvon_import_lag_seconds", help, MetricType::Gauge),
            |of, row| {
                of.import_lags.iter().try_for_each(|(list, lag)| match lag {
                    Some(lag) => row(vec![("list", (*list).to_owned())], (*lag).max(0) as f64 / 1000.0),
                    None => Ok(()),
                })
            },
            |mut row, value| row.encode_gauge(&value),
        )
    }
}

impl Collector for ScrapePage {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let e = &mut encoder;
        self.events(e)?;
        self.ledger(e)?;
        self.pbx(e)?;
        self.gauge(e, "perezvon_calls_open", "Calls that are not over.", |of| {
            Some(of.ledger.as_ref()?.open_calls as f64)
        })?;
        self.gauge(e, "perezvon_feeds", "Readers that follow now.", |of| {
            Some(of.feeds as f64)
        })?;
        self.counter(
            e,
            "perezvon_feeds_opened",
            "Readers that began to follow.",
            |of, row| row(vec![], of.joined),
        )?;
        self.counter(
            e,
            "perezvon_feeds_cut",
            "Readers that were cut because they were too slow.",
            |of, row| row(vec![], of.cut),
        )?;
        self.gauge(e, "perezvon_up_seconds", "How long the account runs.", |of| {
            Some(of.up_s)
        })?;
        let build = [("version", env!("CARGO_PKG_VERSION"))];
        e.encode_descriptor("perezvon_build", "The program's version.", None, MetricType::Info)?
            .encode_info(&build)?;
        for (name, help, value) in [
            (
                "process_resident_memory_bytes",
                "Memory that the process holds.",
                self.process.resident_bytes,
            ),
            (
                "process_open_fds",
                "Files and connections that are open.",
                self.process.open_fds,
            ),
        ] {
            if let Some(value) = value {
                e.encode_descriptor(name, help, None, MetricType::Gauge)?
                    .encode_gauge(&value)?;
            }
        }
        Ok(())
    }
}
