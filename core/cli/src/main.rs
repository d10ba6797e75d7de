//! `maple`: the one binary. It puts the rooms together and decides nothing itself.
//!
//! Exit codes: 0 fine, 1 what was checked is wrong, 2 bad usage or input, 3 something cannot be reached or read.

use std::process::ExitCode;

use clap::Parser;

mod args;
mod commands;
mod config;
mod load;
mod report;
mod target;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a command can end badly.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// What was checked is wrong; the command has said how.
    #[error("")]
    Wrong,
    /// Bad usage or input.
    #[error("{0}")]
    Input(String),
    /// Something cannot be reached or read.
    #[error("{0}")]
    Unreachable(String),
    /// One of these, which the command has told in its own way.
    #[error("{0}")]
    Told(Box<Failure>),
}

impl Failure {
    fn code(&self) -> ExitCode {
        match self {
            Self::Wrong => ExitCode::from(1),
            Self::Input(_) => ExitCode::from(2),
            Self::Unreachable(_) => ExitCode::from(3),
            Self::Told(failure) => failure.code(),
        }
    }
}

fn main() -> ExitCode {
    let args = args::Args::parse();
    match commands::run(args.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::Wrong | Failure::Told(_)) {
                report::failure(&failure);
            }
            failure.code()
        }
    }
}
