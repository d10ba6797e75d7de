//! What a case can tell of one part of a decision: a step, a duty, a clock, a signal, a rule.

use maple_bundle::{ExpectClock, ExpectDuty, ExpectRule, ExpectSignal, ExpectStep, Written};
use maple_kernel::{Code, Level, Param, ProvisionId, Span, StepDue, Unit, Value};

/// A part as a case expects it, or as the decision says it.
pub(super) trait Part: Sized {
    /// True when it has the same name.
    fn same(&self, other: &Self) -> bool;

    /// True when the decision's part says everything that this one asks.
    fn meets(&self, actual: &Self) -> bool;

    /// How much of what tells parts of one name apart is as this one asks.
    fn nearness(&self, actual: &Self) -> usize;

    /// Its name, as messages show it in a list.
    fn name(&self) -> String;

    /// What it says, of all that `asked` asks.
    fn text(&self, asked: &Self) -> String;

    /// What the decision's part says, of all that this one asks.
    fn as_asked(&self, actual: &Self) -> Self;

    /// How it is written in a file.
    fn written(&self) -> Written;
}

impl Part for ExpectStep {
    fn same(&self, other: &Self) -> bool {
        self.channel == other.channel
    }

    fn meets(&self, actual: &Self) -> bool {
        let body = self.body.is_none() || self.body == actual.body;
        let skills = self.skills.as_deref().is_none_or(|wanted| all_of(wanted, actual.skills.as_deref()));
        let due = self.due.as_ref().is_none_or(|wanted| {
            let actual = actual.due.as_ref();
            let term = wanted.term.is_none() || wanted.term == actual.and_then(|due| due.term.clone());
            term && (wanted.on.is_none() || wanted.on == actual.and_then(|due| due.on))
        });
        self.same(actual) && body && skills && due && has(&self.basis, &actual.basis)
    }

    fn nearness(&self, actual: &Self) -> usize {
        usize::from(self.body == actual.body)
    }

    fn name(&self) -> String {
        self.channel.to_string()
    }

    fn text(&self, asked: &Self) -> String {
        let mut text = format!("`{}`", self.channel);
        if asked.body.is_some() {
            text += &self.body.as_ref().map_or_else(|| ", no body".to_owned(), |body| format!(", body `{body}`"));
        }
        if asked.skills.is_some() {
            text += &format!(", skills {}", words(self.skills.as_deref().unwrap_or_default()));
        }
        if let Some(wanted) = &asked.due {
            text += &self.due.as_ref().map_or_else(|| ", no due".to_owned(), |due| due_text(due, wanted));
        }
        text + &basis_text(&self.basis, &asked.basis)
    }

    fn as_asked(&self, actual: &Self) -> Self {
        let skills = || {
            let (wanted, there) = (self.skills.as_deref()?, actual.skills.as_deref().unwrap_or_default());
            Some(still(wanted, there))
        };
        let due = || {
            let (wanted, due) = (self.due.as_ref()?, actual.due.as_ref()?);
            let on = StepDue { term: None, on: due.on };
            let term = StepDue { term: due.term.clone(), on: None };
            let (first, second) = if wanted.on.is_some() { (on, term) } else { (term, on) };
            [first, second].into_iter().find(|due| due.on.is_some() || due.term.is_some())
        };
        Self {
            channel: actual.channel.clone(),
            body: self.body.as_ref().and(actual.body.clone()),
            skills: skills(),
            due: due(),
            basis: basis_of(&self.basis, &actual.basis),
        }
    }

    fn written(&self) -> Written {
        let mut keys = vec![("channel".to_owned(), word(&self.channel))];
        keys.extend(self.body.as_ref().map(|body| ("body".to_owned(), word(body))));
        keys.extend(self.skills.as_ref().map(|skills| ("skills".to_owned(), list(skills))));
        match &self.due {
            Some(StepDue { on: Some(day), .. }) => keys.push(("due".to_owned(), Written::Day(*day))),
            Some(StepDue { term: Some(term), .. }) => {
                keys.push(("due".to_owned(), Written::Word(span(term.span))));
                keys.push(("from".to_owned(), word(&term.start)));
            }
            _ => {}
        }
        with_basis(keys, &self.basis)
    }
}

impl Part for ExpectDuty {
    fn same(&self, other: &Self) -> bool {
        self.code == other.code
    }

    fn meets(&self, actual: &Self) -> bool {
        let bearer = self.bearer.is_none() || self.bearer == actual.bearer;
        self.same(actual) && bearer && has(&self.with, &actual.with) && has(&self.basis, &actual.basis)
    }

    fn nearness(&self, actual: &Self) -> usize {
        usize::from(self.bearer == actual.bearer)
    }

    fn name(&self) -> String {
        self.code.to_string()
    }

    fn text(&self, asked: &Self) -> String {
        let mut text = format!("`{}`", self.code);
        if asked.bearer.is_some() {
            let bearer = self.bearer.as_ref();
            text += &bearer.map_or_else(|| ", no bearer".to_owned(), |bearer| format!(", bearer `{bearer}`"));
        }
        for (code, _) in &asked.with {
            let value = self.with.iter().find(|(own, _)| own == code).map(|(_, value)| value_text(value));
            text += &value.map_or_else(|| format!(", no {code}"), |value| format!(", {code} {value}"));
        }
        text + &basis_text(&self.basis, &asked.basis)
    }

    fn as_asked(&self, actual: &Self) -> Self {
        let asked = |param: &&Param| self.with.iter().any(|(code, _)| *code == param.0);
        Self {
            code: actual.code.clone(),
            bearer: self.bearer.as_ref().and(actual.bearer.clone()),
            with: actual.with.iter().filter(asked).cloned().collect(),
            basis: basis_of(&self.basis, &actual.basis),
        }
    }

    fn written(&self) -> Written {
        let mut keys = vec![("duty".to_owned(), word(&self.code))];
        keys.extend(self.bearer.as_ref().map(|bearer| ("bearer".to_owned(), word(bearer))));
        if !self.with.is_empty() {
            let with = self.with.iter().map(|(code, value)| (code.to_string(), value_written(value))).collect();
            keys.push(("with".to_owned(), Written::Table(with)));
        }
        bare_or_table(keys, &self.basis)
    }
}

impl Part for ExpectClock {
    fn same(&self, other: &Self) -> bool {
        self.code == other.code
    }

    fn meets(&self, actual: &Self) -> bool {
        let warn = self.warn.is_none() || self.warn == actual.warn;
        self.same(actual) && self.ends == actual.ends && warn && has(&self.basis, &actual.basis)
    }

    fn nearness(&self, actual: &Self) -> usize {
        usize::from(self.ends == actual.ends)
    }

    fn name(&self) -> String {
        format!("{} {}", self.code, self.ends)
    }

    fn text(&self, asked: &Self) -> String {
        let mut text = format!("`{}` {}", self.code, self.ends);
        if asked.warn.is_some() {
            let days: Vec<_> = self.warn.iter().flatten().map(ToString::to_string).collect();
            let days = if days.is_empty() { "never".to_owned() } else { days.join(", ") };
            text += &format!(", warn {days}");
        }
        text + &basis_text(&self.basis, &asked.basis)
    }

    fn as_asked(&self, actual: &Self) -> Self {
        Self {
            code: actual.code.clone(),
            ends: actual.ends,
            warn: self.warn.as_ref().and(actual.warn.clone()),
            basis: basis_of(&self.basis, &actual.basis),
        }
    }

    /// What stands under its code.
    fn written(&self) -> Written {
        if self.warn.is_none() && self.basis.is_empty() {
            return Written::Day(self.ends);
        }
        let mut keys = vec![("ends".to_owned(), Written::Day(self.ends))];
        let days = self.warn.as_ref().map(|days| Written::Numbers(days.clone()));
        keys.extend(days.map(|days| ("warn".to_owned(), days)));
        with_basis(keys, &self.basis)
    }
}

impl Part for ExpectSignal {
    fn same(&self, other: &Self) -> bool {
        self.code == other.code
    }

    fn meets(&self, actual: &Self) -> bool {
        let level = self.level.is_none() || self.level == actual.level;
        self.same(actual) && level && has(&self.basis, &actual.basis)
    }

    fn nearness(&self, actual: &Self) -> usize {
        usize::from(self.level == actual.level)
    }

    fn name(&self) -> String {
        self.code.to_string()
    }

    fn text(&self, asked: &Self) -> String {
        let mut text = format!("`{}`", self.code);
        if asked.level.is_some() {
            text += &self.level.map_or_else(String::new, |level| format!(", level `{}`", level_word(level)));
        }
        text + &basis_text(&self.basis, &asked.basis)
    }

    fn as_asked(&self, actual: &Self) -> Self {
        Self {
            code: actual.code.clone(),
            level: self.level.and(actual.level),
            basis: basis_of(&self.basis, &actual.basis),
        }
    }

    fn written(&self) -> Written {
        let mut keys = vec![("signal".to_owned(), word(&self.code))];
        let level = self.level.map(|level| Written::Word(level_word(level).to_owned()));
        keys.extend(level.map(|level| ("level".to_owned(), level)));
        bare_or_table(keys, &self.basis)
    }
}

impl Part for ExpectRule {
    fn same(&self, other: &Self) -> bool {
        other.rule.policy.as_ref().is_some_and(|policy| self.rule.means(policy, &other.rule.rule))
    }

    fn meets(&self, actual: &Self) -> bool {
        self.same(actual) && has(&self.basis, &actual.basis)
    }

    fn nearness(&self, actual: &Self) -> usize {
        usize::from(self.rule == actual.rule)
    }

    fn name(&self) -> String {
        self.rule.to_string()
    }

    fn text(&self, asked: &Self) -> String {
        format!("`{}`{}", self.rule, basis_text(&self.basis, &asked.basis))
    }

    fn as_asked(&self, actual: &Self) -> Self {
        Self { rule: self.rule.clone(), basis: basis_of(&self.basis, &actual.basis) }
    }

    fn written(&self) -> Written {
        bare_or_table(vec![("rule".to_owned(), word(&self.rule))], &self.basis)
    }
}

fn has<T: PartialEq>(wanted: &[T], actual: &[T]) -> bool {
    wanted.iter().all(|one| actual.contains(one))
}

/// Each of `wanted` is there; an empty list means that nothing is.
fn all_of(wanted: &[Code], actual: Option<&[Code]>) -> bool {
    let actual = actual.unwrap_or_default();
    if wanted.is_empty() { actual.is_empty() } else { has(wanted, actual) }
}

/// What of `wanted` is there; all that is there when nothing of it is.
fn still<T: PartialEq + Clone>(wanted: &[T], actual: &[T]) -> Vec<T> {
    let there: Vec<T> = wanted.iter().filter(|one| actual.contains(one)).cloned().collect();
    if there.is_empty() { actual.to_vec() } else { there }
}

fn basis_of(wanted: &[ProvisionId], actual: &[ProvisionId]) -> Vec<ProvisionId> {
    if wanted.is_empty() { Vec::new() } else { still(wanted, actual) }
}

fn words<T: ToString>(items: &[T]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    let items: Vec<_> = items.iter().map(|item| format!("`{}`", item.to_string())).collect();
    items.join(", ")
}

fn basis_text(basis: &[ProvisionId], asked: &[ProvisionId]) -> String {
    if asked.is_empty() { String::new() } else { format!(", basis {}", words(basis)) }
}

fn due_text(due: &StepDue, asked: &StepDue) -> String {
    let day = due.on.map(|day| format!(", due {day}"));
    let term = due.term.as_ref().map(|term| format!(", due {} from `{}`", span(term.span), term.start));
    let text = if asked.on.is_some() { day.or(term) } else { term.or(day) };
    text.unwrap_or_else(|| ", no due".to_owned())
}

/// A length of time as files write it.
pub(crate) fn span(span: Span) -> String {
    let unit = match span.unit {
        Unit::Hour => "hour",
        Unit::Day => "day",
        Unit::WorkingDay => "working day",
        Unit::Month => "month",
        Unit::Year => "year",
    };
    format!("{} {unit}{}", span.count, if span.count == 1 { "" } else { "s" })
}

const fn level_word(level: Level) -> &'static str {
    match level {
        Level::Blue => "blue",
        Level::Yellow => "yellow",
        Level::Orange => "orange",
        Level::Red => "red",
    }
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("`{text}`"),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Day(day) => day.to_string(),
        Value::Words(all) => words(all),
        Value::Money(minor) => format!("{}.{:02}", minor / 100, minor % 100),
    }
}

fn value_written(value: &Value) -> Written {
    match value {
        Value::Text(text) => Written::Word(text.to_string()),
        Value::Number(number) => Written::Number(*number),
        Value::Flag(flag) => Written::Flag(*flag),
        Value::Day(day) => Written::Day(*day),
        Value::Words(all) => list(all),
        Value::Money(_) => Written::Word(value_text(value)),
    }
}

fn word(text: &impl ToString) -> Written {
    Written::Word(text.to_string())
}

fn list<T: ToString>(items: &[T]) -> Written {
    Written::Words(items.iter().map(ToString::to_string).collect())
}

fn with_basis(mut keys: Vec<(String, Written)>, basis: &[ProvisionId]) -> Written {
    if !basis.is_empty() {
        keys.push(("basis".to_owned(), list(basis)));
    }
    Written::Table(keys)
}

/// A table, or the name alone where nothing else is said.
fn bare_or_table(keys: Vec<(String, Written)>, basis: &[ProvisionId]) -> Written {
    match (keys.as_slice(), basis) {
        ([(_, name)], []) => name.clone(),
        _ => with_basis(keys, basis),
    }
}
