//! A recorded decision in words: what was asked, the steps with their reasons, what else belongs to it.

use maple_kernel::{Ruleset, WordList};
use maple_wire::{Problem, class_title, guardrail_meaning};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{cases::channel, figures::Both, places, visit::Visit, words};
use crate::http::answer;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Question {
    as_of: String,
    case: Asked,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    id: Option<String>,
    kind: String,
    locality: String,
    filed: String,
    source: Option<String>,
    facts: Map<String, Value>,
    parties: Vec<Party>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Party {
    role: String,
    r#type: String,
    facts: Map<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reply {
    decision: Output,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Output {
    outcome: String,
    steps: Vec<Step>,
    excluded: Vec<Excluded>,
    preconditions: Vec<Precondition>,
    duties: Vec<Duty>,
    clocks: Vec<Clock>,
    signals: Vec<Signal>,
    rights: Vec<String>,
    referral: Option<Referral>,
    guardrails: Vec<Correction>,
    verdicts: Vec<Verdict>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ground {
    policy: String,
    rule: String,
    basis: Vec<String>,
    why: Both,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Step {
    channel: String,
    body: Option<String>,
    skills: Vec<String>,
    needs_consent: bool,
    free: bool,
    due: Option<Due>,
    after: Vec<String>,
    #[serde(flatten)]
    ground: Ground,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Due {
    count: Option<u16>,
    unit: Option<String>,
    from: Option<String>,
    on: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Excluded {
    channel: String,
    #[serde(flatten)]
    ground: Ground,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Precondition {
    first: String,
    before: String,
    #[serde(flatten)]
    ground: Ground,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Duty {
    code: String,
    bearer: Option<String>,
    needs_person: bool,
    #[serde(flatten)]
    ground: Ground,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Clock {
    code: String,
    start: String,
    ends: String,
    verified: bool,
    #[serde(flatten)]
    ground: Ground,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Signal {
    code: String,
    level: String,
    handle_by: Option<String>,
    #[serde(flatten)]
    ground: Ground,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Referral {
    text: Both,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Correction {
    id: String,
    action: String,
    what: String,
    policy: Option<String>,
    rule: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Verdict {
    policy: String,
    plugin: String,
    mode: String,
    verdict: String,
    findings: u64,
    fault: Option<String>,
}

/// Facts under one heading.
pub(super) struct Facts {
    pub(super) title: String,
    pub(super) rows: Vec<(String, String)>,
}

/// Something that a decision says: its title, what it adds, why, and on what it rests.
pub(super) struct Said {
    pub(super) title: String,
    pub(super) notes: Vec<String>,
    pub(super) level: String,
    pub(super) why: String,
    pub(super) basis: Vec<String>,
    pub(super) by: String,
}

/// A correction of a guardrail.
pub(super) struct Corrected {
    pub(super) id: String,
    pub(super) keeps: &'static str,
    pub(super) done: String,
    pub(super) by: String,
}

/// What one policy answered.
pub(super) struct Answered {
    pub(super) policy: String,
    pub(super) plugin: String,
    pub(super) mode: String,
    pub(super) verdict: String,
    pub(super) failed: bool,
    pub(super) findings: u64,
}

/// A recorded decision in words.
pub(super) struct Record {
    pub(super) outcome: String,
    pub(super) referral: Option<String>,
    pub(super) case: Option<String>,
    pub(super) about: Vec<(&'static str, String)>,
    pub(super) facts: Vec<Facts>,
    pub(super) steps: Vec<Said>,
    /// What else it says, under headings; none is empty.
    pub(super) sections: Vec<(&'static str, &'static str, Vec<Said>)>,
    pub(super) rights: Vec<String>,
    pub(super) corrections: Vec<Corrected>,
    pub(super) verdicts: Vec<Answered>,
}

/// Words of one page.
struct Words<'a> {
    v: &'a Visit,
    ruleset: &'a Ruleset,
}

impl Record {
    /// Reads a question and the reply to it.
    pub(super) fn read(v: &Visit, ruleset: &Ruleset, question: &[u8], reply: &[u8]) -> Result<Self, Problem> {
        let question: Question = serde_json::from_slice(question).map_err(|_| answer::internal())?;
        let reply: Reply = serde_json::from_slice(reply).map_err(|_| answer::internal())?;
        let words = Words { v, ruleset };
        let (Question { as_of, case }, Output { verdicts, .. }) = (question, &reply.decision);
        let out = &reply.decision;
        let about = [
            (v.say("地区", "Place"), Some(places::title(v, ruleset, &case.locality))),
            (v.say("类型", "Kind"), Some(places::kind(v, ruleset, &case.kind))),
            (v.say("来源", "Came through"), case.source.as_deref().map(|code| words.word(WordList::Source, code))),
            (v.say("提出日期", "Filed"), Some(case.filed.clone())),
            (v.say("依据之日", "As of"), Some(as_of)),
        ];
        let closed = |one: &Excluded| words.said(channel(v, ruleset, &one.channel), &one.ground);
        let sections = [
            (
                "first",
                v.say("法定前置", "What must come first"),
                out.preconditions.iter().map(|one| words.precondition(one)).collect(),
            ),
            ("closed", v.say("本案不适用", "Closed to this case"), out.excluded.iter().map(closed).collect()),
            ("clocks", v.say("期限", "Time limits"), out.clocks.iter().map(|clock| words.clock(clock)).collect()),
            (
                "signals",
                v.say("风险预警", "Early warnings"),
                out.signals.iter().map(|signal| words.signal(signal)).collect(),
            ),
            (
                "duties",
                v.say("有关方面应当", "What must be done"),
                out.duties.iter().map(|duty| words.duty(duty)).collect::<Vec<_>>(),
            ),
        ];
        Ok(Self {
            outcome: words::state(&out.outcome, v.language),
            referral: out.referral.as_ref().map(|referral| referral.text.of(v.language).to_owned()),
            case: case.id.clone(),
            about: about.into_iter().filter_map(|(name, text)| Some((name, text?))).collect(),
            facts: words.facts(&case),
            steps: out.steps.iter().map(|step| words.step(step)).collect(),
            sections: sections.into_iter().filter(|(.., list)| !list.is_empty()).collect(),
            rights: out.rights.iter().map(|code| words.word(WordList::Right, code)).collect(),
            corrections: out.guardrails.iter().map(|one| words.corrected(one)).collect(),
            verdicts: verdicts.iter().map(|one| words.answered(one)).collect(),
        })
    }
}

/// Provisions as people cite them: a law is named once before its articles.
pub(super) fn cited(v: &Visit, ruleset: &Ruleset, ids: &[String]) -> Vec<String> {
    let provisions = &ruleset.vocabulary().provisions;
    let mut basis: Vec<(String, Vec<&str>)> = Vec::new();
    for id in ids {
        let Some(one) = provisions.get(id.as_str()) else {
            basis.push((id.clone(), Vec::new()));
            continue;
        };
        // An article is told in both languages, Chinese first.
        let (zh, en) = one.article.split_once(" / ").unwrap_or((&*one.article, &*one.article));
        let (law, article) = (v.of_text(&one.law), v.say(zh, en));
        match basis.iter_mut().find(|(known, _)| known == law) {
            Some((_, articles)) => articles.push(article),
            None => basis.push((law.to_owned(), vec![article])),
        }
    }
    let told = |(law, articles): (String, Vec<&str>)| {
        format!("{law} {}", articles.join(v.say("、", ", "))).trim_end().to_owned()
    };
    basis.into_iter().map(told).collect()
}

impl Words<'_> {
    fn word(&self, list: WordList, code: &str) -> String {
        match self.ruleset.vocabulary().word(list, code) {
            Some(word) if !code.starts_with("lang_") => self.v.of_text(&word.title).to_owned(),
            _ => code.to_owned(),
        }
    }

    fn put(&self, zh: String, en: String) -> String {
        if self.v.is_chinese() { zh } else { en }
    }

    fn facts(&self, case: &Asked) -> Vec<Facts> {
        let title = self.v.say("案件", "The case").to_owned();
        let own = Facts { title, rows: self.rows(&case.facts) };
        let parties = case.parties.iter().map(|party| {
            let kind = match &*party.r#type {
                "natural" => self.v.say("自然人", "a person"),
                "organisation" => self.v.say("单位", "an organisation"),
                _ => self.v.say("行政机关", "a public authority"),
            };
            let role = self.word(WordList::Role, &party.role);
            Facts {
                title: self.put(format!("{role}（{kind}）"), format!("{role}, {kind}")),
                rows: self.rows(&party.facts),
            }
        });
        [own].into_iter().chain(parties).collect()
    }

    fn rows(&self, facts: &Map<String, Value>) -> Vec<(String, String)> {
        let title = |key: &str| {
            let known = self.ruleset.vocabulary().facts.get(key);
            known.map_or_else(|| key.to_owned(), |def| self.v.of_text(&def.title).to_owned())
        };
        facts.iter().map(|(key, value)| (title(key), self.value(value))).collect()
    }

    fn value(&self, value: &Value) -> String {
        match value {
            Value::Bool(true) => self.v.say("是", "yes").to_owned(),
            Value::Bool(false) => self.v.say("否", "no").to_owned(),
            Value::String(word) => match &**word {
                "yes" => self.v.say("是", "yes").to_owned(),
                "no" => self.v.say("否", "no").to_owned(),
                "unknown" => self.v.say("不知道", "not known").to_owned(),
                other => other.to_owned(),
            },
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.value(item)).collect();
                items.join(self.v.say("、", ", "))
            }
            other => other.to_string(),
        }
    }

    fn said(&self, title: String, ground: &Ground) -> Said {
        Said {
            title,
            notes: Vec::new(),
            level: String::new(),
            why: ground.why.of(self.v.language).to_owned(),
            basis: cited(self.v, self.ruleset, &ground.basis),
            by: format!("{} {}", ground.policy, ground.rule),
        }
    }

    fn step(&self, step: &Step) -> Said {
        let v = self.v;
        let body = step.body.as_deref().map(|code| format!(" · {}", self.word(WordList::Body, code)));
        let title = format!("{}{}", channel(v, self.ruleset, &step.channel), body.unwrap_or_default());
        let mut notes = Vec::new();
        if let Some(known) = self.ruleset.vocabulary().channels.get(step.channel.as_str()) {
            let (zh, en) = class_title(known.class);
            notes.push(v.say(zh, en).to_owned());
        }
        notes.push(match step.needs_consent {
            true => v.say("须各方同意", "only if every party agrees").to_owned(),
            false => v.say("无须他方同意", "needs nobody's consent").to_owned(),
        });
        if step.free {
            notes.push(v.say("免费", "free of charge").to_owned());
        }
        notes.extend(step.due.as_ref().and_then(|due| self.due(due)));
        if !step.skills.is_empty() {
            let skills: Vec<String> = step.skills.iter().map(|code| self.word(WordList::Skill, code)).collect();
            let skills = skills.join(v.say("、", ", "));
            notes.push(self.put(format!("专长：{skills}"), format!("skills: {skills}")));
        }
        if !step.after.is_empty() {
            let after: Vec<String> = step.after.iter().map(|id| channel(v, self.ruleset, id)).collect();
            let after = after.join(v.say("、", ", "));
            notes.push(self.put(format!("须先经{after}"), format!("only after {after}")));
        }
        Said { notes, ..self.said(title, &step.ground) }
    }

    fn due(&self, due: &Due) -> Option<String> {
        if let Some(day) = &due.on {
            return Some(self.put(format!("最迟{day}"), format!("by {day}")));
        }
        let (count, unit, from) = (due.count?, due.unit.as_deref()?, due.from.as_deref()?);
        let (zh, en) = match unit {
            "hour" => ("小时", "hour"),
            "day" => ("日", "day"),
            "working_day" => ("个工作日", "working day"),
            "month" => ("个月", "month"),
            _ => ("年", "year"),
        };
        let event = self.word(WordList::Event, from);
        let plural = if count == 1 { "" } else { "s" };
        let mut letters = event.chars();
        let small: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
        Some(self.put(format!("自{event}起{count}{zh}内"), format!("within {count} {en}{plural} of {small}")))
    }

    fn precondition(&self, one: &Precondition) -> Said {
        let (first, before) = (channel(self.v, self.ruleset, &one.first), channel(self.v, self.ruleset, &one.before));
        self.said(self.put(format!("{before}之前须先经{first}"), format!("{first} before {before}")), &one.ground)
    }

    fn clock(&self, clock: &Clock) -> Said {
        let mut said = self.said(self.word(WordList::Clock, &clock.code), &clock.ground);
        let Clock { start, ends, .. } = clock;
        said.notes.push(self.put(format!("{ends}届满，自{start}起"), format!("ends {ends}, from {start}")));
        if !clock.verified {
            let note = self.v.say("该年节假日安排尚未公布或核对", "that year's holidays are not published or checked");
            said.notes.push(note.to_owned());
        }
        said
    }

    fn duty(&self, duty: &Duty) -> Said {
        let mut said = self.said(self.word(WordList::Duty, &duty.code), &duty.ground);
        said.notes.extend(duty.bearer.as_deref().map(|bearer| self.word(WordList::Bearer, bearer)));
        if duty.needs_person {
            said.notes.push(self.v.say("须经人工确认", "a person confirms first").to_owned());
        }
        said
    }

    fn signal(&self, signal: &Signal) -> Said {
        let mut said = self.said(self.word(WordList::Signal, &signal.code), &signal.ground);
        said.notes.push(words::level(&signal.level, self.v.language).to_owned());
        let by = signal.handle_by.as_deref();
        said.notes.extend(by.map(|day| self.put(format!("最迟处置{day}"), format!("to be handled by {day}"))));
        said.level.clone_from(&signal.level);
        said
    }

    fn corrected(&self, one: &Correction) -> Corrected {
        let lists = [WordList::Duty, WordList::Clock, WordList::Signal];
        let named = lists.into_iter().find_map(|list| self.ruleset.vocabulary().word(list, &one.what));
        let what = named
            .map_or_else(|| channel(self.v, self.ruleset, &one.what), |word| self.v.of_text(&word.title).to_owned());
        let done = words::state(&one.action, self.v.language);
        let by = one.policy.as_deref().zip(one.rule.as_deref());
        Corrected {
            id: one.id.clone(),
            keeps: guardrail_meaning(&one.id, self.v.language),
            done: self.put(format!("{done}：{what}"), format!("{done}: {what}")),
            by: by.map(|(policy, rule)| format!("{policy} {rule}")).unwrap_or_default(),
        }
    }

    fn answered(&self, one: &Verdict) -> Answered {
        let verdict = words::state(&one.verdict, self.v.language);
        Answered {
            policy: one.policy.clone(),
            plugin: one.plugin.clone(),
            mode: words::state(&one.mode, self.v.language),
            verdict: match &one.fault {
                Some(fault) => format!("{verdict} ({fault})"),
                None => verdict,
            },
            failed: one.fault.is_some(),
            findings: one.findings,
        }
    }
}
