//! Messages as they come in: bounded and readable before the server sees them, so that no message can end it.

use std::{
    io::{BufRead, Read},
    sync::atomic::{AtomicBool, Ordering},
};

use serde_json::json;
use tokio::sync::mpsc::Sender;
use tower_lsp_server::jsonrpc::{Request, Response};

/// Bytes of one message: a policy file of the largest size, and its escapes.
pub(super) const MESSAGE_BYTES_MAX: u64 = 32 << 20;
/// Bytes of one line of a head.
const LINE_BYTES_MAX: u64 = 4_096;
/// The method that stands in for a message that cannot be read.
pub(super) const UNREADABLE: &str = "maple/unreadable";

/// One message, or why there is none.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Message(Vec<u8>),
    Unreadable(String),
    End,
}

/// Reads messages until there are no more, and hands them on with their heads.
pub(super) fn read(mut input: impl BufRead, messages: &Sender<Vec<u8>>, exited: &AtomicBool) {
    loop {
        let body = match next(&mut input) {
            Came::End => return,
            Came::Message(body) => match checked(&body) {
                Ok(exit) => {
                    exited.fetch_or(exit, Ordering::AcqRel);
                    body
                }
                Err(why) => unreadable(&why),
            },
            Came::Unreadable(why) => unreadable(&why),
        };
        let mut message = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        message.extend(body);
        if messages.blocking_send(message).is_err() {
            return;
        }
    }
}

/// A request in place of a message that cannot be read: the server answers it with the reason.
fn unreadable(why: &str) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": null, "method": UNREADABLE, "params": { "why": why } }).to_string().into_bytes()
}

/// True when it is the last message.
fn checked(body: &[u8]) -> Result<bool, String> {
    let value: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| format!("the message is not JSON: {error}"))?;
    let named = value.get("method").is_some_and(serde_json::Value::is_string);
    if named {
        let request: Request =
            serde_json::from_value(value).map_err(|error| format!("the message is no request: {error}"))?;
        return Ok(request.method() == "exit");
    }
    let response: Result<Response, _> = serde_json::from_value(value);
    response.map(|_| false).map_err(|_| "the message is neither a request nor a response".to_owned())
}

/// The next message. What stands before its head is passed over.
fn next(input: &mut impl BufRead) -> Came {
    let (mut length, mut odd) = (None, None);
    loop {
        let mut line = Vec::new();
        match input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return Came::End,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        match line.split_once(':') {
            _ if line.is_empty() => match (length.take(), odd.take()) {
                (Some(length), None) => return body(input, length),
                (_, Some(why)) => return Came::Unreadable(why),
                (None, None) => {}
            },
            Some((name, value)) if name.trim().eq_ignore_ascii_case("content-length") => match value.trim().parse() {
                Ok(bytes) => length = Some(bytes),
                Err(_) => odd = Some("`Content-Length` is not a number of bytes".to_owned()),
            },
            Some((name, _)) if name.trim().eq_ignore_ascii_case("content-type") => {}
            _ => odd = Some("the message has no `Content-Length`".to_owned()),
        }
    }
}

fn body(input: &mut impl BufRead, length: u64) -> Came {
    let mut exact = input.by_ref().take(length);
    if length > MESSAGE_BYTES_MAX {
        return match std::io::copy(&mut exact, &mut std::io::sink()) {
            Ok(_) => Came::Unreadable(format!("the message has {length} bytes, at most {MESSAGE_BYTES_MAX}")),
            Err(_) => Came::End,
        };
    }
    let mut body = Vec::new();
    match exact.read_to_end(&mut body) {
        Ok(count) if count as u64 == length => Came::Message(body),
        _ => Came::End,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<Came> {
        let mut input = text;
        std::iter::from_fn(|| Some(next(&mut input)).filter(|came| *came != Came::End)).collect()
    }

    fn message(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn a_bad_head_is_told_and_the_next_message_is_read() {
        let good = Came::Message(b"{}".to_vec());
        for (before, told) in [
            ("", None),
            ("\r\n\r\n", None),
            ("Content-Length: many\r\n\r\n", Some("not a number")),
            ("Content-Length: -1\r\n\r\n", Some("not a number")),
            ("hello\r\n\r\n", Some("no `Content-Length`")),
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", Some("no `Content-Length`")),
            ("Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n", None),
        ] {
            let found = all(format!("{before}{}", message("{}")).as_bytes());
            let unreadable =
                |came: &&Came| matches!(came, Came::Unreadable(why) if told.is_some_and(|t| why.contains(t)));
            assert_eq!(found.iter().filter(unreadable).count(), usize::from(told.is_some()), "{before:?}: {found:?}");
            assert_eq!(found.last(), Some(&good), "{before:?}");
        }
    }

    #[test]
    fn a_message_has_an_edge() {
        for (more, told) in [(0, false), (1, true)] {
            let length = MESSAGE_BYTES_MAX + more;
            let head = format!("Content-Length: {length}\r\n\r\n");
            let mut input = std::io::BufReader::new(head.as_bytes().chain(std::io::repeat(b' ').take(length)));
            assert_eq!(matches!(next(&mut input), Came::Unreadable(_)), told);
        }
        assert_eq!(all(b"Content-Length: 5\r\n\r\n{}"), [], "the rest never comes");
        assert_eq!(all(b"Content-Length: 5"), []);
    }

    #[test]
    fn only_messages_pass() {
        for (body, passes) in [
            (r#"{"jsonrpc":"2.0","method":"x"}"#, Some(false)),
            (r#"{"jsonrpc":"2.0","method":"exit"}"#, Some(true)),
            (r#"{"jsonrpc":"2.0","id":1,"result":null}"#, Some(false)),
            ("{", None),
            ("[]", None),
            ("5", None),
            (r#"{"jsonrpc":"1.0","method":"x"}"#, None),
            (r#"{"jsonrpc":"2.0","method":5}"#, None),
            (r#"{"method":"x"}"#, None),
        ] {
            assert_eq!(checked(body.as_bytes()).ok(), passes, "{body}");
        }
    }
}
