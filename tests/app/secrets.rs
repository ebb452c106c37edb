//! Secrets on Linux, with a real gnome-keyring-daemon on a bus of the test. The keyring crate looks for its service once
//! per process and at the bus of the environment, so each case runs in a process of its own.

use crate::harness::bus::Bus;
use crate::harness::keyring::Keyring;
use perezvon_app::secrets::{KEYRING_TIMEOUT, Kept, SecretError, SecretKind, Secrets, parse};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const KEY: &str = "fictional-secret-1";

/// Runs one of the ignored tests below in a process of its own.
fn case(name: &str, bus: &str, data: &Path, more: &[(&str, &str)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let path = format!("{}::{name}", module_path!().trim_start_matches("app::"));
    command.args(["--ignored", "--exact", &path, "--nocapture"]);
    command
        .env("DBUS_SESSION_BUS_ADDRESS", bus)
        .env("PEREZVON_TEST_DATA", data);
    command
        .env_remove("PEREZVON_PBX_TOKEN")
        .env_remove("PEREZVON_PBX_TOKEN_FILE");
    command.envs(more.iter().copied());
    let output = command.output().unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{name} failed:\n{text}"
    );
}

fn data() -> PathBuf {
    PathBuf::from(std::env::var_os("PEREZVON_TEST_DATA").expect("run by the test of the same case"))
}

/// Waits until the keyring answers without an error.
async fn ready(secrets: &Secrets) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while let Err(error) = secrets.check_keyring().await {
        assert!(Instant::now() < deadline, "the keyring did not come up: {error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn a_secret_goes_into_the_keyring_and_back() {
    let bus = Bus::start();
    let _keyring = Keyring::start(&bus.address, bus.dir(), true);
    case("in_the_keyring", &bus.address, bus.dir(), &[]);
}

#[tokio::test]
#[ignore = "a case of a_secret_goes_into_the_keyring_and_back"]
async fn in_the_keyring() {
    let (one, other) = (data().join("one"), data().join("other"));
    std::fs::create_dir_all(&one).unwrap();
    let secrets = Secrets::new(&one);
    ready(&secrets).await;
    assert_eq!(secrets.load(SecretKind::Token).await, Ok(None), "nothing stored yet");
    assert_eq!(
        secrets.store(SecretKind::Token, parse(KEY).unwrap(), true).await,
        Ok(Kept::Keyring),
        "rather than the file"
    );
    assert_eq!(
        secrets.load(SecretKind::Token).await,
        Ok(Some((parse(KEY).unwrap(), Kept::Keyring)))
    );
    assert_eq!(secrets.load(SecretKind::DeskKey).await, Ok(None), "another secret");
    assert_eq!(
        Secrets::new(&other).load(SecretKind::Token).await,
        Ok(None),
        "another profile"
    );
    assert_eq!(secrets.remove(SecretKind::Token).await, Ok(()));
    assert_eq!(secrets.load(SecretKind::Token).await, Ok(None));
    assert_eq!(secrets.remove(SecretKind::Token).await, Ok(()), "twice is no error");
    assert!(!one.join("secrets.json").exists());
}

#[test]
fn without_a_keyring_a_file_will_do_by_consent() {
    let bus = Bus::start();
    case("in_the_file", &bus.address, bus.dir(), &[]);
}

#[tokio::test]
#[ignore = "a case of without_a_keyring_a_file_will_do_by_consent"]
async fn in_the_file() {
    let secrets = Secrets::new(&data());
    let path = data().join("secrets.json");
    let no_store = |result: Result<Kept, SecretError>| matches!(result, Err(SecretError::NoStore(_)));
    assert!(
        no_store(secrets.store(SecretKind::Token, parse(KEY).unwrap(), false).await),
        "no keyring, no consent"
    );
    assert!(!path.exists(), "nothing is written without consent");
    assert!(matches!(
        secrets.load(SecretKind::Token).await,
        Err(SecretError::NoStore(_))
    ));
    assert_eq!(
        secrets.store(SecretKind::Token, parse(KEY).unwrap(), true).await,
        Ok(Kept::File)
    );
    assert_eq!(
        secrets.store(SecretKind::DeskKey, parse("other").unwrap(), true).await,
        Ok(Kept::File)
    );
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600,
        "for its owner only"
    );
    assert_eq!(
        secrets.load(SecretKind::Token).await,
        Ok(Some((parse(KEY).unwrap(), Kept::File)))
    );

    // A keyring that starts later is found, and takes over.
    let home = data().join("home");
    let address = std::env::var("DBUS_SESSION_BUS_ADDRESS").unwrap();
    let keyring = Keyring::start(&address, &home, true);
    ready(&secrets).await;
    assert_eq!(
        secrets.store(SecretKind::Token, parse("newer").unwrap(), true).await,
        Ok(Kept::Keyring)
    );
    assert_eq!(
        secrets.load(SecretKind::Token).await,
        Ok(Some((parse("newer").unwrap(), Kept::Keyring)))
    );
    assert!(
        !std::fs::read_to_string(&path).unwrap().contains(KEY),
        "the old one is gone from the file"
    );
    drop(keyring);

    assert_eq!(
        secrets.load(SecretKind::DeskKey).await,
        Ok(Some((parse("other").unwrap(), Kept::File)))
    );
    std::fs::write(&path, "{\"desk-key\": \"other").unwrap();
    let damaged = secrets.load(SecretKind::DeskKey).await.unwrap_err();
    assert_eq!(damaged.code().as_str(), "secrets_file");
    assert!(
        !damaged.to_string().contains("other"),
        "an error quotes no secret: {damaged}"
    );
}

/// The desktop's password window, which nobody answers.
struct Prompter;

#[zbus::interface(name = "org.gnome.keyring.internal.Prompter")]
impl Prompter {
    fn begin_prompting(&self, _callback: zbus::zvariant::OwnedObjectPath) {}

    fn stop_prompting(&self, _callback: zbus::zvariant::OwnedObjectPath) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keyring_ends_at_the_time_limit() {
    let bus = Bus::start();
    let home = bus.dir().join("home");
    let keyring = Keyring::start(&bus.address, &home, true);
    case("made", &bus.address, bus.dir(), &[]);
    drop(keyring);
    let other = Bus::start();
    let prompter = zbus::connection::Builder::address(other.address.as_str()).unwrap();
    let prompter = prompter.name("org.gnome.keyring.SystemPrompter").unwrap();
    let _prompter = prompter
        .serve_at("/org/gnome/keyring/Prompter", Prompter)
        .unwrap()
        .build()
        .await
        .unwrap();
    let _keyring = Keyring::start(&other.address, &home, false);
    case("locked", &other.address, bus.dir(), &[]);
}

#[tokio::test]
#[ignore = "a case of a_locked_keyring_ends_at_the_time_limit"]
async fn made() {
    let secrets = Secrets::new(&data());
    ready(&secrets).await;
    assert_eq!(
        secrets.store(SecretKind::Token, parse(KEY).unwrap(), false).await,
        Ok(Kept::Keyring)
    );
}

#[tokio::test]
#[ignore = "a case of a_locked_keyring_ends_at_the_time_limit"]
async fn locked() {
    let secrets = Secrets::new(&data());
    // The daemon may still be starting: until then there is no keyring.
    let started = Instant::now();
    let deadline = started + Duration::from_secs(10);
    let error = loop {
        match secrets.load(SecretKind::Token).await {
            Err(SecretError::NoStore(_)) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            result => break result.unwrap_err(),
        }
    };
    assert_eq!(error, SecretError::Locked);
    assert!(
        started.elapsed() >= KEYRING_TIMEOUT,
        "the call is to wait for the password window: {:?}",
        started.elapsed()
    );
    let both = tokio::join!(secrets.load(SecretKind::Token), secrets.check_keyring());
    assert_eq!(
        both,
        (Err(SecretError::Locked), Err(SecretError::Locked)),
        "while one thread still waits"
    );
    assert!(
        started.elapsed() < 4 * KEYRING_TIMEOUT,
        "both share one limit: {:?}",
        started.elapsed()
    );
    assert_eq!(
        secrets.store(SecretKind::Token, parse("second").unwrap(), true).await,
        Ok(Kept::File),
        "the way on"
    );
    assert_eq!(
        secrets.load(SecretKind::Token).await,
        Ok(Some((parse("second").unwrap(), Kept::File)))
    );
}

#[test]
fn a_keyring_that_opens_late_is_told() {
    let bus = Bus::start();
    let keyring = Keyring::start(&bus.address, bus.dir(), true);
    case("made", &bus.address, bus.dir(), &[]);
    let pid = keyring.0.id().to_string();
    case("late", &bus.address, bus.dir(), &[("PEREZVON_TEST_KEYRING", &pid)]);
}

#[tokio::test]
#[ignore = "a case of a_keyring_that_opens_late_is_told"]
async fn late() {
    let signal = |name: &str| {
        let pid = std::env::var("PEREZVON_TEST_KEYRING").expect("run by the test of the same case");
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    };
    let secrets = Secrets::new(&data());
    // A daemon that says nothing, as while it waits for the password.
    signal("-STOP");
    let given_up = secrets.load(SecretKind::Token).await;
    let early = tokio::time::timeout(Duration::from_millis(100), secrets.opened()).await;
    signal("-CONT");
    assert_eq!(given_up, Err(SecretError::Locked));
    assert!(early.is_err(), "it was not open yet");
    tokio::time::timeout(Duration::from_secs(10), secrets.opened())
        .await
        .expect("the call that was given up has succeeded");
    assert_eq!(
        secrets.load(SecretKind::Token).await,
        Ok(Some((parse(KEY).unwrap(), Kept::Keyring)))
    );
}

#[test]
fn the_environment_wins() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    let nowhere = format!("unix:path={}/nothing", dir.path().display());
    let name = file.display().to_string();
    case(
        "from_environment",
        &nowhere,
        dir.path(),
        &[("PEREZVON_PBX_TOKEN_FILE", &name), ("PEREZVON_PBX_TOKEN", "no")],
    );
    case("from_environment", &nowhere, dir.path(), &[("PEREZVON_PBX_TOKEN", KEY)]);
}

#[tokio::test]
#[ignore = "a case of the_environment_wins"]
async fn from_environment() {
    let secrets = Secrets::new(&data());
    secrets
        .store(SecretKind::Token, parse("in-the-file").unwrap(), true)
        .await
        .unwrap();
    assert_eq!(
        secrets.load(SecretKind::Token).await,
        Ok(Some((parse(KEY).unwrap(), Kept::Environment)))
    );
    assert!(
        matches!(secrets.load(SecretKind::DeskKey).await, Err(SecretError::NoStore(_))),
        "only the token; no bus"
    );
}

#[test]
fn a_secret_is_one_line_and_does_not_print() {
    assert_eq!(parse(" key \n").unwrap().expose(), "key");
    for bad in ["", " \n ", "two\nlines", &"x".repeat(4097)] {
        assert!(parse(bad).is_none(), "{} letters", bad.len());
    }
    assert_eq!(format!("{:?}", parse(KEY)), "Some(<redacted>)");
}
