//! Large tables: what is found comes to an end, and where the rest is not looked at somebody says so.

use maple_bundle::TABLE_RULES_MAX;

use crate::place::{proved, row};

/// Every rule meets every other one.
fn all_meeting(then: impl Fn(usize) -> String) -> String {
    (0..TABLE_RULES_MAX).map(|at| row(&format!("R{at}"), "urgent = true", &then(at))).collect()
}

fn told(text: &str, code: &str) -> (usize, usize) {
    let problems = proved(text);
    let count = |code| problems.iter().filter(|problem| problem.code == code).count();
    (count(code), count("not-shown"))
}

#[test]
fn ten_thousand_rules_that_contradict_each_other_end_with_a_note() {
    let clocks =
        all_meeting(|at| format!("{{ clock = \"limitation\", from = \"filed\", span = \"{} days\" }}", at % 9_999 + 1));
    assert_eq!(told(&clocks, "contradiction"), (50, 1));
}

#[test]
fn ten_thousand_rules_that_say_the_same_end_with_a_note() {
    let same = all_meeting(|_| "{ duty = \"inform\" }".to_owned());
    assert_eq!(told(&same, "duplicate-rule"), (50, 1));
}
