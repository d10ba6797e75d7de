//! Small questions whose answers can be read off.

use super::*;

/// Case, person, day.
fn placed(plan: &Plan) -> Vec<(&str, &str, i32)> {
    plan.placements.iter().map(|p| (p.case.as_str(), p.person.as_str(), p.day.days_since(day(0)))).collect()
}

/// Bars of the only case that nobody takes.
fn bars(plan: &Plan) -> Vec<(Bar, u32)> {
    assert_eq!(plan.unplaced.len(), 1, "{plan:?}");
    plan.unplaced[0].bars.clone().into_iter().collect()
}

fn solve<const C: usize, const P: usize>(cases: [Waiting; C], people: [Mediator; P], options: &Options) -> Plan {
    plan(&demand(cases), &roster(people), options).unwrap()
}

fn problems(demand: &Demand, roster: &Roster, options: &Options) -> Vec<Problem> {
    plan(demand, roster, options).map(|plan| panic!("{plan:?}")).unwrap_err().problems().to_vec()
}

fn leave(first: i32, last: i32) -> Vec<Leave> {
    vec![Leave { first: day(first), last: day(last) }]
}

#[test]
fn nothing_to_do_is_a_plan() {
    let nothing = Plan { objective: Objective::default(), placements: vec![], unplaced: vec![] };
    assert_eq!(solve([], [], &options()), nothing);
    assert_eq!(solve([], [person("p", "town")], &options()), nothing);
}

#[test]
fn without_people_nobody_takes_a_case() {
    let plan = solve([case("a")], [], &options());
    assert_eq!(plan.objective.unplaced, 1);
    assert_eq!(bars(&plan), []);
}

type Change<T> = fn(&mut T);

#[test]
fn each_bar_is_counted_where_it_comes_first() {
    let rows: [(Bar, Change<Waiting>, Change<Mediator>); 8] = [
        (Bar::Outside, |_| (), |p| p.station = "elsewhere".into()),
        (Bar::Kind, |_| (), |p| p.kinds = vec![Pattern::new("family"), Pattern::new("labour.injury")]),
        (Bar::Skill("law".into()), |c| c.skills = words(["law"]), |p| p.languages = words(["zh"])),
        (Bar::Language("ug".into()), |c| c.languages = words(["ug", "zh"]), |p| p.languages = words(["zh"])),
        (Bar::Conflict, |c| c.parties = words(["mill"]), |p| p.conflicts = words(["mill"])),
        (Bar::Conflict, |_| (), |p| p.conflicts = words(["a"])),
        (Bar::Beyond, |c| c.earliest = day(61), |_| ()),
        (Bar::Full, |_| (), |p| p.open = 1),
    ];
    for (bar, of_case, of_person) in rows {
        let (mut case, mut able, mut other) = (case("a"), person("p", "town"), person("q", "elsewhere"));
        of_case(&mut case);
        of_person(&mut able);
        other.conflicts = words(["a", "mill"]);
        let plan = solve([case], [able, other], &options());
        let expected = if bar == Bar::Outside { vec![(bar, 2)] } else { vec![(Bar::Outside, 1), (bar, 1)] };
        assert_eq!(bars(&plan), expected);
    }
}

#[test]
fn a_place_above_serves_and_a_place_beside_or_below_does_not() {
    let rows = [
        ("town", TOWN, Some(Reason::OwnLocality)),
        ("county", TOWN, Some(Reason::LevelsUp { levels: 1 })),
        ("city", TOWN, Some(Reason::LevelsUp { levels: 2 })),
        ("elsewhere", TOWN, None),
        ("town", "cn/zhejiang/jinhua/yongkang", None),
        ("town", "cn/zhejiang/jinhua/yongkang/t10", None),
    ];
    for (station, locality, reason) in rows {
        let case = Waiting { locality: locality.into(), ..case("a") };
        let plan = solve([case], [person("p", station)], &options());
        assert_eq!(plan.placements.first().map(|p| p.reasons[2].clone()), reason, "{station} {locality}");
    }
}

#[test]
fn of_two_for_one_place_the_one_that_is_due_first_has_it() {
    // Were nothing said of the case that is left out, the one that is most overdue would be left out.
    for (first, second) in [(-3, 2), (2, -3)] {
        let due = |id, on| Waiting { due: Some(day(on)), ..case(id) };
        let only = Mediator { plan_max: Some(1), ..person("p", "town") };
        let plan = solve([due("a", first), due("b", second)], [only], &options());
        let (placed, left) = if first < second { ("a", "b") } else { ("b", "a") };
        assert_eq!((placed, left), (plan.placements[0].case.as_str(), plan.unplaced[0].case.as_str()));
        // The one three days late today, the other 61 days after today and due on the second.
        assert_eq!(plan.objective, Objective { unplaced: 1, late: 3 + 59, ..Objective::default() });
    }
}

#[test]
fn everybody_on_leave() {
    let away = |id| Mediator { leave: leave(-5, 80), ..person(id, "town") };
    assert_eq!(bars(&solve([case("a")], [away("p"), away("q")], &options())), [(Bar::Leave, 2)]);
    let back = Mediator { leave: [leave(0, 4), leave(5, 9), leave(3, 6)].concat(), ..person("p", "town") };
    assert_eq!(placed(&solve([case("a")], [back], &options())), [("a", "p", 10)]);
}

#[test]
fn leave_on_the_earliest_day_moves_the_case_on() {
    let away = Mediator { leave: leave(20, 22), ..person("p", "town") };
    let case = Waiting { earliest: day(21), due: Some(day(22)), ..case("a") };
    let plan = solve([case], [away], &options());
    assert_eq!(placed(&plan), [("a", "p", 23)]);
    assert_eq!(
        plan.placements[0].reasons,
        [Reason::OnlyOne, Reason::Late { days: 1 }, Reason::OwnLocality, Reason::New]
    );
}

#[test]
fn lateness_goes_before_distance_and_distance_before_a_change() {
    let busy = Mediator { open: 1, cadence_days: 40, ..person("near", "town") };
    let plan = solve([case("a")], [busy.clone(), person("far", "city")], &options());
    assert_eq!(placed(&plan), [("a", "far", 0)]);
    let free = Mediator { cadence_days: 30, ..busy };
    assert_eq!(placed(&solve([case("a")], [free, person("far", "city")], &options())), [("a", "near", 30)]);
    let had = Waiting { present: Some("far".into()), ..case("a") };
    let plan = solve([had], [person("near", "town"), person("far", "city")], &options());
    assert_eq!(plan.placements[0].reasons[3], Reason::Moved { from: "far".into() });
}

#[test]
fn overload_goes_before_distance_and_after_lateness_and_spreads() {
    let loose = Options { overload_max: 2, ..options() };
    let plan = solve([case("a"), case("b")], [person("near", "town"), person("far", "city")], &loose);
    assert_eq!((plan.objective.overload, plan.objective.levels), (0, 2));
    let late = |id| Waiting { due: Some(day(10)), ..case(id) };
    let plan = solve([late("a"), late("b")], [Mediator { cadence_days: 11, ..person("p", "town") }], &loose);
    assert_eq!(placed(&plan), [("a", "p", 0), ("b", "p", 0)]);
    assert_eq!(plan.placements[1].reasons[2], Reason::Overload { above: 1 });
    let plan = solve(["a", "b", "c", "d"].map(late), [person("p", "town"), person("q", "town")], &loose);
    assert_eq!(plan.objective.overload, 2);
    let full = Mediator { open: 2, ..person("p", "town") };
    let plan = solve([late("a"), late("b")], [full], &loose);
    assert_eq!((plan.placements.len(), plan.objective.overload, plan.objective.unplaced), (1, 2, 1));
}

#[test]
fn more_cases_than_slots_leave_out_the_lightest_and_then_one_that_nobody_has() {
    let heavy = Waiting { weight: 2, ..case("z") };
    let plan = solve([case("a"), heavy], [person("p", "town")], &options());
    assert_eq!(placed(&plan), [("z", "p", 0)]);
    assert_eq!(bars(&plan), [(Bar::Taken, 1)]);
    let had = Waiting { present: Some("p".into()), ..case("z") };
    let plan = solve([case("a"), had], [person("p", "town")], &options());
    assert_eq!(placed(&plan), [("z", "p", 0)]);
}

#[test]
fn of_equals_the_same_one_is_taken_every_time() {
    let people = || [person("p", "town"), person("q", "town"), person("r", "town")];
    let first = solve([case("b"), case("a")], people(), &options());
    assert_eq!(first, solve([case("a"), case("b")], people(), &options()));
    let mut turned = people();
    turned.reverse();
    assert_eq!(first, solve([case("a"), case("b")], turned, &options()));
    let one = || Mediator { cadence_days: 7, ..person("p", "town") };
    assert_eq!(placed(&solve([case("b"), case("a")], [one()], &options())), [("a", "p", 0), ("b", "p", 7)]);
    let soon = Waiting { due: Some(day(20)), ..case("b") };
    assert_eq!(placed(&solve([soon, case("a")], [one()], &options())), [("a", "p", 7), ("b", "p", 0)]);
}

#[test]
fn without_one_person_only_that_persons_cases_move() {
    let people = || ["p", "q", "r"].map(|id| Mediator { capacity: 4, ..person(id, "town") });
    let cases = || ["a", "b", "c", "d", "e", "f"].map(case);
    let first = solve(cases(), people(), &options());
    let gone = first.placements[0].person.clone();
    let mut roster = roster(people());
    roster.people.retain(|person| person.id != gone);
    let second = plan(&again(&demand(cases()), &first), &roster, &options()).unwrap();
    for (before, after) in first.placements.iter().zip(&second.placements) {
        let moved = after.reasons.contains(&Reason::Moved { from: gone.clone() });
        assert_eq!(moved, before.person == gone, "{}", before.case);
        assert!(moved || after.reasons.contains(&Reason::Kept));
    }
}

#[test]
fn no_more_than_the_plan_may_give() {
    let some = Mediator { capacity: 5, plan_max: Some(1), ..person("p", "town") };
    let plan = solve([case("a"), case("b")], [some.clone()], &options());
    assert_eq!(bars(&plan), [(Bar::Taken, 1)]);
    let none = Mediator { plan_max: Some(0), ..some };
    assert_eq!(bars(&solve([case("a")], [none], &options())), [(Bar::Full, 1)]);
}

#[test]
fn the_clock_of_a_case_that_takes_days_ends_earlier() {
    let slow = Waiting { days: 30, ..case("a") };
    let reasons = |case: Waiting| solve([case], [person("p", "town")], &options()).placements[0].reasons[1].clone();
    assert_eq!(reasons(slow.clone()), Reason::InTime { spare_days: 0 });
    assert_eq!(reasons(Waiting { days: 31, ..slow.clone() }), Reason::Late { days: 1 });
    assert_eq!(reasons(Waiting { due: None, ..slow }), Reason::NoClock);
}

#[test]
fn every_problem_at_once() {
    let lost = Mediator { station: "moon".into(), ..person("p", "town") };
    let wrong = Mediator { capacity: 0, cadence_days: 0, leave: leave(3, 2), ..person("p", "town") };
    let (upper, old) = (Waiting { locality: "CN/x".into(), ..case("a") }, day(-3_651));
    let cases = [upper, Waiting { weight: 0, due: Some(old), ..case("a") }, Waiting { weight: 11, ..case("") }];
    let mut roster = roster([lost, wrong]);
    roster.stations.push(station("town", "cn//x"));
    let wild = Options { horizon_days: 366, overload_max: 11, ..options() };
    let found = problems(&demand(cases), &roster, &wild);
    let bounds =
        |what, id: &str, field, value, min, max| Problem::Bounds { what, id: id.into(), field, value, min, max };
    let mut expected = vec![
        Problem::Id { what: What::Case, id: String::new() },
        Problem::Duplicate { what: What::Case, id: "a".into() },
        Problem::Duplicate { what: What::Station, id: "town".into() },
        Problem::Duplicate { what: What::Person, id: "p".into() },
        Problem::UnknownStation { person: "p".into(), station: "moon".into() },
        Problem::Path { what: What::Case, id: "a".into(), path: "CN/x".into() },
        Problem::Path { what: What::Station, id: "town".into(), path: "cn//x".into() },
        Problem::Leave { person: "p".into(), first: day(3), last: day(2) },
        Problem::Due { case: "a".into(), due: old },
        bounds(What::Case, "", "weight", 11, 1, 10),
        bounds(What::Case, "a", "weight", 0, 1, 10),
        bounds(What::Person, "p", "cadence_days", 0, 1, 365),
        bounds(What::Person, "p", "capacity", 0, 1, 500),
        Problem::Option { field: "horizon_days", value: 366, max: 365 },
        Problem::Option { field: "overload_max", value: 11, max: 10 },
    ];
    expected.sort();
    assert_eq!(found, expected);
    let said = plan(&demand([]), &roster, &wild).unwrap_err().to_string();
    assert!(said.starts_with("the question for a plan is wrong: station `town` comes twice; "), "{said}");
    assert!(said.contains("leave of person `p` ends on 2026-12-02, before it begins on 2026-12-03"), "{said}");
}

#[test]
fn paths() {
    let is_path = |path: &str| {
        let case = Waiting { locality: path.into(), ..case("a") };
        plan(&demand([case]), &roster([]), &options()).is_ok()
    };
    assert!(["cn", "cn/zhejiang/jinhua/yongkang", "a/b/c/d/e/f/g/h", "x-1/y_2"].into_iter().all(is_path));
    assert!(!["", "/", "/cn", "cn/", "cn//x", "Cn", "cn/永康", "a/b/c/d/e/f/g/h/i"].into_iter().any(is_path));
}

#[test]
fn limits_at_their_edge() {
    let edge = Mediator {
        capacity: CAPACITY_CASES_MAX,
        open: OPEN_CASES_MAX,
        cadence_days: CADENCE_DAYS_MAX,
        ..person("p", "town")
    };
    let slow = Waiting {
        weight: WEIGHT_MAX,
        days: CASE_DAYS_MAX,
        due: Some(day(-i32::from(DUE_AGE_DAYS_MAX))),
        ..case(&"x".repeat(ID_BYTES_MAX))
    };
    let most = Options { horizon_days: HORIZON_DAYS_MAX, overload_max: OVERLOAD_CASES_MAX, today: day(0) };
    let free = Mediator { leave: leave(0, 364), ..person("q", "town") };
    let plan = solve([slow.clone()], [edge.clone(), free], &most);
    let days = u64::from(DUE_AGE_DAYS_MAX) + u64::from(CASE_DAYS_MAX) + u64::from(HORIZON_DAYS_MAX);
    assert_eq!(plan.objective.late, days * u64::from(WEIGHT_MAX));
    let over = [
        Mediator { capacity: CAPACITY_CASES_MAX + 1, ..edge.clone() },
        Mediator { open: OPEN_CASES_MAX + 1, ..edge.clone() },
        Mediator { cadence_days: CADENCE_DAYS_MAX + 1, ..edge.clone() },
    ];
    for person in over {
        assert_eq!(problems(&demand([]), &roster([person]), &most).len(), 1);
    }
    let too_long = Waiting { id: "x".repeat(ID_BYTES_MAX + 1), ..case("a") };
    for case in [too_long, Waiting { days: CASE_DAYS_MAX + 1, ..slow }] {
        assert_eq!(problems(&demand([case]), &roster([]), &most).len(), 1);
    }
}

#[test]
fn no_more_than_the_engine_plans_for() {
    let cases = |count: usize| Demand { cases: (0..count).map(|at| case(&format!("c{at}"))).collect() };
    let people = |count: usize| (0..count).map(|at| person(&format!("p{at}"), "elsewhere")).collect();
    let mut most = roster([]);
    most.people = people(PEOPLE_COUNT_MAX);
    most.stations.extend((4..STATIONS_COUNT_MAX).map(|at| station(&format!("s{at}"), TOWN)));
    let plan = plan(&cases(CASES_COUNT_MAX), &most, &options()).unwrap();
    assert_eq!(plan.unplaced.len(), CASES_COUNT_MAX);
    most.people = people(PEOPLE_COUNT_MAX + 1);
    most.stations.push(station("one more", TOWN));
    let many = |what, max: usize| Problem::TooMany { what, count: max + 1, max };
    assert_eq!(
        problems(&cases(CASES_COUNT_MAX + 1), &most, &options()),
        [
            many(What::Case, CASES_COUNT_MAX),
            many(What::Station, STATIONS_COUNT_MAX),
            many(What::Person, PEOPLE_COUNT_MAX)
        ]
    );
}

#[test]
fn reasons_and_bars_in_words() {
    let late = Reason::Late { days: 3 };
    assert_eq!((late.code(), &*late.text().en), ("late", "Late by days: 3; no plan as a whole is less late"));
    assert_eq!(&*late.text().zh, "超过法定期限3天，总体上无更早安排");
    let bar = Bar::Language("ug".into());
    assert_eq!((bar.code(), &*bar.text(2).en, &*bar.text(2).zh), ("language", "2 do not speak ug", "2人不会语言ug"));
}
