//! References to organisations, places and projects, as they are kept: hashes with a key (HMAC-SHA256, RFC 2104), so that
//! the same one is known again and nobody without the key finds out which it is by trying.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of a key, written as twice as many hexadecimal digits.
pub const REFERENCE_KEY_BYTES: usize = 32;
/// Bytes of a hash that are kept: 128 bits tell all there are apart.
const KEPT_BYTES: usize = 16;

/// A key for references.
pub struct ReferenceKey([u8; REFERENCE_KEY_BYTES]);

/// A text is no key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceKeyFault {
    /// It has another form.
    #[error("a key for references is {} hexadecimal digits", 2 * REFERENCE_KEY_BYTES)]
    Form,
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Randomness,
}

impl ReferenceKey {
    /// A new key.
    ///
    /// # Errors
    ///
    /// When the system gives no randomness.
    pub fn generate() -> Result<Self, ReferenceKeyFault> {
        let mut key = [0; REFERENCE_KEY_BYTES];
        getrandom::fill(&mut key).map_err(|_| ReferenceKeyFault::Randomness)?;
        Ok(Self(key))
    }

    /// The key that a text writes.
    ///
    /// # Errors
    ///
    /// When it writes none.
    pub fn parse(text: &str) -> Result<Self, ReferenceKeyFault> {
        let mut key = [0; REFERENCE_KEY_BYTES];
        hex::decode_to_slice(text.trim(), &mut key).map_err(|_| ReferenceKeyFault::Form)?;
        Ok(Self(key))
    }

    /// The key as a text, to be kept where nobody else reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n", hex::encode(self.0))
    }

    /// The hash of a reference to something of this sort; the same word for a place and a project are two things.
    #[must_use]
    pub fn hash(&self, sort: &str, reference: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(sort.as_bytes());
        mac.update(&[0]);
        mac.update(reference.as_bytes());
        let whole = mac.finalize().into_bytes();
        hex::encode(whole.get(..KEPT_BYTES).unwrap_or_default())
    }
}

impl std::fmt::Debug for ReferenceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReferenceKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_that_of_its_key_sort_and_word() {
        let key = ReferenceKey::parse(&"0b".repeat(32)).unwrap();
        // python3 -c "import hmac; print(hmac.new(b'\x0b'*32, b'place\0site-3', 'sha256').hexdigest()[:32])"
        assert_eq!(key.hash("place", "site-3"), PYTHON);
        assert_ne!(key.hash("place", "site-3"), key.hash("project", "site-3"));
        let other = ReferenceKey::generate().unwrap();
        assert_ne!(key.hash("place", "site-3"), other.hash("place", "site-3"));
        let again = ReferenceKey::parse(&other.to_text()).unwrap();
        assert_eq!(again.hash("place", "site-3"), other.hash("place", "site-3"));
        assert_eq!(format!("{key:?}"), "ReferenceKey(…)");
    }

    #[test]
    fn what_is_no_key_is_none() {
        for wrong in ["", "0b", &"0b".repeat(31), &"0b".repeat(33), &"zz".repeat(32)] {
            assert_eq!(ReferenceKey::parse(wrong).unwrap_err(), ReferenceKeyFault::Form, "{wrong}");
        }
    }

    const PYTHON: &str = "e9a6fc405d5aab32797301175efe7ae0";
}
