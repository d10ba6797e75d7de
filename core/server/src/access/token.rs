//! API keys: made, shown once, kept as a hash, taken back.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use maple_seal::{Digest, Subtree, SubtreeFault};
use maple_store::{Store, StoreError, Token};

use super::{
    caller::Who,
    role::{Role, RoleFault, Roles},
};
use crate::clock::{SystemClock, timestamp};

/// Days for which a token holds where nobody says.
pub const TOKEN_DAYS: u32 = 90;
/// The most days for which a token holds.
pub const TOKEN_DAYS_MAX: u32 = 366;
/// Letters of the name of a token.
pub const TOKEN_NAME_CHARS_MAX: usize = 100;
/// Subtrees of localities of one token.
pub const SCOPE_COUNT_MAX: usize = 64;

/// What every token begins with, so that whoever finds one knows what it is.
const PREFIX: &str = "maple_";
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;
/// Letters of the secret: its bytes in base64url.
const SECRET_CHARS: usize = 43;

/// What a token is to be.
#[derive(Clone, Debug)]
pub struct TokenRequest<'a> {
    /// Who or what it is for.
    pub name: &'a str,
    /// The roles, by their words.
    pub roles: &'a [String],
    /// The subtrees of localities.
    pub scope: &'a [String],
    /// Days for which it holds.
    pub days: u32,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenFault {
    /// The name does not fit.
    #[error(
        "a token's name has 1 to {TOKEN_NAME_CHARS_MAX} letters and no control characters; name who or what it is for"
    )]
    Name,
    /// There is no role.
    #[error("a token needs a role: `evaluate`, `author`, `approver`, `admin` or `auditor`")]
    NoRole,
    /// A word is no role.
    #[error(transparent)]
    Role(#[from] RoleFault),
    /// There are no subtrees, or too many.
    #[error("a token holds for 1 to {SCOPE_COUNT_MAX} subtrees of localities, not {count}; `**` is everywhere")]
    Scope {
        /// How many.
        count: usize,
    },
    /// A text is no subtree.
    #[error(transparent)]
    Subtree(#[from] SubtreeFault),
    /// It would hold too long.
    #[error("a token holds for 1 to {TOKEN_DAYS_MAX} days, not {days}; make a new one in time")]
    Days {
        /// How many days.
        days: u32,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness for a token")]
    Random,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A token that was made. The text is shown once and kept nowhere.
pub struct NewToken {
    /// What the bearer sends.
    pub text: String,
    /// What is kept.
    pub token: Token,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewToken").field("id", &self.token.id).finish_non_exhaustive()
    }
}

/// Makes a token and keeps its hash.
///
/// # Errors
///
/// What is asked for does not fit, or the store cannot be written.
pub fn token_create(store: &Store, request: &TokenRequest<'_>, by: &str) -> Result<NewToken, TokenFault> {
    let TokenRequest { name, roles, scope, days } = *request;
    if !(1..=TOKEN_NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(TokenFault::Name);
    }
    let roles: Roles = roles.iter().map(|word| word.parse::<Role>()).collect::<Result<_, _>>()?;
    if roles.is_empty() {
        return Err(TokenFault::NoRole);
    }
    if !(1..=SCOPE_COUNT_MAX).contains(&scope.len()) {
        return Err(TokenFault::Scope { count: scope.len() });
    }
    let scope = scope.iter().map(|text| text.parse::<Subtree>()).collect::<Result<Vec<_>, _>>()?;
    if !(1..=TOKEN_DAYS_MAX).contains(&days) {
        return Err(TokenFault::Days { days });
    }
    let mut random = [0; ID_BYTES + SECRET_BYTES];
    getrandom::fill(&mut random).map_err(|_| TokenFault::Random)?;
    let (id, secret) = random.split_at(ID_BYTES);
    let id = hex::encode(id);
    let text = format!("{PREFIX}{id}_{}", URL_SAFE_NO_PAD.encode(secret));
    let made = timestamp(&SystemClock);
    let token = Token {
        hash: Digest::of(text.as_bytes()),
        name: name.to_owned(),
        roles: roles.to_string(),
        scope: scope.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        made,
        expires: made.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).ok(),
        revoked: None,
        id,
    };
    store.token_put(&token, by)?;
    Ok(NewToken { text, token })
}

/// Takes a token back. A service that serves hears of it within [`ACCESS_CACHE_SECONDS`](crate::ACCESS_CACHE_SECONDS).
///
/// # Errors
///
/// When there is no such token, or the store cannot be written.
pub fn token_revoke(store: &Store, id: &str, by: &str) -> Result<(), StoreError> {
    store.token_revoke(id, by, timestamp(&SystemClock))
}

/// How a token stands: `active`, `expired` or `revoked`.
#[must_use]
pub fn token_state(token: &Token) -> &'static str {
    match (token.revoked, token.expires) {
        (Some(_), _) => "revoked",
        (None, Some(expires)) if expires <= timestamp(&SystemClock) => "expired",
        _ => "active",
    }
}

/// The id within a text that may be a token; none for any other text.
pub(super) fn id_in(text: &str) -> Option<&str> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_');
    let whole = id.len() == 2 * ID_BYTES && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    (whole && secret.len() == SECRET_CHARS && secret.bytes().all(fits)).then_some(id)
}

/// Who bears a token. A word that this version does not know gives nothing.
pub(super) fn who(token: Token) -> Who {
    Who {
        roles: token.roles.split(',').filter_map(|word| word.parse::<Role>().ok()).collect(),
        scope: token.scope.split(',').take(SCOPE_COUNT_MAX).filter_map(|text| text.parse().ok()).collect(),
        name: token.name,
        token: token.id,
        expires: token.expires,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_token_is_kept_by_its_hash_and_limits_hold_at_their_edges() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("a.sqlite")).unwrap();
        let made = |name: &str, roles: &[&str], scope: &[String], days| {
            let request = TokenRequest { name, roles: &words(roles), scope, days };
            token_create(&store, &request, "test").map_err(|fault| fault.to_string())
        };
        let everywhere = words(&["**"]);
        let new = made("desk", &["evaluate", "auditor"], &words(&["cn/zhejiang/**", "cn/jiangsu"]), 90).unwrap();
        assert_eq!(id_in(&new.text), Some(&*new.token.id));
        assert_eq!(new.text.len(), 6 + 16 + 1 + 43);
        let kept = store.token(&Digest::of(new.text.as_bytes())).unwrap().unwrap();
        assert_eq!((&*kept.roles, &*kept.scope), ("evaluate,auditor", "cn/zhejiang/**,cn/jiangsu"));
        assert_eq!(kept.expires.unwrap().duration_since(kept.made), SignedDuration::from_hours(90 * 24));
        assert!(!format!("{new:?}").contains(&new.text));
        let who = who(kept);
        assert!(who.roles.has(Role::Auditor) && !who.roles.has(Role::Admin) && who.scope.len() == 2);

        for days in [1, TOKEN_DAYS_MAX] {
            assert!(made("n", &["admin"], &everywhere, days).is_ok());
        }
        for days in [0, TOKEN_DAYS_MAX + 1] {
            assert!(made("n", &["admin"], &everywhere, days).unwrap_err().contains("1 to 366 days"));
        }
        let longest = "名".repeat(TOKEN_NAME_CHARS_MAX);
        assert!(made(&longest, &["admin"], &everywhere, 1).is_ok());
        for name in ["", &format!("{longest}x"), "a\nb"] {
            assert!(made(name, &["admin"], &everywhere, 1).unwrap_err().contains("1 to 100 letters"));
        }
        let scopes = |count| (0..count).map(|n| format!("cn/p{n}/**")).collect::<Vec<_>>();
        assert!(made("n", &["admin"], &scopes(SCOPE_COUNT_MAX), 1).is_ok());
        assert!(made("n", &["admin"], &scopes(SCOPE_COUNT_MAX + 1), 1).unwrap_err().contains("not 65"));
        assert!(made("n", &["admin"], &[], 1).unwrap_err().contains("not 0"));
        assert!(made("n", &["admin"], &words(&["cn/*"]), 1).unwrap_err().contains("no subtree of localities"));
        assert!(made("n", &["root"], &everywhere, 1).unwrap_err().contains("`root` is no role"));
        assert!(made("n", &[], &everywhere, 1).unwrap_err().contains("needs a role"));
    }

    #[test]
    fn only_what_looks_like_a_token_is_looked_up() {
        let secret = "A".repeat(43);
        let id = "0123456789abcdef";
        assert_eq!(id_in(&format!("maple_{id}_{secret}")), Some(id));
        for text in [
            String::new(),
            format!("maple_{id}_{secret}A"),
            format!("maple_{id}_{}", "A".repeat(42)),
            format!("maple_{id}0_{secret}"),
            format!("maple_{id}_{}", "*".repeat(43)),
            format!("Maple_{id}_{secret}"),
            format!("maple_{secret}"),
        ] {
            assert_eq!(id_in(&text), None, "{text}");
        }
    }
}
