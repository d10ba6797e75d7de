//! Trade disputes with somebody from abroad: mediators who speak the party's language beside one who knows the law of
//! the place, by remote session where a party is away, and the road on to confirmation or a special court.

use std::collections::BTreeSet;

use maple_guest::{Calendar, CaseFile, Duty, Finding, Offer, Policy, Refusal, Rule, Span, Table, Text, Value, facts};

mod link;

use link::Link;

/// How many languages a place may offer.
pub const LANGUAGES_MAX: usize = 64;

/// A party is outside the country.
pub const ABROAD: &str = "abroad";
/// The branch of trade of the dispute.
pub const INDUSTRY: &str = "industry";

/// The practice of a place with foreign trade.
pub struct ForeignTrade {
    rule: Rule,
    calendar: Calendar,
    kinds: Vec<String>,
    offer: Offer,
    own_language: String,
    /// Without any, every language is offered.
    languages: BTreeSet<String>,
    interpreter: Duty,
    co_mediator: Option<Duty>,
    remote: Option<Duty>,
    links: Vec<Link>,
}

impl Policy for ForeignTrade {
    fn summary() -> Text {
        Text::new(
            "涉外商贸纠纷：懂当事人语言的调解员与中方调解员共同调解，人在境外可远程参加",
            "Foreign trade disputes: mediators who speak the party's language beside a local one, remotely if needed",
        )
    }

    fn configure(settings: &Table<'_>, calendar: &Calendar) -> Self {
        let languages = settings.get("languages");
        let offered: BTreeSet<String> = languages.codes().into_iter().map(Into::into).collect();
        if offered.len() > LANGUAGES_MAX {
            languages.complain(&format!("has more than {LANGUAGES_MAX} languages"), "");
        }
        let duty = |key| settings.get(key).code().map(Duty::of);
        Self {
            rule: Rule::from_settings(settings, "FOREIGN-TRADE", Some(Self::summary())),
            calendar: calendar.clone(),
            kinds: owned(settings.get("kinds").texts()),
            offer: offer(settings),
            own_language: settings.get("own-language").code().unwrap_or("zh").into(),
            languages: offered,
            interpreter: duty("interpreter-duty").unwrap_or_else(|| Duty::of("offer_language_help")),
            co_mediator: duty("co-mediator-duty"),
            remote: duty("remote-duty"),
            links: settings.get("links").tables().iter().filter_map(Link::read).collect(),
        }
    }

    fn reads(&self) -> Vec<String> {
        let always =
            [ABROAD, facts::AGREEMENT_ON, facts::FOREIGN, facts::LANGUAGE, facts::MEDIATION_FAILED].into_iter();
        let reads: BTreeSet<&str> = always.chain(self.links.iter().flat_map(Link::reads)).collect();
        reads.into_iter().map(Into::into).collect()
    }

    fn rules(&self) -> Vec<Rule> {
        vec![self.rule.clone()]
    }

    fn assess(&self, case: &CaseFile) -> Result<Vec<Finding>, Refusal> {
        let of_kind = self.kinds.is_empty() || self.kinds.iter().any(|kind| case.is_kind(kind));
        let away = case.parties.iter().any(|party| party.flag(ABROAD));
        if !of_kind || !(away || case.parties.iter().any(|party| party.foreign())) {
            return Ok(Vec::new());
        }
        let (offered, missing) = self.languages(case);
        let mut offer = self.offer.clone();
        offer.skills.extend(offered.iter().map(|language| format!("lang_{language}")));
        // What failed is not begun again, and what was settled needs no mediator.
        let mediates = !case.mediation_failed() && case.agreement_on().is_none();
        let why = if away { ABROAD } else { facts::FOREIGN };
        let mut findings: Vec<Finding> = mediates.then(|| self.finding(offer).evidence(why)).into_iter().collect();
        for language in &missing {
            let duty = self.interpreter.clone().with(facts::LANGUAGE, Value::from(*language));
            findings.push(self.finding(duty).evidence(facts::LANGUAGE));
        }
        let co_mediator = self.co_mediator.iter().filter(|_| mediates);
        findings.extend(co_mediator.map(|duty| self.finding(duty.clone()).evidence(facts::FOREIGN)));
        let remote = self.remote.iter().filter(|_| away && mediates);
        findings.extend(remote.map(|duty| self.finding(duty.clone()).evidence(ABROAD)));
        findings.extend(
            self.links.iter().filter(|link| link.holds(case, &self.calendar)).map(|link| link.finding(&self.rule.id)),
        );
        let known =
            |key: &String| case.fact(key).is_some() || case.parties.iter().any(|party| party.fact(key).is_some());
        findings.iter_mut().for_each(|finding| finding.evidence.retain(known));
        Ok(findings)
    }
}

impl ForeignTrade {
    fn finding(&self, claim: impl Into<maple_guest::Claim>) -> Finding {
        Finding::new(&self.rule.id, claim)
    }

    /// The languages that the parties speak beside that of the place: those with a mediator, and those without.
    fn languages<'a>(&self, case: &'a CaseFile) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
        let spoken = case.parties.iter().filter_map(|party| party.language());
        let foreign: BTreeSet<&str> = spoken.filter(|language| *language != self.own_language).collect();
        foreign.into_iter().partition(|language| self.languages.is_empty() || self.languages.contains(*language))
    }
}

fn offer(settings: &Table<'_>) -> Offer {
    let channel = settings.get("channel").code().unwrap_or("peoples_mediation");
    let body = settings.get("body").code().unwrap_or("foreign_committee");
    let weight = settings.get("weight").count(-100..=100).and_then(|w| i16::try_from(w).ok()).unwrap_or(50);
    let event = settings.get("event").code().unwrap_or("acceptance");
    let offer = Offer::to(channel).body(body).weight(weight);
    let due = settings.get("due").span().map(|span: Span| span.after(event));
    let skills = settings.get("skills");
    let skills = if skills.is_present() { skills.codes() } else { vec!["foreign_trade"] };
    Offer { due, skills: owned(skills), ..offer }
}

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(Into::into).collect()
}

maple_guest::export!(ForeignTrade);
