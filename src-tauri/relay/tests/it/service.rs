//! The relay as a service of systemd: its notifications, and the source of its token.
#![cfg(target_os = "linux")]

use crate::common::binary;
use binary::{EXE, Serving, command};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

fn serve(data: &Path) -> std::process::Command {
    let mut command = command(EXE);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data);
    command
}

#[test]
fn it_says_when_it_serves_lives_and_ends() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let next = || {
        let mut buffer = [0; 512];
        let length = manager.recv(&mut buffer).expect("the relay says something in time");
        String::from_utf8_lossy(&buffer[..length]).trim().to_owned()
    };
    let mut start = serve(&dir.path().join("data"));
    let mut serving = Serving::start_as(start.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "200000"));
    assert_eq!(next(), "READY=1", "first that it serves");
    for _ in 0..3 {
        assert_eq!(next(), "WATCHDOG=1", "then, again and again, that it lives");
    }
    let sent = command("kill")
        .args(["-HUP", &serving.child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success(), "the signal is sent");
    // The first notification may have been sent already.
    for _ in 0..3 {
        assert_eq!(next(), "WATCHDOG=1", "a reload with nothing to reload does no harm");
    }
    serving.terminate();
    let mut last = BTreeSet::new();
    while !last.contains("STOPPING=1") {
        last.insert(next());
    }
    assert!(serving.child.wait().unwrap().success(), "it ends in order");
}

#[test]
fn an_account_that_cannot_start_does_not_stop_the_watchdog() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let second = data.join("accounts/second");
    std::fs::create_dir_all(&second).unwrap();
    std::fs::write(second.join("relay.db"), vec![0x5a; 64 * 1024]).unwrap();
    let config = dir.path().join("relay.toml");
    std::fs::write(&config, "[[accounts]]\nname = \"second\"\n").unwrap();
    let socket = dir.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut start = serve(&data);
    start.arg("--config").arg(&config);
    let mut serving = Serving::start_as(start.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "200000"));
    for word in ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"] {
        let mut buffer = [0; 512];
        let length = manager.recv(&mut buffer).expect("main lives, and that is said");
        assert_eq!(String::from_utf8_lossy(&buffer[..length]).trim(), word);
    }
    serving.terminate();
    assert!(serving.child.wait().unwrap().success(), "it ends in order");
}

#[test]
fn the_token_comes_from_a_credential() {
    let dir = tempfile::tempdir().unwrap();
    let said = |credential: Option<&str>| {
        if let Some(text) = credential {
            std::fs::write(dir.path().join("token"), text).unwrap();
        }
        let mut start = serve(&dir.path().join("data"));
        let mut serving = Serving::start_as(start.env("CREDENTIALS_DIRECTORY", dir.path()));
        let mut said = String::new();
        // The last line of a start; if the relay were stopped earlier, not all lines would have been written.
        while !said.contains("no public address") {
            let line = serving.said.recv_timeout(Duration::from_secs(20));
            writeln!(said, "{}", line.expect("it says what it lacks")).unwrap();
        }
        serving.terminate();
        serving.child.wait().unwrap();
        for line in &serving.said {
            writeln!(said, "{line}").unwrap();
        }
        said
    };
    let missing = "no account token";
    assert!(said(None).contains(missing), "no file");
    assert!(
        said(Some("\n")).contains(missing),
        "a blank one, which the unit has where there is none"
    );
    let token = "01234567-89ab-4cde-8f01-23456789abcd";
    let with = said(Some(&format!("{token}\n")));
    assert!(
        !with.contains(missing) && !with.contains(token),
        "a token is taken and not told: {with}"
    );
}

#[test]
fn the_manual_page_names_every_command() {
    use clap::CommandFactory as _;
    let page = include_str!("../../package/perezvon-relay.8").replace("\\-", "-");
    let program = perezvon_relay::cli::Cli::command();
    for one in program.get_subcommands() {
        let deeper: Vec<_> = one
            .get_subcommands()
            .map(|two| format!("{} {}", one.get_name(), two.get_name()))
            .collect();
        let names = if deeper.is_empty() {
            vec![one.get_name().to_owned()]
        } else {
            deeper
        };
        for name in names {
            assert!(page.contains(&name), "perezvon-relay.8 lacks {name}");
        }
    }
}
