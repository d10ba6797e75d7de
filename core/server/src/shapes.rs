//! Outlines of places, from a GeoJSON file of an administrator (RFC 7946). Read once, at the start; no network.

use std::collections::BTreeMap;

use geojson::{Feature, FeatureReader, GeoJson, GeometryValue, JsonValue, Position};
use maple_kernel::{Locality, Ruleset};

/// Bytes of the file.
pub const SHAPES_BYTES_MAX: usize = 32 << 20;
/// Features of the file.
pub const SHAPES_COUNT_MAX: usize = 5_000;
/// Points of all outlines together.
pub const SHAPE_POINTS_MAX: usize = 1_000_000;
/// The property that names a place when nobody says.
pub const SHAPE_PROPERTY: &str = "locality";
/// A file without a feature is no longer than this.
const EMPTY_BYTES_MAX: usize = 64 << 10;
/// Letters of a value that an error repeats.
const CHARS_SHOWN: usize = 64;

/// Why a file cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapesFault {
    /// The file is too large.
    #[error("the file has {0} bytes, at most {SHAPES_BYTES_MAX}; simplify the outlines, or leave out what lies below")]
    Bytes(usize),
    /// There are too many features.
    #[error("the file has more than {SHAPES_COUNT_MAX} features; leave out what lies below")]
    Count,
    /// There are too many points.
    #[error(
        "feature {feature}, `geometry`: the outlines have more than {SHAPE_POINTS_MAX} points by then; simplify them"
    )]
    Points {
        /// Its number, from 1.
        feature: usize,
    },
    /// It is no GeoJSON.
    #[error("after feature {after}: {detail}; write a FeatureCollection as in RFC 7946")]
    Broken {
        /// The last feature that could be read; 0 for none.
        after: usize,
        /// What is wrong.
        detail: String,
    },
    /// A feature says something that cannot be drawn.
    #[error("feature {feature}, `{field}`: {detail}")]
    Feature {
        /// Its number, from 1.
        feature: usize,
        /// The member.
        field: String,
        /// What is wrong, and the way out.
        detail: String,
    },
    /// No feature has an area.
    #[error("none of its {features} features has an area; give a Polygon or a MultiPolygon for each place")]
    NoArea {
        /// How many features there are.
        features: usize,
    },
    /// There is no feature at all.
    #[error("the file has no feature; write a FeatureCollection with one for each place")]
    Empty,
}

/// A ring of points: longitude and latitude, in degrees. Holes are rings, too.
pub(crate) type Ring = Vec<(f64, f64)>;
/// A polygon of the file: its rings.
type PolygonOfRings = Vec<Vec<Position>>;

/// The outlines of places, by what names them in the file: a path or an official code.
#[derive(Clone, Debug, PartialEq)]
pub struct Shapes {
    /* INVARIANT: every ring has at least three points, each within the world. */
    rings: BTreeMap<String, Vec<Ring>>,
    without_area: Vec<usize>,
}

impl Shapes {
    /// Reads the outlines of a file; `property` names the place of each feature.
    ///
    /// # Errors
    ///
    /// When the file is too large, broken, or a feature cannot be drawn; the feature and its member are named.
    pub fn read(bytes: &[u8], property: &str) -> Result<Self, ShapesFault> {
        if bytes.len() > SHAPES_BYTES_MAX {
            return Err(ShapesFault::Bytes(bytes.len()));
        }
        let mut shapes = Self { rings: BTreeMap::new(), without_area: Vec::new() };
        let mut points = 0;
        for (at, feature) in FeatureReader::from_reader(bytes).features().enumerate() {
            let number = at + 1;
            if number > SHAPES_COUNT_MAX {
                return Err(ShapesFault::Count);
            }
            let feature = feature.map_err(|error| match at {
                0 if is_empty(bytes) => ShapesFault::Empty,
                _ => ShapesFault::Broken { after: at, detail: told(&error) },
            })?;
            // A point or a line may stand in the file, and so may a place without any outline; none is drawn.
            let Some(polygons) = polygons(&feature) else {
                shapes.without_area.push(number);
                continue;
            };
            let place = named(number, &feature, property)?;
            let rings = rings(number, polygons)?;
            points += rings.iter().map(Vec::len).sum::<usize>();
            if points > SHAPE_POINTS_MAX {
                return Err(ShapesFault::Points { feature: number });
            }
            // A place of several features has all their outlines.
            shapes.rings.entry(place).or_default().extend(rings);
        }
        match (shapes.rings.is_empty(), shapes.without_area.len()) {
            (false, _) => Ok(shapes),
            (true, 0) => Err(ShapesFault::Empty),
            (true, features) => Err(ShapesFault::NoArea { features }),
        }
    }

    /// How many places have an outline.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rings.len()
    }

    /// The features, by their numbers from 1, that have no area: a geometry of points or lines, or none. They are not drawn.
    #[must_use]
    pub fn without_area(&self) -> &[usize] {
        &self.without_area
    }

    /// What the file names that is no place of a ruleset.
    #[must_use]
    pub fn unknown(&self, ruleset: &Ruleset) -> Vec<&str> {
        self.rings.keys().map(String::as_str).filter(|name| ruleset.locality(name).is_none()).collect()
    }

    /// The outline of a place.
    pub(crate) fn of(&self, id: &str, locality: Option<&Locality>) -> Option<&[Ring]> {
        let code = locality.and_then(|locality| locality.code.as_deref());
        let found = self.rings.get(id).or_else(|| self.rings.get(code?));
        found.map(Vec::as_slice)
    }
}

/// True for a collection of nothing, which the reader takes for a broken one.
fn is_empty(bytes: &[u8]) -> bool {
    let text = str::from_utf8(bytes).ok().filter(|text| text.len() <= EMPTY_BYTES_MAX);
    let read = text.and_then(|text| text.parse::<GeoJson>().ok());
    matches!(read, Some(GeoJson::FeatureCollection(all)) if all.features.is_empty())
}

/// The parser's words without its numbers of bytes, which say nothing to whoever reads them.
fn told(error: &geojson::Error) -> String {
    let text = error.to_string();
    let line: String = text.lines().next().unwrap_or_default().chars().take(200).collect();
    line
}

fn wrong(feature: usize, field: &str, detail: impl Into<String>) -> ShapesFault {
    ShapesFault::Feature { feature, field: field.to_owned(), detail: detail.into() }
}

fn named(number: usize, feature: &Feature, property: &str) -> Result<String, ShapesFault> {
    let field = format!("properties.{property}");
    let said = feature.properties.as_ref().and_then(|properties| properties.get(property));
    match said {
        Some(JsonValue::String(name)) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
        // Official codes are often written as numbers.
        Some(JsonValue::Number(code)) if code.is_u64() => Ok(code.to_string()),
        None | Some(JsonValue::Null) => {
            let known: Vec<&str> = feature
                .properties
                .iter()
                .flat_map(|properties| properties.keys().map(String::as_str).take(8))
                .collect();
            let has = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let detail = format!(
                "it is missing; it names the place by its path or its official code (the feature has: {has}); \
                 `property` in `[map]` says which one to read"
            );
            Err(wrong(number, &field, detail))
        }
        Some(other) => {
            let shown: String = other.to_string().chars().take(CHARS_SHOWN).collect();
            Err(wrong(number, &field, format!("{shown} is no path of a place and no official code")))
        }
    }
}

/// The polygons of a feature; nothing where its geometry has no area, or where it has none (RFC 7946, 3.2).
fn polygons(feature: &Feature) -> Option<Vec<&PolygonOfRings>> {
    fn gather<'g>(value: &'g GeometryValue, all: &mut Vec<&'g PolygonOfRings>) {
        match value {
            GeometryValue::Polygon { coordinates } => all.push(coordinates),
            GeometryValue::MultiPolygon { coordinates } => all.extend(coordinates),
            _ => {}
        }
    }
    let value = &feature.geometry.as_ref()?.value;
    let mut all = Vec::new();
    match value {
        // What is gathered in one may be of several sorts; those with an area are drawn.
        GeometryValue::GeometryCollection { geometries } => {
            geometries.iter().for_each(|one| gather(&one.value, &mut all))
        }
        one => gather(one, &mut all),
    }
    let areal = matches!(value, GeometryValue::Polygon { .. } | GeometryValue::MultiPolygon { .. });
    (areal || !all.is_empty()).then_some(all)
}

fn rings(number: usize, polygons: Vec<&PolygonOfRings>) -> Result<Vec<Ring>, ShapesFault> {
    let rings = polygons.into_iter().flatten();
    let rings: Vec<Ring> = rings.map(|ring| ring_of(number, ring)).collect::<Result<_, ShapesFault>>()?;
    if rings.is_empty() {
        return Err(wrong(number, "geometry.coordinates", "there is no ring"));
    }
    Ok(rings)
}

fn ring_of(number: usize, ring: &[Position]) -> Result<Ring, ShapesFault> {
    let field = "geometry.coordinates";
    let point = |position: &Position| match position.as_slice() {
        [longitude, latitude, ..] if longitude.abs() <= 180.0 && latitude.abs() <= 90.0 => Ok((*longitude, *latitude)),
        [x, y, ..] => Err(wrong(
            number,
            field,
            format!("{x}, {y} is no place on Earth: write longitude and latitude in degrees (WGS 84), not metres"),
        )),
        _ => Err(wrong(number, field, "a position has fewer than two numbers")),
    };
    let points: Ring = ring.iter().map(point).collect::<Result<_, _>>()?;
    if points.len() < 4 || points.first() != points.last() {
        return Err(wrong(number, field, "a ring has at least four positions, and its last is its first"));
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn collection(features: &[&str]) -> String {
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
    }

    fn feature(name: &str, geometry: &str) -> String {
        format!("{{\"type\":\"Feature\",\"properties\":{{\"locality\":{name}}},\"geometry\":{geometry}}}")
    }

    const SQUARE: &str =
        "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]}";

    fn read(text: &str) -> Result<Shapes, String> {
        Shapes::read(text.as_bytes(), SHAPE_PROPERTY).map_err(|fault| fault.to_string())
    }

    #[test]
    fn polygons_with_holes_and_several_are_read() {
        let several =
            "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[0,0],[1,0],[1,1],[0,0]]],[[[2,2],[3,2],[3,3],[2,2]]]]}";
        let text =
            collection(&[&feature("\"cn/a\"", SQUARE), &feature("330000", several), &feature("\"cn/a\"", SQUARE)]);
        let shapes = read(&text).unwrap();
        assert_eq!((shapes.count(), shapes.of("cn/a", None).unwrap().len()), (2, 4));
        assert_eq!(shapes.of("330000", None).unwrap().len(), 2);
        assert!(shapes.of("cn/b", None).is_none());
    }

    #[test]
    fn what_cannot_be_drawn_is_named_by_feature_and_field() {
        let good = feature("\"cn/a\"", SQUARE);
        for (bad, said) in [
            (feature("null", SQUARE), "feature 2, `properties.locality`: it is missing"),
            (feature("[1]", SQUARE), "feature 2, `properties.locality`: [1] is no path"),
            (
                feature(
                    "\"cn/b\"",
                    "{\"type\":\"Polygon\",\"coordinates\":[[[400000,3000000],[1,0],[1,1],[400000,3000000]]]}",
                ),
                "feature 2, `geometry.coordinates`: 400000, 3000000 is no place on Earth",
            ),
            (
                feature("\"cn/b\"", "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[1,1],[0,1]]]}"),
                "feature 2, `geometry.coordinates`: a ring has at least four positions",
            ),
            (
                feature("\"cn/b\"", "{\"type\":\"Polygon\",\"coordinates\":[]}"),
                "feature 2, `geometry.coordinates`: there is no ring",
            ),
            ("{\"type\":\"Feature\"".to_owned(), "after feature 1:"),
        ] {
            let told = read(&collection(&[&good, &bad])).unwrap_err();
            assert!(told.starts_with(said), "{told}");
        }
        assert!(read("not json").unwrap_err().starts_with("after feature 0:"));
        assert!(read(&collection(&[])).unwrap_err().starts_with("the file has no feature"));
    }

    #[test]
    fn what_has_no_area_is_left_out_and_told() {
        let point = "{\"type\":\"Point\",\"coordinates\":[1,2]}";
        let line = "{\"type\":\"LineString\",\"coordinates\":[[1,2],[3,4]]}";
        let both = format!("{{\"type\":\"GeometryCollection\",\"geometries\":[{point},{SQUARE}]}}");
        let of = |geometry: &str| feature("\"cn/b\"", geometry);
        let good = feature("\"cn/a\"", SQUARE);
        let shapes = read(&collection(&[&of("null"), &good, &of(point), &feature("null", line)])).unwrap();
        assert_eq!((shapes.count(), shapes.without_area()), (1, &[1, 3, 4][..]));
        let shapes = read(&collection(&[&of(&both)])).unwrap();
        assert_eq!((shapes.of("cn/b", None).unwrap().len(), shapes.without_area().len()), (2, 0));
        let told = read(&collection(&[&of(point), &of("null")])).unwrap_err();
        assert!(told.starts_with("none of its 2 features has an area"), "{told}");
    }

    #[test]
    fn each_limit_holds_at_its_edge() {
        let many = |count: usize| collection(&vec![feature("\"cn/a\"", SQUARE).as_str(); count]);
        assert!(read(&many(SHAPES_COUNT_MAX)).is_ok());
        assert!(read(&many(SHAPES_COUNT_MAX + 1)).unwrap_err().contains("more than 5000 features"));
        let ring = |points: usize| {
            let inner = "[0.5,0.5],".repeat(points - 2);
            feature("\"cn/a\"", &format!("{{\"type\":\"Polygon\",\"coordinates\":[[[0,0],{inner}[0,0]]]}}"))
        };
        assert!(read(&collection(&[&ring(SHAPE_POINTS_MAX)])).is_ok());
        let told = read(&collection(&[&ring(SHAPE_POINTS_MAX), &feature("\"cn/b\"", SQUARE)])).unwrap_err();
        assert!(told.starts_with("feature 2, `geometry`: the outlines have more than"), "{told}");
        let spaces = " ".repeat(SHAPES_BYTES_MAX + 1);
        assert!(read(&spaces).unwrap_err().starts_with("the file has 33554433 bytes"));
    }
}
