//! Talking to a server.

use std::{
    io::{Read, Write},
    net::IpAddr,
    path::Path,
    time::Duration,
};

use maple_server::TOKEN_BYTES_MAX;
use serde::{Deserialize, de::DeserializeOwned};

use super::read_bounded;
use crate::{
    Failure,
    args::{Remote, Which},
    load::chain,
    report,
};

/// How long a server may take to answer.
const ANSWER_WAIT: Duration = Duration::from_secs(60);
/// How long a change may take: a bundle is examined meanwhile.
const CHANGE_WAIT: Duration = Duration::from_secs(600);
/// Where a token stands that no file holds.
const TOKEN: &str = "MAPLE_TOKEN";
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

/// What a server answers, or the status and the body in which it says why not.
pub(super) type Told = Result<Vec<u8>, (u16, Vec<u8>)>;

/// A server.
pub(super) struct Server<'a> {
    address: &'a str,
    agent: ureq::Agent,
    /* The whole header; never printed. */
    authorization: Option<String>,
}

impl<'a> Server<'a> {
    pub(super) fn new(remote: &'a Remote) -> Result<Self, Failure> {
        let address = &*remote.server;
        let host = ["http://", "https://"].iter().find_map(|scheme| address.strip_prefix(scheme));
        let Some(host) = host.filter(|host| !host.contains('@')) else {
            let shown: String = address.chars().take(200).collect();
            let shown = shown.rsplit('@').next().unwrap_or_default();
            return Err(Failure::Input(format!(
                "`{shown}` is no address of a server; write it like http://127.0.0.1:8080"
            )));
        };
        let authorization = token(remote)?.map(|token| format!("Bearer {token}"));
        if authorization.is_some() && address.starts_with("http://") && !is_here(host) {
            report::warning(&format!("the token goes to {address} in the open; `https://` would hide it on its way"));
        }
        let mut agent = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_WAIT))
            .http_status_as_error(false)
            // A token is for the server that was named.
            .max_redirects(0);
        if address.starts_with("https://") {
            let tls = maple_server::client_tls(remote.ca.as_deref());
            agent = agent.tls_config(tls.map_err(|error| Failure::Unreachable(chain(&error)))?);
        }
        Ok(Self { address: address.trim_end_matches('/'), agent: agent.build().into(), authorization })
    }

    /// What is at a path.
    pub(super) fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let mut request = self.agent.get(self.url(path));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        self.answered(request.call())
    }

    /// What a path answers to an empty request.
    pub(super) fn post(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let mut request = self.agent.post(self.url(path));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        self.answered(request.send_empty())
    }

    /// What a path answers to a body: its own answer, or a status and why not.
    pub(super) fn send(&self, path: &str, content_type: &str, body: &[u8]) -> Result<Told, Failure> {
        let mut request = self.agent.post(self.url(path)).header("content-type", content_type);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let request = request.config().timeout_global(Some(CHANGE_WAIT)).build();
        let (status, bytes) = self.taken(request.send(body))?;
        Ok(if (200..300).contains(&status) { Ok(bytes) } else { Err((status, bytes)) })
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
        let (status, bytes) = self.taken(answer)?;
        if (200..300).contains(&status) { Ok(bytes) } else { Err(self.failed(status, &bytes)) }
    }

    fn taken(&self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<(u16, Vec<u8>), Failure> {
        let lost = |error: &dyn std::fmt::Display| {
            let address = self.address;
            Failure::Unreachable(format!(
                "cannot reach the server at {address}: {error}; is `maple serve` running? `--server` names another"
            ))
        };
        let mut answer = answer.map_err(|error| lost(&error))?;
        let status = answer.status().as_u16();
        let mut bytes = Vec::new();
        let mut body = answer.body_mut().as_reader().take(ANSWER_BYTES_MAX);
        body.read_to_end(&mut bytes).map_err(|error| lost(&error))?;
        Ok((status, bytes))
    }

    /// What a server said in the place of an answer.
    pub(super) fn failed(&self, status: u16, bytes: &[u8]) -> Failure {
        let Problem { detail, errors } = match self.read(bytes) {
            Ok(problem) => problem,
            Err(foreign) => return foreign,
        };
        let said =
            errors.iter().fold(detail, |said, Flaw { pointer, detail }| format!("{said}\n  {pointer}: {detail}"));
        match status {
            401 => Failure::Input(format!("{said}; it is taken from {TOKEN} or from `--token-file`")),
            400..=499 => Failure::Input(said),
            _ => Failure::Unreachable(said),
        }
    }
}

/// The token of a file or of the environment: never of a flag, which other users of the machine could see.
fn token(remote: &Remote) -> Result<Option<String>, Failure> {
    let (text, place) = match &remote.token_file {
        Some(file) => {
            let place = format!("the token file `{}`", file.display());
            let bytes = read_bounded(file, "token file", TOKEN_BYTES_MAX)?;
            (String::from_utf8(bytes).unwrap_or_default(), place)
        }
        None => match std::env::var(TOKEN) {
            Ok(text) if !text.is_empty() => (text, format!("the environment's {TOKEN}")),
            _ => return Ok(None),
        },
    };
    let text = text.trim();
    let fits = (1..=TOKEN_BYTES_MAX).contains(&text.len()) && text.bytes().all(|letter| letter.is_ascii_graphic());
    if fits {
        return Ok(Some(text.to_owned()));
    }
    Err(Failure::Input(format!(
        "{place} holds no token; put there what `maple tokens create` showed, and nothing else"
    )))
}

/// Whether an address stays on this machine.
pub(crate) fn is_here(host: &str) -> bool {
    let host = host.split('/').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Some(file) = file else { return write(&mut anstream::stdout()) };
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
