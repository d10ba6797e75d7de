//! Which facts each rule of a table looks at, told from its lowered conditions.

use std::collections::{BTreeMap, BTreeSet};

use maple_kernel::{FactKey, RuleId, Setting};

/// The keys of the facts that the conditions of each rule name.
pub(crate) fn looks(settings: &Setting) -> BTreeMap<RuleId, BTreeSet<FactKey>> {
    let mut found: BTreeMap<RuleId, BTreeSet<FactKey>> = BTreeMap::new();
    let Some(Setting::Items(rows)) = entry(settings, "rules") else { return found };
    for row in rows {
        if let (Some(Setting::Text(id)), Some(when)) = (entry(row, "id"), entry(row, "when")) {
            keys(when, found.entry((&**id).into()).or_default());
        }
    }
    found
}

fn entry<'s>(table: &'s Setting, key: &str) -> Option<&'s Setting> {
    match table {
        Setting::Table(entries) => entries.iter().find(|(name, _)| **name == *key).map(|(_, value)| value),
        _ => None,
    }
}

/// A condition names its fact under `key`, and a bound that is another fact under `fact`.
fn keys(condition: &Setting, found: &mut BTreeSet<FactKey>) {
    match condition {
        Setting::Table(entries) => {
            for (name, value) in entries {
                match value {
                    Setting::Text(key) if matches!(&**name, "key" | "fact") => {
                        found.insert((&**key).into());
                    }
                    value => keys(value, found),
                }
            }
        }
        Setting::Items(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(entries: Vec<(&str, Setting)>) -> Setting {
        Setting::Table(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    fn text(text: &str) -> Setting {
        Setting::Text(text.into())
    }

    #[test]
    fn every_key_of_a_rule_is_told_once() {
        let bound = table(vec![("fact", text("cap"))]);
        let range = table(vec![("op", text("range")), ("key", text("amount")), ("max", bound)]);
        let kind = table(vec![("op", text("prefix")), ("at", text("kind")), ("in", Setting::Items(vec![text("key")]))]);
        let party = table(vec![("op", text("is")), ("key", text("consent")), ("in", Setting::Items(vec![text("no")]))]);
        let some = table(vec![("op", text("some-party")), ("of", Setting::Items(vec![party, range.clone()]))]);
        let row = |id: &str, when: Setting| table(vec![("id", text(id)), ("when", when)]);
        let bare = table(vec![("id", text("R3"))]);
        let rows = Setting::Items(vec![row("R1", range), row("R1", some), row("R2", kind), bare]);
        let found = looks(&table(vec![("rules", rows)]));
        let told: Vec<(&str, Vec<&str>)> =
            found.iter().map(|(id, keys)| (id.as_str(), keys.iter().map(FactKey::as_str).collect())).collect();
        assert_eq!(told, [("R1", vec!["amount", "cap", "consent"]), ("R2", vec![])]);
    }
}
