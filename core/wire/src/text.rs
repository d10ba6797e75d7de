//! A decision in plain words, for a person at a terminal.

use std::fmt::{self, Write};

use maple_kernel::{
    ChannelId, Code, Decision, Explanation, Ground, Level, Outcome, ProvisionId, Ruleset, Skipped, Step, StepDue,
    Subject, Text, Unit, Vocabulary, WordList,
};

use crate::guardrail;

/// The fact of a party that names its language; `lang_*` are skills in these.
const LANGUAGE: &str = "language";

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// The decision in plain words; with its explanation when it has one.
#[must_use]
pub fn text(decision: &Decision, ruleset: &Ruleset, language: Language) -> String {
    let mut page = Page { out: String::with_capacity(4096), words: ruleset.vocabulary(), language };
    let written = page.decision(decision);
    debug_assert!(written.is_ok(), "writing to a string does not fail");
    page.out
}

/// A page of text in one language.
pub(crate) struct Page<'a> {
    pub(crate) out: String,
    pub(crate) words: &'a Vocabulary,
    pub(crate) language: Language,
}

impl Page<'_> {
    fn decision(&mut self, d: &Decision) -> fmt::Result {
        self.outcome(d)?;
        self.steps(&d.steps)?;
        self.preconditions(d)?;
        self.excluded(d)?;
        self.clocks(d)?;
        self.duties(d)?;
        self.signals(d)?;
        self.rights(d)?;
        self.corrections(d)?;
        self.faults(d)?;
        d.explanation.as_ref().map_or(Ok(()), |e| self.explanation(e, d))
    }

    pub(crate) fn say<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// Chinese or English words put together.
    pub(crate) fn put(&self, zh: String, en: String) -> String {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    pub(crate) fn of<'t>(&self, text: &'t Text) -> &'t str {
        self.say(&text.zh, &text.en)
    }

    pub(crate) fn heading(&mut self, zh: &str, en: &str) -> fmt::Result {
        let title = self.say(zh, en);
        writeln!(self.out, "\n{title}")
    }

    pub(crate) fn channel(&self, id: &ChannelId) -> String {
        match self.words.channels.get(id) {
            Some(channel) => format!("{} ({id})", self.of(&channel.title)),
            None => id.to_string(),
        }
    }

    pub(crate) fn word(&self, list: WordList, code: &Code) -> String {
        let Some(word) = self.words.word(list, code.as_str()) else { return code.to_string() };
        let title = self.of(&word.title);
        // A language is told by the family's name and what the fact of a party calls it.
        let Some(language) = code.as_str().strip_prefix("lang_") else { return title.to_owned() };
        let label = self.words.facts.get(LANGUAGE).and_then(|def| def.labels.get(language));
        format!("{title}{}{}", self.say("：", ": "), label.map_or(language, |label| self.of(label)))
    }

    fn outcome(&mut self, d: &Decision) -> fmt::Result {
        match (&d.outcome, &d.referral) {
            (Outcome::Refer, Some(referral)) => {
                let label = self.say("由工作人员决定：", "A person decides: ");
                let why = self.of(&referral.text).to_owned();
                writeln!(self.out, "{label}{why} [{} {}]", referral.by.policy, referral.by.rule)
            }
            _ => {
                let label = self.say("可以走的路，按先后：", "The way, in this order:");
                writeln!(self.out, "{label}")
            }
        }
    }

    fn steps(&mut self, steps: &[Step]) -> fmt::Result {
        for (at, step) in steps.iter().enumerate() {
            let body = step.body.as_ref().map(|b| format!(" · {}", self.word(WordList::Body, b))).unwrap_or_default();
            let name = self.channel(step.channel);
            writeln!(self.out, "  {}. {name}{body}", at + 1)?;
            let mut traits = vec![if step.needs_consent {
                self.say("须各方同意", "only if every party agrees").to_owned()
            } else {
                self.say("无须他方同意", "needs nobody's consent").to_owned()
            }];
            if step.free {
                traits.push(self.say("免费", "free of charge").to_owned());
            }
            if let Some(due) = step.due.as_ref().and_then(|due| self.due(due)) {
                traits.push(due);
            }
            if !step.skills.is_empty() {
                let skills: Vec<String> = step.skills.iter().map(|s| self.word(WordList::Skill, s)).collect();
                traits.push(format!("{}{}", self.say("专长：", "skills: "), skills.join(self.say("、", ", "))));
            }
            if !step.after.is_empty() {
                let after: Vec<String> = step.after.iter().map(|c| self.channel(c)).collect();
                traits.push(format!("{}{}", self.say("须先经：", "only after "), after.join(self.say("、", ", "))));
            }
            writeln!(self.out, "     {}", traits.join(self.say("；", "; ")))?;
            self.ground(&step.ground)?;
        }
        Ok(())
    }

    pub(crate) fn due(&self, due: &StepDue) -> Option<String> {
        let day = due.on.map(|day| format!("{}{day}", self.say("最迟 ", "by ")));
        let term = due.term.as_ref().map(|term| {
            let span = self.span(term.span.count, term.span.unit);
            let event = self.word(WordList::Event, &term.start);
            match self.language {
                Language::Zh => format!("自{event}起 {span}内"),
                Language::En => format!("within {span} of {}", lower_first(&event)),
            }
        });
        day.or(term)
    }

    pub(crate) fn span(&self, count: u16, unit: Unit) -> String {
        let (zh, en) = match unit {
            Unit::Hour => ("小时", "hour"),
            Unit::Day => ("日", "day"),
            Unit::WorkingDay => ("个工作日", "working day"),
            Unit::Month => ("个月", "month"),
            Unit::Year => ("年", "year"),
        };
        match self.language {
            Language::Zh => format!("{count} {zh}"),
            Language::En => format!("{count} {en}{}", if count == 1 { "" } else { "s" }),
        }
    }

    fn ground(&mut self, ground: &Ground) -> fmt::Result {
        let why = self.of(&ground.why).to_owned();
        let law: Vec<String> = ground.basis.iter().map(|id| self.provision(id)).collect();
        writeln!(self.out, "     {why}")?;
        if !law.is_empty() {
            writeln!(self.out, "     {}{}", self.say("依据：", "law: "), law.join(self.say("；", "; ")))?;
        }
        writeln!(self.out, "     [{} {}]", ground.by.policy, ground.by.rule)
    }

    pub(crate) fn provision(&self, id: &ProvisionId) -> String {
        match self.words.provisions.get(id) {
            Some(p) => {
                format!("{}{}{}", self.entitled(self.of(&p.law)), self.say("", " "), self.cited(&p.article))
            }
            None => id.to_string(),
        }
    }

    /// The title of a law, in the marks that Chinese puts around one.
    pub(crate) fn entitled(&self, law: &str) -> String {
        match self.language {
            Language::Zh => format!("《{law}》"),
            Language::En => law.to_owned(),
        }
    }

    /// An article in the page's language, where it is cited in both.
    pub(crate) fn cited<'t>(&self, article: &'t str) -> &'t str {
        article.split_once(" / ").map_or(article, |(zh, en)| self.say(zh, en))
    }

    fn preconditions(&mut self, d: &Decision) -> fmt::Result {
        if d.preconditions.is_empty() {
            return Ok(());
        }
        self.heading("法定前置", "What must come first")?;
        for p in &d.preconditions {
            let (first, before) = (self.channel(p.first), self.channel(p.before));
            let line = match self.language {
                Language::Zh => format!("  {before} 之前须先经 {first}"),
                Language::En => format!("  {first} before {before}"),
            };
            writeln!(self.out, "{line}")?;
            self.ground(&p.ground)?;
        }
        Ok(())
    }

    fn excluded(&mut self, d: &Decision) -> fmt::Result {
        if d.excluded.is_empty() {
            return Ok(());
        }
        self.heading("本案不适用", "Closed to this case")?;
        let mut seen: Vec<&Ground> = Vec::new();
        for e in d.excluded.iter().map(|e| &e.ground) {
            if seen.contains(&e) {
                continue;
            }
            let names: Vec<String> =
                d.excluded.iter().filter(|x| x.ground == *e).map(|x| self.channel(x.channel)).collect();
            writeln!(self.out, "  {}", names.join(self.say("、", ", ")))?;
            self.ground(e)?;
            seen.push(e);
        }
        Ok(())
    }

    fn clocks(&mut self, d: &Decision) -> fmt::Result {
        if d.clocks.is_empty() {
            return Ok(());
        }
        self.heading("期限", "Time limits")?;
        for c in &d.clocks {
            let name = self.word(WordList::Clock, &c.code);
            let span = self.span(c.span.count, c.span.unit);
            let doubt = if c.verified {
                ""
            } else {
                self.say("（该年节假日安排尚未公布或核对）", " (that year's holidays are not published or checked)")
            };
            let over = c.ends < d.as_of;
            match self.language {
                Language::Zh => {
                    let ends = if over { "已于" } else { "" };
                    writeln!(self.out, "  {name}：{ends}{} 届满（自 {} 起 {span}）{doubt}", c.ends, c.start)?;
                }
                Language::En => {
                    let ends = if over { "has passed: ended" } else { "ends" };
                    writeln!(self.out, "  {name}: {ends} {} ({span} from {}){doubt}", c.ends, c.start)?;
                }
            }
            self.ground(&c.ground)?;
        }
        Ok(())
    }

    fn duties(&mut self, d: &Decision) -> fmt::Result {
        if d.duties.is_empty() {
            return Ok(());
        }
        self.heading("有关方面应当", "What must be done")?;
        for duty in &d.duties {
            let name = self.word(WordList::Duty, &duty.code);
            let who =
                duty.bearer.as_ref().map(|b| format!(" — {}", self.word(WordList::Bearer, b))).unwrap_or_default();
            let wait =
                if duty.needs_person { self.say("（须经人工确认）", " (a person confirms first)") } else { "" };
            writeln!(self.out, "  {name}{who}{wait} [{} {}]", duty.ground.by.policy, duty.ground.by.rule)?;
        }
        Ok(())
    }

    fn signals(&mut self, d: &Decision) -> fmt::Result {
        if d.signals.is_empty() {
            return Ok(());
        }
        self.heading("风险预警", "Early warnings")?;
        for s in &d.signals {
            let (level, name) = (self.level(s.level), self.word(WordList::Signal, &s.code));
            let about = self.subject(&s.subject);
            let by = s
                .handle_by
                .map(|day| format!("{}{day}", self.say("；最迟处置 ", "; to be handled by ")))
                .unwrap_or_default();
            writeln!(self.out, "  {level} {name}{}{about}{by}", self.say("：", ": "))?;
            self.ground(&s.ground)?;
        }
        Ok(())
    }

    pub(crate) fn level(&self, level: Level) -> &'static str {
        match (level, self.language) {
            (Level::Blue, Language::Zh) => "蓝色",
            (Level::Yellow, Language::Zh) => "黄色",
            (Level::Orange, Language::Zh) => "橙色",
            (Level::Red, Language::Zh) => "红色",
            (Level::Blue, Language::En) => "blue",
            (Level::Yellow, Language::En) => "yellow",
            (Level::Orange, Language::En) => "orange",
            (Level::Red, Language::En) => "red",
        }
    }

    pub(crate) fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::Organisation(role) => {
                format!("{} ({})", self.say("单位", "organisation"), self.word(WordList::Role, role))
            }
            Subject::Place => self.say("地点", "place").to_owned(),
            Subject::Project => self.say("项目", "project").to_owned(),
            Subject::Kind => self.say("本地此类纠纷", "this kind of dispute here").to_owned(),
            Subject::Station => self.say("受理单位", "station").to_owned(),
            Subject::OwnCase => self.say("本案期限", "this case's own clock").to_owned(),
        }
    }

    fn rights(&mut self, d: &Decision) -> fmt::Result {
        if d.rights.is_empty() {
            return Ok(());
        }
        let rights: Vec<String> = d.rights.iter().map(|r| self.word(WordList::Right, r)).collect();
        self.heading("当事人的权利", "The parties' rights")?;
        writeln!(self.out, "  {}", rights.join(self.say("；", "; ")))
    }

    fn corrections(&mut self, d: &Decision) -> fmt::Result {
        if d.corrections.is_empty() {
            return Ok(());
        }
        self.heading("系统护栏的修正", "What the host's guardrails changed")?;
        for c in &d.corrections {
            let meaning = guardrail::meaning(c.guardrail, self.language);
            let done = self.corrected(c.guardrail, c.action, &c.what);
            let by = c.by.as_ref().map(|by| format!("{} {}", by.policy, by.rule));
            match self.language {
                Language::Zh => {
                    let by = by.map(|by| format!("（原为 {by} 的主张）")).unwrap_or_default();
                    writeln!(self.out, "  {}（{meaning}）：{done}{by}", c.guardrail)?;
                }
                Language::En => {
                    let by = by.map(|by| format!(" (claimed by {by})")).unwrap_or_default();
                    writeln!(self.out, "  {}, {meaning}: {done}{by}", c.guardrail)?;
                }
            }
        }
        Ok(())
    }

    fn faults(&mut self, d: &Decision) -> fmt::Result {
        for asked in &d.asked {
            if let Err(fault) = &asked.answer {
                let label = self.say("未能作答：", "gave no usable answer: ");
                writeln!(
                    self.out,
                    "\n{} ({}) {label}{}: {}",
                    asked.policy,
                    asked.plugin,
                    fault.kind.as_str(),
                    fault.detail
                )?;
            }
        }
        Ok(())
    }

    fn explanation(&mut self, e: &Explanation, d: &Decision) -> fmt::Result {
        self.heading("如何得出", "How it came about")?;
        let chain: Vec<&str> = e.chain.iter().map(maple_kernel::LocalityId::as_str).collect();
        writeln!(self.out, "  {}{}", self.say("地域：", "places asked: "), chain.join(" → "))?;
        for asked in &d.asked {
            let said = match &asked.answer {
                Ok(0) => self.say("不适用", "does not apply").to_owned(),
                Ok(n) => format!("{n} {}", self.say("项意见", if *n == 1 { "finding" } else { "findings" })),
                Err(fault) => fault.kind.as_str().to_owned(),
            };
            writeln!(
                self.out,
                "  {} ({}, {}): {said}; {} fuel",
                asked.policy,
                asked.plugin,
                asked.mode.as_str(),
                asked.fuel
            )?;
            for fate in e.fates.iter().filter(|f| f.by.policy == asked.policy.as_str()) {
                writeln!(self.out, "    {} {} — {}", fate.by.rule, fate.claim, fate.fate)?;
            }
            for (_, lines) in e.diary.iter().filter(|(policy, _)| *policy == asked.policy) {
                for line in lines {
                    writeln!(self.out, "    | {line}")?;
                }
            }
        }
        for (policy, why) in &e.skipped {
            writeln!(self.out, "  {policy}: {}", self.skipped(*why))?;
        }
        Ok(())
    }

    fn skipped(&self, why: Skipped) -> &'static str {
        match (why, self.language) {
            (Skipped::Target, Language::Zh) => "未询问：不涉及此类案件",
            (Skipped::Validity, Language::Zh) => "未询问：当日不在有效期内",
            (Skipped::Purpose, Language::Zh) => "未询问：用途不同",
            (Skipped::Off, Language::Zh) => "未询问：已停用",
            (Skipped::Target, Language::En) => "not asked: its target does not cover the case",
            (Skipped::Validity, Language::En) => "not asked: not in force on that day",
            (Skipped::Purpose, Language::En) => "not asked: serves another purpose",
            (Skipped::Off, Language::En) => "not asked: switched off",
        }
    }
}

/// A title within a sentence.
pub(crate) fn lower_first(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
