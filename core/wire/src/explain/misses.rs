//! Why a rule of a table kept silent, in words: what it asks, and what the case says of it.

use maple_bundle::table::{Age, Bound, Compare, Condition, Subject};
use maple_kernel::{Code, FactKey, KindId, Party, Pattern, Value, WordList};

use super::silent::{Miss, Silent, View, type_word};
use crate::text::{Page, lower_first};

/// How many reasons of one rule are told; the others are counted.
const MISSES_TOLD_MAX: usize = 4;
/// How many values of which one is enough are named; the others are counted.
const VALUES_NAMED_MAX: usize = 6;
/// How many conditions that hang together are named; the others are counted.
const CONDITIONS_NAMED_MAX: usize = 3;

/// What the case says of one thing that a condition looks at.
struct State {
    what: String,
    /// The party whose it is.
    whose: Option<String>,
    /// Nothing when it is not known.
    value: Option<String>,
}

impl Page<'_> {
    /// Why a rule kept silent.
    pub(super) fn silent(&self, silent: &Silent<'_>, view: &View<'_>) -> String {
        if silent.misses.is_empty() {
            let lacks: Vec<String> = silent.lacks(view).into_iter().map(|key| self.fact(key)).collect();
            let lacks = self.list(&lacks);
            return if lacks.is_empty() {
                self.say("条件成立，但对本案没有可说的", "its conditions hold, but it has nothing to say of this case")
                    .to_owned()
            } else {
                self.put(
                    format!("条件成立，但期限无从起算，不知道：{lacks}"),
                    format!("its conditions hold, but its time has no day to run from; not known: {lacks}"),
                )
            };
        }
        let mut told: Vec<String> =
            silent.misses.iter().take(MISSES_TOLD_MAX).map(|miss| self.miss(*miss, silent, view)).collect();
        match silent.misses.len().saturating_sub(MISSES_TOLD_MAX) {
            0 => {}
            1 => told.push(self.say("另有1项条件不成立", "one more condition does not hold").to_owned()),
            more => {
                told.push(self.put(format!("另有{more}项条件不成立"), format!("{more} more conditions do not hold")))
            }
        }
        told.join(self.say("；", "; "))
    }

    /// One reason.
    pub(super) fn miss(&self, miss: Miss<'_>, silent: &Silent<'_>, view: &View<'_>) -> String {
        match miss {
            Miss::Days => self.other_days(silent.row.from, silent.row.to, view.day),
            Miss::Condition(condition) => self.unheld(condition, view),
        }
    }

    /// What a condition of the case asks that does not hold, and what the case says.
    fn unheld(&self, condition: &Condition, view: &View<'_>) -> String {
        match condition {
            Condition::Prefix(Subject::Kind, patterns) => {
                let patterns: Vec<Pattern> = patterns.iter().map(|pattern| Pattern::new(pattern)).collect();
                let (kinds, kind) = (self.kinds(patterns.iter(), view.case), self.kind(&view.case.kind));
                self.put(format!("只管{kinds}，本案是{kind}"), format!("it is for {kinds}; this is {kind}"))
            }
            Condition::Prefix(Subject::Source, doors) => {
                let doors: Vec<String> = doors.iter().map(|door| self.door(door)).collect();
                let (doors, door) = (self.some_of(doors), self.door(view.case.source.as_str()));
                self.put(
                    format!("只管经{doors}来的，本案经{door}"),
                    format!("it is for cases that come through {doors}; this came through {door}"),
                )
            }
            Condition::Prefix(Subject::Locality, places) => {
                let places = self.some_of(places.iter().map(|place| self.place(place, view.ruleset)).collect());
                let here = self.place(view.case.locality.as_str(), view.ruleset);
                self.put(format!("只管{places}，本案在{here}"), format!("it is for {places}; this is in {here}"))
            }
            Condition::Not(inner) => {
                let (wanted, here) = (self.wanted(inner, view, "is"), self.states_of(inner, view, true));
                self.put(
                    format!("不适用于此情形：{wanted}；本案：{here}"),
                    format!("it leaves out cases where {wanted}; here: {here}"),
                )
            }
            Condition::Any(ways) if ways.len() > 1 && ways.iter().any(is_compound) => self.nearest_way(ways, view),
            _ => {
                let (wanted, here) = (self.wanted(condition, view, "be"), self.states_of(condition, view, false));
                self.put(format!("要求{wanted}，本案：{here}"), format!("it asks that {wanted}; here: {here}"))
            }
        }
    }

    /// Of several ways to meet a condition, what is missing for the nearest.
    fn nearest_way(&self, ways: &[Condition], view: &View<'_>) -> String {
        let (count, misses) = (ways.len(), view.nearest_of(ways));
        let mut told: Vec<String> =
            misses.iter().take(CONDITIONS_NAMED_MAX).map(|part| self.unheld(part, view)).collect();
        told.extend(self.more(misses.len(), CONDITIONS_NAMED_MAX));
        let told = told.join(self.say("；", "; "));
        self.put(
            format!("{count}种情形均不成立，最接近的：{told}"),
            format!("none of its {count} ways holds; nearest: {told}"),
        )
    }

    /// What a condition asks, as the rest of a sentence; `be` is the English verb.
    fn wanted(&self, condition: &Condition, view: &View<'_>, be: &str) -> String {
        let within = |inner: &Condition| match (inner, self.wanted(inner, view, be)) {
            (Condition::All(parts) | Condition::Any(parts), text) if parts.len() > 1 => {
                self.put(format!("（{text}）"), format!("({text})"))
            }
            (_, text) => text,
        };
        let joined = |parts: &[Condition], zh, en| {
            let mut texts: Vec<String> = parts.iter().take(CONDITIONS_NAMED_MAX).map(within).collect();
            texts.extend(self.more(parts.len(), CONDITIONS_NAMED_MAX));
            texts.join(self.say(zh, en))
        };
        match condition {
            Condition::All(parts) if parts.is_empty() => self.say("任何情形", "anything holds").to_owned(),
            Condition::Any(parts) if parts.is_empty() => self.say("不可能的情形", "nothing at all holds").to_owned(),
            Condition::All(parts) => joined(parts, "且", " and "),
            Condition::Any(parts) => joined(parts, "或", " or "),
            Condition::Not(inner) => {
                let inner = self.wanted(inner, view, "is");
                self.put(format!("并非（{inner}）"), format!("not ({inner})"))
            }
            Condition::SomeParty(inner) => {
                let inner = within(inner);
                self.put(format!("有一方{inner}"), format!("of some party {inner}"))
            }
            Condition::EveryParty(inner) => {
                let inner = within(inner);
                self.put(format!("每一方{inner}"), format!("of every party {inner}"))
            }
            Condition::Is(subject, values) => {
                let values = values.iter().map(|value| self.of_subject(subject, value, view)).collect();
                self.one_of(&self.about(subject), values, be)
            }
            Condition::Prefix(subject, patterns) => {
                let text =
                    |pattern: &std::sync::Arc<str>| self.of_subject(subject, &Value::Text(pattern.clone()), view);
                self.one_of(&self.about(subject), patterns.iter().map(text).collect(), be)
            }
            Condition::Range(key, bounds) => {
                let bounds: Vec<String> = bounds.iter().map(|(c, bound)| self.bound(*c, bound, key, view)).collect();
                let (about, bounds) = (self.quoted(key), bounds.join(self.say("且", " and ")));
                self.put(format!("{about}{bounds}"), format!("{about} {be} {bounds}"))
            }
            Condition::Age(key, ages) => {
                let ages: Vec<String> = ages.iter().map(|(age, span)| self.age(*age, *span)).collect();
                let (about, ages) = (self.quoted(key), ages.join(self.say("且", " and ")));
                self.put(format!("{about}{ages}"), format!("{about} {be} {ages}"))
            }
            Condition::Known(key, known) => {
                let about = self.quoted(key);
                match known {
                    true => self.put(format!("{about}已知"), format!("{about} {be} known")),
                    false => self.put(format!("{about}不知道"), format!("{about} {be} not known")),
                }
            }
        }
    }

    /// Says of many that there are more.
    fn more(&self, count: usize, named: usize) -> Option<String> {
        let more = count.saturating_sub(named);
        (more > 0).then(|| self.put(format!("另外{more}项"), format!("{more} more")))
    }

    fn one_of(&self, about: &str, mut values: Vec<String>, be: &str) -> String {
        let more = self.more(values.len(), VALUES_NAMED_MAX);
        values.truncate(VALUES_NAMED_MAX);
        values.extend(more);
        let values = values.join(self.say("或", " or "));
        self.put(format!("{about}为{values}"), format!("{about} {be} {values}"))
    }

    fn quoted(&self, key: &FactKey) -> String {
        let fact = self.fact(key);
        self.put(format!("“{fact}”"), format!("\"{fact}\""))
    }

    fn about(&self, subject: &Subject) -> String {
        match subject {
            Subject::Fact(key) => return self.quoted(key),
            Subject::Kind => self.say("纠纷类型", "the kind"),
            Subject::Source => self.say("来源", "the door"),
            Subject::Locality => self.say("地方", "the place"),
            Subject::Role => self.say("角色", "the role"),
            Subject::Type => self.say("主体类型", "the type"),
        }
        .to_owned()
    }

    fn of_subject(&self, subject: &Subject, value: &Value, view: &View<'_>) -> String {
        let Value::Text(text) = value else {
            return match subject {
                Subject::Fact(key) => self.value(key, value, view.currency),
                _ => String::new(),
            };
        };
        match subject {
            Subject::Fact(key) => self.value(key, value, view.currency),
            Subject::Kind if text.ends_with('*') => self.kinds([Pattern::new(text)].iter(), view.case),
            Subject::Kind => self.kind(&KindId::from(&**text)),
            Subject::Source => self.door(text),
            Subject::Locality => self.place(text, view.ruleset),
            Subject::Role => self.word(WordList::Role, &Code::from(&**text)),
            Subject::Type => self.party_type(text).to_owned(),
        }
    }

    fn party_type<'t>(&self, word: &'t str) -> &'t str {
        match word {
            "natural" => self.say("自然人", "a natural person"),
            "organisation" => self.say("单位", "an organisation"),
            "public_authority" => self.say("行政机关", "a public authority"),
            other => other,
        }
    }

    fn bound(&self, compare: Compare, bound: &Bound, of: &FactKey, view: &View<'_>) -> String {
        let (value, day) = match bound {
            Bound::Value(value) => (self.value(of, value, view.currency), matches!(value, Value::Day(_))),
            Bound::Fact(key) => {
                let value = view.facts.get(key.as_str());
                let known = value.map_or_else(|| self.unknown(), |value| self.value(key, value, view.currency));
                let about = self.quoted(key);
                (
                    self.put(format!("{about}（{known}）"), format!("{about} ({known})")),
                    matches!(value, Some(Value::Day(_))),
                )
            }
        };
        match (compare, day) {
            (Compare::Min, false) => self.put(format!("不少于{value}"), format!("{value} or more")),
            (Compare::Max, false) => self.put(format!("不超过{value}"), format!("at most {value}")),
            (Compare::Above, false) => self.put(format!("超过{value}"), format!("more than {value}")),
            (Compare::Below, false) => self.put(format!("少于{value}"), format!("less than {value}")),
            (Compare::Min, true) => self.put(format!("不早于{value}"), format!("{value} or later")),
            (Compare::Max, true) => self.put(format!("不晚于{value}"), format!("{value} or earlier")),
            (Compare::Above, true) => self.put(format!("晚于{value}"), format!("later than {value}")),
            (Compare::Below, true) => self.put(format!("早于{value}"), format!("earlier than {value}")),
        }
    }

    fn age(&self, age: Age, span: maple_kernel::Span) -> String {
        let span = self.length(span);
        match age {
            Age::AgoMin => self.put(format!("已过{span}"), format!("at least {span} ago")),
            Age::AgoMax => self.put(format!("未超过{span}"), format!("at most {span} ago")),
            Age::Running => self
                .put(format!("起{span}尚未届满"), format!("less than {span} ago, days of rest at the end not counted")),
            Age::AheadMax => self.put(format!("在今后{span}以内"), format!("within the next {span}")),
        }
    }

    fn unknown(&self) -> String {
        self.say("不知道", "not known").to_owned()
    }

    /// What the case says where a condition holds, or does not: what is known with its value, then the names of the rest.
    fn states_of(&self, condition: &Condition, view: &View<'_>, held: bool) -> String {
        let mut states = Vec::new();
        // Of many conditions no more is told than is named of them.
        let named = match condition {
            Condition::Any(parts) => parts.get(..CONDITIONS_NAMED_MAX).unwrap_or(parts),
            one => std::slice::from_ref(one),
        };
        named.iter().filter(|part| view.holds(part, None) == held).for_each(|part| {
            self.states(part, view, None, held, &mut states);
        });
        let of = |text: &str, whose: Option<&String>| {
            let whose = whose.map(|who| self.put(format!("（{who}）"), format!(" ({who})"))).unwrap_or_default();
            format!("{text}{whose}")
        };
        if let [only] = states.as_slice() {
            return of(only.value.as_deref().unwrap_or(&self.unknown()), only.whose.as_ref());
        }
        let colon = self.say("：", ": ");
        let known = states.iter().filter_map(|state| {
            let value = state.value.as_ref()?;
            Some(format!("{}{colon}{value}", of(&state.what, state.whose.as_ref())))
        });
        let mut told: Vec<String> = known.collect();
        if told.is_empty() {
            return self.say("均不知道", "none of it is known").to_owned();
        }
        let unknown = states.iter().filter(|state| state.value.is_none());
        let unknown: Vec<String> = unknown.map(|state| of(&state.what, state.whose.as_ref())).collect();
        if !unknown.is_empty() {
            told.push(format!("{}{colon}{}", self.unknown(), self.some_of(unknown)));
        }
        told.join(self.say("；", "; "))
    }

    /// What makes a condition hold, or keeps it from holding.
    fn states<'v>(
        &self,
        condition: &Condition,
        view: &View<'v>,
        party: Option<&'v Party>,
        held: bool,
        out: &mut Vec<State>,
    ) {
        let fact = |key: &FactKey| {
            let value = view.value(key, party);
            (self.quoted(key), value.map(|value| self.value(key, value, view.currency)))
        };
        let (what, value) = match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                let telling = parts.iter().filter(|part| view.holds(part, party) == held);
                telling.for_each(|part| self.states(part, view, party, held, out));
                return;
            }
            Condition::Not(inner) => return self.states(inner, view, party, !held, out),
            Condition::SomeParty(inner) | Condition::EveryParty(inner) => {
                let parties = view.case.parties();
                let telling = parties.iter().find(|party| view.holds(inner, Some(party)) == held);
                let some = matches!(condition, Condition::SomeParty(_));
                // Of parties of which none meets it the nearest says most.
                let party = if some && !held { view.nearest(inner) } else { telling };
                return match party {
                    Some(party) => self.states(inner, view, Some(party), held, out),
                    None => out.push(State {
                        what: self.say("当事人", "parties").to_owned(),
                        whose: None,
                        value: Some(self.say("没有当事人", "there is no party").to_owned()),
                    }),
                };
            }
            Condition::Is(Subject::Fact(key), _)
            | Condition::Prefix(Subject::Fact(key), _)
            | Condition::Range(key, _)
            | Condition::Age(key, _)
            | Condition::Known(key, _) => fact(key),
            Condition::Is(subject, _) | Condition::Prefix(subject, _) => {
                let text = match subject {
                    Subject::Kind => view.case.kind.as_str(),
                    Subject::Source => view.case.source.as_str(),
                    Subject::Locality => view.case.locality.as_str(),
                    Subject::Role => party.map_or("", |party| party.role.as_str()),
                    Subject::Type => party.map_or("", |party| type_word(party.kind)),
                    Subject::Fact(_) => "",
                };
                (self.about(subject), Some(self.of_subject(subject, &Value::Text(text.into()), view)))
            }
        };
        let whose = party.map(|party| lower_first(&self.word(WordList::Role, &party.role)));
        if !out.iter().any(|state| state.what == what && state.whose == whose) {
            out.push(State { what, whose, value });
        }
    }
}

/// True for what is made of several conditions.
fn is_compound(condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.len() > 1 || parts.iter().any(is_compound),
        Condition::Not(inner) | Condition::SomeParty(inner) | Condition::EveryParty(inner) => is_compound(inner),
        _ => false,
    }
}
