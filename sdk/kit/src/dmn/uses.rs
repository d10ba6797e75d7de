//! Which parts of which inputs a table reads, so that the plugin is handed those and no others.

use std::collections::BTreeMap;

use super::feel::Expr;

/// What is read of a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Uses {
    /// All of it; else whether it is there, and the fields below.
    pub(super) whole: bool,
    pub(super) fields: BTreeMap<String, Uses>,
}

/// The inputs of a table, numbered as they are met.
#[derive(Debug, Default)]
pub(super) struct Collected {
    names: Vec<String>,
    numbers: BTreeMap<String, usize>,
    paths: BTreeMap<String, Uses>,
}

impl Collected {
    /// The number of an input.
    pub(super) fn variable(&mut self, name: &str) -> usize {
        if let Some(at) = self.numbers.get(name) {
            return *at;
        }
        self.names.push(name.into());
        self.numbers.insert(name.into(), self.names.len() - 1);
        self.names.len() - 1
    }

    /// Notes what an expression reads.
    pub(super) fn note(&mut self, expr: &Expr) {
        walk(expr, true, &mut Vec::new(), &mut self.paths);
    }

    /// The inputs in the order of their numbers, with what is read of each.
    pub(super) fn into_variables(mut self) -> Vec<(String, Uses)> {
        let uses = |name: String| {
            let uses = self.paths.remove(&name).unwrap_or_default();
            (name, uses)
        };
        self.names.into_iter().map(uses).collect()
    }
}

/// Notes what an expression reads; `whole` says whether its value is used, or only whether there is one.
fn walk(expr: &Expr, whole: bool, bound: &mut Vec<String>, uses: &mut BTreeMap<String, Uses>) {
    match expr {
        Expr::Name(_) | Expr::Path(..) => path(expr, whole, bound, uses),
        Expr::Binary("=" | "!=", parts) => match &**parts {
            [of, Expr::Null] | [Expr::Null, of] => walk(of, false, bound, uses),
            [left, right] => [left, right].into_iter().for_each(|part| walk(part, true, bound, uses)),
        },
        Expr::Each(_, through, body) => {
            let before = bound.len();
            for (name, list) in through {
                walk(list, true, bound, uses);
                bound.push(name.clone());
            }
            walk(body, true, bound, uses);
            bound.truncate(before);
        }
        Expr::Context(entries) => {
            let before = bound.len();
            for (name, value) in entries {
                walk(value, true, bound, uses);
                bound.push(name.clone());
            }
            bound.truncate(before);
        }
        Expr::Lambda(names, body) => {
            bound.extend(names.iter().cloned());
            walk(body, true, bound, uses);
            bound.truncate(bound.len() - names.len());
        }
        Expr::Call(function, _) if matches!(function.name, "now" | "today") => {
            uses.entry(function.name.into()).or_default().whole = true;
        }
        other => other.children(&mut |child| walk(child, true, bound, uses)),
    }
}

fn path(expr: &Expr, whole: bool, bound: &mut Vec<String>, uses: &mut BTreeMap<String, Uses>) {
    let (mut base, mut steps) = (expr, Vec::new());
    while let Expr::Path(of, step) = base {
        steps.push(step);
        base = of;
    }
    let Expr::Name(name) = base else { return walk(base, true, bound, uses) };
    if bound.contains(name) {
        return;
    }
    let mut node = uses.entry(name.clone()).or_default();
    for step in steps.into_iter().rev() {
        node = node.fields.entry(step.clone()).or_default();
    }
    node.whole |= whole;
}
