//! `/`: one map of how disputes are settled, with every figure beside its picture.

use askama::Template;
use axum::response::Response;
use csv::Writer;
use maple_insight::figures::{Indicator, Month as MonthOfYear, Unit};
use maple_kernel::{LocalityId, Ruleset};
use maple_wire::{Problem, indicator_text, nearest};
use serde::Deserialize;

use super::{
    figures::{self, Both, Figure, Figures, grouped},
    places::{self, Choice},
    tiles::{Spot, Tiles},
    trend::Trend,
    visit::{self, Visit, link},
};
use crate::{
    http::{answer, insight::mapped, query},
    shapes::Shapes,
};

/// What is shown where nobody chooses.
const INDICATOR: Indicator = Indicator::MedSucc;
const PARAMETERS: [&str; 5] = ["locality", "kind", "from", "to", "indicator"];

/// The map, as `/v1/insight/map` tells it.
#[derive(Deserialize)]
struct Map {
    locality: Place,
    period: Period,
    shown_from: i64,
    figures: Figures,
    /// Nothing where the period is longer than a year.
    year_before: Option<Figures>,
    parent: Option<Part>,
    children: Vec<Part>,
    trend: Vec<Month>,
    kinds: Vec<OfKind>,
}

#[derive(Clone, Deserialize)]
struct Place {
    id: String,
    title: Both,
    population: Option<u64>,
    tile: Option<(u16, u16)>,
}

#[derive(Deserialize)]
struct Period {
    from: String,
    to: String,
}

#[derive(Deserialize)]
struct Part {
    locality: Place,
    figures: Figures,
}

#[derive(Deserialize)]
struct Month {
    month: String,
    figures: Figures,
}

#[derive(Deserialize)]
struct OfKind {
    kind: String,
    title: Option<Both>,
    registered: Option<i64>,
}

/// What is asked about.
struct Asked {
    indicator: Indicator,
    kind: Option<String>,
    /* Only where somebody said so. */
    from: Option<String>,
    to: Option<String>,
    map: Map,
}

async fn asked(visit: &Visit) -> Result<Asked, Problem> {
    let (mut indicator, mut place) = (INDICATOR, None);
    query::read(&visit.query(), |name, value| {
        match name {
            "indicator" => indicator = read_indicator(value)?,
            "locality" => place = Some(value.to_owned()),
            "kind" | "from" | "to" => {}
            other => return Err(query::unknown(other, &PARAMETERS)),
        }
        Ok(())
    })?;
    let ruleset = visit.ruleset();
    let place = match &place {
        Some(given) => Some(places::find(&ruleset, given)?.0),
        None => widest(&ruleset),
    };
    let own = ["kind", "from", "to"].map(|name| (name, visit.given(name)));
    let pairs = [("locality", place.map(LocalityId::as_str))].into_iter().chain(own);
    let map = mapped(&visit.app, &visit::query(pairs)).await?;
    let map = serde_json::from_value(map).map_err(|_| answer::internal())?;
    let [kind, from, to] = own.map(|(_, value)| value.map(str::to_owned));
    Ok(Asked { indicator, kind, from, to, map })
}

fn read_indicator(value: &str) -> Result<Indicator, query::Wrong> {
    Indicator::of(value).ok_or_else(|| {
        let near = nearest(value, Indicator::ALL.iter().map(|one| one.as_str()));
        let (en, zh) = match near {
            Some(near) => (format!("; did you mean `{near}`?"), format!("；是否为{near}？")),
            None => (String::new(), String::new()),
        };
        (format!("there is no such indicator{en}"), format!("没有这一指标{zh}"))
    })
}

/// The root with the most places below it.
pub(super) fn widest(ruleset: &Ruleset) -> Option<&LocalityId> {
    let below = |root: &LocalityId| ruleset.localities().filter(|(_, place)| place.chain.first() == Some(root)).count();
    let roots = ruleset.localities().filter(|(_, place)| place.chain.len() == 1).map(|(id, _)| id);
    roots.min_by_key(|root| std::cmp::Reverse(below(root)))
}

/// A row of the table of indicators.
struct Row {
    title: &'static str,
    formula: &'static str,
    href: String,
    current: bool,
    pair: bool,
    value: String,
    hidden: bool,
    counted: String,
    year_before: String,
    parent: String,
}

/// A row of the table of places or months.
struct Line {
    name: String,
    href: String,
    people: String,
    cells: Vec<Cell>,
    counted: String,
}

struct Cell {
    text: String,
    hidden: bool,
}

/// A picture of months, with the name of what it shows.
struct Chart {
    title: &'static str,
    /// For wide and for narrow windows, each with the class and the id of its picture.
    pictures: Vec<(Trend, &'static str, String)>,
    empty: bool,
}

struct Bar {
    name: String,
    href: String,
    count: String,
    width: u32,
    hidden: bool,
}

/// A comparison.
struct Beside {
    name: String,
    value: String,
    difference: Option<String>,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'a> {
    v: &'a Visit,
    here: &'static str,
    place: String,
    place_title: String,
    people: String,
    above: Vec<(String, String)>,
    roots: Vec<(String, String)>,
    from: String,
    to: String,
    kind: String,
    kind_title: String,
    places: Vec<Choice>,
    kinds: Vec<Choice>,
    indicators: Vec<(&'static str, &'static str)>,
    indicator: &'static str,
    title: &'static str,
    formula: &'static str,
    better: &'static str,
    value: String,
    hidden: bool,
    few: bool,
    counted: String,
    compared: Vec<Beside>,
    pairs: Vec<Beside>,
    tiles: Tiles,
    columns: Vec<&'static str>,
    children: Vec<Line>,
    has_people: bool,
    has_counts: bool,
    charts: Vec<Chart>,
    hides_months: bool,
    months: Vec<Line>,
    rows: Vec<Row>,
    parent: Option<String>,
    bars: Vec<Bar>,
    shown_from: i64,
    csv: String,
    to_cases: String,
    to_decisions: String,
}

impl Asked {
    /// The page with something else chosen.
    fn href(&self, path: &str, changes: &[(&str, &str)]) -> String {
        let indicator = (self.indicator != INDICATOR).then(|| self.indicator.as_str());
        let now = [
            ("locality", Some(self.map.locality.id.as_str())),
            ("from", self.from.as_deref()),
            ("to", self.to.as_deref()),
            ("kind", self.kind.as_deref()),
            ("indicator", indicator),
        ];
        let changed = |name: &str| changes.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        let pairs = now.into_iter().filter_map(|(name, value)| Some((name, changed(name).or(value)?)));
        link(path, pairs)
    }

    /// The indicator and those without which it is never shown.
    fn together(&self) -> Vec<Indicator> {
        [self.indicator].into_iter().chain(self.indicator.pair().iter().copied()).collect()
    }
}

pub(crate) async fn overview(visit: Visit) -> Response {
    let asked = asked(&visit).await;
    visit.show(asked.map(|asked| page(&visit, &asked)))
}

fn page<'a>(v: &'a Visit, asked: &Asked) -> Overview<'a> {
    let (map, indicator, ruleset) = (&asked.map, asked.indicator, v.ruleset());
    let (unit, words) = (indicator.unit(), indicator_text(indicator));
    let own = figures::of(&map.figures, indicator);
    let parent = map.parent.as_ref();
    let at = |id: &LocalityId| {
        let to = asked.href("/", &[("locality", id.as_str())]);
        (places::title(v, &ruleset, id.as_str()), to)
    };
    let chain = ruleset.locality(&map.locality.id).map(|(_, here)| here.chain.clone()).unwrap_or_default();
    let own_root = chain.first().cloned();
    let roots = ruleset.localities().filter(|(_, place)| place.chain.len() == 1).map(|(id, _)| id);
    let charts: Vec<Chart> = asked.together().into_iter().map(|one| chart(v, asked, one)).collect();
    Overview {
        v,
        here: "/",
        people: map
            .locality
            .population
            .map(|people| grouped(people.try_into().unwrap_or(i64::MAX)))
            .unwrap_or_default(),
        place: map.locality.id.clone(),
        above: chain.iter().take(chain.len().saturating_sub(1)).map(at).collect(),
        roots: roots.filter(|id| Some(*id) != own_root.as_ref()).map(at).collect(),
        from: map.period.from.clone(),
        to: map.period.to.clone(),
        kind: asked.kind.clone().unwrap_or_default(),
        kind_title: asked.kind.as_deref().map(|kind| places::kind(v, &ruleset, kind)).unwrap_or_default(),
        places: places::choices(v, &ruleset),
        kinds: places::kinds(v, &ruleset),
        indicators: Indicator::ALL.iter().map(|one| (one.as_str(), title_of(v, *one))).collect(),
        indicator: indicator.as_str(),
        title: title_of(v, indicator),
        formula: v.say(words.formula.0, words.formula.1),
        better: match words.more_is_better {
            Some(true) => v.say("越高越好", "more is better"),
            Some(false) => v.say("越低越好", "less is better"),
            None => v.say("高低本身不论优劣", "neither more nor less is better by itself"),
        },
        value: own.written(unit, v.language),
        hidden: own.value.is_none(),
        few: own.suppressed,
        counted: own.counted(unit, v.language),
        compared: compared(v, asked, &own),
        pairs: indicator.pair().iter().map(|pair| beside(v, &map.figures, *pair)).collect(),
        tiles: {
            let shapes = v.app.config.shapes.as_deref();
            let spots = map.children.iter().map(|child| spot(v, asked, child, shapes, &ruleset));
            Tiles::new(spots.collect(), unit, v.language)
        },
        columns: asked.together().into_iter().map(|one| title_of(v, one)).collect(),
        children: map.children.iter().map(|child| line(v, asked, child)).collect(),
        has_counts: unit != Unit::Count,
        has_people: map.children.iter().any(|child| child.locality.population.is_some()),
        hides_months: charts
            .iter()
            .flat_map(|chart| &chart.pictures)
            .any(|(one, ..)| !one.empty && !one.hides.is_empty()),
        charts,
        months: map.trend.iter().map(|month| month_line(v, asked, month)).collect(),
        rows: Indicator::ALL.iter().map(|one| row(v, asked, *one)).collect(),
        parent: parent.map(|parent| parent.locality.title.of(v.language).to_owned()),
        bars: bars(v, asked),
        shown_from: map.shown_from,
        csv: asked.href("/overview.csv", &[]),
        to_cases: link("/cases", [("locality", &*map.locality.id)]),
        to_decisions: link("/decisions", [("locality", &*map.locality.id)]),
        place_title: map.locality.title.of(v.language).to_owned(),
    }
}

fn title_of(v: &Visit, indicator: Indicator) -> &'static str {
    let (zh, en) = indicator_text(indicator).title;
    v.say(zh, en)
}

fn compared(v: &Visit, asked: &Asked, own: &Figure) -> Vec<Beside> {
    let (indicator, map) = (asked.indicator, &asked.map);
    let unit = indicator.unit();
    let mut all = Vec::new();
    if let Some(parent) = &map.parent {
        let figure = figures::of(&parent.figures, indicator);
        // How many more disputes a province has than a city says nothing.
        let difference = own.beyond(&figure, unit, v.language).filter(|_| unit != Unit::Count);
        let name = parent.locality.title.of(v.language).to_owned();
        all.push(Beside { name, value: figure.written(unit, v.language), difference });
    }
    if let Some(earlier) = &map.year_before {
        let figure = figures::of(earlier, indicator);
        all.push(Beside {
            name: v.say("上年同期", "The year before").to_owned(),
            value: figure.written(unit, v.language),
            difference: own.beyond(&figure, unit, v.language),
        });
    }
    all
}

fn beside(v: &Visit, figures: &Figures, indicator: Indicator) -> Beside {
    let value = figures::of(figures, indicator).written(indicator.unit(), v.language);
    Beside { name: title_of(v, indicator).to_owned(), value, difference: None }
}

fn spot<'s>(v: &Visit, asked: &Asked, child: &Part, shapes: Option<&'s Shapes>, ruleset: &Ruleset) -> Spot<'s> {
    let id = child.locality.id.as_str();
    Spot {
        shape: shapes.and_then(|shapes| shapes.of(id, ruleset.locality(id).map(|(_, locality)| locality))),
        name: child.locality.title.of(v.language).to_owned(),
        href: asked.href("/", &[("locality", &child.locality.id)]),
        tile: child.locality.tile,
        figure: figures::of(&child.figures, asked.indicator),
    }
}

fn cells(v: &Visit, asked: &Asked, of: &Figures) -> Vec<Cell> {
    let cell = |one: Indicator| {
        let figure = figures::of(of, one);
        Cell { text: figure.written(one.unit(), v.language), hidden: figure.value.is_none() }
    };
    asked.together().into_iter().map(cell).collect()
}

fn line(v: &Visit, asked: &Asked, child: &Part) -> Line {
    let people = child.locality.population.map(|people| grouped(people.try_into().unwrap_or(i64::MAX)));
    Line {
        name: child.locality.title.of(v.language).to_owned(),
        href: asked.href("/", &[("locality", &child.locality.id)]),
        people: people.unwrap_or_default(),
        cells: cells(v, asked, &child.figures),
        counted: figures::of(&child.figures, asked.indicator).counted(asked.indicator.unit(), v.language),
    }
}

fn month_line(v: &Visit, asked: &Asked, month: &Month) -> Line {
    Line {
        name: month.month.clone(),
        href: String::new(),
        people: String::new(),
        cells: cells(v, asked, &month.figures),
        counted: figures::of(&month.figures, asked.indicator).counted(asked.indicator.unit(), v.language),
    }
}

fn chart(v: &Visit, asked: &Asked, indicator: Indicator) -> Chart {
    let months: Vec<(&str, Figure)> =
        asked.map.trend.iter().map(|month| (month.month.as_str(), figures::of(&month.figures, indicator))).collect();
    let widths: &[(bool, &str)] =
        if asked.indicator.pair().is_empty() { &[(false, "wide"), (true, "narrow")] } else { &[(true, "small")] };
    let picture = |(small, class): &(bool, &'static str)| {
        let id = format!("{class}-{}", indicator.as_str().to_ascii_lowercase());
        (Trend::new(&months, indicator.unit(), v.language, *small), *class, id)
    };
    let pictures: Vec<_> = widths.iter().map(picture).collect();
    Chart { title: title_of(v, indicator), empty: pictures.iter().all(|(picture, ..)| picture.empty), pictures }
}

fn row(v: &Visit, asked: &Asked, indicator: Indicator) -> Row {
    let (unit, map) = (indicator.unit(), &asked.map);
    let own = figures::of(&map.figures, indicator);
    let words = indicator_text(indicator);
    Row {
        title: title_of(v, indicator),
        formula: v.say(words.formula.0, words.formula.1),
        href: asked.href("/", &[("indicator", indicator.as_str())]),
        current: indicator == asked.indicator,
        pair: !indicator.pair().is_empty(),
        value: own.written(unit, v.language),
        hidden: own.value.is_none(),
        counted: own.counted(unit, v.language),
        year_before: map.year_before.as_ref().map_or_else(
            || v.say("不比较", "not compared").to_owned(),
            |earlier| figures::of(earlier, indicator).written(unit, v.language),
        ),
        parent: map
            .parent
            .as_ref()
            .map_or_else(String::new, |parent| figures::of(&parent.figures, indicator).written(unit, v.language)),
    }
}

/// The width of the longest bar, in units of its picture.
const BAR_WIDTH: f64 = 300.0;

fn bars(v: &Visit, asked: &Asked) -> Vec<Bar> {
    let most = asked.map.kinds.iter().filter_map(|kind| kind.registered).max().unwrap_or(1).max(1) as f64;
    let mut sorted: Vec<&OfKind> = asked.map.kinds.iter().collect();
    sorted.sort_by_key(|kind| std::cmp::Reverse(kind.registered));
    let bar = |kind: &OfKind| Bar {
        name: kind.title.as_ref().map_or(kind.kind.as_str(), |title| title.of(v.language)).to_owned(),
        href: asked.href("/", &[("kind", &kind.kind)]),
        count: kind.registered.map_or_else(|| v.say("不显示", "not shown").to_owned(), grouped),
        width: kind.registered.map_or(0, |count| {
            u32::try_from(figures::whole(count as f64 / most * BAR_WIDTH)).unwrap_or_default().max(1)
        }),
        hidden: kind.registered.is_none(),
    };
    sorted.into_iter().map(bar).collect()
}

/// Every figure of the page, one a line.
pub(crate) async fn overview_csv(visit: Visit) -> Response {
    let text = asked(&visit).await.and_then(|asked| written(&asked));
    visit.file("maple-map.csv", text)
}

const HEAD: [&str; 12] =
    ["of", "locality", "title_zh", "title_en", "from", "to", "indicator", "unit", "value", "part", "whole", "bound"];

fn written(asked: &Asked) -> Result<Vec<u8>, Problem> {
    let map = &asked.map;
    let mut out = Writer::from_writer(Vec::new());
    let (from, to) = (map.period.from.as_str(), map.period.to.as_str());
    let mut parts: Vec<(&str, &Place, &str, &str, &Figures)> = vec![("place", &map.locality, from, to, &map.figures)];
    let earlier =
        |month: &str| month.parse::<MonthOfYear>().map(|month| month.plus(-12).to_string()).unwrap_or_default();
    let (from_before, to_before) = (earlier(from), earlier(to));
    parts.extend(map.year_before.iter().map(|year| ("year_before", &map.locality, &*from_before, &*to_before, year)));
    parts.extend(map.parent.iter().map(|parent| ("parent", &parent.locality, from, to, &parent.figures)));
    parts.extend(map.children.iter().map(|child| ("child", &child.locality, from, to, &child.figures)));
    parts.extend(map.trend.iter().map(|month| ("month", &map.locality, &*month.month, &*month.month, &month.figures)));
    let mut write = |row: [&str; 12]| out.write_record(row).map_err(|_| answer::internal());
    write(HEAD)?;
    for (of, place, from, to, figures) in parts {
        for indicator in Indicator::ALL {
            let figure = figures::of(figures, *indicator);
            let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
            let count = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
            let bound = match (figure.at_least, figure.at_most) {
                (Some(least), _) => format!(">={least}"),
                (_, Some(most)) => format!("<={most}"),
                _ if figure.suppressed => "suppressed".to_owned(),
                _ => String::new(),
            };
            let (zh, en) = place.title.both();
            let unit = indicator.unit().as_str();
            let (value, part, whole) = (number(figure.value), count(figure.part), count(figure.whole));
            let id = indicator.as_str();
            write([of, &place.id, zh, en, from, to, id, unit, &value, &part, &whole, &bound])?;
        }
    }
    for kind in &map.kinds {
        let (zh, en) = kind.title.as_ref().map(Both::both).unwrap_or_default();
        let count = kind.registered.map(|count| count.to_string()).unwrap_or_default();
        let bound = if kind.registered.is_none() { "suppressed" } else { "" };
        write(["kind", &kind.kind, zh, en, from, to, "REGISTERED", "count", &count, &count, "", bound])?;
    }
    out.into_inner().map_err(|_| answer::internal())
}
