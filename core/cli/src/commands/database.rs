//! Opening the database of a service beside it.

use std::path::Path;

use maple_store::Store;

use crate::{
    Failure,
    args::Database,
    config::{self, STATE},
    load::chain,
};

/// The database that is named, or that of the state folder; to look must not make anything.
pub(super) fn open(named: &Database) -> Result<Store, Failure> {
    let url = match &named.database {
        Some(url) => {
            let url = config::database(url.clone())?;
            if let Some(file) = url.strip_prefix("sqlite://") {
                there(Path::new(file))?;
            }
            url
        }
        None => {
            let file = named.state.clone().unwrap_or_else(|| STATE.into()).join("maple.sqlite");
            there(&file)?;
            format!("sqlite://{}", file.display())
        }
    };
    Store::open_url(&url).map_err(|error| Failure::Unreachable(chain(&error)))
}

fn there(file: &Path) -> Result<(), Failure> {
    if file.is_file() {
        return Ok(());
    }
    let file = file.display();
    Err(Failure::Unreachable(format!(
        "there is no database `{file}`; `--database` or `--state` names another, and `maple serve` makes one"
    )))
}
