//! Whoever governs: suggestions tried out, versions compared, put in force and gone back from, a map of outlines.

use std::fs;

use fantoccini::{Locator, key::Key};
use serde_json::{Value, json};

use crate::{
    PHONE, axe,
    browser::{self, Browser, DESK, Looks, Served, there},
    flaws,
    leash::{self, Leashed},
    support::{copy, maple, root, text},
};

/// What the journeys of disputes of two channels are told with: one ends with an agreement far more often.
pub fn ways(served: &Served) {
    let mut all = Vec::new();
    for (channel, agreed, failed) in [("peoples_mediation", 48, 12), ("industry_mediation", 15, 45)] {
        for n in 0..agreed + failed {
            let case = format!("way-{channel}-{n}");
            let mut say = |step: usize, kind: &str, data: Value| {
                all.push(json!({
                    "specversion": "1.0", "id": format!("{case}-{step}"), "source": "/desk/2", "type": kind,
                    "subject": case, "time": format!("2026-09-{:02}T{:02}:00:00Z", 1 + step * 3, n % 24), "data": data
                }));
            };
            let about = json!({ "locality": "cn/zhejiang/ningbo", "kind": "consumer.goods" });
            say(0, "case.registered", about);
            say(1, "offer.made", json!({ "channel": channel }));
            say(2, "case.assigned", json!({ "station": "st-1", "channel": channel }));
            say(3, "mediation.started", json!({}));
            if n < agreed {
                say(4, "agreement.recorded", json!({ "form": "oral" }));
                if n % 4 != 0 {
                    say(5, "agreement.performed", json!({}));
                }
            } else {
                say(4, "mediation.failed", json!({ "reason": "too_far_apart" }));
                if n % 2 == 0 {
                    say(5, "case.filed_in_court", json!({}));
                }
            }
        }
    }
    for some in all.chunks(400) {
        let (status, body) = leash::send(
            &served.address,
            "POST /v1/events",
            "application/cloudevents-batch+json",
            &json!(some).to_string(),
        );
        assert_eq!(status, 200, "{body}");
    }
}

/// A service of its own, with another version published; the digest of that.
fn changed() -> (Served, String) {
    let served = Served::start();
    let edited = tempfile::tempdir().unwrap();
    copy(&root().join("policies"), &edited.path().join("policies"));
    let file = edited.path().join("policies/cn/zhejiang/jinhua/conference.toml");
    let before = fs::read_to_string(&file).unwrap();
    fs::write(&file, before.replacen("[[rule]]", "[[rule]]\nid = \"NEW-1\"\nsummary = { zh = \"物业先行调解\", en = \"Property disputes: mediation first\" }\nwhen = { kind = [\"property.*\"] }\nthen = [{ prefer = \"peoples_mediation\", weight = 10 }, { duty = \"first_receiver_leads\", bearer = \"county_centre\" }]\nbasis = [\"cn.jinhua.longshan_extension.1\"]\n\n[[rule]]", 1)).unwrap();
    let folder = text(&edited.path().join("policies"));
    let url = format!("http://{}", served.address);
    let done = maple(&["publish", &folder, "--json", "--server", &url]).output().unwrap();
    assert!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    (served, report["bundle"].as_str().unwrap().to_owned())
}

async fn press(browser: &Browser, css: &str) {
    browser.page.find(Locator::Css(css)).await.unwrap_or_else(|_| panic!("no `{css}`")).click().await.unwrap();
}

async fn arrives(browser: &Browser, what: &str, css: &str) {
    browser.until(what, &format!("return document.querySelector({}) !== null", json!(css))).await;
}

/// Holds the page that is shown against the checker, light and dark.
async fn sound(browser: &Browser, name: &str) {
    browser.picture(&format!("govern-{name}")).await;
    let Some(axe) = axe() else { return };
    for scheme in ["dark", "light"] {
        browser.likes(scheme).await;
        if scheme == "dark" {
            browser.picture(&format!("govern-{name}-dark")).await;
        }
        let found = flaws(browser, axe).await;
        assert!(found.is_empty(), "{name} {scheme}: {found:#?}");
    }
}

fn a_version_is_put_in_force(looks: Looks, name: &'static str) {
    if !there() {
        return;
    }
    let (served, bundle) = changed();
    let url = served.address.clone();
    browser::tried(&served, looks, "/policies?lang=en", |browser| async move {
        let link = format!("a[href='/policies/compare?to={}']", bundle.replace(':', "%3A"));
        press(&browser, &link).await;
        arrives(&browser, "what differs is told", ".piece").await;
        press(&browser, ".piece summary").await;
        let shown = "return document.querySelector('.piece[open] .draft')?.innerText.includes('NEW-1') ?? false";
        browser.until("the rule is shown", shown).await;
        sound(&browser, &format!("compare-{name}")).await;
        press(&browser, "#examine").await;
        arrives(&browser, "the gate's report is shown", "#report").await;
        let passed = "return [...document.querySelectorAll('#report .badge.stopped')].length";
        assert_eq!(browser.run(passed).await, json!(0));
        sound(&browser, &format!("report-{name}")).await;
        browser.id("why").await.send_keys("property first").await.unwrap();
        browser.hits(Key::Enter).await;
        arrives(&browser, "it serves", "#done").await;
        assert!(browser.text("done").await.contains("generation 2"));
        sound(&browser, &format!("policies-{name}")).await;

        // Somebody else was quicker: the form that was open is told so, and nothing is changed.
        browser.go("/policies/compare?to=1&lang=en").await;
        let body = json!({ "rollback": true, "replaces": 2, "why": "somebody else" }).to_string();
        let (status, said) = leash::http(&url, "POST /v1/activations", &body);
        assert_eq!(status, 201, "{said}");
        browser.id("why").await.send_keys("too late").await.unwrap();
        press(&browser, "#force").await;
        arrives(&browser, "the conflict is told", ".warn[role=alert]").await;
        let told = browser.run("return document.querySelector('.warn[role=alert]').innerText").await;
        assert!(told.as_str().unwrap().contains("generation 3 came first"), "{told}");
        sound(&browser, &format!("conflict-{name}")).await;

        browser.go("/policies/compare?to=2&lang=en").await;
        browser.id("why").await.send_keys("it was right").await.unwrap();
        press(&browser, "#force").await;
        arrives(&browser, "it serves", "#done").await;
        assert!(browser.text("done").await.contains("generation 4"));
        browser
    });
}

#[test]
fn a_version_is_compared_examined_put_in_force_and_gone_back_from_on_a_desk() {
    a_version_is_put_in_force(DESK, "desk");
}

#[test]
fn the_same_on_a_telephone() {
    a_version_is_put_in_force(PHONE, "phone");
}

fn a_version_is_tried_on_recorded_cases(looks: Looks, name: &'static str) {
    if !there() {
        return;
    }
    let (served, bundle) = changed();
    for (n, kind) in
        ["property.fee", "property.service", "labour.wage", "neighbour.nuisance"].iter().cycle().take(40).enumerate()
    {
        let case = json!({ "id": format!("t-{n}"), "locality": "cn/zhejiang/jinhua/yiwu", "kind": kind,
            "parties": [{ "role": "applicant", "type": "natural", "facts": { "consent": "yes" } },
                        { "role": "respondent", "type": "organisation", "facts": { "consent": "yes" } }],
            "facts": { "amount": "4800.00" } });
        let (status, body) = served.http("POST /v1/evaluate", &json!({ "case": case }).to_string());
        assert_eq!(status, 200, "{body}");
    }
    browser::tried(&served, looks, "/optimise?lang=en", |browser| async move {
        // From the suggestions to the page on which a bundle is tried, by keyboard.
        press(&browser, "a[href='/policies/compare#trial']").await;
        arrives(&browser, "the form is there", "#try").await;
        let chosen = format!("#candidate option[value='{bundle}']");
        press(&browser, &chosen).await;
        let count = browser.id("count").await;
        count.clear().await.unwrap();
        count.send_keys("40").await.unwrap();
        browser.hits(Key::Enter).await;
        arrives(&browser, "the cases are decided", "#tried").await;
        let said = browser.text("tried").await;
        assert!(said.contains("Decided 40 cases, of which 20 come out otherwise"), "{said}");
        let cells =
            "return [...document.querySelectorAll('#matrix td')].reduce((sum, td) => sum + Number(td.innerText), 0)";
        assert_eq!(browser.run(cells).await, json!(40), "each case is in one cell");
        let gained = browser.run("return document.querySelector('[aria-labelledby=gained-title]').innerText").await;
        assert!(gained.as_str().unwrap().contains("20"), "{gained}");
        sound(&browser, &format!("trial-{name}")).await;
        let width = browser.run("return document.documentElement.scrollWidth <= innerWidth").await;
        assert_eq!(width, json!(true), "nothing lies beside the window");
        press(&browser, "#sample a").await;
        arrives(&browser, "the decision is shown", ".steps").await;
        // In the other language the form stays.
        browser.go("/policies/compare?lang=zh").await;
        browser.id("try").await.click().await.unwrap();
        arrives(&browser, "the cases are decided", "#tried").await;
        assert!(browser.text("tried").await.contains("已决定40件"));
        browser.picture(&format!("govern-trial-zh-{name}")).await;
        browser.go("/policies?lang=en").await;
        browser
    });
}

#[test]
fn a_version_is_tried_on_recorded_cases_on_a_desk() {
    a_version_is_tried_on_recorded_cases(DESK, "desk");
}

#[test]
fn a_version_is_tried_on_recorded_cases_on_a_telephone() {
    a_version_is_tried_on_recorded_cases(PHONE, "phone");
}

#[test]
fn the_made_up_county_has_decisions_and_suggestions_to_look_at() {
    if !there() {
        return;
    }
    let served = Served::start();
    let url = format!("http://{}", served.address);
    let done = maple(&["demo", "--cases", "8000", "--to", "2026-10-31", "--server", &url]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    browser::tried(&served, DESK, "/decisions?locality=cn/demo/yuntan&lang=en", |browser| async move {
        let rows = browser.run("return document.querySelectorAll('tbody tr').length").await;
        assert_eq!(rows, json!(50), "a whole page of decisions");
        sound(&browser, "demo-decisions").await;
        press(&browser, "tbody th a").await;
        arrives(&browser, "the decision is shown", ".steps").await;
        let life = browser.run("return document.querySelectorAll('.timeline li').length").await;
        assert!(life.as_u64().is_some_and(|events| events > 0), "it leads to what happened to its case");
        for (place, says, name) in [
            ("cn", "never spoke", "country"),
            ("cn/demo/yuntan", "more often in People's mediation by a trade", "county"),
            ("cn/demo/yuntan/chengxi", "less often than elsewhere", "town"),
        ] {
            // From the first month of the county to this one, in which the decisions were made.
            let now = jiff::tz::Offset::constant(8).to_datetime(jiff::Timestamp::now()).date().to_string();
            browser.go(&format!("/optimise?locality={place}&from=2025-11&to={}&lang=en", &now[..7])).await;
            let tries = browser.run("return document.querySelector('.tries').innerText").await;
            assert!(tries.as_str().unwrap().contains(says), "{place}: {tries}");
            sound(&browser, &format!("demo-{name}")).await;
        }
        browser
    });
}

#[test]
fn a_suggestion_is_taken_into_the_playground() {
    crate::tried(DESK, "/optimise?locality=cn/zhejiang/ningbo&from=2026-09&to=2026-10&lang=en", |browser| async move {
        sound(&browser, "optimise").await;
        let says = browser.run("return document.querySelector('.tries').innerText").await;
        assert!(says.as_str().unwrap().contains("more often in"), "{says}");
        press(&browser, ".tries .button").await;
        let drafted = "return document.getElementById('table')?.value.includes('DRAFT-1') ?? false";
        browser.until("the draft is there", drafted).await;
        assert!(browser.value("case").await.contains("consumer.goods"));
        browser.settled().await;
        assert!(browser.problems("table").await.is_empty() && browser.problems("case").await.is_empty());
        browser.picture("govern-playground").await;
        browser
    });
}

/// Two made-up towns as shapes, one with a hole, and what is no place here.
const SHAPES: &str = r#"{ "type": "FeatureCollection", "features": [
  { "type": "Feature", "properties": { "locality": "cn/zhejiang/jinhua/yiwu" }, "geometry": { "type": "Polygon", "coordinates":
    [ [ [119.8, 29.1], [120.1, 29.0], [120.3, 29.2], [120.2, 29.5], [119.9, 29.4], [119.8, 29.1] ],
      [ [120.0, 29.2], [120.05, 29.2], [120.05, 29.25], [120.0, 29.2] ] ] } },
  { "type": "Feature", "properties": { "locality": "330784" }, "geometry": { "type": "MultiPolygon", "coordinates":
    [ [ [ [119.9, 28.7], [120.3, 28.7], [120.3, 29.0], [120.0, 28.95], [119.9, 28.7] ] ],
      [ [ [120.4, 28.8], [120.5, 28.8], [120.5, 28.9], [120.4, 28.8] ] ] ] } },
  { "type": "Feature", "properties": { "locality": "cn/nowhere" }, "geometry": { "type": "Polygon", "coordinates":
    [ [ [1, 1], [2, 1], [2, 2], [1, 1] ] ] } } ] }"#;

#[test]
fn outlines_are_drawn_reached_by_keyboard_and_lead_to_their_places() {
    if !there() {
        return;
    }
    let folder = leash::folder();
    let (config, map) = (folder.join("serve.toml"), folder.join("places.geojson"));
    fs::write(&map, SHAPES).unwrap();
    fs::write(&config, format!("[map]\ngeojson = {:?}\n", map.display().to_string())).unwrap();
    let database = format!("sqlite://{}/maple.sqlite", folder.display());
    let command =
        maple(&["serve", "--config", config.to_str().unwrap(), "--listen", "127.0.0.1:0", "--database", &database]);
    let (leashed, address) = Leashed::start(&command, &folder, "serving on http://");
    let served = Served::of(leashed, address);
    for (county, count) in [("yiwu", 24), ("yongkang", 13), ("lanxi", 11)] {
        for n in 0..count {
            let event = json!({
                "specversion": "1.0", "id": format!("{county}-{n}"), "source": "/desk/1", "type": "case.registered",
                "subject": format!("{county}-{n}"), "time": "2026-10-10T08:00:00Z",
                "data": { "locality": format!("cn/zhejiang/jinhua/{county}"), "kind": "labour.wage" }
            });
            assert_eq!(served.http("POST /v1/events", &event.to_string()).0, 200);
        }
    }
    let path = "/?locality=cn/zhejiang/jinhua&indicator=REGISTERED&from=2026-10&to=2026-10&lang=en";
    browser::tried(&served, DESK, path, |browser| async move {
        let drawn = "return [...document.querySelectorAll('.tiles a')].map((a) => a.getAttribute('aria-label'))";
        assert_eq!(browser.run(drawn).await, json!(["Yiwu: 24", "Yongkang: 13"]));
        let beside = "return document.querySelector('.beside').innerText.includes('Lanxi')";
        assert_eq!(browser.run(beside).await, json!(true), "what has no outline is listed");
        sound(&browser, "outlines").await;
        let focus = "return document.activeElement?.getAttribute('aria-label')?.startsWith('Yongkang') ?? false";
        for _ in 0..60 {
            if browser.run(focus).await == json!(true) {
                break;
            }
            browser.hits(Key::Tab).await;
        }
        browser.hits(Key::Enter).await;
        browser.arrives("Yongkang").await;
        browser
    });
}
