//! What a pack says, piece by piece, as it is written: for whoever compares two versions or takes a rule up to change it.

use std::collections::BTreeMap;

use toml_edit::{Array, DocumentMut, Item, Table, Value};

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

    /// A rule of a table with the target of its table, as a table of its own; none where the policy is no table.
    #[must_use]
    pub fn rule_table(&self, pack: &str, policy: &str, rule: &str) -> Option<String> {
        let pieces = self.pieces(pack);
        let of =
            |rule: Option<&str>| pieces.get(&PieceName { policy: policy.to_owned(), rule: rule.map(str::to_owned) });
        let rows = of(Some(rule))?;
        let head: DocumentMut = of(None)?.parse().ok()?;
        let mut target = DocumentMut::new();
        if let Some(kept) = head.get("target") {
            target.insert("target", kept.clone());
        }
        let target = target.to_string();
        Some(if target.trim().is_empty() { rows.clone() } else { format!("{}\n\n{rows}", target.trim()) })
    }

    fn files_of<'b>(&'b self, pack: &str) -> impl Iterator<Item = (&'b str, &'b [u8])> {
        self.files().filter_map(move |(path, bytes)| {
            let (folder, file) = path.rsplit_once('/')?;
            (folder == pack).then(|| (file.strip_suffix(".toml").unwrap_or(file), bytes))
        })
    }
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
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn bundle() -> Bundle {
        let table = "# of wages\n[target]\nkinds = [\"labour.*\"]\n\n# the first\n[[rule]]\nid = \"A\"\nthen = []\n\n\
                     [[rule]]\nid = \"B\"\n[[rule]]\nid = \"A\"\nthen = [1]\n[[case]]\nname = \"x\"\n";
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
}
