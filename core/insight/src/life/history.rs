//! Events in order, and what comes of them.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use super::{
    event::{EventType, FailureReason, Form, Happening, Level, LifeEvent, Side},
    stage::Stage,
};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Applied,
    /// Something that must have come before it is not known yet.
    Waiting,
    /// A step of mediation although a party had refused it: it is not taken, and it is counted.
    Breach,
}

/// What becomes of a new event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is taken. Others that had waited may count now.
    Taken {
        /// What became of each event, the new one last.
        standings: Vec<Standing>,
        /// Where the dispute stands after all of them; none before it is registered.
        stage: Option<Stage>,
    },
    /// It contradicts what happened before it.
    Impossible {
        /// Where the dispute stood; none before it is registered.
        stage: Option<Stage>,
        /// What could have happened there.
        allowed: Vec<EventType>,
        /// True when it is a step of mediation after a refusal.
        breach: bool,
    },
    /// With it, something that is known to have happened later could not have.
    Contradicted {
        /// What happened later.
        later: EventType,
        /// When.
        at: Timestamp,
    },
}

/// The events of one dispute.
#[derive(Clone, Debug)]
pub struct History {
    events: Vec<(LifeEvent, Standing)>,
    /// False where the law lets parties be told to attend.
    voluntary: bool,
}

/// Where a dispute stands and what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// Where it stands; none before it is registered.
    pub stage: Option<Stage>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// When it was registered.
    pub registered: Option<Timestamp>,
    /// When somebody first did something about it: offered, asked, assigned.
    pub first_contact: Option<Timestamp>,
    /// When ways were offered, and whether that was agreed to: who answered last before the next offer said yes, and nobody
    /// refuses.
    pub offers: Vec<(Timestamp, bool)>,
    /// When parties agreed to mediation.
    pub consents: Vec<Timestamp>,
    /// When parties refused it, and whether mediation went on all the same.
    pub refusals: Vec<(Timestamp, bool)>,
    /// When a step of mediation was tried after a refusal.
    pub breaches: Vec<Timestamp>,
    /// When the mediation that is going on began; none where none is.
    pub mediating: Option<Timestamp>,
    /// When mediation ended, and how.
    pub conclusions: Vec<(Timestamp, Conclusion)>,
    /// Agreements.
    pub agreements: Vec<Agreement>,
    /// When courts were asked to confirm, and whether they did, where that is known.
    pub confirmations: Vec<(Timestamp, Option<bool>)>,
    /// When it first went to court.
    pub court: Option<Timestamp>,
    /// When somebody called about it after it was registered.
    pub calls: Vec<Timestamp>,
    /// When it was given to whoever has it.
    pub assigned: Option<Timestamp>,
    /// Every time that it was closed.
    pub ends: Vec<Closing>,
    /// When it was closed for the last time, and how; none where it was taken up again.
    pub closed: Option<Closing>,
    /// When somebody asked afterwards; whether it is resolved, whether the party is content.
    pub answers: Vec<(Timestamp, Option<bool>, Option<bool>)>,
}

/// How mediation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// With an agreement.
    Agreed,
    /// Without.
    Failed(FailureReason),
}

/// An agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// When.
    pub at: Timestamp,
    /// In what form.
    pub form: Form,
    /// When it is to be done.
    pub due: Option<Date>,
    /// When it was done.
    pub performed: Option<Timestamp>,
    /// When the same dispute went to court after it.
    pub relapsed: Option<Timestamp>,
    /// Where a court was asked to confirm it: whether it did, once that is known.
    pub confirmation: Option<Option<bool>>,
}

/// The end of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// When.
    pub at: Timestamp,
    /// At which level.
    pub level: Level,
    /// The last day that the law gave.
    pub limit: Option<Date>,
}

/// Where the fold of events has come to.
#[derive(Default)]
struct Fold {
    life: Life,
    /// Sides that refuse.
    against: BTreeSet<Side>,
}

impl History {
    /// Events with what became of them, in any order.
    #[must_use]
    pub fn new(events: Vec<(LifeEvent, Standing)>, voluntary: bool) -> Self {
        Self { events, voluntary }
    }

    /// The same as far as it was known to have gone at a moment.
    #[must_use]
    pub fn until(&self, at: Timestamp) -> Self {
        let before = self.events.iter().filter(|(event, _)| event.at <= at);
        Self { events: before.cloned().collect(), voluntary: self.voluntary }
    }

    /// What becomes of another event.
    #[must_use]
    pub fn admit(&self, new: &LifeEvent) -> Admission {
        let known = self.events.iter().map(|(event, was)| (event, Some(*was)));
        let mut order: Vec<(usize, (&LifeEvent, Option<Standing>))> =
            known.chain([(new, None)]).enumerate().filter(|(_, (_, was))| *was != Some(Standing::Breach)).collect();
        order.sort_by_key(|(at, (event, _))| (event.at, event.what.kind(), *at));

        let mut standings = vec![Standing::Breach; self.events.len() + 1];
        let mut fold = Fold::default();
        for (at, (event, was)) in order {
            let standing = if fold.may(event, self.voluntary) {
                fold.take(event);
                Standing::Applied
            } else {
                match was {
                    // What counted would count no more, whatever else becomes known.
                    Some(Standing::Applied) if !fold.may_come(event.what.kind()) => {
                        return Admission::Contradicted { later: event.what.kind(), at: event.at };
                    }
                    None if !fold.may_come(event.what.kind()) => {
                        let breach = self.voluntary && fold.refuses(event.what.kind());
                        let (stage, allowed) = (fold.life.stage, fold.allowed(self.voluntary));
                        return Admission::Impossible { stage, allowed, breach };
                    }
                    _ => Standing::Waiting,
                }
            };
            if let Some(place) = standings.get_mut(at) {
                *place = standing;
            }
        }
        Admission::Taken { standings, stage: fold.life.stage }
    }

    /// What is known of the dispute.
    #[must_use]
    pub fn life(&self) -> Life {
        let mut applied: Vec<&LifeEvent> =
            self.events.iter().filter(|(_, was)| *was == Standing::Applied).map(|(event, _)| event).collect();
        applied.sort_by_key(|event| (event.at, event.what.kind()));
        let mut fold = Fold::default();
        for event in applied {
            fold.take(event);
        }
        let breaches = self.events.iter().filter(|(_, was)| *was == Standing::Breach);
        fold.life.breaches = breaches.map(|(breach, _)| breach.at).collect();
        fold.life.breaches.sort_unstable();
        for breach in &fold.life.breaches {
            // The last refusal before it is the one that was not honoured.
            let refusals = fold.life.refusals.iter_mut().filter(|(at, _)| at <= breach);
            if let Some((_, broken)) = refusals.max_by_key(|(at, _)| *at) {
                *broken = true;
            }
        }
        fold.life
    }
}

impl Fold {
    fn allowed(&self, voluntary: bool) -> Vec<EventType> {
        match self.life.stage {
            None => vec![EventType::Registered],
            Some(Stage::Refused) if !voluntary => {
                let steps = [EventType::Assigned, EventType::Started];
                steps.into_iter().chain(Stage::Refused.allowed()).collect()
            }
            Some(stage) => stage.allowed(),
        }
    }

    fn may(&self, event: &LifeEvent, voluntary: bool) -> bool {
        self.allowed(voluntary).contains(&event.what.kind())
    }

    /// True when it is a step of mediation and a party refuses.
    fn refuses(&self, kind: EventType) -> bool {
        let step = matches!(kind, EventType::Assigned | EventType::Accepted | EventType::Started | EventType::Agreed);
        step && self.life.stage == Some(Stage::Refused)
    }

    /// True when it could count if only something else became known that came before it.
    fn may_come(&self, kind: EventType) -> bool {
        let (mut seen, mut open) = (BTreeSet::new(), vec![self.life.stage]);
        while let Some(stage) = open.pop() {
            let fits = match stage {
                None => kind == EventType::Registered,
                // That it was closed meanwhile is guessed only for what nothing else explains.
                Some(Stage::Closed) if stage != self.life.stage => {
                    matches!(kind, EventType::FollowedUp | EventType::Reopened)
                }
                Some(stage) => stage.allowed().contains(&kind),
            };
            if fits {
                return true;
            }
            open.extend(onward(stage).iter().filter(|next| seen.insert(**next)).map(|next| Some(*next)));
        }
        false
    }

    fn take(&mut self, event: &LifeEvent) {
        let Self { life, against } = self;
        let at = event.at;
        let touched = |life: &mut Life| {
            life.first_contact.get_or_insert(at);
        };
        match &event.what {
            Happening::Registered => life.registered = Some(at),
            Happening::Offered => {
                touched(life);
                life.offers.push((at, false));
            }
            Happening::Consent { side, given } => {
                touched(life);
                if *given {
                    against.remove(side);
                    life.consents.push(at);
                } else {
                    against.insert(*side);
                    life.mediating = None;
                    life.refusals.push((at, false));
                }
                if let Some((_, agreed)) = life.offers.last_mut() {
                    *agreed = *given && against.is_empty();
                }
            }
            Happening::Assigned => {
                touched(life);
                life.assigned = Some(at);
            }
            Happening::Started => {
                life.mediating.get_or_insert(at);
            }
            Happening::Called => life.calls.push(at),
            Happening::Agreed { form, due, partly } => {
                if !partly {
                    life.mediating = None;
                }
                life.conclusions.push((at, Conclusion::Agreed));
                let (performed, relapsed, confirmation) = (None, None, None);
                life.agreements.push(Agreement { at, form: *form, due: *due, performed, relapsed, confirmation });
            }
            Happening::Performed => {
                if let Some(agreement) = life.agreements.last_mut() {
                    agreement.performed.get_or_insert(at);
                }
            }
            Happening::Failed(reason) => {
                life.mediating = None;
                life.conclusions.push((at, Conclusion::Failed(*reason)));
            }
            Happening::ConfirmationFiled => {
                life.confirmations.push((at, None));
                if let Some(agreement) = life.agreements.last_mut() {
                    agreement.confirmation.get_or_insert(None);
                }
            }
            Happening::ConfirmationDecided { granted } => {
                if let Some((_, decided)) = life.confirmations.last_mut() {
                    *decided = Some(*granted);
                }
                if let Some(agreement) = life.agreements.last_mut() {
                    agreement.confirmation = Some(Some(*granted));
                }
            }
            Happening::FiledInCourt => {
                life.mediating = None;
                life.court.get_or_insert(at);
                if let Some(agreement) = life.agreements.last_mut() {
                    agreement.relapsed.get_or_insert(at);
                }
            }
            Happening::Closed { level, limit } => {
                let end = Closing { at, level: *level, limit: *limit };
                (life.closed, life.mediating) = (Some(end), None);
                life.ends.push(end);
            }
            Happening::FollowedUp { resolved, satisfied } => life.answers.push((at, *resolved, *satisfied)),
            Happening::Reopened => life.closed = None,
            Happening::ArbitrationStarted(_) | Happening::Referred(_) => life.mediating = None,
            Happening::Accepted | Happening::Declined => {}
        }
        let before = life.stage;
        let after = before.map_or(Stage::Registered, |stage| stage.after(&event.what, against.is_empty()));
        if before != Some(after) {
            (life.stage, life.since) = (Some(after), Some(at));
        }
    }
}

/// Where events lead that usually come before others. A refusal, a failure and an end are not gone on from by guessing.
fn onward(stage: Option<Stage>) -> &'static [Stage] {
    use Stage as S;
    match stage {
        None => &[S::Registered],
        Some(S::Registered | S::Reopened | S::Offered | S::Declined) => &[S::Consented, S::Assigned, S::Closed],
        Some(S::Consented | S::Assigned | S::Accepted) => &[S::InMediation, S::Accepted, S::Closed],
        Some(S::InMediation) => &[S::AgreedOral, S::AgreedWritten, S::PartlyAgreed, S::Failed, S::Closed],
        Some(S::AgreedWritten | S::PartlyAgreed) => &[S::ConfirmationFiled, S::Performed, S::Closed],
        Some(S::ConfirmationFiled) => &[S::Confirmed, S::Performed, S::Closed],
        Some(
            S::AgreedOral
            | S::Performed
            | S::Confirmed
            | S::Rejected
            | S::Failed
            | S::Withdrawn
            | S::Unreachable
            | S::Suspended
            | S::ToCourt
            | S::ToArbitration
            | S::HandedOn,
        ) => &[S::Closed],
        Some(S::Refused | S::Closed | S::FollowedUp) => &[],
    }
}
