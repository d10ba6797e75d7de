//! Figures that govern: the life of a case as events, what can be counted of it, who could take it up, what a change of
//! rules would do.
//!
//! Pure: nothing here reads a file, a socket or a clock, or knows JSON. Nothing here counts a person.

pub mod backtest;
pub mod figures;
pub mod life;
pub mod plan;
pub mod share;
pub mod suggest;
pub mod synthetic;
pub mod usual;
