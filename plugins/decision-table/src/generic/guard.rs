//! Questions whether something is there, of which the tables of some tools are full.
//!
//! There an object is asked for before its field, and the field before it is taken: `if a != null and a.b != null then a.b
//! else null`. A field is only there when its object is, so the longest question asks for all before it; and who gets
//! what was asked for, or else nothing, gets the field as it is.

use std::{iter, sync::Arc};

use super::{
    expr::Expr,
    value::{Compare, Value},
};

/// A place in a variable.
type Place<'a> = (usize, &'a [Arc<str>]);

/// All of these, each question once.
pub(crate) fn and(parts: Vec<Expr>) -> Expr {
    let mut parts: Vec<Expr> = parts.into_iter().flat_map(flat).collect();
    let mut places: Vec<(Place<'_>, usize)> =
        parts.iter().enumerate().filter_map(|(at, part)| Some((asked(part)?, at))).collect();
    places.sort();
    let mut needless = vec![false; parts.len()];
    for ((place, at), (next, _)) in iter::zip(&places, places.iter().skip(1)) {
        if let Some(needless) = needless.get_mut(*at) {
            *needless = place.0 == next.0 && next.1.starts_with(place.1);
        }
    }
    let mut needless = needless.into_iter();
    parts.retain(|_| needless.next() == Some(false));
    match <[Expr; 1]>::try_from(parts) {
        Ok([only]) if asked(&only).is_some() => only,
        Ok(other) => Expr::And(other.into()),
        Err(parts) => Expr::And(parts),
    }
}

/// Conditions and values in turn, and the value for none of them.
pub(crate) fn condition(mut parts: Vec<Expr>) -> Expr {
    let needless = match parts.as_slice() {
        [met, then] | [met, then, Expr::Const(Value::Null)] => {
            asked(met).is_some_and(|asked| Some(asked) == place(then))
        }
        _ => false,
    };
    if needless { parts.swap_remove(1) } else { Expr::If(parts) }
}

fn flat(part: Expr) -> Vec<Expr> {
    if let Expr::And(parts) = part { parts } else { vec![part] }
}

/// What is asked for, where it is only asked whether it is there.
fn asked(of: &Expr) -> Option<Place<'_>> {
    let Expr::Compare(Compare::Differs, parts) = of else { return None };
    match &**parts {
        [of, Expr::Const(Value::Null)] | [Expr::Const(Value::Null), of] => place(of),
        _ => None,
    }
}

fn place(of: &Expr) -> Option<Place<'_>> {
    match of {
        Expr::Variable(at) => Some((*at, &[])),
        Expr::Path(of, steps) => match **of {
            Expr::Variable(at) => Some((at, steps)),
            _ => None,
        },
        _ => None,
    }
}
