//! `maple eval`: one decision without a server.

use crate::{
    Failure,
    args::Eval,
    commands::{
        decide::{Manner, Rules, decide},
        question::{Voice, question},
        read_case, refused,
    },
    load, report,
};

/// Decides one case. On a terminal it answers in words, elsewhere in the API's JSON.
pub(crate) fn run(args: &Eval) -> Result<(), Failure> {
    let bytes = read_case(&args.case)?;
    let from = load::From {
        policies: &args.policies,
        plugins: args.places.plugins.as_deref(),
        state: args.places.state.as_deref(),
        keep_going: false,
        diary: args.explain,
        tables: args.explain,
    };
    let loaded = load::load(&from).map_err(refused)?;
    let ruleset = &loaded.compiled.ruleset;
    let question = question(&bytes, ruleset, Voice { json: args.json, lang: args.lang })?;
    if args.explain {
        report::warnings(&loaded.compiled.problems, &loaded.bundle);
    }
    let rules = Rules { ruleset, tables: &loaded.compiled.tables };
    decide(rules, question, &Manner { explain: args.explain, json: args.json, lang: args.lang })
}
