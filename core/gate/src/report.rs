//! What the gate found.

use std::time::Duration;

use maple_bundle::{Diagnostic, Severity};
use maple_wire::tell_mistake_zh;
use serde::{Deserialize, Serialize};

use crate::PackChange;

/// Problems of one stage that a report shows; the rest are counted.
pub const PROBLEMS_SHOWN_MAX: usize = 200;

/// Length of one message.
pub const MESSAGE_BYTES_MAX: usize = 2_048;

/// A stage of the gate, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The bytes are those that were sent, and are an archive.
    Digest,
    /// Who signed the packs and plugins may sign for their places; no version goes back or changes its bytes.
    Signature,
    /// The packs ask for a contract that this host serves.
    Contract,
    /// The plugins ask for nothing but the diary.
    Imports,
    /// The files become a ruleset.
    Compile,
    /// The plugins take their settings.
    Settings,
    /// The packs' own cases come out as they expect.
    Cases,
    /// The host's cases, which packs can't change.
    Conformance,
    /// Nothing of the floor is lost below it.
    Floor,
    /// Decisions of the past change no more than allowed.
    Budget,
    /// Policies answer a first case in each place.
    WarmUp,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 11] = [
        Self::Digest,
        Self::Signature,
        Self::Contract,
        Self::Imports,
        Self::Compile,
        Self::Settings,
        Self::Cases,
        Self::Conformance,
        Self::Floor,
        Self::Budget,
        Self::WarmUp,
    ];

    /// The word used in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::Signature => "signature",
            Self::Contract => "contract",
            Self::Imports => "imports",
            Self::Compile => "compile",
            Self::Settings => "settings",
            Self::Cases => "cases",
            Self::Conformance => "conformance",
            Self::Floor => "floor",
            Self::Budget => "budget",
            Self::WarmUp => "warm_up",
        }
    }

    /// The stage in which a problem of a policy file belongs.
    pub(crate) fn of(code: &str) -> Self {
        match code {
            "contract-version" => Self::Contract,
            "foreign-import" | "bad-plugin" => Self::Imports,
            "refused-setting" | "plugin-fault" | "limit-too-small" => Self::Settings,
            _ => Self::Compile,
        }
    }
}

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Nothing stands in the way.
    Passed,
    /// Something does.
    Failed,
    /// What came before left nothing to look at.
    NotReached,
    /// Nobody asked for it.
    NotAsked,
}

/// One thing that the gate found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable name of the kind of problem.
    pub code: String,
    /// True when it keeps the bundle from serving.
    pub error: bool,
    /// What is wrong.
    pub message: String,
    /// The same in Chinese.
    pub message_zh: String,
    /// The way out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// The file within the bundle.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Line from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl Problem {
    pub(crate) fn new(code: &str, message: impl Into<String>, message_zh: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            error: true,
            message: cut(message.into()),
            message_zh: cut(message_zh.into()),
            advice: None,
            file: String::new(),
            line: None,
            column: None,
        }
    }

    pub(crate) fn with_advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    pub(crate) fn at(self, file: &str, line: u32) -> Self {
        Self { file: file.to_owned(), line: Some(line).filter(|line| *line > 0), ..self }
    }
}

/// A message of bounded length.
fn cut(mut message: String) -> String {
    if message.len() > MESSAGE_BYTES_MAX {
        let at = (0..=MESSAGE_BYTES_MAX).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
        message.truncate(at);
        message.push('…');
    }
    message
}

impl From<&Diagnostic> for Problem {
    fn from(told: &Diagnostic) -> Self {
        let some = |number: u32| Some(number).filter(|number| *number > 0);
        Self {
            code: told.code.to_owned(),
            error: told.severity == Severity::Error,
            message: cut(told.message.clone()),
            message_zh: cut(tell_mistake_zh(told.code, &told.message, told.advice.as_deref())),
            advice: told.advice.clone().map(cut),
            file: told.file.clone(),
            line: some(told.line),
            column: some(told.column),
        }
    }
}

/// What one stage found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageReport {
    /// Which.
    pub stage: Stage,
    /// How it ended.
    pub result: Ending,
    /// How many things it looked at: files, packs, cases, questions.
    pub checked: u64,
    /// What it found, at most [`PROBLEMS_SHOWN_MAX`].
    pub problems: Vec<Problem>,
    /// How many more it found.
    pub more: u64,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// What the gate found, stage by stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Digest of the bundle's bytes.
    pub bundle: String,
    /// True when the bundle may serve.
    pub admitted: bool,
    /// Digest of the ruleset that it becomes.
    pub ruleset: Option<String>,
    /// The packs that differ from those that serve.
    pub packs: Vec<PackChange>,
    /// The stages in order.
    pub stages: Vec<StageReport>,
}

impl Report {
    pub(crate) fn new(bundle: String) -> Self {
        let stage = |stage| StageReport {
            stage,
            result: Ending::NotReached,
            checked: 0,
            problems: Vec::new(),
            more: 0,
            millis: 0,
        };
        Self {
            bundle,
            admitted: false,
            ruleset: None,
            packs: Vec::new(),
            stages: Stage::ALL.into_iter().map(stage).collect(),
        }
    }

    /// One stage.
    #[must_use]
    pub fn stage(&self, stage: Stage) -> Option<&StageReport> {
        self.stages.iter().find(|one| one.stage == stage)
    }

    /// The first stage that failed.
    #[must_use]
    pub fn failed(&self) -> Option<Stage> {
        self.stages.iter().find(|one| one.result == Ending::Failed).map(|one| one.stage)
    }

    /// Everything that keeps the bundle from serving, shown or not.
    #[must_use]
    pub fn errors(&self) -> u64 {
        let shown = self.stages.iter().flat_map(|one| &one.problems).filter(|problem| problem.error).count();
        self.stages.iter().map(|one| one.more).sum::<u64>() + shown as u64
    }

    pub(crate) fn not_asked(&mut self, stage: Stage) {
        self.end(stage, Ending::NotAsked, 0, Duration::ZERO);
    }

    /// Ends a stage: what was told of it so far says how.
    pub(crate) fn done(&mut self, stage: Stage, checked: u64, took: Duration) {
        let failed = self.stage(stage).is_some_and(|one| one.more > 0 || one.problems.iter().any(|found| found.error));
        self.end(stage, if failed { Ending::Failed } else { Ending::Passed }, checked, took);
    }

    fn end(&mut self, stage: Stage, result: Ending, checked: u64, took: Duration) {
        if let Some(one) = self.stages.iter_mut().find(|one| one.stage == stage) {
            one.result = result;
            one.checked = checked;
            one.millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        }
    }

    pub(crate) fn tell(&mut self, stage: Stage, problem: Problem) {
        let Some(one) = self.stages.iter_mut().find(|one| one.stage == stage) else { return };
        if one.problems.len() < PROBLEMS_SHOWN_MAX {
            one.problems.push(problem);
        } else if problem.error {
            one.more += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_json_and_stages_stand_in_order() {
        for stage in Stage::ALL {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.word());
        }
        assert!(Stage::ALL.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let mut report = Report::new("sha256:00".into());
        for _ in 0..=PROBLEMS_SHOWN_MAX {
            report.tell(Stage::Cases, Problem::new("x", "x", "x"));
        }
        report.done(Stage::Cases, 1, Duration::ZERO);
        assert_eq!(report.errors(), PROBLEMS_SHOWN_MAX as u64 + 1);
        assert_eq!((report.stage(Stage::Cases).unwrap().more, report.failed()), (1, Some(Stage::Cases)));
    }
}
