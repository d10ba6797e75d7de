//! What people write who do not program, and what they are told.

use crate::faults::{LABOUR, LOWER, check};

/// Slips of the keyboard: each is told once, where it stands, in words that say what to write.
#[test]
fn slips_of_writing() {
    let basis = "basis = [\"cn.labour.5\"]\nfloor";
    check(&[
        (LABOUR, "[\"labour.*\"]", "“labour.*”", "syntax 4:17", "`“` is a curly quote", "write \"labour.*\""),
        (LABOUR, "[\"labour.*\"],", "[\"labour.*\"]，", "syntax 4:29", "`，` is a mark", "write `,` instead"),
        (LABOUR, basis, "basis: [\"cn.labour.5\"]\nfloor", "syntax 7:6", "`basis` is followed by `:`", "`basis = …`"),
        (LABOUR, "floor = true", "in-force-from = 2024-2-1", "syntax 8:17", "`2024-2-1`", "write 2024-02-01"),
        (LABOUR, "floor = true", "in-force-from = 2024年2月1日", "syntax 8:17", "`2024年2月1日`", "write 2024-02-01"),
        (LABOUR, "floor = true", "in-force-from = 01.02.2024", "syntax 8:17", "`01.02.2024`", "write 2024-02-01"),
        (LABOUR, "urgent = true", "amount > 100", "syntax 4:46", "no sign `>`", "`amount = { above = 100 }`"),
        (LABOUR, "floor = true", "id = \"R20\"", "syntax 8:1", "`id` is written twice", "`[[rule]]`, is missing above"),
        (
            LABOUR,
            "urgent = true",
            "urgent = true, urgent = false",
            "syntax 4:54",
            "`urgent` is written twice",
            "`urgent = [ …, … ]`",
        ),
        (
            LABOUR,
            "then = [ { duty = \"inform\", with = { count = 3 } } ]",
            "then = { { duty = \"inform\" } }",
            "syntax 13:10",
            "`then` is a list",
            "`then = [ { … } ]`",
        ),
        (LABOUR, "\"acceptance\" } ]", "\"acceptance\" }", "syntax 5:8", "the `[` here is not closed", "write `]`"),
    ]);
}

/// A title, or a part of names, leads to the name that was meant.
#[test]
fn titles_and_parts_of_names() {
    check(&[
        (LABOUR, "[\"labour.*\"]", "\"工资\"", "unknown-kind 4:17", "`工资`", "did you mean `labour.wage`?"),
        (LABOUR, "[\"labour.*\"]", "\"labour\"", "unknown-kind 4:17", "`labour`", "did you mean `labour.*`?"),
        (LABOUR, "[\"labour.*\"]", "\"Divorce\"", "unknown-kind 4:17", "`Divorce`", "did you mean `family.divorce`?"),
        (LABOUR, "urgent = true", "\"金额\" = \"1.00\"", "unknown-fact 4:39", "`金额`", "did you mean `amount`?"),
        (LABOUR, "urgent = true", "locality = \"浙江\"", "unknown-locality 4:50", "`浙江`", "`cn/zhejiang`?"),
        (LABOUR, "\"labour_mediation\"", "\"mediation\"", "unknown-channel 6:20", "`mediation`", "`labour_mediation`?"),
        (LABOUR, "\"labour_mediation\"", "\"法院\"", "unknown-channel 6:20", "`法院`", "did you mean `court`?"),
        (
            LABOUR,
            "\"labour_mediation\"",
            "\"labour\"",
            "unknown-channel 6:20",
            "`labour`",
            "one of `labour_arbitration`, `labour_mediation`?",
        ),
        (LABOUR, "duty = \"inform\"", "duty = \"告知\"", "unknown-word 13:19", "`告知`", "did you mean `inform`?"),
    ]);
}

/// Values of the wrong kind: what is meant, and how it is written.
#[test]
fn values_and_heads() {
    check(&[
        (LABOUR, "\"15 days\"", "7", "wrong-type 6:46", "a length of time", "\"7 days\" or \"7 working days\""),
        (LABOUR, "\"15 days\"", "\"7天\"", "bad-span 6:46", "`7天`", "write \"7 days\""),
        (LABOUR, "\"15 days\"", "\"7个工作日\"", "bad-span 6:46", "`7个工作日`", "write \"7 working days\""),
        (LABOUR, "\"15 days\"", "\"soon\"", "bad-span 6:46", "`soon`", "write it like \"15 days\""),
        (
            LABOUR,
            "urgent = true",
            "amount = { max = \"-5.00\" }",
            "out-of-range 4:56",
            "may not be negative",
            "\"0.00\"",
        ),
        (
            LABOUR,
            "{ duty = \"inform\", with = { count = 3 } }",
            "{ derive = \"people\", value = 3 }",
            "wrong-scope 13:21",
            "`derive` sets only facts that policies derive",
            "`facts.toml`: `urgent`",
        ),
        (
            LOWER,
            "kinds = [\"labour.*\"]",
            "kinds = []",
            "never-true 12:9",
            "`kinds` lists nothing",
            "leave `kinds` out",
        ),
        (LOWER, "kinds = [\"labour.*\"]", "sources = []", "never-true 12:11", "`sources` lists nothing", "leave"),
    ]);
}

/// A table under a head with a slip is told by that alone, and is read all the same.
#[test]
fn heads_of_rules() {
    let told = |text: &str| {
        let mut files = crate::support::files();
        files.insert("cn/more.toml".to_owned(), text.as_bytes().to_vec());
        let problems = crate::faults::problems(&maple_bundle::Bundle::from_files(files).unwrap());
        let told = problems.iter().filter(|p| p.severity == maple_bundle::Severity::Error);
        told.map(|p| (p.code, p.line, p.advice.clone().unwrap_or_default())).collect::<Vec<_>>()
    };
    let rule = "id = \"M1\"\nsummary = { zh = \"一\", en = \"one\" }\nthen = [ { prefer = \"court\", weight = 1 } ]\n";
    let found = told(&format!("[target]\nkinds = [\"labour.*\"]\n[rule]\n{rule}"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0 == "wrong-type" && found[0].1 == 3 && found[0].2.contains("`[[rule]]`"), "{found:?}");
    let found = told(&format!("[target]\nkinds = [\"labour.*\"]\n[[rules]]\n{rule}"));
    assert_eq!(found, [("unknown-key", 3, "did you mean `rule`?".to_owned())]);
    let found = told(&format!("[[rules]]\n{rule}coluor = 1\n"));
    assert_eq!(
        found.iter().map(|(code, line, _)| (*code, *line)).collect::<Vec<_>>(),
        [("unknown-key", 1), ("unknown-key", 5)]
    );
}

/// Days on which no law stands behind a rule, and rules without a day of their own.
#[test]
fn days_of_rules() {
    let basis = "[\"cn.labour.5\"]\nfloor = true";
    check(&[
        (
            LABOUR,
            basis,
            "[\"cn.labour.7\"]\nin-force-to = 2025-01-01\nfloor = true",
            "basis-not-in-force 7:10",
            "`cn.labour.7`",
            "",
        ),
        (
            LABOUR,
            "floor = true",
            "in-force-to = 2020-05-01",
            "dates-inverted 8:15",
            "ends on 2020-05-01, before its pack or table begins on 2021-01-01",
            "it never applies",
        ),
    ]);
}
