//! The rows of all tables as formulas, each with the days on which the law behind it is in force.

use std::collections::{BTreeSet, HashMap};

use maple_bundle::table::{Effect, Row, Table};
use maple_kernel::{LocalityId, Mode, Policy, PolicyId};

use super::{
    Undecided,
    derive::{self, Derived},
    formula::{Formula, Hull, Var},
    read,
    set::Set,
    space::Space,
};

/// One row of a table whose policy is asked.
pub(crate) struct Line<'t> {
    pub(crate) policy: &'t Policy,
    pub(crate) table: &'t Table,
    pub(crate) row: &'t Row,
    /// The place of the row in its table.
    pub(crate) number: usize,
    /// When its policy is asked and it speaks.
    pub(crate) speaks: Formula,
    pub(crate) hull: Hull,
    /// The same of the condition as it is written: derived facts are variables as others are, as rows that are bands of one
    /// rule show them.
    pub(crate) bands: Hull,
    /// Days on which some provision that it cites is law.
    pub(crate) lawful: Set,
}

/// A table and its lines.
pub(crate) struct Sheet<'t> {
    pub(crate) table: &'t Table,
    pub(crate) policy: &'t Policy,
    pub(crate) asked: Formula,
    /// INVARIANT once the study is made: each of them speaks on some case, or nobody could tell.
    pub(crate) lines: Vec<Line<'t>>,
    /// True when every row is a line.
    pub(crate) whole: bool,
}

/// A row, or a table, that cannot be put into formulas.
pub(crate) struct Missed<'t> {
    pub(crate) table: &'t Table,
    pub(crate) row: Option<&'t Row>,
    pub(crate) why: Undecided,
}

/// The tables whose policies are asked, in the order in which they are, with what their rows derive.
///
/// Of packs of which something was left out nobody knows what that derives.
pub(crate) fn sheets<'t>(
    space: &Space<'t>,
    tables: &'t [Table],
    lacking: &BTreeSet<LocalityId>,
) -> (Vec<Sheet<'t>>, Vec<Missed<'t>>, Derived<'t>) {
    let all = space.ruleset.localities().flat_map(|(place, _)| space.ruleset.policies_of(place));
    let policies: HashMap<&PolicyId, &Policy> = all.map(|policy| (&policy.id, policy)).collect();
    let of = |table: &'t Table| policies.get(&table.policy).copied().filter(|policy| policy.mode != Mode::Off);
    let mut asked: Vec<(&Policy, &Table)> = tables.iter().filter_map(|table| Some((of(table)?, table))).collect();
    asked.sort_by_key(|(policy, _)| derive::turn(policy));
    let (mut sheets, mut missed, mut derived) = (Vec::new(), Vec::new(), Derived::default());
    lacking.iter().for_each(|pack| derived.miss(pack));
    for (policy, table) in asked {
        if table.unread > 0 {
            let why = Undecided::new(format!("{} of its rows are not written as `[[rule]]`", table.unread));
            missed.push(Missed { table, row: None, why });
        }
        match space.asked(policy) {
            Ok(asked) => sheets.push(sheet(space, table, policy, asked, &mut derived, &mut missed)),
            Err(why) => {
                missed.push(Missed { table, row: None, why });
                table.rows.iter().for_each(|row| derived.note(space, policy, row, None));
            }
        }
        if table.unread > 0 && policy.mode == Mode::Enforce {
            derived.miss(&policy.locality);
        }
    }
    (sheets, missed, derived)
}

fn sheet<'t>(
    space: &Space<'t>,
    table: &'t Table,
    policy: &'t Policy,
    asked: Formula,
    derived: &mut Derived<'t>,
    missed: &mut Vec<Missed<'t>>,
) -> Sheet<'t> {
    let mut lines = Vec::with_capacity(table.rows.len());
    let written = asked;
    let asked = derived.tell(space, written.clone(), policy, None);
    for (number, row) in table.rows.iter().enumerate() {
        let when = match space.condition(&row.when, &policy.locality) {
            Ok(when) => when,
            Err(why) => {
                missed.push(Missed { table, row: Some(row), why });
                derived.note(space, policy, row, None);
                continue;
            }
        };
        let days = read::days(row.from, row.to);
        let raw = Formula::All(vec![written.clone(), days.clone(), when.clone()]);
        let bands = Hull::of(&raw, space).settled(space);
        let speaks = Formula::All(vec![asked.clone(), days, derived.tell(space, when, policy, None)]);
        derived.note(space, policy, row, Some(&speaks));
        let hull = Hull::of(&speaks, space).settled(space);
        lines.push(Line { policy, table, row, number, speaks, hull, bands, lawful: lawful(space, row) });
    }
    let whole = lines.len() == table.rows.len() && table.unread == 0;
    Sheet { table, policy, asked, lines, whole }
}

/// True for a place that is the other or lies below it.
pub(crate) fn lies_in(place: &LocalityId, upper: &LocalityId) -> bool {
    place.as_str().strip_prefix(upper.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn lawful(space: &Space<'_>, row: &Row) -> Set {
    let provisions = &space.ruleset.vocabulary().provisions;
    let cited = row.basis.iter().filter_map(|id| provisions.get(id));
    cited.fold(Set::empty(), |days, law| days.union(&read::window(Some(law.from), law.to)))
}

impl Line<'_> {
    /// When an effect of this row is heard: the row speaks, with law behind it if the effect needs any.
    pub(crate) fn heard(&self, effect: &Effect) -> Formula {
        if effect.needs_basis() {
            self.speaks.clone().and(Formula::In(Var::Day, self.lawful.clone()))
        } else {
            self.speaks.clone()
        }
    }

    /// First and last day on which it can speak.
    pub(crate) fn window(&self, space: &Space<'_>) -> (i64, i64) {
        let days = self.hull.domains.get(&Var::Day).map(|domain| &domain.set);
        let (first, last) = space.domain(Var::Day);
        (days.and_then(Set::first).unwrap_or(first), days.and_then(Set::last).unwrap_or(last))
    }

    /// The rule, as it is called in messages.
    pub(crate) fn rule(&self) -> &str {
        self.row.rule.as_str()
    }
}
