//! `maple build`: a project's component; of a table, the check of its pack and the component that runs it.

use std::path::Path;

use maple_bundle::{Diagnostic, Severity};
use maple_kit::{
    build::{self, Built, Outline, Step},
    project::{Project, language},
};
use serde_json::{Value, json};

use crate::{
    Failure,
    args::Build,
    commands::{check::proved, refused},
    load::{self, chain, unbuilt},
    report,
};

/// The plugin that runs rule tables.
const TABLE: &str = "decision-table";

/// Builds a project and says what came out.
pub(crate) fn run(args: &Build) -> Result<(), Failure> {
    let project = Project::at(&args.dir);
    let out = args.out.clone().unwrap_or_else(|| project.dist());
    if language(&project.root).is_some() {
        let built = build::build(&project.root, &out, &mut |step: Step| report::progress(&step.to_string()));
        return print(&built.map_err(wrong)?, &[], args.json);
    }
    if project.root == project.policies && !project.policies.join("localities.toml").is_file() {
        let dir = args.dir.display();
        return Err(match std::fs::metadata(&args.dir) {
            Err(error) => Failure::Unreachable(format!("cannot read `{dir}`: {error}")),
            Ok(_) => Failure::Input(format!(
                "`{dir}` is no project: it holds no folder `policies` and no plugin; \
                 `maple new NAME --lang table|rust|javascript|python` makes one"
            )),
        });
    }
    table(args, &out)
}

/// Checks the packs of a project without code, with what is proved of their tables, and unpacks what runs them.
fn table(args: &Build, out: &Path) -> Result<(), Failure> {
    let from =
        load::From { policies: &args.dir, plugins: None, state: None, keep_going: false, diary: true, tables: true };
    let loaded = load::load(&from).map_err(refused)?;
    let problems: Vec<Diagnostic> = proved(&loaded.compiled).filter(|p| p.severity != Severity::Note).collect();
    report::warnings(&problems, &loaded.bundle);
    if maple_bundle::has_errors(&problems) {
        let dir = args.dir.display();
        let text = format!("{dir}: {}; `maple check {dir}` shows a case for each", report::count(&problems));
        report::said(false, &text);
        return Err(Failure::Wrong);
    }
    let digest = &loaded.digest;
    let own = |pack: &&maple_bundle::PackInfo| loaded.own.as_ref().is_none_or(|own| own.contains(&pack.id));
    let packs: Vec<Pack> = loaded
        .compiled
        .packs
        .iter()
        .filter(own)
        .map(|pack| Pack {
            id: pack.id.to_string(),
            version: pack.version.clone(),
            policies: pack.policies.len(),
            digest: digest.to_string(),
        })
        .collect();
    let built = build::unpack(TABLE, out).map_err(unbuilt)?;
    print(&built, &packs, args.json)
}

/// A pack that was checked.
struct Pack {
    id: String,
    version: String,
    policies: usize,
    digest: String,
}

/// Sources that are wrong are what was checked; anything else is in the way.
fn wrong(error: build::BuildError) -> Failure {
    if !error.is_in_the_sources() {
        return unbuilt(error);
    }
    report::failure(&Failure::Input(chain(&error)));
    Failure::Wrong
}

fn print(built: &Built, packs: &[Pack], as_json: bool) -> Result<(), Failure> {
    let Outline { imports, contract } = build::outline(built).map_err(unbuilt)?;
    if as_json {
        println!("{}", json(built, &imports, &contract, packs));
        return Ok(());
    }
    for pack in packs {
        let Pack { id, version, policies, digest } = pack;
        anstream::println!("pack       {id} {version}, policies: {policies}\nfiles      {digest}");
    }
    let imports = if imports.is_empty() { "nothing".to_owned() } else { imports.join(", ") };
    let Built { path, digest, size, .. } = built;
    report::verdict(true, &format!("component  {}", path.display()));
    anstream::println!("digest     {digest}\nsize       {size} bytes\nimports    {imports}\ncontract   {contract}");
    if !packs.is_empty() {
        anstream::println!("\nA table is data: hand over the folder with its packs. The component is what runs it.");
    }
    Ok(())
}

fn json(built: &Built, imports: &[String], contract: &str, packs: &[Pack]) -> Value {
    let packs: Vec<Value> = packs
        .iter()
        .map(|p| json!({ "id": p.id, "version": p.version, "policies": p.policies, "files": p.digest }))
        .collect();
    json!({
        "id": built.id, "component": built.path.display().to_string(), "digest": built.digest, "size": built.size,
        "imports": imports, "contract": contract, "packs": packs,
    })
}
