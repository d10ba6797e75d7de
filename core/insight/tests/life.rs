//! The life of a dispute: which way leads where, whatever the order in which it becomes known.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says why it fails")]

use jiff::{Timestamp, ToSpan, civil::date};
use maple_insight::life::{
    Admission, Arbitration, CODE_BYTES_MAX, EventType, FailureReason, Form, Happening, History, Level, LifeEvent,
    Referral, Side, Stage, Standing,
};
use proptest::prelude::*;

fn at(hours: i64) -> Timestamp {
    "2026-03-02T08:00:00Z".parse::<Timestamp>().unwrap().checked_add(hours.hours()).unwrap()
}

fn events(what: &[Happening]) -> Vec<LifeEvent> {
    what.iter().zip(0..).map(|(what, hour)| LifeEvent { at: at(hour), what: what.clone() }).collect()
}

fn yes(side: Side) -> Happening {
    Happening::Consent { side, given: true }
}

fn no(side: Side) -> Happening {
    Happening::Consent { side, given: false }
}

fn agreed(form: Form) -> Happening {
    Happening::Agreed { form, partly: false, due: None }
}

const CLOSED: Happening = Happening::Closed { level: Level::Town, limit: None };

/// Takes events one after the other, as the store does.
fn told(events: &[LifeEvent], voluntary: bool) -> Vec<(LifeEvent, Standing)> {
    let mut known: Vec<(LifeEvent, Standing)> = Vec::new();
    for event in events {
        match History::new(known.clone(), voluntary).admit(event) {
            Admission::Taken { standings, .. } => {
                known.push((event.clone(), Standing::Waiting));
                known.iter_mut().zip(standings).for_each(|((_, was), now)| *was = now);
            }
            other => panic!("{:?} of {events:?}: {other:?}", event.what),
        }
    }
    known
}

/// What becomes of the last of these.
fn last(what: &[Happening]) -> Admission {
    let all = events(what);
    let (last, before) = all.split_last().unwrap();
    History::new(told(before, true), true).admit(last)
}

fn stage(what: &[Happening]) -> Option<Stage> {
    History::new(told(&events(what), true), true).life().stage
}

#[test]
fn each_way_leads_where_it_should() {
    use Happening as H;
    let begun = [H::Registered, H::Offered, yes(Side::Applicant), H::Assigned, H::Accepted, H::Started];
    let with = |more: &[Happening]| begun.iter().chain(more).cloned().collect::<Vec<_>>();
    let asked = H::FollowedUp { resolved: Some(false), satisfied: None };
    let rows = [
        (vec![H::Registered], Stage::Registered),
        (vec![H::Registered, H::Offered], Stage::Offered),
        (vec![H::Registered, yes(Side::Applicant)], Stage::Consented),
        (vec![H::Registered, no(Side::Respondent)], Stage::Refused),
        (vec![H::Registered, no(Side::Respondent), yes(Side::Respondent)], Stage::Consented),
        // Who refused must agree; that somebody else does is not enough.
        (vec![H::Registered, no(Side::Respondent), yes(Side::Applicant)], Stage::Refused),
        (vec![H::Registered, H::Assigned, H::Declined], Stage::Declined),
        (begun.to_vec(), Stage::InMediation),
        (with(&[no(Side::Applicant)]), Stage::Refused),
        (with(&[yes(Side::Respondent)]), Stage::InMediation),
        (with(&[agreed(Form::Oral)]), Stage::AgreedOral),
        (with(&[agreed(Form::Written), H::ConfirmationFiled]), Stage::ConfirmationFiled),
        (
            with(&[agreed(Form::Written), H::ConfirmationFiled, H::ConfirmationDecided { granted: true }]),
            Stage::Confirmed,
        ),
        (
            with(&[agreed(Form::Written), H::ConfirmationFiled, H::ConfirmationDecided { granted: false }]),
            Stage::Rejected,
        ),
        (with(&[H::Agreed { form: Form::Written, partly: true, due: None }]), Stage::PartlyAgreed),
        (with(&[agreed(Form::Written), H::Performed]), Stage::Performed),
        (with(&[H::Failed(FailureReason::Apart)]), Stage::Failed),
        (with(&[H::Failed(FailureReason::Withdrawn)]), Stage::Withdrawn),
        (with(&[H::Failed(FailureReason::Unreachable)]), Stage::Unreachable),
        (with(&[H::Failed(FailureReason::Feigned)]), Stage::Suspended),
        (with(&[H::Failed(FailureReason::Apart), H::FiledInCourt]), Stage::ToCourt),
        (vec![H::Registered, H::ArbitrationStarted(Arbitration::Labour)], Stage::ToArbitration),
        (vec![H::Registered, H::Referred(Referral::Police)], Stage::HandedOn),
        (with(&[agreed(Form::Oral), CLOSED, H::Performed]), Stage::Closed),
        (with(&[agreed(Form::Oral), CLOSED, H::FollowedUp { resolved: None, satisfied: None }]), Stage::FollowedUp),
        (with(&[agreed(Form::Oral), CLOSED, H::Reopened]), Stage::Reopened),
        (with(&[agreed(Form::Oral), CLOSED, H::FiledInCourt]), Stage::ToCourt),
        (with(&[agreed(Form::Oral), CLOSED, H::ArbitrationStarted(Arbitration::Labour)]), Stage::ToArbitration),
        (with(&[agreed(Form::Oral), CLOSED, H::Referred(Referral::LegalAid)]), Stage::HandedOn),
        (with(&[CLOSED, asked.clone(), H::ArbitrationStarted(Arbitration::Land)]), Stage::ToArbitration),
        (with(&[CLOSED, asked.clone(), H::Referred(Referral::Police), CLOSED]), Stage::Closed),
    ];
    for (what, wanted) in rows {
        assert_eq!(stage(&what), Some(wanted), "{what:?}");
    }
}

#[test]
fn every_way_out_stands_open_at_every_stage() {
    for stage in Stage::ALL {
        for exit in [EventType::FiledInCourt, EventType::ArbitrationStarted, EventType::Referred] {
            assert!(stage.allowed().contains(&exit), "{}: {}", stage.as_str(), exit.as_str());
        }
        assert_eq!(stage.allowed().contains(&EventType::Closed), !stage.is_over(), "{}", stage.as_str());
    }
}

#[test]
fn what_contradicts_is_refused_with_what_could_have_been() {
    use Happening as H;
    let started = [H::Registered, H::Assigned, H::Started];
    let with = |more: &[Happening]| started.iter().chain(more).cloned().collect::<Vec<_>>();
    let rows = [
        (vec![H::Registered, H::Registered], Stage::Registered),
        (with(&[CLOSED, agreed(Form::Written)]), Stage::Closed),
        (with(&[CLOSED, CLOSED]), Stage::Closed),
        (with(&[H::Failed(FailureReason::Apart), agreed(Form::Written)]), Stage::Failed),
        (with(&[agreed(Form::Oral), agreed(Form::Oral)]), Stage::AgreedOral),
        (with(&[agreed(Form::Oral), H::ConfirmationFiled]), Stage::AgreedOral),
        (with(&[agreed(Form::Oral), H::Performed, H::Performed]), Stage::Performed),
        (vec![H::Registered, H::FiledInCourt, H::Performed], Stage::ToCourt),
    ];
    for (what, stood) in rows {
        let Admission::Impossible { stage, allowed, breach } = last(&what) else { panic!("{what:?}") };
        assert_eq!((stage, breach), (Some(stood), false), "{what:?}");
        assert_eq!(allowed, stood.allowed(), "{what:?}");
    }
}

#[test]
fn mediation_after_a_refusal_is_refused_and_counted_where_parties_may_refuse() {
    use Happening as H;
    let refused = [H::Registered, no(Side::Respondent)];
    for step in [H::Assigned, H::Accepted, H::Started, agreed(Form::Oral)] {
        let what: Vec<_> = refused.iter().cloned().chain([step]).collect();
        assert!(matches!(last(&what), Admission::Impossible { breach: true, .. }), "{what:?}");
    }
    let all = events(&[H::Registered, no(Side::Respondent), H::Started]);
    let taken = History::new(told(&all[..2], false), false).admit(&all[2]);
    assert!(matches!(taken, Admission::Taken { stage: Some(Stage::InMediation), .. }), "{taken:?}");

    let mut known = told(&all[..2], true);
    known.push((all[2].clone(), Standing::Breach));
    assert_eq!(History::new(known, true).life().refusals, [(all[1].at, true)]);
}

#[test]
fn what_lacks_something_waits_and_counts_when_it_comes() {
    use Happening as H;
    let all = events(&[H::Registered, H::Assigned, H::Started, agreed(Form::Written), H::Performed]);
    let known = told(&[all[0].clone(), all[4].clone()], true);
    assert_eq!(known[1].1, Standing::Waiting);
    assert_eq!(History::new(known, true).life().stage, Some(Stage::Registered));
    // Nothing is known of the dispute at all.
    assert_eq!(told(&[all[3].clone()], true)[0].1, Standing::Waiting);
}

#[test]
fn what_would_undo_something_later_is_refused() {
    use Happening as H;
    let all = events(&[H::Registered, CLOSED, H::Assigned]);
    let known = told(&[all[0].clone(), all[2].clone()], true);
    let met = History::new(known, true).admit(&all[1]);
    assert_eq!(met, Admission::Contradicted { later: EventType::Assigned, at: all[2].at });
}

#[test]
fn figures_of_a_life_are_those_of_its_events() {
    use Happening as H;
    let due = Some(date(2026, 4, 1));
    let all = events(&[
        H::Registered,
        H::Offered,
        no(Side::Respondent),
        yes(Side::Respondent),
        H::Started,
        H::Agreed { form: Form::Written, partly: false, due },
        H::ConfirmationFiled,
        H::ConfirmationDecided { granted: true },
        H::Performed,
        CLOSED,
        H::FollowedUp { resolved: Some(true), satisfied: None },
        H::FiledInCourt,
    ]);
    let life = History::new(told(&all, true), true).life();
    assert_eq!((life.registered, life.first_contact), (Some(at(0)), Some(at(1))));
    assert_eq!((life.refusals, life.consents), (vec![(at(2), false)], vec![at(3)]));
    assert_eq!(life.confirmations, [(at(6), Some(true))]);
    assert_eq!((life.offers, life.agreements[0].confirmation), (vec![(at(1), true)], Some(Some(true))));
    let agreement = life.agreements[0];
    assert_eq!((agreement.at, agreement.due, agreement.performed), (at(5), due, Some(at(8))));
    assert_eq!((agreement.relapsed, life.court), (Some(at(11)), Some(at(11))));
    assert_eq!(life.closed.map(|closed| closed.at), Some(at(9)));
    assert_eq!(life.answers, [(at(10), Some(true), None)]);
}

#[test]
fn a_line_says_what_the_event_said() {
    use Happening as H;
    let (due, limit) = (Some(date(2026, 4, 1)), Some(date(2026, 12, 31)));
    let mut all = vec![H::Registered, H::Offered, H::Assigned, H::Accepted, H::Declined, H::Started, H::Performed];
    all.extend([H::ConfirmationFiled, H::FiledInCourt, H::Reopened, H::Called]);
    all.extend(Side::ALL.iter().flat_map(|side| [yes(*side), no(*side)]));
    for form in Form::ALL {
        all.extend([due, None].map(|due| H::Agreed { form: *form, partly: due.is_some(), due }));
    }
    all.extend(FailureReason::ALL.iter().map(|reason| H::Failed(*reason)));
    all.extend([true, false].map(|granted| H::ConfirmationDecided { granted }));
    all.extend(Arbitration::ALL.iter().map(|before| H::ArbitrationStarted(*before)));
    all.extend(Referral::ALL.iter().map(|to| H::Referred(*to)));
    all.extend(Level::ALL.iter().flat_map(|level| [limit, None].map(|limit| H::Closed { level: *level, limit })));
    for resolved in [None, Some(true), Some(false)] {
        all.push(H::FollowedUp { resolved, satisfied: resolved.map(|yes| !yes) });
    }
    let kinds: std::collections::BTreeSet<_> = all.iter().map(Happening::kind).collect();
    assert_eq!(kinds.len(), EventType::ALL.len());
    for happening in all {
        let code = happening.code();
        assert!(code.len() <= CODE_BYTES_MAX, "{code}");
        assert_eq!(Happening::of_code(&code), Some(happening), "{code}");
        assert_eq!(Happening::of_code(&format!("{code} more")), None);
    }
    for wrong in ["", "case.lost", "consent.recorded", "consent.recorded applicant -", "case.closed town 2026-02-30"] {
        assert_eq!(Happening::of_code(wrong), None, "{wrong}");
    }
}

/// A life as it may go.
fn way() -> impl Strategy<Value = Vec<LifeEvent>> {
    proptest::collection::vec(any::<prop::sample::Index>(), 1..14).prop_map(|picks| {
        let mut way = vec![LifeEvent { at: at(0), what: Happening::Registered }];
        for (pick, hour) in picks.iter().zip(1..) {
            let known = told(&way, true);
            let stage = History::new(known, true).life().stage.unwrap();
            let mut allowed = stage.allowed();
            if stage.is_over() {
                // Two ends with a court between and something done after both can stand in each other's way.
                allowed.retain(|kind| *kind != EventType::Performed);
            }
            let kind = *pick.get(&allowed);
            let what = match kind {
                EventType::Consent => yes(Side::Respondent),
                EventType::Agreed => agreed(Form::Written),
                EventType::Failed => Happening::Failed(FailureReason::Apart),
                EventType::ConfirmationDecided => Happening::ConfirmationDecided { granted: true },
                EventType::ArbitrationStarted => Happening::ArbitrationStarted(Arbitration::Labour),
                EventType::Referred => Happening::Referred(Referral::Police),
                EventType::Closed => CLOSED,
                EventType::FollowedUp => Happening::FollowedUp { resolved: Some(true), satisfied: Some(true) },
                plain => Happening::of_code(plain.as_str()).unwrap(),
            };
            way.push(LifeEvent { at: at(hour), what });
        }
        way
    })
}

proptest! {
    /// What is refused for now would be taken when it comes again after the others; nothing else depends on the order.
    #[test]
    fn a_life_is_the_same_in_whatever_order_it_becomes_known(way in way(), seed in any::<u64>()) {
        let inorder = History::new(told(&way, true), true).life();
        let mut late: Vec<LifeEvent> = way.clone();
        let mut state = seed;
        for at in (1..late.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            late.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
        }
        let mut known: Vec<(LifeEvent, Standing)> = Vec::new();
        let mut again = late;
        for _ in 0..way.len() {
            let mut refused = Vec::new();
            for event in again {
                match History::new(known.clone(), true).admit(&event) {
                    Admission::Taken { standings, .. } => {
                        known.push((event, Standing::Waiting));
                        known.iter_mut().zip(standings).for_each(|((_, was), now)| *was = now);
                    }
                    _ => refused.push(event),
                }
            }
            again = refused;
        }
        prop_assert!(again.is_empty(), "{again:?}");
        prop_assert_eq!(History::new(known, true).life(), inorder);
    }
}
