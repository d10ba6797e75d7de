//! Who looks at the pages, where people have to say so: a token kept in a cookie that no other door takes.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Uri,
        header::{CACHE_CONTROL, HOST, LOCATION, ORIGIN},
    },
    response::Response,
};
use maple_wire::{Problem, ProblemKind};

use super::visit::{Visit, cookie, set_cookie};
use crate::{
    access::TOKEN_BYTES_MAX,
    app::App,
    http::{
        answer,
        body::{self, Terms},
        identified,
    },
    trace::Span,
};

/// The cookie that holds the token. Its prefix has browsers keep it to this host, where there is TLS.
const COOKIE_OPEN: &str = "maple-session";
const COOKIE_TLS: &str = "__Host-maple-session";
/// Size of the form: each letter of a token and of the way back may take three.
const FORM_BYTES_MAX: usize = 4 * TOKEN_BYTES_MAX;
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

const fn cookie_name(tls: bool) -> &'static str {
    if tls { COOKIE_TLS } else { COOKIE_OPEN }
}

/// The token of whoever signed in.
pub(crate) fn token<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    cookie(headers, cookie_name(app.config.tls.is_some())).filter(|token| fits(token))
}

/// What a cookie can hold (RFC 6265, 4.1.1), of bounded length.
fn fits(token: &str) -> bool {
    let letter = |letter: u8| letter.is_ascii_graphic() && !matches!(letter, b'"' | b',' | b';' | b'\\');
    (1..=TOKEN_BYTES_MAX).contains(&token.len()) && token.bytes().all(letter)
}

/// Refuses a form that another site sends: browsers say where it comes from, and whoever does not say is refused, too.
pub(crate) fn same_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(&FETCH_SITE).map(|site| site == "same-origin");
    let origin = text(&ORIGIN).map(|origin| {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        authority.is_some() && authority == text(&HOST)
    });
    let said = [site, origin];
    if said.contains(&Some(true)) && !said.contains(&Some(false)) {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::Forbidden,
        "this form must be sent from the console itself; open the page here and send it again",
        "此表单只能从控制台页面提交；请在本站打开页面后重新提交",
    ))
}

/// Where people sign in and out.
#[derive(Template)]
#[template(path = "session.html")]
struct Session<'a> {
    v: &'a Visit,
    here: &'static str,
    needed: bool,
    to: String,
}

pub(crate) async fn sign_in(visit: Visit) -> Response {
    let needed = visit.app.config.access.is_some();
    let to = way_back(visit.given("to").unwrap_or_default());
    visit.show(Ok(Session { v: &visit, here: "session", needed, to }))
}

/// Signs in with the token of the form, or out where it says so.
pub(crate) async fn change(State(app): State<Arc<App>>, request: Request) -> Response {
    let visit = Visit::of(&app, request.uri(), request.headers(), None);
    match changed(&app, &visit, request).await {
        Ok(response) => response,
        Err(problem) => visit.refuse(&problem),
    }
}

/// What a form says, of bounded size.
pub(super) async fn form(app: &App, request: Request) -> Result<Vec<(String, String)>, Problem> {
    body::expect_type(request.headers(), &[FORM])?;
    let terms = Terms { limit: FORM_BYTES_MAX, deadline: app.config.deadline, room: &app.large_bodies };
    let taken = body::read(request, &terms).await?;
    let pairs = form_urlencoded::parse(&taken.bytes);
    Ok(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
}

async fn changed(app: &Arc<App>, visit: &Visit, request: Request) -> Result<Response, Problem> {
    same_origin(request.headers())?;
    let trace = request.extensions().get::<Span>().copied();
    let (mut token, mut to, mut leave) = (String::new(), String::new(), false);
    for (name, value) in form(app, request).await? {
        match &*name {
            "token" => value.trim().clone_into(&mut token),
            "to" => to = way_back(&value),
            "leave" => leave = true,
            _ => {}
        }
    }
    if leave {
        return Ok(sent(visit, "/session", Some("")));
    }
    let Some(access) = &app.config.access else { return Ok(sent(visit, &to, None)) };
    // The very token that the doors would take.
    let text = if fits(&token) { token.as_str() } else { "" };
    Ok(match identified(app, access, text, "/session", trace).await {
        Ok(_) => sent(visit, &to, Some(text)),
        Err(problem) => visit.refuse_to(&problem, to),
    })
}

/// Sends a browser on, with another token or none in its cookie.
pub(super) fn sent(visit: &Visit, to: &str, token: Option<&str>) -> Response {
    let mut response = Response::new(axum::body::Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, to);
    answer::set(&mut response, CACHE_CONTROL, "no-store");
    visit.secure(&mut response);
    if let Some(token) = token {
        let tls = visit.app.config.tls.is_some();
        let (name, secure) = (cookie_name(tls), if tls { "; Secure" } else { "" });
        let age = if token.is_empty() { "; Max-Age=0" } else { "" };
        set_cookie(&mut response, &format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{age}"));
    }
    response
}

/// Where to go after signing in: a path of this server, or its first page.
pub(super) fn way_back(to: &str) -> String {
    let plain = to.starts_with('/') && !to.starts_with("//") && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let own = plain && to.parse::<Uri>().is_ok_and(|uri| uri.host().is_none()) && !to.starts_with("/session");
    if own { to.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_to_this_server() {
        for (to, wanted) in [
            ("/cases?locality=cn", "/cases?locality=cn"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example/", "/"),
            ("/a\r\nset-cookie: x", "/"),
            ("/session?to=/", "/"),
        ] {
            assert_eq!(way_back(to), wanted, "{to}");
        }
    }

    #[test]
    fn a_form_comes_from_this_server() {
        for (site, origin, fine) in [
            (Some("same-origin"), None, true),
            (Some("same-origin"), Some("http://a:1"), true),
            (Some("same-site"), Some("http://a:1"), false),
            (Some("cross-site"), None, false),
            (Some("same-origin"), Some("http://b"), false),
            (None, Some("https://a:1"), true),
            (None, Some("null"), false),
            (None, Some("http://a:1.evil.example"), false),
            (None, None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("a:1"));
            site.map(|site| headers.insert(FETCH_SITE, HeaderValue::from_static(site)));
            origin.map(|origin| headers.insert(ORIGIN, HeaderValue::from_static(origin)));
            assert_eq!(same_origin(&headers).is_ok(), fine, "{site:?} {origin:?}");
        }
    }

    #[test]
    fn a_token_is_one_word_of_bounded_length() {
        let longest = "t".repeat(TOKEN_BYTES_MAX);
        for (token, fine) in [("maple_a.b-c_d", true), ("", false), ("a b", false), ("a;b", false), ("浙", false)] {
            assert_eq!(fits(token), fine, "{token}");
        }
        assert!(fits(&longest) && !fits(&format!("{longest}t")));
    }
}
