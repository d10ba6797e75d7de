//! What is typed after `maple keys`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::Database;

/// `maple keys`.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Print the public key of a private one, to give to whoever verifies
    Public(PublicOf),
    /// Make a private key that signs packs
    New(NewKey),
    /// List the public keys that a database keeps
    List(ListKeys),
    /// Put a new private key in the place of the one that signs checkpoints and receipts
    Rotate(RotateKey),
    /// Say until when a key holds; what it signed before stays proved
    Retire(RetireKey),
    /// Say that somebody else may have a key; what it signed from then on is not proved
    Revoke(RevokeKey),
}

/// `maple keys rotate`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RotateKey {
    /// File with the private key [default: the one that `maple serve` made in the state folder]
    pub(crate) file: Option<PathBuf>,
    /// Folder of the state
    #[arg(long, value_name = "DIR", env = "MAPLE_STATE")]
    pub(crate) state: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `maple keys retire`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RetireKey {
    /// The key, as `maple keys list` names it
    // One of 64 begins with a hyphen.
    #[arg(allow_hyphen_values = true)]
    pub(crate) id: String,
    /// From when it no longer holds, such as 2026-12-31T00:00:00+08:00 [default: now]
    #[arg(long, value_name = "MOMENT")]
    pub(crate) at: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) database: Database,
}

/// `maple keys revoke`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RevokeKey {
    /// The key, as `maple keys list` names it
    // One of 64 begins with a hyphen.
    #[arg(allow_hyphen_values = true)]
    pub(crate) id: String,
    /// Since when somebody else may have it, such as 2026-11-01T00:00:00+08:00 [default: now]
    #[arg(long, value_name = "MOMENT")]
    pub(crate) since: Option<String>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) database: Database,
}

/// `maple keys new`.
#[derive(Debug, ClapArgs)]
pub(crate) struct NewKey {
    /// The file to make; one that is there stays
    pub(crate) file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
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
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
