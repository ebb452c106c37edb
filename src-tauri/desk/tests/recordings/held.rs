//! A recording that another program has open and lets nobody at, as players on Windows do.

use crate::library::{Library, ago};
use crate::server::Server;
use perezvon_desk::view::SoundPlace;
use std::fs::OpenOptions;
use std::os::windows::fs::OpenOptionsExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn what_another_program_holds_stays_in_the_list_until_it_can_be_deleted() {
    let server = Server::start().await;
    server.put("1", ago(5), 1_000, []);
    let mut library = Library::open(&server.url);
    library.run(&server.url, false);
    library.until_place("1", SoundPlace::Here).await;
    library.stop().await;
    let id = library.row("1").id;
    let file = library.all.file_of(id).unwrap().unwrap();
    let held = OpenOptions::new().read(true).share_mode(0).open(&file).unwrap();
    let erased = library.all.erase(&[id]).unwrap();
    assert_eq!((erased.recordings, erased.left), (0, 1), "it is told that it is left");
    assert_eq!(library.row("1").place, SoundPlace::Here);
    drop(held);
    let erased = library.all.erase(&[id]).unwrap();
    assert_eq!((erased.recordings, erased.left), (1, 0));
    assert!(!file.exists());
}
