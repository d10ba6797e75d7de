//! Decides each case twice, on every core, in bounded memory.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Instant,
};

use maple_insight::backtest::{self, Earliest, History, Sample, Tally, compare};
use maple_kernel::{Day, Decision, Locality, LocalityId, Question, Ruleset, Text, evaluate};
use maple_wire::{Language, Problem};

use super::{
    BAD_LISTED_MAX, SAMPLE_EACH_MAX,
    changed::{Changed, Lines},
    example::Example,
    rows::{Given, Row, Rows},
    rules::{AtWork, Rules, Silent},
    stations::Stations,
};
use crate::{Failure, args::Backtest, commands::progress::Progress};

/// Rows that a thread takes at a time. It decides them by their kind: cases of one kind ask the same policies.
const CHUNK_ROWS_MAX: usize = 512;
/// Rows that one side decides before the other does: who is asked again finds its code and memory still at hand.
const BLOCK_ROWS: usize = 16;
/// Bytes of rows after which a chunk is handed out although it has room for more.
const CHUNK_BYTES_MAX: usize = 256 << 10;
/// Mistakes of one row that are told.
const MISTAKES_MAX: usize = 3;

/// What is compared, and how.
pub(super) struct Trial<'r> {
    pub(super) baseline: &'r Ruleset,
    pub(super) candidate: &'r Ruleset,
    /// The day of a case that has none.
    pub(super) today: Day,
    /// The day of every case, if it was said.
    pub(super) as_of: Option<Day>,
    /// How many rows may be no case before there is no sense in going on.
    pub(super) bad_max: Option<u64>,
    /// Whom mediation falls to, where that was given.
    stations: Option<&'r Stations>,
    /// How mediation went, where that was given.
    history: Option<&'r History>,
    /// The rules of either side.
    rules: [Rules<'r>; 2],
    /// Both know the same words and places, so that a row is the same question to both.
    alike: bool,
}

impl<'r> Trial<'r> {
    pub(super) fn new(
        baseline: &'r Ruleset,
        candidate: &'r Ruleset,
        args: &Backtest,
        stations: Option<&'r Stations>,
        history: Option<&'r History>,
    ) -> Self {
        let today = args.as_of.unwrap_or_else(maple_server::today);
        let alike = baseline.vocabulary() == candidate.vocabulary()
            && baseline.localities().map(place).eq(candidate.localities().map(place));
        let (as_of, bad_max) = (args.as_of, args.max_bad);
        let rules = [baseline, candidate].map(Rules::of);
        Self { baseline, candidate, today, as_of, bad_max, stations, history, rules, alike }
    }

    /// Of either side, what was never at work.
    pub(super) fn silent(&self, seen: &Seen) -> [Silent<'r>; 2] {
        let [old, new] = &self.rules;
        let [at_work_old, at_work_new] = &seen.at_work;
        [old.silent(at_work_old), new.silent(at_work_new)]
    }
}

/// What a question is read by: a place is named by its path or its official code.
fn place<'r>((id, locality): (&'r LocalityId, &'r Locality)) -> (&'r LocalityId, Option<&'r str>) {
    (id, locality.code.as_deref())
}

/// What came of the rows.
pub(super) struct Seen {
    pub(super) tally: Tally,
    pub(super) refused: Earliest<Refused>,
    pub(super) sample: Sample<Example>,
    /// Cases that say what they are about, over which nothing was counted.
    pub(super) about: u64,
    /// Which rules of either side were at work.
    at_work: [AtWork; 2],
}

impl Seen {
    fn new() -> Self {
        let (refused, sample) = (Earliest::new(BAD_LISTED_MAX), Sample::new(SAMPLE_EACH_MAX));
        Self { tally: Tally::default(), refused, sample, about: 0, at_work: Default::default() }
    }

    fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        self.refused.merge(other.refused);
        self.sample.merge(other.sample);
        self.about += other.about;
        self.at_work.iter_mut().zip(other.at_work).for_each(|(all, more)| all.merge(more));
    }
}

/// Whose words a row is no case in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Both,
    Baseline,
    Candidate,
}

impl By {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Baseline => "baseline",
            Self::Candidate => "candidate",
        }
    }
}

/// A row that was not decided, and why.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) by: By,
    pub(super) why: Text,
}

impl Refused {
    pub(super) fn told(&self, language: Language) -> String {
        match (language, self.by) {
            (Language::Zh, By::Both) => self.why.zh.to_string(),
            (Language::Zh, By::Baseline) => format!("仅现行规则不接受：{}", self.why.zh),
            (Language::Zh, By::Candidate) => format!("仅新规则不接受：{}", self.why.zh),
            (Language::En, By::Both) => self.why.en.to_string(),
            (Language::En, By::Baseline) => format!("the baseline alone refuses it: {}", self.why.en),
            (Language::En, By::Candidate) => format!("the candidate alone refuses it: {}", self.why.en),
        }
    }
}

/// Rows that are decided together.
struct Chunk {
    /// From 0.
    number: u64,
    rows: Vec<Row>,
    /// How much of the file was read with them.
    done: u64,
}

/// Decides all rows, or the first so many; those that change are written where that was asked.
pub(super) fn run(
    trial: &Trial<'_>,
    rows: &mut dyn Rows,
    limit: Option<u64>,
    progress: &Progress,
    changed: Option<&Changed<'_>>,
) -> Result<Seen, Failure> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (send, receive) = sync_channel(threads);
    let (receive, bad) = (Arc::new(Mutex::new(receive)), AtomicU64::new(0));
    thread::scope(|scope| {
        let work = || {
            let (receive, bad) = (Arc::clone(&receive), &bad);
            scope.spawn(move || work(trial, &receive, bad, progress, changed))
        };
        let workers: Vec<_> = (0..threads).map(|_| work()).collect();
        // When no thread is left to take a chunk, handing one out fails.
        drop(receive);
        let enough = || {
            trial.bad_max.is_some_and(|max| bad.load(Ordering::Relaxed) > max)
                || changed.is_some_and(Changed::has_failed)
        };
        let read = hand_out(rows, limit.unwrap_or(u64::MAX), &send, enough);
        drop(send);
        let mut all = Seen::new();
        for worker in workers {
            all.merge(worker.join().map_err(|_| Failure::Unreachable("a thread ended before its work".to_owned()))?);
        }
        read.map(|()| all)
    })
}

/// Reads rows and hands them out in chunks.
fn hand_out(
    rows: &mut dyn Rows,
    limit: u64,
    send: &SyncSender<Chunk>,
    enough: impl Fn() -> bool,
) -> Result<(), Failure> {
    let (mut chunk, mut bytes, mut number) = (Vec::with_capacity(CHUNK_ROWS_MAX), 0, 0);
    for _ in 0..limit {
        let Some(row) = rows.next()? else { break };
        bytes += row.text.as_ref().map_or(0, Vec::len);
        chunk.push(row);
        if chunk.len() >= CHUNK_ROWS_MAX || bytes >= CHUNK_BYTES_MAX {
            let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK_ROWS_MAX));
            if send.send(Chunk { number, rows: full, done: rows.done() }).is_err() || enough() {
                return Ok(());
            }
            number += 1;
            bytes = 0;
        }
    }
    let _ = send.send(Chunk { number, rows: chunk, done: rows.done() });
    Ok(())
}

/// Decides chunks until there are no more.
fn work(
    trial: &Trial<'_>,
    receive: &Mutex<Receiver<Chunk>>,
    bad: &AtomicU64,
    progress: &Progress,
    changed: Option<&Changed<'_>>,
) -> Seen {
    let mut seen = Seen::new();
    loop {
        let next = receive.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Chunk { number, rows, done }) = next else { return seen };
        let mut lines = changed.map(|changed| changed.chunk(number));
        let count = rows.len() as u64;
        let asked = trial.ask_all(&rows, &mut seen, bad);
        asked.chunks(BLOCK_ROWS).for_each(|block| trial.decide(block, &mut seen, lines.as_mut()));
        drop(lines);
        progress.advance(count, done);
    }
}

/// A case as each side understands it.
struct Asked {
    row: u64,
    old: Question,
    /// Where it differs.
    new: Option<Question>,
}

impl Trial<'_> {
    /// The questions of rows, by kind and place; rows that are none are counted.
    fn ask_all(&self, rows: &[Row], seen: &mut Seen, bad: &AtomicU64) -> Vec<Asked> {
        let mut asked = Vec::with_capacity(rows.len());
        for row in rows {
            match self.ask(row, seen) {
                Ok(one) => asked.push(one),
                Err(refused) => {
                    bad.fetch_add(1, Ordering::Relaxed);
                    seen.refused.offer(row.number, || refused);
                }
            }
        }
        asked.sort_by(|a: &Asked, b| {
            let (a, b) = (&a.old.case, &b.old.case);
            (a.kind.as_str(), a.locality.as_str()).cmp(&(b.kind.as_str(), b.locality.as_str()))
        });
        asked
    }

    /// Decides a few cases under both and counts what came of them.
    fn decide(&self, asked: &[Asked], seen: &mut Seen, mut lines: Option<&mut Lines<'_, '_>>) {
        let old: Vec<_> = asked.iter().map(|one| timed(self.baseline, &one.old)).collect();
        let new: Vec<_> = asked.iter().map(|one| timed(self.candidate, one.new.as_ref().unwrap_or(&one.old))).collect();
        for (one, (old, new)) in asked.iter().zip(old.into_iter().zip(new)) {
            self.note(one, &old.0, &new.0, seen);
            count(one, &old, &new, seen, lines.as_deref_mut());
        }
    }

    /// What is counted by what was given beside the cases, and by the rules.
    fn note(&self, asked: &Asked, old: &Decision<'_>, new: &Decision<'_>, seen: &mut Seen) {
        let case = &asked.old.case;
        if let Some(history) = self.history {
            history.see(asked.row, case);
        }
        if let Some(stations) = self.stations {
            seen.tally.add_stations(stations.of(case, old).as_deref(), stations.of(case, new).as_deref());
        }
        for ((rules, decision), at_work) in self.rules.iter().zip([old, new]).zip(&mut seen.at_work) {
            rules.note(decision, at_work);
        }
    }

    fn ask(&self, row: &Row, seen: &mut Seen) -> Result<Asked, Refused> {
        let given = row.given().map_err(|why| Refused { by: By::Both, why })?;
        let old = self.question(&given, self.baseline);
        let new = if self.alike { None } else { Some(self.question(&given, self.candidate)) };
        let (old, new) = match (old, new) {
            (Ok(old), None) => (old, None),
            (Ok(old), Some(Ok(new))) => (old, Some(new)),
            (Err(why), None | Some(Err(_))) => return Err(Refused { by: By::Both, why }),
            (Err(why), Some(Ok(_))) => return Err(Refused { by: By::Baseline, why }),
            (Ok(_), Some(Err(why))) => return Err(Refused { by: By::Candidate, why }),
        };
        seen.about += u64::from(given.about);
        Ok(Asked { row: row.number, old, new })
    }

    /// What was counted when a kept decision was made is part of its question; who asks anew cannot say it.
    fn question(&self, given: &Given<'_>, ruleset: &Ruleset) -> Result<Question, Text> {
        let parse = if given.recorded { maple_wire::parse_question } else { maple_wire::parse_question_asked };
        let mut question = parse(given.question, ruleset, self.today).map_err(|problem| why(&problem))?;
        question.explain = false;
        if let Some(day) = self.as_of {
            if question.case.filed > day {
                let filed = question.case.filed;
                return Err(Text::new(
                    &format!("受理日{filed}晚于--as-of指定的{day}"),
                    &format!("the case was filed on {filed}, after the day of --as-of, {day}"),
                ));
            }
            question.as_of = day;
        }
        Ok(question)
    }
}

/// A decision and its nanoseconds.
type Timed<'q> = (Decision<'q>, u64);

fn count(asked: &Asked, old: &Timed<'_>, new: &Timed<'_>, seen: &mut Seen, lines: Option<&mut Lines<'_, '_>>) {
    let (case, change) = (&asked.old.case, compare(&old.0, &new.0));
    seen.tally.add(&backtest::Seen { case, baseline: (&old.0, old.1), candidate: (&new.0, new.1), change: &change });
    if !change.is_any() {
        return;
    }
    if let Some(lines) = lines {
        lines.put(asked.row, &Example::of(case, &old.0, &new.0, change.clone()).data(asked.row));
    }
    seen.sample.offer(asked.row, &change, || Example::of(case, &old.0, &new.0, change.clone()));
}

fn timed<'q>(ruleset: &'q Ruleset, question: &'q Question) -> Timed<'q> {
    let began = Instant::now();
    let decision = evaluate(ruleset, question);
    (decision, u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX))
}

/// What is wrong with a question, with the first fields that are.
fn why(problem: &Problem) -> Text {
    if problem.errors.is_empty() {
        return Text::new(&problem.detail_zh, &problem.detail);
    }
    let told = problem.errors.iter().take(MISTAKES_MAX);
    let (mut zh, mut en): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for flaw in told {
        let at = if flaw.pointer.is_empty() { String::new() } else { format!("{}: ", flaw.pointer) };
        zh.push(format!("{at}{}", flaw.detail_zh));
        en.push(format!("{at}{}", flaw.detail));
    }
    if let Some(more) = problem.errors.len().checked_sub(MISTAKES_MAX).filter(|more| *more > 0) {
        zh.push(format!("另有{more}处"));
        en.push(format!("and {more} more"));
    }
    Text::new(&zh.join("；"), &en.join("; "))
}
