//! The road on: where an agreement is confirmed, or which court knows the trade.

use maple_guest::{CaseFile, Finding, Offer, Table, facts};

use crate::{INDUSTRY, owned};

/// A further step, offered when everything said holds.
pub(crate) struct Link {
    offer: Offer,
    after_agreement: bool,
    industries: Vec<String>,
    kinds: Vec<String>,
}

impl Link {
    pub(crate) fn read(table: &Table<'_>) -> Option<Self> {
        let channel = table.need("channel").code();
        let link = Self {
            offer: Offer { body: table.get("body").code().map(Into::into), ..Offer::to(channel.unwrap_or_default()) },
            after_agreement: table.get("after-agreement").flag().unwrap_or(false),
            industries: owned(table.get("industries").codes()),
            kinds: owned(table.get("kinds").texts()),
        };
        channel.map(|_| link)
    }

    pub(crate) fn reads(&self) -> impl Iterator<Item = &'static str> + use<> {
        let agreement = self.after_agreement.then_some(facts::AGREEMENT_ON);
        agreement.into_iter().chain((!self.industries.is_empty()).then_some(INDUSTRY))
    }

    pub(crate) fn holds(&self, case: &CaseFile) -> bool {
        let of_trade = |industry: &str| self.industries.iter().any(|known| known == industry);
        (!self.after_agreement || case.agreement_on().is_some())
            && (self.industries.is_empty() || case.text(INDUSTRY).is_some_and(of_trade))
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| case.is_kind(kind)))
    }

    pub(crate) fn finding(&self, rule: &str) -> Finding {
        let finding = Finding::new(rule, self.offer.clone()).evidence(facts::FOREIGN);
        self.reads().fold(finding, Finding::evidence)
    }
}
