//! The pages of the console: what they show, in which language, to whom, and what they never hold.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use axum::{body::Body, http::Request};
use fixture::{
    Answer,
    desk::{Desk, calm, desk, desk_of, token},
    pages::{ask, event, form, get, held, tell},
    question,
};
use maple_server::Governance;
use serde_json::json;

/// The most that an id may be, and what says so, which may be anything.
const ODD: &str = "c:1._-x";
const SAYS: &str = "/desk/<b>\"'&x";

/// As many cases of a place as are wanted, each with an agreement or without.
async fn cases(desk: &Desk, place: &str, agreed: usize, failed: usize) {
    let mut all = Vec::new();
    for n in 0..agreed + failed {
        let case = format!("{}-{n}", place.replace('/', "-"));
        all.push(event(&case, 0, "case.registered", json!({ "locality": place, "kind": "labour.wage" })));
        all.push(event(&case, 1, "case.assigned", json!({ "station": "s-1" })));
        all.push(event(&case, 2, "mediation.started", json!({})));
        all.push(if n < agreed {
            event(&case, 3, "agreement.recorded", json!({ "form": "written" }))
        } else {
            event(&case, 3, "mediation.failed", json!({ "reason": "too_far_apart" }))
        });
    }
    tell(desk, &all).await;
}

/// What people read of a page: its texts and its labels.
fn read(page: &str) -> Vec<String> {
    let tree = roxmltree::Document::parse(page.strip_prefix("<!DOCTYPE html>").unwrap()).unwrap();
    let labels = tree.descendants().filter_map(|node| node.attribute("aria-label"));
    let texts = tree.descendants().filter_map(|node| node.text());
    labels
        .chain(texts)
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|t| !t.is_empty())
        .collect()
}

/// A desk with cases and a decision, whose id it gives.
async fn filled() -> (Desk, String) {
    let desk = desk();
    cases(&desk, "cn/zhejiang", 31, 20).await;
    cases(&desk, "cn/shanghai", 12, 16).await;
    let decision = desk.decide().await["id"].as_str().unwrap().to_owned();
    let about =
        json!({ "locality": "cn/zhejiang", "kind": "labour.wage", "organisation": "org-7", "decision": decision });
    let no = json!({ "party": "respondent", "consent": "no" });
    let mut odd = [event(ODD, 0, "case.registered", about), event(ODD, 1, "consent.recorded", no)];
    odd.iter_mut().for_each(|event| event["source"] = json!(SAYS));
    tell(&desk, &odd).await;
    (desk, decision)
}

fn odd_path() -> String {
    "/cases/c%3A1%2E%5F%2Dx".to_owned()
}

#[tokio::test]
async fn every_page_shows_what_there_is_in_both_languages() {
    let (desk, decision) = filled().await;
    let one = format!("/decisions/{decision}");
    for (path, zh, en) in [
        (
            "/".to_owned(),
            vec!["全国", "调解成功率", "浙江", "上年同期", "下载CSV"],
            vec!["Mediation success", "The year before"],
        ),
        (
            "/?locality=cn/zhejiang&indicator=LIT_PER_10K".to_owned(),
            vec!["万人成讼率", "须一并阅读"],
            vec!["To be read with it"],
        ),
        (
            "/?locality=330000&kind=labour.wage&from=2026-10&to=2026-11".to_owned(),
            vec!["2026-10"],
            vec!["2026-10 – 2026-11"],
        ),
        ("/cases".to_owned(), vec!["案件", "已达成书面协议"], vec!["agreed in writing"]),
        ("/cases?locality=cn/zhejiang&stage=failed".to_owned(), vec!["调解未成"], vec!["no agreement"]),
        (
            odd_path(),
            vec!["已拒绝调解", "当事人答复", "被申请人"],
            vec!["A party answers", "respondent", "refused mediation"],
        ),
        ("/decisions".to_owned(), vec!["决定", "分流"], vec!["routed"]),
        ("/decisions?outcome=route&from=2026-11-01&to=2026-11-23".to_owned(), vec!["分流"], vec!["routed"]),
        (
            one,
            vec!["可以走的路", "当事人的权利", "各规则的答复", "所问"],
            vec!["The way, in this order", "decision-table@1.0.0"],
        ),
        ("/policies".to_owned(), vec!["启用记录", "节点", "各地规则"], vec!["Activations", "Nodes", "counts"]),
        ("/session".to_owned(), vec!["本服务无须登录"], vec!["Nobody has to sign in here"]),
    ] {
        for (language, tag, words) in [("zh-CN", "zh-CN", zh), ("en-GB", "en", en)] {
            let page = held(&get(&desk, &path, &[("accept-language", language)]).await, 200);
            assert!(page.contains(&format!("<html lang=\"{tag}\">")), "{path}");
            for word in words {
                assert!(page.contains(word), "{path} {tag} lacks `{word}`:\n{page}");
            }
        }
    }
    let listed = held(&get(&desk, "/decisions?from=2026-11-24", &[]).await, 200);
    assert!(listed.contains("没有符合条件的决定"));
}

#[tokio::test]
async fn a_bad_question_is_a_page_that_names_the_field() {
    let (desk, decision) = filled().await;
    for (path, field, said) in [
        ("/?indicator=MED_SUC", "indicator", "MED_SUCC"),
        ("/?locality=cn/zhejian", "locality", "cn/zhejiang"),
        ("/?from=2026-13", "from", "2026-11"),
        ("/?from=2026-11&to=2026-10", "from", "lies after"),
        ("/?kind=labour.wages", "kind", "labour.wage"),
        ("/?place=cn", "place", "locality"),
        ("/overview.csv?to=x", "to", "2026-11"),
        ("/cases?stage=agreed", "stage", "agreed_oral"),
        ("/cases?locality=nowhere", "locality", "no place"),
        ("/decisions?from=yesterday", "from", "2026-11-23"),
        ("/decisions?after=x", "after", "next"),
        ("/policies?before=x", "before", "generation"),
        (&format!("/decisions/{decision}?x=1"), "x", "no parameter"),
    ] {
        let page = held(&get(&desk, path, &[("accept-language", "en")]).await, 400);
        assert!(page.contains(&format!("<code>{field}</code>")) && page.contains(said), "{path}\n{page}");
    }
    for path in ["/cases/none", "/decisions/none", "/decisions/none/receipt"] {
        held(&get(&desk, path, &[]).await, 404);
    }
}

#[tokio::test]
async fn what_counts_few_is_in_no_page() {
    let desk = desk();
    cases(&desk, "cn/zhejiang", 31, 22).await;
    cases(&desk, "cn/shanghai", 17, 30).await;
    cases(&desk, "cn", 3, 4).await;
    // The country's own seven would be what the others leave of the whole: so the smaller of the others is hidden.
    for indicator in ["REGISTERED", "MED_SUCC", "LIT_PER_10K"] {
        let path = format!("/?locality=cn&from=2026-11&to=2026-11&lang=en&indicator={indicator}");
        let page = held(&get(&desk, &path, &[]).await, 200);
        for text in read(&page) {
            for hidden in ["47", "17", "7", "36.2"] {
                let words = |text: &str| text.split([' ', ':', '/']).any(|word| word == hidden);
                assert!(!words(&text), "{indicator}: `{text}` tells {hidden}");
            }
        }
        assert!(page.contains("not shown"));
    }
    let csv = get(&desk, "/overview.csv?locality=cn&from=2026-11&to=2026-11", &[]).await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    let text = csv.text();
    let row = |start: &str| text.lines().find(|line| line.starts_with(start) && line.contains(",REGISTERED,")).unwrap();
    assert!(row("child,cn/shanghai,").ends_with(",REGISTERED,count,,,,suppressed"), "{text}");
    assert!(row("child,cn/zhejiang,").ends_with(",REGISTERED,count,53,53,,"), "{text}");
    assert!(row("year_before,cn,").contains(",2025-11,2025-11,"), "{text}");
}

#[tokio::test]
async fn suits_are_never_shown_without_what_belongs_to_them() {
    let (desk, _) = filled().await;
    let page = held(&get(&desk, "/?indicator=LIT_PER_10K&lang=en", &[]).await, 200);
    for pair in ["Refusals honoured", "Time to court", "Back to court after an agreement", "Content"] {
        assert!(page.matches(&format!("<dt>{pair}</dt>")).count() == 1, "{pair} beside the figure");
        assert!(
            page.matches(&format!("<th scope=\"col\" class=\"n\">{pair}</th>")).count() == 2,
            "{pair} in both tables"
        );
        assert!(page.contains(&format!("<h3>{pair}</h3>")), "{pair} month by month");
    }
}

#[tokio::test]
async fn whatever_an_id_holds_it_is_text() {
    let (desk, decision) = filled().await;
    let page = held(&get(&desk, &odd_path(), &[]).await, 200);
    assert!(!page.contains("<b>") && page.contains("/desk/&#60;b&#62;&#34;&#39;&#38;x"), "{page}");
    assert!(page.contains(&format!("href=\"/decisions/{}\"", decision.replace('-', "%2D"))), "{page}");
    assert!(!page.contains("org-7"), "references are hashes");
    let listed = held(&get(&desk, "/cases", &[]).await, 200);
    assert!(listed.contains(&format!("href=\"{}\"", odd_path())), "{listed}");
    for path in ["/?locality=%3Cscript%3E", "/cases?%3Cscript%3E=1", "/cases/%3Cscript%3E", "/?from=%22%3E%3Cb%3E"] {
        let answer = get(&desk, path, &[]).await;
        let page = held(&answer, answer.status);
        assert!(answer.status >= 400 && !page.contains("<script") && !page.contains("<b>"), "{path}\n{page}");
    }
}

#[tokio::test]
async fn the_language_is_chosen_kept_and_shown() {
    let desk = desk();
    let lang = |page: &str| page.split("<html lang=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for (path, headers, wanted) in [
        ("/", vec![], "zh-CN"),
        ("/", vec![("accept-language", "en-US,en;q=0.9")], "en"),
        ("/", vec![("accept-language", "en-US"), ("cookie", "a=b; maple-lang=zh")], "zh-CN"),
        ("/?lang=en", vec![("accept-language", "zh"), ("cookie", "maple-lang=zh")], "en"),
        ("/?lang=xx", vec![("cookie", "maple-lang=en")], "en"),
    ] {
        let page = held(&get(&desk, path, &headers).await, 200);
        assert_eq!(lang(&page), wanted, "{path} {headers:?}");
    }
    let chosen = get(&desk, "/cases?locality=cn/zhejiang&lang=en", &[]).await;
    let cookie = chosen.header("set-cookie").to_owned();
    assert!(cookie.starts_with("maple-lang=en; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"), "{cookie}");
    // The switch stays on the page.
    assert!(chosen.text().contains("href=\"/cases?locality=cn%2Fzhejiang&#38;lang=zh\""), "{}", chosen.text());
    assert_eq!(get(&desk, "/cases", &[]).await.header("set-cookie"), "");
}

#[tokio::test]
async fn a_decision_is_made_again_at_the_press_of_a_button() {
    let (desk, decision) = filled().await;
    let path = format!("/decisions/{decision}/replay");
    let own = [("host", "maple:1"), ("origin", "http://maple:1"), ("accept-language", "en")];
    let page = held(&form(&desk, &path, "", &own).await, 200);
    assert!(page.contains("same: true") && page.contains("Made again, and the same"), "{page}");
    for elsewhere in [
        vec![("host", "maple:1"), ("origin", "http://evil.example")],
        vec![("host", "maple:1"), ("origin", "null")],
        vec![("host", "maple:1"), ("sec-fetch-site", "cross-site"), ("origin", "http://maple:1")],
        vec![("host", "maple:1")],
    ] {
        held(&form(&desk, &path, "", &elsewhere).await, 403);
    }
    let receipt = get(&desk, &format!("/decisions/{decision}/receipt"), &[]).await;
    assert_eq!((receipt.status, receipt.header("content-type")), (200, "application/json"));
    assert!(receipt.json().is_object());
}

#[tokio::test]
async fn pages_of_a_listing_hold_each_case_once() {
    let desk = desk();
    cases(&desk, "cn/zhejiang", 60, 0).await;
    let (mut path, mut seen) = ("/cases".to_owned(), Vec::new());
    loop {
        let page = held(&get(&desk, &path, &[]).await, 200);
        let tree = roxmltree::Document::parse(page.strip_prefix("<!DOCTYPE html>").unwrap()).unwrap();
        let links: Vec<_> = tree.descendants().filter(|node| node.has_tag_name("a")).collect();
        let to = |link: &roxmltree::Node<'_, '_>| link.attribute("href").unwrap().to_owned();
        seen.extend(links.iter().map(to).filter(|to| to.starts_with("/cases/")));
        let Some(next) = links.iter().find(|link| link.attribute("rel") == Some("next")) else { break };
        path = to(next);
    }
    assert_eq!(seen.len(), 60);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 60);
}

/// The cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_opens_the_pages_and_nothing_else() {
    let desk = desk_of(calm(&[]), Governance::default(), true);
    let everywhere = token(&desk, "reader", &["auditor", "evaluate"], "**");
    let own = [("host", "maple:1"), ("origin", "http://maple:1")];
    let page = held(&get(&desk, "/cases?stage=failed", &[]).await, 401);
    assert!(page.contains("name=\"token\"") && page.contains("value=\"/cases?stage=failed\""), "{page}");

    let body = format!("token={everywhere}&to=/cases%3Fstage%3Dfailed");
    let signed = form(&desk, "/session", &body, &own).await;
    assert_eq!((signed.status, signed.header("location")), (303, "/cases?stage=failed"), "{}", signed.text());
    let said = signed.header("set-cookie");
    assert_eq!(said, format!("maple-session={everywhere}; Path=/; HttpOnly; SameSite=Strict"));
    let session = cookie(&signed);
    for path in ["/", "/cases", "/decisions", "/policies", "/overview.csv"] {
        assert_eq!(get(&desk, path, &[("cookie", &session)]).await.status, 200, "{path}");
        assert_eq!(get(&desk, path, &[]).await.status, 401, "{path}");
    }
    let page = held(&get(&desk, "/cases", &[("cookie", &session)]).await, 200);
    assert!(page.contains("reader") && page.contains("退出") && !page.contains(&everywhere), "{page}");
    // No interface takes the cookie.
    for path in ["/v1/cases", "/v1/decisions", "/v1/status", "/v1/insight/map", "/metrics"] {
        get(&desk, path, &[("cookie", &session)]).await.is_problem(401, "unauthenticated");
    }
    let post = Request::post("/v1/evaluate").header("cookie", &session).header("content-type", "application/json");
    ask(&desk, post.body(Body::from(question().to_string())).unwrap()).await.is_problem(401, "unauthenticated");
    // A form from elsewhere opens nothing, whatever cookie comes with it.
    let elsewhere = [("host", "maple:1"), ("origin", "https://evil.example"), ("cookie", &*session)];
    held(&form(&desk, "/decisions/none/replay", "", &elsewhere).await, 403);
    held(&form(&desk, "/session", &body, &elsewhere).await, 403);
    let here = [("host", "maple:1"), ("origin", "http://maple:1"), ("cookie", &*session)];
    held(&form(&desk, "/decisions/none/replay", "", &here).await, 404);

    let out = form(&desk, "/session", "leave=yes", &here).await;
    assert_eq!((out.status, out.header("location")), (303, "/session"));
    assert_eq!(out.header("set-cookie"), "maple-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    for wrong in ["token=maple_unknown", "token=", "token=a%3Bb", "x=1"] {
        let page = held(&form(&desk, "/session", wrong, &own).await, 401);
        assert!(page.contains("name=\"token\""), "{wrong}");
    }
    let away = form(&desk, "/session", &format!("token={everywhere}&to=//evil.example"), &own).await;
    assert_eq!(away.header("location"), "/");
    let long = format!("token={}", "t".repeat(64 << 10));
    held(&form(&desk, "/session", &long, &own).await, 413);
}

#[tokio::test]
async fn a_page_shows_no_more_than_its_reader_may_see() {
    let desk = desk_of(calm(&[]), Governance::default(), true);
    let session = |roles: &[&str], scope: &str| format!("maple-session={}", token(&desk, "reader", roles, scope));
    let (zhejiang, desk_only) = (session(&["auditor"], "cn/zhejiang/**"), session(&["evaluate"], "**"));
    // Whoever reads a part begins with that part.
    let page = held(&get(&desk, "/cases?lang=en", &[("cookie", &zhejiang)]).await, 200);
    assert!(page.contains("value=\"cn/zhejiang\""), "{page}");
    held(&get(&desk, "/decisions", &[("cookie", &zhejiang)]).await, 200);
    let refused = held(&get(&desk, "/cases?locality=cn/shanghai&lang=en", &[("cookie", &zhejiang)]).await, 403);
    assert!(refused.contains("outside of where your token holds"), "{refused}");
    let refused = held(&get(&desk, "/cases", &[("cookie", &desk_only), ("accept-language", "zh")]).await, 403);
    assert!(refused.contains("此操作需要auditor角色"), "{refused}");
    held(&get(&desk, "/", &[("cookie", &desk_only)]).await, 200);
    held(&get(&desk, "/cases", &[("cookie", "maple-session=maple_unknown")]).await, 401);
}

#[tokio::test]
async fn the_style_sheet_asks_for_nothing() {
    let desk = desk();
    let answer = get(&desk, "/console/console.css", &[]).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(!answer.text().contains("url(h") && !answer.text().contains("@import"));
    let again = get(&desk, "/console/console.css", &[("if-none-match", answer.header("etag"))]).await;
    assert_eq!(again.status, 304);
    let script = get(&desk, "/console/live.js", &[]).await;
    assert_eq!((script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"));
    for forbidden in ["innerHTML =", "eval(", "http:", "https:", "document.write", "localStorage"] {
        assert!(!script.text().contains(forbidden), "{forbidden}");
    }
    get(&desk, "/console/other.css", &[]).await.is_problem(404, "not-found");
}
