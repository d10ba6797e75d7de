//! What is told beyond the decisions themselves: stations, what a history lets expect, rules that were never at work.

use maple_insight::{
    backtest::{Band, Estimate, Expected, Matched, MatchedBy, Row},
    share::CASES_FEW,
};
use maple_wire::Language;

use super::{
    super::{
        page::{Cell, Table, percent},
        stations::NOBODY,
    },
    Build, difference, filled,
};

impl Build<'_> {
    /// What the figures of a history are worth.
    pub(super) fn remarks_of_history(&self) -> Vec<String> {
        let Some(estimate) = &self.outcome.seen.tally.estimate else { return Vec::new() };
        let mut remarks = vec![
            self.say
                .say(
                    "预计达成协议数只是把历史上同类型、同金额档、同途径的调解成功率套用到去向变化的案件；当事人选择哪条途径并非随机，\
                     因此不说明因果。",
                    "Agreements to expect are the shares of past mediation of the same kind, band and channel, applied to the \
                     cases that go elsewhere. Who went where did not go there by chance: this claims no cause.",
                )
                .to_owned(),
        ];
        let left = self.outcome.not_counted;
        if left > 0 {
            remarks.push(match self.outcome.language {
                Language::Zh => format!("历史中有{left}个事件在服务器上不计（如等待或违规），未计入"),
                Language::En => {
                    format!("{left} events of the history did not count where they came from and are left out")
                }
            });
        }
        let unknown = estimate.unknown;
        if unknown > 0 {
            remarks.push(match self.outcome.language {
                Language::Zh => format!("去向变化的案件中有{unknown}个无法估计：历史上该类型和途径的调解不足{CASES_FEW}次"),
                Language::En => format!(
                    "TOO LITTLE DATA for {unknown} of the cases that go elsewhere: the history has fewer than {CASES_FEW} ends of \
                     mediation of their kind in one of their channels, so nothing is estimated"
                ),
            });
        }
        remarks
    }

    pub(super) fn stations(&self) -> Option<Table> {
        let stations = self.outcome.stations?;
        let load = &self.outcome.seen.tally.stations;
        let largest = load.values().map(|both| both.baseline.max(both.candidate)).max().unwrap_or(0);
        let rows = load.iter().map(|(named, both)| {
            let nobody = named == NOBODY;
            let name = if nobody { self.say.say("（无站点受理）", "(no station takes it)") } else { named };
            let capacity = if nobody { "–".to_owned() } else { stations.capacity(named).to_string() };
            vec![
                Cell { bad: nobody, ..Cell::text(name) },
                Cell::bar(both.baseline, largest),
                Cell::bar(both.candidate, largest),
                Cell::number(difference(*both)),
                Cell::number(capacity),
            ]
        });
        let head = vec![
            self.text("站点", "station"),
            self.number("现行", "baseline"),
            self.number("新", "candidate"),
            self.number("差", "difference"),
            self.number("可同时受理", "open at a time"),
        ];
        let mut table = filled(self.say.say("各站点调解受理量", "Mediation by station"), head, rows.collect())?;
        table.note = Some(self.say.say(
            "第一步去往--station-channels所列途径的案件，计入本地或最近上级地区有人受理该类型并具备所需技能的站点；同一地区都能受理的站点\
             合并列出。机构、当事人语言、回避、休假和在办案件不在其内。",
            "Cases whose first step is in one of --station-channels, at the station of their place or the nearest above where \
             somebody takes their kind and has the skills that the step asks for; stations of one place that can all take \
             them stand together. Body, languages of the parties, conflicts, leave and what is open already are not looked at.",
        ));
        Some(table)
    }

    pub(super) fn expected(&self) -> Option<Table> {
        let estimate = self.outcome.seen.tally.estimate.as_ref()?;
        let row = |name: &'static str, expected: &Expected| {
            vec![
                Cell::text(name),
                Cell::number(estimate.estimated),
                Cell::number(number(expected)),
                Cell::number(bounds(expected)),
            ]
        };
        let history = vec![
            Cell::text(self.say.say("历史上全部调解", "all mediation of the history")),
            Cell::number(estimate.history.whole()),
            Cell::number(estimate.history.part()),
            Cell::number(self.say.interval(estimate.history)),
        ];
        let rows = if estimate.estimated == 0 {
            vec![history]
        } else {
            vec![
                row(self.say.say("去向变化的案件，现行规则", "cases that go elsewhere, baseline"), &estimate.baseline),
                row(self.say.say("去向变化的案件，新规则", "cases that go elsewhere, candidate"), &estimate.candidate),
                history,
            ]
        };
        let head = vec![
            self.text("", ""),
            self.number("案件", "cases"),
            self.number("协议", "agreements"),
            self.number("95%区间", "95 % interval"),
        ];
        let mut table = filled(self.say.say("预计达成的协议", "Agreements to expect"), head, rows)?;
        table.note = Some(self.say.say(
            "区间为各组区间两端之和，比95%区间更宽。",
            "The interval adds the ends of those of the groups below, so it is wider than one of 95 % would be.",
        ));
        Some(table)
    }

    pub(super) fn expected_by_move(&self) -> Option<Table> {
        let Estimate { rows, .. } = self.outcome.seen.tally.estimate.as_ref()?;
        let rows = rows.iter().map(|Row { kind, band, from, to, cases, baseline, candidate }| {
            vec![
                Cell::text(self.say.kind(kind)),
                Cell::text(self.band(*band)),
                Cell::text(self.say.first(from)),
                Cell::text(self.say.first(to)),
                Cell::number(cases),
                self.matched(baseline.as_ref()),
                self.matched(candidate.as_ref()),
            ]
        });
        let head = vec![
            self.text("类型", "kind"),
            self.text("金额档", "band"),
            self.text("现行途径", "from"),
            self.text("新途径", "to"),
            self.number("案件", "cases"),
            self.number("现行成功率", "share there"),
            self.number("新成功率", "share here"),
        ];
        let mut table = filled(
            self.say.say("去向变化与历史成功率", "Cases that go elsewhere, and past agreements"),
            head,
            rows.collect(),
        )?;
        table.note = Some(self.say.say(
            "*：该金额档数据不足，按类型和途径计。–：数据不足，或该途径没有调解。",
            "*: too few of the band, so of kind and channel. –: too few, or nothing is mediated there.",
        ));
        Some(table)
    }

    pub(super) fn shares(&self) -> Option<Table> {
        let estimate = self.outcome.seen.tally.estimate.as_ref()?;
        let mut all: Vec<_> = estimate.outcomes.shares().collect();
        all.sort_by_key(|(kind, band, channel, _)| (kind.as_str(), channel.as_str(), *band));
        let rows = all.into_iter().map(|(kind, band, channel, share)| {
            let band = band.map_or_else(|| self.say.say("全部", "all"), |band| self.band(band));
            vec![
                Cell::text(self.say.kind(kind)),
                Cell::text(band),
                Cell::text(self.say.channel(channel)),
                Cell::number(share.whole()),
                Cell::number(percent(share)),
                Cell::number(self.say.interval(share)),
            ]
        });
        let head = vec![
            self.text("类型", "kind"),
            self.text("金额档", "band"),
            self.text("途径", "channel"),
            self.number("调解结束", "ended"),
            self.number("达成协议", "agreed"),
            self.number("95%区间", "95 % interval"),
        ];
        let mut table = filled(self.say.say("历史上的调解成功率", "Past mediation"), head, rows.collect())?;
        table.note = Some(self.say.say(
            "金额档只对编号与所给案件相同的历史纠纷已知。",
            "The band is known of disputes of the history whose id is that of a given case.",
        ));
        Some(table)
    }

    pub(super) fn silent(&self) -> Option<Table> {
        let [old, new] = &self.outcome.silent;
        let mut all: Vec<_> = old.rules.iter().chain(&new.rules).collect();
        all.sort_unstable();
        all.dedup();
        let never = self.say.say("从未", "never");
        let cell = |silent: bool| Cell::text(if silent { never } else { "" });
        let rows = all.into_iter().map(|rule| {
            let (old, new) = (old.rules.contains(rule), new.rules.contains(rule));
            vec![Cell::text(rule.0.as_str()), Cell::text(rule.1.as_str()), cell(old), cell(new)]
        });
        let head = vec![
            self.text("策略", "policy"),
            self.text("规则", "rule"),
            self.text("现行", "baseline"),
            self.text("新", "candidate"),
        ];
        let mut table =
            filled(self.say.say("从未起作用的规则", "Rules that were at work in no case"), head, rows.collect())?;
        table.note = Some(self.say.say(
            "决定中没有任何部分依据该规则；只重复其他规则所说内容的规则也在其中。所属策略未被询问的规则不列出。",
            "Nothing in any decision rests on them; a rule that only says what another says is among them. Rules of \
             policies that were not asked are not listed.",
        ));
        Some(table)
    }

    fn matched(&self, matched: Option<&Matched>) -> Cell {
        let told = matched.map_or_else(
            || "–".to_owned(),
            |Matched { share, by }| {
                let mark = if *by == MatchedBy::Kind { "*" } else { "" };
                format!("{}{mark}", percent(*share))
            },
        );
        Cell::number(told)
    }

    fn band(&self, band: Band) -> &'static str {
        match band {
            Band::Unsaid => self.say.say("未说明", "not said"),
            Band::Small => self.say.say("1万及以下", "up to 10,000"),
            Band::Middling => self.say.say("1万至5万", "up to 50,000"),
            Band::Large => self.say.say("5万至20万", "up to 200,000"),
            Band::Great => self.say.say("20万至100万", "up to 1,000,000"),
            Band::Beyond => self.say.say("100万以上", "above 1,000,000"),
        }
    }
}

fn number(expected: &Expected) -> String {
    format!("{:.1}", expected.middle)
}

fn bounds(expected: &Expected) -> String {
    format!("{:.1}–{:.1}", expected.low, expected.high)
}
