//! What the host counts over what happened, and every way in which the file that says so can be wrong.

use maple_bundle::{AGGREGATES_COUNT_MAX, Bundle, DEVIATIONS_MAX, LINE_MONTHS_MAX, Severity, WINDOW_DAYS_MAX};
use maple_kernel::{Aggregate, Group, Pattern, Scope, Tally, Window};

use super::{
    faults::problems,
    support::{files, run},
};

fn with(aggregates: &str, rule: &str) -> Bundle {
    let mut files = files();
    files.insert("aggregates.toml".to_owned(), aggregates.as_bytes().to_vec());
    if !rule.is_empty() {
        files.insert("cn/zhejiang/table.toml".to_owned(), rule.as_bytes().to_vec());
    }
    Bundle::from_files(files).unwrap()
}

const OPEN: &str = "[[aggregate]]\nkey = \"station_open\"\ngroup = \"station\"\nwindow-days = 30\nopen = true\n\
                    title = { zh = \"未结\", en = \"open\" }\n";

#[test]
fn counts_become_facts_that_rules_read_and_cases_show() {
    let rule = "[[rule]]\nid = \"Z1\"\nsummary = { zh = \"甲\", en = \"a\" }\nbasis = [\"cn.labour.5\"]\n\
                when = { station_open = { min = 3 } }\nthen = [{ offer = \"labour_mediation\" }]\n\
                [[case]]\nname = \"three\"\ncovers = [\"Z1\"]\n\
                case = { kind = \"labour.wage\", context = { station_open = 3 } }\nexpect = { has-rules = [\"Z1\"] }\n\
                [[case]]\nname = \"two\"\ncase = { kind = \"labour.wage\", context = { station_open = 2 } }\n\
                expect = { lacks-rules = [\"Z1\"] }\n";
    let people =
        "[[aggregate]]\nkey = \"people\"\ngroup = \"organisation\"\nwindow-days = 90\nkinds = [\"labour.*\"]\n";
    let compiled = run(&with(&format!("{OPEN}{people}"), rule)).unwrap();
    let vocabulary = compiled.ruleset.vocabulary();
    let wanted = [
        Aggregate {
            key: "people".into(),
            group: Group::Organisation,
            of: Tally::Cases { window: Window::Days(90), open: false },
            kinds: vec![Pattern::new("labour.*")],
        },
        Aggregate {
            key: "station_open".into(),
            group: Group::Station,
            of: Tally::Cases { window: Window::Days(30), open: true },
            kinds: Vec::new(),
        },
    ];
    assert_eq!(vocabulary.aggregates, wanted);
    assert_eq!(vocabulary.facts["station_open"].scope, Scope::Context);
    // A count that callers may send stays theirs.
    assert_eq!(vocabulary.facts["people"].scope, Scope::Case);
    let shown: Vec<_> = compiled.cases.iter().filter(|case| !case.question.context.is_empty()).collect();
    assert_eq!(shown.len(), 2);
}

#[test]
fn what_is_wrong_is_told_where_it_stands() {
    let change = |from: &str, to: &str| {
        assert!(OPEN.contains(from), "{from}");
        OPEN.replacen(from, to, 1)
    };
    let line = |months: i64, deviations: i64| {
        let line = format!("of = \"line\"\nmonths = {months}\ndeviations = {deviations}");
        change("window-days = 30\nopen = true", &line).replace("\"station\"", "\"kind\"")
    };
    let far = format!("window-days = {}", WINDOW_DAYS_MAX + 1);
    let rows = [
        (change("\"station\"", "\"person\""), "unknown-value", "`person`"),
        (change("key = \"station_open\"", ""), "missing-key", "`key`"),
        (change("window-days = 30", &far), "out-of-range", "1100"),
        (change("window-days = 30", "window-days = 0"), "out-of-range", "between 1"),
        (change("station_open", "phone"), "reserved-name", "`never`"),
        (change("station_open", "Station"), "bad-name", "Station"),
        (change("station_open", "amount"), "wrong-type", "no count"),
        (change("station_open", "people"), "missing-key", "`people`"),
        (change("title = { zh = \"未结\", en = \"open\" }", ""), "missing-key", "without a title"),
        (change("open = true", "opened = true"), "unknown-key", "`opened`"),
        (change("open = true", "kinds = [\"labor.*\"]"), "unknown-kind", "`labor.*`"),
        (format!("{OPEN}{OPEN}"), "wrong-type", "`station_open`"),
        (change("open = true", "of = \"people\""), "unknown-value", "`people`"),
        (change("open = true", "of = \"desk\""), "unknown-key", "`window-days`"),
        (change("window-days = 30\nopen = true", "of = \"calls\""), "missing-key", "`window-days`"),
        (change("open = true", "of = \"calls\""), "wrong-scope", "`calls` is never counted of a `station`"),
        (change("window-days = 30\nopen = true", "this-month = false"), "missing-key", "`window-days`"),
        (line(LINE_MONTHS_MAX + 1, 3), "out-of-range", "between 6 and 36"),
        (line(5, 3), "out-of-range", "between 6 and 36"),
        (line(12, DEVIATIONS_MAX + 1), "out-of-range", "between 1 and 10"),
        (line(12, 0), "out-of-range", "between 1 and 10"),
        (line(12, 3).replace("\"kind\"", "\"place\""), "wrong-scope", "`line` is never counted of a `place`"),
    ];
    for (text, code, said) in rows {
        let told = problems(&with(&text, ""));
        let first = told.iter().find(|problem| problem.severity == Severity::Error);
        let first = first.unwrap_or_else(|| panic!("{text}"));
        assert_eq!((first.code, first.file.as_str()), (code, "aggregates.toml"), "{first}");
        assert!(first.message.contains(said), "{first}");
    }
    let sent = "[[rule]]\nid = \"Z1\"\nsummary = { zh = \"甲\", en = \"a\" }\nbasis = [\"cn.labour.5\"]\n\
                then = [{ offer = \"labour_mediation\" }]\n[[case]]\nname = \"sent\"\ncovers = [\"Z1\"]\n\
                case = { kind = \"labour.wage\", facts = { station_open = 3 } }\nexpect = { has-rules = [\"Z1\"] }\n";
    let told = problems(&with(OPEN, sent));
    assert!(
        told.iter().any(|problem| problem.code == "wrong-scope" && problem.message.contains("counted")),
        "{told:?}"
    );
}

#[test]
fn there_are_so_many_counts_and_no_more() {
    let many = |count: usize| {
        let one = |at: usize| OPEN.replacen("station_open", &format!("open_{at}"), 1);
        (0..count).map(one).collect::<String>()
    };
    assert!(run(&with(&many(AGGREGATES_COUNT_MAX), "")).is_ok());
    let told = problems(&with(&many(AGGREGATES_COUNT_MAX + 1), ""));
    assert!(told.iter().any(|problem| problem.code == "too-many" && problem.message.contains("64")), "{told:?}");
}

#[test]
fn each_sort_of_count_is_read_with_what_belongs_to_it() {
    let rows = [
        ("kind", "this-month = true", Tally::Cases { window: Window::Month, open: false }),
        ("kind", "of = \"line\"\nmonths = 36\ndeviations = 10", Tally::Line { months: 36, deviations: 10 }),
        ("organisation", "of = \"suits\"\nwindow-days = 30", Tally::Suits { days: 30 }),
        ("station", "of = \"desk\"", Tally::Desk),
        ("station", "of = \"capacity\"", Tally::Capacity),
        ("station", "of = \"overloaded\"", Tally::Overloaded),
        ("station", "of = \"waiting\"\nwindow-days = 7", Tally::Waiting { days: 7 }),
        ("case", "of = \"calls\"\nwindow-days = 7", Tally::Calls { days: 7 }),
        ("case", "of = \"refusals_broken\"", Tally::RefusalsBroken),
        ("case", "of = \"deadlines_missed\"", Tally::DeadlinesMissed),
        ("case", "of = \"relapses\"", Tally::Relapses),
    ];
    for (group, said, wanted) in rows {
        let text =
            OPEN.replacen("window-days = 30\nopen = true", said, 1).replacen("\"station\"", &format!("\"{group}\""), 1);
        let compiled = run(&with(&text, "")).unwrap_or_else(|_| panic!("{text}"));
        let read = &compiled.ruleset.vocabulary().aggregates[0];
        assert_eq!((read.group.as_str(), read.of), (group, wanted));
    }
}
