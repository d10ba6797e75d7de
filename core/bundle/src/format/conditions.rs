//! What may stand in `when`, and in `any` and `all` within it.

use maple_kernel::{Scope, WordList};

use super::{Choice, Key, Keyed, Names, Shape, Table, choice, label, may, need};

/// Facts that conditions of the case ask for.
pub(super) const OF_THE_CASE: Names = Names::Facts(&[Scope::Case, Scope::Derived, Scope::Locality, Scope::Context]);
const OF_A_PARTY: Names = Names::Facts(&[Scope::Party]);

pub(super) static PARTY_TYPES: [Choice; 3] = [
    choice("natural", "自然人", "a person"),
    choice("organisation", "组织", "an organisation"),
    choice("public_authority", "行政机关", "a public authority"),
];

const TEST_OF_A_FACT: Shape = Shape::Either(&[Shape::Value, Shape::List(&Shape::Value), Shape::Table(&TEST)]);
static CASES: [Shape; 2] = [Shape::Table(&CASE_CONDITION), Shape::List(&Shape::Table(&CASE_CONDITION))];
static PARTIES: [Shape; 2] = [Shape::Table(&PARTY_CONDITION), Shape::List(&Shape::Table(&PARTY_CONDITION))];

/// A condition on the case: every key must hold.
pub static CASE_CONDITION: Table = Table::new(
    "condition",
    "a condition",
    label(
        "条件：全部满足才成立；未知的事实视为不满足",
        "A condition: everything in it must hold; a fact that is not known makes its part false",
    ),
    &[
        may(
            "kind",
            Shape::Several(&Shape::Name(Names::KindFamilies)),
            "纠纷类型，`labour.*` 表示一类",
            "The kind of dispute; `labour.*` is a family",
        ),
        may(
            "source",
            Shape::Several(&Shape::Name(Names::WordsOrAll(WordList::Source))),
            "案件来源",
            "The door the case came through",
        ),
        may(
            "locality",
            Shape::Several(&Shape::Name(Names::LocalityFamilies)),
            "地区，`cn/zhejiang/*` 表示其下各地",
            "The place; `cn/zhejiang/*` is every place below",
        ),
        may(
            "any",
            Shape::Either(&PARTIES),
            "有当事人满足；列表中每一项都要有人满足",
            "Some party meets all of it; of a list, each is met by some party",
        ),
        may("all", Shape::Table(&PARTY_CONDITION), "每个当事人都满足", "Every party meets it, and there is one"),
        may(
            "not",
            Shape::Either(&CASES),
            "不成立；列表中没有一项成立",
            "What is inside does not hold; of a list, none holds",
        ),
        may("either", Shape::Either(&CASES), "至少一项成立", "At least one of them holds"),
    ],
)
.others(Keyed::Known(OF_THE_CASE), TEST_OF_A_FACT);

/// A condition on one party.
pub static PARTY_CONDITION: Table = Table::new(
    "party-condition",
    "a condition",
    label("对当事人的条件", "A condition on a party"),
    &[
        may("role", Shape::Several(&Shape::Name(Names::Words(WordList::Role))), "当事人的角色", "The party's role"),
        may("type", Shape::Several(&Shape::Choice(&PARTY_TYPES)), "当事人的类型", "The party's type"),
        may("not", Shape::Either(&PARTIES), "不成立", "What is inside does not hold"),
        may("either", Shape::Either(&PARTIES), "至少一项成立", "At least one of them holds"),
    ],
)
.others(Keyed::Known(OF_A_PARTY), TEST_OF_A_FACT);

const BOUND: Shape = Shape::Either(&[Shape::Value, Shape::Table(&OTHER_FACT)]);
const NUMBERS: &[&str] = &["count", "money"];
const DAYS: &[&str] = &["day"];

/// The name under which [`Key::only`] speaks of the type of the fact that a test is of.
pub(super) const FACT_TYPE: &str = "(type)";

const fn of_numbers(name: &'static str, zh: &'static str, en: &'static str) -> Key {
    may(name, BOUND, zh, en).only(FACT_TYPE, NUMBERS)
}

const fn of_days(name: &'static str, shape: Shape, zh: &'static str, en: &'static str) -> Key {
    may(name, shape, zh, en).only(FACT_TYPE, DAYS)
}

pub(super) static TEST: Table = Table::new(
    "test",
    "a condition on a fact",
    label("对一个事实的比较", "A comparison of one fact"),
    &[
        may("known", Shape::Flag, "是否已知", "Whether the fact is known"),
        of_numbers("min", "至少（含）", "At least, included"),
        of_numbers("max", "至多（含）", "At most, included"),
        of_numbers("above", "大于（不含）", "More than"),
        of_numbers("below", "小于（不含）", "Less than"),
        of_days("from", Shape::Day, "不早于这一天", "Not before this day"),
        of_days("to", Shape::Day, "不晚于这一天", "Not after this day"),
        of_days("ago-min", Shape::Age, "距案件之日至少已过", "At least so long before the day of the case"),
        of_days("ago-max", Shape::Age, "距案件之日至多已过", "At most so long before the day of the case"),
        of_days(
            "running",
            Shape::Age,
            "自该日起算的期间尚未届满，末日遇休息日顺延",
            "A time of this length from that day has not ended; an end on a day of rest moves as the law of the place says",
        ),
        of_days("ahead-max", Shape::Age, "今天或至多在此之后", "Today, or at most so far ahead"),
    ],
)
.some();

static OTHER_FACT: Table = Table::new(
    "bound",
    "a bound",
    label("以另一个事实为界", "Another fact as the bound"),
    &[need(
        "fact",
        Shape::Name(OF_THE_CASE),
        "作为界限的事实，如当地的数额",
        "The fact, such as a figure of the place",
    )],
);
