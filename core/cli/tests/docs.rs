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

/// What a tutorial does, in its order.
enum Deed<'p> {
    /// A command and what it says.
    Type(&'p str, &'p str),
    /// A part of a file.
    Look(&'p str, &'p str),
    /// A change of a file.
    Change(&'p str, &'p str),
}

/// The deeds of a page. A block of code is about the file that the text named last.
fn deeds(page: &str) -> Vec<Deed<'_>> {
    let (mut deeds, mut file) = (Vec::new(), "");
    for (at, part) in page.split("```").enumerate() {
        if at % 2 == 0 {
            let named = part.split('`').skip(1).step_by(2).filter(|name| {
                let path = Path::new(name);
                path.components().count() > 1 && path.extension().is_some_and(|e| e == "js" || e == "py" || e == "toml")
            });
            file = named.last().unwrap_or(file);
            continue;
        }
        let (language, body) = part.split_once('\n').unwrap();
        deeds.push(match language {
            "console" => {
                let (typed, shown) = body.split_once('\n').unwrap();
                Deed::Type(typed.strip_prefix("$ ").unwrap(), shown)
            }
            "diff" => Deed::Change(file, body),
            _ => Deed::Look(file, body),
        });
    }
    deeds
}

/// The lines of a change that begin with a blank or with `sign`.
fn side(change: &str, sign: char) -> String {
    let lines = change.lines().filter_map(|line| line.strip_prefix([' ', sign]));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Follows a tutorial. What it fetches and builds is kept for the next time.
fn follow(language: &str) {
    let page = page(&format!("tutorial-{language}.md"));
    let new = tempfile::tempdir().unwrap();
    let kept = root().join("target/author").join(format!("tutorial-{language}")).join("many-wages");
    let mut here = new.path().to_owned();
    let mut count = 0;
    for deed in deeds(&page) {
        count += 1;
        match deed {
            Deed::Type(command, _) if command.starts_with("cd ") => {
                for folder in ["src", "vendor", "policies"] {
                    let _ = fs::remove_dir_all(kept.join(folder));
                }
                support::copy(&here.join(&command[3..]), &kept);
                here = kept.canonicalize().unwrap();
            }
            Deed::Type(command, shown) => {
                let words: Vec<&str> = command.split(' ').collect();
                let mut run = match words[0] {
                    "maple" => maple(&words[1..]),
                    program => {
                        let mut run = std::process::Command::new(program);
                        run.args(&words[1..]);
                        run
                    }
                };
                let output = run.current_dir(&here).env_remove("MAPLE_STATE").output().unwrap();
                let (said, aside) = (support::out(&output), support::err(&output));
                if aside.contains("cannot use `") || aside.contains("cannot install what") {
                    assert!(std::env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "{aside}");
                    eprintln!("SKIPPED: {language} cannot be built here: {aside}");
                    return;
                }
                let good = !shown.contains("help: ");
                assert_eq!(output.status.success(), good, "`{command}`: {said}{aside}");
                shows(command, shown, &said);
            }
            Deed::Look(file, code) => {
                let text = fs::read_to_string(here.join("many-wages").join(file));
                let text = text.or_else(|_| fs::read_to_string(here.join(file))).unwrap();
                assert!(text.contains(code), "{file} has no\n{code}");
            }
            Deed::Change(file, change) => {
                let text = fs::read_to_string(here.join(file)).unwrap();
                let (old, new) = (side(change, '-'), side(change, '+'));
                assert_eq!(text.matches(&old).count(), 1, "{file} does not have once\n{old}");
                fs::write(here.join(file), text.replace(&old, &new)).unwrap();
            }
        }
    }
    assert!(count >= 12, "only {count} deeds");
}

#[test]
fn the_tutorial_in_javascript_does_what_it_says() {
    follow("javascript");
}

#[test]
fn the_tutorial_in_python_does_what_it_says() {
    follow("python");
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
