//! The thirty rules of `rules.toml` written by hand over the kernel's own types: what the same rules cost without a
//! table, a sandbox or a contract.

use maple_kernel::{
    CaseFile, Claim, Code, Day, Due, FactKey, Finding, Level, PartyFile, PartyType, Selector, Span, Subject, Term,
    Unit, Value,
};

/// Every finding of the thirty rules on a case.
#[must_use]
pub(crate) fn assess(file: &CaseFile<'_>) -> Vec<Finding> {
    let (known, mut said) = (Known::new(file), Said(Vec::new()));
    danger(file, &known, &mut said);
    work(file, &known, &mut said);
    everyday(&known, &mut said);
    parties(file, &mut said);
    courses(file, &known, &mut said);
    said.0
}

fn danger(file: &CaseFile<'_>, known: &Known<'_>, said: &mut Said) {
    if family(file) && known.domestic_violence {
        said.offer("T01", "protection_order", Some("basic_court"), None);
    }
    if known.child_at_risk {
        said.duty("T02", "report_child_harm", "intake");
    }
    if known.violence_now && !known.injury_now {
        said.offer("T03", "police_report", None, None);
    }
    if kind(file, &["admin.", "expropriation."]) && known.public_authority_act {
        let closed = Claim::Forbid(Selector::Channel("peoples_mediation".into()));
        said.claim("T04", closed);
    }
    if known.arbitration_clause && !known.arbitration_clause_void {
        said.offer("T05", "commercial_arbitration", None, None);
    }
}

fn work(file: &CaseFile<'_>, known: &Known<'_>, said: &mut Said) {
    if !kind(file, &["labour."]) {
        return;
    }
    let wage = matches!(file.kind.as_str(), "labour.wage" | "labour.wage_migrant");
    if known.labour_arbitration_done {
        said.offer("T06", "court", None, within(15, Unit::Day, "award"));
    }
    let amount = known.amount;
    if amount.zip(known.final_award_cap).is_some_and(|(amount, cap)| amount <= cap) {
        said.duty("T07", "inform_final_award", "intake");
    }
    if wage && known.relation == Some("employment") && amount.is_some_and(|amount| amount > 0) {
        said.offer("T08", "labour_mediation", None, within(15, Unit::Day, "acceptance"));
    }
    if let Some(left) = known.employment_ended_on {
        let clock = Claim::Clock {
            code: "limitation_labour".into(),
            start: left,
            span: Span { count: 1, unit: Unit::Year },
            warn: vec![90, 30, 7],
        };
        said.claim("T09", clock);
    }
    let builder = |party: &PartyFile<'_>| {
        party.role.as_str() == "respondent"
            && party.kind == PartyType::Organisation
            && party_text(party, "sector") == Some("construction")
    };
    if file.kind.as_str() == "labour.wage_migrant" && known.people >= 10.0 && file.parties.iter().any(builder) {
        let due = within(60, Unit::WorkingDay, "acceptance");
        said.offer("T10", "labour_inspection", Some("county"), due);
    }
}

fn everyday(known: &Known<'_>, said: &mut Said) {
    let (relation, amount) = (known.relation, known.amount);
    if relation == Some("family") && !known.domestic_violence {
        said.offer("T11", "peoples_mediation", Some("village_or_residents"), None);
    }
    if matches!(relation, Some("neighbour" | "family")) && known.same_village {
        let village = Claim::Offer {
            channel: "peoples_mediation".into(),
            body: Some("village".into()),
            skills: Vec::new(),
            due: None,
            weight: 10,
            chargeable: false,
        };
        said.claim("T12", village);
    }
    if known.fixed_debt && amount.is_some_and(|amount| amount <= 5_000_000) && !known.counter_debt {
        said.offer("T13", "payment_order", None, None);
    }
    if known.assets_at_risk && amount.is_some_and(|amount| amount > 100_000_000) {
        said.offer("T14", "preservation", None, None);
    }
    if known.people >= 30.0 {
        said.offer("T15", "joint_conference", Some("county"), None);
    }
    if known.calls_7d >= 3.0 {
        let signal = Claim::Signal {
            code: "repeat_calls".into(),
            level: Level::Yellow,
            subject: Subject::OwnCase,
            measures: vec!["tell_holder".into()],
            responsible: None,
            handle_within: None,
        };
        said.claim("T16", signal);
    }
}

fn parties(file: &CaseFile<'_>, said: &mut Said) {
    let (parties, any) = (&file.parties, |told: &dyn Fn(&PartyFile<'_>) -> bool| file.parties.iter().any(told));
    let willing = |party: &PartyFile<'_>| party_text(party, "consent") == Some("yes");
    if kind(file, &["contract."]) && !parties.is_empty() && parties.iter().all(willing) {
        said.offer("T17", "industry_mediation", None, None);
    }
    if any(&|party| matches!(party_text(party, "age_band"), Some("under_8" | "8_13" | "14_17"))) {
        said.duty("T18", "guardian_represents", "guardian");
    }
    if any(&|party| look(&party.facts, "foreign") == Some(&Value::Flag(true))) {
        said.duty("T19", "offer_language_help", "intake");
    }
    let hard_to_follow = |party: &PartyFile<'_>| match look(&party.facts, "support_need") {
        Some(Value::Words(needs)) => needs.iter().any(|need| matches!(&**need, "hearing" | "sight")),
        _ => false,
    };
    if any(&hard_to_follow) {
        said.duty("T20", "offer_disability_help", "intake");
    }
}

fn courses(file: &CaseFile<'_>, known: &Known<'_>, said: &mut Said) {
    if known.mediation_failed {
        said.offer("T21", "court", None, None);
    }
    let agreed = known.agreement_on.is_some_and(|day| day.plus_days(30) >= file.day);
    if known.agreement_form == Some("written") && agreed && !known.confirmed {
        said.offer("T22", "judicial_confirmation", None, None);
    }
    let overdue = known.agreement_due_on.is_some_and(|day| day.plus_days(1) <= file.day);
    if overdue && !known.performed {
        said.duty("T23", "urge_performance", "mediator");
    }
    if known.knew_on.is_some_and(|day| years_later(day, 3) <= (file.day.year(), file.day.month(), file.day.day())) {
        said.duty("T24", "inform_limitation_interrupted", "intake");
    }
    if kind(file, &["traffic."]) && known.accident_determined {
        let due = within(10, Unit::Day, "receipt");
        said.offer("T25", "police_mediation", Some("traffic_police"), due);
    }
    if kind(file, &["medical."]) && known.amount.is_some_and(|amount| amount > 1_000_000) {
        said.offer("T26", "admin_mediation", Some("health"), None);
    }
    if kind(file, &["consumer."]) && matches!(file.source.as_str(), "online" | "hotline") {
        said.offer("T27", "consumer_complaint", None, within(7, Unit::WorkingDay, "receipt"));
    }
    if kind(file, &["land."]) && known.title_dispute {
        let first = Claim::RequireFirst { first: "admin_ruling".into(), before: "court".into() };
        said.claim("T28", first);
    }
    if file.source.as_str() == "petition" && known.repeated_petition {
        said.claim("T29", Claim::Refer("leader_decides".into()));
    }
    if file.locality.as_str().starts_with("cn/guangdong/") && known.online {
        let first = Claim::Prefer { channel: "court_delegated_mediation".into(), weight: 20 };
        said.claim("T30", first);
    }
}

/// What the rules ask of a case, read in one walk over its facts.
#[derive(Default)]
struct Known<'a> {
    accident_determined: bool,
    arbitration_clause: bool,
    arbitration_clause_void: bool,
    assets_at_risk: bool,
    child_at_risk: bool,
    confirmed: bool,
    counter_debt: bool,
    domestic_violence: bool,
    fixed_debt: bool,
    injury_now: bool,
    labour_arbitration_done: bool,
    mediation_failed: bool,
    online: bool,
    performed: bool,
    public_authority_act: bool,
    repeated_petition: bool,
    same_village: bool,
    title_dispute: bool,
    violence_now: bool,
    agreement_due_on: Option<Day>,
    agreement_on: Option<Day>,
    employment_ended_on: Option<Day>,
    knew_on: Option<Day>,
    amount: Option<i64>,
    final_award_cap: Option<i64>,
    calls_7d: f64,
    people: f64,
    agreement_form: Option<&'a str>,
    relation: Option<&'a str>,
}

impl<'a> Known<'a> {
    fn new(file: &CaseFile<'a>) -> Self {
        let mut known = Self::default();
        for (key, value) in &file.facts {
            match *value {
                Value::Flag(flag) => known.flag(key.as_str(), *flag),
                Value::Day(day) => known.day(key.as_str(), *day),
                Value::Money(minor) => known.money(key.as_str(), *minor),
                Value::Number(number) => known.count(key.as_str(), *number),
                Value::Text(text) => known.text(key.as_str(), text),
                Value::Words(_) => {}
            }
        }
        known
    }

    fn flag(&mut self, key: &str, flag: bool) {
        match key {
            "accident_determined" => self.accident_determined = flag,
            "arbitration_clause" => self.arbitration_clause = flag,
            "arbitration_clause_void" => self.arbitration_clause_void = flag,
            "assets_at_risk" => self.assets_at_risk = flag,
            "child_at_risk" => self.child_at_risk = flag,
            "confirmed" => self.confirmed = flag,
            "counter_debt" => self.counter_debt = flag,
            "domestic_violence" => self.domestic_violence = flag,
            "fixed_debt" => self.fixed_debt = flag,
            "injury_now" => self.injury_now = flag,
            "labour_arbitration_done" => self.labour_arbitration_done = flag,
            "mediation_failed" => self.mediation_failed = flag,
            "online" => self.online = flag,
            "performed" => self.performed = flag,
            "public_authority_act" => self.public_authority_act = flag,
            "repeated_petition" => self.repeated_petition = flag,
            "same_village" => self.same_village = flag,
            "title_dispute" => self.title_dispute = flag,
            "violence_now" => self.violence_now = flag,
            _ => {}
        }
    }

    fn day(&mut self, key: &str, day: Day) {
        match key {
            "agreement_due_on" => self.agreement_due_on = Some(day),
            "agreement_on" => self.agreement_on = Some(day),
            "employment_ended_on" => self.employment_ended_on = Some(day),
            "knew_on" => self.knew_on = Some(day),
            _ => {}
        }
    }

    fn money(&mut self, key: &str, minor: i64) {
        match key {
            "amount" => self.amount = Some(minor),
            "final_award_cap" => self.final_award_cap = Some(minor),
            _ => {}
        }
    }

    fn count(&mut self, key: &str, number: f64) {
        match key {
            "calls_7d" => self.calls_7d = number,
            "people" => self.people = number,
            _ => {}
        }
    }

    fn text(&mut self, key: &str, text: &'a str) {
        match key {
            "agreement_form" => self.agreement_form = Some(text),
            "relation" => self.relation = Some(text),
            _ => {}
        }
    }
}

struct Said(Vec<Finding>);

impl Said {
    fn offer(&mut self, rule: &str, channel: &str, body: Option<&str>, due: Option<Due>) {
        let (channel, body) = (channel.into(), body.map(Code::from));
        let offer = Claim::Offer { channel, body, skills: Vec::new(), due, weight: 0, chargeable: false };
        self.claim(rule, offer);
    }

    fn duty(&mut self, rule: &str, code: &str, bearer: &str) {
        let duty = Claim::Duty { code: code.into(), bearer: Some(bearer.into()), params: Vec::new() };
        self.claim(rule, duty);
    }

    fn claim(&mut self, rule: &str, claim: Claim) {
        self.0.push(Finding {
            rule: rule.into(),
            claim,
            reason: None,
            params: Vec::new(),
            basis: Vec::new(),
            // What a rule looks at is known of it, so the plugin does not repeat it either.
            evidence: Vec::new(),
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

fn party_text<'a>(party: &PartyFile<'a>, key: &str) -> Option<&'a str> {
    if let Some(Value::Text(text)) = look(&party.facts, key) { Some(text) } else { None }
}

fn years_later(day: Day, years: i16) -> (i16, i8, i8) {
    (day.year() + years, day.month(), day.day())
}
