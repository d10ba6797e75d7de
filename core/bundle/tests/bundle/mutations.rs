//! Whatever somebody types, the answer is a ruleset or problems, never a panic.

use proptest::prelude::*;

use maple_bundle::Bundle;

use crate::support::{files, keep_going, run};

const SCRAPS: [&str; 24] = [
    "[",
    "]",
    "{",
    "}",
    "=",
    "\"",
    "'''",
    "\n",
    ",",
    "#",
    ".",
    "[[rule]]\n",
    "[[case]]\n",
    "[policy]\n",
    "id = 1\n",
    "9223372036854775808",
    "1e999",
    "nan",
    "2026-02-30",
    "0x",
    "\u{0}",
    "\u{feff}",
    "not = [",
    "*",
];

fn compiles_or_tells(path: &str, bytes: Vec<u8>) {
    let mut files = files();
    files.insert(path.to_owned(), bytes);
    let bundle = Bundle::from_files(files).unwrap();
    if let Err(problems) = run(&bundle) {
        assert!(!problems.is_empty());
        for problem in &problems {
            assert!(!problem.message.is_empty() && !problem.to_string().ends_with('.'), "{problem}");
        }
    }
    let _ = keep_going(&bundle);
}

fn any_file() -> impl Strategy<Value = (String, Vec<u8>)> {
    proptest::sample::select(files().into_iter().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_change((path, mut bytes) in any_file(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let at = at.index(bytes.len());
        bytes[at] = byte;
        compiles_or_tells(&path, bytes);
    }

    #[test]
    fn scraps_slip_in(
        (path, mut bytes) in any_file(),
        slips in prop::collection::vec((any::<prop::sample::Index>(), 0..SCRAPS.len()), 1..6),
    ) {
        for (at, scrap) in slips {
            let at = at.index(bytes.len() + 1);
            bytes.splice(at..at, SCRAPS[scrap].bytes());
        }
        compiles_or_tells(&path, bytes);
    }

    #[test]
    fn lines_go_and_come_twice(
        (path, bytes) in any_file(),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        keep in any::<bool>(),
    ) {
        let text = String::from_utf8(bytes).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        let (from, to) = (from.index(lines.len()), to.index(lines.len()));
        let line = if keep { lines[from] } else { lines.remove(from) };
        lines.insert(to.min(lines.len()), line);
        compiles_or_tells(&path, lines.join("\n").into_bytes());
    }

    #[test]
    fn values_swap((path, bytes) in any_file(), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let text = String::from_utf8(bytes).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let (a, b) = (a.index(lines.len()), b.index(lines.len()));
        if let (Some((_, value)), Some((key, _))) = (text.lines().nth(a).unwrap().split_once(" = "), lines[b].clone().split_once(" = ")) {
            lines[b] = format!("{key} = {value}");
        }
        compiles_or_tells(&path, lines.join("\n").into_bytes());
    }
}
