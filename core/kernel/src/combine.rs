//! Many verdicts, one decision.
//!
//! The order of precedence: safety, exclusions, preconditions, voluntariness, clocks, offers, local preferences.
//! A lower level adds, prefers and shortens. What an upper level marks as floor stands.

use std::{collections::BTreeMap, ops::Deref};

use crate::{
    Action, Asked, By, ChannelId, Claim, Clock, ClockKind, Code, Correction, Decision, Duty, Excluded, Explanation,
    Fate, Finding, Ground, Level, List, Outcome, PartyType, Policy, Precondition, ProvisionId, Referral, RuleInfo,
    Selector, Signal, Span, Step, Subject, WordList, check,
    evaluate::{Hearing, Said, Voice},
    guardrails,
    reason::reason,
};

/// Days after which a signal lapses.
pub const SIGNAL_DAYS_MAX: i32 = 90;

/// One claim that may be heard, with what stands behind it.
#[derive(Clone)]
pub(crate) struct Heard<'h, 'a> {
    pub(crate) policy: &'a Policy,
    /// No lower level may weaken it.
    pub(crate) floor: bool,
    pub(crate) finding: Held<'h>,
    pub(crate) ground: Ground<'a>,
}

/// A finding of an answer, or what a guardrail left of it. Findings are large and most are lent, so that a claim stays
/// small; hence no `Cow`.
#[derive(Clone)]
pub(crate) enum Held<'h> {
    /// As it was said.
    Lent(&'h Finding),
    /// Without what a guardrail took out.
    Stripped(Box<Finding>),
}

impl Deref for Held<'_> {
    type Target = Finding;

    fn deref(&self) -> &Finding {
        match self {
            Self::Lent(finding) => finding,
            Self::Stripped(finding) => finding,
        }
    }
}

/// The decision while it is made.
pub(crate) struct Draft<'h, 'a> {
    pub(crate) hearing: &'h Hearing<'a>,
    pub(crate) excluded: BTreeMap<&'a ChannelId, Ground<'a>>,
    pub(crate) preconditions: Vec<Precondition<'a>>,
    pub(crate) steps: Vec<Step<'a>>,
    pub(crate) duties: Vec<Duty<'a>>,
    pub(crate) clocks: Vec<Clock<'a>>,
    pub(crate) signals: Vec<Signal<'a>>,
    pub(crate) corrections: Vec<Correction<'a>>,
    pub(crate) fates: Vec<Fate<'a>>,
}

/// Puts together what was said and keeps the guardrails.
pub(crate) fn combine(mut hearing: Hearing<'_>) -> Decision<'_> {
    let (explanation, asked) = (hearing.explanation.take(), std::mem::take(&mut hearing.asked));
    let mut draft = Draft {
        hearing: &hearing,
        excluded: BTreeMap::new(),
        preconditions: Vec::new(),
        steps: Vec::new(),
        duties: Vec::new(),
        clocks: Vec::new(),
        signals: Vec::new(),
        corrections: Vec::new(),
        fates: Vec::new(),
    };
    let (duties, heard) = draft.hear();
    let safety = guardrails::dangers(&hearing);
    draft.exclude(&heard);
    guardrails::close_mediation_in_danger(&mut draft, &safety);
    draft.require(&heard);
    guardrails::honour_refusal(&mut draft);
    draft.clock(&heard);
    draft.offer(&heard);
    draft.impose(duties);
    draft.warn(&heard);
    guardrails::drop_what_danger_closed(&mut draft, &safety);
    guardrails::protect(&mut draft, &safety);
    guardrails::keep_court_open(&mut draft);
    guardrails::keep_access(&mut draft);
    let referral = guardrails::refer(&mut draft, &heard);
    draft.put_in_order();
    guardrails::fill_reasons(&mut draft);
    draft.finish(referral, asked, explanation)
}

impl<'h, 'a> Draft<'h, 'a> {
    /// Every claim that may be heard, from the root down, the duties apart; what may not is noted and left out.
    fn hear(&mut self) -> (Vec<Heard<'h, 'a>>, Vec<Heard<'h, 'a>>) {
        let hearing = self.hearing;
        let count = hearing.voices.iter().map(|voice| voice.said.len()).sum();
        let (mut duties, mut heard) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for voice in &hearing.voices {
            for said in &voice.said {
                let finding = &said.finding;
                if let Some(claim) = self.admit(voice, said) {
                    if let Claim::Derive { .. } = finding.claim {
                        self.note(claim.ground.by, finding, "kept");
                    }
                    let list = if let Claim::Duty { .. } = finding.claim { &mut duties } else { &mut heard };
                    list.push(claim);
                }
            }
        }
        (duties, heard)
    }

    fn admit(&mut self, voice: &Voice<'a>, said: &'h Said<'a>) -> Option<Heard<'h, 'a>> {
        let hearing = self.hearing;
        let policy = voice.policy;
        let Said { finding, rule, evidence } = said;
        let by = By { policy: policy.id.as_str(), rule: rule.id.as_str() };
        let wanted = match finding.claim {
            Claim::Signal { .. } => hearing.question.purposes.prevention,
            _ => hearing.question.purposes.routing,
        };
        if !wanted {
            self.note(by, finding, "left out: not asked for");
            return None;
        }
        if let Some(other) = self.replaced_by(voice, said) {
            self.note(by, finding, &format!("replaced by {other}"));
            return None;
        }
        let basis = self.basis_in_force(policy, rule.info, finding, by)?;
        let evidence = if evidence.is_empty() { List::Whole(&rule.info.reads) } else { List::Some(evidence.clone()) };
        let mut heard = Heard {
            policy,
            floor: rule.floor,
            finding: Held::Lent(finding),
            ground: Ground { by, basis, why: reason(policy, Some(rule.info), finding), evidence },
        };
        guardrails::strip_personal_numbers(self, &mut heard);
        if let Held::Stripped(stripped) = &heard.finding {
            heard.ground.why = reason(policy, Some(rule.info), stripped);
        }
        guardrails::admit(self, &heard, voice.depth).then_some(heard)
    }

    /// The provisions of a finding that are law on the day. A claim without any is not heard (H07), unless it only
    /// orders steps, derives a fact or calls a person.
    fn basis_in_force(
        &mut self,
        policy: &Policy,
        rule: &'a RuleInfo,
        finding: &Finding,
        by: By<'a>,
    ) -> Option<List<'a, ProvisionId>> {
        let (index, day) = (self.hearing.ruleset.index(), self.hearing.question.as_of);
        if finding.basis.is_empty() && index.all_in_force(&rule.basis, day) {
            return Some(List::Whole(&rule.basis));
        }
        let cited = if finding.basis.is_empty() { &rule.basis } else { &finding.basis };
        let mut basis: Vec<&'a ProvisionId> = Vec::with_capacity(cited.len());
        let mut gone = Vec::new();
        for id in cited {
            match index.provision(id, day) {
                Some((id, true)) if basis.contains(&id) => {}
                Some((id, true)) => basis.push(id),
                other => gone.push((id, other.is_some())),
            }
        }
        // A trusted pack cites the texts of several years side by side; picking the day's is no correction.
        let quiet = policy.trusted && !basis.is_empty();
        for (id, known) in gone {
            if !(quiet && known) {
                self.correct("H07", Action::Removed, id.as_str(), Some(by));
            }
        }
        let needs = !matches!(finding.claim, Claim::Prefer { .. } | Claim::Derive { .. } | Claim::Refer(_));
        if basis.is_empty() && needs {
            self.correct("H07", Action::Removed, &claim_name(&finding.claim), Some(by));
            self.note(by, finding, "removed by H07: no provision in force");
            return None;
        }
        Some(List::Some(basis))
    }

    /// The lower policy that this finding gives way to, unless the finding is floor or a trusted pack's exclusion,
    /// precondition, clock or call for a person.
    pub(crate) fn replaced_by(&self, voice: &Voice<'_>, said: &Said<'_>) -> Option<String> {
        let (upper, finding) = (voice.policy, &said.finding);
        let stands = matches!(
            finding.claim,
            Claim::Forbid(_) | Claim::RequireFirst { .. } | Claim::Clock { .. } | Claim::Refer(_)
        );
        if said.rule.floor || upper.trusted && stands {
            return None;
        }
        let below = self.hearing.voices.iter().filter(|v| v.depth > voice.depth && !v.said.is_empty());
        below
            .flat_map(|v| v.policy.replaces.iter().map(move |r| (v, r)))
            .find(|(v, r)| {
                r.policy == upper.id
                    && r.rule.as_ref().is_none_or(|rule| *rule == finding.rule)
                    && r.when.as_ref().is_none_or(|when| v.said.iter().any(|said| said.finding.rule == *when))
            })
            .map(|(v, _)| v.policy.id.to_string())
    }

    fn exclude(&mut self, heard: &[Heard<'_, 'a>]) {
        for claim in heard {
            let Claim::Forbid(selector) = &claim.finding.claim else { continue };
            self.note(claim.ground.by, &claim.finding, "kept");
            for channel in self.channels(selector) {
                self.excluded.entry(channel).or_insert_with(|| claim.ground.clone());
            }
        }
    }

    /// The channels a selector means in this jurisdiction.
    pub(crate) fn channels(&self, selector: &Selector) -> Vec<&'a ChannelId> {
        let index = self.hearing.ruleset.index();
        let root = self.hearing.locality.chain.first();
        let here = |id: &&ChannelId| index.channel(id.as_str()).is_some_and(|c| check::exists_in(c, root));
        match selector {
            Selector::Channel(channel) => self.known(channel).into_iter().collect(),
            Selector::Class(class) => index.channels_of(*class).iter().filter(here).collect(),
        }
    }

    /// A channel's id as the ruleset holds it.
    pub(crate) fn known(&self, channel: &ChannelId) -> Option<&'a ChannelId> {
        self.hearing.ruleset.index().channel_entry(channel.as_str()).map(|(id, _)| id)
    }

    fn require(&mut self, heard: &[Heard<'_, 'a>]) {
        for claim in heard {
            let Claim::RequireFirst { first, before } = &claim.finding.claim else { continue };
            self.note(claim.ground.by, &claim.finding, "kept");
            let Some((first, before)) = self.known(first).zip(self.known(before)) else { continue };
            if !self.preconditions.iter().any(|p| p.first == first && p.before == before) {
                self.preconditions.push(Precondition { first, before, ground: claim.ground.clone() });
            }
        }
    }

    /// One clock of each code. The floor's stands for a party's time; the shortest for an authority's (H03).
    fn clock(&mut self, heard: &[Heard<'_, 'a>]) {
        let mut kept: Vec<(Clock<'a>, ClockKind, bool)> = Vec::new();
        for claim in heard {
            let Claim::Clock { code, start, span, warn } = &claim.finding.claim else { continue };
            let word = self.hearing.ruleset.index().word(WordList::Clock, code.as_str());
            let kind = word.and_then(|w| w.clock).unwrap_or(ClockKind::Service);
            let span = self.within_maximum(*span, word.and_then(|w| w.max), claim.ground.by, code.as_str());
            let end = self.hearing.locality.calendar.end(*start, span);
            let clock = Clock {
                code: code.clone(),
                start: *start,
                span,
                ends: end.day,
                verified: end.verified,
                warn: warn.clone(),
                ground: claim.ground.clone(),
            };
            let upper = kept.iter_mut().find(|(k, ..)| k.code == *code);
            if upper.is_none() && kind == ClockKind::Limitation && !claim.policy.trusted {
                // Whether a party's time runs at all is for the law to say.
                self.correct("H03", Action::Removed, code.as_str(), Some(claim.ground.by));
                self.note(claim.ground.by, &claim.finding, "removed by H03: the law starts no such time here");
                continue;
            }
            self.note(claim.ground.by, &claim.finding, "kept");
            match upper {
                None => kept.push((clock, kind, claim.policy.trusted)),
                Some((upper, kind, trusted)) => {
                    let shortens = clock.ends < upper.ends && (*kind == ClockKind::Service || claim.policy.trusted);
                    if shortens {
                        *upper = clock;
                    } else if clock.ends != upper.ends && *trusted && !claim.policy.trusted {
                        self.correct("H03", Action::Clamped, code.as_str(), Some(claim.ground.by));
                    }
                }
            }
        }
        self.clocks.extend(kept.into_iter().map(|(clock, ..)| clock));
    }

    /// The shorter of a span and its statutory maximum, measured from the day of the case.
    pub(crate) fn within_maximum(&mut self, span: Span, max: Option<Span>, by: By<'a>, what: &str) -> Span {
        match max {
            Some(max) if self.longer(span, max) => {
                self.correct("H03", Action::Clamped, what, Some(by));
                max
            }
            _ => span,
        }
    }

    fn longer(&self, a: Span, b: Span) -> bool {
        let (calendar, day) = (&self.hearing.locality.calendar, self.hearing.question.as_of);
        if a.unit == b.unit { a.count > b.count } else { calendar.end(day, a).day > calendar.end(day, b).day }
    }

    fn impose(&mut self, duties: Vec<Heard<'_, 'a>>) {
        self.duties.reserve(duties.len());
        for claim in duties {
            let Claim::Duty { code, bearer, params } = &claim.finding.claim else { continue };
            // Who says the same with other particulars means both; who repeats another means the other's.
            let said = |d: &Duty<'_>| {
                let own = d.ground.by.policy == claim.ground.by.policy;
                d.code == *code && d.bearer == *bearer && (!own || d.params == *params)
            };
            if self.duties.iter().any(said) {
                self.note(claim.ground.by, &claim.finding, "said before");
                continue;
            }
            self.note(claim.ground.by, &claim.finding, "kept");
            self.add_duty(code.clone(), bearer.clone(), params.clone(), claim.ground);
        }
    }

    /// Adds a duty; one that weighs on somebody waits for a person (H11).
    pub(crate) fn add_duty(&mut self, code: Code, bearer: Option<Code>, params: Vec<crate::Param>, ground: Ground<'a>) {
        let word = self.hearing.ruleset.index().word(WordList::Duty, code.as_str());
        let needs_person = word.is_some_and(|w| w.adverse);
        if needs_person {
            self.correct("H11", Action::Held, code.as_str(), Some(ground.by));
        }
        self.duties.push(Duty { code, bearer, params, needs_person, ground });
    }

    fn warn(&mut self, heard: &[Heard<'_, 'a>]) {
        for claim in heard {
            let Claim::Signal { code, level, subject, .. } = &claim.finding.claim else { continue };
            if !self.may_be_subject(subject) {
                self.correct("H06", Action::Removed, &format!("signal {code}"), Some(claim.ground.by));
                self.note(claim.ground.by, &claim.finding, "removed by H06: not about an organisation");
                continue;
            }
            let Some(signal) = self.signal(claim) else { continue };
            match self.signals.iter_mut().find(|s| s.code == *code && s.subject == *subject) {
                None => self.signals.push(signal),
                Some(upper) => raise(upper, *level, signal),
            }
            self.note(claim.ground.by, &claim.finding, "kept");
        }
    }

    fn may_be_subject(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Organisation(role) => {
                let mut parties = self.hearing.question.case.parties().iter().filter(|p| p.role == *role).peekable();
                parties.peek().is_some() && parties.all(|p| p.kind != PartyType::Natural)
            }
            _ => true,
        }
    }

    fn signal(&self, claim: &Heard<'_, 'a>) -> Option<Signal<'a>> {
        let Claim::Signal { code, level, subject, measures, responsible, handle_within } = &claim.finding.claim else {
            return None;
        };
        let today = self.hearing.question.as_of;
        Some(Signal {
            code: code.clone(),
            level: *level,
            subject: subject.clone(),
            measures: measures.clone(),
            responsible: responsible.clone(),
            handle_by: handle_within.map(|span| self.end(today, span)),
            expires: today.plus_days(SIGNAL_DAYS_MAX),
            ground: claim.ground.clone(),
        })
    }

    /// Writes down that a guardrail acted.
    pub(crate) fn correct(&mut self, guardrail: &'static str, action: Action, what: &str, by: Option<By<'a>>) {
        self.corrections.push(Correction { guardrail, action, what: what.to_owned(), by });
    }

    /// Writes down what became of a finding, when an explanation was asked for.
    pub(crate) fn note(&mut self, by: By<'a>, finding: &Finding, fate: &str) {
        if self.hearing.question.explain {
            let claim = claim_name(&finding.claim);
            self.fates.push(Fate { by, claim, fate: fate.to_owned() });
        }
    }

    fn finish(
        mut self,
        referral: Option<Referral<'a>>,
        asked: Vec<Asked<'a>>,
        explanation: Option<Explanation<'a>>,
    ) -> Decision<'a> {
        self.corrections.sort();
        self.corrections.dedup();
        let hearing = self.hearing;
        let explanation = explanation.map(|e| Explanation { fates: self.fates, ..e });
        let excluded = self.excluded.into_iter().map(|(channel, ground)| Excluded { channel, ground }).collect();
        Decision {
            case: hearing.question.case.id.as_deref(),
            ruleset: hearing.ruleset.digest(),
            as_of: hearing.question.as_of,
            outcome: if referral.is_some() { Outcome::Refer } else { Outcome::Route },
            steps: self.steps,
            excluded,
            preconditions: self.preconditions,
            duties: self.duties,
            clocks: self.clocks,
            signals: self.signals,
            rights: &hearing.locality.guardrails.rights,
            referral,
            corrections: self.corrections,
            asked,
            explanation,
        }
    }
}

/// A signal raised twice keeps the higher level and all measures.
fn raise<'a>(upper: &mut Signal<'a>, level: Level, other: Signal<'a>) {
    for measure in other.measures {
        if !upper.measures.contains(&measure) {
            upper.measures.push(measure);
        }
    }
    if level > upper.level {
        upper.level = level;
        upper.ground = other.ground;
        upper.responsible = other.responsible.or(upper.responsible.take());
        upper.handle_by = other.handle_by.or(upper.handle_by);
    }
}

/// A claim in a few words.
pub(crate) fn claim_name(claim: &Claim) -> String {
    match claim {
        Claim::Offer { channel, body: Some(body), .. } => format!("offer {channel} ({body})"),
        Claim::Offer { channel, .. } => format!("offer {channel}"),
        Claim::Prefer { channel, .. } => format!("prefer {channel}"),
        Claim::RequireFirst { first, before } => format!("require {first} before {before}"),
        Claim::Forbid(Selector::Channel(channel)) => format!("forbid {channel}"),
        Claim::Forbid(Selector::Class(class)) => format!("forbid class {}", class.as_str()),
        Claim::Duty { code, .. } => format!("duty {code}"),
        Claim::Clock { code, .. } => format!("clock {code}"),
        Claim::Signal { code, .. } => format!("signal {code}"),
        Claim::Derive { key, .. } => format!("derive {key}"),
        Claim::Refer(code) => format!("refer {code}"),
    }
}
