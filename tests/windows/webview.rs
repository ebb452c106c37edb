//! A computer without WebView2, which draws the windows: the app does all that needs none, and says what is missing where a
//! person wants one.
#![allow(unsafe_code)]

use crate::app::Place;
use crate::harness::eventually;
use crate::harness::pbx::{from_client, simulator, subscribed};
use perezvon_app::ipc::Tongue;
use windows::Win32::Foundation::{HWND, LPARAM, WPARAM};
use windows::Win32::UI::WindowsAndMessaging::{FindWindowW, IDNO, PostMessageW, WM_COMMAND};
use windows::core::{HSTRING, w};

/// The message with this title.
fn message(title: &str) -> Option<HWND> {
    let title = HSTRING::from(title);
    // SAFETY: both texts outlive the call. The class is that of the system's own messages.
    unsafe { FindWindowW(w!("#32770"), &title) }.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_webview2_a_person_is_told_and_the_rest_works() {
    let (place, sim) = (Place::new(), simulator().await);
    place.settings(|settings| settings.language = Tongue::En);
    let app = place.start(&sim);
    subscribed(&sim).await;
    if tauri::webview_version().is_ok() {
        place.hand_over(&sim, &[]);
        place.quit(&sim, app);
        assert_eq!(
            place.logged("The window could not be shown"),
            0,
            "it is there: {}",
            place.log()
        );
        return;
    }
    assert!(message("Perezvon").is_none(), "nobody has asked for a window");
    // Twice: the second wish does not raise a second message.
    for _ in 0..2 {
        place.hand_over(&sim, &[]);
    }
    let told = eventually("what is missing", || message("Perezvon"));
    sim.play_through("incoming-missed", from_client()).await.unwrap();
    eventually("the missed call in the journal", || {
        (place.calls("9000000099", true) == 1).then_some(())
    });
    // SAFETY: a message of the system, which takes this for a click on «No».
    unsafe { PostMessageW(Some(told), WM_COMMAND, WPARAM(IDNO.0 as usize), LPARAM(0)) }.unwrap();
    eventually("the end of the message", || message("Perezvon").is_none().then_some(()));
    place.hand_over(&sim, &["tel:+79000000099"]);
    eventually("it again: the person wanted to see a window", || message("Perezvon"));
    place.quit(&sim, app);
    assert!(sim.calls_placed().is_empty(), "nobody has agreed to a call");
}
