//! From the event to the journal, from the link to the telephone, and what a kill leaves.

use crate::app::Place;
use crate::harness::eventually;
use crate::harness::load::acknowledged_survives;
use crate::harness::pbx::{from_client, simulator, subscribed};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_becomes_a_call_and_the_app_ends_when_it_is_asked_to() {
    let (place, sim) = (Place::new(), simulator().await);
    let app = place.start(&sim);
    subscribed(&sim).await;
    sim.play_through("incoming-missed", from_client()).await.unwrap();
    eventually("the missed call in the journal", || {
        (place.calls("9000000099", true) == 1).then_some(())
    });
    let waiting = place.desk().counts().unwrap().to_call_back;
    assert_eq!(waiting, 1, "who was missed waits to be called back");
    place.quit(&sim, app);
    let failed: Vec<_> = sim.deliveries().into_iter().filter(|d| d.status != Some(200)).collect();
    assert!(failed.is_empty(), "the PBX saw no failure: {failed:?}");
    for name in ["desk.db-wal", "relay.db-wal"] {
        let size = std::fs::metadata(place.data().join(name)).map_or(0, |file| file.len());
        assert_eq!(size, 0, "{name}: the databases were closed, nothing waits");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_a_second_start_places_one_call_and_a_code_none() {
    let (place, sim) = (Place::new(), simulator().await);
    place.settings(|settings| settings.links_dial = true);
    let app = place.start(&sim);
    subscribed(&sim).await;
    // Options behind a link change nothing.
    let behind = ["tel:+79000000099", "--relay", "http://127.0.0.1:9"];
    for args in [&["tel:+79000000099"][..], &behind, &["--", "tel:8%20900%20000-00-99"]] {
        place.hand_over(&sim, args);
    }
    eventually("the call at the simulator", || sim.calls_placed().pop());
    place.quit(&sim, app);
    let placed = sim.calls_placed();
    assert_eq!(placed.len(), 1, "handed over three times, it is one call: {placed:?}");
    assert!(placed[0].number.ends_with("9000000099"), "called {}", placed[0].number);

    // The same at a first start, as soon as the relay runs.
    let app = crate::app::App(place.demonstration(&sim, &["callto:89000000088"]).spawn().unwrap());
    eventually("the second call", || (sim.calls_placed().len() == 2).then_some(()));
    place.quit(&sim, app);
    assert!(sim.calls_placed()[1].number.ends_with("9000000088"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_kill() {
    let (place, sim) = (Place::new(), simulator().await);
    let app = acknowledged_survives(&sim, &place.data(), 8, || place.start(&sim)).await;
    place.quit(&sim, app);
}
