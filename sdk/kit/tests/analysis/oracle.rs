//! Random tables against every case there is: what the analysis proves is what counting finds, no more and no less.

use std::collections::{BTreeMap, BTreeSet};

use maple_bundle::{Compiled, Diagnostic};
use maple_kernel::{
    CaseFile, Code, Day, FactKey, Finding, KindId, LocalityId, PartyFile, PartyType, Policy, Purposes, Value,
};
use maple_kit::analysis::analyse;
use proptest::prelude::*;

use crate::{
    place::{compiled, decided, question, row, rules},
    random::{EFFECTS, IDS, Table, Theme, tables, written},
};

/// A case on the way: what every policy may see of it.
#[derive(Clone, Debug)]
struct Made {
    kind: &'static str,
    place: &'static str,
    source: &'static str,
    day: Day,
    facts: Vec<(FactKey, Value)>,
    parties: Vec<(Code, Vec<(FactKey, Value)>)>,
}

fn day(month: i8, day: i8) -> Day {
    Day::new(2026, month, day).unwrap()
}

/// The days on which packs of a theme are in force: few enough to count, with a short month's end among them.
fn in_force(theme: Theme) -> (Day, Day, String) {
    let (from, to) =
        if matches!(theme, Theme::Days | Theme::Laws) { (day(2, 26), day(3, 4)) } else { (day(6, 10), day(6, 10)) };
    (from, to, format!("in-force-from = {from}\nin-force-to = {to}"))
}

fn number(minor: i64) -> Value {
    Value::Money(minor)
}

/// Every value of a fact, and none.
fn values(key: &str) -> Vec<Option<Value>> {
    let words =
        |lists: &[&[&str]]| lists.iter().map(|list| Value::Words(list.iter().map(|w| (*w).into()).collect())).collect();
    let texts = |texts: &[&str]| texts.iter().map(|t| Value::Text((*t).into())).collect();
    let known: Vec<Value> = match key {
        "amount" | "offered" => (0..=6).map(number).collect(),
        "people" => (0..=5).map(|n| Value::Number(f64::from(n))).collect(),
        "age" => (0..=3).map(|n| Value::Number(f64::from(n))).collect(),
        "relation" => texts(&["family", "neighbour", "trade"]),
        "sector" => texts(&["farming", "building", "other"]),
        "consent" => texts(&["yes", "no"]),
        "needs" => words(&[&[], &["sign"], &["braille"], &["sign", "braille"]]),
        "urgent" | "arbitrated" => vec![Value::Flag(true), Value::Flag(false)],
        // Every day that the longest span before or after a day in force reaches, and some beside.
        _ => (0..165).map(|n| Value::Day(day(1, 1).plus_days(n - 35))).collect(),
    };
    std::iter::once(None).chain(known.into_iter().map(Some)).collect()
}

fn with(cases: Vec<Made>, key: &str) -> Vec<Made> {
    let values = values(key);
    let one = |case: &Made, value: &Option<Value>| {
        let mut case = case.clone();
        case.facts.extend(value.clone().map(|value| (key.into(), value)));
        case
    };
    cases.iter().flat_map(|case| values.iter().map(move |value| one(case, value))).collect()
}

/// Every case of a theme; of days, one for each way in which the conditions of these rows can turn out.
fn cases(theme: Theme, rows: &str) -> Vec<Made> {
    let (from, to, _) = in_force(theme);
    let start = |kind, place, source, day| Made {
        kind,
        place,
        source,
        day,
        facts: Vec::new(),
        parties: vec![("applicant".into(), Vec::new())],
    };
    let kinds = || ["labour.wage", "labour.injury", "family.divorce"];
    let plain = || vec![start("labour.wage", "cn", "counter", from)];
    match theme {
        Theme::Numbers => {
            let cases = kinds().map(|kind| start(kind, "cn", "counter", from)).to_vec();
            with(with(cases, "people"), "amount")
        }
        Theme::Names => {
            let cases = kinds()
                .into_iter()
                .flat_map(|kind| ["counter", "hotline", "unstated"].map(|source| start(kind, "cn", source, from)));
            with(with(cases.collect(), "relation"), "urgent")
        }
        Theme::Compared => {
            let cases = ["cn", "cn/town"].map(|place| {
                let mut case = start("labour.wage", place, "counter", from);
                case.facts.push(("cap".into(), number(if place == "cn" { 3 } else { 5 })));
                case
            });
            with(with(cases.to_vec(), "amount"), "offered")
        }
        Theme::Words => with(with(with(plain(), "needs"), "sector"), "urgent"),
        Theme::Parties => with(groups(&plain()[0]), "urgent"),
        Theme::Days => {
            let days = (0..=to.days_since(from)).map(|n| start("labour.wage", "cn", "counter", from.plus_days(n)));
            days.flat_map(|case| alike(alike(vec![case], "knew_on", rows), "ended_on", rows)).collect()
        }
        Theme::Laws => {
            let days = (0..=to.days_since(from)).map(|n| from.plus_days(n));
            let starts = days.flat_map(|day| kinds().map(|kind| start(kind, "cn", "counter", day)));
            let cases = starts.flat_map(|case| alike(vec![case], "award_on", rows)).collect();
            with(cases, "arbitrated").into_iter().filter(allowed).collect()
        }
    }
}

/// False when an award is told that has not been made yet, or one of labour arbitration as if there had been none.
fn allowed(made: &Made) -> bool {
    let told = |key: &str| made.facts.iter().find(|(own, _)| own.as_str() == key).map(|(_, value)| value);
    match told("award_on") {
        Some(Value::Day(award)) => {
            *award <= made.day && (!made.kind.starts_with("labour.") || told("arbitrated") == Some(&Value::Flag(true)))
        }
        _ => true,
    }
}

/// The cases with one value of a day fact for each way in which the conditions on it turn out, as the plugin has it.
fn alike(cases: Vec<Made>, key: &str, rows: &str) -> Vec<Made> {
    let asked_for = format!("{key} = {{");
    let mut atoms: Vec<&str> =
        rows.match_indices(&asked_for).filter_map(|(at, _)| rows[at..].split_inclusive('}').next()).collect();
    atoms.sort_unstable();
    atoms.dedup();
    let Some(like) = cases.first() else { return cases };
    let table: String = atoms.iter().enumerate().map(|(at, atom)| row(&format!("N{at}"), atom, EFFECTS[2])).collect();
    let values: Vec<Made> = if atoms.is_empty() {
        vec![like.clone()]
    } else {
        let compiled = compiled(&[("cn/table.toml", &table)], &in_force(Theme::Days).2);
        let policy = &compiled.ruleset.policies_of(&"cn".into())[0];
        let bare = Made { facts: Vec::new(), ..like.clone() };
        let mut ways = BTreeMap::new();
        let later = |made: &Made| matches!(made.facts.first(), Some((_, Value::Day(day))) if *day > made.day);
        for made in with(vec![bare], key).into_iter().filter(|made| key != "award_on" || !later(made)) {
            let spoken: Vec<String> = asked(policy, &made).iter().map(|finding| finding.rule.to_string()).collect();
            ways.entry(spoken).or_insert(made);
        }
        ways.into_values().collect()
    };
    let join = |case: &Made, value: &Made| {
        let mut case = case.clone();
        case.facts.extend(value.facts.iter().filter(|(own, _)| own.as_str() == key).cloned());
        case
    };
    cases.iter().flat_map(|case| values.iter().map(move |value| join(case, value))).collect()
}

/// Every group of one to three parties.
fn groups(like: &Made) -> Vec<Made> {
    let mut kinds = Vec::new();
    for role in ["applicant", "respondent"] {
        for consent in values("consent") {
            for age in values("age") {
                let facts =
                    consent.clone().map(|v| ("consent".into(), v)).into_iter().chain(age.map(|v| ("age".into(), v)));
                kinds.push((Code::from(role), facts.collect::<Vec<_>>()));
            }
        }
    }
    let mut groups = Vec::new();
    for (a, one) in kinds.iter().enumerate() {
        groups.push(vec![one.clone()]);
        for (b, two) in kinds.iter().enumerate().skip(a) {
            groups.push(vec![one.clone(), two.clone()]);
            for three in kinds.iter().skip(b) {
                groups.push(vec![one.clone(), two.clone(), three.clone()]);
            }
        }
    }
    groups.into_iter().map(|parties| Made { parties, ..like.clone() }).collect()
}

/// What the table says of a case.
fn asked(policy: &Policy, made: &Made) -> Vec<Finding> {
    let (place, kind, source) = (LocalityId::from(made.place), KindId::from(made.kind), Code::from(made.source));
    let facts = |facts: &'_ [(FactKey, Value)]| -> Vec<(FactKey, Value)> {
        let mut facts = facts.to_vec();
        facts.sort_by(|(a, _), (b, _)| a.cmp(b));
        facts
    };
    let (own, parties) =
        (facts(&made.facts), made.parties.iter().map(|(r, f)| (r.clone(), facts(f))).collect::<Vec<_>>());
    let file = CaseFile {
        purposes: Purposes::BOTH,
        locality: &place,
        kind: &kind,
        source: &source,
        day: made.day,
        filed: made.day,
        facts: own.iter().map(|(k, v)| (k, v)).collect(),
        parties: parties
            .iter()
            .map(|(role, facts)| PartyFile {
                role,
                kind: PartyType::Natural,
                facts: facts.iter().map(|(k, v)| (k, v)).collect(),
            })
            .collect(),
    };
    policy.assessor.assess(&file).answer.unwrap()
}

/// For each rule the cases on which it speaks, by number.
fn counted(compiled: &Compiled, theme: Theme, rows: &str) -> (Vec<Made>, BTreeMap<String, BTreeSet<usize>>) {
    let policy = &compiled.ruleset.policies_of(&"cn".into())[0];
    let cases = cases(theme, rows);
    let mut speaking: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (at, made) in cases.iter().enumerate() {
        for finding in asked(policy, made) {
            speaking.entry(finding.rule.to_string()).or_default().insert(at);
        }
    }
    (cases, speaking)
}

/// The rules named by problems of a code: pairs as told.
fn told(problems: &[Diagnostic], code: &str) -> Vec<Vec<String>> {
    let names = |problem: &Diagnostic| {
        let quoted = problem.message.split('`').skip(1).step_by(2);
        let mut names: Vec<String> = quoted.filter(|n| IDS.contains(n)).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    };
    let mut all: Vec<_> = problems.iter().filter(|problem| problem.code == code).map(names).collect();
    all.sort();
    all
}

/// Targets, and the kinds that each covers and names.
const TARGETS: [(&str, &[&str]); 4] = [
    ("kinds = [\"labour.*\", \"family.divorce\"]", &["family.divorce", "labour.injury", "labour.wage"]),
    ("kinds = [\"labour.wage\", \"family.*\"]", &["family.divorce", "labour.wage"]),
    ("kinds = [\"labour.*\"]\nexcept = [\"labour.wage\"]", &["labour.injury"]),
    ("kinds = [\"*\"]", &[]),
];

/// Without a promise: of the kinds that the target names, exactly those are told on which no rule speaks; and whatever
/// else is told to be left out is answered by nobody.
fn check_without_a_promise(theme: Theme, rows: &[(Table, &'static str)]) {
    let plain = written(rows).replacen("complete = true\n", "", 1);
    let (_, speaking) = counted(&compiled(&[("cn/table.toml", &plain)], &in_force(theme).2), theme, &plain);
    let cases = cases(theme, &plain);
    for (target, named) in TARGETS {
        let text = format!("[target]\n{target}\n{plain}");
        let compiled = compiled(&[("cn/table.toml", &text)], &in_force(theme).2);
        let problems = analyse(&compiled);
        let silent = |kind: &&&str| !speaking.values().flatten().any(|at| cases[*at].kind == **kind);
        let left: Vec<String> = named.iter().filter(silent).map(|kind| format!("`{kind}`")).collect();
        let gaps = problems.iter().filter(|problem| problem.code == "gap");
        let of_the_target: Vec<&Diagnostic> =
            gaps.clone().filter(|p| p.message.starts_with("`target` covers")).collect();
        let told = of_the_target.first().map_or("", |problem| problem.message.as_str());
        let wanted = format!("`target` covers {}, and no rule", left.join(", "));
        let right = if left.is_empty() { told.is_empty() } else { told.starts_with(&wanted) };
        // A table none of whose rules speaks on what it is asked is told as that.
        assert!(right || left.len() == named.len(), "{told} instead of {left:?}\n{text}\n{problems:#?}");
        for gap in gaps {
            let witness = gap.witness.as_deref().unwrap_or_else(|| panic!("no witness: {gap:?}"));
            assert!(named.is_empty() || named.iter().any(|kind| witness.contains(kind)), "{witness}\n{text}");
            let between = gap.advice.as_deref().is_some_and(|advice| advice.starts_with("move"));
            let spoken = rules(&decided(witness, &compiled.ruleset));
            assert!(between || spoken.is_empty(), "{spoken:?} on {witness}\n{text}");
        }
    }
}

fn check(theme: Theme, rows: &[(Table, &'static str)]) {
    if theme == Theme::Numbers || theme == Theme::Names {
        check_without_a_promise(theme, rows);
    }
    let text = written(rows);
    let compiled = compiled(&[("cn/table.toml", &text), ("cn/town/empty.toml", "")], &in_force(theme).2);
    let problems = analyse(&compiled);
    // Offers only for those who refuse them are beyond what is proved.
    let beyond = |problem: &Diagnostic| theme == Theme::Parties && problem.message.contains("neither has an effect");
    let analysed = |problem: &Diagnostic| problem.code != "not-analysed" || beyond(problem);
    assert!(problems.iter().all(analysed), "{text}\n{problems:#?}");
    let (cases, speaking) = counted(&compiled, theme, &text);
    let none = BTreeSet::new();
    let speaks = |at: usize| speaking.get(IDS[at]).unwrap_or(&none);
    let show = |what: &str| format!("{what}\n{text}\n{problems:#?}");

    let never: Vec<Vec<String>> =
        (0..rows.len()).filter(|at| speaks(*at).is_empty()).map(|at| vec![IDS[at].to_owned()]).collect();
    assert_eq!(told(&problems, "rule-never-speaks"), never, "{}", show("never"));

    let answered: usize = (0..cases.len()).filter(|case| (0..rows.len()).any(|at| speaks(at).contains(case))).count();
    let gaps = problems.iter().any(|problem| problem.code == "gap" && problem.line == 1);
    let whole = theme == Theme::Numbers || theme == Theme::Names;
    // Other themes count only the cases of one kind: there a table is complete when it is for every kind.
    if whole || answered < cases.len() {
        assert_eq!(gaps, answered < cases.len(), "{}", show("complete"));
    }

    // A preference has an effect where what it prefers is on offer, and nobody refuses it.
    let of = |what: &str| -> BTreeSet<usize> {
        let rows = (0..rows.len()).filter(|at| rows[*at].1.contains(what));
        rows.flat_map(|at| speaks(at).iter().copied()).collect()
    };
    let refused = |case: &usize| {
        cases[*case]
            .parties
            .iter()
            .flat_map(|(_, facts)| facts)
            .any(|(key, value)| key.as_str() == "consent" && matches!(value, Value::Text(text) if &**text == "no"))
    };
    let offered = of("offer = ");
    let on_offer: BTreeSet<usize> =
        offered.difference(&of("forbid = ")).filter(|case| !refused(case)).copied().collect();
    let (mut clashing, mut gates, mut same) = (Vec::new(), Vec::new(), Vec::new());
    for b in 0..rows.len() {
        for a in 0..b {
            let (x, y) = (speaks(a), speaks(b));
            if x.is_disjoint(y) {
                continue;
            }
            let effects = (rows[a].1, rows[b].1);
            let clash = effects.0 != effects.1
                && ["clock = ", "require-first = ", "prefer = "]
                    .iter()
                    .any(|e| effects.0.contains(e) && effects.1.contains(e));
            let exception = effects.0.contains("prefer") && y.is_subset(x) && !x.is_subset(y);
            let idle = || x.intersection(y).all(|case| !on_offer.contains(case));
            if clash && !exception && !(effects.0.contains("prefer") && idle()) {
                clashing.push(vec![IDS[a].to_owned(), IDS[b].to_owned()]);
            }
            // An offer and what forbids it, unless one of the two is wholly within the other.
            let gate = |one: &str, other: &str| one.contains("offer") && other.contains("forbid");
            let nested = x.is_subset(y) != y.is_subset(x);
            if (gate(effects.0, effects.1) || gate(effects.1, effects.0)) && !nested {
                gates.push(BTreeSet::from([IDS[a].to_owned(), IDS[b].to_owned()]));
            }
            if effects.0 == effects.1 && (x.is_subset(y) || y.is_subset(x)) {
                same.push((a, b));
            }
        }
    }
    clashing.sort();
    let gate = |problem: &&Diagnostic| problem.code == "contradiction" && problem.message.contains("forbids it");
    let (closed, others): (Vec<Diagnostic>, Vec<Diagnostic>) = problems.iter().cloned().partition(|p| gate(&p));
    assert_eq!(told(&others, "contradiction"), clashing, "{}", show("contradictions"));
    gates.sort();
    let mut found: Vec<BTreeSet<String>> =
        told(&closed, "contradiction").into_iter().map(|names| names.into_iter().take(2).collect()).collect();
    found.sort();
    // Of several parties more can matter than are counted.
    if theme != Theme::Parties {
        assert_eq!(found, gates, "{}", show("offers that are forbidden"));
    }

    // Each repeated rule is told once, beside one of those that it repeats.
    let repeated: BTreeSet<usize> = same.iter().flat_map(|(a, b)| [*a, *b]).collect();
    let pairs = told(&problems, "duplicate-rule").into_iter().chain(told(&problems, "redundant-rule"));
    let pairs: Vec<(usize, usize)> = pairs
        .map(|names| {
            (IDS.iter().position(|id| *id == names[0]).unwrap(), IDS.iter().position(|id| *id == names[1]).unwrap())
        })
        .collect();
    assert!(pairs.iter().all(|pair| same.contains(pair)), "{}", show("repeated"));
    assert_eq!(pairs.is_empty(), repeated.is_empty(), "{}", show("repeated"));

    for at in (0..rows.len()).filter(|at| rows[*at].1.contains("offer") && !speaks(*at).is_empty()) {
        let closing: Vec<usize> = (0..rows.len()).filter(|f| rows[*f].1.contains("forbid")).collect();
        let closed = speaks(at).iter().all(|case| closing.iter().any(|f| speaks(*f).contains(case)));
        let masked = told(&problems, "rule-masked").iter().any(|names| names.contains(&IDS[at].to_owned()));
        let equal = problems.iter().filter(gate).any(|problem| {
            let with =
                |f: &usize| problem.message.contains(&format!("`{}` forbids", IDS[*f])) && speaks(at) == speaks(*f);
            problem.message.contains(&format!("`{}` offers", IDS[at])) && closing.iter().any(with)
        });
        // Against a row and more than two others, more parties can matter than are counted.
        if closed && theme == Theme::Parties && closing.len() > 2 {
            continue;
        }
        assert_eq!(masked || equal, closed, "{}", show("masked"));
    }

    witnesses(&compiled, &problems);
}

/// Every case that is shown can be sent by a caller and does what its problem says.
fn witnesses(compiled: &Compiled, problems: &[Diagnostic]) {
    for problem in problems {
        let Some(witness) = &problem.witness else { panic!("no witness: {problem:?}") };
        assert_eq!(question(witness, &compiled.ruleset).case.locality.as_str().split('/').next(), Some("cn"));
        let speaking = rules(&decided(witness, &compiled.ruleset));
        let named = told(std::slice::from_ref(problem), problem.code).remove(0);
        match problem.code {
            "gap" | "rule-never-speaks" => {
                assert!(named.iter().all(|n| !speaking.contains(n)), "{witness} {problem:?}")
            }
            _ => assert!(
                named.iter().take(2).all(|n| speaking.contains(n)) || problem.code == "rule-masked",
                "{witness} {problem:?}"
            ),
        }
        if problem.code == "gap" && problem.line == 1 {
            assert!(speaking.is_empty(), "{witness} {problem:?}");
        }
    }
}

/// How many tables are tried where `PROPTEST_CASES` does not say.
const TABLES: u32 = 300;

proptest! {
    // Other tables every time; a failure shows its table, and `PROPTEST_RNG_SEED` makes the same ones again.
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(TABLES),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_proved_is_what_counting_finds((theme, rows) in tables()) {
        check(theme, &rows);
    }
}
