//! Who passes which door.

use axum::extract::Request;
use maple_wire::{Problem, ProblemKind};

use crate::{
    access::{Asked, Caller, Reason, Refusal, Role, Unknown},
    app::App,
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
    };
    let Some(access) = &app.config.access else {
        request.extensions_mut().insert(Caller::local());
        return Ok(());
    };
    let who = match access.identify(app, request.headers()).await {
        Ok(who) => who,
        Err(Unknown::Unavailable(problem)) => return Err(problem),
        Err(Unknown::Refused(reason, token)) => {
            access.refusals().note(Refusal { reason, route, trace: trace.to_string(), who: None, token });
            return Err(unknown(reason));
        }
    };
    let caller = Caller::known(who, Asked { route, trace, refusals: access.refusals().clone() });
    caller.require_somewhere(role)?;
    request.extensions_mut().insert(caller);
    Ok(())
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
        Reason::Unknown | Reason::Role | Reason::Scope => (
            "this service does not know the token; look whether it is whole, and for this service",
            "本服务不认识该令牌；请核对是否完整、是否由本服务签发",
        ),
    };
    let kind = if reason == Reason::Missing { ProblemKind::Unauthenticated } else { ProblemKind::InvalidToken };
    Problem::new(kind, en, zh)
}
