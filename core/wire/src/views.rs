//! What is in force, as JSON: the ruleset, its words, its localities, packs and provisions.

use std::collections::BTreeMap;

use maple_kernel::{
    Channel, FactDef, FactType, LocalityId, Participation, Provision, ProvisionId, Ruleset, Scope, Text, Word, WordList,
};
use serde::{Serialize, Serializer};

use crate::decimal;

/// Which ruleset serves, and since when.
#[derive(Clone, Copy, Debug)]
pub struct Serving<'a> {
    /// The activation's number.
    pub generation: u64,
    /// When it began, RFC 3339.
    pub activated_at: &'a str,
    /// Why it was activated.
    pub why: &'a str,
}

/// One pack in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackView {
    /// Its id, the locality's path.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its name.
    pub title: Text,
    /// The first day it is in force.
    pub in_force_from: Option<maple_kernel::Day>,
    /// The last day it is in force.
    pub in_force_to: Option<maple_kernel::Day>,
    /// True when it shows the practice of a real place for illustration.
    pub illustrative: bool,
}

/// One pack that does not serve because it has problems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its id, or the file when the id could not be read.
    pub id: String,
    /// Its problems, as the compiler tells them.
    pub problems: Vec<String>,
}

/// The packs of a ruleset with their policies, and those left out.
#[must_use]
pub fn write_packs(ruleset: &Ruleset, packs: &[PackView], left_out: &[LeftOut]) -> Vec<u8> {
    #[derive(Serialize)]
    struct Packs<'a> {
        ruleset: &'a str,
        packs: Vec<PackOut<'a>>,
        left_out: Vec<LeftOutOut<'a>>,
    }
    #[derive(Serialize)]
    struct PackOut<'a> {
        id: &'a str,
        version: &'a str,
        title: TextOut<'a>,
        in_force_from: Option<String>,
        in_force_to: Option<String>,
        illustrative: bool,
        policies: Vec<PolicyOut<'a>>,
    }
    #[derive(Serialize)]
    struct PolicyOut<'a> {
        id: &'a str,
        plugin: &'a str,
        digest: &'a str,
        mode: &'a str,
        rules: Vec<RuleOut<'a>>,
    }
    #[derive(Serialize)]
    struct RuleOut<'a> {
        id: &'a str,
        summary: TextOut<'a>,
        basis: Vec<&'a str>,
    }
    #[derive(Serialize)]
    struct LeftOutOut<'a> {
        id: &'a str,
        problems: &'a [String],
    }
    let policies = |pack: &PackView| {
        let of = ruleset.policies_of(&LocalityId::from(pack.id.as_str())).iter();
        of.map(|policy| PolicyOut {
            id: policy.id.as_str(),
            plugin: &policy.plugin,
            digest: &policy.digest,
            mode: policy.mode.as_str(),
            rules: (policy.rules.iter())
                .map(|(id, rule)| RuleOut {
                    id: id.as_str(),
                    summary: (&rule.summary).into(),
                    basis: rule.basis.iter().map(ProvisionId::as_str).collect(),
                })
                .collect(),
        })
        .collect()
    };
    let packs = packs.iter().map(|pack| PackOut {
        id: &pack.id,
        version: &pack.version,
        title: (&pack.title).into(),
        in_force_from: pack.in_force_from.map(|day| day.to_string()),
        in_force_to: pack.in_force_to.map(|day| day.to_string()),
        illustrative: pack.illustrative,
        policies: policies(pack),
    });
    json(&Packs {
        ruleset: ruleset.digest(),
        packs: packs.collect(),
        left_out: left_out.iter().map(|pack| LeftOutOut { id: &pack.id, problems: &pack.problems }).collect(),
    })
}

/// The localities of a ruleset.
#[must_use]
pub fn write_localities(ruleset: &Ruleset) -> Vec<u8> {
    #[derive(Serialize)]
    struct Localities<'a> {
        localities: Vec<LocalityOut<'a>>,
    }
    #[derive(Serialize)]
    struct LocalityOut<'a> {
        id: &'a str,
        code: Option<&'a str>,
        title: TextOut<'a>,
        chain: Vec<&'a str>,
        participation: &'static str,
        currency: &'a str,
        population: Option<u64>,
        tile: Option<(u16, u16)>,
        policies: usize,
    }
    json(&Localities {
        localities: (ruleset.localities())
            .map(|(id, locality)| LocalityOut {
                id: id.as_str(),
                code: locality.code.as_deref(),
                title: (&locality.title).into(),
                chain: locality.chain.iter().map(LocalityId::as_str).collect(),
                participation: participation(locality.participation),
                currency: &locality.currency,
                population: locality.population,
                tile: locality.tile,
                policies: ruleset.policies_of(id).len(),
            })
            .collect(),
    })
}

const fn participation(participation: Participation) -> &'static str {
    match participation {
        Participation::Voluntary => "voluntary",
        Participation::AttendanceRequired => "attendance_required",
        Participation::TribunalFirst => "tribunal_first",
    }
}

/// One article of law.
#[must_use]
pub fn write_provision(id: &ProvisionId, provision: &Provision) -> Vec<u8> {
    #[derive(Serialize)]
    struct ProvisionOut<'a> {
        id: &'a str,
        law: TextOut<'a>,
        article: &'a str,
        from: String,
        to: Option<String>,
        summary: TextOut<'a>,
        source: &'a str,
        verified: bool,
    }
    json(&ProvisionOut {
        id: id.as_str(),
        law: (&provision.law).into(),
        article: &provision.article,
        from: provision.from.to_string(),
        to: provision.to.map(|day| day.to_string()),
        summary: (&provision.summary).into(),
        source: &provision.source,
        verified: provision.verified,
    })
}

/// The ruleset that serves, with every word a caller may send or receive.
#[must_use]
pub fn write_ruleset(ruleset: &Ruleset, serving: &Serving<'_>) -> Vec<u8> {
    #[derive(Serialize)]
    struct RulesetOut<'a> {
        ruleset: &'a str,
        generation: u64,
        activated_at: &'a str,
        why: &'a str,
        policies: usize,
        localities: usize,
        provisions: usize,
        facts: Vec<FactOut<'a>>,
        kinds: Vec<Titled<'a>>,
        channels: Vec<ChannelOut<'a>>,
        words: Vec<WordsOut<'a>>,
    }
    let words = ruleset.vocabulary();
    json(&RulesetOut {
        ruleset: ruleset.digest(),
        generation: serving.generation,
        activated_at: serving.activated_at,
        why: serving.why,
        policies: ruleset.policy_ids().count(),
        localities: ruleset.localities().count(),
        provisions: words.provisions.len(),
        facts: words.facts.iter().map(|(key, def)| FactOut::new(key.as_str(), def)).collect(),
        kinds: words.kinds.iter().map(|(id, title)| Titled::new(id.as_str(), title)).collect(),
        channels: words.channels.iter().map(|(id, channel)| ChannelOut::new(id.as_str(), channel)).collect(),
        words: words.words.iter().map(|(list, words)| WordsOut::new(*list, words.iter())).collect(),
    })
}

#[derive(Serialize)]
pub(crate) struct Titled<'a> {
    id: &'a str,
    title: TextOut<'a>,
}

impl<'a> Titled<'a> {
    pub(crate) fn new(id: &'a str, title: &'a Text) -> Self {
        Self { id, title: title.into() }
    }
}

#[derive(Serialize)]
pub(crate) struct WordsOut<'a> {
    list: &'static str,
    words: Vec<Titled<'a>>,
}

impl<'a> WordsOut<'a> {
    pub(crate) fn new(list: WordList, words: impl Iterator<Item = (&'a maple_kernel::Code, &'a Word)>) -> Self {
        let titled = |(code, word): (&'a maple_kernel::Code, &'a Word)| Titled::new(code.as_str(), &word.title);
        Self { list: list.as_str(), words: words.map(titled).collect() }
    }
}

#[derive(Serialize)]
pub(crate) struct ChannelOut<'a> {
    id: &'a str,
    class: &'static str,
    title: TextOut<'a>,
    within: &'a str,
    free: bool,
}

impl<'a> ChannelOut<'a> {
    pub(crate) fn new(id: &'a str, channel: &'a Channel) -> Self {
        Self {
            id,
            class: channel.class.as_str(),
            title: (&channel.title).into(),
            within: channel.within.as_str(),
            free: channel.free,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct FactOut<'a> {
    key: &'a str,
    scope: &'static str,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<&'a str, TextOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<String>,
    title: TextOut<'a>,
}

impl<'a> FactOut<'a> {
    pub(crate) fn new(key: &'a str, def: &'a FactDef) -> Self {
        let scope = match def.scope {
            Scope::Case => "case",
            Scope::Party => "party",
            Scope::Locality => "locality",
            Scope::Derived => "derived",
            Scope::Context => "context",
        };
        let list = |words: &'a [std::sync::Arc<str>]| {
            (!words.is_empty()).then(|| words.iter().map(|word| &**word).collect::<Vec<&str>>())
        };
        let (kind, words, min, max) = match &def.kind {
            FactType::Text(words) => ("text", list(words), None, None),
            FactType::Words(words) => ("words", list(words), None, None),
            FactType::Flag => ("flag", None, None, None),
            FactType::Day => ("day", None, None, None),
            FactType::Count { min, max } => ("count", None, Some(min.to_string()), Some(max.to_string())),
            FactType::Money { max } => ("money", None, Some(decimal::money(0)), Some(decimal::money(*max))),
        };
        let labels = def.labels.iter().map(|(word, label)| (&**word, label.into())).collect();
        Self { key, scope, r#type: kind, words, labels, min, max, title: (&def.title).into() }
    }
}

pub(crate) struct TextOut<'a>(&'a Text);

impl<'a> From<&'a Text> for TextOut<'a> {
    fn from(text: &'a Text) -> Self {
        Self(text)
    }
}

impl Serialize for TextOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("zh", &*self.0.zh), ("en", &*self.0.en)])
    }
}

pub(crate) fn json(view: &impl Serialize) -> Vec<u8> {
    // Neither the buffer nor the views can fail.
    serde_json::to_vec(view).unwrap_or_default()
}
