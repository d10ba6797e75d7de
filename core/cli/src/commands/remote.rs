//! Talking to a server.

use std::{
    io::{Read, Write},
    path::Path,
    time::Duration,
};

use serde_json::Value;

use crate::{Failure, args::Which};

/// How long a server may take to answer.
const ANSWER_WAIT: Duration = Duration::from_secs(60);
/// Bytes of one answer.
const ANSWER_BYTES_MAX: u64 = 256 << 20;

/// A server.
pub(super) struct Server<'a> {
    address: &'a str,
    agent: ureq::Agent,
}

impl<'a> Server<'a> {
    pub(super) fn new(address: &'a str) -> Result<Self, Failure> {
        if !address.starts_with("http://") {
            let shown: String = address.chars().take(200).collect();
            return Err(Failure::Input(format!(
                "`{shown}` is no address of a server; write it like http://127.0.0.1:8080"
            )));
        }
        let agent = ureq::Agent::config_builder().timeout_global(Some(ANSWER_WAIT)).http_status_as_error(false).build();
        Ok(Self { address: address.trim_end_matches('/'), agent: agent.into() })
    }

    /// What is at a path.
    pub(super) fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        self.answered(self.agent.get(self.url(path)).call())
    }

    /// What a path answers to an empty request.
    pub(super) fn post(&self, path: &str) -> Result<Vec<u8>, Failure> {
        self.answered(self.agent.post(self.url(path)).send_empty())
    }

    /// The same, as JSON.
    pub(super) fn get_json(&self, path: &str) -> Result<Value, Failure> {
        self.json(&self.get(path)?)
    }

    pub(super) fn json(&self, bytes: &[u8]) -> Result<Value, Failure> {
        serde_json::from_slice(bytes).map_err(|_| self.foreign())
    }

    fn foreign(&self) -> Failure {
        Failure::Unreachable(format!("what answers at {} is no Maple Bridge server", self.address))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    fn answered(&self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Vec<u8>, Failure> {
        let lost = |error: &dyn std::fmt::Display| {
            let address = self.address;
            Failure::Unreachable(format!(
                "cannot reach the server at {address}: {error}; is `maple serve` running? `--server` names another"
            ))
        };
        let mut answer = answer.map_err(|error| lost(&error))?;
        let status = answer.status();
        let mut bytes = Vec::new();
        let mut body = answer.body_mut().as_reader().take(ANSWER_BYTES_MAX);
        body.read_to_end(&mut bytes).map_err(|error| lost(&error))?;
        if status.is_success() {
            return Ok(bytes);
        }
        let problem = self.json(&bytes)?;
        let mut said = problem["detail"].as_str().ok_or_else(|| self.foreign())?.to_owned();
        for error in problem["errors"].as_array().into_iter().flatten() {
            let (at, detail) = (error["pointer"].as_str().unwrap_or(""), error["detail"].as_str().unwrap_or(""));
            said.push_str(&format!("\n  {at}: {detail}"));
        }
        Err(if status.is_client_error() { Failure::Input(said) } else { Failure::Unreachable(said) })
    }
}

/// A word of a path.
pub(super) fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The parameters of a listing.
pub(super) fn query(which: &Which, count: u32, after: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("count", &count.to_string());
    let given = [
        ("from", &which.from),
        ("to", &which.to),
        ("locality", &which.locality),
        ("kind", &which.kind),
        ("outcome", &which.outcome),
        ("policy", &which.policy),
        ("ruleset", &which.ruleset),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    if let Some(after) = after {
        query.append_pair("after", after);
    }
    query.finish()
}

/// Where a command writes: a file that appears when it is whole, or standard output.
pub(super) fn write_out(
    file: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Some(file) = file else { return write(&mut anstream::stdout().lock()) };
    let unwritten =
        |error: &dyn std::fmt::Display| Failure::Unreachable(format!("cannot write `{}`: {error}", file.display()));
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut kept = tempfile::NamedTempFile::new_in(folder).map_err(|error| unwritten(&error))?;
    write(&mut kept)?;
    kept.persist(file).map_err(|error| unwritten(&error.error))?;
    Ok(())
}

/// A pipe that is closed, or a disk that is full.
pub(super) fn unwritten(error: &dyn std::fmt::Display) -> Failure {
    Failure::Unreachable(format!("cannot write: {error}"))
}
