//! How cargo is called for guests, so that nothing of the caller's surroundings gets into the bytes. Shared with the
//! kit's own build script, which compiles the plugins that ship: both give the same bytes.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The target that guests are compiled for. It has no system interface: what is not in the contract is not there.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// Stack of a guest. Small, since each evaluation starts with a clean one.
const STACK_BYTES: u32 = 32 << 10;

/// The settings that make a guest small and its bytes the same everywhere.
const PROFILE: [(&str, &str); 10] = [
    ("OPT_LEVEL", "3"),
    ("LTO", "fat"),
    ("CODEGEN_UNITS", "1"),
    ("PANIC", "abort"),
    ("STRIP", "debuginfo"),
    ("DEBUG", "0"),
    ("INCREMENTAL", "false"),
    ("DEBUG_ASSERTIONS", "false"),
    ("OVERFLOW_CHECKS", "false"),
    ("RPATH", "false"),
];

/// Variables of the caller's build that would change the guest's.
const FOREIGN: [&str; 8] = [
    "RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_INCREMENTAL",
];

/// What the compiler says of itself.
#[derive(Debug)]
pub(super) struct Toolchain {
    /// Its folder.
    pub(super) sysroot: PathBuf,
    /// The commit that it was made from.
    pub(super) commit: String,
}

/// The cargo in use.
pub(super) fn cargo() -> std::ffi::OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The compiler in use.
pub(super) fn rustc() -> std::ffi::OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// True when the toolchain can compile guests.
pub(super) fn has_target(sysroot: &Path) -> bool {
    sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir()
}

/// The call that compiles crates of the workspace in `root`.
pub(super) fn compile<'a>(
    root: &Path,
    target_dir: &Path,
    toolchain: &Toolchain,
    crates: impl Iterator<Item = &'a str>,
) -> Command {
    let mut command = Command::new(cargo());
    command.args(["build", "--lib", "--release", "--message-format=json-render-diagnostics"]);
    command.args(["--target", TARGET, "--target-dir"]).arg(target_dir);
    command.arg("--manifest-path").arg(root.join("Cargo.toml"));
    for name in crates {
        command.args(["--package", name]);
    }
    for name in FOREIGN {
        command.env_remove(name);
    }
    for (key, value) in PROFILE {
        command.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", flags(root, toolchain).join("\u{1f}"));
    command
}

/// No path of this machine may end up in the bytes.
fn flags(root: &Path, toolchain: &Toolchain) -> Vec<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
    let std = toolchain.sysroot.join("lib/rustlib/src/rust");
    let std_there = format!("/rustc/{}", toolchain.commit);
    let mut flags = vec![format!("-Clink-arg=-zstack-size={STACK_BYTES}")];
    for (here, there) in [(root, "/plugin"), (&home, "/cargo"), (&std, &std_there)] {
        flags.push(format!("--remap-path-prefix={}={there}", here.display()));
    }
    flags
}
