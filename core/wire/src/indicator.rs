//! Indicators in words: what each is called, how it is counted, which way is better.

use maple_insight::figures::{Exit, Indicator, LoopFigure, Milestone};

/// An indicator in Chinese and English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndicatorText {
    /// What it is called.
    pub title: (&'static str, &'static str),
    /// How it is counted.
    pub formula: (&'static str, &'static str),
    /// True where more is better, false where less is; none where neither is.
    pub more_is_better: Option<bool>,
}

/// The words of an indicator.
#[must_use]
pub const fn indicator_text(indicator: Indicator) -> IndicatorText {
    let (title, formula, more_is_better) = match indicator {
        Indicator::LitPer10k => (
            ("万人成讼率", "Suits per 10,000 inhabitants"),
            (
                "期内首次进入法院的纠纷数 ÷ 人口（常住人口加登记的流动人口）× 10000；从不单独展示",
                "disputes that went to court for the first time in the period / inhabitants, registered floating population included, x 10,000; never alone",
            ),
            None,
        ),
        Indicator::PreDivert => (
            ("诉前化解率", "Settled before court"),
            (
                "起诉前达成的协议 ÷（起诉前达成的协议 + 进入法院的纠纷）",
                "agreements before any suit / (these + disputes that went to court)",
            ),
            Some(true),
        ),
        Indicator::MedSucc => (
            ("调解成功率", "Mediation success"),
            ("达成协议 ÷ 调解终结", "agreements / mediations that ended"),
            Some(true),
        ),
        Indicator::MedOfferAccept => (
            ("同意率", "Consent"),
            (
                "获得同意的提议 ÷ 全部提议；多次答复以最后答复为准，有人仍拒绝的不算同意",
                "offers that were agreed to / offers; the last answer counts, and who still refuses has not agreed",
            ),
            None,
        ),
        Indicator::RefusalHonoured => (
            ("拒绝得到尊重", "Refusals honoured"),
            (
                "拒绝之后未再进行调解的 ÷ 全部拒绝；应为100%",
                "refusals after which no step of mediation was tried / refusals; it must be 100 %",
            ),
            Some(true),
        ),
        Indicator::ConfRate => (
            ("司法确认申请率", "Confirmation asked for"),
            (
                "申请司法确认的协议 ÷ 未即时履行的书面协议；按达成协议的月份计，当日履行为即时履行",
                "agreements for whose confirmation a court was asked / written agreements that were not performed on the very day, in the month of the agreement",
            ),
            None,
        ),
        Indicator::ConfGranted => (
            ("司法确认准予率", "Confirmation granted"),
            (
                "准予确认的 ÷ 已作裁定的；按达成协议的月份计",
                "confirmations granted / decided, in the month of the agreement",
            ),
            Some(true),
        ),
        Indicator::OnTime => (
            ("期限内办结率", "Closed in time"),
            (
                "在法定期限内办结的 ÷ 有法定期限的办结",
                "closed by the last day that the law gives / closed with such a day",
            ),
            Some(true),
        ),
        Indicator::PerfRate => (
            ("按期履行率", "Performed in time"),
            (
                "按期履行的协议 ÷ 协议；按履行期所在月份计，未约定的按达成月份计",
                "agreements performed by their day / agreements, in the month in which they are due, or made where they name no day",
            ),
            Some(true),
        ),
        Indicator::Relapse => (
            ("协议后再诉率", "Back to court after an agreement"),
            ("协议后12个月内同一纠纷起诉的 ÷ 协议", "suits on the same dispute within 12 months / agreements"),
            Some(false),
        ),
        Indicator::Resolve => (
            ("解决率", "Resolved"),
            ("回访称已解决的 ÷ 回访答复", "answers that it is resolved / answers, asked afterwards"),
            Some(true),
        ),
        Indicator::Satisfy => (
            ("满意率", "Content"),
            ("回访表示满意的 ÷ 回访答复", "answers of parties that are content / answers, asked afterwards"),
            Some(true),
        ),
        Indicator::TimeToContact => (
            ("首次联系用时", "Time to the first contact"),
            (
                "登记至首次联系的小时数，中位数（按区间估计）",
                "hours from registration to the first contact, median, from intervals",
            ),
            Some(false),
        ),
        Indicator::TimeToOffer => (
            ("提出方案用时", "Time to an offer"),
            (
                "登记至首次提出途径的小时数，中位数（按区间估计）",
                "hours from registration to the first offer, median, from intervals",
            ),
            Some(false),
        ),
        Indicator::TimeToEnd => (
            ("办结用时", "Time to the end"),
            ("登记至办结的小时数，中位数（按区间估计）", "hours from registration to the end, median, from intervals"),
            Some(false),
        ),
        Indicator::TimeToCourt => (
            ("进入法院用时", "Time to court"),
            (
                "登记至进入法院的小时数，中位数（按区间估计）",
                "hours from registration to court, median, from intervals",
            ),
            Some(false),
        ),
        Indicator::LadderVillage => (
            ("村（社区）化解占比", "Ended in a village"),
            ("在村（社区）办结的 ÷ 办结", "closed in a village or neighbourhood / closed"),
            None,
        ),
        Indicator::LadderTown => (
            ("乡镇（街道）化解占比", "Ended in a town"),
            ("在乡镇（街道）办结的 ÷ 办结", "closed in a town or street / closed"),
            None,
        ),
        Indicator::LadderCounty => (
            ("县（市、区）化解占比", "Ended in a county"),
            ("在县（市、区）办结的 ÷ 办结", "closed in a county or district / closed"),
            None,
        ),
        Indicator::LadderCity => {
            (("市级化解占比", "Ended in a city"), ("在市级办结的 ÷ 办结", "closed in a city / closed"), None)
        }
        Indicator::LadderProvince => (
            ("省级以上化解占比", "Ended in a province"),
            ("在省级以上办结的 ÷ 办结", "closed in a province or above / closed"),
            None,
        ),
        Indicator::Withdraw => (
            ("诉后调撤率", "Settled or taken back after a suit"),
            (
                "起诉后达成协议或撤回而办结的 ÷ 起诉后办结的",
                "closed after a suit by an agreement or by taking it back / closed after a suit",
            ),
            None,
        ),
        Indicator::LadderCourt => {
            (("法院办结占比", "Ended in court"), ("由法院办结的 ÷ 办结", "closed by a court / closed"), None)
        }
        Indicator::Registered => {
            (("登记纠纷", "Disputes registered"), ("期内登记的纠纷数", "disputes registered in the period"), None)
        }
    };
    IndicatorText { title, formula, more_is_better }
}

/// What a step of the way of a dispute is called, in Chinese and English.
#[must_use]
pub const fn milestone_text(milestone: Milestone) -> (&'static str, &'static str) {
    match milestone {
        Milestone::Registered => ("登记", "Registered"),
        Milestone::Approached => ("已提出途径或征询意愿", "Offered a way, or asked"),
        Milestone::Assigned => ("已分派", "Assigned"),
        Milestone::Mediated => ("已开始调解", "In mediation"),
        Milestone::Agreed => ("达成协议", "Agreed"),
        Milestone::Performed => ("履行完毕", "Performed"),
    }
}

/// What an exit from the way is called, in Chinese and English.
#[must_use]
pub const fn exit_text(exit: Exit) -> (&'static str, &'static str) {
    match exit {
        Exit::Refused => ("一方拒绝调解", "A party refused mediation"),
        Exit::Failed => ("调解未成", "Mediation ended without an agreement"),
        Exit::Court => ("进入法院", "Went to court"),
        Exit::LabourArbitration => ("进入劳动仲裁", "Went to the labour tribunal"),
        Exit::LandArbitration => ("进入农村土地承包仲裁", "Went to the tribunal for contracted land"),
        Exit::CommercialArbitration => ("进入商事仲裁", "Went to an arbitration commission"),
        Exit::HandedOn => ("转交其他机关", "Handed to somebody else"),
        Exit::Unsettled => ("未达成协议即办结", "Closed without an agreement"),
    }
}

/// The words of a figure of how early signals were dealt with.
#[must_use]
pub const fn loop_text(figure: LoopFigure) -> IndicatorText {
    let (title, formula, more_is_better) = match figure {
        LoopFigure::Handled => (
            ("预警处置率", "Warnings handled"),
            (
                "已处置或认定为误报的预警 ÷ 期内发出的预警；发出时已自行失效的不计",
                "warnings that somebody ended, as handled or as a false alarm / warnings issued in the period; those that were over by themselves when they were issued do not count",
            ),
            Some(true),
        ),
        LoopFigure::FalseAlarm => (
            ("误报占比", "False alarms"),
            (
                "认定为误报的预警 ÷ 已处置或认定为误报的预警",
                "warnings that were false alarms / warnings that somebody ended",
            ),
            Some(false),
        ),
        LoopFigure::TimeToAcknowledge => (
            ("认领用时", "Time to take up"),
            (
                "发出至有人认领的小时数，中位数（按区间估计）；直接处置的以处置时间计",
                "hours from issue until somebody takes it up, or ends it, median, from intervals",
            ),
            Some(false),
        ),
        LoopFigure::TimeToHandle => (
            ("处置用时", "Time to handle"),
            (
                "发出至处置或认定为误报的小时数，中位数（按区间估计）",
                "hours from issue until somebody ends it, as handled or as a false alarm, median, from intervals",
            ),
            Some(false),
        ),
    };
    IndicatorText { title, formula, more_is_better }
}
