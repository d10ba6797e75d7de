//! The console: pages on which people see what the JSON doors tell, in Chinese and English.
//!
//! They are written on the server and hold no script; everything they load lies within the program. What a page shows
//! comes from the same functions as `/v1`, with the same checks, so nobody sees here what they may not read there.

mod cases;
mod compare;
mod decisions;
mod figures;
mod optimise;
mod outline;
mod overview;
mod places;
mod policies;
mod record;
mod scale;
mod session;
mod tiles;
mod trend;
mod visit;
mod words;

pub(crate) use cases::{case, cases};
pub(crate) use compare::{activate, compare, examine};
pub(crate) use decisions::{decision, decisions, receipt, replay};
pub(crate) use optimise::{optimise, optimise_csv};
pub(crate) use overview::{overview, overview_csv};
pub(crate) use policies::policies;
pub(crate) use session::{change, same_origin, sign_in, token};
pub(crate) use visit::{Visit, file};
