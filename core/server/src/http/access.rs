//! Who passes which door.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{Method, header::AUTHORIZATION},
};
use maple_wire::{Problem, ProblemKind};

use crate::{
    access::{Access, Asked, Caller, Reason, Refusal, Role, Unknown, Who},
    app::App,
    console,
    trace::Span,
};

/// What a door asks of a caller, where callers have to say who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: it is open to everybody.
    Nothing,
    /// Some role somewhere.
    AnyRole,
    /// This role somewhere; behind the door the [`Caller`] says whether it holds in the place that is asked about.
    Role(Role),
    /// The same of whoever looks at a page, who may have signed in; with a role or any.
    Page(Option<Role>),
}

/// Lets a request in with its [`Caller`], or says why not.
pub(super) async fn admit(
    app: &App,
    route: &'static str,
    needs: Needs,
    trace: Span,
    request: &mut Request,
) -> Result<(), Problem> {
    let role = match needs {
        Needs::Nothing => return Ok(()),
        Needs::AnyRole => None,
        Needs::Role(role) => Some(role),
        Needs::Page(role) => role,
    };
    let page = matches!(needs, Needs::Page(_));
    if page && *request.method() == Method::POST {
        console::same_origin(request.headers())?;
    }
    let Some(access) = &app.config.access else {
        request.extensions_mut().insert(Caller::local());
        return Ok(());
    };
    // No other door takes what a browser sends by itself.
    let kept = if page && !request.headers().contains_key(AUTHORIZATION) {
        console::token(app, request.headers())
    } else {
        None
    };
    let found = match kept {
        Some(token) => access.known(app, token).await,
        None => access.identify(app, request.headers()).await,
    };
    let who = found.map_err(|unknown| refused(access, unknown, route, trace))?;
    let caller = Caller::known(who, Asked { route, trace, refusals: access.refusals().clone() });
    caller.require_somewhere(role)?;
    request.extensions_mut().insert(caller);
    Ok(())
}

/// Who a token belongs to.
pub(crate) async fn identified(
    app: &App,
    access: &Arc<Access>,
    token: &str,
    route: &'static str,
    trace: Option<Span>,
) -> Result<Arc<Who>, Problem> {
    let trace = trace.unwrap_or_else(|| Span::next(None, app.unique()));
    let found =
        if token.is_empty() { Err(Unknown::because(Reason::Malformed)) } else { access.known(app, token).await };
    found.map_err(|unknown| refused(access, unknown, route, trace))
}

/// Notes that somebody is not known, and says why.
fn refused(access: &Access, why: Unknown, route: &'static str, trace: Span) -> Problem {
    match why {
        Unknown::Unavailable(problem) => problem,
        Unknown::Refused(reason, token) => {
            access.refusals().note(Refusal { reason, route, trace: trace.to_string(), who: None, token });
            unknown(reason)
        }
    }
}

/// Why it is not known who is asking.
fn unknown(reason: Reason) -> Problem {
    let (en, zh) = match reason {
        Reason::Missing => (
            "this service must know who is asking: send the header `authorization: Bearer` with your token; an \
             administrator makes one with `maple tokens create`",
            "请在请求头authorization: Bearer中附上令牌；管理员可用maple tokens create签发",
        ),
        Reason::Malformed => (
            "what the header `authorization` holds is no token of this service; send it once, as `Bearer` and the token",
            "请求头authorization中没有本服务的令牌；请以Bearer加令牌的形式发送一次",
        ),
        Reason::Expired => {
            ("the token has expired; ask an administrator for a new one", "令牌已过期；请向管理员申领新的")
        }
        Reason::Revoked => {
            ("the token was revoked; ask an administrator for a new one", "令牌已被撤销；请向管理员申领新的")
        }
        Reason::Algorithm => (
            "the token is signed by an algorithm that is not taken, or with a key that is not for it; RS256, ES256 and EdDSA are",
            "令牌的签名算法不受支持或与密钥不符；可用RS256、ES256、EdDSA",
        ),
        Reason::Key => (
            "the issuer has no key of the token's `kid`, or has not shown it yet; ask it for a new token, or try again in \
             some seconds",
            "签发方没有令牌kid所指的密钥，或尚未公布；请重新申领令牌，或稍后重试",
        ),
        Reason::Signature => (
            "the signature of the token does not hold; ask its issuer for a new one",
            "令牌签名无效；请向签发方重新申领",
        ),
        Reason::Early => {
            ("the token does not hold yet, as its `nbf` says; look at the clocks", "令牌尚未生效（nbf）；请核对时钟")
        }
        Reason::Endless => {
            ("the token has no `exp`; the issuer must give it an end", "令牌没有有效期（exp）；签发方须设置")
        }
        Reason::Issuer => (
            "the token is of another issuer than this service takes, as its `iss` says",
            "令牌签发方（iss）不是本服务认可的签发方",
        ),
        Reason::Audience => (
            "the token is for somebody else, as its `aud` says; ask for one for this service",
            "令牌的受众（aud）不是本服务；请申领面向本服务的令牌",
        ),
        Reason::Subject => {
            ("the token names nobody: it needs a `sub` of at most 256 bytes", "令牌未载明主体（sub，至多256字节）")
        }
        Reason::Unknown | Reason::Role | Reason::Scope | Reason::FourEyes | Reason::Above => (
            "this service does not know the token; look whether it is whole, and for this service",
            "本服务不认识该令牌；请核对是否完整、是否由本服务签发",
        ),
    };
    let kind = if reason == Reason::Missing { ProblemKind::Unauthenticated } else { ProblemKind::InvalidToken };
    Problem::new(kind, en, zh)
}
