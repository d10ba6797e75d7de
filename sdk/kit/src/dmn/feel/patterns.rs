//! Patterns. The standard's are regular expressions of XPath; here a pattern is plain text, so that what the plugin does
//! with it is exactly what the standard says. Any other is told.

use super::Expr;

/// Letters that mean something in a regular expression of XPath.
const SIGNS: &str = r".^$*+?()[]{}|\";

/// The text that a pattern stands for, where the function can be carried over with it; `None` where the pattern is null.
/// `rest` is what stands behind the pattern: of `replace` the replacement, then flags.
pub(in crate::dmn) fn plain(function: &str, pattern: &Expr, rest: &[Expr]) -> Result<Option<String>, String> {
    let flags = if function == "replace" {
        let (by, flags) = rest.split_first().ok_or("`replace` needs a replacement")?;
        replacement(by)?;
        flags
    } else {
        rest
    };
    match flags {
        [] => {}
        [Expr::Text(flags)] if flags.is_empty() => {}
        _ => return Err(format!("`{function}` takes no flags here")),
    }
    match pattern {
        Expr::Null => Ok(None),
        Expr::Text(pattern) => unescaped(pattern).map(Some).map_err(|sign| {
            format!("`{function}` takes plain text here, no pattern: `{sign}` has a meaning in regular expressions")
        }),
        _ => Err(format!(
            "the pattern of `{function}` has to be written out as a text; a computed one is not known here"
        )),
    }
}

/// A replacement has references to groups, and must not be suspected of any.
fn replacement(by: &Expr) -> Result<(), String> {
    match by {
        Expr::Null => Ok(()),
        Expr::Text(by) => match by.chars().find(|c| matches!(c, '$' | '\\')) {
            Some(sign) => {
                Err(format!("`replace` takes plain text here, no groups: `{sign}` stands in the replacement"))
            }
            None => Ok(()),
        },
        _ => {
            Err("the replacement of `replace` has to be written out as a text; a computed one is not known here".into())
        }
    }
}

/// The pattern with every escaped sign as itself; else what in it is no plain text.
fn unescaped(pattern: &str) -> Result<String, String> {
    let (mut text, mut letters) = (String::with_capacity(pattern.len()), pattern.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                // A minus has a meaning between `[` and `]` only, and may be escaped anywhere.
                Some(escaped) if escaped == '-' || SIGNS.contains(escaped) => text.push(escaped),
                other => return Err(std::iter::once('\\').chain(other).collect()),
            },
            sign if SIGNS.contains(sign) => return Err(sign.into()),
            plain => text.push(plain),
        }
    }
    Ok(text)
}
