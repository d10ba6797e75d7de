//! One fault, one row: where it is told, how, and the way out.

use std::collections::BTreeMap;

use maple_bundle::{Bundle, Diagnostic, Severity};

use crate::support::{CN, LOCALITIES, changed, files, run};

/// File, text, text in its place, `code line:column`, part of the message, part of the advice.
pub(crate) type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

pub(crate) fn problems(bundle: &Bundle) -> Vec<Diagnostic> {
    match run(bundle) {
        Ok(compiled) => compiled.problems,
        Err(problems) => problems,
    }
}

pub(crate) fn check(rows: &[Row]) {
    let wrong: Vec<String> = rows.iter().filter_map(differs).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(crate) fn differs((file, from, to, place, message, advice): &Row) -> Option<String> {
    let problems = problems(&changed(file, from, to));
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let Some(first) = problems.first() else { return Some(format!("`{to}` is accepted")) };
    let right = first.file == *file
        && format!("{} {}:{}", first.code, first.line, first.column) == *place
        && first.message.contains(message)
        && first.advice.as_deref().unwrap_or("").contains(advice)
        && problems.len() == 1;
    (!right).then(|| format!("`{to}`: wanted {place} `{message}` `{advice}`, got\n    {}", told.join("\n    ")))
}

const PACK: &str = "cn/pack.toml";
pub(crate) const LABOUR: &str = "cn/labour.toml";
pub(crate) const LOWER: &str = "cn/zhejiang/pack.toml";

#[test]
fn registries() {
    check(&[
        ("facts.toml", "scope = \"case\"", "scope = \"dispute\"", "unknown-value 4:9", "`dispute`", "known: `case`"),
        ("facts.toml", "scope = \"case\"\n", "", "missing-key 2:1", "needs `scope`", ""),
        ("facts.toml", "type = \"flag\"", "type = \"bool\"", "unknown-value 35:8", "`bool`", "known: `text`"),
        (
            "facts.toml",
            "max = 1000\n",
            "max = 1000\ncounted = { of = \"heads\", roles = \"applicant\" }\n",
            "unknown-value 14:18",
            "`heads`",
            "known: `parties`",
        ),
        (
            "facts.toml",
            "max = 1000\n",
            "max = 1000\ncounted = { of = \"side\", roles = [\"applicants\"] }\n",
            "unknown-word 14:35",
            "role word `applicants`",
            "`applicant`",
        ),
        (
            "facts.toml",
            "max = 1000\n",
            "max = 1000\ncounted = { of = \"side\", roles = [] }\n",
            "too-few 14:11",
            "counts nobody",
            "",
        ),
        (
            "facts.toml",
            "type = \"flag\"\n",
            "type = \"flag\"\ncounted = { of = \"side\", roles = \"applicant\" }\n",
            "wrong-type 36:11",
            "only a count of the case",
            "`type = \"count\"`",
        ),
        ("facts.toml", "\"domestic_violence\"", "\"any\"", "reserved-name 33:7", "word of the conditions", ""),
        ("kinds.toml", "zh = \"工资\", ", "", "missing-language 3:9", "no `zh`", "{ zh ="),
        ("kinds.toml", "zh = \"工资\"", "zh = \" \"", "empty-text 3:16", "`zh` is empty", ""),
        ("kinds.toml", "labour.wage", "labour wage", "bad-name 2:6", "`labour wage`", "a to z"),
        ("kinds.toml", "[[kind]]\nid = \"f", "[[kinds]]\nid = \"f", "unknown-key 4:3", "`kinds`", "`kind`"),
        ("words.toml", "[event.acceptance]", "[evnt.acceptance]", "unknown-key 17:2", "`evnt`", "`event`"),
        ("words.toml", "max = \"1 year\"", "max = \"1 yr\"", "bad-span 6:7", "`1 yr`", "\"15 days\""),
        ("words.toml", "\"counter\" }", "\"counter\" }\nstat = \"plice\"", "unknown-value 25:8", "`plice`", "`police`"),
        ("words.toml", "kind = \"limitation\"", "kind = \"limit\"", "unknown-value 5:8", "`limit`", "`limitation`"),
        ("provisions.toml", "cn.labour.5", "cn.labor.5", "unknown-law 6:6", "`cn.labor`", "`cn.labour`"),
        ("provisions.toml", "to = 2020-12-31", "to = 2000-12-31", "dates-inverted 9:6", "`cn.labour.6`", ""),
        ("provisions.toml", "law.\"cn.labour\"", "law.cn.labour", "unquoted-law 1:6", "`law.cn`", "in quotes"),
        ("channels.toml", "class = \"adj", "class = \"judge", "unknown-class 16:9", "udicative`", "`adjudicative`"),
        ("channels.toml", "within = \"gb\"", "within = \"fr\"", "unknown-locality 23:10", "`fr`", "known: `cn`"),
        (
            "channels.toml",
            "[\"cn.labour.5\"]",
            "[\"cn.labour.8\"]",
            "unknown-provision 8:10",
            "`cn.labour.8`",
            "did you mean",
        ),
        (
            "guardrails.toml",
            "kinds = [\"*\"]",
            "kinds = [\"labour.*\"]",
            "no-court 4:10",
            "without a deciding",
            "[\"*\"]",
        ),
        (
            "guardrails.toml",
            "flags = [\"dom",
            "flags = [\"don",
            "unknown-fact 9:10",
            "`donestic_violence`",
            "`domestic_violence`",
        ),
        (
            "guardrails.toml",
            "flags = [\"domestic_violence\"]",
            "flags = [\"people\"]",
            "wrong-type 9:10",
            "`people`",
            "",
        ),
        ("guardrails.toml", "duties = { H10", "duties = { H99", "unknown-guardrail 6:12", "`H99`", "`H22`"),
        (
            "guardrails.toml",
            "floor = [\"cn\"]",
            "floor = [\"cn\", \"cn/zheijang\"]",
            "unknown-locality 2:16",
            "`cn/zheijang`",
            "`cn/zhejiang`",
        ),
        ("holidays/cn-2026.toml", "2026-01-01", "2025-01-01", "wrong-year 7:8", "2025-01-01", ""),
        ("holidays/cn-2026.toml", "on = [2026-01-04]", "on = [2026-01-01]", "contradiction 0:0", "2026-01-01", ""),
        ("localities.toml", "calendar = \"cn\"", "calendar = \"cm\"", "unknown-calendar 7:12", "`cm`", "`cn`"),
        ("localities.toml", "currency = \"CNY\"", "currency = \"yuan\"", "unknown-value 6:12", "`yuan`", "CNY"),
        ("localities.toml", "code = \"330000\"", "code = \"100000\"", "duplicate 13:8", "localities.toml:4:8", ""),
        ("localities.toml", "cap = \"50", "cap = \"5.0.", "bad-amount 9:19", "`cap`", "in quotes"),
        ("localities.toml", "{ cap =", "{ people =", "wrong-scope 9:13", "of the case", ""),
    ]);
}

/// Policies that replace each other: told of both, where each says so.
#[test]
fn a_circle_of_what_replaces_what() {
    let up = ("cn/labour.toml", "[[rule]]", "replaces = [\"cn/zhejiang/ladder\"]\n[[rule]]");
    let problems = problems(&changed(up.0, up.1, up.2));
    let told: Vec<_> = problems.iter().map(|p| (p.code, p.file.as_str(), p.line, p.message.as_str())).collect();
    let both = |a: &str, b: &str| format!("`{a}` and `{b}` replace each other");
    let (upper, lower) = (both("cn/labour", "cn/zhejiang/ladder"), both("cn/zhejiang/ladder", "cn/labour"));
    assert_eq!(told, [("replaces-cycle", LABOUR, 1, &*upper), ("replaces-cycle", LOWER, 10, &*lower)]);
    assert!(problems.iter().all(|p| p.advice.as_deref().is_some_and(|a| a.contains("stands above"))));
}

/// The folder of a pack is its place, so a second pack of one place lies in another folder; both are told.
#[test]
fn two_packs_of_one_place() {
    let problems = problems(&changed(LOWER, "id = \"cn/zhejiang\"", "id = \"cn\""));
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let Diagnostic { code, file, line, message, advice, .. } = &problems[0];
    assert_eq!((*code, file.as_str(), *line), ("pack-folder", LOWER, 1));
    assert!(message.contains("calls itself `cn` and lies in the folder `cn/zhejiang`"), "{message}");
    assert!(
        advice.as_deref().is_some_and(|advice| advice.contains("`cn/pack.toml` is the pack of `cn`")),
        "{advice:?}"
    );
}

#[test]
fn packs() {
    check(&[
        (PACK, "id = \"cn\"", "id = \"gb\"", "pack-folder 1:6", "`gb`", "same name"),
        (
            PACK,
            "version = \"1.0.0\"",
            "illustrative = true\nversion = \"1.0.0\"",
            "illustrative-differs 2:16",
            "`localities.toml` does not say so of `cn`",
            "there, too",
        ),
        (PACK, "version = \"1.0.0\"", "version = \"1\"", "bad-version 2:11", "`1`", "1.2.0"),
        (PACK, "contract = \"^0.1\"", "contract = \"^1\"", "contract-version 3:12", "`^1`", "^0.1"),
        (PACK, "contract = \"^0.1\"", "contract = \"new\"", "bad-version 3:12", "`new`", "^1.2"),
        (PACK, "in-force-from = 2021-01-01\n", "", "missing-key 1:1", "`in-force-from`", ""),
        (PACK, "in-force-from = 2021-01-01", "in-force-from = \"2021-01-01\"", "wrong-type 4:17", "a text", ""),
        (PACK, "2021-01-01\n", "2021-01-01\nin-force-to = 2020-01-01\n", "dates-inverted 5:15", "`in-force-to`", ""),
        (PACK, "title", "titel = 1\ntitle", "unknown-key 5:1", "`titel`", "`title`"),
        (LOWER, "layered-ladder", "layerd-ladder", "unknown-plugin 9:17", "`layerd-ladder`", "`layered-ladder`"),
        (LOWER, "version = \"^1\"", "version = \"^2\"", "plugin-version 9:45", "on hand: 1.0.0, 1.4.0", ""),
        (LOWER, "village = 7", "village = \"7\"", "refused-setting 15:20", "is not a number", "number of days"),
        (LOWER, "days = {", "trap = 1\ndays = {", "plugin-fault 8:6", "`trap`", ""),
        (LOWER, "kinds = [\"labour.*\"]", "kinds = [\"labor.*\"]", "unknown-kind 12:10", "`labor.*`", "`labour.*`"),
        (LOWER, "#R20", "#R19", "weakens-floor 10:13", "`cn/labour#R19` is floor", "add to it"),
        (LOWER, "cn/labour#R20", "cn/labour", "weakens-floor 10:13", "floor", ""),
        (LOWER, "#R20", "#R21", "unknown-rule 10:13", "`R21`", "did you mean"),
        (LOWER, "cn/labour#", "cn/labor#", "unknown-policy 10:13", "`cn/labor`", "`cn/labour`"),
        (LOWER, "cn/labour#R20", "cn/zhejiang/ladder", "replaces-level 10:13", "not of a level above", ""),
        (
            LOWER,
            "[policy.target]",
            "floor = true\n[policy.target]",
            "untrusted-floor 11:1",
            "`cn/zhejiang`",
            "heard only from `cn`",
        ),
        (LOWER, "[policy.target]", "mode = \"shade\"\n[policy.target]", "unknown-value 11:8", "`shade`", "`shadow`"),
        (LOWER, "[policy.target]", "purposes = []\n[policy.target]", "never-true 11:12", "never asked", "leave"),
        (
            LOWER,
            "[policy.target]",
            "limits = { fuel = 0 }\n[policy.target]",
            "out-of-range 11:19",
            "`fuel` is 0, it is 1 or more",
            "",
        ),
        (LOWER, "[policy.target]", "limits = { fule = 1 }\n[policy.target]", "unknown-key 11:12", "`fule`", "`fuel`"),
        (LOWER, "id = \"ladder\"", "id = \"Ladder\"", "bad-name 8:6", "`Ladder`", "use a to z, 0"),
        (
            LOWER,
            "id = \"ladder\"",
            "id = \"Lad/d/er\"",
            "bad-name 8:6",
            "`Lad/d/er` cannot be the id of a policy: it has `L`, `/`",
            "",
        ),
    ]);
}

#[test]
fn conditions() {
    check(&[
        (LABOUR, "\"labour.*\"", "\"labor.*\"", "unknown-kind 4:18", "`labor.*`", "`labour.*`"),
        (LABOUR, "not = {", "nott = {", "unknown-fact 4:31", "`nott`", "`not`"),
        (LABOUR, "urgent = true", "urgent = 1", "wrong-type 4:48", "true or false", "`urgent = true`"),
        (LABOUR, "urgent = true", "urgnet = true", "unknown-fact 4:39", "`urgnet`", "`urgent`"),
        (LABOUR, "urgent = true", "phone = true", "forbidden-fact 4:39", "`phone`", "no policy may ask"),
        (LABOUR, "urgent = true", "consent = \"yes\"", "wrong-scope 4:39", "of a party", "any = {"),
        (LABOUR, "urgent = true", "any = { consent = \"ja\" }", "unknown-value 4:57", "`ja`", "known: `yes`"),
        (LABOUR, "urgent = true", "any = { role = \"responder\" }", "unknown-word 4:54", "role word", "`respondent`"),
        (LABOUR, "urgent = true", "any = { type = \"company\" }", "unknown-value 4:54", "`company`", "organisation"),
        (LABOUR, "urgent = true", "any = { people = 3 }", "wrong-scope 4:47", "of the case", ""),
        (
            LABOUR,
            "urgent = true",
            "relation = [\"family\", \"naybour\"]",
            "unknown-value 4:61",
            "`naybour`",
            "`neighbour`",
        ),
        (LABOUR, "urgent = true", "relation = []", "never-true 4:50", "lists nothing", ""),
        (LABOUR, "urgent = true", "people = { min = 0 }", "out-of-range 4:56", "between 1 and 1000", ""),
        (LABOUR, "urgent = true", "people = { min = 9, max = 3 }", "never-true 4:48", "never applies", ""),
        (LABOUR, "urgent = true", "people = { least = 9 }", "unknown-key 4:50", "`least`", "`min`"),
        (LABOUR, "urgent = true", "people = { max = { fact = \"cap\" } }", "wrong-type 4:65", "one type", ""),
        (LABOUR, "urgent = true", "amount = { max = 1.5 }", "wrong-type 4:56", "in quotes", ""),
        (LABOUR, "urgent = true", "amount = \"1.234\"", "bad-amount 4:48", "two decimals", ""),
        (LABOUR, "urgent = true", "knew_on = { ago-max = \"5 hours\" }", "bad-span 4:61", "days, months or years", ""),
        (LABOUR, "urgent = true", "knew_on = 2026-02-30", "syntax 4:49", "", ""),
        (LABOUR, "urgent = true", "knew_on = 2026-02-20T10:00:00", "bad-day 4:49", "time of day", ""),
        (LABOUR, "urgent = true", "knew_on = 1800-02-20", "bad-day 4:49", "1900", ""),
        (
            LABOUR,
            "urgent = true",
            "knew_on = { from = 2026-02-02, to = 2026-01-01 }",
            "dates-inverted 4:75",
            "`to`",
            "",
        ),
        (
            LABOUR,
            "urgent = true",
            "locality = \"cn/zhejang\"",
            "unknown-locality 4:50",
            "`cn/zhejang`",
            "`cn/zhejiang`",
        ),
        (
            LABOUR,
            "urgent = true",
            "locality = \"cn/zhejang/*\"",
            "unknown-locality 4:50",
            "`cn/zhejang/*`",
            "`cn/zhejiang/*`",
        ),
        (LABOUR, "urgent = true", "source = \"conter\"", "unknown-word 4:48", "`conter`", "`counter`"),
        (LABOUR, "urgent = true", "needs = \"sine\"", "unknown-value 4:47", "`sine`", "`sign`"),
        (LABOUR, "urgent = true", "relation = { }", "empty-condition 4:50", "with nothing", ""),
    ]);
}

#[test]
fn effects() {
    let inform = "{ duty = \"inform\", with = { count = 3 } }";
    check(&[
        (LABOUR, "before = \"court\"", "before = \"cuort\"", "unknown-channel 5:59", "`cuort`", "`court`"),
        (LABOUR, "before = \"court\"", "before = \"tribunal\"", "foreign-channel 5:59", "in `gb` only", ""),
        (LABOUR, "due = \"15 days\"", "due = \"16 days\"", "over-maximum 6:46", "16 days", "at most \"15 days\""),
        (LABOUR, "due = \"15 days\"", "due = \"1 month\"", "over-maximum 6:46", "1 month", "15 days"),
        (LABOUR, "due = \"15 days\"", "due = \"0 days\"", "out-of-range 6:46", "between 1", ""),
        (LABOUR, ", from = \"acceptance\"", "", "missing-key 6:46", "from when", "acceptance"),
        (LABOUR, "due = \"15 days\", ", "", "missing-key 6:47", "without `due`", ""),
        (LABOUR, "from = \"acceptance\"", "from = \"acceptence\"", "unknown-word 6:64", "event word", "`acceptance`"),
        (
            LABOUR,
            "from = \"acceptance\"",
            "from = \"acceptance\", weigth = 3",
            "unknown-key 6:78",
            "`weigth`",
            "`weight`",
        ),
        (
            LABOUR,
            "from = \"acceptance\"",
            "from = \"acceptance\", weight = 101",
            "out-of-range 6:87",
            "-100 and 100",
            "",
        ),
        (LABOUR, inform, "{ duty = \"infrom\" }", "unknown-word 13:19", "duty word `infrom`", "`inform`"),
        (LABOUR, "count = 3", "cuont = 3", "unknown-word 13:38", "param word", "`count`"),
        (LABOUR, inform, "{ dutty = \"inform\" }", "no-effect 13:10", "does nothing", "`duty`"),
        (
            LABOUR,
            inform,
            "{ duty = \"inform\", refer = \"unclear\" }",
            "two-effects 13:29",
            "`duty` and `refer`",
            "two effects",
        ),
        (LABOUR, inform, "{ refer = \"uncler\" }", "unknown-word 13:20", "`uncler`", "`unclear`"),
        (LABOUR, inform, "{ derive = \"amount\", value = 1 }", "wrong-scope 13:21", "of the case", ""),
        (LABOUR, inform, "{ derive = \"urgent\", value = 1 }", "wrong-type 13:39", "true or false", "`value = true`"),
        (LABOUR, inform, "{ prefer = \"court\" }", "missing-key 13:10", "needs `weight`", ""),
        (LABOUR, inform, "{ forbid-class = \"judges\" }", "unknown-class 13:27", "`judges`", ""),
        (
            LABOUR,
            inform,
            "{ clock = \"limitation_labour\", from = \"knew_on\", span = \"2 years\" }",
            "over-maximum 13:66",
            "2 years",
            "1 year",
        ),
        (
            LABOUR,
            inform,
            "{ clock = \"limitation_labour\", from = \"people\", span = \"1 year\" }",
            "wrong-type 13:48",
            "`people`",
            "filed",
        ),
        (
            LABOUR,
            inform,
            "{ signal = \"wage_cluster\", level = \"pink\", subject = \"place\" }",
            "unknown-value 13:45",
            "`pink`",
            "",
        ),
        (
            LABOUR,
            inform,
            "{ signal = \"wage_cluster\", level = \"red\", subject = \"person\" }",
            "unknown-subject 13:62",
            "`person`",
            "",
        ),
        (LABOUR, "basis = [\"cn.labour.5\"]\nfloor", "floor", "missing-basis 1:1", "no law behind", "`basis ="),
        (
            LABOUR,
            "[\"cn.labour.5\"]\nfloor",
            "[\"cn.labour.6\"]\nfloor",
            "basis-not-in-force 7:10",
            "`cn.labour.6`",
            "to 2020-12-31",
        ),
        (
            LABOUR,
            "[\"cn.labour.5\"]\nfloor",
            "[\"cn.labour.7\"]\nfloor",
            "basis-gap 7:9",
            "is law from 2021-01-01 to 2025-12-31",
            "in-force-from",
        ),
        (
            LABOUR,
            "[\"cn.labour.5\"]\nfloor",
            "[\"cn.labour.9\"]\nfloor",
            "unknown-provision 7:10",
            "`cn.labour.9`",
            "did you mean",
        ),
        (
            LABOUR,
            "summary = { zh = \"先裁后审\", en = \"arbitration before court\" }\n",
            "",
            "missing-key 1:1",
            "`summary`",
            "",
        ),
        (LABOUR, "id = \"R20\"", "id = \"R19\"", "second-summary 12:11", "only the first row", ""),
        (LABOUR, "floor = true", "why = { zh = \"{peple}\", en = \"x\" }", "unknown-fact 8:7", "`peple`", "`people`"),
        (
            LABOUR,
            "id = \"R20\"",
            "id = \"R20\"\nzzz = 1",
            "unknown-key 12:1",
            "`zzz`",
            "known: `id`, `summary`, `why`,",
        ),
        (
            LABOUR,
            "covers = [\"R19\", \"R20\"]",
            "covers = 5",
            "wrong-type 18:10",
            "a list of texts",
            "`covers = [\"…\"]`",
        ),
        (LABOUR, "floor = true", "flor = true", "unknown-key 8:1", "`flor`", "`floor`"),
    ]);
}

#[test]
fn cases() {
    check(&[
        (LABOUR, "outcome = \"route\"", "outcome = \"rout\"", "unknown-value 20:22", "`rout`", "`route`"),
        (LABOUR, "outcome = \"route\"", "outcom = \"route\"", "unknown-key 20:12", "`outcom`", "`outcome`"),
        (
            LABOUR,
            "preconditions = [\"labour_arbitration>court\"]",
            "preconditions = [\"court\"]",
            "bad-precondition 20:69",
            "`court`",
            "labour_arbitration>court",
        ),
        (LABOUR, "has-rules = [\"R19\"]", "has-rules = [\"R91\"]", "unknown-rule 20:44", "`R91`", "`R19`"),
        (
            LABOUR,
            "covers = [\"R19\", \"R20\"]",
            "covers = [\"R19\", \"R20\", \"L1\"]",
            "unknown-rule 18:25",
            "`L1`",
            "",
        ),
        (LABOUR, "covers = [\"R19\", \"R20\"]", "covers = [\"R19\"]", "rule-without-case 11:6", "rule `R20`", "covers"),
        (
            LABOUR,
            "lacks-rules = [\"R19\", \"cn/labour#R20\"]",
            "lacks-rules = [\"R19\"]",
            "rule-without-negative-case 11:6",
            "`R20`",
            "lacks-rules",
        ),
        (
            LABOUR,
            "kind = \"labour.wage\"",
            "kind = \"labour.wages\"",
            "unknown-kind 19:17",
            "`labour.wages`",
            "`labour.wage`",
        ),
        (LABOUR, "people = 14", "people = \"14\"", "wrong-type 19:92", "a whole number", "`people = 14`"),
        (LABOUR, "people = 14", "name = \"x\"", "forbidden-fact 19:83", "`name`", ""),
        (LABOUR, "people = 14", "urgent = true", "wrong-scope 19:83", "derived", ""),
        (LABOUR, "a divorce does not", "wages go to arbitration first", "duplicate 23:8", "cn/labour.toml:17:8", ""),
    ]);
}

#[test]
fn a_lower_pack_does_not_weaken_the_floor() {
    for (effect, place) in [
        ("{ forbid = \"court\" }", "weakens-floor 5:20"),
        ("{ forbid-class = \"adjudicative\" }", "weakens-floor 5:26"),
        ("{ forbid-class = \"protective\" }", "weakens-floor 5:26"),
        ("{ require-first = \"labour_mediation\", before = \"court\" }", "weakens-floor 5:56"),
        ("{ offer = \"labour_mediation\", due = \"20 days\", from = \"acceptance\" }", "over-maximum 5:45"),
    ] {
        let mut files = files();
        let text = format!(
            "[[rule]]\nid = \"Z1\"\nsummary = {{ zh = \"甲\", en = \"a\" }}\nbasis = [\"cn.labour.5\"]\nthen = [{effect}]\n"
        );
        files.insert("cn/zhejiang/table.toml".to_owned(), text.into_bytes());
        let problems = problems(&Bundle::from_files(files).unwrap());
        let first = problems.iter().find(|p| p.severity == Severity::Error).unwrap();
        assert_eq!(format!("{} {}:{}", first.code, first.line, first.column), place, "{effect}: {first}");
    }
}

#[test]
fn a_pack_in_earnest_may_lie_over_a_place_that_is_an_example() {
    let over = |pack: &str| {
        let place = LOCALITIES.replacen("code", "illustrative = true\ncode", 1);
        let mut files = files();
        files.insert("localities.toml".to_owned(), place.into_bytes());
        files.insert(PACK.to_owned(), format!("{pack}{CN}").into_bytes());
        problems(&Bundle::from_files(files).unwrap())
    };
    assert_eq!(over("illustrative = true\n"), []);
    assert_eq!(over(""), []);
}

#[test]
fn names_twice_tell_both_places() {
    let mut files = files();
    files.insert(
        "kinds/more.toml".to_owned(),
        b"[[kind]]\nid = \"labour.wage\"\ntitle = { zh = \"x\", en = \"x\" }\n".into(),
    );
    let problems = problems(&Bundle::from_files(files).unwrap());
    assert_eq!(
        problems[0].to_string(),
        "kinds/more.toml:2:6: error[duplicate]: kind `labour.wage` is there twice; \
         the first is at kinds.toml:2:6\n  help: keep one of the two"
    );
}

#[test]
fn every_problem_is_told_at_once() {
    let mut files = files();
    files.insert("cn/labour.toml".to_owned(), b"id = \nmode = enforce\n[[rule]]\nid = \"R1\"\n".into());
    files.insert("cn/zhejiang/pack.toml".to_owned(), b"id = 'cn/zhejiang'\nversion = '1'\ncontract = '^9'\n".into());
    files.insert("kinds.toml".to_owned(), b"[[kind]]\nid = \"\xff\"".into());
    let problems = problems(&Bundle::from_files(files).unwrap());
    let found: BTreeMap<_, usize> = problems.iter().fold(BTreeMap::new(), |mut all, p| {
        *all.entry((p.file.as_str(), p.code)).or_default() += 1;
        all
    });
    for wanted in [
        ("cn/labour.toml", "syntax"),
        ("kinds.toml", "not-utf8"),
        ("cn/zhejiang/pack.toml", "bad-version"),
        ("cn/zhejiang/pack.toml", "contract-version"),
        ("cn/zhejiang/pack.toml", "missing-key"),
    ] {
        assert!(found.contains_key(&wanted), "{wanted:?} in {found:?}");
    }
    assert_eq!(found[&("cn/labour.toml", "syntax")], 1, "the first fault of a text: {found:?}");
    assert!(!found.keys().any(|(_, code)| *code == "unknown-kind"), "a broken registry makes no noise: {found:?}");
}

#[test]
fn an_empty_bundle_says_what_it_needs() {
    let problems = problems(&Bundle::from_files(BTreeMap::new()).unwrap());
    assert_eq!(problems.len(), 1);
    let text = problems[0].to_string();
    let begins = "error[empty-bundle]: there are no policy files here\n  help: `maple new NAME --lang table` makes";
    assert!(text.starts_with(begins) && text.contains("needs `facts.toml`"), "{text}");
}

#[test]
fn a_missing_registry_is_named() {
    let mut files = files();
    files.remove("guardrails.toml");
    let problems = problems(&Bundle::from_files(files).unwrap());
    assert!(
        problems.iter().any(|p| p.code == "missing-registry" && p.message.contains("guardrails.toml")),
        "{problems:#?}"
    );
}

#[test]
fn stray_and_headless_files_are_named() {
    for (path, code) in
        [("fact.toml", "stray-file"), ("gb/x.toml", "missing-pack"), ("cn/nowhere/x.toml", "missing-pack")]
    {
        let mut files = files();
        files.insert(path.to_owned(), Vec::new());
        let problems = problems(&Bundle::from_files(files).unwrap());
        assert_eq!((problems[0].code, problems[0].file.as_str()), (code, path), "{problems:#?}");
    }
}

#[test]
fn a_plugin_reads_only_what_the_registry_knows() {
    let bundle = changed(LOWER, "layered-ladder", "curious");
    let problems = problems(&bundle);
    let reads: Vec<_> =
        problems.iter().filter(|p| p.code == "plugin-reads").map(|p| p.advice.clone().unwrap()).collect();
    assert_eq!(reads.len(), 2, "{problems:#?}");
    assert!(reads[0].contains("never asked for"), "{reads:?}");
    assert!(reads[1].contains("add `mood`"), "{reads:?}");
}
