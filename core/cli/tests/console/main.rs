//! The console, as people use it: in a browser, by mouse and by keyboard, against the real server and the shipped policies.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails, and the harness serves other pages, too"
)]

mod board;
#[path = "../playground/browser.rs"]
mod browser;
mod govern;
#[path = "../playground/leash.rs"]
mod leash;
#[path = "../support/mod.rs"]
mod support;

use std::{env, fs, future::Future, process::Command, sync::OnceLock};

use browser::{Browser, DESK, DRIVER, Looks, Served, there};
use fantoccini::{
    Locator,
    actions::{InputSource, KeyAction, KeyActions},
    key::Key,
};
use leash::Leashed;
use serde_json::{Value, json};
use support::maple;

const PHONE: Looks = Looks { language: "zh-CN", width: 360, height: 740 };
/// A sheet of A4 between its margins, by 96 points an inch.
const PAPER: Looks = Looks { language: "zh-CN", width: 720, height: 1000 };
const CHINESE: Looks = Looks { language: "zh-CN", ..DESK };
/// A case whose decision is known.
const CASE: &str = "a-1";
/// How often Tab is pressed at most before something is reached.
const TABS_MAX: usize = 60;
/// The checker of accessibility, a development tool that is no part of the program.
const AXE: &str = "axe-core@4.14.1";

/// The service with some cases and a decision, whose id comes with it.
fn filled() -> &'static (Served, String) {
    static FILLED: OnceLock<(Served, String)> = OnceLock::new();
    FILLED.get_or_init(|| {
        let served = Served::start();
        let tell = |case: &str, step: usize, kind: &str, data: Value| {
            let month = if step.is_multiple_of(2) { "2026-09" } else { "2026-10" };
            let event = json!({
                "specversion": "1.0", "id": format!("{case}-{kind}"), "source": "/desk/1", "type": kind,
                "subject": case, "time": format!("{month}-1{}T08:00:00Z", kind.len() % 10), "data": data
            });
            let (status, body) = served.http("POST /v1/events", &event.to_string());
            assert!([200, 202].contains(&status), "{body}");
        };
        let case = json!({ "id": CASE, "locality": "cn/zhejiang/jinhua/yiwu", "kind": "labour.wage",
            "parties": [{ "role": "applicant", "type": "natural", "facts": { "consent": "yes" } },
                        { "role": "respondent", "type": "organisation", "facts": { "consent": "yes" } }],
            "facts": { "amount": "48000.00", "people": 14 } });
        let (status, body) = served.http("POST /v1/evaluate", &json!({ "case": case }).to_string());
        assert_eq!(status, 200, "{body}");
        let reply: Value = serde_json::from_str(&body).unwrap();
        let decision = reply["decision"]["id"].as_str().unwrap().to_owned();
        for (county, count) in [("yiwu", 24), ("yongkang", 22), ("lanxi", 13)] {
            for n in 0..count {
                let case = format!("{county}-{n}");
                let place = format!("cn/zhejiang/jinhua/{county}");
                tell(&case, n, "case.registered", json!({ "locality": place, "kind": "labour.wage" }));
                tell(&case, n, "mediation.started", json!({}));
            }
        }
        let about = json!({ "locality": "cn/zhejiang/jinhua/yiwu", "kind": "labour.wage", "decision": decision });
        tell(CASE, 0, "case.registered", about);
        govern::ways(&served);
        board::seed(&served);
        (served, decision)
    })
}

/// Does something in a browser, where there is one.
fn tried<T: Future<Output = Browser>>(looks: Looks, path: &str, test: impl FnOnce(Browser) -> T) {
    if there() {
        browser::tried(&filled().0, looks, path, test);
    }
}

impl Browser {
    async fn press_link(&self, text: &str) {
        self.page
            .find(Locator::LinkText(text))
            .await
            .unwrap_or_else(|_| panic!("no link `{text}`"))
            .click()
            .await
            .unwrap();
    }

    async fn heading(&self) -> String {
        self.page.find(Locator::Css("h1")).await.unwrap().text().await.unwrap()
    }

    /// Waits for a page with this heading.
    async fn arrives(&self, heading: &str) {
        let script = format!("return document.querySelector('h1')?.innerText.includes({}) ?? false", json!(heading));
        self.until(&format!("the page `{heading}` is there"), &script).await;
    }

    /// Presses a key as a hand does, whatever has the focus.
    async fn hits(&self, key: Key) {
        let value = char::from(key);
        let strokes = KeyActions::new("keys".to_owned()).then(KeyAction::Down { value }).then(KeyAction::Up { value });
        self.page.perform_actions(strokes).await.unwrap();
    }

    /// Has the page believe that its reader likes it dark, or light.
    async fn likes(&self, scheme: &str) {
        let id = self.page.session_id().await.unwrap().unwrap();
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let body = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        let request = format!("POST /session/{id}/goog/cdp/execute");
        let (status, said) = leash::http(&DRIVER.address, &request, &body.to_string());
        assert_eq!(status, 200, "{said}");
    }

    /// Has the page believe that it is on paper, or on a screen again.
    async fn on(&self, media: &str) {
        let id = self.page.session_id().await.unwrap().unwrap();
        let body = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "media": media } });
        let request = format!("POST /session/{id}/goog/cdp/execute");
        let (status, said) = leash::http(&DRIVER.address, &request, &body.to_string());
        assert_eq!(status, 200, "{said}");
    }

    async fn press_tile(&self, place: &str) {
        let tile = self.page.find(Locator::Css(&format!("a.tile[aria-label^='{place}'] .name"))).await.unwrap();
        tile.click().await.unwrap();
        self.arrives(place).await;
    }
}

#[test]
fn a_reader_goes_from_the_map_to_a_decision_and_has_it_made_again() {
    tried(DESK, "/?from=2026-09&to=2026-10", |browser| async move {
        assert!(browser.heading().await.starts_with("China"));
        browser.press_tile("Zhejiang").await;
        browser.press_tile("Jinhua").await;
        browser.id("indicator").await.select_by_value("REGISTERED").await.unwrap();
        browser.page.find(Locator::Css(".filters button")).await.unwrap().click().await.unwrap();
        browser.until("the indicator is shown", "return document.querySelector('.value')?.innerText === '60'").await;
        let here = browser.page.current_url().await.unwrap();
        assert!(here.query().unwrap().contains("from=2026-09"), "the period stays: {here}");
        // An indicator of the table leads to itself, with what belongs to it.
        browser.press_link("Suits per 10,000 inhabitants").await;
        browser.until("it is shown", "return document.querySelector('.pairs h3') !== null").await;
        browser.picture("console-overview").await;

        browser.press_link("Cases here").await;
        browser.arrives("Cases").await;
        browser.press_link(CASE).await;
        browser.arrives(CASE).await;
        let decision = &filled().1;
        browser.press_link(decision).await;
        browser.until("the decision is shown", "return document.querySelector('.steps') !== null").await;
        browser.id("replay").await.click().await.unwrap();
        browser.until("it is made again", "return document.querySelector('.again.same') !== null").await;
        assert!(browser.text("again-title").await.contains("the same"));
        browser.picture("console-decision").await;
        browser
    });
}

#[test]
fn the_keyboard_is_enough() {
    tried(DESK, "/", |browser| async move {
        browser.hits(Key::Tab).await;
        assert_eq!(browser.focus().await, "skip");
        browser.hits(Key::Enter).await;
        let focus = "return document.activeElement?.getAttribute('aria-label')?.startsWith('Zhejiang') ?? false";
        let mut tabs = 0;
        while browser.run(focus).await != json!(true) {
            tabs += 1;
            assert!(tabs < TABS_MAX, "no tile is reached by Tab");
            browser.hits(Key::Tab).await;
        }
        browser.hits(Key::Enter).await;
        browser.arrives("Zhejiang").await;
        browser
    });
}

#[test]
fn the_language_goes_with_the_reader() {
    tried(DESK, "/policies", |browser| async move {
        browser.press_link("中文").await;
        browser.arrives("规则").await;
        browser.press_link("案件").await;
        browser.arrives("案件").await;
        let language = "return document.documentElement.lang";
        assert_eq!(browser.run(language).await, json!("zh-CN"));
        browser.press_link("English").await;
        browser.arrives("Cases").await;
        browser.go("/decisions").await;
        assert_eq!(browser.run(language).await, json!("en"));
        browser
    });
}

#[test]
fn what_is_wrong_with_a_question_is_told_on_the_page() {
    tried(DESK, "/cases", |browser| async move {
        browser.id("place").await.send_keys("Yiw").await.unwrap();
        browser.hits(Key::Enter).await;
        browser
            .until("the field is named", "return document.querySelector('.flaws code')?.innerText === 'locality'")
            .await;
        browser.go("/cases").await;
        browser.id("place").await.send_keys("Yiwu").await.unwrap();
        browser.hits(Key::Enter).await;
        browser.arrives("Yiwu").await;
        browser
    });
}

#[test]
fn whoever_signs_in_sees_their_part_until_they_sign_out() {
    if !there() {
        return;
    }
    let folder = leash::folder();
    let (config, database) = (folder.join("serve.toml"), format!("sqlite://{}/maple.sqlite", folder.display()));
    fs::write(&config, "authentication = \"required\"\n").unwrap();
    let config = config.to_str().unwrap();
    let command = maple(&["serve", "--config", config, "--listen", "127.0.0.1:0", "--database", &database]);
    let (leashed, address) = Leashed::start(&command, &folder, "serving on http://");
    let served = Served::of(leashed, address);
    let make = ["tokens", "create", "--name", "reader", "--role", "auditor", "--scope", "cn/zhejiang/**", "--json"];
    let made = maple(&[&make[..], &["--database", &database]].concat()).output().unwrap();
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let token = made["token"].as_str().unwrap().to_owned();
    browser::tried(&served, DESK, "/session?to=/cases", |browser| async move {
        browser.id("token").await.send_keys(&token).await.unwrap();
        browser.hits(Key::Enter).await;
        browser.arrives("Cases").await;
        assert!(browser.heading().await.contains("Zhejiang"), "whoever reads a part begins with it");
        browser.page.find(Locator::Css(".leave button")).await.unwrap().click().await.unwrap();
        browser.arrives("Sign in").await;
        assert!(browser.page.get_named_cookie("maple-session").await.is_err());
        browser
    });
}

fn pages() -> Vec<String> {
    let map = "/?locality=cn/zhejiang/jinhua&from=2026-09&to=2026-10";
    let ways = "/optimise?locality=cn/zhejiang/ningbo&from=2026-09&to=2026-10";
    [
        ways.to_owned(),
        format!("{ways}&kind=consumer.goods"),
        "/optimise".to_owned(),
        "/policies/compare".to_owned(),
        map.to_owned(),
        format!("{map}&indicator=LIT_PER_10K"),
        format!("{map}&indicator=REGISTERED"),
    ]
    .into_iter()
    .chain(["/", "/cases", "/decisions", "/policies", "/session", "/cases?stage=none"].map(str::to_owned))
    .chain([format!("/cases/{CASE}"), format!("/decisions/{}", filled().1)])
    .collect()
}

#[test]
fn a_telephone_shows_every_page_whole() {
    whole("console", pages);
}

#[test]
fn a_telephone_shows_the_board_and_the_desk_whole() {
    whole("board", board::pages);
}

/// Holds that nothing of pages lies beside the window of a telephone.
fn whole(name: &str, pages: impl Fn() -> Vec<String>) {
    tried(PHONE, "/", |browser| async move {
        for language in ["zh", "en"] {
            for (at, path) in pages().into_iter().enumerate() {
                browser.go(&spoken(&path, language)).await;
                let width = browser.run("return document.documentElement.scrollWidth").await;
                assert_eq!(width, json!(PHONE.width), "{path} {language}");
                browser.picture(&format!("{name}-phone-{language}-{at}")).await;
            }
        }
        browser
    });
}

/// What of a page would not come onto paper as it should.
const UNPRINTED: &str = "const wrong = [];
    for (const one of document.querySelectorAll('.rooms, .tools, .skip, .filters, .foot, .take, .pages, .act, .live'))
      if (getComputedStyle(one).display !== 'none') wrong.push(`shown: ${one.className}`);
    for (const one of document.querySelectorAll('.scroll'))
      if (getComputedStyle(one).overflowX !== 'visible') wrong.push('a table that scrolls');
    for (const one of document.querySelectorAll('main table')) {
      if (one.closest('.act, .filters, .live, .sheet')) continue;
      if (!one.checkVisibility()) wrong.push(`hidden: ${one.caption?.innerText}`);
      const edge = one.getBoundingClientRect().right;
      if (edge > document.documentElement.clientWidth + 1) wrong.push(`cut at ${edge}: ${one.caption?.innerText}`);
    }
    return wrong;";

#[test]
fn what_is_printed_has_every_table_whole_and_nothing_to_press() {
    tried(PAPER, "/", |browser| async move {
        browser.on("print").await;
        let mut found = Vec::new();
        for language in ["zh", "en"] {
            for (at, path) in pages().into_iter().chain(board::pages()).enumerate() {
                let path = spoken(&path, language);
                browser.go(&path).await;
                let wrong: Vec<String> = serde_json::from_value(browser.run(UNPRINTED).await).unwrap();
                found.extend(wrong.into_iter().map(|one| format!("{path}: {one}")));
                browser.picture(&format!("console-print-{language}-{at}")).await;
            }
        }
        browser.on("").await;
        assert!(found.is_empty(), "{found:#?}");
        browser
    });
}

/// A page in a language.
fn spoken(path: &str, language: &str) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}lang={language}")
}

/// The checker, where npm brings it. Where services are required, it must.
fn axe() -> Option<&'static str> {
    static SOURCE: OnceLock<Option<String>> = OnceLock::new();
    let source = SOURCE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut npm = Command::new("npm");
        npm.args([
            "install",
            "--no-save",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--prefix",
        ]);
        let installed = npm.arg(folder.path()).arg(AXE).output().is_ok_and(|output| output.status.success());
        let source = fs::read_to_string(folder.path().join("node_modules/axe-core/axe.min.js")).ok();
        let source = source.filter(|_| installed);
        if source.is_none() {
            let message = format!("npm does not bring {AXE} here: accessibility was not checked");
            assert!(env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "{message}");
            eprintln!("{message}");
        }
        source
    });
    source.as_deref()
}

/// What the checker says against the page that is shown.
async fn flaws(browser: &Browser, axe: &str) -> Vec<String> {
    browser.run(axe).await;
    let run = "const done = arguments[arguments.length - 1]; axe.run(document, { resultTypes: ['violations'] })\
        .then((found) => done(found.violations.map((v) => \
            `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html + ' ' + (n.any[0]?.message ?? '')).join(' | ')}`)))\
        .catch((error) => done([String(error)]))";
    serde_json::from_value(browser.page.execute_async(run, Vec::new()).await.unwrap()).unwrap()
}

fn accessible(looks: Looks, name: &str, pages: impl Fn() -> Vec<String>) {
    if !there() {
        return;
    }
    let Some(axe) = axe() else { return };
    tried(looks, "/", |browser| async move {
        let mut found = Vec::new();
        for scheme in ["light", "dark"] {
            browser.likes(scheme).await;
            for (at, path) in pages().into_iter().enumerate() {
                browser.go(&path).await;
                found.extend(flaws(&browser, axe).await.into_iter().map(|flaw| format!("{path} {scheme}: {flaw}")));
                browser.picture(&format!("{name}-{scheme}-{at}")).await;
            }
        }
        browser.likes("light").await;
        assert!(found.is_empty(), "{found:#?}");
        browser
    });
}

#[test]
fn nothing_is_said_against_the_pages_on_a_desk() {
    accessible(CHINESE, "console", pages);
}

#[test]
fn nothing_is_said_against_the_pages_in_english() {
    accessible(DESK, "console-en", pages);
}

#[test]
fn nothing_is_said_against_the_pages_on_a_telephone() {
    accessible(PHONE, "console-phone", pages);
}

#[test]
fn nothing_is_said_against_the_board_and_the_desk_in_chinese() {
    accessible(CHINESE, "board-zh", board::pages);
}

#[test]
fn nothing_is_said_against_the_board_and_the_desk_in_english() {
    accessible(DESK, "board-en", board::pages);
}

#[test]
fn nothing_is_said_against_the_board_and_the_desk_on_a_telephone() {
    accessible(PHONE, "board-small", board::pages);
}
