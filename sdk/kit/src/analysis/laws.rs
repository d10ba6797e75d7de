//! What the vocabulary says of every case, whatever the tables say: days that have happened, flags that days imply, facts
//! of one type of party. A case that is otherwise is refused, or corrected before a policy sees it.

use std::collections::BTreeSet;

use maple_kernel::{FactDef, Scope};

use super::{
    formula::{Formula, Hull, Var},
    set::Set,
    space::{Space, TYPES},
};

impl Space<'_> {
    /// True for the day of something that has happened: it is never after the day of the case.
    pub(crate) fn is_past(&self, var: Var) -> bool {
        matches!(var, Var::Fact(fact) if self.fact_at(fact).is_some_and(|(_, def)| def.past && def.scope == Scope::Case))
    }

    /// The number of the only type of party that has a fact.
    pub(crate) fn only(&self, var: Var) -> Option<i64> {
        let Var::Own(fact) = var else { return None };
        let only = self.fact_at(fact)?.1.only?;
        TYPES.iter().zip(0..).find(|((kind, _), _)| *kind == only).map(|(_, number)| number)
    }

    /// That the flags among some formulas are true where a day that is known makes them so.
    pub(crate) fn implied(&self, formulas: &[&Formula]) -> Vec<Formula> {
        let mut flags = BTreeSet::new();
        for formula in formulas {
            formula.walk(&mut |part| match part {
                Formula::Known(Var::Fact(fact)) | Formula::In(Var::Fact(fact), _) => drop(flags.insert(*fact)),
                _ => {}
            });
        }
        let all = flags.into_iter().filter_map(|flag| self.fact_at(flag).map(|(_, def)| (flag, def)));
        all.filter_map(|(flag, def)| self.implies(flag, def)).collect()
    }

    fn implies(&self, flag: u32, def: &FactDef) -> Option<Formula> {
        let implied = def.implied.as_ref()?;
        let days = implied.days.iter().filter_map(|day| self.fact(day));
        let known = Formula::Any(days.map(|(day, _)| Formula::Known(Var::Fact(day))).collect());
        let covered = |kind: &str| implied.kinds.is_empty() || implied.kinds.iter().any(|kinds| kinds.covers(kind));
        let kinds = Space::names(self.kinds.iter().map(|kind| kind.as_str()), covered);
        let told = known.and(Formula::In(Var::Kind, kinds));
        Some(Formula::Any(vec![Formula::not(told), Formula::In(Var::Fact(flag), Set::one(1))]))
    }

    /// True when a product of domains may hold cases that the vocabulary does not allow.
    pub(crate) fn ties(&self, hull: &Hull) -> bool {
        let facts =
            || hull.domains.keys().filter_map(|var| if let Var::Fact(fact) = var { self.fact_at(*fact) } else { None });
        let implies = |(key, _): (&maple_kernel::FactKey, &FactDef)| self.implying.contains(key);
        hull.domains.keys().any(|var| self.is_past(*var))
            || facts().any(|(_, def)| def.implied.is_some())
            || facts().any(implies)
    }
}
