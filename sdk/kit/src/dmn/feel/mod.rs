//! FEEL, the expression language of DMN: text to a tree. Nothing here evaluates; the plugin does.

mod functions;
mod lexer;
mod parser;
mod patterns;
mod times;

pub(super) use functions::{Function, function};
pub(super) use lexer::{in_name, starts_name};
pub(super) use parser::{parse_expression, parse_tests};
pub(super) use patterns::plain;
pub(super) use times::no_time;

/// Bytes of one expression or cell.
pub const FEEL_BYTES_MAX: usize = 64 << 10;
/// How deep an expression may be nested.
pub const FEEL_DEPTH_MAX: usize = 32;

/// Why a text is not FEEL, or not the part of it that is known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FeelError {
    /// The byte of the text where it was noticed.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

impl FeelError {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Null,
    Flag(bool),
    /// A number as it is written, checked to be one.
    Number(String),
    Text(String),
    /// `@"2024-01-31"`
    At(String),
    Name(String),
    /// `?`, the value of the column.
    Input,
    Path(Box<Expr>, String),
    Filter(Box<Expr>, Box<Expr>),
    If(Box<[Expr; 3]>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Binary(&'static str, Box<[Expr; 2]>),
    Negate(Box<Expr>),
    Between(Box<[Expr; 3]>),
    In(Box<Expr>, Vec<Test>),
    Is(Box<Expr>, String),
    List(Vec<Expr>),
    Context(Vec<(String, Expr)>),
    Range(Box<Range>),
    /// `some`, `every` or `for`: names with what they run through, then the body.
    Each(&'static str, Vec<(String, Expr)>, Box<Expr>),
    Lambda(Vec<String>, Box<Expr>),
    Call(&'static Function, Vec<Expr>),
}

/// An interval; a missing end is open to that side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) from: Expr,
    pub(super) from_included: bool,
    pub(super) to: Expr,
    pub(super) to_included: bool,
}

/// One test of a cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// `< 5`
    Compare(&'static str, Expr),
    /// A value to be equal to, an interval or a list to be in, or a condition.
    Expr(Expr),
}

/// The tests of one cell: one of them holds, or with `not` none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tests {
    pub(super) not: bool,
    /* INVARIANT: not empty; a cell that tests nothing is no `Tests`. */
    pub(super) of: Vec<Test>,
}

impl Expr {
    /// True for a value that is written out.
    pub(super) fn is_literal(&self) -> bool {
        match self {
            Self::Null | Self::Flag(_) | Self::Number(_) | Self::Text(_) => true,
            Self::Negate(of) => matches!(**of, Self::Number(_)),
            _ => false,
        }
    }

    /// Calls `visit` with every expression directly inside this one.
    pub(super) fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        match self {
            Self::Null
            | Self::Flag(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::At(_)
            | Self::Name(_)
            | Self::Input => {}
            Self::Path(of, _) | Self::Negate(of) | Self::Is(of, _) | Self::Lambda(_, of) => visit(of),
            Self::Filter(of, by) => [of, by].into_iter().for_each(|part| visit(part)),
            Self::If(parts) | Self::Between(parts) => parts.iter().for_each(visit),
            Self::Binary(_, parts) => parts.iter().for_each(visit),
            Self::And(parts) | Self::Or(parts) | Self::List(parts) | Self::Call(_, parts) => {
                parts.iter().for_each(visit)
            }
            Self::Context(entries) => entries.iter().for_each(|(_, value)| visit(value)),
            Self::Range(range) => [&range.from, &range.to].into_iter().for_each(visit),
            Self::In(of, tests) => {
                visit(of);
                tests.iter().for_each(|test| visit(test.expr()));
            }
            Self::Each(_, through, body) => {
                through.iter().for_each(|(_, list)| visit(list));
                visit(body);
            }
        }
    }
}

impl Test {
    /// The expression in it.
    pub(super) fn expr(&self) -> &Expr {
        match self {
            Self::Compare(_, expr) | Self::Expr(expr) => expr,
        }
    }
}
