//! The authors' pages hold to what the binary says: commands are run, tables shown are those of the examples.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that meets the unexpected fails")]

mod support;

use std::{fs, path::Path};

use support::{example, maple, root};

const PAGES: [&str; 3] = ["combining.md", "explain.md", "testing.md"];

fn page(name: &str) -> String {
    fs::read_to_string(root().join("sdk/docs").join(name)).unwrap()
}

/// The blocks of a page in a language.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let open = format!("```{language}\n");
    page.split(open.as_str()).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

/// A line without what differs from machine to machine: times and fuel.
fn lasting(line: &str) -> String {
    let costs = |open: char, close: char| {
        let (head, rest) = line.split_once(open)?;
        let (inside, tail) = rest.rsplit_once(close)?;
        (inside.contains("µs") || inside.contains(" ms")).then(|| format!("{head}{open}…{close}{tail}"))
    };
    costs('(', ')').or_else(|| costs('（', '）')).unwrap_or_else(|| line.trim_end().to_owned())
}

/// Every line that is shown is there, in order; `…` stands for lines that are not shown, and nothing else is left out.
#[track_caller]
fn shows(command: &str, shown: &str, said: &str) {
    let said: Vec<String> = said.lines().map(lasting).collect();
    let (mut at, mut skips) = (0, false);
    for line in shown.lines() {
        if line.trim() == "…" {
            skips = true;
            continue;
        }
        let line = lasting(line);
        let found = said.iter().skip(at).position(|real| *real == line);
        let Some(ahead) = found else { panic!("`{command}` does not say `{line}`:\n{}", said.join("\n")) };
        assert!(ahead == 0 || skips, "`{command}`: something is left out before `{line}`:\n{}", said.join("\n"));
        (at, skips) = (at + ahead + 1, false);
    }
}

#[test]
fn commands_say_what_the_pages_show() {
    let mut count = 0;
    for name in PAGES {
        for block in blocks(&page(name), "console") {
            let (typed, shown) = block.split_once('\n').unwrap();
            let words: Vec<&str> = typed.strip_prefix("$ maple ").unwrap().split_whitespace().collect();
            let output = maple(&words).output().unwrap();
            assert!(output.stderr.is_empty(), "{typed}: {}", support::err(&output));
            shows(typed, shown, &support::out(&output));
            count += 1;
        }
    }
    assert!(count >= 8, "only {count} commands were found");
}

#[test]
fn the_rules_that_are_shown_are_those_of_the_example() {
    let files = ["land/work.toml", "land/east/trade.toml", "land/west/closed.toml", "land/south/costs.toml"];
    let rules: String = files.iter().map(|file| fs::read_to_string(example("combining").join(file)).unwrap()).collect();
    let shown = page("combining.md");
    let shown = blocks(&shown, "toml");
    assert_eq!(shown.len(), 8);
    for block in shown {
        assert!(rules.contains(block), "the example has no\n{block}");
    }
}

#[test]
fn links_lead_somewhere() {
    for entry in fs::read_dir(root().join("sdk/docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            let there =
                file.is_empty() || file.contains("://") || path.parent().unwrap_or(Path::new(".")).join(file).exists();
            assert!(there, "{} links to `{link}`", path.display());
        }
    }
}
