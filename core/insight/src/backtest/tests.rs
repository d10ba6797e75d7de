#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::borrow::Cow;

use maple_kernel::{
    Action, Asked as AskedPolicy, By, Case, ChannelId, Class, Clock, Code, Correction, Day, Decision, Duty, Excluded,
    Facts, Fault, FaultKind, Ground, List, Mode, Outcome, PolicyId, Precondition, Span, Step, Text, Unit,
};

use super::*;

const DAY: fn(i8) -> Day = |day| Day::new(2026, 11, day).unwrap();

/// The words that decisions of these tests point at.
struct Words {
    town: ChannelId,
    trade: ChannelId,
    court: ChannelId,
    policy: PolicyId,
    rights: Vec<Code>,
}

fn words() -> Words {
    let rights = ["refuse", "court_open"].map(Code::from).to_vec();
    Words { town: "town".into(), trade: "trade".into(), court: "court".into(), policy: "land/work".into(), rights }
}

fn ground<'a>() -> Ground<'a> {
    let by = By { policy: "land/work", rule: "F1" };
    Ground { by, basis: List::default(), why: Cow::Owned(Text::default()), evidence: List::default() }
}

fn step(channel: &ChannelId) -> Step<'_> {
    Step {
        channel,
        class: Class::Facilitative,
        body: None,
        skills: Vec::new(),
        needs_consent: true,
        free: true,
        due: None,
        after: Vec::new(),
        weight: 0,
        ground: ground(),
        decided: Vec::new(),
    }
}

fn plain(words: &Words) -> Decision<'_> {
    let fuel = 100;
    let (policy, answer) = (&words.policy, Ok(1));
    Decision {
        case: None,
        ruleset: "sha256:0",
        as_of: DAY(23),
        outcome: Outcome::Route,
        steps: vec![step(&words.town), step(&words.court)],
        excluded: Vec::new(),
        preconditions: Vec::new(),
        duties: vec![duty("tell_costs", None)],
        clocks: vec![clock("suit", DAY(20))],
        signals: Vec::new(),
        rights: &words.rights,
        referral: None,
        corrections: Vec::new(),
        asked: vec![AskedPolicy { policy, plugin: "p@1", digest: "sha256:1", mode: Mode::Enforce, answer, fuel }],
        explanation: None,
    }
}

fn duty<'a>(code: &str, bearer: Option<&str>) -> Duty<'a> {
    Duty { code: code.into(), bearer: bearer.map(Code::from), params: vec![], needs_person: false, ground: ground() }
}

fn clock<'a>(code: &str, ends: Day) -> Clock<'a> {
    let span = Span { count: 10, unit: Unit::Day };
    Clock { code: code.into(), start: DAY(1), span, ends, verified: true, warn: vec![], ground: ground() }
}

fn correction<'a>(guardrail: &'static str, what: &str) -> Correction<'a> {
    Correction { guardrail, action: Action::Removed, what: what.to_owned(), by: None }
}

fn case() -> Case {
    let day = DAY(23);
    Case::new(None, "land/east".into(), "work.wages".into(), "counter".into(), day, vec![], Facts::default())
}

fn count(tally: &mut Tally, baseline: &Decision<'_>, candidate: &Decision<'_>) -> Change {
    let change = compare(baseline, candidate);
    let case = case();
    tally.add(&Seen { case: &case, baseline: (baseline, 1_000), candidate: (candidate, 2_000), change: &change });
    change
}

#[track_caller]
fn differ(change: impl FnOnce(&mut Decision<'_>), aspects: &[Aspect]) -> Change {
    let words = words();
    let mut candidate = plain(&words);
    change(&mut candidate);
    let change = compare(&plain(&words), &candidate);
    assert_eq!(change.aspects, aspects);
    assert_eq!(change.is_any(), !aspects.is_empty());
    change
}

#[test]
fn each_difference_is_told_as_what_it_is() {
    differ(|_| {}, &[]);
    // Reasons are not compared.
    differ(|d| d.steps[0].ground.by.rule = "F9", &[]);
    differ(|d| d.steps[0].body = Some("office".into()), &[Aspect::Details]);
    differ(|d| d.steps[1].free = false, &[Aspect::Details]);
    differ(|d| d.steps.truncate(1), &[Aspect::Steps]);
    differ(|d| d.steps.swap(0, 1), &[Aspect::First, Aspect::Details]);
    differ(|d| d.steps.clear(), &[Aspect::First, Aspect::Steps]);
    differ(|d| d.outcome = Outcome::Refer, &[Aspect::Outcome, Aspect::First]);
    differ(|d| d.duties[0].bearer = Some("intake".into()), &[Aspect::Duties]);
    differ(|d| d.clocks[0].warn.push(3), &[Aspect::Clocks]);
}

#[test]
fn what_is_closed_and_what_comes_first_is_compared() {
    let words = words();
    let (plain_one, mut candidate) = (plain(&words), plain(&words));
    candidate.excluded.push(Excluded { channel: &words.trade, ground: ground() });
    let first = Precondition { first: &words.trade, before: &words.court, ground: ground() };
    candidate.preconditions.push(first);
    assert_eq!(compare(&plain_one, &candidate).aspects, [Aspect::Exclusions, Aspect::Preconditions]);
}

#[test]
fn duties_rights_and_clocks_are_told_by_their_codes() {
    let change = differ(|d| d.duties = vec![duty("warn", None), duty("warn", Some("court"))], &[Aspect::Duties]);
    assert_eq!((&*change.duties_new, &*change.duties_lost), (&["warn".into()][..], &["tell_costs".into()][..]));
    for (ends, became) in [(DAY(19), ClockChange::Earlier), (DAY(21), ClockChange::Later)] {
        let change = differ(|d| d.clocks[0].ends = ends, &[Aspect::Clocks]);
        assert_eq!(change.clocks, [("suit".into(), became)]);
        assert_eq!(change.lengthens_a_clock(), became == ClockChange::Later);
    }
    let change = differ(|d| d.clocks = vec![clock("appeal", DAY(20))], &[Aspect::Clocks]);
    assert_eq!(change.clocks, [("suit".into(), ClockChange::Lost), ("appeal".into(), ClockChange::New)]);
    let change = differ(|d| d.rights = &[], &[Aspect::Rights]);
    assert_eq!(change.rights_lost, ["court_open".into(), "refuse".into()]);
}

#[test]
fn an_intervention_is_new_when_the_baseline_left_it_alone() {
    let words = words();
    let (mut baseline, mut candidate) = (plain(&words), plain(&words));
    baseline.corrections = vec![correction("H01", "court"), correction("H09", "trade")];
    candidate.corrections = vec![correction("H01", "court"), correction("H01", "court"), correction("H02", "town")];
    let change = compare(&baseline, &candidate);
    assert_eq!((change.interventions_new, change.aspects), (vec!["H01", "H02"], vec![]));
}

#[test]
fn the_matrix_and_the_sums_are_those_of_the_cases() {
    let words = words();
    let (plain_one, mut refer, mut trade) = (plain(&words), plain(&words), plain(&words));
    refer.outcome = Outcome::Refer;
    trade.steps.insert(0, Step { body: Some("guild".into()), ..step(&words.trade) });
    trade.rights = &words.rights[..1];
    trade.asked[0].fuel = 300;
    trade.asked[0].answer = Err(Fault { kind: FaultKind::Trap, detail: "".into() });
    let mut tally = Tally::default();
    for candidate in [&plain_one, &plain_one, &refer, &trade] {
        count(&mut tally, &plain_one, candidate);
    }
    let channel = |name: &str| First::Channel(name.into());
    let cells = [
        ((channel("town"), channel("town")), 2),
        ((channel("town"), channel("trade")), 1),
        ((channel("town"), First::Refer), 1),
    ];
    assert_eq!(tally.matrix, cells.into());
    assert_eq!((tally.cases, tally.changed, tally.to_refer, tally.from_refer, tally.rights_lost), (4, 2, 1, 0, 1));
    assert_eq!(tally.differ_in(Aspect::First), 2);
    assert_eq!(tally.rights, [("court_open".into(), Gained { new: 0, lost: 1 })].into());
    assert_eq!(tally.faults, [((words.policy.clone(), FaultKind::Trap), Both { baseline: 0, candidate: 1 })].into());
    assert_eq!(tally.load[&(channel("town"), None)], Both { baseline: 4, candidate: 2 });
    assert_eq!(tally.load[&(channel("trade"), Some("guild".into()))], Both { baseline: 0, candidate: 1 });
    assert_eq!(tally.localities, [("land/east".into(), Group { cases: 4, changed: 2 })].into());
    assert_eq!((tally.baseline.fuel_total, tally.candidate.fuel_total, tally.fuel_ratio()), (400, 600, Some(1.5)));
    assert_eq!((tally.baseline.fuel.median(), tally.candidate.fuel.p99()), (100, 300));
    // To three digits.
    assert!((2_000..2_010).contains(&tally.candidate.nanos.median()));
}

#[test]
fn large_sizes_are_kept_as_well_as_small_ones() {
    let words = words();
    let (mut cheap, mut dear) = (plain(&words), plain(&words));
    (cheap.asked[0].fuel, dear.asked[0].fuel) = (3, 5_000_000_000);
    let (mut all, mut tally) = (Tally::default(), Tally::default());
    count(&mut all, &cheap, &cheap);
    count(&mut tally, &cheap, &dear);
    all.merge(tally);
    let fuel = &all.candidate.fuel;
    assert_eq!((fuel.median(), fuel.p99() / 10_000_000), (3, 500));
}

#[test]
fn parts_merged_in_any_order_are_the_whole() {
    let words = words();
    let plain_one = plain(&words);
    let mut others = [plain(&words), plain(&words), plain(&words)];
    others[0].outcome = Outcome::Refer;
    others[1].clocks[0].ends = DAY(25);
    others[2].corrections = vec![correction("H03", "suit")];
    let whole = |order: &[usize]| {
        let mut parts: Vec<Tally> = Vec::new();
        for at in order {
            let mut part = Tally::default();
            count(&mut part, &plain_one, &others[*at]);
            parts.push(part);
        }
        let mut all = Tally::default();
        parts.into_iter().for_each(|part| all.merge(part));
        all
    };
    let (one, other) = (whole(&[0, 1, 2]), whole(&[2, 0, 1]));
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    assert_eq!((one.cases, one.clocks_longer, one.interventions_new, one.to_refer), (3, 1, 1, 1));
    assert_eq!(one.clocks, [("suit".into(), Clocks { later: 1, ..Clocks::default() })].into());
}

#[test]
fn a_budget_says_what_is_too_much() {
    let words = words();
    let (plain_one, mut longer) = (plain(&words), plain(&words));
    longer.clocks[0].ends = DAY(25);
    let mut tally = Tally::default();
    count(&mut tally, &plain_one, &plain_one);
    count(&mut tally, &plain_one, &longer);
    let mut budget = Budget::default();
    let broken = |budget: &Budget| {
        let asked = budget.check(&tally);
        asked.into_iter().filter(|asked| !asked.holds()).map(|a| (a.figure.as_str(), a.found)).collect::<Vec<_>>()
    };
    assert_eq!(broken(&budget), [("clocks-longer", Some(1.0))]);
    budget.set(Figure::ClocksLonger, 1.0).unwrap();
    budget.set(Figure::Changed, 0.5).unwrap();
    budget.set(Figure::FuelRatio, 1.0).unwrap();
    assert_eq!(broken(&budget), []);
    budget.set(Figure::Changed, 0.49).unwrap();
    assert_eq!(broken(&budget), [("changed-share", Some(0.5))]);
}

#[test]
fn what_grows_from_nothing_grows_without_end() {
    // Cases at the town's station and at the trade's under either side: what is the largest growth?
    for (town, trade, growth) in [
        ((4, 4), (2, 2), Some(1.0)),
        ((4, 6), (2, 1), Some(1.5)),
        ((4, 0), (2, 0), Some(0.0)),
        ((4, 4), (0, 1), Some(f64::INFINITY)),
        ((0, 1), (0, 0), Some(f64::INFINITY)),
        ((0, 0), (0, 0), None),
    ] {
        let mut tally = Tally::default();
        for (station, (old, new)) in [("town", town), ("trade", trade)] {
            (0..old).for_each(|_| tally.add_stations(Some(station), None));
            (0..new).for_each(|_| tally.add_stations(None, Some(station)));
        }
        assert_eq!(tally.station_load_ratio(), growth, "{town:?} {trade:?}");
        let mut budget = Budget::default();
        budget.set(Figure::StationLoadRatio, 1.5).unwrap();
        for fails in [false, true] {
            budget.set_unknown_fails(fails);
            let asked =
                budget.check(&tally).into_iter().find(|asked| asked.figure == Figure::StationLoadRatio).unwrap();
            let (verdict, holds) = match growth {
                None => (Verdict::Unknown, !fails),
                Some(growth) if growth > 1.5 => (Verdict::Broken, false),
                Some(_) => (Verdict::Holds, true),
            };
            assert_eq!((asked.verdict(), asked.holds()), (verdict, holds), "{town:?} {trade:?} {fails}");
        }
    }
}

#[test]
fn bounds_are_what_they_can_be() {
    for (figure, bad) in [
        (Figure::Changed, 1.01),
        (Figure::ToRefer, -0.1),
        (Figure::RightsLost, 0.5),
        (Figure::ClocksLonger, -1.0),
        (Figure::Faults, f64::INFINITY),
        (Figure::InterventionsNew, f64::NAN),
        (Figure::FuelRatio, -1.0),
    ] {
        let said = Budget::default().set(figure, bad).unwrap_err().to_string();
        assert!(said.contains(figure.as_str()) && said.contains("write a"), "{said}");
    }
}

#[test]
fn the_first_rows_are_kept_however_the_work_was_divided() {
    let mut whole = Earliest::new(2);
    let mut parts = [Earliest::new(2), Earliest::new(2)];
    for row in [5, 1, 9, 3, 7] {
        whole.offer(row, || row);
        parts[usize::from(row > 4)].offer(row, || row);
    }
    let [mut merged, other] = parts;
    merged.merge(other);
    for seen in [&whole, &merged] {
        assert_eq!((seen.iter().collect::<Vec<_>>(), seen.count()), (vec![(1, &1), (3, &3)], 5));
    }
    let mut none = Earliest::new(0);
    none.offer(1, || 1);
    assert_eq!((none.iter().count(), none.count()), (0, 1));
}

#[test]
fn a_sample_has_each_move_and_lost_rights_first() {
    let words = words();
    let (plain_one, mut refer, mut poorer) = (plain(&words), plain(&words), plain(&words));
    refer.outcome = Outcome::Refer;
    poorer.rights = &[];
    let mut sample = Sample::new(2);
    for row in 1..=4 {
        sample.offer(row, &compare(&plain_one, &refer), || "refer");
    }
    sample.offer(9, &compare(&plain_one, &poorer), || "poorer");
    assert_eq!(sample.pick(9), [(9, &"poorer"), (1, &"refer"), (2, &"refer")]);
    assert_eq!(sample.pick(2), [(9, &"poorer"), (1, &"refer")]);
}
