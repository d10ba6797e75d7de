//! What a path on the command line names.

use std::path::{Path, PathBuf};

use maple_kit::project::language;

use crate::Failure;

/// Something that can be asked about a case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A component that is ready.
    Component(PathBuf),
    /// The folder of a plugin's crate.
    Crate(PathBuf),
    /// A folder with policies, and the plugins that belong to it, if it has any of its own.
    Policies {
        /// Where the policies are.
        policies: PathBuf,
        /// Where its plugins are.
        plugins: Option<PathBuf>,
    },
}

impl Target {
    /// Looks at what lies there.
    pub(crate) fn of(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let data =
            std::fs::metadata(path).map_err(|error| Failure::Unreachable(format!("cannot find `{shown}`: {error}")))?;
        if data.is_file() {
            return Ok(Self::Component(path.to_owned()));
        }
        let own = |name: &str| Some(path.join(name)).filter(|folder| folder.is_dir());
        match (policies(path), own("policies"), language(path)) {
            (true, ..) => Ok(Self::Policies { policies: path.to_owned(), plugins: None }),
            (false, Some(policies), _) => Ok(Self::Policies { policies, plugins: own("plugins") }),
            (false, None, Some(_)) => Ok(Self::Crate(path.to_owned())),
            (false, None, None) => Err(Failure::Input(format!(
                "`{shown}` is no plugin and no folder of policies; name a `.wasm` file, the sources of a plugin, a folder \
                 with `policies` in it, or a folder with `localities.toml`"
            ))),
        }
    }
}

fn policies(folder: &Path) -> bool {
    folder.join("localities.toml").is_file() || folder.join("localities").is_dir()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_lies_there_is_known_by_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let of = |path: &Path| Target::of(path).unwrap();
        assert!(matches!(Target::of(&root.join("nothing")), Err(Failure::Unreachable(_))));
        assert!(matches!(Target::of(root), Err(Failure::Input(_))));
        std::fs::create_dir_all(root.join("policies/localities")).unwrap();
        assert_eq!(of(root), Target::Policies { policies: root.join("policies"), plugins: None });
        std::fs::create_dir(root.join("plugins")).unwrap();
        let plugins = Some(root.join("plugins"));
        assert_eq!(of(root), Target::Policies { policies: root.join("policies"), plugins });
        std::fs::write(root.join("localities.toml"), "").unwrap();
        assert_eq!(of(root), Target::Policies { policies: root.to_owned(), plugins: None });
        let sources = root.join("sources");
        std::fs::create_dir(&sources).unwrap();
        std::fs::write(sources.join("Cargo.toml"), "[package]\n[dependencies]\nmaple-guest = \"0.1\"\n").unwrap();
        assert_eq!(of(&sources), Target::Crate(sources.clone()));
        assert_eq!(of(&sources.join("Cargo.toml")), Target::Component(sources.join("Cargo.toml")));
    }
}
