//! `GET /v1/insight/optimise`: how far disputes come and how long each step takes, how mediation ends by kind and channel,
//! and what could be tried. Nothing is applied by itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use maple_insight::{
    figures::{Cell, Figure, Mark, Measure, Milestone, Month, SHOWN_COUNT_MIN, Stair, Ways, hidden, successes},
    share::Share,
    suggest::{self, Channels, Found, KindEnds, RuleHeard, Suggestion, draft},
};
use maple_kernel::{Class, LocalityId, Mode, Policy, Ruleset, Target, Text};
use maple_store::{Filter, Store, StoreError, Walked};
use maple_wire::{Problem, exit_text, milestone_text};
use serde_json::{Map, Value, json};

use super::{
    activations::reading,
    answer,
    decisions::Context,
    insight::{Asked, described, figure, known_kind, place, text},
};
use crate::{
    app::{App, Serving},
    clock::timestamp,
    events,
};

/// Recorded decisions that are looked into, the latest of the period.
pub(crate) const DECISIONS_READ_MAX: usize = 2_000;
/// Of these, so many at a time.
const RECORDS_COUNT: u32 = 250;
const PARAMETERS: [&str; 4] = ["locality", "kind", "from", "to"];

pub(crate) async fn optimise(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    answer::told(optimised(&app, &query.unwrap_or_default()).await.map(|told| answer::json(told.to_string())))
}

/// What the store says.
struct Read {
    here: Vec<Walked>,
    above: Vec<Walked>,
    heard: Heard,
    /// Disputes that were registered, by kind; nothing where no kind is asked about.
    registered: Vec<(String, i64)>,
}

/// What recorded decisions say.
#[derive(Default)]
struct Heard {
    read: usize,
    more: bool,
    /// For how many each policy was asked and answered.
    asked: BTreeMap<String, u64>,
    /// In how many each rule of a policy spoke.
    spoke: BTreeMap<(String, String), u64>,
}

/// What could be made better, as it may be shown.
pub(crate) async fn optimised(app: &Arc<App>, query: &str) -> Result<Value, Problem> {
    let offset = events::offset(app);
    let now = Month::of(offset.to_datetime(timestamp(app.clock())).date());
    let asked = Asked::read(query, now, &PARAMETERS)?;
    let serving = app.serving();
    let ruleset = Arc::clone(serving.ruleset());
    let (id, here) = place(&ruleset, asked.place.as_deref())?;
    let kind = kind_asked(query);
    kind.as_deref().map_or(Ok(()), |kind| known_kind(&ruleset, kind))?;
    let above = here.chain.len().checked_sub(2).and_then(|at| here.chain.get(at)).cloned();
    let begin = |month: Month| {
        let day = format!("{month}-01").parse::<jiff::civil::Date>().ok();
        day.and_then(|day| offset.to_timestamp(day.at(0, 0, 0, 0)).ok())
    };
    let filter = Filter {
        from: begin(asked.from),
        to: begin(asked.to.plus(1)),
        locality: Some(id.to_string()),
        ..Filter::default()
    };
    let read = {
        let (own, above, months) = (id.to_string(), above.clone(), (asked.from, asked.to));
        let one_kind = kind.is_some();
        reading(app, move |control| {
            let store = &control.store;
            let above = above.map(|above| store.walked(above.as_str(), months)).transpose()?.unwrap_or_default();
            let here = store.walked(&own, months)?;
            // A rule for other kinds never speaks for one kind: that says nothing of it.
            let (heard, registered) = match one_kind {
                true => (Heard::default(), store.tallies_by_kind(&own, Measure::Registered, months)?),
                false => (heard(store, filter)?, Vec::new()),
            };
            Ok(Read { here, above, heard, registered })
        })
        .await?
    };
    let kinds = Kinds::of(&read.here);
    // What is hidden of all kinds together is hidden of one as well.
    let figures = successes(&kinds.cells, &kinds.sums);
    let of_above = Kinds::of(&read.above);
    // A root has nothing above it to fall behind.
    let own = above.as_ref().map(|_| Own::of(&serving, id)).unwrap_or_default();
    let mut ends = ends(&own, &kinds, &figures, &of_above);
    ends.retain(|one| kind.as_deref().is_none_or(|kind| one.kind == kind));
    let found = [
        ("rule_never_spoke", suggest::silent(&rules(&ruleset, id, &read.heard))),
        ("kind_behind", suggest::behind(&ends)),
        ("channel_better", suggest::better(&ends)),
    ];
    let context = Words { ruleset: &ruleset, serving: &serving, place: id };
    let suggestions = found.iter().flat_map(|(sort, found)| found.told.iter().map(|one| context.told(sort, one)));
    let suggestions: Vec<Value> = suggestions.collect();
    Ok(json!({
        "locality": described(id, here),
        "kind": kind.as_deref().map(|kind| json!({ "id": kind, "title": text(&context.kind(kind)) })),
        "parent": above.as_ref().and_then(|id| ruleset.locality(id.as_str())).map(|(id, at)| described(id, at)),
        "period": { "from": asked.from.to_string(), "to": asked.to.to_string() },
        "shown_from": SHOWN_COUNT_MIN,
        "funnel": match kind.as_deref() {
            Some(kind) => funnel_of(kind, &read.registered, &kinds, &figures),
            None => funnel(&read.here),
        },
        "success": kinds.cells.iter().zip(&figures)
            .filter(|(cell, _)| kind.as_deref().is_none_or(|kind| cell.kind == kind))
            .map(|(cell, figure)| context.cell(cell, *figure)).collect::<Vec<_>>(),
        "unclear": context.unclear(&ends),
        "packs": packs(&serving, id, &here.chain),
        "decisions": { "read": enough(read.heard.read), "more": read.heard.more, "read_max": DECISIONS_READ_MAX,
            "asked_min": suggest::ASKED_COUNT_MIN },
        "suggestions": suggestions,
        "more_suggestions": found.iter().map(|(_, found): &(&str, Found)| found.more).sum::<usize>(),
    }))
}

/// The kind that is asked about, the last where several are named.
fn kind_asked(query: &str) -> Option<String> {
    let all = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "kind");
    all.last().map(|(_, value)| value.into_owned())
}

/// A count that may be shown.
fn enough(count: usize) -> Option<usize> {
    i64::try_from(count).is_ok_and(|count| count >= SHOWN_COUNT_MIN).then_some(count)
}

/// Reads what policies said in the latest decisions.
fn heard(store: &Store, mut filter: Filter) -> Result<Heard, StoreError> {
    let mut heard = Heard::default();
    loop {
        let page = store.records(&filter, RECORDS_COUNT)?;
        for record in &page {
            if heard.read == DECISIONS_READ_MAX {
                heard.more = true;
                return Ok(heard);
            }
            // What cannot be read any more says nothing.
            let Ok(decision) = record.decision() else { continue };
            heard.read += 1;
            let Ok(context) = serde_json::from_slice::<Context>(&decision.context) else { continue };
            for said in context.said {
                let Some(findings) = said.findings else { continue };
                let rules: BTreeSet<String> = findings.into_iter().map(|finding| finding.rule).collect();
                for rule in rules {
                    *heard.spoke.entry((said.policy.clone(), rule)).or_default() += 1;
                }
                *heard.asked.entry(said.policy).or_default() += 1;
            }
        }
        match page.last() {
            Some(last) if page.len() as u64 >= u64::from(RECORDS_COUNT) => filter.after = Some(last.cursor()),
            _ => return Ok(heard),
        }
    }
}

/// True for a policy that counts: it stands in no shadow, and nobody stopped it.
fn counts(policy: &Policy) -> bool {
    policy.stopped.is_none() && policy.mode == Mode::Enforce
}

/// The rules of a place and of all below it, with what decisions say of each.
fn rules(ruleset: &Ruleset, place: &LocalityId, heard: &Heard) -> Vec<RuleHeard> {
    let below = ruleset.localities().filter(|(_, locality)| locality.chain.contains(place));
    let policies = below.flat_map(|(id, _)| ruleset.policies_of(id)).filter(|policy| counts(policy));
    let of = |policy: &Policy| {
        let asked = heard.asked.get(policy.id.as_str()).copied().unwrap_or_default();
        let id = policy.id.to_string();
        let rule = move |rule: &maple_kernel::RuleId| {
            let spoke = heard.spoke.get(&(id.clone(), rule.to_string())).copied().unwrap_or_default();
            RuleHeard { policy: id.clone(), rule: rule.to_string(), asked, spoke }
        };
        policy.rules.keys().map(rule).collect::<Vec<_>>()
    };
    policies.flat_map(of).collect()
}

/// How mediation ended by kind and channel.
#[derive(Default)]
struct Kinds {
    cells: Vec<Cell>,
    /// Concluded and settled of each kind, in whatever channel.
    sums: BTreeMap<String, (i64, i64)>,
}

impl Kinds {
    fn of(walked: &[Walked]) -> Self {
        let mut counts: BTreeMap<(&str, &str), (i64, i64)> = BTreeMap::new();
        for one in walked.iter().filter(|one| !one.kind.is_empty()) {
            let (concluded, settled) = counts.entry((&one.kind, &one.channel)).or_default();
            match one.mark {
                Mark::Concluded => *concluded += one.count,
                Mark::Settled => *settled += one.count,
                Mark::Reached(_) | Mark::Took(_) | Mark::Left(_) => {}
            }
        }
        let mut kinds = Self::default();
        for ((kind, channel), (concluded, settled)) in counts {
            let (kind, channel) = (kind.to_owned(), channel.to_owned());
            if channel.is_empty() {
                kinds.sums.insert(kind, (concluded, settled));
            } else {
                kinds.cells.push(Cell { kind, channel, concluded, settled });
            }
        }
        kinds
    }

    /// The channel in which most of a kind is concluded.
    fn usual(&self, kind: &str) -> Option<String> {
        let own = self.cells.iter().filter(|cell| cell.kind == kind);
        own.max_by_key(|cell| cell.concluded).map(|cell| cell.channel.clone())
    }
}

/// The policies of a place's own that count for the way of a dispute, and the kinds that the rules of each table name.
#[derive(Default)]
struct Own<'s> {
    policies: Vec<&'s Policy>,
    rules: BTreeMap<String, Vec<Target>>,
}

impl<'s> Own<'s> {
    fn of(serving: &'s Serving, place: &LocalityId) -> Self {
        let all = serving.ruleset.policies_of(place).iter();
        let policies = all.filter(|policy| counts(policy) && policy.purposes.routing).collect();
        Self { policies, rules: serving.made.bundle.rule_kinds(place.as_str()) }
    }

    /// True when one of them is for this kind: its target names it, or a rule of a table does within the target. What is
    /// said for every kind alike is no rule of this one. The code of a plugin is not looked into.
    fn covers(&self, kind: &str) -> bool {
        let covers = |policy: &&Policy| match self.rules.get(policy.id.as_str()) {
            Some(rules) => rules.iter().any(|rule| {
                policy.target.covers_kind(kind)
                    && rule.covers_kind(kind)
                    && (rule.names_kind(kind) || policy.target.names_kind(kind))
            }),
            None => policy.target.names_kind(kind),
        };
        self.policies.iter().any(covers)
    }
}

fn ends(own: &Own<'_>, here: &Kinds, figures: &[Figure], above: &Kinds) -> Vec<KindEnds> {
    let share = |(concluded, settled): (i64, i64)| {
        let count = |count: i64| u64::try_from(count).unwrap_or_default();
        Share::new(count(settled), count(concluded))
    };
    let of = |(kind, sum): (&String, &(i64, i64))| {
        // What may not be shown is not compared.
        let shown =
            here.cells.iter().zip(figures).filter(|(cell, figure)| cell.kind == *kind && figure.value.is_some());
        KindEnds {
            kind: kind.clone(),
            own_rule: own.covers(kind),
            here: share(*sum),
            above: above.sums.get(kind).copied().map(share).unwrap_or_default(),
            channels: shown.map(|(cell, _)| (cell.channel.clone(), share((cell.concluded, cell.settled)))).collect(),
            usual: above.usual(kind),
        }
    };
    here.sums.iter().map(of).collect()
}

/// How far the disputes of one kind come. Steps between are counted of all kinds together alone, so three are told here, each
/// where it is as far from the one before as whatever is shown.
fn funnel_of(kind: &str, registered: &[(String, i64)], kinds: &Kinds, figures: &[Figure]) -> Value {
    let counts: Vec<i64> = registered.iter().map(|(_, count)| *count).collect();
    let known = registered.iter().zip(hidden(&counts)).find(|((id, _), _)| id == kind);
    let came = known.filter(|(_, hides)| !hides).map(|((_, count), _)| *count);
    // What a hidden channel holds would be what the others leave of the sum.
    let cells = || kinds.cells.iter().zip(figures).filter(|(cell, _)| cell.kind == kind);
    let whole = cells().all(|(_, figure)| figure.part.is_some() && figure.whole.is_some());
    let ended = kinds.sums.get(kind).copied().filter(|_| whole);
    let (ended, agreed) = ended.unzip();
    let mut last: Option<i64> = None;
    let mut step = |id: &str, (zh, en): (&str, &str), count: Option<i64>| {
        let fine = |count: &i64| *count >= SHOWN_COUNT_MIN && last.is_none_or(|last| last - count >= SHOWN_COUNT_MIN);
        let count = count.filter(fine);
        last = count.or(last);
        let share = count.zip(came.filter(|came| *came >= SHOWN_COUNT_MIN));
        let share = share.map(|(count, all)| count as f64 / all as f64);
        let mut step = json!({ "step": id, "title": { "zh": zh, "en": en }, "count": count, "share": share,
            "days_median": null });
        if let Value::Object(members) = &mut step
            && count.is_none()
        {
            members.insert("suppressed".to_owned(), json!(true));
        }
        step
    };
    let steps = [
        step(Milestone::Registered.as_str(), milestone_text(Milestone::Registered), came),
        step("concluded", CONCLUDED, ended),
        step(Milestone::Agreed.as_str(), milestone_text(Milestone::Agreed), agreed),
    ];
    json!({ "steps": steps, "slowest": null, "exits": [] })
}

const CONCLUDED: (&str, &str) = ("调解终结", "Mediation ended");

fn funnel(walked: &[Walked]) -> Value {
    let mut ways = Ways::default();
    let all = walked.iter().filter(|one| one.kind.is_empty() && one.channel.is_empty());
    all.for_each(|one| ways.add(one.mark, one.bucket, one.count));
    let both = |(zh, en): (&str, &str)| json!({ "zh": zh, "en": en });
    let stairs = ways.stairs();
    let registered = stairs.first().and_then(|stair| stair.count);
    let slowest = stairs.iter().filter_map(|stair| Some((stair.milestone, stair.days?)));
    let slowest = slowest.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(milestone, _)| milestone.as_str());
    let step = |stair: &Stair| {
        let mut members = Map::new();
        members.insert("step".to_owned(), json!(stair.milestone.as_str()));
        members.insert("title".to_owned(), both(milestone_text(stair.milestone)));
        members.insert("count".to_owned(), json!(stair.count));
        let share = stair.count.zip(registered).map(|(count, all)| count as f64 / all as f64);
        members.insert("share".to_owned(), json!(share));
        for (name, bound) in [("at_least", stair.at_least), ("at_most", stair.at_most)] {
            if let Some(bound) = bound {
                members.insert(name.to_owned(), json!(bound));
            }
        }
        if stair.count.is_none() {
            members.insert("suppressed".to_owned(), json!(true));
        }
        members.insert("days_median".to_owned(), json!(stair.days));
        Value::Object(members)
    };
    let exits: Vec<Value> = ways
        .exits()
        .iter()
        .map(|left| {
            let after = left.after.iter().map(|(milestone, count)| {
                json!({ "step": milestone.as_str(), "title": both(milestone_text(*milestone)), "count": count })
            });
            json!({
                "exit": left.exit.as_str(),
                "title": both(exit_text(left.exit)),
                "figure": figure(left.share),
                "after": after.collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "steps": stairs.iter().map(step).collect::<Vec<_>>(), "slowest": slowest, "exits": exits })
}

/// The packs that count at a place: its own, those above, those below.
fn packs(serving: &Serving, place: &LocalityId, chain: &[LocalityId]) -> Vec<Value> {
    let below = format!("{place}/");
    let counts = |id: &LocalityId| chain.contains(id) || id.as_str().starts_with(&below);
    let all = serving.made.packs.iter().filter(|pack| counts(&pack.id));
    all.map(|pack| {
        json!({ "pack": pack.id.as_str(), "version": pack.version, "title": text(&pack.title),
            "in_force_from": pack.from.map(|day| day.to_string()) })
    })
    .collect()
}

/// What a suggestion is told with.
struct Words<'r> {
    ruleset: &'r Ruleset,
    serving: &'r Serving,
    place: &'r LocalityId,
}

impl Words<'_> {
    fn kind(&self, id: &str) -> Text {
        let known = self.ruleset.vocabulary().kinds.get(id).cloned();
        known.unwrap_or_else(|| Text::new(id, id))
    }

    fn channel(&self, id: &str) -> Text {
        let known = self.ruleset.vocabulary().channels.get(id).map(|channel| channel.title.clone());
        known.unwrap_or_else(|| Text::new(id, id))
    }

    fn cell(&self, cell: &Cell, shown: Figure) -> Value {
        let share = shown.part.zip(shown.whole).map(|(part, whole)| {
            Share::new(u64::try_from(part).unwrap_or_default(), u64::try_from(whole).unwrap_or_default())
        });
        let (low, high) = share.and_then(Share::wilson).unzip();
        json!({
            "kind": cell.kind,
            "kind_title": text(&self.kind(&cell.kind)),
            "channel": cell.channel,
            "channel_title": text(&self.channel(&cell.channel)),
            "figure": figure(shown),
            "low": low,
            "high": high,
            "few": share.is_some_and(Share::is_of_few),
        })
    }

    /// Kinds that came to several channels of which none is clearly better, or that came to too few to say.
    fn unclear(&self, ends: &[KindEnds]) -> Vec<Value> {
        let told = ends.iter().filter_map(|one| {
            let word = match suggest::channels(&one.kind, &one.channels) {
                Channels::Unclear => "no_clear_difference",
                Channels::Few => "too_little_data",
                Channels::Better(_) => return None,
            };
            Some(json!({ "kind": one.kind, "title": text(&self.kind(&one.kind)), "why": word }))
        });
        told.collect()
    }

    fn told(&self, sort: &str, suggestion: &Suggestion) -> Value {
        let Told { zh, en, caution, evidence, draft, place, kind } = self.words(suggestion);
        let case = case(&place, &kind);
        let playground = draft.as_ref().map(|table| {
            let mut hash = form_urlencoded::Serializer::new(String::new());
            hash.append_pair("table", table).append_pair("case", &case);
            format!("/playground#{}", hash.finish())
        });
        json!({
            "sort": sort,
            "says": { "zh": zh, "en": en },
            "caution": { "zh": caution.0, "en": caution.1 },
            "evidence": evidence,
            "draft": draft.map(|table| json!({ "table": table, "case": case, "playground": playground })),
        })
    }

    fn words(&self, suggestion: &Suggestion) -> Told {
        let own = self.place.to_string();
        match suggestion {
            Suggestion::Silent { policy, rule, asked } => {
                let pack = policy.rsplit_once('/').map_or("", |(pack, _)| pack).to_owned();
                Told {
                    zh: format!("{policy}的规则{rule}在{asked}件被询问的决定中从未适用。"),
                    en: format!("Rule {rule} of {policy} never spoke in the {asked} decisions for which it was asked."),
                    caution: SILENT,
                    evidence: json!({ "policy": policy, "rule": rule, "asked": asked }),
                    draft: self.serving.made.bundle.rule_table(&pack, policy, rule),
                    kind: self.kind_of(policy),
                    place: pack,
                }
            }
            Suggestion::Behind { kind, here, elsewhere, usual } => {
                let title = self.kind(kind);
                let channel = usual.clone().or_else(|| self.mediation());
                Told {
                    zh: format!("本地没有点名“{}”的规则，其调解成功率低于上级地区的其他地方。", title.zh),
                    en: format!(
                        "No rule of this place's own names {}, and its mediation succeeds less often than elsewhere in the place above.",
                        title.en
                    ),
                    caution: COMPARED,
                    evidence: json!({ "kind": kind, "here": share(*here), "elsewhere": share(*elsewhere) }),
                    draft: channel.map(|channel| self.draft(kind, &channel)),
                    place: own,
                    kind: kind.clone(),
                }
            }
            Suggestion::Better { kind, channel, here, others } => {
                let (title, way) = (self.kind(kind), self.channel(channel));
                let others = others.iter().map(|(id, other)| {
                    let mut of = share(*other);
                    if let Value::Object(members) = &mut of {
                        members.insert("channel".to_owned(), json!(id));
                        members.insert("title".to_owned(), text(&self.channel(id)));
                    }
                    of
                });
                Told {
                    zh: format!("“{}”经“{}”调解的成功率高于案件数足以比较的其他途径。", title.zh, way.zh),
                    en: format!(
                        "{} ends with an agreement more often in {} than in the others with enough cases to compare.",
                        title.en, way.en
                    ),
                    caution: COMPARED,
                    evidence: json!({ "kind": kind, "channel": channel, "here": share(*here),
                        "others": others.collect::<Vec<_>>() }),
                    draft: Some(self.draft(kind, channel)),
                    place: own,
                    kind: kind.clone(),
                }
            }
        }
    }

    fn draft(&self, kind: &str, channel: &str) -> String {
        let (title, way) = (self.kind(kind), self.channel(channel));
        draft(kind, channel, (&title.zh, &way.zh), (&title.en, &way.en))
    }

    /// A kind that a policy covers, for a case to begin with.
    fn kind_of(&self, policy: &str) -> String {
        let kinds = self.ruleset.vocabulary().kinds.keys();
        let known = self.ruleset.localities().flat_map(|(id, _)| self.ruleset.policies_of(id));
        let target = known.into_iter().find(|one| one.id.as_str() == policy).map(|one| &one.target);
        let covered = |kind: &str| target.is_none_or(|target| target.covers_kind(kind));
        kinds.map(|kind| kind.as_str()).find(|kind| covered(kind)).unwrap_or_default().to_owned()
    }

    /// A channel of mediation of this place.
    fn mediation(&self) -> Option<String> {
        let root = self.place.as_str().split('/').next().unwrap_or_default();
        let mut all = self.ruleset.vocabulary().channels.iter();
        let found = all.find(|(_, channel)| channel.class == Class::Facilitative && channel.within.as_str() == root);
        found.map(|(id, _)| id.to_string())
    }
}

/// A suggestion in words.
struct Told {
    zh: String,
    en: String,
    caution: (&'static str, &'static str),
    evidence: Value,
    draft: Option<String>,
    /// Where the case for the playground lies, and of which kind it is.
    place: String,
    kind: String,
}

const SILENT: (&str, &str) = (
    "没有适用过，不等于不需要：法律要求的规则可能只是少有案件。草案是该规则现在的文字（不含floor），可在操作页核对其条件。",
    "That it never spoke does not mean that nobody needs it: what the law asks for may be rare. The draft is the rule as it stands, but for the floor, to look at its condition in the playground.",
);
const COMPARED: (&str, &str) = (
    "两个95%区间不重叠才会列出。这不说明原因：走不同途径、在不同地方的案件本来就可能不同。须由人判断。",
    "Told only where two 95 % intervals lie apart. It claims no cause: disputes that went there may differ. A person judges.",
);

fn share(share: Share) -> Value {
    let (low, high) = share.wilson().unzip();
    json!({ "part": share.part(), "whole": share.whole(), "value": share.value(), "low": low, "high": high })
}

/// A case for the playground to begin with.
fn case(place: &str, kind: &str) -> String {
    let case = json!({
        "case": {
            "locality": place,
            "kind": kind,
            "parties": [{ "role": "applicant", "type": "natural" }, { "role": "respondent", "type": "organisation" }],
        }
    });
    serde_json::to_string_pretty(&case).unwrap_or_default()
}
