//! JWTs of one issuer (RFC 7519, RFC 8725): proved by its keys, for this service only.
//!
//! Which algorithm proves a token is said by the kind of the key, never by the token.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header, errors::ErrorKind};
use serde_json::{Map, Value};

use super::{
    caller::Who,
    jwks::{Jwks, JwksFault, Named},
    refusals::Reason,
    role::Role,
    token::SCOPE_COUNT_MAX,
};

/// Seconds by which the clocks of issuer and service may differ.
pub const JWT_LEEWAY_SECONDS: i64 = 60;
/// Bytes of the subject of a JWT, which names whoever bears it.
pub const JWT_SUBJECT_BYTES_MAX: usize = 256;
/// Bytes of the id of a JWT that the log repeats.
const ID_BYTES_MAX: usize = 64;
/// Words of a claim with roles.
const ROLES_COUNT_MAX: usize = 256;

/// Which JWTs are taken.
#[derive(Clone, Debug)]
pub struct JwtConfig {
    /// Who issues them, as `iss` says.
    pub issuer: String,
    /// Whom they are for, as `aud` says.
    pub audience: String,
    /// The path of a file with the issuer's keys, or their https address.
    pub jwks: String,
    /// Certificates to trust for that address in place of the system's.
    pub ca: Option<PathBuf>,
    /// The claim with the roles; with a `/` before it a JSON pointer, as in `/realm_access/roles`.
    pub roles: String,
    /// The claim with the subtrees of localities, or its pointer.
    pub localities: String,
}

/// Proves JWTs.
#[derive(Debug)]
pub struct Jwt {
    config: JwtConfig,
    jwks: Jwks,
}

impl Jwt {
    /// Takes the keys of the issuer, and looks after them from then on.
    ///
    /// # Errors
    ///
    /// When the keys are in a file and cannot be used, or when https is asked for and nobody can be trusted.
    pub fn start(config: JwtConfig) -> Result<Self, JwksFault> {
        let jwks = Jwks::start(&config.jwks, config.ca.as_deref())?;
        Ok(Self { config, jwks })
    }

    /// Whose token this is.
    pub(super) fn prove(&self, text: &str, now: Timestamp) -> Result<Who, Reason> {
        let header = decode_header(text).map_err(|_| Reason::Malformed)?;
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA) {
            return Err(Reason::Algorithm);
        }
        let key = match self.jwks.named(header.kid.as_deref(), header.alg) {
            Named::Key(key) => key,
            Named::OtherAlgorithm => return Err(Reason::Algorithm),
            Named::Unknown => return Err(Reason::Key),
        };
        // The crate proves; what is claimed is looked at below, by the one clock of the service.
        let mut validation = Validation::new(header.alg);
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let proved = decode::<Map<String, Value>>(text, &key.key, &validation);
        let claims = proved.map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => Reason::Signature,
            ErrorKind::InvalidAlgorithm => Reason::Algorithm,
            _ => Reason::Malformed,
        })?;
        self.who(&claims.claims, now)
    }

    fn who(&self, claims: &Map<String, Value>, now: Timestamp) -> Result<Who, Reason> {
        let JwtConfig { issuer, audience, roles, localities, .. } = &self.config;
        if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
            return Err(Reason::Issuer);
        }
        let names_us = |value: &Value| value.as_str() == Some(audience);
        if !claims
            .get("aud")
            .is_some_and(|aud| names_us(aud) || aud.as_array().is_some_and(|all| all.iter().any(names_us)))
        {
            return Err(Reason::Audience);
        }
        let leeway = SignedDuration::from_secs(JWT_LEEWAY_SECONDS);
        let ends = moment(claims, "exp")?.ok_or(Reason::Endless)?;
        let expires = ends.checked_add(leeway).unwrap_or(Timestamp::MAX);
        if expires <= now {
            return Err(Reason::Expired);
        }
        if moment(claims, "nbf")?.is_some_and(|begins| begins > now.checked_add(leeway).unwrap_or(Timestamp::MAX)) {
            return Err(Reason::Early);
        }
        let name = claims.get("sub").and_then(Value::as_str).filter(|name| names_somebody(name));
        let name = name.ok_or(Reason::Subject)?.to_owned();
        let id = claims.get("jti").and_then(Value::as_str).filter(|id| is_id(id));
        Ok(Who {
            name,
            token: id.map_or_else(|| "jwt".to_owned(), |id| format!("jwt {id}")),
            roles: words(claims, roles).take(ROLES_COUNT_MAX).filter_map(|word| word.parse::<Role>().ok()).collect(),
            scope: words(claims, localities).take(SCOPE_COUNT_MAX).filter_map(|text| text.parse().ok()).collect(),
            expires: Some(expires),
        })
    }
}

/// The moment of a claim (NumericDate), where there is one.
fn moment(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, Reason> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0).ok_or(Reason::Malformed)?;
    // Beyond what a clock shows is as good as its end.
    let millis = (seconds * 1_000.0).min(9e15) as i64;
    Ok(Some(Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)))
}

/// A cut name could be another's.
fn names_somebody(name: &str) -> bool {
    (1..=JWT_SUBJECT_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control)
}

fn is_id(id: &str) -> bool {
    (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(|letter| letter.is_ascii_graphic())
}

/// The words of a claim: a list, or one text with spaces between them.
fn words<'c>(claims: &'c Map<String, Value>, name: &str) -> impl Iterator<Item = &'c str> {
    let claim = match name.strip_prefix('/') {
        Some(path) => {
            let mut steps = path.split('/');
            let first = steps.next().and_then(|step| claims.get(step));
            steps.fold(first, |found, step| found.and_then(|found| found.get(step)))
        }
        None => claims.get(name),
    };
    let list = claim.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    list.chain(claim.and_then(Value::as_str).into_iter().flat_map(str::split_whitespace))
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;
