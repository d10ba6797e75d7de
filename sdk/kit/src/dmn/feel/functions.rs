//! The functions that the plugin knows, how many values each takes, and what their parameters are called in the standard
//! and in the engine that most tables are written for.

use super::Expr;

/// A function by its FEEL name.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::dmn) struct Function {
    /// Its name, as the plugin knows it.
    pub(in crate::dmn) name: &'static str,
    pub(super) least: usize,
    pub(super) most: usize,
    /// Each way to give its values by name; a name that ends in `?` may be left out. None where they only have an order.
    parameters: &'static [&'static [&'static str]],
}

/// As many as the author likes.
const MANY: usize = 1_000;

const fn of(name: &'static str, least: usize, most: usize, parameters: &'static [&'static [&'static str]]) -> Function {
    Function { name, least, most, parameters }
}

/// In the order of their names.
static FUNCTIONS: [Function; 70] = [
    of("abs", 1, 1, &[&["n"], &["number"]]),
    of("after", 2, 2, &[&["point1", "point2"], &["point", "range"], &["range", "point"], &["range1", "range2"]]),
    of("all", 1, MANY, &[&["list"]]),
    of("any", 1, MANY, &[&["list"]]),
    of("append", 2, MANY, &[]),
    of("before", 2, 2, &[&["point1", "point2"], &["point", "range"], &["range", "point"], &["range1", "range2"]]),
    of("ceiling", 1, 2, &[&["n", "scale?"]]),
    of("concatenate", 1, MANY, &[]),
    of("contains", 2, 2, &[&["string", "match"]]),
    of("count", 1, MANY, &[&["list"]]),
    of("date", 1, 3, &[&["from"], &["year", "month", "day"]]),
    of("date and time", 1, 2, &[&["from"], &["date", "time"]]),
    of("day of week", 1, 1, &[&["date"]]),
    of("day of year", 1, 1, &[&["date"]]),
    of("decimal", 2, 2, &[&["n", "scale"]]),
    of("distinct values", 1, 1, &[&["list"]]),
    of("duration", 1, 1, &[&["from"]]),
    of("ends with", 2, 2, &[&["string", "match"]]),
    of("even", 1, 1, &[&["number"]]),
    of("flatten", 1, 1, &[&["list"]]),
    of("floor", 1, 2, &[&["n", "scale?"]]),
    of("get entries", 1, 1, &[&["context"], &["m"]]),
    of("get or else", 2, 2, &[&["value", "default"]]),
    of("get value", 2, 2, &[&["context", "key"], &["m", "key"]]),
    of("includes", 2, 2, &[&["range", "point"], &["range1", "range2"]]),
    of("index of", 2, 2, &[&["list", "match"]]),
    of("insert before", 3, 3, &[&["list", "position", "newItem"]]),
    of("is blank", 1, 1, &[&["string"]]),
    of("is defined", 1, 1, &[&["value"]]),
    of("is empty", 1, 1, &[&["list"]]),
    of("list contains", 2, 2, &[&["list", "element"]]),
    of("lower case", 1, 1, &[&["string"]]),
    of("matches", 2, 3, &[&["input", "pattern", "flags?"]]),
    of("max", 1, MANY, &[&["list"]]),
    of("mean", 1, MANY, &[&["list"]]),
    of("median", 1, MANY, &[&["list"]]),
    of("min", 1, MANY, &[&["list"]]),
    of("mode", 1, MANY, &[&["list"]]),
    of("modulo", 2, 2, &[&["dividend", "divisor"]]),
    of("month of year", 1, 1, &[&["date"]]),
    of("not", 1, 1, &[&["negand"]]),
    of("now", 0, 0, &[]),
    of("number", 1, 3, &[&["from", "grouping separator?", "decimal separator?"]]),
    of("odd", 1, 1, &[&["number"]]),
    of("product", 1, MANY, &[&["list"]]),
    of("remove", 2, 2, &[&["list", "position"]]),
    of("replace", 3, 4, &[&["input", "pattern", "replacement", "flags?"]]),
    of("reverse", 1, 1, &[&["list"]]),
    of("round down", 2, 2, &[&["n", "scale"]]),
    of("round half down", 2, 2, &[&["n", "scale"]]),
    of("round half up", 2, 2, &[&["n", "scale"]]),
    of("round up", 2, 2, &[&["n", "scale"]]),
    of("sort", 1, 2, &[&["list", "precedes?"]]),
    of("split", 2, 2, &[&["string", "delimiter"]]),
    of("starts with", 2, 2, &[&["string", "match"]]),
    of("string", 1, 1, &[&["from"]]),
    of("string join", 1, 4, &[&["list", "delimiter?", "prefix?", "suffix?"]]),
    of("string length", 1, 1, &[&["string"]]),
    of("sublist", 2, 3, &[&["list", "start position", "length?"], &["list", "start", "length?"]]),
    of("substring", 2, 3, &[&["string", "start position", "length?"]]),
    of("substring after", 2, 2, &[&["string", "match"]]),
    of("substring before", 2, 2, &[&["string", "match"]]),
    of("sum", 1, MANY, &[&["list"]]),
    of("time", 1, 4, &[&["from"], &["hour", "minute", "second", "offset?"]]),
    of("today", 0, 0, &[]),
    of("trim", 1, 1, &[&["string"]]),
    of("union", 1, MANY, &[]),
    of("upper case", 1, 1, &[&["string"]]),
    of("week of year", 1, 1, &[&["date"]]),
    of("years and months duration", 2, 2, &[&["from", "to"]]),
];

/// The function of this name.
pub(in crate::dmn) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

impl Function {
    /// Values that were given by name, in the order in which the plugin takes them.
    pub(super) fn arranged(&self, mut given: Vec<(String, Expr)>) -> Result<Vec<Expr>, String> {
        let name = self.name;
        let ways: Vec<String> = self.parameters.iter().map(|way| list(way)).collect();
        let ways = ways.join(", or ");
        if ways.is_empty() {
            return Err(format!("`{name}` takes no values by name; give them in order, if it takes any"));
        }
        for (at, (parameter, _)) in given.iter().enumerate() {
            if !self.parameters.iter().any(|way| place(way, parameter).is_some()) {
                return Err(format!("`{name}` has no parameter `{parameter}`; it takes {ways}"));
            }
            if given.iter().take(at).any(|(other, _)| other == parameter) {
                return Err(format!("`{name}` is given `{parameter}` twice"));
            }
        }
        let takes = |way: &&&[&str]| given.iter().all(|(parameter, _)| place(way, parameter).is_some());
        // Of ways with the same names, such as an interval and a point, the order tells which is meant.
        let in_order = |way: &&&[&str]| way.iter().eq(given.iter().map(|(parameter, _)| parameter));
        let way = self.parameters.iter().find(in_order).or_else(|| self.parameters.iter().find(takes));
        let Some(way) = way else {
            return Err(format!("`{name}` takes {ways}; these cannot be mixed"));
        };
        let mut values = Vec::new();
        for parameter in *way {
            let (bare, needed) = parameter.strip_suffix('?').map_or((*parameter, true), |bare| (bare, false));
            match given.iter().position(|(name, _)| name == bare) {
                Some(at) => values.push(given.swap_remove(at).1),
                None if needed => return Err(format!("`{name}` needs `{bare}`, too; it takes {ways}")),
                // What is left out at the end is not there, before others it is null.
                None if given.is_empty() => break,
                None => values.push(Expr::Null),
            }
        }
        Ok(values)
    }
}

/// The place of a parameter.
fn place(way: &[&str], parameter: &str) -> Option<usize> {
    way.iter().position(|known| known.strip_suffix('?').unwrap_or(known) == parameter)
}

fn list(way: &[&str]) -> String {
    way.iter().map(|known| format!("`{}`", known.strip_suffix('?').unwrap_or(known))).collect::<Vec<_>>().join(", ")
}
