//! `maple report monthly`: the month's return of people's mediation.

use super::remote::{Server, unwritten, write_out};
use crate::{
    Failure,
    args::{MonthlyReport, Report},
};

pub(crate) fn run(command: &Report) -> Result<(), Failure> {
    match command {
        Report::Monthly(args) => monthly(args),
    }
}

fn monthly(args: &MonthlyReport) -> Result<(), Failure> {
    let server = Server::new(&args.remote)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("month", &args.month).append_pair("locality", &args.locality);
    let sheet = server.get(&format!("/v1/insight/return?{}", query.finish()))?;
    write_out(args.out.as_deref(), |into| into.write_all(&sheet).map_err(|error| unwritten(&error)))
}
