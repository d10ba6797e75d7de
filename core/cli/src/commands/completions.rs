//! `maple completions`: what a shell completes.

use std::io::Write;

use clap::CommandFactory;

use crate::{
    Failure,
    args::{Args, Completions},
};

/// Prints the script of a shell.
pub(crate) fn run(args: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "maple", &mut script);
    std::io::stdout().write_all(&script).map_err(|error| Failure::Unreachable(error.to_string()))
}
