//! The road on: where an agreement is confirmed, or which court knows the trade.

use maple_guest::{Calendar, CaseFile, Day, Finding, Offer, Span, Table, facts};

use crate::{INDUSTRY, owned};

/// Within so many days of a mediated agreement both parties may ask a court to confirm it (Civil Procedure Law Art. 205).
const CONFIRMATION_DAYS: u16 = 30;
/// With one of these nothing is left to confirm.
const SETTLED: [&str; 3] = [facts::CONFIRMATION_ASKED, facts::CONFIRMED, facts::PERFORMED];
/// Whose agreements no court confirms: the parties' own, and the court's.
const NOT_CONFIRMED: [&str; 2] = ["self", "court"];
const WRITTEN: &str = "written";

/// A further step, offered when everything said holds.
pub(crate) struct Link {
    offer: Offer,
    /// Only for so long after a written agreement that a mediator brought about.
    after_agreement: Option<Span>,
    industries: Vec<String>,
    kinds: Vec<String>,
}

impl Link {
    pub(crate) fn read(table: &Table<'_>) -> Option<Self> {
        let channel = table.need("channel").code();
        let link = Self {
            offer: Offer { body: table.get("body").code().map(Into::into), ..Offer::to(channel.unwrap_or_default()) },
            after_agreement: table
                .get("after-agreement")
                .flag()
                .unwrap_or(false)
                .then(|| table.get("within").span().unwrap_or(Span::days(CONFIRMATION_DAYS))),
            industries: owned(table.get("industries").codes()),
            kinds: owned(table.get("kinds").texts()),
        };
        channel.map(|_| link)
    }

    pub(crate) fn reads(&self) -> impl Iterator<Item = &'static str> + use<> {
        let needed = self.after_agreement.is_some();
        let agreement = [facts::AGREEMENT_ON, facts::AGREEMENT_FORM, facts::AGREEMENT_BY];
        agreement
            .into_iter()
            .chain(SETTLED)
            .filter(move |_| needed)
            .chain((!self.industries.is_empty()).then_some(INDUSTRY))
    }

    pub(crate) fn holds(&self, case: &CaseFile, calendar: &Calendar) -> bool {
        let of_trade = |industry: &str| self.industries.iter().any(|known| known == industry);
        self.after_agreement.is_none_or(|within| open(case, within, calendar))
            && (self.industries.is_empty() || case.text(INDUSTRY).is_some_and(of_trade))
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| case.is_kind(kind)))
    }

    pub(crate) fn finding(&self, rule: &str) -> Finding {
        let finding = Finding::new(rule, self.offer.clone()).evidence(facts::FOREIGN);
        self.reads().filter(|key| !SETTLED.contains(key)).fold(finding, Finding::evidence)
    }
}

/// Whether an agreement may still be confirmed.
fn open(case: &CaseFile, within: Span, calendar: &Calendar) -> bool {
    let by_mediation = !case.text(facts::AGREEMENT_BY).is_some_and(|by| NOT_CONFIRMED.contains(&by));
    let running = |on: Day| {
        let end = on.moved(within, true);
        on <= case.day && (end >= case.day || calendar.roll(end) >= case.day)
    };
    let settled = SETTLED.iter().any(|flag| case.flag(flag));
    by_mediation && !settled && case.agreement_form() == Some(WRITTEN) && case.agreement_on().is_some_and(running)
}
