//! `/optimise`: how far disputes come, where they leave the way, how mediation ends, and what somebody could try.

use askama::Template;
use axum::response::Response;
use csv::Writer;
use maple_insight::figures::Unit;
use maple_wire::Problem;
use serde::Deserialize;
use serde_json::Value;

use super::{
    cases::only,
    figures::{Both, Figure, grouped, whole, written},
    overview::widest,
    places::{self, Choice},
    visit::{self, Visit, link},
};
use crate::http::{answer, optimise::optimised};

const PARAMETERS: [&str; 4] = ["locality", "kind", "from", "to"];
/// The width of the longest bar of the funnel, in units of its picture.
const BAR_WIDTH: f64 = 405.0;
/// Room for the names at its left.
const NAMES_WIDTH: f64 = 225.0;
/// The whole picture; behind a bar stands its number.
const WIDTH: u32 = 800;
const ROW_HEIGHT: u32 = 52;
const BAR_HEIGHT: u32 = 26;

/// What `/v1/insight/optimise` tells.
#[derive(Deserialize)]
struct Optimised {
    locality: Place,
    kind: Option<Place>,
    parent: Option<Place>,
    period: Period,
    shown_from: i64,
    funnel: Funnel,
    success: Vec<Success>,
    unclear: Vec<Unclear>,
    packs: Vec<Pack>,
    decisions: Decisions,
    suggestions: Vec<Suggested>,
    more_suggestions: usize,
}

#[derive(Deserialize)]
struct Place {
    id: String,
    title: Both,
}

#[derive(Deserialize)]
struct Period {
    from: String,
    to: String,
}

#[derive(Deserialize)]
struct Funnel {
    steps: Vec<Step>,
    slowest: Option<String>,
    exits: Vec<Exit>,
}

#[derive(Deserialize)]
struct Step {
    step: String,
    title: Both,
    count: Option<i64>,
    share: Option<f64>,
    at_least: Option<i64>,
    at_most: Option<i64>,
    days_median: Option<f64>,
}

#[derive(Deserialize)]
struct Exit {
    exit: String,
    title: Both,
    figure: Figure,
    after: Vec<After>,
}

#[derive(Deserialize)]
struct After {
    step: String,
    title: Both,
    count: Option<i64>,
}

#[derive(Deserialize)]
struct Success {
    kind: String,
    kind_title: Both,
    channel: String,
    channel_title: Both,
    figure: Figure,
    low: Option<f64>,
    high: Option<f64>,
    few: bool,
}

#[derive(Deserialize)]
struct Unclear {
    kind: String,
    title: Both,
    why: String,
}

#[derive(Deserialize)]
struct Pack {
    pack: String,
    version: String,
    title: Both,
    in_force_from: Option<String>,
}

#[derive(Deserialize)]
struct Decisions {
    read: Option<i64>,
    more: bool,
    asked_min: u64,
}

#[derive(Deserialize)]
struct Suggested {
    sort: String,
    says: Both,
    caution: Both,
    evidence: Value,
    draft: Option<Draft>,
}

#[derive(Deserialize)]
struct Draft {
    table: String,
    playground: String,
}

/// A step of the funnel in its picture and its table.
struct Bar {
    y: u32,
    text_y: u32,
    number_x: u32,
    width: u32,
    /// Where a count is not shown: from where to where it may reach.
    hides: Option<(u32, u32)>,
    name: String,
    count: String,
    hidden: bool,
    share: String,
    days: String,
    slowest: bool,
}

struct Gone {
    name: String,
    count: String,
    share: String,
    hidden: bool,
    after: Vec<(String, String)>,
}

/// A cell of kinds and channels, with its interval as a picture.
struct Cell {
    kind: String,
    /// True for the first row of its kind.
    first: bool,
    rows: usize,
    channel: String,
    value: String,
    counted: String,
    interval: String,
    hidden: bool,
    few: bool,
    low: u32,
    width: u32,
    dot: u32,
}

struct Try {
    sort: &'static str,
    says: String,
    caution: String,
    numbers: Vec<(String, String)>,
    draft: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "optimise.html")]
struct Page<'a> {
    v: &'a Visit,
    here: &'static str,
    place: String,
    place_title: String,
    parent: Option<(String, String)>,
    places: Vec<Choice>,
    kind: String,
    kind_title: String,
    kinds: Vec<Choice>,
    from: String,
    to: String,
    shown_from: i64,
    width: u32,
    height: u32,
    names: u32,
    bar_height: u32,
    empty: bool,
    bars: Vec<Bar>,
    exits: Vec<Gone>,
    cells: Vec<Cell>,
    unclear: Vec<String>,
    too_few: usize,
    packs: Vec<(String, String, String, String)>,
    read: String,
    more_read: bool,
    asked_min: u64,
    tries: Vec<Try>,
    more: usize,
    csv: String,
}

async fn told(v: &Visit) -> Result<Optimised, Problem> {
    only(v, &PARAMETERS)?;
    let ruleset = v.ruleset();
    let place = v.given("locality").map(|given| places::find(&ruleset, given)).transpose()?;
    let place = place.map(|(id, _)| id).or_else(|| widest(&ruleset)).map(ToString::to_string);
    let given = ["kind", "from", "to"].map(|name| (name, v.given(name)));
    let asked = [("locality", place.as_deref())].into_iter().chain(given);
    let told = optimised(&v.app, &visit::query(asked)).await?;
    serde_json::from_value(told).map_err(|_| answer::internal())
}

pub(crate) async fn optimise(visit: Visit) -> Response {
    let told = told(&visit).await;
    visit.show(told.map(|told| page(&visit, told)))
}

fn page(v: &Visit, told: Optimised) -> Page<'_> {
    let Optimised { locality, period, funnel, success, unclear, packs, decisions, suggestions, .. } = told;
    let of = |both: &Both| both.of(v.language).to_owned();
    let kind = told.kind.as_ref().map(|kind| kind.id.as_str());
    let to = |path: &str, place: &str| {
        let asked =
            [("locality", Some(place)), ("kind", kind), ("from", Some(&*period.from)), ("to", Some(&*period.to))];
        link(path, asked.into_iter().filter_map(|(name, value)| Some((name, value?))))
    };
    let bars = bars(v, &funnel);
    let height = u32::try_from(bars.len()).unwrap_or_default() * ROW_HEIGHT;
    Page {
        v,
        here: "/optimise",
        csv: to("/optimise.csv", &locality.id),
        parent: told.parent.map(|parent| (of(&parent.title), to("/optimise", &parent.id))),
        kind: kind.unwrap_or_default().to_owned(),
        kind_title: told.kind.as_ref().map(|kind| of(&kind.title)).unwrap_or_default(),
        kinds: places::kinds(v, &v.ruleset()),
        place_title: of(&locality.title),
        place: locality.id,
        places: places::choices(v, &v.ruleset()),
        from: period.from,
        to: period.to,
        shown_from: told.shown_from,
        width: WIDTH,
        height,
        names: whole(NAMES_WIDTH).unsigned_abs() as u32,
        bar_height: BAR_HEIGHT,
        empty: funnel.steps.first().is_none_or(|step| step.count.is_none()),
        bars,
        exits: funnel.exits.iter().map(|exit| gone(v, exit)).collect(),
        cells: cells(v, &success),
        unclear: unclear.iter().filter(|one| one.why == "no_clear_difference").map(|one| of(&one.title)).collect(),
        too_few: unclear.iter().filter(|one| one.why == "too_little_data").count(),
        packs: packs
            .into_iter()
            .map(|pack| (of(&pack.title), pack.pack, pack.version, pack.in_force_from.unwrap_or_default()))
            .collect(),
        read: decisions.read.map_or_else(|| format!("{}{}", v.say("少于", "fewer than "), told.shown_from), grouped),
        more_read: decisions.more,
        asked_min: decisions.asked_min,
        tries: suggestions.iter().map(|one| tried(v, one)).collect(),
        more: told.more_suggestions,
    }
}

fn percent(v: &Visit, share: f64) -> String {
    written(share, Unit::Share, v.language)
}

fn units(width: f64) -> u32 {
    u32::try_from(whole(width.max(0.0))).unwrap_or_default()
}

fn bars(v: &Visit, funnel: &Funnel) -> Vec<Bar> {
    let all = funnel.steps.first().and_then(|step| step.count).unwrap_or(0).max(1) as f64;
    let bar = |(row, step): (u32, &Step)| {
        let wide = |count: i64| units(count as f64 / all * BAR_WIDTH);
        let bound = |count: Option<i64>| count.map(wide);
        let hides = step.count.is_none().then(|| {
            let (low, high) = (bound(step.at_least).unwrap_or(0), bound(step.at_most).unwrap_or(0));
            (low, high.saturating_sub(low))
        });
        let count = match (step.count, step.at_least, step.at_most) {
            (Some(count), ..) => grouped(count),
            (None, Some(least), Some(most)) => format!("{}–{}", grouped(least), grouped(most)),
            (None, None, Some(most)) => format!("≤ {}", grouped(most)),
            _ => v.say("不显示", "not shown").to_owned(),
        };
        let width = step.count.map_or(0, wide);
        let reach = hides.map_or(width, |(low, more)| low + more);
        Bar {
            y: row * ROW_HEIGHT + (ROW_HEIGHT - BAR_HEIGHT) / 2,
            text_y: row * ROW_HEIGHT + ROW_HEIGHT / 2 + 5,
            number_x: units(NAMES_WIDTH) + reach + 8,
            width,
            hides,
            name: step.title.of(v.language).to_owned(),
            count,
            hidden: step.count.is_none(),
            share: step.share.map(|share| percent(v, share)).unwrap_or_default(),
            days: step.days_median.map(|days| self::days(v, days)).unwrap_or_default(),
            slowest: funnel.slowest.as_deref() == Some(&*step.step),
        }
    };
    (0..).zip(&funnel.steps).map(bar).collect()
}

fn days(v: &Visit, days: f64) -> String {
    if v.is_chinese() { format!("{days:.1}天") } else { format!("{days:.1} days") }
}

fn gone(v: &Visit, exit: &Exit) -> Gone {
    // After which step too few left is not told.
    let after = exit.after.iter().filter_map(|one| Some((one.title.of(v.language).to_owned(), grouped(one.count?))));
    Gone {
        name: exit.title.of(v.language).to_owned(),
        count: exit.figure.part.map_or_else(|| v.say("不显示", "not shown").to_owned(), grouped),
        share: exit.figure.written(Unit::Share, v.language),
        hidden: exit.figure.value.is_none(),
        after: after.collect(),
    }
}

fn cells(v: &Visit, success: &[Success]) -> Vec<Cell> {
    let mut last = "";
    let mut cells = Vec::new();
    for one in success {
        let hundredth = |share: f64| units((share * 100.0).round());
        let (low, high) = (one.low.map_or(0, hundredth), one.high.map_or(0, hundredth));
        let interval = one.low.zip(one.high).map(|(low, high)| format!("{}–{}", percent(v, low), percent(v, high)));
        cells.push(Cell {
            kind: one.kind_title.of(v.language).to_owned(),
            first: last != one.kind,
            rows: success.iter().filter(|other| other.kind == one.kind).count(),
            channel: one.channel_title.of(v.language).to_owned(),
            value: one.figure.written(Unit::Share, v.language),
            counted: one.figure.counted(Unit::Share, v.language),
            interval: interval.unwrap_or_default(),
            hidden: one.figure.value.is_none(),
            few: one.few,
            low,
            width: high.saturating_sub(low).max(1),
            dot: one.figure.value.map_or(0, hundredth),
        });
        last = &one.kind;
    }
    cells
}

fn tried(v: &Visit, one: &Suggested) -> Try {
    let sort = match &*one.sort {
        "kind_behind" => v.say("没有专门规则、成功率较低", "No rule of its own, and poorer"),
        "channel_better" => v.say("某一途径更常达成协议", "One channel succeeds more often"),
        _ => v.say("从未适用的规则", "A rule that never spoke"),
    };
    let mut numbers = Vec::new();
    let mut add = |name: String, of: &Value| {
        let [part, all, low, high] = ["part", "whole", "low", "high"].map(|name| of[name].as_f64());
        if let (Some(part), Some(all), Some(low), Some(high)) = (part, all, low, high) {
            let counted = format!("{} / {}", grouped(whole(part)), grouped(whole(all)));
            let value = percent(v, part / all.max(1.0));
            let told = format!("{value} · {counted} · 95%: {}–{}", percent(v, low), percent(v, high));
            numbers.push((name, told));
        }
    };
    let evidence = &one.evidence;
    let here = if one.sort == "channel_better" { ("该途径", "There") } else { ("本地", "Here") };
    add(v.say(here.0, here.1).to_owned(), &evidence["here"]);
    add(v.say("上级地区的其他地方", "Elsewhere in the place above").to_owned(), &evidence["elsewhere"]);
    for other in evidence["others"].as_array().into_iter().flatten() {
        let title = serde_json::from_value::<Both>(other["title"].clone()).unwrap_or_default();
        add(title.of(v.language).to_owned(), other);
    }
    let language = if v.is_chinese() { "zh" } else { "en" };
    Try {
        sort,
        says: one.says.of(v.language).to_owned(),
        caution: one.caution.of(v.language).to_owned(),
        numbers,
        draft: one.draft.as_ref().map(|draft| (draft.table.clone(), format!("{}&lang={language}", draft.playground))),
    }
}

/// Every figure of the page, one a line.
pub(crate) async fn optimise_csv(visit: Visit) -> Response {
    let text = told(&visit).await.and_then(|told| lines(&told));
    visit.file("maple-optimise.csv", text)
}

const HEAD: [&str; 15] = [
    "of",
    "locality",
    "from",
    "to",
    "id",
    "after_or_channel",
    "title_zh",
    "title_en",
    "count",
    "of_count",
    "share",
    "low",
    "high",
    "days_median",
    "of_kind",
];

fn lines(told: &Optimised) -> Result<Vec<u8>, Problem> {
    let mut out = Writer::from_writer(Vec::new());
    let (place, from, to) = (told.locality.id.as_str(), told.period.from.as_str(), told.period.to.as_str());
    let of_kind = told.kind.as_ref().map_or("", |kind| kind.id.as_str());
    out.write_record(HEAD).map_err(|_| answer::internal())?;
    let mut write = |of: &str, [id, after]: [&str; 2], (zh, en): (&str, &str), figures: [&str; 6]| {
        let [count, all, share, low, high, days] = figures;
        let row = [of, place, from, to, id, after, zh, en, count, all, share, low, high, days, of_kind];
        out.write_record(row).map_err(|_| answer::internal())
    };
    let count = |count: Option<i64>| count.map_or_else(|| "suppressed".to_owned(), |count| count.to_string());
    let float = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for step in &told.funnel.steps {
        let (n, share, days) = (count(step.count), float(step.share), float(step.days_median));
        write("step", [&step.step, ""], step.title.both(), [&n, "", &share, "", "", &days])?;
    }
    for exit in &told.funnel.exits {
        let (n, share) = (count(exit.figure.part), float(exit.figure.value));
        write("exit", [&exit.exit, ""], exit.title.both(), [&n, "", &share, "", "", ""])?;
        for after in &exit.after {
            let n = count(after.count);
            write("exit_after", [&exit.exit, &after.step], after.title.both(), [&n, "", "", "", "", ""])?;
        }
    }
    for one in &told.success {
        let (part, all) = (count(one.figure.part), count(one.figure.whole));
        let (share, low, high) = (float(one.figure.value), float(one.low), float(one.high));
        let title = one.kind_title.both();
        write("success", [&one.kind, &one.channel], title, [&part, &all, &share, &low, &high, ""])?;
    }
    for one in &told.suggestions {
        let evidence = &one.evidence;
        let text = |name: &str| evidence[name].as_str().unwrap_or_default();
        if let Some(asked) = evidence["asked"].as_u64() {
            let figures = ["0", &asked.to_string(), "0", "", "", ""];
            write(&one.sort, [text("policy"), text("rule")], one.says.both(), figures)?;
        }
        let others = evidence["others"].as_array().into_iter().flatten();
        let others = others.map(|other| (other["channel"].as_str().unwrap_or_default(), other));
        let here = if text("channel").is_empty() { "here" } else { text("channel") };
        let own = [(here, &evidence["here"]), ("elsewhere", &evidence["elsewhere"])];
        for (whose, share) in own.into_iter().chain(others).filter(|(_, share)| share.is_object()) {
            let [part, all, value, low, high] =
                ["part", "whole", "value", "low", "high"].map(|name| share[name].to_string());
            write(&one.sort, [text("kind"), whose], one.says.both(), [&part, &all, &value, &low, &high, ""])?;
        }
    }
    let more = told.more_suggestions.to_string();
    write(
        "more_suggestions",
        ["", ""],
        ("未列出的建议", "Suggestions that are not listed"),
        [&more, "", "", "", "", ""],
    )?;
    for one in &told.unclear {
        write("unclear", [&one.kind, &one.why], one.title.both(), [""; 6])?;
    }
    if of_kind.is_empty() {
        let (read, after) = (count(told.decisions.read), if told.decisions.more { "older_ones_not" } else { "" });
        let title = ("已查看的决定", "Recorded decisions that were looked into");
        write("decisions", ["read", after], title, [&read, "", "", "", "", ""])?;
    }
    out.into_inner().map_err(|_| answer::internal())
}
