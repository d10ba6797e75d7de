//! Whether a case exists that meets some formulas and not others: exact, by a SAT solver over the cells that the
//! formulas cut each variable into.
//!
//! A variable is a whole number in order encoding: one literal for each number at which some formula changes its mind.
//! Days that move with the day of the case are further cuts, whose order among the others is told for each order that
//! there is ([`days`](super::days)). A case needs no more parties than there are conditions on parties to show met or
//! unmet, so as many are laid out.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
};

use batsat::{Callbacks, Lit, Solver, SolverInterface, SolverOpts, clause, lbool};
use maple_wire::PARTIES_COUNT_MAX;

use super::{
    Undecided,
    days::{self, Classes, Compared},
    formula::{Formula, Shift, Var},
    set::Set,
    space::Space,
};

/// How many clauses the solver may learn for one answer.
pub(crate) const CONFLICTS_MAX: u32 = 200_000;

/// Ends a search that takes too long.
#[derive(Default)]
struct Patience(Cell<u32>);

impl Callbacks for Patience {
    fn on_start(&mut self) {
        self.0.set(0);
    }

    fn on_new_clause(&mut self, _: &[Lit], kind: clause::Kind) {
        if kind == clause::Kind::Learnt {
            self.0.set(self.0.get().saturating_add(1));
        }
    }

    fn stop(&self) -> bool {
        self.0.get() > CONFLICTS_MAX
    }
}

/// A variable of the case, or of the party with this number.
type Seat = (usize, Var);

/// One variable's literals.
#[derive(Clone)]
pub(super) struct Order {
    pub(super) known: Lit,
    /// True from this number on.
    pub(super) cuts: BTreeMap<i64, Lit>,
    pub(super) shifts: Vec<(Shift, Lit)>,
}

/// A question about formulas that were told when it was made.
pub(crate) struct Query<'s, 'r> {
    pub(super) space: &'s Space<'r>,
    solver: Solver<Patience>,
    top: Lit,
    cuts: BTreeMap<Var, BTreeSet<i64>>,
    shifts: BTreeMap<Var, Vec<Shift>>,
    pairs: Vec<(Var, Var)>,
    pub(super) present: Vec<Lit>,
    pub(super) classes: Option<(Rc<Classes>, Vec<Lit>)>,
    pub(super) orders: BTreeMap<Seat, Order>,
    pub(super) at_least: HashMap<(Seat, Seat), Lit>,
}

impl<'s, 'r> Query<'s, 'r> {
    /// A question about these formulas, while the case is of a day of the window.
    pub(crate) fn new(space: &'s Space<'r>, formulas: &[&Formula], window: (i64, i64)) -> Result<Self, Undecided> {
        let mut solver = Solver::new(SolverOpts::default(), Patience::default());
        let top = Lit::new(solver.new_var_default(), true);
        solver.add_clause_reuse(&mut vec![top]);
        let mut query = Self {
            space,
            solver,
            top,
            cuts: BTreeMap::new(),
            shifts: BTreeMap::new(),
            pairs: Vec::new(),
            present: Vec::new(),
            classes: None,
            orders: BTreeMap::new(),
            at_least: HashMap::new(),
        };
        let laws = space.implied(formulas);
        let told: Vec<&Formula> = formulas.iter().copied().chain(&laws).collect();
        let seats = query.gather(&told);
        query.share_cuts()?;
        query.cut_for_laws();
        query.seat(seats);
        query.lay_out_days(window)?;
        for law in &laws {
            let lit = query.literal(law);
            query.clause(&[lit]);
        }
        Ok(query)
    }

    /// Notes every number at which a formula changes its mind; gives the number of parties that can matter.
    fn gather(&mut self, formulas: &[&Formula]) -> usize {
        let mut quantifiers = 0;
        for formula in formulas {
            formula.walk(&mut |part| match part {
                Formula::In(var, set) => {
                    let cuts = self.cuts.entry(*var).or_default();
                    cuts.extend(set.intervals().iter().flat_map(|(a, b)| [*a, b.saturating_add(1)]));
                }
                Formula::Since(var, shift) => {
                    let shifts = self.shifts.entry(*var).or_default();
                    if !shifts.contains(shift) {
                        shifts.push(*shift);
                    }
                }
                Formula::AtLeast(a, b) => {
                    let pair = (*a.min(b), *a.max(b));
                    if !self.pairs.contains(&pair) {
                        self.pairs.push(pair);
                    }
                }
                Formula::Some(_) | Formula::Every(_) => quantifiers += 1,
                Formula::All(_) | Formula::Any(_) | Formula::Not(_) | Formula::Known(_) => {}
            });
        }
        quantifiers.clamp(1, PARTIES_COUNT_MAX)
    }

    /// Facts that are compared with each other are cut at the same numbers. Only pairs are compared exactly.
    fn share_cuts(&mut self) -> Result<(), Undecided> {
        let mut met = BTreeSet::new();
        for (a, b) in self.pairs.clone() {
            if a == b {
                continue;
            }
            if !met.insert(a) || !met.insert(b) || self.shifts.contains_key(&a) || self.shifts.contains_key(&b) {
                return Err(Undecided::new("it compares more than two facts with each other".to_owned()));
            }
            let mut cuts: BTreeSet<i64> =
                [a, b].iter().filter_map(|var| self.cuts.get(var)).flatten().copied().collect();
            for var in [a, b] {
                let (first, last) = self.space.domain(var);
                cuts.extend([first, last.saturating_add(1)]);
            }
            self.cuts.insert(a, cuts.clone());
            self.cuts.insert(b, cuts);
        }
        Ok(())
    }

    /// The day of the case is cut where the days are that never lie after it, and the types of parties each by itself.
    fn cut_for_laws(&mut self) {
        let past = self.cuts.iter().filter(|(var, _)| self.space.is_past(**var)).flat_map(|(_, cuts)| cuts);
        let past: Vec<i64> = past.copied().collect();
        self.cuts.entry(Var::Day).or_default().extend(past);
        let (first, last) = self.space.domain(Var::Type);
        self.cuts.entry(Var::Type).or_default().extend(first..=last);
    }

    fn seat(&mut self, seats: usize) {
        self.present.push(self.top);
        for at in 1..seats {
            let here = self.fresh();
            if let Some(&before) = self.present.get(at - 1) {
                self.clause(&[!here, before]);
            }
            self.present.push(here);
        }
    }

    fn lay_out_days(&mut self, window: (i64, i64)) -> Result<(), Undecided> {
        let (first, last) = window;
        self.cuts.entry(Var::Day).or_default().extend([first, last.saturating_add(1)]);
        if !self.shifts.is_empty() {
            let day_cuts = self.cuts.get(&Var::Day).cloned().unwrap_or_default();
            let compared: Vec<Compared> = self.shifts.iter().map(|(var, shifts)| self.compared(*var, shifts)).collect();
            let classes = days::classes(self.space, window, &day_cuts, &compared)?;
            let chosen: Vec<Lit> = classes.days.iter().map(|_| self.fresh()).collect();
            self.clause(&chosen);
            self.classes = Some((classes, chosen));
        }
        let inside = self.encode_in((0, Var::Day), &Set::span(first, last));
        self.clause(&[inside]);
        Ok(())
    }

    fn compared(&self, var: Var, shifts: &[Shift]) -> Compared {
        let (first, last) = self.space.domain(var);
        let mut cuts = self.cuts.get(&var).cloned().unwrap_or_default();
        cuts.extend([first, last.saturating_add(1)]);
        Compared { cuts, shifts: shifts.to_vec() }
    }

    pub(super) fn fresh(&mut self) -> Lit {
        Lit::new(self.solver.new_var_default(), true)
    }

    pub(super) fn clause(&mut self, lits: &[Lit]) {
        self.solver.add_clause_reuse(&mut lits.to_vec());
    }

    /// A literal that is true exactly when all of these are.
    fn all(&mut self, parts: &[Lit]) -> Lit {
        if let [only] = parts {
            return *only;
        }
        let whole = self.fresh();
        let mut back = vec![whole];
        for part in parts {
            self.clause(&[!whole, *part]);
            back.push(!*part);
        }
        self.clause(&back);
        whole
    }

    fn any(&mut self, parts: &[Lit]) -> Lit {
        let parts: Vec<Lit> = parts.iter().map(|part| !*part).collect();
        !self.all(&parts)
    }

    /// The literal of a formula about the case; it uses no number that the question was not told of.
    pub(crate) fn literal(&mut self, formula: &Formula) -> Lit {
        self.encode(formula, 0)
    }

    fn encode(&mut self, formula: &Formula, party: usize) -> Lit {
        let seat = |var: Var| (if var.of_party() { party } else { 0 }, var);
        match formula {
            Formula::All(parts) => {
                let parts: Vec<Lit> = parts.iter().map(|part| self.encode(part, party)).collect();
                self.all(&parts)
            }
            Formula::Any(parts) => {
                let parts: Vec<Lit> = parts.iter().map(|part| self.encode(part, party)).collect();
                self.any(&parts)
            }
            Formula::Not(inner) => !self.encode(inner, party),
            Formula::Known(var) => self.order(seat(*var)).known,
            Formula::In(var, set) => self.encode_in(seat(*var), set),
            Formula::Since(var, shift) => {
                let order = self.order(seat(*var));
                order.shifts.iter().find(|(own, _)| own == shift).map_or(self.top, |(_, lit)| *lit)
            }
            Formula::AtLeast(a, b) => self.encode_at_least(seat(*a), seat(*b)),
            Formula::Some(inner) => {
                let parts: Vec<Lit> = (0..self.present.len()).map(|at| self.met(inner, at, false)).collect();
                self.any(&parts)
            }
            Formula::Every(inner) => {
                let parts: Vec<Lit> = (0..self.present.len()).map(|at| self.met(inner, at, true)).collect();
                self.all(&parts)
            }
        }
    }

    /// A party is there and meets the formula; or `absent`, it is not there or meets it.
    fn met(&mut self, inner: &Formula, at: usize, absent: bool) -> Lit {
        let (meets, here) = (self.encode(inner, at), self.present.get(at).copied().unwrap_or(self.top));
        if absent { self.any(&[!here, meets]) } else { self.all(&[here, meets]) }
    }

    pub(super) fn encode_in(&mut self, seat: Seat, set: &Set) -> Lit {
        let order = self.order(seat);
        let (first, last) = self.space.domain(seat.1);
        let from = |number: i64, top: Lit| {
            if number <= first {
                top
            } else if number > last {
                !top
            } else {
                order.cuts.get(&number).copied().unwrap_or(top)
            }
        };
        let mut parts = Vec::new();
        for (a, b) in set.intervals() {
            let (low, high) = (from(*a, self.top), from(b.saturating_add(1), self.top));
            parts.push(self.all(&[low, !high]));
        }
        let inside = self.any(&parts);
        if order.known == self.top { inside } else { self.all(&[order.known, inside]) }
    }

    /// The literals of a variable, laid out when it is met for the first time.
    pub(super) fn order(&mut self, seat: Seat) -> Order {
        if let Some(order) = self.orders.get(&seat) {
            return order.clone();
        }
        let var = seat.1;
        let (first, last) = self.space.domain(var);
        let known = if var.may_be_unknown() { self.fresh() } else { self.top };
        let cuts: Vec<i64> = self.cuts.get(&var).into_iter().flatten().copied().collect();
        let cuts: BTreeMap<i64, Lit> =
            cuts.into_iter().filter(|cut| (first + 1..=last).contains(cut)).map(|cut| (cut, self.fresh())).collect();
        let shifts: Vec<Shift> = self.shifts.get(&var).cloned().unwrap_or_default();
        let shifts: Vec<(Shift, Lit)> = shifts.into_iter().map(|shift| (shift, self.fresh())).collect();
        let lits: Vec<Lit> = cuts.values().copied().collect();
        for (low, high) in lits.iter().zip(lits.iter().skip(1)) {
            self.clause(&[!*high, *low]);
        }
        let order = Order { known, cuts, shifts };
        self.orders.insert(seat, order.clone());
        self.order_days(var, &order, (first, last));
        match var {
            Var::Word(fact, _) => self.imply_known((seat.0, var), (0, Var::Fact(fact))),
            Var::OwnWord(fact, _) => self.imply_known((seat.0, var), (seat.0, Var::Own(fact))),
            Var::Own(_) => {
                if let Some(only) = self.space.only(var) {
                    let fits = self.encode_in((seat.0, Var::Type), &Set::one(only));
                    self.clause(&[!known, fits]);
                }
            }
            Var::Fact(_) if self.space.is_past(var) => self.keep_past(&order),
            _ => {}
        }
        order
    }

    /// A day that has happened lies in no cell that begins after the day of the case. From every other cell it can take the
    /// first day, so nothing more needs to be said.
    fn keep_past(&mut self, order: &Order) {
        let today = self.order((0, Var::Day));
        for (cut, lit) in &order.cuts {
            if let Some(reached) = today.cuts.get(cut) {
                self.clause(&[!order.known, !*lit, *reached]);
            }
        }
        let Some((classes, chosen)) = self.classes.clone() else { return };
        for (day, class) in classes.days.iter().zip(chosen) {
            for (shift, lit) in &order.shifts {
                if self.space.spans.borrow_mut().at(*shift, *day, self.space.domain(Var::Day)) > *day {
                    self.clause(&[!class, !order.known, !*lit]);
                }
            }
        }
    }

    /// A list that holds a word is known.
    fn imply_known(&mut self, word: Seat, fact: Seat) {
        let (word, fact) = (self.encode_in(word, &Set::one(1)), self.order(fact).known);
        self.clause(&[!word, fact]);
    }

    /// In each order of days, the moving days of a variable stand where the order says.
    fn order_days(&mut self, var: Var, order: &Order, (first, last): (i64, i64)) {
        let Some((classes, chosen)) = self.classes.clone() else { return };
        for (day, class) in classes.days.iter().zip(chosen) {
            if var == Var::Day {
                for (cut, lit) in &order.cuts {
                    self.clause(&[!class, if day >= cut { *lit } else { !*lit }]);
                }
                continue;
            }
            if order.shifts.is_empty() {
                continue;
            }
            let mut all: Vec<(i64, Lit)> = order.cuts.iter().map(|(cut, lit)| (*cut, *lit)).collect();
            for (shift, lit) in &order.shifts {
                all.push((self.space.spans.borrow_mut().at(*shift, *day, self.space.domain(Var::Day)), *lit));
            }
            all.sort_by_key(|(number, _)| *number);
            for ((low, a), (high, b)) in all.iter().zip(all.iter().skip(1)) {
                self.clause(&[!class, !*b, *a]);
                if low == high {
                    self.clause(&[!class, !*a, *b]);
                }
            }
            for (number, lit) in all {
                if number <= first {
                    self.clause(&[!class, lit]);
                } else if number > last {
                    self.clause(&[!class, !lit]);
                }
            }
        }
    }

    /// Two facts cut at the same numbers: in different cells the cells decide, in one cell of several numbers either
    /// may be greater.
    fn encode_at_least(&mut self, a: Seat, b: Seat) -> Lit {
        if a == b {
            return self.top;
        }
        if let Some(lit) = self.at_least.get(&(a, b)) {
            return *lit;
        }
        let (ab, ba) = (self.fresh(), self.fresh());
        self.at_least.insert((a, b), ab);
        self.at_least.insert((b, a), ba);
        self.clause(&[ab, ba]);
        let (x, y) = (self.steps(a), self.steps(b));
        for ((number, x), (_, y)) in x.iter().zip(&y) {
            for (not_less, more, less) in [(ab, *y, *x), (ba, *x, *y)] {
                self.clause(&[!not_less, !more, less]);
            }
            let _ = number;
        }
        for ((low, high), (other_low, other_high)) in x.iter().zip(x.iter().skip(1)).zip(y.iter().zip(y.iter().skip(1)))
        {
            if low.0 + 1 == high.0 {
                for not_less in [ab, ba] {
                    self.clause(&[!low.1, high.1, !other_low.1, other_high.1, not_less]);
                }
            }
        }
        ab
    }

    /// Every number at which a compared fact is cut, the edges of what it may be included.
    fn steps(&mut self, seat: Seat) -> Vec<(i64, Lit)> {
        let order = self.order(seat);
        let (first, last) = self.space.domain(seat.1);
        let cuts = self.cuts.get(&seat.1).cloned().unwrap_or_default();
        let lit = |cut: i64| match order.cuts.get(&cut) {
            Some(lit) => *lit,
            None if cut <= first => self.top,
            None if cut > last => !self.top,
            None => self.top,
        };
        cuts.into_iter().map(|cut| (cut, lit(cut))).collect()
    }

    /// True when a case meets all of these.
    pub(crate) fn holds(&mut self, wanted: &[Lit]) -> Result<bool, Undecided> {
        match self.solver.solve_limited(wanted) {
            answer if answer == lbool::TRUE => Ok(true),
            answer if answer == lbool::FALSE => Ok(false),
            _ => Err(Undecided::new("the search was given up".to_owned())),
        }
    }

    /// Whether a literal is true in the case found last.
    pub(super) fn told(&self, lit: Lit) -> bool {
        self.solver.value_lit(lit) == lbool::TRUE
    }
}
