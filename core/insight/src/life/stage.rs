//! Where a dispute stands, and what may happen to it there.

use super::event::{EventType as E, FailureReason, Form, Happening, words};

words! {
    /// Where a dispute stands.
    Stage {
        /// It is known and nothing was offered.
        Registered = "registered",
        /// A way was offered; the parties have not answered.
        Offered = "offered",
        /// Whoever was asked agreed to mediation.
        Consented = "consented",
        /// A party refused mediation.
        Refused = "refused",
        /// It was given to a station.
        Assigned = "assigned",
        /// A mediator has it.
        Accepted = "accepted_by_mediator",
        /// The mediator did not take it.
        Declined = "declined",
        /// Mediation is going on.
        InMediation = "in_mediation",
        /// Agreed by word of mouth.
        AgreedOral = "agreed_oral",
        /// Agreed in writing.
        AgreedWritten = "agreed_written",
        /// Agreed in part.
        PartlyAgreed = "partly_agreed",
        /// What was agreed was done.
        Performed = "performed",
        /// A court was asked to confirm.
        ConfirmationFiled = "confirmation_filed",
        /// The court confirmed.
        Confirmed = "confirmed",
        /// The court did not.
        Rejected = "rejected",
        /// Mediation ended without an agreement.
        Failed = "failed",
        /// The applicant took it back.
        Withdrawn = "withdrawn",
        /// A party could not be reached.
        Unreachable = "unreachable",
        /// Stopped, since mediation was feigned.
        Suspended = "suspended_false_mediation",
        /// Before a court.
        ToCourt = "to_court",
        /// Before an arbitral tribunal.
        ToArbitration = "to_arbitration",
        /// With somebody else.
        HandedOn = "handed_on",
        /// Nothing more is to be done.
        Closed = "closed",
        /// Somebody asked how it went.
        FollowedUp = "followed_up",
        /// Taken up again.
        Reopened = "reopened",
    }
}

/// The ways out that stand open at any time.
const EXITS: [E; 4] = [E::FiledInCourt, E::ArbitrationStarted, E::Referred, E::Closed];
/// The same after the end: what is closed is not closed again.
const LATE_EXITS: [E; 3] = [E::FiledInCourt, E::ArbitrationStarted, E::Referred];
/// What may begin where mediation is still possible.
const ANEW: [E; 3] = [E::Offered, E::Consent, E::Assigned];

impl Stage {
    /// What may happen next, the ways out last. Nothing closes the way to a court, and nobody is kept from calling.
    #[must_use]
    pub fn allowed(self) -> Vec<E> {
        let (own, exits): (&[E], &[E]) = match self {
            Self::Registered | Self::Reopened => (&ANEW, &EXITS),
            Self::Offered => (&[E::Consent, E::Assigned, E::Offered], &EXITS),
            Self::Consented => (&[E::Assigned, E::Started, E::Consent, E::Offered], &EXITS),
            Self::Refused => (&[E::Consent, E::Offered], &EXITS),
            Self::Assigned => (&[E::Accepted, E::Declined, E::Started, E::Assigned, E::Consent], &EXITS),
            Self::Accepted => (&[E::Started, E::Declined, E::Assigned, E::Consent], &EXITS),
            Self::Declined => (&[E::Assigned, E::Consent], &EXITS),
            Self::InMediation => (&[E::Agreed, E::Failed, E::Assigned, E::Consent], &EXITS),
            Self::AgreedOral => (&[E::Performed], &EXITS),
            Self::AgreedWritten => (&[E::Performed, E::ConfirmationFiled], &EXITS),
            Self::PartlyAgreed => {
                (&[E::Performed, E::ConfirmationFiled, E::Agreed, E::Failed, E::Assigned, E::Consent], &EXITS)
            }
            Self::Performed => (&[E::FollowedUp], &EXITS),
            Self::ConfirmationFiled => (&[E::ConfirmationDecided, E::Performed], &EXITS),
            Self::Confirmed => (&[E::Performed], &EXITS),
            Self::Rejected => (&[E::Performed, E::Consent, E::Offered, E::Assigned], &EXITS),
            Self::Failed | Self::Withdrawn | Self::Unreachable | Self::Suspended => (&ANEW, &EXITS),
            Self::ToCourt | Self::ToArbitration | Self::HandedOn => (&ANEW, &EXITS),
            Self::Closed | Self::FollowedUp => (&[E::FollowedUp, E::Performed, E::Reopened], &LATE_EXITS),
        };
        own.iter().chain(exits).copied().chain([E::Called]).collect()
    }

    /// Where a dispute stands after something happened that [`Stage::allowed`] names.
    pub(super) fn after(self, what: &Happening, all_consent: bool) -> Self {
        match what {
            Happening::Registered => Self::Registered,
            Happening::Offered => Self::Offered,
            Happening::Consent { given: false, .. } => Self::Refused,
            // Who agrees while it is under way changes nothing; after a refusal it takes everybody who refused.
            Happening::Consent { given: true, .. } => match self {
                Self::Assigned | Self::Accepted | Self::Declined | Self::InMediation | Self::PartlyAgreed => self,
                Self::Refused if !all_consent => Self::Refused,
                _ => Self::Consented,
            },
            Happening::Assigned => Self::Assigned,
            Happening::Accepted => Self::Accepted,
            Happening::Declined => Self::Declined,
            Happening::Started => Self::InMediation,
            Happening::Agreed { partly: true, .. } => Self::PartlyAgreed,
            Happening::Agreed { form: Form::Oral, .. } => Self::AgreedOral,
            Happening::Agreed { form: Form::Written, .. } => Self::AgreedWritten,
            // What is done after the end changes the figures, not where the dispute stands.
            Happening::Performed if matches!(self, Self::Closed | Self::FollowedUp) => self,
            Happening::Performed => Self::Performed,
            Happening::Failed(reason) => match reason {
                FailureReason::Withdrawn => Self::Withdrawn,
                FailureReason::Unreachable => Self::Unreachable,
                FailureReason::Feigned => Self::Suspended,
                _ => Self::Failed,
            },
            Happening::ConfirmationFiled => Self::ConfirmationFiled,
            Happening::ConfirmationDecided { granted: true } => Self::Confirmed,
            Happening::ConfirmationDecided { granted: false } => Self::Rejected,
            Happening::FiledInCourt => Self::ToCourt,
            Happening::ArbitrationStarted(_) => Self::ToArbitration,
            Happening::Referred(_) => Self::HandedOn,
            Happening::Closed { .. } => Self::Closed,
            Happening::FollowedUp { .. } => match self {
                Self::Performed => Self::Performed,
                _ => Self::FollowedUp,
            },
            Happening::Reopened => Self::Reopened,
            Happening::Called => self,
        }
    }

    /// True when nothing more is to be done.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::FollowedUp)
    }
}
