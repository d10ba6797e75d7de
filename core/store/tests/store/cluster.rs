//! A private PostgreSQL server that ends with the tests; other rooms' tests use it, too.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A private PostgreSQL server, on a socket in a folder of its own.
pub(crate) struct Cluster {
    dir: PathBuf,
    programs: PathBuf,
    server: Option<(Child, ChildStdin)>,
    /// What else the server is told.
    options: Vec<String>,
}

impl Cluster {
    /// Starts a server, or says aloud that there is none; where services are required that is a failure.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "PostgreSQL is required and not installed");
            eprintln!("SKIPPED: PostgreSQL is not installed (apt-get install postgresql); tested on SQLite alone");
            return None;
        };
        let dir = tempfile::Builder::new().prefix("maple-pg").tempdir().unwrap().keep();
        let mut cluster = Self { dir, programs, server: None, options: Vec::new() };
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(&cluster.dir).status().unwrap().success());
        }
        let data = cluster.dir.join("data");
        let mut made = cluster.as_user("initdb");
        made.args(["-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C", "-D"]).arg(&data);
        let made = made.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        cluster.resume();
        Some(cluster)
    }

    /// Starts the server, which ends when this process does: its keeper waits on a pipe.
    pub(crate) fn resume(&mut self) {
        let keeper = "\"$@\" & pid=$!; read -r word; kill -${word:-QUIT} $pid 2>/dev/null; wait $pid; \
                      [ -n \"$word\" ] || rm -rf \"$MAPLE_PG_DIR\"";
        let fsync = if env::var_os("MAPLE_MEASURE").is_some() { "fsync=on" } else { "fsync=off" };
        let mut server = self.as_user("postgres");
        server.arg("-D").arg(self.dir.join("data")).arg("-k").arg(&self.dir);
        server.args(["-c", "listen_addresses=", "-c", fsync, "-c", "max_connections=100"]);
        for option in &self.options {
            server.args(["-c", option]);
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", keeper, "keeper"]).arg(server.get_program()).args(server.get_args());
        shell.env("MAPLE_PG_DIR", &self.dir).stdin(Stdio::piped()).stdout(Stdio::null());
        shell.stderr(fs::File::create(self.dir.join("log")).unwrap());
        let mut child = shell.spawn().unwrap();
        let pipe = child.stdin.take().unwrap();
        self.server = Some((child, pipe));
        let began = Instant::now();
        while let Err(error) = postgres::Client::connect(&self.url("postgres"), postgres::NoTls) {
            let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
            assert!(began.elapsed() < Duration::from_secs(60), "{error:?}\n{log}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills the server, as a loss of power does.
    pub(crate) fn kill(&mut self) {
        let (mut child, mut pipe) = self.server.take().unwrap();
        pipe.write_all(b"QUIT\n").unwrap();
        child.wait().unwrap();
    }

    pub(crate) fn url(&self, base: &str) -> String {
        let host = self.dir.display().to_string().replace('/', "%2F");
        let port = self.options.iter().find_map(|option| option.strip_prefix("port=")).unwrap_or("5432");
        format!("postgres://postgres@{host}:{port}/{base}")
    }

    /// The socket on which it listens.
    #[allow(dead_code, reason = "not every room's tests cut the wire")]
    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.join(".s.PGSQL.5432")
    }

    /// Starts it anew with TLS on the network, and nothing but that there; gives its port.
    #[allow(dead_code, reason = "only the store's own tests ask for it")]
    pub(crate) fn encrypt(&mut self, certificate: &str, key: &str) -> u16 {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let data = self.dir.join("data");
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            fs::write(data.join(name), text).unwrap();
            assert!(Command::new("chmod").arg("600").arg(data.join(name)).status().unwrap().success());
            if is_root() {
                assert!(Command::new("chown").arg("postgres").arg(data.join(name)).status().unwrap().success());
            }
        }
        fs::write(data.join("pg_hba.conf"), "local all all trust\nhostssl all all 127.0.0.1/32 trust\n").unwrap();
        self.kill();
        self.options = vec!["ssl=on".into(), "listen_addresses=127.0.0.1".into(), format!("port={port}")];
        self.resume();
        port
    }

    pub(crate) fn run(&self, statement: &str) {
        postgres::Client::connect(&self.url("postgres"), postgres::NoTls).unwrap().batch_execute(statement).unwrap();
    }

    /// PostgreSQL refuses to run as root.
    fn as_user(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some((mut child, pipe)) = self.server.take() {
            drop(pipe);
            let _ = child.wait();
        }
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0"
}

/// Where `initdb` and `postgres` are: on the path, or where Debian puts them.
fn programs() -> Option<PathBuf> {
    let has = |dir: &Path| dir.join("initdb").exists() && dir.join("postgres").exists();
    let on_path = env::var_os("PATH").and_then(|path| env::split_paths(&path).find(|dir| has(dir)));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).filter(|dir| has(dir)).collect();
    installed.sort();
    on_path.or(installed.pop())
}
