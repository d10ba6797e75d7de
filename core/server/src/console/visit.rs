//! One look at a page: in which language, by whom, and how the answer leaves.

use std::{convert::Infallible, fmt::Display, sync::Arc, sync::LazyLock};

use askama::Template;
use axum::{
    extract::{FromRequestParts, Path, rejection::PathRejection},
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{
            ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE,
            WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
        request::Parts,
    },
    response::Response,
};
use form_urlencoded::Serializer;
use jiff::Timestamp;
use maple_insight::figures::SHOWN_COUNT_MIN;
use maple_kernel::{Ruleset, Text};
use maple_wire::{Language, Problem, ProblemKind};

use crate::{access::Caller, app::App, events, http::answer};

/// What a page may do: take its style sheet and pictures, send its forms back, nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";
/// The same of a page that listens: it may take its script, and ask this server.
const POLICY_LIVE: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
                           base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
/// The cookie that keeps the language.
const LANGUAGE_COOKIE: &str = "maple-lang";
/// How long the language is kept: a year.
const LANGUAGE_SECONDS: u32 = 365 * 24 * 60 * 60;

const STYLE: &str = include_str!("static/console.css");
static STYLE_ETAG: LazyLock<String> = LazyLock::new(|| answer::etag(STYLE));
const LIVE: &str = include_str!("static/live.js");
static LIVE_ETAG: LazyLock<String> = LazyLock::new(|| answer::etag(LIVE));

/// A look at a page.
pub(crate) struct Visit {
    pub(super) app: Arc<App>,
    pub(super) language: Language,
    /// Who signed in, where people have to.
    pub(super) who: Option<String>,
    path: String,
    /* The parameters that say something, without the language. */
    given: Vec<(String, String)>,
    /* The language was chosen just now. */
    chosen: bool,
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self::of(app, &parts.uri, &parts.headers, parts.extensions.get::<Caller>()))
    }
}

impl Visit {
    pub(crate) fn of(app: &Arc<App>, uri: &Uri, headers: &HeaderMap, caller: Option<&Caller>) -> Self {
        let (mut given, mut asked) = (Vec::new(), None);
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                "lang" => asked = language(&value),
                _ if value.trim().is_empty() => {}
                _ => given.push((name.into_owned(), value.trim().to_owned())),
            }
        }
        let kept = || cookie(headers, LANGUAGE_COOKIE).and_then(language);
        let accepted = || headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map(preferred);
        let language = asked.or_else(kept).or_else(accepted).unwrap_or(Language::Zh);
        let guarded = app.config.access.is_some();
        let who = caller.filter(|_| guarded).map(|caller| caller.name().to_owned());
        Self { app: Arc::clone(app), language, who, path: uri.path().to_owned(), given, chosen: asked.is_some() }
    }

    /// The same look at the page that compares, asking something else.
    pub(super) fn asking<const N: usize>(&self, given: [(&str, String); N]) -> Self {
        Self {
            app: Arc::clone(&self.app),
            language: self.language,
            who: self.who.clone(),
            path: "/policies/compare".to_owned(),
            given: given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            chosen: false,
        }
    }

    /// The Chinese or the English of two texts.
    pub(super) fn say<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        say(self.language, zh, en)
    }

    /// A text in the language of the page.
    pub(super) fn of_text<'t>(&self, text: &'t Text) -> &'t str {
        self.say(&text.zh, &text.en)
    }

    /// The language as HTML names it.
    pub(super) fn tag(&self) -> &'static str {
        match self.language {
            Language::Zh => "zh-CN",
            Language::En => "en",
        }
    }

    pub(super) fn is_chinese(&self) -> bool {
        self.language == Language::Zh
    }

    /// This very page in another language.
    pub(super) fn in_language(&self, tag: &str) -> String {
        let pairs = self.given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        link(&self.path, pairs.chain([("lang", tag)]))
    }

    /// This very page, to come back to.
    pub(super) fn back(&self) -> String {
        link(&self.path, self.given.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// All that was given, as it stands behind the `?`.
    pub(super) fn query(&self) -> String {
        query(self.given.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))))
    }

    /// A parameter, where it says something.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn all_given(&self) -> &[(String, String)] {
        &self.given
    }

    pub(super) fn ruleset(&self) -> Arc<Ruleset> {
        Arc::clone(self.app.serving().ruleset())
    }

    /// A moment by the clock of the service, as people write it.
    pub(super) fn moment(&self, at: &str) -> String {
        let read = at.parse::<Timestamp>();
        read.map_or_else(
            |_| at.to_owned(),
            |at| events::offset(&self.app).to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string(),
        )
    }

    /// Sends a browser on to a page of this server.
    pub(super) fn send_to(&self, path: &str) -> Response {
        let mut response = self.answer(StatusCode::SEE_OTHER, String::new());
        if let Ok(path) = HeaderValue::from_str(path) {
            response.headers_mut().insert(LOCATION, path);
        }
        response
    }

    /// A page, or why there is none.
    pub(super) fn show(&self, page: Result<impl Template, Problem>) -> Response {
        match page.map(|page| page.render()) {
            Ok(Ok(text)) => self.answer(StatusCode::OK, text),
            Ok(Err(_)) => self.refuse(&answer::internal()),
            Err(problem) => self.refuse(&problem),
        }
    }

    /// A page that listens, or why there is none.
    pub(super) fn show_live(&self, page: Result<impl Template, Problem>) -> Response {
        let lives = page.is_ok();
        let mut response = self.show(page);
        if lives {
            answer::set(&mut response, CONTENT_SECURITY_POLICY, POLICY_LIVE);
        }
        response
    }

    /// Figures as a file to be taken down, or why there is none.
    pub(super) fn file(&self, name: &str, text: Result<Vec<u8>, Problem>) -> Response {
        match text {
            Ok(text) => {
                let mut response = answer::csv(name, text);
                self.secure(&mut response);
                response
            }
            Err(problem) => self.refuse(&problem),
        }
    }

    /// From which count on a figure is shown.
    pub(super) const fn shown_from(&self) -> i64 {
        SHOWN_COUNT_MIN
    }

    /// Why there is no page, as a page.
    pub(crate) fn refuse(&self, problem: &Problem) -> Response {
        self.refuse_to(problem, self.back())
    }

    /// The same; whoever signs in there goes on to another page.
    pub(super) fn refuse_to(&self, problem: &Problem, to: String) -> Response {
        let (title, title_zh) = problem.kind.title();
        let unknown = matches!(problem.kind, ProblemKind::Unauthenticated | ProblemKind::InvalidToken);
        let flaws = problem.errors.iter().map(|flaw| {
            let field = flaw.pointer.trim_start_matches(['?', '/']).to_owned();
            (field, self.say(&flaw.detail_zh, &flaw.detail).to_owned())
        });
        let page = Refused {
            v: self,
            here: "",
            title: self.say(title_zh, title),
            detail: self.say(&problem.detail_zh, &problem.detail),
            flaws: flaws.collect(),
            sign_in: unknown,
            first: problem.kind == ProblemKind::Unauthenticated,
            to,
        };
        let status = StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = self.answer(status, page.render().unwrap_or_default());
        if unknown {
            answer::set(&mut response, WWW_AUTHENTICATE, "Bearer realm=\"maple\"");
        }
        response
    }

    pub(super) fn answer(&self, status: StatusCode, page: String) -> Response {
        let mut response = answer::of(status, HTML, page);
        answer::set(&mut response, CACHE_CONTROL, "no-store");
        self.secure(&mut response);
        response
    }

    /// What every answer of the console carries.
    pub(super) fn secure(&self, response: &mut Response) {
        guard(response);
        if self.chosen {
            let tag = self.say("zh", "en");
            let text = format!("{LANGUAGE_COOKIE}={tag}; Path=/; Max-Age={LANGUAGE_SECONDS}; HttpOnly; SameSite=Lax");
            set_cookie(response, &text);
        }
    }
}

/// Why there is no page.
#[derive(Template)]
#[template(path = "refused.html")]
struct Refused<'a> {
    v: &'a Visit,
    here: &'static str,
    title: &'a str,
    detail: &'a str,
    flaws: Vec<(String, String)>,
    sign_in: bool,
    first: bool,
    to: String,
}

pub(super) const fn say<'t>(language: Language, zh: &'t str, en: &'t str) -> &'t str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// A path with parameters.
pub(super) fn link<'a>(path: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut pairs = pairs.into_iter().peekable();
    if pairs.peek().is_none() {
        return path.to_owned();
    }
    let begun = format!("{path}?");
    let length = begun.len();
    Serializer::for_suffix(begun, length).extend_pairs(pairs).finish()
}

/// What stands behind the `?` of a path: the parameters that say something.
pub(super) fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> String {
    let said = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Serializer::new(String::new()).extend_pairs(said).finish()
}

/// A path whose last part is an id, whatever letters it has.
pub(super) fn path_to(before: &str, id: impl Display) -> String {
    let id = id.to_string();
    format!("{before}{}", percent_encoding::utf8_percent_encode(&id, percent_encoding::NON_ALPHANUMERIC))
}

fn guard(response: &mut Response) {
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Forms tell this server where they come from, and links tell nobody.
        (REFERRER_POLICY, "same-origin"),
        (X_FRAME_OPTIONS, "DENY"),
    ] {
        answer::set(response, name, value);
    }
}

pub(super) fn set_cookie(response: &mut Response, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// What a cookie holds.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| {
        let (known, value) = pair.trim().split_once('=')?;
        (known == name).then_some(value)
    })
}

fn language(tag: &str) -> Option<Language> {
    let main = tag.split(['-', '_']).next().unwrap_or_default().trim();
    match () {
        () if main.eq_ignore_ascii_case("zh") => Some(Language::Zh),
        () if main.eq_ignore_ascii_case("en") => Some(Language::En),
        () => None,
    }
}

/// The language that a browser likes best; English for whoever names neither.
fn preferred(accepted: &str) -> Language {
    let mut best: Option<(f32, Language)> = None;
    for part in accepted.split(',') {
        let mut words = part.split(';');
        let Some(known) = words.next().and_then(language) else { continue };
        let weight = words.find_map(|word| word.trim().strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
        if best.is_none_or(|(so_far, _)| weight > so_far) {
            best = Some((weight, known));
        }
    }
    best.map_or(Language::En, |(_, language)| language)
}

/// The files of the pages.
pub(crate) async fn file(name: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    let found = match name.as_ref().map(|Path(name)| name.as_str()) {
        Ok("console.css") => Some((&*STYLE_ETAG, CSS, STYLE)),
        Ok("live.js") => Some((&*LIVE_ETAG, JS, LIVE)),
        _ => None,
    };
    if let Some((etag, kind, text)) = found {
        let mut response = answer::unless_known(&headers, etag, || answer::of(StatusCode::OK, kind, text));
        guard(&mut response);
        return response;
    }
    answer::problem(&Problem::new(
        ProblemKind::NotFound,
        "the console has no such file; it begins at `/`",
        "控制台没有此文件；请从/进入",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_a_browser_likes_best() {
        for (accepted, wanted) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Zh),
            ("en-GB,en;q=0.9,zh;q=0.8", Language::En),
            ("fr-FR,zh-TW;q=0.4,en;q=0.3", Language::Zh),
            ("fr", Language::En),
            ("", Language::En),
            ("zh;q=x", Language::Zh),
        ] {
            assert_eq!(preferred(accepted), wanted, "{accepted}");
        }
    }

    #[test]
    fn links_hold_whatever_ids_are() {
        assert_eq!(link("/", []), "/");
        assert_eq!(query([("a", Some("b c&d")), ("e", None), ("f", Some("浙"))]), "a=b+c%26d&f=%E6%B5%99");
        assert_eq!(query([("a", None)]), "");
        assert_eq!(link("/", [("a", "b c&d"), ("e", "浙")]), "/?a=b+c%26d&e=%E6%B5%99");
        assert_eq!(path_to("/cases/", "a/b?c\"<"), "/cases/a%2Fb%3Fc%22%3C");
    }
}
