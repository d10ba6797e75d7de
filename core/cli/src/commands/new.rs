//! `maple new`: a project with one worked rule.

use std::path::Path;

use maple_kit::new::{self, Engine, Language, NewError};

use crate::{
    Failure,
    args::{JsEngine, New, Written},
    load::chain,
    report,
};

/// Makes a project and says what to do next.
pub(crate) fn run(args: &New) -> Result<(), Failure> {
    let (language, build) = match args.lang {
        Written::Table => (Language::Table, ""),
        Written::Rust => (Language::Rust, "  maple build .\n"),
        Written::Javascript => (Language::Javascript, "  maple build .\n"),
        Written::Python => (Language::Python, "  maple build .\n"),
    };
    let engine = match args.engine {
        Some(_) if language != Language::Javascript => {
            let message = "`--engine` says what JavaScript runs on; leave it out, or write `--lang javascript`";
            return Err(Failure::Input(message.to_owned()));
        }
        Some(JsEngine::Spidermonkey) => Engine::SpiderMonkey,
        Some(JsEngine::Quickjs) | None => Engine::QuickJs,
    };
    let made = new::create(&args.name, language, engine, &args.dir).map_err(|error| match &error {
        NewError::Write { .. } => Failure::Unreachable(chain(&error)),
        _ => Failure::Input(chain(&error)),
    })?;
    let made = quoted(&made);
    report::verdict(true, &format!("made {made}"));
    anstream::println!(
        "\nNext:\n  cd {made}\n{build}  maple check .\n  maple test .\n\n{made}/README.md says what lies where."
    );
    Ok(())
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = text.chars().all(|c| c.is_alphanumeric() || "/._-~".contains(c));
    if plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
