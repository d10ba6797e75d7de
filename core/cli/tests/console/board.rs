//! The risk board and the station desk, as a duty officer and a clerk use them.

use std::sync::OnceLock;

use fantoccini::Locator;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::{
    PHONE,
    browser::{Browser, DESK, Served},
    filled, tried,
};

/// Where somebody works.
const DESK_PLACE: &str = "cn/zhejiang/jinhua/wuyi";

fn event(case: &str, step: i64, kind: &str, data: Value) -> Value {
    let time = Timestamp::now().checked_sub((240 - step).minutes()).unwrap();
    json!({
        "specversion": "1.0", "id": format!("{case}-{step}"), "source": "/desk/2", "type": kind, "subject": case,
        "time": time.to_string(), "data": data
    })
}

fn tell(served: &Served, event: &Value) {
    let (status, body) = served.http("POST /v1/events", &event.to_string());
    assert!([200, 202].contains(&status), "{body}");
}

/// Disputes of a kind about the same thing; so many raise a warning.
fn cluster(served: &Served, name: &str, place: &str, kind: &str, about: (&str, &str), count: usize) {
    for n in 0..count {
        let mut data = json!({ "locality": place, "kind": kind });
        data[about.0] = json!(about.1);
        tell(served, &event(&format!("{name}-{n}"), 0, "case.registered", data));
    }
}

fn waits(served: &Served, case: &str, kind: &str) {
    tell(served, &event(case, 0, "case.registered", json!({ "locality": DESK_PLACE, "kind": kind })));
    let yes = json!({ "party": "respondent", "consent": "yes" });
    tell(served, &event(case, 1, "consent.recorded", yes));
}

/// A case that waits, whose decision names a limit of the law for those who serve the parties: the court's seven days.
fn limited(served: &Served, case: &str) {
    let [knew, filed] = [300, 2].map(|days| Timestamp::now().checked_sub((24 * days).hours()).unwrap().to_string());
    let asked = json!({ "id": case, "locality": DESK_PLACE, "kind": "labour.wage",
        "parties": [{ "role": "applicant", "type": "natural", "facts": { "consent": "yes" } },
                    { "role": "respondent", "type": "organisation", "facts": { "consent": "yes" } }],
        "facts": { "amount": "8000.00", "knew_on": &knew[..10], "court_filed_on": &filed[..10], "court_accepted": true } });
    let (status, body) = served.http("POST /v1/evaluate", &json!({ "case": asked }).to_string());
    assert_eq!(status, 200, "{body}");
    let reply: Value = serde_json::from_str(&body).unwrap();
    let decision = &reply["decision"]["id"];
    let about = json!({ "locality": DESK_PLACE, "kind": "labour.wage", "decision": decision });
    tell(served, &event(case, 0, "case.registered", about));
    tell(served, &event(case, 1, "consent.recorded", json!({ "party": "respondent", "consent": "yes" })));
}

/// Warnings, stations and cases that wait.
pub fn seed(served: &Served) {
    let jinhua = |town: &str| format!("cn/zhejiang/jinhua/{town}");
    cluster(served, "gym", &jinhua("yiwu"), "consumer.prepaid", ("organisation", "gym-1"), 6);
    cluster(served, "site", &jinhua("dongyang"), "labour.wage", ("organisation", "site-1"), 3);
    cluster(served, "yard", &jinhua("lanxi"), "neighbour.nuisance", ("place", "yard-1"), 2);
    let row = |id: &str, skills: Value, leave: Value| {
        json!({ "id": id, "station": "st-wuyi", "skills": skills, "kinds": [], "capacity": 2, "cadence_days": 7,
                "leave": leave })
    };
    let today = Timestamp::now().to_string();
    let away = json!([{ "from": &today[..10], "to": &today[..10] }]);
    let roster = json!({
        "stations": [{ "id": "st-wuyi", "locality": DESK_PLACE }],
        "mediators": [
            row("m-1", json!(["labour"]), json!([])),
            row("m-2", json!(["labour", "lang_en"]), away),
            { "id": "m-3", "station": "st-wuyi", "kinds": ["family.*"], "capacity": 3, "cadence_days": 7 },
        ],
    });
    let (status, body) = served.http("POST /v1/stations", &roster.to_string());
    assert_eq!(status, 200, "{body}");
    for n in 0..4 {
        waits(served, &format!("w-{n}"), "labour.wage");
    }
    waits(served, "w-7", "housing.lease");
    limited(served, "w-9");
    let until = std::time::Instant::now() + crate::browser::PATIENCE;
    loop {
        let (_, body) = served.http("GET /v1/insight/risk?locality=cn/zhejiang/jinhua", "");
        let board: Value = serde_json::from_str(&body).unwrap();
        let codes: Vec<&str> =
            board["groups"]["signal"].as_array().into_iter().flatten().filter_map(|row| row["id"].as_str()).collect();
        if ["organisation_cluster", "wage_arrears_cluster", "repeat_dispute"].iter().all(|code| codes.contains(code)) {
            return;
        }
        assert!(std::time::Instant::now() < until, "no warning comes: {board}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// The pages that are held to what all pages keep.
pub fn pages() -> Vec<String> {
    let plan = plan();
    [
        "/risk",
        "/risk?locality=cn/zhejiang/jinhua&level=orange",
        "/risk?state=handled",
        "/station?locality=cn/zhejiang/jinhua/wuyi",
        "/station/intake",
        "/station/intake?locality=cn/zhejiang/jinhua/wuyi&kind=labour.wage",
        &plan,
    ]
    .map(str::to_owned)
    .into()
}

/// The page of a plan that nobody accepts.
fn plan() -> String {
    static PLAN: OnceLock<String> = OnceLock::new();
    let made = PLAN.get_or_init(|| {
        let question = json!({ "locality": DESK_PLACE, "horizon_days": 3 });
        let (status, body) = filled().0.http("POST /v1/plan", &question.to_string());
        assert_eq!(status, 201, "{body}");
        let plan: Value = serde_json::from_str(&body).unwrap();
        format!("/station/plan/{}", plan["id"].as_str().unwrap())
    });
    made.clone()
}

impl Browser {
    /// Presses a button of the card with a title.
    async fn answers(&self, title: &str, button: &str) {
        let path = format!("//li[contains(@class,'card')][.//h3[.='{title}']]//button[.='{button}']");
        self.page.find(Locator::XPath(&path)).await.unwrap_or_else(|_| panic!("no `{button}`")).click().await.unwrap();
    }

    async fn chooses(&self, id: &str, value: &str) {
        self.id(id).await.select_by_value(value).await.unwrap();
    }

    async fn shows(&self, text: &str) {
        let script = format!("return document.querySelector('main').innerText.includes({})", json!(text));
        self.until(&format!("`{text}` is shown"), &script).await;
    }

    async fn has(&self, text: &str) -> bool {
        let script = format!("return document.querySelector('main').innerText.includes({})", json!(text));
        self.run(&script).await == json!(true)
    }
}

#[test]
fn a_duty_officer_filters_takes_up_and_closes_a_warning() {
    tried(DESK, "/risk?locality=cn/zhejiang/jinhua", |browser| async move {
        browser.picture("board-risk").await;
        browser.go("/risk?locality=cn/zhejiang/jinhua/yiwu").await;
        browser.chooses("level", "orange").await;
        browser.chooses("kind", "consumer.prepaid").await;
        browser.page.find(Locator::Css(".filters button")).await.unwrap().click().await.unwrap();
        let title = "Many complaints against one organisation";
        browser.until("only that is shown", "return document.querySelectorAll('.card').length === 1").await;
        assert!(browser.has("6 disputes").await && browser.has("County centre").await);
        browser.answers(title, "I am at it").await;
        browser.until("it is said", "return document.querySelector('.done') !== null").await;
        assert!(browser.has("somebody is at it").await);
        browser.answers(title, "It is handled").await;
        browser.shows("No warning is like this.").await;
        assert!(browser.has("Yiwu: handled").await, "the filters stay, and it is said what was done");
        browser.chooses("state", "handled").await;
        browser.page.find(Locator::Css(".filters button")).await.unwrap().click().await.unwrap();
        browser.until("it is over", "return document.querySelectorAll('.card .badge.on').length === 1").await;
        browser
    });
}

#[test]
fn a_new_warning_is_told_while_the_board_is_shown() {
    tried(DESK, "/risk?locality=cn/zhejiang/jinhua/pujiang", |browser| async move {
        let live = "return document.getElementById('live').dataset.state === 'live'";
        browser.until("the page listens", live).await;
        assert!(!browser.has("new warning").await);
        let served = &filled().0;
        cluster(served, "spa", "cn/zhejiang/jinhua/pujiang", "consumer.prepaid", ("organisation", "spa-1"), 5);
        browser
            .until("it is told", "return document.getElementById('fresh-count').textContent === '1 new warning'")
            .await;
        // What is elsewhere is not told.
        cluster(served, "pool", "cn/zhejiang/jinhua/panan", "consumer.prepaid", ("organisation", "pool-1"), 5);
        browser.picture("board-live").await;
        browser.id("fresh").await.click().await.unwrap();
        browser.until("it is shown", "return document.querySelectorAll('.card').length === 1").await;
        assert_eq!(browser.text("fresh-count").await, "What is new is shown");
        // Somebody else takes it up: the card says so by itself.
        let id = browser.run("return document.querySelector('.card').id").await;
        let take = format!("POST /v1/signals/{}", id.as_str().unwrap());
        assert_eq!(served.http(&take, r#"{ "state": "acknowledged" }"#).0, 200);
        browser.shows("somebody is at it").await;
        let (at, count) =
            ("document.getElementById('open-count').innerText", "document.querySelectorAll('.card').length");
        assert_eq!(browser.run(&format!("return [{at}, {count}]")).await, json!(["1", 1]));
        // Somebody ends it: the card stays until it is asked for, and can no longer be pressed.
        assert_eq!(served.http(&take, r#"{ "state": "false_alarm" }"#).0, 200);
        browser.until("it is over", "return document.querySelector('.card.gone button:disabled') !== null").await;
        browser
    });
}

#[test]
fn a_page_that_finds_no_place_says_that_it_is_not_live() {
    tried(DESK, "/risk", |browser| async move {
        let live = "return document.getElementById('live').dataset.state === 'live'";
        browser.until("the page listens", live).await;
        browser.go("/cases").await;
        let address = filled().0.address.clone();
        let listen = || {
            use std::io::{BufRead, BufReader, Write};
            let mut stream = std::net::TcpStream::connect(&address).unwrap();
            write!(stream, "GET /risk/live HTTP/1.1\r\nhost: {address}\r\n\r\n").unwrap();
            let mut line = String::new();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
            (stream, line.contains("200"))
        };
        let mut held = Vec::new();
        // As many as there are places; the page's own may take a moment to be free.
        while let (stream, true) = listen() {
            held.push(stream);
        }
        assert!(held.len() >= 47, "{}", held.len());
        browser.go("/risk").await;
        browser.shows("Not live now").await;
        drop(held);
        browser.run("document.dispatchEvent(new Event('visibilitychange'))").await;
        browser.until("it listens again", live).await;
        // What the browser noted of the refusal is no fault of the page.
        let _ = browser.noted().await;
        browser
    });
}

#[test]
fn a_clerk_takes_in_a_case_and_reads_what_may_be_refused() {
    tried(DESK, "/station?locality=cn/zhejiang/jinhua/yiwu", |browser| async move {
        browser.chooses("kind", "labour.wage").await;
        browser.chooses("source", "counter").await;
        browser.page.find(Locator::XPath("//button[.='Go on to the facts']")).await.unwrap().click().await.unwrap();
        browser.arrives("Somebody comes in").await;
        browser.picture("board-intake-form").await;
        browser.id("f-fact-people").await.send_keys("many").await.unwrap();
        browser.id("ask").await.click().await.unwrap();
        browser.until("the field is named", "return document.querySelector('#w-fact-people') !== null").await;
        let people = browser.id("f-fact-people").await;
        people.clear().await.unwrap();
        people.send_keys("14").await.unwrap();
        browser.chooses("f-applicant-consent", "yes").await;
        browser.id("ask").await.click().await.unwrap();
        browser.until("there is an answer", "return document.querySelector('#answer .steps') !== null").await;
        assert!(browser.has("What one may refuse").await && browser.has("The parties' rights").await);
        assert_eq!(browser.value("f-fact-people").await, "14", "what was told stays");
        browser.picture("board-intake").await;
        browser
    });
}

#[test]
fn a_plan_is_proposed_read_and_accepted() {
    tried(DESK, &format!("/station?locality={DESK_PLACE}"), |browser| async move {
        browser.picture("board-station").await;
        assert!(browser.has("st-wuyi").await && browser.has("w-0").await);
        let limits = "return [...document.querySelectorAll('.compared dd')].map((one) => one.innerText)[2]";
        assert_ne!(browser.run(limits).await, json!("none known"));
        browser.id("propose").await.click().await.unwrap();
        browser.arrives("Who takes what").await;
        assert!(browser.has("waits for a person").await && browser.has("m-1").await);
        assert!(browser.has("In time; days left").await, "the limit of its decision is known to the plan");
        browser.picture("board-plan").await;
        browser.id("accept").await.click().await.unwrap();
        browser.until("it is done", "return document.querySelector('.done') !== null").await;
        assert!(browser.has("assigned").await);
        browser.picture("board-plan-accepted").await;
        browser.press_link("Station · Wuyi").await;
        browser.shows("accepted").await;
        browser
    });
}

#[test]
fn a_telephone_is_enough_to_close_a_warning() {
    tried(PHONE, "/risk?locality=cn/zhejiang/jinhua/dongyang&lang=zh", |browser| async move {
        browser.answers("欠薪苗头", "认领").await;
        browser.until("it is said", "return document.querySelector('.done') !== null").await;
        browser.picture("board-phone").await;
        browser
    });
}
