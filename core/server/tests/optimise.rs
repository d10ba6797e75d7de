//! How far disputes come, what could be tried, versions compared and put in force from the pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use fixture::{
    desk::{Desk, KINDS, calm, desk, desk_of, mediating, offering, token, version},
    fits, packed,
    pages::{event, form, get, held, tell},
};
use maple_seal::Subtree;
use maple_server::{Governance, TRIAL_CASES_MAX};
use serde_json::{Value, json};

const OWN: [(&str, &str); 3] = [("host", "maple:1"), ("origin", "http://maple:1"), ("accept-language", "en")];

/// So many cases of a place whose mediation ended in a channel, with an agreement or without.
async fn ended(desk: &Desk, place: &str, channel: &str, agreed: usize, failed: usize) {
    ended_of("labour.wage", desk, place, channel, agreed, failed).await;
}

/// The same of a kind.
async fn ended_of(kind: &str, desk: &Desk, place: &str, channel: &str, agreed: usize, failed: usize) {
    let mut all = Vec::new();
    for n in 0..agreed + failed {
        let case = format!("{}-{kind}-{channel}-{n}", place.replace('/', "-"));
        let about = json!({ "locality": place, "kind": kind });
        all.push(event(&case, 0, "case.registered", about));
        all.push(event(&case, 1, "offer.made", json!({ "channel": channel })));
        all.push(event(&case, 2, "case.assigned", json!({ "station": "s-1", "channel": channel })));
        all.push(event(&case, 3, "mediation.started", json!({})));
        if n < agreed {
            all.push(event(&case, 4, "agreement.recorded", json!({ "form": "oral" })));
        } else {
            all.push(event(&case, 4, "mediation.failed", json!({ "reason": "too_far_apart" })));
            all.push(event(&case, 5, "case.filed_in_court", json!({})));
        }
    }
    tell(desk, &all).await;
}

async fn told(desk: &Desk, query: &str) -> Value {
    let answer = get(desk, &format!("/v1/insight/optimise?{query}"), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    fits("Optimise", &answer.json());
    answer.json()
}

fn sorts(told: &Value) -> Vec<&str> {
    told["suggestions"].as_array().unwrap().iter().map(|one| one["sort"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_way_is_told_step_by_step_and_few_are_hidden() {
    let desk = desk();
    ended(&desk, "cn/zhejiang", "labour_mediation", 30, 12).await;
    ended(&desk, "cn/shanghai", "labour_mediation", 3, 2).await;
    let told = told(&desk, "locality=cn/zhejiang&from=2026-11&to=2026-11").await;
    let steps = told["funnel"]["steps"].as_array().unwrap();
    let of = |step: &str| steps.iter().find(|one| one["step"] == step).unwrap().clone();
    assert_eq!(of("registered")["count"], 42);
    // Nobody is lost on the way to mediation: that nobody is must not be told.
    assert_eq!((&of("in_mediation")["count"], &of("in_mediation")["at_most"]), (&Value::Null, &json!(42)));
    assert_eq!((&of("agreed")["count"], &of("performed")["at_most"]), (&json!(30), &json!(30)));
    // A minute from step to step.
    assert!(of("assigned")["days_median"].as_f64().is_some_and(|days| days < 1.0 / 24.0), "{told}");
    let exits: Vec<(&str, &Value)> = told["funnel"]["exits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|exit| (exit["exit"].as_str().unwrap(), &exit["figure"]["part"]))
        .collect();
    assert_eq!(exits, [("failed", &json!(12)), ("court", &json!(12))]);
    let cell = &told["success"][0];
    assert_eq!((&cell["figure"]["part"], &cell["figure"]["whole"]), (&json!(30), &json!(42)));
    let interval = [cell["low"].as_f64().unwrap(), cell["high"].as_f64().unwrap()];
    assert!((interval[0] - 0.5643).abs() < 5e-4 && (interval[1] - 0.8283).abs() < 5e-4, "{interval:?}");
    let few = self::told(&desk, "locality=cn/shanghai").await;
    assert_eq!(few["funnel"]["steps"][0]["count"], Value::Null);
    assert_eq!(few["success"][0]["figure"]["part"], Value::Null, "{few}");
    assert!(few["suggestions"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn what_could_be_tried_is_told_only_where_it_is_clear_and_can_be_tried() {
    let desk = desk();
    ended(&desk, "cn/zhejiang", "labour_mediation", 30, 70).await;
    ended(&desk, "cn/zhejiang", "labour_inspection", 85, 15).await;
    ended(&desk, "cn/shanghai", "labour_mediation", 190, 10).await;
    for _ in 0..100 {
        desk.decide().await;
    }
    let root = told(&desk, "locality=cn&from=2026-11&to=2026-11").await;
    assert_eq!(root["decisions"]["read"], 100);
    let zhejiang = told(&desk, "locality=cn/zhejiang&from=2026-11&to=2026-11").await;
    assert_eq!(sorts(&zhejiang), ["kind_behind", "channel_better"], "{zhejiang}");
    let behind = &zhejiang["suggestions"][0];
    assert_eq!(
        (&behind["evidence"]["here"]["whole"], &behind["evidence"]["elsewhere"]["part"]),
        (&json!(200), &json!(190))
    );
    let better = &zhejiang["suggestions"][1];
    assert_eq!(better["evidence"]["channel"], "labour_inspection");
    assert!(better["caution"]["en"].as_str().unwrap().contains("claims no cause"));
    for suggestion in zhejiang["suggestions"].as_array().unwrap() {
        // What the draft is, the preview takes.
        let draft = &suggestion["draft"];
        let case: Value = serde_json::from_str(draft["case"].as_str().unwrap()).unwrap();
        let preview = json!({ "table": draft["table"], "case": case["case"] });
        let answer = desk.service.post("/v1/preview", preview.to_string()).await;
        assert_eq!(answer.status, 200, "{}\n{}", draft["table"], answer.text());
        assert!(draft["playground"].as_str().unwrap().starts_with("/playground#table="));
    }
    // With a rule of its own it is not told any more.
    desk.swap(&naming("", "[\"labour.*\"]")).await;
    let now = told(&desk, "locality=cn/zhejiang&from=2026-11&to=2026-11").await;
    assert_eq!(sorts(&now), ["channel_better"], "{now}");
    let page = held(&get(&desk, "/optimise?locality=cn/zhejiang&from=2026-11&to=2026-11&lang=en", &[]).await, 200);
    for word in [
        "One channel succeeds more often",
        "Take it into the playground",
        "85.0 %",
        "claims no cause",
        "maple backtest",
    ] {
        assert!(page.contains(word), "lacks `{word}`:\n{page}");
    }
    let csv = get(&desk, "/optimise.csv?locality=cn/zhejiang&from=2026-11&to=2026-11", &[]).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let text = csv.text();
    assert!(
        text.lines()
            .any(|line| line.starts_with("step,cn/zhejiang,2026-11,2026-11,registered,") && line.contains(",200,")),
        "{text}"
    );
    assert!(
        text.lines().any(|line| line.contains(",labour.wage,labour_inspection,") && line.contains(",85,100,0.85,")),
        "{text}"
    );
    // Every figure of the page: those of the suggestions, and what was looked into.
    let has = |begin: &str, cells: &str| text.lines().any(|line| line.starts_with(begin) && line.contains(cells));
    let place = "cn/zhejiang,2026-11,2026-11,labour.wage";
    assert!(has(&format!("channel_better,{place},labour_inspection,"), ",85,100,0.85,"), "{text}");
    assert!(has(&format!("channel_better,{place},labour_mediation,"), ",30,100,0.3,"), "{text}");
    assert!(has("decisions,cn/zhejiang,2026-11,2026-11,read,", ",100,"), "{text}");
    assert!(has("more_suggestions,", ",0,"), "{text}");
    let rows: Vec<usize> = csv::Reader::from_reader(text.as_bytes()).records().map(|row| row.unwrap().len()).collect();
    assert!(rows.iter().all(|cells| *cells == 15), "{rows:?}");
    // What is said is true where a channel has too few to be compared.
    assert!(better["says"]["en"].as_str().unwrap().ends_with("than in the others with enough cases to compare."));
}

/// One more table of Zhejiang, whose rule names kinds.
fn naming(head: &str, kinds: &str) -> Vec<u8> {
    let rule = offering("labour_mediation").replace("then =", &format!("when = {{ kind = {kinds} }}\nthen ="));
    packed(&calm(&[("cn/zhejiang/more.toml", &format!("{head}{rule}"))]), b"component")
}

#[tokio::test]
async fn a_kind_has_a_rule_of_its_own_where_one_that_counts_names_it() {
    let kinds = format!("{KINDS}[[kind]]\nid = \"tort.body\"\ntitle = {{ zh = \"人身\", en = \"bodily harm\" }}\n");
    let desk = desk_of(calm(&[("kinds.toml", &kinds)]), Governance::default(), false);
    ended(&desk, "cn/zhejiang", "labour_mediation", 30, 70).await;
    ended(&desk, "cn/shanghai", "labour_mediation", 190, 10).await;
    let query = "locality=cn/zhejiang&from=2026-11&to=2026-11";
    let table = |head: &str, when: &str| {
        let rule = offering("labour_mediation").replace("then =", &format!("{when}\nthen ="));
        packed(&calm(&[("kinds.toml", &kinds), ("cn/zhejiang/more.toml", &format!("{head}{rule}"))]), b"component")
    };
    let tables = [
        // What holds for every kind alike is no rule of this one.
        (table("", ""), true),
        (table("", "when = { kind = [\"tort.*\"] }"), true),
        (table("", "when = { not = [{ kind = [\"tort.*\"] }] }"), true),
        (table("", "when = { kind = [\"labour.*\"] }"), false),
        (table("[target]\nkinds = [\"labour.wage\"]\n", ""), false),
        (table("[target]\nkinds = [\"tort.body\"]\n", "when = { kind = [\"labour.*\", \"tort.*\"] }"), true),
        // It is asked, and changes nothing.
        (table("mode = \"shadow\"\n", "when = { kind = [\"labour.*\"] }"), true),
        (table("", "when = { kind = \"labour.wage\" }"), false),
    ];
    for (case, (bytes, behind)) in tables.into_iter().enumerate() {
        desk.swap(&bytes).await;
        let wanted: &[&str] = if behind { &["kind_behind"] } else { &[] };
        assert_eq!(sorts(&told(&desk, query).await), wanted, "{case}");
    }
    // Nor does one that somebody stopped.
    let stopped = desk.state(json!({ "policy": "cn/zhejiang/more", "how": "stopped", "why": "a doubt" })).await;
    assert!([200, 201].contains(&stopped.status), "{}", stopped.text());
    assert_eq!(sorts(&told(&desk, query).await), ["kind_behind"]);
}

#[tokio::test]
async fn one_kind_is_told_by_itself() {
    let kinds = format!("{KINDS}[[kind]]\nid = \"tort.body\"\ntitle = {{ zh = \"人身\", en = \"bodily harm\" }}\n");
    let desk = desk_of(calm(&[("kinds.toml", &kinds)]), Governance::default(), false);
    ended(&desk, "cn/zhejiang", "labour_mediation", 30, 12).await;
    ended_of("tort.body", &desk, "cn/zhejiang", "labour_mediation", 40, 40).await;
    let waits: Vec<Value> = (0..15)
        .map(|n| {
            let about = json!({ "locality": "cn/zhejiang", "kind": "labour.wage" });
            event(&format!("waits-{n}"), 0, "case.registered", about)
        })
        .collect();
    tell(&desk, &waits).await;
    let query = "locality=cn/zhejiang&kind=labour.wage&from=2026-11&to=2026-11";
    let one = told(&desk, query).await;
    assert_eq!(one["kind"]["id"], "labour.wage");
    let steps: Vec<(&str, &Value)> = one["funnel"]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["step"].as_str().unwrap(), &step["count"]))
        .collect();
    assert_eq!(steps, [("registered", &json!(57)), ("concluded", &json!(42)), ("agreed", &json!(30))]);
    assert_eq!((&one["funnel"]["exits"], &one["decisions"]["read"]), (&json!([]), &Value::Null));
    let cells = one["success"].as_array().unwrap();
    assert!(cells.len() == 1 && cells[0]["kind"] == "labour.wage", "{one}");
    let both = told(&desk, "locality=cn/zhejiang&from=2026-11&to=2026-11").await;
    assert_eq!((&both["kind"], both["success"].as_array().unwrap().len()), (&Value::Null, 2));
    // A difference of few would tell who they are: it is hidden of one kind as of all.
    ended_of("tort.body", &desk, "cn/shanghai", "labour_mediation", 30, 9).await;
    let few = told(&desk, "locality=cn/shanghai&kind=tort.body&from=2026-11&to=2026-11").await;
    let counts: Vec<&Value> = few["funnel"]["steps"].as_array().unwrap().iter().map(|step| &step["count"]).collect();
    assert_eq!(counts, [&json!(39), &Value::Null, &Value::Null], "{few}");

    let page = held(&get(&desk, &format!("/optimise?{query}&lang=en"), &[]).await, 200);
    for word in ["wages", "Of one kind these three steps", "value=\"labour.wage\"", "Mediation ended"] {
        assert!(page.contains(word), "lacks `{word}`:\n{page}");
    }
    assert!(
        page.contains("kind=labour.wage&#38;") || page.contains("kind=labour.wage&amp;"),
        "the file is of it: {page}"
    );
    let csv = get(&desk, &format!("/optimise.csv?{query}"), &[]).await.text();
    assert!(csv.lines().skip(1).all(|line| line.ends_with(",labour.wage")), "{csv}");
    assert!(!csv.contains("tort.body") && csv.contains(",concluded,"), "{csv}");
}

#[tokio::test]
async fn a_rule_that_never_spoke_is_told_with_its_text() {
    // The native plugin speaks for each offer; a rule without one is silent.
    let silent = "[[rule]]\nid = \"Z9\"\nsummary = { zh = \"浙江\", en = \"Zhejiang\" }\n\
                  then = [{ duty = \"inform\", bearer = \"intake\" }]\nbasis = [\"cn.labour.5\"]\n";
    let desk = desk_of(calm(&[("cn/zhejiang/silent.toml", silent)]), Governance::default(), false);
    for _ in 0..99 {
        desk.decide().await;
    }
    assert!(sorts(&told(&desk, "locality=cn/zhejiang").await).is_empty(), "asked too seldom");
    desk.decide().await;
    let now = told(&desk, "locality=cn/zhejiang").await;
    assert_eq!(sorts(&now), ["rule_never_spoke"], "{now}");
    let one = &now["suggestions"][0];
    assert_eq!(one["evidence"], json!({ "policy": "cn/zhejiang/silent", "rule": "Z9", "asked": 100 }));
    assert!(one["draft"]["table"].as_str().unwrap().contains("id = \"Z9\""), "{one}");
    let csv = get(&desk, "/optimise.csv?locality=cn/zhejiang", &[]).await.text();
    let row = csv.lines().find(|line| line.starts_with("rule_never_spoke,cn/zhejiang,")).unwrap();
    assert!(row.contains(",cn/zhejiang/silent,Z9,") && row.contains(",0,100,0,"), "{row}");
    assert_eq!(told(&desk, "locality=cn/shanghai").await["suggestions"], json!([]));
}

#[tokio::test]
async fn a_bad_question_names_the_parameter() {
    let desk = desk();
    for (query, pointer) in [("kind=x", "?kind"), ("from=2026-13", "?from"), ("locality=nowhere", "?locality")] {
        let problem = get(&desk, &format!("/v1/insight/optimise?{query}"), &[]).await.is_problem(400, "invalid-query");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let page = held(&get(&desk, "/optimise?from=2026-11&to=2026-10&lang=en", &[]).await, 400);
    assert!(page.contains("<code>from</code>"), "{page}");
}

fn urlencoded(digest: &str) -> String {
    digest.replace(':', "%3A")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_compared_examined_put_in_force_and_gone_back_from_on_the_pages() {
    let desk = desk();
    let bundle = desk.publish(&mediating()).await.json()["bundle"].as_str().unwrap().to_owned();
    let path = format!("/policies/compare?to={}", urlencoded(&bundle));
    let listed = held(&get(&desk, "/policies?lang=en", &[]).await, 200);
    assert!(listed.contains(&format!("href=\"{}\"", path)), "{listed}");

    let page = held(&get(&desk, &format!("{path}&lang=en"), &[]).await, 200);
    assert!(
        page.contains("generation 1") && page.contains("Zhejiang") && page.contains("<strong>Z1</strong>"),
        "{page}"
    );
    assert!(page.contains("labour_mediation") && page.contains(">came<") && page.contains("id=\"examine\""), "{page}");
    assert!(!page.contains("id=\"force\""), "the gate is asked first");

    let examined = held(&form(&desk, &format!("{path}&from=1"), "", &OWN).await, 200);
    assert!(examined.contains("The gate lets it through") && examined.contains("id=\"force\""), "{examined}");
    assert_eq!(desk.generation(), 1, "that changes nothing");

    // Without a reason nothing happens, and the page says so.
    let digest = urlencoded(&bundle);
    let body = format!("bundle={digest}&replaces=1&why=");
    let refused = form(&desk, "/policies/activate", &body, &OWN).await;
    assert_eq!((refused.status, desk.generation()), (422, 1), "{}", refused.text());
    let body = format!("bundle={digest}&replaces=1&why=mediation+first");
    let done = form(&desk, "/policies/activate", &body, &OWN).await;
    assert_eq!((done.status, done.header("location")), (303, "/policies?done=2#done"), "{}", done.text());
    assert_eq!((desk.generation(), desk.store.history().unwrap()[0].why.as_str()), (2, "mediation first"));
    let page = held(&get(&desk, "/policies?done=2&lang=en", &[]).await, 200);
    assert!(page.contains("It serves now: generation 2") && page.contains("/policies/compare?to=1"), "{page}");
    assert!(
        !held(&get(&desk, "/policies?done=1&lang=en", &[]).await, 200).contains("It serves now"),
        "only what is true"
    );

    // Who comes second is told who was first, on a page that compares anew.
    let late = form(&desk, "/policies/activate", &body, &OWN).await;
    let page = held(&late, 409);
    assert!(page.contains("generation 2 came first") && page.contains("mediation first"), "{page}");
    assert_eq!(desk.generation(), 2);

    let back = held(&get(&desk, "/policies/compare?to=1&lang=en", &[]).await, 200);
    assert!(back.contains(">went<") && back.contains("Go back to it"), "{back}");
    let done = form(&desk, "/policies/activate", "rollback=yes&to=1&replaces=2&why=a+step+too+much", &OWN).await;
    assert_eq!((done.status, desk.generation()), (303, 3), "{}", done.text());
    // The same as what serves: nothing to do.
    let same = held(&get(&desk, "/policies/compare?to=1&lang=en", &[]).await, 200);
    assert!(same.contains("Nothing differs") && !same.contains("id=\"force\""), "{same}");
    // Two of the past are compared, and not put in force.
    let past = held(&get(&desk, "/policies/compare?from=1&to=2&lang=en", &[]).await, 200);
    assert!(past.contains(">came<") && !past.contains("id=\"force\""), "{past}");
    for (query, field) in [("to=x", "to"), ("from=sha256:00&to=1", "from"), ("by=1", "by")] {
        let page = held(&get(&desk, &format!("/policies/compare?{query}&lang=en"), &[]).await, 400);
        assert!(page.contains(&format!("<code>{field}</code>")), "{page}");
    }
    for unknown in ["99".to_owned(), format!("sha256%3A{}", "0".repeat(64))] {
        held(&get(&desk, &format!("/policies/compare?to={unknown}"), &[]).await, 422);
    }
    let elsewhere = [("host", "maple:1"), ("origin", "http://evil.example")];
    held(&form(&desk, "/policies/activate", &body, &elsewhere).await, 403);
    held(&form(&desk, &path, "", &elsewhere).await, 403);
    assert_eq!(desk.generation(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_tried_on_recorded_cases_on_the_page() {
    let desk = desk();
    for _ in 0..12 {
        desk.decide().await;
    }
    let bundle = desk.publish(&mediating()).await.json()["bundle"].as_str().unwrap().to_owned();
    let digest = urlencoded(&bundle);
    let compare = held(&get(&desk, "/policies/compare?lang=en", &[]).await, 200);
    assert!(compare.contains("id=\"trial\"") && compare.contains(&format!("value=\"{bundle}\"")), "{compare}");
    let optimise = held(&get(&desk, "/optimise?lang=en", &[]).await, 200);
    assert!(optimise.contains("href=\"/policies/compare#trial\""), "{optimise}");

    let try_ = async |body: &str| form(&desk, "/policies/backtest", body, &OWN).await;
    let page = held(&try_(&format!("from=1&to={digest}&locality=&count=10")).await, 200);
    for word in [
        "Decided 10 cases, of which 10 come out otherwise",
        "100.0 %",
        "id=\"matrix\"",
        "id=\"sample\"",
        "href=\"/decisions/d%2D",
        "cn/zhejiang/more Z1",
        "2. labour mediation",
        "set of steps",
    ] {
        assert!(page.contains(word), "lacks `{word}`:\n{page}");
    }
    assert!(page.contains("<td class=\"n\">10</td>"), "each goes where it went first: {page}");
    assert_eq!(page.matches("href=\"/decisions/d%2D").count(), 3, "a few of one move");
    // What serves against itself: nothing differs.
    let same = held(&try_("to=1&count=500").await, 200);
    assert!(same.contains("Decided 12 cases, of which 0 come out otherwise"), "{same}");
    let zh = [OWN[0], OWN[1], ("accept-language", "zh-CN")];
    let zh = held(&form(&desk, "/policies/backtest", &format!("to={digest}&count=3"), &zh).await, 200);
    assert!(zh.contains("已决定3件，其中3件不同"), "{zh}");
    let elsewhere = held(&try_(&format!("to={digest}&locality=cn/shanghai")).await, 200);
    assert!(elsewhere.contains("No recorded case can be decided here"), "{elsewhere}");
    assert_eq!(desk.generation(), 1, "that changes nothing");
    let kept = get(&desk, "/v1/decisions?count=1000", &[]).await.json();
    assert_eq!(kept["decisions"].as_array().unwrap().len(), 12, "and nothing of it is kept");

    let max = TRIAL_CASES_MAX;
    for count in ["0", "x", &(max + 1).to_string()] {
        let page = held(&try_(&format!("to=1&count={count}")).await, 400);
        assert!(page.contains("<code>count</code>") && page.contains(&format!("from 1 to {max}")), "{page}");
    }
    held(&try_(&format!("to=1&count={max}")).await, 200);
    held(&try_("to=99").await, 422);
    held(&try_("to=1&locality=nowhere").await, 400);
    held(
        &form(&desk, "/policies/backtest", "to=1", &[("host", "maple:1"), ("origin", "http://evil.example")]).await,
        403,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_read_a_part_of_the_recorded_cases_tries_a_bundle_on_that() {
    let desk = desk_of(calm(&[]), Governance::default(), true);
    let all = token(&desk, "ana", &["evaluate", "author", "auditor"], "**");
    let part = token(&desk, "bo", &["auditor"], "cn/shanghai/**");
    let none = token(&desk, "cy", &["evaluate"], "**");
    let question = fixture::question().to_string();
    assert_eq!(desk.send("/v1/evaluate", "application/json", Some(&all), question).await.status, 200);
    let try_ = async |token: &str, body: &str| {
        let cookie = format!("maple-session={token}");
        form(&desk, "/policies/backtest", body, &[OWN[0], OWN[1], OWN[2], ("cookie", &cookie)]).await
    };
    assert!(held(&try_(&all, "to=1").await, 200).contains("Decided 1 cases"));
    assert!(held(&try_(&part, "to=1").await, 200).contains("No recorded case"), "their own part is where they begin");
    held(&try_(&part, "to=1&locality=cn/zhejiang").await, 403);
    held(&try_(&none, "to=1").await, 403);
    let cookie = format!("maple-session={none}");
    let page = held(&get(&desk, "/policies/compare?lang=en", &[("cookie", &cookie)]).await, 200);
    assert!(page.contains("takes the role auditor") && !page.contains("id=\"try\""), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_that_go_back_are_named_and_let_through_only_where_they_served() {
    let desk = desk();
    let earlier = packed(&calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation"))]), b"component");
    let bundle = desk.publish(&earlier).await.json()["bundle"].as_str().unwrap().to_owned();
    let later = packed(&calm(&[("cn/zhejiang/pack.toml", &version("1.3.0"))]), b"component");
    desk.swap(&later).await;
    let digest = urlencoded(&bundle);
    let page = held(&form(&desk, &format!("/policies/compare?to={digest}"), "", &OWN).await, 200);
    assert!(page.contains("goes back") && page.contains("does not let it through"), "{page}");
    assert!(!page.contains("id=\"force\""), "{page}");
    let body = format!("bundle={digest}&replaces=2&why=x");
    let refused = held(&form(&desk, "/policies/activate", &body, &OWN).await, 422);
    assert!(refused.contains("would go back from 1.3.0 to 1.2.0"), "{refused}");
    assert_eq!(desk.generation(), 2);
    // What served before is gone back to, and the page says which versions that takes back.
    let page = held(&get(&desk, "/policies/compare?to=1&lang=en", &[]).await, 200);
    assert!(page.contains("goes back") && page.contains("Go back to it"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_are_needed_where_the_door_says_so_and_a_reader_only_reads() {
    let four_eyes = vec!["cn/zhejiang/**".parse::<Subtree>().unwrap()];
    let desk = desk_of(calm(&[]), Governance { four_eyes, ..Governance::default() }, true);
    let both = token(&desk, "ana", &["author", "approver"], "**");
    let other = token(&desk, "bo", &["approver"], "**");
    let reader = token(&desk, "cy", &["evaluate"], "**");
    let published = desk.send("/v1/bundles", "application/gzip", Some(&both), mediating()).await;
    let digest = urlencoded(published.json()["bundle"].as_str().unwrap());
    let session = |token: &str| format!("maple-session={token}");
    let body = format!("bundle={digest}&replaces=1&why=x");
    let as_ = |cookie: &str| [OWN[0], OWN[1], OWN[2], ("cookie", cookie)].map(|(a, b)| (a.to_owned(), b.to_owned()));
    let send = async |token: &str, path: &str, body: &str| {
        let headers = as_(&session(token));
        let headers: Vec<(&str, &str)> = headers.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        form(&desk, path, body, &headers).await
    };
    let refused = held(&send(&both, "/policies/activate", &body).await, 403);
    assert!(refused.contains("one person publishes and another activates; you published this bundle"), "{refused}");
    held(&send(&reader, "/policies/activate", &body).await, 403);
    held(&send(&reader, &format!("/policies/compare?to={digest}"), "").await, 403);
    let looks = get(&desk, &format!("/policies/compare?to={digest}&lang=en"), &[("cookie", &session(&reader))]).await;
    let page = held(&looks, 200);
    assert!(page.contains("takes the role approver") && !page.contains("id=\"examine\""), "{page}");
    assert_eq!(desk.generation(), 1);
    let done = send(&other, "/policies/activate", &body).await;
    assert_eq!((done.status, desk.generation()), (303, 2), "{}", done.text());
}

#[tokio::test]
async fn decisions_are_found_by_rule_and_channel_and_lead_to_what_happened() {
    let desk = desk();
    let mut last = String::new();
    for _ in 0..3 {
        last = desk.decide().await["id"].as_str().unwrap().to_owned();
    }
    let count = async |query: &str| {
        let answer = get(&desk, &format!("/v1/decisions?{query}"), &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["decisions"].as_array().unwrap().len()
    };
    for (query, wanted) in [
        ("channel=court", 3),
        ("channel=labour_mediation", 0),
        ("rule=R25", 3),
        ("rule=R25&policy=cn/labour&channel=court&locality=cn/zhejiang&kind=labour.wage", 3),
        ("rule=R25&policy=cn/zhejiang/other", 0),
        ("rule=Z1", 0),
        ("rule=R25&locality=cn/shanghai", 0),
    ] {
        assert_eq!(count(query).await, wanted, "{query}");
    }
    // Page by page each is found once.
    let first = get(&desk, "/v1/decisions?rule=R25&count=2", &[]).await.json();
    let after = first["next"].as_str().unwrap();
    let second = get(&desk, &format!("/v1/decisions?rule=R25&count=2&after={after}"), &[]).await.json();
    assert_eq!(second["decisions"].as_array().unwrap().len(), 1, "{second}");
    let page = held(&get(&desk, "/decisions?rule=R25&channel=court&lang=en", &[]).await, 200);
    assert!(page.contains(&last) && page.contains("at most 2,000 records"), "{page}");
    let to = get(&desk, &format!("/decisions?id={last}"), &[]).await;
    assert_eq!((to.status, to.header("location")), (303, &*format!("/decisions/{}", last.replace('-', "%2D"))));
    let before = held(&get(&desk, &format!("/decisions/{last}?lang=en"), &[]).await, 200);
    assert!(!before.contains("What happened to the case"), "{before}");
    tell(&desk, &[event("c-1", 0, "case.registered", json!({ "locality": "cn/zhejiang", "kind": "labour.wage" }))])
        .await;
    let page = held(&get(&desk, &format!("/decisions/{last}?lang=en"), &[]).await, 200);
    assert!(page.contains("What happened to the case") && page.contains("Registered"), "{page}");
}
