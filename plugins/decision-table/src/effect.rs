//! Effects: what a row says when it holds. Everything that does not depend on the case is put together ahead of time.

use maple_guest::{
    Claim, Clock, Day, Duty, Field, Level, Offer, Precondition, Preference, Refusal, Selector, Signal, Span, Subject,
    Table, Value,
};

use crate::keys::{Keys, Slot, View};

/// A compiled effect.
#[derive(Debug)]
pub(crate) enum Effect {
    /// The same for every case.
    Fixed(Claim),
    /// An offer that also asks for the languages of the parties.
    Speaking(Offer, Slot),
    /// A clock that runs from a day of the case, which counts as its first or does not count.
    Running(Clock, Start, Count),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    Today,
    Filed,
    Fact(Slot),
}

/// Whether the day a clock runs from counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// Three months *from* a day: the day does not count.
    From,
    /// Three months *beginning with* a day: it does.
    BeginningWith,
}

impl Effect {
    /// Compiles an effect; `None` with complaints when something is wrong.
    pub(crate) fn compile(table: &Table<'_>, keys: &mut Keys) -> Option<Self> {
        let kind = table.need("do");
        Some(Self::Fixed(match kind.text()? {
            "offer" => return offer(table, keys),
            "clock" => return clock(table, keys),
            "prefer" => prefer(table)?,
            "require-first" => {
                let (first, before) = (table.need("require-first"), table.need("before").code());
                Precondition::of(first.code()?, before?).into()
            }
            "forbid" => Selector::channel(table.need("forbid").code()?).into(),
            "forbid-class" => Selector::class(table.need("forbid-class").code()?).into(),
            "duty" => duty(table)?,
            "signal" => signal(table)?,
            "derive" => derive(table)?,
            "refer" => Refusal::new(table.need("refer").code()?, "").into(),
            other => {
                table.ignore_rest();
                kind.complain(&format!("is not an effect: `{other}`"), EFFECTS);
                return None;
            }
        }))
    }

    /// The facts of the case that it uses.
    pub(crate) fn slots(&self, slots: &mut Vec<Slot>) {
        match self {
            Self::Speaking(_, slot) | Self::Running(_, Start::Fact(slot), _) => slots.push(*slot),
            Self::Fixed(_) | Self::Running(..) => {}
        }
    }

    /// The claim for this case; none for a clock whose day is not known.
    pub(crate) fn claim(&self, view: &View<'_>) -> Option<Claim> {
        match self {
            Self::Fixed(claim) => Some(claim.clone()),
            Self::Speaking(offer, slot) => Some(speaking(offer.clone(), *slot, view).into()),
            Self::Running(clock, start, count) => {
                let start = start.day(view)?;
                Some(Clock { start, span: count.span(start, clock.span), ..clock.clone() }.into())
            }
        }
    }
}

const EFFECTS: &str = "one of offer, prefer, require-first, forbid, forbid-class, duty, clock, signal, derive, refer";

const SUBJECTS: &str = "subject (organisation:ROLE, place, project, kind, station, own-case)";

impl Start {
    fn day(self, view: &View<'_>) -> Option<Day> {
        match self {
            Self::Today => Some(view.case.day),
            Self::Filed => Some(view.case.filed),
            Self::Fact(slot) => view.fact(slot)?.as_day(),
        }
    }
}

impl Count {
    /// The span as the host counts it, which never counts the first day. One that counts it is told in days, since the
    /// day before may be of a shorter month.
    fn span(self, start: Day, span: Span) -> Span {
        match self {
            Self::From => span,
            Self::BeginningWith => {
                let days = start.moved(span, true).days_since(start) - 1;
                Span::days(u16::try_from(days).unwrap_or(u16::MAX))
            }
        }
    }
}

fn speaking(mut offer: Offer, slot: Slot, view: &View<'_>) -> Offer {
    for party in &view.case.parties {
        if let Some(Value::Text(language)) = view.of_party(party, slot) {
            let skill = format!("lang_{language}");
            if !offer.skills.contains(&skill) {
                offer.skills.push(skill);
            }
        }
    }
    offer
}

fn offer(table: &Table<'_>, keys: &mut Keys) -> Option<Effect> {
    let channel = table.need("offer").code();
    let (due, from) = (table.get("due"), table.get("from"));
    let due = match (due.is_present(), from.is_present()) {
        (false, false) => None,
        (true, true) => due.span().zip(from.code()).map(|(span, event)| span.after(event)),
        (true, false) => {
            due.complain("has no event to run from", "add `from`, such as `acceptance`");
            None
        }
        (false, true) => {
            from.complain("has no length", "add `due`, such as `15 days`");
            None
        }
    };
    let offer = Offer {
        body: table.get("body").code().map(Into::into),
        skills: table.get("skills").codes().into_iter().map(Into::into).collect(),
        due,
        weight: weight(table.get("weight")).unwrap_or(0),
        chargeable: table.get("chargeable").flag().unwrap_or(false),
        ..Offer::to(channel.unwrap_or_default())
    };
    let skills_from = table.get("skills-from").code().map(|key| keys.slot(key));
    channel?;
    Some(match skills_from {
        Some(slot) => Effect::Speaking(offer, slot),
        None => Effect::Fixed(offer.into()),
    })
}

fn weight(field: Field<'_>) -> Option<i16> {
    field.count(-100..=100).and_then(|weight| i16::try_from(weight).ok())
}

fn prefer(table: &Table<'_>) -> Option<Claim> {
    let (channel, weight) = (table.need("prefer").code(), weight(table.need("weight")));
    Some(Preference::of(channel?, weight?).into())
}

fn duty(table: &Table<'_>) -> Option<Claim> {
    let (code, bearer) = (table.need("duty").code(), table.get("bearer").code());
    let params = table.get("with").facts();
    Some(Duty { code: code?.into(), bearer: bearer.map(Into::into), params }.into())
}

fn clock(table: &Table<'_>, keys: &mut Keys) -> Option<Effect> {
    let (code, from, span) = (table.need("clock").code(), table.need("from").code(), table.need("span").span());
    let warn = table.get("warn").items().unwrap_or_default().into_iter();
    let warn = warn.filter_map(|days| days.count(0..=3_660).and_then(|days| u16::try_from(days).ok()));
    let warn: Vec<u16> = warn.collect();
    let start = match from? {
        "today" => Start::Today,
        "filed" => Start::Filed,
        key => Start::Fact(keys.slot(key)),
    };
    let count = match table.get("first-day-counts").flag() {
        Some(true) => Count::BeginningWith,
        _ => Count::From,
    };
    let epoch = Day { year: 1970, month: 1, day: 1 };
    Some(Effect::Running(Clock::of(code?, epoch, span?).warn(&warn), start, count))
}

fn signal(table: &Table<'_>) -> Option<Claim> {
    let code = table.need("signal").code();
    let level = table.need("level").word("level (blue, yellow, orange, red)", Level::parse);
    let subject = table.need("subject").word(SUBJECTS, Subject::parse);
    let measures = table.get("measures").codes().into_iter().map(Into::into).collect();
    let responsible = table.get("responsible").code().map(Into::into);
    let handle_within: Option<Span> = table.get("handle-within").span();
    Some(Signal { measures, responsible, handle_within, ..Signal::of(code?, level?, subject?) }.into())
}

fn derive(table: &Table<'_>) -> Option<Claim> {
    let (key, value) = (table.need("derive").code(), table.need("value").value());
    Some(maple_guest::Fact::new(key?, value?).into())
}
