//! What was counted, as a page.

mod beyond;

use std::collections::{BTreeMap, BTreeSet};

use maple_insight::{
    backtest::{Asked, Aspect, Both, Change, ClockChange, Costs, Figure, First, Group, Spread, Verdict},
    share::{CASES_FEW, Share},
};
use maple_kernel::{Code, WordList};
use maple_wire::Language;

use super::{
    Outcome, SAMPLE_MAX, Side,
    example::Told,
    page::{CameOut, Cell, Head, Matrix, MatrixCell, Page, Say, Table, percent},
    trial::By,
};

/// Everything that is told.
pub(super) fn page(outcome: &Outcome<'_>) -> Page {
    let say = Say { language: outcome.language, sides: [&outcome.baseline, &outcome.candidate] };
    let one = Build { outcome, say };
    let (came_out, verdict) = one.verdict();
    Page {
        language: one.say.say("zh-Hans", "en"),
        title: one.say.say("规则变更回测", "What a change of policies would do"),
        came_out,
        verdict,
        alerts: one.alerts(),
        remarks: one.remarks(),
        about: one.about(),
        matrix: one.matrix(),
        tables: one.tables(),
    }
}

struct Build<'r> {
    outcome: &'r Outcome<'r>,
    say: Say<'r>,
}

impl Build<'_> {
    fn verdict(&self) -> (CameOut, String) {
        let broken: Vec<&Asked> = self.outcome.budget.iter().filter(|asked| !asked.holds()).collect();
        if !broken.is_empty() {
            let told: Vec<String> = broken.iter().map(|asked| self.broken(asked)).collect();
            let head = self.say.say("变更超出限额：", "the change breaks the budget: ");
            return (CameOut::Bad, format!("{head}{}", told.join(self.say.say("；", "; "))));
        }
        let unknown = self.outcome.budget.iter().filter(|asked| asked.verdict() == Verdict::Unknown);
        let unknown: Vec<&str> = unknown.map(|asked| asked.figure.as_str()).collect();
        if unknown.is_empty() {
            return (CameOut::Good, self.say.say("变更在限额之内", "the change is within the budget").to_owned());
        }
        let told = unknown.join(self.say.say("、", ", "));
        let told = match self.outcome.language {
            Language::Zh => format!("已得出的数字在限额之内；无法得出：{told}"),
            Language::En => format!("what could be worked out is within the budget; not worked out: {told}"),
        };
        (CameOut::Unsure, told)
    }

    fn broken(&self, asked: &Asked) -> String {
        let (name, found) = (asked.figure.as_str(), figure(asked.figure, asked.found));
        if asked.verdict() == Verdict::Unknown {
            return match self.outcome.language {
                Language::Zh => format!("{name}无法得出"),
                Language::En => format!("{name} could not be worked out"),
            };
        }
        let most = figure(asked.figure, Some(asked.asked));
        match self.outcome.language {
            Language::Zh => format!("{name}为{found}，最多{most}"),
            Language::En => format!("{name} is {found}, asked was at most {most}"),
        }
    }

    fn alerts(&self) -> Vec<String> {
        let tally = &self.outcome.seen.tally;
        let mut alerts = Vec::new();
        if tally.rights_lost > 0 {
            let lost = tally.rights.iter().filter(|(_, gained)| gained.lost > 0);
            let lost: Vec<String> = lost.map(|(code, _)| self.say.word(WordList::Right, code)).collect();
            let (cases, lost) = (tally.rights_lost, lost.join(self.say.say("、", ", ")));
            alerts.push(match self.outcome.language {
                Language::Zh => format!("{cases}个案件的当事人失去权利：{lost}"),
                Language::En => format!("RIGHTS ARE LOST in {}: {lost}", cases_en(cases)),
            });
        }
        if tally.clocks_longer > 0 {
            let cases = tally.clocks_longer;
            alerts.push(match self.outcome.language {
                Language::Zh => format!("{cases}个案件的期限变长"),
                Language::En => format!("a time limit ends later in {}", cases_en(cases)),
            });
        }
        alerts
    }

    fn remarks(&self) -> Vec<String> {
        let (tally, refused) = (&self.outcome.seen.tally, self.outcome.seen.refused.count());
        let mut remarks = vec![
            self.say
                .say(
                    "区间为95%置信的Wilson区间：只有当这些案件能代表将来的案件时才成立。仅理由文字不同不算变化。",
                    "Intervals are Wilson's with 95 % confidence: they hold as far as these cases stand for those to \
                     come. A reason in other words is no change.",
                )
                .to_owned(),
        ];
        if tally.cases < CASES_FEW {
            remarks.push(match self.outcome.language {
                Language::Zh => format!("案件不足{CASES_FEW}个，比例说明不了什么"),
                Language::En => format!("there are fewer than {CASES_FEW} cases: shares of so few say little"),
            });
        }
        remarks.extend(self.remarks_of_history());
        let about = self.outcome.seen.about;
        if about > 0 {
            remarks.push(match self.outcome.language {
                Language::Zh => format!("有{about}个案件说明了所涉对象（about），但回测不计数，策略看不到这些计数"),
                Language::En => format!(
                    "what a case is about (`about`) is said of {}: nothing is counted over it here, so policies decided \
                     without these figures; kept decisions have them",
                    cases_en(about)
                ),
            });
        }
        if refused > 0 {
            remarks.push(match self.outcome.language {
                Language::Zh => format!("有{refused}行未能判断，不计入以下数字"),
                Language::En => format!("{refused} rows could not be decided and are in none of the figures"),
            });
        }
        remarks
    }

    fn about(&self) -> Vec<(&'static str, String)> {
        let tally = &self.outcome.seen.tally;
        let side = |side: &Side<'_>| format!("{} ({})", side.folder.display(), side.ruleset.digest());
        vec![
            (self.say.say("现行规则", "baseline"), side(&self.outcome.baseline)),
            (self.say.say("新规则", "candidate"), side(&self.outcome.candidate)),
            (self.say.say("案件", "cases"), tally.cases.to_string()),
            (self.say.say("不变", "unchanged"), (tally.cases - tally.changed).to_string()),
            (self.say.say("有变化", "changed"), tally.changed.to_string()),
        ]
    }

    fn matrix(&self) -> Matrix {
        let cells = &self.outcome.seen.tally.matrix;
        // The same names along both sides, so that what stays stands on the diagonal.
        let names: BTreeSet<&First> = cells.keys().flat_map(|(from, to)| [from, to]).collect();
        let row = |from: &First| {
            let cell = |to: &&First| {
                let cases = cells.get(&(from.clone(), (*to).clone())).copied().unwrap_or(0);
                MatrixCell { cases, stays: *to == from }
            };
            (self.say.first(from), names.iter().map(cell).collect())
        };
        Matrix {
            title: self.say.say("第一步的去向", "Where cases go first"),
            corner: self.say.say("现行 ↓ 新 →", "baseline ↓ candidate →"),
            rows: names.iter().copied().map(row).collect(),
            columns: names.iter().map(|first| self.say.first(first)).collect(),
        }
    }

    fn tables(&self) -> Vec<Table> {
        let mut tables = vec![self.budget(), self.differences(), self.load()];
        tables.extend([self.stations(), self.expected(), self.expected_by_move(), self.shares()].into_iter().flatten());
        tables.extend(
            [self.rights(), self.duties(), self.clocks(), self.guardrails(), self.faults()].into_iter().flatten(),
        );
        tables.push(self.costs());
        let tally = &self.outcome.seen.tally;
        let places = tally.localities.iter().map(|(id, group)| (self.say.locality(id), *group));
        tables.push(self.groups(self.say.say("按地区", "By place"), self.say.say("地区", "place"), places));
        let kinds = tally.kinds.iter().map(|(id, group)| (self.say.kind(id), *group));
        tables.push(self.groups(self.say.say("按纠纷类型", "By kind of dispute"), self.say.say("类型", "kind"), kinds));
        tables.extend([self.silent(), self.sample(), self.refused()].into_iter().flatten());
        tables
    }

    fn text(&self, zh: &'static str, en: &'static str) -> Head {
        Head { text: self.say.say(zh, en), number: false }
    }

    fn number(&self, zh: &'static str, en: &'static str) -> Head {
        Head { text: self.say.say(zh, en), number: true }
    }

    fn budget(&self) -> Table {
        let row = |asked: &Asked| {
            let verdict = match asked.verdict() {
                Verdict::Holds => self.say.say("符合", "holds"),
                Verdict::Unknown => self.say.say("无法得出", "UNKNOWN"),
                Verdict::Broken => self.say.say("超出", "BROKEN"),
            };
            vec![
                Cell::text(asked.figure.as_str()),
                Cell::number(figure(asked.figure, Some(asked.asked))),
                Cell::number(figure(asked.figure, asked.found)),
                Cell { bad: !asked.holds(), ..Cell::text(verdict) },
            ]
        };
        Table {
            title: self.say.say("限额", "Budget"),
            note: None,
            sentences: 0,
            head: vec![
                self.text("项目", "figure"),
                self.number("最多", "at most"),
                self.number("实际", "found"),
                self.text("结论", "verdict"),
            ],
            rows: self.outcome.budget.iter().map(row).collect(),
        }
    }

    fn differences(&self) -> Table {
        let tally = &self.outcome.seen.tally;
        let row = |name: &'static str, cases: u64| {
            let share = tally.share(cases);
            vec![
                Cell::text(name),
                Cell::number(cases),
                Cell::number(percent(share)),
                Cell::number(self.say.interval(share)),
            ]
        };
        let mut rows = vec![row(self.say.say("任何变化", "anything"), tally.changed)];
        rows.extend(Aspect::ALL.into_iter().map(|aspect| row(self.aspect(aspect), tally.differ_in(aspect))));
        rows.push(row(self.say.say("改由工作人员决定", "now to a person"), tally.to_refer));
        rows.push(row(self.say.say("不再由工作人员决定", "no longer to a person"), tally.from_refer));
        rows.push(row(self.say.say("失去权利", "a right is lost"), tally.rights_lost));
        rows.push(row(self.say.say("期限变长", "a clock ends later"), tally.clocks_longer));
        Table {
            title: self.say.say("变化", "What changes"),
            note: None,
            sentences: 0,
            head: vec![
                self.text("方面", "in"),
                self.number("案件", "cases"),
                self.number("比例", "share"),
                self.number("95%区间", "95 % interval"),
            ],
            rows,
        }
    }

    fn aspect(&self, aspect: Aspect) -> &'static str {
        match aspect {
            Aspect::Outcome => self.say.say("结果", "outcome"),
            Aspect::First => self.say.say("第一步", "first step"),
            Aspect::Steps => self.say.say("步骤的集合", "set of steps"),
            Aspect::Details => self.say.say("步骤的顺序和细节", "order and details of steps"),
            Aspect::Exclusions => self.say.say("排除的途径", "closed channels"),
            Aspect::Preconditions => self.say.say("前置程序", "what must come first"),
            Aspect::Duties => self.say.say("职责", "duties"),
            Aspect::Clocks => self.say.say("期限", "clocks"),
            Aspect::Signals => self.say.say("预警", "warnings"),
            Aspect::Rights => self.say.say("权利", "rights"),
        }
    }

    fn load(&self) -> Table {
        let load = &self.outcome.seen.tally.load;
        let largest = load.values().map(|both| both.baseline.max(both.candidate)).max().unwrap_or(0);
        let rows = load.iter().map(|((first, body), both)| {
            let body = body.as_ref().map_or_else(String::new, |body| self.say.word(WordList::Body, body));
            let (old, new) = (Cell::bar(both.baseline, largest), Cell::bar(both.candidate, largest));
            vec![Cell::text(self.say.first(first)), Cell::text(body), old, new, Cell::number(difference(*both))]
        });
        Table {
            title: self.say.say("各途径第一步受理量", "Load by where cases go first"),
            note: None,
            sentences: 0,
            head: vec![
                self.text("途径", "channel"),
                self.text("机构", "body"),
                self.number("现行", "baseline"),
                self.number("新", "candidate"),
                self.number("差", "difference"),
            ],
            rows: rows.collect(),
        }
    }

    fn rights(&self) -> Option<Table> {
        let rows = self.outcome.seen.tally.rights.iter().map(|(code, gained)| {
            vec![
                Cell::text(self.say.word(WordList::Right, code)),
                Cell::number(gained.new),
                Cell::wanted_none(gained.lost),
            ]
        });
        let head = vec![self.text("权利", "right"), self.number("新增", "new"), self.number("失去", "LOST")];
        filled(self.say.say("权利", "Rights"), head, rows.collect())
    }

    fn duties(&self) -> Option<Table> {
        let rows = self.outcome.seen.tally.duties.iter().map(|(code, gained)| {
            vec![Cell::text(self.say.word(WordList::Duty, code)), Cell::number(gained.new), Cell::number(gained.lost)]
        });
        let head = vec![self.text("职责", "duty"), self.number("新增", "new"), self.number("减少", "lost")];
        filled(self.say.say("职责", "Duties"), head, rows.collect())
    }

    fn clocks(&self) -> Option<Table> {
        let rows = self.outcome.seen.tally.clocks.iter().map(|(code, clocks)| {
            vec![
                Cell::text(self.say.word(WordList::Clock, code)),
                Cell::number(clocks.new),
                Cell::number(clocks.lost),
                Cell::number(clocks.earlier),
                Cell::wanted_none(clocks.later),
            ]
        });
        let head = vec![
            self.text("期限", "clock"),
            self.number("新增", "new"),
            self.number("减少", "lost"),
            self.number("提前", "earlier"),
            self.number("推后", "later"),
        ];
        filled(self.say.say("期限", "Clocks"), head, rows.collect())
    }

    fn guardrails(&self) -> Option<Table> {
        let rows = self.outcome.seen.tally.guardrails.iter().map(|(id, both)| {
            vec![
                Cell::text(*id),
                Cell::number(both.baseline),
                Cell::number(both.candidate),
                Cell::number(difference(*both)),
            ]
        });
        let head = vec![
            self.text("护栏", "guardrail"),
            self.number("现行", "baseline"),
            self.number("新", "candidate"),
            self.number("差", "difference"),
        ];
        filled(self.say.say("护栏干预次数", "How often guardrails acted"), head, rows.collect())
    }

    fn faults(&self) -> Option<Table> {
        let rows = self.outcome.seen.tally.faults.iter().map(|((policy, kind), both)| {
            vec![
                Cell::text(policy.as_str()),
                Cell::text(kind.as_str()),
                Cell::number(both.baseline),
                Cell::wanted_none(both.candidate),
            ]
        });
        let head = vec![
            self.text("策略", "policy"),
            self.text("故障", "fault"),
            self.number("现行", "baseline"),
            self.number("新", "candidate"),
        ];
        filled(self.say.say("策略故障", "Faults of policies"), head, rows.collect())
    }

    fn costs(&self) -> Table {
        let tally = &self.outcome.seen.tally;
        let row = |name: &'static str, spread: fn(&Costs) -> &Spread, show: fn(u64) -> String| {
            let (old, new) = (spread(&tally.baseline), spread(&tally.candidate));
            let sizes = [old.median(), new.median(), old.p99(), new.p99()];
            std::iter::once(Cell::text(name)).chain(sizes.map(|size| Cell::number(show(size)))).collect()
        };
        Table {
            title: self.say.say("每案开销", "What a case costs"),
            note: None,
            sentences: 0,
            head: vec![
                self.text("项目", "figure"),
                self.number("现行中位数", "baseline median"),
                self.number("新中位数", "candidate median"),
                self.number("现行99%", "baseline 99th"),
                self.number("新99%", "candidate 99th"),
            ],
            rows: vec![
                row(self.say.say("燃料", "fuel"), |costs| &costs.fuel, |fuel| fuel.to_string()),
                row(self.say.say("微秒", "µs"), |costs| &costs.nanos, micros),
            ],
        }
    }

    fn groups(&self, title: &'static str, name: &'static str, groups: impl Iterator<Item = (String, Group)>) -> Table {
        let mut groups: Vec<(String, Group)> = groups.collect();
        groups.sort_by_key(|(_, group)| (std::cmp::Reverse((group.changed, group.cases)),));
        let largest = groups.iter().map(|(_, group)| group.cases).max().unwrap_or(0);
        let row = |(name, group): (String, Group)| {
            let share = Share::new(group.changed, group.cases);
            vec![
                Cell::text(name),
                Cell::bar(group.cases, largest),
                Cell::bar(group.changed, largest),
                Cell::number(percent(share)),
                Cell::number(self.say.interval(share)),
            ]
        };
        Table {
            title,
            note: None,
            sentences: 0,
            head: vec![
                Head { text: name, number: false },
                self.number("案件", "cases"),
                self.number("有变化", "changed"),
                self.number("比例", "share"),
                self.number("95%区间", "95 % interval"),
            ],
            rows: groups.into_iter().map(row).collect(),
        }
    }

    fn sample(&self) -> Option<Table> {
        let picked = self.outcome.seen.sample.pick(SAMPLE_MAX);
        let rows = picked.into_iter().map(|(row, example)| {
            let aspects: Vec<&str> = example.change.aspects.iter().map(|aspect| self.aspect(*aspect)).collect();
            let lost = !example.change.rights_lost.is_empty();
            vec![
                Cell::text(row.to_string()),
                Cell::text(example.id.as_deref().unwrap_or("–")),
                Cell::text(format!("{} · {}", example.locality, example.kind)),
                Cell { bad: lost, ..Cell::text(aspects.join(self.say.say("、", ", "))) },
                Cell::text(self.told(&example.change.from, &example.baseline)),
                Cell::text(self.told(&example.change.to, &example.candidate)),
                Cell::text(self.new_and_lost(&example.change)),
            ]
        });
        let head = vec![
            self.text("行", "row"),
            self.text("编号", "id"),
            self.text("地区 · 类型", "place · kind"),
            self.text("变化", "changes"),
            self.text("现行规则", "baseline"),
            self.text("新规则", "candidate"),
            self.text("新增与减少", "new and lost"),
        ];
        let mut table = filled(self.say.say("变化的案件（抽样）", "Some cases that change"), head, rows.collect())?;
        table.sentences = 3;
        table.note = Some(self.say.say(
            "每种去向变化列出最前的几个，失去权利的在前；--changed FILE列出全部。",
            "The first few of each move; those that lose a right come first. --changed FILE has all of them.",
        ));
        Some(table)
    }

    /// Rights, duties and time limits that are new or lost, and limits that end on another day.
    fn new_and_lost(&self, change: &Change) -> String {
        use ClockChange::{Earlier, Later, Lost, New};
        let clocks = |became| change.clocks_that(became).collect::<Vec<_>>();
        let (rights, duties) = (|codes| (WordList::Right, listed(codes)), |codes| (WordList::Duty, listed(codes)));
        let all = [
            (self.say.say("失去权利", "right lost"), rights(&change.rights_lost)),
            (self.say.say("新增权利", "right new"), rights(&change.rights_new)),
            (self.say.say("减少职责", "duty lost"), duties(&change.duties_lost)),
            (self.say.say("新增职责", "duty new"), duties(&change.duties_new)),
            (self.say.say("期限推后", "clock later"), (WordList::Clock, clocks(Later))),
            (self.say.say("期限提前", "clock earlier"), (WordList::Clock, clocks(Earlier))),
            (self.say.say("减少期限", "clock lost"), (WordList::Clock, clocks(Lost))),
            (self.say.say("新增期限", "clock new"), (WordList::Clock, clocks(New))),
        ];
        let filled = all.into_iter().filter(|(_, (_, codes))| !codes.is_empty());
        let told = filled.map(|(what, (list, codes))| {
            let named: Vec<String> = codes.into_iter().map(|code| self.say.word(list, code)).collect();
            format!("{what}{}{}", self.say.say("：", ": "), named.join(self.say.say("、", ", ")))
        });
        told.collect::<Vec<_>>().join(self.say.say("；", "; "))
    }

    fn told(&self, first: &First, told: &Told) -> String {
        let mut text = self.say.first(first);
        if let Some(body) = &told.body {
            text.push_str(&format!(" · {}", self.say.word(WordList::Body, body)));
        }
        if !told.policy.is_empty() {
            let why = self.say.of(&told.why);
            text.push_str(&format!("{}{why} [{} {}]", self.say.say("：", ": "), told.policy, told.rule));
        }
        text
    }

    fn refused(&self) -> Option<Table> {
        let refused = &self.outcome.seen.refused;
        let by = |by: By| match by {
            By::Both => self.say.say("均不接受", "both"),
            By::Baseline => self.say.say("现行规则", "the baseline"),
            By::Candidate => self.say.say("新规则", "the candidate"),
        };
        let rows = refused.iter().map(|(row, one)| {
            vec![Cell::text(row.to_string()), Cell::text(by(one.by)), Cell::text(self.say.of(&one.why))]
        });
        let head = vec![self.text("行", "row"), self.text("由谁拒绝", "refused by"), self.text("原因", "why")];
        let mut table = filled(self.say.say("未能判断的行", "Rows that could not be decided"), head, rows.collect())?;
        table.sentences = 1;
        table.note = Some(self.say.say("只列出最前的几行。", "The first of them are listed."));
        Some(table)
    }
}

/// A table, unless it would be empty.
fn filled(title: &'static str, head: Vec<Head>, rows: Vec<Vec<Cell>>) -> Option<Table> {
    (!rows.is_empty()).then_some(Table { title, note: None, head, rows, sentences: 0 })
}

fn listed(codes: &[Code]) -> Vec<&Code> {
    codes.iter().collect()
}

fn cases_en(cases: u64) -> String {
    if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") }
}

fn difference(both: Both) -> String {
    let sign = if both.candidate >= both.baseline { "+" } else { "−" };
    match both.candidate.abs_diff(both.baseline) {
        0 => "0".to_owned(),
        apart => format!("{sign}{apart}"),
    }
}

/// A figure of a budget: shares in percent, the rest as it is.
fn figure(figure: Figure, value: Option<f64>) -> String {
    match (figure, value) {
        (_, None) => "–".to_owned(),
        (_, Some(f64::INFINITY)) => "∞".to_owned(),
        (Figure::Changed | Figure::ToRefer | Figure::AgreementsLost, Some(share)) => format!("{:.2} %", share * 100.0),
        (Figure::FuelRatio | Figure::StationLoadRatio, Some(ratio)) => format!("{ratio:.3}"),
        (_, Some(count)) => format!("{count}"),
    }
}

fn micros(nanos: u64) -> String {
    format!("{}.{}", nanos / 1_000, nanos % 1_000 / 100)
}

/// The moves from one first step to another, for who reads lines and not a grid.
pub(super) fn moves(outcome: &Outcome<'_>) -> Table {
    let say = Say { language: outcome.language, sides: [&outcome.baseline, &outcome.candidate] };
    let one = Build { outcome, say };
    let tally = &outcome.seen.tally;
    let cells: BTreeMap<_, _> = tally.matrix.iter().collect();
    let rows = cells.into_iter().map(|((from, to), cases)| {
        let mark = if from == to { "=" } else { "→" };
        vec![
            Cell::text(one.say.first(from)),
            Cell::text(mark),
            Cell::text(one.say.first(to)),
            Cell::number(cases),
            Cell::number(percent(tally.share(*cases))),
        ]
    });
    Table {
        title: one.say.say("第一步的去向", "Where cases go first"),
        note: None,
        sentences: 0,
        head: vec![
            one.text("现行规则", "baseline"),
            one.text("", ""),
            one.text("新规则", "candidate"),
            one.number("案件", "cases"),
            one.number("比例", "share"),
        ],
        rows: rows.collect(),
    }
}
