//! Every way a question can be wrong, one row each, and every limit at its edge.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use fixture::{day, ruleset};
use maple_kernel::{PartyType, Purposes, Question, Value};
use maple_wire::{
    BODY_BYTES_MAX, DEPTH_MAX, ERRORS_COUNT_MAX, FIELDS_COUNT_MAX, ID_BYTES_MAX, PARTIES_COUNT_MAX, Problem,
    SOURCE_UNSTATED, WORD_BYTES_MAX, WORDS_COUNT_MAX, canonical_question, parse_question,
};
use serde_json::{Value as Json, json};

const TODAY: &str = "2026-11-23";

fn read(body: impl AsRef<[u8]>) -> Result<Question, Box<Problem>> {
    parse_question(body.as_ref(), &ruleset(), day(TODAY))
}

fn good() -> Json {
    json!({
        "case": {
            "id": "c-2026-000123",
            "locality": "cn/zhejiang/jinhua/yongkang",
            "kind": "labour.wage_migrant",
            "source": "hotline",
            "filed": "2026-11-20",
            "parties": [
                { "role": "applicant", "type": "natural", "facts": { "age_band": "adult", "consent": "yes" } },
                { "role": "respondent", "type": "organisation", "facts": { "sector": "construction" } }
            ],
            "facts": { "amount": "48000.00", "people": 14, "relation": "employment", "knew_on": "2026-09-30",
                       "violence_now": false, "evidence_kinds": ["photos", "contract"] }
        },
        "purposes": ["routing", "prevention"],
        "as_of": TODAY,
        "explain": true
    })
}

/// The good question with the value at the pointer replaced or added.
fn with(pointer: &str, value: Json) -> Vec<u8> {
    let mut question = good();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match question.pointer_mut(parent).unwrap() {
        Json::Object(members) => drop(members.insert(name.replace("~1", "/"), value)),
        Json::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        other => panic!("{other}"),
    }
    serde_json::to_vec(&question).unwrap()
}

fn without(pointer: &str) -> Vec<u8> {
    let mut question = good();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    question.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
    serde_json::to_vec(&question).unwrap()
}

/// The good question with a piece of its text replaced.
fn rewritten(from: &str, to: &str) -> Vec<u8> {
    let text = good().to_string();
    assert!(text.contains(from), "{from} in {text}");
    text.replacen(from, to, 1).into_bytes()
}

#[track_caller]
fn check(body: impl AsRef<[u8]>, status: u16, pointer: &str, code: &str, said: &str) {
    let problem = read(body).expect_err("a problem");
    assert_eq!(problem.kind.status(), status, "{problem:?}");
    let found = problem.errors.iter().find(|e| e.pointer == pointer && e.code.as_str() == code);
    let found = found.unwrap_or_else(|| panic!("no {code} at {pointer}: {problem:?}"));
    assert!(found.detail.contains(said), "`{}` does not say `{said}`", found.detail);
    assert!(!found.detail_zh.is_empty() && !found.detail_zh.is_ascii(), "{found:?}");
    assert_eq!(problem.errors.len(), 1, "one flaw, one message: {problem:?}");
}

#[test]
fn a_good_question_is_read() {
    let question = read(good().to_string()).unwrap();
    let case = &question.case;
    assert_eq!(case.id.as_deref(), Some("c-2026-000123"));
    assert_eq!(case.locality.as_str(), "cn/zhejiang/jinhua/yongkang");
    assert_eq!((case.filed, question.as_of), (day("2026-11-20"), day(TODAY)));
    assert_eq!(case.facts.get("amount"), Some(&Value::Money(4_800_000)));
    assert_eq!(case.facts.get("people"), Some(&Value::Number(14.0)));
    assert_eq!(case.facts.get("knew_on"), Some(&Value::Day(day("2026-09-30"))));
    assert_eq!(case.facts.get("violence_now"), Some(&Value::Flag(false)));
    assert_eq!(case.facts.text("relation"), Some("employment"));
    assert!(matches!(case.facts.get("evidence_kinds"), Some(Value::Words(words)) if words.len() == 2));
    assert_eq!(case.parties()[0].facts.text("consent"), Some("yes"));
    assert_eq!(case.parties()[1].kind, PartyType::Organisation);
    assert!(question.explain);
}

#[test]
fn what_is_left_out_has_its_default() {
    let body = json!({ "case": { "locality": "330784", "kind": "contract.work",
                                 "parties": [{ "role": "applicant", "type": "natural" }] } });
    let question = read(body.to_string()).unwrap();
    assert_eq!(question.case.locality.as_str(), "cn/zhejiang/jinhua/yongkang");
    assert_eq!(question.case.source.as_str(), SOURCE_UNSTATED);
    assert_eq!((question.case.id.as_ref(), question.explain), (None, false));
    assert_eq!((question.case.filed, question.as_of), (day(TODAY), day(TODAY)));
    assert_eq!(question.purposes, Purposes::BOTH);
    assert_eq!(question.case.facts.iter().count(), 0);
    let body = json!({ "case": body["case"], "as_of": "2024-05-01" });
    assert_eq!(read(body.to_string()).unwrap().case.filed, day("2024-05-01"));
}

/// What RFC 8785 makes of a document, by a library of its own.
fn canonical(document: &[u8]) -> Vec<u8> {
    let json: Json = serde_json::from_slice(document).unwrap();
    serde_json_canonicalizer::to_vec(&json).unwrap()
}

#[test]
fn the_canonical_form_is_read_back_and_is_the_same_for_the_same_question() {
    let mut turned = good();
    turned["case"]["parties"].as_array_mut().unwrap().reverse();
    turned["case"]["facts"]["amount"] = json!(48000);
    turned["case"]["locality"] = json!("330784");
    turned["purposes"] = json!(["prevention", "routing"]);
    let written = canonical_question(&read(good().to_string()).unwrap());
    assert_eq!(canonical_question(&read(turned.to_string()).unwrap()), written);
    let small = json!({ "case": { "locality": "330784", "kind": "contract.work",
                                  "parties": [{ "role": "applicant", "type": "natural" }] } });
    for body in [good(), turned, small] {
        let question = read(body.to_string()).unwrap();
        let written = canonical_question(&question);
        assert_eq!(read(&written).unwrap(), question);
        assert_eq!(String::from_utf8(canonical(&written)).unwrap(), String::from_utf8(written).unwrap());
    }
}

proptest::proptest! {
    #[test]
    fn every_question_has_a_canonical_form(
        (id, minor, people) in ("[a-z0-9-]{1,64}", 0_i64..=10_000_000_000_000, 0_u32..=1_000_000),
        (violence, explain) in (proptest::bool::ANY, proptest::bool::ANY),
        kinds in proptest::sample::subsequence(vec!["contract", "photos"], 0..=2),
        roles in proptest::collection::vec(proptest::sample::select(vec!["applicant", "respondent", "third_party"]), 1..5),
    ) {
        let mut body = good();
        let amount = format!("{}.{:02}", minor / 100, minor % 100);
        body["case"]["id"] = json!(id);
        body["case"]["facts"] = json!({ "violence_now": violence, "people": people, "amount": amount,
                                        "evidence_kinds": kinds });
        let party = |role: &&str| json!({ "role": role, "type": "natural", "facts": { "consent": "no" } });
        body["case"]["parties"] = roles.iter().map(party).collect();
        body["explain"] = json!(explain);
        if let Ok(question) = read(body.to_string()) {
            let written = canonical_question(&question);
            proptest::prop_assert_eq!(read(&written).unwrap(), question);
            proptest::prop_assert_eq!(canonical(&written), written);
        } else {
            proptest::prop_assert!(people == 0 || kinds.is_empty() || id.starts_with('-'), "{body}");
        }
    }
}

#[test]
fn the_order_of_parties_and_facts_means_nothing() {
    let mut turned = good();
    turned["case"]["parties"].as_array_mut().unwrap().reverse();
    assert_eq!(read(turned.to_string()).unwrap(), read(good().to_string()).unwrap());
}

#[test]
fn amounts_stay_exact() {
    for (written, minor) in [
        ("48000.00", 4_800_000),
        ("0.1", 10),
        ("0.29", 29),
        ("1.1e3", 110_000),
        ("99999999999.99", 9_999_999_999_999),
        ("\"0.29\"", 29),
        ("\"100000000000.00\"", 10_000_000_000_000),
    ] {
        let question = read(rewritten("\"48000.00\"", written)).unwrap();
        assert_eq!(question.case.facts.get("amount"), Some(&Value::Money(minor)), "{written}");
    }
}

#[test]
fn what_is_not_a_question_is_refused() {
    check("", 400, "", "not_json", "ends where a value is needed");
    check("hello", 400, "", "not_json", "line 1, column 1");
    check(&good().to_string().as_bytes()[..40], 400, "", "not_json", "ends inside a text");
    check("[".repeat(100_000), 400, "", "too_deep", "deeper than 16");
    check(b"\xff\xfe{}", 400, "", "invalid_utf8", "UTF-8");
    check(rewritten("14", "NaN"), 400, "", "not_json", "no such number");
    check(rewritten("14", "-Infinity"), 400, "", "not_json", "a digit is needed");
    check("[]", 422, "", "wrong_type", "an object in braces");
    check("{}", 422, "/case", "missing", "`case` is missing");
    check(r#"{"case": 3}"#, 422, "/case", "wrong_type", "not a number");
}

#[test]
fn a_case_without_what_stands_around_it_is_one_mistake() {
    let alone = good()["case"].to_string();
    check(alone, 422, "/case", "missing", "a case alone; write { \"case\": { … } } around it");
    // Without one of the fields that every case has it is taken for anything else.
    let mut other = good()["case"].clone();
    other.as_object_mut().unwrap().remove("kind");
    let problem = read(other.to_string()).unwrap_err();
    assert!(problem.errors.len() > 2, "{problem:?}");
}

#[test]
fn missing_fields_are_named() {
    for field in ["locality", "kind", "parties"] {
        let pointer = format!("/case/{field}");
        check(without(&pointer), 422, &pointer, "missing", field);
    }
    check(without("/case/parties/0/role"), 422, "/case/parties/0/role", "missing", "`role` is missing");
    check(without("/case/parties/1/type"), 422, "/case/parties/1/type", "missing", "`type` is missing");
}

#[test]
fn unknown_fields_are_refused_with_the_nearest() {
    for (pointer, code, said) in [
        ("/purpose", "unknown_field", "did you mean `purposes`?"),
        ("/case/knd", "unknown_field", "did you mean `kind`?"),
        ("/case/colour", "unknown_field", "the fields are `id`, `locality`"),
        ("/case/parties/0/typ", "unknown_field", "did you mean `type`?"),
        ("/case/facts/ammount", "unknown_fact", "did you mean `amount`?"),
        ("/case/facts/weather", "unknown_fact", "`facts.toml` beside the policies"),
        ("/case/facts/a~1b", "unknown_fact", "`a/b`"),
        ("/case/parties/0/facts/consnet", "unknown_fact", "did you mean `consent`?"),
    ] {
        check(with(pointer, json!("x")), 422, pointer, code, said);
    }
    check(with(&format!("/case/facts/{}", "k".repeat(65)), json!(1)), 422, "/case/facts", "unknown_fact", "k…`");
}

#[test]
fn what_tells_who_somebody_is_is_refused_and_never_repeated() {
    for (pointer, said) in [
        ("/case/facts/name", "names are never taken"),
        ("/case/facts/id_number", "identity numbers"),
        ("/case/facts/phone", "telephone numbers"),
        ("/case/facts/address", "`locality` tells the place"),
        ("/case/facts/description", "free text is never taken"),
        ("/case/facts/ethnicity", "must not count"),
        ("/case/facts/religion", "must not count"),
        ("/case/facts/political_opinion", "must not count"),
        ("/case/facts/health", "`support_need`"),
        ("/case/facts/criminal_record", "criminal, credit"),
        ("/case/facts/credit_score", "criminal, credit"),
        ("/case/facts/姓名", "names are never taken"),
        ("/case/facts/lucky_number", "the policies list it"),
        ("/case/name", "names are never taken"),
        ("/case/parties/0/name", "names are never taken"),
        ("/case/parties/0/facts/phone", "telephone numbers"),
    ] {
        let secret = "wang-synthetic";
        let problem = read(with(pointer, json!(secret))).unwrap_err();
        assert!(!String::from_utf8(problem.to_json()).unwrap().contains(secret));
        check(with(pointer, json!(secret)), 422, pointer, "forbidden", said);
    }
    for id in ["110101199003070000", "11010119900307000X", "13800000000", "tel:13800000000"] {
        check(with("/case/id", json!(id)), 422, "/case/id", "personal_data", "the case's own number");
        assert!(!String::from_utf8(read(with("/case/id", json!(id))).unwrap_err().to_json()).unwrap().contains(id));
    }
    let sector = "/case/parties/1/facts/sector";
    check(with(sector, json!("13800000000")), 422, sector, "personal_data", "never taken");
}

#[test]
fn repeated_fields_are_named() {
    check(rewritten("\"people\":14", "\"people\":14,\"people\":15"), 422, "/case/facts/people", "duplicate", "once");
    check(rewritten("\"explain\":true", "\"explain\":true,\"explain\":true"), 422, "/explain", "duplicate", "once");
    check(with("/purposes", json!(["routing", "routing"])), 422, "/purposes/1", "duplicate", "once only");
}

#[test]
fn values_of_another_type_are_named() {
    for (pointer, value, said) in [
        ("/as_of", json!(20261123), "`as_of` is a day such as"),
        ("/explain", json!("true"), "without quotes, not a text"),
        ("/explain", json!(null), "leave the field out"),
        ("/purposes", json!("routing"), "is a list of `routing`"),
        ("/purposes/0", json!(1), "a text in double quotes"),
        ("/case/id", json!(17), "a text in double quotes, not a number"),
        ("/case/id", json!(null), "leave the field out"),
        ("/case/locality", json!(330784), "a text in double quotes"),
        ("/case/parties", json!({}), "a list of parties, not an object"),
        ("/case/parties/0", json!("natural"), "an object in braces"),
        ("/case/facts", json!([]), "an object in braces is needed here, not a list"),
        ("/case/facts/amount", json!(true), "`amount` is an amount such as"),
        ("/case/facts/people", json!("14"), "`people` is a whole number, without quotes"),
        ("/case/facts/violence_now", json!("no"), "`true` or `false`"),
        ("/case/facts/relation", json!(["family"]), "not a list"),
        ("/case/facts/knew_on", json!(null), "leave the field out when it is not known"),
        ("/case/facts/evidence_kinds", json!("photos"), "a list of words"),
    ] {
        check(with(pointer, value), 422, pointer, "wrong_type", said);
    }
}

#[test]
fn values_out_of_range_are_named() {
    for (pointer, value, code, said) in [
        ("/case/facts/people", json!(-1), "out_of_range", "from 0 to 1000000"),
        ("/case/facts/people", json!(1_000_001), "out_of_range", "from 0 to 1000000"),
        ("/case/facts/people", json!(14.5), "out_of_range", "a whole number"),
        ("/case/facts/amount", json!(-1), "out_of_range", "from 0.00 to 100000000000.00"),
        ("/case/facts/amount", json!("100000000000.01"), "out_of_range", "from 0.00 to"),
        ("/case/facts/amount", json!("48000.001"), "out_of_range", "more than two decimals"),
        ("/case/facts/amount", json!(0.125), "out_of_range", "more than two decimals"),
        ("/case/facts/amount", json!("48,000"), "bad_format", "without currency or separators"),
        ("/case/facts/amount", json!("¥48000"), "bad_format", "without currency or separators"),
        ("/case/facts/amount", json!(""), "bad_format", "an amount in digits"),
        ("/case/facts/knew_on", json!("2026-02-30"), "not_a_day", "no day `2026-02-30`"),
        ("/case/filed", json!("2025-02-29"), "not_a_day", "no day `2025-02-29`"),
        ("/case/filed", json!("2026-11-24"), "inconsistent", "after the day asked about, 2026-11-23"),
        ("/as_of", json!("1899-12-31"), "out_of_range", "1900 to 2199"),
        ("/as_of", json!("23/11/2026"), "bad_format", "write year, month and day"),
        ("/purposes", json!([]), "too_few", "at least one purpose"),
        ("/purposes/1", json!("profiling"), "unknown_value", "no purpose `profiling`"),
        ("/case/parties", json!([]), "too_few", "at least one party"),
        ("/case/id", json!(""), "bad_format", "letters, digits"),
        ("/case/id", json!("王某诉李某"), "bad_format", "never a name"),
        ("/case/parties/1/facts/sector", json!("Wang's Hardware"), "bad_format", "free text is never taken"),
    ] {
        check(with(pointer, value), 422, pointer, code, said);
    }
    for huge in ["1e400", "-1e400", "1e999999999999", &"9".repeat(400)] {
        check(rewritten("14", huge), 422, "/case/facts/people", "out_of_range", "from 0 to 1000000");
        check(rewritten("\"48000.00\"", huge), 422, "/case/facts/amount", "out_of_range", "an amount from");
    }
}

#[test]
fn words_that_do_not_exist_come_with_the_nearest() {
    for (pointer, value, said) in [
        ("/case/locality", "cn/zhejiang/jinhua/yongkan", "did you mean `cn/zhejiang/jinhua/yongkang`?"),
        ("/case/locality", "yongkang", "did you mean `cn/zhejiang/jinhua/yongkang`?"),
        ("/case/locality", "永康市", "did you mean `cn/zhejiang/jinhua/yongkang`?"),
        ("/case/locality", "330785", "GET /v1/localities"),
        ("/case/locality", "fr/paris", "GET /v1/localities"),
        ("/case/locality", "", "GET /v1/localities"),
        ("/case/kind", "labour.wages", "did you mean `labour.wage`?"),
        ("/case/kind", "labour", "did you mean `labour.wage`?"),
        ("/case/kind", "追索劳动报酬", "did you mean `labour.wage`?"),
        ("/case/kind", "unpaid wages", "did you mean `labour.wage`?"),
        ("/case/kind", "astronomy", "policies/kinds.toml"),
        ("/case/source", "hotlin", "did you mean `hotline`?"),
        ("/case/parties/0/role", "aplicant", "did you mean `applicant`?"),
        ("/case/parties/0/type", "person", "`natural`, `organisation` or `public_authority`"),
        ("/case/parties/0/facts/consent", "maybe", "it is one of `yes`, `no`, `unknown`"),
        ("/case/parties/0/facts/consent", "YES", "cannot be `YES`"),
        ("/case/facts/relation", "employmnet", "did you mean `employment`?"),
    ] {
        check(with(pointer, json!(value)), 422, pointer, "unknown_value", said);
    }
    let words = "/case/facts/evidence_kinds";
    check(with(words, json!(["video"])), 422, &format!("{words}/0"), "unknown_value", "`contract`, `photos`");
}

#[test]
fn what_has_happened_lies_no_later_than_the_day_asked_about() {
    let said = "`award_on` tells what has happened, but 2026-11-24 lies after the day asked about, 2026-11-23";
    assert!(read(with("/case/facts/award_on", json!(TODAY))).is_ok());
    check(with("/case/facts/award_on", json!("2026-11-24")), 422, "/case/facts/award_on", "inconsistent", said);
    // Other days may lie ahead, such as the day on which something falls due.
    assert!(read(with("/case/facts/knew_on", json!("2062-01-01"))).is_ok());
    let mut earlier: Json = serde_json::from_slice(&with("/case/facts/award_on", json!("2026-11-21"))).unwrap();
    earlier["as_of"] = json!("2026-11-20");
    check(earlier.to_string(), 422, "/case/facts/award_on", "inconsistent", "give a later `as_of`");
}

#[test]
fn a_party_has_the_facts_of_its_type() {
    let at = "/case/parties/1/facts/age_band";
    let said = "`age_band` is a fact of a natural person, and this party is an organisation";
    check(with(at, json!("adult")), 422, at, "wrong_place", said);
    assert!(read(with("/case/parties/0/facts/age_band", json!("adult"))).is_ok());
    // A type that cannot be read is told alone.
    let mut question: Json = serde_json::from_slice(&with(at, json!("adult"))).unwrap();
    question["case"]["parties"][1]["type"] = json!("company");
    check(question.to_string(), 422, "/case/parties/1/type", "unknown_value", "no type of party `company`");
}

#[test]
fn facts_stand_where_they_belong() {
    for (pointer, said) in [
        ("/case/facts/consent", "a fact of a party"),
        ("/case/parties/0/facts/amount", "a fact of the case; put it into `/case/facts`"),
        ("/case/facts/small_claims_cap", "a figure of the locality"),
        ("/case/facts/limitation_passed", "worked out by the policies"),
    ] {
        check(with(pointer, json!("yes")), 422, pointer, "wrong_place", said);
    }
}

#[test]
fn every_bad_field_is_named_at_once() {
    let body = json!({ "case": { "locality": "nowhere", "kind": 3, "filed": "2026-02-30", "colour": 1,
        "parties": [{ "role": "applicant" }, { "type": "organisation", "facts": { "name": "x", "consent": "perhaps" } }],
        "facts": { "amount": "1.005", "weather": 1 } }, "explain": 1 });
    let problem = read(body.to_string()).unwrap_err();
    let mut pointers: Vec<_> = problem.errors.iter().map(|e| e.pointer.as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/case/colour",
            "/case/facts/amount",
            "/case/facts/weather",
            "/case/filed",
            "/case/kind",
            "/case/locality",
            "/case/parties/0/type",
            "/case/parties/1/facts/consent",
            "/case/parties/1/facts/name",
            "/case/parties/1/role",
            "/explain",
        ]
    );
    assert!(problem.detail.starts_with("11 problems"));
}

#[test]
fn limits_hold_at_their_edges() {
    let party = json!({ "role": "applicant", "type": "natural" });
    let parties = |count| with("/case/parties", Json::Array(vec![party.clone(); count]));
    assert!(read(parties(PARTIES_COUNT_MAX)).is_ok());
    check(parties(PARTIES_COUNT_MAX + 1), 422, "/case/parties", "too_many", "at most 200 parties, not 201");

    let id = |length| with("/case/id", json!("a".repeat(length)));
    assert!(read(id(ID_BYTES_MAX)).is_ok());
    check(id(ID_BYTES_MAX + 1), 422, "/case/id", "too_long", "at most 64");

    let sector = "/case/parties/1/facts/sector";
    assert!(read(with(sector, json!("a".repeat(WORD_BYTES_MAX)))).is_ok());
    check(with(sector, json!("a".repeat(WORD_BYTES_MAX + 1))), 422, sector, "too_long", "at most 64");

    let words = "/case/facts/evidence_kinds";
    assert!(read(with(words, json!(vec!["photos"; WORDS_COUNT_MAX]))).is_ok());
    check(with(words, json!(vec!["photos"; WORDS_COUNT_MAX + 1])), 422, words, "too_many", "at most 64 words");

    let facts = |count: usize| {
        with("/case/facts", (0..count).map(|at| (format!("k{at}"), json!(1))).collect::<serde_json::Map<_, _>>().into())
    };
    assert_eq!(read(facts(FIELDS_COUNT_MAX)).unwrap_err().errors[0].code.as_str(), "unknown_fact");
    check(facts(FIELDS_COUNT_MAX + 1), 422, "/case/facts", "too_many", "at most 128 fields, not 129");
    assert_eq!(read(facts(ERRORS_COUNT_MAX + 1)).unwrap_err().errors.len(), ERRORS_COUNT_MAX);

    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    check(deep(DEPTH_MAX), 422, "", "wrong_type", "an object in braces");
    check(deep(DEPTH_MAX + 1), 400, "", "too_deep", "16");
}

#[test]
fn the_worst_body_is_answered_quickly() {
    let facts = (0..FIELDS_COUNT_MAX).map(|at| format!("\"amoun{at}\":1")).collect::<Vec<_>>().join(",");
    let party = format!("{{\"facts\":{{{facts}}}}}");
    let body = format!("{{\"case\":{{\"parties\":[{}]}}}}", vec![party; 150].join(","));
    assert!(body.len() < BODY_BYTES_MAX);
    let start = std::time::Instant::now();
    let problem = read(body).unwrap_err();
    assert_eq!(problem.errors.len(), ERRORS_COUNT_MAX);
    assert!(start.elapsed() < std::time::Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn what_was_counted_is_the_services_to_say() {
    let asked = br#"{ "about": { "organisation": "org-7", "station": "s-1" }, "min_generation": 3 }"#;
    let read = maple_wire::parse_asked(asked).unwrap();
    let about = read.about.unwrap();
    assert_eq!(
        (about.organisation.as_deref(), about.station.as_deref(), about.place),
        (Some("org-7"), Some("s-1"), None)
    );
    assert_eq!(read.min_generation, Some(3));
    for (about, code) in [
        (r#"{ "person": "x" }"#, "unknown_field"),
        (r#"{ "place": "张三" }"#, "bad_format"),
        (r#"{ "place": "11010519491231002X" }"#, "personal_data"),
        (r#"[]"#, "wrong_type"),
    ] {
        let problem = maple_wire::parse_asked(format!("{{ \"about\": {about} }}").as_bytes()).unwrap_err();
        assert_eq!(problem.errors[0].code.as_str(), code, "{about}");
    }
    // Whoever asks a service cannot say what it counted.
    let mut claimed = good();
    claimed["context"] = json!({});
    let body = serde_json::to_vec(&claimed).unwrap();
    let refused = maple_wire::parse_question_served(&body, &ruleset(), day(TODAY)).unwrap_err();
    assert_eq!(refused.errors[0].pointer, "/context");
    assert!(parse_question(&body, &ruleset(), day(TODAY)).unwrap().context.is_empty());
}
