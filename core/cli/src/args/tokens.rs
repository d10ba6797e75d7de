//! What can be typed after `maple tokens`.

use clap::{Args as ClapArgs, Subcommand};

use super::Database;

/// `maple tokens`.
#[derive(Debug, Subcommand)]
pub(crate) enum Tokens {
    /// Make a token and show it, this once
    Create(CreateToken),
    /// List the tokens, without what they are made of
    List(ListTokens),
    /// Take a token back; a service that serves turns it away within seconds
    Revoke(RevokeToken),
}

/// `maple tokens create`.
#[derive(Debug, ClapArgs)]
pub(crate) struct CreateToken {
    /// Who or what it is for, as the audit log will name its bearer
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// What it lets do: evaluate, author, approver, admin, auditor; several with commas
    #[arg(long, value_name = "ROLE", value_delimiter = ',', required = true)]
    pub(crate) role: Vec<String>,
    /// Where: a locality and all below as in `cn/zhejiang/**`, one place alone as in `cn/zhejiang`, or `**`
    #[arg(long, value_name = "SUBTREE", value_delimiter = ',', required = true)]
    pub(crate) scope: Vec<String>,
    /// For how many days, at most 366
    #[arg(long, value_name = "DAYS", default_value_t = maple_server::TOKEN_DAYS)]
    pub(crate) days: u32,
    /// Print what was made as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) database: Database,
}

/// `maple tokens list`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ListTokens {
    /// Print them as JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) database: Database,
}

/// `maple tokens revoke`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RevokeToken {
    /// Its id, as `maple tokens list` shows it
    pub(crate) id: String,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) database: Database,
}
