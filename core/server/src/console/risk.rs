//! `/risk`: what is open, the most urgent first, who should do what by when, and how the loop was closed.

mod file;
mod told;

use askama::Template;
use axum::{extract::Extension, response::Response};
use jiff::Timestamp;
use maple_insight::figures::{LoopFigure, Unit};
use maple_kernel::Ruleset;
use maple_wire::{Problem, loop_text};

use super::{
    cases::{HASH_CHARS_SHOWN, only, place_of},
    figures::{Figure, Figures, grouped, whole},
    live::action,
    places::{self, Choice},
    record::cited,
    visit::{self, Visit, link, path_to},
    words,
};
use crate::{
    access::{Caller, Role},
    http::{answer, risk::board},
};

pub(crate) use file::risk_csv;
use told::{Board, Counts, Group, Groups, Signal, Subject};

/// Signals on one page.
const PAGE_COUNT: &str = "50";
/// Rows of a group that are always shown.
const ROWS_SHOWN: usize = 5;
/// How long before a page was made it listens from: whatever was written meanwhile.
const OVERLAP_MICROS: i64 = 5_000_000;
const PARAMETERS: [&str; 9] = ["locality", "state", "level", "kind", "signal", "from", "to", "after", "done"];
/// The filters that stay when something else is chosen.
const KEPT: [&str; 7] = ["locality", "state", "level", "kind", "signal", "from", "to"];
pub(super) const LEVELS: [&str; 4] = ["red", "orange", "yellow", "blue"];

/// A signal as people read it.
struct Card {
    id: String,
    title: String,
    level: String,
    level_word: &'static str,
    overdue: bool,
    left: String,
    by_when: String,
    place: String,
    kind: String,
    about: String,
    /// All of a hash, where it is cut.
    hash: Option<String>,
    case_href: Option<String>,
    /// How many disputes are behind it, and when the latest came.
    evidence: String,
    why: String,
    basis: Vec<String>,
    measures: Vec<String>,
    responsible: String,
    state: String,
    state_class: &'static str,
    since: String,
    escalated: bool,
    action: String,
    /// What may be said of it: words of states, with what they are called.
    may: Vec<(&'static str, &'static str, &'static str)>,
}

/// How many there are of each level.
struct Tile {
    level: &'static str,
    word: &'static str,
    count: String,
    href: String,
    current: bool,
}

struct Line {
    name: String,
    hash: bool,
    href: Option<String>,
    open: String,
    overdue: String,
    levels: Vec<(&'static str, &'static str, String)>,
}

/// What is open, divided in one way.
struct Division {
    key: &'static str,
    title: &'static str,
    lines: Vec<Line>,
    rest: Vec<Line>,
}

/// How a loop was closed, in words.
struct RateRow {
    name: String,
    /// A share from 0 to 300 and what is not known of it, as a run; none where nothing may be shown.
    bar: Option<(u32, u32, u32)>,
    cells: Vec<(String, String, bool)>,
}

struct Formula {
    title: &'static str,
    text: &'static str,
}

#[derive(Template)]
#[template(path = "risk.html")]
struct Risk<'a> {
    v: &'a Visit,
    here: &'static str,
    place: String,
    place_title: String,
    places: Vec<Choice>,
    kinds: Vec<Choice>,
    kind: &'a str,
    level: &'a str,
    state: &'a str,
    signal: &'a str,
    signals: Vec<Choice>,
    states: Vec<(&'static str, String)>,
    levels: Vec<(&'static str, &'static str)>,
    from: String,
    to: String,
    /// When it was made, and how a page listens.
    at: String,
    listen: String,
    since: i64,
    own: String,
    done: Option<String>,
    over: bool,
    open: String,
    overdue: String,
    late: bool,
    acknowledged: String,
    tiles: Vec<Tile>,
    divisions: Vec<Division>,
    cards: Vec<Card>,
    first: Option<String>,
    next: Option<String>,
    columns: Vec<&'static str>,
    formulas: Vec<Formula>,
    all: RateRow,
    rates: Vec<RateRow>,
    shown_from: i64,
    csv: String,
    csv_rates: String,
    csv_max: String,
}

pub(crate) async fn risk(visit: Visit, Extension(caller): Extension<Caller>) -> Response {
    let page = page(&visit, &caller).await;
    visit.show_live(page)
}

/// A board as it is asked for, at a place of whoever asks.
async fn asked(
    v: &Visit,
    caller: &Caller,
    place: Option<&str>,
    after: Option<&str>,
    count: &str,
) -> Result<Board, Problem> {
    let kept = KEPT.into_iter().filter(|name| *name != "locality").map(|name| (name, v.given(name)));
    let pairs = kept.chain([("locality", place), ("after", after), ("count", Some(count))]);
    let found = board(&v.app, caller, &visit::query(pairs)).await?;
    serde_json::from_value(found).map_err(|_| answer::internal())
}

async fn page<'a>(v: &'a Visit, caller: &Caller) -> Result<Risk<'a>, Problem> {
    only(v, &PARAMETERS)?;
    let ruleset = v.ruleset();
    let place = place_of(v, caller, &ruleset)?;
    let after = v.given("after");
    let found = asked(v, caller, place.as_deref(), after, PAGE_COUNT).await?;
    let now: Timestamp = found.at.parse().map_err(|_| answer::internal())?;
    let done = match v.given("done") {
        Some(id) => ended(v, caller, id).await,
        None => None,
    };
    let href = |path: &str, changes: &[(&str, Option<&str>)]| {
        let value = |name: &'static str| {
            let now = if name == "locality" { place.as_deref() } else { v.given(name) };
            changes.iter().find(|(other, _)| *other == name).map_or(now, |(_, value)| *value)
        };
        let more = changes.iter().filter(|(name, _)| !KEPT.contains(name)).map(|(name, value)| (*name, *value));
        let pairs = KEPT.into_iter().map(|name| (name, value(name))).chain(more);
        link(path, pairs.filter_map(|(name, value)| Some((name, value?))))
    };
    let own = href("/risk", &[("after", after)]);
    let level = v.given("level").unwrap_or_default();
    let state = v.given("state").unwrap_or_default();
    let tiles = LEVELS.into_iter().zip(found.open.levels.all()).map(|(word, count)| Tile {
        level: word,
        word: words::level(word, v.language),
        count: grouped(count),
        href: href("/risk", &[("level", if word == level { None } else { Some(word) })]),
        current: word == level,
    });
    let board = Words { v, ruleset: &ruleset, now, caller };
    let listens = ["level", "kind", "signal"].map(|name| (name, v.given(name)));
    let listens = [("locality", place.as_deref())].into_iter().chain(listens);
    Ok(Risk {
        v,
        here: "/risk",
        place_title: place.as_deref().map(|place| places::title(v, &ruleset, place)).unwrap_or_default(),
        places: places::choices(v, &ruleset),
        kinds: places::kinds(v, &ruleset),
        kind: v.given("kind").unwrap_or_default(),
        level,
        state,
        signal: v.given("signal").unwrap_or_default(),
        signals: signal_words(v, &ruleset),
        states: ["raised", "acknowledged", "handled", "false_alarm"]
            .map(|word| (word, words::state(word, v.language)))
            .into(),
        levels: LEVELS.map(|word| (word, words::level(word, v.language))).into(),
        from: found.period.from.clone(),
        to: found.period.to.clone(),
        at: v.moment(&found.at),
        listen: link("/risk/live", listens.filter_map(|(name, value)| Some((name, value?)))),
        since: now.as_microsecond() - OVERLAP_MICROS,
        done,
        over: matches!(state, "handled" | "false_alarm"),
        open: grouped(found.open.open),
        overdue: grouped(found.open.overdue),
        late: found.open.overdue > 0,
        acknowledged: grouped(found.open.acknowledged),
        tiles: tiles.collect(),
        divisions: divisions(v, &ruleset, &found.groups, &href),
        cards: found.signals.iter().map(|signal| board.card(signal)).collect(),
        first: after.map(|_| href("/risk", &[])),
        next: found.next.as_deref().map(|next| href("/risk", &[("after", Some(next))])),
        columns: LoopFigure::ALL.iter().map(|one| title_of(v, *one)).collect(),
        formulas: LoopFigure::ALL.iter().map(|one| formula(v, *one)).collect(),
        all: rate(v, v.say("全部预警", "All warnings").to_owned(), &found.rates.all),
        rates: found.rates.signals.iter().map(|one| rate(v, one.signal.of(v.language), &one.figures)).collect(),
        shown_from: found.shown_from,
        csv: href("/risk.csv", &[]),
        csv_rates: href("/risk.csv", &[("table", Some("rates"))]),
        csv_max: grouped(i64::try_from(file::CSV_ROWS_COUNT_MAX).unwrap_or(i64::MAX)),
        own,
        place: place.unwrap_or_default(),
    })
}

/// What became of a signal that somebody just told of.
async fn ended(v: &Visit, caller: &Caller, id: &str) -> Option<String> {
    let signal = crate::http::signals::found(&v.app, id.to_owned()).await.ok()?;
    if !caller.may(Role::Auditor, &signal.raised.locality) {
        return None;
    }
    let ruleset = v.ruleset();
    let word = ruleset.vocabulary().word(maple_kernel::WordList::Signal, &signal.raised.code);
    let title = word.map_or(signal.raised.code.as_str(), |word| v.of_text(&word.title));
    let (place, state) =
        (places::title(v, &ruleset, &signal.raised.locality), words::state(signal.state.as_str(), v.language));
    Some(if v.is_chinese() { format!("{place}“{title}”：{state}") } else { format!("{title}, {place}: {state}") })
}

fn signal_words(v: &Visit, ruleset: &Ruleset) -> Vec<Choice> {
    let all = ruleset.vocabulary().words.get(&maple_kernel::WordList::Signal).into_iter().flatten();
    all.map(|(code, word)| Choice { id: code.to_string(), title: v.of_text(&word.title).to_owned() }).collect()
}

/// Makes a link to the board with something else chosen.
type Href<'h> = dyn Fn(&str, &[(&str, Option<&str>)]) -> String + 'h;

fn divisions(v: &Visit, ruleset: &Ruleset, groups: &Groups, href: &Href<'_>) -> Vec<Division> {
    let line = |name: String, hash: bool, href: Option<String>, counts: &Counts| Line {
        name,
        hash,
        href,
        open: grouped(counts.open),
        overdue: if counts.overdue > 0 { grouped(counts.overdue) } else { String::new() },
        levels: LEVELS
            .into_iter()
            .zip(counts.levels.all())
            .filter(|(_, count)| *count > 0)
            .map(|(word, count)| (word, words::level(word, v.language), grouped(count)))
            .collect(),
    };
    let nobody = || v.say("未指明", "nobody named").to_owned();
    let named = |group: &Group| match (&group.title, &group.id) {
        (Some(title), _) => title.of(v.language).to_owned(),
        (None, Some(id)) => id.clone(),
        (None, None) => nobody(),
    };
    let linked = |name: &'static str, group: &Group| group.id.as_deref().map(|id| href("/risk", &[(name, Some(id))]));
    let rows = |groups: &[Group], name: Option<&'static str>| -> Vec<Line> {
        let row = |group: &Group| line(named(group), false, name.and_then(|name| linked(name, group)), &group.counts);
        groups.iter().map(row).collect()
    };
    let subject = |one: &Subject| {
        let sort = words::state(&one.r#type, v.language);
        let (name, hash) = about(v, ruleset, &one.r#type, &one.r#ref);
        line(format!("{sort} {name}"), hash.is_some(), None, &one.counts)
    };
    let division = |key, title, mut lines: Vec<Line>| {
        let rest = lines.split_off(lines.len().min(ROWS_SHOWN));
        Division { key, title, lines, rest }
    };
    [
        division("signal", v.say("按预警", "By warning"), rows(&groups.signal, Some("signal"))),
        division("locality", v.say("按地区", "By place"), rows(&groups.locality, Some("locality"))),
        division("kind", v.say("按纠纷类型", "By kind"), rows(&groups.kind, Some("kind"))),
        division(
            "subject",
            v.say("按所涉单位、地点、项目、站点", "By what it is about"),
            groups.subject.iter().map(subject).collect(),
        ),
        division("responsible", v.say("按责任单位", "By who should act"), rows(&groups.responsible, None)),
    ]
    .into_iter()
    .filter(|division| !division.lines.is_empty())
    .collect()
}

/// What a signal is about, in short, and all of a hash where it is cut.
fn about(v: &Visit, ruleset: &Ruleset, sort: &str, reference: &str) -> (String, Option<String>) {
    match sort {
        "organisation" | "place" | "project" if reference.chars().count() > HASH_CHARS_SHOWN => {
            let short: String = reference.chars().take(HASH_CHARS_SHOWN).collect();
            (format!("{short}…"), Some(reference.to_owned()))
        }
        "kind" => {
            let (kind, place) = reference.split_once(' ').unwrap_or((reference, ""));
            let place = if place.is_empty() { String::new() } else { places::title(v, ruleset, place) };
            (format!("{} {place}", places::kind(v, ruleset, kind)).trim().to_owned(), None)
        }
        _ => (reference.to_owned(), None),
    }
}

/// Words of one page.
struct Words<'a> {
    v: &'a Visit,
    ruleset: &'a Ruleset,
    now: Timestamp,
    caller: &'a Caller,
}

impl Words<'_> {
    fn card(&self, signal: &Signal) -> Card {
        let Self { v, ruleset, .. } = self;
        let language = v.language;
        let sort = &*signal.subject.r#type;
        let (about, hash) = about(v, ruleset, sort, &signal.subject.r#ref);
        let case_href = (sort == "case").then(|| path_to("/cases/", &signal.subject.r#ref));
        let moment = |at: &Option<String>| at.as_deref().map(|at| v.moment(at));
        let state = words::state(&signal.state, language);
        let changed = match &*signal.state {
            "acknowledged" => moment(&signal.acknowledged),
            "handled" | "false_alarm" => moment(&signal.ended),
            "expired" => Some(v.moment(&signal.expires)),
            _ => Some(v.moment(&signal.issued)),
        };
        let since = [changed, signal.by.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        let open = matches!(&*signal.state, "raised" | "acknowledged");
        Card {
            title: signal.signal.of(language),
            level: signal.level.clone(),
            level_word: words::level(&signal.level, language),
            overdue: signal.overdue,
            left: if open { self.left(signal.handle_by.as_deref()) } else { String::new() },
            by_when: moment(&signal.handle_by).unwrap_or_default(),
            place: places::title(v, ruleset, &signal.locality),
            kind: places::kind(v, ruleset, &signal.kind),
            about: format!("{} {about}", words::state(sort, language)),
            hash,
            case_href,
            evidence: self.evidence(signal),
            why: format!("{} {}", signal.policy, signal.rule),
            basis: cited(v, ruleset, &signal.basis),
            measures: signal.measures.iter().map(|measure| measure.of(language)).collect(),
            responsible: signal.responsible.as_ref().map(|who| who.of(language)).unwrap_or_default(),
            state,
            state_class: match &*signal.state {
                "raised" => "stopped",
                "acknowledged" => "shadow",
                "handled" => "on",
                _ => "",
            },
            since,
            escalated: signal.escalated.is_some(),
            action: action(&signal.id),
            may: self.may(signal),
            id: signal.id.clone(),
        }
    }

    fn evidence(&self, signal: &Signal) -> String {
        let (count, latest) = (grouped(signal.cases), self.v.moment(&signal.latest));
        match (self.v.is_chinese(), signal.cases) {
            (true, _) => format!("{count}件纠纷，最近{latest}"),
            (false, 1) => format!("1 dispute, of {latest}"),
            (false, _) => format!("{count} disputes, the latest {latest}"),
        }
    }

    /// What whoever looks may say of a signal.
    fn may(&self, signal: &Signal) -> Vec<(&'static str, &'static str, &'static str)> {
        let v = self.v;
        let take = ("acknowledged", v.say("认领", "I am at it"), "");
        let handled = |class| ("handled", v.say("已处置", "It is handled"), class);
        let back = ("raised", v.say("放回", "Give it back"), "plain");
        let false_alarm = ("false_alarm", v.say("误报", "False alarm"), "plain");
        match &*signal.state {
            _ if !self.caller.may(Role::Evaluate, &signal.locality) => Vec::new(),
            "raised" => vec![take, handled("plain"), false_alarm],
            "acknowledged" => vec![handled(""), back, false_alarm],
            _ => Vec::new(),
        }
    }

    /// The time that is left, in words.
    fn left(&self, deadline: Option<&str>) -> String {
        let Some(deadline) = deadline.and_then(|at| at.parse::<Timestamp>().ok()) else {
            return self.v.say("无处置期限", "no deadline").to_owned();
        };
        let seconds = deadline.duration_since(self.now).as_secs();
        let (amount, zh, en) = span(seconds.unsigned_abs());
        let plural = if amount == 1 { "" } else { "s" };
        match (self.v.is_chinese(), seconds < 0) {
            (true, false) => format!("还剩{amount}{zh}"),
            (true, true) => format!("已逾期{amount}{zh}"),
            (false, false) => format!("{amount} {en}{plural} left"),
            (false, true) => format!("{amount} {en}{plural} late"),
        }
    }
}

/// A span of time in its largest whole unit.
const fn span(seconds: u64) -> (u64, &'static str, &'static str) {
    match seconds {
        0..3_600 => (seconds / 60, "分钟", "minute"),
        3_600..172_800 => (seconds / 3_600, "小时", "hour"),
        _ => (seconds / 86_400, "天", "day"),
    }
}

fn title_of(v: &Visit, one: LoopFigure) -> &'static str {
    let (zh, en) = loop_text(one).title;
    v.say(zh, en)
}

fn formula(v: &Visit, one: LoopFigure) -> Formula {
    let words = loop_text(one);
    Formula { title: v.say(words.title.0, words.title.1), text: v.say(words.formula.0, words.formula.1) }
}

/// The width of the picture of a share.
const BAR_WIDTH: f64 = 300.0;

fn rate(v: &Visit, name: String, figures: &Figures) -> RateRow {
    let of = |one: LoopFigure| figures.get(one.as_str()).copied().unwrap_or_default();
    let cell = |one: &LoopFigure| {
        let figure = of(*one);
        let counted = match (one.unit(), figure.whole) {
            (Unit::Hours, Some(count)) => grouped(count),
            (unit, _) => figure.counted(unit, v.language),
        };
        (figure.written(one.unit(), v.language), counted, figure.value.is_none())
    };
    RateRow { name, bar: bar(&of(LoopFigure::Handled)), cells: LoopFigure::ALL.iter().map(cell).collect() }
}

/// The part of a bar that is sure, where the part begins that is not, and how long that is.
fn bar(figure: &Figure) -> Option<(u32, u32, u32)> {
    let wide = |share: f64| u32::try_from(whole(share * BAR_WIDTH)).unwrap_or_default();
    match (figure.value, figure.at_least, figure.at_most) {
        (Some(value), ..) => Some((wide(value), 0, 0)),
        (None, Some(least), _) => Some((wide(least), wide(least), wide(1.0) - wide(least))),
        (None, None, Some(most)) => Some((0, 0, wide(most))),
        _ => None,
    }
}
