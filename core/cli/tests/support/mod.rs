//! The binary and a small author's folder, for the tests of single commands.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test program uses a part of this, and fails when it meets the unexpected"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;

/// The project's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `maple` with these words, in the project's folder, without this machine's configuration.
pub fn maple(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maple"));
    for key in [
        "MAPLE_LISTEN",
        "MAPLE_DATABASE",
        "MAPLE_POLICIES",
        "MAPLE_PLUGINS",
        "MAPLE_SERVER",
        "MAPLE_TOKEN",
        "MAPLE_CA",
        "MAPLE_REGISTRY_USER",
        "MAPLE_REGISTRY_PASSWORD",
        "LC_ALL",
        "LC_MESSAGES",
        "LANG",
    ] {
        command.env_remove(key);
    }
    command.args(words).current_dir(root()).env("MAPLE_STATE", "target/maple").env("RUST_LOG", "warn");
    command.stdin(Stdio::null());
    command
}

pub fn run(words: &[&str]) -> Output {
    maple(words).output().unwrap()
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Runs, and holds the exit code; gives what was printed and what was said on the side.
#[track_caller]
pub fn check(words: &[&str], code: i32) -> (String, String) {
    let output = run(words);
    assert_eq!(output.status.code(), Some(code), "{words:?}\n{}{}", out(&output), err(&output));
    (out(&output), err(&output))
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The folder of one of the worked examples in `sdk/docs/examples`.
pub fn example(name: &str) -> PathBuf {
    root().join("sdk/docs/examples").join(name)
}

/// A copy of a worked example, to be changed.
pub fn copy_of(name: &str) -> tempfile::TempDir {
    let copied = tempfile::tempdir().unwrap();
    copy(&example(name), copied.path());
    copied
}

/// A file of a folder with one text for another.
#[track_caller]
pub fn replace(file: &Path, from: &str, to: &str) {
    let before = fs::read_to_string(file).unwrap();
    assert!(before.contains(from), "{} has no `{from}`", file.display());
    fs::write(file, before.replacen(from, to, 1)).unwrap();
}

/// Asks a server, with further lines in the head where there are some; what it says, if all of it comes.
pub fn asked(address: &str, more: &str, head: &str, body: &str) -> std::io::Result<(u16, Value)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let length = body.len();
    write!(
        stream,
        "{head} HTTP/1.1\r\nhost: {address}\r\n{more}content-type: application/json\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let broken = || std::io::Error::other("no whole answer");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
    Ok((status, serde_json::from_str(body).map_err(|_| broken())?))
}

/// A server that ends with its test.
pub struct Server {
    pub child: Child,
    pub address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Starts a server and waits until it serves.
pub fn started(mut command: Command) -> Server {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = loop {
        let line = lines.next().unwrap_or_else(|| panic!("the server ended before it served")).unwrap();
        if let Some(address) = line.strip_prefix("serving on http://") {
            break address.to_owned();
        }
    };
    // What it prints afterwards is read, so that it does not wait.
    thread::spawn(move || lines.for_each(drop));
    Server { child, address }
}
