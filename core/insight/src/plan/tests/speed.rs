//! How long a plan takes; run by hand.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use super::*;

const CASES_COUNT: usize = 5_000;
const PEOPLE_COUNT: usize = 500;

/// Xorshift: the same questions every time.
struct Dice(Cell<u64>);

impl Dice {
    fn roll(&self, sides: u64) -> u64 {
        let mut at = self.0.get();
        at ^= at << 13;
        at ^= at >> 7;
        at ^= at << 17;
        self.0.set(at);
        (at >> 11) % sides
    }

    fn chance(&self, percent: u64) -> bool {
        self.roll(100) < percent
    }
}

/// What a question is made of.
#[derive(Clone, Copy)]
struct Make {
    /// Statutory days lie on day 2 to this one.
    due: u64,
    /// Percent of the cases that need a skill, and of the people that have each.
    skilled: u64,
    /// Percent of the people with leave.
    leave: u64,
    capacity: u64,
    overload_max: u16,
    /// One locality for everybody.
    flat: bool,
    /// Weights of the cases: 1 to this one. The service gives all cases one weight.
    weights: u64,
}

/// A city with 10 counties of 10 towns: 200 people in towns, 200 in counties, 100 in the city.
fn make(make: Make) -> (Demand, Roster, Options) {
    let dice = Dice(Cell::new(88_172_645_463_325_252));
    let county = |at: u64| format!("cn/p/city/c{at}");
    let town = |at: u64| format!("cn/p/city/c{}/t{at}", at / 10);
    let mut stations = vec![station("city", "cn/p/city")];
    stations.extend((0..10).map(|at| station(&format!("c{at}"), &county(at))));
    stations.extend((0..100).map(|at| station(&format!("t{at}"), &town(at))));
    let people = (0..PEOPLE_COUNT as u64).map(|at| {
        let station = match at {
            _ if make.flat => "city".to_owned(),
            0..200 => format!("t{}", at / 2),
            200..400 => format!("c{}", (at - 200) / 20),
            _ => "city".to_owned(),
        };
        let first = dice.roll(60) as i32;
        let leave = Leave { first: day(first), last: day(first + dice.roll(14) as i32) };
        Mediator {
            kinds: (0..10).filter(|_| dice.chance(75)).map(|kind| Pattern::new(&format!("k{kind}.*"))).collect(),
            skills: (0..12).filter(|_| dice.chance(make.skilled)).map(|at| Code::from(format!("s{at}"))).collect(),
            languages: (0..4).filter(|_| dice.chance(60)).map(|at| Code::from(format!("l{at}"))).collect(),
            capacity: make.capacity as u16,
            open: dice.roll(make.capacity + 1) as u16,
            cadence_days: 5 + dice.roll(6) as u16,
            leave: dice.chance(make.leave).then_some(leave).into_iter().collect(),
            ..person(&format!("p{at:03}"), &station)
        }
    });
    let people = people.collect();
    let cases = (0..CASES_COUNT).map(|at| Waiting {
        locality: town(dice.roll(100)).as_str().into(),
        kind: format!("k{}.x", dice.roll(10)).as_str().into(),
        skills: (0..1)
            .filter(|_| dice.chance(make.skilled))
            .map(|_| Code::from(format!("s{}", dice.roll(12))))
            .collect(),
        languages: (0..1).filter(|_| dice.chance(10)).map(|_| Code::from(format!("l{}", dice.roll(4)))).collect(),
        earliest: day(if dice.chance(20) { dice.roll(20) as i32 } else { 0 }),
        due: Some(day(2 + dice.roll(make.due) as i32)),
        weight: 1 + dice.roll(make.weights) as u8,
        ..case(&format!("c{at:04}"))
    });
    let demand = Demand { cases: cases.collect() };
    (demand, Roster { stations, people }, Options { overload_max: make.overload_max, ..options() })
}

/// Time that this thread has run, on systems that tell.
fn cpu_now() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

fn cpu_since(before: Duration) -> Duration {
    cpu_now() - before
}

#[test]
#[ignore = "a measurement: run by hand"]
fn time() {
    let usual = Make { due: 60, skilled: 0, leave: 20, capacity: 8, overload_max: 0, flat: false, weights: 3 };
    let rows = [
        ("usual", usual),
        ("skills", Make { skilled: 50, ..usual }),
        ("much leave", Make { leave: 100, ..usual }),
        ("short clocks, overload", Make { due: 20, overload_max: 3, ..usual }),
        ("far too few slots", Make { capacity: 2, due: 20, overload_max: 1, ..usual }),
        ("one station", Make { flat: true, skilled: 30, ..usual }),
        ("far too few slots, one weight", Make { capacity: 2, due: 20, overload_max: 1, weights: 1, ..usual }),
        ("one station, one weight", Make { flat: true, skilled: 30, weights: 1, ..usual }),
    ];
    for (name, row) in rows {
        let (demand, roster, options) = make(row);
        let (cpu, begun) = (cpu_now(), Instant::now());
        let first = plan(&demand, &roster, &options).unwrap();
        println!("{name}: {:?} (cpu {:?}); {:?}", begun.elapsed(), cpu_since(cpu), first.objective);
        let demand = again(&demand, &first);
        let mut roster = roster;
        roster.people.remove(450);
        let (cpu, begun) = (cpu_now(), Instant::now());
        let second = plan(&demand, &roster, &options).unwrap();
        println!("  without one person: {:?} (cpu {:?}); {:?}", begun.elapsed(), cpu_since(cpu), second.objective);
    }
}
