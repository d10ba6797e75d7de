//! `maple man`: manual pages.

use std::{fs, io::Write, path::Path};

use clap::CommandFactory;
use clap_mangen::Man as Page;

use crate::{
    Failure,
    args::{Args, Man},
    report,
};

/// Prints the page of `maple`, or writes the pages of all commands.
pub(crate) fn run(args: &Man) -> Result<(), Failure> {
    match &args.dir {
        Some(dir) => write(dir),
        None => {
            let mut page = Vec::new();
            Page::new(Args::command()).render(&mut page).and_then(|()| std::io::stdout().write_all(&page))
        }
        .map_err(|error| Failure::Unreachable(error.to_string())),
    }
}

fn write(dir: &Path) -> Result<(), Failure> {
    let name = dir.display();
    let unwritable =
        |error: std::io::Error| Failure::Unreachable(format!("cannot write manual pages into `{name}`: {error}"));
    fs::create_dir_all(dir).map_err(unwritable)?;
    clap_mangen::generate_to(Args::command().disable_help_subcommand(true), dir).map_err(unwritable)?;
    report::progress(&format!("manual pages are in {name}"));
    Ok(())
}
