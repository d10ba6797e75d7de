//! Events by HTTP, signed as the Standard Webhooks specification says.

use std::{
    io::Read,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use jiff::{Timestamp, fmt::rfc2822};
use maple_seal::WebhookKey;
use maple_wire::CLOUDEVENT;

use super::{
    pump::Event,
    target::{Refused, Terms},
};
use crate::{
    clock,
    tls::{ClientTlsFault, client_tls},
};

/// Events that are under way to one recipient at a time.
pub const SENDERS_COUNT_MAX: usize = 4;
/// Bytes of the head of an answer.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// Bytes of an answer that are read, so that the connection can be used again; what is longer is cut off.
const ANSWER_BYTES_MAX: u64 = 4 << 10;
/// Length of an address.
const URL_BYTES_MAX: usize = 2_048;

/// Who is told by HTTP.
#[derive(Debug)]
pub struct WebhookConfig<'a> {
    /// The address.
    pub url: &'a str,
    /// What it is signed with.
    pub key: WebhookKey,
    /// A file with authorities to trust in place of the system's.
    pub ca: Option<&'a Path>,
}

/// Why nobody can be told.
#[derive(Debug, thiserror::Error)]
pub enum WebhookFault {
    /// The address is none.
    #[error(
        "`url` is no address of a webhook; write one like https://example.org/hook, without a name and a password in it, of \
         at most {URL_BYTES_MAX} characters"
    )]
    Address,
    /// Nobody is trusted for https.
    #[error(transparent)]
    Trust(#[from] ClientTlsFault),
}

/// The way to somebody by HTTP.
pub struct Webhook {
    url: String,
    agent: ureq::Agent,
    key: WebhookKey,
}

impl Webhook {
    /// The way to an address.
    ///
    /// # Errors
    ///
    /// When it is no address, or nobody can be trusted for https.
    pub fn new(config: WebhookConfig<'_>) -> Result<Self, WebhookFault> {
        let WebhookConfig { url, key, ca } = config;
        let address: ureq::http::Uri = url.parse().map_err(|_| WebhookFault::Address)?;
        let authority = address.authority().ok_or(WebhookFault::Address)?;
        let named = !authority.host().is_empty() && !authority.as_str().contains('@');
        let secure = match address.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(WebhookFault::Address),
        };
        if !named || url.len() > URL_BYTES_MAX {
            return Err(WebhookFault::Address);
        }
        let mut agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // An event is for the address that was named.
            .max_redirects(0)
            .max_idle_connections(SENDERS_COUNT_MAX)
            .max_idle_connections_per_host(SENDERS_COUNT_MAX)
            .max_response_header_size(HEAD_BYTES_MAX)
            .user_agent(concat!("maple/", env!("CARGO_PKG_VERSION")));
        if secure {
            agent = agent.tls_config(client_tls(ca)?);
        }
        Ok(Self { url: url.to_owned(), agent: agent.build().into(), key })
    }

    pub(super) fn send(
        &self,
        events: &[Event],
        terms: &Terms,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Vec<Option<Result<(), Refused>>> {
        let results = Mutex::new(vec![None; events.len()]);
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || {
            while !failed.load(Ordering::Relaxed) && go_on() {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(event) = events.get(at) else { return };
                let result = self.send_one(event, terms.timeout);
                failed.fetch_or(result.is_err(), Ordering::Relaxed);
                if let Some(place) = results.lock().unwrap_or_else(PoisonError::into_inner).get_mut(at) {
                    *place = Some(result);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..SENDERS_COUNT_MAX.min(events.len()) {
                // Where the system gives no thread, this one does the work.
                let _ = thread::Builder::new().name("tell-webhook".to_owned()).spawn_scoped(scope, work);
            }
            work();
        });
        results.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn send_one(&self, event: &Event, timeout: Duration) -> Result<(), Refused> {
        let second = clock::now().as_second();
        let request = self
            .agent
            .post(&self.url)
            .config()
            .timeout_global(Some(timeout))
            .build()
            .header("content-type", CLOUDEVENT)
            .header("webhook-id", &event.id)
            .header("webhook-timestamp", second.to_string())
            .header("webhook-signature", self.key.sign(&event.id, second, event.body.as_bytes()));
        let mut answer = request.send(event.body.as_bytes()).map_err(|error| Refused::because(said(&error)))?;
        let status = answer.status();
        let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let after = after.and_then(|text| retry_after(text, clock::now()));
        // What it says beside the status is nobody's business here.
        let mut rest = answer.body_mut().as_reader().take(ANSWER_BYTES_MAX);
        let _ = std::io::copy(&mut rest, &mut std::io::sink());
        match status.as_u16() {
            200..=299 => Ok(()),
            code @ 300..=399 => Err(Refused::because(format!(
                "it answers {code} and leads elsewhere, which is not followed; write the last address into `url`"
            ))),
            code => Err(Refused { why: format!("it answers {code}"), after }),
        }
    }
}

/// Of a recipient that cannot be trusted.
const UNTRUSTED: &str = "its certificate cannot be trusted, or TLS failed; `ca` names an authority of your own";

/// Why there is no answer, without the address and what the other side said.
fn said(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "it did not answer in time".to_owned(),
        ureq::Error::HostNotFound => "its host is not known".to_owned(),
        ureq::Error::ConnectionFailed => "it cannot be reached".to_owned(),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => UNTRUSTED.to_owned(),
        // What TLS refuses while it reads and writes comes as such.
        ureq::Error::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<tokio_rustls::rustls::Error>()) => {
            UNTRUSTED.to_owned()
        }
        ureq::Error::Io(error) => format!("the connection failed: {}", error.kind()),
        ureq::Error::LargeResponseHeader(..) => format!("the head of its answer has more than {HEAD_BYTES_MAX} bytes"),
        _ => "it does not answer as HTTP says".to_owned(),
    }
}

/// How long a recipient wants to be left alone: seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_says_when_it_wants_to_hear_again() {
        let now = "2026-11-23T08:00:00Z".parse().unwrap();
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Mon, 23 Nov 2026 08:01:00 GMT", Some(60)),
            ("Mon, 23 Nov 2026 07:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(text, now).map(|after| after.as_secs()), seconds, "{text}");
        }
    }

    #[test]
    fn an_address_is_one_of_http_without_a_password() {
        for (url, fits) in [
            ("http://127.0.0.1:9/hook", true),
            ("http://user:pass@127.0.0.1/", false),
            ("ftp://127.0.0.1/", false),
            ("127.0.0.1:9", false),
            ("/hook", false),
            ("", false),
        ] {
            let key = WebhookKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
            let made = Webhook::new(WebhookConfig { url, key, ca: None });
            assert_eq!(made.is_ok(), fits, "{url}");
        }
        let long = format!("http://127.0.0.1/{}", "a".repeat(URL_BYTES_MAX));
        let of = |length: usize| {
            let key = WebhookKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
            Webhook::new(WebhookConfig { url: &long[..length], key, ca: None }).is_ok()
        };
        assert!(of(URL_BYTES_MAX) && !of(URL_BYTES_MAX + 1));
    }
}
