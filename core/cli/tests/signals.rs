//! Early signals of cases whose events are told: which are raised, at which edge, and when they end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{fs, path::Path, thread, time::Duration};

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::Offset};
use serde_json::{Value, json};
use support::{Server, asked, check, maple, started, text};

const CHINA: Offset = Offset::constant(8);

/// A server whose clock brings nothing by itself.
struct Desk {
    server: Server,
    now: Timestamp,
    told: std::cell::Cell<u32>,
}

/// What is raised: rule, level, what it is about, how many cases are behind it.
type Raised = (String, String, String, i64);

/// What happened, how many days ago, and what is said of it.
type Happened = (&'static str, i64, Value);

impl Desk {
    fn start(folder: &Path, tick: bool) -> Self {
        let database = format!("sqlite://{}", text(&folder.join("maple.sqlite")));
        let config = folder.join("maple.toml");
        let keys = ["signing-key", "reference-key"].map(|key| format!("{key} = {:?}\n", text(&folder.join(key))));
        fs::write(&config, format!("{}tick = {tick}\n", keys.concat())).unwrap();
        let words = ["serve", "--listen", "127.0.0.1:0", "--config", &text(&config), "--database", &database];
        let server = started(maple(&words));
        // Days are counted from today: nobody wants midnight in between.
        let now = loop {
            let now = Timestamp::now();
            let time = CHINA.to_datetime(now).time();
            if (time.hour(), time.minute() / 55) != (23, 1) {
                break now;
            }
            thread::sleep(Duration::from_secs(10));
        };
        Self { server, now, told: std::cell::Cell::new(0) }
    }

    fn ask(&self, head: &str, body: &Value) -> (u16, Value) {
        asked(&self.server.address, "", head, &body.to_string()).unwrap()
    }

    /// So many days ago, and so many minutes after that.
    fn ago(&self, days: i64, minutes: i64) -> Timestamp {
        let at = self.now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap();
        at.checked_add(SignedDuration::from_mins(minutes)).unwrap().min(self.now)
    }

    fn day(&self, days_ago: i64) -> Date {
        CHINA.to_datetime(self.now).date().checked_sub(days_ago.days()).unwrap()
    }

    fn tell_at(&self, case: &str, kind: &str, at: Timestamp, data: &Value) -> (u16, Value) {
        let number = self.told.get() + 1;
        self.told.set(number);
        let event = json!({
            "specversion": "1.0", "id": format!("e-{number}"), "source": "/desk", "type": kind, "subject": case,
            "time": at.to_string(), "data": data
        });
        self.ask("POST /v1/events", &event)
    }

    fn tell(&self, case: &str, kind: &str, at: Timestamp, data: &Value) {
        let (status, told) = self.tell_at(case, kind, at, data);
        assert_eq!((status, &told["status"]), (200, &json!("applied")), "{case} {kind} {told}");
    }

    /// A loan between two people, registered so many days ago; then what happened. Two places have them in turn, so that
    /// neither has unusually many.
    fn loan(&self, case: &str, days: i64, then: &[Happened]) {
        let place = if case.len().is_multiple_of(2) { "330784" } else { "330782" };
        self.register(case, self.ago(days, 0), &json!({ "locality": place, "kind": "contract.loan_private" }));
        for (at, (kind, days, data)) in then.iter().enumerate() {
            self.tell(case, kind, self.ago(*days, i64::try_from(at).unwrap() + 1), data);
        }
    }

    fn register(&self, case: &str, at: Timestamp, data: &Value) {
        self.tell(case, "case.registered", at, data);
    }

    fn tick(&self) -> String {
        check(&["tick", "--server", &self.server.url()], 0).0
    }

    fn signals(&self) -> Vec<Value> {
        let (status, page) = self.ask("GET /v1/signals?all=true&count=1000", &Value::Null);
        assert_eq!(status, 200, "{page}");
        page["signals"].as_array().unwrap().clone()
    }

    fn raised(&self) -> Vec<Raised> {
        let mut all: Vec<Raised> = self.signals().iter().map(told).collect();
        all.sort();
        all
    }

    /// Of these rules alone: others speak in their season, and localities have their own.
    fn raised_of(&self, rules: &[&str]) -> Vec<Raised> {
        let mut all = self.raised();
        all.retain(|one| rules.contains(&one.0.as_str()));
        all
    }

    fn one(&self, rule: &str) -> Value {
        let mut all = self.signals();
        all.retain(|signal| signal["rule"] == rule);
        assert_eq!(all.len(), 1, "{rule}: {all:?}");
        all.remove(0)
    }
}

fn told(signal: &Value) -> Raised {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let sort = text(&signal["subject"]["type"]);
    // Organisations, places and projects are hashes.
    let about = if ["organisation", "place", "project"].contains(&sort.as_str()) {
        sort
    } else {
        text(&signal["subject"]["ref"])
    };
    (text(&signal["rule"]), text(&signal["level"]), about, signal["cases"].as_i64().unwrap())
}

fn raised(rule: &str, level: &str, about: &str, cases: i64) -> Raised {
    (rule.to_owned(), level.to_owned(), about.to_owned(), cases)
}

fn written(due: Option<Date>) -> Value {
    match due {
        Some(day) => json!({ "form": "written", "due_on": day.to_string() }),
        None => json!({ "form": "written" }),
    }
}

/// Mediation that began so many days ago.
fn mediated(days: i64) -> Vec<Happened> {
    vec![("case.assigned", days, json!({ "station": "s-1" })), ("mediation.started", days, json!({}))]
}

/// An agreement of so many days ago.
fn agreed(days: i64, due: Option<Date>) -> Vec<Happened> {
    let mut all = mediated(days);
    all.push(("agreement.recorded", days, written(due)));
    all
}

#[test]
fn a_case_is_reminded_of_its_own_times_and_one_day_earlier_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(folder.path(), false);
    let with = |mut all: Vec<Happened>, more: &[Happened]| {
        all.extend(more.iter().cloned());
        all
    };
    let yes = json!({ "granted": true });
    let confirmed = [("confirmation.filed", 600, json!({})), ("confirmation.decided", 599, yes)];
    let none = json!({});
    let rows: Vec<(&str, Vec<Happened>)> = vec![
        ("s05", agreed(20, None)),
        ("s05-early", agreed(19, None)),
        ("s05-four", agreed(26, None)),
        ("s05-three", agreed(27, None)),
        ("s05-oral", with(mediated(20), &[("agreement.recorded", 20, json!({ "form": "oral" }))])),
        ("s05-asked", with(agreed(20, None), &[("confirmation.filed", 19, none.clone())])),
        ("s06", agreed(10, Some(desk.day(3)))),
        ("s06-early", agreed(10, Some(desk.day(2)))),
        ("s06-done", with(agreed(10, Some(desk.day(3))), &[("agreement.performed", 2, none.clone())])),
        ("s06-more", agreed(18, Some(desk.day(15)))),
        ("s06-sued", with(agreed(10, Some(desk.day(3))), &[("case.filed_in_court", 2, none.clone())])),
        ("s07", with(agreed(660, Some(desk.day(640))), &confirmed)),
        ("s07-early", with(agreed(660, Some(desk.day(639))), &confirmed)),
        ("s08", mediated(25)),
        ("s08-early", mediated(24)),
        ("s08-failed", with(mediated(25), &[("mediation.failed", 1, json!({ "reason": "too_far_apart" }))])),
        ("s08-again", {
            let failed = ("mediation.failed", 40, json!({ "reason": "too_far_apart" }));
            with(with(mediated(60), &[failed]), &mediated(25))
        }),
    ];
    for (case, then) in &rows {
        desk.loan(case, then[0].1, then);
    }
    assert_eq!(desk.raised(), [], "nothing is looked at before somebody asks for it");
    desk.tick();
    let wanted = [
        raised("S05", "blue", "s05", 1),
        raised("S05", "blue", "s05-four", 1),
        raised("S05", "yellow", "s05-three", 1),
        raised("S06", "blue", "s06", 1),
        raised("S06", "yellow", "s06-more", 1),
        raised("S06", "yellow", "s07", 1),
        raised("S06", "yellow", "s07-early", 1),
        raised("S07", "blue", "s07", 1),
        // That it went to court after the agreement is told as what it is.
        raised("S17", "blue", "s-1", 1),
    ];
    let found = desk.raised();
    let (mediation, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.0 == "S08");
    assert_eq!(others, wanted);
    assert_eq!(mediation, [raised("S08", "blue", "s08", 1), raised("S08", "blue", "s08-again", 1)]);
    // Nothing happened, so nothing is told again.
    let before = desk.signals();
    assert_eq!(desk.tick(), "0 cases looked at, 0 signals new or changed, 0 more urgent\n");
    assert_eq!(desk.signals(), before);

    // What is done ends by itself; what somebody has handled is not told again of the same time.
    let id = |case: &str| {
        let all = desk.signals();
        let one = all.iter().find(|signal| signal["subject"]["ref"] == case).unwrap();
        one["id"].as_str().unwrap().to_owned()
    };
    let (handled, done) = (id("s08"), id("s06"));
    let head = format!("POST /v1/signals/{handled}");
    assert_eq!(desk.ask(&head, &json!({ "state": "handled" })).0, 200);
    desk.tell("s06", "agreement.performed", desk.now, &none);
    desk.tell("s08", "consent.recorded", desk.now, &json!({ "party": "respondent", "consent": "yes" }));
    desk.tick();
    let of = |id: &str| desk.ask(&format!("GET /v1/signals/{id}"), &Value::Null).1;
    assert_eq!((&of(&done)["state"], &of(&handled)["state"]), (&json!("expired"), &json!("handled")));
    assert_eq!(desk.signals().len(), before.len());
}

#[test]
fn limitation_is_told_at_its_days_and_ends_before_a_court() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(folder.path(), false);
    let day = |days: i64| json!(desk.day(days).to_string());
    let knew = |days: i64| json!({ "knew_on": day(days) });
    let again = |days: i64| json!({ "knew_on": day(2_000), "interrupted_on": day(days) });
    let left = |days: i64| json!({ "employment_ended_on": day(days) });
    let rows = [
        ("three-91", "contract.sale", knew(1_004), None),
        ("three-90", "contract.sale", knew(1_005), Some("blue")),
        ("three-31", "contract.sale", knew(1_064), Some("blue")),
        ("three-30", "contract.sale", knew(1_065), Some("yellow")),
        ("three-8", "contract.sale", knew(1_087), Some("yellow")),
        ("three-7", "contract.sale", knew(1_088), Some("orange")),
        ("three-over", "contract.sale", knew(1_130), None),
        ("again-30", "contract.sale", again(1_065), Some("yellow")),
        ("again-7", "contract.sale", again(1_088), Some("orange")),
        ("again-begun", "contract.sale", again(100), None),
        ("one-91", "labour.termination", knew(274), None),
        ("one-90", "labour.termination", knew(275), Some("blue")),
        ("one-31", "labour.termination", knew(334), Some("blue")),
        ("one-30", "labour.termination", knew(335), Some("yellow")),
        ("left-8", "labour.wage", left(357), Some("yellow")),
        ("left-7", "labour.wage", left(358), Some("orange")),
        ("left-over", "labour.wage", left(400), None),
        ("at-work", "labour.wage", json!({ "interrupted_on": day(358), "still_employed": true }), None),
        ("done", "labour.termination", json!({ "knew_on": day(358), "labour_arbitration_done": true }), None),
        ("court", "contract.sale", knew(1_088), None),
        ("closed", "contract.sale", knew(1_088), None),
    ];
    for (case, kind, facts, _) in &rows {
        desk.register(case, desk.ago(1, 0), &json!({ "locality": "330784", "kind": kind, "facts": facts }));
    }
    desk.tell("court", "case.filed_in_court", desk.ago(0, 0), &json!({}));
    desk.tell("closed", "case.closed", desk.ago(0, 0), &json!({ "level": "town" }));
    desk.tick();
    let told = rows.iter().filter_map(|(case, _, _, level)| Some(raised("S04", (*level)?, case, 1)));
    let mut wanted: Vec<Raised> = told.collect();
    wanted.sort();
    assert_eq!(desk.raised_of(&["S04"]), wanted);
    // Nothing is told twice, and what goes to court ends by itself.
    assert_eq!(desk.tick(), "0 cases looked at, 0 signals new or changed, 0 more urgent\n");
    desk.tell("three-7", "case.filed_in_court", desk.now, &json!({}));
    desk.tick();
    let states = desk.signals();
    let state = |case: &str| states.iter().find(|one| one["subject"]["ref"] == case).unwrap()["state"].clone();
    assert_eq!((state("three-7"), state("again-7")), (json!("expired"), json!("raised")));
}

#[test]
fn what_a_registration_says_of_the_case_is_told_once_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(folder.path(), false);
    let rows = [
        ("ten", json!({ "kind": "contract.sale", "facts": { "people": 10 } })),
        ("nine", json!({ "kind": "contract.sale", "facts": { "people": 9 } })),
        ("closure", json!({ "kind": "labour.termination", "project": "p-1", "facts": { "project_event": "closure" } })),
        ("missed", json!({ "kind": "labour.wage", "project": "p-2", "facts": { "payroll_missed": true } })),
        ("paid", json!({ "kind": "labour.wage", "project": "p-3", "facts": { "payroll_missed": false } })),
        ("workers", json!({ "kind": "labour.wage", "organisation": "f-1", "facts": { "workers_org_30d": 10 } })),
        ("few", json!({ "kind": "labour.wage", "organisation": "f-2", "facts": { "workers_org_30d": 9 } })),
    ];
    for (case, told) in &rows {
        let mut told = told.clone();
        told["locality"] = json!("330784");
        desk.register(case, desk.ago(1, 0), &told);
    }
    desk.tick();
    let wanted = [
        raised("S01", "orange", "organisation", 1),
        raised("S01", "yellow", "project", 1),
        raised("S13", "yellow", "ten", 1),
        raised("S14", "yellow", "project", 1),
    ];
    assert_eq!(desk.raised_of(&["S01", "S13", "S14"]), wanted);
    // What is no fact of the case, or of somebody in it, is refused by name, and nothing is kept.
    let person = json!({ "locality": "330784", "kind": "contract.sale", "facts": { "age_band": "adult" } });
    let (status, refused) = desk.tell_at("person", "case.registered", desk.now, &person);
    assert_eq!((status, &refused["errors"][0]["pointer"]), (422, &json!("/data/facts/age_band")), "{refused}");
    assert_eq!(desk.ask("GET /v1/cases/person", &Value::Null).0, 404);
    // What was told is shown with the event, as it was.
    let (_, case) = desk.ask("GET /v1/cases/ten", &Value::Null);
    assert_eq!(case["events"][0]["event"]["data"]["facts"], json!({ "people": 10 }));
}

#[test]
fn what_is_told_in_the_wrong_order_is_found_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(folder.path(), false);
    let none = json!({});
    let told = |kind: &str, about: &str, which: &str| {
        let mut data = json!({ "locality": "330784", "kind": kind });
        data[about] = json!(which);
        data
    };
    // Days ago, the last first; each is looked at before the next is told. The last told reaches no line by itself.
    for (rule, data, days) in [
        ("s01", told("labour.wage", "organisation", "f-1"), vec![1, 29, 15]),
        ("s02", told("consumer.prepaid", "organisation", "f-2"), vec![1, 80, 20, 89, 50]),
        ("s03", told("neighbour.nuisance", "place", "p-1"), vec![1, 179]),
        ("s15", told("traffic.injury", "place", "p-2"), vec![1, 7]),
        ("few", told("labour.wage", "organisation", "f-3"), vec![1, 32, 15]),
    ] {
        for (n, days) in days.into_iter().enumerate() {
            desk.register(&format!("{rule}-{n}"), desk.ago(days, 0), &data);
            desk.tick();
        }
    }
    // Suits, of cases that came over years.
    for n in 0..10 {
        let case = format!("s12-{n}");
        desk.register(&case, desk.ago(91 * (n + 2), 0), &told("contract.sale", "organisation", "f-4"));
        desk.tell(&case, "case.filed_in_court", desk.ago(n + 1, 0), &none);
        desk.tick();
    }
    desk.tick();
    let wanted = [
        raised("S01", "orange", "organisation", 3),
        raised("S02", "orange", "organisation", 5),
        raised("S03", "yellow", "place", 2),
        raised("S12", "yellow", "organisation", 10),
        raised("S15", "yellow", "place", 2),
    ];
    assert_eq!(desk.raised_of(&["S01", "S02", "S03", "S12", "S15"]), wanted);
    // What else comes late joins what is there.
    desk.register("s01-more", desk.ago(5, 0), &told("labour.wage", "organisation", "f-1"));
    desk.tick();
    desk.tick();
    assert_eq!(desk.one("S01")["cases"], 4);
}

#[test]
fn calls_suits_and_failures_of_service_are_told_when_they_happen() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(folder.path(), false);
    let place = |kind: &str, source: &str| json!({ "locality": "330784", "kind": kind, "source": source });
    let none = json!({});
    // Three calls within seven days, the one that it came by included; with eight days between the first and the last, two.
    for (case, source, days) in [("calls", "police_110", 6), ("two", "police_110", 8), ("counter", "counter", 6)] {
        desk.register(case, desk.ago(days, 0), &place("neighbour.nuisance", source));
        for minutes in [0, 30] {
            desk.tell(case, "case.called", desk.ago(1, minutes), &none);
        }
    }
    // Ten suits against one organisation; nine against another.
    for (firm, many) in [("firm-a", 10), ("firm-b", 9)] {
        for n in 0..many {
            let case = format!("{firm}-{n}");
            let told = json!({ "locality": "330784", "kind": "contract.sale", "organisation": firm });
            // Spread over years, so that nobody complains of it at once.
            desk.register(&case, desk.ago(91 * (n + 2), 0), &told);
            desk.tell(&case, "case.filed_in_court", desk.ago(2, n), &none);
        }
    }
    // A step of mediation after a refusal; an end after the last day, and one on it.
    let refusal = json!({ "party": "respondent", "consent": "no" });
    for (case, station) in [("refused", "s-a"), ("honoured", "s-b")] {
        desk.loan(
            case,
            9,
            &[("case.assigned", 8, json!({ "station": station })), ("consent.recorded", 7, refusal.clone())],
        );
    }
    let (status, _) = desk.tell_at("refused", "mediation.started", desk.ago(5, 0), &none);
    assert_eq!(status, 409);
    for (case, station, limit) in [("late", "s-c", 3), ("in-time", "s-d", 2)] {
        let closed = json!({ "level": "town", "limit_on": desk.day(limit).to_string() });
        desk.loan(case, 9, &[("case.assigned", 8, json!({ "station": station })), ("case.closed", 2, closed)]);
    }
    desk.tick();
    let wanted = [
        raised("S11", "yellow", "calls", 1),
        raised("S12", "yellow", "organisation", 10),
        raised("S17", "blue", "s-c", 1),
        raised("S17", "yellow", "s-a", 1),
    ];
    assert_eq!(desk.raised(), wanted);

    // The eleventh suit belongs to the same signal; once that was handled, the next raises another.
    let firm = json!({ "locality": "330784", "kind": "contract.sale", "organisation": "firm-a" });
    let sue = |n: i64| {
        let case = format!("firm-a-{n}");
        desk.register(&case, desk.ago(91 * (n + 2), 0), &firm);
        desk.tell(&case, "case.filed_in_court", desk.ago(0, 0), &none);
        desk.tick();
    };
    sue(10);
    let one = desk.one("S12");
    assert_eq!((&one["cases"], &one["state"]), (&json!(11), &json!("raised")));
    let handle = json!({
        "specversion": "1.0", "id": "h-1", "source": "/court", "type": "signal.handled", "subject": one["id"],
        "time": Timestamp::now().to_string()
    });
    assert_eq!(desk.ask("POST /v1/events", &handle), (200, json!({ "status": "applied" })));
    assert_eq!(desk.one("S12")["state"], "handled");
    // Something else happens to one of the ten.
    desk.tell("firm-a-3", "case.called", desk.now, &none);
    desk.tick();
    assert_eq!(desk.one("S12")["state"], "handled");
    sue(11);
    let states: Vec<Value> =
        desk.signals().iter().filter(|signal| signal["rule"] == "S12").map(|signal| signal["state"].clone()).collect();
    assert_eq!(states.len(), 2, "{states:?}");
    assert!(states.contains(&json!("raised")), "{states:?}");
}

#[test]
fn a_station_that_has_too_much_is_told_and_no_mediator() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(folder.path(), false);
    let who = |id: &str, station: &str, capacity: u32| json!({ "id": id, "station": station, "capacity": capacity, "cadence_days": 7 });
    let station = |id: &str| json!({ "id": id, "locality": "330700" });
    let stations = ["full", "even", "one", "slow", "quick"].map(station);
    let roster = json!({
        "stations": stations,
        "mediators": [
            who("m-1", "full", 2), who("m-2", "full", 1), who("m-3", "even", 2), who("m-4", "even", 2),
            who("m-5", "one", 1), who("m-6", "one", 9), who("m-7", "slow", 9), who("m-8", "quick", 9),
        ]
    });
    let (status, taken) = desk.ask("POST /v1/stations", &roster);
    assert_eq!(status, 200, "{taken}");
    let give = |case: &str, station: &str, mediator: &str, days: i64| {
        let to = json!({ "station": station, "mediator": mediator });
        desk.loan(
            case,
            days,
            &[("case.assigned", days, to.clone()), ("mediator.accepted", days, json!({ "mediator": mediator }))],
        );
    };
    // Four where three can be had; four where four can; two where one mediator of two can have one.
    for (n, (station, mediator)) in [
        ("full", "m-1"),
        ("full", "m-1"),
        ("full", "m-2"),
        ("even", "m-3"),
        ("even", "m-3"),
        ("even", "m-4"),
        ("even", "m-4"),
    ]
    .into_iter()
    .enumerate()
    {
        give(&format!("c-{n}"), station, mediator, 1);
    }
    give("c-one", "one", "m-5", 1);
    for (case, station, days) in [("slow", "slow", 8), ("quick", "quick", 6)] {
        desk.loan(case, days, &[("case.assigned", days, json!({ "station": station }))]);
    }
    desk.tick();
    assert_eq!(desk.raised(), [raised("S16", "blue", "slow", 1)]);
    give("c-full", "full", "m-2", 0);
    give("c-two", "one", "m-5", 0);
    desk.tick();
    let wanted =
        [raised("S16", "blue", "one", 2), raised("S16", "blue", "slow", 1), raised("S16", "yellow", "full", 4)];
    assert_eq!(desk.raised(), wanted);
    let all = json!(desk.signals()).to_string();
    assert!(!all.contains("m-"), "no mediator is told: {all}");
    // It stands where the station is, and not where the case came from.
    assert!(desk.signals().iter().all(|signal| signal["locality"] == "cn/zhejiang/jinhua"), "{all}");
}

#[test]
fn a_kind_that_rises_above_its_line_is_told_and_at_the_line_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(folder.path(), false);
    let today = CHINA.to_datetime(desk.now).date();
    let noon = |months: i32, day: i8| {
        let date = today.first_of_month().checked_sub(months.months()).unwrap().with().day(day).build().unwrap();
        CHINA.to_timestamp(date.at(12, 0, 0, 0)).unwrap()
    };
    // Eight and twelve in turn: mean 10, deviation 2.08, so the line is 16. A place without such a year has none.
    let mut number = 0;
    let mut tell = |place: &str, at: Timestamp, count: i64| {
        for n in 0..count {
            number += 1;
            let at = at.checked_add(SignedDuration::from_mins(n)).unwrap().min(desk.now);
            desk.register(&format!("k-{number}"), at, &json!({ "locality": place, "kind": "property.service" }));
        }
    };
    for (place, short) in [("330784", false), ("330782", false), ("330783", true)] {
        if !short {
            tell(place, noon(13, 2), 1);
        }
        for month in 1..=12 {
            tell(place, noon(month, 2), if month % 2 == 0 { 8 } else { 12 });
        }
    }
    // All at this moment: an hour ago may have been another month.
    for (place, count) in [("330784", 17), ("330782", 16), ("330783", 17)] {
        tell(place, desk.now, count);
    }
    desk.tick();
    let found: Vec<Raised> = desk.raised().into_iter().filter(|one| one.0 == "S09").collect();
    assert_eq!(found, [raised("S09", "yellow", "property.service cn/zhejiang/jinhua/yongkang", 17)]);
}

#[test]
fn what_is_spread_over_towns_is_seen_at_the_county() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(folder.path(), false);
    let today = CHINA.to_datetime(desk.now).date();
    let noon = |months: i32| {
        let date = today.first_of_month().checked_sub(months.months()).unwrap().with().day(2).build().unwrap();
        CHINA.to_timestamp(date.at(12, 0, 0, 0)).unwrap()
    };
    let mut number = 0;
    let mut tell = |town: &str, at: Timestamp, count: i64| {
        for n in 0..count {
            number += 1;
            let at = at.checked_add(SignedDuration::from_millis(n)).unwrap().min(desk.now);
            let place = format!("cn/demo/yuntan/{town}");
            desk.register(&format!("k-{number}"), at, &json!({ "locality": place, "kind": "property.service" }));
        }
    };
    // Eight and twelve in turn in the county, in two of its towns: the line is 16, as in the test above.
    tell("chengdong", noon(13), 1);
    for month in 1..=12 {
        let half = if month % 2 == 0 { 4 } else { 6 };
        tell("chengdong", noon(month), half);
        tell("chengxi", noon(month), half);
    }
    // Four in each of four towns, where nothing is unusual, are the line.
    for town in ["nanling", "beiping", "hekou", "shiqiao"] {
        tell(town, desk.now, 4);
    }
    desk.tick();
    let spikes = |desk: &Desk| desk.raised().into_iter().filter(|one| one.0 == "S09").collect::<Vec<_>>();
    assert_eq!(spikes(&desk), []);
    // One more, which came before them and is told after they were looked at.
    tell("luojia", desk.now.checked_sub(SignedDuration::from_millis(5)).unwrap(), 1);
    desk.tick();
    assert_eq!(spikes(&desk), [raised("S09", "yellow", "property.service cn/demo/yuntan", 17)]);
    assert_eq!(desk.one("S09")["locality"], "cn/demo/yuntan");
}

#[test]
fn the_service_looks_by_itself_where_nobody_says_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start(folder.path(), true);
    desk.loan("own", 25, &mediated(25));
    for _ in 0..200 {
        if desk.raised() == [raised("S08", "blue", "own", 1)] {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("{:?}", desk.raised());
}
