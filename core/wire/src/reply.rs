//! A decision as JSON, written straight from the kernel's types.

use maple_kernel::{
    Asked, By, Case, Clock, Code, Correction, Decision, Duty, Excluded, Explanation, Fate, Ground, Level, List,
    LocalityId, Outcome, Param, PolicyId, Precondition, Referral, Signal, Skipped, Span, Step, StepDue, Subject, Text,
    Value,
};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq, SerializeStruct},
};

use crate::decimal;

/// What a reply is expected to take, to begin with; it grows when a decision is longer.
const REPLY_BYTES: usize = 16 << 10;

/// The reply to one question.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The decision's own id, such as `d-…`.
    pub id: &'a str,
    /// The activation that served it.
    pub generation: u64,
    /// The dispute, for what a signal refers to.
    pub case: &'a Case,
    /// What was decided.
    pub decision: &'a Decision<'a>,
}

/// Writes a reply as one JSON document without line breaks. The same reply always gives the same bytes.
#[must_use]
pub fn write_decision(reply: &Reply<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(REPLY_BYTES);
    append_decision(&mut out, reply);
    out
}

/// Writes a reply at the end of `out`.
pub fn append_decision(out: &mut Vec<u8>, reply: &Reply<'_>) {
    #[derive(Serialize)]
    struct Envelope<'a> {
        decision: As<'a, Reply<'a>>,
    }
    let start = out.len();
    if serde_json::to_writer(&mut *out, &Envelope { decision: As(reply) }).is_err() {
        // Neither the buffer nor the types below can fail.
        out.truncate(start);
    }
}

/// What a preview tells beside the decision.
#[derive(Clone, Copy, Debug)]
pub struct Previewed<'a> {
    /// The policies that decided and do not serve.
    pub brought: &'a [&'a str],
    /// How the decision came about, as [`crate::explain_json`] tells it, when that was asked for.
    pub explanation: Option<&'a serde_json::Value>,
}

/// Writes the reply to a preview as one JSON document without line breaks.
#[must_use]
pub fn write_preview(reply: &Reply<'_>, previewed: &Previewed<'_>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Envelope<'a> {
        decision: As<'a, Reply<'a>>,
        brought: &'a [&'a str],
        #[serde(skip_serializing_if = "Option::is_none")]
        explanation: Option<&'a serde_json::Value>,
    }
    let Previewed { brought, explanation } = *previewed;
    // Neither the buffer nor the types can fail.
    serde_json::to_vec(&Envelope { decision: As(reply), brought, explanation }).unwrap_or_default()
}

/// A borrowed kernel value in its JSON form.
struct As<'a, T: ?Sized>(&'a T);

impl<T> Serialize for As<'_, [T]>
where
    for<'b> As<'b, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(As))
    }
}

impl<T> Serialize for As<'_, Vec<T>>
where
    for<'b> As<'b, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        As(self.0.as_slice()).serialize(serializer)
    }
}

impl<T> Serialize for As<'_, List<'_, T>>
where
    for<'b> As<'b, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(As))
    }
}

impl<T> Serialize for As<'_, &T>
where
    for<'b> As<'b, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        As(*self.0).serialize(serializer)
    }
}

impl<T> Serialize for As<'_, Option<T>>
where
    for<'b> As<'b, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().map(As).serialize(serializer)
    }
}

macro_rules! as_text {
    ($($name:ty),+) => {$(
        impl Serialize for As<'_, $name> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.as_str())
            }
        }
    )+};
}

as_text!(Code, PolicyId, LocalityId, maple_kernel::ChannelId, maple_kernel::ProvisionId, maple_kernel::FactKey);

impl Serialize for As<'_, maple_kernel::Day> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

impl Serialize for As<'_, Text> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Text", 2)?;
        out.serialize_field("zh", &*self.0.zh)?;
        out.serialize_field("en", &*self.0.en)?;
        out.end()
    }
}

impl Serialize for As<'_, Reply<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Reply { id, generation, case, decision } = *self.0;
        let mut out = serializer.serialize_struct("Decision", 18)?;
        out.serialize_field("id", id)?;
        out.serialize_field("case", &decision.case)?;
        out.serialize_field("generation", &generation)?;
        out.serialize_field("ruleset", decision.ruleset)?;
        out.serialize_field("as_of", &As(&decision.as_of))?;
        out.serialize_field("outcome", outcome(decision.outcome))?;
        out.serialize_field("steps", &Steps(&decision.steps))?;
        out.serialize_field("excluded", &As(&decision.excluded))?;
        out.serialize_field("preconditions", &As(&decision.preconditions))?;
        out.serialize_field("duties", &As(&decision.duties))?;
        out.serialize_field("clocks", &As(&decision.clocks))?;
        out.serialize_field("signals", &Signals { case, signals: &decision.signals })?;
        out.serialize_field("rights", &As(decision.rights))?;
        out.serialize_field("referral", &As(&decision.referral))?;
        out.serialize_field("guardrails", &As(&decision.corrections))?;
        out.serialize_field("verdicts", &As(&decision.asked))?;
        if let Some(explanation) = &decision.explanation {
            out.serialize_field("explain", &As(explanation))?;
        }
        out.end()
    }
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Route => "route",
        Outcome::Refer => "refer",
    }
}

/// Writes the fields that stand behind every part of a decision.
fn ground<S: SerializeStruct>(out: &mut S, ground: &Ground<'_>) -> Result<(), S::Error> {
    by(out, &ground.by)?;
    out.serialize_field("basis", &As(&ground.basis))?;
    out.serialize_field("why", &As(&*ground.why))?;
    out.serialize_field("evidence", &As(&ground.evidence))
}

fn by<S: SerializeStruct>(out: &mut S, by: &By<'_>) -> Result<(), S::Error> {
    out.serialize_field("policy", by.policy)?;
    out.serialize_field("rule", by.rule)
}

impl Serialize for As<'_, By<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("By", 2)?;
        by(&mut out, self.0)?;
        out.end()
    }
}

struct Steps<'a>(&'a [Step<'a>]);

impl Serialize for Steps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((1..).zip(self.0).map(|(order, step)| Numbered { order, step }))
    }
}

struct Numbered<'a> {
    order: usize,
    step: &'a Step<'a>,
}

impl Serialize for Numbered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let step = self.step;
        let mut out = serializer.serialize_struct("Step", 14)?;
        out.serialize_field("order", &self.order)?;
        out.serialize_field("channel", step.channel.as_str())?;
        out.serialize_field("class", step.class.as_str())?;
        out.serialize_field("body", &As(&step.body))?;
        out.serialize_field("skills", &As(&step.skills))?;
        out.serialize_field("needs_consent", &step.needs_consent)?;
        out.serialize_field("free", &step.free)?;
        out.serialize_field("due", &As(&step.due))?;
        out.serialize_field("after", &As(&step.after))?;
        ground(&mut out, &step.ground)?;
        out.serialize_field("decided", &Decided(&step.decided))?;
        out.end()
    }
}

struct Decided<'a>(&'a [(&'static str, By<'a>)]);

impl Serialize for Decided<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(field, by)| (field, As(by))))
    }
}

impl Serialize for As<'_, StepDue> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let term = self.0.term.as_ref();
        let mut out = serializer.serialize_struct("Due", 4)?;
        out.serialize_field("count", &term.map(|t| t.span.count))?;
        out.serialize_field("unit", &term.map(|t| t.span.unit.as_str()))?;
        out.serialize_field("from", &term.map(|t| t.start.as_str()))?;
        out.serialize_field("on", &As(&self.0.on))?;
        out.end()
    }
}

impl Serialize for As<'_, Span> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Span", 2)?;
        out.serialize_field("count", &self.0.count)?;
        out.serialize_field("unit", self.0.unit.as_str())?;
        out.end()
    }
}

impl Serialize for As<'_, Excluded<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Excluded", 6)?;
        out.serialize_field("channel", self.0.channel.as_str())?;
        ground(&mut out, &self.0.ground)?;
        out.end()
    }
}

impl Serialize for As<'_, Precondition<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Precondition", 7)?;
        out.serialize_field("first", self.0.first.as_str())?;
        out.serialize_field("before", self.0.before.as_str())?;
        ground(&mut out, &self.0.ground)?;
        out.end()
    }
}

impl Serialize for As<'_, Duty<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Duty", 9)?;
        out.serialize_field("code", self.0.code.as_str())?;
        out.serialize_field("bearer", &As(&self.0.bearer))?;
        out.serialize_field("params", &Params(&self.0.params))?;
        out.serialize_field("needs_person", &self.0.needs_person)?;
        ground(&mut out, &self.0.ground)?;
        out.end()
    }
}

struct Params<'a>(&'a [Param]);

impl Serialize for Params<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.0 {
            out.serialize_entry(key.as_str(), &As(value))?;
        }
        out.end()
    }
}

impl Serialize for As<'_, Value> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Number(number) => numeral(*number, serializer),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::Day(day) => As(day).serialize(serializer),
            Value::Words(words) => serializer.collect_seq(words.iter().map(|word| &**word)),
            Value::Money(minor) => serializer.serialize_str(&decimal::money(*minor)),
        }
    }
}

/// Whole numbers are written without a point.
fn numeral<S: Serializer>(number: f64, serializer: S) -> Result<S::Ok, S::Error> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        serializer.serialize_i64(number as i64)
    } else {
        serializer.serialize_f64(number)
    }
}

impl Serialize for As<'_, Clock<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let clock = self.0;
        let mut out = serializer.serialize_struct("Clock", 11)?;
        out.serialize_field("code", clock.code.as_str())?;
        out.serialize_field("start", &As(&clock.start))?;
        out.serialize_field("span", &As(&clock.span))?;
        out.serialize_field("ends", &As(&clock.ends))?;
        out.serialize_field("verified", &clock.verified)?;
        out.serialize_field("warn", &clock.warn)?;
        ground(&mut out, &clock.ground)?;
        out.end()
    }
}

struct Signals<'a> {
    case: &'a Case,
    signals: &'a [Signal<'a>],
}

impl Serialize for Signals<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_seq(Some(self.signals.len()))?;
        for signal in self.signals {
            out.serialize_element(&Raised { case: self.case, signal })?;
        }
        out.end()
    }
}

struct Raised<'a> {
    case: &'a Case,
    signal: &'a Signal<'a>,
}

impl Serialize for Raised<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let signal = self.signal;
        let mut out = serializer.serialize_struct("Signal", 12)?;
        out.serialize_field("code", signal.code.as_str())?;
        out.serialize_field("level", level(signal.level))?;
        out.serialize_field("subject", &about(self.case, &signal.subject))?;
        out.serialize_field("measures", &As(&signal.measures))?;
        out.serialize_field("responsible", &As(&signal.responsible))?;
        out.serialize_field("handle_by", &As(&signal.handle_by))?;
        out.serialize_field("expires", &As(&signal.expires))?;
        ground(&mut out, &signal.ground)?;
        out.end()
    }
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Blue => "blue",
        Level::Yellow => "yellow",
        Level::Orange => "orange",
        Level::Red => "red",
    }
}

/// What a signal is about: a kind of thing, and which; never a person.
#[derive(Serialize)]
struct About<'a> {
    r#type: &'static str,
    r#ref: Option<&'a str>,
}

/// An organisation is told by its role in the case: the engine knows no other name for it.
fn about<'a>(case: &'a Case, subject: &'a Subject) -> About<'a> {
    let (kind, which) = match subject {
        Subject::Organisation(role) => ("organisation", Some(role.as_str())),
        Subject::Place => ("place", Some(case.locality.as_str())),
        Subject::Project => ("project", None),
        Subject::Kind => ("kind", Some(case.kind.as_str())),
        Subject::Station => ("station", Some(case.locality.as_str())),
        Subject::OwnCase => ("own_case", case.id.as_deref()),
    };
    About { r#type: kind, r#ref: which }
}

impl Serialize for As<'_, Referral<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Referral", 4)?;
        out.serialize_field("code", self.0.code.as_str())?;
        out.serialize_field("text", &As(&*self.0.text))?;
        by(&mut out, &self.0.by)?;
        out.end()
    }
}

impl Serialize for As<'_, Correction<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Correction", 5)?;
        out.serialize_field("id", self.0.guardrail)?;
        out.serialize_field("action", self.0.action.as_str())?;
        out.serialize_field("what", &self.0.what)?;
        if let Some(corrected) = &self.0.by {
            by(&mut out, corrected)?;
        }
        out.end()
    }
}

impl Serialize for As<'_, Asked<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let asked = self.0;
        let mut out = serializer.serialize_struct("Verdict", 9)?;
        out.serialize_field("policy", asked.policy.as_str())?;
        out.serialize_field("plugin", asked.plugin)?;
        out.serialize_field("digest", asked.digest)?;
        out.serialize_field("mode", asked.mode.as_str())?;
        let (verdict, findings) = match &asked.answer {
            Ok(0) => ("not_applicable", 0),
            Ok(findings) => ("applies", *findings),
            Err(_) => ("indeterminate", 0),
        };
        out.serialize_field("verdict", verdict)?;
        out.serialize_field("findings", &findings)?;
        out.serialize_field("fuel", &asked.fuel)?;
        if let Err(fault) = &asked.answer {
            out.serialize_field("fault", fault.kind.as_str())?;
            out.serialize_field("detail", &*fault.detail)?;
        }
        out.end()
    }
}

impl Serialize for As<'_, Explanation<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Explanation", 4)?;
        out.serialize_field("chain", &As(self.0.chain))?;
        out.serialize_field("skipped", &As(&self.0.skipped))?;
        out.serialize_field("findings", &As(&self.0.fates))?;
        out.serialize_field("diary", &As(&self.0.diary))?;
        out.end()
    }
}

impl Serialize for As<'_, (&PolicyId, Skipped)> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let why = match self.0.1 {
            Skipped::Target => "target",
            Skipped::Validity => "validity",
            Skipped::Purpose => "purpose",
            Skipped::Off => "off",
        };
        let mut out = serializer.serialize_struct("Skipped", 2)?;
        out.serialize_field("policy", self.0.0.as_str())?;
        out.serialize_field("because", why)?;
        out.end()
    }
}

impl Serialize for As<'_, Fate<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Fate", 4)?;
        by(&mut out, &self.0.by)?;
        out.serialize_field("claim", &self.0.claim)?;
        out.serialize_field("fate", &self.0.fate)?;
        out.end()
    }
}

impl Serialize for As<'_, (&PolicyId, Vec<String>)> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Diary", 2)?;
        out.serialize_field("policy", self.0.0.as_str())?;
        out.serialize_field("lines", &self.0.1)?;
        out.end()
    }
}
