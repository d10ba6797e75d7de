//! The playground, as an author uses it: in a browser, against the real server and the shipped policies.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

#[allow(dead_code, reason = "pages of the console are tried with it, too")]
mod browser;
mod leash;
#[path = "../support/mod.rs"]
mod support;

use std::{collections::BTreeSet, future::Future, sync::OnceLock};

use browser::{Browser, DESK, Looks, Served, there};
use fantoccini::key::Key;
use serde_json::{Value, json};

const PHONE: Looks = Looks { language: "en-US", width: 375, height: 740 };
const CHINESE: Looks = Looks { language: "zh-CN", ..DESK };

fn served() -> &'static Served {
    static SERVED: OnceLock<Served> = OnceLock::new();
    SERVED.get_or_init(Served::start)
}

/// Does something in a browser, where there is one.
fn tried<T: Future<Output = Browser>>(looks: Looks, test: impl FnOnce(Browser) -> T) {
    if there() {
        browser::tried(served(), looks, "/playground", test);
    }
}

fn examples() -> Vec<Value> {
    let (status, body) = served().http("GET /playground/examples.json", "");
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

fn table(example: &Value) -> String {
    example["table"].as_array().unwrap().iter().map(|line| format!("{}\n", line.as_str().unwrap())).collect()
}

/// Steps are told by title, so that a test reads like the page.
const MEDIATION: &str = "Labour mediation · County";

#[test]
fn every_example_is_decided_and_shows_its_rule_at_work() {
    for example in examples() {
        let id = example["id"].as_str().unwrap();
        let mut question = example["question"].clone();
        question["table"] = json!(table(&example));
        question["explain"] = json!(true);
        let (status, body) = served().http("POST /v1/preview", &question.to_string());
        assert_eq!(status, 200, "{id}: {body}");
        let reply: Value = serde_json::from_str(&body).unwrap();
        let brought = reply["brought"].as_array().unwrap();
        let policies = reply["explanation"]["policies"].as_array().unwrap();
        let mine = policies.iter().filter(|policy| brought.contains(&policy["policy"]));
        let claims = mine.flat_map(|policy| policy["claims"].as_array()).map(Vec::len).sum::<usize>();
        assert!(claims > 0, "{id}: the table says nothing about its own case");
        for text in ["title", "note"] {
            assert!(["zh", "en"].iter().all(|l| example[text][l].as_str().is_some_and(|t| !t.is_empty())), "{id}");
        }
    }
}

#[test]
fn every_example_can_be_chosen() {
    tried(DESK, |browser| async move {
        for example in examples() {
            let id = example["id"].as_str().unwrap();
            browser.id("examples").await.select_by_value(id).await.unwrap();
            browser.settled().await;
            assert_eq!(browser.value("table").await, table(&example), "{id}");
            let question: Value = serde_json::from_str(&browser.value("case").await).unwrap();
            assert_eq!(question, example["question"], "{id}");
            assert_eq!(browser.text("note").await, example["note"]["en"].as_str().unwrap());
            assert!(browser.problems("table").await.is_empty() && browser.problems("case").await.is_empty(), "{id}");
            assert!(!browser.steps().await.is_empty(), "{id}");
            let outcome = browser.text("decision").await;
            assert!(outcome.contains("Your table makes"), "{id}: {outcome}");
            browser.picture(&format!("example-{id}")).await;
        }
        browser
    });
}

#[test]
fn typing_a_rule_changes_the_decision() {
    tried(DESK, |browser| async move {
        assert!(browser.steps().await[0].starts_with(MEDIATION), "{:?}", browser.steps().await);
        assert!(browser.text("decision").await.contains("14 people are concerned, so the county mediates."));
        browser.change("case", "\"people\": 14", "\"people\": 2").await;
        assert!(!browser.steps().await.iter().any(|step| step.starts_with(MEDIATION)), "{:?}", browser.steps().await);
        assert!(browser.text("decision").await.contains("Your table says nothing"));

        // By hand: one key after the other, the answer follows.
        browser.write("table", "").await;
        browser.id("table").await.click().await.unwrap();
        let rule = "[[rule]]\nid = \"H1\"\nsummary = { zh = \"先调\", en = \"Mediate first\" }\n\
                    then = [{ offer = \"labour_mediation\", body = \"county\", due = \"3 days\", from = \"acceptance\" }]\n\
                    basis = [\"cn.labour_mediation_arbitration.14\"]\n";
        browser.press(rule).await;
        let mine = "return document.querySelector('.step.mine .due')?.textContent.includes('within 3 days') ?? false";
        browser.until("the typed rule speaks", mine).await;
        assert!(browser.steps().await.iter().any(|step| step.starts_with(MEDIATION)), "{:?}", browser.steps().await);
        assert_eq!(browser.value("table").await, rule);
        browser
    });
}

#[test]
fn a_mistake_is_shown_at_its_line_and_a_click_leads_there() {
    tried(DESK, |browser| async move {
        browser.change("table", "people = { above", "poeple = { above").await;
        let told = browser.problems("table").await;
        assert_eq!(told, ["line 5 there is no fact poeple; did you mean people? unknown-fact"]);
        assert_eq!(browser.marked("table").await, [5]);
        assert_eq!(browser.text("table-tally").await, "1 problem");
        assert!(browser.steps().await[0].starts_with(MEDIATION), "the decision before stays");
        assert_eq!(browser.text("state").await, "This is the decision before the change");
        browser.picture("mistake").await;

        browser.page.find(fantoccini::Locator::Css("#table-problems button")).await.unwrap().click().await.unwrap();
        let selected =
            "const a = document.activeElement; return [a.id, a.value.slice(a.selectionStart, a.selectionEnd)]";
        assert_eq!(browser.run(selected).await, json!(["table", "poeple"]));
        browser.press("people").await;
        browser.until("it is mended", "return !document.querySelector('#table-problems button')").await;
        browser.settled().await;
        assert!(browser.marked("table").await.is_empty());
        assert!(browser.text("state").await.ends_with(" ms"));
        browser
    });
}

#[test]
fn mistakes_of_both_texts_are_shown_together() {
    tried(DESK, |browser| async move {
        browser.change("table", "\"labour_mediation\"", "\"labour_meditation\"").await;
        browser.change("case", "\"labour.wage\"", "\"labour.wages\"").await;
        let (table, case) = (browser.problems("table").await, browser.problems("case").await);
        assert!(table[0].starts_with("line 7 there is no channel labour_meditation"), "{table:?}");
        assert!(case[0].starts_with("line 4") && case[0].contains("labour.wages"), "{case:?}");
        assert_eq!((browser.marked("table").await, browser.marked("case").await), (vec![7], vec![4]));
        browser.id("zh").await.click().await.unwrap();
        let table = browser.problems("table").await;
        assert_eq!(table, ["第7行 没有这一途径：labour_meditation；是否为labour_mediation？ unknown-channel"]);
        assert_eq!(browser.text("case-tally").await, "1处问题");
        browser.picture("mistakes-zh").await;
        browser
    });
}

#[test]
fn a_case_that_is_not_json_or_lacks_something_is_told_at_its_line() {
    tried(DESK, |browser| async move {
        let whole = browser.value("case").await;
        for (from, to, line, said) in [
            ("\"counter\",", "\"counter\"", 6, ", or } is needed"),
            ("\"people\": 14", "\"people\": \"14\"", 21, "people"),
            ("\"people\": 14", "\"peopel\": 14", 21, "peopel"),
            ("\"kind\": \"labour.wage\",\n", "", 2, "kind"),
            ("\"cn/zhejiang/jinhua/yongkang\"", "\"cn/zhejiang/jinhua/yongkan\"", 3, "yongkang"),
            ("{\n  \"case\"", "{ \"case\" ,\n ", 1, ": is needed"),
        ] {
            let lines_before = whole.split("\"people\"").next().unwrap().lines().count() as u64;
            let line = if line == 21 { lines_before } else { line };
            browser.write("case", &whole.replacen(from, to, 1)).await;
            let told = browser.problems("case").await;
            assert_eq!(told.len(), 1, "{to}: {told:?}");
            assert!(told[0].contains(said) && told[0].starts_with(&format!("line {line} ")), "{to}: {told:?}");
            assert_eq!(browser.marked("case").await, [line], "{to}");
        }
        for text in ["", "[]", "{}", "no"] {
            browser.write("case", text).await;
            assert_eq!(browser.problems("case").await.len(), 1, "`{text}`");
        }
        browser
    });
}

#[test]
fn the_page_speaks_the_language_of_the_browser_and_remembers_another() {
    tried(CHINESE, |browser| async move {
        assert_eq!(browser.run("return document.documentElement.lang").await, "zh-CN");
        assert_eq!(browser.page.title().await.unwrap(), "规则试验台 · 枫桥");
        assert!(browser.text("decision").await.contains("可以走的路，按先后"));
        assert!(browser.text("account").await.contains("如何得出"));
        browser.picture("zh").await;
        browser.id("en").await.click().await.unwrap();
        assert!(browser.text("decision").await.contains("The way, in this order"));
        assert_eq!(browser.id("en").await.attr("aria-pressed").await.unwrap().as_deref(), Some("true"));
        browser.go("/playground").await;
        assert_eq!(browser.run("return document.documentElement.lang").await, "en");
        assert!(browser.text("account").await.contains("How it came about"));
        browser
    });
}

/// Titles, not codes: nothing but codes set as code, names of rules and texts that are typed is in the other language.
#[test]
fn a_decision_is_told_in_one_language() {
    tried(CHINESE, |browser| async move {
        let script = "const page = document.getElementById('panel-decision').cloneNode(true); \
                      page.querySelectorAll('code, .number, .because, .became, .says').forEach((e) => e.remove()); \
                      return page.textContent";
        for example in examples() {
            browser.id("examples").await.select_by_value(example["id"].as_str().unwrap()).await.unwrap();
            browser.settled().await;
            let text = browser.run(script).await.as_str().unwrap().to_owned();
            let latin = text.split(|c: char| !c.is_ascii_alphabetic());
            let words: BTreeSet<&str> =
                latin.filter(|word| word.len() > 5 && word.chars().all(|c| c.is_ascii_lowercase())).collect();
            // Words of a source that is cited as it is.
            let allowed = BTreeSet::from(["extended", "reported"]);
            let odd: Vec<_> = words.difference(&allowed).collect();
            assert!(odd.is_empty(), "{}: {odd:?}", example["id"]);
        }
        browser
    });
}

#[test]
fn the_keyboard_alone_is_enough() {
    tried(DESK, |browser| async move {
        let tab = Key::Tab.to_string();
        let mut passed = Vec::new();
        browser.run("document.activeElement.blur()").await;
        for _ in 0..8 {
            browser.press(&tab).await;
            passed.push(browser.focus().await);
            let ring = "const s = getComputedStyle(document.activeElement.closest('.editor') ?? document.activeElement); \
                        return s.outlineStyle !== 'none' || s.boxShadow !== 'none'";
            assert_eq!(browser.run(ring).await, true, "nothing shows that {:?} has the focus", passed.last());
        }
        assert_eq!(passed, ["skip", "examples", "share", "zh", "en", "table", "case", "tab-decision"]);

        // Tabs are one stop; arrows move within.
        browser.press(&Key::Right.to_string()).await;
        assert_eq!(browser.focus().await, "tab-json");
        assert!(browser.text("json").await.contains("\"outcome\": \"route\""));
        assert!(!browser.id("decision").await.is_displayed().await.unwrap());
        for next in ["copy-json", "copy-curl", "json"] {
            browser.press(&tab).await;
            assert_eq!(browser.focus().await, next);
        }
        browser.id("tab-json").await.send_keys(&Key::Home.to_string()).await.unwrap();
        assert_eq!(browser.focus().await, "tab-decision");
        assert!(browser.id("decision").await.is_displayed().await.unwrap());

        // The law behind a step opens without a mouse.
        browser.run("document.querySelector('button.law').focus()").await;
        browser.press(&Key::Enter.to_string()).await;
        browser
            .until("the article is shown", "return Boolean(document.querySelector('.article p')?.textContent)")
            .await;

        // The link past the editors leads past them.
        browser.run("document.querySelector('.skip').focus()").await;
        browser.press(&Key::Enter.to_string()).await;
        assert_eq!(browser.focus().await, "answer");
        browser
    });
}

#[test]
fn what_is_new_is_said_aloud_once() {
    tried(DESK, |browser| async move {
        assert!(
            browser
                .run("return document.getElementById('live').textContent")
                .await
                .as_str()
                .unwrap()
                .starts_with("Decision: ")
        );
        browser.change("table", "people =", "poeple =").await;
        let said = browser.run("return document.getElementById('live').textContent").await;
        assert_eq!(said, "1 problem. line 5: there is no fact `poeple`; did you mean `people`?");
        assert_eq!(browser.id("table").await.attr("aria-invalid").await.unwrap().as_deref(), Some("true"));
        assert_eq!(browser.id("case").await.attr("aria-invalid").await.unwrap().as_deref(), Some("false"));
        browser
    });
}

#[test]
fn every_control_has_a_name_and_every_field_a_label() {
    tried(DESK, |browser| async move {
        let nameless = "return [...document.querySelectorAll('button, select, textarea, a, [role=tablist], pre')] \
                        .filter((e) => !(e.textContent.trim() || e.ariaLabel || e.labels?.length)).map((e) => e.outerHTML)";
        assert_eq!(browser.run(nameless).await, json!([]));
        let labels = "return ['table', 'case', 'examples'].map((id) => document.getElementById(id).labels[0].innerText.split('\\n')[0])";
        assert_eq!(browser.run(labels).await, json!(["Rule table", "Case", "Example"]));
        browser
    });
}

#[test]
fn a_link_holds_both_texts_and_sends_them_to_nobody() {
    tried(DESK, |browser| async move {
        browser.change("case", "\"people\": 14", "\"people\": 12").await;
        browser.change("table", "七日内", "\u{1f341}七日内").await;
        let (table, case) = (browser.value("table").await, browser.value("case").await);
        browser.id("share").await.click().await.unwrap();
        browser.until("the link is there", "return location.hash.length > 100").await;
        let link = browser.run("return location.href").await.as_str().unwrap().to_owned();
        let (path, hash) = link.split_once('#').unwrap();
        assert!(path.ends_with("/playground") && hash.contains("lang=en"), "{link}");
        browser.run("sessionStorage.clear(); localStorage.clear()").await;
        browser.page.goto("about:blank").await.unwrap();
        browser.go(&format!("/playground#{hash}")).await;
        assert_eq!((browser.value("table").await, browser.value("case").await), (table, case));
        assert!(browser.text("decision").await.contains("12 people are concerned"));
        let elsewhere = "return performance.getEntriesByType('resource').map((e) => new URL(e.name)) \
                         .filter((url) => url.origin !== location.origin || url.href.includes('lang=')).map(String)";
        assert_eq!(browser.run(elsewhere).await, json!([]));
        // A link that was cut short opens the page as it is.
        browser.page.goto("about:blank").await.unwrap();
        browser.go(&format!("/playground#{}", &hash[..hash.len() - 20])).await;
        assert!(browser.steps().await[0].starts_with(MEDIATION));
        browser
    });
}

#[test]
fn what_was_written_outlives_a_reload() {
    tried(DESK, |browser| async move {
        browser.change("case", "\"people\": 14", "\"people\": 13").await;
        browser.page.refresh().await.unwrap();
        browser.until("the page is ready", "return document.getElementById('state').dataset.state === 'fresh'").await;
        assert!(browser.value("case").await.contains("\"people\": 13"));
        assert_eq!(browser.value("examples").await, "");
        browser
    });
}

#[test]
fn an_answer_that_comes_too_late_is_not_shown() {
    tried(DESK, |browser| async move {
        // The next preview is slow; what is typed meanwhile counts.
        let slow = "const real = window.fetch; window.late = 0; window.fetch = async (path, init) => { \
                    const answer = await real(path, init); \
                    if (path === 'v1/preview' && window.late++ === 0) await new Promise((go) => window.go = go); \
                    return answer; }";
        browser.run(slow).await;
        let script = "const area = document.getElementById('case'); \
                      area.value = area.value.replace(/\"people\": \\d+/, arguments[0]); \
                      area.dispatchEvent(new Event('input', { bubbles: true }))";
        browser.page.execute(script, vec![json!("\"people\": 21")]).await.unwrap();
        browser.until("the slow one is under way", "return Boolean(window.go)").await;
        browser
            .until("it shows that it waits", "return document.getElementById('state').dataset.state === 'pending'")
            .await;
        assert!(browser.text("decision").await.contains("14 people"), "the answer before stays");
        browser.page.execute(script, vec![json!("\"people\": 22")]).await.unwrap();
        let seen = "window.seen = []; new MutationObserver(() => window.seen.push(document.getElementById('decision').innerText)) \
                    .observe(document.getElementById('decision'), { childList: true }); window.go()";
        browser.run(seen).await;
        browser.until("the last one is shown", "return document.body.innerText.includes('22 people')").await;
        assert_eq!(browser.run("return window.seen.some((text) => text.includes('21 people'))").await, false);
        browser
    });
}

#[test]
fn a_server_that_is_away_is_told_and_found_again() {
    tried(DESK, |browser| async move {
        browser.run("window.real = window.fetch; window.fetch = () => Promise.reject(new TypeError('away'))").await;
        browser.change("case", "\"people\": 14", "\"people\": 15").await;
        assert_eq!(browser.text("state").await, "The server cannot be reached; trying again…");
        browser.run("window.fetch = window.real").await;
        browser.until("it is found again", "return document.body.innerText.includes('15 people')").await;
        browser
    });
}

#[test]
fn copies_are_what_they_say() {
    tried(DESK, |browser| async move {
        let catch = "navigator.clipboard.writeText = async (text) => { window.copied = text; }";
        browser.run(catch).await;
        browser.change("table", "so the county mediates", "so it's the county's").await;
        browser.id("tab-json").await.click().await.unwrap();
        browser.id("copy-json").await.click().await.unwrap();
        let copied = browser.run("return window.copied").await;
        let reply: Value = serde_json::from_str(copied.as_str().unwrap()).unwrap();
        assert_eq!(reply["decision"]["outcome"], "route");
        browser.id("copy-curl").await.click().await.unwrap();
        let line = browser.run("return window.copied").await.as_str().unwrap().to_owned();
        assert!(line.starts_with("curl -s http://127.0.0.1:"), "{line}");
        let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
        let again: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert_eq!(again["decision"]["steps"], reply["decision"]["steps"]);
        browser
    });
}

#[test]
fn nothing_is_wider_than_a_telephone() {
    tried(PHONE, |browser| async move {
        let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        for language in ["zh", "en"] {
            browser.id(language).await.click().await.unwrap();
            for example in examples() {
                browser.id("examples").await.select_by_value(example["id"].as_str().unwrap()).await.unwrap();
                browser.settled().await;
                assert_eq!(browser.run(wide).await, 0, "{language} {}", example["id"]);
            }
            browser.picture(&format!("phone-{language}")).await;
        }
        browser
    });
}

/// Every painted line stands where the same line of the text area stands, also where lines wrap.
#[test]
fn painted_lines_lie_under_the_typed_ones() {
    tried(DESK, |browser| async move {
        let long = format!("# {}\n", "很长的一行 with words and 数字 123 ".repeat(40));
        let text = format!("{long}{}\n{long}", "x = 1\n".repeat(30));
        browser.write("table", &text).await;
        let heights = "const pane = document.getElementById('table-pane'); const area = document.getElementById('table'); \
                       area.style.height = '0'; const typed = area.scrollHeight; area.style.height = ''; \
                       return [typed, pane.querySelector('.lines').scrollHeight]";
        let heights: Vec<f64> = serde_json::from_value(browser.run(heights).await).unwrap();
        assert!((heights[0] - heights[1]).abs() <= 1.0, "{heights:?}");
        browser
    });
}

#[test]
fn a_table_of_thousands_of_rules_is_taken() {
    tried(DESK, |browser| async move {
        let rule = |n: usize| {
            format!(
                "[[rule]]\nid = \"B{n}\"\nsummary = {{ zh = \"第{n}条\", en = \"Rule {n}\" }}\n\
                 when = {{ people = {{ min = {n}, max = {n} }} }}\n\
                 then = [{{ offer = \"labour_mediation\", body = \"county\" }}]\n\
                 basis = [\"cn.labour_mediation_arbitration.14\"]\n"
            )
        };
        let rules: String = (1..=2_000).map(rule).collect();
        browser.write("table", &rules).await;
        assert!(browser.text("decision").await.contains("Rule 14"));
        browser
    });
}
