//! The registries: the words that packs are written in.

use maple_kernel::{DAY_YEAR_MAX, DAY_YEAR_MIN, Scope, WordList};

use super::{
    ANY_NAME, Choice, Form, Key, Keyed, Names, Shape, Table, choice, effects::CLASSES, form, label, may, need,
    packs::GUARDRAIL,
};
use crate::{DEVIATIONS_MAX, FACT_COUNT_MAX, LINE_MONTHS_MAX, registries::LINE_MONTHS_MIN};

static FACT_KEY: Form = form("^[a-z0-9_]{1,128}$", &["relation", "people"]);
static KIND_ID: Form = form("^[a-z0-9_.]{1,128}$", &["labour.wage"]);
static CHANNEL_ID: Form = form("^[a-z0-9_]{1,128}$", &["labour_mediation"]);
static PROVISION_ID: Form = form("^[a-z0-9_-][a-z0-9_.-]*\\.[a-z0-9_-]+$", &["cn.civil_code.188"]);
static LOCALITY_ID: Form = form("^[a-z0-9_-]+(/[a-z0-9_-]+)*$", &["cn", "cn/zhejiang/jinhua/yongkang"]);
static WORD: Form = form("^[a-z0-9_*]{1,128}$", &["inform_right_to_sue"]);
static CURRENCY: Form = form("^[A-Z]{3}$", &["CNY", "GBP"]);

static SCOPES: [Choice; 4] = [
    choice("case", "案件的事实", "of the dispute"),
    choice("party", "当事人的事实", "of one party"),
    choice("locality", "当地的数额，来电方不提供", "a figure of the place; never sent by a caller"),
    choice("derived", "由政策得出", "set by policies; never sent by a caller"),
];
static TYPES: [Choice; 6] = [
    choice("text", "一个词", "one word"),
    choice("count", "整数", "a whole number"),
    choice("flag", "是或否", "true or false"),
    choice("day", "日期", "a day"),
    choice("words", "多个词", "several words"),
    choice("money", "金额", "an exact amount"),
];

static COUNTS: [Choice; 2] = [
    choice("parties", "这些角色的全部当事人", "all parties in these roles"),
    choice("side", "自然人最多的一个角色的人数", "the natural persons of the role that has the most"),
];

pub(super) static FACTS: Table = Table::new(
    "facts",
    "a registry",
    label("可以知道的事实", "Facts that may be known"),
    &[
        may("never", Shape::Several(&Shape::Text), "任何人不得发送或询问的键", "Keys that nobody may send or ask for"),
        may("fact", Shape::List(&Shape::Table(&FACT)), "事实", "Facts"),
    ],
);
static FACT: Table = Table::new(
    "fact",
    "a fact",
    label("一个事实", "A fact"),
    &[
        need("key", Shape::Form(&FACT_KEY), "键", "Its key"),
        need("scope", Shape::Choice(&SCOPES), "谁的事实", "Whose it is"),
        need("type", Shape::Choice(&TYPES), "类型", "What values it takes"),
        need("title", Shape::Both, "含义", "What it means"),
        may(
            "words",
            Shape::Several(&Shape::Form(&FACT_KEY)),
            "可选的词；不写则任意",
            "The words it may be; any without",
        )
        .only("type", &["text", "words"]),
        may("labels", Shape::Table(&LABELS), "这些词的名称", "What the words are called")
            .only("type", &["text", "words"]),
        may("min", COUNT, "最小", "Least").only("type", &["count"]),
        may("max", Shape::Either(&[COUNT, Shape::Amount]), "最大", "Most").only("type", &["count", "money"]),
        may(
            "counted",
            Shape::Table(&COUNTED),
            "至少为所列当事人数",
            "At least so many as the case lists among its parties",
        )
        .only("type", &["count"]),
        may("implied-by", Shape::Table(&IMPLIED), "给出这些日期之一，即视为是", "One of these days says that it is so")
            .only("type", &["flag"]),
        may(
            "past",
            Shape::Flag,
            "已经发生之日：不得晚于判断日",
            "The day of what happened: never later than the day asked about",
        )
        .only("type", &["day"]),
        may("only", Shape::Choice(&PARTIES), "只有此类当事人才有", "Only a party of this type has it")
            .only("scope", &["party"]),
    ],
);
static LABELS: Table = Table::new("labels", "`labels`", label("每个词的名称", "What each word is called"), &[])
    .others(Keyed::New(&FACT_KEY), Shape::Both);
static IMPLIED: Table = Table::new(
    "implied-by",
    "`implied-by`",
    label("由哪些日期得知", "Which days make it known"),
    &[
        need("days", Shape::Several(&Shape::Form(&FACT_KEY)), "日期事实的键", "The keys of the days"),
        may(
            "kinds",
            Shape::Several(&Shape::Name(Names::KindFamilies)),
            "只限这些纠纷类型",
            "In disputes of these kinds only",
        ),
    ],
);
static PARTIES: [Choice; 3] = [
    choice("natural", "自然人", "a natural person"),
    choice("organisation", "单位", "an organisation"),
    choice("public_authority", "行政机关", "a public authority"),
];
static COUNTED: Table = Table::new(
    "counted",
    "`counted`",
    label("在当事人中计数", "What is counted among the parties"),
    &[
        need("of", Shape::Choice(&COUNTS), "数谁", "Whom"),
        need("roles", Shape::Several(&Shape::Name(Names::Words(WordList::Role))), "哪些角色", "In which roles"),
    ],
);
const COUNT: Shape = Shape::Number { min: 0, max: FACT_COUNT_MAX };

pub(super) static KINDS: Table = Table::new(
    "kinds",
    "a registry",
    label("纠纷类型", "Kinds of dispute"),
    &[may("kind", Shape::List(&Shape::Table(&KIND)), "纠纷类型", "Kinds of dispute")],
);
static KIND: Table = Table::new(
    "kind",
    "a kind",
    label("一种纠纷", "A kind of dispute"),
    &[
        need("id", Shape::Form(&KIND_ID), "编号：类.种", "Its id: the family, a dot, the kind"),
        need("title", Shape::Both, "名称", "Its name"),
        may("stat", Shape::Text, "统计口径中的名称", "Its name in official figures"),
    ],
);

pub(super) static AGGREGATES: Table = Table::new(
    "aggregates",
    "a registry",
    label("由系统对以往纠纷所作的计数", "What the host counts over what happened before"),
    &[may("aggregate", Shape::List(&Shape::Table(&AGGREGATE)), "计数", "Counts")],
);
static AGGREGATE: Table = Table::new(
    "aggregate",
    "an aggregate",
    label("一项计数，规则可作为事实读取", "A count, which policies read as a fact"),
    &[
        need("key", Shape::Form(&FACT_KEY), "作为事实的键", "Its key as a fact"),
        need("group", Shape::Choice(&GROUPS), "按什么合计；从不按个人", "What is counted together; never a person"),
        may("of", Shape::Choice(&SORTS), "数什么；不写则数纠纷", "What is counted; disputes without"),
        may(
            "window-days",
            Shape::Number { min: 1, max: crate::registries::WINDOW_DAYS_MAX },
            "往前多少天，到案件当时为止；waiting为超过多少天",
            "How many days back, up to the case's own moment; for `waiting` more than so many days",
        ),
        may(
            "this-month",
            Shape::Flag,
            "从当月一日起，代替window-days",
            "From the first of the calendar month on, instead of `window-days`",
        ),
        may(
            "months",
            Shape::Number { min: LINE_MONTHS_MIN, max: LINE_MONTHS_MAX },
            "以此前多少个整月为常态",
            "Of how many whole months before the usual is taken",
        )
        .only("of", &["line"]),
        may(
            "deviations",
            Shape::Number { min: 1, max: DEVIATIONS_MAX },
            "高出均值多少个标准差",
            "How many standard deviations above the mean",
        )
        .only("of", &["line"]),
        may(
            "kinds",
            Shape::Several(&Shape::Name(Names::KindFamilies)),
            "只计这些纠纷类型",
            "Disputes of these kinds only",
        ),
        may("open", Shape::Flag, "只计未办结的", "Only those that are not closed"),
        may("title", Shape::Both, "名称；facts.toml中已有的计数不写", "Its name; none for a count of `facts.toml`"),
    ],
);
static GROUPS: [Choice; 6] = [
    choice("organisation", "同一单位", "about one organisation"),
    choice("place", "同一场所", "about one place"),
    choice("project", "同一项目", "about one project"),
    choice("station", "同一站点承办", "with one station"),
    choice("kind", "同一地区的同一类型", "of one kind in one locality"),
    choice("case", "本案自身的经过", "in the course of the case itself"),
];
static SORTS: [Choice; 11] = [
    choice("cases", "登记的纠纷", "disputes that came"),
    choice("suits", "起诉到法院的纠纷", "disputes that went to court"),
    choice(
        "line",
        "预警线：此前各整月的均值加若干标准差",
        "a line: the mean of the months before and some standard deviations",
    ),
    choice("desk", "站点手上的案件", "disputes that the station has to do now"),
    choice("capacity", "站点调解员同时可办的案件数", "disputes that the station's mediators can have at a time"),
    choice("overloaded", "超出容量的调解员人数", "mediators of the station that have more than they can"),
    choice("waiting", "交办后迟迟无人受理的案件", "disputes of the station that nobody took up for days"),
    choice("calls", "关于本案的来电", "calls about the case"),
    choice("refusals_broken", "拒绝调解后仍进行的调解", "steps of mediation after a refusal"),
    choice("deadlines_missed", "超过法定期限办结", "ends after the last day that the law gave"),
    choice("relapses", "达成协议后又起诉", "suits after an agreement"),
];

pub(super) static CHANNELS: Table = Table::new(
    "channels",
    "a registry",
    label("纠纷可以去的地方", "Where a dispute can go"),
    &[may("channel", Shape::List(&Shape::Table(&CHANNEL)), "途径", "Channels")],
);
static CHANNEL: Table = Table::new(
    "channel",
    "a channel",
    label("一条途径", "A channel"),
    &[
        need("id", Shape::Form(&CHANNEL_ID), "编号", "Its id"),
        need("class", Shape::Choice(&CLASSES), "类别，决定先后", "Its class, which decides the place of the step"),
        need("title", Shape::Both, "名称", "Its name"),
        need(
            "within",
            Shape::Name(Names::Trees),
            "存在于哪一法域，如 `cn`；`*` 为各处",
            "The tree it exists in, such as `cn`, or `*`",
        ),
        may("free", Shape::Flag, "依法免费", "Free by law"),
        may(
            "attendance",
            Shape::Flag,
            "可以要求到场（绝不要求达成协议）",
            "Parties may be bound to attend, never to settle",
        ),
        may(
            "decides",
            Shape::Flag,
            "`false`：只赋予已达成或已作出的结果以效力",
            "`false` where it only gives force to what was agreed or decided elsewhere",
        ),
        may("max", Shape::Span, "法律允许的最长时间", "The longest the law allows"),
        may("basis", BASIS, "法律依据", "The law behind it"),
    ],
);
const BASIS: Shape = Shape::Several(&Shape::Name(Names::Provisions));

const fn list(name: &'static str, word: &'static Table, zh: &'static str, en: &'static str) -> Key {
    may(name, Shape::Table(word), zh, en)
}

pub(super) static WORDS: Table = Table::new(
    "words",
    "a registry",
    label("其余的词", "Every other word that claims may use"),
    &[
        list("duty", &DUTIES, "义务", "Duties"),
        list("bearer", &PLAIN_WORDS, "承担者", "Who bears a duty"),
        list("signal", &PLAIN_WORDS, "信号", "Signals"),
        list("measure", &PLAIN_WORDS, "措施", "Measures"),
        list("clock", &CLOCKS, "期限", "Clocks"),
        list("skill", &PLAIN_WORDS, "技能；`lang_*` 为一族", "Skills; `lang_*` is a family"),
        list("body", &PLAIN_WORDS, "机构", "Bodies within a channel"),
        list("event", &PLAIN_WORDS, "起算事件", "Events that a term runs from"),
        list("referral", &PLAIN_WORDS, "交由人决定的理由", "Reasons for referring to a person"),
        list("param", &PLAIN_WORDS, "参数", "Parameters"),
        list("source", &SOURCES, "案件来源", "Doors a case comes through"),
        list("role", &PLAIN_WORDS, "当事人的角色", "Roles of parties"),
        list("right", &PLAIN_WORDS, "权利", "Rights"),
    ],
);
static PLAIN_WORDS: Table = Table::new("word-list", "a list of words", label("词表", "A list of words"), &[])
    .others(Keyed::New(&WORD), Shape::Table(&PLAIN_WORD));
static SOURCES: Table = Table::new("source-list", "a list of words", label("案件来源", "Sources"), &[])
    .others(Keyed::New(&WORD), Shape::Table(&SOURCE));
static SOURCE_STATS: [Choice; 8] = [
    choice("application", "当事人申请", "asked for by a party"),
    choice("initiative", "主动调解", "offered by the committee"),
    choice("court", "法院委派委托", "sent by a court"),
    choice("procuratorate", "检察机关委托移送", "sent by a procuratorate"),
    choice("police", "公安机关委托移送", "sent by the police"),
    choice("petition", "信访部门委托移送", "sent by an office for petitions"),
    choice("authority", "其他行政机关委托移送", "sent by another authority"),
    choice("other", "其他", "something else"),
];
static SOURCE: Table = Table::new(
    "source-word",
    "a word",
    label("一个案件来源", "A source"),
    &[TITLE, may("stat", Shape::Choice(&SOURCE_STATS), "人民调解月报中的来源", "Its source in the month's return")],
);
static DUTIES: Table = Table::new("duty-list", "a list of words", label("义务", "Duties"), &[])
    .others(Keyed::New(&WORD), Shape::Table(&DUTY));
static CLOCKS: Table = Table::new("clock-list", "a list of words", label("期限", "Clocks"), &[])
    .others(Keyed::New(&WORD), Shape::Table(&CLOCK));
const TITLE: Key = need("title", Shape::Both, "含义", "What it means");
static PLAIN_WORD: Table = Table::new("word", "a word", label("一个词", "A word"), &[TITLE]);
static DUTY: Table = Table::new(
    "duty-word",
    "a word",
    label("一项义务", "A duty"),
    &[
        TITLE,
        may("adverse", Shape::Flag, "对人不利：须由人确认", "It weighs on somebody: a person confirms it first"),
        may(
            "attendance",
            Shape::Flag,
            "要求参加调解，或者对不参加的告诫、处罚：自愿参加的地方一律不生效",
            "It binds to take part in mediation, or warns or punishes who does not: never heard where taking part is voluntary",
        ),
    ],
);
static CLOCK_KINDS: [Choice; 2] = [
    choice("limitation", "当事人行动的时间：不得缩短或延长", "a party's time to act: neither shorter nor longer"),
    choice("service", "机关行动的时间：不得延长", "an authority's time to act: never longer"),
];
static CLOCK: Table = Table::new(
    "clock-word",
    "a word",
    label("一个期限", "A clock"),
    &[
        TITLE,
        need("kind", Shape::Choice(&CLOCK_KINDS), "性质", "How a lower level may change it"),
        may("max", Shape::Span, "法律允许的最长时间", "The longest the law allows"),
    ],
);

pub(super) static PROVISIONS: Table = Table::new(
    "provisions",
    "a registry",
    label("法律条文及其效力期间", "The law, article by article, with its days in force"),
    &[
        may("law", Shape::Table(&LAWS), "法律；键要加引号", "Laws; the key in quotes"),
        may("provision", Shape::List(&Shape::Table(&PROVISION)), "条文", "Provisions"),
    ],
);
static LAWS: Table =
    Table::new("laws", "a table of laws", label("法律", "Laws"), &[]).others(Keyed::New(&ANY_NAME), Shape::Table(&LAW));
static LAW: Table = Table::new(
    "law",
    "a law",
    label("一部法律", "A law"),
    &[
        need("title", Shape::Both, "名称", "Its name"),
        may("from", Shape::Day, "生效的第一天", "The first day in force"),
        may("to", Shape::Day, "生效的最后一天", "The last day in force"),
        need("source", Shape::Text, "文本出处", "Where the text was read"),
    ],
);
static PROVISION: Table = Table::new(
    "provision",
    "a provision",
    label("一条法律", "An article of law"),
    &[
        need("id", Shape::Form(&PROVISION_ID), "法律的键、点、条号", "The law's key, a dot, the article"),
        may("article", Shape::Text, "引用方式；不写则为编号的末段", "How it is cited; else the last part of the id"),
        may(
            "from",
            Shape::Day,
            "生效的第一天；与法律不同时写",
            "The first day in force, where it differs from the law's",
        ),
        may(
            "to",
            Shape::Day,
            "生效的最后一天；与法律不同时写",
            "The last day in force, where it differs from the law's",
        ),
        need("summary", Shape::Both, "内容，用我们自己的话", "What it says, in our own words"),
        may("verified", Shape::Flag, "是否有人与官方文本核对", "Whether somebody compared it with the official text"),
    ],
);

static PARTICIPATION: [Choice; 3] = [
    choice("voluntary", "自愿", "nobody must take part in mediation"),
    choice("attendance_required", "须到场", "parties may be bound to attend"),
    choice("tribunal_first", "先经裁判机构", "a tribunal comes first"),
];

pub(super) static LOCALITIES: Table = Table::new(
    "localities",
    "a registry",
    label("地区", "Places"),
    &[may("locality", Shape::List(&Shape::Table(&LOCALITY)), "地区", "Localities")],
);
static LOCALITY: Table = Table::new(
    "locality",
    "a locality",
    label("一个地区；没写的从上级继承", "A place; what it does not say it inherits"),
    &[
        need("id", Shape::Form(&LOCALITY_ID), "编号：自上而下", "Its id, from the root down"),
        need("title", Shape::Both, "名称", "Its name"),
        may("code", Shape::Text, "官方代码", "Its official code"),
        may(
            "participation",
            Shape::Choice(&PARTICIPATION),
            "是否必须参加调解",
            "Whether parties must take part in mediation",
        ),
        may("currency", Shape::Form(&CURRENCY), "货币", "Its currency"),
        may("calendar", Shape::Name(Names::Calendars), "`holidays/` 中的日历", "Its calendar of `holidays/`"),
        may("guardrails", Shape::Name(Names::Guardrails), "`guardrails.toml` 中的表", "Its table of `guardrails.toml`"),
        may("figures", Shape::Table(&FIGURES), "当地的数额", "Figures of the place"),
        may("illustrative", Shape::Flag, "仅为示例", "An example only"),
        may(
            "population",
            Shape::Number { min: 1, max: 10_000_000_000 },
            "人口：常住人口加登记的流动人口，每万人指标以此为分母",
            "People who live there, registered floating population included; figures for every 10,000 rest on it",
        ),
        may("tile", Shape::List(&Shape::Number { min: 0, max: 1_000 }), "图上的列与行", "Column and row on a map"),
    ],
);
static FIGURES: Table = Table::new("figures", "`figures`", label("当地的数额", "Figures of the place"), &[])
    .others(Keyed::Known(Names::Facts(&[Scope::Locality])), Shape::Values);

pub(super) static GUARDRAILS: Table = Table::new(
    "guardrails",
    "a registry",
    label("法律底线所用的词", "The words with which the host keeps the law's floor"),
    &[may("trust", Shape::Table(&TRUST), "谁可以设底线", "Who may set the floor")],
)
.others(Keyed::New(&ANY_NAME), Shape::Table(&RAILS));
static TRUST: Table = Table::new(
    "trust",
    "`trust`",
    label("谁可以设底线", "Who may set the floor"),
    &[may(
        "floor",
        Shape::Several(&Shape::Name(Names::Localities)),
        "这些规则包的底线有效",
        "Packs whose floor is heard",
    )],
);
const FLAGS: Shape = Shape::Several(&Shape::Name(Names::Flags));
const DUTY_WORDS: Shape = Shape::Several(&Shape::Name(Names::Words(WordList::Duty)));
static RAILS: Table = Table::new(
    "rails",
    "a table of guardrails",
    label("一个法域的底线", "The floor of one jurisdiction"),
    &[
        need(
            "courts",
            Shape::List(&Shape::Table(&COURT)),
            "各类纠纷最终由谁裁决；末项覆盖全部",
            "Who decides in the end; the last entry covers every kind",
        ),
        may("authority", Shape::Table(&AUTHORITY), "行政行为由谁裁决", "Who decides about acts of an authority"),
        may("safety", Shape::List(&Shape::Table(&SAFETY)), "人身安全", "Protections"),
        may("person-only", FLAGS, "只能由人决定的情形", "Facts with which only a person decides"),
        may(
            "rights",
            Shape::Several(&Shape::Name(Names::Words(WordList::Right))),
            "总要告知的权利",
            "Rights that are always told",
        ),
        may("duties", Shape::Table(&RAIL_DUTIES), "护栏要求的义务", "Duties of guardrails"),
        may("basis", BASIS, "法律依据", "The law behind it"),
    ],
);
static COURT: Table = Table::new(
    "court",
    "an entry of `courts`",
    label("由谁裁决", "Who decides"),
    &[
        may("kinds", Shape::Several(&Shape::Name(Names::KindFamilies)), "纠纷类型", "Kinds of dispute"),
        may("unless", Shape::Table(&UNLESS), "事实为此值时除外", "Not with a fact of this value"),
        need("channel", Shape::Name(Names::Channels), "途径", "The channel"),
    ],
);
static UNLESS: Table = Table::new("unless", "`unless`", label("除外的事实", "Facts with which it is not so"), &[])
    .others(Keyed::Known(Names::Facts(&[Scope::Case, Scope::Derived])), Shape::Values);
static AUTHORITY: Table = Table::new(
    "authority",
    "`authority`",
    label("行政行为", "Acts of an authority"),
    &[
        need("flags", FLAGS, "任一事实表明是行政争议", "Any of these facts says so"),
        may("unless", Shape::Table(&UNLESS), "事实为此值时除外", "Not with a fact of this value"),
        need("channel", Shape::Name(Names::Channels), "途径", "The channel"),
    ],
);
static SAFETY: Table = Table::new(
    "safety",
    "a table of `safety`",
    label("人身安全", "A protection"),
    &[
        may("flags", FLAGS, "任一事实使其生效", "Any of these facts switches it on"),
        may(
            "kinds",
            Shape::Several(&Shape::Name(Names::KindFamilies)),
            "任一类型使其生效",
            "Any of these kinds switches it on",
        ),
        may("offers", Shape::Several(&Shape::Name(Names::Channels)), "提供的途径", "Channels put on offer"),
        may("duties", DUTY_WORDS, "义务", "Duties"),
        may("closes-mediation", Shape::Flag, "关闭调解", "Closes mediation"),
        may(
            "closes",
            Shape::Several(&Shape::Name(Names::Channels)),
            "一并关闭的其他途径，如面对面接访",
            "Other channels that it closes, such as a reception face to face",
        ),
        may("basis", BASIS, "法律依据", "The law behind it"),
        need("why", Shape::Both, "告诉当事人的话", "Told to the parties"),
    ],
);
static RAIL_DUTIES: Table = Table::new("rail-duties", "`duties`", label("护栏要求的义务", "Duties of guardrails"), &[])
    .others(Keyed::New(&GUARDRAIL), DUTY_WORDS);

const YEAR: Shape = Shape::Number { min: DAY_YEAR_MIN as i64, max: DAY_YEAR_MAX as i64 };

pub(super) static HOLIDAYS: Table = Table::new(
    "holidays",
    "a file of holidays",
    label("一个日历的一年", "One year of a calendar"),
    &[
        need("calendar", Shape::Text, "日历", "The calendar"),
        need("year", YEAR, "年", "The year"),
        need(
            "weekend",
            Shape::List(&Shape::Number { min: 1, max: 7 }),
            "周末：1 周一至 7 周日",
            "Days of rest: 1 Monday to 7 Sunday",
        ),
        may("rolls", Shape::Flag, "末日遇休息日顺延", "An end on a day of rest moves to the next working day"),
        may("verified", Shape::Flag, "已公布并核对", "Published and compared"),
        may("source", Shape::Text, "出处", "Where it was read"),
        may("off", Shape::List(&Shape::Day), "周末以外的休息日", "Days of rest beside the weekend"),
        may("on", Shape::List(&Shape::Day), "上班的休息日", "Days of rest that are worked"),
    ],
);
