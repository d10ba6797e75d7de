//! Why a policy was asked, or not: its target against the case, in words.

use maple_kernel::{Case, Day, KindId, Locality, LocalityId, Pattern, Policy, Question, Ruleset, Unmet, WordList};

use crate::text::Page;

/// How many kinds, families of kinds or places are named in one sentence; the others are counted.
const NAMED_MAX: usize = 4;
/// What covers every kind and every place.
const ALL: &str = "*";

impl Page<'_> {
    /// Why a policy was asked: each part of its target that there is, with its code.
    pub(super) fn met(
        &self,
        policy: &Policy,
        question: &Question,
        place: &Locality,
        at: &str,
    ) -> Vec<(&'static str, String)> {
        let (case, target) = (&question.case, &policy.target);
        let mut met = Vec::new();
        let named: Vec<&Pattern> =
            target.kinds.iter().filter(|p| p.as_str() != ALL && p.covers(case.kind.as_str())).collect();
        let all = target.kinds.is_empty() || target.kinds.iter().any(|pattern| pattern.as_str() == ALL);
        let save = match target.except.as_slice() {
            [] => String::new(),
            except => {
                let except = self.kinds(except.iter(), case);
                self.put(format!("（{except}除外）"), format!(", save {except}"))
            }
        };
        met.push(if all {
            ("every_case", self.put(format!("管{at}的各类案件{save}"), format!("it is for every case in {at}{save}")))
        } else {
            let kinds = self.kinds(named.into_iter(), case);
            ("kind", self.put(format!("管{at}的{kinds}{save}"), format!("it is for {kinds} in {at}{save}")))
        });
        if !target.sources.is_empty() {
            let door = self.door(case.source.as_str());
            met.push(("source", self.put(format!("本案经{door}"), format!("the case came through {door}"))));
        }
        for (key, value) in &target.facts {
            let (fact, value) = (self.fact(key), self.value(key, value, &place.currency));
            met.push(("fact", self.put(format!("“{fact}”为{value}"), format!("\"{fact}\" is {value}"))));
        }
        met
    }

    /// Why a policy was not asked.
    pub(super) fn unmet(&self, unmet: &Unmet, policy: &Policy, question: &Question, locality: &Locality) -> String {
        let case = &question.case;
        match unmet {
            Unmet::Off => self.say("已停用", "it is switched off").to_owned(),
            Unmet::Purpose => {
                let (its, asked) = (self.purposes(policy.purposes), self.purposes(question.purposes));
                self.put(format!("它用于{its}，所问是{asked}"), format!("it is for {its}; {asked} was asked about"))
            }
            Unmet::Validity => self.other_days(policy.from, policy.to, question.as_of),
            Unmet::Kind => {
                let (kinds, kind) = (self.kinds(policy.target.kinds.iter(), case), self.kind(&case.kind));
                self.put(format!("只管{kinds}，本案是{kind}"), format!("it is for {kinds}; this is {kind}"))
            }
            Unmet::Except => {
                let (kinds, kind) = (
                    self.kinds(policy.target.except.iter().filter(|p| p.covers(case.kind.as_str())), case),
                    self.kind(&case.kind),
                );
                self.put(format!("不管{kinds}，本案是{kind}"), format!("it leaves out {kinds}; this is {kind}"))
            }
            Unmet::Source => {
                let doors: Vec<String> = policy.target.sources.iter().map(|s| self.word(WordList::Source, s)).collect();
                let (doors, door) = (self.list(&doors), self.door(case.source.as_str()));
                self.put(
                    format!("只管经{doors}来的，本案经{door}"),
                    format!("it is for cases that come through {doors}; this came through {door}"),
                )
            }
            Unmet::Fact(key, wanted, have) => {
                let (fact, wanted) = (self.fact(key), self.value(key, wanted, &locality.currency));
                let have = have.as_ref().map_or_else(
                    || self.say("不知道", "not known").to_owned(),
                    |have| self.value(key, have, &locality.currency),
                );
                self.put(
                    format!("要求“{fact}”为{wanted}，本案：{have}"),
                    format!("it asks that \"{fact}\" be {wanted}; here: {have}"),
                )
            }
        }
    }

    /// From when to when, and that the question is of another day.
    pub(super) fn other_days(&self, from: Option<Day>, to: Option<Day>, day: Day) -> String {
        match (from.filter(|from| day < *from), to) {
            (Some(from), _) => self.put(
                format!("{from}起施行，所问是{day}"),
                format!("it is in force from {from}; the question is of {day}"),
            ),
            (None, to) => {
                let to = to.map(|to| to.to_string()).unwrap_or_default();
                self.put(
                    format!("施行至{to}，所问是{day}"),
                    format!("it was in force until {to}; the question is of {day}"),
                )
            }
        }
    }

    /// Kinds and families of them by name, each with its code in brackets.
    pub(super) fn kinds<'p>(&self, patterns: impl Iterator<Item = &'p Pattern>, case: &Case) -> String {
        self.some_of(patterns.map(|pattern| self.family(pattern.as_str(), case)).collect())
    }

    /// A kind by its name, or a family by the name of one of its kinds, the case's own where it is one.
    fn family(&self, pattern: &str, case: &Case) -> String {
        let Some(start) = pattern.strip_suffix('*') else { return self.kind(&KindId::from(pattern)) };
        if start.is_empty() {
            return self.say("各类纠纷", "every kind").to_owned();
        }
        let own =
            Some((&case.kind, self.words.kinds.get(&case.kind))).filter(|(kind, _)| kind.as_str().starts_with(start));
        let own = own.and_then(|(_, title)| title);
        let mut kinds = self.words.kinds.iter().filter(|(kind, _)| kind.as_str().starts_with(start));
        let count = kinds.clone().count();
        let Some(title) = own.or_else(|| kinds.next().map(|(_, title)| title)) else { return pattern.to_owned() };
        let title = self.of(title);
        match count {
            0 | 1 => self.coded(title, pattern),
            _ => {
                let all = self.put(format!("{title}等{count}类"), format!("{title} and {} more", count - 1));
                self.coded(&all, pattern)
            }
        }
    }

    /// A kind of dispute by its name, with its code.
    pub(super) fn kind(&self, kind: &KindId) -> String {
        self.words.kinds.get(kind).map_or_else(|| kind.to_string(), |title| self.coded(self.of(title), kind.as_str()))
    }

    /// A place, or all below one, by its name, with its code.
    pub(super) fn place(&self, pattern: &str, ruleset: &Ruleset) -> String {
        let (id, below) = match pattern.strip_suffix('*') {
            Some("") => return self.say("各地", "every place").to_owned(),
            Some(start) => (start.trim_end_matches('/'), true),
            None => (pattern, false),
        };
        let Some((_, place)) = ruleset.locality(id) else { return pattern.to_owned() };
        let title = self.of(&place.title);
        let title = if below { self.put(format!("{title}以下"), format!("below {title}")) } else { title.to_owned() };
        self.coded(&title, pattern)
    }

    /// The name of the place whose policy it is.
    pub(super) fn here(&self, place: &LocalityId, ruleset: &Ruleset) -> String {
        ruleset.locality(place.as_str()).map_or_else(|| place.to_string(), |(_, l)| self.of(&l.title).to_owned())
    }

    fn coded(&self, title: &str, code: &str) -> String {
        self.put(format!("{title}（{code}）"), format!("{title} ({code})"))
    }

    /// The first few of a list, and how many there are besides.
    pub(super) fn some_of(&self, mut items: Vec<String>) -> String {
        let count = items.len();
        items.truncate(NAMED_MAX);
        let (listed, more) = (self.list(&items), count.saturating_sub(NAMED_MAX));
        match more {
            0 => listed,
            _ => self.put(format!("{listed}等{count}项"), format!("{listed} and {more} more")),
        }
    }
}
