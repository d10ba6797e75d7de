//! Signatures: compact JWS (RFC 7515) with EdDSA (RFC 8037) and nothing else.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{CanonicalFault, KeyFault, KeyId, PublicKey, Signer, canonical};

/// Length of a signed statement.
pub const JWS_BYTES_MAX: usize = 16 << 10;

const ALGORITHM: &str = "EdDSA";

/// Why a signed statement does not hold.
#[derive(Debug, thiserror::Error)]
pub enum JwsFault {
    /// It is too long.
    #[error("a signed statement of {bytes} bytes is too long; it has at most {JWS_BYTES_MAX}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// It is not what a signed statement looks like.
    #[error("the {part} of the signed statement cannot be read")]
    Form {
        /// Which part.
        part: &'static str,
    },
    /// It names another algorithm.
    #[error("the statement is signed by `{found}`; only `EdDSA` is taken")]
    Algorithm {
        /// The algorithm.
        found: String,
    },
    /// It is a statement on something else.
    #[error("the statement is a `{found}`, not a `{expected}`")]
    Type {
        /// Its type.
        found: String,
        /// The type in question.
        expected: &'static str,
    },
    /// The key does not hold.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// The signature does not fit.
    #[error("the signature does not fit key `{key}`: the statement was changed, or another key signed it")]
    Signature {
        /// The key that the statement names.
        key: KeyId,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: KeyId,
    typ: String,
}

#[derive(Deserialize)]
struct Algorithm {
    alg: String,
}

/// Signs the canonical text of a statement.
pub(crate) fn sign<T: Serialize>(signer: &Signer, typ: &'static str, statement: &T) -> Result<String, CanonicalFault> {
    let header = Header { alg: ALGORITHM.to_owned(), kid: signer.id().clone(), typ: typ.to_owned() };
    let [header, payload] = [canonical(&header)?, canonical(statement)?].map(|part| URL_SAFE_NO_PAD.encode(part));
    let signed = format!("{header}.{payload}");
    let signature = URL_SAFE_NO_PAD.encode(signer.sign(signed.as_bytes()));
    Ok(format!("{signed}.{signature}"))
}

/// A statement that was read, and not yet believed.
pub(crate) struct Unproved<'a, T> {
    /// The key that it names.
    pub(crate) key: KeyId,
    /// What it says.
    pub(crate) statement: T,
    signed: &'a str,
    signature: [u8; 64],
}

impl<'a, T: DeserializeOwned> Unproved<'a, T> {
    pub(crate) fn read(jws: &'a str, typ: &'static str) -> Result<Self, JwsFault> {
        if jws.len() > JWS_BYTES_MAX {
            return Err(JwsFault::TooLong { bytes: jws.len() });
        }
        let (signed, signature) = jws.rsplit_once('.').ok_or(JwsFault::Form { part: "shape" })?;
        let (header, payload) = signed.split_once('.').ok_or(JwsFault::Form { part: "shape" })?;
        let header = header_of(&decoded(header, "header")?)?;
        if header.typ != typ {
            return Err(JwsFault::Type { found: short(&header.typ), expected: typ });
        }
        let payload = decoded(payload, "payload")?;
        let statement = serde_json::from_slice(&payload).map_err(|_| JwsFault::Form { part: "payload" })?;
        let signature =
            decoded(signature, "signature")?.try_into().map_err(|_| JwsFault::Form { part: "signature" })?;
        Ok(Self { key: header.kid, statement, signed, signature })
    }

    /// What it says, if the key signed it.
    pub(crate) fn proved(self, key: &PublicKey) -> Result<T, JwsFault> {
        if *key.id() == self.key && key.holds(self.signed.as_bytes(), &self.signature) {
            return Ok(self.statement);
        }
        Err(JwsFault::Signature { key: self.key })
    }
}

fn decoded(part: &str, name: &'static str) -> Result<Vec<u8>, JwsFault> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsFault::Form { part: name })
}

/// The header; the algorithm is looked at first, so that another one is told as what it is.
fn header_of(bytes: &[u8]) -> Result<Header, JwsFault> {
    let unread = |_| JwsFault::Form { part: "header" };
    let Algorithm { alg } = serde_json::from_slice(bytes).map_err(unread)?;
    if alg != ALGORITHM {
        return Err(JwsFault::Algorithm { found: short(&alg) });
    }
    serde_json::from_slice(bytes).map_err(unread)
}

fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> Signer {
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
        Signer::from_pem(pem).unwrap()
    }

    /// The key of RFC 8037 A.1, its thumbprint of A.3, and its signature of A.4, whose header has no more than `alg`.
    #[test]
    fn the_example_of_the_rfc_holds() {
        let signer = signer();
        assert_eq!(signer.id().as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = URL_SAFE_NO_PAD.encode(signer.sign(signed.as_bytes()));
        assert_eq!(signature, "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    }

    #[track_caller]
    fn refused(jws: &str, said: &str) {
        let read = Unproved::<u64>::read(jws, "number").and_then(|unproved| unproved.proved(signer().public()));
        assert!(read.unwrap_err().to_string().contains(said), "{jws}");
    }

    #[test]
    fn each_fault_is_told_as_what_it_is() {
        let good = sign(&signer(), "number", &7).unwrap();
        assert_eq!(Unproved::<u64>::read(&good, "number").unwrap().proved(signer().public()).unwrap(), 7);
        let parts: Vec<&str> = good.split('.').collect();
        let with_header = |header: &str| format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header), parts[1], parts[2]);
        let kid = signer().id().clone();

        refused("", "shape");
        refused("a.b", "shape");
        refused(&format!("{good}.x"), "payload");
        refused(&good.replace('.', "=."), "header");
        refused(&with_header(r#"{"alg":"none"}"#), "signed by `none`");
        refused(&with_header(&format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"number"}}"#)), "signed by `HS256`");
        refused(&with_header(&format!(r#"{{"alg":"eddsa","kid":"{kid}","typ":"number"}}"#)), "signed by `eddsa`");
        refused(&with_header(&format!(r#"{{"alg":"EdDSA","crit":[],"kid":"{kid}","typ":"number"}}"#)), "header");
        refused(&with_header(r#"{"alg":"EdDSA","kid":"../../key","typ":"number"}"#), "header");
        refused(&with_header(&format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"word"}}"#)), "not a `number`");
        refused(&format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode("8"), parts[2]), "was changed");
        refused(&format!("{}.{}.", parts[0], parts[1]), "signature");
        refused(&sign(&Signer::generate().unwrap(), "number", &7).unwrap(), "another key signed it");
    }

    #[test]
    fn a_statement_has_a_largest_size() {
        let text = |length| format!("{:.<length$}", "");
        assert!(matches!(Unproved::<u64>::read(&text(JWS_BYTES_MAX + 1), "n"), Err(JwsFault::TooLong { .. })));
        assert!(!matches!(Unproved::<u64>::read(&text(JWS_BYTES_MAX), "n"), Err(JwsFault::TooLong { .. })));
    }
}
