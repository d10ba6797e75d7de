//! `maple serve`: the server.

mod watch;

use std::{
    fs::DirBuilder, io::ErrorKind, net::SocketAddr, os::unix::fs::DirBuilderExt, path::Path, sync::Arc, time::Instant,
};

use anstream::println;
use maple_kernel::Ruleset;
use maple_seal::{REFERENCE_KEY_BYTES, ReferenceKey, Signer};
use maple_server::{
    Access, App, Authentication, BeginError, Config, Control, Followed, Governance, Jwt, Records, SHAPE_PROPERTY,
    SHAPES_BYTES_MAX, Serving, Shapes, ShapesFault, SharedPlugins, SystemClock, Tls, is_public, read_signing_key,
};
use maple_store::{Mode, Store};
use tokio::{net::TcpListener, sync::oneshot};
use tracing_subscriber::EnvFilter;

use crate::{
    Failure,
    args::{Audit, Serve},
    commands::{EXAMPLE, keys, refused, stop},
    config::{MapFile, Settings},
    load::{self, Loaded, chain},
    report,
};

/// Bytes of the file with the key for references that are looked at.
const REFERENCE_KEY_FILE_BYTES_MAX: usize = 4 * REFERENCE_KEY_BYTES;
/// Names of a map that are told when they are no places.
const PLACES_TOLD_MAX: usize = 5;

/// Serves until told to stop.
pub(crate) fn run(args: Serve) -> Result<(), Failure> {
    serve(Settings::new(args)?, "info", |_, _| {})
}

/// Serves until told to stop, or until who was told that it serves says that something failed. What is less than `log`
/// is not logged unless the environment asks for it.
pub(super) fn serve(
    settings: Settings,
    log: &str,
    ready: impl FnOnce(SocketAddr, oneshot::Sender<Failure>),
) -> Result<(), Failure> {
    let started = Instant::now();
    log_to_stderr(log);
    let listen: SocketAddr = settings.listen.parse().map_err(|_| {
        let listen = &settings.listen;
        Failure::Input(format!("`{listen}` is not an address and a port; write one such as 127.0.0.1:8080"))
    })?;
    let authentication =
        Authentication::on(listen, settings.authentication).map_err(|error| Failure::Input(error.to_string()))?;
    signatures(&settings, listen)?;
    let tls = tls(&settings)?;
    let guarded = authentication == Authentication::Required;
    let jwt = jwt(&settings, guarded)?;
    let watched = settings.watch.then(|| watch::Watched::new(&settings));
    let loaded = load(&settings)?;
    let shapes = settings.map.as_ref().map(|map| shapes(map, &loaded.compiled.ruleset)).transpose()?.map(Arc::new);
    // Nothing is recorded before it is sure that it can be served.
    let listener = std::net::TcpListener::bind(listen)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|error| Failure::Unreachable(format!("cannot listen on `{listen}`: {error}")))?;
    let store = Arc::new(open(&settings)?);
    if store.is_readable_on_the_way() {
        tracing::warn!(
            "What is kept goes to the database as anybody on the way can read it; `sslmode=verify-full` in \
             `MAPLE_DATABASE` encrypts it."
        );
    }
    let Settings { governance, .. } = settings;
    let settings = Settings { governance: Governance::default(), ..settings };
    if governance.trust.is_none() {
        report::warning("bundles are taken without a signature; `[[trust]]` in the configuration says who may sign");
    }
    let four_eyes = !governance.four_eyes.is_empty();
    if four_eyes && authentication == Authentication::Off {
        return Err(Failure::Input(
            "configuration: `four-eyes` needs to know who asks; set `authentication = \"required\"`".to_owned(),
        ));
    }
    let plugins: SharedPlugins = Arc::clone(&loaded.sandbox) as SharedPlugins;
    let control = Control::new(Arc::clone(&store), plugins, &settings.node, governance);
    let left_out: Vec<String> = loaded.compiled.left_out.iter().map(ToString::to_string).collect();
    let sandbox = Arc::clone(&loaded.sandbox);
    let serving = begin(&settings, &control, loaded)?;
    let records = records(&settings, &store)?;
    let access = if guarded { Some(access(&store, jwt)?) } else { None };
    let way_in = WayIn { guarded, tls: tls.is_some() };
    let reference_key = settings.reference_key.as_deref().map(reference_key).transpose()?.map(Arc::new);
    let config = Config { listen, access, tls, reference_key, shapes, ..settings.service.clone() };
    let runtime = maple_server::runtime(&config).map_err(|error| Failure::Unreachable(error.to_string()))?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener).map_err(|error| Failure::Unreachable(error.to_string()))?;
        let address = listener.local_addr().map_err(|error| Failure::Unreachable(error.to_string()))?;
        let (summary, generation) = (summary(&serving), serving.activation().generation);
        let app = App::keeping(config, Arc::new(SystemClock), sandbox, serving, records, Some(control));
        let _followed = Followed::start(&app).map_err(|error| Failure::Unreachable(error.to_string()))?;
        let _watching = watched.map(|watched| watch::start(watched, &app)).transpose()?;
        println!("{summary}, generation {generation}, ready in {} ms", started.elapsed().as_millis());
        welcome(address, way_in, &left_out);
        let (failed, failure) = oneshot::channel();
        ready(address, failed);
        let mut why = None;
        let until = async {
            tokio::select! {
                () = stop() => {}
                // Nobody is left who could say so: it serves on.
                Ok(failure) = failure => why = Some(failure),
            }
        };
        let served = maple_server::serve(app, listener, until).await;
        served.map_err(|error| Failure::Unreachable(error.to_string()))?;
        why.map_or(Ok(()), Err)
    })
}

/// Whether bundles need a signature is said where others could bring one; alone on this machine they need none.
fn signatures(settings: &Settings, listen: SocketAddr) -> Result<(), Failure> {
    let reached = if is_public(listen) {
        format!("`{listen}` can be reached by others")
    } else if settings.database.starts_with("sqlite://") {
        return Ok(());
    } else {
        "the database is shared".to_owned()
    };
    match (settings.governance.trust.is_some(), settings.unsigned) {
        (false, false) => Err(Failure::Input(format!(
            "{reached}, and nothing says who may sign policies: write `[[trust]]` with their public keys into the \
             configuration (`maple keys new`, `maple sign`), or `unsigned = true` (`--unsigned`) to take policies that \
             nobody signed"
        ))),
        (true, true) => Err(Failure::Input(
            "configuration: `unsigned = true` and `[[trust]]` contradict each other; take one of them out".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// What is to serve first: the folder, or what was activated since it was last taken in.
fn begin(settings: &Settings, control: &Control, loaded: Loaded) -> Result<Serving, Failure> {
    let archive = loaded.signed(&settings.policies)?;
    let Loaded { bundle, compiled, .. } = loaded;
    let archive = || load::write(&archive).map_err(Begin::Failure);
    control.begin(bundle, compiled, settings.take, archive, &SystemClock).map_err(|begin| match begin {
        Begin::Failure(failure) => failure,
        Begin::Refused(error) => Failure::Unreachable(format!(
            "{}; `--take-policies` puts the policies of the folder in force in its place",
            chain(&error)
        )),
    })
}

enum Begin {
    Failure(Failure),
    Refused(BeginError),
}

impl From<BeginError> for Begin {
    fn from(error: BeginError) -> Self {
        Self::Refused(error)
    }
}

/// Certificate and key, where connections are to be secured.
fn tls(settings: &Settings) -> Result<Option<Arc<Tls>>, Failure> {
    let Some((certificate, key)) = settings.tls.clone() else { return Ok(None) };
    Tls::load(certificate, key).map(|tls| Some(Arc::new(tls))).map_err(unreachable)
}

/// Who proves JWTs, where they are taken.
fn jwt(settings: &Settings, guarded: bool) -> Result<Option<Jwt>, Failure> {
    let Some(config) = settings.jwt.clone() else { return Ok(None) };
    if !guarded {
        return Err(Failure::Input(
            "configuration: `[jwt]` is of no use while nobody has to show a token; write `authentication = \"required\"`, \
             or take the table out"
                .to_owned(),
        ));
    }
    Jwt::start(config).map(Some).map_err(unreachable)
}

/// Who may do what.
fn access(store: &Arc<Store>, jwt: Option<Jwt>) -> Result<Arc<Access>, Failure> {
    if jwt.is_none() && store.tokens().map_err(unreachable)?.is_empty() {
        report::warning(
            "nobody has a token yet, so everybody is turned away; `maple tokens create` makes one, also while this serves",
        );
    }
    let access = Access::new(Arc::clone(store), Arc::new(SystemClock)).map_err(unreachable)?;
    Ok(Arc::new(match jwt {
        Some(jwt) => access.with_jwt(jwt),
        None => access,
    }))
}

fn from(settings: &Settings) -> load::From<'_> {
    load::From {
        policies: &settings.policies,
        plugins: settings.plugins.as_deref(),
        state: Some(&settings.state),
        keep_going: settings.keep_going,
        diary: false,
        tables: false,
    }
}

fn load(settings: &Settings) -> Result<Loaded, Failure> {
    let loaded = load::load(&from(settings)).map_err(refused)?;
    if !loaded.compiled.left_out.is_empty() {
        report::diagnostics(&loaded.compiled.problems, Some(&loaded.bundle), None);
    }
    Ok(loaded)
}

fn open(settings: &Settings) -> Result<Store, Failure> {
    if let Some(file) = settings.database.strip_prefix("sqlite://") {
        make_folder_of(Path::new(file))?;
    }
    Store::open_url(&settings.database).map_err(unreachable)
}

fn make_folder_of(file: &Path) -> Result<(), Failure> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    let unmade = |error| Failure::Unreachable(format!("cannot make the folder `{}`: {error}", folder.display()));
    // It will hold cases and a key.
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unmade)
}

fn unreachable(error: impl std::error::Error) -> Failure {
    Failure::Unreachable(chain(&error))
}

/// Where decisions are kept, signed with the key of this node.
fn records(settings: &Settings, store: &Arc<Store>) -> Result<Option<Records>, Failure> {
    let mode = match settings.audit {
        Audit::Durable => Mode::Durable,
        Audit::Buffered => Mode::Buffered,
        Audit::Off => return Ok(None),
    };
    let signer = Arc::new(signer(&settings.signing_key)?);
    maple_server::keep_key(store, &signer).map_err(unreachable)?;
    let clock = Arc::new(SystemClock);
    // A file is as near as any other; a database on the network may go away.
    let near = settings.database.starts_with("sqlite://");
    let spool = (!near).then(|| settings.state.join(format!("spool-{}.sqlite", settings.node)));
    if let Some(spool) = &spool {
        make_folder_of(spool)?;
    }
    let key = Some(settings.signing_key.clone());
    Records::start(Arc::clone(store), &settings.node, mode, signer, clock, spool, key).map(Some).map_err(unreachable)
}

/// The outlines of places; what they name that is no place here is told, and nothing more comes of it.
fn shapes(map: &MapFile, ruleset: &Ruleset) -> Result<Shapes, Failure> {
    let name = map.geojson.display();
    let unread = |error: std::io::Error| {
        Failure::Unreachable(format!("configuration: `map.geojson`: cannot read `{name}`: {error}"))
    };
    let wrong = |fault: ShapesFault| Failure::Input(format!("configuration: `map.geojson`, `{name}`: {fault}"));
    // A file that is too large is not taken in first.
    let bytes = std::fs::metadata(&map.geojson).map_err(unread)?.len();
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    if bytes > SHAPES_BYTES_MAX {
        return Err(wrong(ShapesFault::Bytes(bytes)));
    }
    let text = std::fs::read(&map.geojson).map_err(unread)?;
    let shapes = Shapes::read(&text, map.property.as_deref().unwrap_or(SHAPE_PROPERTY)).map_err(wrong)?;
    let unknown: Vec<String> =
        shapes.unknown(ruleset).iter().map(|name| format!("`{}`", name.escape_debug())).collect();
    if !unknown.is_empty() {
        let some = some_of(&unknown);
        report::warning(&format!("the map names no place of these policies with {some}; they are not drawn"));
    }
    let without: Vec<String> = shapes.without_area().iter().map(ToString::to_string).collect();
    if !without.is_empty() {
        let some = some_of(&without);
        report::warning(&format!("these features of the map have no area and are not drawn: {some}"));
    }
    Ok(shapes)
}

/// The first of them, and how many more there are.
fn some_of(all: &[String]) -> String {
    let told = all.get(..PLACES_TOLD_MAX).unwrap_or(all).join(", ");
    let more = all.len().saturating_sub(PLACES_TOLD_MAX);
    if more > 0 { format!("{told} and {more} more") } else { told }
}

/// The key for references in a file, which is made where there is none and which nobody else may read.
pub(super) fn reference_key(file: &Path) -> Result<ReferenceKey, Failure> {
    let unread = |error: &dyn std::fmt::Display| {
        Failure::Unreachable(format!("cannot use the key for references `{}`: {error}", file.display()))
    };
    loop {
        match std::fs::read(file) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(bytes.get(..REFERENCE_KEY_FILE_BYTES_MAX).unwrap_or(&bytes));
                return ReferenceKey::parse(&text).map_err(|error| unread(&error));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(unread(&error)),
        }
        make_folder_of(file)?;
        let key = ReferenceKey::generate().map_err(|error| unread(&error))?;
        // Whole or not at all, and never over one that somebody else just made.
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut made = tempfile::NamedTempFile::new_in(folder).map_err(|error| unread(&error))?;
        std::io::Write::write_all(&mut made, key.to_text().as_bytes()).map_err(|error| unread(&error))?;
        made.as_file().sync_all().map_err(|error| unread(&error))?;
        match made.persist_noclobber(file) {
            Err(error) if error.error.kind() != ErrorKind::AlreadyExists => return Err(unread(&error.error)),
            _ => {}
        }
    }
}

/// The key in a file, which is made where there is none and which nobody else may read.
fn signer(file: &Path) -> Result<Signer, Failure> {
    let unread = |error: &dyn std::fmt::Display| {
        Failure::Unreachable(format!("cannot use the signing key `{}`: {error}", file.display()))
    };
    match std::fs::metadata(file) {
        Ok(_) => return read_signing_key(file).map_err(unreachable),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(unread(&error)),
    }
    make_folder_of(file)?;
    match keys::make(file)? {
        Some(signer) => Ok(signer),
        // Another process made it in the meantime.
        None => signer(file),
    }
}

fn summary(serving: &Serving) -> String {
    let ruleset = serving.ruleset();
    let (packs, policies) = (serving.packs(), ruleset.policy_ids().count());
    format!("{packs} packs with {policies} policies, {} localities", ruleset.localities().count())
}

/// How callers come in.
#[derive(Clone, Copy)]
struct WayIn {
    guarded: bool,
    tls: bool,
}

fn welcome(address: SocketAddr, way_in: WayIn, left_out: &[String]) {
    let scheme = if way_in.tls { "https" } else { "http" };
    for pack in left_out {
        report::warning(&format!("pack {pack} has problems and was left out; /health/ready lists them"));
    }
    if is_public(address) && !way_in.tls {
        report::warning(&format!(
            "{address} can be reached by others without TLS: tokens and cases pass in the open, unless a proxy before it \
             has TLS"
        ));
    }
    println!("serving on {scheme}://{address}\n\nTry it (a made-up wage case in Yongkang):\n");
    println!("{}\n", curl(address, way_in));
    println!("Without `accept: text/plain` the answer is JSON; /openapi.json describes it. Stop with Ctrl-C.");
    println!("See what serves and what was decided: {scheme}://{address}/");
    println!("Write a rule and see what it decides: {scheme}://{address}/playground");
}

/// The line to try, on one line so that it can be copied.
fn curl(address: SocketAddr, WayIn { guarded, tls }: WayIn) -> String {
    let scheme = if tls { "https" } else { "http" };
    let token = if guarded { " -H \"authorization: Bearer $MAPLE_TOKEN\"" } else { "" };
    let body = EXAMPLE.split_whitespace().collect::<Vec<_>>().join(" ");
    format!(
        "curl -s {scheme}://{address}/v1/evaluate{token} -H 'content-type: application/json' -H 'accept: text/plain' -d '{body}'"
    )
}

/// Logs go to standard error, as JSON lines where no terminal reads them; `RUST_LOG` filters.
fn log_to_stderr(least: &str) {
    use std::io::IsTerminal;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(least));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() { builder.init() } else { builder.json().init() }
}
