//! The app lives in the tray: no web process is alive while no window is open (design, parts 3 and 9).

use crate::harness::app::{data_dir, from_client, simulator, start, subscribed};
use crate::harness::display::Desktop;
use crate::harness::eventually;
use crate::harness::notifications::Notifications;
use crate::harness::processes::{pss_kib, web_processes};
use crate::harness::tray::Tray;
use crate::harness::window::Window;
use perezvon_desk::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_window_loses_no_edit() {
    let desktop = Desktop::start();
    let _manager = desktop.window_manager();
    let _toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let window = Window::open(&desktop, &sim).await;
    window.click("nav-contacts").await;
    window.click("contact-create").await;
    window.fill("form-name", "Северный ветер").await;
    desktop.close_window("контакт");
    window.click("unsaved-save").await;
    eventually("the end of the window", || {
        let titles = desktop.window_titles();
        titles.iter().all(|title| !title.contains("Перезвон")).then_some(())
    });
    let saved = Desk::open(&data_dir(&desktop))
        .unwrap()
        .contacts("", None, 10)
        .unwrap()
        .rows;
    let names: Vec<_> = saved.iter().map(|contact| contact.name.as_str()).collect();
    assert_eq!(names, ["Северный ветер"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_web_process_lives_while_no_window_is_open() {
    let desktop = Desktop::start();
    let _manager = desktop.window_manager();
    let toasts = Notifications::start(&desktop.bus).await;
    let _tray = Tray::start(&desktop.bus).await;
    let sim = simulator().await;
    let mut app = start(&desktop, &sim, &["--minimized"]);
    let id = app.0.id();
    subscribed(&sim).await;
    // A call that is shown, so that everything that lives in the tray has lived.
    for round in 1..=3 {
        let before = toasts.all().len();
        sim.play("incoming-answered", from_client()).unwrap();
        let document = toasts
            .toast(before, "the document", |t| t.summary.contains("Телефонный звонок"))
            .await;
        assert_eq!(web_processes(id), [""; 0], "round {round}: nobody asked for a window");
        println!("round {round}: {} KiB PSS without a window", pss_kib(id));

        toasts.click(document.id, "default").await;
        // The page sets the title: it is loaded.
        eventually("the document's window", || {
            let titles = desktop.window_titles();
            titles
                .iter()
                .any(|title| title.contains("Телефонный звонок"))
                .then_some(())
        });
        let open = web_processes(id);
        assert!(
            open.iter().any(|name| name.starts_with("WebKitWebProc")),
            "the window has a web process: {open:?}"
        );
        println!("round {round}: {} KiB PSS with the window, {open:?}", pss_kib(id));

        desktop.close_window("Телефонный звонок");
        eventually("the end of the web processes", || {
            web_processes(id).is_empty().then_some(())
        });
        assert!(app.0.try_wait().unwrap().is_none(), "the app lives on");
    }
    println!("at the end: {} KiB PSS without a window", pss_kib(id));
}
