//! Where the data lie, and who else has them open.

use crate::app::{Place, long};
use crate::harness::eventually;
use crate::harness::pbx::{from_client, simulator, subscribed};
use std::fs::{File, OpenOptions};
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::Path;

/// A call gets from the PBX into the journal there.
async fn works_in(place: &Place) {
    let sim = simulator().await;
    let app = place.start(&sim);
    subscribed(&sim).await;
    sim.play_through("incoming-missed", from_client()).await.unwrap();
    eventually("the missed call in the journal", || {
        (place.calls("9000000099", true) == 1).then_some(())
    });
    place.quit(&sim, app);
    for name in ["desk.db", "relay.db", "logs"] {
        assert!(
            long(&place.data()).join(name).exists(),
            "{name} lies in the data folder"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_has_letters_and_blanks() {
    works_in(&Place::within("Анна Тестова — данные")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_lies_deep() {
    let place = Place::within(&vec!["Папка с длинным именем, в которой лежат другие"; 8].join("\\"));
    let letters = place.data().as_os_str().encode_wide().count();
    assert!(letters > 300, "longer than most programs can: {letters}");
    works_in(&place).await;
}

/// As a program that looks for viruses or makes copies holds it: nobody else gets at the file.
fn held(file: &Path) -> File {
    OpenOptions::new().read(true).share_mode(0).open(file).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_program_holds_is_waited_for() {
    let (place, sim) = (Place::new(), simulator().await);
    let app = place.start(&sim);
    let mut known = vec![subscribed(&sim).await];
    place.quit(&sim, app);
    let mut new_address = || {
        eventually("the subscription of the app that was started anew", || {
            let urls = sim.subscriptions().into_iter().map(|subscription| subscription.url);
            let new = urls.filter(|url| !known.contains(url)).last()?;
            known.push(new);
            Some(())
        });
    };

    // Without the desk's file the relay goes on: no event is lost.
    let desk = held(&place.data().join("desk.db"));
    let app = place.start(&sim);
    new_address();
    assert!(place.logged("The desk's database could not be opened") == 1);
    sim.play_through("incoming-missed", from_client()).await.unwrap();
    place.quit(&sim, app);
    drop(desk);

    // The relay's file: it is tried again by itself.
    let relay = held(&place.data().join("relay.db"));
    let app = place.start(&sim);
    eventually("that the relay cannot start", || {
        (place.logged("The relay could not start") > 0).then_some(())
    });
    drop(relay);
    new_address();
    eventually("the call of meanwhile in the journal", || {
        (place.calls("9000000099", true) == 1).then_some(())
    });
    place.quit(&sim, app);
}
