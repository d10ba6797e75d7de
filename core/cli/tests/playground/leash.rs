//! Programs that end with the test program, however it ends, and leave nothing behind.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::channel,
    time::{Duration, Instant},
};

use crate::browser::PATIENCE;

/// Runs the program in a group of its own until the standard input is closed, as it is when the test program is gone;
/// then nothing of the group runs on, and its folder goes.
const LEASH: &str = r#"trap '' INT HUP TERM
folder=$1
shift
setsid "$@" < /dev/null &
exec > /dev/null
cat
kill -s KILL -- "-$!"
wait
rm -rf -- "$folder"
"#;

/// A program on a leash.
pub struct Leashed {
    shell: Child,
    hand: Option<ChildStdin>,
}

impl Drop for Leashed {
    fn drop(&mut self) {
        drop(self.hand.take());
        let _ = self.shell.wait();
    }
}

/// A folder for one program.
pub fn folder() -> PathBuf {
    tempfile::Builder::new().prefix("maple-playground").tempdir().unwrap().keep()
}

impl Leashed {
    /// Starts a program that owns a folder, and waits until it says `mark`; gives what follows on that line.
    pub fn start(command: &Command, folder: &Path, mark: &str) -> (Self, String) {
        let mut shell = Command::new("sh");
        shell.args(["-c", LEASH, "leash"]).arg(folder).arg(command.get_program()).args(command.get_args());
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(key, value),
                None => shell.env_remove(key),
            };
        }
        if let Some(dir) = command.get_current_dir() {
            shell.current_dir(dir);
        }
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (hand, lines) = (shell.stdin.take(), BufReader::new(shell.stdout.take().unwrap()).lines());
        let leashed = Self { shell, hand };
        let (sender, heard) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let (began, mut said) = (Instant::now(), String::new());
        loop {
            let left = PATIENCE.saturating_sub(began.elapsed());
            let line = heard.recv_timeout(left);
            let line = line.unwrap_or_else(|_| panic!("{command:?} does not say `{mark}`, only:\n{said}"));
            if let Some((_, rest)) = line.split_once(mark) {
                return (leashed, rest.trim().trim_end_matches('.').to_owned());
            }
            said += &line;
            said.push('\n');
        }
    }
}

/// One question over HTTP. Not every server closes the connection after its answer, so its length counts.
pub fn http(address: &str, request: &str, body: &str) -> (u16, String) {
    send(address, request, "application/json", body)
}

/// The same with a body of another type.
pub fn send(address: &str, request: &str, content_type: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
    let length = body.len();
    let head = format!("{request} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: {content_type}");
    write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    let mut reply = BufReader::new(stream);
    let mut line = String::new();
    reply.read_line(&mut line).unwrap();
    let status = line.get(9..12).unwrap_or_default().parse().unwrap_or_else(|_| panic!("{request}: `{line}`"));
    let mut length = 0;
    while !line.trim().is_empty() {
        line.clear();
        reply.read_line(&mut line).unwrap();
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reply.read_exact(&mut body).unwrap();
    (status, String::from_utf8(body).unwrap())
}
