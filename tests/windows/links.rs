//! Links of toasts (`perezvon://act/…`) as the system opens them. Anybody can open such a link, a hidden frame of a web page too.

use crate::app::{App, Place};
use crate::harness::pbx::{simulator, subscribed};
use crate::harness::{eventually, links};

#[tokio::test(flavor = "multi_thread")]
async fn a_toasts_link_acts_once_and_a_forged_or_expired_one_never() {
    let (place, sim) = (Place::new(), simulator().await);
    let made = links::make(&place.data());
    let placed = || -> Vec<String> {
        let placed = sim.calls_placed().into_iter();
        placed
            .map(|call| call.number[call.number.len() - 2..].to_owned())
            .collect()
    };
    let app = place.start(&sim);
    let killed = subscribed(&sim).await;
    for link in made.hopeless.iter().chain(&made.good) {
        place.hand_over(&sim, &["--", link]);
    }
    eventually("the call of the toast", || (!placed().is_empty()).then_some(()));

    // A killed app forgets which number it has just called, but not which links are used up.
    drop(app);
    let app = App(place.demonstration(&sim, &["--", &made.good[0]]).spawn().unwrap());
    eventually("the subscription of the app that was started anew", || {
        let newest = sim.subscriptions().pop();
        newest.filter(|newest| newest.url != killed)
    });
    place.hand_over(&sim, &["--", &made.last]);
    eventually("the call of the other toast", || {
        placed().contains(&"82".to_owned()).then_some(())
    });
    place.quit(&sim, app);
    assert_eq!(placed(), ["99", "82"], "a link works once, over a restart too");
    assert_eq!(
        place.logged("The window could not be shown"),
        0,
        "and none asks for a window"
    );
}
