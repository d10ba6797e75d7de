//! The server's configuration: a file, over it the environment, over that the flags.

mod access;
mod deliveries;
mod governance;
mod map;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use access::{Asking, JWT, JwtFile, TLS, TlsFile};
use deliveries::{NATS_TABLE, NatsFile, WEBHOOK, WebhookFile, deliveries};
use governance::{CHANGED, RETENTION, STALENESS, SUBTREE, Said, TRUST, TrustedKey, governance};
use map::MAP;
use maple_bundle::format::{Choice, Form, Shape, Table, label, may};
use maple_server::{Authentication, Config, Governance, JwtConfig};
use serde::Deserialize;

use crate::{
    Failure,
    args::{Audit, Serve},
};

pub(crate) use map::MapFile;

/// Where the server listens when nobody says.
pub(crate) const LISTEN: &str = "127.0.0.1:8080";
/// The folder for what is made and kept when nobody says.
pub(crate) const STATE: &str = ".maple";
/// What logs begin with when nobody says.
const NODE: &str = "local";
/// Letters of the name of a node.
pub(crate) const NODE_BYTES_MAX: usize = 64;
/// The file with the key that signs, in the folder of the state, when nobody says.
pub(crate) const SIGNING_KEY: &str = "signing-key.pem";
/// The file with the key for references, in the folder of the state, when nobody says.
pub(crate) const REFERENCE_KEY: &str = "reference.key";
/// Bytes of a configuration file.
pub(crate) const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// A configuration file; every key is optional and an unknown one is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    listen: Option<String>,
    database: Option<String>,
    policies: Option<PathBuf>,
    plugins: Option<PathBuf>,
    state: Option<PathBuf>,
    keep_going: Option<bool>,
    audit: Option<Audit>,
    authentication: Option<Asking>,
    node: Option<String>,
    signing_key: Option<PathBuf>,
    reference_key: Option<PathBuf>,
    utc_offset_minutes: Option<i64>,
    evaluations: Option<i64>,
    waiting: Option<i64>,
    connections: Option<i64>,
    deadline_seconds: Option<i64>,
    drain_seconds: Option<i64>,
    watch: Option<bool>,
    tick: Option<bool>,
    unsigned: Option<bool>,
    trust: Option<Vec<TrustedKey>>,
    four_eyes: Option<Vec<String>>,
    changed_percent_max: Option<i64>,
    max_staleness_seconds: Option<i64>,
    retention_days: Option<i64>,
    tls: Option<TlsFile>,
    jwt: Option<JwtFile>,
    map: Option<MapFile>,
    event_source: Option<String>,
    webhook: Option<Vec<WebhookFile>>,
    nats: Option<NatsFile>,
}

/// A whole number that the file may set, and its bounds.
struct Bounded {
    key: &'static str,
    min: i64,
    max: i64,
}

/// Fourteen hours, as far as clocks on Earth go.
const UTC_OFFSET: Bounded = Bounded { key: "utc-offset-minutes", min: -840, max: 840 };
const EVALUATIONS: Bounded = Bounded { key: "evaluations", min: 1, max: 256 };
const WAITING: Bounded = Bounded { key: "waiting", min: 0, max: 65_536 };
const CONNECTIONS: Bounded = Bounded { key: "connections", min: 1, max: 65_536 };
const DEADLINE: Bounded = Bounded { key: "deadline-seconds", min: 1, max: 600 };
const DRAIN: Bounded = Bounded { key: "drain-seconds", min: 0, max: 3_600 };

impl Bounded {
    const fn shape(&self) -> Shape {
        Shape::Number { min: self.min, max: self.max }
    }

    /// The number as `T`, or else what is wrong with it.
    fn read<T: TryFrom<i64>>(&self, given: Option<i64>, or: T) -> Result<T, Failure> {
        let Self { key, min, max } = *self;
        let Some(given) = given else { return Ok(or) };
        let fits = (min..=max).contains(&given).then(|| T::try_from(given).ok()).flatten();
        fits.ok_or_else(|| {
            Failure::Input(format!("configuration: `{key} = {given}`; write a number from {min} to {max}"))
        })
    }
}

/// The keys of a configuration file, for its schema.
pub(crate) static TABLE: Table = Table::new(
    "server",
    "a configuration",
    label(
        "`maple serve` 的配置；其上有环境变量，再其上有命令行",
        "Configuration of `maple serve`; environment and flags go over it",
    ),
    &[
        may("listen", Shape::Text, "地址和端口，默认 127.0.0.1:8080", "Address and port [default: 127.0.0.1:8080]"),
        may("database", Shape::Form(&DATABASE), "数据库", "Database [default: a file in the state folder]"),
        may("policies", Shape::Text, "规则文件夹", "Folder with the policies [default: policies]"),
        may("plugins", Shape::Text, "插件文件夹", "Folder with the plugins [default: `plugins` beside the policies]"),
        may(
            "state",
            Shape::Text,
            "存放编译结果、数据库和签名密钥的文件夹",
            "Folder for compiled code, the database and the signing key [default: .maple]",
        ),
        may(
            "audit",
            Shape::Choice(&AUDIT),
            "如何留存决定：durable先落盘再答复（默认），buffered稍后写入，off不留存",
            "How decisions are kept: before they are given, soon after, or not [default: durable]",
        ),
        may(
            "authentication",
            Shape::Choice(&AUTHENTICATION),
            "调用方是否须出示令牌：required须出示，off不须（仅限本机地址）；默认本机地址off，其余required",
            "Whether callers must show a token [default: off on a loopback address, required on any other]",
        ),
        may(
            "node",
            Shape::Text,
            "本节点名称，记录日志以此开头，默认 local",
            "Name of this node, which logs begin with [default: local]",
        ),
        may(
            "signing-key",
            Shape::Text,
            "签署检查点和回执的私钥文件（PEM），默认在状态文件夹中自动生成",
            "File with the private key (PEM) that signs checkpoints and receipts [default: made in the state folder]",
        ),
        may(
            "reference-key",
            Shape::Text,
            "事件中单位、场所、项目编号的散列密钥文件，多节点须用同一文件；单机默认在状态文件夹中自动生成",
            "File with the key with which references in events are hashed, the same for all nodes [default: made in the \
             state folder; none where nodes share a database]",
        ),
        may("keep-going", Shape::Flag, "有问题的规则包除外也启动", "Start without packs that have problems"),
        may(
            "watch",
            Shape::Flag,
            "规则文件夹有变动时自动换用，须通过同样的准入检查",
            "Put a changed folder of policies in force by itself, through the gate",
        ),
        may(
            "tick",
            Shape::Flag,
            "由服务自身定时查看案件期限和逾期预警，默认 true；false则由外部定时执行 `maple tick`",
            "The service itself looks at times of cases and at overdue signals [default: true]; without, `maple tick` does",
        ),
        may(
            "trust",
            Shape::List(&Shape::Table(&TRUST)),
            "可签署规则包的密钥；不填则不要求签名",
            "Keys that may sign packs; without any, no signature is asked for",
        ),
        may(
            "unsigned",
            Shape::Flag,
            "他人可访问本服务或其数据库时，也接受无人签名的规则包",
            "Take bundles that nobody signed also where others reach the service or its database",
        ),
        may(
            "four-eyes",
            Shape::List(&Shape::Form(&SUBTREE)),
            "发布者与启用者须为不同人的地域",
            "Places whose packs one person publishes and another activates",
        ),
        may(
            CHANGED.key,
            CHANGED.shape(),
            "新规则包对留存案件改变结果的最高百分比；不填则不检验",
            "Of a hundred recorded cases, how many a new bundle may decide otherwise [default: not tried]",
        ),
        may(
            STALENESS.key,
            STALENESS.shape(),
            "与数据库失联多少秒后停止答复；不填则一直以最后的规则答复",
            "Seconds after which a node that is cut off from the database stops answering [default: never]",
        ),
        may(
            RETENTION.key,
            RETENTION.shape(),
            "决定留存多少天后删除；不填则一直留存",
            "Days after which decisions are deleted [default: never]",
        ),
        may(
            UTC_OFFSET.key,
            UTC_OFFSET.shape(),
            "决定“今天”是哪一天的时区，与UTC相差的分钟数，默认 480（中国）",
            "Minutes from UTC of the clock that says which day is today [default: 480, China]",
        ),
        may(
            EVALUATIONS.key,
            EVALUATIONS.shape(),
            "同时评估的案件数，默认为处理器核数",
            "Evaluations at a time [default: one for each core]",
        ),
        may(
            WAITING.key,
            WAITING.shape(),
            "可排队等待评估的请求数，默认 512；其余答复 503",
            "Requests that may wait for an evaluation [default: 512]; others hear 503",
        ),
        may(
            CONNECTIONS.key,
            CONNECTIONS.shape(),
            "同时打开的连接数，默认 1024",
            "Connections open at a time [default: 1024]",
        ),
        may(
            DEADLINE.key,
            DEADLINE.shape(),
            "请求正文须在多少秒内传完，默认 10",
            "Seconds within which a body must have arrived [default: 10]",
        ),
        may(
            DRAIN.key,
            DRAIN.shape(),
            "停止时最多等待多少秒让进行中的请求结束，默认 20",
            "Seconds that a stop waits for what is under way [default: 20]",
        ),
        may(
            "tls",
            Shape::Table(&TLS),
            "用HTTPS服务；证书文件有变化时自动重新载入",
            "Serve over HTTPS; the certificate is taken anew when its file changes",
        ),
        may(
            "jwt",
            Shape::Table(&JWT),
            "接受某一签发方的JWT（RS256、ES256、EdDSA）",
            "Take the JWTs of an issuer (RS256, ES256, EdDSA)",
        ),
        may("map", Shape::Table(&MAP), "控制台地图上各地的轮廓", "Outlines of places on the map of the console"),
        may(
            "event-source",
            Shape::Text,
            "对外事件的source属性，各节点须一致，默认 /maple",
            "Attribute `source` of events that others are told, the same on all nodes [default: /maple]",
        ),
        may(
            "webhook",
            Shape::List(&Shape::Table(&WEBHOOK)),
            "按HTTP告知（签名、重试）的接收方",
            "Who is told by HTTP what happens, signed and tried again",
        ),
        may(
            "nats",
            Shape::Table(&NATS_TABLE),
            "告知事件的NATS JetStream流",
            "The stream of NATS JetStream that is told what happens",
        ),
    ],
);
static AUDIT: [Choice; 3] = [
    Choice { word: "durable", label: label("先落盘，再答复", "on the disk before they are given") },
    Choice { word: "buffered", label: label("稍后写入，丢失计数", "soon after; what is lost is counted") },
    Choice { word: "off", label: label("不留存", "not at all") },
];
static AUTHENTICATION: [Choice; 2] = [
    Choice { word: "required", label: label("每个调用方都须出示令牌", "every caller must show a token") },
    Choice { word: "off", label: label("不须出示，仅限本机地址", "none must; on a loopback address only") },
];
static DATABASE: Form = Form {
    pattern: "^(sqlite|postgres|postgresql)://.+$",
    examples: &["sqlite://maple.sqlite", "postgres://maple@localhost/maple"],
};

/// What the server runs with.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Address and port.
    pub(crate) listen: String,
    /// The database's URL.
    pub(crate) database: String,
    /// How decisions are kept.
    pub(crate) audit: Audit,
    /// Whether callers have to say who they are, if said.
    pub(crate) authentication: Option<Authentication>,
    /// Files of certificate and key, if connections are secured.
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    /// Which JWTs are taken, if any.
    pub(crate) jwt: Option<JwtConfig>,
    /// What logs of this node begin with.
    pub(crate) node: String,
    /// The file with the key that signs.
    pub(crate) signing_key: PathBuf,
    /// The file with the key for references; none where nodes share a database and none was given.
    pub(crate) reference_key: Option<PathBuf>,
    /// Where places lie, if somebody says.
    pub(crate) map: Option<MapFile>,
    /// Folder with the policies.
    pub(crate) policies: PathBuf,
    /// Folder with the plugins, if said.
    pub(crate) plugins: Option<PathBuf>,
    /// Folder for what is made and kept.
    pub(crate) state: PathBuf,
    /// Start without packs that have problems.
    pub(crate) keep_going: bool,
    /// Put a changed folder in force.
    pub(crate) watch: bool,
    /// Put the folder in force, whatever was activated since it was last taken in.
    pub(crate) take: bool,
    /// Bundles need no signature, also where others reach the service.
    pub(crate) unsigned: bool,
    /// How what serves may be changed.
    pub(crate) governance: Governance,
    /// How the service behaves; its address is not looked at.
    pub(crate) service: Config,
}

impl Settings {
    /// Flags and environment over the file over the defaults.
    pub(crate) fn new(args: Serve) -> Result<Self, Failure> {
        let file = args.config.as_deref().map(read).transpose()?.unwrap_or_default();
        let state = args.places.state.or(file.state).unwrap_or_else(|| STATE.into());
        let database = match args.database.or(file.database) {
            Some(url) => database(url)?,
            None => format!("sqlite://{}", state.join("maple.sqlite").display()),
        };
        let node = match file.node {
            Some(name) => node(name)?,
            None if database.starts_with("sqlite://") => NODE.to_owned(),
            // Nodes that share a database must tell each other apart.
            None => host_name(),
        };
        // One key hashes references; nodes that each made one of their own would not know each other's.
        let alone = database.starts_with("sqlite://").then(|| state.join(REFERENCE_KEY));
        let reference_key = file.reference_key.or(alone);
        let plain = Config::default();
        let service = Config {
            utc_offset_minutes: UTC_OFFSET.read(file.utc_offset_minutes, plain.utc_offset_minutes)?,
            evaluations: EVALUATIONS.read(file.evaluations, plain.evaluations)?,
            waiting: WAITING.read(file.waiting, plain.waiting)?,
            connections: CONNECTIONS.read(file.connections, plain.connections)?,
            deadline: Duration::from_secs(DEADLINE.read(file.deadline_seconds, plain.deadline.as_secs())?),
            drain: Duration::from_secs(DRAIN.read(file.drain_seconds, plain.drain.as_secs())?),
            tick: file.tick.unwrap_or(plain.tick),
            deliveries: deliveries(file.event_source, file.webhook.unwrap_or_default(), file.nats)?.map(Arc::new),
            ..plain
        };
        Ok(Self {
            service,
            listen: args.listen.or(file.listen).unwrap_or_else(|| LISTEN.to_owned()),
            database,
            audit: args.audit.or(file.audit).unwrap_or(Audit::Durable),
            authentication: file.authentication.map(Authentication::from),
            tls: file.tls.map(|tls| (tls.certificate, tls.key)),
            jwt: file.jwt.map(JwtFile::read).transpose()?,
            node,
            signing_key: file.signing_key.unwrap_or_else(|| state.join(SIGNING_KEY)),
            reference_key,
            map: file.map,
            policies: args.policies.or(file.policies).unwrap_or_else(|| "policies".into()),
            plugins: args.places.plugins.or(file.plugins),
            state,
            keep_going: args.keep_going || file.keep_going.unwrap_or(false),
            watch: args.watch || file.watch.unwrap_or(false),
            take: args.take_policies,
            unsigned: args.unsigned || file.unsigned.unwrap_or(false),
            governance: governance(Said {
                trust: file.trust,
                four_eyes: file.four_eyes,
                changed_percent_max: file.changed_percent_max,
                max_staleness_seconds: file.max_staleness_seconds,
                retention_days: file.retention_days,
            })?,
        })
    }
}

fn read(path: &Path) -> Result<File, Failure> {
    let name = path.display();
    let unreadable =
        |error: std::io::Error| Failure::Unreachable(format!("cannot read configuration `{name}`: {error}"));
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > CONFIG_BYTES_MAX {
        return Err(Failure::Input(format!("configuration `{name}` has {bytes} bytes, at most {CONFIG_BYTES_MAX}")));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    // The line itself is not shown: it may hold a password.
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Failure::Input(format!("configuration `{name}`, line {line}: {}", error.message()))
    })
}

/// A URL may hold a password, so it is never repeated.
pub(crate) fn database(url: String) -> Result<String, Failure> {
    match url.split_once("://") {
        Some(("sqlite" | "postgres" | "postgresql", rest)) if !rest.is_empty() => Ok(url),
        other => {
            let scheme = other.map(|(scheme, _)| scheme.chars().filter(char::is_ascii_lowercase).take(16).collect());
            let scheme: String = scheme.unwrap_or_default();
            Err(Failure::Input(format!(
                "database `{scheme}://…` is not known; write `sqlite://` and a file, such as sqlite://maple.sqlite, or \
                 `postgres://` and where it is"
            )))
        }
    }
}

/// What the machine is called, in letters that the name of a node may have.
fn host_name() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let name: String = text.trim().chars().map(letter).take(NODE_BYTES_MAX).collect();
    if name.is_empty() { NODE.to_owned() } else { name }
}

/// The name of a node stands in the names of logs.
fn node(name: String) -> Result<String, Failure> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if (1..=NODE_BYTES_MAX).contains(&name.len()) && name.chars().all(plain) {
        return Ok(name);
    }
    Err(Failure::Input(format!(
        "configuration: `node = {name:?}`; write at most {NODE_BYTES_MAX} small letters, digits and `-`"
    )))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use clap::Parser;

    use super::{
        access::{JWT_TEXT_BYTES_MAX, LOCALITIES, ROLES},
        *,
    };
    use crate::args::{Args, Command};

    fn settings(flags: &[&str], file: Option<&str>) -> Result<Settings, String> {
        let mut words = vec!["maple".to_owned(), "serve".to_owned()];
        words.extend(flags.iter().map(|f| (*f).to_owned()));
        let kept = file.map(|text| {
            let mut kept = tempfile::NamedTempFile::new().unwrap();
            kept.write_all(text.as_bytes()).unwrap();
            words.extend(["--config".to_owned(), kept.path().display().to_string()]);
            kept
        });
        let Command::Serve(serve) = Args::try_parse_from(&words).unwrap().command else { unreachable!() };
        let settings = Settings::new(serve).map_err(|e| e.to_string());
        drop(kept);
        settings
    }

    #[test]
    fn flags_go_over_the_file_and_the_file_over_defaults() {
        let plain = settings(&[], None).unwrap();
        assert_eq!(plain.listen, LISTEN);
        assert_eq!(plain.database, "sqlite://.maple/maple.sqlite");
        assert_eq!((plain.audit, plain.node.as_str()), (Audit::Durable, NODE));
        assert_eq!(plain.signing_key, Path::new(".maple/signing-key.pem"));
        let file = "listen = \"127.0.0.1:9\"\ndatabase = \"sqlite://a.db\"\nkeep-going = true\n";
        let filed = settings(&[], Some(file)).unwrap();
        assert_eq!((filed.listen.as_str(), filed.keep_going), ("127.0.0.1:9", true));
        let flagged = settings(&["--listen", "127.0.0.1:7", "--database", "sqlite://b.db"], Some(file)).unwrap();
        assert_eq!((flagged.listen.as_str(), flagged.database.as_str()), ("127.0.0.1:7", "sqlite://b.db"));
        let file = "audit = \"off\"\nnode = \"yongkang-1\"\nsigning-key = \"a.pem\"";
        let filed = settings(&[], Some(file)).unwrap();
        assert_eq!((filed.audit, filed.node.as_str()), (Audit::Off, "yongkang-1"));
        assert_eq!(filed.signing_key, Path::new("a.pem"));
        assert_eq!(settings(&["--audit", "buffered"], Some(file)).unwrap().audit, Audit::Buffered);
        let url = "postgres://user:secret@host/db";
        assert_eq!(settings(&["--database", url], None).unwrap().database, url);
        let longest = "n".repeat(NODE_BYTES_MAX);
        assert_eq!(settings(&[], Some(&format!("node = \"{longest}\""))).unwrap().node, longest);
        for name in [String::new(), "n".repeat(NODE_BYTES_MAX + 1), "A".into(), "a b".into(), "节点".into()] {
            let error = settings(&[], Some(&format!("node = \"{name}\""))).unwrap_err();
            assert!(error.contains("write at most 64 small letters"), "{error}");
        }
    }

    #[test]
    fn the_schema_names_the_keys_that_are_read() {
        let error = settings(&[], Some("zzz = 1")).unwrap_err();
        let (_, told) = error.split_once("expected one of ").unwrap();
        let told: std::collections::BTreeSet<&str> = told.split('`').skip(1).step_by(2).collect();
        let known: std::collections::BTreeSet<&str> = TABLE.keys.iter().map(|key| key.name).collect();
        assert_eq!(told, known);
    }

    #[test]
    fn limits_of_the_service_are_taken_to_their_edges_and_no_further() {
        let of = |line: String| settings(&[], Some(&line)).map(|settings| settings.service);
        let plain = settings(&[], None).unwrap().service;
        assert_eq!((plain.utc_offset_minutes, plain.connections), (480, 1_024));
        for Bounded { key, min, max } in [UTC_OFFSET, EVALUATIONS, WAITING, CONNECTIONS, DEADLINE, DRAIN] {
            let (low, high) = (of(format!("{key} = {min}")).unwrap(), of(format!("{key} = {max}")).unwrap());
            assert_ne!(format!("{low:?}"), format!("{high:?}"), "{key} changes something");
            for wrong in [min - 1, max + 1] {
                let error = of(format!("{key} = {wrong}")).unwrap_err();
                assert_eq!(error, format!("configuration: `{key} = {wrong}`; write a number from {min} to {max}"));
            }
        }
        let set = of("utc-offset-minutes = -480\ndrain-seconds = 5\nwaiting = 3".into()).unwrap();
        assert_eq!((set.utc_offset_minutes, set.drain, set.waiting), (-480, Duration::from_secs(5), 3));
    }

    #[test]
    fn tables_are_read_with_their_defaults_and_limits() {
        let jwt = |issuer: &str, more: &str| {
            let table = format!("[jwt]\nissuer = \"{issuer}\"\naudience = \"a\"\njwks = \"f\"\n{more}");
            settings(&[], Some(&table)).map(|settings| settings.jwt.unwrap())
        };
        let plain = jwt("i", "").unwrap();
        assert_eq!((&*plain.roles, &*plain.localities, plain.ca), (ROLES, LOCALITIES, None));
        let said = jwt("i", "roles = \"/realm_access/roles\"\nlocalities = \"places\"\nca = \"ca.pem\"").unwrap();
        assert_eq!((&*said.roles, &*said.localities), ("/realm_access/roles", "places"));
        assert!(jwt(&"i".repeat(JWT_TEXT_BYTES_MAX), "").is_ok());
        assert!(jwt(&"i".repeat(JWT_TEXT_BYTES_MAX + 1), "").unwrap_err().contains("has 1025 bytes"));
        let tls = settings(&[], Some("[tls]\ncertificate = \"a.pem\"\nkey = \"b.pem\"")).unwrap().tls;
        assert_eq!(tls, Some(("a.pem".into(), "b.pem".into())));
        for (line, said) in [("required", Authentication::Required), ("off", Authentication::Off)] {
            let settings = settings(&[], Some(&format!("authentication = \"{line}\""))).unwrap();
            assert_eq!(settings.authentication, Some(said));
        }
    }

    #[test]
    fn bad_configuration_says_what_and_where() {
        for (file, said) in [
            ("databse = \"x\"", "line 1: unknown field `databse`"),
            ("listn = \"x\"", "unknown field `listn`"),
            ("listen = 5", "invalid type"),
            ("authentication = \"none\"", "unknown variant `none`, expected `required` or `off`"),
            ("[tls]\ncertificate = \"a.pem\"", "missing field `key`"),
            ("[tls]\ncertificate = \"a.pem\"\nkey = \"b.pem\"\nca = \"c.pem\"", "unknown field `ca`"),
            ("[jwt]\nissuer = \"i\"\naudience = \"a\"", "missing field `jwks`"),
            (
                "[jwt]\nissuer = \"\"\naudience = \"a\"\njwks = \"f\"",
                "`issuer` of `[jwt]` has 0 bytes; write 1 to 1024",
            ),
            ("listen = ", "configuration"),
        ] {
            let error = settings(&[], Some(file)).unwrap_err();
            assert!(error.contains(said), "{file}: {error}");
        }
        for url in ["mysql://user:secret@host/db", "user:secret@host", "sqlite://", "postgres://", "maple.db"] {
            let error = settings(&["--database", url], None).unwrap_err();
            assert!(error.contains("sqlite://") && !error.contains("secret"), "{error}");
        }
        assert!(settings(&["--config", "/nowhere/at/all.toml"], None).unwrap_err().contains("cannot read"));
    }
}
