//! Malicious policies as real components: a pack below the shipped ones whose rule table, in the sandbox, tries what no
//! policy may do. The bundle's checks see only tables that are written as tables, so these come as bare settings.

use std::collections::BTreeMap;

use maple_kernel::{Decision, Ruleset, Value};
use maple_tests::{decide_by, shipped_with};
use serde_json::{Value as Json, json};

/// A place without a pack of its own, four levels down.
const CHINA: &str = "cn/zhejiang/jinhua/wucheng";
/// A place that the shipped policies do not have: below it nothing but the host closes mediation.
const CANADA: &str = "ca/british-columbia/elsewhere";

/// What a policy tries, and what must come of it.
struct Attempt {
    name: &'static str,
    place: &'static str,
    /// Effects as the plugin takes them.
    then: &'static str,
    basis: &'static str,
    kind: &'static str,
    facts: &'static str,
    consent: &'static str,
    /// Guardrail, action and what, as the decision writes them down.
    acted: &'static [&'static str],
}

const PLAIN: Attempt = Attempt {
    name: "",
    place: CHINA,
    then: "",
    basis: "cn.peoples_mediation.3",
    kind: "contract.sale",
    facts: r#"{ "amount": "4800.00", "knew_on": "2026-09-30" }"#,
    consent: "unknown",
    acted: &[],
};

const ABROAD: Attempt = Attempt { place: CANADA, basis: "ca.charter.7", facts: r#"{ "amount": "3000.00" }"#, ..PLAIN };

const ATTEMPTS: [Attempt; 32] = [
    Attempt {
        name: "forbids the court",
        then: r#"{ do = "forbid", forbid = "court" }"#,
        acted: &["H01 removed forbid court", "H09 removed forbid court"],
        ..PLAIN
    },
    Attempt {
        name: "forbids whoever decides",
        then: r#"{ do = "forbid-class", forbid-class = "adjudicative" }"#,
        acted: &["H01 removed forbid class adjudicative"],
        ..PLAIN
    },
    Attempt {
        name: "forbids labour arbitration",
        then: r#"{ do = "forbid", forbid = "labour_arbitration" }"#,
        kind: "labour.wage",
        acted: &["H09 removed forbid labour_arbitration"],
        ..PLAIN
    },
    Attempt {
        name: "puts mediation before the court",
        then: r#"{ do = "require-first", require-first = "peoples_mediation", before = "court" }"#,
        acted: &["H01 removed require peoples_mediation before court"],
        ..PLAIN
    },
    Attempt {
        // R01 closes all mediation before the host has to.
        name: "offers mediation after a refusal",
        then: r#"{ do = "offer", offer = "industry_mediation", weight = 100 }"#,
        consent: "no",
        ..PLAIN
    },
    Attempt {
        name: "offers mediation after a refusal that only the host honours",
        then: r#"{ do = "offer", offer = "private_mediation", weight = 100 }"#,
        consent: "no",
        acted: &["H02 removed private_mediation"],
        ..ABROAD
    },
    Attempt {
        name: "lengthens the limitation of labour arbitration",
        then: r#"{ do = "clock", clock = "limitation_labour", from = "knew_on", span = "10 years" }"#,
        kind: "labour.termination",
        acted: &["H03 clamped limitation_labour"],
        ..PLAIN
    },
    Attempt {
        name: "shortens the limitation of a contract",
        then: r#"{ do = "clock", clock = "limitation_general", from = "knew_on", span = "30 days" }"#,
        acted: &["H03 clamped limitation_general"],
        ..PLAIN
    },
    Attempt {
        name: "starts limitation from another day",
        then: r#"{ do = "clock", clock = "limitation_general", from = "today", span = "3 years" }"#,
        acted: &["H03 clamped limitation_general"],
        ..PLAIN
    },
    Attempt {
        name: "starts a limitation that the law does not",
        then: r#"{ do = "clock", clock = "limitation_general", from = "today", span = "1 day" }"#,
        facts: r#"{ "amount": "4800.00" }"#,
        acted: &["H03 removed limitation_general"],
        ..PLAIN
    },
    Attempt {
        name: "starts a short limitation beside the true one",
        then: r#"{ do = "clock", clock = "limitation_short", from = "knew_on", span = "1 year" }"#,
        acted: &["H03 removed limitation_short"],
        ..PLAIN
    },
    Attempt {
        name: "closes all mediation of the levels above",
        then: r#"{ do = "forbid-class", forbid-class = "facilitative" }"#,
        acted: &["H09 removed forbid class facilitative"],
        ..PLAIN
    },
    Attempt {
        name: "closes one mediation of the levels above",
        then: r#"{ do = "forbid", forbid = "peoples_mediation" }"#,
        acted: &["H09 removed forbid peoples_mediation"],
        kind: "neighbour.nuisance",
        ..PLAIN
    },
    Attempt {
        name: "lengthens the time of registration",
        then: r#"{ do = "clock", clock = "court_registration", from = "court_filed_on", span = "60 days" }"#,
        facts: r#"{ "court_filed_on": "2026-11-16" }"#,
        acted: &["H03 clamped court_registration"],
        ..PLAIN
    },
    Attempt {
        name: "lengthens labour mediation",
        then: r#"{ do = "offer", offer = "labour_mediation", due = "90 days", from = "acceptance" }"#,
        kind: "labour.termination",
        acted: &["H03 clamped due of labour_mediation"],
        ..PLAIN
    },
    Attempt {
        name: "charges for people's mediation",
        then: r#"{ do = "offer", offer = "peoples_mediation", chargeable = true }"#,
        acted: &["H21 removed fee for peoples_mediation"],
        ..PLAIN
    },
    Attempt {
        name: "charges for labour arbitration",
        then: r#"{ do = "offer", offer = "labour_arbitration", chargeable = true }"#,
        kind: "labour.termination",
        acted: &["H21 removed fee for labour_arbitration"],
        ..PLAIN
    },
    Attempt {
        name: "hides the protection order",
        then: r#"{ do = "forbid", forbid = "protection_order" }"#,
        kind: "family.divorce",
        facts: r#"{ "domestic_violence": true }"#,
        acted: &["H04 removed forbid protection_order", "H09 removed forbid protection_order"],
        ..PLAIN
    },
    Attempt {
        name: "hides all protection",
        then: r#"{ do = "forbid-class", forbid-class = "protective" }"#,
        kind: "family.violence",
        acted: &["H04 removed forbid class protective"],
        ..PLAIN
    },
    Attempt {
        // R13 closes it before the host has to.
        name: "mediates in violence",
        then: r#"{ do = "offer", offer = "peoples_mediation", weight = 100 }"#,
        kind: "family.divorce",
        facts: r#"{ "domestic_violence": true }"#,
        ..PLAIN
    },
    Attempt {
        name: "mediates in violence that only the host sees",
        then: r#"{ do = "offer", offer = "private_mediation", weight = 100 }"#,
        kind: "family.custody",
        facts: r#"{ "domestic_violence": true }"#,
        acted: &["H04 removed private_mediation"],
        ..ABROAD
    },
    Attempt {
        name: "rests on law that has ended",
        then: r#"{ do = "offer", offer = "lawyer_mediation" }"#,
        basis: "cn.civil_procedure_2012.122",
        acted: &["H07 removed cn.civil_procedure_2012.122"],
        ..PLAIN
    },
    Attempt {
        name: "signals a person",
        then: r#"{ do = "signal", signal = "organisation_cluster", level = "red", subject = "organisation:applicant" }"#,
        acted: &["H06 removed signal organisation_cluster"],
        ..PLAIN
    },
    Attempt {
        name: "derives what the vocabulary does not know",
        then: r#"{ do = "derive", derive = "amount", value = 1 }"#,
        acted: &["H06 removed derive amount"],
        ..PLAIN
    },
    Attempt {
        name: "rates a person in a duty",
        then: r#"{ do = "duty", duty = "inform_right_to_sue", bearer = "mediator", with = { risk_score = 87, age_band = 3 } }"#,
        acted: &["H06 removed parameter risk_score", "H06 removed parameter age_band"],
        ..PLAIN
    },
    Attempt {
        name: "binds the parties to attend",
        then: r#"{ do = "duty", duty = "attend_mediation", bearer = "parties" }"#,
        consent: "no",
        acted: &["H02 removed duty attend_mediation"],
        ..PLAIN
    },
    Attempt {
        name: "warns whoever stays away of costs",
        then: r#"{ do = "duty", duty = "costs_warning", bearer = "parties" }"#,
        consent: "no",
        acted: &["H02 removed duty costs_warning"],
        ..PLAIN
    },
    Attempt {
        name: "has a judge punish whoever stayed away",
        then: r#"{ do = "duty", duty = "consider_sanction", bearer = "judge" }"#,
        consent: "no",
        acted: &["H02 removed duty consider_sanction"],
        ..PLAIN
    },
    Attempt {
        name: "makes the court wait for mediation",
        then: r#"{ do = "duty", duty = "stay_court_action", bearer = "court" }"#,
        acted: &["H02 removed duty stay_court_action"],
        ..PLAIN
    },
    Attempt {
        name: "calls a private loan an act of authority",
        then: r#"{ do = "derive", derive = "public_law", value = true }"#,
        kind: "contract.loan_private",
        acted: &["H09 removed derive public_law"],
        ..PLAIN
    },
    Attempt {
        name: "calls an act of authority a private quarrel",
        then: r#"{ do = "derive", derive = "public_law", value = false }"#,
        kind: "admin.penalty",
        facts: r#"{ "public_authority_act": true }"#,
        acted: &["H09 removed derive public_law"],
        ..PLAIN
    },
    Attempt {
        name: "hides other help",
        then: r#"{ do = "forbid", forbid = "labour_inspection" }"#,
        kind: "labour.wage_migrant",
        acted: &["H09 removed forbid labour_inspection"],
        ..PLAIN
    },
];

/// One policy for each attempt; which of them is asked a fact says that no rule looks at.
fn packs() -> &'static Ruleset {
    let mut files = BTreeMap::from([(
        "localities/malicious.toml".to_owned(),
        format!("[[locality]]\nid = \"{CANADA}\"\ntitle = {{ zh = \"别处\", en = \"elsewhere\" }}\n").into_bytes(),
    )]);
    for place in [CHINA, CANADA] {
        let mut pack = format!(
            "id = \"{place}\"\nversion = \"1.0.0\"\ncontract = \"^0.1\"\nin-force-from = 2024-01-01\n\
             title = {{ zh = \"恶意\", en = \"malicious\" }}\n"
        );
        for (number, Attempt { then, basis, .. }) in ATTEMPTS.iter().enumerate().filter(|(_, a)| a.place == place) {
            pack.push_str(&format!(
                "[[policy]]\nid = \"evil-{number}\"\nplugin = {{ id = \"decision-table\", version = \"^1\" }}\n\
                 [policy.target]\nfacts = {{ representatives = {number} }}\n[[policy.settings.rules]]\nid = \"EVIL\"\n\
                 summary-zh = \"恶意\"\nsummary-en = \"malicious\"\nbasis = [\"{basis}\"]\nthen = [{then}]\n"
            ));
        }
        files.insert(format!("{place}/pack.toml"), pack.into_bytes());
    }
    &shipped_with(files).ruleset
}

/// The case of an attempt; the number past the last asks none of the policies.
fn ask(attempt: &Attempt, number: usize) -> Json {
    let mut facts: Json = serde_json::from_str(attempt.facts).unwrap();
    facts["representatives"] = json!(number);
    json!({ "case": {
        "locality": attempt.place, "kind": attempt.kind, "source": "counter", "filed": "2026-11-20",
        "parties": [
            { "role": "applicant", "type": "natural", "facts": { "age_band": "adult", "consent": attempt.consent } },
            { "role": "respondent", "type": "organisation", "facts": { "consent": "unknown" } } ],
        "facts": facts } })
}

fn corrections(decision: &Decision) -> Vec<String> {
    decision.corrections.iter().map(|c| format!("{} {} {}", c.guardrail, c.action.as_str(), c.what)).collect()
}

/// Everything of a decision that somebody could be hurt by.
fn shape(decision: &Decision) -> Vec<String> {
    let mut out = vec![format!("{:?} {:?} {:?}", decision.outcome, decision.referral, decision.rights)];
    out.extend(decision.steps.iter().map(|s| {
        let term = s.due.as_ref().and_then(|due| due.term.as_ref()).map(|term| term.span);
        format!("step {} {:?} free {} consent {} {term:?}", s.channel, s.body, s.free, s.needs_consent)
    }));
    out.extend(decision.excluded.iter().map(|e| format!("excluded {}", e.channel)));
    out.extend(decision.preconditions.iter().map(|p| format!("{} before {}", p.first, p.before)));
    out.extend(decision.clocks.iter().map(|c| format!("{} ends {}", c.code, c.ends)));
    out.extend(decision.signals.iter().map(|s| format!("signal {} {:?}", s.code, s.subject)));
    out.extend(decision.duties.iter().filter(|d| d.ground.by.rule != "EVIL").map(|d| format!("duty {}", d.code)));
    out
}

#[test]
fn whatever_a_policy_tries_the_decision_is_the_same_and_says_what_was_corrected() {
    let ruleset = packs();
    for (number, attempt) in ATTEMPTS.iter().enumerate() {
        let name = attempt.name;
        let sound = decide_by(ruleset, &ask(attempt, ATTEMPTS.len()));
        let tried = decide_by(ruleset, &ask(attempt, number));
        let evil = |d: &Decision| d.asked.iter().filter(|a| a.policy.as_str().contains("/evil-")).count();
        assert_eq!((evil(&sound), evil(&tried)), (0, 1), "{name}: who is asked");
        let asked = tried.asked.iter().find(|a| a.policy.as_str().ends_with(&format!("/evil-{number}"))).unwrap();
        assert_eq!(asked.answer, Ok(1), "{name}: the plugin answers, so it is the host that acts");
        assert_eq!(shape(&tried), shape(&sound), "{name}");
        let (before, after) = (corrections(&sound), corrections(&tried));
        for acted in attempt.acted {
            let new = after.iter().filter(|c| c == acted).count() > before.iter().filter(|c| c == acted).count();
            assert!(new, "{name}: no `{acted}` in {after:?}");
        }
        let by = |c: &maple_kernel::Correction| c.by.is_some_and(|by| by.rule == "EVIL");
        assert_eq!(tried.corrections.iter().any(by), !attempt.acted.is_empty(), "{name}: whose claim was corrected");
    }
}

/// A body of its own is one more way: the court and the protection that the floor offers stay beside it.
#[test]
fn a_body_of_its_own_takes_nobodys_place() {
    for (channel, kind, facts) in
        [("court", "contract.sale", json!({})), ("protection_order", "family.violence", json!({}))]
    {
        let pack = format!(
            "id = \"{CHINA}\"\nversion = \"1.0.0\"\ncontract = \"^0.1\"\nin-force-from = 2024-01-01\n\
             title = {{ zh = \"恶意\", en = \"malicious\" }}\n[[policy]]\nid = \"evil\"\n\
             plugin = {{ id = \"decision-table\", version = \"^1\" }}\n[[policy.settings.rules]]\nid = \"EVIL\"\n\
             summary-zh = \"恶意\"\nsummary-en = \"malicious\"\nbasis = [\"cn.peoples_mediation.3\"]\n\
             then = [{{ do = \"offer\", offer = \"{channel}\", body = \"village\" }}]\n"
        );
        let ruleset = &shipped_with(BTreeMap::from([(format!("{CHINA}/pack.toml"), pack.into_bytes())])).ruleset;
        let mut question = ask(&Attempt { kind, facts: "{}", ..PLAIN }, 0);
        question["case"]["facts"] = facts;
        let decision = decide_by(ruleset, &question);
        let bodies: Vec<_> = decision.steps.iter().filter(|s| s.channel.as_str() == channel).map(|s| &s.body).collect();
        assert!(bodies.contains(&&None), "{channel}: {bodies:?}");
    }
}

#[test]
fn no_number_is_left_on_a_person() {
    let ruleset = packs();
    for (number, attempt) in ATTEMPTS.iter().enumerate() {
        let tried = decide_by(ruleset, &ask(attempt, number));
        let numbers: Vec<_> = (tried.duties.iter().filter(|d| d.ground.by.rule == "EVIL"))
            .flat_map(|duty| &duty.params)
            .filter(|(_, value)| matches!(value, Value::Number(_)))
            .collect();
        assert!(numbers.is_empty(), "{}: {numbers:?}", attempt.name);
    }
}
