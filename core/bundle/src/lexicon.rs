//! Every name that packs may use, and what to say about one that nobody knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

use maple_kernel::{
    Channel, ChannelId, Class, Code, FactDef, FactKey, KindId, Locality, LocalityId, ProvisionId, Scope, Text,
    Vocabulary, WordList,
};

use crate::{
    near,
    sink::{Place, Sink},
};

/// How many names an advice lists.
const NAMES_MAX: usize = 12;

/// The registries of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Registry {
    Facts,
    Kinds,
    Aggregates,
    Words,
    Provisions,
    Channels,
    Guardrails,
    Holidays,
    Localities,
}

impl Registry {
    /// In the order in which they lean on each other.
    pub(crate) const ALL: [Self; 9] = [
        Self::Facts,
        Self::Kinds,
        Self::Aggregates,
        Self::Words,
        Self::Provisions,
        Self::Channels,
        Self::Guardrails,
        Self::Holidays,
        Self::Localities,
    ];

    /// The registry that a path belongs to: `facts.toml` or `facts/…`.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let first = path.split('/').next().unwrap_or(path);
        let first = first.strip_suffix(".toml").unwrap_or(first);
        Self::ALL.into_iter().find(|registry| registry.name() == first)
    }

    /// Name of its file without the ending, and of its folder.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Kinds => "kinds",
            Self::Aggregates => "aggregates",
            Self::Words => "words",
            Self::Provisions => "provisions",
            Self::Channels => "channels",
            Self::Guardrails => "guardrails",
            Self::Holidays => "holidays",
            Self::Localities => "localities",
        }
    }

    /// True where a bundle can do without it.
    pub(crate) const fn may_lack(self) -> bool {
        matches!(self, Self::Aggregates)
    }

    /// The code of a problem with a name that it lacks.
    const fn unknown(self) -> &'static str {
        match self {
            Self::Facts => "unknown-fact",
            Self::Kinds => "unknown-kind",
            Self::Aggregates => "unknown-fact",
            Self::Words => "unknown-word",
            Self::Provisions => "unknown-provision",
            Self::Channels => "unknown-channel",
            Self::Guardrails => "unknown-guardrails",
            Self::Holidays => "unknown-calendar",
            Self::Localities => "unknown-locality",
        }
    }
}

/// Word lists by the name of their table in `words.toml`.
pub(crate) const LISTS: [(&str, WordList); 13] = [
    ("duty", WordList::Duty),
    ("bearer", WordList::Bearer),
    ("signal", WordList::Signal),
    ("measure", WordList::Measure),
    ("clock", WordList::Clock),
    ("skill", WordList::Skill),
    ("body", WordList::Body),
    ("event", WordList::Event),
    ("referral", WordList::Referral),
    ("param", WordList::Param),
    ("source", WordList::Source),
    ("role", WordList::Role),
    ("right", WordList::Right),
];

/// The table of a word list in `words.toml`.
pub(crate) fn list_name(list: WordList) -> &'static str {
    LISTS.iter().find(|(_, l)| *l == list).map_or("word", |(name, _)| name)
}

/// As what words count in official figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Kinds: the kind of the official figures, in Chinese.
    pub kinds: BTreeMap<Arc<str>, Arc<str>>,
    /// Sources: the code of the source in the return.
    pub sources: BTreeMap<Arc<str>, Arc<str>>,
}

/// Every name that packs may use.
#[derive(Default)]
pub(crate) struct Lexicon {
    pub(crate) vocabulary: Vocabulary,
    pub(crate) statistics: Statistics,
    pub(crate) localities: BTreeMap<LocalityId, Locality>,
    /// Localities that are shown as an example.
    pub(crate) illustrative: BTreeSet<LocalityId>,
    /// Packs whose floor is heard.
    pub(crate) trusted: BTreeSet<String>,
    /// Registries whose text is broken: what they lack may only be unreadable.
    pub(crate) shaky: BTreeSet<Registry>,
}

impl Lexicon {
    /// Tells of an unknown name.
    fn unknown<'n>(
        &self,
        registry: Registry,
        what: &str,
        name: &str,
        place: Place,
        known: impl IntoIterator<Item = (&'n str, Option<&'n Text>)>,
        sink: &Sink<'_>,
    ) {
        if self.shaky.contains(&registry) {
            return;
        }
        let near = if sink.full() {
            None
        } else {
            let known: Vec<_> = known.into_iter().collect();
            let titled = near::advice_by_title(name, known.iter().copied());
            titled.or_else(|| near::advice(name, known.iter().map(|(id, _)| *id)))
        };
        let advice = near.unwrap_or_else(|| format!("add it to `{}.toml`, or use one that is there", registry.name()));
        sink.error_help(place, registry.unknown(), format!("there is no {what} `{name}`"), advice);
    }

    pub(crate) fn channel(&self, name: &str, place: Place, sink: &Sink<'_>) -> Option<(ChannelId, &Channel)> {
        let channels = &self.vocabulary.channels;
        if let Some((id, channel)) = channels.get_key_value(name) {
            return Some((id.clone(), channel));
        }
        let known = channels.iter().map(|(id, channel)| (id.as_str(), Some(&channel.title)));
        self.unknown(Registry::Channels, "channel", name, place, known, sink);
        None
    }

    /// A channel that exists in the tree of a locality.
    pub(crate) fn channel_in(
        &self,
        name: &str,
        place: Place,
        locality: &str,
        sink: &Sink<'_>,
    ) -> Option<(ChannelId, &Channel)> {
        let (id, channel) = self.channel(name, place, sink)?;
        let within = channel.within.as_str();
        let root = self.localities.get(locality).and_then(|l| l.chain.first());
        if within != "*" && root.is_some_and(|root| !lies_in(root.as_str(), within)) {
            sink.error(place, "foreign-channel", format!("channel `{name}` exists in `{within}` only"));
            return None;
        }
        Some((id, channel))
    }

    pub(crate) fn class(&self, name: &str, place: Place, sink: &Sink<'_>) -> Option<Class> {
        let class = Class::parse(name);
        if class.is_none() {
            let advice = near::advice(name, Class::ALL.map(Class::as_str));
            sink.error_maybe(place, "unknown-class", format!("there is no class of channels `{name}`"), advice);
        }
        class
    }

    pub(crate) fn word(&self, list: WordList, name: &str, place: Place, sink: &Sink<'_>) -> Option<Code> {
        if self.vocabulary.word(list, name).is_some() {
            return Some(name.into());
        }
        let known = self.vocabulary.words.get(&list).into_iter().flatten();
        let known = known.map(|(code, word)| (code.as_str(), Some(&word.title)));
        self.unknown(Registry::Words, &format!("{} word", list_name(list)), name, place, known, sink);
        None
    }

    pub(crate) fn words(&self, list: WordList, names: Vec<(&str, Place)>, sink: &Sink<'_>) -> Vec<Code> {
        names.into_iter().filter_map(|(name, place)| self.word(list, name, place, sink)).collect()
    }

    pub(crate) fn provision(&self, name: &str, place: Place, sink: &Sink<'_>) -> Option<ProvisionId> {
        let provisions = &self.vocabulary.provisions;
        if let Some((id, _)) = provisions.get_key_value(name) {
            return Some(id.clone());
        }
        let known = provisions.keys().map(|id| (id.as_str(), None));
        self.unknown(Registry::Provisions, "provision", name, place, known, sink);
        None
    }

    pub(crate) fn provisions(&self, names: Vec<(&str, Place)>, sink: &Sink<'_>) -> Vec<ProvisionId> {
        names.into_iter().filter_map(|(name, place)| self.provision(name, place, sink)).collect()
    }

    pub(crate) fn kind(&self, name: &str, place: Place, sink: &Sink<'_>) -> Option<KindId> {
        if let Some((id, _)) = self.vocabulary.kinds.get_key_value(name) {
            return Some(id.clone());
        }
        self.unknown_kind(name, place, sink);
        None
    }

    /// A kind, `labour.*` or `*`: it must cover a known kind.
    pub(crate) fn kinds<'n>(&self, name: &'n str, place: Place, sink: &Sink<'_>) -> Option<&'n str> {
        let Some(prefix) = name.strip_suffix('*') else { return self.kind(name, place, sink).map(|_| name) };
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let covers =
            self.vocabulary.kinds.range::<str, _>(from).next().is_some_and(|(k, _)| k.as_str().starts_with(prefix));
        if !covers {
            self.unknown_kind(name, place, sink);
        }
        covers.then_some(name)
    }

    fn unknown_kind(&self, name: &str, place: Place, sink: &Sink<'_>) {
        let kinds = self.vocabulary.kinds.iter().map(|(id, title)| (id.as_str(), Some(title)));
        if name.ends_with('*') {
            let mut families: Vec<String> =
                kinds.filter_map(|(k, _)| k.split_once('.')).map(|(family, _)| format!("{family}.*")).collect();
            families.dedup();
            let known = families.iter().map(|family| (family.as_str(), None));
            self.unknown(Registry::Kinds, "dispute kind", name, place, known, sink);
        } else if kinds.clone().any(|(kind, _)| kind.split_once('.').is_some_and(|(family, _)| family == name)) {
            let family = format!("{name}.*");
            self.unknown(Registry::Kinds, "dispute kind", name, place, [(family.as_str(), None)], sink);
        } else {
            self.unknown(Registry::Kinds, "dispute kind", name, place, kinds, sink);
        }
    }

    pub(crate) fn locality(&self, name: &str, place: Place, sink: &Sink<'_>) -> Option<(LocalityId, &Locality)> {
        if let Some((id, locality)) = self.localities.get_key_value(name) {
            return Some((id.clone(), locality));
        }
        let known = self.localities.iter().map(|(id, locality)| (id.as_str(), Some(&locality.title)));
        self.unknown(Registry::Localities, "locality", name, place, known, sink);
        None
    }

    /// A locality, or every one below it: `cn/zhejiang/*`.
    pub(crate) fn localities_of<'n>(&self, name: &'n str, place: Place, sink: &Sink<'_>) -> Option<&'n str> {
        let Some(prefix) = name.strip_suffix('*') else { return self.locality(name, place, sink).map(|_| name) };
        let from = (Bound::Included(prefix), Bound::Unbounded);
        if self.localities.range::<str, _>(from).next().is_some_and(|(l, _)| l.as_str().starts_with(prefix)) {
            return Some(name);
        }
        let known: Vec<_> = self.localities.keys().map(|l| format!("{l}/*")).collect();
        let known = known.iter().map(|id| (id.as_str(), None));
        self.unknown(Registry::Localities, "locality", name, place, known, sink);
        None
    }

    /// A fact of one of these scopes.
    pub(crate) fn fact(
        &self,
        name: &str,
        place: Place,
        scopes: &[Scope],
        sink: &Sink<'_>,
    ) -> Option<(FactKey, &FactDef)> {
        let Some((key, def)) = self.vocabulary.facts.get_key_value(name) else {
            self.unknown_fact(name, place, scopes, sink);
            return None;
        };
        if scopes.contains(&def.scope) {
            return Some((key.clone(), def));
        }
        let (whose, advice) = match def.scope {
            Scope::Party => ("of a party", "ask for it inside `any = { … }` or `all = { … }`, or state it of a party"),
            Scope::Case => ("of the case", "write it beside the parties, not inside one"),
            Scope::Locality => ("of the locality", "it is set under `figures` in `localities.toml`"),
            Scope::Context => ("counted by the host", "`aggregates.toml` says what is counted; nobody sends it"),
            Scope::Derived => ("derived by policies", "only an effect `{ derive = … }` sets it"),
        };
        if scopes == [Scope::Derived] {
            let derived = self.vocabulary.facts.iter().filter(|(_, def)| def.scope == Scope::Derived);
            let list: Vec<_> = derived.take(NAMES_MAX).map(|(key, _)| format!("`{}`", key.as_str())).collect();
            let known = if list.is_empty() { "there are none yet".to_owned() } else { list.join(", ") };
            let message = format!("`{name}` is a fact {whose}, and `derive` sets only facts that policies derive");
            let advice = format!("name one with `scope = \"derived\"` in `facts.toml`: {known}");
            sink.error_help(place, "wrong-scope", message, advice);
            return None;
        }
        sink.error_help(place, "wrong-scope", format!("`{name}` is a fact {whose}"), advice);
        None
    }

    fn unknown_fact(&self, name: &str, place: Place, scopes: &[Scope], sink: &Sink<'_>) {
        if self.vocabulary.never.contains(name) {
            let advice = "no policy may ask for it; a rule speaks of the dispute, never of who somebody is";
            sink.error_help(
                place,
                "forbidden-fact",
                format!("`{name}` is on the list of facts that are never asked for"),
                advice,
            );
            return;
        }
        let facts = self.vocabulary.facts.iter().filter(|(_, def)| scopes.contains(&def.scope));
        let known = facts.map(|(key, def)| (key.as_str(), Some(&def.title)));
        self.unknown(Registry::Facts, "fact", name, place, known, sink);
    }
}

/// True when `inner` is `outer` or lies below it.
pub(crate) fn lies_in(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
