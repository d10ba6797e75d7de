//! What can be checked only when every pack is read: plugins, what replaces what, which cases show which rules.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use maple_kernel::{Floor, LocalityId, PluginInfo, PolicyId, Replaces, RuleId};
use semver::Version;

use crate::{
    lexicon::lies_in,
    near,
    packs::{Draft, Pack, RuleRef},
    sink::{Place, Sink},
};

/// How it is told that a policy's plugin is not there, for hosts that know it is there and broken.
#[must_use]
pub fn missing_plugin(id: &str) -> String {
    format!("there is no plugin `{id}`")
}

/// The newest plugin that a policy may use.
pub(crate) fn plugin<'p>(draft: &Draft, have: &'p Shelf, sink: &Sink<'_>) -> Option<&'p PluginInfo> {
    let Some(versions) = have.0.get(&draft.plugin) else {
        let message = missing_plugin(&draft.plugin);
        let near = near::advice(&draft.plugin, have.0.keys().map(String::as_str));
        let advice = near.unwrap_or_else(|| "build it and put it where the host looks for plugins".to_owned());
        sink.error_help(draft.plugin_place, "unknown-plugin", message, advice);
        return None;
    };
    let fit = versions.iter().rev().find(|(version, _)| draft.version.matches(version)).map(|(_, info)| info);
    if fit.is_none() {
        let versions: Vec<_> = versions.keys().map(Version::to_string).collect();
        let message =
            format!("plugin `{}` is needed as {}; on hand: {}", draft.plugin, draft.version, versions.join(", "));
        sink.error_help(draft.version_place, "plugin-version", message, "ask for a version that is on hand");
    }
    fit
}

/// The plugins on hand, by id and version.
pub(crate) struct Shelf(BTreeMap<String, BTreeMap<Version, PluginInfo>>);

impl Shelf {
    pub(crate) fn new(plugins: Vec<PluginInfo>) -> Self {
        let mut shelf: BTreeMap<String, BTreeMap<Version, PluginInfo>> = BTreeMap::new();
        for info in plugins {
            if let Ok(version) = Version::parse(&info.version) {
                shelf.entry(info.id.clone()).or_default().insert(version, info);
            }
        }
        Self(shelf)
    }
}

/// What is known of every policy: its rules and which of them are floor.
pub(crate) struct Known<'p> {
    policies: BTreeMap<&'p str, (&'p Draft, &'p Pack)>,
    /// Policies of a rule, by the rule's bare id.
    by_rule: HashMap<&'p str, Vec<&'p Draft>>,
    told: HashMap<&'p PolicyId, &'p [RuleId]>,
    /// Packs of which something is left out: what is not found of them may stand there, and why it is gone is told.
    gone: &'p BTreeSet<LocalityId>,
}

impl<'p> Known<'p> {
    /// `told` are the rules of policies whose plugin has told them; `gone` are packs of which something is left out.
    pub(crate) fn new(
        packs: &'p [Pack],
        told: HashMap<&'p PolicyId, &'p [RuleId]>,
        gone: &'p BTreeSet<LocalityId>,
    ) -> Self {
        let all = packs.iter().flat_map(|pack| pack.all_policies().map(move |draft| (draft, pack)));
        let mut known = Self { policies: BTreeMap::new(), by_rule: HashMap::new(), told, gone };
        for (draft, pack) in all {
            known.policies.insert(draft.id.as_str(), (draft, pack));
            let told = known.told.get(&draft.id).copied().unwrap_or_default();
            let rules: BTreeSet<&str> = draft.rules.keys().chain(told).map(RuleId::as_str).collect();
            for rule in rules {
                known.by_rule.entry(rule).or_default().push(draft);
            }
        }
        known
    }

    fn rules_of(&self, draft: &'p Draft) -> impl Iterator<Item = &'p str> {
        let told = self.told.get(&draft.id).copied().unwrap_or_default();
        let written = if told.is_empty() { Some(draft.rules.keys()) } else { None };
        written.into_iter().flatten().chain(told).map(RuleId::as_str)
    }

    /// True when nobody could tell the rules of a policy; why is told elsewhere.
    fn silent(&self, draft: &Draft) -> bool {
        draft.rules.is_empty() && !self.told.contains_key(&draft.id)
    }

    fn has(&self, draft: &Draft, rule: &str) -> bool {
        self.by_rule.get(rule).is_some_and(|drafts| drafts.iter().any(|d| d.id == draft.id))
    }

    /// Checks what the policies of a pack replace, the rules that it names, and whether its cases show all of its own.
    pub(crate) fn check_pack(&self, pack: &'p Pack, sink: &Sink<'_>) {
        self.check_names(pack, &|_| true, sink);
        if pack.lost_cases {
            if pack.policies.iter().all(|draft| self.rules_of(draft).next().is_none()) {
                return;
            }
            let head = pack.files.iter().find(|file| sink.path(**file).ends_with("/pack.toml"));
            let message =
                format!("which rules of `{}` no case shows is not looked at: some cases cannot be read", pack.id);
            let advice = "mend the errors in its files, and it is";
            sink.note(head.map_or(Place::NOWHERE, |file| Place::whole(*file)), "not-analysed", message, advice);
            return;
        }
        let cases = || pack.all_cases();
        let own = pack.all_policies().map(|draft| draft.id.as_str()).collect();
        let shown = cases().flat_map(|case| &case.covers).map(|(rule, _)| rule).filter(|rule| self.is_of(rule, &own));
        let covered = shown.map(|rule| rule.rule.as_str()).collect();
        let lacking = cases().flat_map(|case| &case.expect.lacks_rules).map(|rule| rule.rule.as_str()).collect();
        for draft in pack.policies.iter().filter(|draft| draft.mode != maple_kernel::Mode::Off) {
            self.check_coverage(draft, &covered, &lacking, sink);
        }
    }

    /// Checks what the policies of a pack replace, and the rules that it names, in the files that are asked for.
    pub(crate) fn check_names(&self, pack: &'p Pack, file: &dyn Fn(u32) -> bool, sink: &Sink<'_>) {
        for draft in pack.policies.iter().filter(|draft| file(draft.place.file)) {
            for (replaces, place) in &draft.replaces {
                self.check_replaces(draft, replaces, *place, sink);
            }
            for (rule, place) in &draft.floor.named {
                if !self.silent(draft) && !self.has(draft, rule.as_str()) {
                    self.unknown_rule(rule.as_str(), *place, self.rules_of(draft), draft.id.as_str(), sink);
                }
            }
        }
        self.check_cases(pack, file, sink);
    }

    fn check_replaces(&self, draft: &Draft, replaces: &Replaces, place: Place, sink: &Sink<'_>) {
        let upper = replaces.policy.as_str();
        let Some((other, pack)) = self.policies.get(upper) else {
            if upper.rsplit_once('/').is_some_and(|(pack, _)| self.gone.contains(pack)) {
                return;
            }
            let message = format!("there is no policy `{upper}` to replace");
            let advice = if sink.full() { None } else { near::advice(upper, self.policies.keys().copied()) };
            sink.error_maybe(place, "unknown-policy", message, advice);
            return;
        };
        if upper != draft.id.as_str() && self.leads_back(other, &draft.id) {
            let message = format!("`{}` and `{upper}` replace each other", draft.id);
            let advice = "one of them cannot: take `replaces` out of the policy that stands above";
            sink.error_help(place, "replaces-cycle", message, advice);
            return;
        }
        let own = draft.locality.as_str();
        if own == other.locality.as_str() || !lies_in(own, other.locality.as_str()) {
            let message = format!("`{upper}` is not of a level above `{own}`");
            let advice = "a policy can only replace what stands above it in its own tree";
            sink.error_help(place, "replaces-level", message, advice);
            return;
        }
        let rule = replaces.rule.as_ref().map(RuleId::as_str);
        if self.silent(other) {
            return;
        }
        if let Some(rule) = rule
            && !self.has(other, rule)
        {
            if self.gone.contains(&pack.id) {
                return;
            }
            self.unknown_rule(rule, place, self.rules_of(other), upper, sink);
            return;
        }
        let floor = if pack.trusted { floor_rule(&other.floor.floor, rule) } else { None };
        if let Some(floor) = floor {
            let message = format!("`{upper}#{floor}` is floor and gives way to nobody");
            sink.error_help(place, "weakens-floor", message, "a lower pack may add to it, prefer and shorten");
        }
    }

    /// True when what a policy replaces, and what that replaces in turn, comes to the other one.
    fn leads_back(&self, from: &'p Draft, to: &PolicyId) -> bool {
        let (mut seen, mut waiting) = (HashSet::new(), vec![from]);
        while let Some(draft) = waiting.pop() {
            for upper in draft.replaces.iter().map(|(replaces, _)| &replaces.policy) {
                if upper == to {
                    return true;
                }
                let next = self.policies.get(upper.as_str()).filter(|_| seen.insert(upper));
                waiting.extend(next.map(|(draft, _)| *draft));
            }
        }
        false
    }

    fn unknown_rule<'n>(
        &self,
        rule: &str,
        place: Place,
        known: impl Iterator<Item = &'n str>,
        policy: &str,
        sink: &Sink<'_>,
    ) {
        let advice = if sink.full() { None } else { near::advice(rule, known) };
        sink.error_maybe(place, "unknown-rule", format!("`{policy}` has no rule `{rule}`"), advice);
    }

    fn check_cases(&self, pack: &'p Pack, file: &dyn Fn(u32) -> bool, sink: &Sink<'_>) {
        let own: HashSet<&str> = pack.all_policies().map(|draft| draft.id.as_str()).collect();
        let silent = self.gone.contains(&pack.id) || pack.all_policies().any(|draft| self.silent(draft));
        for case in pack.cases.iter().filter(|case| file(case.place.file)) {
            for (rule, place) in &case.covers {
                if !self.is_of(rule, &own) && !silent {
                    let known = pack.all_policies().flat_map(|draft| self.rules_of(draft));
                    let message = format!("this pack has no rule `{rule}`");
                    let advice = if sink.full() { None } else { near::advice(rule.rule.as_str(), known) };
                    sink.error_maybe(*place, "unknown-rule", message, advice);
                }
            }
            let locality = case.question.case.locality.as_str();
            for (rule, place) in case.has_rules().chain(case.lacks_rules()) {
                self.check_named(rule, place, locality, sink);
            }
        }
    }

    /// True for a rule of one of these policies.
    fn is_of(&self, rule: &RuleRef, own: &HashSet<&str>) -> bool {
        self.named(rule, |draft| own.contains(draft.id.as_str()))
    }

    fn named(&self, rule: &RuleRef, fits: impl Fn(&Draft) -> bool) -> bool {
        self.by_rule.get(rule.rule.as_str()).is_some_and(|drafts| {
            drafts.iter().any(|d| fits(d) && rule.policy.as_ref().is_none_or(|policy| *policy == d.id))
        })
    }

    /// A rule that a decision in a locality may rest on; the host's own are called `H01` to `H22`.
    fn check_named(&self, rule: &RuleRef, place: Place, locality: &str, sink: &Sink<'_>) {
        let name = rule.rule.as_str();
        let host = name.strip_prefix('H').is_some_and(|n| n.len() == 2 && n.bytes().all(|b| b.is_ascii_digit()));
        if host || self.named(rule, |d| lies_in(locality, d.locality.as_str())) {
            return;
        }
        let above = self.policies.values().filter(|(d, _)| lies_in(locality, d.locality.as_str()));
        let above: Vec<_> = above.map(|(draft, _)| *draft).collect();
        let gone = self.gone.iter().any(|pack| lies_in(locality, pack.as_str()));
        if gone || above.iter().any(|draft| self.silent(draft)) {
            return;
        }
        let known: BTreeSet<_> = above.into_iter().flat_map(|draft| self.rules_of(draft)).collect();
        let advice = if sink.full() { None } else { near::advice(name, known) };
        sink.error_maybe(
            place,
            "unknown-rule",
            format!("no policy that `{locality}` is under has a rule `{rule}`"),
            advice,
        );
    }

    fn check_coverage(&self, draft: &'p Draft, covered: &HashSet<&str>, lacking: &HashSet<&str>, sink: &Sink<'_>) {
        let rules: BTreeSet<&str> = self.rules_of(draft).collect();
        for rule in rules {
            let place = draft.rules.get(rule).map_or(draft.place, |meta| meta.place);
            if !covered.contains(rule) {
                let message = format!("no case shows rule `{rule}` of `{}` at work", draft.id);
                sink.warn(place, "rule-without-case", message, format!("add a case with `covers = [\"{rule}\"]`"));
            }
            if !lacking.contains(rule) {
                let message = format!("no case shows rule `{rule}` of `{}` keeping silent", draft.id);
                let advice = format!("add a case that expects `lacks-rules = [\"{rule}\"]`");
                sink.warn(place, "rule-without-negative-case", message, advice);
            }
        }
    }
}

/// The floor rule that would be replaced.
fn floor_rule(floor: &Floor, rule: Option<&str>) -> Option<String> {
    match (floor, rule) {
        (Floor::None, _) => None,
        (Floor::All, rule) => Some(rule.unwrap_or("*").to_owned()),
        (Floor::Rules(rules), None) => rules.first().map(|rule| rule.as_str().to_owned()),
        (Floor::Rules(rules), Some(rule)) => rules.contains(rule).then(|| rule.to_owned()),
    }
}
