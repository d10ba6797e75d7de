use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::mpsc,
    time::{Duration, Instant},
};

use super::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn out() -> PathBuf {
    root().join("target/maple/plugins")
}

fn ensure(progress: &mut dyn FnMut(Step)) -> Vec<PathBuf> {
    ensure_plugins(&root().join("plugins"), &out(), progress).unwrap()
}

#[test]
fn the_plugins_of_the_house_are_built_once() {
    let names: Vec<_> = ensure(&mut |_| ()).iter().map(|p| p.file_stem().unwrap().to_owned()).collect();
    assert!(names.contains(&"decision-table".into()), "{names:?}");
    let start = Instant::now();
    ensure(&mut |step| panic!("nothing has changed, yet: {step}"));
    let took = start.elapsed();
    assert!(took < Duration::from_millis(300), "an unchanged build took {took:?}");
}

#[test]
fn several_processes_build_once() {
    ensure(&mut |_| ());
    let (send, receive) = mpsc::channel();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let send = send.clone();
            std::thread::spawn(move || ensure(&mut |step| send.send(step).unwrap()))
        })
        .collect();
    let paths: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    drop(send);
    assert!(paths.iter().all(|list| *list == paths[0]));
    assert_eq!(receive.iter().filter(|step| matches!(step, Step::Ready(_))).count(), 0);
}

/// A copy of what a plugin needs to be built, in another folder.
fn copied_house(to: &Path) {
    let root = root();
    fs::copy(root.join("Cargo.lock"), to.join("Cargo.lock")).unwrap();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let members = manifest.lines().map(|line| match line.split_once('=').map(|(key, _)| key.trim()) {
        Some("members") => "members = [\"sdk/guest\", \"plugins/leaders-day\"]",
        Some("default-members") => "",
        _ => line,
    });
    fs::write(to.join("Cargo.toml"), members.collect::<Vec<_>>().join("\n")).unwrap();
    for part in ["sdk/guest", "sdk/wit", "plugins/leaders-day"] {
        copy_all(&root.join(part), &to.join(part));
    }
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_all(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

#[test]
fn another_folder_gives_the_same_bytes() {
    let here = ensure(&mut |_| ()).into_iter().find(|path| path.ends_with("leaders-day.wasm")).unwrap();
    let other = tempfile::tempdir().unwrap();
    let house = other.path().join("a house elsewhere");
    fs::create_dir(&house).unwrap();
    copied_house(&house);
    let (crate_dir, out_dir) = (house.join("plugins/leaders-day"), house.join("out"));
    let built = build(&crate_dir, &out_dir, &mut |_| ()).unwrap();
    let bytes = fs::read(here).unwrap();
    assert_eq!(built.digest, digest(&bytes));
    let home = env::home_dir().unwrap_or_default();
    for path in [&house, &root(), &home] {
        let path = path.to_string_lossy();
        assert!(!bytes.windows(path.len()).any(|part| part == path.as_bytes()), "the bytes name `{path}`");
    }
    assert!(!build(&crate_dir, &out_dir, &mut |_| ()).unwrap().fresh);
    fs::write(crate_dir.join("src/lib.rs"), "not Rust").unwrap();
    let error = build(&crate_dir, &out_dir, &mut |_| ()).unwrap_err();
    assert!(matches!(&error, BuildError::Compile { output } if output.contains("src/lib.rs")), "{error}");
    assert_eq!(digest(&fs::read(&built.path).unwrap()), built.digest, "a failed build leaves what was there");
    fs::write(crate_dir.join("src/lib.rs"), "//! Says nothing.").unwrap();
    let error = build(&crate_dir, &out_dir, &mut |_| ()).unwrap_err();
    assert!(matches!(error, BuildError::NotAPlugin { .. }), "{error}");
}

#[test]
fn ready_components_are_taken_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("b.wasm"), "b").unwrap();
    fs::write(folder.path().join("a.wasm"), "a").unwrap();
    fs::write(folder.path().join("README.md"), "").unwrap();
    let paths = ensure_plugins(folder.path(), &folder.path().join("out"), &mut |_| ()).unwrap();
    assert_eq!(paths, [folder.path().join("a.wasm"), folder.path().join("b.wasm")]);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_folder_has_an_edge() {
    let folder = tempfile::tempdir().unwrap();
    for at in 0..PLUGINS_FOLDER_MAX {
        fs::write(folder.path().join(format!("{at}.txt")), "").unwrap();
    }
    let ensure = || ensure_plugins(folder.path(), &folder.path().join("out"), &mut |_| ());
    assert_eq!(ensure().unwrap(), [""; 0].map(PathBuf::from));
    fs::write(folder.path().join("one-more"), "").unwrap();
    assert!(matches!(ensure(), Err(BuildError::TooMany { .. })));
    let missing = ensure_plugins(&folder.path().join("missing"), folder.path(), &mut |_| ());
    assert!(matches!(missing, Err(BuildError::Read { .. })));
    let error = build(folder.path(), &folder.path().join("out"), &mut |_| ()).unwrap_err();
    assert!(matches!(error, BuildError::NoCrate { .. }), "{error}");
}
