//! A figure month by month, as a picture: lines for shares and times, bars for counts, always from zero.
//!
//! It is drawn here and not by a chart crate: those write colours and fonts into the picture, which would neither follow
//! the style sheet into the dark nor pass the page's policy, and none knows a month that may not be shown.

use maple_insight::figures::Unit;
use maple_wire::Language;

use super::{
    figures::{Figure, written},
    scale::axis,
};

const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 30.0;
const HEIGHT: f64 = 230.0;
const WIDTH: f64 = 720.0;
/// Where several stand beside each other.
const SMALL_WIDTH: f64 = 340.0;
/// Room that the name of a month needs.
const LABEL_WIDTH: f64 = 62.0;
/// How much of a month's room its bar takes.
const BAR_SHARE: f64 = 0.64;

/// A line across, with its number.
pub(super) struct Tick {
    pub(super) y: String,
    pub(super) label_y: String,
    pub(super) label: String,
}

/// A month's mark: a bar, a dot, or a band that hides.
pub(super) struct Mark {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
    pub(super) told: String,
}

/// The name of a month below the axis.
pub(super) struct Label {
    pub(super) x: String,
    pub(super) text: String,
}

/// The picture.
pub(super) struct Trend {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) left: String,
    pub(super) right: String,
    pub(super) base: String,
    pub(super) ticks: Vec<Tick>,
    pub(super) bars: Vec<Mark>,
    pub(super) dots: Vec<Mark>,
    pub(super) hides: Vec<Mark>,
    pub(super) lines: Vec<String>,
    pub(super) labels: Vec<Label>,
    /// True when no month has anything to show.
    pub(super) empty: bool,
}

impl Trend {
    pub(super) fn new(months: &[(&str, Figure)], unit: Unit, language: Language, small: bool) -> Self {
        let width = if small { SMALL_WIDTH } else { WIDTH };
        let share = unit == Unit::Share;
        let highest = |figure: &Figure| figure.value.or(figure.at_most).or(figure.at_least.map(|_| 1.0));
        let max = months.iter().filter_map(|(_, figure)| highest(figure)).fold(0.0, f64::max);
        let (step, count) = axis(max, share.then_some(1.0), unit == Unit::Count);
        let top = step * count as f64;
        let (base, room) = (HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP);
        let y = |value: f64| base - value / top * room;
        let each = (width - LEFT - RIGHT) / months.len().max(1) as f64;
        let left = |at: usize| LEFT + each * at as f64;
        let ticks = (0..=count).map(|at| {
            let value = step * at as f64;
            let label = if share { format!("{}%", trimmed(value * 100.0)) } else { axis_label(value, unit, language) };
            Tick { y: short(y(value)), label_y: short(y(value) + 4.5), label }
        });
        let mut picture = Self {
            width: super::figures::whole(width).unsigned_abs() as u32,
            height: super::figures::whole(HEIGHT).unsigned_abs() as u32,
            left: short(LEFT),
            right: short(width - RIGHT),
            base: short(base),
            ticks: ticks.collect(),
            bars: Vec::new(),
            dots: Vec::new(),
            hides: Vec::new(),
            lines: Vec::new(),
            labels: labels(months, each),
            empty: months.iter().all(|(_, figure)| highest(figure).is_none()),
        };
        let as_bars = matches!(unit, Unit::Count | Unit::Per10k);
        let mut line = Vec::new();
        for (at, (month, figure)) in months.iter().enumerate() {
            let told = format!("{month}: {}", figure.written(unit, language));
            let Some(value) = figure.value else {
                if figure.suppressed {
                    // As far as it is known, the band is where the figure lies.
                    let (high, low) = (figure.at_most.map_or(TOP, &y), figure.at_least.map_or(base, &y));
                    let (x, width) = (short(left(at)), short(each));
                    picture.hides.push(Mark { x, y: short(high), width, height: short(low - high), told });
                }
                picture.end(&mut line);
                continue;
            };
            let middle = left(at) + each / 2.0;
            if as_bars {
                let (x, high) = (short(left(at) + each * (1.0 - BAR_SHARE) / 2.0), short(base - y(value)));
                let mark = Mark { x, y: short(y(value)), width: short(each * BAR_SHARE), height: high, told };
                picture.bars.push(mark);
            } else {
                line.push(format!("{},{}", short(middle), short(y(value))));
                let none = String::new;
                picture.dots.push(Mark { x: short(middle), y: short(y(value)), width: none(), height: none(), told });
            }
        }
        picture.end(&mut line);
        picture
    }

    /// A line ends where a month is missing: nothing is drawn through what is not known.
    fn end(&mut self, line: &mut Vec<String>) {
        if line.len() > 1 {
            self.lines.push(line.join(" "));
        }
        line.clear();
    }
}

fn labels(months: &[(&str, Figure)], each: f64) -> Vec<Label> {
    let every = (LABEL_WIDTH / each).ceil().max(1.0);
    let every = usize::try_from(super::figures::whole(every)).unwrap_or(1);
    let named = months.iter().enumerate().filter(|(at, _)| at.is_multiple_of(every));
    named
        .map(|(at, (month, _))| Label { x: short(LEFT + each * (at as f64 + 0.5)), text: (*month).to_owned() })
        .collect()
}

fn axis_label(value: f64, unit: Unit, language: Language) -> String {
    match unit {
        Unit::Hours if language == Language::Zh => format!("{}小时", trimmed(value)),
        Unit::Hours => format!("{} h", trimmed(value)),
        Unit::Count => written(value, unit, language),
        _ => trimmed(value),
    }
}

/// A number without zeros behind its point.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn short(value: f64) -> String {
    trimmed((value * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_where_a_month_is_hidden() {
        let value = |value| Figure { value: Some(value), ..Figure::default() };
        let hidden = Figure { suppressed: true, ..Figure::default() };
        let bounded = Figure { at_least: Some(0.75), ..hidden };
        let picture = Trend::new(&[("2026-01", value(0.5)), ("2026-02", bounded)], Unit::Share, Language::En, false);
        let band = picture.hides.first().map(|band| (&*band.y, &*band.height));
        assert_eq!(band, Some(("14", "46.5")), "from the bound to all of them");
        let months = [("2026-01", value(0.5)), ("2026-02", value(0.6)), ("2026-03", hidden), ("2026-04", value(0.7))];
        let picture = Trend::new(&months, Unit::Share, Language::En, false);
        assert_eq!((picture.lines.len(), picture.dots.len(), picture.hides.len()), (1, 3, 1));
        assert_eq!(picture.ticks.first().map(|tick| (&*tick.label, &*tick.y)), Some(("0%", "200")));
        assert_eq!(picture.ticks.last().map(|tick| &*tick.label), Some("80%"));
        let counts = Trend::new(&months.map(|(month, _)| (month, value(12.0))), Unit::Count, Language::En, true);
        assert_eq!((counts.bars.len(), counts.lines.len(), counts.empty), (4, 0, false));
        assert!(Trend::new(&[], Unit::Share, Language::Zh, true).empty);
    }
}
