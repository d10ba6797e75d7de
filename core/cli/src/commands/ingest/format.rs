//! The keys of a map, as data, for its schema. A test holds them and the reader together.

use maple_bundle::format::{Choice, Form, Key, Keyed, Names, Shape, Table, choice, label, may, need};
use maple_kernel::WordList;
use maple_wire::{EVENT_SOURCE_BYTES_MAX, ID_BYTES_MAX};

use super::map::{COLUMNS_COUNT_MAX, FORMATS_COUNT_MAX, OPEN, REFUSE, SKIP};

const COLUMN: Shape = Shape::Free { min: 0, max: usize::MAX };
const WAY: Shape = Shape::Form(&FORMAT);
const FORMATS: Key = need(
    "formats",
    Shape::Bounded { of: &WAY, min: 1, max: FORMATS_COUNT_MAX },
    "日期的写法（strftime），依次尝试",
    "How it is written (strftime), tried in this order; a day without a time begins at midnight",
);

static FORMAT: Form = Form { pattern: "%", examples: &["%Y-%m-%d %H:%M", "%m/%d/%Y %I:%M:%S %p"] };
static SOURCE: Form = Form { pattern: "^[!-~]{1,256}$", examples: &["/city/complaints"] };
static ZONE: Form = Form { pattern: "\\S", examples: &["+08:00", "EST5EDT,M3.2.0,M11.1.0"] };
static PREFIX: Form = Form { pattern: "^[A-Za-z0-9._:-]{1,63}$", examples: &["city-"] };
static NO_PREFIX: [Choice; 1] = [choice("", "无前缀", "no prefix")];
static ANY_VALUE: Form = Form { pattern: ".*", examples: &[] };

/// The keys of a map.
pub(crate) static MAP: Table = Table::new(
    "ingest-map",
    "a map",
    label(
        "`maple ingest csv --map` 的对照文件：投诉表的各列是什么",
        "The map of `maple ingest csv`: which column of a table of complaints is what",
    ),
    &[
        need(
            "source",
            Shape::Form(&SOURCE),
            "表的来源，同一来源的同一事件只计一次",
            "Who says so: with the id of an event it tells the same event again",
        ),
        need(
            "zone",
            Shape::Form(&ZONE),
            "表中时间的时区",
            "The clock the table is written by: the distance from UTC, or with summer time a rule of POSIX",
        ),
        need("id", Shape::Table(&ID), "纠纷编号，绝不是姓名", "The dispute's own number, never a name"),
        need("registered", Shape::Table(&WHEN), "登记的日期和时间", "When it was registered"),
        need("kind", KINDS, "纠纷类型", "The kind of dispute"),
        need("locality", LOCALITIES, "地区", "The place"),
        may("origin", ORIGINS, "案件来源；不写则为未说明", "The door it came through; unstated without"),
        may("organisation", Shape::Table(&REFERENCE), "涉及的单位，散列后发送", "The organisation, which is hashed"),
        may("place", Shape::Table(&REFERENCE), "涉及的场所，散列后发送", "The place it is about, which is hashed"),
        may("project", Shape::Table(&REFERENCE), "涉及的项目，散列后发送", "The project, which is hashed"),
        may(
            "closed",
            Shape::Table(&END),
            "办结的日期和时间；不写则都未办结",
            "When it was closed; nothing ends without",
        ),
        may(
            "outcome",
            OUTCOMES,
            "结果；不写则有办结日期的为办结",
            "How it ended; without, a row with a day is closed and one without is open",
        )
        .with("closed"),
    ],
);

static ID: Table = Table::new(
    "id",
    "`id`",
    label("纠纷编号", "The dispute's number"),
    &[
        need("column", COLUMN, "列名", "The column"),
        may(
            "prefix",
            Shape::Either(&[Shape::Form(&PREFIX), Shape::Choice(&NO_PREFIX)]),
            "加在编号前的文字",
            "What is put before the number",
        ),
    ],
);
const _: () = assert!(ID_BYTES_MAX == 64 && EVENT_SOURCE_BYTES_MAX == 256, "the patterns count as the reader does");

static WHEN: Table = Table::new(
    "when",
    "a moment",
    label("日期和时间所在的列", "A column with a moment"),
    &[need("column", COLUMN, "列名", "The column"), FORMATS],
);

static END: Table = Table::new(
    "end",
    "`closed`",
    label("办结", "The end of a dispute"),
    &[
        need("column", COLUMN, "列名", "The column"),
        FORMATS,
        need("level", Shape::Choice(&LEVELS), "在哪一级办结", "Where it was closed"),
    ],
);
pub(super) static LEVELS: [Choice; 6] = [
    choice("village", "村、社区", "village or neighbourhood"),
    choice("town", "乡镇、街道", "town or street"),
    choice("county", "县、区", "county or district"),
    choice("city", "市", "city"),
    choice("province", "省及以上", "province or above"),
    choice("court", "法院", "a court"),
];

static REFERENCE: Table = Table::new(
    "reference",
    "a reference",
    label("单位、场所或项目", "An organisation, a place or a project"),
    &[need(
        "columns",
        Shape::Bounded { of: &COLUMN, min: 1, max: COLUMNS_COUNT_MAX },
        "合起来指明它的各列；第一列为空则没有",
        "Columns that name it together; where the first is empty nothing is named",
    )],
);

/// What `otherwise` says beside the words.
static REST: [Choice; 2] = [
    choice(REFUSE, "拒收该行，不写也如此", "the row is refused, as without this"),
    choice(SKIP, "略过该行", "the row is passed over"),
];
static SKIPPED: [Choice; 1] = [choice(SKIP, "略过该行", "the row is passed over")];
/// How disputes end.
pub(super) static ENDS: [Choice; 12] = [
    choice(OPEN, "未办结", "it goes on"),
    choice("closed", "办结", "nothing more is to be done"),
    choice("court", "起诉", "filed in court"),
    choice("arbitration labour", "劳动仲裁", "it went to the labour tribunal"),
    choice("arbitration rural_land", "农村土地承包仲裁", "it went to the tribunal for contracted land"),
    choice("arbitration commercial", "商事仲裁", "it went to a commission that the parties agreed on"),
    choice("referred police", "移送公安机关", "handed to the police"),
    choice("referred administrative_review", "移送行政复议机关", "handed to an authority that reviews"),
    choice("referred authority", "移送行政机关", "handed to an authority that decides"),
    choice("referred petition_procedure", "移送信访部门", "handed to the office for petitions"),
    choice("referred notary", "移送公证机构", "handed to a notary"),
    choice("referred legal_aid", "移送法律援助机构", "handed to legal aid"),
];

/// A word for every row, or words by the values of a column.
macro_rules! words {
    ($shape:ident = $of:expr, $same:literal, $by:literal, $values:literal) => {
        const $shape: Shape = {
            const WORD: Shape = $of;
            static SAME: Table = Table::new(
                $same,
                "words",
                label("每行都相同", "The same for every row"),
                &[need("is", WORD, "每行都用这个词", "This word for every row")],
            );
            static BY: Table = Table::new(
                $by,
                "words",
                label("按某一列的值", "By the value of a column"),
                &[
                    need("column", COLUMN, "列名", "The column"),
                    need(
                        "values",
                        Shape::Table(&VALUES),
                        "列中的值各是什么；不分大小写",
                        "What the values of the column stand for; the case of letters does not count",
                    ),
                    may(
                        "otherwise",
                        Shape::Either(&[Shape::Choice(&REST), WORD]),
                        "其他值如何处理",
                        "What becomes of other values",
                    ),
                ],
            );
            static VALUES: Table = Table::new($values, "values", label("取值对照", "Words by the values"), &[])
                .others(Keyed::New(&ANY_VALUE), Shape::Either(&[Shape::Choice(&SKIPPED), WORD]));
            Shape::Verbs(&[&SAME, &BY])
        };
    };
}

words!(KINDS = Shape::Name(Names::Kinds), "kind-always", "kind-by-value", "kind-values");
words!(LOCALITIES = Shape::Name(Names::Localities), "locality-always", "locality-by-value", "locality-values");
words!(ORIGINS = Shape::Name(Names::Words(WordList::Source)), "origin-always", "origin-by-value", "origin-values");
words!(OUTCOMES = Shape::Choice(&ENDS), "outcome-always", "outcome-by-value", "outcome-values");
