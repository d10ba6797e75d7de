//! Numbers between bands that say different things.

use std::collections::{BTreeMap, BTreeSet};

use super::{GRID_CELLS_MAX, Grid, Order, cells, grids, hole, order, shape, topics, verb};
use crate::analysis::{
    Undecided,
    formula::{Domain, Var},
    lines::{Line, Sheet},
    set::Set,
    space::Space,
    study::{Study, Told},
};

/// A single number, cent or day between two bands that no row of the table answers, whatever the bands say: `max` and the
/// next `min`, or `below` and `above` at one figure, that do not meet. More of them where the bands answer one question.
pub(super) fn find(
    study: &Study<'_>,
    sheet: &Sheet<'_>,
    seen: &mut BTreeSet<String>,
    told: &mut Told,
) -> Result<(), Undecided> {
    let mut families: BTreeMap<Vec<(Var, Option<Domain>)>, Vec<&Line<'_>>> = BTreeMap::new();
    for line in sheet.lines.iter().filter(|line| line.bands.exact) {
        families.entry(shape(line)).or_default().push(line);
    }
    let grids = families.values().filter(|lines| lines.len() > 1).flat_map(|lines| grids(lines));
    for (lines, dims) in grids.filter(|(_, dims)| dims.len() == 1) {
        let axes: Vec<Vec<Set>> = dims.iter().map(|var| cells(&study.space, &lines, *var)).collect();
        let orders: Vec<Order> = dims.iter().map(|var| order(&study.space, *var)).collect();
        let (Some(cells), Some(Order::Numbers | Order::Law), Some(var)) = (axes.first(), orders.first(), dims.first())
        else {
            continue;
        };
        if cells.len() > GRID_CELLS_MAX {
            return Err(Undecided::new(format!("its bands are more than {GRID_CELLS_MAX}")));
        }
        let grid = Grid::new(&axes, &dims, &lines);
        // Rules for single numbers, such as grades, are no bands.
        let reaches = |edge: i64, from: bool| {
            let sets = lines.iter().filter_map(|line| line.bands.domains.get(var));
            let mut ends = sets.flat_map(|domain| domain.set.intervals());
            ends.any(|(first, last)| first < last && edge == if from { *first } else { *last })
        };
        let wide = is_one_question(&study.space, &lines, *var);
        let one = |at: &usize| {
            let ends = cells.get(*at).and_then(|cell| Some((cell.first()?, cell.last()?)));
            ends.is_some_and(|(first, last)| {
                (first == last || wide && !is_said_around(&lines, *var, first))
                    && reaches(first.saturating_sub(1), false)
                    && reaches(last.saturating_add(1), true)
            })
        };
        for at in (0..cells.len()).filter(one).filter(|at| grid.is_hole(*at, &orders)) {
            if told.full() {
                told.stop();
                return Ok(());
            }
            hole(study, sheet, "", &lines, &dims, grid.cell(at), seen, told)?;
        }
    }
    Ok(())
}

/// True when bands on both sides of a number say the same: then it is told as what they leave between them.
fn is_said_around(lines: &[&Line<'_>], var: Var, number: i64) -> bool {
    let of = |below: bool| -> BTreeSet<String> {
        let lies = |line: &&&Line<'_>| {
            let last = line.bands.domains.get(&var).and_then(|domain| domain.set.last());
            last.is_some_and(|last| (last < number) == below)
        };
        lines.iter().filter(lies).flat_map(|line| topics(line)).collect()
    };
    !of(true).is_disjoint(&of(false))
}

/// A band from its first to its last number, with the kinds of things that are said of it.
type Band = (i64, i64, BTreeSet<String>);

/// True when rows that say different things are the bands of one question all the same: from the one edge to the other, none
/// over another, and somewhere one begins just where one ends that says something else. Few of something and many of it may
/// else be two rules that have nothing to do with each other.
fn is_one_question(space: &Space<'_>, lines: &[&Line<'_>], var: Var) -> bool {
    let span = |line: &&Line<'_>| {
        let set = &line.bands.domains.get(&var)?.set;
        let verbs: BTreeSet<String> = topics(line).iter().map(|topic| verb(topic).to_owned()).collect();
        (set.intervals().len() == 1).then_some(())?;
        Some((set.first()?, set.last()?, verbs))
    };
    let Some(mut bands) = lines.iter().map(span).collect::<Option<Vec<Band>>>() else { return false };
    bands.sort();
    let (low, high) = space.domain(var);
    let whole = bands.first().is_some_and(|band| band.0 == low) && bands.last().is_some_and(|band| band.1 == high);
    let pairs = || bands.iter().zip(bands.iter().skip(1));
    let meets = |(a, b): (&Band, &Band)| a.1.saturating_add(1) == b.0 && a.2.is_disjoint(&b.2);
    whole && pairs().all(|(a, b)| a.1 < b.0) && pairs().any(meets)
}
