//! What somebody could try: rules that never speak, kinds that fare worse than elsewhere and have no rule of their own,
//! channels that end with an agreement more often. Each comes as a draft for the playground; nothing follows by itself.
//!
//! A difference is told only where two 95 % intervals do not overlap, which is stricter than a test at 5 %; and it is
//! never told as a cause: disputes that went one way may differ from those that went another. What is compared are
//! rules, kinds and channels. There is no subject here that could be a person or a station.

use std::{cmp::Reverse, fmt::Write as _};

use crate::{figures::SHOWN_COUNT_MIN, share::Share};

/// Decisions for which a policy must have been asked before it is told that a rule of it never spoke.
pub const ASKED_COUNT_MIN: u64 = 100;
/// Suggestions of one kind that are told, the weightiest first; the rest is counted.
pub const SUGGESTIONS_COUNT_MAX: usize = 20;
/// How strongly a draft moves a channel within its class.
pub const DRAFT_WEIGHT: i32 = 10;

/// What recorded decisions say of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleHeard {
    /// Its policy.
    pub policy: String,
    /// The rule.
    pub rule: String,
    /// Decisions for which its policy was asked and answered.
    pub asked: u64,
    /// Decisions in which the rule spoke.
    pub spoke: u64,
}

/// How mediation of a kind ends at a place and in all of the place above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindEnds {
    /// The kind.
    pub kind: String,
    /// True when a policy of the place's own covers it.
    pub own_rule: bool,
    /// Settled of concluded, here.
    pub here: Share,
    /// The same of the place above, with this one.
    pub above: Share,
    /// By channel, here.
    pub channels: Vec<(String, Share)>,
    /// The channel in which most of it is concluded in the place above.
    pub usual: Option<String>,
}

/// Something that could be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// A rule never spoke.
    Silent {
        /// Its policy.
        policy: String,
        /// The rule.
        rule: String,
        /// For how many decisions it was asked.
        asked: u64,
    },
    /// A kind has no rule of the place's own and ends with an agreement less often than elsewhere in the place above.
    Behind {
        /// The kind.
        kind: String,
        /// Here.
        here: Share,
        /// Elsewhere in the place above.
        elsewhere: Share,
        /// The channel in which most of it is concluded above.
        usual: Option<String>,
    },
    /// In one channel a kind ends with an agreement more often than in each other.
    Better {
        /// The kind.
        kind: String,
        /// The channel.
        channel: String,
        /// There.
        here: Share,
        /// In the others.
        others: Vec<(String, Share)>,
    },
}

/// What the channels of a kind tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channels {
    /// One is better than each other.
    Better(Suggestion),
    /// There are several, and none is clearly better.
    Unclear,
    /// There are too few disputes in all channels but one.
    Few,
}

/// What was found, and how much more there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// At most [`SUGGESTIONS_COUNT_MAX`].
    pub told: Vec<Suggestion>,
    /// How many more.
    pub more: usize,
}

impl Found {
    fn of(mut all: Vec<Suggestion>) -> Self {
        let more = all.len().saturating_sub(SUGGESTIONS_COUNT_MAX);
        all.truncate(SUGGESTIONS_COUNT_MAX);
        Self { told: all, more }
    }
}

/// The rules that never spoke, those that were asked most often first.
#[must_use]
pub fn silent(heard: &[RuleHeard]) -> Found {
    let mut never: Vec<&RuleHeard> =
        heard.iter().filter(|one| one.spoke == 0 && one.asked >= ASKED_COUNT_MIN).collect();
    never.sort_by_key(|one| (Reverse(one.asked), &one.policy, &one.rule));
    let told =
        |one: &&RuleHeard| Suggestion::Silent { policy: one.policy.clone(), rule: one.rule.clone(), asked: one.asked };
    Found::of(never.iter().map(told).collect())
}

/// The kinds without a rule of their own that clearly end with an agreement less often than elsewhere in the place above.
#[must_use]
pub fn behind(kinds: &[KindEnds]) -> Found {
    let poorer = |one: &&KindEnds| {
        let elsewhere = rest(one.above, one.here);
        !one.own_rule && is_shown(one.here) && is_shown(elsewhere) && is_clear(elsewhere, one.here)
    };
    let mut found: Vec<&KindEnds> = kinds.iter().filter(poorer).collect();
    found.sort_by_key(|one| (Reverse(one.here.whole()), &one.kind));
    let told = |one: &&KindEnds| Suggestion::Behind {
        kind: one.kind.clone(),
        here: one.here,
        elsewhere: rest(one.above, one.here),
        usual: one.usual.clone(),
    };
    Found::of(found.iter().map(told).collect())
}

/// The kinds for which one channel is clearly the best, the most frequent first.
#[must_use]
pub fn better(kinds: &[KindEnds]) -> Found {
    let mut found: Vec<(u64, Suggestion)> = kinds
        .iter()
        .filter_map(|kind| match channels(&kind.kind, &kind.channels) {
            Channels::Better(told) => Some((kind.here.whole(), told)),
            Channels::Unclear | Channels::Few => None,
        })
        .collect();
    found.sort_by_key(|(count, _)| Reverse(*count));
    Found::of(found.into_iter().map(|(_, told)| told).collect())
}

/// What the channels of a kind tell. One of few disputes is not compared.
#[must_use]
pub fn channels(kind: &str, all: &[(String, Share)]) -> Channels {
    let mut shown: Vec<&(String, Share)> = all.iter().filter(|(_, share)| is_shown(*share)).collect();
    if shown.len() < 2 {
        return Channels::Few;
    }
    let low = |share: Share| share.wilson().map_or(0.0, |(low, _)| low);
    shown.sort_by(|a, b| low(b.1).total_cmp(&low(a.1)).then_with(|| a.0.cmp(&b.0)));
    let Some(((channel, here), others)) = shown.split_first().map(|(best, others)| ((&best.0, best.1), others)) else {
        return Channels::Few;
    };
    if !others.iter().all(|(_, other)| is_clear(here, *other)) {
        return Channels::Unclear;
    }
    Channels::Better(Suggestion::Better {
        kind: kind.to_owned(),
        channel: channel.clone(),
        here,
        others: others.iter().map(|one| (*one).clone()).collect(),
    })
}

/// True when the first is more than the second beyond what chance would do: their intervals do not overlap.
fn is_clear(more: Share, less: Share) -> bool {
    more.wilson().zip(less.wilson()).is_some_and(|((low, _), (_, high))| low > high)
}

/// True when both what is counted and what is not are enough to be shown.
fn is_shown(share: Share) -> bool {
    let few = |count: u64| i64::try_from(count).is_ok_and(|count| count < SHOWN_COUNT_MIN);
    !few(share.part()) && !few(share.whole() - share.part())
}

fn rest(all: Share, of: Share) -> Share {
    Share::new(all.part().saturating_sub(of.part()), all.whole().saturating_sub(of.whole()))
}

/// A rule table that prefers a channel for a kind, for a person to try and to change. `zh` and `en` are the titles of the
/// kind and of the channel in both languages.
#[must_use]
pub fn draft(kind: &str, channel: &str, zh: (&str, &str), en: (&str, &str)) -> String {
    let mut text = String::new();
    let quoted = |text: &str| quote(text);
    let summary_zh = format!("草案：{}先提{}", zh.0, zh.1);
    let summary_en = format!("Draft: {} first for {}", en.1, en.0);
    // A string takes every line.
    let _ = writeln!(text, "# 由优化页的建议生成的草案，须由人核对后再用。");
    let _ = writeln!(text, "# A draft of a suggestion; a person checks it before it is used.");
    let _ = writeln!(text, "[[rule]]\nid = \"DRAFT-1\"");
    let _ = writeln!(text, "summary = {{ zh = {}, en = {} }}", quoted(&summary_zh), quoted(&summary_en));
    let _ = writeln!(text, "when = {{ kind = [{}] }}", quoted(kind));
    let _ = writeln!(text, "then = [{{ prefer = {}, weight = {DRAFT_WEIGHT} }}]", quoted(channel));
    text
}

/// A basic string of TOML.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                out.push('\\');
                out.push(letter);
            }
            letter if letter.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(kind: &str, here: (u64, u64), above: (u64, u64)) -> KindEnds {
        KindEnds {
            kind: kind.to_owned(),
            own_rule: false,
            here: Share::new(here.0, here.1),
            above: Share::new(above.0, above.1),
            channels: Vec::new(),
            usual: Some("a".to_owned()),
        }
    }

    #[test]
    fn a_rule_is_told_when_it_was_asked_often_and_never_spoke() {
        let heard = |rule: &str, asked, spoke| RuleHeard { policy: "p".into(), rule: rule.into(), asked, spoke };
        let found = silent(&[
            heard("often", 5_000, 1),
            heard("seldom", ASKED_COUNT_MIN - 1, 0),
            heard("edge", ASKED_COUNT_MIN, 0),
            heard("most", 4_000, 0),
        ]);
        let rules: Vec<_> = found
            .told
            .iter()
            .map(|one| if let Suggestion::Silent { rule, .. } = one { rule.as_str() } else { "" })
            .collect();
        assert_eq!(rules, ["most", "edge"]);
        let many: Vec<_> = (0..=SUGGESTIONS_COUNT_MAX).map(|n| heard(&n.to_string(), 500, 0)).collect();
        assert_eq!((silent(&many).told.len(), silent(&many).more), (SUGGESTIONS_COUNT_MAX, 1));
    }

    #[test]
    fn a_kind_is_behind_only_where_the_intervals_lie_apart() {
        for (here, above, told) in [
            // 40 % of 100 against 80 % of 900.
            ((40, 100), (760, 1_000), true),
            // 75 % against 80 %: within chance.
            ((75, 100), (795, 1_000), false),
            // Better is not behind.
            ((95, 110), (400, 1_000), false),
            // Few are not compared, however clear they seem.
            ((9, 100), (909, 1_100), false),
            // Nothing lies elsewhere.
            ((40, 100), (40, 100), false),
        ] {
            assert_eq!(behind(&[ends("k", here, above)]).told.len(), usize::from(told), "{here:?} {above:?}");
        }
        let own = KindEnds { own_rule: true, ..ends("k", (40, 100), (760, 1_000)) };
        assert!(behind(&[own]).told.is_empty());
    }

    #[test]
    fn a_channel_is_better_only_where_it_is_better_than_each_other() {
        let of = |rows: &[(&str, u64, u64)]| {
            let all: Vec<_> = rows.iter().map(|(id, part, all)| ((*id).to_owned(), Share::new(*part, *all))).collect();
            channels("k", &all)
        };
        assert!(matches!(of(&[("a", 40, 100), ("b", 90, 110)]),
            Channels::Better(Suggestion::Better { channel, .. }) if channel == "b"));
        assert_eq!(of(&[("a", 70, 100), ("b", 75, 100)]), Channels::Unclear);
        assert_eq!(of(&[("a", 40, 100), ("b", 90, 110), ("c", 88, 110)]), Channels::Unclear);
        assert_eq!(of(&[("a", 40, 100), ("b", 5, 9)]), Channels::Few);
        assert_eq!(of(&[]), Channels::Few);
    }

    #[test]
    fn texts_of_a_draft_stay_texts() {
        let text = draft("a\"b", "c", ("一\n二", "三"), ("x\\y", "z"));
        assert!(
            text.contains(r#"kind = ["a\"b"]"#) && text.contains(r"x\\y") && text.contains(r"一\u000A二"),
            "{text}"
        );
    }
}
