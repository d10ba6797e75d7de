//! The words of a ruleset once more, for looking up: a decision asks for hundreds.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasherDefault, Hasher},
};

use crate::{
    Channel, ChannelId, Class, Code, Counted, Day, FactDef, FactKey, Implied, ProvisionId, Vocabulary, Word, WordList,
};

/// Hash tables over a [`Vocabulary`]; nothing here is ever listed, so their order means nothing.
pub(crate) struct Index {
    channels: Table<ChannelId, Channel>,
    classes: BTreeMap<Class, Vec<ChannelId>>,
    /* Each fact with its number. */ facts: Table<FactKey, (u32, FactDef)>,
    counted: Vec<(FactKey, Counted)>,
    implied: Vec<(FactKey, Implied)>,
    /// By the list's place in its enum.
    words: Vec<Words>,
    provisions: Table<ProvisionId, (Day, Option<Day>)>,
}

type Table<K, V> = HashMap<K, V, BuildHasherDefault<Fold>>;

/// The facts that a policy reads, a bit for the number of each.
#[derive(Clone, Default)]
pub(crate) struct Reads(Vec<u64>);

impl Reads {
    fn add(&mut self, number: u32) {
        let (word, bit) = (number as usize / 64, number % 64);
        self.0.resize(self.0.len().max(word + 1), 0);
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << bit;
        }
    }

    /// True when the policy reads the fact with this number.
    pub(crate) fn contains(&self, number: u32) -> bool {
        self.0.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }
}

/// A hash that folds in eight bytes at a time. The tables are filled from policy files only, and what a plugin says is
/// merely looked up, so nobody gains by collisions.
#[derive(Default)]
pub(crate) struct Fold(u64);

impl Fold {
    fn fold(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.fold(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.fold(rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

#[derive(Default)]
struct Words {
    single: Table<Code, Word>,
    /// Prefixes that stand for each word they begin.
    families: Vec<(Box<str>, Word)>,
}

impl Index {
    pub(crate) fn new(vocabulary: &Vocabulary) -> Self {
        let mut classes: BTreeMap<Class, Vec<ChannelId>> = BTreeMap::new();
        for (id, channel) in &vocabulary.channels {
            classes.entry(channel.class).or_default().push(id.clone());
        }
        let mut words: Vec<Words> = Vec::new();
        for (list, entries) in &vocabulary.words {
            words.resize_with(words.len().max(*list as usize + 1), Words::default);
            let Some(kept) = words.get_mut(*list as usize) else { continue };
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
            facts: (0..)
                .zip(&vocabulary.facts)
                .map(|(number, (key, def))| (key.clone(), (number, def.clone())))
                .collect(),
            counted: (vocabulary.facts.iter())
                .filter_map(|(key, def)| Some((key.clone(), def.counted.clone()?)))
                .collect(),
            implied: (vocabulary.facts.iter())
                .filter_map(|(key, def)| Some((key.clone(), def.implied.clone()?)))
                .collect(),
            words,
            provisions: vocabulary.provisions.iter().map(|(id, p)| (id.clone(), (p.from, p.to))).collect(),
        }
    }

    pub(crate) fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.get(id)
    }

    /// A channel with its id as the ruleset holds it.
    pub(crate) fn channel_entry(&self, id: &str) -> Option<(&ChannelId, &Channel)> {
        self.channels.get_key_value(id)
    }

    /// The channels of a class, in the order of their ids.
    pub(crate) fn channels_of(&self, class: Class) -> &[ChannelId] {
        self.classes.get(&class).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn fact(&self, key: &str) -> Option<&FactDef> {
        self.facts.get(key).map(|(_, def)| def)
    }

    /// The facts that are counted among the parties.
    pub(crate) fn counted(&self) -> &[(FactKey, Counted)] {
        &self.counted
    }

    /// The flags that days make known.
    pub(crate) fn implied(&self) -> &[(FactKey, Implied)] {
        &self.implied
    }

    /// The number of a fact.
    pub(crate) fn fact_number(&self, key: &FactKey) -> Option<u32> {
        self.facts.get(key).map(|(number, _)| *number)
    }

    /// The facts with these keys; nobody can give a fact that the vocabulary does not have.
    pub(crate) fn reads<'k>(&self, keys: impl IntoIterator<Item = &'k FactKey>) -> Reads {
        let mut reads = Reads::default();
        keys.into_iter().filter_map(|key| self.fact_number(key)).for_each(|number| reads.add(number));
        reads
    }

    /// The key of a fact as the ruleset holds it.
    pub(crate) fn fact_key(&self, key: &str) -> Option<&FactKey> {
        self.facts.get_key_value(key).map(|(key, _)| key)
    }

    pub(crate) fn word(&self, list: WordList, code: &str) -> Option<&Word> {
        let words = self.words.get(list as usize)?;
        let family = || words.families.iter().find(|(prefix, _)| code.starts_with(&**prefix)).map(|(_, word)| word);
        words.single.get(code).or_else(family)
    }

    /// True when there are provisions, no two alike, and all of them are law on the day.
    pub(crate) fn all_in_force(&self, ids: &[ProvisionId], day: Day) -> bool {
        let law = |id| self.provision(id, day).is_some_and(|(_, law)| law);
        !ids.is_empty()
            && ids.iter().enumerate().all(|(at, id)| law(id) && !ids.iter().take(at).any(|other| other == id))
    }

    /// A provision as the ruleset holds it, and whether it is law on the day; `None` for one that nobody knows.
    pub(crate) fn provision(&self, id: &ProvisionId, day: Day) -> Option<(&ProvisionId, bool)> {
        let (id, (from, to)) = self.provisions.get_key_value(id)?;
        Some((id, *from <= day && to.is_none_or(|to| day <= to)))
    }
}
