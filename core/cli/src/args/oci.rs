//! What is typed to carry bundles over a registry.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::Places;

/// `maple push`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Push {
    /// Where to keep it, such as oci://registry.example/rules/zhejiang:1.4.0 [tag: latest]
    #[arg(value_name = "ADDRESS")]
    pub(crate) address: String,
    /// Folder with the policies, or a bundle (`.tar.gz`)
    #[arg(value_name = "DIR|FILE", default_value = "policies")]
    pub(crate) bundle: PathBuf,
    /// Print what was kept as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) places: Places,
    #[command(flatten)]
    pub(crate) access: Access,
}

/// `maple pull`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Pull {
    /// What to fetch, by tag as in oci://registry.example/rules/zhejiang:1.4.0, or by digest with @sha256:… [tag: latest]
    #[arg(value_name = "ADDRESS")]
    pub(crate) address: String,
    /// The file to write [default: the repository's name with the bundle's digest, here]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print what was fetched as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) access: Access,
}

/// How a registry is spoken to. A password is never a flag, which other users of the machine could see.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Access {
    /// Who asks; the password comes from the environment's MAPLE_REGISTRY_PASSWORD or from a file
    #[arg(long, value_name = "NAME", env = "MAPLE_REGISTRY_USER")]
    pub(crate) user: Option<String>,
    /// File with the password or access token
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// File with certificates (PEM) to trust in place of the system's
    #[arg(long, value_name = "FILE", env = "MAPLE_CA")]
    pub(crate) ca: Option<PathBuf>,
    /// Speak without TLS to a registry that is not on this machine: whoever is on the way sees and changes everything
    #[arg(long)]
    pub(crate) insecure_http: bool,
}
