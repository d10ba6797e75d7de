//! `maple eval`: one decision without a server.

use std::io::{IsTerminal, Write};

use maple_wire::Reply;

use crate::{
    Failure,
    args::{Eval, Lang},
    commands::{question, read_case, refused},
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
        tables: false,
    };
    let loaded = load::load(&from).map_err(refused)?;
    let ruleset = &loaded.compiled.ruleset;
    let mut question = question(&bytes, ruleset)?;
    question.explain |= args.explain;
    let decision = maple_kernel::evaluate(ruleset, &question);
    for problem in loaded.compiled.problems.iter().filter(|_| args.explain) {
        report::warning(&problem.to_string());
    }
    let mut out = std::io::stdout().lock();
    let written = if args.json || (!out.is_terminal() && args.lang.is_none()) {
        let reply = Reply { id: "d-local", generation: 0, case: &question.case, decision: &decision };
        let json = maple_wire::write_decision(&reply);
        out.write_all(&json).and_then(|()| writeln!(out))
    } else {
        out.write_all(maple_wire::text(&decision, ruleset, Lang::resolve(args.lang)).as_bytes())
    };
    written.map_err(|error| Failure::Unreachable(format!("cannot write the decision: {error}")))
}
