//! What can be reasoned about in a bundle with errors: the same files without the rules, policies and cases that have some.
//!
//! A line that is taken out stays as an empty one, so that whatever is told of the others stands at the line where their
//! author sees it.

use std::collections::{BTreeMap, BTreeSet};

use maple_bundle::{Bundle, Compiled, Diagnostic, Severity};
use maple_kit::project::Files;
use maple_sandbox::Sandbox;

use crate::load;

/// How often rules are taken out: what is wrong in a text that was no TOML only shows once it is one.
const ROUNDS_MAX: usize = 4;

/// What nobody is to blame for once rules that are named elsewhere, and cases, are gone.
const OF_NAMES: [&str; 4] = ["unknown-rule", "unknown-policy", "rule-without-case", "rule-without-negative-case"];

/// What is left of a bundle with errors.
pub(super) struct Rest {
    /// The sound rules of it. Files of which rules are missing stand in `files_out`.
    pub(super) compiled: Compiled,
    /// Problems that showed only now: of texts that were no TOML, and of rules that no plugin had seen.
    pub(super) fresh: Vec<Diagnostic>,
}

/// The bundle without what has errors; none where that cannot be taken out, or where others lean on it.
pub(super) fn rest(from: &load::From<'_>, files: &Files, sandbox: &Sandbox, problems: &[Diagnostic]) -> Option<Rest> {
    let unread: BTreeSet<&str> = problems.iter().filter(|p| p.code == "syntax").map(|p| &*p.file).collect();
    let mut bundle = files.bundle.clone();
    let (mut wrong, mut lost, mut fresh, mut kept) = (problems.to_vec(), BTreeSet::new(), Vec::new(), None);
    for round in 0..ROUNDS_MAX {
        let Some(cut) = cut(&bundle, &wrong, round == 0, &unread, &mut lost) else { break };
        bundle = bundle.with_files(cut).ok()?;
        let files = Files { bundle: bundle.clone(), own: files.own.clone(), digest: files.digest.clone() };
        let compiled = load::compile_with(&load::From { keep_going: true, ..*from }, &files, sandbox).ok()?;
        wrong.clone_from(&compiled.problems);
        let of_names = |problem: &Diagnostic| OF_NAMES.contains(&problem.code);
        let named = |p: &Diagnostic| of_names(p) && is_error(p) && !unread.contains(&*p.file) && !problems.contains(p);
        if wrong.iter().any(named) {
            return None; // what is gone is named elsewhere
        }
        let new = |p: &&Diagnostic| {
            let of_plugin = ["refused-setting", "plugin-fault", "limit-too-small"].contains(&p.code);
            (of_plugin || unread.contains(&*p.file) && is_in_a_piece(&bundle, p)) && !of_names(p)
        };
        fresh.extend(wrong.iter().filter(new).cloned());
        kept = Some(compiled);
    }
    let mut compiled = kept?;
    let out: BTreeSet<String> = compiled.files_out.into_iter().chain(lost).collect();
    compiled.files_out = out.into_iter().collect();
    Some(Rest { compiled, fresh })
}

/// True when there are rules in a file, so that something of it would be proved.
pub(super) fn has_rules(text: &str) -> bool {
    text.is_empty() || text.contains("decision-table") || pieces(text).iter().any(|piece| piece.what == What::Rule)
}

fn is_error(problem: &Diagnostic) -> bool {
    problem.severity == Severity::Error
}

/// True for a problem inside a rule, a policy or a case.
fn is_in_a_piece(bundle: &Bundle, problem: &Diagnostic) -> bool {
    let text = text_of(bundle, &problem.file);
    text.is_some_and(|text| at(&pieces(text), problem.line).is_some_and(|piece| piece.what != What::Head))
}

fn text_of<'b>(bundle: &'b Bundle, file: &str) -> Option<&'b str> {
    let (_, bytes) = bundle.files().find(|(path, _)| *path == file)?;
    std::str::from_utf8(bytes).ok()
}

/// The files that read otherwise without what has errors, and into `lost` those that lose rules by it; none where nothing
/// can be taken out. At first all cases are, too: nothing is proved of them, and they name rules that are gone. Those of texts
/// that were not read yet stay.
fn cut(
    bundle: &Bundle,
    problems: &[Diagnostic],
    first: bool,
    unread: &BTreeSet<&str>,
    lost: &mut BTreeSet<String>,
) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut wrong: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for problem in problems.iter().filter(|problem| is_error(problem) && problem.line > 0) {
        wrong.entry(&problem.file).or_default().push(problem);
    }
    // Not the words of a registry: others lean on them.
    let packs: BTreeSet<&str> = bundle.packs().collect();
    let of_pack = |path: &str| path.rsplit_once('/').is_some_and(|(folder, _)| packs.contains(folder));
    let (mut changed, mut any) = (BTreeMap::new(), false);
    for (path, bytes) in bundle.files().filter(|(path, _)| of_pack(path)) {
        let (Ok(text), wrong) = (std::str::from_utf8(bytes), wrong.get(path)) else { continue };
        if wrong.is_none() && !first {
            continue;
        }
        let pieces = pieces(text);
        let places: Vec<(&Diagnostic, &Piece<'_>)> = wrong
            .into_iter()
            .flatten()
            .filter_map(|problem| at(&pieces, problem.line).map(|piece| (*problem, piece)))
            .collect();
        let (head, hit): (Vec<_>, Vec<_>) = places.into_iter().partition(|(_, piece)| piece.what == What::Head);
        let ids: BTreeSet<&str> = hit.iter().filter(|(_, p)| p.what == What::Rule).filter_map(|(_, p)| p.id).collect();
        let goes = |piece: &&Piece<'_>| {
            let case = first && piece.what == What::Case && !unread.contains(path);
            // The rows of a rule lean on its first.
            let row = piece.what == What::Rule && piece.id.is_some_and(|id| ids.contains(id));
            case || row || hit.iter().any(|(_, other)| other.from == piece.from)
        };
        let gone: Vec<&Piece<'_>> = pieces.iter().filter(goes).collect();
        if gone.iter().any(|piece| matches!(piece.what, What::Rule | What::Policy)) {
            lost.insert(path.to_owned());
        }
        let idle = head.iter().filter(|(problem, _)| is_idle(text, problem)).map(|(problem, _)| problem.line);
        let empty: BTreeSet<u32> = gone.iter().flat_map(|piece| piece.from..=piece.to).chain(idle).collect();
        any |= !hit.is_empty() || head.iter().any(|(problem, _)| empty.contains(&problem.line));
        if !empty.is_empty() {
            changed.insert(path.to_owned(), blank(text, &empty).into_bytes());
        }
    }
    any.then_some(changed)
}

/// True for a key that nobody knows and that is no slip of one that holds for the file, with its value on its line: nothing
/// hangs on it.
fn is_idle(text: &str, problem: &Diagnostic) -> bool {
    let slip = problem.advice.as_ref().is_some_and(|advice| advice.starts_with("did you mean"));
    let number = usize::try_from(problem.line).unwrap_or(usize::MAX);
    let line = text.split('\n').nth(number.saturating_sub(1)).unwrap_or_default().trim();
    let count = |c: char| line.chars().filter(|other| *other == c).count();
    let whole =
        count('[') == count(']') && count('{') == count('}') && !line.contains("\"\"\"") && !line.contains("'''");
    problem.code == "unknown-key" && !slip && whole && !line.starts_with('[') && line.contains('=')
}

/// A text with these lines empty.
fn blank(text: &str, empty: &BTreeSet<u32>) -> String {
    let lines = text.split('\n').zip(1..).map(|(line, number)| if empty.contains(&number) { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

/// What a piece of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// What holds for the file, or the pack, as a whole.
    Head,
    /// A `[[rule]]`, also under a name that is a slip of it.
    Rule,
    Policy,
    Case,
}

/// The lines of one entry.
#[derive(Debug)]
struct Piece<'t> {
    what: What,
    name: &'t str,
    id: Option<&'t str>,
    from: u32,
    to: u32,
}

/// The pieces of a file, as its lines show them; also of a text that is no TOML.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = vec![Piece { what: What::Head, name: "", id: None, from: 1, to: 0 }];
    for (line, number) in text.split('\n').zip(1..) {
        let line = line.trim();
        if let Some((name, whole)) = header(line)
            && found.last().is_none_or(|last| whole || last.name != name)
        {
            let what = match name {
                "case" => What::Case,
                "policy" => What::Policy,
                _ if whole => What::Rule,
                _ => What::Head,
            };
            found.push(Piece { what, name, id: None, from: number, to: number });
        }
        if let Some(piece) = found.last_mut() {
            piece.to = number;
            piece.id = piece.id.or_else(|| id(line));
        }
    }
    found
}

fn at<'p, 't>(pieces: &'p [Piece<'t>], line: u32) -> Option<&'p Piece<'t>> {
    pieces.iter().rfind(|piece| piece.from <= line)
}

/// The first name of a header, and whether it begins an entry of a list: `rule` of `[[rule]]`, and of `[rule.when]`.
fn header(line: &str) -> Option<(&str, bool)> {
    let (rest, list) = match line.strip_prefix("[[") {
        Some(rest) => (rest, true),
        None => (line.strip_prefix('[')?, false),
    };
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
    let (name, after) = rest.split_at_checked(end)?;
    (!name.is_empty()).then(|| (name, list && !after.trim_start().starts_with('.')))
}

/// The id that a line gives.
fn id(line: &str) -> Option<&str> {
    let value = line.strip_prefix("id")?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split_once(quote).map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use maple_bundle::Spot;

    use super::*;

    const TEXT: &str = "complete = true\n[target]\nkinds = [\n  \"a\",\n]\n[[rule]]\nid = \"A\"\n[rule.when]\nx = 1\n\
                        [[rule]]\nid = \"B\"\n[[policy]]\nid = \"p\"\n[[policy.settings.rules]]\nid = \"S\"\n[[case]]\n\
                        name = \"c\"\n[[rule]]\nid = \"A\"\n[[rule]\nid = \"C\"\n";

    #[test]
    fn a_file_falls_into_what_its_headers_begin() {
        let told = pieces(TEXT);
        let told: Vec<_> = told.iter().map(|piece| (piece.what, piece.id, piece.from, piece.to)).collect();
        let wanted = [
            (What::Head, None, 1, 1),
            (What::Head, None, 2, 5),
            (What::Rule, Some("A"), 6, 9),
            (What::Rule, Some("B"), 10, 11),
            (What::Policy, Some("p"), 12, 15),
            (What::Case, None, 16, 17),
            (What::Rule, Some("A"), 18, 19),
            (What::Rule, Some("C"), 20, 22),
        ];
        assert_eq!(told, wanted);
        assert!(has_rules(TEXT) && !has_rules("id = \"cn\"\n[[case]]\n"));
    }

    fn of(code: &'static str, line: u32) -> Diagnostic {
        let spot = Spot { file: "cn/t.toml".into(), line, column: 1, ..Spot::default() };
        Diagnostic::new(code, Severity::Error, &spot, String::new())
    }

    fn wrong(line: u32) -> Diagnostic {
        of("unknown-fact", line)
    }

    fn without(problems: &[Diagnostic]) -> Option<(String, BTreeSet<String>)> {
        let files = BTreeMap::from([("cn/t.toml".to_owned(), TEXT.as_bytes().to_vec())]);
        let (bundle, mut lost) = (Bundle::from_files(files).unwrap(), BTreeSet::new());
        let mut changed = cut(&bundle, problems, true, &BTreeSet::new(), &mut lost)?;
        let text = String::from_utf8(changed.remove("cn/t.toml").unwrap()).unwrap();
        assert_eq!(text.split('\n').count(), TEXT.split('\n').count());
        Some((text, lost))
    }

    /// With a row of a rule all of them go, and with anything the cases; the lines of the others stay where they are.
    #[test]
    fn what_has_an_error_is_taken_out_and_no_line_moves() {
        let (text, lost) = without(&[wrong(9)]).unwrap();
        assert!(!text.contains("\"A\"") && !text.contains("[[case]]"), "{text}");
        assert!(text.contains("[target]") && text.lines().nth(10) == Some("id = \"B\""), "{text}");
        assert_eq!(lost.len(), 1);
        // Nothing is lost with a case, and of what holds for the whole file nothing can be taken out.
        assert!(without(&[wrong(17)]).is_some_and(|(text, lost)| lost.is_empty() && text.contains("\"A\"")));
        assert!(without(&[wrong(2)]).is_none() && without(&[]).is_none());
        // But for a key that nobody knows and that is no slip of one that matters.
        let key = of("unknown-key", 1);
        let (text, lost) = without(std::slice::from_ref(&key)).unwrap();
        assert!(text.starts_with("\n[target]") && lost.is_empty(), "{text}");
        let slip = Diagnostic { advice: Some("did you mean `mode`?".to_owned()), ..key };
        assert!(without(&[slip]).is_none() && without(&[of("unknown-key", 3)]).is_none());
    }

    /// Words that others lean on stay, whatever is wrong with them.
    #[test]
    fn nothing_is_taken_out_of_a_registry() {
        let file = |path: &str| (path.to_owned(), b"[[fact]]\nkey = \"a\"\n".to_vec());
        let bundle = Bundle::from_files(BTreeMap::from([file("facts/more.toml"), file("cn/t.toml")])).unwrap();
        let mut lost = BTreeSet::new();
        for (path, goes) in [("facts/more.toml", false), ("cn/t.toml", true)] {
            let problem = Diagnostic { file: path.to_owned(), ..wrong(2) };
            assert_eq!(cut(&bundle, &[problem], true, &BTreeSet::new(), &mut lost).is_some(), goes, "{path}");
        }
    }
}
