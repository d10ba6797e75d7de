//! The keys of table files and of maps, as data, for their schemas. A test holds them and the readers together.

use maple_bundle::format::{Choice, EVERY_RULE, Form, HEAD, Keyed, Shape, THEN, Table, choice, label, may, need};

use super::{TABLE_COLUMNS_MAX, TABLE_REQUIRED_MAX, TABLE_RULES_MAX, TABLES_MAX};

/// Names of somebody else's table are not ours to choose.
static ANY_NAME: Form = Form { pattern: ".*", examples: &[] };
const ID: Shape = Shape::Free { min: 1, max: usize::MAX };
const TEXT: Shape = Shape::Free { min: 0, max: usize::MAX };
const COLUMNS: Keyed = Keyed::New(&ANY_NAME);

/// A table file.
pub static TABLE_FORMAT: Table = Table::new(
    "table-file",
    "a table file",
    label("一般决策表文件，单元格用 FEEL 书写", "General decision tables, their cells in FEEL"),
    &[need(
        "table",
        Shape::Bounded { of: &Shape::Table(&TABLE), min: 1, max: TABLES_MAX },
        "决策表",
        "Decision tables",
    )],
);

static TABLE: Table = Table::new(
    "decision-table",
    "a table",
    label("一张决策表", "A decision table"),
    &[
        need("id", ID, "编号，文件内不重复", "Its id, once in the file"),
        may("name", TEXT, "名称，供人阅读", "Its name, for people"),
        need(
            "hit-policy",
            Shape::Choice(&HIT_POLICIES),
            "多条规则同时命中时怎么办",
            "What happens when several rules match",
        ),
        may(
            "aggregate",
            Shape::Choice(&AGGREGATES),
            "`collect` 时如何汇总各值",
            "For `collect`: what is made of the values",
        )
        .only("hit-policy", &["collect"]),
        may(
            "requires",
            Shape::Bounded { of: &ID, min: 0, max: TABLE_REQUIRED_MAX },
            "须先执行的本文件其他表的编号；其输出列成为同名输入",
            "Ids of tables of the file that are asked before; their outputs are inputs of those names",
        ),
        may("let", Shape::List(&Shape::Table(&LET)), "单元格可用的命名表达式", "Named expressions that cells may use"),
        may(
            "input",
            Shape::Bounded { of: &Shape::Table(&INPUT), min: 0, max: TABLE_COLUMNS_MAX },
            "输入列",
            "The columns that are tested",
        ),
        need(
            "output",
            Shape::Bounded { of: &Shape::Table(&OUTPUT), min: 1, max: TABLE_COLUMNS_MAX },
            "输出列",
            "The columns that are given",
        ),
        may(
            "rule",
            Shape::Bounded { of: &Shape::Table(&RULE), min: 0, max: TABLE_RULES_MAX },
            "规则，按顺序每条一行",
            "The rows, in order",
        ),
    ],
);

static HIT_POLICIES: [Choice; 7] = [
    choice("unique", "至多一条命中", "at most one rule may match"),
    choice("first", "取第一条命中的", "the first that matches"),
    choice("priority", "取输出值在 `values` 中最靠前的", "the one whose output stands first in `values`"),
    choice("any", "可多条命中，但结果须一致", "several may match when they say the same"),
    choice("collect", "取全部，不分先后", "all, in no order that matters"),
    choice("rule-order", "取全部，按规则顺序", "all, in the order of the rules"),
    choice("output-order", "取全部，按 `values` 的顺序", "all, in the order of `values`"),
];
static AGGREGATES: [Choice; 4] = [
    choice("sum", "求和", "the sum"),
    choice("min", "最小值", "the least"),
    choice("max", "最大值", "the greatest"),
    choice("count", "个数，相同的也各算一个", "how many there are, equal ones counted each"),
];
static KINDS: [Choice; 7] = [
    choice("string", "文字", "text"),
    choice("number", "数", "a number"),
    choice("boolean", "是或否", "true or false"),
    choice("date", "日期", "a day"),
    choice("time", "时刻", "a time of day"),
    choice("date-time", "日期和时刻", "a day and a time"),
    choice("duration", "时长", "a length of time"),
];
const KIND: Shape = Shape::Choice(&KINDS);

static LET: Table = Table::new(
    "let",
    "a named expression",
    label("一个命名表达式", "A named expression"),
    &[
        need("name", ID, "名称，表内不重复", "Its name, once in the table"),
        need("expression", TEXT, "表达式（FEEL）", "The expression (FEEL)"),
        may("type", KIND, "类型", "Its type"),
    ],
);

static INPUT: Table = Table::new(
    "input",
    "an input",
    label("一个输入列", "A column that is tested"),
    &[
        need("id", ID, "编号，即 `when` 中的键", "Its id: the key of its cells in `when`"),
        may("label", TEXT, "列标题", "Its heading"),
        may("expression", TEXT, "所检验的表达式（FEEL）；不写则为 null", "What is tested (FEEL); null without"),
        may("variable", TEXT, "单元格中除 `?` 外指代该值的名称", "A name for the value in its cells, beside `?`"),
        may(
            "type",
            KIND,
            "类型；其他类型的值尽可能转换",
            "Its type: a value of another is converted where that can be",
        ),
        may("values", TEXT, "预期的取值，供人阅读", "The values that are meant, for readers"),
        may("left-out", TEXT, "该列不参与的原因", "Why the column takes no part"),
    ],
);

static OUTPUT: Table = Table::new(
    "output",
    "an output",
    label("一个输出列", "A column that is given"),
    &[
        need(
            "id",
            ID,
            "编号，即 `then` 中的键和结果中的名称",
            "Its id: the key of its cells in `then`, and its name in the result",
        ),
        may("label", TEXT, "列标题", "Its heading"),
        may(
            "type",
            KIND,
            "类型；其他类型的值尽可能转换",
            "Its type: a value of another is converted where that can be",
        ),
        may("values", TEXT, "取值，最优先的在前（FEEL）", "The values, the most important first (FEEL)"),
        may("default", TEXT, "没有规则命中时的值（FEEL）", "The value when no rule matches (FEEL)"),
    ],
);

static RULE: Table = Table::new(
    "table-rule",
    "a rule",
    label("一条规则", "A rule"),
    &[
        need("id", ID, "编号，表内不重复", "Its id, once in the table"),
        may("description", TEXT, "说明", "What it is for"),
        may("left-out", TEXT, "该规则不参与的原因", "Why the rule takes no part"),
        may(
            "when",
            Shape::Table(&CELLS),
            "各输入列的检验（FEEL）；未列出的列不检验",
            "The tests by input (FEEL); an input that is not named is not tested",
        ),
        may(
            "then",
            Shape::Table(&CELLS),
            "各输出列的值（FEEL）；未列出的列不在结果中",
            "The values by output (FEEL); an output that is not named is not in the row",
        ),
        may(
            "lost",
            Shape::Table(&CELLS),
            "未能导入的值，按原文保留",
            "Values that could not be carried over, as they were written",
        ),
    ],
);
static CELLS: Table = Table::new("cells", "cells", label("单元格，按列的编号", "Cells, by the id of the column"), &[])
    .others(COLUMNS, TEXT);

/// The map that makes rules of a policy of a table.
pub static MAP_FORMAT: Table = Table::new(
    "dmn-map",
    "a map",
    label(
        "`maple import dmn --map` 的对照文件：决策表如何成为政策的规则",
        "The map of `maple import dmn --map`: how a decision table becomes rules of a policy",
    ),
    &[
        may("table", TEXT, "文件中有多张表时，用哪一张", "Which table, where the file has several"),
        may("policy", Shape::Table(&HEAD), "政策文件中规则之外的部分", "The head of the policy file"),
        may("rule", Shape::Table(&EVERY_RULE), "每条规则共有的部分", "What every rule gets"),
        need(
            "summary",
            Shape::Both,
            "每条规则做什么；`{id}` 和 `{description}` 取自各规则",
            "What every rule does; `{id}` and `{description}` are the rule's own",
        ),
        may("input", Shape::Table(&FACTS), "各输入列对应的事实", "Which facts the inputs are, by their ids"),
        may("output", Shape::Table(&EFFECTS), "各输出列的效果", "What the outputs do, by their ids"),
    ],
);
static FACTS: Table = Table::new("map-inputs", "inputs", label("输入列，按编号", "Inputs, by their ids"), &[])
    .others(COLUMNS, Shape::Table(&FACT));
static EFFECTS: Table = Table::new("map-outputs", "outputs", label("输出列，按编号", "Outputs, by their ids"), &[])
    .others(COLUMNS, Shape::Table(&EFFECT));

static WRITTEN: [Choice; 2] = [
    choice("plain", "照原样（默认）", "as they are, which is so without this"),
    choice("money", "金额，加引号书写", "amounts of money, written in quotes"),
];
static FACT: Table = Table::new(
    "map-input",
    "an input",
    label("一个输入列", "An input"),
    &[
        need("fact", ID, "对应的事实，或 `kind`、`source`、`locality`", "The fact, or `kind`, `source` or `locality`"),
        may("type", Shape::Choice(&WRITTEN), "值如何书写", "How values are written"),
        may("values", Shape::Table(&WORDS), "表中的值在政策中的写法", "Other words for the table's values"),
    ],
);
static WORDS: Table = Table::new("map-values", "values", label("取值对照", "Words by the table's values"), &[])
    .others(COLUMNS, Shape::Several(&Shape::Scalar));

static EFFECT: Table = Table::new(
    "map-output",
    "an output",
    label("一个输出列", "An output"),
    &[
        may(
            "effect",
            Shape::Table(&TEMPLATE),
            "任何值的效果；其中 `{}` 代表该值，如 `{ offer = \"{}\" }`",
            "The effect of any value, which stands where `{}` is, as in `{ offer = \"{}\" }`",
        ),
        may("effects", Shape::Table(&BY_VALUE), "各个值的效果", "The effects of each value"),
        may("ignore", Shape::Flag, "该列仅供人阅读，没有效果", "The output is for readers only and does nothing"),
    ],
);
static TEMPLATE: Table = Table::new("map-effect", "an effect", label("效果的模板", "An effect with `{}` in it"), &[])
    .others(COLUMNS, Shape::Any)
    .some();
static BY_VALUE: Table =
    Table::new("map-effects", "effects", label("效果，按值", "Effects, by the value"), &[]).others(COLUMNS, THEN);

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
