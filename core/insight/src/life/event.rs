//! What may happen to a dispute, one event each.

use jiff::{Timestamp, civil::Date};

/// A word that both JSON and the tables of the store use.
macro_rules! words {
    ($(#[$of:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in JSON and in tables.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The one of this word.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What kind of event it is; the words are the CloudEvents types.
    EventType {
        /// The dispute came to somebody's desk.
        Registered = "case.registered",
        /// A way was offered to the parties.
        Offered = "offer.made",
        /// A party said yes or no to mediation.
        Consent = "consent.recorded",
        /// It was given to a station, perhaps to a mediator.
        Assigned = "case.assigned",
        /// The mediator took it.
        Accepted = "mediator.accepted",
        /// The mediator did not take it.
        Declined = "mediator.declined",
        /// Mediation began.
        Started = "mediation.started",
        /// The parties agreed.
        Agreed = "agreement.recorded",
        /// What was agreed was done.
        Performed = "agreement.performed",
        /// Mediation ended without an agreement.
        Failed = "mediation.failed",
        /// A court was asked to confirm the agreement.
        ConfirmationFiled = "confirmation.filed",
        /// The court decided on that.
        ConfirmationDecided = "confirmation.decided",
        /// It went to court.
        FiledInCourt = "case.filed_in_court",
        /// It went to arbitration.
        ArbitrationStarted = "arbitration.started",
        /// It was handed to somebody else.
        Referred = "case.referred",
        /// Nothing more is to be done.
        Closed = "case.closed",
        /// Somebody asked afterwards how it went.
        FollowedUp = "case.followed_up",
        /// It was taken up again.
        Reopened = "case.reopened",
        /// Somebody called about it again, the police or a hotline.
        Called = "case.called",
    }
}

words! {
    /// In what form the parties agreed.
    Form {
        /// By word of mouth, noted by the mediator (People's Mediation Law Art. 28).
        Oral = "oral",
        /// In writing.
        Written = "written",
    }
}

words! {
    /// Why mediation ended without an agreement (the rules on online mediation of courts, Art. 25).
    FailureReason {
        /// A party was not willing.
        Unwilling = "unwilling",
        /// They are too far apart.
        Apart = "too_far_apart",
        /// The time was over and was not extended.
        OutOfTime = "out_of_time",
        /// A party refuses to sign.
        Unsigned = "refuses_to_sign",
        /// A party could not be reached.
        Unreachable = "unreachable",
        /// The applicant took it back.
        Withdrawn = "withdrawn",
        /// Mediation was feigned to harm others, and was stopped.
        Feigned = "feigned",
        /// Something else.
        Other = "other",
    }
}

words! {
    /// Who arbitrates.
    Arbitration {
        /// The labour tribunal.
        Labour = "labour",
        /// The tribunal for contracted land.
        Land = "rural_land",
        /// A commission that the parties agreed on.
        Commercial = "commercial",
    }
}

words! {
    /// Who a dispute is handed to, courts and arbitration apart.
    Referral {
        /// The police.
        Police = "police",
        /// An authority that reviews what another did.
        AdminReview = "administrative_review",
        /// An authority that decides.
        Authority = "authority",
        /// The office for petitions.
        Petition = "petition_procedure",
        /// A notary.
        Notary = "notary",
        /// Legal aid.
        LegalAid = "legal_aid",
    }
}

words! {
    /// At which level of the ladder a dispute ended.
    Level {
        /// Village or neighbourhood.
        Village = "village",
        /// Town or street.
        Town = "town",
        /// County or district.
        County = "county",
        /// City.
        City = "city",
        /// Province or above.
        Province = "province",
        /// A court.
        Court = "court",
    }
}

words! {
    /// What class of people's mediation committee has a dispute (People's Mediation Law Arts. 8 and 34).
    Committee {
        /// Of a village.
        Village = "village",
        /// Of the residents of a community.
        Residents = "residents",
        /// Of a township or town.
        Township = "township",
        /// Of a street.
        Street = "street",
        /// Of an enterprise or a public institution.
        Enterprise = "enterprise",
        /// Of an industry or a profession.
        Industry = "industry",
    }
}

words! {
    /// A side of a dispute.
    Side {
        /// Who asks.
        Applicant = "applicant",
        /// Who is asked.
        Respondent = "respondent",
        /// Whom else it concerns.
        Third = "third_party",
    }
}

/// What an event says beside when it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// See [`EventType::Registered`].
    Registered,
    /// See [`EventType::Offered`].
    Offered,
    /// See [`EventType::Consent`].
    Consent {
        /// Whose.
        side: Side,
        /// True for yes.
        given: bool,
    },
    /// See [`EventType::Assigned`].
    Assigned,
    /// See [`EventType::Accepted`].
    Accepted,
    /// See [`EventType::Declined`].
    Declined,
    /// See [`EventType::Started`].
    Started,
    /// See [`EventType::Agreed`].
    Agreed {
        /// In what form.
        form: Form,
        /// True when a part stays open.
        partly: bool,
        /// When it is to be done.
        due: Option<Date>,
    },
    /// See [`EventType::Performed`].
    Performed,
    /// See [`EventType::Failed`].
    Failed(FailureReason),
    /// See [`EventType::ConfirmationFiled`].
    ConfirmationFiled,
    /// See [`EventType::ConfirmationDecided`].
    ConfirmationDecided {
        /// True when the court confirmed.
        granted: bool,
    },
    /// See [`EventType::FiledInCourt`].
    FiledInCourt,
    /// See [`EventType::ArbitrationStarted`].
    ArbitrationStarted(Arbitration),
    /// See [`EventType::Referred`].
    Referred(Referral),
    /// See [`EventType::Closed`].
    Closed {
        /// At which level.
        level: Level,
        /// The last day on which the law let it be closed, where there is one.
        limit: Option<Date>,
    },
    /// See [`EventType::FollowedUp`].
    FollowedUp {
        /// Whether the dispute is resolved.
        resolved: Option<bool>,
        /// Whether the party is content.
        satisfied: Option<bool>,
    },
    /// See [`EventType::Reopened`].
    Reopened,
    /// See [`EventType::Called`].
    Called,
}

impl Happening {
    /// Its type.
    #[must_use]
    pub const fn kind(&self) -> EventType {
        match self {
            Self::Registered => EventType::Registered,
            Self::Offered => EventType::Offered,
            Self::Consent { .. } => EventType::Consent,
            Self::Assigned => EventType::Assigned,
            Self::Accepted => EventType::Accepted,
            Self::Declined => EventType::Declined,
            Self::Started => EventType::Started,
            Self::Agreed { .. } => EventType::Agreed,
            Self::Performed => EventType::Performed,
            Self::Failed(_) => EventType::Failed,
            Self::ConfirmationFiled => EventType::ConfirmationFiled,
            Self::ConfirmationDecided { .. } => EventType::ConfirmationDecided,
            Self::FiledInCourt => EventType::FiledInCourt,
            Self::ArbitrationStarted(_) => EventType::ArbitrationStarted,
            Self::Referred(_) => EventType::Referred,
            Self::Closed { .. } => EventType::Closed,
            Self::FollowedUp { .. } => EventType::FollowedUp,
            Self::Reopened => EventType::Reopened,
            Self::Called => EventType::Called,
        }
    }
}

/// One thing that happened, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifeEvent {
    /// When it happened.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
}
