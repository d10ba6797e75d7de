//! Tables made at random, each about facts of which all cases can be counted.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*, sample::select, strategy::Union};

use crate::place::row;

/// A condition as a TOML table: what stands under each key.
pub(crate) type Table = BTreeMap<String, String>;

fn text(table: &Table) -> String {
    table.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
}

/// Facts that are looked at together, so that all cases can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    Numbers,
    Names,
    Compared,
    Words,
    Parties,
    Days,
    /// What the vocabulary says of every case.
    Laws,
}

const THEMES: [Theme; 7] =
    [Theme::Numbers, Theme::Names, Theme::Compared, Theme::Words, Theme::Parties, Theme::Days, Theme::Laws];

fn money() -> BoxedStrategy<String> {
    (0..=6_u8).prop_map(|minor| format!("\"0.0{minor}\"")).boxed()
}

/// One or two bounds on a number; two stand the right way round where both are written out.
fn bounds(bound: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let one = (select(vec!["min", "max", "above", "below"]), bound.clone());
    let one = one.prop_map(|(key, b)| format!("{{ {key} = {b} }}"));
    let both = (select(vec!["min", "above"]), bound.clone(), select(vec!["max", "below"]), bound);
    let both = both.prop_map(|(a, x, b, y)| {
        let (x, y) = if x.starts_with('{') || y.starts_with('{') || x <= y { (x, y) } else { (y, x) };
        format!("{{ {a} = {x}, {b} = {y} }}")
    });
    Union::new([one.boxed(), both.boxed()]).boxed()
}

fn known() -> BoxedStrategy<String> {
    any::<bool>().prop_map(|known| format!("{{ known = {known} }}")).boxed()
}

fn word(words: &'static [&'static str]) -> BoxedStrategy<String> {
    let one = select(words.to_vec()).prop_map(|w| format!("\"{w}\""));
    let some = proptest::sample::subsequence(words.to_vec(), 1..=words.len()).prop_map(|ws| format!("{ws:?}"));
    Union::new([one.boxed(), some.boxed(), known()]).boxed()
}

fn days() -> BoxedStrategy<String> {
    let day = |key: &'static str| (1..=28_u8).prop_map(move |d| format!("{{ {key} = 2026-02-{d:02} }}"));
    let spans = vec!["0 days", "1 day", "3 days", "28 days", "30 days", "31 days", "1 month", "2 months"];
    let age = (select(vec!["ago-min", "ago-max", "running", "ahead-max"]), select(spans.clone()))
        .prop_map(|(k, s)| format!("{{ {k} = \"{s}\" }}"));
    let both =
        (select(spans.clone()), select(spans)).prop_map(|(a, b)| format!("{{ ago-min = \"{a}\", ago-max = \"{b}\" }}"));
    Union::new([day("from").boxed(), day("to").boxed(), age.boxed(), both.boxed(), known()]).boxed()
}

/// A condition on one key.
fn atom(theme: Theme) -> BoxedStrategy<(String, String)> {
    let key = |key: &'static str, value: BoxedStrategy<String>| value.prop_map(move |v| (key.to_owned(), v)).boxed();
    let flag = || any::<bool>().prop_map(|f| f.to_string()).boxed();
    let people = || (0..=5_u8).prop_map(|n| n.to_string()).boxed();
    let fact = |name: &'static str| Just(format!("{{ fact = \"{name}\" }}")).boxed();
    let atoms = match theme {
        Theme::Numbers => vec![
            key("people", bounds(people())),
            key("people", people()),
            key("amount", bounds(money())),
            key("amount", known()),
            key(
                "kind",
                select(vec!["\"labour.*\"", "\"labour.wage\"", "[\"labour.injury\", \"family.*\"]"])
                    .prop_map(str::to_owned)
                    .boxed(),
            ),
        ],
        Theme::Names => vec![
            key(
                "kind",
                select(vec!["\"labour.*\"", "\"labour.wage\"", "[\"labour.injury\", \"family.*\"]"])
                    .prop_map(str::to_owned)
                    .boxed(),
            ),
            key("relation", word(&["family", "neighbour", "trade"])),
            key("urgent", flag()),
            key("urgent", known()),
            key("source", select(vec!["\"counter\"", "\"hotline\""]).prop_map(str::to_owned).boxed()),
        ],
        Theme::Compared => vec![
            key("amount", bounds(Union::new([money(), fact("offered"), fact("cap")]).boxed())),
            key("offered", bounds(Union::new([money(), fact("cap")]).boxed())),
            key("cap", bounds(money())),
            key("locality", select(vec!["\"cn\"", "\"cn/*\""]).prop_map(str::to_owned).boxed()),
        ],
        Theme::Words => vec![
            key("needs", word(&["sign", "braille"])),
            key("sector", word(&["farming", "building"])),
            key("urgent", flag()),
        ],
        Theme::Parties => vec![key("urgent", flag())],
        Theme::Days => vec![key("knew_on", days()), key("ended_on", days())],
        Theme::Laws => vec![
            key("award_on", days()),
            key("arbitrated", flag()),
            key("arbitrated", known()),
            key("kind", select(vec!["\"labour.*\"", "\"family.*\""]).prop_map(str::to_owned).boxed()),
        ],
    };
    Union::new(atoms).boxed()
}

fn party() -> BoxedStrategy<String> {
    let consent = word(&["yes", "no"]).prop_map(|v| format!("consent = {v}"));
    let age = bounds((0..=3_u8).prop_map(|n| n.to_string()).boxed()).prop_map(|v| format!("age = {v}"));
    let role = select(vec!["applicant", "respondent"]).prop_map(|r| format!("role = \"{r}\""));
    let not = word(&["yes", "no"]).prop_map(|v| format!("not = {{ consent = {v} }}"));
    let parts = (
        proptest::option::of(consent),
        proptest::option::of(age),
        proptest::option::of(role),
        proptest::option::of(not),
    );
    let joined = parts.prop_map(|(a, b, c, d)| [a, b, c, d].into_iter().flatten().collect::<Vec<_>>().join(", "));
    joined.prop_filter("something is asked", |text| !text.is_empty()).boxed()
}

/// A condition: a few keys, and perhaps exceptions and alternatives.
fn condition(theme: Theme) -> BoxedStrategy<Table> {
    let flat = vec(atom(theme), 1..=2).prop_map(|atoms| atoms.into_iter().collect::<Table>());
    if theme == Theme::Parties {
        let quantified = (select(vec!["any", "all"]), party()).prop_map(|(q, p)| (q.to_owned(), format!("{{ {p} }}")));
        let negated = quantified.clone().prop_map(|(q, p)| ("not".to_owned(), format!("{{ {q} = {p} }}")));
        return (Union::new([quantified.boxed(), negated.boxed()]), proptest::option::of(atom(theme)))
            .prop_map(|(one, more)| more.into_iter().chain([one]).collect())
            .boxed();
    }
    let some = |key: &'static str, inner: BoxedStrategy<Table>| {
        vec(inner, 1..=2).prop_map(move |all| {
            (
                key.to_owned(),
                format!("[{}]", all.iter().map(|t| format!("{{ {} }}", text(t))).collect::<Vec<_>>().join(", ")),
            )
        })
    };
    flat.prop_recursive(2, 6, 2, move |inner| {
        let base = vec(atom(theme), 0..=2);
        let (not, either) = (some("not", inner.clone()), some("either", inner));
        (base, proptest::option::of(not), proptest::option::of(either))
            .prop_map(|(base, not, either)| base.into_iter().chain(not).chain(either).collect::<Table>())
            .prop_filter("something is asked", |table| !table.is_empty())
            .boxed()
    })
    .boxed()
}

pub(crate) const EFFECTS: [&str; 9] = [
    r#"{ offer = "mediation" }"#,
    r#"{ forbid = "mediation" }"#,
    r#"{ duty = "inform" }"#,
    r#"{ clock = "limitation", from = "filed", span = "1 year" }"#,
    r#"{ clock = "limitation", from = "filed", span = "6 months" }"#,
    r#"{ require-first = "arbitration", before = "court" }"#,
    r#"{ require-first = "court", before = "arbitration" }"#,
    r#"{ prefer = "mediation", weight = 5 }"#,
    r#"{ prefer = "mediation", weight = 9 }"#,
];

/// A table of up to five rows with rules A to E.
pub(crate) fn tables() -> impl Strategy<Value = (Theme, Vec<(Table, &'static str)>)> {
    select(THEMES.to_vec()).prop_flat_map(|theme| {
        let row = (condition(theme), select(EFFECTS.to_vec()));
        (Just(theme), vec(row, 1..=5))
    })
}

pub(crate) const IDS: [&str; 5] = ["A", "B", "C", "D", "E"];

pub(crate) fn written(rows: &[(Table, &'static str)]) -> String {
    let rows = rows.iter().zip(IDS).map(|((when, then), id)| row(id, &text(when), then));
    "complete = true\n".to_owned() + &rows.collect::<String>()
}
