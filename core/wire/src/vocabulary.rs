//! Every word of a ruleset with its titles, for whoever shows decisions to people.

use maple_kernel::{Class, ProvisionId, Ruleset, Text};
use serde::Serialize;

use crate::{
    guardrail,
    text::Language,
    views::{ChannelOut, FactOut, TextOut, Titled, WordsOut, json},
};

/// Every class of channels.
const CLASSES: [Class; 6] = [
    Class::Protective,
    Class::Parallel,
    Class::Facilitative,
    Class::Precondition,
    Class::Adjudicative,
    Class::Informative,
];

/// What a class of channels is called in Chinese and in English.
#[must_use]
pub const fn class_title(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::Protective => ("保护措施", "protection"),
        Class::Parallel => ("并行途径", "ways beside the main one"),
        Class::Facilitative => ("调解", "mediation"),
        Class::Precondition => ("前置程序", "procedures before the court"),
        Class::Adjudicative => ("裁判", "deciding bodies"),
        Class::Informative => ("咨询帮助", "advice and help"),
    }
}

/// The words that questions and decisions of a ruleset are written in, each with its title in both languages, and the
/// articles by which its laws are cited.
#[must_use]
pub fn write_vocabulary(ruleset: &Ruleset) -> Vec<u8> {
    #[derive(Serialize)]
    struct Vocabulary<'a> {
        ruleset: &'a str,
        localities: Vec<Titled<'a>>,
        kinds: Vec<Titled<'a>>,
        facts: Vec<FactOut<'a>>,
        classes: Vec<Fixed>,
        channels: Vec<ChannelOut<'a>>,
        words: Vec<WordsOut<'a>>,
        provisions: Vec<Article<'a>>,
        guardrails: Vec<Fixed>,
    }
    let words = ruleset.vocabulary();
    json(&Vocabulary {
        ruleset: ruleset.digest(),
        localities: ruleset.localities().map(|(id, locality)| Titled::new(id.as_str(), &locality.title)).collect(),
        kinds: words.kinds.iter().map(|(id, title)| Titled::new(id.as_str(), title)).collect(),
        facts: words.facts.iter().map(|(key, def)| FactOut::new(key.as_str(), def)).collect(),
        classes: CLASSES.map(|class| Fixed::new(class.as_str(), class_title(class))).into(),
        channels: words.channels.iter().map(|(id, channel)| ChannelOut::new(id.as_str(), channel)).collect(),
        words: words.words.iter().map(|(list, words)| WordsOut::new(*list, words.iter())).collect(),
        provisions: words.provisions.iter().map(|(id, p)| Article::new(id, &p.law, &p.article)).collect(),
        guardrails: guardrail::all().map(|id| Fixed::new(id, meaning(id))).collect(),
    })
}

fn meaning(id: &str) -> (&'static str, &'static str) {
    (guardrail::meaning(id, Language::Zh), guardrail::meaning(id, Language::En))
}

/// A word of the host's own.
#[derive(Serialize)]
struct Fixed {
    id: &'static str,
    title: Both,
}

#[derive(Serialize)]
struct Both {
    zh: &'static str,
    en: &'static str,
}

impl Fixed {
    const fn new(id: &'static str, (zh, en): (&'static str, &'static str)) -> Self {
        Self { id, title: Both { zh, en } }
    }
}

/// How an article is cited.
#[derive(Serialize)]
struct Article<'a> {
    id: &'a str,
    law: TextOut<'a>,
    article: &'a str,
}

impl<'a> Article<'a> {
    fn new(id: &'a ProvisionId, law: &'a Text, article: &'a str) -> Self {
        Self { id: id.as_str(), law: law.into(), article }
    }
}
