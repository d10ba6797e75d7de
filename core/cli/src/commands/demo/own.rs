//! A server of the county's own: it begins empty and leaves nothing when it is stopped.

use std::thread;

use super::fill;
use crate::{
    Failure,
    args::{Demo as Args, Remote, Serve},
    commands::serve,
    config::{REFERENCE_KEY, STATE, Settings},
    report,
};

/// Serves the county until told to stop.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let state = args.places.state.clone().unwrap_or_else(|| STATE.into());
    let unmade = |error: std::io::Error| {
        Failure::Unreachable(format!("cannot make a folder for the county in `{}`: {error}", state.display()))
    };
    std::fs::create_dir_all(&state).map_err(unmade)?;
    // What others of this machine must not read stands there, as in the state folder itself.
    let folder = tempfile::Builder::new().prefix("demo-").tempdir_in(&state).map_err(unmade)?;
    let settings = Settings::new(Serve {
        policies: args.policies.clone(),
        config: None,
        listen: Some(args.listen.clone()),
        database: Some(format!("sqlite://{}", folder.path().join("maple.sqlite").display())),
        audit: None,
        keep_going: false,
        watch: false,
        unsigned: false,
        take_policies: false,
        places: args.places.clone(),
    })?;
    let signing_key = folder.path().join("signing-key.pem");
    let settings = Settings { signing_key, reference_key: Some(folder.path().join(REFERENCE_KEY)), ..settings };
    let wanted = args.clone();
    report::progress("the county has a database of its own, which is gone when this stops");
    serve::serve(settings, "warn", move |address, failed| {
        let remote = Remote { server: format!("http://{address}"), token_file: None, ca: None };
        thread::spawn(move || {
            if let Err(failure) = fill(&wanted, &remote) {
                let _ = failed.send(failure);
            } else {
                report::progress("it goes on serving; stop with Ctrl-C");
            }
        });
    })
}
