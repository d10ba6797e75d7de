//! One file for each command.

mod activate;
mod alone;
mod audit;
mod backtest;
mod bench;
mod build;
mod check;
mod completions;
mod database;
mod decide;
mod decisions;
mod deliveries;
mod demo;
mod eval;
mod import;
mod ingest;
mod input;
mod keys;
mod lsp;
mod man;
mod monthly;
mod new;
mod oci;
mod outbox;
mod parquet;
mod plan;
mod progress;
mod publish;
mod pull;
mod push;
mod question;
mod receipt;
pub(crate) mod remote;
mod replay;
mod run;
mod schema;
mod serve;
mod sign;
mod stations;
mod status;
mod table;
mod test;
mod tick;
mod tokens;

use std::path::Path;

use crate::{Failure, args::Command, load::Refusal, report};

/// A wage case in Yongkang, as a caller would send it; made up.
pub(crate) const EXAMPLE: &str = include_str!("../example.json");

/// Runs a command.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(args) => serve::run(args),
        Command::Eval(args) => eval::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Backtest(args) => backtest::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Table(args) => table::run(&args),
        Command::New(args) => new::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Publish(args) => publish::run(&args),
        Command::Push(args) => push::run(&args),
        Command::Pull(args) => pull::run(&args),
        Command::Activate(args) => activate::activate(&args),
        Command::Rollback(args) => activate::roll_back(&args),
        Command::Brake(args) => activate::brake(&args),
        Command::Status(args) => status::run(&args),
        Command::Tick(args) => tick::run(&args),
        Command::Sign(args) => sign::run(&args),
        Command::Decisions(args) => decisions::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Ingest(args) => ingest::run(&args),
        Command::Events(args) => demo::events_command(&args),
        Command::Stations(args) => stations::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Deliveries(args) => deliveries::run(&args),
        Command::Report(args) => monthly::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Receipt(args) => receipt::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Keys(args) => keys::run(&args),
        Command::Tokens(args) => tokens::run(&args),
        Command::Lsp(args) => lsp::run(args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}

/// Says what is wrong with the policies, and fails.
pub(crate) fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Failure(failure) => failure,
        Refusal::Problems(problems, files) => {
            report::diagnostics(&problems, Some(&files), None);
            report::verdict(false, &report::count(&problems));
            Failure::Wrong
        }
    }
}

/// Reads a file that may have at most so many bytes; one more is read, so that who checks sees it is too long.
pub(crate) fn read_bounded(path: &Path, what: &str, max: usize) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(max as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::Unreachable(format!("cannot read the {what} `{}`: {error}", path.display())))?;
    Ok(bytes)
}

/// What keeps it from being TOML, with its line.
pub(crate) fn located(error: &toml::de::Error, text: &str) -> String {
    let line =
        error.span().and_then(|span| text.get(..span.start)).map_or(1, |before| before.matches('\n').count() + 1);
    format!("line {line}: {}", error.message().lines().next().unwrap_or_default())
}

/// Reads a case file, bounded; `-` is standard input. One that is too long is refused, not cut.
fn read_case(path: &Path) -> Result<Vec<u8>, Failure> {
    read_json(path, "case", "a case is facts, without documents")
}

/// Reads a JSON file that is as large as a case at most, or `-`. `advice` is for one that is larger.
fn read_json(path: &Path, what: &str, advice: &str) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    let max = maple_wire::BODY_BYTES_MAX;
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(max as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| Failure::Unreachable(format!("cannot read the {what} `-`: {error}")))?;
        bytes
    } else {
        read_bounded(path, what, max)?
    };
    if bytes.len() > max {
        return Err(Failure::Input(format!(
            "the {what} `{}` is larger than {} KiB; {advice}",
            path.display(),
            max >> 10
        )));
    }
    Ok(bytes)
}

/// Ready when the process is told to stop: Ctrl-C, or SIGTERM from a supervisor.
pub(crate) async fn stop() {
    let interrupted = tokio::signal::ctrl_c();
    let mut terminated = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(_) => return drop(interrupted.await),
    };
    tokio::select! {
        _ = interrupted => {}
        _ = terminated.recv() => {}
    }
}
