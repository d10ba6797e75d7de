//! Figures as the map tells them, and as people read them.

use std::collections::BTreeMap;

use maple_insight::figures::{Indicator, Unit};
use maple_wire::Language;
use serde::Deserialize;

use super::visit::say;

/// Hours above which days are told.
const HOURS_MAX: f64 = 72.0;
const HOURS_OF_DAY: f64 = 24.0;

/// A text in both languages.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Both {
    zh: String,
    en: String,
}

impl Both {
    pub(super) fn of(&self, language: Language) -> &str {
        say(language, &self.zh, &self.en)
    }

    pub(super) fn both(&self) -> (&str, &str) {
        (&self.zh, &self.en)
    }
}

/// A figure as it may be shown.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Figure {
    pub(super) value: Option<f64>,
    pub(super) part: Option<i64>,
    pub(super) whole: Option<i64>,
    pub(super) at_least: Option<f64>,
    pub(super) at_most: Option<f64>,
    pub(super) suppressed: bool,
}

/// All figures of a place or a month.
pub(super) type Figures = BTreeMap<String, Figure>;

pub(super) fn of(figures: &Figures, indicator: Indicator) -> Figure {
    figures.get(indicator.as_str()).copied().unwrap_or_default()
}

impl Figure {
    /// The figure in words; what may not be shown by its bound, where it has one.
    pub(super) fn written(&self, unit: Unit, language: Language) -> String {
        match (self.value, self.at_least, self.at_most) {
            (Some(value), ..) => written(value, unit, language),
            (None, Some(least), _) => format!("≥ {}", bound(least, f64::floor, language)),
            (None, None, Some(most)) => format!("≤ {}", bound(most, f64::ceil, language)),
            _ if self.suppressed => say(language, "不显示", "not shown").to_owned(),
            _ => say(language, "无数据", "no data").to_owned(),
        }
    }

    /// What it is a share of, or how many it rests on.
    pub(super) fn counted(&self, unit: Unit, language: Language) -> String {
        match (unit, self.part, self.whole) {
            (Unit::Share, Some(part), Some(whole)) => format!("{} / {}", grouped(part), grouped(whole)),
            (Unit::Share, None, Some(whole)) => format!("… / {}", grouped(whole)),
            (Unit::Hours, _, Some(whole)) => {
                let count = grouped(whole);
                if language == Language::Zh { format!("{count}件") } else { format!("{count} cases") }
            }
            (Unit::Per10k, Some(part), _) => grouped(part),
            _ => String::new(),
        }
    }

    /// How far it is from another, where both are known.
    pub(super) fn beyond(&self, other: &Self, unit: Unit, language: Language) -> Option<String> {
        let far = self.value? - other.value?;
        let zh = language == Language::Zh;
        let text = match unit {
            Unit::Share => format!("{:+.1}{}", far * 100.0, if zh { "个百分点" } else { " points" }),
            Unit::Hours => format!("{far:+.1}{}", if zh { "小时" } else { " h" }),
            Unit::Per10k => format!("{far:+.2}"),
            Unit::Count => {
                let base = other.value.filter(|base| *base > 0.0)?;
                let percent = far * 100.0 / base;
                if zh { format!("{percent:+.1}%") } else { format!("{percent:+.1} %") }
            }
        };
        // A difference that rounds to nothing has no sign, and a minus is not a hyphen.
        let nothing = text.chars().all(|letter| !letter.is_ascii_digit() || letter == '0');
        Some(if nothing { text.trim_start_matches(['+', '-']).to_owned() } else { text.replacen('-', "−", 1) })
    }
}

/// A value in its unit.
pub(super) fn written(value: f64, unit: Unit, language: Language) -> String {
    let zh = language == Language::Zh;
    match unit {
        Unit::Share if zh => format!("{:.1}%", value * 100.0),
        Unit::Share => format!("{:.1} %", value * 100.0),
        Unit::Hours if value > HOURS_MAX => {
            let days = value / HOURS_OF_DAY;
            if zh { format!("{days:.1}天") } else { format!("{days:.1} days") }
        }
        Unit::Hours if zh => format!("{value:.1}小时"),
        Unit::Hours => format!("{value:.1} h"),
        Unit::Per10k => format!("{value:.2}"),
        Unit::Count => grouped(whole(value)),
    }
}

/// A bound, rounded to the side on which it stays true.
fn bound(share: f64, round: impl Fn(f64) -> f64, language: Language) -> String {
    let percent = round(share * 1000.0) / 10.0;
    if language == Language::Zh { format!("{percent:.1}%") } else { format!("{percent:.1} %") }
}

#[expect(clippy::cast_possible_truncation, reason = "counts are far below 2^53")]
pub(super) const fn whole(value: f64) -> i64 {
    value as i64
}

/// A count with its thousands apart.
pub(super) fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if count < 0 { format!("−{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Language = Language::En;

    #[test]
    fn figures_are_written_as_people_read_them() {
        let value = |value| Figure { value: Some(value), ..Figure::default() };
        let hidden = Figure { suppressed: true, ..Figure::default() };
        for (figure, unit, en, zh) in [
            (value(0.634), Unit::Share, "63.4 %", "63.4%"),
            (value(5.25), Unit::Hours, "5.2 h", "5.2小时"),
            (value(84.0), Unit::Hours, "3.5 days", "3.5天"),
            (value(1_234_567.0), Unit::Count, "1,234,567", "1,234,567"),
            (value(12.345), Unit::Per10k, "12.35", "12.35"),
            (hidden, Unit::Share, "not shown", "不显示"),
            (Figure { at_least: Some(0.9058), ..hidden }, Unit::Share, "≥ 90.5 %", "≥ 90.5%"),
            (Figure { at_most: Some(0.0941), ..hidden }, Unit::Share, "≤ 9.5 %", "≤ 9.5%"),
            (Figure::default(), Unit::Share, "no data", "无数据"),
        ] {
            assert_eq!((&*figure.written(unit, EN), &*figure.written(unit, Language::Zh)), (en, zh), "{figure:?}");
        }
    }

    #[test]
    fn differences_are_told_where_both_are_known() {
        let value = |value| Figure { value: Some(value), ..Figure::default() };
        assert_eq!(value(0.6).beyond(&value(0.65), Unit::Share, EN).unwrap(), "−5.0 points");
        assert_eq!(value(0.6).beyond(&value(0.6), Unit::Share, EN).unwrap(), "0.0 points");
        assert_eq!(value(120.0).beyond(&value(100.0), Unit::Count, EN).unwrap(), "+20.0 %");
        assert_eq!(value(1.0).beyond(&value(0.0), Unit::Count, EN), None);
        assert_eq!(value(1.0).beyond(&Figure::default(), Unit::Share, EN), None);
    }
}
