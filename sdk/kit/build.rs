//! Puts into the kit what an installed binary needs without this checkout: the plugins that ship, as core modules, the
//! shipped policies, the guest crate with the contract, and the templates.
//!
//! A machine that cannot compile guests still builds the kit: the plugins are then left out, with a warning.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

#[path = "src/build/recipe.rs"]
mod recipe;

use recipe::Toolchain;

fn main() -> Result<(), Box<dyn Error>> {
    let kit = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let house = kit.join("../..").canonicalize()?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut text = String::new();
    for (name, folder) in [
        ("POLICIES", "policies"),
        ("GUEST", "sdk/guest"),
        ("CONTRACT", "sdk/wit"),
        ("SCHEMAS", "sdk/schemas"),
        ("TABLE", "sdk/templates/table"),
        ("RUST", "sdk/templates/rust"),
        ("JAVASCRIPT", "sdk/templates/javascript"),
        ("SPIDER_MONKEY", "sdk/templates/spidermonkey"),
        ("PYTHON", "sdk/templates/python"),
    ] {
        let root = house.join(folder);
        println!("cargo::rerun-if-changed={}", root.display());
        let mut files = Vec::new();
        gather(&root, &root, &mut files)?;
        list(&mut text, name, &files)?;
    }
    println!("cargo::rerun-if-changed=src/build/recipe.rs");
    println!("cargo::rerun-if-changed={}", house.join("plugins").display());
    let modules = plugins(&house, &out).unwrap_or_else(|why| {
        println!("cargo::warning=the plugins that ship are left out of the binary: {why}");
        Vec::new()
    });
    list(&mut text, "PLUGINS", &modules)?;
    fs::write(out.join("shipped.rs"), text)?;
    Ok(())
}

/// The files below a folder, by their path in it, sorted.
fn gather(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            gather(root, &path, files)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            files.push((relative.to_string_lossy().replace('\\', "/"), path));
        }
    }
    Ok(())
}

fn list(text: &mut String, name: &str, files: &[(String, PathBuf)]) -> std::fmt::Result {
    writeln!(text, "static {name}: &[(&str, &[u8])] = &[")?;
    for (path, file) in files {
        writeln!(text, "    ({path:?}, include_bytes!({:?})),", file.display().to_string())?;
    }
    writeln!(text, "];")
}

/// Compiles the plugins that ship; answers the core module of each.
fn plugins(house: &Path, out: &Path) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let names = crates(&house.join("plugins"))?;
    let toolchain = toolchain(house)?;
    let target_dir = out.join("guest");
    let mut command = recipe::compile(house, &target_dir, &toolchain, names.iter().map(String::as_str));
    let done = command.output()?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        return Err(said.lines().filter(|line| line.starts_with("error")).collect::<Vec<_>>().join("; ").into());
    }
    let made = target_dir.join(recipe::TARGET).join("release");
    let module = |name: String| {
        let path = made.join(format!("{}.wasm", name.replace('-', "_")));
        if path.is_file() { Ok((name, path)) } else { Err(format!("no module of `{name}`").into()) }
    };
    names.into_iter().map(module).collect()
}

fn crates(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The toolchain of the checkout, with its wasm target if that can be had.
fn toolchain(house: &Path) -> Result<Toolchain, Box<dyn Error>> {
    let ask = |args: &[&str]| -> io::Result<String> {
        let done = Command::new(recipe::rustc()).args(args).current_dir(house).output()?;
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    };
    let sysroot = PathBuf::from(ask(&["--print", "sysroot"])?.trim());
    let commit = ask(&["-vV"])?.lines().find_map(|line| Some(line.strip_prefix("commit-hash: ")?.to_owned()));
    if !recipe::has_target(&sysroot) {
        let _ = Command::new("rustup").args(["target", "add", recipe::TARGET]).current_dir(house).output();
    }
    if !recipe::has_target(&sysroot) {
        return Err(format!("the Rust target {0} is missing; run `rustup target add {0}`", recipe::TARGET).into());
    }
    Ok(Toolchain { sysroot, commit: commit.unwrap_or_else(|| "unknown".into()) })
}
