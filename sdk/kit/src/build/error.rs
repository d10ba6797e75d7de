//! What can go wrong while a plugin is built.

use std::{io, path::PathBuf};

use super::{COMPONENT_BYTES_MAX, PLUGINS_FOLDER_MAX};

/// Why a plugin could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file or folder cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder holds more than it may.
    #[error("`{path}` holds {count} entries, at most {PLUGINS_FOLDER_MAX} are read")]
    TooMany {
        /// Which.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// A folder is no crate.
    #[error("`{path}` holds no Rust crate: there is no package in its `Cargo.toml`")]
    NoCrate {
        /// Which.
        path: PathBuf,
    },
    /// This binary was made on a machine that could not compile the plugins that ship.
    #[error(
        "this `maple` was built without the plugins that ship; build it where the Rust target \
         wasm32-unknown-unknown can be installed, or name a folder of plugins with --plugins DIR"
    )]
    NoneShipped,
    /// A program that the build needs does not start.
    #[error("cannot run `{name}`; install Rust from https://rustup.rs, or put `{name}` on the PATH")]
    Tool {
        /// Which.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// A program that a project's language needs is missing or too old.
    #[error("cannot use `{name}`: {why}; {way}")]
    Missing {
        /// Which.
        name: String,
        /// What is wrong with it.
        why: String,
        /// How to get it.
        way: String,
    },
    /// What a project locks cannot be fetched.
    #[error(
        "`{name}` cannot install what `{lock}` names\n{output}\nis the registry within reach? if `{name}` itself is \
         missing, {way}"
    )]
    Install {
        /// The client.
        name: String,
        /// The lock file.
        lock: String,
        /// What it said.
        output: String,
        /// How to get the client.
        way: String,
    },
    /// The sources of a project in JavaScript or Python make no component.
    #[error("`{id}` does not build\n{output}")]
    Script {
        /// Which.
        id: String,
        /// What the tool said.
        output: String,
    },
    /// A manifest says no name or no version.
    #[error("`{path}` says no name and version; give it both, such as `many-wages` and `0.1.0`")]
    NoManifest {
        /// Which.
        path: PathBuf,
    },
    /// A manifest asks for none of the tools that make components, or for both.
    #[error(
        "`{path}` has to ask for one tool that makes components: `componentize-qjs`, or `@bytecodealliance/componentize-js`; \
         see what `maple new NAME --lang javascript` writes"
    )]
    Tools {
        /// Which.
        path: PathBuf,
    },
    /// A program that the build needs gives no usable answer.
    #[error("`{name}` failed: {output}")]
    ToolFailed {
        /// Which.
        name: String,
        /// What it said.
        output: String,
    },
    /// The wasm target of Rust is missing and could not be installed.
    #[error("{}", super::target::advice(reason))]
    Target {
        /// What was tried, and why it failed.
        reason: String,
    },
    /// The sources do not compile.
    #[error("the plugins do not compile\n{output}")]
    Compile {
        /// What the compiler said.
        output: String,
    },
    /// The crate compiles, but not to a component's module.
    #[error("the crate `{id}` makes no wasm module; add `crate-type = [\"cdylib\", \"rlib\"]` under `[lib]`")]
    NoModule {
        /// Which.
        id: String,
    },
    /// The module does not follow the contract.
    #[error("`{id}` is not a plugin: {why}; does it call `maple_guest::export!`?")]
    NotAPlugin {
        /// Which.
        id: String,
        /// Why.
        why: String,
    },
    /// The module asks for more than the contract gives.
    #[error("`{id}` imports `{import}`; a plugin may import the diary and nothing else")]
    Import {
        /// Which.
        id: String,
        /// What it asks for.
        import: String,
    },
    /// The component follows another version of the contract.
    #[error("`{id}` exports `{found}`, this `maple` serves `{expected}`; build it with the contract in `vendor/wit`")]
    Contract {
        /// Which.
        id: String,
        /// What it exports.
        found: String,
        /// What is served.
        expected: String,
    },
    /// The component is too large.
    #[error("`{id}` has {bytes} bytes, a component has at most {COMPONENT_BYTES_MAX}")]
    TooLarge {
        /// Which.
        id: String,
        /// How large.
        bytes: usize,
    },
    /// Somebody changed the folder while it was built.
    #[error("`{path}` was changed while the plugins were built; build again")]
    Changed {
        /// Which.
        path: PathBuf,
    },
}

impl BuildError {
    /// True when the sources of the plugin are what has to change, not the machine.
    #[must_use]
    pub const fn is_in_the_sources(&self) -> bool {
        matches!(
            self,
            Self::Compile { .. }
                | Self::Script { .. }
                | Self::NoManifest { .. }
                | Self::Tools { .. }
                | Self::NoCrate { .. }
                | Self::NoModule { .. }
                | Self::NotAPlugin { .. }
                | Self::Import { .. }
                | Self::Contract { .. }
                | Self::TooLarge { .. }
        )
    }
}
