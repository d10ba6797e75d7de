//! A decision as JSON, written straight from the kernel's types.

use maple_kernel::{
    Asked, By, Case, Clock, Code, Correction, Decision, Duty, Excluded, Explanation, Fate, Ground, Level, List,
    LocalityId, Param, PolicyId, Precondition, Referral, Signal, Skipped, Span, Step, StepDue, Subject, Text, Value,
};

use crate::{
    decimal,
    writer::{Object, Put, by_serde, key, list},
};

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
    let mut envelope = Object::open(out);
    envelope.field(key!("decision"), reply);
    envelope.close();
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
    let mut out = Vec::with_capacity(REPLY_BYTES);
    let mut envelope = Object::open(&mut out);
    envelope.field(key!("decision"), reply);
    envelope.field(key!("brought"), previewed.brought);
    if let Some(explanation) = previewed.explanation {
        envelope.field(key!("explanation"), explanation);
    }
    envelope.close();
    out
}

impl Put for serde_json::Value {
    fn put(&self, out: &mut Vec<u8>) {
        by_serde(out, self);
    }
}

macro_rules! as_text {
    ($($name:ty),+) => {$(
        impl Put for $name {
            fn put(&self, out: &mut Vec<u8>) {
                self.as_str().put(out);
            }
        }
    )+};
}

as_text!(Code, PolicyId, LocalityId, maple_kernel::ChannelId, maple_kernel::ProvisionId, maple_kernel::FactKey);

impl<T: Put> Put for List<'_, T> {
    fn put(&self, out: &mut Vec<u8>) {
        list(out, self.iter());
    }
}

impl Put for Text {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("zh"), &*self.zh);
        out.field(key!("en"), &*self.en);
        out.close();
    }
}

impl Put for Reply<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let Reply { id, generation, case, decision } = *self;
        let mut out = Object::open(out);
        out.field(key!("id"), id);
        out.field(key!("case"), &decision.case);
        out.field(key!("generation"), &generation);
        out.field(key!("ruleset"), decision.ruleset);
        out.field(key!("as_of"), &decision.as_of);
        out.field(key!("outcome"), decision.outcome.as_str());
        out.field(key!("steps"), &Steps(&decision.steps));
        out.field(key!("excluded"), &decision.excluded);
        out.field(key!("preconditions"), &decision.preconditions);
        out.field(key!("duties"), &decision.duties);
        out.field(key!("clocks"), &decision.clocks);
        out.field(key!("signals"), &Signals { case, signals: &decision.signals });
        out.field(key!("rights"), &decision.rights);
        out.field(key!("referral"), &decision.referral);
        out.field(key!("guardrails"), &decision.corrections);
        out.field(key!("verdicts"), &decision.asked);
        if let Some(explanation) = &decision.explanation {
            out.field(key!("explain"), &explanation);
        }
        out.close();
    }
}

/// Writes the fields that stand behind every part of a decision.
fn ground(out: &mut Object<'_>, ground: &Ground<'_>) {
    by(out, &ground.by);
    out.field(key!("basis"), &ground.basis);
    out.field(key!("why"), &ground.why);
    out.field(key!("evidence"), &ground.evidence);
}

fn by(out: &mut Object<'_>, by: &By<'_>) {
    out.field(key!("policy"), by.policy);
    out.field(key!("rule"), by.rule);
}

impl Put for By<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        by(&mut out, self);
        out.close();
    }
}

struct Steps<'a>(&'a [Step<'a>]);

impl Put for Steps<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        list(out, (1..).zip(self.0).map(|(order, step)| Numbered { order, step }));
    }
}

struct Numbered<'a> {
    order: usize,
    step: &'a Step<'a>,
}

impl Put for Numbered<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let step = self.step;
        let mut out = Object::open(out);
        out.field(key!("order"), &self.order);
        out.field(key!("channel"), step.channel.as_str());
        out.field(key!("class"), step.class.as_str());
        out.field(key!("body"), &step.body);
        out.field(key!("skills"), &step.skills);
        out.field(key!("needs_consent"), &step.needs_consent);
        out.field(key!("free"), &step.free);
        out.field(key!("due"), &step.due);
        out.field(key!("after"), &step.after);
        ground(&mut out, &step.ground);
        out.field(key!("decided"), &Decided(&step.decided));
        out.close();
    }
}

struct Decided<'a>(&'a [(&'static str, By<'a>)]);

impl Put for Decided<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        self.0.iter().for_each(|(field, by)| out.entry(field, by));
        out.close();
    }
}

impl Put for StepDue {
    fn put(&self, out: &mut Vec<u8>) {
        let term = self.term.as_ref();
        let mut out = Object::open(out);
        out.field(key!("count"), &term.map(|t| t.span.count));
        out.field(key!("unit"), &term.map(|t| t.span.unit.as_str()));
        out.field(key!("from"), &term.map(|t| t.start.as_str()));
        out.field(key!("on"), &self.on);
        out.close();
    }
}

impl Put for Span {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("count"), &self.count);
        out.field(key!("unit"), self.unit.as_str());
        out.close();
    }
}

impl Put for Excluded<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("channel"), self.channel.as_str());
        ground(&mut out, &self.ground);
        out.close();
    }
}

impl Put for Precondition<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("first"), self.first.as_str());
        out.field(key!("before"), self.before.as_str());
        ground(&mut out, &self.ground);
        out.close();
    }
}

impl Put for Duty<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("code"), self.code.as_str());
        out.field(key!("bearer"), &self.bearer);
        out.field(key!("params"), &Params(&self.params));
        out.field(key!("needs_person"), &self.needs_person);
        ground(&mut out, &self.ground);
        out.close();
    }
}

pub(crate) struct Params<'a>(pub(crate) &'a [Param]);

impl Put for Params<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        for (key, value) in self.0 {
            out.entry(key.as_str(), value);
        }
        out.close();
    }
}

impl Put for Value {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => text.put(out),
            Self::Number(number) => numeral(*number, out),
            Self::Flag(flag) => flag.put(out),
            Self::Day(day) => day.put(out),
            Self::Words(words) => list(out, words.iter().map(|word| &**word)),
            Self::Money(minor) => decimal::money(*minor).put(out),
        }
    }
}

/// Whole numbers are written without a point.
fn numeral(number: f64, out: &mut Vec<u8>) {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        (number as i64).put(out);
    } else {
        by_serde(out, &number);
    }
}

impl Put for Clock<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("code"), self.code.as_str());
        out.field(key!("start"), &self.start);
        out.field(key!("span"), &self.span);
        out.field(key!("ends"), &self.ends);
        out.field(key!("verified"), &self.verified);
        out.field(key!("warn"), &self.warn);
        ground(&mut out, &self.ground);
        out.close();
    }
}

struct Signals<'a> {
    case: &'a Case,
    signals: &'a [Signal<'a>],
}

impl Put for Signals<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        list(out, self.signals.iter().map(|signal| Raised { case: self.case, signal }));
    }
}

struct Raised<'a> {
    case: &'a Case,
    signal: &'a Signal<'a>,
}

impl Put for Raised<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let signal = self.signal;
        let mut out = Object::open(out);
        out.field(key!("code"), signal.code.as_str());
        out.field(key!("level"), level(signal.level));
        out.field(key!("subject"), &about(self.case, &signal.subject));
        out.field(key!("measures"), &signal.measures);
        out.field(key!("responsible"), &signal.responsible);
        out.field(key!("handle_by"), &signal.handle_by);
        out.field(key!("expires"), &signal.expires);
        ground(&mut out, &signal.ground);
        out.close();
    }
}

pub(crate) const fn level(level: Level) -> &'static str {
    match level {
        Level::Blue => "blue",
        Level::Yellow => "yellow",
        Level::Orange => "orange",
        Level::Red => "red",
    }
}

/// What a signal is about: a kind of thing, and which; never a person.
struct About<'a> {
    kind: &'static str,
    which: Option<&'a str>,
}

impl Put for About<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("type"), self.kind);
        out.field(key!("ref"), &self.which);
        out.close();
    }
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
    About { kind, which }
}

impl Put for Referral<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("code"), self.code.as_str());
        out.field(key!("text"), &self.text);
        by(&mut out, &self.by);
        out.close();
    }
}

impl Put for Correction<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("id"), self.guardrail);
        out.field(key!("action"), self.action.as_str());
        out.field(key!("what"), &self.what);
        if let Some(corrected) = &self.by {
            by(&mut out, corrected);
        }
        out.close();
    }
}

impl Put for Asked<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("policy"), self.policy.as_str());
        out.field(key!("plugin"), self.plugin);
        out.field(key!("digest"), self.digest);
        out.field(key!("mode"), self.mode.as_str());
        let (verdict, findings) = match &self.answer {
            Ok(0) => ("not_applicable", 0),
            Ok(findings) => ("applies", *findings),
            Err(_) => ("indeterminate", 0),
        };
        out.field(key!("verdict"), verdict);
        out.field(key!("findings"), &findings);
        out.field(key!("fuel"), &self.fuel);
        if let Err(fault) = &self.answer {
            out.field(key!("fault"), fault.kind.as_str());
            out.field(key!("detail"), &*fault.detail);
        }
        out.close();
    }
}

impl Put for Explanation<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("chain"), &self.chain);
        out.field(key!("skipped"), &self.skipped);
        out.field(key!("findings"), &self.fates);
        out.field(key!("diary"), &self.diary);
        out.close();
    }
}

impl Put for (&PolicyId, Skipped) {
    fn put(&self, out: &mut Vec<u8>) {
        let why = match self.1 {
            Skipped::Target => "target",
            Skipped::Validity => "validity",
            Skipped::Purpose => "purpose",
            Skipped::Off => "off",
        };
        let mut out = Object::open(out);
        out.field(key!("policy"), self.0.as_str());
        out.field(key!("because"), why);
        out.close();
    }
}

impl Put for Fate<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        by(&mut out, &self.by);
        out.field(key!("claim"), &self.claim);
        out.field(key!("fate"), &self.fate);
        out.close();
    }
}

impl Put for (&PolicyId, Vec<String>) {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("policy"), self.0.as_str());
        out.field(key!("lines"), &self.1);
        out.close();
    }
}
