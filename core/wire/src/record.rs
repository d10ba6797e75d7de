//! What is recorded of a decision beside the reply: the question as it was understood, and what every policy said
//! before anything was combined.

use maple_kernel::{
    Case, Claim, Due, Facts, Fault, Finding, Party, PartyType, Policy, PolicyId, Purposes, Question, Selector, Term,
};

use crate::{
    question::SOURCE_UNSTATED,
    reply::{Params, level},
    writer::{Object, Put, key, list},
};

/// The question in canonical form (RFC 8785), every default written out: the same question gives the same bytes, in
/// whatever order and form it was asked. [`crate::parse_question`] reads it back.
#[must_use]
pub fn canonical_question(question: &Question) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 << 10);
    // Names in the order of their letters, here and below.
    let mut fields = Object::open(&mut out);
    fields.field(key!("as_of"), &question.as_of);
    fields.field(key!("case"), &question.case);
    if !question.context.is_empty() {
        fields.field(key!("context"), &question.context);
    }
    fields.field(key!("explain"), &question.explain);
    fields.field(key!("purposes"), &question.purposes);
    fields.close();
    out
}

impl Put for Case {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("facts"), &self.facts);
        out.field(key!("filed"), &self.filed);
        if let Some(id) = &self.id {
            out.field(key!("id"), &**id);
        }
        out.field(key!("kind"), self.kind.as_str());
        out.field(key!("locality"), &self.locality);
        out.field(key!("parties"), self.parties());
        if self.source.as_str() != SOURCE_UNSTATED {
            out.field(key!("source"), &self.source);
        }
        out.close();
    }
}

impl Put for Party {
    fn put(&self, out: &mut Vec<u8>) {
        let kind = match self.kind {
            PartyType::Natural => "natural",
            PartyType::Organisation => "organisation",
            PartyType::PublicAuthority => "public_authority",
        };
        let mut out = Object::open(out);
        out.field(key!("facts"), &self.facts);
        out.field(key!("role"), &self.role);
        out.field(key!("type"), kind);
        out.close();
    }
}

impl Put for Facts {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        self.iter().for_each(|(key, value)| out.entry(key.as_str(), value));
        out.close();
    }
}

impl Put for Purposes {
    fn put(&self, out: &mut Vec<u8>) {
        let named = [(self.routing, "routing"), (self.prevention, "prevention")];
        list(out, named.into_iter().filter(|(asked, _)| *asked).map(|(_, name)| name));
    }
}

/// Notes what policies say while a decision is made: for each its own words, or its fault.
#[derive(Debug, Default)]
pub struct Heard(Vec<u8>);

impl Heard {
    /// Notes what one policy said.
    pub fn note(&mut self, policy: &Policy, answer: &Result<Vec<Finding>, Fault>) {
        self.0.push(if self.0.is_empty() { b'[' } else { b',' });
        Said { policy: &policy.id, answer }.put(&mut self.0);
    }

    /// What stands beside the question and the reply in a record: the figures of the place, and what was said.
    #[must_use]
    pub fn context(self, figures: &Facts) -> Vec<u8> {
        let mut said = self.0;
        said.extend_from_slice(if said.is_empty() { b"[]" } else { b"]" });
        let mut out = Vec::with_capacity(said.len() + 64);
        let mut fields = Object::open(&mut out);
        fields.field(key!("facts"), figures);
        fields.field(key!("said"), &Written(&said));
        fields.close();
        out
    }
}

/// JSON that stands already.
struct Written<'a>(&'a [u8]);

impl Put for Written<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0);
    }
}

struct Said<'a> {
    policy: &'a PolicyId,
    answer: &'a Result<Vec<Finding>, Fault>,
}

impl Put for Said<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("policy"), self.policy);
        match self.answer {
            Ok(findings) => out.field(key!("findings"), findings),
            Err(fault) => {
                out.field(key!("fault"), fault.kind.as_str());
                out.field(key!("detail"), &*fault.detail);
            }
        }
        out.close();
    }
}

impl Put for Finding {
    fn put(&self, out: &mut Vec<u8>) {
        let mut out = Object::open(out);
        out.field(key!("rule"), self.rule.as_str());
        claim(&mut out, &self.claim);
        if let Some(reason) = &self.reason {
            out.field(key!("reason"), reason);
        }
        if !self.params.is_empty() {
            out.field(key!("params"), &Params(&self.params));
        }
        if !self.basis.is_empty() {
            out.field(key!("basis"), &self.basis);
        }
        if !self.evidence.is_empty() {
            out.field(key!("evidence"), &self.evidence);
        }
        out.close();
    }
}

/// The fields of a claim, the first of which says what it is.
fn claim(out: &mut Object<'_>, claim: &Claim) {
    match claim {
        Claim::Offer { channel, body, skills, due, weight, chargeable } => {
            out.field(key!("offer"), channel);
            out.field(key!("body"), body);
            out.field(key!("skills"), skills);
            out.field(key!("due"), due);
            out.field(key!("weight"), &i64::from(*weight));
            out.field(key!("chargeable"), chargeable);
        }
        Claim::Prefer { channel, weight } => {
            out.field(key!("prefer"), channel);
            out.field(key!("weight"), &i64::from(*weight));
        }
        Claim::RequireFirst { first, before } => {
            out.field(key!("require-first"), first);
            out.field(key!("before"), before);
        }
        Claim::Forbid(Selector::Channel(channel)) => out.field(key!("forbid"), channel),
        Claim::Forbid(Selector::Class(class)) => out.field(key!("forbid-class"), class.as_str()),
        Claim::Duty { code, bearer, params } => {
            out.field(key!("duty"), code);
            out.field(key!("bearer"), bearer);
            out.field(key!("with"), &Params(params));
        }
        Claim::Clock { code, start, span, warn } => {
            out.field(key!("clock"), code);
            out.field(key!("start"), start);
            out.field(key!("span"), span);
            out.field(key!("warn"), warn);
        }
        Claim::Signal { code, level: urgency, subject, measures, responsible, handle_within } => {
            out.field(key!("signal"), code);
            out.field(key!("level"), level(*urgency));
            out.field(key!("subject"), subject);
            out.field(key!("measures"), measures);
            out.field(key!("responsible"), responsible);
            out.field(key!("handle_within"), handle_within);
        }
        Claim::Derive { key, value } => {
            out.field(key!("derive"), key);
            out.field(key!("value"), value);
        }
        Claim::Refer(code) => out.field(key!("refer"), code),
    }
}

impl Put for Due {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::On(day) => day.put(out),
            Self::Within(Term { span, start }) => {
                let mut out = Object::open(out);
                out.field(key!("span"), span);
                out.field(key!("from"), start);
                out.close();
            }
        }
    }
}

impl Put for maple_kernel::Subject {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Organisation(role) => {
                let mut out = Object::open(out);
                out.field(key!("organisation"), role);
                out.close();
            }
            Self::Place => "place".put(out),
            Self::Project => "project".put(out),
            Self::Kind => "kind".put(out),
            Self::Station => "station".put(out),
            Self::OwnCase => "own_case".put(out),
        }
    }
}
