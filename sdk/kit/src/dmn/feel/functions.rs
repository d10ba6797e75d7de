//! The functions that the plugin knows, and how many values each takes.

/// A function by its FEEL name.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::dmn) struct Function {
    /// Its name, as the plugin knows it.
    pub(in crate::dmn) name: &'static str,
    pub(super) least: usize,
    pub(super) most: usize,
}

/// As many as the author likes.
const MANY: usize = 1_000;

const fn of(name: &'static str, least: usize, most: usize) -> Function {
    Function { name, least, most }
}

/// In the order of their names.
static FUNCTIONS: [Function; 70] = [
    of("abs", 1, 1),
    of("after", 2, 2),
    of("all", 1, MANY),
    of("any", 1, MANY),
    of("append", 2, MANY),
    of("before", 2, 2),
    of("ceiling", 1, 2),
    of("concatenate", 1, MANY),
    of("contains", 2, 2),
    of("count", 1, MANY),
    of("date", 1, 3),
    of("date and time", 1, 2),
    of("day of week", 1, 1),
    of("day of year", 1, 1),
    of("decimal", 2, 2),
    of("distinct values", 1, 1),
    of("duration", 1, 1),
    of("ends with", 2, 2),
    of("even", 1, 1),
    of("flatten", 1, 1),
    of("floor", 1, 2),
    of("get entries", 1, 1),
    of("get or else", 2, 2),
    of("get value", 2, 2),
    of("includes", 2, 2),
    of("index of", 2, 2),
    of("insert before", 3, 3),
    of("is blank", 1, 1),
    of("is defined", 1, 1),
    of("is empty", 1, 1),
    of("list contains", 2, 2),
    of("lower case", 1, 1),
    of("matches", 2, 3),
    of("max", 1, MANY),
    of("mean", 1, MANY),
    of("median", 1, MANY),
    of("min", 1, MANY),
    of("mode", 1, MANY),
    of("modulo", 2, 2),
    of("month of year", 1, 1),
    of("not", 1, 1),
    of("now", 0, 0),
    of("number", 1, 3),
    of("odd", 1, 1),
    of("product", 1, MANY),
    of("remove", 2, 2),
    of("replace", 3, 4),
    of("reverse", 1, 1),
    of("round down", 2, 2),
    of("round half down", 2, 2),
    of("round half up", 2, 2),
    of("round up", 2, 2),
    of("sort", 1, 2),
    of("split", 2, 2),
    of("starts with", 2, 2),
    of("string", 1, 1),
    of("string join", 1, 4),
    of("string length", 1, 1),
    of("sublist", 2, 3),
    of("substring", 2, 3),
    of("substring after", 2, 2),
    of("substring before", 2, 2),
    of("sum", 1, MANY),
    of("time", 1, 4),
    of("today", 0, 0),
    of("trim", 1, 1),
    of("union", 1, MANY),
    of("upper case", 1, 1),
    of("week of year", 1, 1),
    of("years and months duration", 2, 2),
];

/// The function of this name.
pub(in crate::dmn) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}
