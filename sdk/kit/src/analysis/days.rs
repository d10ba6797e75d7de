//! Days that move with the day of the case: which orders of them there are, each with a day that shows it.

use std::{
    collections::{BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
};

use maple_kernel::{Calendar, Span};

use super::{
    Undecided,
    formula::{Shift, Var},
    space::{Space, day_number, day_of},
};

/// How many different orders of days one question may have.
pub(crate) const DAY_ORDERS_MAX: usize = 4_000;
/// Days looked at before the first and after the last that a rule names, beside the longest time that it names: two
/// leap cycles, so that every month and every leap day is met in each order.
const MARGIN: i64 = 8 * 366;
/// The day that the cases of packs are filed on when they say nothing; days near it make the most readable cases.
pub(crate) const USUAL: (i16, i8, i8) = (2026, 6, 10);

/// Days of the case, one for each order.
pub(crate) struct Classes {
    /* INVARIANT: nearest to the usual day first. */ pub(crate) days: Vec<i64>,
}

/// One fact with the days it is compared with.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) cuts: BTreeSet<i64>,
    pub(crate) shifts: Vec<Shift>,
}

/// Where each day lands when it is moved by a span.
pub(crate) struct Moved(Vec<i64>);

impl Moved {
    fn new(span: Span, calendar: &Calendar, (first, last): (i64, i64)) -> Self {
        Self((first..=last).map(|day| day_number(calendar.end(day_of(day), span).day)).collect())
    }

    fn count(&self, fits: impl Fn(i64) -> bool) -> i64 {
        i64::try_from(self.0.partition_point(|end| fits(*end))).unwrap_or(i64::MAX)
    }

    fn of(&self, day: i64) -> i64 {
        usize::try_from(day).ok().and_then(|at| self.0.get(at)).copied().unwrap_or(day)
    }
}

/// Spans by where they move each day, made once; by the number of the calendar where an end on a day of rest moves.
#[derive(Default)]
pub(crate) struct Spans {
    calendars: Vec<Arc<Calendar>>,
    moved: HashMap<(Span, Option<usize>), Moved>,
}

impl Spans {
    /// The number of a calendar.
    pub(crate) fn calendar(&mut self, calendar: &Arc<Calendar>) -> usize {
        self.calendars.iter().position(|known| known == calendar).unwrap_or_else(|| {
            self.calendars.push(Arc::clone(calendar));
            self.calendars.len() - 1
        })
    }

    /// The number of a moving day when the case is of this day.
    pub(crate) fn at(&mut self, shift: Shift, day: i64, domain: (i64, i64)) -> i64 {
        let (span, calendar) = match shift {
            Shift::Today => return day,
            Shift::Within(span) | Shift::Past(span) | Shift::Beyond(span) => (span, None),
            Shift::Running(span, calendar) => (span, Some(calendar)),
        };
        let plain = Calendar::default();
        let rolled = calendar.and_then(|at| self.calendars.get(at)).map_or(&plain, AsRef::as_ref);
        let moved = self.moved.entry((span, calendar)).or_insert_with(|| Moved::new(span, rolled, domain));
        match shift {
            Shift::Within(_) | Shift::Running(..) => moved.count(|end| end < day),
            Shift::Past(_) => moved.count(|end| end <= day),
            Shift::Beyond(_) => moved.of(day) + 1,
            Shift::Today => day,
        }
    }
}

/// Every order that the days of a question can stand in, while the case is of a day of the window.
pub(crate) fn classes(
    space: &Space<'_>,
    window: (i64, i64),
    day_cuts: &BTreeSet<i64>,
    compared: &[Compared],
) -> Result<Rc<Classes>, Undecided> {
    let key = format!("{window:?}{day_cuts:?}{compared:?}");
    if let Some(known) = space.classes.borrow().get(&key) {
        return Ok(Rc::clone(known));
    }
    let found = Rc::new(enumerate(space, window, day_cuts, compared)?);
    space.classes.borrow_mut().insert(key, Rc::clone(&found));
    Ok(found)
}

fn enumerate(
    space: &Space<'_>,
    window: (i64, i64),
    day_cuts: &BTreeSet<i64>,
    compared: &[Compared],
) -> Result<Classes, Undecided> {
    let domain = space.domain(Var::Day);
    let usual = usual();
    let mut spans = space.spans.borrow_mut();
    let reach = compared.iter().flat_map(|c| &c.shifts).map(|shift| (usual - spans.at(*shift, usual, domain)).abs());
    let margin = MARGIN + reach.max().unwrap_or(0) * 2;
    let named = compared.iter().flat_map(|c| &c.cuts).chain(day_cuts).chain([&usual]).copied();
    let (least, most) = named.fold((usual, usual), |(a, b), day| (a.min(day), b.max(day)));
    // The last day of all is left out: times that end later than the engine counts end on it.
    let (first, last) = (window.0.max(least - margin), window.1.min(most + margin).min(domain.1 - 1));
    let mut best: HashMap<Vec<i64>, i64> = HashMap::new();
    let mut order = Vec::new();
    for day in first..=last {
        order.clear();
        order.push(place(day_cuts, day));
        for one in compared {
            let values: Vec<i64> = one.shifts.iter().map(|shift| spans.at(*shift, day, domain)).collect();
            order.extend(values.iter().map(|value| place(&one.cuts, *value)));
            for (at, a) in values.iter().enumerate() {
                order.extend(values.iter().skip(at + 1).map(|b| (a - b).signum()));
            }
        }
        let near = best.entry(order.clone()).or_insert(day);
        if (day - usual).abs() < (*near - usual).abs() {
            *near = day;
        }
        if best.len() > DAY_ORDERS_MAX {
            return Err(Undecided::new(format!("its days stand in more than {DAY_ORDERS_MAX} orders")));
        }
    }
    let mut days: Vec<i64> = best.into_values().collect();
    days.sort_by_key(|day| ((day - usual).abs(), *day));
    Ok(Classes { days })
}

/// Where a day stands among the cuts: twice the number of those before it, and one more when it is one itself.
fn place(cuts: &BTreeSet<i64>, day: i64) -> i64 {
    let before = i64::try_from(cuts.range(..day).count()).unwrap_or(i64::MAX / 4);
    before * 2 + i64::from(cuts.contains(&day))
}

/// The number of the usual day.
pub(crate) fn usual() -> i64 {
    let (year, month, day) = USUAL;
    maple_kernel::Day::new(year, month, day).map_or(0, day_number)
}
