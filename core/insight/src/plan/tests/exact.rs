//! Small questions in every way, against a search through all answers that shares no code with the plan.

use proptest::{collection::vec, option, prelude::*, sample::select, sample::subsequence};

use super::*;

const LOCALITIES: [&str; 5] = ["cn", "cn/a", "cn/a/x", "cn/a/y", "cn/b"];

/// A slot as the model's page defines it: its day without regard to leave, and how far above capacity.
fn slots(who: &Mediator, options: &Options) -> Vec<(i32, u32)> {
    let (capacity, open) = (i32::from(who.capacity), i32::from(who.open));
    let mut slots: Vec<(i32, u32)> = (open..capacity).map(|_| (0, 0)).collect();
    let closings = (1..).take_while(|k| k * i32::from(who.cadence_days) <= i32::from(options.horizon_days));
    let some = closings.skip(usize::try_from(open - capacity).unwrap_or(0));
    slots.extend(some.map(|k| (k * i32::from(who.cadence_days), 0)));
    let above = (open - capacity).max(0) + 1..=i32::from(options.overload_max);
    slots.extend(above.map(|n| (0, n.unsigned_abs())));
    slots
}

fn at_work(who: &Mediator, mut from: i32) -> i32 {
    while who.leave.iter().any(|leave| leave.first <= day(from) && day(from) <= leave.last) {
        from += 1;
    }
    from
}

fn levels(case: &Waiting, roster: &Roster, who: &Mediator) -> Option<u64> {
    let station = roster.stations.iter().find(|station| station.id == who.station).unwrap();
    let rest = case.locality.as_str().strip_prefix(station.locality.as_str())?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.matches('/').count() as u64)
}

fn may(case: &Waiting, who: &Mediator) -> bool {
    let kind = who.kinds.is_empty() || who.kinds.iter().any(|kind| kind.covers(case.kind.as_str()));
    let free = !who.conflicts.contains(&case.id) && who.conflicts.is_disjoint(&case.parties);
    kind && free && case.skills.is_subset(&who.skills) && case.languages.is_subset(&who.languages)
}

struct Search<'a> {
    demand: &'a Demand,
    roster: &'a Roster,
    horizon: i32,
    free: Vec<Vec<(i32, u32)>>,
    given: Vec<u16>,
    best: Objective,
}

impl Search<'_> {
    fn best(demand: &Demand, roster: &Roster, options: &Options) -> Objective {
        let mut search = Search {
            demand,
            roster,
            horizon: options.horizon_days.into(),
            free: roster.people.iter().map(|who| slots(who, options)).collect(),
            given: vec![0; roster.people.len()],
            best: Objective { unplaced: u64::MAX, ..Objective::default() },
        };
        search.from(0, Objective::default());
        search.best
    }

    fn from(&mut self, at: usize, so_far: Objective) {
        if so_far >= self.best {
            return;
        }
        let Some(case) = self.demand.cases.get(at) else {
            self.best = so_far;
            return;
        };
        for index in 0..self.roster.people.len() {
            self.give(at, case, index, so_far);
        }
        let mut without = so_far;
        without.unplaced += u64::from(case.weight);
        without.late += u64::from(case.weight) * late(case, self.horizon + 1);
        without.changes += u64::from(case.present.is_some());
        self.from(at + 1, without);
    }

    fn give(&mut self, at: usize, case: &Waiting, index: usize, so_far: Objective) {
        let who = &self.roster.people[index];
        let Some(levels) = levels(case, self.roster, who).filter(|_| may(case, who)) else { return };
        if who.plan_max.is_some_and(|max| self.given[index] >= max) {
            return;
        }
        for slot in 0..self.free[index].len() {
            let (from, above) = self.free[index].swap_remove(slot);
            let taken = at_work(who, from.max(case.earliest.days_since(day(0))));
            if taken <= self.horizon {
                let mut with = so_far;
                with.late += u64::from(case.weight) * late(case, taken);
                with.overload += u64::from(above);
                with.levels += levels;
                with.changes += u64::from(case.present.as_ref().is_some_and(|id| *id != who.id));
                with.days += u64::try_from(at_work(who, from)).unwrap();
                self.given[index] += 1;
                self.from(at + 1, with);
                self.given[index] -= 1;
            }
            self.free[index].push((from, above));
            let last = self.free[index].len() - 1;
            self.free[index].swap(slot, last);
        }
    }
}

/// Days late of a case that is taken up on this day.
fn late(case: &Waiting, taken: i32) -> u64 {
    let late = case.due.map_or(0, |due| taken + i32::from(case.days) - due.days_since(day(0)));
    u64::try_from(late).unwrap_or(0)
}

fn codes(all: &'static [&'static str]) -> impl Strategy<Value = BTreeSet<Code>> {
    subsequence(all, 0..=all.len()).prop_map(|some| some.into_iter().map(Code::from).collect())
}

fn few() -> impl Strategy<Value = BTreeSet<Code>> {
    prop_oneof![3 => Just(BTreeSet::new()), 1 => codes(&["a", "b"])]
}

fn waiting() -> impl Strategy<Value = Waiting> {
    let what = (select(&LOCALITIES[..]), select(&["labour.wage", "labour.injury", "family"][..]), few(), few());
    let due = option::weighted(0.9, -40..70_i32);
    let when = (-5..50_i32, due, prop_oneof![3 => Just(0_u16), 1 => 0..30_u16], 1..4_u8);
    let who = (subsequence(vec!["o1", "o2"], 0..=1), option::of(select(&["p0", "p1", "p2", "gone"][..])));
    (what, when, who).prop_map(|(what, (earliest, due, days, weight), (parties, present))| Waiting {
        id: String::new(),
        locality: what.0.into(),
        kind: what.1.into(),
        languages: what.2,
        skills: what.3,
        earliest: day(earliest),
        due: due.map(day),
        days,
        weight,
        parties: parties.into_iter().map(str::to_owned).collect(),
        present: present.map(str::to_owned),
    })
}

fn mediator(stations: usize) -> impl Strategy<Value = Mediator> {
    let words = prop_oneof![2 => Just(words(["a", "b"])), 1 => codes(&["a", "b"])];
    let kinds = select(vec![vec![], vec!["labour.*"], vec!["labour.wage", "family"], vec!["*"]]);
    let leave = vec((-5..50_i32, 0..20_i32), 0..3);
    let conflicts = subsequence(vec!["c0", "c1", "o1"], 0..=1);
    let can = (0..stations, words.clone(), words, kinds);
    let load = (1..4_u16, option::weighted(0.2, 0..3_u16), 0..4_u16, 8..70_u16);
    (can, load, leave, conflicts).prop_map(|(can, load, leave, conflicts)| Mediator {
        id: String::new(),
        station: format!("s{}", can.0),
        skills: can.1,
        languages: can.2,
        kinds: can.3.into_iter().map(Pattern::new).collect(),
        capacity: load.0,
        plan_max: load.1,
        open: load.2,
        cadence_days: load.3,
        leave: leave.into_iter().map(|(from, days)| Leave { first: day(from), last: day(from + days) }).collect(),
        conflicts: conflicts.into_iter().map(str::to_owned).collect(),
    })
}

prop_compose! {
    fn question()(localities in vec(select(&LOCALITIES[..]), 1..4))(
        cases in vec(waiting(), 0..6),
        people in vec(mediator(localities.len()), 0..4),
        localities in Just(localities),
        horizon_days in 0..61_u16,
        overload_max in 0..3_u16,
    ) -> (Demand, Roster, Options) {
        let numbered = |at: usize, mut case: Waiting| { case.id = format!("c{at}"); case };
        let named = |at: usize, mut who: Mediator| { who.id = format!("p{at}"); who };
        (
            Demand { cases: cases.into_iter().enumerate().map(|(at, case)| numbered(at, case)).collect() },
            Roster {
                stations: localities.iter().enumerate().map(|(at, path)| station(&format!("s{at}"), path)).collect(),
                people: people.into_iter().enumerate().map(|(at, who)| named(at, who)).collect(),
            },
            Options { today: day(0), horizon_days, overload_max },
        )
    }
}

/// Every hard constraint, and the objective counted again from what the plan says.
fn hold(demand: &Demand, roster: &Roster, options: &Options, plan: &Plan) {
    let (overload, days) = (plan.objective.overload, plan.objective.days);
    let mut told = Objective { overload, days, ..Objective::default() };
    assert_eq!(plan.placements.len() + plan.unplaced.len(), demand.cases.len());
    for placement in &plan.placements {
        let case = demand.cases.iter().find(|case| case.id == placement.case).unwrap();
        let who = roster.people.iter().find(|who| who.id == placement.person).unwrap();
        let taken = placement.day.days_since(day(0));
        assert!(may(case, who) && placement.station == who.station);
        assert!(taken <= options.horizon_days.into() && at_work(who, taken) == taken && case.earliest <= placement.day);
        let late = late(case, taken);
        assert_eq!(late > 0, placement.reasons.contains(&Reason::Late { days: u32::try_from(late).unwrap() }));
        told.late += u64::from(case.weight) * late;
        told.levels += levels(case, roster, who).unwrap();
        told.changes += u64::from(case.present.as_ref().is_some_and(|id| *id != who.id));
    }
    for unplaced in &plan.unplaced {
        let case = demand.cases.iter().find(|case| case.id == unplaced.case).unwrap();
        assert_eq!(unplaced.bars.values().sum::<u32>() as usize, roster.people.len());
        told.unplaced += u64::from(case.weight);
        told.late += u64::from(case.weight) * late(case, i32::from(options.horizon_days) + 1);
        told.changes += u64::from(case.present.is_some());
    }
    assert_eq!(told, plan.objective);
    for who in &roster.people {
        let days: Vec<i32> =
            plan.placements.iter().filter(|p| p.person == who.id).map(|p| p.day.days_since(day(0))).collect();
        assert!(who.plan_max.is_none_or(|max| days.len() <= usize::from(max)));
        for until in 0..=i32::from(options.horizon_days) {
            let free = slots(who, options).iter().filter(|(from, _)| at_work(who, *from) <= until).count();
            assert!(days.iter().filter(|taken| **taken <= until).count() <= free, "{} on day {until}", who.id);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_plan_is_better((demand, roster, options) in question()) {
        let best = Search::best(&demand, &roster, &options);
        for split in [Split::ByCost, Split::Never] {
            let plan = plan_with(&demand, &roster, &options, split).unwrap();
            hold(&demand, &roster, &options, &plan);
            prop_assert_eq!(plan.objective, best);
        }
    }

    #[test]
    fn the_order_of_the_question_does_not_matter(
        ((demand, roster, options), cases, people) in question().prop_flat_map(|(demand, roster, options)| {
            let (cases, people) = (Just(demand.cases.clone()).prop_shuffle(), Just(roster.people.clone()).prop_shuffle());
            (Just((demand, roster, options)), cases, people)
        })
    ) {
        let mut stations = roster.stations.clone();
        stations.reverse();
        let other = plan(&Demand { cases }, &Roster { stations, people }, &options).unwrap();
        prop_assert_eq!(plan(&demand, &roster, &options).unwrap(), other);
    }

    #[test]
    fn a_plan_made_again_changes_nothing((demand, roster, options) in question()) {
        let first = plan(&demand, &roster, &options).unwrap();
        let second = plan(&again(&demand, &first), &roster, &options).unwrap();
        let who = |plan: &Plan| -> Vec<(String, String, Day)> {
            plan.placements.iter().map(|p| (p.case.clone(), p.person.clone(), p.day)).collect()
        };
        prop_assert_eq!(who(&first), who(&second));
        prop_assert_eq!(second.objective.changes, 0);
        prop_assert!(second.placements.iter().all(|p| p.reasons.contains(&Reason::Kept)));
    }

    #[test]
    fn without_one_person_as_few_cases_move_as_can((demand, mut roster, options) in question()) {
        let first = plan(&demand, &roster, &options).unwrap();
        let demand = again(&demand, &first);
        roster.people.pop();
        let second = plan(&demand, &roster, &options).unwrap();
        hold(&demand, &roster, &options, &second);
        prop_assert_eq!(second.objective, Search::best(&demand, &roster, &options));
    }
}
