//! Cases that show something: the simplest that the solver can be talked into, as a question and as JSON.

use std::collections::BTreeMap;

use batsat::Lit;
use maple_kernel::{Case, FactType, Facts, Party, PartyType, Purposes, Question, Value};
use serde_json::{Value as Json, json};

use super::{
    Undecided, days,
    formula::{Formula, Var},
    set::Set,
    solve::{Order, Query},
    space::{Space, TYPES, day_of},
};

/// How many orders of days are tried for one that is near today.
const NEAR_DAYS_MAX: usize = 12;
/// The door that a made-up case comes through, and the role of its party, where nothing asks for another.
const USUAL_SOURCE: &str = "counter";
const USUAL_ROLE: &str = "applicant";

/// A case that shows something.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Witness {
    pub(crate) question: Question,
    /// As for `POST /v1/evaluate`.
    pub(crate) json: String,
}

/// What every witness should be like, if it can.
pub(crate) fn wishes(space: &Space<'_>, place: &str) -> Vec<Formula> {
    let named = |names: &mut dyn Iterator<Item = &str>, wanted: &str| Space::names(names, |name| name == wanted);
    vec![
        Formula::In(Var::Place, named(&mut space.places.iter().map(|(id, _)| id.as_str()), place)),
        Formula::In(Var::Source, named(&mut space.sources.iter().map(|s| s.as_str()), USUAL_SOURCE)),
    ]
}

impl Query<'_, '_> {
    /// The simplest case that meets all of these, or `None` when no case does.
    pub(crate) fn witness(&mut self, wanted: &[Lit], wishes: &[Formula]) -> Result<Option<Witness>, Undecided> {
        if !self.holds(wanted)? {
            return Ok(None);
        }
        let mut held = wanted.to_vec();
        for wish in wishes {
            let lit = self.literal(wish);
            self.wish(&mut held, lit)?;
        }
        let types: Vec<usize> =
            self.orders.keys().filter(|(_, var)| *var == Var::Type).map(|(party, _)| *party).collect();
        for party in types {
            let natural = self.encode_in((party, Var::Type), &Set::one(0));
            self.wish(&mut held, natural)?;
        }
        for at in (1..self.present.len()).rev() {
            if let Some(&here) = self.present.get(at) {
                self.wish(&mut held, !here)?;
            }
        }
        let open: Vec<(Var, Lit)> = self.orders.iter().map(|((_, var), order)| (*var, order.known)).collect();
        // What only policies know is left out first: nobody can send it.
        let derived = |var: &Var| matches!(var, Var::Fact(fact) if self.space.is_derived(*fact));
        let (first, then): (Vec<_>, Vec<_>) =
            open.into_iter().filter(|(v, _)| v.may_be_unknown()).partition(|(v, _)| derived(v));
        for (_, known) in first.into_iter().chain(then) {
            self.wish(&mut held, !known)?;
        }
        let near = self.classes.as_ref().map_or_else(Vec::new, |(_, chosen)| chosen.clone());
        for class in near.into_iter().take(NEAR_DAYS_MAX) {
            if self.wish(&mut held, class)? {
                break;
            }
        }
        if self.classes.is_none() {
            self.wish_near_day(&mut held)?;
        }
        self.holds(&held)?;
        Ok(Some(self.read()))
    }

    /// Wishes for the day of the case in the cell nearest to the usual day.
    fn wish_near_day(&mut self, held: &mut Vec<Lit>) -> Result<(), Undecided> {
        let cuts = self.order((0, Var::Day)).cuts;
        for (_, lit) in cuts.range(..=days::usual()).rev().take(NEAR_DAYS_MAX) {
            if self.wish(held, *lit)? {
                break;
            }
        }
        for (_, lit) in cuts.range(days::usual() + 1..).take(NEAR_DAYS_MAX) {
            if self.wish(held, !*lit)? {
                break;
            }
        }
        Ok(())
    }

    /// Holds on to a literal if a case can have it.
    fn wish(&mut self, held: &mut Vec<Lit>, lit: Lit) -> Result<bool, Undecided> {
        held.push(lit);
        let met = self.holds(held)?;
        if !met {
            held.pop();
        }
        Ok(met)
    }

    /// The case found last.
    fn read(&self) -> Witness {
        let class = self.classes.as_ref().and_then(|(classes, chosen)| {
            classes.days.iter().zip(chosen).find(|(_, lit)| self.told(**lit)).map(|(day, _)| *day)
        });
        let day = class.unwrap_or_else(|| {
            let (first, last) = self.bounds((0, Var::Day), None);
            days::usual().clamp(first, last.max(first))
        });
        let numbers: BTreeMap<(usize, Var), i64> = self
            .orders
            .iter()
            .filter(|((_, var), order)| !var.may_be_unknown() || self.told(order.known))
            .map(|(seat, _)| (*seat, self.number(*seat, day)))
            .collect();
        let numbers = self.told_apart(numbers, day);
        let parties = (0..self.present.len()).filter(|at| self.present.get(*at).is_some_and(|lit| self.told(*lit)));
        let parties = parties.map(|at| self.party(at, &numbers)).collect();
        let space = self.space;
        let at = |var| numbers.get(&(0, var)).copied().unwrap_or_else(|| self.number((0, var), day));
        let name = |number: i64| usize::try_from(number).unwrap_or(0);
        let facts = self.facts(0, &numbers, |var| match var {
            Var::Fact(fact) => Some((fact, None)),
            Var::Word(fact, word) => Some((fact, Some(word))),
            _ => None,
        });
        let today = day_of(day);
        let (context, facts) = space.counted(facts);
        let case = Case::new(
            None,
            space.places.get(name(at(Var::Place))).map_or_else(|| "".into(), |(id, _)| (*id).clone()),
            space.kinds.get(name(at(Var::Kind))).map_or_else(|| "".into(), |id| (*id).clone()),
            space.sources.get(name(at(Var::Source))).map_or_else(|| "".into(), Clone::clone),
            today,
            parties,
            facts,
        );
        let question = Question { case, purposes: Purposes::BOTH, as_of: today, explain: true, context };
        let json = json_of(&question);
        Witness { question, json }
    }

    /// The numbers that the found case leaves open for a variable.
    fn bounds(&self, seat: (usize, Var), day: Option<i64>) -> (i64, i64) {
        let (first, last) = self.space.domain(seat.1);
        let Some(Order { cuts, shifts, .. }) = self.orders.get(&seat) else { return (first, last) };
        let moved = |shift| day.map(|day| self.space.spans.borrow_mut().at(shift, day, self.space.domain(Var::Day)));
        let moving = shifts.iter().filter_map(|(shift, lit)| Some((moved(*shift)?, *lit)));
        cuts.iter().map(|(cut, lit)| (*cut, *lit)).chain(moving).fold((first, last), |(a, b), (number, lit)| {
            if self.told(lit) { (a.max(number), b) } else { (a, b.min(number - 1)) }
        })
    }

    /// The most telling number: the usual one, else the edge that some condition draws.
    fn number(&self, seat: (usize, Var), day: i64) -> i64 {
        let (first, mut last) = self.bounds(seat, Some(day));
        let domain = self.space.domain(seat.1);
        let open = last == domain.1;
        if self.space.is_past(seat.1) {
            last = last.min(day.max(first));
        }
        let usual = |names: &mut dyn Iterator<Item = &str>, wanted: &str| {
            Space::names(names, |name| name == wanted).intersection(&Set::span(first, last)).first()
        };
        let wanted = match seat.1 {
            Var::Source => usual(&mut self.space.sources.iter().map(|s| s.as_str()), USUAL_SOURCE),
            Var::Role => usual(&mut self.space.roles.iter().map(|r| r.as_str()), USUAL_ROLE),
            _ => None,
        };
        wanted.unwrap_or(if first > domain.0 || open { first } else { last })
    }

    /// Facts compared with each other that share a cell are told apart within it where they must be.
    fn told_apart(&self, mut numbers: BTreeMap<(usize, Var), i64>, day: i64) -> BTreeMap<(usize, Var), i64> {
        for ((a, b), lit) in &self.at_least {
            let (Some(x), Some(y)) = (numbers.get(a).copied(), numbers.get(b).copied()) else { continue };
            if !self.told(*lit) && x >= y {
                let (first, _) = self.bounds(*a, Some(day));
                numbers.insert(*a, first);
                numbers.insert(*b, first + 1);
            }
        }
        for ((a, b), lit) in &self.at_least {
            let both = self.told(*lit) && self.at_least.get(&(*b, *a)).is_some_and(|back| self.told(*back));
            // What is not known stays so: nothing is said of how it stands to the other.
            if let (true, Some(x), true) = (both, numbers.get(a).copied(), numbers.contains_key(b)) {
                numbers.insert(*b, x);
            }
        }
        numbers
    }

    fn party(&self, at: usize, numbers: &BTreeMap<(usize, Var), i64>) -> Party {
        let number = |var| numbers.get(&(at, var)).copied().unwrap_or_else(|| self.number((at, var), 0));
        let index = |var| usize::try_from(number(var)).unwrap_or(0);
        let facts = self.facts(at, numbers, |var| match var {
            Var::Own(fact) => Some((fact, None)),
            Var::OwnWord(fact, word) => Some((fact, Some(word))),
            _ => None,
        });
        Party {
            role: self.space.roles.get(index(Var::Role)).map_or_else(|| USUAL_ROLE.into(), |role| (*role).clone()),
            kind: TYPES.get(index(Var::Type)).map_or(PartyType::Natural, |(kind, _)| *kind),
            facts,
        }
    }

    fn facts(
        &self,
        at: usize,
        numbers: &BTreeMap<(usize, Var), i64>,
        mine: impl Fn(Var) -> Option<(u32, Option<u32>)>,
    ) -> Facts {
        let mut words: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut facts = Vec::new();
        let own = numbers.iter().filter(|((seat, _), _)| *seat == at);
        for (fact, word, number) in own.filter_map(|((_, var), number)| mine(*var).map(|(f, w)| (f, w, *number))) {
            match word {
                Some(word) if number == 1 => words.entry(fact).or_default().push(word),
                Some(_) => {}
                None => {
                    words.entry(fact).or_default();
                    let Some((key, def)) = self.space.fact_at(fact) else { continue };
                    if self.space.is_derived(fact) {
                        words.remove(&fact);
                        continue; // policies set it, nobody sends it
                    }
                    facts.extend(self.value(fact, &def.kind, number).map(|value| (key.clone(), value)));
                }
            }
        }
        for (fact, chosen) in words {
            let Some((key, def)) = self.space.fact_at(fact) else { continue };
            if matches!(def.kind, FactType::Words(_)) && (!chosen.is_empty() || self.list_is_known(at, fact)) {
                let chosen = chosen.into_iter().filter_map(|word| self.space.word(fact, i64::from(word)));
                facts.push((key.clone(), Value::Words(chosen.collect())));
            }
        }
        Facts::new(facts)
    }

    fn list_is_known(&self, at: usize, fact: u32) -> bool {
        [Var::Fact(fact), Var::Own(fact)].iter().any(|var| {
            let at = if var.of_party() { at } else { 0 };
            self.orders.get(&(at, *var)).is_some_and(|order| self.told(order.known))
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of the vocabulary are below 2^53")]
    fn value(&self, fact: u32, kind: &FactType, number: i64) -> Option<Value> {
        Some(match kind {
            FactType::Text(_) => Value::Text(self.space.word(fact, number)?),
            FactType::Count { .. } => Value::Number(number as f64),
            FactType::Flag => Value::Flag(number == 1),
            FactType::Day => Value::Day(day_of(number)),
            FactType::Money { .. } => Value::Money(number),
            FactType::Words(_) => return None,
        })
    }
}

/// A question as its caller writes it, in the order in which people read a case.
fn json_of(question: &Question) -> String {
    let case = &question.case;
    let parties: Vec<String> = case.parties().iter().map(party_json).collect();
    let mut parts = vec![
        format!("\"locality\":{}", json!(case.locality.as_str())),
        format!("\"kind\":{}", json!(case.kind.as_str())),
    ];
    if case.source.as_str() != maple_wire::SOURCE_UNSTATED {
        parts.push(format!("\"source\":{}", json!(case.source.as_str())));
    }
    parts.push(format!("\"filed\":\"{}\"", case.filed));
    parts.push(format!("\"parties\":[{}]", parties.join(",")));
    parts.push(format!("\"facts\":{}", facts_json(&case.facts)));
    let context = if question.context.is_empty() {
        String::new()
    } else {
        format!(",\"context\":{}", facts_json(&question.context))
    };
    format!("{{\"case\":{{{}}},\"as_of\":\"{}\"{context}}}", parts.join(","), question.as_of)
}

fn party_json(party: &Party) -> String {
    let kind = TYPES.iter().find(|(kind, _)| *kind == party.kind).map_or("natural", |(_, name)| *name);
    let (role, facts) = (json!(party.role.as_str()), facts_json(&party.facts));
    format!("{{\"role\":{role},\"type\":\"{kind}\",\"facts\":{facts}}}")
}

fn facts_json(facts: &Facts) -> Json {
    let one = |value: &Value| match value {
        Value::Text(text) => json!(&**text),
        #[expect(clippy::cast_possible_truncation, reason = "counts are whole")]
        Value::Number(number) => json!(*number as i64),
        Value::Flag(flag) => json!(flag),
        Value::Day(day) => json!(day.to_string()),
        Value::Words(words) => json!(words.iter().map(|word| &**word).collect::<Vec<_>>()),
        Value::Money(minor) => json!(format!("{}.{:02}", minor / 100, minor % 100)),
    };
    facts.iter().map(|(key, value)| (key.as_str().to_owned(), one(value))).collect()
}
