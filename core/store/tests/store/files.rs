//! The file through damage and strangers.

use std::{error::Error, fs, path::PathBuf};

use maple_store::{SCHEMA_VERSION, Store, StoreError};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::request;

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("maple.sqlite");
    (dir, path)
}

#[track_caller]
pub(crate) fn refused(result: Result<Store, StoreError>, said: &[&str]) {
    let error = result.unwrap_err();
    let text = error.to_string();
    assert!(said.iter().all(|part| text.contains(part)), "{text}: {:?}", error.source().map(ToString::to_string));
}

#[test]
fn what_is_not_our_file_is_refused_with_the_way_out() {
    let (dir, path) = place();
    refused(Store::open(&dir.path().join("no/such/folder.sqlite")), &["no/such/folder.sqlite", "its folder exists"]);
    refused(Store::open(dir.path()), &["its folder exists"]);
    refused(Store::open_url("mysql://me:secret@host/db"), &["`mysql://…@host/db`", "sqlite://maple.sqlite"]);
    refused(Store::open_url("sqlite://"), &["names no database"]);

    fs::write(&path, "this is a text, long enough to be taken for the first page of a database file").unwrap();
    refused(Store::open(&path), &["maple.sqlite", "not a database or is damaged"]);

    let foreign = dir.path().join("foreign.sqlite");
    Connection::open(&foreign).unwrap().execute("CREATE TABLE photos (id INTEGER)", []).unwrap();
    let before = fs::read(&foreign).unwrap();
    refused(Store::open(&foreign), &["a database of another program", "MAPLE_DATABASE"]);
    assert_eq!(fs::read(&foreign).unwrap(), before, "it is left as it is");
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
    let later = format!("a later version (schema {}, this one knows {SCHEMA_VERSION})", SCHEMA_VERSION + 1);
    refused(Store::open(&path), &[&later]);
}

/// A file as the first version wrote it.
#[test]
fn a_file_of_the_first_version_is_brought_up_to_date() {
    let (_dir, path) = place();
    let old = Connection::open(&path).unwrap();
    old.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE activation (
             generation INTEGER PRIMARY KEY CHECK (generation > 0), ruleset TEXT NOT NULL, at TEXT NOT NULL,
             actor TEXT NOT NULL, why TEXT NOT NULL) STRICT;
         CREATE TRIGGER activation_unchanged BEFORE UPDATE ON activation
             BEGIN SELECT RAISE(ABORT, 'an activation is never changed'); END;
         CREATE TRIGGER activation_kept BEFORE DELETE ON activation
             BEGIN SELECT RAISE(ABORT, 'an activation is never deleted'); END;
         INSERT INTO activation VALUES (1, 'sha256:a', '2026-11-23T08:00:00Z', 'start', 'why');
         PRAGMA application_id = 1297108034; PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let store = Store::open(&path).unwrap();
    let kept = store.current().unwrap().unwrap();
    assert_eq!((kept.generation, kept.ruleset.as_str(), kept.bundle, kept.replaces), (1, "sha256:a", None, None));
    assert_eq!(store.activate(&request("sha256:b")).unwrap().generation, 2);
}
