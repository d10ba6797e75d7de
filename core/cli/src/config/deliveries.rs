//! The part of the configuration that says who is told what happens.

use std::path::{Path, PathBuf};

use maple_bundle::format::{Choice, Form, Shape, Table, label, may, need};
use maple_seal::WebhookKey;
use maple_server::{
    ATTEMPTS_COUNT_MAX, Deliveries, Nats, NatsConfig, NatsLogin, RETRY_SECONDS_MAX, TARGETS_COUNT_MAX,
    TIMEOUT_SECONDS_MAX, Target, Terms, Way, Webhook, WebhookConfig,
};
use maple_wire::{OUTGOING_SOURCE_BYTES_MAX, OutgoingType};
use serde::Deserialize;

use super::Bounded;
use crate::{Failure, commands::remote, load::chain, report};

/// Who tells it, when nobody says.
pub(super) const EVENT_SOURCE: &str = "/maple";
/// The name of the one stream of NATS.
const NATS: &str = "nats";
/// Letters of the name of a recipient.
const NAME_BYTES_MAX: usize = 64;
/// Bytes of a file with secrets that are looked at.
const SECRET_BYTES_MAX: usize = 16 << 10;

const ATTEMPTS: Bounded = Bounded { key: "attempts", min: 1, max: ATTEMPTS_COUNT_MAX as i64 };
#[expect(clippy::cast_possible_wrap, reason = "small constants")]
const TIMEOUT: Bounded = Bounded { key: "timeout-seconds", min: 1, max: TIMEOUT_SECONDS_MAX as i64 };
#[expect(clippy::cast_possible_wrap, reason = "small constants")]
const RETRY: Bounded = Bounded { key: "retry-seconds", min: 1, max: RETRY_SECONDS_MAX as i64 };

static EVENTS: [Choice; 4] = [
    Choice { word: "decision.made", label: label("作出决定", "a decision was made") },
    Choice { word: "signal.raised", label: label("发出预警", "a signal was raised") },
    Choice { word: "signal.changed", label: label("预警有变化", "something became of a signal") },
    Choice { word: "activation.changed", label: label("规则已变更", "something else serves") },
];
static NAME: Form = Form { pattern: "^[a-z0-9-]{1,64}$", examples: &["court", "city-platform"] };
static URL: Form = Form { pattern: "^https?://.+$", examples: &["https://example.org/maple"] };
static SUBJECT: Form = Form { pattern: "^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$", examples: &["maple"] };

const KINDS: &str = "告知哪些事件；不填则全部";
const KINDS_EN: &str = "What it is told [default: everything]";
const PLACE: &str = "仅告知该地域及其下各地";
const PLACE_EN: &str = "Only what is about this place and all below [default: everywhere]";
const CA: &str = "信任的证书文件（PEM）";
const TRIES: (&str, &str) =
    ("最多尝试多少次，默认10；之后留待人工重发", "How often an event is tried [default: 10]; then it is kept as dead");
const WAIT: (&str, &str) = ("等待答复多少秒，默认10", "Seconds that an answer may take [default: 10]");
const AGAIN: (&str, &str) = (
    "首次重试前等待多少秒，默认5；其后每次为前次的四倍",
    "Seconds until the second try [default: 5]; each after it four times as many",
);

pub(super) static WEBHOOK: Table = Table::new(
    "webhook",
    "an entry of `webhook`",
    label("按HTTP告知的接收方", "Somebody who is told by HTTP"),
    &[
        need(
            "name",
            Shape::Form(&NAME),
            "名称，进度以此记录，勿更改",
            "Its name, under which its place is kept; let it stay",
        ),
        need("url", Shape::Form(&URL), "地址", "The address"),
        may("events", Shape::List(&Shape::Choice(&EVENTS)), KINDS, KINDS_EN),
        may(
            "secret-file",
            Shape::Text,
            "签名密钥文件（whsec_…），更换时可写两行",
            "File with the secret (`whsec_…`); two lines while it is replaced",
        ),
        may(
            "secret-env",
            Shape::Text,
            "存放签名密钥的环境变量名",
            "Name of the variable of the environment with the secret",
        ),
        may("ca", Shape::Text, CA, "File with certificates (PEM) to trust in place of the system's"),
        may("locality", Shape::Text, PLACE, PLACE_EN),
        may(ATTEMPTS.key, ATTEMPTS.shape(), TRIES.0, TRIES.1),
        may(TIMEOUT.key, TIMEOUT.shape(), WAIT.0, WAIT.1),
        may(RETRY.key, RETRY.shape(), AGAIN.0, AGAIN.1),
    ],
);
pub(super) static NATS_TABLE: Table = Table::new(
    "nats",
    "the table `nats`",
    label("告知事件的NATS JetStream流", "The stream of NATS JetStream that is told"),
    &[
        need(
            "url",
            Shape::Text,
            "服务器地址，多个以逗号分隔",
            "The server, such as nats://127.0.0.1:4222; several with commas",
        ),
        may(
            "stream",
            Shape::Text,
            "流的名称，默认 MAPLE；没有则建立",
            "Name of the stream [default: MAPLE]; made where there is none",
        ),
        may("prefix", Shape::Form(&SUBJECT), "主题前缀，默认 maple", "What subjects begin with [default: maple]"),
        may("credentials", Shape::Text, "凭证文件（.creds）", "File with credentials, as `nsc` makes it"),
        may("token-file", Shape::Text, "令牌文件", "File with a token, in place of credentials"),
        may("ca", Shape::Text, CA, "File with certificates (PEM) to trust beside the system's"),
        may("events", Shape::List(&Shape::Choice(&EVENTS)), KINDS, KINDS_EN),
        may("locality", Shape::Text, PLACE, PLACE_EN),
        may(ATTEMPTS.key, ATTEMPTS.shape(), TRIES.0, TRIES.1),
        may(TIMEOUT.key, TIMEOUT.shape(), WAIT.0, WAIT.1),
        may(RETRY.key, RETRY.shape(), AGAIN.0, AGAIN.1),
    ],
);

/// Somebody who is told by HTTP.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WebhookFile {
    name: String,
    url: String,
    events: Option<Vec<String>>,
    secret_file: Option<PathBuf>,
    secret_env: Option<String>,
    ca: Option<PathBuf>,
    locality: Option<String>,
    attempts: Option<i64>,
    timeout_seconds: Option<i64>,
    retry_seconds: Option<i64>,
}

/// A stream that is told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct NatsFile {
    url: String,
    stream: Option<String>,
    prefix: Option<String>,
    credentials: Option<PathBuf>,
    token_file: Option<PathBuf>,
    ca: Option<PathBuf>,
    events: Option<Vec<String>>,
    locality: Option<String>,
    attempts: Option<i64>,
    timeout_seconds: Option<i64>,
    retry_seconds: Option<i64>,
}

fn wrong(of: &str, said: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("configuration: {of}: {said}"))
}

/// Who is told, or else what is wrong with it.
pub(super) fn deliveries(
    source: Option<String>,
    webhooks: Vec<WebhookFile>,
    nats: Option<NatsFile>,
) -> Result<Option<Deliveries>, Failure> {
    let source = source.unwrap_or_else(|| EVENT_SOURCE.to_owned());
    let fits = (1..=OUTGOING_SOURCE_BYTES_MAX).contains(&source.len()) && source.bytes().all(|b| b.is_ascii_graphic());
    if !fits {
        return Err(wrong(
            "`event-source`",
            format!(
                "write an address such as /maple or https://example.org/maple, of at most {OUTGOING_SOURCE_BYTES_MAX} letters"
            ),
        ));
    }
    let count = webhooks.len() + usize::from(nats.is_some());
    if count > TARGETS_COUNT_MAX {
        return Err(wrong("`webhook`", format!("{count} are to be told, at most {TARGETS_COUNT_MAX}; take some out")));
    }
    let mut targets: Vec<Target> = Vec::with_capacity(count);
    for file in webhooks {
        let target = webhook(file)?;
        if targets.iter().any(|known| known.name == target.name) {
            return Err(wrong("`webhook`", format!("there are two called `{}`; give one another name", target.name)));
        }
        targets.push(target);
    }
    targets.extend(nats.map(stream).transpose()?);
    Ok((!targets.is_empty()).then(|| Deliveries::new(source, targets)))
}

fn webhook(file: WebhookFile) -> Result<Target, Failure> {
    let WebhookFile { name, url, events, secret_file, secret_env, ca, locality, .. } = file;
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if !(1..=NAME_BYTES_MAX).contains(&name.len()) || !name.chars().all(plain) || name == NATS {
        let shown: String = name.chars().take(NAME_BYTES_MAX).collect();
        let said =
            format!("`name = {shown:?}`; write at most {NAME_BYTES_MAX} small letters, digits and `-`, and not `nats`");
        return Err(wrong("`webhook`", said));
    }
    let of = format!("webhook `{name}`");
    let (text, place) = match (&secret_file, &secret_env) {
        (Some(file), None) => (secret(&of, file)?, format!("`{}`", file.display())),
        (None, Some(variable)) => {
            let text = std::env::var(variable)
                .map_err(|_| wrong(&of, format!("the environment has no `{variable}`, which `secret-env` names")))?;
            (text, format!("the environment's `{variable}`"))
        }
        _ => return Err(wrong(&of, "write either `secret-file` or `secret-env`: events are signed with it")),
    };
    let key = WebhookKey::parse(&text).map_err(|error| wrong(&of, format!("{place}: {error}")))?;
    let way =
        Webhook::new(WebhookConfig { url: &url, key, ca: ca.as_deref() }).map_err(|error| wrong(&of, chain(&error)))?;
    if let Some(host) = url.strip_prefix("http://").filter(|host| !remote::is_here(host)) {
        let host = host.split('/').next().unwrap_or_default();
        report::warning(&format!("what {of} is told goes to {host} in the open; `https://` would hide it on its way"));
    }
    let terms = terms(&of, file.attempts, file.timeout_seconds, file.retry_seconds)?;
    Ok(Target { events: kinds(&of, events)?, name, locality, terms, way: Way::Webhook(Box::new(way)) })
}

fn stream(file: NatsFile) -> Result<Target, Failure> {
    let NatsFile { url, stream, prefix, credentials, token_file, ca, events, locality, .. } = file;
    let of = "`[nats]`";
    let known = |one: &str| {
        let one = one.trim();
        ["nats://", "tls://"].iter().any(|scheme| one.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
    };
    if url.contains('@') || !url.split(',').all(known) {
        let said = "`url` is no address of a server; write one like nats://127.0.0.1:4222 or tls://…, without a name and a \
                    password: `credentials` or `token-file` say who this is";
        return Err(wrong(of, said));
    }
    let stream = stream.unwrap_or_else(|| "MAPLE".to_owned());
    let named = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !(1..=NAME_BYTES_MAX).contains(&stream.len()) || !stream.chars().all(named) {
        return Err(wrong(of, format!("`stream` has at most {NAME_BYTES_MAX} letters, digits, `-` and `_`")));
    }
    let prefix = prefix.unwrap_or_else(|| "maple".to_owned());
    let words = |text: &str| text.split('.').all(|word| !word.is_empty() && word.chars().all(named));
    if prefix.len() > NAME_BYTES_MAX || !words(&prefix) {
        return Err(wrong(
            of,
            format!("`prefix` has at most {NAME_BYTES_MAX} letters: words with full stops between, as `maple`"),
        ));
    }
    let login = match (&credentials, &token_file) {
        (None, None) => NatsLogin::Nobody,
        (Some(file), None) => NatsLogin::Credentials(secret(of, file)?),
        (None, Some(file)) => NatsLogin::Token(secret(of, file)?.trim().to_owned()),
        (Some(_), Some(_)) => {
            return Err(wrong(of, "`credentials` and `token-file` contradict each other; take one out"));
        }
    };
    let config = NatsConfig { url, stream, prefix, login, ca };
    let way = Nats::new(config).map_err(|error| Failure::Unreachable(format!("no thread can be had: {error}")))?;
    let terms = terms(of, file.attempts, file.timeout_seconds, file.retry_seconds)?;
    Ok(Target { name: NATS.to_owned(), events: kinds(of, events)?, locality, terms, way: Way::Nats(Box::new(way)) })
}

/// What a file holds that is not to be shown.
fn secret(of: &str, file: &Path) -> Result<String, Failure> {
    let bytes = crate::commands::read_bounded(file, "secret", SECRET_BYTES_MAX)?;
    if bytes.len() > SECRET_BYTES_MAX {
        return Err(wrong(of, format!("`{}` has more than {SECRET_BYTES_MAX} bytes", file.display())));
    }
    String::from_utf8(bytes).map_err(|_| wrong(of, format!("`{}` is no text", file.display())))
}

fn kinds(of: &str, events: Option<Vec<String>>) -> Result<Vec<OutgoingType>, Failure> {
    let all = || OutgoingType::ALL.map(OutgoingType::as_str).join(", ");
    let Some(events) = events else { return Ok(OutgoingType::ALL.to_vec()) };
    if events.is_empty() {
        return Err(wrong(of, format!("`events` names nothing; write some of {}, or leave it out for all", all())));
    }
    let read = |word: &String| {
        OutgoingType::of(word).ok_or_else(|| {
            let near = maple_wire::nearest(word, OutgoingType::ALL.map(OutgoingType::as_str).into_iter());
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let word: String = word.chars().take(NAME_BYTES_MAX).collect();
            wrong(of, format!("there is no event {word:?}{hint} (the events are {})", all()))
        })
    };
    events.iter().map(read).collect()
}

fn terms(of: &str, attempts: Option<i64>, timeout: Option<i64>, retry: Option<i64>) -> Result<Terms, Failure> {
    let plain = Terms::default();
    let whose = |failure: Failure| match failure {
        Failure::Input(said) => Failure::Input(said.replacen("configuration:", &format!("configuration: {of}:"), 1)),
        other => other,
    };
    let seconds = |bounded: &Bounded, given, or: std::time::Duration| {
        bounded.read(given, or.as_secs()).map(std::time::Duration::from_secs).map_err(whose)
    };
    Ok(Terms {
        attempts: ATTEMPTS.read(attempts, plain.attempts).map_err(whose)?,
        timeout: seconds(&TIMEOUT, timeout, plain.timeout)?,
        retry: seconds(&RETRY, retry, plain.retry)?,
    })
}
