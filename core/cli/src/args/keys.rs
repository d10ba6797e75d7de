//! What is typed after `maple keys`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::{Database};

/// `maple keys`.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Print the public key of a private one, to give to whoever verifies
    Public(PublicOf),
    /// Make a private key that signs packs
    New(NewKey),
    /// List the public keys that a database keeps
    List(ListKeys),
}

/// `maple keys new`.
#[derive(Debug, ClapArgs)]
pub(crate) struct NewKey {
    /// The file to make; one that is there stays
    pub(crate) file: PathBuf,
}

/// `maple keys list`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ListKeys {
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) database: Database,
}

/// `maple keys public`.
#[derive(Debug, ClapArgs)]
pub(crate) struct PublicOf {
    /// File with the private key [default: the one that `maple serve` made in the state folder]
    pub(crate) file: Option<PathBuf>,
    /// Folder of the state
    #[arg(long, value_name = "DIR", env = "MAPLE_STATE")]
    pub(crate) state: Option<PathBuf>,
}
