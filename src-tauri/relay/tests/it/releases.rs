//! What desks are updated from: the administrator's commands, and what a desk is offered.

use crate::common::{binary, support};
use binary::{relay, text};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::path::{Path, PathBuf};
use support::{IVANOV, Served, start};
use tempfile::TempDir;

/// As `tauri signer sign --app-version` writes it; no key made it, the relay has none to check it with.
fn signature(comment: &str) -> String {
    use base64::Engine as _;
    let text = format!("untrusted comment: signature\nAAAA\ntrusted comment: {comment}\nBBBB\n");
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A file with its signature beside it.
fn signed(dir: &TempDir, version: &str, bytes: &[u8]) -> PathBuf {
    let file = dir.path().join(format!("perezvon_{version}.AppImage"));
    std::fs::write(&file, bytes).unwrap();
    let comment = format!("timestamp:1790000000\tfile:perezvon\tversion:{version}");
    std::fs::write(
        dir.path().join(format!("perezvon_{version}.AppImage.sig")),
        signature(&comment),
    )
    .unwrap();
    file
}

/// `release` with these words; what it says, or why not.
fn release(data: &Path, words: &[&str]) -> Result<String, String> {
    let data = data.to_str().unwrap();
    let out = relay(&[&["release"], words, &["--data-dir", data]].concat());
    if out.status.success() {
        Ok(text(&out.stdout))
    } else {
        Err(text(&out.stderr))
    }
}

fn add(data: &Path, file: &Path, version: &str) -> Result<String, String> {
    let file = file.to_str().unwrap();
    release(data, &["add", file, "--version", version, "--target", "linux-x86_64"])
}

async fn offered(served: &Served, key: &str, target: &str, version: &str) -> Option<Value> {
    let path = format!("/v1/releases?target={target}&version={version}");
    let answer = served.send(Method::GET, &path, Some(key), None).await;
    match answer.status() {
        StatusCode::NO_CONTENT => None,
        status => {
            assert_eq!(status, StatusCode::OK, "{path}");
            Some(answer.json().await.unwrap())
        }
    }
}

#[tokio::test]
async fn a_desk_is_offered_the_newest_and_gets_its_bytes() {
    let (served, files) = (start().await, TempDir::new().unwrap());
    let key = served.add_user(IVANOV).await;
    assert_eq!(
        offered(&served, &key, "linux-x86_64", "0.1.0").await,
        None,
        "there is none"
    );

    let notes = files.path().join("notes.txt");
    std::fs::write(&notes, "Очередь быстрее").unwrap();
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    for version in ["0.9.0", "0.10.0"] {
        let file = signed(&files, version, &bytes);
        let words = [
            "add",
            file.to_str().unwrap(),
            "--version",
            version,
            "--target",
            "linux-x86_64",
            "--notes",
        ];
        let said = release(served.dir.path(), &[&words[..], &[notes.to_str().unwrap()]].concat()).unwrap();
        assert!(said.contains(version) && said.contains("200000 bytes"), "{said}");
    }
    let offer = offered(&served, &key, "linux-x86_64", "0.1.0").await.unwrap();
    assert_eq!(offer["version"], "0.10.0", "the newest by its number");
    assert_eq!(offer["notes"], "Очередь быстрее");
    assert_eq!(offer["url"], served.url("/v1/releases/linux-x86_64/0.10.0/file"));
    let written = std::fs::read_to_string(files.path().join("perezvon_0.10.0.AppImage.sig")).unwrap();
    assert_eq!(offer["signature"], written, "as it was signed");
    assert_eq!(
        offered(&served, &key, "linux-x86_64", "0.10.0").await,
        None,
        "the same is not newer"
    );
    assert_eq!(
        offered(&served, &key, "linux-x86_64", "1.0.0").await,
        None,
        "nor is an older one"
    );
    assert_eq!(
        offered(&served, &key, "windows-x86_64", "0.1.0").await,
        None,
        "for other computers"
    );

    let answer = served
        .client
        .get(offer["url"].as_str().unwrap())
        .bearer_auth(&key)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-length"], "200000");
    assert_eq!(answer.bytes().await.unwrap(), bytes, "byte by byte");

    let listed = release(served.dir.path(), &["list"]).unwrap();
    let rows: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&rows[0]["version"], &rows[1]["version"]),
        (&"0.9.0".into(), &"0.10.0".into())
    );
    assert_eq!(rows[0]["sha256"].as_str().unwrap().len(), 64);
    let gone = ["remove", "--version", "0.10.0", "--target", "linux-x86_64"];
    release(served.dir.path(), &gone).unwrap();
    assert!(
        release(served.dir.path(), &gone)
            .unwrap_err()
            .contains("there is no 0.10.0")
    );
    let offer = offered(&served, &key, "linux-x86_64", "0.1.0").await.unwrap();
    assert_eq!(offer["version"], "0.9.0", "what was withdrawn is not offered");
    let path = "/v1/releases/linux-x86_64/0.10.0/file";
    let status = served.send(Method::GET, path, Some(&key), None).await.status();
    assert_eq!(status, StatusCode::NOT_FOUND);
    served.relay.shutdown().await;
}

#[tokio::test]
async fn what_desks_would_refuse_is_not_added_and_half_a_file_is_not_offered() {
    let (served, files) = (start().await, TempDir::new().unwrap());
    let data = served.dir.path();
    let file = signed(&files, "0.2.0", b"the app");
    let why = add(data, &file, "0.3.0").unwrap_err();
    assert!(
        why.contains("for the version 0.2.0"),
        "an old file under a new version: {why}"
    );
    for bad in ["0.2", "v0.2.0", "../0.2.0", "0.2.0-rc1"] {
        assert!(add(data, &file, bad).is_err(), "{bad} is no version");
    }
    let sig = files.path().join("perezvon_0.2.0.AppImage.sig");
    let good = std::fs::read_to_string(&sig).unwrap();
    for (bad, told) in [
        (signature("timestamp:1"), "--app-version"),
        ("not base64".to_owned(), "no signature"),
        (String::new(), "no signature"),
    ] {
        std::fs::write(&sig, bad).unwrap();
        let why = add(data, &file, "0.2.0").unwrap_err();
        assert!(why.contains(told), "{why}");
    }
    std::fs::write(&sig, good).unwrap();
    let empty = files.path().join("perezvon_0.2.0.AppImage");
    std::fs::write(&empty, b"").unwrap();
    assert!(add(data, &empty, "0.2.0").unwrap_err().contains("empty"));
    std::fs::write(&file, b"the app").unwrap();
    let left = std::fs::read_dir(data.join("releases/linux-x86_64")).unwrap().count();
    assert_eq!(left, 0, "nothing is left of what was not added");

    add(data, &file, "0.2.0").unwrap();
    assert!(add(data, &file, "0.2.0").unwrap_err().contains("there already"));
    let stored = data.join("releases/linux-x86_64/0.2.0/file");
    std::fs::write(stored, b"the").unwrap();
    let admin = served.admin();
    assert_eq!(
        offered(&served, &admin, "linux-x86_64", "0.1.0").await,
        None,
        "it has lost a part"
    );
    assert_eq!(release(data, &["list"]).unwrap(), "");
    for query in [
        "target=linux-x86_64",
        "target=amiga&version=0.1.0",
        "target=linux-x86_64&version=1&x=1",
    ] {
        let path = format!("/v1/releases?{query}");
        let status = served.send(Method::GET, &path, Some(&admin), None).await.status();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
    }
    served.relay.shutdown().await;
}
