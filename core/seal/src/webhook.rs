//! Signatures under what is sent to others, as the Standard Webhooks specification says: HMAC-SHA256 over id, time and body.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a secret begins with.
pub const WEBHOOK_SECRET_PREFIX: &str = "whsec_";
/// Bytes of a secret at the least.
pub const WEBHOOK_SECRET_BYTES_MIN: usize = 24;
/// Bytes of a secret.
pub const WEBHOOK_SECRET_BYTES_MAX: usize = 64;
/// Secrets of one recipient: the one that holds, and the one that is going.
pub const WEBHOOK_SECRETS_COUNT_MAX: usize = 2;

/// The secrets that a recipient shares with this service. Never shown.
pub struct WebhookKey(Vec<Vec<u8>>);

/// A text holds no secrets.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookKeyFault {
    /// A line has another form.
    #[error(
        "line {line} is no secret: write `{WEBHOOK_SECRET_PREFIX}` and then, in base64, from {WEBHOOK_SECRET_BYTES_MIN} to \
         {WEBHOOK_SECRET_BYTES_MAX} random bytes, as `echo \"whsec_$(openssl rand -base64 32)\"` makes them"
    )]
    Form {
        /// The line, from 1.
        line: usize,
    },
    /// There is none, or there are too many.
    #[error("there are {count} secrets; write one, and while it is replaced a second, each on a line of its own")]
    Count {
        /// How many.
        count: usize,
    },
}

impl WebhookKey {
    /// The secrets of a text, each on a line of its own; empty lines say nothing.
    ///
    /// # Errors
    ///
    /// When a line is no secret, or there are none or more than [`WEBHOOK_SECRETS_COUNT_MAX`].
    pub fn parse(text: &str) -> Result<Self, WebhookKeyFault> {
        let mut secrets = Vec::new();
        for (at, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
            if line.is_empty() {
                continue;
            }
            let read = line.strip_prefix(WEBHOOK_SECRET_PREFIX).and_then(|text| STANDARD.decode(text).ok());
            let fits = WEBHOOK_SECRET_BYTES_MIN..=WEBHOOK_SECRET_BYTES_MAX;
            secrets.push(read.filter(|secret| fits.contains(&secret.len())).ok_or(WebhookKeyFault::Form { line: at })?);
        }
        let count = secrets.len();
        if !(1..=WEBHOOK_SECRETS_COUNT_MAX).contains(&count) {
            return Err(WebhookKeyFault::Count { count });
        }
        Ok(Self(secrets))
    }

    /// The header `webhook-signature` for a message: a signature by each secret.
    #[must_use]
    pub fn sign(&self, id: &str, second: i64, body: &[u8]) -> String {
        let signed = self.0.iter().filter_map(|secret| {
            // A key of any length will do.
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
            mac.update(format!("{id}.{second}.").as_bytes());
            mac.update(body);
            Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        });
        signed.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn a_message_is_signed_as_the_specification_says() {
        let key = WebhookKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let signed = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b"{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let two = format!("{0}\n\n{0}", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let both = WebhookKey::parse(&two).unwrap().sign("m", 1, b"");
        assert_eq!(both.split(' ').count(), 2);
        assert_eq!(format!("{key:?}"), "WebhookKey(…)");
    }

    #[test]
    fn secrets_have_their_form() {
        let of = |bytes: usize| format!("{WEBHOOK_SECRET_PREFIX}{}", STANDARD.encode(vec![7; bytes]));
        let form = Some(WebhookKeyFault::Form { line: 1 });
        for (text, fault) in [
            (of(WEBHOOK_SECRET_BYTES_MIN - 1), form),
            (of(WEBHOOK_SECRET_BYTES_MIN), None),
            (of(WEBHOOK_SECRET_BYTES_MAX), None),
            (of(WEBHOOK_SECRET_BYTES_MAX + 1), Some(WebhookKeyFault::Form { line: 1 })),
            ("secret".to_owned(), Some(WebhookKeyFault::Form { line: 1 })),
            (format!("{}\nwhsec_%", of(32)), Some(WebhookKeyFault::Form { line: 2 })),
            (String::new(), Some(WebhookKeyFault::Count { count: 0 })),
            ([of(32), of(32), of(32)].join("\n"), Some(WebhookKeyFault::Count { count: 3 })),
        ] {
            assert_eq!(WebhookKey::parse(&text).err(), fault);
        }
    }
}
