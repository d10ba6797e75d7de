//! The thirty rules of `rules.toml` written by hand over the kernel's own types: what the same rules cost without a
//! table, a sandbox or a contract.

use maple_kernel::{
    CaseFile, Claim, Code, Day, Due, FactKey, Finding, Level, PartyFile, PartyType, Selector, Span, Subject, Term,
    Unit, Value,
};

/// Every finding of the thirty rules on a case.
#[must_use]
pub(crate) fn assess(file: &CaseFile<'_>) -> Vec<Finding> {
    let mut said = Said(Vec::new());
    danger(file, &mut said);
    work(file, &mut said);
    everyday(file, &mut said);
    parties(file, &mut said);
    courses(file, &mut said);
    said.0
}

fn danger(file: &CaseFile<'_>, said: &mut Said) {
    if family(file) && flag(file, "domestic_violence") {
        said.offer("T01", "protection_order", Some("basic_court"), None, &["domestic_violence"]);
    }
    if flag(file, "child_at_risk") {
        said.duty("T02", "report_child_harm", "intake", &["child_at_risk"]);
    }
    if flag(file, "violence_now") && !flag(file, "injury_now") {
        said.offer("T03", "police_report", None, None, &["violence_now"]);
    }
    if kind(file, &["admin.", "expropriation."]) && flag(file, "public_authority_act") {
        let closed = Claim::Forbid(Selector::Channel("peoples_mediation".into()));
        said.claim("T04", closed, &["public_authority_act"]);
    }
    if flag(file, "arbitration_clause") && !flag(file, "arbitration_clause_void") {
        said.offer("T05", "commercial_arbitration", None, None, &["arbitration_clause"]);
    }
}

fn work(file: &CaseFile<'_>, said: &mut Said) {
    if !kind(file, &["labour."]) {
        return;
    }
    let wage = matches!(file.kind.as_str(), "labour.wage" | "labour.wage_migrant");
    if flag(file, "labour_arbitration_done") {
        said.offer("T06", "court", None, within(15, Unit::Day, "award"), &["labour_arbitration_done"]);
    }
    let amount = money(file, "amount");
    if amount.zip(money(file, "final_award_cap")).is_some_and(|(amount, cap)| amount <= cap) {
        said.duty("T07", "inform_final_award", "intake", &["amount", "final_award_cap"]);
    }
    if wage && text(file, "relation") == Some("employment") && amount.is_some_and(|amount| amount > 0) {
        said.offer("T08", "labour_mediation", None, within(15, Unit::Day, "acceptance"), &["amount", "relation"]);
    }
    if let Some(left) = day(file, "employment_ended_on") {
        let clock = Claim::Clock {
            code: "limitation_labour".into(),
            start: left,
            span: Span { count: 1, unit: Unit::Year },
            warn: vec![90, 30, 7],
        };
        said.claim("T09", clock, &["employment_ended_on"]);
    }
    let builder = |party: &PartyFile<'_>| {
        party.role.as_str() == "respondent"
            && party.kind == PartyType::Organisation
            && party_text(party, "sector") == Some("construction")
    };
    if file.kind.as_str() == "labour.wage_migrant" && count(file, "people") >= 10.0 && file.parties.iter().any(builder)
    {
        let due = within(60, Unit::WorkingDay, "acceptance");
        said.offer("T10", "labour_inspection", Some("county"), due, &["people", "sector"]);
    }
}

fn everyday(file: &CaseFile<'_>, said: &mut Said) {
    let (relation, amount) = (text(file, "relation"), money(file, "amount"));
    if relation == Some("family") && !flag(file, "domestic_violence") {
        said.offer("T11", "peoples_mediation", Some("village_or_residents"), None, &["relation", "domestic_violence"]);
    }
    if matches!(relation, Some("neighbour" | "family")) && flag(file, "same_village") {
        let village = Claim::Offer {
            channel: "peoples_mediation".into(),
            body: Some("village".into()),
            skills: Vec::new(),
            due: None,
            weight: 10,
            chargeable: false,
        };
        said.claim("T12", village, &["relation", "same_village"]);
    }
    if flag(file, "fixed_debt") && amount.is_some_and(|amount| amount <= 5_000_000) && !flag(file, "counter_debt") {
        said.offer("T13", "payment_order", None, None, &["fixed_debt", "amount", "counter_debt"]);
    }
    if flag(file, "assets_at_risk") && amount.is_some_and(|amount| amount > 100_000_000) {
        said.offer("T14", "preservation", None, None, &["assets_at_risk", "amount"]);
    }
    if count(file, "people") >= 30.0 {
        said.offer("T15", "joint_conference", Some("county"), None, &["people"]);
    }
    if count(file, "calls_7d") >= 3.0 {
        let signal = Claim::Signal {
            code: "repeat_calls".into(),
            level: Level::Yellow,
            subject: Subject::OwnCase,
            measures: vec!["tell_holder".into()],
            responsible: None,
            handle_within: None,
        };
        said.claim("T16", signal, &["calls_7d"]);
    }
}

fn parties(file: &CaseFile<'_>, said: &mut Said) {
    let (parties, any) = (&file.parties, |told: &dyn Fn(&PartyFile<'_>) -> bool| file.parties.iter().any(told));
    let willing = |party: &PartyFile<'_>| party_text(party, "consent") == Some("yes");
    if kind(file, &["contract."]) && !parties.is_empty() && parties.iter().all(willing) {
        said.offer("T17", "industry_mediation", None, None, &["consent"]);
    }
    if any(&|party| matches!(party_text(party, "age_band"), Some("under_8" | "8_13" | "14_17"))) {
        said.duty("T18", "guardian_represents", "guardian", &["age_band"]);
    }
    if any(&|party| look(&party.facts, "foreign") == Some(&Value::Flag(true))) {
        said.duty("T19", "offer_language_help", "intake", &["foreign"]);
    }
    let hard_to_follow = |party: &PartyFile<'_>| match look(&party.facts, "support_need") {
        Some(Value::Words(needs)) => needs.iter().any(|need| matches!(&**need, "hearing" | "sight")),
        _ => false,
    };
    if any(&hard_to_follow) {
        said.duty("T20", "offer_disability_help", "intake", &["support_need"]);
    }
}

fn courses(file: &CaseFile<'_>, said: &mut Said) {
    if flag(file, "mediation_failed") {
        said.offer("T21", "court", None, None, &["mediation_failed"]);
    }
    let agreed = day(file, "agreement_on").is_some_and(|day| day.plus_days(30) >= file.day);
    if text(file, "agreement_form") == Some("written") && agreed && !flag(file, "confirmed") {
        said.offer("T22", "judicial_confirmation", None, None, &["agreement_form", "agreement_on", "confirmed"]);
    }
    let overdue = day(file, "agreement_due_on").is_some_and(|day| day.plus_days(1) <= file.day);
    if overdue && !flag(file, "performed") {
        said.duty("T23", "urge_performance", "mediator", &["agreement_due_on", "performed"]);
    }
    if day(file, "knew_on")
        .is_some_and(|day| years_later(day, 3) <= (file.day.year(), file.day.month(), file.day.day()))
    {
        said.duty("T24", "inform_limitation_interrupted", "intake", &["knew_on"]);
    }
    if kind(file, &["traffic."]) && flag(file, "accident_determined") {
        let due = within(10, Unit::Day, "receipt");
        said.offer("T25", "police_mediation", Some("traffic_police"), due, &["accident_determined"]);
    }
    if kind(file, &["medical."]) && money(file, "amount").is_some_and(|amount| amount > 1_000_000) {
        said.offer("T26", "admin_mediation", Some("health"), None, &["amount"]);
    }
    if kind(file, &["consumer."]) && matches!(file.source.as_str(), "online" | "hotline") {
        said.offer("T27", "consumer_complaint", None, within(7, Unit::WorkingDay, "receipt"), &[]);
    }
    if kind(file, &["land."]) && flag(file, "title_dispute") {
        let first = Claim::RequireFirst { first: "admin_ruling".into(), before: "court".into() };
        said.claim("T28", first, &["title_dispute"]);
    }
    if file.source.as_str() == "petition" && flag(file, "repeated_petition") {
        said.claim("T29", Claim::Refer("leader_decides".into()), &["repeated_petition"]);
    }
    if file.locality.as_str().starts_with("cn/guangdong/") && flag(file, "online") {
        let first = Claim::Prefer { channel: "court_delegated_mediation".into(), weight: 20 };
        said.claim("T30", first, &["online"]);
    }
}

struct Said(Vec<Finding>);

impl Said {
    fn offer(&mut self, rule: &str, channel: &str, body: Option<&str>, due: Option<Due>, evidence: &[&str]) {
        let (channel, body) = (channel.into(), body.map(Code::from));
        let offer = Claim::Offer { channel, body, skills: Vec::new(), due, weight: 0, chargeable: false };
        self.claim(rule, offer, evidence);
    }

    fn duty(&mut self, rule: &str, code: &str, bearer: &str, evidence: &[&str]) {
        let duty = Claim::Duty { code: code.into(), bearer: Some(bearer.into()), params: Vec::new() };
        self.claim(rule, duty, evidence);
    }

    fn claim(&mut self, rule: &str, claim: Claim, evidence: &[&str]) {
        self.0.push(Finding {
            rule: rule.into(),
            claim,
            reason: "".into(),
            params: Vec::new(),
            basis: Vec::new(),
            evidence: evidence.iter().map(|&key| FactKey::from(key)).collect(),
        });
    }
}

fn within(count: u16, unit: Unit, event: &str) -> Option<Due> {
    Some(Due::Within(Term { span: Span { count, unit }, start: event.into() }))
}

fn family(file: &CaseFile<'_>) -> bool {
    kind(file, &["family."])
}

fn kind(file: &CaseFile<'_>, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| file.kind.as_str().starts_with(prefix))
}

fn look<'a>(facts: &[(&'a FactKey, &'a Value)], key: &str) -> Option<&'a Value> {
    let at = facts.binary_search_by(|(name, _)| name.as_str().cmp(key)).ok()?;
    facts.get(at).map(|(_, value)| *value)
}

fn flag(file: &CaseFile<'_>, key: &str) -> bool {
    look(&file.facts, key) == Some(&Value::Flag(true))
}

fn text<'a>(file: &CaseFile<'a>, key: &str) -> Option<&'a str> {
    if let Some(Value::Text(text)) = look(&file.facts, key) { Some(text) } else { None }
}

fn party_text<'a>(party: &PartyFile<'a>, key: &str) -> Option<&'a str> {
    if let Some(Value::Text(text)) = look(&party.facts, key) { Some(text) } else { None }
}

fn money(file: &CaseFile<'_>, key: &str) -> Option<i64> {
    if let Some(Value::Money(minor)) = look(&file.facts, key) { Some(*minor) } else { None }
}

fn count(file: &CaseFile<'_>, key: &str) -> f64 {
    if let Some(Value::Number(number)) = look(&file.facts, key) { *number } else { 0.0 }
}

fn day(file: &CaseFile<'_>, key: &str) -> Option<Day> {
    if let Some(Value::Day(day)) = look(&file.facts, key) { Some(*day) } else { None }
}

fn years_later(day: Day, years: i16) -> (i16, i8, i8) {
    (day.year() + years, day.month(), day.day())
}
