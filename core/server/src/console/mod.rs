//! The console: pages on which people see what the JSON doors tell, in Chinese and English.
//!
//! They are written on the server and need no script; one listens with a small one of its own. All they load lies within the
//! program. What a page shows
//! comes from the same functions as `/v1`, with the same checks, so nobody sees here what they may not read there.

mod cases;
mod compare;
mod decisions;
mod figures;
mod intake;
mod live;
mod optimise;
mod outline;
mod overview;
mod places;
mod plan;
mod policies;
mod record;
mod risk;
mod scale;
mod session;
mod station;
mod tiles;
mod trend;
mod visit;
mod words;

pub(crate) use cases::{case, cases};
pub(crate) use compare::{activate, backtest, compare, examine};
pub(crate) use decisions::{decision, decisions, receipt, replay};
pub(crate) use intake::{intake, take_in};
pub(crate) use live::{close, live};
pub(crate) use optimise::{optimise, optimise_csv};
pub(crate) use overview::{overview, overview_csv};
pub(crate) use plan::{accept, plan, propose};
pub(crate) use policies::policies;
pub(crate) use risk::{risk, risk_csv};
pub(crate) use session::{change, same_origin, sign_in, token};
pub(crate) use station::{station, station_csv};
pub(crate) use visit::{Visit, file};
