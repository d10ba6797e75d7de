//! Files of a pack: `pack.toml`, rule tables, policies of code and cases.

use maple_kernel::{Scope, WordList};

use crate::packs::CLOCK_WARN_DAYS_MAX;

use super::{
    ANY_NAME, Choice, Form, Key, Keyed, Names, Shape, Table, choice,
    conditions::{CASE_CONDITION, OF_THE_CASE, PARTY_TYPES},
    effects::{EFFECTS, LEVELS, WITH},
    form, label, may, need,
};

static RULE_ID: Form = form("^[A-Za-z0-9_.-]{1,128}$", &["R19", "W1"]);
static POLICY_ID: Form = form("^[a-z0-9_-]{1,128}$", &["labour", "longshan-ladder"]);
static VERSION: Form = form(
    "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?$",
    &["1.2.0", "0.1.0"],
);
static REQUIREMENT: Form = form("^[ ]*([*~^=<>]|[0-9])[^#]*$", &["^0.1", "^1", ">=1.2, <2"]);

static MODES: [Choice; 3] = [
    choice("enforce", "生效", "it counts"),
    choice("shadow", "试行：会被询问并记录，不改变结果", "it is asked and noted, and changes nothing"),
    choice("off", "关闭：不被询问", "it is not asked"),
];
static PURPOSES: [Choice; 2] = [
    choice("routing", "引导：去哪里解决", "where a dispute goes"),
    choice("prevention", "预防：预警", "warnings before one grows"),
];
static OUTCOMES: [Choice; 2] =
    [choice("route", "给出途径", "a way is shown"), choice("refer", "由人决定", "a person decides")];

static CASES: Key =
    may("case", Shape::List(&Shape::Table(&CASE)), "测试案例", "Cases: a dispute and what the decision must say of it");
static POLICIES: Key = may(
    "policy",
    Shape::List(&Shape::Table(&POLICY)),
    "由插件执行的政策",
    "Policies of code: a plugin with its settings",
);
const FROM: &str = "in-force-from";
const TO: &str = "in-force-to";
const CHANNELS: Shape = Shape::Several(&Shape::Name(Names::Channels));
const RULES_OF: Shape = Shape::Several(&Shape::Name(Names::Rules));

const fn words(list: WordList) -> Shape {
    match list {
        WordList::Duty => Shape::Several(&Shape::Name(Names::Words(WordList::Duty))),
        WordList::Signal => Shape::Several(&Shape::Name(Names::Words(WordList::Signal))),
        WordList::Source => Shape::Several(&Shape::Name(Names::Words(WordList::Source))),
        WordList::Referral => Shape::Several(&Shape::Name(Names::Words(WordList::Referral))),
        _ => Shape::Several(&Shape::Name(Names::Words(WordList::Right))),
    }
}

/// `pack.toml`.
pub(super) static PACK: Table = Table::new(
    "pack",
    "`pack.toml`",
    label("规则包：谁在说话", "A pack: who speaks, in which version, since when"),
    &[
        need("id", Shape::Name(Names::Localities), "地区，即所在文件夹", "The locality, which is the folder"),
        need("version", Shape::Form(&VERSION), "版本号（semver）", "Its version (semver)"),
        need("contract", Shape::Form(&REQUIREMENT), "所依据的插件合约版本", "The plugin contract it was written for"),
        need(FROM, Shape::Day, "生效的第一天", "The first day in force"),
        may(TO, Shape::Day, "生效的最后一天", "The last day in force"),
        need("title", Shape::Both, "名称", "Its name"),
        may("illustrative", Shape::Flag, "仅为展示真实做法的示例", "Shown as an example of real practice"),
        POLICIES,
        CASES,
    ],
);

const fn of_a_table(key: Key) -> Key {
    key.with("rule")
}

/// Any other file of a pack.
pub(super) static RULES: Table = Table::new(
    "rules",
    "a policy file",
    label("规则表：一个文件就是一项政策", "A rule table: one file is one policy"),
    &[
        of_a_table(ID),
        of_a_table(MODE),
        of_a_table(PURPOSE),
        of_a_table(POLICY_FROM),
        of_a_table(POLICY_TO),
        of_a_table(REPLACES),
        of_a_table(TARGET_KEY),
        of_a_table(LIMITS_KEY),
        of_a_table(COMPLETE),
        may("rule", Shape::List(&Shape::Table(&RULE)), "规则", "Rules"),
        POLICIES,
        CASES,
    ],
);

const ID: Key = may("id", Shape::Form(&POLICY_ID), "政策名；不写则为文件名", "The policy's name; else the file's");
static COMPLETE: Key = may(
    "complete",
    Shape::Either(&[Shape::Flag, Shape::Several(&Shape::Name(OF_THE_CASE))]),
    "是否每个案件都有规则回答，或在所列事实已知时如此；检查会逐一证明。false：有意留空",
    "Whether each case of the target is answered, or is when these facts are known; `false`: gaps are meant",
);
const MODE: Key = may("mode", Shape::Choice(&MODES), "是否生效", "Whether its answers count");
static PURPOSE: Key =
    may("purposes", Shape::Several(&Shape::Choice(&PURPOSES)), "用途；不写则两者", "What it serves; both unless said");
const POLICY_FROM: Key = may(FROM, Shape::Day, "生效的第一天", "The first day in force, within the pack's own");
const POLICY_TO: Key = may(TO, Shape::Day, "生效的最后一天", "The last day in force, within the pack's own");
const REPLACES: Key = may(
    "replaces",
    Shape::Several(&Shape::Name(Names::Replaced)),
    "让位的上级规则：`cn/consumer#R36`",
    "What gives way when this speaks: `cn/consumer#R36`",
);
const TARGET_KEY: Key = may("target", Shape::Table(&TARGET), "适用的案件", "Which cases are shown to it at all");
const LIMITS_KEY: Key = may("limits", Shape::Table(&LIMITS), "运行限额", "What it may use while it runs");

/// What may stand in a rule table beside its rules.
pub static HEAD: Table = Table::new(
    "head",
    "a policy file",
    label("规则之外的部分", "A policy file but for its rules"),
    &[ID, MODE, PURPOSE, POLICY_FROM, POLICY_TO, REPLACES, TARGET_KEY, LIMITS_KEY, COMPLETE, POLICIES, CASES],
);

static TARGET: Table = Table::new(
    "target",
    "`target`",
    label("适用的案件", "Which cases are shown to a policy at all"),
    &[
        may("kinds", Shape::Several(&Shape::Name(Names::KindFamilies)), "纠纷类型", "Kinds of dispute"),
        may("except", Shape::Several(&Shape::Name(Names::KindFamilies)), "除外的纠纷类型", "Kinds that are left out"),
        may("sources", words(WordList::Source), "案件来源", "Doors a case comes through"),
        may("facts", Shape::Table(&TARGET_FACTS), "必须有的事实", "Facts that must be so"),
    ],
);
static TARGET_FACTS: Table =
    Table::new("target-facts", "`facts`", label("事实", "Facts"), &[]).others(Keyed::Known(OF_THE_CASE), Shape::Values);

const ONE_OR_MORE: Shape = Shape::Number { min: 1, max: i64::MAX };

static LIMITS: Table = Table::new(
    "limits",
    "`limits`",
    label("运行限额", "What a policy may use while it runs"),
    &[
        may("fuel", ONE_OR_MORE, "燃料", "Fuel"),
        may("memory-bytes", ONE_OR_MORE, "内存字节数", "Bytes of memory"),
        may("wall-ms", ONE_OR_MORE, "毫秒数", "Milliseconds"),
        may("findings", ONE_OR_MORE, "结论条数", "Findings"),
        may("answer-bytes", ONE_OR_MORE, "回答字节数", "Bytes of the answer"),
        may("case-bytes", ONE_OR_MORE, "案件字节数", "Bytes of the case in memory"),
        may("table-elements", ONE_OR_MORE, "函数表元素数", "Elements of a table of the component"),
        may("tables", ONE_OR_MORE, "函数表个数", "Tables of the component"),
        may("memories", ONE_OR_MORE, "内存个数", "Linear memories of the component"),
        may("instances", ONE_OR_MORE, "核心实例个数", "Core instances that the component is made of"),
        may("stack-bytes", ONE_OR_MORE, "栈字节数", "Bytes of the stack"),
        may("diary-lines", ONE_OR_MORE, "日记行数", "Lines of the diary that are kept"),
    ],
);

/// What a rule does.
pub const THEN: Shape = Shape::List(&Shape::Verbs(&EFFECTS));
const WHY: Key = may(
    "why",
    Shape::Both,
    "告诉当事人的话；`{事实}` 会被填入",
    "Told to the parties instead; `{fact}` is filled from the case",
);
const BASIS: Key = may(
    "basis",
    Shape::Several(&Shape::Name(Names::Provisions)),
    "法律依据；除 `prefer` 和 `derive` 外都需要",
    "The law behind it; needed for every effect except `prefer` and `derive`",
);
const FLOOR: Key = may("floor", Shape::Flag, "下级不得削弱", "No lower level may weaken it");
const RULE_FROM: Key = may(FROM, Shape::Day, "生效的第一天", "The first day in force");
const RULE_TO: Key = may(TO, Shape::Day, "生效的最后一天", "The last day in force");

static RULE: Table = Table::new(
    "rule",
    "a rule",
    label("规则的一行", "A row of a rule table"),
    &[
        need("id", Shape::Form(&RULE_ID), "规则编号；多行可共用一个", "The rule; several rows may share one"),
        may(
            "summary",
            Shape::Both,
            "规则做什么；只写在第一行",
            "What the rule does; on its first row only, and needed there",
        ),
        WHY,
        may(
            "when",
            Shape::Table(&CASE_CONDITION),
            "条件；不写则总是适用",
            "The condition; without one the rule always speaks",
        ),
        need("then", THEN, "效果", "What follows: one or more effects"),
        BASIS,
        FLOOR,
        RULE_FROM,
        RULE_TO,
        REPLACES,
    ],
);

/// What rules that are made from elsewhere may have in common.
pub static EVERY_RULE: Table = Table::new(
    "every-rule",
    "a rule",
    label("每条规则共有的部分", "What every rule gets"),
    &[WHY, BASIS, FLOOR, RULE_FROM, RULE_TO, REPLACES],
);

static POLICY: Table = Table::new(
    "policy",
    "a policy",
    label("由插件执行的政策", "A policy of code"),
    &[
        need("id", Shape::Form(&POLICY_ID), "政策名", "The policy's name"),
        need("plugin", Shape::Table(&PLUGIN), "插件", "The plugin that decides"),
        MODE,
        PURPOSE,
        POLICY_FROM,
        POLICY_TO,
        REPLACES,
        TARGET_KEY,
        LIMITS_KEY,
        may(
            "floor",
            Shape::Either(&[Shape::Flag, Shape::Several(&Shape::Text)]),
            "下级不得削弱：全部，或其中的规则",
            "No lower level may weaken it: true, or some of its rules",
        ),
        may("settings", Shape::Table(&SETTINGS), "插件的设置", "The plugin's settings, which are its own"),
        may("reasons", Shape::Table(&REASONS), "另行措辞的理由", "Reasons in other words than the plugin's own"),
    ],
);
static PLUGIN: Table = Table::new(
    "plugin",
    "`plugin`",
    label("插件", "A plugin"),
    &[
        need("id", Shape::Text, "插件名", "Its name"),
        need("version", Shape::Form(&REQUIREMENT), "所需版本", "The version that is asked for"),
    ],
);
static SETTINGS: Table = Table::new("settings", "`settings`", label("插件的设置", "Settings of a plugin"), &[])
    .others(Keyed::New(&ANY_NAME), Shape::Any);
static REASONS: Table =
    Table::new("reasons", "`reasons`", label("理由", "Reasons"), &[]).others(Keyed::New(&ANY_NAME), Shape::Both);

static CASE: Table = Table::new(
    "case",
    "a case",
    label("测试案例：一个纠纷，以及决定必须怎么说", "A dispute, and what the decision must say of it"),
    &[
        need("name", Shape::Text, "名称，包内不重复", "Its name, once in the pack"),
        may("covers", RULES_OF, "它展示的规则", "Rules of this pack that it shows at work"),
        may("as-of", Shape::Day, "适用哪一天的法律；不写则为立案日", "The day whose law applies; else the filed day"),
        need("case", Shape::Table(&DISPUTE), "纠纷", "The dispute"),
        need("expect", Shape::Table(&EXPECT), "决定必须怎么说", "What the decision must say"),
    ],
);
static DISPUTE: Table = Table::new(
    "dispute",
    "`case`",
    label("纠纷", "A dispute"),
    &[
        need("kind", Shape::Name(Names::Kinds), "纠纷类型", "The kind of dispute"),
        may(
            "source",
            Shape::Name(Names::Words(WordList::Source)),
            "案件来源；不写则为窗口",
            "The door it came through; the counter unless said",
        ),
        may("filed", Shape::Day, "立案日", "The day it was filed"),
        may(
            "locality",
            Shape::Name(Names::Localities),
            "地区；不写则为本包的地区",
            "The place; the pack's own unless said",
        ),
        may("parties", Shape::List(&Shape::Table(&PARTY)), "当事人", "The parties"),
        may("facts", Shape::Table(&CASE_FACTS), "案件事实", "Facts of the case"),
        may("context", Shape::Table(&CONTEXT), "系统计数", "What the host counted, see `aggregates.toml`"),
    ],
);
static CONTEXT: Table = Table::new("context", "`context`", label("系统计数", "What the host counted"), &[])
    .others(Keyed::Known(Names::Facts(&[Scope::Context])), Shape::Values);
static CASE_FACTS: Table = Table::new("case-facts", "`facts`", label("案件事实", "Facts of the case"), &[])
    .others(Keyed::Known(Names::Facts(&[Scope::Case])), Shape::Values);
static PARTY: Table = Table::new(
    "party",
    "a party",
    label("当事人", "A party"),
    &[
        need("role", Shape::Name(Names::Words(WordList::Role)), "角色", "Its role"),
        need("type", Shape::Choice(&PARTY_TYPES), "类型", "Its type"),
        may("facts", Shape::Table(&PARTY_FACTS), "当事人的事实", "Facts of the party"),
    ],
);
static PARTY_FACTS: Table = Table::new("party-facts", "`facts`", label("当事人的事实", "Facts of a party"), &[])
    .others(Keyed::Known(Names::Facts(&[Scope::Party])), Shape::Values);

static EXPECT: Table = Table::new(
    "expect",
    "`expect`",
    label("决定必须怎么说；没写的不比较", "What the decision must say; what is not written is not compared"),
    &[
        may("outcome", Shape::Choice(&OUTCOMES), "给出途径还是由人决定", "Shows a way, or calls a person"),
        may("referral", words(WordList::Referral), "由人决定的理由", "Why a person is called"),
        may("first", CHANNELS, "第一步", "Its first step"),
        may("has-channels", CHANNELS, "包含这些途径", "Has these steps"),
        may("lacks-channels", CHANNELS, "不包含这些途径", "Has none of these steps"),
        may(
            "steps",
            Shape::Several(&Shape::Table(&EXPECT_STEP)),
            "包含这些步骤，并且各步骤如此",
            "Has these steps, and each says this",
        ),
        may(
            "has-rules",
            Shape::Several(&Shape::Either(&[Shape::Name(Names::Rules), Shape::Table(&EXPECT_RULE)])),
            "依据这些规则",
            "Rests on these rules",
        ),
        may("lacks-rules", RULES_OF, "不依据这些规则", "Rests on none of these rules"),
        may("excluded", CHANNELS, "关闭的途径；`[]` 表示没有", "Channels closed; `[]` means none at all"),
        may(
            "preconditions",
            Shape::Several(&Shape::Name(Names::Preconditions)),
            "先后次序；`[]` 表示没有",
            "What must come before what; `[]` means none at all",
        ),
        may(
            "has-duties",
            Shape::Several(&Shape::Either(&[Shape::Name(Names::Words(WordList::Duty)), Shape::Table(&EXPECT_DUTY)])),
            "有这些义务",
            "Has these duties",
        ),
        may("lacks-duties", words(WordList::Duty), "没有这些义务", "Has none of these duties"),
        may("clocks", Shape::Table(&CLOCKS), "期限及其最后一天", "Has these clocks with these last days"),
        may("lacks-clocks", words(WordList::Clock), "没有这些期限", "Has none of these clocks"),
        may(
            "signals",
            Shape::Several(&Shape::Either(&[
                Shape::Name(Names::Words(WordList::Signal)),
                Shape::Table(&EXPECT_SIGNAL),
            ])),
            "信号；`[]` 表示没有",
            "Raises these signals; `[]` means none at all",
        ),
        may("lacks-signals", words(WordList::Signal), "没有这些信号", "Raises none of these signals"),
        may(
            "guardrails",
            Shape::Several(&Shape::Form(&GUARDRAIL)),
            "起作用的护栏；`[]` 表示没有",
            "These guardrails acted; `[]` means none at all",
        ),
        may("rights", words(WordList::Right), "告知的权利", "Tells these rights"),
        may("basis", PROVISIONS_OF, "依据这些条文", "Rests on these provisions"),
    ],
)
.some();
const PROVISIONS_OF: Shape = Shape::Several(&Shape::Name(Names::Provisions));
static EXPECT_RULE: Table = Table::new(
    "expected-rule",
    "an expected rule",
    label("规则及其依据", "A rule that the decision rests on"),
    &[
        need("rule", Shape::Name(Names::Rules), "规则", "The rule"),
        may("basis", PROVISIONS_OF, "它所依据的条文", "Provisions that what it decided rests on"),
    ],
);
static EXPECT_STEP: Table = Table::new(
    "expected-step",
    "an expected step",
    label("步骤；没写的不比较", "A step; what is not written is not compared"),
    &[
        need("channel", Shape::Name(Names::Channels), "途径", "Its channel"),
        may("body", Shape::Name(Names::Words(WordList::Body)), "由哪一级或哪一机构", "The body within the channel"),
        may(
            "skills",
            Shape::Several(&Shape::Name(Names::Words(WordList::Skill))),
            "所需技能；`[]` 表示没有",
            "Skills that are needed; `[]` means none at all",
        ),
        may(
            "due",
            Shape::Either(&[Shape::Day, Shape::Span]),
            "截止日；或自 `from` 起的期限",
            "Its last day; or how long it may take from the event `from`",
        ),
        may("from", Shape::Name(Names::Words(WordList::Event)), "期限自何事起算", "The event that `due` counts from")
            .with("due"),
        may("basis", PROVISIONS_OF, "它所依据的条文", "Provisions that it rests on"),
    ],
);
static EXPECT_DUTY: Table = Table::new(
    "expected-duty",
    "an expected duty",
    label("义务；没写的不比较", "A duty; what is not written is not compared"),
    &[
        need("duty", Shape::Name(Names::Words(WordList::Duty)), "义务", "The duty"),
        may("bearer", Shape::Name(Names::Words(WordList::Bearer)), "由谁承担", "Who bears it"),
        may("with", Shape::Table(&WITH), "参数", "Parameters that it has"),
        may("basis", PROVISIONS_OF, "它所依据的条文", "Provisions that it rests on"),
    ],
);
static EXPECT_SIGNAL: Table = Table::new(
    "expected-signal",
    "an expected signal",
    label("信号；没写的不比较", "A signal; what is not written is not compared"),
    &[
        need("signal", Shape::Name(Names::Words(WordList::Signal)), "信号", "The signal"),
        may("level", Shape::Choice(&LEVELS), "等级", "How urgent it is"),
        may("basis", PROVISIONS_OF, "它所依据的条文", "Provisions that it rests on"),
    ],
);
static EXPECT_CLOCK: Table = Table::new(
    "expected-clock",
    "an expected clock",
    label("期限；没写的不比较", "A clock; what is not written is not compared"),
    &[
        need("ends", Shape::Day, "最后一天", "Its last day"),
        may(
            "warn",
            Shape::List(&Shape::Number { min: 0, max: CLOCK_WARN_DAYS_MAX }),
            "届满前几天提醒；`[]` 表示不提醒",
            "Days before the end on which it warns; `[]` means never",
        ),
        may("basis", PROVISIONS_OF, "它所依据的条文", "Provisions that it rests on"),
    ],
);
/// The number of a guardrail.
pub(super) static GUARDRAIL: Form = form("^H(0[1-9]|1[0-9]|2[0-2])$", &["H01", "H10"]);
static CLOCKS: Table = Table::new("clocks", "`clocks`", label("期限", "Clocks"), &[])
    .others(Keyed::Known(Names::Words(WordList::Clock)), Shape::Either(&[Shape::Day, Shape::Table(&EXPECT_CLOCK)]));
