//! A registry: how it is reached, as whom, and how much it may say.

use std::time::{Duration, Instant};

use bytes::Bytes;
use maple_seal::Digest;
use oci_client::{
    Client,
    errors::{DigestError, OciDistributionError, OciErrorCode},
    manifest::{
        IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
        OciImageIndex,
    },
    secrets::RegistryAuth,
};
use tokio::{runtime::Runtime, time::timeout};
use tokio_stream::StreamExt;

use super::{
    super::remote::is_here,
    Address, Artifact, MANIFEST_BYTES_MAX,
    access::{ANSWER_WAIT, PASSWORD, UPLOAD_WAIT, Wait, authentication, config},
    artifact::EMPTY_BYTES,
};
use crate::{Failure, args::Access, load::chain, report};

/// How many artifacts may refer to one bundle where the registry keeps them as a list.
const REFERRERS_COUNT_MAX: usize = 1_000;
/// Bytes that are sent at a time.
const CHUNK_BYTES: usize = 1 << 20;
/// From how many bytes on a transfer is told.
const PROGRESS_BYTES_MIN: usize = 64 << 10;
/// How often a long transfer says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);
/// Letters of what a registry says that are shown.
const SAID_CHARS_MAX: usize = 500;
/// A registry.
pub(crate) struct Registry {
    host: String,
    /* Without TLS. */
    plain: bool,
    client: Client,
    runtime: Runtime,
}

impl Registry {
    /// Makes ready to speak to the registry of an address; nothing is sent yet.
    pub(crate) fn new(address: &Address, access: &Access, wait: Wait) -> Result<Self, Failure> {
        let host = address.registry().to_owned();
        let here = is_here(&host);
        // A registry on this machine has no TLS, unless somebody says whom to trust for it.
        let plain = access.insecure_http || (here && access.ca.is_none());
        let auth = authentication(access)?;
        if plain && !here {
            let password = if auth == RegistryAuth::Anonymous { "" } else { ", the password, too" };
            report::warning(&format!(
                "everything goes to {host} in the open{password}: whoever is on the way can read and change it; only \
                 the digests show what was changed"
            ));
        }
        maple_server::share_tls_provider();
        let config = config(&host, plain, access, wait)?;
        let unmade = |error: &dyn std::error::Error| {
            Failure::Unreachable(format!("cannot make ready to reach {host}: {}", chain(error)))
        };
        let client = Client::try_from(config).map_err(|error| unmade(&error))?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| unmade(&error))?;
        runtime.block_on(client.store_auth_if_needed(address.reference().resolve_registry(), &auth));
        Ok(Self { host, plain, client, runtime })
    }

    /// The bytes of a manifest, which have the digest that is said and that was asked for.
    pub(crate) fn manifest(&self, at: &Address) -> Result<Vec<u8>, Failure> {
        const KINDS: [&str; 4] = [
            OCI_IMAGE_MEDIA_TYPE,
            OCI_IMAGE_INDEX_MEDIA_TYPE,
            IMAGE_MANIFEST_MEDIA_TYPE,
            IMAGE_MANIFEST_LIST_MEDIA_TYPE,
        ];
        let reference = at.reference();
        let asked = self.client.pull_manifest_raw(&reference, &RegistryAuth::Anonymous, &KINDS);
        let (bytes, _) = self.within(ANSWER_WAIT, at, asked)?;
        if bytes.len() > MANIFEST_BYTES_MAX {
            return Err(wrong(&format!("the manifest of {at} has more than {MANIFEST_BYTES_MAX} bytes")));
        }
        let digest = Digest::of(&bytes);
        if at.digest().is_some_and(|asked| *asked != digest) {
            return Err(wrong(&format!("{} gives a manifest with the digest {digest} for {at}", self.host)));
        }
        Ok(bytes.into())
    }

    /// The bytes of a blob: as many as were said, with the digest that was said.
    pub(crate) fn blob(&self, at: &Address, digest: &Digest, size: usize) -> Result<Vec<u8>, Failure> {
        let (reference, name) = (at.reference(), digest.to_string());
        let mut bytes = Vec::new();
        let mut progress = Progress::new(size, format!("come from {}", self.host));
        let fetched: Result<Option<&str>, OciDistributionError> = self.runtime.block_on(async {
            let mut stream = self.client.pull_blob_stream(&reference, name.as_str()).await?;
            while let Some(part) = stream.next().await {
                let part = part?;
                if bytes.len() + part.len() > size {
                    return Ok(Some("more"));
                }
                bytes.extend_from_slice(&part);
                progress.add(part.len());
            }
            Ok((bytes.len() < size).then_some("fewer"))
        });
        let changed = || {
            wrong(&format!(
                "the bytes that {} gives for the layer of {at} do not have the digest {digest}: they were changed or \
                 cut there or on the way; take it from where it was packed, with `maple push`",
                self.host
            ))
        };
        match fetched {
            Ok(None) if Digest::of(&bytes) == *digest => Ok(bytes),
            Ok(None) => Err(changed()),
            Ok(Some(word)) => {
                Err(wrong(&format!("{} gives {word} than the {size} bytes that the manifest of {at} says", self.host)))
            }
            Err(OciDistributionError::DigestError(_)) => Err(changed()),
            // The stream compares the digest itself.
            Err(OciDistributionError::IoError(fault))
                if fault.get_ref().is_some_and(|fault| fault.is::<DigestError>()) =>
            {
                Err(changed())
            }
            Err(error) => Err(self.failed(at, &error)),
        }
    }

    /// Keeps an artifact by digest: its configuration, its layer and its manifest. Says whether the layer was new.
    pub(crate) fn keep(&self, at: &Address, artifact: &Artifact) -> Result<bool, Failure> {
        self.keep_blob(at, EMPTY_BYTES)?;
        let new = self.keep_blob(at, &artifact.layer)?;
        self.keep_manifest(&at.at(artifact.digest), &artifact.manifest)?;
        Ok(new)
    }

    /// Keeps a manifest under a name.
    pub(crate) fn keep_manifest(&self, at: &Address, manifest: &[u8]) -> Result<(), Failure> {
        self.put(at, manifest.to_vec(), OCI_IMAGE_MEDIA_TYPE)
    }

    /// Makes sure that a registry lists an artifact among those that refer to a bundle. Registries that know
    /// `subject` do so by themselves; for others the list is kept under the tag that the specification names.
    pub(crate) fn list(&self, at: &Address, bundle: &Artifact, artifact: &Artifact) -> Result<(), Failure> {
        let subject = at.at(bundle.digest);
        let mut index: OciImageIndex =
            self.within(ANSWER_WAIT, &subject, self.client.pull_referrers(&subject.reference(), None))?;
        let entry = artifact.entry();
        if index.manifests.iter().any(|listed| listed.digest == entry.digest) {
            return Ok(());
        }
        let list = at.tagged(bundle.digest.to_string().replace(':', "-"));
        if index.manifests.len() >= REFERRERS_COUNT_MAX {
            return Err(Failure::Input(format!(
                "{list} lists {} artifacts, and at most {REFERRERS_COUNT_MAX} are kept; take old ones away in the \
                 registry",
                index.manifests.len()
            )));
        }
        index.manifests.push(entry);
        index.media_type = Some(OCI_IMAGE_INDEX_MEDIA_TYPE.to_owned());
        let unwritten = |error| Failure::Unreachable(format!("cannot write the list of signatures: {error}"));
        self.put(&list, serde_json::to_vec(&index).map_err(unwritten)?, OCI_IMAGE_INDEX_MEDIA_TYPE)
    }

    fn put(&self, at: &Address, bytes: Vec<u8>, kind: &str) -> Result<(), Failure> {
        let reference = at.reference();
        let kind = kind.parse().map_err(|_| Failure::Unreachable(format!("`{kind}` is no type of a manifest")))?;
        self.within(ANSWER_WAIT, at, self.client.push_manifest_raw(&reference, bytes, kind)).map(drop)
    }

    fn keep_blob(&self, at: &Address, bytes: &[u8]) -> Result<bool, Failure> {
        let (reference, digest) = (at.reference(), Digest::of(bytes).to_string());
        let looked = self.client.blob_exists(&reference, &digest);
        let there = self.runtime.block_on(async { timeout(ANSWER_WAIT, looked).await });
        // Some registries answer a look without a token with 401; what is sent then says why.
        if matches!(there, Ok(Ok(true))) {
            return Ok(false);
        }
        let mut progress = Progress::new(bytes.len(), format!("go to {}", self.host));
        let chunks: Vec<Bytes> = bytes.chunks(CHUNK_BYTES).map(Bytes::copy_from_slice).collect();
        let stream = tokio_stream::iter(chunks).map(move |chunk| {
            progress.add(chunk.len());
            Ok(chunk)
        });
        let size = Some(bytes.len() as u64);
        self.within(UPLOAD_WAIT, at, self.client.push_blob_stream(&reference, stream, &digest, size))?;
        Ok(true)
    }

    fn within<T>(
        &self,
        wait: Duration,
        at: &Address,
        asked: impl Future<Output = Result<T, OciDistributionError>>,
    ) -> Result<T, Failure> {
        let late = |_| Failure::Unreachable(format!("{} gives no answer within {} s", self.host, wait.as_secs()));
        // The timer is made within the runtime.
        let answer = self.runtime.block_on(async { timeout(wait, asked).await }).map_err(late)?;
        answer.map_err(|error| self.failed(at, &error))
    }

    /// Why a registry did not do what it was asked.
    fn failed(&self, at: &Address, error: &OciDistributionError) -> Failure {
        use OciDistributionError as Error;
        let host = &self.host;
        let said = |text: &str| -> String {
            text.chars().filter(|letter| !letter.is_control()).take(SAID_CHARS_MAX).collect()
        };
        let codes = |codes: &[OciErrorCode]| match error {
            Error::RegistryError { envelope, .. } => envelope.errors.iter().any(|one| codes.contains(&one.code)),
            _ => false,
        };
        let status = match error {
            Error::UnauthorizedError { .. } | Error::AuthenticationFailure(_) => Some(401),
            Error::ServerError { code, .. } => Some(*code),
            Error::RequestError(error) => error.status().map(|status| status.as_u16()),
            _ => None,
        };
        if matches!(status, Some(401 | 403)) || codes(&[OciErrorCode::Unauthorized, OciErrorCode::Denied]) {
            return Failure::Input(format!(
                "{host} does not let you at {at}; who asks is taken from MAPLE_REGISTRY_USER or `--user`, and the \
                 password from {PASSWORD} or `--password-file`; a registry whose sign-in has no TLS is given none"
            ));
        }
        let unknown = [OciErrorCode::ManifestUnknown, OciErrorCode::NameUnknown, OciErrorCode::NotFound];
        if codes(&unknown) || status == Some(404) {
            return Failure::Input(format!(
                "{host} has no {at}; `maple push` prints the address of what it keeps, with tag and digest"
            ));
        }
        match error {
            Error::DigestError(fault) => {
                wrong(&format!("what {host} gives for {at} is not what its digest says: {}", said(&chain(fault))))
            }
            Error::RequestError(fault) if !self.plain && fault.url().is_some_and(|url| url.scheme() == "http") => {
                let to = fault.url().and_then(|url| url.host_str()).map(said).unwrap_or_default();
                Failure::Unreachable(format!(
                    "{host} has TLS and points to `http://{to}`, where nothing is sent to; whoever runs it tells it its \
                     own address, which begins with `https://`"
                ))
            }
            Error::RequestError(fault) if fault.is_connect() => Failure::Unreachable(format!(
                "cannot reach the registry at {host}: {}; is it running? One without TLS needs `--insecure-http`, one \
                 with its own authority `--ca FILE`",
                said(&chain(error))
            )),
            _ => Failure::Unreachable(format!("{host} did not do it: {}", said(&chain(error)))),
        }
    }
}

/// How far a transfer is.
struct Progress {
    size: usize,
    done: usize,
    doing: String,
    told: Instant,
}

impl Progress {
    fn new(size: usize, doing: String) -> Self {
        // What is smaller is there at once.
        if size >= PROGRESS_BYTES_MIN {
            report::progress(&format!("{} kB {doing}", size.div_ceil(1_000)));
        }
        Self { size, done: 0, doing, told: Instant::now() }
    }

    fn add(&mut self, bytes: usize) {
        self.done += bytes;
        if self.told.elapsed() >= PROGRESS_EVERY && self.done < self.size {
            self.told = Instant::now();
            let (done, size) = (self.done.div_ceil(1_000), self.size.div_ceil(1_000));
            report::progress(&format!("{done} of {size} kB {}", self.doing));
        }
    }
}

/// What is kept there is not what it should be: said, and the command fails.
pub(crate) fn wrong(text: &str) -> Failure {
    report::said(false, text);
    Failure::Wrong
}
