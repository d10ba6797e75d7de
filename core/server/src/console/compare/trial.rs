//! The latest recorded cases, decided under both versions that are compared.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use maple_insight::{
    backtest::{Aspect, ClockChange, First, Tally},
    figures::Unit,
};
use maple_kernel::{Code, Ruleset, WordList};
use maple_wire::{FlawCode, Problem, guardrail_meaning};
use tokio::time::timeout;

use super::{FORM_BYTES_MAX, Sides, Version, page, sides};
use crate::{
    access::{Caller, Role},
    app::App,
    console::{
        figures::{grouped, written},
        places,
        session::FORM,
        visit::{Visit, path_to},
    },
    control::{Control, Refusal},
    http::{
        activations::{self, controlled},
        answer,
        body::{self, Terms as BodyTerms},
        insight::wrong,
    },
    trial::{self, Changed, Pair, Told, Tried},
};

/// Recorded cases, where nobody says how many.
const CASES_COUNT: u32 = 200;
/// Kept bundles that are offered.
const BUNDLES_OFFERED: usize = 20;

/// The form, and what came of it.
pub(super) struct Part {
    /// Whoever looks may read recorded cases somewhere.
    pub(super) may: bool,
    /// What can be tried, and which of it is chosen.
    pub(super) versions: Vec<(String, String, bool)>,
    pub(super) count: u32,
    pub(super) count_max: u32,
    pub(super) seconds_max: u64,
    pub(super) result: Option<Shown>,
}

/// A row of a table: what it is of, and its cells.
pub(super) struct Line {
    pub(super) sort: &'static str,
    pub(super) name: String,
    pub(super) cells: Vec<String>,
}

/// Where cases of one first step go.
pub(super) struct Row {
    pub(super) name: String,
    /// How many, and whether that is another way than before.
    pub(super) cells: Vec<(String, bool)>,
}

/// One side of a changed case.
pub(super) struct Side {
    pub(super) first: String,
    pub(super) why: String,
    pub(super) by: String,
}

/// A changed case.
pub(super) struct Otherwise {
    pub(super) id: String,
    pub(super) href: String,
    pub(super) about: String,
    pub(super) differs: String,
    /// Duties, rights and time limits that come or go.
    pub(super) gains: Vec<(&'static str, String)>,
    pub(super) loses: bool,
    pub(super) before: Side,
    pub(super) after: Side,
}

/// What the recorded cases come to.
pub(super) struct Shown {
    pub(super) place: String,
    pub(super) cases: String,
    pub(super) none: bool,
    pub(super) changed: String,
    pub(super) share: String,
    pub(super) unread: u32,
    pub(super) late: bool,
    pub(super) sums: Vec<(&'static str, String, bool)>,
    pub(super) columns: Vec<String>,
    pub(super) matrix: Vec<Row>,
    pub(super) gained: Vec<Line>,
    pub(super) guardrails: Vec<Line>,
    pub(super) sample: Vec<Otherwise>,
    pub(super) sample_max: usize,
}

impl Part {
    /// The form alone.
    pub(super) fn of(v: &Visit, caller: &Caller, to: &Version, kept: &[String]) -> Self {
        let chosen = to.written();
        let mut versions: Vec<(String, String, bool)> = kept
            .iter()
            .take(BUNDLES_OFFERED)
            .map(|digest| (digest.clone(), Version::Bundle(digest.clone()).named(v), *digest == chosen))
            .collect();
        if !versions.iter().any(|(_, _, chosen)| *chosen) {
            versions.insert(0, (chosen, to.named(v), true));
        }
        Self {
            may: caller.has(Role::Auditor),
            versions,
            count: CASES_COUNT,
            count_max: trial::TRIAL_CASES_MAX,
            seconds_max: trial::TRIAL_SECONDS_MAX,
            result: None,
        }
    }
}

impl Version {
    /// The ruleset as it serves or would serve, each policy in the state that it has now.
    fn in_force(&self, app: &App, control: &Control) -> Result<Arc<Ruleset>, Refusal> {
        let serving = app.serving();
        match self {
            Self::Generation(generation) if serving.activation().generation == *generation => {
                Ok(Arc::clone(serving.ruleset()))
            }
            _ => {
                let made = self.made(app, control)?;
                Ok(serving.terms.states.within(&made.ruleset).over(&made.ruleset)?)
            }
        }
    }
}

/// What the form says.
struct Given {
    from: String,
    to: String,
    locality: String,
    count: u32,
}

fn given(bytes: &[u8]) -> Result<Given, Problem> {
    let mut given = Given { from: String::new(), to: String::new(), locality: String::new(), count: CASES_COUNT };
    for (name, value) in form_urlencoded::parse(bytes) {
        match &*name {
            "from" => given.from = value.into_owned(),
            "to" => given.to = value.into_owned(),
            "locality" => value.trim().clone_into(&mut given.locality),
            "count" => {
                let max = trial::TRIAL_CASES_MAX;
                let read = value.trim().parse().ok().filter(|count| (1..=max).contains(count));
                let en = format!("`count` is a number from 1 to {max}");
                let zh = format!("count应为1至{max}的整数");
                given.count = read.ok_or_else(|| wrong("count", FlawCode::OutOfRange, en, zh))?;
            }
            _ => {}
        }
    }
    Ok(given)
}

/// Decides the latest recorded cases under both versions, and says what differs. Nothing is changed or kept.
pub(crate) async fn backtest(State(app): State<Arc<App>>, request: Request) -> Response {
    let caller = request.extensions().get::<Caller>().cloned();
    let visit = Visit::of(&app, request.uri(), request.headers(), caller.as_ref());
    let Some(caller) = caller else { return visit.refuse(&answer::internal()) };
    tried(&visit, &caller, request).await.unwrap_or_else(|problem| visit.refuse(&problem))
}

async fn tried(v: &Visit, caller: &Caller, request: Request) -> Result<Response, Problem> {
    caller.require_somewhere(Some(Role::Auditor))?;
    body::expect_type(request.headers(), &[FORM])?;
    let terms = BodyTerms { limit: FORM_BYTES_MAX, deadline: v.app.config.deadline, room: &v.app.large_bodies };
    let Given { from, to, locality, count } = given(&body::read(request, &terms).await?.bytes)?;
    let ruleset = v.ruleset();
    let place = match &*locality {
        "" => caller.home(Role::Auditor).map(str::to_owned),
        given => Some(places::find(&ruleset, given)?.0.to_string()),
    };
    match &place {
        Some(place) => caller.require_below(Role::Auditor, place)?,
        None => caller.require_everywhere(Role::Auditor)?,
    }
    let serving = v.app.serving().activation().generation.to_string();
    let or_serving = |given: String| if given.trim().is_empty() { serving.clone() } else { given };
    let again = v.asking([("from", or_serving(from)), ("to", or_serving(to))]);
    let sides = sides(&again, caller).await?;
    let (pair, tried) = run(v, caller, &sides, place.clone(), count).await?;
    let named = place.as_deref().map(|place| places::title(v, &ruleset, place)).unwrap_or_default();
    let shown = Names { v, pair: &pair }.shown(&tried, named);
    let mut page = page(&again, caller, sides, None);
    page.place = place.unwrap_or_default();
    page.trial.count = count;
    page.trial.result = Some(shown);
    let text = askama::Template::render(&page).map_err(|_| answer::internal())?;
    Ok(v.answer(StatusCode::OK, text))
}

/// Off the way of requests, and one at a time with bundles that are examined: each takes a core to itself.
async fn run(
    v: &Visit,
    caller: &Caller,
    sides: &Sides,
    place: Option<String>,
    count: u32,
) -> Result<(Pair, Tried), Problem> {
    let Ok(Ok(room)) = timeout(v.app.config.wait, Arc::clone(&v.app.examinations).acquire_owned()).await else {
        return Err(answer::overloaded());
    };
    let (app, from, to) = (Arc::clone(&v.app), sides.from.clone(), sides.to.clone());
    let done = tokio::task::spawn_blocking(move || {
        let _room = room;
        let control = controlled(&app).map_err(Refusal::NotControlled)?;
        let (before, after) = (from.in_force(&app, control)?, to.in_force(&app, control)?);
        let terms = trial::Terms::new(place, count, app.today());
        let tried = trial::run(&control.store, &before, &after, terms)?;
        Ok::<_, Refusal>(([before, after], tried))
    });
    let done = done.await.map_err(|_| answer::internal())?;
    done.map_err(|refusal| activations::refused(&refusal, caller, Role::Auditor))
}

/// By which words things are told: those of the later version first, and of the one before.
struct Names<'a> {
    v: &'a Visit,
    pair: &'a Pair,
}

impl Names<'_> {
    fn rulesets(&self) -> impl Iterator<Item = &Ruleset> {
        self.pair.iter().rev().map(|ruleset| &**ruleset)
    }

    fn first(&self, first: &First) -> String {
        match first {
            First::Refer => self.v.say("由人决定", "a person decides").to_owned(),
            First::Nothing => self.v.say("没有步骤", "no step").to_owned(),
            First::Channel(id) => {
                let known = self.rulesets().find_map(|ruleset| ruleset.vocabulary().channels.get(id.as_str()));
                known.map_or_else(|| id.to_string(), |channel| self.v.of_text(&channel.title).to_owned())
            }
        }
    }

    fn word(&self, list: WordList, code: &Code) -> String {
        let known = self.rulesets().find_map(|ruleset| ruleset.vocabulary().word(list, code.as_str()));
        known.map_or_else(|| code.to_string(), |word| self.v.of_text(&word.title).to_owned())
    }

    fn shown(&self, tried: &Tried, place: String) -> Shown {
        let Tried { tally, changed, unread, late } = tried;
        let share = tally.share(tally.changed).value();
        let froms: BTreeSet<&First> = tally.matrix.keys().map(|(from, _)| from).collect();
        let tos: BTreeSet<&First> = tally.matrix.keys().map(|(_, to)| to).collect();
        let row = |from: &&First| {
            let cell = |to: &&First| {
                let count = tally.matrix.get(&((*from).clone(), (*to).clone())).copied().unwrap_or_default();
                (if count == 0 { String::new() } else { number(count) }, count > 0 && from != to)
            };
            Row { name: self.first(from), cells: tos.iter().map(cell).collect() }
        };
        Shown {
            place,
            none: tally.cases == 0,
            cases: number(tally.cases),
            changed: number(tally.changed),
            share: share.map(|share| written(share, Unit::Share, self.v.language)).unwrap_or_default(),
            unread: *unread,
            late: *late,
            sums: self.sums(tally),
            columns: tos.iter().map(|to| self.first(to)).collect(),
            matrix: froms.iter().map(row).collect(),
            gained: self.gained(tally),
            guardrails: self.guardrails(tally),
            sample: changed.iter().map(|one| self.otherwise(one)).collect(),
            sample_max: trial::CHANGED_SHOWN_MAX,
        }
    }

    /// What weighs most, and whether somebody should look at it.
    fn sums(&self, tally: &Tally) -> Vec<(&'static str, String, bool)> {
        let v = self.v;
        [
            (v.say("第一步不同", "Another first step"), tally.differ_in(Aspect::First), false),
            (v.say("改由人决定", "Now to a person"), tally.to_refer, false),
            (v.say("不再须由人决定", "No longer to a person"), tally.from_refer, false),
            (v.say("有期限延后", "A time limit ends later"), tally.clocks_longer, true),
            (v.say("失去权利告知", "Lose a right"), tally.rights_lost, true),
            (v.say("护栏新增干预（次）", "More acts of guardrails"), tally.interventions_new, true),
        ]
        .map(|(name, count, heavy)| (name, number(count), heavy && count > 0))
        .into()
    }

    /// Duties, rights and time limits that come or go: new, lost, earlier, later.
    fn gained(&self, tally: &Tally) -> Vec<Line> {
        let v = self.v;
        let count = |count: u64| if count == 0 { String::new() } else { number(count) };
        let two = |sort, name, new, lost| Line {
            sort,
            name,
            cells: vec![count(new), count(lost), String::new(), String::new()],
        };
        let duty = v.say("职责", "duty");
        let duties = tally.duties.iter().map(|(code, of)| two(duty, self.word(WordList::Duty, code), of.new, of.lost));
        let right = v.say("权利", "right");
        let rights =
            tally.rights.iter().map(|(code, of)| two(right, self.word(WordList::Right, code), of.new, of.lost));
        let clocks = tally.clocks.iter().map(|(code, of)| Line {
            sort: v.say("期限", "time limit"),
            name: self.word(WordList::Clock, code),
            cells: [of.new, of.lost, of.earlier, of.later].map(count).into(),
        });
        duties.chain(rights).chain(clocks).collect()
    }

    fn guardrails(&self, tally: &Tally) -> Vec<Line> {
        let line = |(id, both): (&&'static str, &maple_insight::backtest::Both)| Line {
            sort: id,
            name: guardrail_meaning(id, self.v.language).to_owned(),
            cells: vec![number(both.baseline), number(both.candidate)],
        };
        tally.guardrails.iter().map(line).collect()
    }

    fn otherwise(&self, one: &Changed) -> Otherwise {
        let (v, ruleset) = (self.v, self.v.ruleset());
        let aspects: Vec<&str> = one.change.aspects.iter().map(|aspect| self.aspect(*aspect)).collect();
        let kind = places::kind(v, &ruleset, &one.kind);
        Otherwise {
            href: path_to("/decisions/", &one.id),
            id: one.id.clone(),
            about: format!("{} · {kind}", places::title(v, &ruleset, &one.locality)),
            differs: aspects.join(v.say("、", ", ")),
            gains: self.gains(one),
            loses: !one.change.rights_lost.is_empty(),
            before: self.side(&one.before),
            after: self.side(&one.after),
        }
    }

    fn gains(&self, one: &Changed) -> Vec<(&'static str, String)> {
        let (v, change) = (self.v, &one.change);
        let of = |list, codes: &[Code]| codes.iter().map(|code| self.word(list, code)).collect::<Vec<_>>();
        let clocks = |wanted: ClockChange| {
            let all = change.clocks.iter().filter(|(_, what)| *what == wanted);
            all.map(|(code, _)| self.word(WordList::Clock, code)).collect::<Vec<_>>()
        };
        let new =
            [of(WordList::Duty, &change.duties_new), of(WordList::Right, &change.rights_new), clocks(ClockChange::New)];
        let lost = [
            of(WordList::Duty, &change.duties_lost),
            of(WordList::Right, &change.rights_lost),
            clocks(ClockChange::Lost),
        ];
        [
            (v.say("新增：", "New: "), new.concat()),
            (v.say("不再有：", "Lost: "), lost.concat()),
            (v.say("提前：", "Earlier: "), clocks(ClockChange::Earlier)),
            (v.say("延后：", "Later: "), clocks(ClockChange::Later)),
        ]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(heading, names)| (heading, names.join(v.say("、", ", "))))
        .collect()
    }

    fn side(&self, told: &Told) -> Side {
        let body = told.body.as_ref().map(|code| format!(" · {}", self.word(WordList::Body, code)));
        let to = match (&told.to, told.step) {
            (First::Nothing, 1..) => self.v.say("没有这一步", "no such step").to_owned(),
            (to, 0) => self.first(to),
            (to, step) => format!("{}. {}", step + 1, self.first(to)),
        };
        Side {
            first: format!("{to}{}", body.unwrap_or_default()),
            why: self.v.of_text(&told.why).to_owned(),
            by: format!("{} {}", told.policy, told.rule).trim().to_owned(),
        }
    }

    const fn aspect(&self, aspect: Aspect) -> &'static str {
        let (zh, en) = match aspect {
            Aspect::Outcome => ("结果", "outcome"),
            Aspect::First => ("第一步", "first step"),
            Aspect::Steps => ("步骤的集合", "set of steps"),
            Aspect::Details => ("步骤的顺序和细节", "order and details of steps"),
            Aspect::Exclusions => ("排除的途径", "closed channels"),
            Aspect::Preconditions => ("前置程序", "what must come first"),
            Aspect::Duties => ("职责", "duties"),
            Aspect::Clocks => ("期限", "time limits"),
            Aspect::Signals => ("预警", "warnings"),
            Aspect::Rights => ("权利", "rights"),
        };
        crate::console::visit::say(self.v.language, zh, en)
    }
}

fn number(count: u64) -> String {
    grouped(i64::try_from(count).unwrap_or(i64::MAX))
}
