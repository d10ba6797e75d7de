//! The explanation as a text to read.

use std::{
    fmt::{self, Write},
    time::Duration,
};

use maple_kernel::{Action, Asking, Correction, Fault, Locality, Mode, ProvisionId, Told};

use super::{
    Explained,
    became::{Became, became},
    silent::{View, silent},
};
use crate::text::{Language, Page};

/// How many rules that kept silent are told of one table; the others are counted.
const SILENT_TOLD_MAX: usize = 3;

/// How the decision came about, in plain words.
#[must_use]
pub fn explain_text(explained: &Explained<'_>, language: Language) -> String {
    let mut page = page(explained, language);
    let written = page.story(explained);
    debug_assert!(written.is_ok(), "writing to a string does not fail");
    page.out
}

/// An empty page in one language.
pub(super) fn page<'a>(explained: &'a Explained<'_>, language: Language) -> Page<'a> {
    Page { out: String::new(), words: explained.ruleset.vocabulary(), language }
}

/// What a plugin said last before it broke down.
pub(super) struct Panic<'a> {
    pub(super) message: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
}

/// The panic in a diary, as a guest built with the kit writes it: `panic: MESSAGE at FILE:LINE`.
pub(super) fn panic(diary: &[String]) -> Option<Panic<'_>> {
    let said = diary.last()?.strip_prefix("panic: ")?;
    let place = said.rsplit_once(" at ").and_then(|(message, place)| {
        let (file, line) = place.rsplit_once(':')?;
        Some((message, file, line.parse().ok()?))
    });
    Some(match place {
        Some((message, file, line)) => Panic { message, file: Some(file), line: Some(line) },
        None => Panic { message: said, file: None, line: None },
    })
}

impl Page<'_> {
    fn story(&mut self, e: &Explained<'_>) -> fmt::Result {
        self.heading("如何得出", "How it came about")?;
        self.question(e)?;
        let Some((_, locality)) = e.ruleset.locality(e.question.case.locality.as_str()) else {
            let nowhere = self.say("没有这个地方，没有询问任何政策", "there is no such place, so nobody was asked");
            return writeln!(self.out, "  {nowhere}");
        };
        for level in &locality.chain {
            let here: Vec<_> = e.askings.iter().filter(|(asking, _)| asking.policy.locality == *level).collect();
            if here.is_empty() {
                continue;
            }
            let title = e.ruleset.locality(level.as_str()).map_or("", |(_, l)| self.of(&l.title)).to_owned();
            writeln!(self.out, "\n{title} ({level})")?;
            for (asking, took) in here.iter().filter(|(asking, _)| asking.answer.is_some()) {
                self.asked(asking, *took, e, locality)?;
            }
            let silent: Vec<_> = here.iter().filter(|(asking, _)| asking.answer.is_none()).collect();
            if !silent.is_empty() {
                writeln!(self.out, "  {}", self.say("未询问：", "Not asked:"))?;
            }
            for (asking, _) in silent {
                let why: Vec<String> =
                    asking.unmet.iter().map(|u| self.unmet(u, asking.policy, e.question, locality)).collect();
                let (id, why) = (&asking.policy.id, why.join(self.say("；", "; ")));
                writeln!(self.out, "    {id}{}{why}", self.say("：", ": "))?;
            }
        }
        self.elsewhere(e.elsewhere())
    }

    fn question(&mut self, e: &Explained<'_>) -> fmt::Result {
        let case = &e.question.case;
        let title = self.words.kinds.get(&case.kind).map_or("", |title| self.of(title)).to_owned();
        let (door, day, asked) =
            (self.door(case.source.as_str()), e.question.as_of, self.purposes(e.question.purposes));
        let kind = &case.kind;
        let chain = e.ruleset.locality(case.locality.as_str()).map_or(&[][..], |(_, l)| l.chain.as_slice());
        let names = chain.iter().map(|id| {
            let title = e.ruleset.locality(id.as_str()).map_or("", |(_, l)| self.of(&l.title));
            format!("{title} ({id})")
        });
        let chain = names.collect::<Vec<_>>().join(" → ");
        match self.language {
            Language::Zh => {
                writeln!(self.out, "  案件：{title}（{kind}），经{door}，适用{day}的法律，所问：{asked}")?;
                writeln!(self.out, "  依次询问：{chain}")
            }
            Language::En => {
                writeln!(
                    self.out,
                    "  the case: {title} ({kind}), through {door}; the law of {day}; asked about {asked}"
                )?;
                writeln!(self.out, "  places asked: {chain}")
            }
        }
    }

    fn elsewhere(&mut self, count: usize) -> fmt::Result {
        match (count, self.language) {
            (0, _) => Ok(()),
            (count, Language::Zh) => writeln!(self.out, "\n其他地方的{count}项政策与本案无关。"),
            (1, Language::En) => writeln!(self.out, "\nOne policy of another place has no say here."),
            (count, Language::En) => writeln!(self.out, "\n{count} policies of other places have no say here."),
        }
    }

    fn asked(
        &mut self,
        asking: &Asking<'_>,
        took: Option<Duration>,
        e: &Explained<'_>,
        place: &Locality,
    ) -> fmt::Result {
        let cost = self.cost(asking.fuel, took);
        let Asking { policy, answer, diary, .. } = asking;
        let shadow = if policy.mode == Mode::Shadow { self.say("（观察）", " (shadow)") } else { "" };
        match answer {
            None => Ok(()),
            Some(Err(fault)) => {
                let failed = self.say("未能作答", "gave no usable answer");
                writeln!(self.out, "  {}{shadow}{}{failed}{cost}", policy.id, self.say("：", ": "))?;
                self.why_asked(asking, e, place)?;
                self.failed(fault, diary)
            }
            Some(Ok(told)) if told.is_empty() => {
                let nothing = self.say("没有适用的规则", "no rule of it applies");
                writeln!(self.out, "  {}{shadow}{}{nothing}{cost}", policy.id, self.say("：", ": "))?;
                self.why_asked(asking, e, place)?;
                self.silences(asking, told, e, place)?;
                self.diary(diary)
            }
            Some(Ok(told)) => {
                let count = told.len();
                let said = match (self.language, count) {
                    (Language::Zh, _) => format!("{count}项主张"),
                    (Language::En, 1) => "one claim".to_owned(),
                    (Language::En, _) => format!("{count} claims"),
                };
                writeln!(self.out, "  {}{shadow}{}{said}{cost}", policy.id, self.say("：", ": "))?;
                self.why_asked(asking, e, place)?;
                let fates = became(policy.id.as_str(), policy.mode, told, e.decision);
                self.told(told, &fates, e, place)?;
                self.silences(asking, told, e, place)?;
                self.diary(diary)
            }
        }
    }

    fn why_asked(&mut self, asking: &Asking<'_>, e: &Explained<'_>, place: &Locality) -> fmt::Result {
        let at = self.here(&asking.policy.locality, e.ruleset);
        let met: Vec<String> =
            self.met(asking.policy, e.question, place, &at).into_iter().map(|(_, says)| says).collect();
        writeln!(self.out, "    {}{}", self.say("询问原因：", "asked because "), met.join(self.say("；", "; ")))
    }

    /// Why the rules of a table kept silent: all of a short one, of a long one those that nearly spoke.
    fn silences(&mut self, asking: &Asking<'_>, told: &[Told], e: &Explained<'_>, place: &Locality) -> fmt::Result {
        let Some(table) = e.table(&asking.policy.id) else { return Ok(()) };
        let view = View::new(e.ruleset, e.question, place, asking);
        let silent = silent(table, &view, |rule| told.iter().any(|told| told.finding.rule == *rule));
        let all = silent.len() <= SILENT_TOLD_MAX;
        let (near, others): (Vec<_>, Vec<_>) = silent.into_iter().partition(|silent| all || silent.is_near());
        for silent in near.iter().take(SILENT_TOLD_MAX) {
            let why = self.silent(silent, &view);
            writeln!(self.out, "    {}{}{why}", silent.rule, self.say(" 未适用：", " keeps silent: "))?;
        }
        let rest = near.len().saturating_sub(SILENT_TOLD_MAX) + others.len();
        if rest > 0 {
            let elsewhere = others.iter().filter(|silent| silent.is_elsewhere()).count();
            let counted = self.counted(rest, elsewhere, !near.is_empty());
            writeln!(self.out, "    {counted}")?;
        }
        match (table.unread, self.language) {
            (0, _) => Ok(()),
            (rows, Language::Zh) => writeln!(self.out, "    {rows}行直接写成插件设置，为何未适用不作说明"),
            (rows, Language::En) => {
                writeln!(
                    self.out,
                    "    of rows written as settings of the plugin ({rows}) it is not told why they keep silent"
                )
            }
        }
    }

    fn counted(&self, rest: usize, elsewhere: usize, more: bool) -> String {
        let other = match elsewhere {
            0 => String::new(),
            _ => self.put(
                format!("，其中{elsewhere}条管其他类型、来源、地方或者日期"),
                format!(", {elsewhere} of them made for other kinds, doors, places or days"),
            ),
        };
        let zh = format!("{}{rest}条规则未适用{other}", if more { "另有" } else { "" });
        let (rules, verb) = if rest == 1 { ("rule", "keeps") } else { ("rules", "keep") };
        self.put(zh, format!("{rest}{} {rules} {verb} silent{other}", if more { " more" } else { "" }))
    }

    fn cost(&self, fuel: u64, took: Option<Duration>) -> String {
        let took = took.map(|took| format!("{}, ", duration(took))).unwrap_or_default();
        let fuel = thousands(fuel);
        match self.language {
            Language::Zh => format!("（{}燃料 {fuel}）", took.replace(", ", "，")),
            Language::En => format!(" ({took}{fuel} fuel)"),
        }
    }

    fn failed(&mut self, fault: &Fault, diary: &[String]) -> fmt::Result {
        let what = self.fault(fault.kind);
        let colon = self.say("：", ": ");
        let Some(panic) = panic(diary) else {
            writeln!(self.out, "    {what}{colon}{}", fault.detail)?;
            return self.diary(diary);
        };
        writeln!(self.out, "    {what}{colon}`{}`", panic.message)?;
        if let (Some(file), Some(line)) = (panic.file, panic.line) {
            match self.language {
                Language::Zh => writeln!(self.out, "    位置：{file} 第{line}行")?,
                Language::En => writeln!(self.out, "    at {file}, line {line}")?,
            }
        }
        let rest = diary.len().saturating_sub(1);
        self.diary(diary.get(..rest).unwrap_or_default())
    }

    fn diary(&mut self, lines: &[String]) -> fmt::Result {
        if !lines.is_empty() {
            writeln!(self.out, "    {}", self.say("它的日记：", "its diary:"))?;
        }
        lines.iter().try_for_each(|line| writeln!(self.out, "      | {line}"))
    }

    /// Claims of one rule with the same reason stand together.
    fn told(&mut self, told: &[Told], fates: &[Became], e: &Explained<'_>, place: &Locality) -> fmt::Result {
        let mut before: Option<&Told> = None;
        for (told, fate) in told.iter().zip(fates) {
            if !before.is_some_and(|before| same_ground(before, told)) {
                self.ground_of(told, place)?;
            }
            let claim = self.claim(&told.finding.claim, &place.currency);
            let became = self.became(fate);
            let changed = self.changed(told, fate, e);
            writeln!(self.out, "      • {claim} → {became}{changed}")?;
            before = Some(told);
        }
        Ok(())
    }

    fn ground_of(&mut self, told: &Told, place: &Locality) -> fmt::Result {
        let floor = if told.floor { self.say("［底线］", " [floor]") } else { "" };
        let why = self.of(&told.why).to_owned();
        writeln!(self.out, "    {} {why}{floor}", told.finding.rule)?;
        if let Some(facts) = self.evidence(&told.evidence, &place.currency) {
            writeln!(self.out, "      {}{facts}", self.say("事实：", "facts: "))?;
        }
        let law = self.law(&told.basis);
        if !law.is_empty() {
            writeln!(self.out, "      {}{}", self.say("依据：", "law: "), law.join(self.say("；", "; ")))?;
        }
        Ok(())
    }

    /// The articles of each law together, each cited in the page's language where it is cited in both.
    fn law(&self, basis: &[(ProvisionId, bool)]) -> Vec<String> {
        let mut laws: Vec<(String, Vec<String>)> = Vec::new();
        for (id, in_force) in basis {
            let gone = if *in_force { "" } else { self.say("（当日未施行）", " (not in force that day)") };
            let (law, article) = match self.words.provisions.get(id) {
                Some(provision) => (self.entitled(self.of(&provision.law)), self.cited(&provision.article).to_owned()),
                None => (id.to_string(), String::new()),
            };
            let article = format!("{article}{gone}");
            match laws.iter_mut().find(|(title, _)| *title == law) {
                Some((_, articles)) => articles.push(article),
                None => laws.push((law, vec![article])),
            }
        }
        let space = self.say("", " ");
        laws.into_iter().map(|(law, articles)| format!("{law}{space}{}", self.list(&articles))).collect()
    }

    /// What guardrails changed in a claim that was heard.
    fn changed(&self, told: &Told, fate: &Became, e: &Explained<'_>) -> String {
        if matches!(fate, Became::Closed(_) | Became::NotHeard(_) | Became::TakenBack(_)) {
            return String::new();
        }
        let one = |c: &Correction| match (c.guardrail, c.action) {
            ("H03", _) => {
                self.say("；期限缩回法定限度（H03）", "; its time is cut back to what the law allows (H03)").to_owned()
            }
            ("H11", _) => self.say("；须先由人确认（H11）", ", once a person has confirmed it (H11)").to_owned(),
            ("H21", _) => self.say("；依法免费，不得收费（H21）", "; it is free by law, no fee (H21)").to_owned(),
            (id, action) => {
                let done = self.corrected(id, action, &c.what);
                format!("{}{done}{}{id}{}", self.say("；", "; "), self.say("（", " ("), self.say("）", ")"))
            }
        };
        corrections(told, e).into_iter().map(one).collect()
    }
}

/// The corrections that touched a claim without keeping it out: a time cut back, a fee or a parameter taken out, a duty
/// that waits for a person.
pub(super) fn corrections<'e>(told: &Told, e: &Explained<'e>) -> Vec<&'e Correction<'e>> {
    let subject = told.claim.split(' ').nth(1).unwrap_or_default();
    let touches = |c: &&Correction| {
        let of_rule = c.by.as_ref().is_some_and(|by| {
            by.rule == told.finding.rule.as_str() && e.policy_of(told).is_some_and(|policy| by.policy == policy)
        });
        let about = c.what.split(' ').any(|word| word == subject) || c.what.starts_with("parameter ");
        of_rule && about && (c.action != Action::Removed || c.what != told.claim)
    };
    e.decision.corrections.iter().filter(touches).collect()
}

impl Explained<'_> {
    /// The policy that said this.
    fn policy_of(&self, told: &Told) -> Option<String> {
        let said = |answer: &Option<Result<Vec<Told>, Fault>>| {
            answer.as_ref().is_some_and(|a| a.as_ref().is_ok_and(|list| list.iter().any(|one| std::ptr::eq(one, told))))
        };
        self.askings.iter().find(|(asking, _)| said(&asking.answer)).map(|(asking, _)| asking.policy.id.to_string())
    }
}

fn same_ground(a: &Told, b: &Told) -> bool {
    a.finding.rule == b.finding.rule
        && a.floor == b.floor
        && a.why == b.why
        && a.basis == b.basis
        && a.evidence == b.evidence
}

fn duration(took: Duration) -> String {
    let micros = took.as_micros();
    if micros < 1_000 { format!("{micros} µs") } else { format!("{:.1} ms", took.as_secs_f64() * 1e3) }
}

/// A number in groups of three.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_times_are_short() {
        for (number, wanted) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), wanted);
        }
        assert_eq!(duration(Duration::from_micros(999)), "999 µs");
        assert_eq!(duration(Duration::from_micros(12_340)), "12.3 ms");
    }

    #[test]
    fn a_panic_is_found_in_the_diary() {
        let found = |line: &str| {
            let lines = [String::from("before"), line.to_owned()];
            panic(&lines).map(|p| (p.message.to_owned(), p.file.map(str::to_owned), p.line))
        };
        let full = ("no way at all".to_owned(), Some("src/lib.rs".to_owned()), Some(12));
        assert_eq!(found("panic: no way at all at src/lib.rs:12"), Some(full));
        assert_eq!(found("panic: no place"), Some(("no place".to_owned(), None, None)));
        assert_eq!(found("a line like any other"), None);
        assert!(panic(&[]).is_none());
    }
}
