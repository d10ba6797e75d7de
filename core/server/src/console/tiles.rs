//! A map of tiles: one square for each place, roughly where it lies, so that none is seen more for being large.

use std::collections::BTreeSet;

use maple_insight::figures::Unit;
use maple_wire::Language;

use super::{
    figures::{Figure, written},
    outline::{Outline, Outlines},
    scale::{CLASSES_COUNT, class_of, classes},
};
use crate::shapes::Ring;

/// Columns and rows that are drawn; what lies further out is listed beside.
const SPAN_MAX: u16 = 40;
const TILE_WIDTH: u32 = 112;
const TILE_HEIGHT: u32 = 80;
const GAP: u32 = 6;
/// Letters of a name at full size, where a Chinese one counts as two; longer names are smaller, then cut.
const NAME_UNITS: usize = 11;
const LONG_NAME_UNITS: usize = 16;

/// A place for the map.
pub(super) struct Spot<'s> {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) tile: Option<(u16, u16)>,
    /// Its outline, where an administrator gave one.
    pub(super) shape: Option<&'s [Ring]>,
    pub(super) figure: Figure,
}

/// A place drawn as it lies.
pub(super) struct Shaped {
    pub(super) class: String,
    pub(super) name: String,
    pub(super) value: String,
    pub(super) told: String,
    pub(super) href: String,
    pub(super) outline: Outline,
}

/// A tile of the map.
pub(super) struct Tile {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) class: String,
    pub(super) name: String,
    pub(super) name_class: &'static str,
    pub(super) value: String,
    /// All of it, for whoever does not see the map.
    pub(super) told: String,
    pub(super) href: String,
}

/// A class of colour.
pub(super) struct Class {
    pub(super) name: String,
    pub(super) range: String,
}

/// The map.
pub(super) struct Tiles {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) tiles: Vec<Tile>,
    /// In the place of tiles, where there are outlines.
    pub(super) shapes: Vec<Shaped>,
    pub(super) classes: Vec<Class>,
    pub(super) hides: bool,
    pub(super) lacks: bool,
    /// Places without a tile: name, value and where they lead.
    pub(super) beside: Vec<(String, String, String)>,
}

impl Tiles {
    pub(super) const fn tile_width(&self) -> u32 {
        TILE_WIDTH
    }

    pub(super) const fn tile_height(&self) -> u32 {
        TILE_HEIGHT
    }

    pub(super) fn new(spots: Vec<Spot<'_>>, unit: Unit, language: Language) -> Self {
        let values: Vec<f64> = spots.iter().filter_map(|spot| spot.figure.value).collect();
        let scale = classes(&values, (unit == Unit::Share).then_some(1.0), unit == Unit::Count);
        let origin = |of: fn((u16, u16)) -> u16| spots.iter().filter_map(|spot| spot.tile.map(of)).min();
        let (left, top) = (origin(|tile| tile.0).unwrap_or_default(), origin(|tile| tile.1).unwrap_or_default());
        let mut map = Self {
            width: 0,
            height: 0,
            tiles: Vec::new(),
            shapes: Vec::new(),
            classes: scale.map(|(from, step)| legend(from, step, unit, language)).unwrap_or_default(),
            hides: spots.iter().any(|spot| spot.figure.suppressed),
            lacks: spots.iter().any(|spot| spot.figure.value.is_none() && !spot.figure.suppressed),
            beside: Vec::new(),
        };
        let rings: Vec<&[Ring]> = spots.iter().filter_map(|spot| spot.shape).collect();
        let outlines = Outlines::new(&rings);
        let shaped = outlines.drawn.iter().any(|one| !one.path.is_empty());
        if shaped {
            map.width = u32::try_from(outlines.width).unwrap_or_default();
            map.height = u32::try_from(outlines.height).unwrap_or_default();
        }
        let mut drawn = outlines.drawn.into_iter();
        let mut taken = BTreeSet::new();
        for spot in spots {
            let value = spot.figure.written(unit, language);
            let outline = spot.shape.and_then(|_| drawn.next()).filter(|outline| !outline.path.is_empty());
            if shaped {
                match outline {
                    Some(outline) => {
                        let (class, told) = (class(&spot.figure, scale), told(&spot.name, &value, language));
                        map.shapes.push(Shaped { class, told, outline, name: spot.name, value, href: spot.href });
                    }
                    // Without an outline, or with one too small to be seen.
                    None => map.beside.push((spot.name, value, spot.href)),
                }
                continue;
            }
            let at = spot.tile.map(|(column, row)| (column - left, row - top));
            let at = at.filter(|(column, row)| *column < SPAN_MAX && *row < SPAN_MAX && taken.insert((*column, *row)));
            let Some((column, row)) = at else {
                map.beside.push((spot.name, value, spot.href));
                continue;
            };
            let (x, y) = (u32::from(column) * (TILE_WIDTH + GAP), u32::from(row) * (TILE_HEIGHT + GAP));
            map.width = map.width.max(x + TILE_WIDTH);
            map.height = map.height.max(y + TILE_HEIGHT);
            let class = class(&spot.figure, scale);
            let (name, name_class) = fitted(&spot.name);
            // What is to be seen is said as it is seen; the whole name comes after it where it was cut.
            let mut told = told(&name, &value, language);
            if name != spot.name {
                told += &format!(" ({})", spot.name);
            }
            map.tiles.push(Tile { x, y, class, name, name_class, value, told, href: spot.href });
        }
        // Whoever goes from tile to tile goes as one reads.
        map.tiles.sort_by_key(|tile| (tile.y, tile.x));
        map.shapes.sort_by_key(|shape| (shape.outline.y, shape.outline.x));
        map
    }
}

fn class(figure: &Figure, scale: Option<(f64, f64)>) -> String {
    match (figure.value, scale) {
        (Some(value), Some((from, step))) => format!("c{}", class_of(value, from, step) + 1),
        _ if figure.suppressed => "hides".to_owned(),
        _ => "lacks".to_owned(),
    }
}

/// All of it, for whoever does not see the map.
fn told(name: &str, value: &str, language: Language) -> String {
    format!("{name}{}{value}", if language == Language::Zh { "：" } else { ": " })
}

fn legend(from: f64, step: f64, unit: Unit, language: Language) -> Vec<Class> {
    let text = |value: f64| match unit {
        Unit::Share => {
            let percent = value * 100.0;
            let digits = if (percent - percent.round()).abs() < 1e-6 { 0 } else { 1 };
            format!("{percent:.digits$}")
        }
        _ => written(value, unit, language),
    };
    let sign = match (unit, language) {
        (Unit::Share, Language::Zh) => "%",
        (Unit::Share, Language::En) => " %",
        _ => "",
    };
    let class = |at: usize| {
        let low = from + step * at as f64;
        Class { name: format!("c{}", at + 1), range: format!("{}–{}{sign}", text(low), text(low + step)) }
    };
    (0..CLASSES_COUNT).map(class).collect()
}

/// A name as it fits on a tile.
fn fitted(name: &str) -> (String, &'static str) {
    let units = |text: &str| text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum::<usize>();
    if units(name) <= NAME_UNITS {
        return (name.to_owned(), "name");
    }
    let mut cut = String::new();
    for letter in name.chars() {
        if units(&cut) + 2 > LONG_NAME_UNITS {
            cut.push('…');
            return (cut, "name long");
        }
        cut.push(letter);
    }
    (cut, "name long")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(name: &str, tile: Option<(u16, u16)>, figure: Figure) -> Spot<'static> {
        Spot { name: name.to_owned(), href: String::new(), tile, shape: None, figure }
    }

    #[test]
    fn where_there_are_outlines_they_are_drawn_and_none_is_lost() {
        let value = |value| Figure { value: Some(value), ..Figure::default() };
        let square =
            |west: f64| vec![vec![(west, 0.0), (west + 1.0, 0.0), (west + 1.0, 1.0), (west, 1.0), (west, 0.0)]];
        let (a, b) = (square(0.0), square(2.0));
        let spots = vec![
            spot("no outline", Some((1, 1)), value(0.4)),
            Spot { shape: Some(&a), ..spot("A", Some((0, 0)), value(0.5)) },
            Spot { shape: Some(&b), ..spot("B", None, value(0.9)) },
        ];
        let map = Tiles::new(spots, Unit::Share, Language::En);
        let told: Vec<&str> = map.shapes.iter().map(|shape| &*shape.told).collect();
        assert_eq!((told, map.tiles.len()), (vec!["A: 50.0 %", "B: 90.0 %"], 0));
        assert_eq!(map.beside.iter().map(|(name, ..)| &**name).collect::<Vec<_>>(), ["no outline"]);
        assert_eq!((map.width, map.height), (720, 240));
    }

    #[test]
    fn places_stand_where_they_lie_and_none_is_lost() {
        let value = |value| Figure { value: Some(value), ..Figure::default() };
        let hidden = Figure { suppressed: true, ..Figure::default() };
        let spots = vec![
            spot("B", Some((1_000, 4)), value(0.9)),
            spot("A", Some((3, 4)), value(0.5)),
            spot("C", Some((4, 3)), hidden),
            spot("D", Some((3, 4)), value(0.7)),
            spot("E", None, Figure::default()),
        ];
        let map = Tiles::new(spots, Unit::Share, Language::En);
        let drawn: Vec<_> = map.tiles.iter().map(|tile| (&*tile.name, tile.x, tile.y, &*tile.class)).collect();
        assert_eq!(drawn, [("C", 118, 0, "hides"), ("A", 0, 86, "c1")]);
        assert_eq!((map.width, map.height), (230, 166));
        assert_eq!(map.beside.iter().map(|(name, ..)| &**name).collect::<Vec<_>>(), ["B", "D", "E"]);
        assert_eq!(map.classes.iter().map(|class| &*class.range).collect::<Vec<_>>()[0], "50–60 %");
        assert!(map.hides && map.lacks);
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(fitted("Guangdong"), ("Guangdong".to_owned(), "name"));
        assert_eq!(fitted("黔西南布依族苗族自治州").0, "黔西南布依族苗族…");
    }
}
