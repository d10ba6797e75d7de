//! What two bundles say differently, rule by rule, as it is written.

use std::collections::BTreeSet;

use maple_bundle::{Bundle, PieceName};

use crate::{Changes, Current};

/// Pieces of one comparison that are told; the rest is counted.
pub const PIECES_SHOWN_MAX: usize = 300;
/// Length of the text of one piece.
pub const PIECE_BYTES_MAX: usize = 8 << 10;

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Became {
    /// It is new.
    Came,
    /// It is gone.
    Went,
    /// It says something else.
    Changed,
}

impl Became {
    /// The word of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Came => "came",
            Self::Went => "went",
            Self::Changed => "changed",
        }
    }
}

/// A policy or a rule that is other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieceChange {
    /// The pack; empty for a file of registries, whose path is then the policy.
    pub pack: String,
    /// The policy.
    pub policy: String,
    /// The rule; none for what the policy says beside its rules.
    pub rule: Option<String>,
    /// What became of it.
    pub became: Became,
    /// What it said.
    pub before: String,
    /// What it says.
    pub after: String,
}

/// What is other, piece by piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PieceChanges {
    /// Which parts.
    pub changes: Changes,
    /// At most [`PIECES_SHOWN_MAX`].
    pub told: Vec<PieceChange>,
    /// How many more.
    pub more: usize,
}

impl PieceChanges {
    /// What a bundle says other than another.
    #[must_use]
    pub fn between(current: Current<'_>, candidate: Current<'_>) -> Self {
        let changes = Changes::between(current, candidate);
        let mut told = Vec::new();
        if changes.registries {
            told.extend(registries(current.bundle, candidate.bundle));
        }
        for pack in &changes.packs {
            told.extend(pieces(&pack.pack, current.bundle, candidate.bundle));
        }
        let more = told.len().saturating_sub(PIECES_SHOWN_MAX);
        told.truncate(PIECES_SHOWN_MAX);
        Self { changes, told, more }
    }
}

fn pieces(pack: &str, before: &Bundle, after: &Bundle) -> Vec<PieceChange> {
    let (before, after) = (before.pieces(pack), after.pieces(pack));
    let names: BTreeSet<&PieceName> = before.keys().chain(after.keys()).collect();
    let change = |name: &PieceName| {
        let (before, after) = (before.get(name), after.get(name));
        Some(PieceChange {
            pack: pack.to_owned(),
            policy: name.policy.clone(),
            rule: name.rule.clone(),
            became: became(before, after)?,
            before: cut(before.map_or("", String::as_str)),
            after: cut(after.map_or("", String::as_str)),
        })
    };
    names.into_iter().filter_map(change).collect()
}

fn became<T: PartialEq>(before: Option<T>, after: Option<T>) -> Option<Became> {
    match (before, after) {
        (None, Some(_)) => Some(Became::Came),
        (Some(_), None) => Some(Became::Went),
        (before, after) => (before != after).then_some(Became::Changed),
    }
}

/// Files that every pack reads; they are large and told by name.
fn registries(before: &Bundle, after: &Bundle) -> Vec<PieceChange> {
    let packs: BTreeSet<&str> = before.packs().chain(after.packs()).collect();
    let own = |path: &str| !path.rsplit_once('/').is_some_and(|(folder, _)| packs.contains(folder));
    let of = |bundle: &Bundle, wanted: &str| {
        bundle.files().find(|(path, _)| *path == wanted).map(|(_, bytes)| bytes.to_vec())
    };
    let all = before.files().chain(after.files()).map(|(path, _)| path).filter(|path| own(path));
    let paths: BTreeSet<&str> = all.collect();
    let change = |path: &str| {
        Some(PieceChange {
            pack: String::new(),
            policy: path.to_owned(),
            rule: None,
            became: became(of(before, path), of(after, path))?,
            before: String::new(),
            after: String::new(),
        })
    };
    paths.into_iter().filter_map(change).collect()
}

fn cut(text: &str) -> String {
    if text.len() <= PIECE_BYTES_MAX {
        return text.to_owned();
    }
    let at = (0..=PIECE_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", text.get(..at).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn bundle(files: &[(&str, &str)]) -> Bundle {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        Bundle::from_files(files.collect()).unwrap()
    }

    #[test]
    fn rules_come_go_and_change() {
        let pack = ("cn/pack.toml", "id = \"cn\"\n");
        let before =
            bundle(&[pack, ("cn/a.toml", "[[rule]]\nid = \"A\"\nx = 1\n[[rule]]\nid = \"B\"\n"), ("kinds.toml", "")]);
        let after = bundle(&[
            pack,
            ("cn/a.toml", "# said anew\n[[rule]]\nid = \"A\"\nx = 2\n[[rule]]\nid = \"C\"\n"),
            ("kinds.toml", "x = 1\n"),
            ("words.toml", ""),
        ]);
        let found = pieces("cn", &before, &after);
        let told: Vec<_> = found.iter().map(|one| (one.rule.as_deref().unwrap_or_default(), one.became)).collect();
        assert_eq!(told, [("A", Became::Changed), ("B", Became::Went), ("C", Became::Came)]);
        assert!(found[0].before.contains("x = 1") && found[0].after.contains("x = 2"));
        let files = registries(&before, &after);
        let told: Vec<_> = files.iter().map(|one| (&*one.policy, one.became)).collect();
        assert_eq!(told, [("kinds.toml", Became::Changed), ("words.toml", Became::Came)]);
        assert!(pieces("cn", &before, &before).is_empty() && registries(&after, &after).is_empty());
    }

    #[test]
    fn a_text_is_cut_at_its_limit() {
        assert_eq!(cut(&"x".repeat(PIECE_BYTES_MAX)).len(), PIECE_BYTES_MAX);
        assert!(cut(&"枫".repeat(PIECE_BYTES_MAX)).ends_with('…'));
    }
}
