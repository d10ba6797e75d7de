//! What lies where in an author's folder.
//!
//! A project is a folder with `policies/` in it and, where the policy is code, the sources of one plugin beside it. Its
//! policies stand on those that ship: the words, the law, the places, and what speaks for the places above.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use maple_bundle::{Bundle, ReadError};
use maple_kernel::LocalityId;

use crate::{new::Language, shipped};

/// Bytes of a manifest that are read.
pub const MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// The npm package that makes components which run on QuickJS.
pub(crate) const QUICKJS: &str = "componentize-qjs";
/// The npm package that makes components which run on SpiderMonkey.
pub(crate) const SPIDERMONKEY: &str = "@bytecodealliance/componentize-js";

/// What tells a language: its manifest, and what that asks for when it is a plugin.
const MARKS: [(Language, &str, &str); 4] = [
    (Language::Rust, "Cargo.toml", "maple-guest"),
    (Language::Javascript, "package.json", QUICKJS),
    (Language::Javascript, "package.json", SPIDERMONKEY),
    (Language::Python, "requirements.txt", "componentize-py"),
];

/// A folder of an author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The folder.
    pub root: PathBuf,
    /// Where its policies are.
    pub policies: PathBuf,
    /// What its plugin is written in, if it has one of its own.
    pub code: Option<Language>,
}

/// Policy files as they are compiled.
#[derive(Clone, Debug)]
pub struct Files {
    /// All of them.
    pub bundle: Bundle,
    /// The packs of the folder itself, where it stands on the policies that ship.
    pub own: Option<BTreeSet<LocalityId>>,
    /// `sha256:…` over the paths and bytes of the folder's own files: the same wherever the folder lies.
    pub digest: Arc<str>,
}

impl Project {
    /// The project that a path means: a folder with `policies/` in it, or the folder of policies itself.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        let inside = path.join("policies");
        let (root, policies) = match path.file_name() {
            _ if inside.is_dir() => (path.to_owned(), inside),
            Some(name) if name == "policies" => (above(path), path.to_owned()),
            _ => return Self { root: path.to_owned(), policies: path.to_owned(), code: None },
        };
        let code = language(&root);
        Self { root, policies, code }
    }

    /// Where its component is built to.
    #[must_use]
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Its policy files. A folder with registry files of its own (`facts.toml` and so on) stands alone; any other
    /// stands on the policies that ship.
    ///
    /// # Errors
    /// When a file cannot be read or is no policy file.
    pub fn files(&self) -> Result<Files, ReadError> {
        let (files, odd) = self.gather()?;
        odd.into_iter().next().map_or(Ok(files), Err)
    }

    /// As [`Project::files`], with what keeps single files out of the bundle told beside the others.
    ///
    /// # Errors
    /// When the folder itself cannot be read, or both bundles together pass a limit.
    pub fn gather(&self) -> Result<(Files, Vec<ReadError>), ReadError> {
        let (bundle, odd) = Bundle::gather(&self.policies)?;
        Ok((Self::over_shipped(bundle)?, odd))
    }

    fn over_shipped(bundle: Bundle) -> Result<Files, ReadError> {
        let digest = Arc::clone(bundle.digest());
        if bundle.stands_alone() {
            return Ok(Files { bundle, own: None, digest });
        }
        let own = bundle.packs().map(LocalityId::from).collect();
        Ok(Files { bundle: bundle.over(&shipped::policies()?)?, own: Some(own), digest })
    }
}

/// The folder of policies that a file lies in: the nearest one above it that is called `policies` or has registries of
/// its own; else the one that its pack's `id` leads to.
#[must_use]
pub fn policies_of(file: &Path) -> Option<PathBuf> {
    let own =
        |dir: &&Path| dir.file_name().is_some_and(|name| name == "policies") || dir.join("localities.toml").is_file();
    let folder = file.parent()?;
    if let Some(found) = folder.ancestors().find(own) {
        return Some(found.to_owned());
    }
    let text = manifest(&folder.join("pack.toml")).ok()?;
    let id = text.parse::<toml::Table>().ok()?.get("id")?.as_str()?.to_owned();
    let above = folder.ancestors().nth(id.split('/').count())?;
    (above.join(id) == folder).then(|| above.to_owned())
}

fn above(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// What the plugin in a folder is written in, if there is one.
#[must_use]
pub fn language(root: &Path) -> Option<Language> {
    let asks = |(language, file, mark): &&(Language, &str, &str)| {
        let text = manifest(&root.join(file)).unwrap_or_default();
        // A workspace around plugins asks for the guest crate too.
        let package = *language != Language::Rust || text.lines().any(|line| line.trim() == "[package]");
        package && text.contains(mark)
    };
    MARKS.iter().find(asks).map(|(language, ..)| *language)
}

/// The name that the manifest of a plugin's sources gives it.
#[must_use]
pub fn plugin_id(root: &Path) -> Option<String> {
    let read = |file: &str| manifest(&root.join(file)).ok();
    let in_toml = |text: String, table: &str| {
        Some(text.parse::<toml::Table>().ok()?.get(table)?.get("name")?.as_str()?.to_owned())
    };
    match language(root)? {
        Language::Rust => in_toml(read("Cargo.toml")?, "package"),
        Language::Python => in_toml(read("pyproject.toml")?, "project"),
        Language::Javascript => {
            let manifest: serde_json::Value = serde_json::from_str(&read("package.json")?).ok()?;
            Some(manifest.get("name")?.as_str()?.to_owned())
        }
        Language::Table => None,
    }
}

/// A manifest, bounded.
pub(crate) fn manifest(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > MANIFEST_BYTES_MAX {
        return Err(io::Error::other(format!("it has more than {MANIFEST_BYTES_MAX} bytes")));
    }
    fs::read_to_string(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_or_its_policies_mean_the_same_project() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("policies")).unwrap();
        assert_eq!(Project::at(root).code, None);
        fs::write(root.join("Cargo.toml"), "[workspace.dependencies]\nmaple-guest = {}\n").unwrap();
        assert_eq!(Project::at(root).code, None, "a workspace that is no plugin");
        fs::write(root.join("Cargo.toml"), "[package]\n[dependencies]\nmaple-guest = { path = \"x\" }\n").unwrap();
        let project = Project::at(root);
        assert_eq!(project.code, Some(Language::Rust));
        assert_eq!(Project::at(&root.join("policies")), project);
        assert_eq!(above(Path::new("policies")), Path::new("."));
        let elsewhere = root.join("other");
        assert_eq!(Project::at(&elsewhere).policies, elsewhere);
    }

    #[test]
    fn a_file_leads_to_its_policies() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let made = |path: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            path
        };
        assert_eq!(policies_of(&made("a/policies/cn/x/pack.toml")), Some(root.join("a/policies")));
        assert_eq!(policies_of(&made("a/policies/facts.toml")), Some(root.join("a/policies")));
        made("b/localities.toml");
        assert_eq!(policies_of(&made("b/cn/labour.toml")), Some(root.join("b")));
        let pack = made("c/cn/zhejiang/pack.toml");
        assert_eq!(policies_of(&pack), None, "no id");
        for (id, wanted) in [("cn/zhejiang", Some(root.join("c"))), ("zhejiang", Some(root.join("c/cn"))), ("gb", None)]
        {
            fs::write(&pack, format!("id = \"{id}\"\n")).unwrap();
            assert_eq!(policies_of(&pack.with_file_name("rules.toml")), wanted, "{id}");
        }
        assert_eq!(policies_of(&made("d/Cargo.toml")), None);
    }

    #[test]
    fn a_manifest_has_an_edge() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("package.json");
        let mark = "componentize-qjs";
        for (more, found) in [(0, true), (1, false)] {
            let size = usize::try_from(MANIFEST_BYTES_MAX).unwrap() + more;
            fs::write(&path, format!("{mark}{}", " ".repeat(size - mark.len()))).unwrap();
            assert_eq!(language(folder.path()).is_some(), found);
        }
    }
}
