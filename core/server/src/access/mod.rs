//! Who may do what: who is known by which token, in which roles, for which part of the tree of localities.
//!
//! What says who somebody is comes with each request and is kept nowhere: of an API key only the hash, of a JWT nothing.

mod cache;
mod caller;
mod jwks;
mod jwt;
mod listen;
mod refusals;
mod role;
mod token;

use std::{fmt, io, sync::Arc, time::Instant};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use maple_seal::Digest;
use maple_store::Store;
use maple_wire::{Problem, ProblemKind};
use prometheus_client::metrics::{counter::Counter, family::Family};
use tokio::{sync::Semaphore, time::timeout};
use tracing::error;

pub use cache::{ACCESS_CACHE_COUNT_MAX, ACCESS_CACHE_SECONDS, ACCESS_OUTAGE_SECONDS};
pub use jwks::{JWKS_BYTES_MAX, JWKS_KEYS_MAX, JWKS_REFRESH_SECONDS, JWKS_RETRY_SECONDS, JwksFault};
pub use jwt::{JWT_LEEWAY_SECONDS, JWT_SUBJECT_BYTES_MAX, Jwt, JwtConfig};
pub use listen::{Authentication, Unguarded, is_public};
pub use refusals::REFUSALS_LOGGED_PER_MINUTE;
pub use role::{Role, RoleFault};
pub use token::{
    NewToken, SCOPE_COUNT_MAX, TOKEN_DAYS, TOKEN_DAYS_MAX, TOKEN_NAME_CHARS_MAX, TokenFault, TokenRequest,
    token_create, token_revoke, token_state,
};

pub(crate) use caller::{Asked, Caller, Who};
pub(crate) use refusals::{Reason, Refusal, Refusals, Why};

use crate::{
    app::App,
    clock::{self, Clock},
    records::chain,
};
use cache::{Cache, Found};

/// Bytes of a token.
pub const TOKEN_BYTES_MAX: usize = 8 << 10;
/// Looks into the database for new tokens at a time, and as many for known ones: together fewer than there are connections.
const LOOKUPS_COUNT_MAX: usize = 2;

/// Knows who is asking.
pub struct Access {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    cache: Cache,
    lookups: Semaphore,
    /* Apart from those, so that a flood of made-up tokens lets no known one end. */
    renewals: Semaphore,
    jwt: Option<Jwt>,
    refusals: Arc<Refusals>,
}

/// Why it is not known who is asking.
pub(crate) enum Unknown {
    /// They are refused; with the id of their token, where there is one.
    Refused(Reason, Option<String>),
    /// It cannot be found out for the moment.
    Unavailable(Problem),
}

impl Unknown {
    pub(crate) fn because(reason: Reason) -> Self {
        Self::Refused(reason, None)
    }
}

impl Access {
    /// Everybody must say who they are; the store knows the tokens.
    ///
    /// # Errors
    ///
    /// When no thread can be had.
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let refusals = Arc::new(Refusals::start(Arc::clone(&store), Arc::clone(&clock))?);
        let [lookups, renewals] = [(); 2].map(|()| Semaphore::new(LOOKUPS_COUNT_MAX));
        Ok(Self { store, clock, cache: Cache::default(), lookups, renewals, jwt: None, refusals })
    }

    /// Takes the JWTs of an issuer, too.
    #[must_use]
    pub fn with_jwt(self, jwt: Jwt) -> Self {
        Self { jwt: Some(jwt), ..self }
    }

    pub(crate) fn refusals(&self) -> &Arc<Refusals> {
        &self.refusals
    }

    /// The figures of what was refused.
    pub(crate) fn counts(&self) -> Family<Why, Counter> {
        self.refusals.counts()
    }

    /// Who sent these headers.
    pub(crate) async fn identify(self: &Arc<Self>, app: &App, headers: &HeaderMap) -> Result<Arc<Who>, Unknown> {
        self.known(app, bearer(headers).map_err(Unknown::because)?).await
    }

    /// Whose token it is.
    pub(crate) async fn known(self: &Arc<Self>, app: &App, text: &str) -> Result<Arc<Who>, Unknown> {
        let hash = Digest::of(text.as_bytes());
        let who = match self.cache.get(&hash) {
            Found::Fresh(who) => who,
            Found::Aging(who) => match self.look_up(app, &self.renewals, text, hash).await {
                // What was known holds on for the rest of its time.
                Err(Unknown::Unavailable(problem)) => {
                    if problem.kind == ProblemKind::Unavailable {
                        self.cache.hold(&hash);
                    }
                    who
                }
                other => other?,
            },
            Found::Lapsed(who) => match self.look_up(app, &self.lookups, text, hash).await {
                // The database is away, which is no reason to turn away whoever was let in before; that there is no
                // place to ask it is one.
                Err(Unknown::Unavailable(problem)) if problem.kind == ProblemKind::Unavailable => {
                    self.cache.hold(&hash);
                    who
                }
                other => other?,
            },
            Found::Nobody => self.look_up(app, &self.lookups, text, hash).await?,
        };
        if who.expires.is_some_and(|expires| expires <= clock::timestamp(&*self.clock)) {
            return Err(Unknown::Refused(Reason::Expired, Some(who.token.clone())));
        }
        Ok(who)
    }

    async fn look_up(
        self: &Arc<Self>,
        app: &App,
        places: &Semaphore,
        text: &str,
        hash: Digest,
    ) -> Result<Arc<Who>, Unknown> {
        let since = Instant::now();
        let found = match token::id_in(text) {
            Some(_) => self.api_key(app, places, hash).await,
            None => match &self.jwt {
                Some(jwt) => jwt.prove(text, clock::timestamp(&*self.clock)).map_err(Unknown::because),
                None => Err(Unknown::because(Reason::Malformed)),
            },
        };
        match found {
            Ok(who) => {
                let who = Arc::new(who);
                self.cache.put(hash, Arc::clone(&who), since);
                Ok(who)
            }
            Err(unknown) => {
                if let Unknown::Refused(..) = unknown {
                    self.cache.forget(&hash);
                }
                Err(unknown)
            }
        }
    }

    async fn api_key(self: &Arc<Self>, app: &App, places: &Semaphore, hash: Digest) -> Result<Who, Unknown> {
        let Ok(Ok(_place)) = timeout(app.config.wait, places.acquire()).await else {
            app.metrics.turned_away("access");
            return Err(Unknown::Unavailable(crate::http::overloaded()));
        };
        let access = Arc::clone(self);
        let found = tokio::task::spawn_blocking(move || access.store.token(&hash)).await;
        let found = found.map_err(|_| Unknown::Unavailable(unavailable()))?.map_err(|why| {
            error!(why = %chain(&why), "Tokens cannot be looked up.");
            Unknown::Unavailable(unavailable())
        })?;
        let token = found.ok_or(Unknown::because(Reason::Unknown))?;
        // Whenever that was: whoever revoked it may have another clock.
        if token.revoked.is_some() {
            return Err(Unknown::Refused(Reason::Revoked, Some(token.id)));
        }
        Ok(token::who(token))
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

/// The one token of a request.
fn bearer(headers: &HeaderMap) -> Result<&str, Reason> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (all.next(), all.next()) else {
        return Err(if headers.contains_key(AUTHORIZATION) { Reason::Malformed } else { Reason::Missing });
    };
    let text = header.to_str().map_err(|_| Reason::Malformed)?;
    let (scheme, token) = text.split_once(' ').ok_or(Reason::Malformed)?;
    let token = token.trim_start_matches(' ');
    let fits = (1..=TOKEN_BYTES_MAX).contains(&token.len()) && token.bytes().all(|letter| letter.is_ascii_graphic());
    if fits && scheme.eq_ignore_ascii_case("bearer") { Ok(token) } else { Err(Reason::Malformed) }
}

fn unavailable() -> Problem {
    Problem::new(
        ProblemKind::Unavailable,
        "it cannot be found out at the moment whose token this is; try again, and tell the operator if it goes on",
        "暂时无法核实令牌；请稍后重试，如持续出现请告知运维人员",
    )
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_request_has_one_token_of_bounded_length() {
        let longest = "t".repeat(TOKEN_BYTES_MAX);
        for (header, read) in [
            ("Bearer abc", Ok("abc")),
            ("bearer  abc", Ok("abc")),
            (&*format!("Bearer {longest}"), Ok(&*longest)),
            (&*format!("Bearer {longest}t"), Err(Reason::Malformed)),
            ("Basic abc", Err(Reason::Malformed)),
            ("Bearer", Err(Reason::Malformed)),
            ("Bearer ", Err(Reason::Malformed)),
            ("Bearer a b", Err(Reason::Malformed)),
            ("", Err(Reason::Malformed)),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(AUTHORIZATION, HeaderValue::from_str(header).unwrap());
            assert_eq!(bearer(&headers), read, "{header}");
            headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer other"));
            assert_eq!(bearer(&headers), Err(Reason::Malformed), "twice");
        }
        assert_eq!(bearer(&HeaderMap::new()), Err(Reason::Missing));
    }
}
