//! One row: when it holds, what it says, and why.

use std::collections::BTreeMap;

use maple_guest::{CODE_BYTES_MAX, Day, Fact, Field, Finding, Reason, ReasonText, Rule, Table, Text};

use crate::{
    condition::{self, Condition},
    effect::Effect,
    keys::{Keys, Slot, View},
};

/// How long the id of a rule may be: with the number of its row it is the code of a reason.
pub const RULE_ID_BYTES_MAX: usize = CODE_BYTES_MAX - "-10000".len();
/// How many effects a row may have.
pub const EFFECTS_ROW_MAX: usize = 64;

/// A compiled row.
pub(crate) struct Row {
    rule: String,
    from: Option<Day>,
    to: Option<Day>,
    when: Option<Condition>,
    then: Vec<Effect>,
    /// The code of its own reason; empty for the rule's summary.
    reason: String,
    /// Facts that the reason's text names in braces.
    params: Vec<Slot>,
    /// Its own provisions; empty for the rule's.
    basis: Vec<String>,
    /// Facts that it looks at and uses; none where the rule's say it all.
    evidence: Vec<Slot>,
}

impl Row {
    /// Compiles the row with this number and notes its rule, by its place among them, and its reason; `None` with
    /// complaints when it has no id.
    pub(crate) fn compile(
        table: &Table<'_>,
        number: usize,
        keys: &mut Keys,
        rules: &mut Vec<Rule>,
        firsts: &mut BTreeMap<String, usize>,
        reasons: &mut Vec<ReasonText>,
    ) -> Option<Self> {
        let id = rule_id(table.need("id"));
        let basis: Vec<String> = table.get("basis").codes().into_iter().map(Into::into).collect();
        let summary = text(table, "summary-zh", "summary-en");
        let why = text(table, "why-zh", "why-en");
        let when = table.get("when");
        let when = when.is_present().then(|| condition::compile(when, keys));
        let then = effects(table.need("then"), keys);
        let (from, to) = (table.get("from").day(), table.get("to").day());
        let id = id?;
        let summary = note_rule(table, id, summary, &basis, rules, firsts);
        let reason = why.as_ref().map_or_else(String::new, |_| format!("{id}-{number}"));
        let params = places(why.as_ref().unwrap_or(&summary), keys);
        reasons.extend(why.map(|why| ReasonText::new(&reason, why)));
        let evidence = evidence(when.as_ref(), &then);
        Some(Self { rule: id.into(), from, to, when, then, reason, params, basis, evidence })
    }

    /// A row cites its own provisions only where they are not just the rule's.
    pub(crate) fn drop_repeated_basis(&mut self, rules: &[Rule], firsts: &BTreeMap<String, usize>) {
        let rule = firsts.get(&self.rule).and_then(|&at| rules.get(at));
        if rule.is_some_and(|rule| rule.basis == self.basis) {
            self.basis.clear();
        }
    }

    /// The only row of its rule leaves its evidence to the rule: the host knows what each rule looks at.
    pub(crate) fn drop_repeated_evidence(&mut self, rows: &BTreeMap<String, usize>) {
        if rows.get(&self.rule) == Some(&1) {
            self.evidence.clear();
        }
    }

    pub(crate) fn rule(&self) -> &str {
        &self.rule
    }

    /// True when the row is in force on the day of the case and its condition holds.
    pub(crate) fn holds(&self, view: &View<'_>) -> bool {
        let day = view.case.day;
        self.when.as_ref().is_none_or(|when| when.holds(view, None))
            && self.from.is_none_or(|from| from <= day)
            && self.to.is_none_or(|to| day <= to)
    }

    /// Adds what the row says about the case.
    pub(crate) fn speak(&self, view: &View<'_>, keys: &Keys, findings: &mut Vec<Finding>) {
        for claim in self.then.iter().filter_map(|effect| effect.claim(view)) {
            findings.push(Finding {
                rule: self.rule.clone(),
                claim,
                reason: self.reason(view, keys),
                basis: self.basis.clone(),
                evidence: self.evidence(view, keys),
            });
        }
    }

    fn reason(&self, view: &View<'_>, keys: &Keys) -> Reason {
        let param = |&slot: &Slot| Some(Fact { key: keys.name(slot).into(), value: view.fact(slot)?.clone() });
        Reason { code: self.reason.clone(), params: self.params.iter().filter_map(param).collect() }
    }

    fn evidence(&self, view: &View<'_>, keys: &Keys) -> Vec<String> {
        self.evidence.iter().filter(|&&slot| view.knows(slot)).map(|&slot| keys.name(slot).into()).collect()
    }
}

fn rule_id(field: Field<'_>) -> Option<&str> {
    let id = field.text()?;
    let fits = id.len() <= RULE_ID_BYTES_MAX && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    if !fits {
        field.complain(&format!("is not a rule id: `{id}`"), "letters, digits, `_`, `.` and `-`, such as `R19`");
    }
    fits.then_some(id)
}

fn text(table: &Table<'_>, zh: &'static str, en: &'static str) -> Option<Text> {
    let (zh, en) = (table.get(zh), table.get(en));
    for (here, other) in [(zh, en), (en, zh)] {
        if here.is_present() && !other.is_present() {
            other.complain("is missing", "a text is given in both languages");
        }
    }
    Some(Text::new(zh.text()?, en.text()?))
}

fn effects(field: Field<'_>, keys: &mut Keys) -> Vec<Effect> {
    let tables = field.tables();
    if tables.is_empty() && field.is_present() {
        field.complain("has no effect", "say what the rule does");
    }
    if tables.len() > EFFECTS_ROW_MAX {
        field.complain(&format!("has more than {EFFECTS_ROW_MAX} effects"), "split the row");
    }
    tables.iter().filter_map(|table| Effect::compile(table, keys)).collect()
}

/// Notes the rule of a row, or adds the row's provisions to it; gives the rule's summary.
fn note_rule(
    table: &Table<'_>,
    id: &str,
    summary: Option<Text>,
    basis: &[String],
    rules: &mut Vec<Rule>,
    firsts: &mut BTreeMap<String, usize>,
) -> Text {
    if let Some(rule) = firsts.get(id).and_then(|&at| rules.get_mut(at)) {
        let new: Vec<_> = basis.iter().filter(|provision| !rule.basis.contains(provision)).cloned().collect();
        rule.basis.extend(new);
        return summary.unwrap_or_else(|| rule.summary.clone());
    }
    if summary.is_none() && !table.get("summary-zh").is_present() && !table.get("summary-en").is_present() {
        table.field().complain("has no summary", "the first row of a rule says what it does, in both languages");
    }
    let summary = summary.unwrap_or_else(|| Text::new("", ""));
    firsts.insert(id.into(), rules.len());
    rules.push(Rule { id: id.into(), summary: summary.clone(), basis: basis.into() });
    summary
}

/// The facts that a text names in braces.
fn places(text: &Text, keys: &mut Keys) -> Vec<Slot> {
    let mut slots = Vec::new();
    for text in [&text.zh, &text.en] {
        for part in text.split('{').skip(1) {
            if let Some((key, _)) = part.split_once('}') {
                slots.push(keys.slot(key));
            }
        }
    }
    slots.sort_unstable();
    slots.dedup();
    slots
}

fn evidence(when: Option<&Condition>, then: &[Effect]) -> Vec<Slot> {
    let mut slots = Vec::new();
    if let Some(when) = when {
        when.slots(&mut slots);
    }
    then.iter().for_each(|effect| effect.slots(&mut slots));
    slots.sort_unstable();
    slots.dedup();
    slots
}
