//! The explanation as data.

use maple_kernel::{Asking, Locality, LocalityId, Mode, Told, Unmet, Value};
use serde_json::{Value as Json, json};

use super::{
    Explained,
    became::{Became, Who, became},
    page::{corrections, page, panic},
    silent::{View, silent},
};
use crate::{
    decimal, guardrail,
    text::{Language, Page},
};

/// How many rules that kept silent are listed of one table; the others are counted.
const SILENT_LISTED_MAX: usize = 100;

/// How the decision came about, as one JSON object; every sentence in both languages.
#[must_use]
pub fn explain_json(explained: &Explained<'_>) -> Json {
    let pages = Pages { zh: page(explained, Language::Zh), en: page(explained, Language::En) };
    let case = &explained.question.case;
    let chain = explained.ruleset.locality(case.locality.as_str()).map_or(&[][..], |(_, l)| l.chain.as_slice());
    let place = |id: &LocalityId| {
        let title = explained.ruleset.locality(id.as_str()).map(|(_, l)| text(&l.title));
        json!({ "id": id.as_str(), "title": title })
    };
    let guardrails = explained.decision.corrections.iter().map(|c| {
        json!({
            "id": c.guardrail, "action": c.action.as_str(), "what": c.what,
            "keeps": { "zh": guardrail::meaning(c.guardrail, Language::Zh), "en": guardrail::meaning(c.guardrail, Language::En) },
            "says": pages.both(|page| page.corrected(c.guardrail, c.action, &c.what)),
            "policy": c.by.as_ref().map(|by| by.policy.to_string()),
            "rule": c.by.as_ref().map(|by| by.rule.to_string()),
        })
    });
    json!({
        "chain": chain.iter().map(place).collect::<Vec<_>>(),
        "policies": explained.askings.iter().map(|(a, took)| {
            let micros = took.map(|took| took.as_secs_f64() * 1e6);
            policy(a, micros, explained, &pages)
        }).collect::<Vec<_>>(),
        "guardrails": guardrails.collect::<Vec<_>>(),
        "elsewhere": explained.elsewhere(),
    })
}

/// The same page in both languages.
struct Pages<'a> {
    zh: Page<'a>,
    en: Page<'a>,
}

impl Pages<'_> {
    fn both(&self, say: impl Fn(&Page<'_>) -> String) -> Json {
        json!({ "zh": say(&self.zh), "en": say(&self.en) })
    }
}

fn text(text: &maple_kernel::Text) -> Json {
    json!({ "zh": &*text.zh, "en": &*text.en })
}

fn policy(asking: &Asking<'_>, micros: Option<f64>, e: &Explained<'_>, pages: &Pages<'_>) -> Json {
    let Asking { policy, unmet, answer, fuel, diary, .. } = asking;
    let Some((_, place)) = e.ruleset.locality(e.question.case.locality.as_str()) else { return Json::Null };
    let because = match answer {
        None => unmet
            .iter()
            .map(|u| json!({ "code": code(u), "says": pages.both(|page| page.unmet(u, policy, e.question, place)) }))
            .collect(),
        Some(_) => asked(asking, e, pages, place),
    };
    let mut out = json!({
        "policy": policy.id.as_str(), "place": policy.locality.as_str(), "plugin": &*policy.plugin,
        "mode": policy.mode.as_str(), "asked": answer.is_some(), "because": because,
    });
    let Some(answer) = answer else { return out };
    let Json::Object(fields) = &mut out else { return out };
    fields.insert("fuel".into(), json!(fuel));
    fields.insert("micros".into(), json!(micros));
    fields.insert("diary".into(), json!(diary));
    match answer {
        Ok(told) => {
            let fates = became(policy.id.as_str(), policy.mode, told, e.decision);
            let claims: Vec<Json> =
                told.iter().zip(&fates).map(|(t, f)| claim(t, f, e, pages, &place.currency)).collect();
            fields.insert("claims".into(), json!(claims));
            if let Some((applies, silent)) = silences(asking, told, e, pages, place) {
                fields.insert("applies".into(), applies);
                fields.insert("silent".into(), silent);
            }
        }
        Err(fault) => {
            let panic = panic(diary).map(|p| json!({ "message": p.message, "file": p.file, "line": p.line }));
            let says = pages.both(|page| page.fault(fault.kind).to_owned());
            fields.insert(
                "fault".into(),
                json!({ "kind": fault.kind.as_str(), "says": says, "detail": &*fault.detail, "panic": panic }),
            );
            if policy.mode == Mode::Enforce {
                fields.insert("claims".into(), json!([]));
            }
        }
    }
    out
}

/// Why the policy was asked.
fn asked(asking: &Asking<'_>, e: &Explained<'_>, pages: &Pages<'_>, place: &Locality) -> Vec<Json> {
    let met =
        |page: &Page<'_>| page.met(asking.policy, e.question, place, &page.here(&asking.policy.locality, e.ruleset));
    let both = met(&pages.zh).into_iter().zip(met(&pages.en));
    both.map(|((code, zh), (_, en))| json!({ "code": code, "says": { "zh": zh, "en": en } })).collect()
}

/// The rules of a table whose conditions hold, and those that said nothing, each with why.
fn silences(
    asking: &Asking<'_>,
    told: &[Told],
    e: &Explained<'_>,
    pages: &Pages<'_>,
    place: &Locality,
) -> Option<(Json, Json)> {
    let table = e.table(&asking.policy.id)?;
    let view = View::new(e.ruleset, e.question, place, asking);
    let applies: Vec<&str> = view.applying(table).into_iter().map(|rule| rule.as_str()).collect();
    let silent = silent(table, &view, |rule| told.iter().any(|told| told.finding.rule == *rule));
    let more = silent.len().saturating_sub(SILENT_LISTED_MAX);
    let rules = silent.iter().take(SILENT_LISTED_MAX).map(|silent| {
        json!({
            "rule": silent.rule.as_str(), "unmet": silent.misses.len(), "near": silent.is_near(),
            "says": pages.both(|page| page.silent(silent, &view)),
        })
    });
    let rules: Vec<Json> = rules.collect();
    Some((json!(applies), json!({ "rules": rules, "more": more, "unread": table.unread })))
}

fn claim(told: &Told, fate: &Became, e: &Explained<'_>, pages: &Pages<'_>, currency: &str) -> Json {
    let provisions = &e.ruleset.vocabulary().provisions;
    let basis = told.basis.iter().map(|(id, in_force)| {
        let provision = provisions.get(id);
        json!({
            "id": id.as_str(), "in_force": in_force, "law": provision.map(|p| text(&p.law)),
            "article": provision.map(|p| &*p.article),
        })
    });
    let evidence = told.evidence.iter().map(|evidence| {
        let values = evidence.values.iter().map(|(role, v)| {
            let says = pages.both(|page| page.value(&evidence.key, v, currency));
            json!({ "role": role.as_ref().map(|r| r.as_str()), "value": value(v), "says": says })
        });
        json!({
            "fact": evidence.key.as_str(), "title": pages.both(|page| page.fact(&evidence.key)),
            "values": values.collect::<Vec<_>>(),
        })
    });
    let changed = corrections(told, e).into_iter().map(|c| c.guardrail);
    json!({
        "rule": told.finding.rule.as_str(), "floor": told.floor, "claim": told.claim,
        "says": pages.both(|page| page.claim(&told.finding.claim, currency)),
        "why": text(&told.why),
        "evidence": evidence.collect::<Vec<_>>(), "basis": basis.collect::<Vec<_>>(),
        "became": outcome(fate, pages), "guardrails": changed.collect::<Vec<_>>(),
    })
}

fn outcome(became: &Became, pages: &Pages<'_>) -> Json {
    let who = |who: &Who| json!({ "policy": who.policy, "rule": who.rule });
    let mut out = json!({ "code": became.code(), "says": pages.both(|page| page.became(became)) });
    let Json::Object(fields) = &mut out else { return out };
    match became {
        Became::Step(at) | Became::Moves(at) => drop(fields.insert("step".into(), json!(at))),
        Became::Refines(at, of, by) => {
            fields.insert("step".into(), json!(at));
            fields.insert("fields".into(), json!(of));
            fields.insert("by".into(), who(by));
        }
        Became::AddsNothing(by) | Became::Joins(by) | Became::RefersAlready(by) | Became::Closed(by) => {
            fields.insert("by".into(), who(by));
        }
        Became::Replaced(policy) => drop(fields.insert("by".into(), json!({ "policy": policy }))),
        Became::NotHeard(id) => drop(fields.insert("guardrail".into(), json!(id))),
        Became::TakenBack(id) => drop(fields.insert("guardrail".into(), json!(id))),
        Became::Stands | Became::Derived | Became::Refers | Became::NoEffect | Became::NotAskedFor | Became::Shadow => {
        }
    }
    out
}

const fn code(unmet: &Unmet) -> &'static str {
    match unmet {
        Unmet::Off => "off",
        Unmet::Purpose => "purpose",
        Unmet::Validity => "validity",
        Unmet::Kind => "kind",
        Unmet::Except => "except",
        Unmet::Source => "source",
        Unmet::Fact(..) => "fact",
    }
}

fn value(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(&**text),
        Value::Number(number) => json!(number),
        Value::Flag(flag) => json!(flag),
        Value::Day(day) => json!(day.to_string()),
        Value::Words(words) => json!(words.iter().map(|word| &**word).collect::<Vec<_>>()),
        Value::Money(minor) => json!(decimal::money(*minor)),
    }
}
