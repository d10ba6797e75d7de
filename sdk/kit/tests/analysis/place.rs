//! A small jurisdiction whose every case can be written down.

use std::collections::BTreeMap;

use maple_bundle::{Bundle, Compiled, Diagnostic, Options, compile};
use maple_kernel::{Decision, Question, Ruleset, evaluate};
use maple_kit::analysis::analyse;

use crate::native::Native;

const FACTS: &str = r#"never = ["name"]
[[fact]]
key = "amount"
scope = "case"
type = "money"
max = "0.06"
title = { zh = "金额", en = "amount" }
[[fact]]
key = "offered"
scope = "case"
type = "money"
max = "0.06"
title = { zh = "报价", en = "offered" }
[[fact]]
key = "people"
scope = "case"
type = "count"
min = 0
max = 5
title = { zh = "人数", en = "people" }
[[fact]]
key = "group"
scope = "case"
type = "count"
min = 1
max = 9
counted = { of = "side", roles = ["applicant", "respondent"] }
title = { zh = "同方人数", en = "people on one side" }
[[fact]]
key = "relation"
scope = "case"
type = "text"
words = ["family", "neighbour", "trade"]
title = { zh = "关系", en = "relation" }
[[fact]]
key = "sector"
scope = "case"
type = "text"
title = { zh = "行业", en = "sector" }
[[fact]]
key = "needs"
scope = "case"
type = "words"
words = ["sign", "braille"]
title = { zh = "需要", en = "needs" }
[[fact]]
key = "urgent"
scope = "case"
type = "flag"
title = { zh = "紧急", en = "urgent" }
[[fact]]
key = "knew_on"
scope = "case"
type = "day"
title = { zh = "知道之日", en = "day of knowledge" }
[[fact]]
key = "ended_on"
scope = "case"
type = "day"
title = { zh = "结束之日", en = "day of the end" }
[[fact]]
key = "award_on"
scope = "case"
type = "day"
past = true
title = { zh = "裁决之日", en = "day of the award" }
[[fact]]
key = "heard_on"
scope = "case"
type = "day"
past = true
title = { zh = "开庭之日", en = "day of the hearing" }
[[fact]]
key = "arbitrated"
scope = "case"
type = "flag"
implied-by = { days = ["award_on"], kinds = ["labour.*"] }
title = { zh = "已经仲裁", en = "arbitrated" }
[[fact]]
key = "cap"
scope = "locality"
type = "money"
title = { zh = "上限", en = "cap" }
[[fact]]
key = "grave"
scope = "derived"
type = "flag"
title = { zh = "重大", en = "grave" }
[[fact]]
key = "consent"
scope = "party"
type = "text"
words = ["yes", "no"]
title = { zh = "同意", en = "consent" }
[[fact]]
key = "age"
scope = "party"
type = "count"
min = 0
max = 3
title = { zh = "年龄", en = "age" }
[[fact]]
key = "stage"
scope = "party"
type = "text"
words = ["minor", "adult"]
only = "natural"
title = { zh = "年龄段", en = "stage of life" }
"#;

const KINDS: &str = r#"[[kind]]
id = "labour.wage"
title = { zh = "工资", en = "wages" }
[[kind]]
id = "labour.injury"
title = { zh = "工伤", en = "injury" }
[[kind]]
id = "family.divorce"
title = { zh = "离婚", en = "divorce" }
"#;

const WORDS: &str = r#"[duty.inform]
title = { zh = "告知", en = "inform" }
[duty.explain]
title = { zh = "说明", en = "explain" }
[clock.limitation]
title = { zh = "时效", en = "limitation" }
kind = "limitation"
[clock.answer]
title = { zh = "答复", en = "answer" }
kind = "service"
[signal.watch]
title = { zh = "关注", en = "watch" }
[bearer.intake]
title = { zh = "受理", en = "intake" }
[measure.notify]
title = { zh = "通知", en = "notify" }
[skill."lang_*"]
title = { zh = "语言", en = "language" }
[body.county]
title = { zh = "县", en = "county" }
[event.acceptance]
title = { zh = "受理", en = "acceptance" }
[referral.unclear]
title = { zh = "不明", en = "unclear" }
[param.count]
title = { zh = "数量", en = "count" }
[source.counter]
title = { zh = "窗口", en = "counter" }
[source.hotline]
title = { zh = "热线", en = "hotline" }
[role.applicant]
title = { zh = "申请人", en = "applicant" }
[role.respondent]
title = { zh = "被申请人", en = "respondent" }
[right.court_open]
title = { zh = "可诉", en = "court open" }
"#;

const CHANNELS: &str = r#"[[channel]]
id = "mediation"
class = "facilitative"
title = { zh = "调解", en = "mediation" }
within = "cn"
free = true
[[channel]]
id = "elders"
class = "facilitative"
title = { zh = "乡贤", en = "elders" }
within = "cn"
[[channel]]
id = "arbitration"
class = "precondition"
title = { zh = "仲裁", en = "arbitration" }
within = "cn"
[[channel]]
id = "court"
class = "adjudicative"
title = { zh = "法院", en = "court" }
within = "*"
"#;

const PROVISIONS: &str = r#"[law."cn.law"]
title = { zh = "法", en = "Law" }
from = 2000-01-01
source = "published text"
[[provision]]
id = "cn.law.1"
summary = { zh = "一", en = "one" }
[[provision]]
id = "cn.law.2"
summary = { zh = "二", en = "two" }
[[provision]]
id = "cn.law.3"
to = 2024-12-31
summary = { zh = "旧", en = "old" }
"#;

const GUARDRAILS: &str = r#"[trust]
floor = ["cn"]
[cn]
courts = [{ kinds = ["*"], channel = "court" }]
rights = ["court_open"]
basis = ["cn.law.1"]
"#;

const HOLIDAYS: &str = r#"calendar = "cn"
year = 2026
weekend = [6, 7]
rolls = true
verified = true
source = "published"
off = []
on = []
"#;

const LOCALITIES: &str = r#"[[locality]]
id = "cn"
title = { zh = "全国", en = "China" }
participation = "voluntary"
currency = "CNY"
calendar = "cn"
guardrails = "cn"
figures = { cap = "0.03" }
[[locality]]
id = "cn/town"
title = { zh = "镇", en = "town" }
figures = { cap = "0.05" }
"#;

/// The head of the national pack, in force on the days of `days`.
fn pack(id: &str, days: &str) -> String {
    format!(
        "id = \"{id}\"\nversion = \"1.0.0\"\ncontract = \"^0.1\"\ntitle = {{ zh = \"包\", en = \"pack\" }}\n{days}\n"
    )
}

/// The files of the jurisdiction with these tables: path and text.
pub(crate) fn files(tables: &[(&str, &str)], days: &str) -> BTreeMap<String, Vec<u8>> {
    let registries = [
        ("facts.toml", FACTS),
        ("kinds.toml", KINDS),
        ("words.toml", WORDS),
        ("channels.toml", CHANNELS),
        ("provisions.toml", PROVISIONS),
        ("guardrails.toml", GUARDRAILS),
        ("holidays/cn-2026.toml", HOLIDAYS),
        ("localities.toml", LOCALITIES),
    ];
    let mut files: BTreeMap<String, Vec<u8>> = registries
        .into_iter()
        .chain(tables.iter().copied())
        .map(|(p, t)| (p.to_owned(), t.as_bytes().into()))
        .collect();
    files.insert("cn/pack.toml".to_owned(), pack("cn", days).into_bytes());
    if tables.iter().any(|(path, _)| path.starts_with("cn/town/")) {
        files.entry("cn/town/pack.toml".to_owned()).or_insert_with(|| pack("cn/town", days).into_bytes());
    }
    files
}

/// The days of packs where no test asks for others.
pub(crate) const DAYS: &str = "in-force-from = 2020-01-01";

/// The jurisdiction with these tables, in force on these days.
pub(crate) fn compiled(tables: &[(&str, &str)], days: &str) -> Compiled {
    built(tables, files(tables, days))
}

/// The same with another line in the guardrails.
pub(crate) fn compiled_with(guardrail: &str, tables: &[(&str, &str)]) -> Compiled {
    let mut files = files(tables, DAYS);
    files.insert("guardrails.toml".to_owned(), format!("{GUARDRAILS}{guardrail}\n").into_bytes());
    built(tables, files)
}

fn built(tables: &[(&str, &str)], files: BTreeMap<String, Vec<u8>>) -> Compiled {
    let bundle = Bundle::from_files(files).unwrap();
    compile(&bundle, &Native, &Options { tables: true, ..Options::default() }).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let texts: Vec<&str> = tables.iter().map(|(_, text)| *text).collect();
        panic!("{}\n{}", lines.join("\n"), texts.join("\n"))
    })
}

/// The same, as far as its files are sound.
pub(crate) fn sound(tables: &[(&str, &str)]) -> Compiled {
    let bundle = Bundle::from_files(files(tables, DAYS)).unwrap();
    compile(&bundle, &Native, &Options { tables: true, keep_going: true })
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// What is proved of one table of the national pack.
pub(crate) fn proved(text: &str) -> Vec<Diagnostic> {
    analyse(&compiled(&[("cn/table.toml", text)], DAYS))
}

/// A row of the table: its id, condition and effects.
pub(crate) fn row(id: &str, when: &str, then: &str) -> String {
    let when = if when.is_empty() { String::new() } else { format!("when = {{ {when} }}\n") };
    format!(
        "[[rule]]\nid = \"{id}\"\nsummary = {{ zh = \"规则\", en = \"rule\" }}\n{when}then = [{then}]\nbasis = [\"cn.law.1\"]\n"
    )
}

/// The question of a case as a caller writes it.
pub(crate) fn question(json: &str, ruleset: &Ruleset) -> Question {
    let today = maple_kernel::Day::new(2026, 1, 1).unwrap();
    let read = maple_wire::parse_question(json.as_bytes(), ruleset, today);
    read.unwrap_or_else(|problem| panic!("{json}: {problem:?}"))
}

/// What the ruleset decides of a case as a caller writes it, with its explanation.
pub(crate) fn decided<'r>(json: &str, ruleset: &'r Ruleset) -> Decision<'r> {
    // Tests end soon; a decision borrows from its question.
    evaluate(ruleset, Box::leak(Box::new(Question { explain: true, ..question(json, ruleset) })))
}

/// The rules that said something in a decision.
pub(crate) fn rules(decision: &Decision<'_>) -> Vec<String> {
    let fates = decision.explanation.iter().flat_map(|explanation| &explanation.fates);
    let mut rules: Vec<String> = fates.map(|fate| fate.by.rule.to_string()).collect();
    rules.sort();
    rules.dedup();
    rules
}
