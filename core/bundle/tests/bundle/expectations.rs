//! What a case expects: one fault, one row.

use crate::{
    faults::{LABOUR, differs, problems},
    support::changed,
};

/// What a case expects besides its outcome, `code line:column`, part of the message, part of the advice.
fn expects(rows: &[(&'static str, &'static str, &'static str, &'static str)]) {
    let from = "outcome = \"route\", has-rules = [\"R19\"]";
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(to, place, message, advice)| {
            let to: &'static str = Box::leak(format!("outcome = \"route\", {to}").into_boxed_str());
            differs(&(LABOUR, from, to, place, message, advice))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn parts_that_a_case_expects() {
    let day_or_length = "`due` is a day, written without quotes like 2026-11-23, or a length of time like \"15 days\"";
    expects(&[
        ("step = []", "unknown-key 20:31", "no key `step`", "did you mean `steps`"),
        ("steps = 3", "wrong-type 20:39", "`steps` is a list, this is a whole number", ""),
        ("steps = [3]", "wrong-type 20:40", "an expected step is a table", ""),
        ("steps = [\"court\"]", "wrong-type 20:40", "an entry of `steps` is a table", "{ channel = \"court\", due"),
        ("steps = [{ body = \"county\" }]", "missing-key 20:40", "an expected step needs `channel`", ""),
        ("steps = [{ channel = \"curt\" }]", "unknown-channel 20:52", "`curt`", "did you mean `court`"),
        ("steps = [{ channel = 3 }]", "wrong-type 20:52", "`channel` is a text", ""),
        (
            "steps = [{ channel = \"court\", bodi = 1 }]",
            "unknown-key 20:61",
            "an expected step has no key `bodi`",
            "`body`",
        ),
        ("steps = [{ channel = \"court\", body = \"conty\" }]", "unknown-word 20:68", "body word `conty`", "`county`"),
        ("steps = [{ channel = \"court\", body = 7 }]", "wrong-type 20:68", "`body` is a text", ""),
        ("steps = [{ channel = \"court\", skills = 7 }]", "wrong-type 20:70", "`skills` is a list of texts", ""),
        (
            "steps = [{ channel = \"court\", skills = [\"lang\"] }]",
            "unknown-word 20:71",
            "skill word `lang`",
            "`lang_*`",
        ),
        ("steps = [{ channel = \"court\", due = 15 }]", "wrong-type 20:67", day_or_length, ""),
        (
            "steps = [{ channel = \"court\", due = \"15 days\" }]",
            "missing-key 20:67",
            "`due` does not say from when",
            "from = \"acceptance\"",
        ),
        (
            "steps = [{ channel = \"court\", due = \"fifteen\", from = \"acceptance\" }]",
            "bad-span 20:67",
            "`fifteen` is not a length",
            "15 days",
        ),
        (
            "steps = [{ channel = \"court\", due = \"fifteen\" }]",
            "bad-span 20:67",
            "`fifteen` is not a length",
            "15 days",
        ),
        (
            "steps = [{ channel = \"court\", due = \"15 days\", from = \"acceptence\" }]",
            "unknown-word 20:85",
            "event word `acceptence`",
            "`acceptance`",
        ),
        (
            "steps = [{ channel = \"court\", due = 2026-07-10, from = \"acceptance\" }]",
            "wrong-type 20:86",
            "`due` is a day, which counts from nothing",
            "leave `from` out",
        ),
        (
            "steps = [{ channel = \"court\", from = \"acceptance\" }]",
            "missing-key 20:68",
            "`from` means nothing without `due`",
            "due = \"15 days\"",
        ),
        (
            "steps = [{ channel = \"court\", basis = \"cn.labour.8\" }]",
            "unknown-provision 20:69",
            "`cn.labour.8`",
            "`cn.labour.",
        ),
        ("has-rules = [{ basis = \"cn.labour.5\" }]", "missing-key 20:44", "an expected rule needs `rule`", ""),
        ("has-rules = [{ rule = \"R91\" }]", "unknown-rule 20:53", "`R91`", "did you mean `R19`"),
        (
            "has-rules = [{ rule = \"R19\", basis = \"cn.labor.5\" }]",
            "unknown-provision 20:68",
            "`cn.labor.5`",
            "`cn.labour.5`",
        ),
        (
            "has-rules = [19]",
            "wrong-type 20:44",
            "an entry of `has-rules` is a word or a table, this is a whole number",
            "{ rule = \"R19\"",
        ),
        ("has-duties = [{ bearer = \"intake\" }]", "missing-key 20:45", "an expected duty needs `duty`", ""),
        ("has-duties = [{ duty = \"inforn\" }]", "unknown-word 20:54", "duty word `inforn`", "did you mean `inform`"),
        (
            "has-duties = [true]",
            "wrong-type 20:45",
            "an entry of `has-duties` is a word or a table",
            "{ duty = \"explain\"",
        ),
        ("has-duties = true", "wrong-type 20:44", "`has-duties` is a list", ""),
        (
            "has-duties = [{ duty = \"inform\", bearer = \"intak\" }]",
            "unknown-word 20:73",
            "bearer word `intak`",
            "`intake`",
        ),
        (
            "has-duties = [{ duty = \"inform\", with = 3 }]",
            "wrong-type 20:71",
            "`with` is a table of parameters like { days = 30 }",
            "",
        ),
        (
            "has-duties = [{ duty = \"inform\", with = { cont = 3 } }]",
            "unknown-word 20:73",
            "param word `cont`",
            "`count`",
        ),
        (
            "has-duties = [{ duty = \"inform\", with = { count = [3] } }]",
            "wrong-type 20:81",
            "`count` is a single value",
            "",
        ),
        (
            "has-duties = [{ duty = \"inform\", who = \"intake\" }]",
            "unknown-key 20:64",
            "an expected duty has no key `who`",
            "`bearer`",
        ),
        ("has-duties = [{ duty = \"inform\", basis = 5 }]", "wrong-type 20:72", "`basis` is a list of texts", ""),
        (
            "clocks = { limitation_labour = 3 }",
            "wrong-type 20:62",
            "is its last day, written without quotes like 2026-11-23, or a table like { ends",
            "",
        ),
        ("clocks = { limitation_labour = { warn = [7] } }", "missing-key 20:62", "an expected clock needs `ends`", ""),
        (
            "clocks = { limitation_labour = { ends = \"soon\" } }",
            "wrong-type 20:71",
            "`ends` is a day, written without quotes",
            "",
        ),
        (
            "clocks = { limitation_labour = { ends = 2026-01-05, warns = [7] } }",
            "unknown-key 20:83",
            "an expected clock has no key `warns`",
            "did you mean `warn`",
        ),
        (
            "clocks = { limitation_labour = { ends = 2026-01-05, warn = 7 } }",
            "wrong-type 20:90",
            "`warn` is a list of days before the end, like [30, 7]",
            "",
        ),
        (
            "clocks = { limitation_labour = { ends = 2026-01-05, warn = [-7] } }",
            "out-of-range 20:91",
            "`warn` is -7",
            "",
        ),
        (
            "clocks = { limitation_labour = { ends = 2026-01-05, basis = \"cn\" } }",
            "unknown-provision 20:91",
            "`cn`",
            "",
        ),
        ("signals = [{ level = \"red\" }]", "missing-key 20:42", "an expected signal needs `signal`", ""),
        (
            "signals = [{ signal = \"wage_clusters\" }]",
            "unknown-word 20:53",
            "signal word `wage_clusters`",
            "`wage_cluster`",
        ),
        ("signals = [{ signal = \"wage_cluster\", level = \"read\" }]", "unknown-value 20:77", "`read`", "`red`"),
        (
            "signals = [{ signal = \"wage_cluster\", levels = \"red\" }]",
            "unknown-key 20:69",
            "an expected signal has no key `levels`",
            "`level`",
        ),
        ("signals = [3.5]", "wrong-type 20:42", "an entry of `signals` is a word or a table", "{ signal = "),
        (
            "signals = [{ signal = \"wage_cluster\", basis = \"cn.labour\" }]",
            "unknown-provision 20:77",
            "`cn.labour`",
            "`cn.labour.",
        ),
        ("basis = \"cn.labour.50\"", "unknown-provision 20:39", "`cn.labour.50`", "`cn.labour.5`"),
        ("bases = \"cn.labour.5\"", "unknown-key 20:31", "`expect` has no key `bases`", "`basis`"),
    ]);
}

#[test]
fn warnings_that_a_case_expects_are_no_more_than_a_clock_may_have() {
    let warn = |count: usize| {
        format!(
            "outcome = \"route\", clocks = {{ limitation_labour = {{ ends = 2026-01-05, warn = {:?} }} }}",
            vec![1; count]
        )
    };
    let told = |count| {
        problems(&changed(LABOUR, "outcome = \"route\"", &warn(count))).into_iter().map(|p| p.code).collect::<Vec<_>>()
    };
    assert_eq!(told(maple_bundle::CLOCK_WARNS_MAX), [""; 0]);
    assert_eq!(told(maple_bundle::CLOCK_WARNS_MAX + 1), ["too-many"]);
}
