//! What holds for every policy that anybody could write.

mod support;

use maple_kernel::*;
use proptest::{prelude::*, sample::select};
use support::*;

fn claim() -> impl Strategy<Value = Claim> {
    let channel = || {
        select(vec![
            "mediation",
            "bound_mediation",
            "trade_mediation",
            "inspection",
            "arbitration",
            "court",
            "authority_court",
            "confirmation",
            "reception",
            "order",
            "aid",
        ])
    };
    let unit = || select(vec![Unit::Hour, Unit::Day, Unit::WorkingDay, Unit::Month, Unit::Year]);
    let body = select(vec![None, Some("village"), Some("town")]);
    prop_oneof![
        (channel(), body, 0u16..400, unit(), -100i16..=100, any::<bool>()).prop_map(
            |(c, body, n, u, weight, chargeable)| {
                Claim::Offer {
                    channel: c.into(),
                    body: body.map(Into::into),
                    skills: Vec::new(),
                    due: Some(Due::Within(Term { span: span(n, u), start: "filing".into() })),
                    weight,
                    chargeable,
                }
            }
        ),
        channel().prop_map(forbid),
        select(Class::ALL.to_vec()).prop_map(|class| Claim::Forbid(Selector::Class(class))),
        (channel(), channel()).prop_map(|(a, b)| first(a, b)),
        (channel(), -100i16..=100).prop_map(|(c, weight)| Claim::Prefer { channel: c.into(), weight }),
        select(vec!["inform", "report", "help", "attend"]).prop_map(duty),
        any::<bool>().prop_map(|act| Claim::Derive { key: "act".into(), value: Value::Flag(act) }),
        select(vec!["low", "high"])
            .prop_map(|band| Claim::Derive { key: "band".into(), value: Value::Text(band.into()) }),
        (select(vec!["limitation", "service"]), 0u16..2000, unit()).prop_map(|(code, n, u)| clock(
            code,
            "2026-03-02",
            n,
            u
        )),
        select(vec![Subject::Place, Subject::Kind, Subject::Organisation("applicant".into())]).prop_map(|s| signal(
            "cluster",
            Level::Red,
            s
        )),
        Just(Claim::Refer("serious".into())),
    ]
}

fn answer() -> impl Strategy<Value = Vec<Finding>> {
    prop::collection::vec(
        (claim(), select(vec!["L1", "L2", "L3"]), select(vec!["law.1", "old.1", "new.1"]))
            .prop_map(|(claim, rule, law)| Finding { basis: vec![law.into()], ..finding(rule, claim) }),
        0..12,
    )
}

fn national_findings() -> Vec<Finding> {
    vec![
        finding("N1", offer_within("mediation", None, 15, Unit::Day)),
        finding("N2", offer("arbitration")),
        finding("N2", first("arbitration", "court")),
        finding("N3", clock("limitation", "2026-03-02", 1, Unit::Year)),
        finding("N3", clock("service", "2026-03-02", 45, Unit::Day)),
    ]
}

fn floor() -> Policy {
    national(national_findings())
}

/// A national policy whose floor is `N2` alone: whatever else it says gives way to a lower one that names it.
fn low_floor() -> Policy {
    let more = [finding("L1", offer("court")), finding("L1", offer("inspection")), finding("L1", duty("inform"))];
    let findings = national_findings().into_iter().chain(more).collect();
    Policy { floor: Floor::Rules([RuleId::from("N2")].into()), ..national(findings) }
}

/// What a lower policy may name: rules of the national one, or all of it.
fn named() -> impl Strategy<Value = Vec<Replaces>> {
    let rules = prop::sample::subsequence(vec![None, Some("N1"), Some("N2"), Some("N3"), Some("L1")], 1..=5);
    let replaces = |rule: Option<&str>| Replaces { when: None, policy: "xx/base".into(), rule: rule.map(Into::into) };
    rules.prop_map(move |rules| rules.into_iter().map(replaces).collect())
}

fn mediates(step: &&Step) -> bool {
    step.class == Class::Facilitative
}

fn flags() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(vec!["danger", "collusion", "authority_act", "private"], 0..=4)
}

proptest! {
    #[test]
    fn adding_a_policy_removes_no_right_and_no_way_to_a_judge(said in answer(), flags in flags()) {
        let question = question(&flags);
        let before = decide(ruleset(vec![floor()]), &question);
        let after = decide(ruleset(vec![floor(), local(said)]), &question);
        prop_assert_eq!(&before.rights, &after.rights);
        prop_assert_eq!(&before.preconditions.iter().filter(|p| p.before.as_str() == "court").count(),
            &after.preconditions.iter().filter(|p| p.before.as_str() == "court").count());
        for step in before.steps.iter().filter(|s| s.class != Class::Facilitative) {
            prop_assert!(after.steps.iter().any(|s| s.channel == step.channel), "lost {}", step.channel);
        }
        for duty in &before.duties {
            prop_assert!(after.duties.iter().any(|d| d.code == duty.code));
        }
        for step in &after.steps {
            prop_assert_eq!(step.free, vocabulary().channels[step.channel].free);
            prop_assert!(!step.ground.why.zh.is_empty() && !step.ground.why.en.is_empty());
        }
        prop_assert!(after.signals.iter().all(|s| s.subject != Subject::Organisation("applicant".into())));
        prop_assert!(after.duties.iter().all(|duty| duty.code.as_str() != "attend"), "somebody is bound to attend");
        prop_assert!(!flags.contains(&"danger") || after.steps.iter().all(|step| step.channel.as_str() != "reception"));
    }

    #[test]
    fn no_lower_level_says_what_the_host_or_the_floor_says(said in answer(), flags in flags(), act in any::<bool>()) {
        let says = |key: &str, value| finding("N1", Claim::Derive { key: key.into(), value });
        let floor = || national(vec![says("act", Value::Flag(act)), says("band", Value::Text("low".into()))]);
        // Asked last, and only where a fact stands as the floor said it.
        let watch = |key: &str, value| {
            let mut watch = policy(&format!("xx/town/z-{key}"), "xx/town", vec![]);
            watch.target.facts = vec![(FactKey::from(key), value)];
            watch
        };
        let watches = || [watch("act", Value::Flag(act)), watch("band", Value::Text("low".into()))];
        let policies = [floor(), local(said)].into_iter().chain(watches()).collect();
        let decision = decide(ruleset(policies), &question(&flags));
        prop_assert_eq!(decision.asked.len(), 4, "what the floor said stands: {:?}", corrections(&decision));
        // Which court the host keeps open is the same as without the lower level.
        let court = |d: &Decision<'_>| d.corrections.iter().find(|c| c.guardrail == "H01" && c.action == Action::Added).map(|c| c.what.clone());
        let kept = court(&decide(ruleset(vec![floor()]), &question(&flags)));
        let opened = court(&decision);
        prop_assert!(opened.is_none() || opened == kept, "{opened:?} for {kept:?}");
    }

    #[test]
    fn what_gives_way_by_name_takes_no_right_no_clock_and_no_way_to_a_judge_with_it(
        said in answer(), replaces in named(), flags in flags()
    ) {
        let question = question(&flags);
        let before = decide(ruleset(vec![low_floor()]), &question);
        let after = decide(ruleset(vec![low_floor(), Policy { replaces, ..local(said) }]), &question);
        prop_assert_eq!(&before.rights, &after.rights);
        let required = |d: &Decision| d.preconditions.iter().map(|p| format!("{}>{}", p.first, p.before)).collect::<Vec<_>>();
        for pair in required(&before) {
            prop_assert!(required(&after).contains(&pair), "lost {pair}");
        }
        // The ways that the host keeps open whatever policies say, and the floor's.
        let kept = decide(ruleset(vec![]), &question);
        let ways = kept.steps.iter().map(|step| step.channel).chain(before.steps.iter().map(|step| step.channel).filter(|c| c.as_str() == "arbitration"));
        for way in ways {
            prop_assert!(after.steps.iter().any(|step| step.channel == way), "lost {way}");
        }
        prop_assert!(after.steps.iter().any(|step| step.class == Class::Adjudicative));
        for clock in &before.clocks {
            let now = after.clocks.iter().find(|now| now.code == clock.code);
            prop_assert!(now.is_some_and(|now| now.ends <= clock.ends), "lost or longer: {}", clock.code);
        }
    }

    #[test]
    fn refusing_changes_mediation_and_nothing_else(said in answer(), flags in flags()) {
        let rules = ruleset(vec![floor(), local(said)]);
        let yes = decide(rules, &question_with(parties("yes"), &flags));
        let no = decide(rules, &question_with(parties("no"), &flags));
        prop_assert_eq!(no.steps.iter().filter(mediates).count(), 0);
        let rest = |d: &Decision<'static>| d.steps.iter().filter(|s| !mediates(s)).cloned().collect::<Vec<_>>();
        prop_assert_eq!(rest(&yes), rest(&no));
        prop_assert_eq!(yes.duties, no.duties);
        prop_assert_eq!(yes.clocks, no.clocks);
        prop_assert_eq!(yes.signals, no.signals);
        prop_assert_eq!(yes.rights, no.rights);
        prop_assert_eq!(yes.preconditions, no.preconditions);
        prop_assert_eq!(yes.outcome, no.outcome);
    }

    #[test]
    fn a_lower_level_never_widens_a_time_limit(said in answer()) {
        let question = question(&[]);
        let before = decide(ruleset(vec![floor()]), &question);
        let after = decide(ruleset(vec![floor(), local(said)]), &question);
        for clock in &before.clocks {
            let now = after.clocks.iter().find(|c| c.code == clock.code).unwrap();
            prop_assert!(now.ends <= clock.ends);
            if clock.code.as_str() == "limitation" {
                prop_assert_eq!(now.ends, clock.ends);
            }
        }
        for step in &after.steps {
            let max = vocabulary().channels[step.channel].max;
            let (Some(due), Some(max)) = (step.due.as_ref().and_then(|d| d.on), max) else { continue };
            prop_assert!(due <= calendar().end(question.as_of, max).day, "{} due {due}", step.channel);
        }
        let own = |d: &Decision| {
            let of = d.steps.iter().filter(|s| s.channel.as_str() == "mediation");
            of.filter_map(|s| s.due.as_ref()?.term.as_ref().map(|t| calendar().end(day("2026-09-01"), t.span).day)).max()
        };
        prop_assert!(own(&after) <= own(&before));
    }

    #[test]
    fn order_means_nothing(said in answer(), more in answer(), flags in flags(), swap in any::<bool>()) {
        let policies = |order: [usize; 3]| {
            let make = |n: usize| match n {
                0 => floor(),
                1 => policy("xx/town/a", "xx/town", said.clone()),
                _ => policy("xx/town/b", "xx/town", more.clone()),
            };
            order.map(make).into_iter().collect::<Vec<_>>()
        };
        let mut people = parties("yes");
        let mut reversed_flags = flags.clone();
        reversed_flags.reverse();
        let one = decide(ruleset(policies([0, 1, 2])), &question_with(people.clone(), &flags));
        if swap {
            people.reverse();
        }
        let other = decide(ruleset(policies([2, 0, 1])), &question_with(people, &reversed_flags));
        prop_assert_eq!(one, other);
    }
}
