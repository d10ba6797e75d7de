//! The file that says how much may change.

use std::path::Path;

use maple_insight::backtest::{Budget, Figure};

use crate::{
    Failure,
    commands::{located, read_bounded},
};

/// Bytes of a budget file.
const BUDGET_BYTES_MAX: usize = 64 << 10;

/// The key that says what holds where a figure cannot be worked out.
const UNKNOWN: &str = "unknown";

/// Reads a budget; what it does not say is as without one.
pub(super) fn read(path: &Path) -> Result<Budget, Failure> {
    let bytes = read_bounded(path, "budget", BUDGET_BYTES_MAX)?;
    budget(&bytes).map_err(|why| Failure::Input(format!("budget `{}`: {why}", path.display())))
}

fn budget(bytes: &[u8]) -> Result<Budget, String> {
    if bytes.len() > BUDGET_BYTES_MAX {
        return Err(format!("the file has more than {BUDGET_BYTES_MAX} bytes"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| located(&error, text))?;
    let mut budget = Budget::default();
    for (key, value) in &table {
        if key == UNKNOWN {
            budget.set_unknown_fails(match value.as_str() {
                Some("fail") => true,
                Some("pass") => false,
                _ => {
                    return Err(format!(
                        "`{UNKNOWN}` is `\"fail\"` or `\"pass\"`: what a figure that cannot be worked out does"
                    ));
                }
            });
            continue;
        }
        let figure = Figure::ALL.into_iter().find(|figure| figure.as_str() == key).ok_or_else(|| unknown(key))?;
        let asked = match value {
            #[expect(clippy::cast_precision_loss, reason = "a bound beyond 2^53 bounds nothing")]
            toml::Value::Integer(asked) => *asked as f64,
            toml::Value::Float(asked) => *asked,
            other => return Err(format!("`{key}` is a {}; write {}", other.type_str(), figure.takes())),
        };
        budget.set(figure, asked).map_err(|error| error.to_string())?;
    }
    Ok(budget)
}

fn unknown(key: &str) -> String {
    let keys = || Figure::ALL.into_iter().map(Figure::as_str).chain([UNKNOWN]);
    let hint = maple_wire::nearest(key, keys()).map_or_else(
        || format!("keys are {}", keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    format!("there is no key `{}`; {hint}", key.escape_debug())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn keys_are_figures_and_others_are_refused() {
        let mut wanted = Budget::default();
        wanted.set(Figure::Changed, 0.05).unwrap();
        wanted.set(Figure::RightsLost, 2.0).unwrap();
        assert_eq!(budget(b"changed-share = 0.05\nrights-lost = 2").unwrap(), wanted);
        assert_eq!(budget(b"").unwrap(), Budget::default());
        assert_eq!(budget(b"unknown = \"pass\"").unwrap(), Budget::default());
        wanted = Budget::default();
        wanted.set_unknown_fails(true);
        assert_eq!(budget(b"unknown = \"fail\"").unwrap(), wanted);
        for (text, said) in [
            ("changed-shar = 1", "there is no key `changed-shar`; did you mean `changed-share`?"),
            ("zzz = 1", "keys are `changed-share`, `to-refer-share`"),
            ("changed-share = 5", "`changed-share` is 5; write a share from 0 to 1"),
            ("rights-lost = 0.5", "`rights-lost` is 0.5; write a whole number from 0"),
            ("faults = \"none\"", "`faults` is a string; write a whole number from 0"),
            ("faults = -1", "`faults` is -1; write a whole number from 0"),
            ("fuel-ratio = inf", "`fuel-ratio` is inf; write a number from 0"),
            ("faults = 0\nfaults = 1", "line 2: duplicate key"),
            ("faults =", "line 1: "),
            ("unknown = true", "`unknown` is `\"fail\"` or `\"pass\"`"),
            ("unknown = \"maybe\"", "`unknown` is `\"fail\"` or `\"pass\"`"),
            ("unknow = \"fail\"", "did you mean `unknown`?"),
        ] {
            let error = budget(text.as_bytes()).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
