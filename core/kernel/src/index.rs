//! The words of a ruleset once more, for looking up: a decision asks for hundreds.

use std::collections::{BTreeMap, HashMap};

use crate::{Channel, ChannelId, Class, Code, Day, FactDef, FactKey, ProvisionId, Vocabulary, Word, WordList};

/// Hash tables over a [`Vocabulary`]; nothing here is ever listed, so their order means nothing.
pub(crate) struct Index {
    channels: HashMap<ChannelId, Channel>,
    classes: BTreeMap<Class, Vec<ChannelId>>,
    facts: HashMap<FactKey, FactDef>,
    words: BTreeMap<WordList, Words>,
    provisions: HashMap<ProvisionId, (Day, Option<Day>)>,
}

#[derive(Default)]
struct Words {
    single: HashMap<Code, Word>,
    /// Prefixes that stand for each word they begin.
    families: Vec<(Box<str>, Word)>,
}

impl Index {
    pub(crate) fn new(vocabulary: &Vocabulary) -> Self {
        let mut classes: BTreeMap<Class, Vec<ChannelId>> = BTreeMap::new();
        for (id, channel) in &vocabulary.channels {
            classes.entry(channel.class).or_default().push(id.clone());
        }
        let mut words: BTreeMap<WordList, Words> = BTreeMap::new();
        for (list, entries) in &vocabulary.words {
            let kept = words.entry(*list).or_default();
            for (code, word) in entries {
                match code.as_str().strip_suffix('*') {
                    Some(prefix) => kept.families.push((prefix.into(), word.clone())),
                    None => drop(kept.single.insert(code.clone(), word.clone())),
                }
            }
        }
        Self {
            channels: vocabulary.channels.clone().into_iter().collect(),
            classes,
            facts: vocabulary.facts.clone().into_iter().collect(),
            words,
            provisions: vocabulary.provisions.iter().map(|(id, p)| (id.clone(), (p.from, p.to))).collect(),
        }
    }

    pub(crate) fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.get(id)
    }

    /// The channels of a class, in the order of their ids.
    pub(crate) fn channels_of(&self, class: Class) -> &[ChannelId] {
        self.classes.get(&class).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn fact(&self, key: &str) -> Option<&FactDef> {
        self.facts.get(key)
    }

    pub(crate) fn word(&self, list: WordList, code: &str) -> Option<&Word> {
        let words = self.words.get(&list)?;
        let family = || words.families.iter().find(|(prefix, _)| code.starts_with(&**prefix)).map(|(_, word)| word);
        words.single.get(code).or_else(family)
    }

    /// Whether a provision is law on the day; `None` for one that nobody knows.
    pub(crate) fn in_force(&self, id: &ProvisionId, day: Day) -> Option<bool> {
        self.provisions.get(id).map(|(from, to)| *from <= day && to.is_none_or(|to| day <= to))
    }
}
