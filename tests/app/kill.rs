//! Kill -9 of the app with its embedded relay, at random points under load: the design's invariants 1 to 5 hold
//! (part 8). The headless relay has the same test in its own package.

use crate::harness::app::{data_dir, simulator, start};
use crate::harness::display::Desktop;
use crate::harness::load::acknowledged_survives;
use crate::harness::notifications::Notifications;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_kill() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let start = || start(&desktop, &sim, &["--minimized"]);
    let _app = acknowledged_survives(&sim, &data_dir(&desktop), 25, start).await;
    assert!(!toasts.all().is_empty(), "calls were shown");
}
