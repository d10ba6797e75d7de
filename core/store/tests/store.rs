//! The file through starts, neighbours and damage.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected fails")]

use std::{error::Error, fs, path::PathBuf, thread};

use maple_store::{HISTORY_COUNT_MAX, Request, SCHEMA_VERSION, Store, StoreError, TEXT_BYTES_MAX};
use rusqlite::Connection;
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("maple.sqlite");
    (dir, path)
}

fn request(ruleset: &str) -> Request<'_> {
    Request { ruleset, at: "2026-11-23T08:00:00Z", by: "start", why: "the policies at start" }
}

#[test]
fn a_ruleset_keeps_its_generation_and_another_takes_the_next() {
    let (_dir, path) = place();
    let store = Store::open(&path).unwrap();
    assert_eq!(store.current().unwrap(), None);
    let first = store.activate(&request("sha256:a")).unwrap();
    assert_eq!((first.generation, first.by.as_str(), first.at.as_str()), (1, "start", "2026-11-23T08:00:00Z"));
    drop(store);

    let store = Store::open_url(&format!("sqlite://{}", path.display())).unwrap();
    assert_eq!(store.activate(&Request { at: "later", ..request("sha256:a") }).unwrap(), first);
    assert_eq!(store.activate(&request("sha256:b")).unwrap().generation, 2);
    assert_eq!(store.activate(&request("sha256:a")).unwrap().generation, 3, "going back is an activation, too");
    assert_eq!(store.current().unwrap().unwrap().generation, 3);
    let generations: Vec<u32> = store.history().unwrap().iter().map(|a| a.generation).collect();
    assert_eq!(generations, [3, 2, 1]);
}

#[test]
fn openers_at_the_same_time_agree() {
    let (_dir, path) = place();
    let open = |at: usize| {
        let path = path.clone();
        thread::spawn(move || {
            let store = Store::open(&path).unwrap();
            for round in 0..10 {
                store.activate(&request(&format!("sha256:{at}-{round}"))).unwrap();
            }
        })
    };
    let openers: Vec<_> = (0..4).map(open).collect();
    openers.into_iter().for_each(|opener| opener.join().unwrap());
    let history = Store::open(&path).unwrap().history().unwrap();
    let generations: Vec<u32> = history.iter().rev().map(|a| a.generation).collect();
    assert_eq!(generations, (1..=40).collect::<Vec<u32>>());
}

#[test]
fn an_activation_is_never_changed() {
    let (_dir, path) = place();
    Store::open(&path).unwrap().activate(&request("sha256:a")).unwrap();
    let raw = Connection::open(&path).unwrap();
    for change in ["UPDATE activation SET why = ''", "DELETE FROM activation"] {
        assert!(raw.execute(change, []).unwrap_err().to_string().contains("an activation is never"));
    }
}

#[track_caller]
fn refused(result: Result<Store, StoreError>, said: &[&str]) {
    let error = result.unwrap_err();
    let text = error.to_string();
    assert!(said.iter().all(|part| text.contains(part)), "{text}: {:?}", error.source().map(ToString::to_string));
}

#[test]
fn what_is_not_our_file_is_refused_with_the_way_out() {
    let (dir, path) = place();
    refused(Store::open(&dir.path().join("no/such/folder.sqlite")), &["no/such/folder.sqlite", "its folder exists"]);
    refused(Store::open(dir.path()), &["its folder exists"]);
    refused(Store::open_url("postgres://me:secret@host/db"), &["`postgres://…@host/db`", "sqlite://maple.sqlite"]);
    refused(Store::open_url("sqlite://"), &["names no database file"]);

    fs::write(&path, "this is a text, long enough to be taken for the first page of a database file").unwrap();
    refused(Store::open(&path), &["maple.sqlite", "not a database or is damaged"]);

    let foreign = dir.path().join("foreign.sqlite");
    Connection::open(&foreign).unwrap().execute("CREATE TABLE photos (id INTEGER)", []).unwrap();
    refused(Store::open(&foreign), &["a database of another program", "MAPLE_DATABASE"]);
}

#[test]
fn a_file_that_may_only_be_read_is_refused() {
    let (dir, path) = place();
    drop(Store::open(&path).unwrap());
    let mut only_read = fs::metadata(&path).unwrap().permissions();
    only_read.set_readonly(true);
    fs::set_permissions(&path, only_read).unwrap();
    // Whoever may do everything, such as root, writes all the same.
    if fs::OpenOptions::new().write(true).open(&path).is_err() {
        let store = Store::open(&path).and_then(|store| store.activate(&request("sha256:a")).map(|_| store));
        refused(store, &["may be written to"]);
    }
    drop(dir);
}

#[test]
fn a_damaged_file_is_told() {
    let (_dir, path) = place();
    drop(Store::open(&path).unwrap());
    let mut bytes = fs::read(&path).unwrap();
    bytes.iter_mut().skip(100).for_each(|byte| *byte ^= 0xA5);
    fs::write(&path, bytes).unwrap();
    refused(Store::open(&path), &["damaged", "put back a copy"]);
}

#[test]
fn a_file_of_a_later_version_is_refused() {
    let (_dir, path) = place();
    drop(Store::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
    refused(Store::open(&path), &["a later version (schema 2, this one knows 1)"]);
}

#[test]
fn limits_hold_at_their_edges() {
    let (_dir, path) = place();
    let store = Store::open(&path).unwrap();
    let why = "w".repeat(TEXT_BYTES_MAX);
    assert!(store.activate(&Request { why: &why, ..request("sha256:a") }).is_ok());
    let why = "w".repeat(TEXT_BYTES_MAX + 1);
    let error = store.activate(&Request { why: &why, ..request("sha256:b") }).unwrap_err();
    assert!(error.to_string().contains("at most 1024"));

    let mut raw = Connection::open(&path).unwrap();
    let tx = raw.transaction().unwrap();
    for generation in 2..=HISTORY_COUNT_MAX + 1 {
        tx.execute("INSERT INTO activation VALUES (?1, 'r', 'a', 'b', 'w')", [generation]).unwrap();
    }
    tx.commit().unwrap();
    let history = store.history().unwrap();
    assert_eq!((history.len() as u32, history.last().map(|a| a.generation)), (HISTORY_COUNT_MAX, Some(2)));
}
