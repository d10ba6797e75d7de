//! `oci://HOST[:PORT]/REPOSITORY[:TAG|@sha256:…]`: where a bundle is kept.

use std::fmt;

use maple_seal::Digest;
use oci_client::Reference;

use crate::Failure;

/// Bytes of a repository's name, as registries count.
const REPOSITORY_BYTES_MAX: usize = 255;
/// Bytes of a tag, as the specification counts.
const TAG_BYTES_MAX: usize = 128;
/// Bytes of an address that are shown.
const SHOWN_CHARS_MAX: usize = 300;
const SCHEME: &str = "oci://";
const FORM: &str = "write it like oci://registry.example:5000/rules/zhejiang:1.4.0";

/// Where a bundle is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    registry: String,
    repository: String,
    name: Name,
}

/// Which of a repository's bundles.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Tag(String),
    Digest(Digest),
}

impl Address {
    /// Reads what was typed.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and how it is written.
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        parse(text).map_err(|why| {
            // What stands before an `@` that begins no digest is a secret that was typed where it does not belong.
            let after = |(at, _): (usize, &str)| text.get(at + 1..).filter(|after| !after.starts_with("sha"));
            let shown = text.match_indices('@').filter_map(after).next_back().unwrap_or(text);
            let shown: String = shown.chars().filter(|letter| !letter.is_control()).take(SHOWN_CHARS_MAX).collect();
            Failure::Input(format!("`{shown}` is no address of a bundle: {why}; {FORM}"))
        })
    }

    /// Host and port.
    pub(crate) fn registry(&self) -> &str {
        &self.registry
    }

    /// The last word of the repository.
    pub(crate) fn short_name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or(&self.repository)
    }

    /// The digest, where it is the name.
    pub(crate) fn digest(&self) -> Option<&Digest> {
        match &self.name {
            Name::Digest(digest) => Some(digest),
            Name::Tag(_) => None,
        }
    }

    /// The same repository by another name.
    pub(crate) fn tagged(&self, tag: String) -> Self {
        Self { name: Name::Tag(tag), ..self.clone() }
    }

    /// The same repository by digest.
    pub(crate) fn at(&self, digest: Digest) -> Self {
        Self { name: Name::Digest(digest), ..self.clone() }
    }

    /// As `oci-client` has it.
    pub(super) fn reference(&self) -> Reference {
        let (registry, repository) = (self.registry.clone(), self.repository.clone());
        match &self.name {
            Name::Tag(tag) => Reference::with_tag(registry, repository, tag.clone()),
            // Asked for by digest all the same; where a registry names no location, `oci-client` cuts the tag off the
            // path and would find none.
            Name::Digest(digest) => {
                Reference::with_tag_and_digest(registry, repository, digest.to_string(), digest.to_string())
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.registry, self.repository)?;
        match &self.name {
            Name::Tag(tag) => write!(f, ":{tag}"),
            Name::Digest(digest) => write!(f, "@{digest}"),
        }
    }
}

fn parse(text: &str) -> Result<Address, String> {
    let Some(rest) = text.strip_prefix(SCHEME) else {
        return Err(if text.starts_with("http://") || text.starts_with("https://") {
            "it begins with `oci://` whatever the registry speaks; `--insecure-http` is for one without TLS".to_owned()
        } else {
            "it begins with `oci://`".to_owned()
        });
    };
    let (registry, path) = rest.split_once('/').unwrap_or((rest, ""));
    host(registry)?;
    let (path, digest) = match path.split_once('@') {
        Some((path, digest)) => (path, Some(digest)),
        None => (path, None),
    };
    let (repository, tag) = match path.split_once(':') {
        Some((repository, tag)) => (repository, Some(tag)),
        None => (path, None),
    };
    check_repository(repository)?;
    let name = match (tag, digest) {
        (Some(_), Some(_)) => return Err("it has a tag and a digest; name one of them".to_owned()),
        (None, Some(digest)) => Name::Digest(digest.parse().map_err(|_| {
            "what follows `@` is no digest; one is `sha256:` and 64 small hexadecimal digits".to_owned()
        })?),
        (Some(tag), None) => Name::Tag(check_tag(tag)?.to_owned()),
        (None, None) => Name::Tag("latest".to_owned()),
    };
    Ok(Address { registry: registry.to_owned(), repository: repository.to_owned(), name })
}

fn host(registry: &str) -> Result<(), String> {
    if registry.contains('@') {
        return Err(
            "a user or password does not belong into it; set MAPLE_REGISTRY_USER and MAPLE_REGISTRY_PASSWORD, \
                    or name `--password-file`"
                .to_owned(),
        );
    }
    let (host, port) = match registry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, after)) => {
            v6.parse::<std::net::Ipv6Addr>().map_err(|_| format!("`[{v6}]` is no IPv6 address"))?;
            ("v6", if after.is_empty() { None } else { Some(after.strip_prefix(':').unwrap_or("")) })
        }
        None => registry.split_once(':').map_or((registry, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err("the registry's host is missing".to_owned());
    }
    let fits = |part: &str| {
        let inner = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_';
        !part.is_empty() && part.bytes().all(inner) && !part.starts_with('-') && !part.ends_with('-')
    };
    if !host.split('.').all(fits) {
        return Err("the registry's host has letters, digits, `-` and `.`".to_owned());
    }
    if port
        .is_some_and(|port| !port.bytes().all(|digit| digit.is_ascii_digit()) || port.parse::<u16>().unwrap_or(0) == 0)
    {
        return Err("the port is a number from 1 to 65535".to_owned());
    }
    Ok(())
}

fn check_repository(repository: &str) -> Result<(), String> {
    if repository.is_empty() {
        return Err("the repository is missing".to_owned());
    }
    if repository.len() > REPOSITORY_BYTES_MAX {
        return Err(format!("the repository has more than {REPOSITORY_BYTES_MAX} characters"));
    }
    // Small letters and digits, between which there may be `.`, `_`, `__` or dashes.
    let fits = |part: &str| {
        let sign = |letter: char| matches!(letter, '.' | '_' | '-');
        let between = |text: &str| {
            matches!(text, "." | "_" | "__") || (!text.is_empty() && text.bytes().all(|letter| letter == b'-'))
        };
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        !part.is_empty()
            && part.chars().all(|letter| plain(letter) || sign(letter))
            && !part.starts_with(sign)
            && !part.ends_with(sign)
            && part.split(plain).filter(|text| !text.is_empty()).all(between)
    };
    if repository.split('/').all(fits) {
        Ok(())
    } else {
        Err("the repository has small letters and digits, with `.`, `_` or `-` between them, and `/` between its parts"
            .to_owned())
    }
}

fn check_tag(tag: &str) -> Result<&str, String> {
    let letter = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'.' | b'-');
    let fits = (1..=TAG_BYTES_MAX).contains(&tag.len()) && tag.bytes().all(letter) && !tag.starts_with(['.', '-']);
    if fits {
        return Ok(tag);
    }
    Err(format!(
        "a tag has 1 to {TAG_BYTES_MAX} letters, digits, `_`, `.` and `-`, and begins with none of the last two"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        let digest = format!("sha256:{}", "a1".repeat(32));
        let (long, tag) = ("a".repeat(REPOSITORY_BYTES_MAX), "t".repeat(TAG_BYTES_MAX));
        for (typed, meant) in [
            ("oci://r.example/rules".to_owned(), "oci://r.example/rules:latest".to_owned()),
            ("oci://r.example/a/b-c__d.e:1.4.0".to_owned(), "oci://r.example/a/b-c__d.e:1.4.0".to_owned()),
            ("oci://127.0.0.1:5000/a---b:V_1".to_owned(), "oci://127.0.0.1:5000/a---b:V_1".to_owned()),
            ("oci://[::1]:5000/a".to_owned(), "oci://[::1]:5000/a:latest".to_owned()),
            (format!("oci://r:65535/a@{digest}"), format!("oci://r:65535/a@{digest}")),
            (format!("oci://r/{long}:{tag}"), format!("oci://r/{long}:{tag}")),
        ] {
            assert_eq!(Address::read(&typed).unwrap().to_string(), meant);
        }
    }

    #[test]
    fn a_bad_address_says_what_is_wrong_and_shows_no_secret() {
        let digest = format!("sha256:{}", "a1".repeat(32));
        let (long, tag) = ("a".repeat(REPOSITORY_BYTES_MAX + 1), "t".repeat(TAG_BYTES_MAX + 1));
        for (typed, why) in [
            ("rules/zhejiang:1", "begins with `oci://`"),
            ("https://r.example/a", "begins with `oci://`"),
            ("http://r.example/a", "`--insecure-http`"),
            ("http://me:hush@r.example/a", "`--insecure-http`"),
            ("oci://", "host is missing"),
            ("oci:///a", "host is missing"),
            ("oci://r.example", "repository is missing"),
            ("oci://r.example/", "repository is missing"),
            ("oci://r.example/:1", "repository is missing"),
            ("oci://me:hush@r.example/a", "MAPLE_REGISTRY_PASSWORD"),
            ("oci://me:hu/sh@r.example/a", "port"),
            (&format!("oci://me:hush@r.example/a@{digest}"), "MAPLE_REGISTRY_PASSWORD"),
            ("oci://r example/a", "the registry's host has"),
            ("oci://-r/a", "the registry's host has"),
            ("oci://[::g]/a", "no IPv6 address"),
            ("oci://[::1]5000/a", "port"),
            ("oci://r:0/a", "port"),
            ("oci://r:65536/a", "port"),
            ("oci://r:/a", "port"),
            ("oci://r/A", "small letters"),
            ("oci://r/a//b", "small letters"),
            ("oci://r/a/", "small letters"),
            ("oci://r/../a", "small letters"),
            ("oci://r/a___b", "small letters"),
            ("oci://r/a.-b", "small letters"),
            ("oci://r/a?b", "small letters"),
            ("oci://r/a:", "a tag has"),
            ("oci://r/a:.b", "a tag has"),
            ("oci://r/a:b/c", "a tag has"),
            ("oci://r/a@", "no digest"),
            ("oci://r/a@sha256:00", "no digest"),
            ("oci://r/a@sha512:00", "no digest"),
            (&format!("oci://r/a:b@{digest}"), "tag and a digest"),
            (&format!("oci://r/a@{}", digest.to_uppercase()), "no digest"),
            (&format!("oci://r/{long}"), "more than 255"),
            (&format!("oci://r/a:{tag}"), "a tag has 1 to 128"),
        ] {
            let Err(Failure::Input(said)) = Address::read(typed) else { panic!("`{typed}` was taken") };
            assert!(said.contains(why) && said.contains("write it like oci://") && !said.contains("hush"), "{said}");
        }
    }
}
