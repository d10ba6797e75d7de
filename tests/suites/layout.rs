//! The house keeps its shape: rooms lean on lower floors only, and what must be absent is absent.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Each package and its floor; a package leans only on lower ones.
const FLOORS: [(&str, u8); 18] = [
    ("maple-kernel", 0),
    ("maple-guest", 0),
    ("maple-sandbox", 1),
    ("maple-bundle", 1),
    ("maple-wire", 2),
    ("maple-seal", 1),
    ("maple-insight", 1),
    ("decision-table", 1),
    ("layered-ladder", 1),
    ("leaders-day", 1),
    ("foreign-trade", 1),
    ("cluster-watch", 1),
    ("maple-gate", 3),
    ("maple-store", 2),
    ("maple-server", 4),
    ("maple-kit", 4),
    ("maple", 5),
    ("maple-tests", 6),
];

/// What may stand at the top level.
const TOP: [&str; 8] =
    ["Cargo.toml", "Cargo.lock", "LICENSE", "CHANGELOG.md", "README.md", "deny.toml", "clippy.toml", "rustfmt.toml"];
const ROOMS: [&str; 5] = ["core", "plugins", "policies", "sdk", "tests"];

/// Lines of a source file, its tests apart.
const FILE_LINES_MAX: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files(dir: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') && name != "node_modules" {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

fn packages() -> BTreeMap<String, (PathBuf, toml::Table)> {
    let mut manifests = Vec::new();
    for room in ROOMS {
        let mut found = Vec::new();
        files(&root().join(room), "toml", &mut found);
        manifests.extend(found.into_iter().filter(|path| path.file_name().unwrap() == "Cargo.toml"));
    }
    manifests
        .into_iter()
        .filter(|path| !path.components().any(|part| part.as_os_str() == "fixtures" || part.as_os_str() == "templates"))
        .map(|path| {
            let table: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
            let name = table["package"]["name"].as_str().unwrap().to_owned();
            (name, (path.parent().unwrap().to_owned(), table))
        })
        .collect()
}

fn dependencies(manifest: &toml::Table, section: &str) -> BTreeSet<String> {
    manifest.get(section).and_then(toml::Value::as_table).map(|t| t.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn rooms_lean_on_lower_floors_only() {
    let floors: BTreeMap<&str, u8> = FLOORS.into();
    for (name, (_, manifest)) in packages() {
        let floor = floors.get(name.as_str()).unwrap_or_else(|| panic!("`{name}` has no floor: add it to FLOORS"));
        for dependency in dependencies(&manifest, "dependencies") {
            if let Some(below) = floors.get(dependency.as_str()) {
                assert!(below < floor, "`{name}` (floor {floor}) leans on `{dependency}` (floor {below})");
            }
        }
    }
}

#[test]
fn guests_and_host_share_no_rust() {
    let guests = ["maple-guest", "decision-table", "layered-ladder", "leaders-day", "foreign-trade", "cluster-watch"];
    for (name, (_, manifest)) in packages() {
        let leans = dependencies(&manifest, "dependencies");
        for guest in guests {
            if guests.contains(&name.as_str()) {
                assert!(
                    !leans.iter().any(|d| d.starts_with("maple-") && d != "maple-guest"),
                    "`{name}` knows the host"
                );
            } else if name != "maple-tests" {
                assert!(!leans.contains(guest), "`{name}` knows the guest `{guest}`");
            }
        }
    }
}

#[test]
fn what_must_be_absent_is_absent() {
    let only = |dependency: &str, rooms: &[&str]| {
        for (name, (_, manifest)) in packages() {
            let leans = dependencies(&manifest, "dependencies").iter().any(|d| d == dependency);
            assert!(
                !leans || rooms.contains(&name.as_str()),
                "`{name}` depends on `{dependency}`, which is for {rooms:?}"
            );
        }
    };
    only("wasmtime", &["maple-sandbox"]);
    only("wasmtime-wizer", &["maple-sandbox"]);
    only("rusqlite", &["maple-store"]);
    only("postgres", &["maple-store"]);
    only("tokio-postgres", &["maple-store"]);
    only("tokio-postgres-rustls", &["maple-store"]);
    only("parquet", &["maple"]);
    only("ed25519-dalek", &["maple-seal"]);
    only("axum", &["maple-server", "maple-tests"]);
    only("async-nats", &["maple-server"]);
    only("askama", &["maple-server", "maple"]);
    only("tokio-rustls", &["maple-server"]);
    only("rustls-native-certs", &["maple-server", "maple-store"]);
    only("jsonwebtoken", &["maple-server"]);
    only("oci-client", &["maple"]);
    only("ureq", &["maple-server", "maple"]);
    only("geojson", &["maple-server"]);
    for (name, (_, manifest)) in packages() {
        // Of the crate `rsa` there is an advisory without a mended version (RUSTSEC-2023-0071).
        assert!(!dependencies(&manifest, "dependencies").contains("rsa"), "`{name}` depends on `rsa`");
    }
    for absent in ["serde", "serde_json", "tokio", "toml"] {
        let (_, insight) = &packages()["maple-insight"];
        assert!(!dependencies(insight, "dependencies").contains(absent), "`maple-insight` depends on `{absent}`");
    }
    let (_, kernel) = &packages()["maple-kernel"];
    assert_eq!(dependencies(kernel, "dependencies"), BTreeSet::from(["jiff".to_owned()]));
}

#[test]
fn the_clock_is_read_in_one_file_of_the_server() {
    let mut sources = Vec::new();
    for room in ["core", "sdk/guest", "plugins"] {
        files(&root().join(room), "rs", &mut sources);
    }
    let reads_the_day = ["SystemTime::now", "Zoned::now", "Timestamp::now", "Utc::now"];
    for path in sources {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let reads = reads_the_day.iter().any(|call| code.contains(call));
        let allowed = path.ends_with("core/server/src/clock.rs") || path.components().any(|c| c.as_os_str() == "tests");
        assert!(!reads || allowed, "{} reads the clock", path.display());
    }
}

#[test]
fn the_kernel_touches_nothing_outside() {
    let mut sources = Vec::new();
    files(&root().join("core/kernel/src"), "rs", &mut sources);
    for path in sources {
        let text = fs::read_to_string(&path).unwrap();
        for outside in [
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
            "std::time",
            "std::io",
            "println!",
            "unsafe",
        ] {
            assert!(!text.contains(outside), "{} holds `{outside}`", path.display());
        }
    }
}

#[test]
fn the_top_level_is_fixed() {
    for entry in fs::read_dir(root()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = name.starts_with('.') || name == "target" || TOP.contains(&&*name) || ROOMS.contains(&&*name);
        assert!(known, "`{name}` does not belong at the top level");
    }
}

#[test]
fn every_room_says_what_it_is_for() {
    let mut readmes: Vec<PathBuf> = ROOMS.iter().map(|room| root().join(room).join("README.md")).collect();
    readmes.extend(packages().into_values().map(|(dir, _)| dir.join("README.md")));
    for readme in readmes {
        let text = fs::read_to_string(&readme).unwrap_or_else(|_| panic!("{} is missing", readme.display()));
        assert!(text.starts_with("# ") && text.len() > 200, "{} says too little", readme.display());
    }
}

#[test]
fn files_are_short_enough_to_know_ones_way_in() {
    let mut sources = Vec::new();
    for room in ROOMS {
        files(&root().join(room), "rs", &mut sources);
    }
    for path in sources {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default().lines().count();
        assert!(code <= FILE_LINES_MAX, "{} has {code} lines", path.display());
    }
}

#[test]
fn nothing_built_is_kept() {
    for extension in ["wasm", "so", "a", "o", "db", "sqlite"] {
        let mut built = Vec::new();
        for room in ROOMS {
            files(&root().join(room), extension, &mut built);
        }
        built.retain(|path| !path.starts_with(root().join("tests/fixtures/contract")));
        assert!(built.is_empty(), "{built:?}");
    }
}
