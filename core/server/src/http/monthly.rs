//! `GET /v1/insight/return`: the month's return of people's mediation as a sheet, for the authority that it is due to.

use std::sync::Arc;

use axum::{
    extract::{Extension, RawQuery, State},
    response::Response,
};
use jiff::civil::Date;
use maple_insight::figures::{Month, RETURN_KINDS, Return, ReturnSource};
use maple_wire::{FlawCode, Problem, monthly_csv};

use super::{
    activations::reading,
    answer,
    insight::{place, wrong},
    query,
};
use crate::{
    access::{Caller, Role},
    app::App,
    clock::timestamp,
    events,
};

const PARAMETERS: [&str; 2] = ["month", "locality"];

pub(crate) async fn monthly(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    answer::told(made(&app, &caller, &query.unwrap_or_default()).await)
}

async fn made(app: &Arc<App>, caller: &Caller, query: &str) -> Result<Response, Problem> {
    let (mut month, mut locality) = (None, None);
    query::read(query, |name, value| {
        match name {
            "month" => {
                let read = value.parse::<Month>().map_err(|()| {
                    ("`month` is a month such as 2026-10".to_owned(), "month应为月份，如2026-10".to_owned())
                })?;
                month = Some(read);
            }
            "locality" => locality = Some(value.to_owned()),
            other => return Err(query::unknown(other, &PARAMETERS)),
        }
        Ok(())
    })?;
    let needed = |name: &str| {
        let en = format!("`{name}` is missing: the return is of one place and one month");
        wrong(name, FlawCode::Missing, en, format!("缺少{name}：月报按一地一月编制"))
    };
    let (month, locality) = (month.ok_or_else(|| needed("month"))?, locality.ok_or_else(|| needed("locality"))?);
    let serving = app.serving();
    let ruleset = Arc::clone(serving.ruleset());
    let (id, _) = place(&ruleset, Some(&locality))?;
    // Counts are whole here, whatever they tell of few: so who may read the cases may have it, and nobody else.
    caller.require_below(Role::Auditor, id.as_str())?;
    let offset = events::offset(app);
    let first = |month: Month| {
        let day = format!("{month}-01").parse::<Date>().ok()?;
        offset.to_timestamp(day.at(0, 0, 0, 0)).ok()
    };
    let ahead = || {
        let en = format!("`month` {month} has not begun yet");
        wrong("month", FlawCode::OutOfRange, en, format!("{month}尚未开始"))
    };
    let (from, to) = first(month).zip(first(month.plus(1))).ok_or_else(ahead)?;
    if from > timestamp(app.clock()) {
        return Err(ahead());
    }
    let top = id.to_string();
    let groups = reading(app, move |control| control.store.month_return(&top, from, to)).await?;
    let made = &serving.made;
    let kind = |kind: &str| {
        let stat = made.statistics.kinds.get(kind)?;
        RETURN_KINDS.iter().position(|(name, _)| **name == **stat)
    };
    let source = |source: &str| ReturnSource::of(made.statistics.sources.get(source)?);
    let sheet = monthly_csv(&Return::of(&groups, kind, source), id.as_str(), month);
    Ok(answer::csv(&format!("return-{}-{month}.csv", id.as_str().replace('/', "-")), sheet.into()))
}
