//! What is typed to change what serves.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::{Places, Remote};

/// `maple publish`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Publish {
    /// Folder with the policies, or a bundle (`.tar.gz`)
    #[arg(value_name = "DIR|FILE", default_value = "policies")]
    pub(crate) bundle: PathBuf,
    /// Only examine it: nothing is kept
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write the bundle to a file, too
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) places: Places,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple activate`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Activate {
    /// The bundle, as `maple publish` names it: sha256:…
    pub(crate) bundle: String,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    /// The generation that it replaces [default: the latest]
    #[arg(long, value_name = "GENERATION")]
    pub(crate) replaces: Option<u32>,
    /// From when it serves, such as 2026-12-01T00:00:00+08:00 [default: now]
    #[arg(long, value_name = "TIME", conflicts_with = "canary")]
    pub(crate) at: Option<String>,
    /// Let it decide so many of a hundred cases, and take it back by itself when it does badly
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=99))]
    pub(crate) canary: Option<u8>,
    /// Print the activation as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple rollback`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Rollback {
    /// The generation to go back to [default: the bundle before]
    #[arg(long, value_name = "GENERATION")]
    pub(crate) to: Option<u32>,
    /// The generation that it replaces [default: the latest]
    #[arg(long, value_name = "GENERATION")]
    pub(crate) replaces: Option<u32>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    /// Print the activation as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple brake`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Brake {
    /// The policy, such as cn/zhejiang/labour
    #[arg(long, value_name = "ID", required_unless_present = "locality", conflicts_with = "locality")]
    pub(crate) policy: Option<String>,
    /// The place: all policies of it and of all places below
    #[arg(long, value_name = "PATH")]
    pub(crate) locality: Option<String>,
    /// How it serves from now on
    #[arg(long, value_enum, default_value_t = How::Stopped)]
    pub(crate) how: How,
    /// Why; each decision that it touches repeats it, so write no names
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    /// Print the activation as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// How a policy serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum How {
    /// Not asked; each decision says so, and a person decides in the place of one that sets the floor
    Stopped,
    /// Not asked, without a word
    Off,
    /// Asked and noted, and changes nothing
    Shadow,
    /// It counts
    Enforce,
    /// As its file says: the brake is lifted
    AsFiled,
}

/// `maple status`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Status {
    /// Print everything as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple tick`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Tick {
    /// Print everything as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple sign`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Sign {
    /// Folder with the policies
    #[arg(value_name = "DIR", default_value = "policies")]
    pub(crate) policies: PathBuf,
    /// File with the private key (PEM); `maple keys new` makes one
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Sign the packs of these places only, such as cn/zhejiang/** [default: everything]
    #[arg(long, value_name = "PLACES")]
    pub(crate) only: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) places: Places,
}
