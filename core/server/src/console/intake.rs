//! `/station/intake`: a case is told with a handful of facts, and the page says which ways are open, why, by when, and what
//! one may refuse. It is a question to `/v1/evaluate`, kept as any other.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use maple_kernel::{FactDef, FactKey, FactType, KindId, LocalityId, Ruleset, Scope};
use maple_wire::{Flaw, Problem, ProblemKind};
use serde_json::{Map, Value, json};

use super::{
    cases::only,
    places::{self, Choice},
    record::Record,
    session::form,
    station::sources,
    visit::Visit,
    words,
};
use crate::{
    access::{Caller, Role},
    app::App,
    http::{
        RequestId,
        evaluate::{Form, decided},
        insight::place,
    },
};

/// Facts of the case that are asked: those at which most rules look.
const CASE_FACTS_COUNT_MAX: usize = 12;
/// Facts that every desk asks for first, where some rule looks at them.
const BASICS: [&str; 3] = ["amount", "people", "relation"];
/// Facts of each party that are asked beside consent.
const PARTY_FACTS_COUNT_MAX: usize = 3;
/// The fact that says whether a party agrees to mediation.
const CONSENT: &str = "consent";
const ROLES: [&str; 2] = ["applicant", "respondent"];
const TYPES: [&str; 3] = ["natural", "organisation", "public_authority"];
const PARAMETERS: [&str; 3] = ["locality", "kind", "source"];
/// Letters of one field that are taken up again.
const FIELD_CHARS_MAX: usize = 200;

/// A field of the form.
struct Field {
    name: String,
    title: String,
    /// What may be chosen; empty where something is written.
    choices: Vec<Choice>,
    kind: &'static str,
    hint: String,
    value: String,
    several: bool,
    wrong: String,
}

impl Field {
    /// Its name as an id of the page.
    fn id(&self) -> String {
        self.name.replace('.', "-")
    }

    /// Whether a word is chosen.
    fn has(&self, word: &str) -> bool {
        self.value.split(' ').any(|one| one == word)
    }
}

struct Group {
    title: String,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "intake.html")]
struct Page<'a> {
    v: &'a Visit,
    here: &'static str,
    place: String,
    places: Vec<Choice>,
    kinds: Vec<Choice>,
    kind: String,
    sources: Vec<Choice>,
    source: String,
    filed: String,
    today: String,
    groups: Vec<Group>,
    /// What is wrong, field by field: where it stands on the page, and what.
    flaws: Vec<(String, String, String)>,
    answer: Option<Answered>,
}

/// What was decided.
struct Answered {
    id: String,
    record: Record,
    /// Ways that one may refuse.
    refusable: Vec<String>,
    href: Option<String>,
}

/// What somebody wrote into the form.
#[derive(Default)]
struct Given(Vec<(String, String)>);

impl Given {
    fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    fn all<'g>(&'g self, name: &'g str) -> impl Iterator<Item = &'g str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim()).filter(|v| !v.is_empty())
    }
}

pub(crate) async fn intake(visit: Visit, Extension(caller): Extension<Caller>) -> Response {
    let page = begun(&visit, &caller);
    visit.show(page)
}

fn begun<'a>(v: &'a Visit, caller: &Caller) -> Result<Page<'a>, Problem> {
    only(v, &PARAMETERS)?;
    let given = Given(v.all_given().to_vec());
    page(v, caller, &given, Vec::new(), None)
}

pub(crate) async fn take_in(
    State(app): State<Arc<App>>,
    visit: Visit,
    Extension(caller): Extension<Caller>,
    Extension(RequestId(id)): Extension<RequestId>,
    request: Request,
) -> Response {
    let given = match form(&app, request).await {
        Ok(pairs) => Given(pairs.into_iter().filter(|(_, text)| text.chars().count() <= FIELD_CHARS_MAX).collect()),
        Err(problem) => return visit.refuse(&problem),
    };
    let page = match asked(&visit, &given) {
        Ok(question) => {
            let question = question.to_string();
            match decided(&app, &caller, id, Form::Json, question.as_bytes()).await {
                Ok(reply) => answered(&visit, &caller, &question, &reply)
                    .and_then(|answer| page(&visit, &caller, &given, Vec::new(), Some(answer))),
                // What is wrong with the case stands beside its fields.
                Err(problem) if problem.kind == ProblemKind::InvalidCase && !problem.errors.is_empty() => {
                    page(&visit, &caller, &given, problem.errors, None)
                }
                Err(problem) => Err(problem),
            }
        }
        Err(problem) => Err(problem),
    };
    visit.show(page)
}

fn answered(v: &Visit, caller: &Caller, question: &str, reply: &[u8]) -> Result<Answered, Problem> {
    let record = Record::read(v, &v.ruleset(), question.as_bytes(), reply)?;
    let told: Value = serde_json::from_slice(reply).unwrap_or_default();
    let id = told.pointer("/decision/id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let steps = told.pointer("/decision/steps").and_then(Value::as_array).cloned().unwrap_or_default();
    let needs = |step: &Value| step.get("needs_consent").and_then(Value::as_bool).unwrap_or_default();
    let refusable = record.steps.iter().zip(&steps).filter(|(_, step)| needs(step)).map(|(said, _)| said.title.clone());
    let is_kept = v.app.records.as_ref().is_some_and(|records| records.are_kept());
    let place = told.pointer("/decision/case/locality").and_then(Value::as_str).map(str::to_owned);
    let may_read = caller.has(Role::Auditor) && place.is_none_or(|place| caller.may(Role::Auditor, &place));
    let href = (is_kept && may_read).then(|| super::visit::path_to("/decisions/", &id));
    Ok(Answered { refusable: refusable.collect(), href, record, id })
}

/// A fact that may be asked for.
type Fact<'r> = (&'r FactKey, &'r FactDef);

/// The facts at which most rules for a kind in a place look, of one scope.
fn looked_at<'r>(
    ruleset: &'r Ruleset,
    place: &LocalityId,
    kind: &str,
    scope: Scope,
) -> Vec<(&'r FactKey, &'r FactDef)> {
    let chain = ruleset.locality(place.as_str()).map(|(_, locality)| locality.chain.clone()).unwrap_or_default();
    let mut looks: BTreeMap<&FactKey, usize> = BTreeMap::new();
    for policy in chain.iter().flat_map(|level| ruleset.policies_of(level)).filter(|policy| policy.purposes.routing) {
        if !policy.target.covers_kind(kind) {
            continue;
        }
        // What is written for such cases asks more of them than what is written for all.
        let weight = if policy.target.names_kind(kind) { 4 } else { 1 };
        let by_rules = policy.rules.values().flat_map(|rule| &rule.reads);
        by_rules.chain(&policy.reads).for_each(|key| *looks.entry(key).or_default() += weight);
    }
    let facts = &ruleset.vocabulary().facts;
    let mut known: Vec<(&FactKey, &FactDef, usize)> = looks
        .into_iter()
        .filter_map(|(key, count)| Some((facts.get_key_value(key)?, count)))
        .filter(|((_, fact), _)| fact.scope == scope)
        .map(|((key, fact), count)| (key, fact, count))
        .collect();
    known.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(b.0)));
    known.into_iter().map(|(key, fact, _)| (key, fact)).collect()
}

/// The groups of facts that the form asks for.
fn asked_facts<'r>(ruleset: &'r Ruleset, place: &LocalityId, kind: &str) -> (Vec<Fact<'r>>, Vec<Fact<'r>>) {
    let mut case = looked_at(ruleset, place, kind, Scope::Case);
    case.sort_by_key(|(key, _)| !BASICS.contains(&key.as_str()));
    case.truncate(CASE_FACTS_COUNT_MAX);
    let mut party = looked_at(ruleset, place, kind, Scope::Party);
    party.retain(|(key, _)| key.as_str() != CONSENT);
    party.truncate(PARTY_FACTS_COUNT_MAX);
    let consent = ruleset.vocabulary().facts.get_key_value(CONSENT).filter(|(_, fact)| fact.scope == Scope::Party);
    party.splice(0..0, consent);
    (case, party)
}

fn page<'a>(
    v: &'a Visit,
    caller: &Caller,
    given: &Given,
    flaws: Vec<Flaw>,
    answer: Option<Answered>,
) -> Result<Page<'a>, Problem> {
    let ruleset = v.ruleset();
    let asked = Some(given.one("locality")).filter(|place| !place.is_empty());
    let home = caller.home(Role::Evaluate).filter(|home| ruleset.locality(home).is_some());
    let (id, _) = match asked {
        Some(asked) => places::find(&ruleset, asked)?,
        None => place(&ruleset, home)?,
    };
    let kinds = places::kinds(v, &ruleset);
    let kind = Some(given.one("kind")).filter(|kind| !kind.is_empty());
    let kind = match kind {
        Some(kind) if ruleset.knows_kind(&KindId::from(kind)) => kind.to_owned(),
        Some(kind) => {
            crate::http::insight::known_kind(&ruleset, kind)?;
            String::new()
        }
        None => String::new(),
    };
    let told: Vec<(String, String)> =
        flaws.iter().map(|flaw| (field_of(&flaw.pointer), v.say(&flaw.detail_zh, &flaw.detail).to_owned())).collect();
    let groups = if kind.is_empty() { Vec::new() } else { groups(v, &ruleset, id, &kind, given, &told) };
    let titles: BTreeMap<&str, &str> =
        groups.iter().flat_map(|group| &group.fields).map(|field| (&*field.name, &*field.title)).collect();
    let flaws = told
        .iter()
        .map(|(name, text)| {
            let title = titles.get(name.as_str()).copied().unwrap_or(name);
            (format!("f-{}", name.replace('.', "-")), title.to_owned(), text.clone())
        })
        .collect();
    Ok(Page {
        v,
        here: "/station",
        place: id.to_string(),
        places: places::choices(v, &ruleset),
        kinds,
        sources: sources(v, &ruleset),
        source: given.one("source").to_owned(),
        filed: Some(given.one("filed")).filter(|day| !day.is_empty()).unwrap_or(&v.app.today().to_string()).to_owned(),
        today: v.app.today().to_string(),
        flaws,
        groups,
        kind,
        answer,
    })
}

/// The name of the field of a pointer into the question.
fn field_of(pointer: &str) -> String {
    let path = pointer.trim_start_matches('/').trim_start_matches("case/");
    let mut parts = path.split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("facts"), Some(key), ..) => format!("fact.{key}"),
        (Some("parties"), Some(at), Some("facts"), Some(key)) => format!("{}.{key}", role_at(at)),
        (Some("parties"), Some(at), Some("type"), _) => format!("{}.type", role_at(at)),
        (Some(name), ..) => name.to_owned(),
        _ => String::new(),
    }
}

fn role_at(at: &str) -> &'static str {
    at.parse::<usize>().ok().and_then(|at| ROLES.get(at)).copied().unwrap_or_default()
}

fn groups(
    v: &Visit,
    ruleset: &Ruleset,
    place: &LocalityId,
    kind: &str,
    given: &Given,
    flaws: &[(String, String)],
) -> Vec<Group> {
    let (case, party) = asked_facts(ruleset, place, kind);
    let wrong = |name: &str| {
        flaws.iter().filter(|(field, _)| field == name).map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("; ")
    };
    let field = |name: String, fact: &FactDef| {
        let mut field = Field { wrong: wrong(&name), value: given.one(&name).to_owned(), name, ..field(v, fact) };
        if field.several {
            field.value = given.all(&field.name).collect::<Vec<_>>().join(" ");
        }
        field
    };
    let own = case.iter().map(|(key, fact)| field(format!("fact.{key}"), fact)).collect();
    let mut all = vec![Group { title: v.say("案情", "The case").to_owned(), fields: own }];
    for role in ROLES {
        let word = ruleset.vocabulary().word(maple_kernel::WordList::Role, role);
        let title = word.map_or(role, |word| v.of_text(&word.title)).to_owned();
        let types = TYPES.map(|word| Choice { id: word.to_owned(), title: party_type(v, word).to_owned() });
        let name = format!("{role}.type");
        let usual = if role == "applicant" { "natural" } else { "organisation" };
        let value = Some(given.one(&name)).filter(|value| !value.is_empty()).unwrap_or(usual).to_owned();
        let sort = Field {
            wrong: wrong(&name),
            name,
            title: v.say("性质", "Who it is").to_owned(),
            choices: types.into(),
            kind: "needed",
            hint: String::new(),
            value,
            several: false,
        };
        let facts = party.iter().map(|(key, fact)| field(format!("{role}.{key}"), fact));
        all.push(Group { title, fields: [sort].into_iter().chain(facts).collect() });
    }
    all
}

fn party_type(v: &Visit, word: &str) -> &'static str {
    match word {
        "natural" => v.say("自然人", "a person"),
        "organisation" => v.say("单位", "an organisation"),
        _ => v.say("行政机关", "a public authority"),
    }
}

/// A field for a fact, without what is in it.
fn field(v: &Visit, fact: &FactDef) -> Field {
    let words = |words: &[Arc<str>]| {
        let one = |word: &Arc<str>| {
            let title = match &**word {
                "unknown" => v.say("不知道", "not known").to_owned(),
                word => words::told(word, v.language),
            };
            Choice { id: word.to_string(), title }
        };
        words.iter().map(one).collect::<Vec<_>>()
    };
    let (choices, kind, hint, several) = match &fact.kind {
        FactType::Text(list) => (words(list), "text", String::new(), false),
        FactType::Words(list) => (words(list), "text", String::new(), true),
        FactType::Count { min, max } => (Vec::new(), "number", format!("{min}–{max}"), false),
        FactType::Money { .. } => (Vec::new(), "money", v.say("元，如48000.00", "such as 48000.00").to_owned(), false),
        FactType::Day => (Vec::new(), "date", String::new(), false),
        FactType::Flag => {
            let both = [("yes", v.say("是", "yes")), ("no", v.say("否", "no"))];
            (both.map(|(id, title)| Choice { id: id.into(), title: title.into() }).into(), "flag", String::new(), false)
        }
    };
    Field {
        name: String::new(),
        title: v.of_text(&fact.title).to_owned(),
        choices,
        kind,
        hint,
        value: String::new(),
        several,
        wrong: String::new(),
    }
}

/// The question that the form is.
fn asked(v: &Visit, given: &Given) -> Result<Value, Problem> {
    let ruleset = v.ruleset();
    let (id, _) = match Some(given.one("locality")).filter(|place| !place.is_empty()) {
        Some(asked) => places::find(&ruleset, asked)?,
        None => place(&ruleset, None)?,
    };
    let facts = &ruleset.vocabulary().facts;
    let value = |key: &str, name: &str| -> Option<Value> {
        let text = Some(given.one(name)).filter(|text| !text.is_empty())?;
        Some(match facts.get(key).map(|fact| &fact.kind) {
            Some(FactType::Count { .. }) => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
            Some(FactType::Flag) => json!(match text {
                "yes" => Value::Bool(true),
                "no" => Value::Bool(false),
                other => json!(other),
            }),
            Some(FactType::Words(_)) => json!(given.all(name).collect::<Vec<_>>()),
            _ => json!(text),
        })
    };
    let of = |before: &str| -> Map<String, Value> {
        let mut found = Map::new();
        for (name, _) in &given.0 {
            let key = name.strip_prefix(before).and_then(|rest| rest.strip_prefix('.'));
            let Some(key) = key.filter(|key| *key != "type" && !found.contains_key(*key)) else { continue };
            if let Some(value) = value(key, name) {
                found.insert(key.to_owned(), value);
            }
        }
        found
    };
    let party = |role: &str| {
        let sort = given.one(&format!("{role}.type")).to_owned();
        json!({ "role": role, "type": if sort.is_empty() { "natural" } else { &sort }, "facts": of(role) })
    };
    let mut case = Map::new();
    let mut say = |name: &str, value: Value| drop(case.insert(name.to_owned(), value));
    say("locality", json!(id.as_str()));
    say("kind", json!(given.one("kind")));
    for name in ["source", "filed"] {
        let text = given.one(name);
        if !text.is_empty() {
            say(name, json!(text));
        }
    }
    say("parties", json!(ROLES.map(party)));
    say("facts", Value::Object(of("fact")));
    Ok(json!({ "case": case }))
}
