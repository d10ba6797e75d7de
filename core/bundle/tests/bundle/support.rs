//! A small valid bundle, and plugins that agree to everything they can read.

use std::{collections::BTreeMap, sync::Arc};

use maple_bundle::{Bundle, Compiled, Diagnostic, Options, compile};
use maple_kernel::{
    Assess, Assessment, CaseFile, Complaint, Configured, Descriptor, Fault, FaultKind, PluginInfo, Plugins, RuleInfo,
    Setting, Setup, SetupError, Text,
};

pub(crate) const FACTS: &str = r#"never = ["name", "phone"]
[[fact]]
key = "amount"
scope = "case"
type = "money"
max = "1000000.00"
title = { zh = "金额", en = "amount" }
[[fact]]
key = "people"
scope = "case"
type = "count"
min = 1
max = 1000
title = { zh = "人数", en = "people" }
[[fact]]
key = "relation"
scope = "case"
type = "text"
words = ["family", "neighbour", "employment"]
title = { zh = "关系", en = "relation" }
[[fact]]
key = "needs"
scope = "case"
type = "words"
words = ["sign", "braille"]
title = { zh = "需要", en = "needs" }
[[fact]]
key = "knew_on"
scope = "case"
type = "day"
title = { zh = "知道之日", en = "day of knowledge" }
[[fact]]
key = "domestic_violence"
scope = "case"
type = "flag"
title = { zh = "家庭暴力", en = "domestic violence" }
[[fact]]
key = "cap"
scope = "locality"
type = "money"
title = { zh = "上限", en = "cap" }
[[fact]]
key = "urgent"
scope = "derived"
type = "flag"
title = { zh = "紧急", en = "urgent" }
[[fact]]
key = "consent"
scope = "party"
type = "text"
words = ["yes", "no", "unknown"]
title = { zh = "同意", en = "consent" }
[[fact]]
key = "language"
scope = "party"
type = "text"
title = { zh = "语言", en = "language" }
"#;

pub(crate) const KINDS: &str = r#"[[kind]]
id = "labour.wage"
title = { zh = "工资", en = "wages" }
[[kind]]
id = "family.divorce"
title = { zh = "离婚", en = "divorce" }
"#;

pub(crate) const WORDS: &str = r#"[duty.inform]
title = { zh = "告知", en = "inform" }
[clock.limitation_labour]
title = { zh = "时效", en = "limitation" }
kind = "limitation"
max = "1 year"
[signal.wage_cluster]
title = { zh = "欠薪", en = "wage arrears" }
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
[role.applicant]
title = { zh = "申请人", en = "applicant" }
[role.respondent]
title = { zh = "被申请人", en = "respondent" }
[right.court_open]
title = { zh = "可诉", en = "court open" }
"#;

pub(crate) const PROVISIONS: &str = r#"[law."cn.labour"]
title = { zh = "劳动法", en = "Labour Law" }
from = 2008-05-01
source = "published text"
[[provision]]
id = "cn.labour.5"
summary = { zh = "先裁后审", en = "arbitration first" }
[[provision]]
id = "cn.labour.6"
to = 2020-12-31
summary = { zh = "旧", en = "old" }
[[provision]]
id = "cn.labour.7"
from = 2026-01-01
summary = { zh = "新", en = "new" }
"#;

pub(crate) const CHANNELS: &str = r#"[[channel]]
id = "labour_mediation"
class = "facilitative"
title = { zh = "劳动调解", en = "labour mediation" }
within = "cn"
free = true
max = "15 days"
basis = ["cn.labour.5"]
[[channel]]
id = "labour_arbitration"
class = "precondition"
title = { zh = "劳动仲裁", en = "labour arbitration" }
within = "cn"
[[channel]]
id = "court"
class = "adjudicative"
title = { zh = "法院", en = "court" }
within = "*"
[[channel]]
id = "tribunal"
class = "adjudicative"
title = { zh = "裁判所", en = "tribunal" }
within = "gb"
"#;

pub(crate) const GUARDRAILS: &str = r#"[trust]
floor = ["cn"]
[cn]
courts = [{ kinds = ["*"], channel = "court" }]
rights = ["court_open"]
duties = { H10 = ["inform"] }
basis = ["cn.labour.5"]
[[cn.safety]]
flags = ["domestic_violence"]
offers = ["court"]
closes-mediation = true
why = { zh = "安全", en = "safety" }
"#;

pub(crate) const HOLIDAYS: &str = r#"calendar = "cn"
year = 2026
weekend = [6, 7]
rolls = true
verified = true
source = "published"
off = [2026-01-01]
on = [2026-01-04]
"#;

pub(crate) const LOCALITIES: &str = r#"[[locality]]
id = "cn"
title = { zh = "全国", en = "China" }
code = "100000"
participation = "voluntary"
currency = "CNY"
calendar = "cn"
guardrails = "cn"
figures = { cap = "50000.00" }
[[locality]]
id = "cn/zhejiang"
title = { zh = "浙江", en = "Zhejiang" }
code = "330000"
[[locality]]
id = "gb"
title = { zh = "英国", en = "Britain" }
participation = "attendance_required"
currency = "GBP"
calendar = "cn"
guardrails = "cn"
"#;

pub(crate) const CN: &str = r#"id = "cn"
version = "1.0.0"
contract = "^0.1"
in-force-from = 2021-01-01
title = { zh = "全国", en = "China" }
"#;

pub(crate) const LABOUR: &str = r#"[[rule]]
id = "R19"
summary = { zh = "先裁后审", en = "arbitration before court" }
when = { kind = ["labour.*"], not = { urgent = true } }
then = [ { require-first = "labour_arbitration", before = "court" },
         { offer = "labour_mediation", due = "15 days", from = "acceptance" } ]
basis = ["cn.labour.5"]
floor = true

[[rule]]
id = "R20"
summary = { zh = "告知", en = "inform" }
then = [ { duty = "inform", with = { count = 3 } } ]
basis = ["cn.labour.5"]

[[case]]
name = "wages go to arbitration first"
covers = ["R19", "R20"]
case = { kind = "labour.wage", filed = 2026-03-02, facts = { amount = "48000.00", people = 14 } }
expect = { outcome = "route", has-rules = ["R19"], preconditions = ["labour_arbitration>court"] }

[[case]]
name = "a divorce does not"
case = { kind = "family.divorce" }
expect = { lacks-rules = ["R19", "cn/labour#R20"] }
"#;

pub(crate) const ZHEJIANG: &str = r#"id = "cn/zhejiang"
version = "1.2.0"
contract = "^0.1"
in-force-from = 2024-01-01
title = { zh = "浙江", en = "Zhejiang" }

[[policy]]
id = "ladder"
plugin = { id = "layered-ladder", version = "^1" }
replaces = ["cn/labour#R20"]
[policy.target]
kinds = ["labour.*"]
[policy.settings]
levels = ["village", "town"]
days = { village = 7 }

[[case]]
name = "climbs"
covers = ["L1"]
case = { kind = "labour.wage" }
expect = { has-rules = ["L1"] }

[[case]]
name = "does not climb"
case = { kind = "family.divorce" }
expect = { lacks-rules = ["L1"] }
"#;

/// The files of a bundle without any problem.
pub(crate) fn files() -> BTreeMap<String, Vec<u8>> {
    [
        ("facts.toml", FACTS),
        ("kinds.toml", KINDS),
        ("words.toml", WORDS),
        ("provisions.toml", PROVISIONS),
        ("channels.toml", CHANNELS),
        ("guardrails.toml", GUARDRAILS),
        ("holidays/cn-2026.toml", HOLIDAYS),
        ("localities.toml", LOCALITIES),
        ("cn/pack.toml", CN),
        ("cn/labour.toml", LABOUR),
        ("cn/zhejiang/pack.toml", ZHEJIANG),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
    .collect()
}

/// The bundle with one text replaced in one file; panics when the text is not there.
pub(crate) fn changed(file: &str, from: &str, to: &str) -> Bundle {
    let mut files = files();
    let text = String::from_utf8(files.remove(file).unwrap()).unwrap();
    assert!(text.contains(from), "`{from}` is not in {file}");
    files.insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
    Bundle::from_files(files).unwrap()
}

pub(crate) fn run(bundle: &Bundle) -> Result<Compiled, Vec<Diagnostic>> {
    compile(bundle, &Agreeable, &Options::default())
}

pub(crate) fn keep_going(bundle: &Bundle) -> Result<Compiled, Vec<Diagnostic>> {
    compile(bundle, &Agreeable, &Options { keep_going: true, ..Options::default() })
}

/// Plugins that take any settings, but for a village without days and a table `trap`.
pub(crate) struct Agreeable;

struct Silent;

impl Assess for Silent {
    fn assess(&self, _: &CaseFile<'_>) -> Assessment {
        Assessment { answer: Ok(Vec::new()), fuel: 0, diary: Vec::new() }
    }
}

pub(crate) fn entry<'s>(setting: &'s Setting, key: &str) -> Option<&'s Setting> {
    match setting {
        Setting::Table(entries) => entries.iter().find(|(k, _)| &**k == key).map(|(_, v)| v),
        _ => None,
    }
}

impl Plugins for Agreeable {
    fn list(&self) -> Vec<PluginInfo> {
        [("decision-table", "1.0.0"), ("layered-ladder", "1.0.0"), ("layered-ladder", "1.4.0"), ("curious", "1.0.0")]
            .map(|(id, version)| PluginInfo {
                id: id.to_owned(),
                version: version.to_owned(),
                digest: format!("sha256:{id}@{version}").into(),
            })
            .into()
    }

    fn configure(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
        setups.iter().map(configure).collect()
    }
}

fn configure(setup: &Setup<'_>) -> Result<Configured, SetupError> {
    let complaint = |path: &str, message: &str| {
        let advice = Some("give a number of days".to_owned());
        Complaint { path: path.to_owned(), message: message.to_owned(), advice }
    };
    if entry(setup.settings, "trap").is_some() {
        return Err(SetupError::Fault(Fault { kind: FaultKind::Trap, detail: "unreachable".into() }));
    }
    if let Some(days) = entry(setup.settings, "days")
        && !matches!(entry(days, "village"), Some(Setting::Number(_)))
    {
        return Err(SetupError::Settings(vec![complaint("days.village", "is not a number")]));
    }
    let rule =
        |id: &str| (id.into(), RuleInfo { summary: Text::new("规则", "rule"), basis: Vec::new(), reads: Vec::new() });
    let mut rules = Vec::new();
    if let Some(Setting::Items(rows)) = entry(setup.settings, "rules") {
        for row in rows {
            if let Some(Setting::Text(id)) = entry(row, "id") {
                rules.push(rule(id));
            }
        }
    } else {
        rules.push(rule("L1"));
    }
    let reads = if setup.plugin.contains("curious") { vec!["name".into(), "mood".into()] } else { Vec::new() };
    let descriptor = Descriptor { rules, reads, ..Descriptor::default() };
    Ok(Configured { assessor: Arc::new(Silent), descriptor })
}
