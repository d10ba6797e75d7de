//! Conditions of tables as formulas.

use maple_bundle::table::{Age, Bound, Compare, Condition, Subject};
use maple_kernel::{Day, FactKey, FactType, LocalityId, Policy, Scope, Span, Target, Value};

use super::{
    Undecided,
    formula::{Formula, Shift, Var},
    set::Set,
    space::{Space, TYPES, day_number},
};

/// How many different values of one figure are told apart.
pub(crate) const FIGURE_VALUES_MAX: usize = 200;

/// Whose facts are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Case,
    Party,
}

type Read = Result<Formula, Undecided>;

impl Space<'_> {
    /// The formula of a condition of a policy of the place.
    pub(crate) fn condition(&self, condition: &Condition, place: &LocalityId) -> Read {
        self.read(condition, Of::Case, place)
    }

    /// The cases that a policy is asked about.
    pub(crate) fn asked(&self, policy: &Policy) -> Read {
        let here = days(policy.from, policy.to).and(self.below(policy.locality.as_str()));
        Ok(here.and(self.target(&policy.target)?))
    }

    /// The cases that a target covers.
    pub(crate) fn target(&self, target: &Target) -> Read {
        let Target { kinds, except, sources, facts } = target;
        let of = |patterns: &[maple_kernel::Pattern]| {
            Space::names(self.kinds.iter().map(|kind| kind.as_str()), |kind| patterns.iter().any(|p| p.covers(kind)))
        };
        let mut parts = Vec::new();
        if !kinds.is_empty() {
            parts.push(Formula::In(Var::Kind, of(kinds)));
        }
        if !except.is_empty() {
            parts.push(Formula::not(Formula::In(Var::Kind, of(except))));
        }
        if !sources.is_empty() {
            let known = self.sources.iter().map(|source| source.as_str());
            let sources = Space::names(known, |name| sources.iter().any(|s| s.as_str() == name));
            parts.push(Formula::In(Var::Source, sources));
        }
        for (key, value) in facts {
            if matches!(value, Value::Words(_)) {
                return Err(Undecided::new(format!("its target compares the whole list `{key}`")));
            }
            parts.push(self.is(key, std::slice::from_ref(value), Of::Case)?);
        }
        Ok(Formula::All(parts))
    }

    /// The place itself and everything below it.
    pub(crate) fn below(&self, place: &str) -> Formula {
        let inside = |name: &str| name.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        Formula::In(Var::Place, Space::names(self.places.iter().map(|(id, _)| id.as_str()), inside))
    }

    fn read(&self, condition: &Condition, of: Of, place: &LocalityId) -> Read {
        let one = |part: &Condition, of| self.read(part, of, place);
        let all = |parts: &[Condition], of| parts.iter().map(|part| one(part, of)).collect::<Result<Vec<_>, _>>();
        Ok(match condition {
            Condition::All(parts) => Formula::All(all(parts, of)?),
            Condition::Any(parts) => Formula::Any(all(parts, of)?),
            Condition::Not(inner) => Formula::not(one(inner, of)?),
            Condition::Is(subject, values) => self.subject_is(subject, values, of)?,
            Condition::Prefix(subject, patterns) => self.prefix(subject, patterns)?,
            Condition::Range(key, bounds) => self.range(key, bounds, of)?,
            Condition::Age(key, ages) => self.age(key, ages, of, place)?,
            Condition::Known(key, known) => {
                let is = self.known(key, of)?;
                if *known { is } else { Formula::not(is) }
            }
            Condition::SomeParty(inner) => Formula::Some(Box::new(one(inner, Of::Party)?)),
            Condition::EveryParty(inner) => Formula::Every(Box::new(one(inner, Of::Party)?)),
        })
    }

    fn subject_is(&self, subject: &Subject, values: &[Value], of: Of) -> Read {
        let named = |name: &str| values.iter().any(|value| matches!(value, Value::Text(text) if **text == *name));
        Ok(match subject {
            Subject::Fact(key) => return self.is(key, values, of),
            Subject::Kind => Formula::In(Var::Kind, Space::names(self.kinds.iter().map(|k| k.as_str()), named)),
            Subject::Source => Formula::In(Var::Source, Space::names(self.sources.iter().map(|s| s.as_str()), named)),
            Subject::Locality => {
                Formula::In(Var::Place, Space::names(self.places.iter().map(|(id, _)| id.as_str()), named))
            }
            Subject::Role if of == Of::Party => {
                Formula::In(Var::Role, Space::names(self.roles.iter().map(|r| r.as_str()), named))
            }
            Subject::Type if of == Of::Party => {
                Formula::In(Var::Type, Space::names(TYPES.iter().map(|(_, name)| *name), named))
            }
            Subject::Role | Subject::Type => Formula::Any(Vec::new()),
        })
    }

    fn prefix(&self, subject: &Subject, patterns: &[std::sync::Arc<str>]) -> Read {
        let covered = |name: &str| {
            patterns.iter().any(|p| p.strip_suffix('*').map_or(&**p == name, |prefix| name.starts_with(prefix)))
        };
        Ok(match subject {
            Subject::Kind => Formula::In(Var::Kind, Space::names(self.kinds.iter().map(|k| k.as_str()), covered)),
            Subject::Source => Formula::In(Var::Source, Space::names(self.sources.iter().map(|s| s.as_str()), covered)),
            Subject::Locality => {
                Formula::In(Var::Place, Space::names(self.places.iter().map(|(id, _)| id.as_str()), covered))
            }
            Subject::Role | Subject::Type | Subject::Fact(_) => {
                return Err(Undecided::new("it compares the beginning of a fact, a role or a type".to_owned()));
            }
        })
    }

    fn fact_var(&self, key: &FactKey, of: Of) -> Result<(u32, Var, Scope), Undecided> {
        let (fact, def) = self.fact(key).ok_or_else(|| Undecided::new(format!("the fact `{key}` is not known")))?;
        let var = if of == Of::Party { Var::Own(fact) } else { Var::Fact(fact) };
        // A fact in a place where nobody can send it stays unknown.
        let scope = match (of, def.scope) {
            (Of::Party, Scope::Party) | (Of::Case, Scope::Case | Scope::Derived | Scope::Locality | Scope::Context) => {
                def.scope
            }
            _ => return Err(Undecided::new(format!("`{key}` is asked for where nobody can send it"))),
        };
        Ok((fact, var, scope))
    }

    fn is(&self, key: &FactKey, values: &[Value], of: Of) -> Read {
        let (fact, var, scope) = self.fact_var(key, of)?;
        if scope == Scope::Locality {
            let fits = |own: &Value| values.contains(own);
            return Ok(Formula::In(Var::Place, self.places_where(|l| l.figures.get(key.as_str()).is_some_and(fits))));
        }
        let words = matches!(self.fact_at(fact), Some((_, def)) if matches!(def.kind, FactType::Words(_)));
        if words {
            let texts = values.iter().filter_map(|v| if let Value::Text(text) = v { Some(text) } else { None });
            let numbers = texts.filter_map(|text| self.word_number(fact, text)).filter_map(|n| u32::try_from(n).ok());
            let one = |word| if of == Of::Party { Var::OwnWord(fact, word) } else { Var::Word(fact, word) };
            return Ok(Formula::Any(numbers.map(|word| Formula::In(one(word), Set::one(1))).collect()));
        }
        let numbers = values.iter().filter_map(|value| self.number(fact, value));
        Ok(Formula::In(var, Set::of(numbers.map(|n| (n, n)))))
    }

    fn known(&self, key: &FactKey, of: Of) -> Read {
        let (_, var, scope) = self.fact_var(key, of)?;
        if scope == Scope::Locality {
            return Ok(Formula::In(Var::Place, self.places_where(|l| l.figures.get(key.as_str()).is_some())));
        }
        Ok(Formula::Known(var))
    }

    fn range(&self, key: &FactKey, bounds: &[(Compare, Bound)], of: Of) -> Read {
        let (fact, var, scope) = self.fact_var(key, of)?;
        if scope == Scope::Locality {
            return self.figure_range(key, bounds);
        }
        let domain = self.domain(var);
        let mut parts = vec![Formula::Known(var)];
        for (compare, bound) in bounds {
            parts.push(match bound {
                Bound::Value(value) => match self.number(fact, value) {
                    Some(number) => Formula::In(var, interval(*compare, number, domain)),
                    None => Formula::Any(Vec::new()),
                },
                Bound::Fact(other) if self.is_figure(bound) => {
                    let figures = self.figure_values(other)?.into_iter();
                    let one = |(number, places)| {
                        Formula::In(Var::Place, places).and(Formula::In(var, interval(*compare, number, domain)))
                    };
                    Formula::Any(figures.map(one).collect())
                }
                Bound::Fact(other) => {
                    let (_, other, _) = self.fact_var(other, Of::Case)?;
                    Formula::Known(other).and(compared(*compare, var, other))
                }
            });
        }
        Ok(Formula::All(parts))
    }

    fn figure_values(&self, key: &FactKey) -> Result<Vec<(i64, Set)>, Undecided> {
        let figures = self.figures(key);
        if figures.len() > FIGURE_VALUES_MAX {
            let why = format!("the figure `{key}` has more than {FIGURE_VALUES_MAX} different values");
            return Err(Undecided::new(why));
        }
        Ok(figures.into_iter().collect())
    }

    /// Bounds on a figure: of each of its values they are bounds on the place, or on the other fact.
    fn figure_range(&self, key: &FactKey, bounds: &[(Compare, Bound)]) -> Read {
        let mut values = Vec::new();
        for (number, places) in self.figure_values(key)? {
            let mut parts = vec![Formula::In(Var::Place, places)];
            for (compare, bound) in bounds {
                parts.push(self.figure_bound(key, number, *compare, bound)?);
            }
            values.push(Formula::All(parts));
        }
        Ok(Formula::Any(values))
    }

    fn figure_bound(&self, key: &FactKey, number: i64, compare: Compare, bound: &Bound) -> Read {
        let holds = |other: i64| match compare {
            Compare::Min => number >= other,
            Compare::Max => number <= other,
            Compare::Above => number > other,
            Compare::Below => number < other,
        };
        let (fact, ..) = self.fact_var(key, Of::Case)?;
        Ok(match bound {
            Bound::Value(value) if self.number(fact, value).is_some_and(holds) => Formula::All(Vec::new()),
            Bound::Value(_) => Formula::Any(Vec::new()),
            Bound::Fact(other) if self.is_figure(bound) => {
                let places = self.figure_values(other)?.into_iter().filter(|(value, _)| holds(*value));
                Formula::In(Var::Place, places.fold(Set::empty(), |all, (_, places)| all.union(&places)))
            }
            Bound::Fact(other) => {
                let (_, var, _) = self.fact_var(other, Of::Case)?;
                let turned = match compare {
                    Compare::Min => Compare::Max,
                    Compare::Max => Compare::Min,
                    Compare::Above => Compare::Below,
                    Compare::Below => Compare::Above,
                };
                Formula::In(var, interval(turned, number, self.domain(var)))
            }
        })
    }

    fn age(&self, key: &FactKey, ages: &[(Age, Span)], of: Of, place: &LocalityId) -> Read {
        let (_, var, scope) = self.fact_var(key, of)?;
        if scope == Scope::Locality {
            return Err(Undecided::new(format!("it compares the figure `{key}` with the day of the case")));
        }
        let mut parts = vec![Formula::Known(var)];
        for (age, span) in ages {
            match age {
                Age::AgoMin => parts.push(Formula::not(Formula::Since(var, Shift::Past(*span)))),
                Age::AgoMax => parts.push(Formula::Since(var, Shift::Within(*span))),
                Age::Running => {
                    let (_, here) = self
                        .ruleset
                        .locality(place.as_str())
                        .ok_or_else(|| Undecided::new(format!("the place `{place}` has no calendar")))?;
                    let calendar = self.spans.borrow_mut().calendar(&here.calendar);
                    parts.push(Formula::Since(var, Shift::Running(*span, calendar)));
                }
                Age::AheadMax => {
                    parts.push(Formula::Since(var, Shift::Today));
                    parts.push(Formula::not(Formula::Since(var, Shift::Beyond(*span))));
                }
            }
        }
        Ok(Formula::All(parts))
    }
}

/// Days from the first to the last, both included; open where there is none.
pub(crate) fn days(from: Option<Day>, to: Option<Day>) -> Formula {
    Formula::In(Var::Day, window(from, to))
}

/// The numbers of the days from the first to the last.
pub(crate) fn window(from: Option<Day>, to: Option<Day>) -> Set {
    Set::span(day_number(from.unwrap_or(Day::FIRST)), day_number(to.unwrap_or(Day::LAST)))
}

fn interval(compare: Compare, number: i64, (first, last): (i64, i64)) -> Set {
    match compare {
        Compare::Min => Set::span(number.max(first), last),
        Compare::Max => Set::span(first, number.min(last)),
        Compare::Above => Set::span(number.saturating_add(1).max(first), last),
        Compare::Below => Set::span(first, number.saturating_sub(1).min(last)),
    }
}

fn compared(compare: Compare, var: Var, other: Var) -> Formula {
    match compare {
        Compare::Min => Formula::AtLeast(var, other),
        Compare::Max => Formula::AtLeast(other, var),
        Compare::Above => Formula::not(Formula::AtLeast(other, var)),
        Compare::Below => Formula::not(Formula::AtLeast(var, other)),
    }
}
