//! What the registry of facts says of days, flags and parties, and what it may not say.

use crate::{
    faults::{Row, differs, problems},
    support::{changed, run},
};

#[test]
fn a_flag_is_tied_to_days_and_kinds_that_exist() {
    let flag = |row: (&'static str, &'static str, &'static str, &'static str)| -> Row {
        ("facts.toml", "type = \"flag\"\n", row.0, row.1, row.2, row.3)
    };
    let rows: [Row; 7] = [
        (
            "facts.toml",
            "max = 1000\n",
            "max = 1000\nimplied-by = { days = \"knew_on\" }\n",
            "wrong-type 14:14",
            "only a flag of the case",
            "`type = \"flag\"`",
        ),
        flag((
            "type = \"flag\"\nimplied-by = { days = \"knew_of\" }\n",
            "unknown-fact 36:23",
            "`knew_of`",
            "`knew_on`",
        )),
        flag(("type = \"flag\"\nimplied-by = { days = \"people\" }\n", "wrong-type 36:23", "`people` is no day", "")),
        flag(("type = \"flag\"\nimplied-by = { days = [] }\n", "too-few 36:14", "names no day", "")),
        flag((
            "type = \"flag\"\nimplied-by = { days = \"knew_on\", kinds = \"labor.*\" }\n",
            "unknown-kind 36:42",
            "`labor.*`",
            "`labour.*`",
        )),
        flag(("type = \"flag\"\npast = true\n", "wrong-type 36:8", "only a day lies in the past", "`type = \"day\"`")),
        flag(("type = \"flag\"\nonly = \"natural\"\n", "wrong-scope 36:8", "what the party is", "`scope = \"party\"`")),
    ];
    let wrong: Vec<String> = rows.iter().filter_map(differs).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_tied_is_in_the_vocabulary() {
    let tied = "type = \"flag\"\nimplied-by = { days = [\"knew_on\"], kinds = \"labour.*\" }\n";
    let compiled = run(&changed("facts.toml", "type = \"flag\"\n", tied)).unwrap();
    let facts = &compiled.ruleset.vocabulary().facts;
    let implied = facts["domestic_violence"].implied.as_ref().unwrap();
    assert_eq!(implied.days.iter().map(|day| day.as_str()).collect::<Vec<_>>(), ["knew_on"]);
    assert_eq!(implied.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(), ["labour.*"]);
    assert!(!facts["knew_on"].past);
    let past = changed("facts.toml", "type = \"day\"\n", "type = \"day\"\npast = true\n");
    assert!(run(&past).unwrap().ruleset.vocabulary().facts["knew_on"].past);
}

/// The day of a case is the last on which something can have happened.
#[test]
fn a_case_of_a_pack_tells_nothing_that_no_caller_could() {
    let files = |fact: &str| {
        let past = changed("facts.toml", "type = \"day\"\n", "type = \"day\"\npast = true\n");
        let case = format!(
            "[[case]]\nname = \"day\"\ncase = {{ kind = \"labour.wage\", filed = 2026-03-02, facts = {{ knew_on = {fact} }} }}\nexpect = {{ outcome = \"route\" }}\n"
        );
        let over = std::collections::BTreeMap::from([("cn/day.toml".to_owned(), case.into_bytes())]);
        problems(&past.with_files(over).unwrap())
    };
    let told =
        |fact| files(fact).iter().any(|problem| problem.code == "out-of-range" && problem.message.contains("knew_on"));
    assert!(!told("2026-03-02"));
    assert!(told("2026-03-03"));
}

/// Words of facts have names, each a word that the fact may be; a fact that takes any word may name any.
#[test]
fn words_of_facts_are_named() {
    let relation = "title = { zh = \"关系\", en = \"relation\" }\n";
    let named = |labels: &str| format!("{relation}[fact.labels]\n{labels}\n");
    let compiled =
        run(&changed("facts.toml", relation, &named("family = { zh = \"亲属\", en = \"family\" }"))).unwrap();
    let labels = &compiled.ruleset.vocabulary().facts["relation"].labels;
    assert_eq!(labels.iter().map(|(word, label)| (&**word, &*label.zh)).collect::<Vec<_>>(), [("family", "亲属")]);
    for (labels, code, told) in [
        ("famly = { zh = \"亲属\", en = \"family\" }", "unknown-value", "`famly` is no word of this fact"),
        ("family = { zh = \"亲属\" }", "missing-language", "`labels` has no `en`"),
        ("family = \"亲属\"", "wrong-type", "`labels` is a text in two languages"),
    ] {
        let problems = run(&changed("facts.toml", relation, &named(labels))).err().unwrap();
        assert!(problems.iter().any(|p| p.code == code && p.message.contains(told)), "{problems:?}");
    }
    let flag = changed("facts.toml", "type = \"flag\"\n", "type = \"flag\"\nlabels = {}\n");
    assert!(run(&flag).err().unwrap().iter().any(|p| p.code == "unknown-key"));
}
