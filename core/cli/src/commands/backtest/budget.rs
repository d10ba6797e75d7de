//! The file that says how much may change.

use std::path::Path;

use maple_bundle::format::{Choice, Key, Shape, Table, choice, label, may};
use maple_insight::backtest::{Budget, Figure};

use crate::{
    Failure,
    commands::{located, read_bounded},
};

/// Bytes of a budget file.
const BUDGET_BYTES_MAX: usize = 64 << 10;

/// The key that says what holds where a figure cannot be worked out.
const UNKNOWN: &str = "unknown";

/// The keys of a budget, for its schema.
pub(crate) static FORMAT: Table = Table::new(
    "budget",
    "a budget",
    label(
        "`maple backtest --budget` 的限额：改动规则最多可带来多大变化",
        "The budget of `maple backtest`: how much a change may do",
    ),
    &[
        of(Figure::Changed, SHARE, "结果改变的案件占全部案件的比例", "The share of all cases whose decisions change"),
        of(
            Figure::ToRefer,
            SHARE,
            "原有途径、现在须由人决定的案件的比例",
            "The share of cases that had a way and now go to a person",
        ),
        of(Figure::RightsLost, COUNT, "失去权利的案件数，不写则为 0", "Cases that lose a right [default: 0]"),
        of(
            Figure::ClocksLonger,
            COUNT,
            "期限届满更晚的案件数，不写则为 0",
            "Cases with a time limit that ends later [default: 0]",
        ),
        of(Figure::Faults, COUNT, "新规则下的政策故障数", "Failures of policies under the candidate"),
        of(
            Figure::InterventionsNew,
            COUNT,
            "底线规则对原先未干预之处新干预的次数",
            "How often a guardrail acts on what it left alone before",
        ),
        of(Figure::FuelRatio, RATIO, "新旧规则燃料用量之比", "Fuel of the candidate to that of the baseline"),
        of(
            Figure::AgreementsLost,
            SHARE,
            "预计达成的协议减少的比例，须有 `--history`",
            "Of the agreements to expect under the baseline the share that is lost; needs `--history`",
        ),
        of(
            Figure::StationLoadRatio,
            RATIO,
            "任一受理点工作量的最大增长倍数，须有 `--stations`",
            "The largest growth of what falls to one station; needs `--stations`",
        ),
        of(
            Figure::RulesSilent,
            COUNT,
            "在任何案件中都未起作用的新规则数",
            "Rules of the candidate that are at work in no case",
        ),
        may(
            UNKNOWN,
            Shape::Choice(&UNKNOWNS),
            "无法算出的数字如何对待，默认 pass",
            "What a figure that cannot be worked out does [default: pass]",
        ),
    ],
);
const SHARE: Shape = Shape::Real { min: 0, max: 1 };
const RATIO: Shape = Shape::Real { min: 0, max: i64::MAX };
const COUNT: Shape = Shape::Number { min: 0, max: i64::MAX };
static UNKNOWNS: [Choice; 2] =
    [choice("fail", "视为超出限额", "breaks the budget"), choice("pass", "不视为超出", "breaks nothing")];

const fn of(figure: Figure, shape: Shape, zh: &'static str, en: &'static str) -> Key {
    may(figure.as_str(), shape, zh, en)
}

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
    fn the_schema_names_the_keys_that_are_read() {
        let known: Vec<&str> = FORMAT.keys.iter().map(|key| key.name).collect();
        let read: Vec<&str> = Figure::ALL.into_iter().map(Figure::as_str).chain([UNKNOWN]).collect();
        assert_eq!(known, read);
    }

    #[test]
    fn schema_and_reader_take_and_refuse_the_same_budgets() {
        let schema = maple_kit::editor::schema::of_table("budget", &FORMAT);
        let schema = jsonschema::validator_for(&schema).unwrap();
        let meets = |text: &str| schema.is_valid(&serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap());
        let every: String = Figure::ALL.into_iter().map(|figure| format!("{} = 1\n", figure.as_str())).collect();
        let example = include_str!("../../../../../sdk/docs/examples/backtest/budget.toml");
        for text in ["", "unknown = \"pass\"", &format!("{every}unknown = \"fail\""), "faults = 2.0", example] {
            assert!(meets(text) && budget(text.as_bytes()).is_ok(), "{text}");
        }
        for text in
            ["zzz = 1", "unknown = true", "unknown = \"maybe\"", "faults = 0.5", "faults = -1", "changed-share = 5"]
        {
            assert!(!meets(text) && budget(text.as_bytes()).is_err(), "{text}");
        }
        for key in FORMAT.keys {
            let text = format!("{} = []", key.name);
            assert!(!meets(&text) && budget(text.as_bytes()).is_err(), "{text}");
        }
    }

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
