//! Names with signs or keywords in them. In FEEL they are told from calculations by the names in scope: those that the
//! file declares are put in backticks wherever an expression holds them, and what else may have been meant is told.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

use super::{
    feel::{Expr, in_name, parse_expression, parse_tests, starts_name},
    import::known_language,
    xml::{Logic, Model, RawTable, Text},
};

/// Letters that end a name in any case.
const NEVER: [char; 19] =
    ['"', '`', ',', '.', '<', '>', '=', '?', '@', '[', ']', '{', '}', '(', ')', ';', ':', '|', '\\'];
const SIGNS: [char; 4] = ['+', '-', '*', '/'];

/// The names of a file.
pub(super) struct Names {
    declared: BTreeSet<String>,
    /// True when the file declares its inputs, so that what it does not declare is no input.
    inputs: bool,
    /* INVARIANT: of names with one first word the longest stands first. */
    /// Those that have to stand in backticks, by their first word.
    special: HashMap<String, Vec<String>>,
}

impl Names {
    pub(super) fn new(model: &Model) -> Self {
        let declared = &model.names;
        let mut special: HashMap<String, Vec<String>> = HashMap::new();
        for name in declared.iter().filter(|name| is_special(name)) {
            special.entry(word(name).to_owned()).or_default().push(name.clone());
        }
        special.values_mut().for_each(|names| names.sort_by_key(|name| Reverse(name.len())));
        Self { declared: declared.clone(), inputs: model.inputs > 0, special }
    }

    /// Puts the names in backticks wherever they stand.
    pub(super) fn quote(&self, model: &mut Model) {
        if self.special.is_empty() {
            return;
        }
        for decision in &mut model.decisions {
            match &mut decision.logic {
                Logic::Table(table) => self.quote_table(table),
                Logic::Literal(text) => self.quote_text(text),
                Logic::Other(_) => {}
            }
        }
    }

    fn quote_table(&self, table: &mut RawTable) {
        table.inputs.iter_mut().for_each(|input| self.quote_text(&mut input.expression));
        for output in &mut table.outputs {
            for text in [&mut output.values, &mut output.default].into_iter().flatten() {
                *text = self.quoted(text);
            }
        }
        let cells = table.rules.iter_mut().flat_map(|rule| rule.inputs.iter_mut().chain(&mut rule.outputs));
        cells.for_each(|cell| self.quote_text(cell));
    }

    fn quote_text(&self, text: &mut Text) {
        if known_language(text).is_ok() {
            text.text = self.quoted(&text.text);
        }
    }

    fn quoted(&self, text: &str) -> String {
        let (mut out, mut rest) = (String::with_capacity(text.len()), text);
        while !rest.is_empty() {
            let passed = passed(rest);
            let word = if passed > 0 { "" } else { word(rest) };
            let name = self.special.get(word).and_then(|names| names.iter().find(|name| stands(rest, name)));
            let step = match name {
                Some(name) => name.len(),
                None if passed > 0 => passed,
                None if word.is_empty() => rest.chars().next().map_or(0, char::len_utf8),
                None => word.len(),
            };
            let (here, after) = rest.split_at(step);
            match name {
                Some(name) => out.extend(["`", name, "`"]),
                None => out.push_str(here),
            }
            rest = after;
        }
        out
    }

    /// The names of a calculation with nothing but names of which not all are declared, as in `case-type`.
    pub(super) fn computed(&self, text: &str) -> Option<String> {
        if !self.has_sign(text) {
            return None;
        }
        let tests = parse_tests(text).ok()??;
        let names = tests.of.iter().find_map(|test| self.undeclared(test.expr()))?;
        Some(names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
    }

    /// Whether a sign joins two words. With blanks around it is taken for a calculation where no input is declared.
    fn has_sign(&self, text: &str) -> bool {
        let (mut before, mut rest) = (' ', text);
        while let Some(here) = rest.chars().next() {
            let passed = passed(rest);
            let after = rest.get(passed.max(here.len_utf8())..).unwrap_or_default();
            if passed == 0 && SIGNS.contains(&here) {
                let joined = in_name(before) && after.starts_with(starts_name);
                if joined || self.inputs {
                    return true;
                }
            }
            (before, rest) = (if passed > 0 { ' ' } else { here }, after);
        }
        false
    }

    fn undeclared(&self, expr: &Expr) -> Option<Vec<String>> {
        let mut names = Vec::new();
        if matches!(expr, Expr::Binary(..)) && operands(expr, &mut names) {
            return names.iter().any(|name| !self.declared.contains(name)).then_some(names);
        }
        match expr {
            // There names may be bound by the expression itself.
            Expr::Each(..) | Expr::Lambda(..) | Expr::Context(_) | Expr::Filter(..) => None,
            other => {
                let mut found = None;
                other.children(&mut |child| found = found.take().or_else(|| self.undeclared(child)));
                found
            }
        }
    }
}

/// The names that a calculation begins its operands with; false when it has other operands.
fn operands(expr: &Expr, names: &mut Vec<String>) -> bool {
    match expr {
        Expr::Binary("+" | "-" | "*" | "/", parts) => parts.iter().all(|part| operands(part, names)),
        Expr::Path(of, _) => operands(of, names),
        Expr::Name(name) => {
            names.push(name.clone());
            true
        }
        _ => false,
    }
}

/// Whether a name is read as something else when it stands without backticks.
fn is_special(name: &str) -> bool {
    let several = word(name).len() < name.len();
    several
        && name.starts_with(starts_name)
        && !name.contains(NEVER)
        && parse_expression(name) != Ok(Expr::Name(name.to_owned()))
}

/// The word that stands first.
fn word(text: &str) -> &str {
    text.get(..text.find(|c| !in_name(c)).unwrap_or(text.len())).unwrap_or_default()
}

/// Whether a name stands first, and nothing that would make it longer behind it.
fn stands(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|after| !after.starts_with(in_name))
}

/// Bytes of what stands first and holds no names: a text, a name in backticks, a comment.
fn passed(text: &str) -> usize {
    let to = |end: &str, from: usize| {
        let tail = text.get(from..).unwrap_or_default();
        tail.find(end).map_or(text.len(), |at| from + at + end.len())
    };
    match text.as_bytes() {
        [b'"', ..] => {
            let mut escaped = false;
            let end = text.char_indices().skip(1).find(|(_, letter)| {
                let ends = *letter == '"' && !escaped;
                escaped = *letter == '\\' && !escaped;
                ends
            });
            end.map_or(text.len(), |(at, _)| at + 1)
        }
        [b'`', ..] => to("`", 1),
        [b'/', b'/', ..] => to("\n", 2),
        [b'/', b'*', ..] => to("*/", 2),
        _ => 0,
    }
}
