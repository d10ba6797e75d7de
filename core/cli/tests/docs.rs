//! The authors' pages hold to what the binary says: commands are run, tables shown are those of the examples, and
//! tutorials are followed from their first line to their last.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc::channel,
    time::Duration,
};

use support::{example, maple, root};

const PAGES: [&str; 6] = ["backtest.md", "checking.md", "combining.md", "explain.md", "ingest.md", "testing.md"];

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
                let folder = here.join(command.trim_start_matches("cd "));
                for part in ["src", "vendor", "policies"] {
                    let _ = fs::remove_dir_all(kept.join(part));
                }
                support::copy(&folder, &kept);
                here = kept.canonicalize().unwrap();
            }
            Deed::Type(command, shown) => {
                let words: Vec<&str> = command.split(' ').collect();
                let (program, words) = words.split_first().unwrap();
                let mut run = if *program == "maple" { maple(words) } else { Command::new(program) };
                if *program != "maple" {
                    run.args(words);
                }
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
    assert_eq!(shown.len(), 9);
    for block in shown {
        assert!(rules.contains(block), "the example has no\n{block}");
    }
}

#[test]
fn the_cases_and_the_budget_that_are_shown_are_those_of_the_example() {
    let shown = page("backtest.md");
    for (language, file) in [("csv", "cases.csv"), ("toml", "budget.toml")] {
        let shown = blocks(&shown, language);
        let file = fs::read_to_string(example("backtest").join(file)).unwrap();
        assert!(shown.len() == 1 && file.starts_with(shown[0]), "{shown:?}");
    }
}

#[test]
fn the_map_that_is_shown_reads_a_table() {
    let page = page("ingest.md");
    let maps = blocks(&page, "toml");
    assert_eq!(maps.len(), 1);
    let folder = tempfile::tempdir().unwrap();
    let [map, table] = ["map.toml", "table.csv"].map(|name| folder.path().join(name));
    fs::write(&map, maps[0]).unwrap();
    let rows = "编号,受理时间,类别,街道,地址,小区,办结时间,结果,诉求人,电话\n\
                1,2026-01-05 08:30,噪音扰民,河口镇,某路1号,某小区,2026-01-09 10:00,已办结,某某,-\n\
                2,2026/01/06,物业收费,城东街道,,,,处理中,某某,-\n3,2026/01/06,咨询,,,,,,,\n";
    fs::write(&table, rows).unwrap();
    let [map, table] = [map, table].map(|file| support::text(&file));
    let (said, _) = support::check(&["ingest", "csv", "--dry-run", "--map", &map, &table], 0);
    assert!(said.contains("3 rows: 2 taken, 1 passed over, 0 refused; 3 events"), "{said}");
}

/// Which blocks of which pages some test tries: here, in `editors.rs`, `dmn.rs` and `interchange.rs`.
const TRIED: [(&str, &[&str]); 14] = [
    ("backtest.md", &["console", "csv", "toml"]),
    ("checking.md", &["console"]),
    ("combining.md", &["console", "toml"]),
    ("dmn.md", &["sh", "json", "toml"]),
    ("editors.md", &["sh", "toml", "json", "lua", "elisp"]),
    ("explain.md", &["console"]),
    ("ingest.md", &["console", "toml"]),
    ("receivers.md", &["toml", "sh", "python"]),
    ("semver.md", &["toml"]),
    ("testing.md", &["console"]),
    ("tutorial-javascript.md", &["console", "diff", "js"]),
    ("tutorial-python.md", &["console", "diff", "python"]),
    ("tutorial-rust.md", &["console", "diff", "rust", "toml"]),
    ("tutorial-table.md", &["console", "diff", "toml"]),
];
/// Blocks that only show something (`text shown`): no more than there are now.
const SHOWN_MAX: usize = 2;

#[test]
fn every_block_of_the_pages_is_tried() {
    let pages = fs::read_dir(root().join("sdk/docs")).unwrap().map(|entry| entry.unwrap().path());
    let (mut shown, mut blocks) = (0, 0);
    for path in pages.chain([root().join("sdk/README.md")]).filter(|path| path.extension().is_some_and(|e| e == "md")) {
        let (name, text) = (path.file_name().unwrap().to_str().unwrap(), fs::read_to_string(&path).unwrap());
        let tried = TRIED.iter().find(|(page, _)| *page == name).map_or(&[][..], |(_, languages)| languages);
        let fences: Vec<&str> = text.lines().filter_map(|line| line.trim_start().strip_prefix("```")).collect();
        assert!(fences.len().is_multiple_of(2), "{name}: a block has no end");
        for language in fences.iter().step_by(2) {
            blocks += 1;
            match *language {
                "text shown" => shown += 1,
                language => assert!(tried.contains(&language), "{name}: no test tries its blocks of `{language}`"),
            }
        }
    }
    assert!(blocks >= 80 && shown <= SHOWN_MAX, "{blocks} blocks, {shown} of them only shown");
}

#[test]
fn the_rules_of_the_page_on_versions_are_rules() {
    let page = page("semver.md");
    let rules = blocks(&page, "toml");
    assert_eq!(rules.len(), 1);
    let folder = tempfile::tempdir().unwrap();
    let words =
        |dir: &str| vec!["new".to_owned(), "dated".into(), "--lang".into(), "table".into(), "--dir".into(), dir.into()];
    let new = words(&support::text(folder.path()));
    support::check(&new.iter().map(String::as_str).collect::<Vec<_>>(), 0);
    let project = folder.path().join("dated");
    fs::write(project.join("policies/cn/zhejiang/jinhua/yongkang/dated.toml"), format!("{}\n", rules[0])).unwrap();
    let (said, _) = support::check(&["check", &support::text(&project)], 0);
    assert!(said.contains(": 0 errors"), "{said}");
}

/// The list of codes on the page is the list that the binary has, with what each means.
#[test]
fn every_code_of_a_problem_is_on_its_page() {
    let page = page("checking.md");
    let (_, list) = page.split_once("\n## Every code\n").unwrap();
    let rows = list.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "));
    let mut listed: Vec<(&str, &str)> = rows.collect();
    listed.sort_unstable();
    assert_eq!(listed, maple_bundle::CODES.to_vec());
}

/// The case that the page pastes is the one that it shows.
#[test]
fn the_case_that_is_pasted_is_the_one_that_is_told() {
    let case = fs::read_to_string(example("checking").join("witness.json")).unwrap();
    assert!(page("checking.md").contains(&format!("\n{}\n", case.trim_end())), "the page does not tell {case}");
}

#[test]
fn links_lead_somewhere() {
    let pages = fs::read_dir(root().join("sdk/docs")).unwrap().map(|entry| entry.unwrap().path());
    let readmes = ["README.md", "sdk/README.md", "core/README.md", "core/cli/README.md"].map(|name| root().join(name));
    for path in pages.chain(readmes) {
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

/// A page that is followed: a folder that its commands change.
struct Tutorial {
    folder: tempfile::TempDir,
    /// Where the reader is.
    here: PathBuf,
    /// What was used of the page.
    used: usize,
}

impl Tutorial {
    /// Does what a page says, block by block.
    fn follow(name: &str) -> usize {
        let folder = tempfile::tempdir().unwrap();
        let mut tutorial = Self { here: folder.path().to_owned(), folder, used: 0 };
        let text = page(name);
        let blocks: Vec<&str> = text.split("\n```").collect();
        assert!(blocks.len() % 2 == 1, "{name}: a block has no end");
        for block in blocks.iter().skip(1).step_by(2) {
            let (language, block) = block.split_once('\n').unwrap();
            match language {
                "console" => tutorial.console(block),
                "diff" => tutorial.change(block),
                "toml" | "rust" => assert!(tutorial.lies_in_a_file(block), "{name}: no file has\n{block}"),
                other => panic!("{name}: nobody tries a block of `{other}`"),
            }
            tutorial.used += 1;
        }
        tutorial.used
    }

    fn command(&self, typed: &str) -> Command {
        let words: Vec<&str> = typed.strip_prefix("maple ").unwrap().split_whitespace().collect();
        let mut command = maple(&words);
        command.current_dir(&self.here).env("RUST_LOG", "error");
        // What was compiled before need not be compiled again.
        command.env("MAPLE_STATE", root().join("target/maple")).env("CARGO_TARGET_DIR", root().join("target/author"));
        command
    }

    fn console(&mut self, block: &str) {
        for part in format!("\n{block}").split("\n$ ").skip(1) {
            let (typed, shown) = part.split_once('\n').unwrap_or((part, ""));
            if let Some(folder) = typed.strip_prefix("cd ") {
                self.here = self.here.join(folder);
                assert!(self.here.is_dir() && shown.is_empty(), "{typed}");
            } else if typed == "maple serve" {
                self.serve(typed, shown);
            } else {
                let output = self.command(typed).output().unwrap();
                let said = support::out(&output);
                let wrong = ["FAILED", "error["].iter().any(|word| shown.contains(word));
                assert_eq!(output.status.code(), Some(wrong.into()), "{typed}: {said}{}", support::err(&output));
                shows(typed, shown, &said);
            }
        }
    }

    /// Serves until the last line that is shown, and looks at the page that it names.
    fn serve(&self, typed: &str, shown: &str) {
        let database = format!("sqlite://{}/maple.sqlite", self.folder.path().display());
        let mut command = self.command(typed);
        command.env("MAPLE_LISTEN", "127.0.0.1:0").env("MAPLE_DATABASE", database);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let (sender, heard) = channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let (mut said, mut page) = (String::new(), None);
        while let Ok(line) = heard.recv_timeout(Duration::from_secs(60)) {
            said += &format!("{line}\n");
            if let Some((_, address)) = line.split_once("http://").filter(|(_, rest)| rest.ends_with("/playground")) {
                page = Some(address.trim_end_matches("/playground").to_owned());
                break;
            }
        }
        let status = page.as_deref().map(status_of_the_playground);
        child.kill().and_then(|()| child.wait()).unwrap();
        assert_eq!(status.as_deref(), Some("HTTP/1.1 200 OK"), "{said}");
        shows(typed, shown, &said.replace(&page.unwrap(), "127.0.0.1:8080"));
    }

    /// Takes the lines with `-` out of the file that the first line names, and puts those with `+` in.
    fn change(&self, block: &str) {
        let (name, lines) = block.strip_prefix("--- ").and_then(|rest| rest.split_once('\n')).unwrap();
        let side = |mark: char| -> String {
            let lines = lines.lines().filter_map(|line| line.strip_prefix(mark).or_else(|| line.strip_prefix(' ')));
            lines.map(|line| format!("{line}\n")).collect()
        };
        let file = self.here.join(name);
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.matches(&side('-')).count(), 1, "{name} has not once\n{}\n{text}", side('-'));
        fs::write(file, text.replacen(&side('-'), &side('+'), 1)).unwrap();
    }

    fn lies_in_a_file(&self, block: &str) -> bool {
        let mut waiting = vec![self.here.join("policies"), self.here.join("src")];
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                waiting.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            } else if fs::read_to_string(path).is_ok_and(|text| text.contains(block)) {
                return true;
            }
        }
        false
    }
}

fn status_of_the_playground(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET /playground HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn the_tutorial_for_tables_can_be_followed() {
    assert!(Tutorial::follow("tutorial-table.md") >= 15);
}

#[test]
fn the_tutorial_for_rust_can_be_followed() {
    assert!(Tutorial::follow("tutorial-rust.md") >= 14);
}
