//! Talking to a server.

use std::{
    io::{Read, Write},
    path::Path,
    time::Duration,
};

use serde::{Deserialize, de::DeserializeOwned};

use crate::{Failure, args::Which};

/// How long a server may take to answer.
const ANSWER_WAIT: Duration = Duration::from_secs(60);
/// Bytes of one answer.
const ANSWER_BYTES_MAX: u64 = 256 << 20;

/// Why a server gives no other answer.
#[derive(Deserialize)]
struct Problem {
    detail: String,
    #[serde(default)]
    errors: Vec<Flaw>,
}

#[derive(Deserialize)]
struct Flaw {
    pointer: String,
    detail: String,
}

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

    /// An answer as what it should be.
    pub(super) fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Failure> {
        let foreign = |_| Failure::Unreachable(format!("what answers at {} is no Maple Bridge server", self.address));
        serde_json::from_slice(bytes).map_err(foreign)
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
        let Problem { detail, errors } = self.read(&bytes)?;
        let said =
            errors.iter().fold(detail, |said, Flaw { pointer, detail }| format!("{said}\n  {pointer}: {detail}"));
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
