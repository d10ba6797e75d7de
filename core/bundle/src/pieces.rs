//! What a pack says, piece by piece, as it is written: for whoever compares two versions or takes a rule up to change it.

use std::collections::BTreeMap;

use maple_kernel::{Pattern, Target};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use crate::Bundle;

/// A policy of a pack, or one rule of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PieceName {
    /// The policy.
    pub policy: String,
    /// The rule; none for what the policy says beside its rules.
    pub rule: Option<String>,
}

impl Bundle {
    /// The pieces of a pack, without its cases and without comments above them. A file that is no TOML has none.
    #[must_use]
    pub fn pieces(&self, pack: &str) -> BTreeMap<PieceName, String> {
        let mut pieces: BTreeMap<PieceName, String> = BTreeMap::new();
        let mut add = |policy: String, rule: Option<String>, text: String| {
            let all = pieces.entry(PieceName { policy, rule }).or_default();
            if !all.is_empty() {
                all.push('\n');
            }
            all.push_str(&text);
        };
        for (stem, bytes) in self.files_of(pack) {
            let read = str::from_utf8(bytes).ok().and_then(|text| text.parse::<DocumentMut>().ok());
            let Some(mut file) = read else { continue };
            file.remove("case");
            for policy in taken(&mut file, "policy") {
                let id = policy.get("id").and_then(Item::as_str).unwrap_or_default().to_owned();
                add(format!("{pack}/{id}"), None, written("policy", policy));
            }
            if stem == "pack" {
                continue;
            }
            let id = format!("{pack}/{}", file.get("id").and_then(Item::as_str).unwrap_or(stem));
            let rules = taken(&mut file, "rule");
            if rules.is_empty() {
                continue;
            }
            for rule in rules {
                let name = rule.get("id").and_then(Item::as_str).unwrap_or_default().to_owned();
                add(id.clone(), Some(name), written("rule", rule));
            }
            let head = file.to_string();
            let lines = head.lines().filter(|line| !line.trim_start().starts_with('#'));
            let head = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
            add(id, None, head);
        }
        pieces
    }

    /// A rule of a table with the target of its table, as a table of its own that anybody may try: it does not set the
    /// floor, which is a matter of trust. None where the policy is no table.
    #[must_use]
    pub fn rule_table(&self, pack: &str, policy: &str, rule: &str) -> Option<String> {
        let pieces = self.pieces(pack);
        let of =
            |rule: Option<&str>| pieces.get(&PieceName { policy: policy.to_owned(), rule: rule.map(str::to_owned) });
        let mut rows: DocumentMut = of(Some(rule))?.parse().ok()?;
        let tables = rows.get_mut("rule").and_then(Item::as_array_of_tables_mut);
        for table in tables.into_iter().flat_map(|all| all.iter_mut()) {
            table.remove("floor");
        }
        let rows = rows.to_string();
        let head: DocumentMut = of(None)?.parse().ok()?;
        let mut target = DocumentMut::new();
        if let Some(kept) = head.get("target") {
            target.insert("target", kept.clone());
        }
        let target = target.to_string();
        Some(if target.trim().is_empty() { rows } else { format!("{}\n\n{rows}", target.trim()) })
    }

    /// The kinds that the rules of a pack's tables name, rule by rule, by the id of the policy. A rule that names none has a
    /// target without kinds. Of a policy that is no table nothing is told here.
    #[must_use]
    pub fn rule_kinds(&self, pack: &str) -> BTreeMap<String, Vec<Target>> {
        let mut kinds = BTreeMap::new();
        for (stem, bytes) in self.files_of(pack).filter(|(stem, _)| *stem != "pack") {
            let read = str::from_utf8(bytes).ok().and_then(|text| text.parse::<DocumentMut>().ok());
            let Some(mut file) = read else { continue };
            let id = format!("{pack}/{}", file.get("id").and_then(Item::as_str).unwrap_or(stem));
            let rules: Vec<Target> = taken(&mut file, "rule").iter().map(named).collect();
            if !rules.is_empty() {
                kinds.insert(id, rules);
            }
        }
        kinds
    }

    fn files_of<'b>(&'b self, pack: &str) -> impl Iterator<Item = (&'b str, &'b [u8])> {
        self.files().filter_map(move |(path, bytes)| {
            let (folder, file) = path.rsplit_once('/')?;
            (folder == pack).then(|| (file.strip_suffix(".toml").unwrap_or(file), bytes))
        })
    }
}

/// The kinds that a rule is for: those of its condition, or of each of several of which one must hold, without those that it
/// leaves out by their kind alone.
fn named(rule: &Table) -> Target {
    let Some(when) = rule.get("when").and_then(Item::as_table_like) else { return Target::default() };
    let all = |key: &str| parts(when.get(key)).into_iter();
    let either: Option<Vec<Vec<Pattern>>> = all("either").map(patterns).collect();
    let only = |part: &dyn TableLike| if part.len() == 1 { patterns(part) } else { None };
    let except = all("not").filter_map(only).flatten().collect();
    let kinds = patterns(when).or_else(|| either.map(|either| either.concat())).unwrap_or_default();
    Target { kinds, except, ..Target::default() }
}

/// One table, or a list of them.
fn parts(item: Option<&Item>) -> Vec<&dyn TableLike> {
    let Some(item) = item else { return Vec::new() };
    if let Some(table) = item.as_table_like() {
        return vec![table];
    }
    let inline = item.as_array().into_iter().flatten().filter_map(Value::as_inline_table);
    let inline = inline.map(|table| table as &dyn TableLike);
    inline.chain(item.as_array_of_tables().into_iter().flatten().map(|table| table as &dyn TableLike)).collect()
}

/// The kinds of a condition: one, or a list of them.
fn patterns(when: &dyn TableLike) -> Option<Vec<Pattern>> {
    let kind = when.get("kind")?;
    let words = kind.as_array().into_iter().flatten().filter_map(Value::as_str).chain(kind.as_str());
    Some(words.map(Pattern::new).collect())
}

/// The entries of a list of tables, taken out of a file.
fn taken(file: &mut DocumentMut, name: &str) -> Vec<Table> {
    match file.remove(name) {
        Some(Item::ArrayOfTables(tables)) => tables.into_iter().collect(),
        Some(Item::Value(Value::Array(rows))) => tables(rows),
        _ => Vec::new(),
    }
}

fn tables(rows: Array) -> Vec<Table> {
    rows.into_iter()
        .filter_map(|row| match row {
            Value::InlineTable(row) => Some(row.into_table()),
            _ => None,
        })
        .collect()
}

fn written(name: &str, mut table: Table) -> String {
    table.decor_mut().clear();
    table.set_position(None);
    let mut file = DocumentMut::new();
    let mut all = toml_edit::ArrayOfTables::new();
    all.push(table);
    file.insert(name, Item::ArrayOfTables(all));
    format!("{}\n", file.to_string().trim())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    fn bundle() -> Bundle {
        let table = "# of wages\n[target]\nkinds = [\"labour.*\"]\n\n# the first\n[[rule]]\nid = \"A\"\nthen = []\n\n\
                     [[rule]]\nid = \"B\"\nfloor = true\n[[rule]]\nid = \"A\"\nthen = [1]\n[[case]]\nname = \"x\"\n";
        let files = [
            ("cn/pack.toml", "id = \"cn\"\n[[policy]]\nid = \"code\"\nplugin = \"p\"\n[policy.settings]\nn = 1\n"),
            ("cn/wages.toml", table),
            ("cn/zhejiang/pack.toml", "id = \"cn/zhejiang\"\n"),
            ("cn/zhejiang/own.toml", "id = \"named\"\nrule = [{ id = \"Z\" }]\n"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        Bundle::from_files(files.into()).unwrap()
    }

    #[test]
    fn a_pack_is_told_piece_by_piece() {
        let bundle = bundle();
        let pieces = bundle.pieces("cn");
        let names: Vec<_> = pieces.keys().map(|name| (&*name.policy, name.rule.as_deref())).collect();
        assert_eq!(names, [("cn/code", None), ("cn/wages", None), ("cn/wages", Some("A")), ("cn/wages", Some("B"))]);
        let of = |policy: &str, rule: Option<&str>| {
            pieces.get(&PieceName { policy: policy.to_owned(), rule: rule.map(str::to_owned) }).unwrap().clone()
        };
        assert_eq!(of("cn/wages", Some("A")), "[[rule]]\nid = \"A\"\nthen = []\n\n[[rule]]\nid = \"A\"\nthen = [1]\n");
        assert_eq!(of("cn/wages", None), "[target]\nkinds = [\"labour.*\"]");
        assert!(of("cn/code", None).contains("n = 1"));
        assert!(bundle.pieces("cn/zhejiang").keys().any(|name| name.policy == "cn/zhejiang/named"));
        assert!(bundle.pieces("cn/fujian").is_empty());
    }

    #[test]
    fn a_rule_can_be_taken_up_with_its_target() {
        let table = bundle().rule_table("cn", "cn/wages", "B").unwrap();
        assert_eq!(table, "[target]\nkinds = [\"labour.*\"]\n\n[[rule]]\nid = \"B\"\n");
        assert_eq!(bundle().rule_table("cn", "cn/code", "B"), None);
    }

    #[test]
    fn rules_tell_the_kinds_that_they_name() {
        for (when, wanted, lacks) in [
            ("kind = \"labour.wage\"", Some("labour.wage"), "labour.leave"),
            ("kind = [\"labour.*\"], people = { min = 10 }", Some("labour.leave"), "tort.body"),
            ("kind = [\"labour.*\"], not = [{ kind = \"labour.leave\" }]", Some("labour.wage"), "labour.leave"),
            // Only when it is heard: it leaves no kind out.
            ("kind = [\"labour.*\"], not = { kind = \"labour.wage\", heard = true }", Some("labour.wage"), "tort.body"),
            ("either = [{ kind = \"labour.wage\" }, { kind = [\"tort.*\"] }]", Some("tort.body"), "land.title"),
            ("either = [{ kind = \"labour.wage\" }, { people = { min = 10 } }]", None, "labour.wage"),
            ("people = { above = 5 }", None, "labour.wage"),
            ("not = [{ kind = [\"admin.*\"] }]", None, "labour.wage"),
        ] {
            let text = format!("[[rule]]\nid = \"A\"\nwhen = {{ {when} }}\nthen = []\n");
            let files = BTreeMap::from([("cn/one.toml".to_owned(), text.into_bytes())]);
            let kinds = Bundle::from_files(files).unwrap().rule_kinds("cn");
            let rule = &kinds["cn/one"][0];
            assert!(wanted.is_none_or(|kind| rule.names_kind(kind)), "{when}: {rule:?}");
            assert!(!rule.names_kind(lacks), "{when}: {rule:?}");
        }
        let kinds = bundle().rule_kinds("cn");
        assert_eq!(kinds.keys().collect::<Vec<_>>(), ["cn/wages"], "what is no table is not told");
        assert!(kinds["cn/wages"].iter().all(|rule| !rule.names_kind("labour.wage")), "that is its target's");
    }
}
