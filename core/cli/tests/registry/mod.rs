//! A private OCI registry, Debian's `docker-registry`, that ends with the tests.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::panic, reason = "a test that meets the unexpected fails")]

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use maple_seal::Digest;
use tempfile::TempDir;

/// How it serves.
#[derive(Default)]
pub struct Manner {
    /// Lines of its configuration that say who may ask.
    pub auth: String,
    /// The address that it believes to have.
    pub believed: Option<&'static str>,
    /// Files with its certificate and key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// On all addresses of this machine, not on loopback alone.
    pub open: bool,
}

/// A registry on a free port, in a folder of its own.
pub struct Registry {
    dir: TempDir,
    pub port: u16,
    server: Option<(Child, ChildStdin)>,
}

impl Registry {
    /// Starts one, or says aloud that there is none; where services are required that is a failure.
    pub fn start(manner: &Manner) -> Option<Self> {
        let is_there = |dir: &Path| dir.join("docker-registry").exists();
        let found = env::var_os("PATH").and_then(|path| env::split_paths(&path).find(|dir| is_there(dir)));
        let Some(found) = found else {
            assert!(env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "docker-registry is required and not installed");
            eprintln!("SKIPPED: docker-registry is not installed (apt-get install docker-registry)");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let host = if manner.open { "0.0.0.0" } else { "127.0.0.1" };
        let tls = manner.tls.as_ref().map_or_else(String::new, |(certificate, key)| {
            format!("  tls:\n    certificate: {}\n    key: {}\n", certificate.display(), key.display())
        });
        let believed = manner.believed.map_or_else(String::new, |address| format!("  host: {address}\n"));
        let config = format!(
            "version: 0.1\nlog:\n  level: warn\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: \
             {host}:{port}\n{tls}{believed}{}\n",
            dir.path().join("kept").display(),
            manner.auth
        );
        fs::write(dir.path().join("config.yml"), config).unwrap();
        // It ends when this process does: its keeper waits on a pipe.
        let keeper = "\"$@\" & pid=$!; read -r _; kill $pid 2>/dev/null; wait $pid";
        let mut shell = Command::new("sh");
        shell.args(["-c", keeper, "keeper"]).arg(found.join("docker-registry")).arg("serve");
        shell.arg(dir.path().join("config.yml")).stdin(Stdio::piped()).stdout(Stdio::null());
        shell.stderr(fs::File::create(dir.path().join("log")).unwrap());
        let mut child = shell.spawn().unwrap();
        let pipe = child.stdin.take().unwrap();
        let registry = Self { dir, port, server: Some((child, pipe)) };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = fs::read_to_string(registry.dir.path().join("log")).unwrap_or_default();
            assert!(began.elapsed() < Duration::from_secs(30), "{log}");
            thread::sleep(Duration::from_millis(20));
        }
        Some(registry)
    }

    /// One without TLS that lets everybody in.
    pub fn plain() -> Option<Self> {
        Self::start(&Manner::default())
    }

    /// The address of what is kept under a name.
    pub fn at(&self, name: &str) -> String {
        format!("oci://127.0.0.1:{}/{name}", self.port)
    }

    /// Where a blob lies on its disk.
    pub fn file(&self, digest: &str) -> PathBuf {
        let hex = digest.strip_prefix("sha256:").unwrap();
        let blobs = self.dir.path().join("kept/docker/registry/v2/blobs/sha256");
        blobs.join(hex.get(..2).unwrap()).join(hex).join("data")
    }

    /// What it answers to a path: status and body.
    pub fn get(&self, path: &str) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let kinds = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";
        let mut answer = agent.get(url).header("accept", kinds).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// Keeps a blob; gives its digest.
    pub fn keep_blob(&self, repository: &str, bytes: &[u8]) -> String {
        let (agent, digest) = (ureq::agent(), Digest::of(bytes).to_string());
        let url = format!("http://127.0.0.1:{}/v2/{repository}/blobs/uploads/", self.port);
        let begun = agent.post(url).send_empty().unwrap();
        let location = begun.headers().get("location").unwrap().to_str().unwrap().to_owned();
        let kind = "application/octet-stream";
        agent.put(format!("{location}&digest={digest}")).header("content-type", kind).send(bytes).unwrap();
        digest
    }

    /// Keeps a manifest of a type under a name.
    pub fn keep_manifest(&self, repository: &str, name: &str, kind: &str, manifest: &str) {
        let url = format!("http://127.0.0.1:{}/v2/{repository}/manifests/{name}", self.port);
        ureq::put(url).header("content-type", kind).send(manifest).unwrap();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        if let Some((mut child, pipe)) = self.server.take() {
            drop(pipe);
            let _ = child.wait();
        }
    }
}

/// A port on which nothing listens.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
