//! Whether rows that disagree have an effect at all where they do.

use maple_bundle::table::Effect;
use maple_kernel::{CONSENT, ChannelId, Class, Decision, LocalityId, Mode};

use super::{
    super::{
        Undecided,
        formula::{Formula, Var},
        lines::{Line, lies_in},
        set::Set,
        space::Space,
        study::{self, Study},
        witness::Witness,
    },
    Entry, Field, Offers,
};

/// How many rules that open or close a channel are looked at together.
const OPENERS_MAX: usize = 200;

/// Lines that close a channel, with what they say.
pub(super) fn closers<'s, 't>(study: &'s Study<'t>) -> Offers<'s, 't> {
    let channels = &study.space.ruleset.vocabulary().channels;
    let mut closers = Offers::new();
    for (line, effect) in study.counting() {
        let Effect::Forbid(selector) = effect else { continue };
        for id in channels.keys().filter(|id| study.closes(selector, id.as_str())) {
            closers.entry(id.as_str()).or_default().push((line, effect));
        }
    }
    closers
}

/// A case on which both speak and one of them has an effect; nothing where neither ever has one.
pub(super) fn shown(
    study: &Study<'_>,
    field: &Field<'_, '_>,
    a: &Entry<'_, '_>,
    b: &Entry<'_, '_>,
    meet: Formula,
    window: (i64, i64),
) -> Result<Option<Witness>, Undecided> {
    let place = &a.line.policy.locality;
    let both = |d: &Decision<'_>| study::said(d, a.line, a.effect) && study::said(d, b.line, b.effect);
    let acts = |d: &Decision<'_>| both(d) && !(inert(d, a, b) && inert(d, b, a));
    let way = way(study, field, a, b);
    let clear = match &way {
        Way::Clear(parts) => study.show(
            &Formula::All(std::iter::once(meet.clone()).chain(parts.iter().cloned()).collect()),
            window,
            place,
        )?,
        Way::Unasked | Way::Crowded => None,
    };
    if let Some(witness) = &clear
        && study.confirm(witness, acts).is_ok()
    {
        return Ok(clear);
    }
    let Some(witness) = study.show(&meet, window, place)? else { return Ok(None) };
    study.confirm(&witness, both)?;
    if matches!(way, Way::Unasked) || study.confirm(&witness, acts).is_ok() {
        return Ok(Some(witness));
    }
    if matches!(way, Way::Clear(_)) && clear.is_none() && !study.is_untold(place) {
        return Ok(None); // nobody opens the way where both speak
    }
    let why = "where both speak, neither has an effect in the case that was tried".to_owned();
    Err(Undecided { why, case: Some(witness.json) })
}

/// True when an effect changes nothing in a decision, and not because of the other one.
fn inert(decision: &Decision<'_>, entry: &Entry<'_, '_>, other: &Entry<'_, '_>) -> bool {
    let by_other = format!("closed by {} {}", other.line.policy.id, other.line.rule());
    let idle = |fate: &str| {
        ["removed by ", "without effect", "left out", "replaced by "].iter().any(|idle| fate.starts_with(idle))
            || (fate.starts_with("closed by ") && fate != by_other)
    };
    study::fates(decision, entry.line, entry.effect).all(idle)
}

/// What two effects need to have one.
enum Way {
    /// Nothing beside being said.
    Unasked,
    /// More rules than are looked at have to do with it.
    Crowded,
    /// All of this.
    Clear(Vec<Formula>),
}

/// For offers and preferences, that the channel is open: somebody offers it, and nobody beside the two closes it. For times,
/// that no pack above runs the same clock, which then counts.
fn way(study: &Study<'_>, field: &Field<'_, '_>, a: &Entry<'_, '_>, b: &Entry<'_, '_>) -> Way {
    let near = |line: &Line<'_>| line.hull.meets(&a.line.hull) && line.hull.meets(&b.line.hull);
    let channel = match a.effect {
        Effect::Offer { channel, .. } | Effect::Prefer { channel, .. } => channel,
        Effect::Clock { code, start, .. } => {
            let same =
                |effect: &&Effect| matches!(effect, Effect::Clock { code: c, start: s, .. } if c == code && s == start);
            let own = &a.line.policy.locality;
            let above =
                |line: &&Line<'_>| line.policy.locality != *own && lies_in(own, &line.policy.locality) && near(line);
            let uppers = study.lines().filter(|line| line.policy.mode == Mode::Enforce).filter(above);
            let heard = uppers.flat_map(|line| line.row.then.iter().filter(same).map(|effect| line.heard(effect)));
            let parts: Vec<Formula> = heard.map(Formula::not).collect();
            return if parts.len() > OPENERS_MAX { Way::Crowded } else { Way::Clear(parts) };
        }
        _ => return Way::Unasked,
    };
    let of = |all: &Offers<'_, '_>| -> Vec<Formula> {
        let all = all.get(channel.as_str()).into_iter().flatten();
        let own = |effect: &Effect| std::ptr::eq(effect, a.effect) || std::ptr::eq(effect, b.effect);
        let others = all.filter(|(line, effect)| !own(effect) && near(line));
        others.map(|(line, effect)| line.heard(effect)).collect()
    };
    let (opens, closes) = (of(&field.offers), of(&field.closers));
    if opens.len() + closes.len() > OPENERS_MAX {
        return Way::Crowded;
    }
    let mut parts: Vec<Formula> = closes.into_iter().map(Formula::not).collect();
    parts.extend(open_to_all(study, &a.line.policy.locality, channel));
    if matches!(a.effect, Effect::Prefer { .. }) {
        parts.push(Formula::Any(opens));
    }
    Way::Clear(parts)
}

/// That the host itself does not close the channel: nobody refuses mediation (H02), and nobody may be in danger (H04).
fn open_to_all(study: &Study<'_>, place: &LocalityId, channel: &ChannelId) -> Vec<Formula> {
    let space = &study.space;
    let mediates = space.ruleset.vocabulary().channels.get(channel).is_some_and(|own| own.class == Class::Facilitative);
    let mut open = Vec::new();
    if let (true, Some((consent, _))) = (mediates, space.fact(&CONSENT.0.into()))
        && let Some(refusal) = space.word_number(consent, CONSENT.1)
    {
        let refuses = Formula::In(Var::Own(consent), Set::one(refusal));
        open.push(Formula::not(Formula::Some(Box::new(refuses))));
    }
    let guardrails = space.ruleset.locality(place.as_str()).map(|(_, place)| &place.guardrails);
    for safety in guardrails.into_iter().flat_map(|guardrails| &guardrails.safety) {
        if !(mediates && safety.closes_mediation || safety.closes.contains(channel)) {
            continue;
        }
        let flags = safety.flags.iter().filter_map(|flag| space.fact(flag));
        open.extend(flags.map(|(flag, _)| Formula::not(Formula::In(Var::Fact(flag), Set::one(1)))));
        let kinds = Space::names(space.kinds.iter().map(|k| k.as_str()), |k| safety.kinds.iter().any(|p| p.covers(k)));
        open.push(Formula::not(Formula::In(Var::Kind, kinds)));
    }
    open
}
