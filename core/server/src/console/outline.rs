//! A map of outlines, where an administrator gave them: each place as it lies and as large as it is.
//!
//! Degrees become units by the equirectangular projection whose standard parallel runs through the middle of what is
//! drawn: north is up, and near that parallel lengths are true in every direction. Points that fall on the same step of
//! the picture are one, so a page stays small however fine the file is; no outline is moved by more than a step.

use crate::shapes::Ring;

/// The larger side of the picture, in its units.
const SIZE: f64 = 720.0;
/// The finest step of the picture.
const STEP: f64 = 0.5;
/// Points that a page draws; with more, the step is doubled.
const POINTS_DRAWN_MAX: usize = 20_000;
/// How often at most: a step of a quarter of the picture leaves nothing to draw.
const DOUBLINGS_MAX: u32 = 8;
/// The least width of an outline that has room for its name.
const NAMED_WIDTH_MIN: f64 = 64.0;
const NAMED_HEIGHT_MIN: f64 = 40.0;

/// An outline, drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outline {
    /// The data of an SVG path; holes are left out by `evenodd`.
    pub(super) path: String,
    /// Where its name stands.
    pub(super) x: i64,
    pub(super) y: i64,
    /// True where there is room for a name.
    pub(super) named: bool,
}

/// Outlines beside each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outlines {
    pub(super) width: i64,
    pub(super) height: i64,
    /// In the order in which they were given.
    pub(super) drawn: Vec<Outline>,
}

impl Outlines {
    pub(super) fn new(all: &[&[Ring]]) -> Self {
        let points = || all.iter().flat_map(|rings| rings.iter()).flatten();
        let bounds = |of: fn(&(f64, f64)) -> f64| {
            points()
                .map(of)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), one| (least.min(one), most.max(one)))
        };
        let ((west, east), (south, north)) = (bounds(|point| point.0), bounds(|point| point.1));
        if !(west <= east && south <= north) {
            return Self::default();
        }
        let squeeze = ((south + north) / 2.0).to_radians().cos().max(0.01);
        let (wide, high) = ((east - west) * squeeze, north - south);
        let scale = SIZE / wide.max(high).max(1e-9);
        let place = |point: &(f64, f64)| ((point.0 - west) * squeeze * scale, (north - point.1) * scale);
        let draw = |step: f64| all.iter().map(|rings| drawn(rings, &place, step)).collect::<Vec<_>>();
        let mut step = STEP;
        let mut found = draw(step);
        for _ in 0..DOUBLINGS_MAX {
            if found.iter().map(|(_, count)| count).sum::<usize>() <= POINTS_DRAWN_MAX {
                break;
            }
            step *= 2.0;
            found = draw(step);
        }
        let drawn = found.into_iter().map(|(outline, _)| outline).collect();
        Self { width: whole((wide * scale).round()).max(1), height: whole((high * scale).round()).max(1), drawn }
    }
}

/// One outline, and of how many points it is drawn.
fn drawn(rings: &[Ring], place: &impl Fn(&(f64, f64)) -> (f64, f64), step: f64) -> (Outline, usize) {
    let mut seen: Vec<Vec<(f64, f64)>> = Vec::new();
    for ring in rings {
        let stepped = |(x, y): (f64, f64)| ((x / step).round() * step, (y / step).round() * step);
        let mut points: Vec<(f64, f64)> = ring.iter().map(|point| stepped(place(point))).collect();
        points.dedup();
        // The path is closed by itself.
        if points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        // What is smaller than a step is not seen.
        if points.len() >= 3 {
            seen.push(points);
        }
    }
    let mut path = String::new();
    for points in &seen {
        for (at, (x, y)) in points.iter().enumerate() {
            path.push(if at == 0 { 'M' } else { 'L' });
            path.push_str(&format!("{} {}", short(*x), short(*y)));
        }
        path.push('Z');
    }
    let Some(largest) = seen.iter().max_by(|a, b| area(a).abs().total_cmp(&area(b).abs())) else {
        return (Outline::default(), 0);
    };
    let ((left, right), (top, bottom)) = (reach(largest, |point| point.0), reach(largest, |point| point.1));
    let (middle, y) = centre(largest).unwrap_or(((left + right) / 2.0, (top + bottom) / 2.0));
    // A name stands where there is most room beside it, not in a hole.
    let (x, room) = widest(&seen, y).unwrap_or((middle, 0.0));
    let named = room >= NAMED_WIDTH_MIN && bottom - top >= NAMED_HEIGHT_MIN;
    let count = seen.iter().map(Vec::len).sum();
    (Outline { path, x: whole(x.round()), y: whole(y.round()), named }, count)
}

/// The least and the most of some points.
fn reach(points: &[(f64, f64)], of: fn(&(f64, f64)) -> f64) -> (f64, f64) {
    let all = points.iter().map(of);
    all.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), one| (least.min(one), most.max(one)))
}

/// The middle and the width of the widest stretch within all rings on a line across.
fn widest(rings: &[Vec<(f64, f64)>], y: f64) -> Option<(f64, f64)> {
    let crossing = |(a, b): (&(f64, f64), &(f64, f64))| {
        ((a.1 > y) != (b.1 > y)).then(|| a.0 + (b.0 - a.0) * (y - a.1) / (b.1 - a.1))
    };
    let mut crossings: Vec<f64> = rings.iter().flat_map(|ring| pairs(ring).filter_map(crossing)).collect();
    crossings.sort_by(f64::total_cmp);
    let within = crossings.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
    within.map(|(from, to)| ((from + to) / 2.0, to - from)).max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Twice the area within a ring, with its turn as its sign.
fn area(points: &[(f64, f64)]) -> f64 {
    pairs(points).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum()
}

fn pairs(points: &[(f64, f64)]) -> impl Iterator<Item = (&(f64, f64), &(f64, f64))> {
    points.iter().zip(points.iter().cycle().skip(1))
}

/// The centre of gravity; none of a line.
fn centre(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let area = area(points);
    if area.abs() < 1e-6 {
        return None;
    }
    let sum = pairs(points).fold((0.0, 0.0), |sum, (a, b)| {
        let cross = a.0 * b.1 - b.0 * a.1;
        (sum.0 + (a.0 + b.0) * cross, sum.1 + (a.1 + b.1) * cross)
    });
    Some((sum.0 / (3.0 * area), sum.1 / (3.0 * area)))
}

fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[expect(clippy::cast_possible_truncation, reason = "the picture is small")]
const fn whole(value: f64) -> i64 {
    value as i64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use super::*;

    fn square(west: f64, south: f64, side: f64) -> Ring {
        let (east, north) = (west + side, south + side);
        vec![(west, south), (east, south), (east, north), (west, north), (west, south)]
    }

    #[test]
    fn north_is_up_east_is_right_and_lengths_are_true_at_the_middle() {
        let (a, b) = ([square(0.0, 0.0, 1.0)], [square(3.0, 2.0, 1.0)]);
        let map = Outlines::new(&[&a, &b]);
        // At the equator a degree is as wide as it is high: four by three degrees.
        assert_eq!((map.width, map.height), (720, 540));
        assert!(map.drawn[0].x < map.drawn[1].x && map.drawn[0].y > map.drawn[1].y);
        let north = [square(0.0, 59.5, 1.0)];
        let map = Outlines::new(&[&north]);
        assert_eq!((map.width, map.height), (360, 720), "at 60 degrees a degree is half as wide");
    }

    #[test]
    fn holes_and_several_parts_are_one_path() {
        let rings = [square(0.0, 0.0, 4.0), square(1.0, 1.0, 1.0), square(6.0, 0.0, 1.0)];
        let map = Outlines::new(&[&rings]);
        assert_eq!(map.drawn[0].path.matches('M').count(), 3);
        assert!(map.drawn[0].named);
        // Not in the hole, which lies around the middle.
        let ring = [square(0.0, 0.0, 4.0), square(1.5, 1.5, 1.0)];
        let drawn = &Outlines::new(&[&ring]).drawn[0];
        assert!(drawn.y == 360 && (drawn.x < 270 || drawn.x > 450), "{drawn:?}");
        assert_eq!(Outlines::new(&[]).drawn.len(), 0);
    }

    #[test]
    fn however_fine_the_file_is_the_page_stays_small() {
        let circle = |count: usize| -> Ring {
            let turn = |at: usize| (at % count) as f64 / count as f64 * std::f64::consts::TAU;
            (0..=count).map(|at| (turn(at).cos(), turn(at).sin())).collect()
        };
        let all: Vec<[Ring; 1]> = (0..40).map(|_| [circle(20_000)]).collect();
        let given: Vec<&[Ring]> = all.iter().map(<[Ring; 1]>::as_slice).collect();
        let map = Outlines::new(&given);
        let points: usize = map.drawn.iter().map(|one| one.path.matches(['M', 'L']).count()).sum();
        assert!((1_000..=POINTS_DRAWN_MAX).contains(&points), "{points}");
        // What is smaller than a step is not drawn, and is not lost either.
        let (large, dust) = ([square(0.0, 0.0, 10.0)], [square(1.0, 1.0, 0.000_1)]);
        let map = Outlines::new(&[&large, &dust]);
        assert_eq!(map.drawn[1], Outline::default());
    }
}
