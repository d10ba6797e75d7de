//! What `maple new` copies is what this house uses: the guest crate, its dependencies, the plugins that ship.

use std::{collections::BTreeMap, fs};

use maple_tests::{plugins, root};

fn toml(path: &str) -> toml::Table {
    fs::read_to_string(root().join(path)).unwrap().parse().unwrap()
}

#[test]
fn the_vendored_guest_crate_asks_for_what_the_workspace_asks_for() {
    let workspace = toml("Cargo.toml");
    let vendored = toml("sdk/templates/rust/vendor/maple-guest/Cargo.toml");
    let own = toml("sdk/guest/Cargo.toml");
    for key in own["package"].as_table().unwrap().keys().filter(|key| *key != "name") {
        assert_eq!(vendored["package"][key], workspace["workspace"]["package"][key], "{key}");
    }
    let dependencies = own["dependencies"].as_table().unwrap();
    assert_eq!(dependencies.len(), vendored["dependencies"].as_table().unwrap().len());
    for name in dependencies.keys() {
        assert_eq!(vendored["dependencies"][name], workspace["workspace"]["dependencies"][name], "{name}");
    }
}

#[test]
fn a_new_rust_project_locks_the_versions_of_this_house() {
    let locked = |path: &str| -> BTreeMap<(String, String), toml::Value> {
        let table = toml(path);
        let packages = table["package"].as_array().unwrap().clone();
        let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
        packages.into_iter().map(|package| ((text(&package, "name"), text(&package, "version")), package)).collect()
    };
    let house = locked("Cargo.lock");
    let project = locked("sdk/templates/rust/Cargo.lock");
    assert!(project.contains_key(&("{{name}}".into(), "0.1.0".into())), "the project itself");
    // What a package leans on is told otherwise in a house with several versions of it; its bytes are the same.
    let bytes = |package: &toml::Value| package.get("checksum").cloned();
    for (key, package) in project.iter().filter(|((name, _), _)| name != "{{name}}") {
        let ours = house.get(key).map(bytes);
        assert_eq!(Some(bytes(package)), ours, "{key:?} is locked in another version than the house's");
    }
}

#[test]
fn what_scripts_fetch_is_locked_by_version_and_hash() {
    let read = |path: &str| fs::read_to_string(root().join("sdk/templates").join(path)).unwrap();
    let json = |path: &str| -> serde_json::Value { serde_json::from_str(&read(path)).unwrap() };
    for (engine, tool) in [("javascript", "componentize-qjs"), ("spidermonkey", "@bytecodealliance/componentize-js")] {
        let (manifest, lock) = (json(&format!("{engine}/package.json")), json(&format!("{engine}/package-lock.json")));
        let wanted = manifest["devDependencies"][tool].as_str().unwrap();
        let packages = lock["packages"].as_object().unwrap();
        assert_eq!(packages[&format!("node_modules/{tool}")]["version"], wanted);
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            assert!(package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")), "{name}");
        }
    }
    let pinned = read("python/requirements.txt");
    let names: Vec<&str> = pinned.lines().filter(|line| line.starts_with(char::is_alphanumeric)).collect();
    assert!(names.len() == 1 && names[0].starts_with("componentize-py=="), "{names:?}");
    assert!(pinned.matches("--hash=sha256:").count() > 1, "a hash for each platform");
}

#[test]
fn the_plugins_in_the_binary_are_those_that_the_kit_builds() {
    let built: BTreeMap<String, Vec<u8>> = plugins()
        .into_iter()
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    let shipped = maple_kit::shipped::plugins(&[]).unwrap();
    assert_eq!(shipped.len(), built.len());
    for (id, bytes) in shipped {
        assert!(built.get(id) == Some(&bytes), "`{id}` has other bytes in the binary");
    }
}

#[test]
fn the_policies_in_the_binary_are_those_of_the_house() {
    let house = maple_bundle::Bundle::read(&root().join("policies")).unwrap();
    assert_eq!(maple_kit::shipped::policies().unwrap().digest(), house.digest());
}
