//! What no policy may break. Each guardrail that acts is written into the decision.
//!
//! | id | what it keeps |
//! |---|---|
//! | H01 | a way to a deciding body is in every decision |
//! | H02 | no mediation after a refusal; none without consent; no duty to attend where taking part is by free will |
//! | H03 | no time limit beyond the law's, none that shortens a party's time (in `combine`) |
//! | H04 | protection first; no mediation, and nothing else face to face, while somebody is in danger |
//! | H05 | a policy sees only the facts it names, and no forbidden fact exists (by the types and the wire) |
//! | H06 | no number attached to a person; signals are never about one |
//! | H07 | every claim rests on law in force on the day (in `combine`) |
//! | H09 | a lower level adds, prefers and shortens; it takes nothing away, and says no fact that the floor or the host says |
//! | H10 | reasons in both languages; how to refuse and how to object |
//! | H11 | what weighs on somebody waits for a person |
//! | H13 | a policy that traps or exceeds its limits is left out, and a person decides |
//! | H16 | offline, language and disability help are always on offer |
//! | H20 | no decision is empty; an unusable answer goes to a person |
//! | H21 | what is free by law stays free (in `combine`) |
//! | H22 | suspected collusion goes to a person only; what belongs to a step that is taken out goes with it |

use std::borrow::Cow;

use crate::{
    Action, By, Channel, ChannelId, Claim, Class, Code, Court, FactKey, FaultKind, Finding, Ground, HOST, List, Param,
    Participation, Policy, ProvisionId, Referral, Safety, Scope, Selector, Step, Text, Value, WordList, check,
    combine::{Draft, Heard, Held, claim_name},
    evaluate::{Hearing, Said, Voice},
};

/// The party fact that tells whether a party agrees to mediation, and its value for a refusal.
pub const CONSENT: (&str, &str) = ("consent", "no");

const fn host(rule: &'static str) -> By<'static> {
    By { policy: HOST, rule }
}

fn ground<'a>(hearing: &Hearing<'a>, rule: &'static str, basis: &[ProvisionId], why: Cow<'a, Text>) -> Ground<'a> {
    let (day, index) = (hearing.question.as_of, hearing.ruleset.index());
    let in_force = |id| index.provision(id, day).and_then(|(id, law)| law.then_some(id));
    let basis = List::Some(basis.iter().filter_map(in_force).collect());
    Ground { by: host(rule), basis, why, evidence: List::default() }
}

/// A reason of the host's own.
fn said<'a>(zh: &str, en: &str) -> Cow<'a, Text> {
    Cow::Owned(Text::new(zh, en))
}

/// A step of a channel with nothing more said of it.
pub(crate) fn plain_step<'a>(hearing: &Hearing<'a>, channel: &ChannelId, ground: Ground<'a>) -> Option<Step<'a>> {
    let (channel, def) = hearing.ruleset.index().channel_entry(channel.as_str())?;
    Some(Step {
        channel,
        class: def.class,
        body: None,
        skills: Vec::new(),
        needs_consent: needs_consent(hearing.locality.participation, def),
        free: def.free,
        due: None,
        after: Vec::new(),
        weight: 0,
        ground,
        decided: Vec::new(),
    })
}

/// H02: mediation takes place only if every party agrees; where the law can bind parties to attend, they attend, but
/// nobody is bound to settle.
pub(crate) fn needs_consent(participation: Participation, channel: &Channel) -> bool {
    channel.class == Class::Facilitative && !(participation == Participation::AttendanceRequired && channel.attendance)
}

/// H06: parameters that are not words of the ruleset, or that belong to a party, are taken out.
pub(crate) fn strip_personal_numbers<'a>(draft: &mut Draft<'_, 'a>, heard: &mut Heard<'_, 'a>) {
    let index = draft.hearing.ruleset.index();
    let allowed = |key: &Code| {
        index.word(WordList::Param, key.as_str()).is_some()
            || index.fact(key.as_str()).is_some_and(|def| def.scope != Scope::Party)
    };
    let of_claim = match &heard.finding.claim {
        Claim::Duty { params, .. } => params.as_slice(),
        _ => &[],
    };
    let personal = |(key, _): &&Param| !allowed(key);
    let removed: Vec<Code> =
        heard.finding.params.iter().chain(of_claim).filter(personal).map(|(key, _)| key.clone()).collect();
    if removed.is_empty() {
        return;
    }
    let mut finding = Finding::clone(&heard.finding);
    finding.params.retain(|(key, _)| allowed(key));
    if let Claim::Duty { params, .. } = &mut finding.claim {
        params.retain(|(key, _)| allowed(key));
    }
    heard.finding = Held::Stripped(Box::new(finding));
    for key in removed {
        draft.correct("H06", Action::Removed, &format!("parameter {key}"), Some(heard.ground.by));
    }
}

/// H09 (with H01, H04 and H06): true when the claim may be heard.
pub(crate) fn admit<'a>(draft: &mut Draft<'_, 'a>, heard: &Heard<'_, 'a>, depth: usize) -> bool {
    let broken: &[&'static str] = match &heard.finding.claim {
        Claim::Derive { key, value } => match underivable(draft, heard.policy, key, value) {
            Some("H06") => &["H06"],
            Some(_) => &["H09"],
            None => &[],
        },
        Claim::Duty { code, .. } if binds_the_free(draft, code) => &["H02"],
        Claim::Forbid(selector) if !heard.policy.trusted => takes_away(draft, selector, depth),
        Claim::RequireFirst { before, .. } if !heard.policy.trusted => match class_of(draft, before) {
            Some(Class::Facilitative) | None => &[],
            Some(Class::Adjudicative) => &["H01", "H09"],
            Some(_) => &["H09"],
        },
        _ => &[],
    };
    for guardrail in broken {
        draft.correct(guardrail, Action::Removed, &claim_name(&heard.finding.claim), Some(heard.ground.by));
    }
    if let Some(guardrail) = broken.last() {
        draft.note(heard.ground.by, &heard.finding, &format!("removed by {guardrail}"));
    }
    broken.is_empty()
}

fn underivable(draft: &Draft<'_, '_>, policy: &Policy, key: &FactKey, value: &Value) -> Option<&'static str> {
    let hearing = draft.hearing;
    let before = hearing.voices.iter().take_while(|voice| voice.policy.id != policy.id);
    check::underivable((hearing.ruleset.index(), &hearing.locality.guardrails), policy, (key, value), before)
}

/// H02: where participation is by free will nobody is bound to attend, or warned or punished for staying away.
fn binds_the_free(draft: &Draft<'_, '_>, duty: &Code) -> bool {
    let hearing = draft.hearing;
    hearing.locality.participation == Participation::Voluntary
        && hearing.ruleset.index().word(WordList::Duty, duty.as_str()).is_some_and(|word| word.attendance)
}

fn class_of(draft: &Draft<'_, '_>, channel: &ChannelId) -> Option<Class> {
    draft.hearing.ruleset.index().channel(channel.as_str()).map(|c| c.class)
}

/// The guardrails that a lower level's exclusion would break: it may only close mediation that no upper level offers, or
/// whose offer it replaces by name.
fn takes_away(draft: &Draft<'_, '_>, selector: &Selector, depth: usize) -> &'static [&'static str] {
    let class = match selector {
        Selector::Channel(channel) => class_of(draft, channel),
        Selector::Class(class) => Some(*class),
    };
    match class {
        Some(Class::Adjudicative) => &["H01", "H09"],
        Some(Class::Protective) => &["H04", "H09"],
        Some(Class::Facilitative) if !offered_above(draft, selector, depth) => &[],
        _ => &["H09"],
    }
}

fn offered_above(draft: &Draft<'_, '_>, selector: &Selector, depth: usize) -> bool {
    let closed = draft.channels(selector);
    let above = draft.hearing.voices.iter().filter(|voice| voice.policy.trusted || voice.depth < depth);
    let said = above.flat_map(|voice| voice.said.iter().map(move |said| (voice, said)));
    said.filter(|(_, said)| matches!(&said.finding.claim, Claim::Offer { channel, .. } if closed.contains(&channel)))
        .any(|(voice, said)| draft.replaced_by(voice, said).is_none())
}

/// H04: the dangers that the facts or the kind of the case tell of.
pub(crate) fn dangers<'a>(hearing: &Hearing<'a>) -> Vec<&'a Safety> {
    let kind = hearing.question.case.kind.as_str();
    let told = |safety: &&Safety| {
        safety.flags.iter().any(|flag| hearing.facts.flag(flag.as_str()))
            || safety.kinds.iter().any(|pattern| pattern.covers(kind))
    };
    hearing.locality.guardrails.safety.iter().filter(told).collect()
}

/// H04: no mediation while somebody is in danger, and nothing else that brings the sides together.
pub(crate) fn close_mediation_in_danger<'a>(draft: &mut Draft<'_, 'a>, dangers: &[&'a Safety]) {
    let reason =
        |danger: &&'a Safety, hearing: &Hearing<'a>| ground(hearing, "H04", &danger.basis, Cow::Borrowed(&danger.why));
    if let Some(danger) = dangers.iter().find(|danger| danger.closes_mediation) {
        let ground = reason(danger, draft.hearing);
        let mediation = draft.channels(&Selector::Class(Class::Facilitative));
        close(draft, &mediation, &ground, |_| true);
    }
    for danger in dangers.iter().filter(|danger| !danger.closes.is_empty()) {
        let ground = reason(danger, draft.hearing);
        let closed: Vec<_> = danger.closes.iter().filter_map(|channel| draft.known(channel)).collect();
        close(draft, &closed, &ground, |_| true);
    }
}

/// H04: with a step that danger closes goes what belongs to it alone: the clock to its day and the duties around it.
pub(crate) fn drop_what_danger_closed<'a>(draft: &mut Draft<'_, 'a>, dangers: &[&'a Safety]) {
    let closed: Vec<&ChannelId> = dangers.iter().flat_map(|danger| &danger.closes).collect();
    if closed.is_empty() {
        return;
    }
    let mut offered = Vec::new();
    for voice in &draft.hearing.voices {
        let said = voice.said.iter();
        let of_closed =
            said.filter(|s| matches!(&s.finding.claim, Claim::Offer { channel, .. } if closed.contains(&channel)));
        offered.extend(of_closed.map(|said| By { policy: voice.policy.id.as_str(), rule: said.rule.id.as_str() }));
    }
    drop_what_belongs(draft, "H04", &offered);
}

/// Takes out the clocks and duties of local rules whose steps a guardrail took out, where no step of the rule is left.
/// What the host itself asks for stays, whoever said it first.
fn drop_what_belongs<'a>(draft: &mut Draft<'_, 'a>, guardrail: &'static str, rules: &[By<'a>]) {
    let trusted = |by: By<'_>| {
        draft.hearing.voices.iter().any(|voice| voice.policy.trusted && voice.policy.id.as_str() == by.policy)
    };
    // Mediation does not count: whether it is on the way rests on consent, and a refusal changes nothing else.
    let stands = |by: By<'_>| draft.steps.iter().any(|s| s.class != Class::Facilitative && s.ground.by == by);
    let gone: Vec<By<'a>> = rules.iter().copied().filter(|by| !trusted(*by) && !stands(*by)).collect();
    let kept = &draft.hearing.locality.guardrails;
    let of_host = |code: &Code| {
        kept.duties.iter().any(|(_, own)| own == code) || kept.safety.iter().any(|s| s.duties.contains(code))
    };
    // What another rule says as well stands, although this one was heard for both.
    let voices = &draft.hearing.voices;
    let alone = |same: &dyn Fn(&Claim) -> bool| {
        let by =
            |voice: &Voice<'a>, said: &Said<'a>| By { policy: voice.policy.id.as_str(), rule: said.rule.id.as_str() };
        let mut all = voices.iter().flat_map(|voice| voice.said.iter().map(move |said| (voice, said)));
        !all.any(|(voice, said)| same(&said.finding.claim) && !gone.contains(&by(voice, said)))
    };
    let mut dropped = Vec::new();
    draft.clocks.retain(|clock| {
        let same = |claim: &Claim| matches!(claim, Claim::Clock { code, .. } if *code == clock.code);
        let drops = gone.contains(&clock.ground.by) && alone(&same);
        dropped.extend(drops.then(|| (format!("clock {}", clock.code), clock.ground.by)));
        !drops
    });
    draft.duties.retain(|duty| {
        let same = |claim: &Claim| matches!(claim, Claim::Duty { code, .. } if *code == duty.code);
        let drops = gone.contains(&duty.ground.by) && !of_host(&duty.code) && alone(&same);
        dropped.extend(drops.then(|| (format!("duty {}", duty.code), duty.ground.by)));
        !drops
    });
    for (what, by) in dropped {
        draft.correct(guardrail, Action::Removed, &what, Some(by));
    }
}

/// H02: after a refusal there is no mediation, except sessions that the law of the place binds parties to attend.
pub(crate) fn honour_refusal(draft: &mut Draft<'_, '_>) {
    let parties = draft.hearing.question.case.parties();
    if !parties.iter().any(|party| party.facts.text(CONSENT.0) == Some(CONSENT.1)) {
        return;
    }
    let (participation, basis) = (draft.hearing.locality.participation, &draft.hearing.locality.guardrails.basis);
    let why = said("有当事人不愿调解，调解不再进行。", "A party does not want mediation, so there is none.");
    let ground = ground(draft.hearing, "H02", basis, why);
    let mediation = draft.channels(&Selector::Class(Class::Facilitative));
    close(draft, &mediation, &ground, |channel| needs_consent(participation, channel));
}

fn close<'a>(
    draft: &mut Draft<'_, 'a>,
    channels: &[&'a ChannelId],
    ground: &Ground<'a>,
    closes: impl Fn(&Channel) -> bool,
) {
    for &channel in channels {
        let def = draft.hearing.ruleset.index().channel(channel.as_str());
        if !def.is_some_and(&closes) || draft.excluded.contains_key(channel) {
            continue;
        }
        for voice in &draft.hearing.voices {
            for said in &voice.said {
                if matches!(&said.finding.claim, Claim::Offer { channel: c, .. } if c == channel) {
                    let by = By { policy: voice.policy.id.as_str(), rule: said.rule.id.as_str() };
                    let guardrail = if ground.by.rule == "H02" { "H02" } else { "H04" };
                    draft.correct(guardrail, Action::Removed, channel.as_str(), Some(by));
                }
            }
        }
        draft.excluded.insert(channel, ground.clone());
    }
}

/// H04: what protects is on the way, whatever anybody said.
pub(crate) fn protect<'a>(draft: &mut Draft<'_, 'a>, dangers: &[&'a Safety]) {
    for danger in dangers {
        for channel in &danger.offers {
            draft.excluded.remove(channel);
            if draft.steps.iter().any(|step| step.channel == channel) {
                continue;
            }
            let ground = ground(draft.hearing, "H04", &danger.basis, Cow::Borrowed(&danger.why));
            if let Some(step) = plain_step(draft.hearing, channel, ground) {
                draft.steps.push(step);
                draft.correct("H04", Action::Added, channel.as_str(), None);
            }
        }
        for code in &danger.duties {
            add_host_duty(draft, "H04", code, &danger.basis, Some(&danger.why));
        }
    }
}

/// H01: the deciding body that the law gives for the case is on the way, unless the floor itself closed it and
/// another deciding body takes its place (an arbitration agreement).
pub(crate) fn keep_court_open(draft: &mut Draft<'_, '_>) {
    let Some(court) = court(draft.hearing) else { return };
    if draft.steps.iter().any(|step| step.channel == court) {
        return;
    }
    let index = draft.hearing.ruleset.index();
    let decides = |step: &Step<'_>| {
        step.class == Class::Adjudicative && index.channel(step.channel.as_str()).is_some_and(|def| def.decides)
    };
    if draft.excluded.contains_key(court) && draft.steps.iter().any(decides) {
        return;
    }
    draft.excluded.remove(court);
    let why = said(
        "无论是否调解，当事人都可以依法请求裁判。",
        "Whether or not there is mediation, the parties may ask for a ruling as the law provides.",
    );
    let ground = ground(draft.hearing, "H01", &draft.hearing.locality.guardrails.basis, why);
    draft.steps.extend(plain_step(draft.hearing, court, ground));
    draft.correct("H01", Action::Added, court.as_str(), None);
}

fn court<'a>(hearing: &Hearing<'a>) -> Option<&'a ChannelId> {
    let guardrails = &hearing.locality.guardrails;
    let told = |flags: &[FactKey]| flags.iter().any(|flag| hearing.facts.flag(flag.as_str()));
    let decides = |court: &&Court| court.decides(hearing.question.case.kind.as_str(), &hearing.facts);
    let against_authority =
        guardrails.authority.as_ref().filter(|(flags, _)| told(flags)).map(|(_, court)| court).filter(decides);
    against_authority.or_else(|| guardrails.courts.iter().find(decides)).map(|court| &court.channel)
}

/// H10 and H16: how to refuse, how to object, and help to take part.
pub(crate) fn keep_access(draft: &mut Draft<'_, '_>) {
    let guardrails = &draft.hearing.locality.guardrails;
    for (guardrail, code) in &guardrails.duties {
        add_host_duty(draft, guardrail, code, &guardrails.basis, None);
    }
}

fn add_host_duty<'a>(
    draft: &mut Draft<'_, 'a>,
    guardrail: &'static str,
    code: &Code,
    basis: &[ProvisionId],
    why: Option<&'a Text>,
) {
    if draft.duties.iter().any(|duty| duty.code == *code) {
        return;
    }
    let said = why.filter(|why| !(why.zh.is_empty() && why.en.is_empty()));
    let why = said.map(Cow::Borrowed).unwrap_or_else(|| title(draft.hearing, WordList::Duty, code.as_str()));
    let ground = ground(draft.hearing, guardrail, basis, why);
    draft.add_duty(code.apart(), None, Vec::new(), ground);
    draft.correct(guardrail, Action::Added, code.as_str(), None);
}

fn title<'a>(hearing: &Hearing<'a>, list: WordList, code: &str) -> Cow<'a, Text> {
    hearing.ruleset.index().word(list, code).map(|word| Cow::Borrowed(&word.title)).unwrap_or_default()
}

/// Who must decide if not the rules: suspected collusion (H22), then the floor's own referrals, then failed policies
/// (H13, H20), then a lower level's, then an empty decision (H20).
pub(crate) fn refer<'a>(draft: &mut Draft<'_, 'a>, heard: &[Heard<'_, 'a>]) -> Option<Referral<'a>> {
    let calls = |floor: bool| {
        heard.iter().filter(move |h| h.floor == floor).find_map(|h| match &h.finding.claim {
            Claim::Refer(code) => Some((h, code)),
            _ => None,
        })
    };
    for claim in heard.iter().filter(|h| matches!(h.finding.claim, Claim::Refer(_))) {
        draft.note(claim.ground.by, &claim.finding, "kept");
    }
    let suspicion = hold_suspicion(draft);
    let failure = report_failures(draft);
    let empty = report_emptiness(draft);
    let called = |(heard, code): (&Heard<'_, 'a>, &Code)| Referral {
        code: code.clone(),
        text: if *heard.ground.why == Text::default() {
            title(draft.hearing, WordList::Referral, code.as_str())
        } else {
            heard.ground.why.clone()
        },
        by: heard.ground.by,
    };
    suspicion.or_else(|| calls(true).map(called)).or(failure).or_else(|| calls(false).map(called)).or(empty)
}

fn hold_suspicion<'a>(draft: &mut Draft<'_, 'a>) -> Option<Referral<'a>> {
    let flags = &draft.hearing.locality.guardrails.person_only;
    let flag: FactKey = flags.iter().find(|flag| draft.hearing.facts.flag(flag.as_str()))?.clone();
    let stays = |class| matches!(class, Class::Protective | Class::Precondition | Class::Adjudicative);
    let goes = |step: &&Step<'_>| !stays(step.class) && step.class != Class::Facilitative;
    let gone: Vec<By<'a>> = draft.steps.iter().filter(goes).map(|step| step.ground.by).collect();
    draft.steps.retain(|step| stays(step.class));
    drop_what_belongs(draft, "H22", &gone);
    draft.correct("H22", Action::Held, flag.as_str(), None);
    let text = said(
        "材料有疑点，只能由工作人员核查，不自动分流。",
        "Something in the case must be looked into by a person; it is not routed by rules.",
    );
    Some(Referral { code: flag.as_str().into(), text, by: host("H22") })
}

fn report_failures<'a>(draft: &mut Draft<'_, 'a>) -> Option<Referral<'a>> {
    let mut first = None;
    for (policy, fault) in &draft.hearing.failed {
        let guardrail = match fault.kind {
            FaultKind::Trap | FaultKind::OutOfFuel | FaultKind::Timeout | FaultKind::OutOfMemory => "H13",
            FaultKind::BadAnswer | FaultKind::Refused | FaultKind::Stopped => "H20",
        };
        draft.correct(guardrail, Action::Held, policy.id.as_str(), None);
        let (id, kind) = (&policy.id, fault.kind.as_str());
        first.get_or_insert_with(|| Referral {
            code: Code::from("policy_failed"),
            text: said(
                &format!("政策 {id} 未能给出可用的答复（{kind}），由工作人员处理。"),
                &format!("Policy {id} gave no usable answer ({kind}); a person decides."),
            ),
            by: host(guardrail),
        });
    }
    first
}

fn report_emptiness<'a>(draft: &mut Draft<'_, 'a>) -> Option<Referral<'a>> {
    let spoken = draft.hearing.voices.iter().any(|voice| !voice.said.is_empty());
    if spoken || !draft.hearing.question.purposes.routing {
        return None;
    }
    draft.correct("H20", Action::Held, "no policy answered", None);
    Some(Referral {
        code: Code::from("no_policy_answered"),
        text: said("没有政策适用于本案，由工作人员处理。", "No policy covers this case; a person decides."),
        by: host("H20"),
    })
}

/// H10: no reason is empty in either language.
pub(crate) fn fill_reasons(draft: &mut Draft<'_, '_>) {
    let hearing = draft.hearing;
    let index = hearing.ruleset.index();
    let of_channel = |id: &ChannelId| index.channel(id.as_str()).map(|c| Cow::Borrowed(&c.title)).unwrap_or_default();
    let of_word = |list: WordList, code: &Code| title(hearing, list, code.as_str());
    let mut filled = Vec::new();
    draft.steps.iter_mut().for_each(|s| filled.extend(fill(&mut s.ground, || of_channel(s.channel))));
    draft.excluded.iter_mut().for_each(|(channel, ground)| filled.extend(fill(ground, || of_channel(channel))));
    draft.preconditions.iter_mut().for_each(|p| filled.extend(fill(&mut p.ground, || of_channel(p.first))));
    draft.duties.iter_mut().for_each(|d| filled.extend(fill(&mut d.ground, || of_word(WordList::Duty, &d.code))));
    draft.clocks.iter_mut().for_each(|c| filled.extend(fill(&mut c.ground, || of_word(WordList::Clock, &c.code))));
    draft.signals.iter_mut().for_each(|s| filled.extend(fill(&mut s.ground, || of_word(WordList::Signal, &s.code))));
    for by in filled {
        draft.correct("H10", Action::Filled, "reason", Some(by));
    }
}

/// Fills what is empty of a reason; whose it was, if something was.
fn fill<'a>(ground: &mut Ground<'a>, text: impl FnOnce() -> Cow<'a, Text>) -> Option<By<'a>> {
    if !(ground.why.zh.is_empty() || ground.why.en.is_empty()) {
        return None;
    }
    let (own, text) = (ground.why.to_mut(), text());
    for (own, text) in [(&mut own.zh, &text.zh), (&mut own.en, &text.en)] {
        if own.is_empty() {
            own.clone_from(text);
        }
    }
    Some(ground.by)
}
