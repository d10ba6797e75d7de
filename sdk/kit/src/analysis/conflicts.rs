//! Two rows that contradict each other on one case.

mod live;

use std::collections::{BTreeMap, BTreeSet};

use maple_bundle::{Diagnostic, Severity, table::Effect};
use maple_kernel::{Channel, Mode, RuleId, Selector, Span, Unit};

use super::{
    Undecided,
    formula::{Formula, Hull, Var},
    lines::Line,
    pairs,
    study::{self, Study, Told, related},
    witness::Witness,
    words,
};

/// How many pairs of one question are asked of the solver.
pub(crate) const QUESTIONS_MAX: usize = 50_000;
/// Days of rest, beside the weekends of the weeks that are worked, which some working days in a row meet at most, once for
/// every [`CLOSED_EVERY`] of them: what China's holidays of 2020 to 2030 come to, Spring Festival with its weekends.
const CLOSED_DAYS_MAX: u32 = 8;
/// Working days between two long holidays, at least.
const CLOSED_EVERY: u32 = 20;
/// How many alternatives of a condition are looked at one by one.
const ALTERNATIVES_MAX: usize = 64;

/// What two effects can disagree about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    /// A clock from one day.
    Clock(String, String),
    /// Two channels, one of which comes first.
    Order(String, String),
    /// A derived fact.
    Derive(String),
    /// How far a channel moves.
    Prefer(String),
    /// By when a step is due after one event.
    Due(String, String, String),
    /// Whether a channel is open.
    Gate(String),
}

/// One effect of one line, within a topic.
struct Entry<'s, 't> {
    line: &'s Line<'t>,
    effect: &'s Effect,
}

/// How a pair of effects disagrees.
struct Clash {
    message: String,
    advice: &'static str,
    /// Which of the two is overruled where both hold; a narrower row that wins is an exception, not a contradiction.
    wins: Wins,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wins {
    /// Nobody, or only by accident.
    Nobody,
    First,
    Second,
    /// The second, which also may ask for something that the first does not look at.
    Exclusion,
}

/// Every contradiction within the tables of each pack.
pub(crate) fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let field = Field { offers: offers(study), closers: live::closers(study) };
    // A table that only tries contradicts nobody.
    let heard = |pack| study.pack(pack).filter(|line| line.policy.mode == Mode::Enforce).collect();
    study.packs().into_iter().flat_map(|pack| topics(study, &field, heard(pack))).collect()
}

/// Who opens and who closes each channel.
pub(super) struct Field<'s, 't> {
    pub(super) offers: Offers<'s, 't>,
    pub(super) closers: Offers<'s, 't>,
}

/// Lines that offer a channel, with what they say.
pub(super) type Offers<'s, 't> = BTreeMap<&'s str, Vec<(&'s Line<'t>, &'s Effect)>>;

/// Every offer of a policy that counts.
pub(super) fn offers<'s, 't>(study: &'s Study<'t>) -> Offers<'s, 't> {
    let mut offers = Offers::new();
    for (line, effect) in study.counting() {
        if let Effect::Offer { channel, .. } = effect {
            offers.entry(channel.as_str()).or_default().push((line, effect));
        }
    }
    offers
}

/// That no level above offers the channel, or a trusted pack: otherwise the host does not hear that a lower pack forbids
/// it, unless the lower one replaces that offer by name (H09).
pub(super) fn not_kept_open(
    study: &Study<'_>,
    offers: &Offers<'_, '_>,
    closed: &Line<'_>,
    effect: &Effect,
) -> Vec<Formula> {
    let (Effect::Forbid(selector), false) = (effect, closed.policy.trusted) else { return Vec::new() };
    let own = closed.policy;
    let replaced = |line: &Line<'_>| {
        let names = |rule: &Option<RuleId>| rule.as_ref().is_none_or(|rule| *rule == line.row.rule);
        own.replaces.iter().any(|replaces| replaces.policy == line.policy.id && names(&replaces.rule))
    };
    let above = |line: &Line<'_>| {
        let below = own.locality.as_str().strip_prefix(line.policy.locality.as_str());
        line.policy.trusted || below.is_some_and(|rest| rest.starts_with('/'))
    };
    let keeps = |line: &Line<'_>| above(line) && !replaced(line) && line.hull.meets(&closed.hull);
    // One that is kept open keeps its whole class open.
    let all = offers.iter().filter(|(name, _)| study.closes(selector, name)).flat_map(|(_, offers)| offers);
    all.filter(|(line, _)| keeps(line)).map(|(line, effect)| Formula::not(line.heard(effect))).collect()
}

fn topics<'s, 't>(study: &'s Study<'t>, field: &Field<'s, 't>, lines: Vec<&'s Line<'t>>) -> Vec<Diagnostic> {
    let channels = &study.space.ruleset.vocabulary().channels;
    let mut topics: BTreeMap<Topic, Vec<Entry<'s, 't>>> = BTreeMap::new();
    for line in &lines {
        for effect in &line.row.then {
            for topic in of(effect, channels) {
                topics.entry(topic).or_default().push(Entry { line, effect });
            }
        }
    }
    let Some(first) = lines.first() else { return Vec::new() };
    let spot = &first.table.spot;
    let (mut told, mut asked, mut notes) = (Told::new(), 0, Vec::new());
    let mut seen = BTreeSet::new();
    let mut stopped = false;
    for (topic, entries) in &topics {
        if entries.iter().all(|entry| agrees(entry, entries, topic)) {
            continue;
        }
        let hulls: Vec<&Hull> = entries.iter().map(|entry| &entry.line.hull).collect();
        let complete = pairs::meeting(&hulls, &study.space, |a, b| {
            let (Some(a), Some(b)) = (entries.get(a), entries.get(b)) else { return true };
            let Some((a, b, clash)) = clash(topic, a, b) else { return true };
            let key = (topic, &a.line.policy.id, a.line.rule(), &b.line.policy.id, b.line.rule());
            if seen.contains(&key) {
                return true;
            }
            asked += 1;
            stopped |= told.full() || asked > QUESTIONS_MAX;
            if stopped {
                return false;
            }
            match contradicts(study, field, a, b, &clash) {
                Ok(Some((witness, severity))) => {
                    seen.insert(key);
                    told.push(report(a, b, clash, witness, severity));
                }
                Ok(None) => {}
                Err(_) if notes.len() >= study::TABLE_PROBLEMS_MAX => {}
                Err(why) => {
                    let (one, two) = (study::name(a.line, b.line), study::name(b.line, a.line));
                    notes.push(study::undecided(&a.line.row.spot, &format!("rules {one} and {two} are"), &why));
                }
            }
            true
        });
        if !complete {
            let why = Undecided::new(format!("more than {} pairs of rules", pairs::PAIRS_MAX));
            notes.push(study::undecided(spot, "contradictions of this pack's rules are", &why));
        }
    }
    let mut found = told.finish(spot, stopped);
    found.extend(notes);
    found
}

/// What an effect takes a stand on.
fn of(effect: &Effect, channels: &BTreeMap<maple_kernel::ChannelId, Channel>) -> Vec<Topic> {
    match effect {
        Effect::Clock { code, start, .. } => vec![Topic::Clock(code.to_string(), words::start(start).to_owned())],
        Effect::RequireFirst { first, before } => {
            let (a, b) = (first.min(before).to_string(), first.max(before).to_string());
            vec![Topic::Order(a, b), Topic::Gate(first.to_string())]
        }
        Effect::Derive { key, .. } => vec![Topic::Derive(key.to_string())],
        Effect::Prefer { channel, .. } => vec![Topic::Prefer(channel.to_string())],
        Effect::Offer { channel, body, due, .. } => {
            let body = body.as_ref().map_or_else(String::new, ToString::to_string);
            let due = due.as_ref().map(|due| Topic::Due(channel.to_string(), body, due.start.to_string()));
            due.into_iter().chain([Topic::Gate(channel.to_string())]).collect()
        }
        Effect::Forbid(Selector::Channel(channel)) => vec![Topic::Gate(channel.to_string())],
        Effect::Forbid(Selector::Class(class)) => {
            channels.iter().filter(|(_, c)| c.class == *class).map(|(id, _)| Topic::Gate(id.to_string())).collect()
        }
        Effect::Duty { .. } | Effect::Signal { .. } | Effect::Refer(_) => Vec::new(),
    }
}

/// True when an entry takes the same stand as the first, so that a topic on which all agree is passed over.
fn agrees(entry: &Entry<'_, '_>, entries: &[Entry<'_, '_>], topic: &Topic) -> bool {
    let Some(first) = entries.first() else { return true };
    match (topic, first.effect, entry.effect) {
        (Topic::Gate(_), Effect::Forbid(_), Effect::Forbid(_)) => true,
        (Topic::Gate(_), Effect::Forbid(_), _) | (Topic::Gate(_), _, Effect::Forbid(_)) => false,
        (Topic::Gate(_), ..) => true,
        (Topic::Due(..), Effect::Offer { due: a, .. }, Effect::Offer { due: b, .. }) => a == b,
        (
            Topic::Clock(..),
            Effect::Clock { span: a, first_day_counts: x, .. },
            Effect::Clock { span: b, first_day_counts: y, .. },
        ) => (a, x) == (b, y),
        (_, a, b) => a == b,
    }
}

/// How two entries of a topic disagree, in the order in which they are told.
fn clash<'e, 's, 't>(
    topic: &Topic,
    a: &'e Entry<'s, 't>,
    b: &'e Entry<'s, 't>,
) -> Option<(&'e Entry<'s, 't>, &'e Entry<'s, 't>, Clash)> {
    let (one, two) = (study::name(a.line, b.line), study::name(b.line, a.line));
    let both = |wins, message, advice| Some((a, b, Clash { message, advice, wins }));
    match (topic, a.effect, b.effect) {
        (
            Topic::Clock(..),
            Effect::Clock { code, start, span: x, first_day_counts: m, .. },
            Effect::Clock { span: y, first_day_counts: n, .. },
        ) => {
            if (x, m) == (y, n) {
                return None;
            }
            let from = words::start(start);
            let first_day = |counts: &bool| if *counts { ", the first day counted" } else { "" };
            let message = format!(
                "rules {one} and {two} run the clock `{code}` from `{from}` for {}{} and for {}{}",
                words::span(*x),
                first_day(m),
                words::span(*y),
                first_day(n)
            );
            both(
                Wins::Nobody,
                message,
                "a clock has one length: add to one rule a `not` with the condition of the other",
            )
        }
        (Topic::Order(..), Effect::RequireFirst { first: x, before: y }, Effect::RequireFirst { first, .. })
            if x != first =>
        {
            let message = format!("rule {one} wants `{x}` before `{y}`, and rule {two} wants `{y}` before `{x}`");
            both(Wins::Nobody, message, "nothing can come first in both directions: narrow one of the two")
        }
        (Topic::Derive(key), Effect::Derive { value: x, .. }, Effect::Derive { value: y, .. }) if x != y => {
            let message = format!("rules {one} and {two} derive `{key}` with different values");
            both(Wins::Nobody, message, "only the last would count: narrow one of the two")
        }
        (Topic::Prefer(channel), Effect::Prefer { weight: x, .. }, Effect::Prefer { weight: y, .. }) if x != y => {
            let wins = if later(b.line, a.line) { Wins::Second } else { Wins::First };
            let message = format!("rules {one} and {two} move `{channel}` by {x} and by {y}");
            both(
                wins,
                message,
                "only the later rule counts: put the special rule after the general one, or narrow one of the two",
            )
        }
        (Topic::Due(..), Effect::Offer { channel, due: Some(x), .. }, Effect::Offer { due: Some(y), .. }) if x != y => {
            let wins =
                shorter(x.span, y.span).map_or(Wins::Nobody, |first| if first { Wins::First } else { Wins::Second });
            let (x, y) = (words::span(x.span), words::span(y.span));
            let message = format!("rules {one} and {two} give `{channel}` {x} and {y} from the same event");
            both(wins, message, "the shorter time counts: narrow the rule with the longer one, or make the two agree")
        }
        (Topic::Gate(_), Effect::Forbid(_), Effect::Offer { .. } | Effect::RequireFirst { .. }) => clash(topic, b, a),
        (Topic::Gate(channel), Effect::Offer { .. }, Effect::Forbid(_)) => {
            let message = format!("rule {one} offers `{channel}`, and rule {two} forbids it");
            both(
                Wins::Exclusion,
                message,
                "what is forbidden is not offered: move the line between the two so that they do not meet",
            )
        }
        (Topic::Gate(channel), Effect::RequireFirst { first, before }, Effect::Forbid(_))
            if first.as_str() == channel =>
        {
            let message = format!("rule {one} wants `{channel}` before `{before}`, and rule {two} forbids `{channel}`");
            both(
                Wins::Exclusion,
                message,
                "nobody can go first where nobody may go: move the line between the two so that they do not meet",
            )
        }
        _ => None,
    }
}

/// True when the first line's row is heard after the second's.
fn later(a: &Line<'_>, b: &Line<'_>) -> bool {
    (&a.policy.id, a.number) > (&b.policy.id, b.number)
}

/// Whether the first span never ends after the second, or the second never after the first; `None` where that depends on
/// the day.
fn shorter(a: Span, b: Span) -> Option<bool> {
    // Shortest and longest a unit can be, in days.
    let days = |span: Span| {
        let count = u32::from(span.count);
        match span.unit {
            Unit::Hour => (count.div_ceil(24), count.div_ceil(24)),
            Unit::Day => (count, count),
            Unit::Month => (count * 28, count * 31),
            Unit::Year => (count * 365, count * 366),
            Unit::WorkingDay => (count, count + 2 * count.div_ceil(5) + CLOSED_DAYS_MAX * (1 + count / CLOSED_EVERY)),
        }
    };
    if a.unit == b.unit {
        return Some(a.count < b.count);
    }
    let (a, b) = (days(a), days(b));
    match (a.1 <= b.0, b.1 <= a.0) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// A case on which both are heard, unless one of them is a proper exception to the other. Where an exclusion asks for
/// something that the offer does not look at, it is meant as one as a rule, so that is a note.
fn contradicts(
    study: &Study<'_>,
    field: &Field<'_, '_>,
    a: &Entry<'_, '_>,
    b: &Entry<'_, '_>,
    clash: &Clash,
) -> Result<Option<(Witness, Severity)>, Undecided> {
    let also = not_kept_open(study, &field.offers, b.line, b.effect);
    let (x, y) = (heard(study, a), heard(study, b));
    let window = study::window(&study.space, [a.line, b.line]);
    let meet = Formula::All([x.clone(), y.clone()].into_iter().chain(also).collect());
    let inside =
        |inner: &Formula, outer: &Formula| study.never(&inner.clone().and(Formula::not(outer.clone())), window);
    let exception =
        |narrow: &Formula, wide: &Formula| Ok::<_, Undecided>(inside(narrow, wide)? && !inside(wide, narrow)?);
    let (excused, lined) = match clash.wins {
        Wins::Nobody => (false, true),
        Wins::First => (exception(&x, &y)?, true),
        Wins::Second => (exception(&y, &x)?, true),
        Wins::Exclusion => {
            // An offer that is closed wherever it stands, and elsewhere too, is told as masked; one that is closed just
            // where it stands leaves no line to draw, whatever the two look at.
            let (closes_inside, opens_inside) = (inside(&y, &x)?, inside(&x, &y)?);
            (closes_inside != opens_inside, closes_inside && opens_inside)
        }
    };
    if excused || study.never(&meet, window)? {
        return Ok(None);
    }
    let line = if lined { Some(meet.clone()) } else { line_between(study, a, b, meet.clone(), window)? };
    let (meet, severity) = match line {
        Some(line) => (line, Severity::Error),
        // Tables of one pack have their subjects, and an exclusion in one closes what others offer.
        // Rows of one rule were written side by side.
        None if a.line.policy.id == b.line.policy.id && a.line.rule() != b.line.rule() => (meet, Severity::Note),
        None => return Ok(None),
    };
    Ok(live::shown(study, field, a, b, meet, window)?.map(|witness| (witness, severity)))
}

/// When an effect is heard; a clock only where the day that it runs from is known.
fn heard(study: &Study<'_>, entry: &Entry<'_, '_>) -> Formula {
    let heard = entry.line.heard(entry.effect);
    match study.start_known(entry.effect) {
        Some(known) => heard.and(known),
        None => heard,
    }
}

/// An exclusion may ask for something that the other rule does not look at: then it is an exception to it. The two draw
/// one line, and draw it differently, where in some alternatives the exclusion looks only at what the other looks at.
fn line_between(
    study: &Study<'_>,
    open: &Entry<'_, '_>,
    closed: &Entry<'_, '_>,
    meet: Formula,
    window: (i64, i64),
) -> Result<Option<Formula>, Undecided> {
    let (a, b) = (open.line.policy, closed.line.policy);
    let told = |way: &Formula, reader| study.told(way.clone(), reader);
    let (opens, closes) = (alternatives(study, open.line)?, alternatives(study, closed.line)?);
    for open in &opens {
        let looked = asked_for(open);
        for closed in closes.iter().filter(|closed| vars(closed).is_subset(&looked)) {
            let there = Formula::All(vec![meet.clone(), told(open, a), told(closed, b)]);
            if !study.never(&there, window)? {
                return Ok(Some(there));
            }
        }
    }
    Ok(None)
}

/// The condition of a row with the facts that its policy's target asks for, one formula for each of its alternatives.
fn alternatives(study: &Study<'_>, line: &Line<'_>) -> Result<Vec<Formula>, Undecided> {
    let mut done: Vec<Vec<Formula>> = vec![Vec::new()];
    let mut parts =
        vec![study.space.condition(&line.row.when, &line.policy.locality)?, study.space.target(&line.policy.target)?];
    while let Some(part) = parts.pop() {
        match part {
            Formula::All(inner) => parts.extend(inner),
            Formula::Any(ways) if done.len() * ways.len() <= ALTERNATIVES_MAX && ways.len() > 1 => {
                done = done
                    .iter()
                    .flat_map(|before| ways.iter().map(move |way| before.iter().chain([way]).cloned().collect()))
                    .collect();
            }
            other => done.iter_mut().for_each(|way| way.push(other.clone())),
        }
    }
    Ok(done.into_iter().map(Formula::All).collect())
}

/// What an alternative asks for by itself; what it only leaves out is no line that it draws.
fn asked_for(alternative: &Formula) -> BTreeSet<Var> {
    match alternative {
        Formula::All(parts) => parts.iter().flat_map(asked_for).collect(),
        Formula::Not(_) => BTreeSet::new(),
        other => vars(other),
    }
}

fn vars(formula: &Formula) -> BTreeSet<Var> {
    let mut found = BTreeSet::new();
    formula.walk(&mut |part| match part {
        Formula::Known(var) | Formula::In(var, _) | Formula::Since(var, _) => drop(found.insert(*var)),
        Formula::AtLeast(a, b) => found.extend([*a, *b]),
        _ => {}
    });
    found
}

fn report(a: &Entry<'_, '_>, b: &Entry<'_, '_>, clash: Clash, witness: Witness, severity: Severity) -> Diagnostic {
    let advice = match severity {
        Severity::Note => "what is forbidden is not offered: where that is meant, nothing is to be done",
        _ => clash.advice,
    };
    let (one, other) = if later(a.line, b.line) { (a, b) } else { (b, a) };
    Diagnostic {
        related: vec![related(other.line, "and this rule")],
        witness: Some(witness.json),
        ..study::problem("contradiction", severity, &one.line.row.spot, clash.message, advice)
    }
}
