//! The board, as `/v1/insight/risk` tells it.

use maple_wire::Language;
use serde::Deserialize;

use crate::console::figures::{Both, Figures};

/// The board, as `/v1/insight/risk` tells it.
#[derive(Deserialize)]
pub(super) struct Board {
    pub(super) at: String,
    pub(super) period: Period,
    pub(super) shown_from: i64,
    pub(super) open: Counts,
    pub(super) groups: Groups,
    pub(super) signals: Vec<Signal>,
    pub(super) next: Option<String>,
    pub(super) rates: Rates,
}

#[derive(Deserialize)]
pub(super) struct Period {
    pub(super) from: String,
    pub(super) to: String,
}

#[derive(Clone, Copy, Deserialize)]
pub(super) struct Counts {
    pub(super) open: i64,
    pub(super) overdue: i64,
    pub(super) acknowledged: i64,
    pub(super) levels: Levels,
}

#[derive(Clone, Copy, Deserialize)]
pub(super) struct Levels {
    pub(super) red: i64,
    pub(super) orange: i64,
    pub(super) yellow: i64,
    pub(super) blue: i64,
}

impl Levels {
    pub(super) const fn all(self) -> [i64; 4] {
        [self.red, self.orange, self.yellow, self.blue]
    }
}

#[derive(Deserialize)]
pub(super) struct Groups {
    pub(super) signal: Vec<Group>,
    pub(super) kind: Vec<Group>,
    pub(super) locality: Vec<Group>,
    pub(super) subject: Vec<Subject>,
    pub(super) responsible: Vec<Group>,
}

#[derive(Deserialize)]
pub(super) struct Group {
    pub(super) id: Option<String>,
    pub(super) title: Option<Both>,
    #[serde(flatten)]
    pub(super) counts: Counts,
}

#[derive(Deserialize)]
pub(super) struct Subject {
    pub(super) r#type: String,
    pub(super) r#ref: String,
    #[serde(flatten)]
    pub(super) counts: Counts,
}

#[derive(Deserialize)]
pub(super) struct Worded {
    pub(super) code: String,
    pub(super) title: Option<Both>,
}

impl Worded {
    pub(super) fn of(&self, language: Language) -> String {
        self.title.as_ref().map_or_else(|| self.code.clone(), |title| title.of(language).to_owned())
    }
}

#[derive(Deserialize)]
pub(super) struct About {
    pub(super) r#type: String,
    pub(super) r#ref: String,
}

#[derive(Deserialize)]
pub(super) struct Signal {
    pub(super) id: String,
    pub(super) signal: Worded,
    pub(super) level: String,
    pub(super) subject: About,
    pub(super) locality: String,
    pub(super) kind: String,
    pub(super) cases: i64,
    pub(super) policy: String,
    pub(super) rule: String,
    pub(super) basis: Vec<String>,
    pub(super) measures: Vec<Worded>,
    pub(super) responsible: Option<Worded>,
    pub(super) raised: String,
    pub(super) latest: String,
    pub(super) handle_by: Option<String>,
    pub(super) overdue: bool,
    pub(super) expires: String,
    pub(super) state: String,
    pub(super) changed: String,
    pub(super) by: Option<String>,
    pub(super) escalated: Option<String>,
    pub(super) issued: String,
    pub(super) acknowledged: Option<String>,
    pub(super) ended: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Rates {
    pub(super) all: Figures,
    pub(super) signals: Vec<Rate>,
}

#[derive(Deserialize)]
pub(super) struct Rate {
    pub(super) signal: Worded,
    pub(super) figures: Figures,
}
