//! What may stand in `then`: one table for each verb, its verb first.

use maple_kernel::{Class, Scope, WordList};

use super::{Choice, Keyed, Names, Shape, Table, choice, label, may, need};
use crate::packs::{CLOCK_WARN_DAYS_MAX, WEIGHT_MAX};

const CHANNEL: Shape = Shape::Name(Names::Channels);
const WEIGHT: Shape = Shape::Number { min: -WEIGHT_MAX, max: WEIGHT_MAX };

/// Classes of channels, in the order of steps.
pub(super) static CLASSES: [Choice; 6] = [
    choice(Class::Protective.as_str(), "保护：使人安全", "keeps somebody safe"),
    choice(Class::Parallel.as_str(), "并行：不在当事人之间作决定", "runs beside the others and decides nothing"),
    choice(Class::Facilitative.as_str(), "促成：各种调解，须自愿", "helps the parties agree; by consent only"),
    choice(Class::Precondition.as_str(), "前置：法律要求在诉讼之前", "the law wants it before the court"),
    choice(Class::Adjudicative.as_str(), "裁决", "decides"),
    choice(Class::Informative.as_str(), "告知与帮助", "tells or helps"),
];

pub(super) static LEVELS: [Choice; 4] = [
    choice("blue", "蓝色：关注", "worth a look"),
    choice("yellow", "黄色：留意", "take care"),
    choice("orange", "橙色：尽快处理", "act soon"),
    choice("red", "红色：立即处理", "act at once"),
];

/// What signals are about, besides `organisation:ROLE`.
pub static SUBJECTS: [Choice; 5] = [
    choice("place", "地点", "the place"),
    choice("project", "项目", "the project"),
    choice("kind", "纠纷类型", "the kind of dispute"),
    choice("station", "受理点", "the station"),
    choice("own-case", "本案", "the case itself"),
];

/// Every effect.
pub(super) static EFFECTS: [&Table; 10] =
    [&OFFER, &PREFER, &REQUIRE_FIRST, &FORBID, &FORBID_CLASS, &DUTY, &CLOCK, &SIGNAL, &DERIVE, &REFER];

static OFFER: Table = Table::new(
    "offer",
    "an effect",
    label("提供一条途径", "Puts a step on offer"),
    &[
        need("offer", CHANNEL, "提供这条途径", "The channel put on offer"),
        may("body", Shape::Name(Names::Words(WordList::Body)), "由哪一级或哪一机构", "The body within the channel"),
        may(
            "skills",
            Shape::Several(&Shape::Name(Names::Words(WordList::Skill))),
            "所需技能",
            "Skills that are needed",
        ),
        may(
            "skills-from",
            Shape::Name(Names::Facts(&[Scope::Party])),
            "按各当事人的这一事实要求技能，如语言",
            "Asks for the skill that this fact of each party names, such as its language",
        ),
        may("weight", WEIGHT, "同类中的先后", "Its place within the class"),
        may("chargeable", Shape::Flag, "可以收费", "May be charged for"),
        may("due", Shape::Span, "期限", "How long it may take").with("from"),
        may("from", Shape::Name(Names::Words(WordList::Event)), "期限自何事起算", "The event that `due` counts from")
            .with("due"),
    ],
);

static PREFER: Table = Table::new(
    "prefer",
    "an effect",
    label("在同类途径中提前或推后", "Moves a step on offer within its class"),
    &[
        need("prefer", CHANNEL, "移动这条途径", "The channel that is moved"),
        need("weight", WEIGHT, "−100 至 100", "From −100 to 100"),
    ],
);

static REQUIRE_FIRST: Table = Table::new(
    "require-first",
    "an effect",
    label("先后次序", "The first must come before the second"),
    &[
        need("require-first", CHANNEL, "先行的途径", "What comes first"),
        need("before", CHANNEL, "其后的途径", "What it comes before"),
    ],
);

static FORBID: Table = Table::new(
    "forbid",
    "an effect",
    label("关闭一条途径", "Closes a channel"),
    &[need("forbid", CHANNEL, "关闭这条途径", "The channel that is closed")],
);

static FORBID_CLASS: Table = Table::new(
    "forbid-class",
    "an effect",
    label("关闭一类途径", "Closes a class of channels"),
    &[need("forbid-class", Shape::Choice(&CLASSES), "关闭这一类", "The class that is closed")],
);

static DUTY: Table = Table::new(
    "duty",
    "an effect",
    label("有人必须做某事", "Somebody must do something"),
    &[
        need("duty", Shape::Name(Names::Words(WordList::Duty)), "义务", "The duty"),
        may("bearer", Shape::Name(Names::Words(WordList::Bearer)), "由谁承担", "Who bears it"),
        may("with", Shape::Table(&WITH), "参数", "Its parameters"),
    ],
);

pub(super) static WITH: Table = Table::new("parameters", "a table of parameters", label("参数", "Parameters"), &[])
    .others(Keyed::Known(Names::Words(WordList::Param)), Shape::Scalar);

static CLOCK: Table = Table::new(
    "clock",
    "an effect",
    label("一个期限开始计算", "A time limit runs"),
    &[
        need("clock", Shape::Name(Names::Words(WordList::Clock)), "期限", "The time limit"),
        need(
            "from",
            Shape::Name(Names::Starts),
            "起算日：日期类事实、`filed` 或 `today`；没有该事实则不起算",
            "A fact that is a day, `filed` or `today`; without that fact it does not start",
        ),
        need("span", Shape::Span, "长度", "How long it is"),
        may(
            "warn",
            Shape::List(&Shape::Number { min: 0, max: CLOCK_WARN_DAYS_MAX }),
            "届满前几天提醒",
            "Days before the end on which to warn",
        ),
        may("first-day-counts", Shape::Flag, "起算当日计入", "The law counts its first day"),
    ],
);

static SIGNAL: Table = Table::new(
    "signal",
    "an effect",
    label("预警", "Warns"),
    &[
        need("signal", Shape::Name(Names::Words(WordList::Signal)), "信号", "The signal"),
        need("level", Shape::Choice(&LEVELS), "等级", "How urgent it is"),
        need("subject", Shape::Name(Names::Subjects), "关于什么；绝不关于个人", "What it is about; never a person"),
        may("measures", Shape::Several(&Shape::Name(Names::Words(WordList::Measure))), "措施", "What to do"),
        may("responsible", Shape::Name(Names::Words(WordList::Bearer)), "由谁负责", "Who answers for it"),
        may("handle-within", Shape::Span, "处理期限", "By when it must be handled"),
    ],
);

static DERIVE: Table = Table::new(
    "derive",
    "an effect",
    label("得出一个事实，供其后的政策使用", "Sets a derived fact for policies asked later"),
    &[
        need("derive", Shape::Name(Names::Facts(&[Scope::Derived])), "得出的事实", "The fact"),
        need("value", Shape::Values, "取值", "Its value"),
    ],
);

static REFER: Table = Table::new(
    "refer",
    "an effect",
    label("由人决定", "A person decides"),
    &[need("refer", Shape::Name(Names::Words(WordList::Referral)), "理由", "Why")],
);
