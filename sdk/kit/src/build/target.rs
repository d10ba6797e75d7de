//! The wasm target of the Rust toolchain: found, or fetched.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    BuildError, Step,
    recipe::{self, TARGET, Toolchain, has_target},
};

/// Finds the toolchain used in a folder and fetches the target when it is missing.
pub(super) fn ensure(folder: &Path, progress: &mut dyn FnMut(Step)) -> Result<Toolchain, BuildError> {
    let rustc = recipe::rustc();
    let ask = |args: &[&str]| output(Command::new(&rustc).args(args).current_dir(folder), "rustc");
    let sysroot = PathBuf::from(ask(&["--print", "sysroot"])?.trim());
    let commit = ask(&["-vV"])?.lines().find_map(|line| Some(line.strip_prefix("commit-hash: ")?.to_owned()));
    let toolchain = Toolchain { sysroot, commit: commit.unwrap_or_else(|| "unknown".into()) };
    if !has_target(&toolchain.sysroot) {
        progress(Step::InstallingTarget);
        install("rustup", folder, &toolchain.sysroot)?;
    }
    Ok(toolchain)
}

fn install(rustup: &str, folder: &Path, sysroot: &Path) -> Result<(), BuildError> {
    let mut add = Command::new(rustup);
    let done = add.args(["target", "add", TARGET]).current_dir(folder).output();
    let reason = match done {
        Ok(done) if done.status.success() && has_target(sysroot) => return Ok(()),
        Ok(done) if done.status.success() => "rustup added it to another toolchain than the one in use".into(),
        Ok(done) => format!("`rustup target add {TARGET}` failed: {}", String::from_utf8_lossy(&done.stderr).trim()),
        Err(_) => "this Rust was not installed by rustup".into(),
    };
    Err(BuildError::Target { reason })
}

/// What a person can do about a missing target.
pub(super) fn advice(reason: &str) -> String {
    format!(
        "the Rust target {TARGET} is missing: {reason}\n\
         \x20 with rustup:       rustup target add {TARGET}\n\
         \x20 Debian, Ubuntu:    apt install libstd-rust-dev-wasm32 lld\n\
         \x20 Fedora:            dnf install rust-std-static-{TARGET} lld\n\
         \x20 Arch:              pacman -S rust-wasm lld\n\
         \x20 anything else:     install Rust from https://rustup.rs\n\
         \x20 without a network: copy ready-made .wasm files into the plugins folder"
    )
}

/// Runs a program to its end and gives what it wrote.
pub(super) fn output(command: &mut Command, name: &str) -> Result<String, BuildError> {
    let done = command.output().map_err(|source| BuildError::Tool { name: name.into(), source })?;
    if !done.status.success() {
        let output = String::from_utf8_lossy(&done.stderr).trim().into();
        return Err(BuildError::ToolFailed { name: name.into(), output });
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_rustup_the_error_says_what_to_do() {
        let empty = tempfile::tempdir().unwrap();
        let error = install("no-such-program", empty.path(), empty.path()).unwrap_err().to_string();
        for line in
            ["not installed by rustup", "rustup target add wasm32-unknown-unknown", "apt install", "dnf install"]
        {
            assert!(error.contains(line), "{error}");
        }
    }

    #[test]
    fn a_rustup_that_fails_is_quoted() {
        let empty = tempfile::tempdir().unwrap();
        let error = install("false", empty.path(), empty.path()).unwrap_err().to_string();
        assert!(error.contains("`rustup target add wasm32-unknown-unknown` failed"), "{error}");
        let error = install("true", empty.path(), empty.path()).unwrap_err().to_string();
        assert!(error.contains("another toolchain"), "{error}");
    }
}
