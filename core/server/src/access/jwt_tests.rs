//! Tokens that hold, and every way in which one does not; the keys are made here.

use std::{
    fs,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header, encode, jwk::Jwk};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize};
use serde_json::json;
use tempfile::TempDir;

use super::{
    super::jwks::{JWKS_BYTES_MAX, JWKS_KEYS_MAX, JWKS_RETRY_SECONDS},
    *,
};
use crate::records::chain;

const NOW: i64 = 1_795_404_000;

/// A key that signs, with its public half as it stands in a set.
struct Made {
    id: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
    jwk: Value,
}

fn made(id: &'static str, algorithm: Algorithm) -> Made {
    let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (key, mut jwk) = match algorithm {
        Algorithm::RS256 => {
            let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
            // PKCS#1 lies within PKCS#8, behind 26 bytes for a key of this size.
            let key = EncodingKey::from_rsa_der(&pair.serialize_der()[26..]);
            let jwk = Jwk::from_encoding_key(&key, algorithm).unwrap();
            (key, serde_json::to_value(jwk).unwrap())
        }
        Algorithm::ES256 => {
            let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
            let (x, y) = pair.der_bytes()[1..].split_at(32);
            let jwk = json!({ "kty": "EC", "crv": "P-256", "x": b64(x), "y": b64(y) });
            (EncodingKey::from_ec_der(&pair.serialize_der()), jwk)
        }
        _ => {
            let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
            let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(pair.der_bytes()), "use": "sig" });
            (EncodingKey::from_ed_der(&pair.serialize_der()), jwk)
        }
    };
    jwk["kid"] = json!(id);
    Made { id, algorithm, key, jwk }
}

impl Made {
    fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.to_owned()), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.key).unwrap()
    }
}

struct Issuer {
    jwt: Jwt,
    dir: TempDir,
}

fn set(keys: &[&Made]) -> String {
    json!({ "keys": keys.iter().map(|key| key.jwk.clone()).collect::<Vec<_>>() }).to_string()
}

fn issuer(set: &str) -> Result<Issuer, String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("jwks.json");
    fs::write(&file, set).unwrap();
    let config = JwtConfig {
        issuer: "https://id.example".to_owned(),
        audience: "maple".to_owned(),
        jwks: file.display().to_string(),
        ca: None,
        roles: "roles".to_owned(),
        localities: "localities".to_owned(),
    };
    Jwt::start(config).map(|jwt| Issuer { jwt, dir }).map_err(|fault| chain(&fault))
}

impl Issuer {
    fn prove(&self, text: &str) -> Result<Who, Reason> {
        self.jwt.prove(text, Timestamp::from_second(NOW).unwrap())
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example", "aud": "maple", "sub": "ana", "jti": "t-1", "exp": NOW + 300, "nbf": NOW - 10,
        "roles": ["evaluate", "auditor", "offline_access"], "localities": ["cn/zhejiang/**", "not a subtree"],
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name).unwrap();
    claims
}

#[test]
fn each_algorithm_proves_and_says_who_it_is() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let key = made("k1", algorithm);
        let issuer = issuer(&set(&[&key])).unwrap();
        let who = issuer.prove(&key.sign(&claims())).unwrap();
        assert_eq!((&*who.name, &*who.token), ("ana", "jwt t-1"), "{algorithm:?}");
        assert!(who.roles.has(Role::Evaluate) && who.roles.has(Role::Auditor) && !who.roles.has(Role::Admin));
        assert_eq!(who.scope, ["cn/zhejiang/**".parse().unwrap()]);
        assert_eq!(who.expires, Some(Timestamp::from_second(NOW + 300 + JWT_LEEWAY_SECONDS).unwrap()));
        // Words with spaces, a list of audiences, no id of the key where there is one only.
        let mut spoken = with("aud", json!(["other", "maple"]));
        spoken["roles"] = json!("author approver");
        spoken["localities"] = json!("cn/jiangsu ** ");
        let text = encode(&Header::new(algorithm), &spoken, &key.key).unwrap();
        let who = issuer.prove(&text).unwrap();
        assert!(who.roles.has(Role::Author) && who.roles.has(Role::Approver) && who.scope.len() == 2);
    }
}

#[test]
fn what_a_token_claims_must_be_for_this_service_and_for_now() {
    let key = made("k1", Algorithm::EdDSA);
    let issuer = issuer(&set(&[&key])).unwrap();
    let leeway = JWT_LEEWAY_SECONDS;
    let longest = "s".repeat(JWT_SUBJECT_BYTES_MAX);
    for (claims, refused) in [
        (with("aud", json!("other")), Some(Reason::Audience)),
        (with("aud", json!(["other"])), Some(Reason::Audience)),
        (with("aud", json!({ "maple": 1 })), Some(Reason::Audience)),
        (without("aud"), Some(Reason::Audience)),
        (with("iss", json!("https://evil.example")), Some(Reason::Issuer)),
        (with("iss", json!(["https://id.example"])), Some(Reason::Issuer)),
        (without("iss"), Some(Reason::Issuer)),
        (with("exp", json!(NOW - leeway + 1)), None),
        (with("exp", json!(NOW - leeway)), Some(Reason::Expired)),
        (with("exp", json!(0)), Some(Reason::Expired)),
        (with("exp", json!(1e300)), None),
        (with("exp", json!(-1)), Some(Reason::Malformed)),
        (with("exp", json!("tomorrow")), Some(Reason::Malformed)),
        (with("exp", json!(null)), Some(Reason::Malformed)),
        (without("exp"), Some(Reason::Endless)),
        (with("nbf", json!(NOW + leeway)), None),
        (with("nbf", json!(NOW + leeway + 1)), Some(Reason::Early)),
        (with("nbf", json!("later")), Some(Reason::Malformed)),
        (without("nbf"), None),
        (with("sub", json!(longest)), None),
        (with("sub", json!(format!("{longest}s"))), Some(Reason::Subject)),
        (with("sub", json!("")), Some(Reason::Subject)),
        (with("sub", json!("ana\nadmin")), Some(Reason::Subject)),
        (without("sub"), Some(Reason::Subject)),
        (with("jti", json!("with space")), None),
        (json!([1]), Some(Reason::Malformed)),
    ] {
        assert_eq!(issuer.prove(&key.sign(&claims)).err(), refused, "{claims}");
    }
    let nothing = issuer.prove(&key.sign(&without("roles"))).unwrap();
    assert!(nothing.roles.is_empty());
    assert!(issuer.prove(&key.sign(&without("localities"))).unwrap().scope.is_empty());
}

#[test]
fn forged_tokens_prove_nothing() {
    let (rsa, ec, ed) = (made("rsa", Algorithm::RS256), made("ec", Algorithm::ES256), made("ed", Algorithm::EdDSA));
    let issuer = issuer(&set(&[&rsa, &ec, &ed])).unwrap();
    let refused = |text: &str| issuer.prove(text).err();
    let good = ed.sign(&claims());
    assert_eq!(refused(&good), None);
    let (head, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = head.split_once('.').unwrap();

    // Another payload under the same signature; no signature; one of another's key.
    let payload = URL_SAFE_NO_PAD.encode(with("sub", json!("admin")).to_string());
    assert_eq!(refused(&format!("{header}.{payload}.{signature}")), Some(Reason::Signature));
    assert_eq!(refused(&format!("{head}.")), Some(Reason::Signature));
    let stranger = made("ed", Algorithm::EdDSA);
    assert_eq!(refused(&stranger.sign(&claims())), Some(Reason::Signature));
    assert_eq!(refused(&made("other", Algorithm::EdDSA).sign(&claims())), Some(Reason::Key));

    // `none` in any spelling, and what is no token.
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "typ": "JWT", "kid": "ed" }).to_string());
        let payload = URL_SAFE_NO_PAD.encode(claims().to_string());
        assert_eq!(refused(&format!("{header}.{payload}.")), Some(Reason::Malformed), "{alg}");
    }
    for text in ["", ".", "..", "a.b.c", "a.b", &format!("{good}.x")] {
        assert!(refused(text).is_some(), "{text}");
    }

    // HMAC with the public key as its secret, in each form that somebody might take for it.
    for secret in [rsa.jwk["n"].as_str().unwrap().as_bytes(), set(&[&rsa]).as_bytes(), ed.jwk.to_string().as_bytes()] {
        let header = Header { kid: Some("rsa".to_owned()), ..Header::new(Algorithm::HS256) };
        let text = encode(&header, &claims(), &EncodingKey::from_secret(secret).unwrap()).unwrap();
        assert_eq!(refused(&text), Some(Reason::Algorithm));
    }

    // The key of one kind named for another's algorithm; a key of its own in the header; what must be understood.
    let header = Header { kid: Some("rsa".to_owned()), ..Header::new(Algorithm::EdDSA) };
    assert_eq!(refused(&encode(&header, &claims(), &ed.key).unwrap()), Some(Reason::Algorithm));
    let header = Header { kid: Some("rsa".to_owned()), ..Header::new(Algorithm::RS512) };
    assert_eq!(refused(&encode(&header, &claims(), &rsa.key).unwrap()), Some(Reason::Algorithm));
    let own = Some(serde_json::from_value(stranger.jwk.clone()).unwrap());
    let header = Header { kid: Some("ed".to_owned()), jwk: own, ..Header::new(Algorithm::EdDSA) };
    assert_eq!(refused(&encode(&header, &claims(), &stranger.key).unwrap()), Some(Reason::Signature));
    let crit = Some(vec!["exp2".to_owned()]);
    let header = Header { kid: Some("ed".to_owned()), crit, ..Header::new(Algorithm::EdDSA) };
    assert_eq!(refused(&encode(&header, &claims(), &ed.key).unwrap()), Some(Reason::Malformed));
    // Without a name there must be one key only for the algorithm.
    assert_eq!(refused(&encode(&Header::new(Algorithm::EdDSA), &claims(), &ed.key).unwrap()), None);
    let two = self::issuer(&set(&[&ed, &made("ed2", Algorithm::EdDSA)])).unwrap();
    let unnamed = encode(&Header::new(Algorithm::EdDSA), &claims(), &ed.key).unwrap();
    assert_eq!(two.prove(&unnamed).err(), Some(Reason::Key));
}

#[test]
fn a_set_of_keys_is_bounded_and_takes_only_keys_that_prove() {
    let key = made("k1", Algorithm::EdDSA);
    let changed = |name: &str, value: Value| {
        let mut jwk = key.jwk.clone();
        jwk[name] = value;
        json!({ "keys": [jwk] }).to_string()
    };
    let padded = |length: usize| format!("{}{}", set(&[&key]), " ".repeat(length - set(&[&key]).len()));
    let many = |count: usize| set(&vec![&key; count]);
    let short = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let (x, y) = short.der_bytes()[1..].split_at(48);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let none = Some("no key for RS256, ES256 or EdDSA");
    for (set, refused) in [
        (padded(JWKS_BYTES_MAX), None),
        (padded(JWKS_BYTES_MAX + 1), Some("more than 262144 bytes")),
        (many(JWKS_KEYS_MAX), None),
        (many(JWKS_KEYS_MAX + 1), Some("it has 65 keys")),
        (changed("use", json!("enc")), none),
        (changed("alg", json!("ES256")), none),
        (changed("alg", json!("EdDSA")), None),
        (changed("key_ops", json!(["encrypt"])), none),
        (changed("key_ops", json!(["verify"])), None),
        (json!({ "keys": [{ "kty": "oct", "kid": "k1", "k": "c2VjcmV0" }] }).to_string(), none),
        (json!({ "keys": [{ "kty": "RSA", "kid": "k1", "n": "AQAB", "e": "AQAB" }] }).to_string(), none),
        (json!({ "keys": [{ "kty": "EC", "crv": "P-384", "kid": "k1", "x": x, "y": y }] }).to_string(), none),
        (json!({ "keys": [{ "kty": "new" }, key.jwk] }).to_string(), None),
        ("{}".to_owned(), Some("missing field `keys`")),
        ("<html>".to_owned(), Some("no JSON Web Key Set")),
    ] {
        let told = issuer(&set).err();
        let shown: String = set.chars().take(120).collect();
        assert_eq!(told.is_some(), refused.is_some(), "{shown}: {told:?}");
        assert!(told.unwrap_or_default().contains(refused.unwrap_or_default()), "{shown}");
    }
    let config = JwtConfig { jwks: "http://id.example/keys".to_owned(), ..issuer(&set(&[&key])).unwrap().jwt.config };
    assert!(chain(&Jwt::start(config).unwrap_err()).contains("begins with https://"));
}

#[test]
fn a_key_that_is_new_in_the_set_is_taken_and_one_that_is_gone_proves_no_more() {
    let (old, new) = (made("2025", Algorithm::ES256), made("2026", Algorithm::ES256));
    let issuer = issuer(&set(&[&old])).unwrap();
    assert!(issuer.prove(&old.sign(&claims())).is_ok());
    assert_eq!(issuer.prove(&new.sign(&claims())).err(), Some(Reason::Key));
    fs::write(issuer.dir.path().join("jwks.json"), set(&[&new])).unwrap();
    let until = Instant::now() + Duration::from_secs(JWKS_RETRY_SECONDS + 5);
    while issuer.prove(&new.sign(&claims())).is_err() {
        assert!(Instant::now() < until, "the new key is never taken");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(issuer.prove(&old.sign(&claims())).err(), Some(Reason::Key));
    // What is broken from then on changes nothing.
    fs::write(issuer.dir.path().join("jwks.json"), "{}").unwrap();
    std::thread::sleep(Duration::from_secs(JWKS_RETRY_SECONDS + 1));
    assert!(issuer.prove(&new.sign(&claims())).is_ok());
}

#[test]
fn claims_may_lie_deeper() {
    let key = made("k1", Algorithm::EdDSA);
    let mut issuer = issuer(&set(&[&key])).unwrap();
    issuer.jwt.config.roles = "/realm_access/roles".to_owned();
    let who = issuer.prove(&key.sign(&with("realm_access", json!({ "roles": ["admin"] })))).unwrap();
    assert!(who.roles.has(Role::Admin) && !who.roles.has(Role::Evaluate));
}
