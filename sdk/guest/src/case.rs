//! Reading a case.
//!
//! A fact that is not known is `None`; a flag that is not known is not set. What matters must be known.

use crate::{CaseFile, Day, Fact, Party, PartyType, Purposes, Value, facts};

fn find<'a>(facts: &'a [Fact], key: &str) -> Option<&'a Value> {
    facts.iter().find(|fact| same(&fact.key, key)).map(|fact| &fact.value)
}

/// True when two texts are the same. Names that differ mostly do so in length or in their first letter, and to see that takes no
/// call, which in a sandbox costs as much as many letters.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.as_bytes().first() == b.as_bytes().first() && a == b
}

macro_rules! by_key {
    () => {
        /// The value of a fact, if it is known.
        #[must_use]
        pub fn fact(&self, key: &str) -> Option<&Value> {
            find(&self.facts, key)
        }

        /// True when the fact is known to be `true`.
        #[must_use]
        pub fn flag(&self, key: &str) -> bool {
            matches!(self.fact(key), Some(Value::Flag(true)))
        }

        /// The word of a text fact.
        #[must_use]
        pub fn text(&self, key: &str) -> Option<&str> {
            self.fact(key).and_then(Value::as_text)
        }

        /// The number of a number fact.
        #[must_use]
        pub fn number(&self, key: &str) -> Option<f64> {
            self.fact(key).and_then(Value::as_number)
        }

        /// The whole number of a number fact.
        #[must_use]
        pub fn count(&self, key: &str) -> Option<i64> {
            self.number(key).map(|number| number as i64)
        }

        /// The day of a day fact.
        #[must_use]
        pub fn day_of(&self, key: &str) -> Option<Day> {
            self.fact(key).and_then(Value::as_day)
        }

        /// The amount of a money fact, in minor units.
        #[must_use]
        pub fn money(&self, key: &str) -> Option<i64> {
            self.fact(key).and_then(Value::as_money)
        }

        /// The words of a words fact; none when it is not known.
        #[must_use]
        pub fn words(&self, key: &str) -> &[String] {
            match self.fact(key) {
                Some(Value::Words(words)) => words,
                _ => &[],
            }
        }
    };
}

macro_rules! typed {
    ($($(#[$doc:meta])* $name:ident: $read:ident($key:ident) -> $type:ty;)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(&self) -> $type {
            self.$read(facts::$key)
        }
    )+};
}

impl CaseFile {
    by_key!();

    /// True when the kind is this one, or matches a prefix such as `labour.*`.
    #[must_use]
    pub fn is_kind(&self, pattern: &str) -> bool {
        pattern.strip_suffix('*').map_or(self.kind == pattern, |prefix| self.kind.starts_with(prefix))
    }

    /// True when it is asked where the dispute should go.
    #[must_use]
    pub fn wants_routing(&self) -> bool {
        self.purposes.contains(Purposes::ROUTING)
    }

    /// True when it is asked what should be watched or prevented.
    #[must_use]
    pub fn wants_prevention(&self) -> bool {
        self.purposes.contains(Purposes::PREVENTION)
    }

    /// The parties with a role.
    pub fn with_role(&self, role: &str) -> impl Iterator<Item = &Party> {
        self.parties.iter().filter(move |party| party.role == role)
    }

    typed! {
        /// What the dispute is about in money, in minor units.
        amount: money(AMOUNT) -> Option<i64>;
        /// How many people it concerns.
        people: count(PEOPLE) -> Option<i64>;
        /// `family`, `neighbour`, `employment`, `trade`, `none`, `public`.
        relation: text(RELATION) -> Option<&str>;
        /// All parties live in one village.
        same_village: flag(SAME_VILLAGE) -> bool;
        /// There is a written contract.
        written_contract: flag(WRITTEN_CONTRACT) -> bool;
        /// There is a valid arbitration clause.
        arbitration_clause: flag(ARBITRATION_CLAUSE) -> bool;
        /// Violence within the family is suspected.
        domestic_violence: flag(DOMESTIC_VIOLENCE) -> bool;
        /// A child may be in danger.
        child_at_risk: flag(CHILD_AT_RISK) -> bool;
        /// Violence is going on or threatens.
        violence_now: flag(VIOLENCE_NOW) -> bool;
        /// The dispute is about an act of a public authority.
        public_authority_act: flag(PUBLIC_AUTHORITY_ACT) -> bool;
        /// When the right holder knew.
        knew_on: day_of(KNEW_ON) -> Option<Day>;
        /// When the employment ended.
        employment_ended_on: day_of(EMPLOYMENT_ENDED_ON) -> Option<Day>;
        /// When the parties agreed.
        agreement_on: day_of(AGREEMENT_ON) -> Option<Day>;
        /// When the agreement was to be performed.
        agreement_due_on: day_of(AGREEMENT_DUE_ON) -> Option<Day>;
        /// In which form they agreed.
        agreement_form: text(AGREEMENT_FORM) -> Option<&str>;
        /// The agreement is performed.
        performed: flag(PERFORMED) -> bool;
        /// When the case came to court.
        court_filed_on: day_of(COURT_FILED_ON) -> Option<Day>;
        /// When mediation began.
        mediation_started_on: day_of(MEDIATION_STARTED_ON) -> Option<Day>;
        /// Mediation failed.
        mediation_failed: flag(MEDIATION_FAILED) -> bool;
        /// Labour arbitration has decided.
        labour_arbitration_done: flag(LABOUR_ARBITRATION_DONE) -> bool;
        /// Administrative review has decided.
        admin_review_done: flag(ADMIN_REVIEW_DONE) -> bool;
        /// Assets may disappear.
        assets_at_risk: flag(ASSETS_AT_RISK) -> bool;
        /// The debt is fixed and undisputed.
        fixed_debt: flag(FIXED_DEBT) -> bool;
        /// Calls about the same dispute within seven days.
        calls_7d: count(CALLS_7D) -> Option<i64>;
    }
}

impl Party {
    by_key!();

    /// True for a human being.
    #[must_use]
    pub fn is_natural(&self) -> bool {
        self.party_type == PartyType::Natural
    }

    typed! {
        /// `under_8`, `8_13`, `14_17`, `adult`, `60_plus`.
        age_band: text(AGE_BAND) -> Option<&str>;
        /// Whether the party wants to mediate: `yes`, `no`, `unknown`.
        consent: text(CONSENT) -> Option<&str>;
        /// Somebody represents the party.
        represented: flag(REPRESENTED) -> bool;
        /// The language that the party speaks.
        language: text(LANGUAGE) -> Option<&str>;
        /// The party is from abroad.
        foreign: flag(FOREIGN) -> bool;
        /// The branch of business.
        sector: text(SECTOR) -> Option<&str>;
        /// A worker who came from the countryside.
        rural_migrant_worker: flag(RURAL_MIGRANT_WORKER) -> bool;
        /// Which support the party needs.
        support_need: text(SUPPORT_NEED) -> Option<&str>;
    }
}

impl Value {
    /// The word of a text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn as_number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// The day.
    #[must_use]
    pub const fn as_day(&self) -> Option<Day> {
        if let Self::Day(day) = self { Some(*day) } else { None }
    }

    /// The amount, in minor units.
    #[must_use]
    pub const fn as_money(&self) -> Option<i64> {
        if let Self::Money(minor) = self { Some(*minor) } else { None }
    }
}
