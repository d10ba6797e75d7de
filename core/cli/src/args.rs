//! What can be typed.

mod backtest;
mod decisions;
mod demo;
mod govern;
mod ingest;
mod interchange;
mod keys;
mod oci;
mod stations;
mod tokens;
mod written;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use maple_wire::Language;

pub(crate) use backtest::{Backtest, CaseFormat};
pub(crate) use decisions::{
    Decisions, ExportDecisions, ExportFormat, ListDecisions, RetireDecisions, ShowDecision, Which,
};
pub(crate) use demo::{Demo, EventFormat, Events, ExportEvents};
pub(crate) use govern::{Activate, Brake, How, Publish, Rollback, Sign, Status, Tick};
pub(crate) use ingest::{Ingest, IngestCsv};
pub(crate) use interchange::{Deliveries, DeliveryWord, ListDeliveries, MonthlyReport, Report, RetryDeliveries};
pub(crate) use keys::{Keys, ListKeys, NewKey, PublicOf, RotateKey};
pub(crate) use oci::{Access, Pull, Push};
pub(crate) use stations::{ImportStations, ListStations, MakePlan, Stations};
pub(crate) use tokens::{CreateToken, ListTokens, RevokeToken, Tokens};
pub(crate) use written::{JsEngine, Written};

/// Maple Bridge: where a dispute goes next, by when, with which duties and rights, and why.
#[derive(Debug, Parser)]
#[command(name = "maple", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve decisions over HTTP
    Serve(Serve),
    /// Decide one case without a server
    Eval(Eval),
    /// Report every problem of the policies, or of one plugin, at once
    Check(Check),
    /// Run the packs' own cases through the production path
    Test(Test),
    /// Ask one plugin, a crate or a folder of policies about a case, and explain the answer
    Run(Run),
    /// Measure time and fuel, policy by policy and for the whole decision
    Bench(Bench),
    /// Decide recorded cases under other policies and tell what changes
    Backtest(Backtest),
    /// Bring in decision tables of other systems
    #[command(subcommand)]
    Import(Import),
    /// Work with general decision tables
    #[command(subcommand)]
    Table(Table),
    /// Make a new project: one worked rule with its cases
    New(New),
    /// Make the component of a project, or check and pack a table
    Build(Build),
    /// Examine a bundle of policies on a server and keep it there, to be activated
    Publish(Publish),
    /// Keep a bundle in an OCI registry, by digest, with its signatures
    Push(Push),
    /// Fetch a bundle from an OCI registry
    Pull(Pull),
    /// Put a published bundle in force
    Activate(Activate),
    /// Put back what served before
    Rollback(Rollback),
    /// Stop a policy or a place at once, or set how it serves
    Brake(Brake),
    /// What serves on each node, and what is watched
    Status(Status),
    /// Look now at what the clock brings: times of cases that come near their end, signals that nobody handles in time
    Tick(Tick),
    /// Sign the packs of a folder with a private key
    Sign(Sign),
    /// List, show, export and retire the decisions that are kept
    #[command(subcommand)]
    Decisions(Decisions),
    /// Make a kept decision again, from what was recorded, and compare it byte for byte
    Replay(Replay),
    /// Bring in complaints that other systems keep, as events of cases
    #[command(subcommand)]
    Ingest(Ingest),
    /// Take out what happened to cases
    #[command(subcommand)]
    Events(Events),
    /// Stations and mediators who take cases up, by ids and never by names
    #[command(subcommand)]
    Stations(Stations),
    /// Propose who takes which waiting case, and have it done
    Plan(MakePlan),
    /// Who is told what happens (webhooks, NATS), and what they did not take
    #[command(subcommand)]
    Deliveries(Deliveries),
    /// Sheets for authorities
    #[command(subcommand)]
    Report(Report),
    /// Fill a server with a made-up county: a year of disputes with what happened to each
    Demo(Demo),
    /// Fetch and prove receipts of decisions
    #[command(subcommand)]
    Receipt(Receipt),
    /// Walk the logs of decisions and of changes, and find what was tampered with
    #[command(subcommand)]
    Audit(AuditLog),
    /// Keys that sign
    #[command(subcommand)]
    Keys(Keys),
    /// Tokens that let callers in
    #[command(subcommand)]
    Tokens(Tokens),
    /// Help an editor: problems, completion, hover, over standard input and output (LSP)
    Lsp(Lsp),
    /// Write the JSON Schemas of policy files and of all others that people write
    Schema(Schema),
    /// Print the completions of a shell
    Completions(Completions),
    /// Print the manual page, or write one for each command
    Man(Man),
}

/// Where policies and plugins are.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct Places {
    /// Folder with plugins: crates that the kit builds, or `.wasm` components [default: `plugins` beside the policies]
    #[arg(long, value_name = "DIR", env = "MAPLE_PLUGINS")]
    pub(crate) plugins: Option<PathBuf>,
    /// Folder for what is made: built plugins, compiled code, the embedded database with its decisions, the signing key
    #[arg(long, value_name = "DIR", env = "MAPLE_STATE")]
    pub(crate) state: Option<PathBuf>,
}

/// `maple serve`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Serve {
    /// Folder with the policies [default: policies]
    #[arg(long, value_name = "DIR", env = "MAPLE_POLICIES")]
    pub(crate) policies: Option<PathBuf>,
    /// Configuration file (TOML); environment and flags go over it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Address and port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", env = "MAPLE_LISTEN")]
    pub(crate) listen: Option<String>,
    /// Database [default: sqlite:// and a file in the state folder]
    #[arg(long, value_name = "URL", env = "MAPLE_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// How decisions are kept [default: durable]
    #[arg(long, value_enum, value_name = "MODE", env = "MAPLE_AUDIT")]
    pub(crate) audit: Option<Audit>,
    /// Start without packs that have problems, and say so in /health/ready
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Put a changed folder of policies in force by itself, through the gate; what does not pass is told and left out
    #[arg(long)]
    pub(crate) watch: bool,
    /// Take bundles that nobody signed also where others reach this service or its database
    #[arg(long)]
    pub(crate) unsigned: bool,
    /// Put the policies of the folder in force, whatever was activated since they were last taken in
    #[arg(long)]
    pub(crate) take_policies: bool,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// How decisions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Audit {
    /// On the disk before they are given; what cannot be kept is not given
    Durable,
    /// Soon after; what is lost is counted
    Buffered,
    /// Not at all
    Off,
}

/// The server to ask.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Remote {
    /// Address of the server
    #[arg(long, value_name = "URL", env = "MAPLE_SERVER", default_value = "http://127.0.0.1:8080")]
    pub(crate) server: String,
    /// File with the token to show [default: the environment's MAPLE_TOKEN, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// File with certificates (PEM) to trust in place of the system's, for an https address
    #[arg(long, value_name = "FILE", env = "MAPLE_CA")]
    pub(crate) ca: Option<PathBuf>,
}

/// `maple replay`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Replay {
    /// The decision, such as d-019abf5e-…
    pub(crate) id: String,
    /// Print the API's JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple receipt`.
#[derive(Debug, Subcommand)]
pub(crate) enum Receipt {
    /// Fetch the receipt of a decision
    Get(GetReceipt),
    /// Prove a receipt, without a server
    Verify(VerifyReceipt),
}

/// `maple receipt get`.
#[derive(Debug, ClapArgs)]
pub(crate) struct GetReceipt {
    /// The decision, such as d-019abf5e-…
    pub(crate) id: String,
    /// The file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple receipt verify`.
#[derive(Debug, ClapArgs)]
pub(crate) struct VerifyReceipt {
    /// The receipt
    pub(crate) file: PathBuf,
    /// Public key (PEM) that may have signed it, or the answer of `GET /v1/keys`, which says when each key held; several
    /// for keys that followed each other
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) key: Vec<PathBuf>,
    /// The reply that it must be about, as it was received
    #[arg(long, value_name = "FILE")]
    pub(crate) reply: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `maple audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditLog {
    /// Hash every record anew and look at every link and checkpoint
    Verify(VerifyLogs),
    /// List what was done to the service, by whom, the newest first
    List(ListEvents),
    /// Print the last checkpoint of each log, to be kept elsewhere and given to `verify`
    Checkpoints(Checkpoints),
}

/// `maple audit list`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ListEvents {
    /// How many at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) count: u32,
    /// Only events before this number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) before: Option<u64>,
    /// Print the API's JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple audit checkpoints`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Checkpoints {
    /// The file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) database: Database,
}

/// The database to work on.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Database {
    /// Database [default: sqlite:// and the file in the state folder]
    #[arg(long, value_name = "URL", env = "MAPLE_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// Folder with the embedded database
    #[arg(long, value_name = "DIR", env = "MAPLE_STATE")]
    pub(crate) state: Option<PathBuf>,
}

/// `maple audit verify`.
#[derive(Debug, ClapArgs)]
pub(crate) struct VerifyLogs {
    #[command(flatten)]
    pub(crate) database: Database,
    /// Public key (PEM) that may have signed checkpoints, or the answer of `GET /v1/keys`; without one, signatures are not
    /// proved
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    /// What `maple audit checkpoints` printed at an earlier time: a log that was cut or exchanged since, together with its
    /// own checkpoints, is found by it
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoints: Option<PathBuf>,
    /// Print what was found as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `maple eval`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Eval {
    /// The case as JSON, as for POST /v1/evaluate; `-` reads standard input
    #[arg(long, value_name = "FILE|-")]
    pub(crate) case: PathBuf,
    /// Folder with the policies
    #[arg(long, value_name = "DIR", env = "MAPLE_POLICIES", default_value = "policies")]
    pub(crate) policies: PathBuf,
    /// Tell how the decision came about
    #[arg(long)]
    pub(crate) explain: bool,
    /// Print the API's JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Language of the text [default: from LANG]
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Lang>,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// `maple check`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Check {
    /// Folder with the policies, a component (.wasm), or the folder of a plugin's crate
    #[arg(value_name = "DIR|PLUGIN", env = "MAPLE_POLICIES", default_value = "policies")]
    pub(crate) policies: PathBuf,
    /// Print the problems as JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// `maple test`.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Test {
    /// Folder with the policies
    #[arg(value_name = "DIR", env = "MAPLE_POLICIES", default_value = "policies")]
    pub(crate) policies: PathBuf,
    /// Only cases whose pack, name or file holds this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Tell which rules were at work in which cases, and which never
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Fail when fewer than this share of all rules was at work, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) threshold: Option<u8>,
    /// Write the results as JUnit XML, too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Rewrite the expectations of cases that fail to what the decision says
    #[arg(long)]
    pub(crate) update: bool,
    /// Run again whenever a file changes, until Ctrl-C
    #[arg(long, conflicts_with = "update")]
    pub(crate) watch: bool,
    /// Print the results as JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// `maple run`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Run {
    /// A component (.wasm), the folder of a plugin's crate, or a folder with policies
    #[arg(value_name = "PLUGIN|DIR")]
    pub(crate) what: PathBuf,
    /// The case as JSON, as for POST /v1/evaluate; `-` reads standard input
    #[arg(long, value_name = "FILE|-")]
    pub(crate) case: PathBuf,
    /// Settings of the plugin (TOML), when a plugin is asked alone
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Folder whose words and places are used when a plugin is asked alone
    #[arg(long, value_name = "DIR", env = "MAPLE_POLICIES", default_value = "policies")]
    pub(crate) policies: PathBuf,
    /// Tell how the decision came about
    #[arg(long)]
    pub(crate) explain: bool,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Language of the text [default: from LANG]
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Lang>,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// `maple bench`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Bench {
    /// A component (.wasm), the folder of a plugin's crate, or a folder with policies [default: --policies]
    #[arg(value_name = "PLUGIN|DIR")]
    pub(crate) what: Option<PathBuf>,
    /// The case to measure, as JSON [default: a wage case in Yongkang; for a folder that is named, the costliest of its
    /// own cases]
    #[arg(long, value_name = "FILE")]
    pub(crate) case: Option<PathBuf>,
    /// Settings of the plugin (TOML), when a plugin is measured alone
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Folder with the policies
    #[arg(long, value_name = "DIR", env = "MAPLE_POLICIES", default_value = "policies")]
    pub(crate) policies: PathBuf,
    /// Evaluations to measure
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rounds: u32,
    /// Print the figures as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// `maple import`.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Turn DMN decision tables (XML) into a table file, or with --map into rules of a policy
    Dmn(ImportDmn),
}

/// `maple import dmn`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ImportDmn {
    /// The DMN file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Says which inputs are which facts and what the outputs do: the result is rules of a policy
    #[arg(long, value_name = "MAP")]
    pub(crate) map: Option<PathBuf>,
    /// Where to write the result [default: standard output]
    #[arg(short, long, value_name = "OUT")]
    pub(crate) out: Option<PathBuf>,
    /// Overwrite a file that says something else, such as a result that was changed by hand
    #[arg(long)]
    pub(crate) force: bool,
    /// Print what could not be carried over, and all else that is said, as JSON, one object a line, on standard error
    #[arg(long)]
    pub(crate) json: bool,
}

/// `maple table`.
#[derive(Debug, Subcommand)]
pub(crate) enum Table {
    /// Ask a table file, in the sandbox
    Eval(TableEval),
}

/// `maple table eval`.
#[derive(Debug, ClapArgs)]
pub(crate) struct TableEval {
    /// The table file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The inputs: a JSON object, a file with one, or `-` for standard input
    #[arg(long, value_name = "JSON|FILE|-")]
    pub(crate) input: String,
    /// Which table, when the file has several
    #[arg(long, value_name = "ID")]
    pub(crate) table: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// `maple new`.
#[derive(Debug, ClapArgs)]
pub(crate) struct New {
    /// The project's name: small letters, digits and `-`
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What the rule is written in; a table needs no toolchain
    #[arg(long, value_enum)]
    pub(crate) lang: Written,
    /// What JavaScript runs on [default: quickjs]
    #[arg(long, value_enum)]
    pub(crate) engine: Option<JsEngine>,
    /// The folder to make the project's folder in
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
}

/// `maple build`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Build {
    /// The project
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Folder for the component [default: `dist` in the project]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print what was made as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `maple lsp`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Lsp {
    /// Folder with the policies [default: the one that each open file lies in]
    #[arg(value_name = "DIR")]
    pub(crate) policies: Option<PathBuf>,
    /// Said by some editors; there is no other way
    #[arg(long, hide = true)]
    pub(crate) stdio: bool,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// `maple schema`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Schema {
    /// Print the schema of one kind of file: `rules`, `pack`, `facts`, … `server`, `table`, `dmn-map`, `budget`, `ingest-map`
    #[arg(value_name = "NAME", required_unless_present = "dir", conflicts_with = "dir")]
    pub(crate) name: Option<String>,
    /// Write all schemas into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// `maple completions`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `maple man`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Man {
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// A language of texts.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Lang {
    /// Chinese
    Zh,
    /// English
    En,
}

impl Lang {
    /// The language asked for, or that of the environment.
    pub(crate) fn resolve(asked: Option<Self>) -> Language {
        let from_environment = || {
            let lang =
                ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|k| std::env::var(k).ok().filter(|v| !v.is_empty()));
            if lang.is_some_and(|lang| lang.starts_with("zh")) { Language::Zh } else { Language::En }
        };
        asked.map_or_else(from_environment, |lang| match lang {
            Self::Zh => Language::Zh,
            Self::En => Language::En,
        })
    }
}
