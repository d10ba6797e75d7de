//! Whoever adds up and takes away the figures of one answer learns of no count from one to nine.
//!
//! The attack knows nothing of how figures are hidden. It takes each number that is shown as an equation over what the places
//! and months count, and asks of each set of disputes that counts few whether the equations give its number: whether it lies
//! in their span, modulo a prime.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a test says why it fails"
)]

use std::collections::BTreeMap;

use maple_insight::figures::{Counts, Cover, Figure, Indicator, Measure as M};

const PRIME: u64 = 2_147_483_647;

/// A generator of numbers that is the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as i64) % end
    }

    /// Some of them: all, almost all, about a half, few or none.
    fn some_of(&mut self, all: i64) -> i64 {
        let few = self.below(12);
        match self.below(5) {
            0 => all,
            1 => (all - few).max(0),
            2 => all / 2,
            3 => few.min(all),
            _ => self.below(all + 1),
        }
    }
}

/// What can be counted of a place and a month: by name.
type Cells = BTreeMap<&'static str, i64>;

/// Names that hang together; nothing ties one of them to one of another.
const APART: [&[&str]; 8] = [
    &["registered", "contacted", "offered", "ended", "to_court"],
    &["filed", "concluded", "agreements", "before", "confirmable", "asked", "decided", "granted", "relapsed"],
    &["village", "town", "county", "city", "province", "court", "limited", "in_time", "sued", "parties"],
    &["offers", "offers_agreed"],
    &["refusals", "honoured"],
    &["due", "performed"],
    &["resolved_asked", "resolved"],
    &["satisfied_asked", "satisfied"],
];

/// Which lies within which.
const WITHIN: [(&str, &str); 20] = [
    ("contacted", "registered"),
    ("offered", "contacted"),
    ("ended", "registered"),
    ("to_court", "registered"),
    ("agreements", "concluded"),
    ("before", "agreements"),
    ("confirmable", "agreements"),
    ("asked", "confirmable"),
    ("decided", "asked"),
    ("granted", "decided"),
    ("relapsed", "agreements"),
    ("limited", "closed"),
    ("in_time", "limited"),
    ("sued", "closed"),
    ("parties", "sued"),
    ("offers_agreed", "offers"),
    ("honoured", "refusals"),
    ("performed", "due"),
    ("resolved", "resolved_asked"),
    ("satisfied", "satisfied_asked"),
];
const LEVELS: [&str; 6] = ["village", "town", "county", "city", "province", "court"];

/// A formula over names.
type Formula = Vec<(&'static str, i64)>;

fn formula(name: &'static str) -> Formula {
    match name {
        "closed" => LEVELS.iter().map(|level| (*level, 1)).collect(),
        "settled_or_sued" => vec![("before", 1), ("filed", 1)],
        _ => vec![(name, 1)],
    }
}

fn without(outer: &'static str, inner: &'static str) -> Formula {
    formula(outer).into_iter().chain(formula(inner).into_iter().map(|(name, times)| (name, -times))).collect()
}

fn cells(random: &mut Random) -> Cells {
    let size = [0, 3, 8, 14, 60, 400][random.below(6) as usize];
    let mut cells = Cells::new();
    for name in ["registered", "concluded", "filed", "offers", "refusals", "due", "resolved_asked", "satisfied_asked"] {
        cells.insert(name, random.below(size + 1) + size / 3);
    }
    for level in LEVELS {
        let none = random.below(3) == 0;
        cells.insert(level, if none { 0 } else { random.below(size + 1) });
    }
    for (inner, outer) in WITHIN {
        let all = formula(outer).iter().map(|(name, _)| cells[name]).sum();
        let some = random.some_of(all);
        cells.insert(inner, some);
    }
    cells
}

fn value(of: &Formula, cells: &[&Cells]) -> i64 {
    of.iter().map(|(name, times)| times * cells.iter().map(|cells| cells[name]).sum::<i64>()).sum()
}

fn counts(cells: &[&Cells]) -> Counts {
    let of = |name| value(&formula(name), cells);
    let mut counts = Counts::default();
    for (name, measure) in [
        ("registered", M::Registered),
        ("filed", M::FiledInCourt),
        ("concluded", M::Concluded),
        ("agreements", M::Agreements),
        ("before", M::BeforeCourt),
        ("confirmable", M::Confirmable),
        ("asked", M::ConfirmationsFiled),
        ("decided", M::ConfirmationsDecided),
        ("granted", M::ConfirmationsGranted),
        ("relapsed", M::Relapsed),
        ("closed", M::Closed),
        ("village", M::ClosedVillage),
        ("town", M::ClosedTown),
        ("county", M::ClosedCounty),
        ("city", M::ClosedCity),
        ("province", M::ClosedProvince),
        ("court", M::ClosedCourt),
        ("limited", M::ClosedLimited),
        ("in_time", M::ClosedInTime),
        ("sued", M::ClosedSued),
        ("parties", M::ClosedByParties),
        ("offers", M::Offers),
        ("offers_agreed", M::OffersAgreed),
        ("refusals", M::Refusals),
        ("due", M::Due),
        ("performed", M::Performed),
        ("resolved_asked", M::ResolvedAsked),
        ("resolved", M::Resolved),
        ("satisfied_asked", M::SatisfiedAsked),
        ("satisfied", M::Satisfied),
    ] {
        counts.add(measure, 0, of(name));
    }
    counts.add(M::RefusalsBroken, 0, of("refusals") - of("honoured"));
    for (name, measure) in [
        ("contacted", M::HoursToContact),
        ("offered", M::HoursToOffer),
        ("ended", M::HoursToEnd),
        ("to_court", M::HoursToCourt),
    ] {
        counts.add(measure, 3, of(name));
    }
    counts
}

/// What the number of an indicator says, by its published formula.
fn says(indicator: Indicator) -> (&'static str, Option<&'static str>) {
    match indicator {
        Indicator::LitPer10k => ("filed", None),
        Indicator::PreDivert => ("before", Some("settled_or_sued")),
        Indicator::MedSucc => ("agreements", Some("concluded")),
        Indicator::MedOfferAccept => ("offers_agreed", Some("offers")),
        Indicator::RefusalHonoured => ("honoured", Some("refusals")),
        Indicator::ConfRate => ("asked", Some("confirmable")),
        Indicator::ConfGranted => ("granted", Some("decided")),
        Indicator::OnTime => ("in_time", Some("limited")),
        Indicator::PerfRate => ("performed", Some("due")),
        Indicator::Relapse => ("relapsed", Some("agreements")),
        Indicator::Resolve => ("resolved", Some("resolved_asked")),
        Indicator::Satisfy => ("satisfied", Some("satisfied_asked")),
        // Of hours the whole is how many they rest on.
        Indicator::TimeToContact => ("", Some("contacted")),
        Indicator::TimeToOffer => ("", Some("offered")),
        Indicator::TimeToEnd => ("", Some("ended")),
        Indicator::TimeToCourt => ("", Some("to_court")),
        Indicator::LadderVillage => ("village", Some("closed")),
        Indicator::LadderTown => ("town", Some("closed")),
        Indicator::LadderCounty => ("county", Some("closed")),
        Indicator::LadderCity => ("city", Some("closed")),
        Indicator::LadderProvince => ("province", Some("closed")),
        Indicator::LadderCourt => ("court", Some("closed")),
        Indicator::Withdraw => ("parties", Some("sued")),
        Indicator::Registered => ("registered", None),
    }
}

/// Equations, in steps: each begins with a variable of its own.
#[derive(Default)]
struct Span(BTreeMap<usize, Vec<u64>>);

impl Span {
    fn reduced(&self, mut row: Vec<u64>) -> Vec<u64> {
        for (first, known) in &self.0 {
            let times = row[*first];
            if times != 0 {
                row.iter_mut().zip(known).for_each(|(here, there)| *here = (*here + (PRIME - times) * there) % PRIME);
            }
        }
        row
    }

    fn add(&mut self, row: Vec<u64>) {
        let row = self.reduced(row);
        let Some(first) = row.iter().position(|one| *one != 0) else { return };
        let (mut inverse, mut base, mut power) = (1, row[first], PRIME - 2);
        while power > 0 {
            if power & 1 == 1 {
                inverse = inverse * base % PRIME;
            }
            (base, power) = (base * base % PRIME, power >> 1);
        }
        self.0.insert(first, row.iter().map(|one| one * inverse % PRIME).collect());
    }

    fn holds(&self, row: Vec<u64>) -> bool {
        self.reduced(row).iter().all(|one| *one == 0)
    }
}

/// An answer: what is shown of the place above, of the place, of what lies below it and of its months.
struct Answer {
    /// By place (a sibling, what the place above has of its own, a child, the place's own) and by month.
    cells: Vec<Vec<Cells>>,
    siblings: usize,
    shown: Vec<(Unknowns, Vec<(Indicator, Figure)>)>,
}

/// Which unknowns are added up: places of the answer, or months of the place.
#[derive(Clone, Debug)]
enum Unknowns {
    Places(Vec<usize>),
    Months(Vec<usize>),
}

fn figures(counts: &Counts, cover: &Cover) -> Vec<(Indicator, Figure)> {
    Indicator::ALL.iter().map(|one| (*one, one.figure(counts, Some(10_000), cover))).collect()
}

fn answer(random: &mut Random) -> Answer {
    let (siblings, children, months) =
        (random.below(3) as usize, random.below(4) as usize, 1 + random.below(3) as usize);
    let places = siblings + 1 + children + 1;
    let mut cells: Vec<Vec<Cells>> = Vec::new();
    for _ in 0..places {
        let nothing = random.below(5) == 0;
        let mut here: Vec<Cells> = (0..months).map(|_| self::cells(random)).collect();
        if nothing {
            here.iter_mut().for_each(|cells| cells.values_mut().for_each(|count| *count = 0));
        }
        cells.push(here);
    }
    let all = |places: &[usize]| counts(&places.iter().flat_map(|at| &cells[*at]).collect::<Vec<_>>());
    let above: Vec<usize> = (0..places).collect();
    let own: Vec<usize> = (siblings + 1..places).collect();
    // As the service does it: from the root down to the place, then its children and its months.
    let (whole, here) = (all(&above), all(&own));
    let mut beside: Vec<Counts> = (0..siblings).map(|at| all(&[at])).collect();
    beside.push(here.clone());
    let first = Cover::alone(&whole);
    let cover = first.parts(&whole, &beside).pop().unwrap();
    let below: Vec<Counts> = own[..children].iter().map(|at| all(&[*at])).collect();
    let of_month = |month: usize| counts(&own.iter().map(|at| &cells[*at][month]).collect::<Vec<_>>());
    let each: Vec<Counts> = (0..months).map(of_month).collect();
    let mut shown = vec![
        (Unknowns::Places(above), figures(&whole, &first)),
        (Unknowns::Places(own.clone()), figures(&here, &cover)),
    ];
    for ((counts, cover), at) in below.iter().zip(cover.parts(&here, &below)).zip(&own) {
        shown.push((Unknowns::Places(vec![*at]), figures(counts, &cover)));
    }
    for (month, (counts, cover)) in each.iter().zip(cover.parts(&here, &each)).enumerate() {
        shown.push((Unknowns::Months(vec![month]), figures(counts, &cover)));
    }
    Answer { cells, siblings, shown }
}

impl Answer {
    fn months(&self) -> usize {
        self.cells[0].len()
    }

    fn row(&self, names: &[&str], of: &Formula, unknowns: &Unknowns) -> Vec<u64> {
        let mut row = vec![0; (self.cells.len() + self.months()) * names.len()];
        let places = match unknowns {
            Unknowns::Places(places) => places.clone(),
            Unknowns::Months(months) => months.iter().map(|month| self.cells.len() + month).collect(),
        };
        for place in places {
            for (name, times) in of {
                let at = names.iter().position(|other| other == name).unwrap();
                row[place * names.len() + at] += (*times).rem_euclid(PRIME as i64) as u64;
            }
        }
        row
    }

    fn value(&self, of: &Formula, unknowns: &Unknowns) -> i64 {
        let own = self.siblings + 1..self.cells.len();
        let cells: Vec<&Cells> = match unknowns {
            Unknowns::Places(places) => places.iter().flat_map(|at| &self.cells[*at]).collect(),
            Unknowns::Months(months) => own
                .flat_map(|at| months.iter().map(move |month| (at, *month)))
                .map(|(at, m)| &self.cells[at][m])
                .collect(),
        };
        value(of, &cells)
    }

    /// What is told of the names of a set.
    fn told(&self, (of, ..): &(Formula, Unknowns, i64)) -> Vec<String> {
        let names = APART.iter().find(|names| names.contains(&of[0].0)).unwrap();
        let mut told = Vec::new();
        for (unknowns, figures) in &self.shown {
            for (indicator, figure) in figures {
                let (part, whole) = says(*indicator);
                for (count, name) in [(figure.part, Some(part)), (figure.whole, whole)] {
                    let Some((count, name)) = count.zip(name) else { continue };
                    if names.contains(&formula(name)[0].0) {
                        told.push(format!("{unknowns:?} {name} {count}"));
                    }
                }
            }
        }
        told
    }

    /// Sets of disputes of these names.
    fn sets(names: &[&'static str]) -> Vec<Formula> {
        let mut sets: Vec<Formula> = names.iter().map(|name| formula(name)).collect();
        let has = |name: &&str| *name == "closed" && names.contains(&"town") || names.contains(name);
        for (inner, outer) in WITHIN.iter().filter(|(inner, _)| has(inner)) {
            sets.push(without(outer, inner));
            for (next, middle) in WITHIN {
                if middle == *inner {
                    sets.push(without(outer, next));
                    sets.extend(WITHIN.iter().filter(|(_, mid)| *mid == next).map(|(last, _)| without(outer, last)));
                }
            }
        }
        if names.contains(&"town") {
            for some in 1_u32..63 {
                let those = LEVELS.iter().enumerate().filter(|(at, _)| some & (1 << at) != 0);
                sets.push(those.map(|(_, level)| (*level, 1)).collect());
            }
        }
        sets
    }

    /// What of few can be found out.
    fn attacked(&self) -> Vec<(Formula, Unknowns, i64)> {
        let mut found = Vec::new();
        for names in APART {
            let mut span = Span::default();
            for name in names {
                // The months of the place and the parts of the place count the same.
                let of = formula(name);
                let own = Unknowns::Places((self.siblings + 1..self.cells.len()).collect());
                let months = self.row(names, &of, &Unknowns::Months((0..self.months()).collect()));
                let places = self.row(names, &of, &own);
                span.add(months.iter().zip(&places).map(|(one, other)| (one + PRIME - other) % PRIME).collect());
            }
            for (unknowns, figures) in &self.shown {
                for (indicator, figure) in figures {
                    let (part, whole) = says(*indicator);
                    for (told, name) in [(figure.part, Some(part)), (figure.whole, whole)] {
                        let Some((told, name)) = told.zip(name) else { continue };
                        let of = formula(name);
                        if of.iter().all(|(name, _)| names.contains(name)) {
                            assert_eq!(told, self.value(&of, unknowns), "{indicator:?} tells what is not so");
                            span.add(self.row(names, &of, unknowns));
                        }
                    }
                }
            }
            let mut over: Vec<Unknowns> = (1_usize..1 << self.cells.len())
                .map(|some| Unknowns::Places((0..self.cells.len()).filter(|at| some & (1 << at) != 0).collect()))
                .collect();
            over.extend(
                (1_usize..1 << self.months())
                    .map(|some| Unknowns::Months((0..self.months()).filter(|at| some & (1 << at) != 0).collect())),
            );
            for of in Self::sets(names) {
                for unknowns in &over {
                    let value = self.value(&of, unknowns);
                    if (1..10).contains(&value) && span.holds(self.row(names, &of, unknowns)) {
                        found.push((of.clone(), unknowns.clone(), value));
                    }
                }
            }
        }
        found
    }
}

#[test]
fn no_answer_gives_a_count_of_few_away() {
    let mut random = Random(5);
    let (mut shown, mut all) = (0, 0);
    for trial in 0..400 {
        let answer = answer(&mut random);
        let found = answer.attacked();
        assert!(found.is_empty(), "{trial}: {:?} beside {:?}", found.first(), answer.told(&found[0]));
        for (_, figures) in &answer.shown {
            all += figures.len();
            shown += figures.iter().filter(|(_, figure)| figure.value.is_some()).count();
        }
    }
    // What hides everything hides well.
    assert!(shown * 5 > all, "only {shown} of {all} figures are shown");
}

/// The same attack finds what it should find.
#[test]
fn figures_that_stand_beside_each_other_unguarded_are_found_out() {
    let mut random = Random(5);
    let mut found = 0;
    for _ in 0..10 {
        let mut answer = answer(&mut random);
        for at in 0..answer.shown.len() {
            let unknowns = answer.shown[at].0.clone();
            let own = |place: &usize| *place > answer.siblings;
            let cells: Vec<&Cells> = match &unknowns {
                Unknowns::Places(places) => places.iter().flat_map(|at| &answer.cells[*at]).collect(),
                Unknowns::Months(months) => {
                    let places = (0..answer.cells.len()).filter(own);
                    places
                        .flat_map(|at| months.iter().map(move |month| (at, *month)))
                        .map(|(at, m)| &answer.cells[at][m])
                        .collect()
                }
            };
            let all = counts(&cells);
            let alone = figures(&all, &Cover::alone(&all));
            answer.shown[at].1 = alone;
        }
        found += answer.attacked().len();
    }
    assert!(found > 100, "{found}");
}

#[test]
fn what_the_review_found_is_hidden() {
    let of = |all: &[(M, i64)]| {
        let mut counts = Counts::default();
        all.iter().for_each(|(measure, count)| counts.add(*measure, 0, *count));
        counts
    };
    // The siblings of a place are what the place above has beside it.
    let (above, here) = (of(&[(M::Registered, 105)]), of(&[(M::Registered, 100)]));
    let cover = Cover::alone(&above).parts(&above, std::slice::from_ref(&here)).pop().unwrap();
    assert!(Indicator::Registered.figure(&here, None, &cover).suppressed);
    // Levels of one place leave few for the others.
    let ladder = of(&[(M::Closed, 100), (M::ClosedVillage, 50), (M::ClosedTown, 45), (M::ClosedCounty, 5)]);
    let cover = Cover::alone(&ladder);
    let parts = |indicator: Indicator| indicator.figure(&ladder, None, &cover).part;
    assert_eq!((parts(Indicator::LadderVillage), parts(Indicator::LadderTown)), (Some(50), None));
    // No level that nothing was closed at costs another its place.
    let ladder = of(&[(M::Closed, 100), (M::ClosedVillage, 50), (M::ClosedTown, 50)]);
    let cover = Cover::alone(&ladder);
    assert_eq!(Indicator::LadderTown.figure(&ladder, None, &cover).part, Some(50));
    // Agreements, and those before a suit, leave those after it.
    let all = of(&[(M::Agreements, 100), (M::Concluded, 150), (M::BeforeCourt, 95), (M::FiledInCourt, 40)]);
    let cover = Cover::alone(&all);
    let told = Indicator::PreDivert.figure(&all, None, &cover);
    assert_eq!((told.value, told.part, told.whole), (None, None, None), "{told:?}");
    assert_eq!(Indicator::MedSucc.figure(&all, None, &cover).part, Some(100));
}

#[test]
fn a_median_of_enough_stands_where_their_number_would_tell() {
    let mut counts = Counts::default();
    counts.add(M::Registered, 0, 100);
    counts.add(M::HoursToContact, 2, 97);
    let told = Indicator::TimeToContact.figure(&counts, None, &Cover::alone(&counts));
    assert!(told.value.is_some() && told.whole.is_none() && told.suppressed, "{told:?}");
    let few = {
        let mut few = Counts::default();
        few.add(M::HoursToContact, 2, 9);
        few
    };
    assert_eq!(Indicator::TimeToContact.figure(&few, None, &Cover::alone(&few)).value, None);
}

#[test]
#[ignore = "measures; run it with --nocapture"]
fn how_long_a_hundred_parts_take() {
    let mut random = Random(7);
    let parts: Vec<Cells> = (0..100).map(|_| cells(&mut random)).collect();
    let whole = counts(&parts.iter().collect::<Vec<_>>());
    let parts: Vec<Counts> = parts.iter().map(|part| counts(&[part])).collect();
    let cover = Cover::alone(&whole);
    let began = std::time::Instant::now();
    let covers = cover.parts(&whole, &parts);
    println!("{} parts in {:?}", covers.len(), began.elapsed());
}
