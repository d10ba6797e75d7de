//! Who is asking, and what they may do where.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use jiff::Timestamp;
use maple_seal::Subtree;
use maple_wire::{Problem, ProblemKind};

use super::{
    refusals::{Reason, Refusal, Refusals},
    role::{Role, Roles},
};
use crate::trace::Span;

/// Subtrees that a problem names.
const SUBTREES_SHOWN: usize = 5;
/// Letters of a locality that a problem repeats.
const LOCALITY_CHARS_SHOWN: usize = 128;

/// Somebody who is known.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Who {
    /// As audit log and activations name them: the name of a token, the subject of a JWT.
    pub(crate) name: String,
    /// Which token it was; never the token itself.
    pub(crate) token: String,
    pub(crate) roles: Roles,
    pub(crate) scope: Vec<Subtree>,
    /// From when on the token no longer holds.
    pub(crate) expires: Option<Timestamp>,
}

/// Whoever asks where nobody has to say who they are.
static LOCAL: LazyLock<Arc<Who>> = LazyLock::new(|| {
    Arc::new(Who {
        name: "local".to_owned(),
        token: String::new(),
        roles: Role::ALL.into_iter().collect(),
        scope: "**".parse().into_iter().collect(),
        expires: None,
    })
});

/// What a request asks, for whoever refuses it.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) route: &'static str,
    pub(crate) trace: Span,
    pub(crate) refusals: Arc<Refusals>,
}

/// Who sent a request. Every refusal that comes of it is logged where it is made.
#[derive(Clone)]
pub(crate) struct Caller {
    who: Arc<Who>,
    /* None where everything is allowed. */
    asked: Option<Asked>,
}

impl Caller {
    /// Whoever it is: they may do everything everywhere.
    pub(crate) fn local() -> Self {
        Self { who: Arc::clone(&LOCAL), asked: None }
    }

    pub(crate) fn known(who: Arc<Who>, asked: Asked) -> Self {
        Self { who, asked: Some(asked) }
    }

    /// Who, as it stands in the audit log and in activations.
    pub(crate) fn name(&self) -> &str {
        &self.who.name
    }

    /// Whether they may do something in one place.
    pub(crate) fn may(&self, role: Role, locality: &str) -> bool {
        self.within(role, |subtree| subtree.covers(locality))
    }

    fn within(&self, role: Role, covers: impl FnMut(&Subtree) -> bool) -> bool {
        self.asked.is_none() || (self.who.roles.has(role) && self.who.scope.iter().any(covers))
    }

    /// Whether they may do something in one place and in all below it.
    pub(crate) fn may_below(&self, role: Role, locality: &str) -> bool {
        self.within(role, |subtree| subtree.covers_below(locality))
    }

    /// Whether they have a role somewhere.
    pub(crate) fn has(&self, role: Role) -> bool {
        self.asked.is_none() || self.who.roles.has(role)
    }

    /// The widest subtree around a place in which they may do something.
    pub(crate) fn reach(&self, role: Role, locality: &str) -> String {
        let around = self.who.scope.iter().filter(|subtree| self.may(role, locality) && subtree.covers(locality));
        around.min_by_key(|subtree| subtree.top().len()).map(ToString::to_string).unwrap_or_default()
    }

    /// The first place below which they may do something, where that is not everywhere.
    pub(crate) fn home(&self, role: Role) -> Option<&str> {
        let bounded = !self.is_everywhere(role) && self.has(role);
        self.who.scope.first().filter(|_| bounded).map(Subtree::top)
    }

    /// Refuses, unless they may do something in one place.
    pub(crate) fn require(&self, role: Role, locality: &str) -> Result<(), Problem> {
        if self.may(role, locality) { Ok(()) } else { Err(self.refused(role, Some(locality))) }
    }

    /// Refuses, unless they may do something in one place and in all below it.
    pub(crate) fn require_below(&self, role: Role, locality: &str) -> Result<(), Problem> {
        let may = self.within(role, |subtree| subtree.covers_below(locality));
        if may { Ok(()) } else { Err(self.refused(role, Some(locality))) }
    }

    /// Whether they may do something everywhere.
    pub(crate) fn is_everywhere(&self, role: Role) -> bool {
        self.within(role, Subtree::is_everything)
    }

    /// Refuses, unless they may do something everywhere.
    pub(crate) fn require_everywhere(&self, role: Role) -> Result<(), Problem> {
        if self.is_everywhere(role) { Ok(()) } else { Err(self.refused(role, None)) }
    }

    /// Refuses, unless they may do something somewhere; `None` asks for any role.
    pub(crate) fn require_somewhere(&self, role: Option<Role>) -> Result<(), Problem> {
        let roles = self.who.roles;
        match role {
            _ if self.asked.is_none() => Ok(()),
            Some(role) if !roles.has(role) => Err(self.refused(role, None)),
            None if roles.is_empty() => {
                self.note(Reason::Role);
                Err(Problem::new(
                    ProblemKind::Forbidden,
                    "your token has none of the roles that this service knows; ask an administrator for one",
                    "您的令牌不含本服务认可的角色；请联系管理员",
                ))
            }
            _ => Ok(()),
        }
    }

    /// Logs that they may not, and says why.
    fn refused(&self, role: Role, locality: Option<&str>) -> Problem {
        let Who { roles, scope, .. } = &*self.who;
        if !roles.has(role) {
            self.note(Reason::Role);
            return Problem::new(
                ProblemKind::Forbidden,
                format!(
                    "this needs the role `{role}`, and your token has {roles}; ask an administrator for one with it"
                ),
                format!("此操作需要{role}角色，您的令牌仅有{roles}；请联系管理员"),
            );
        }
        self.note(Reason::Scope);
        let places = places(scope);
        let (en, zh) = match locality {
            Some(locality) => {
                let shown: String = locality.chars().take(LOCALITY_CHARS_SHOWN).collect();
                let shown = shown.escape_debug();
                (
                    format!("`{shown}` is outside of where your token holds as `{role}`, which is {places}"),
                    format!("{shown}不在您令牌的{role}权限范围内，该范围为{places}"),
                )
            }
            None => {
                let top = scope.first().map_or("", Subtree::top);
                (
                    format!(
                        "your token holds as `{role}` for {places}, not everywhere; say where, as in `?locality={top}`"
                    ),
                    format!("您令牌的{role}权限仅限{places}；请指明地区，如?locality={top}"),
                )
            }
        };
        Problem::new(ProblemKind::Forbidden, en, zh)
    }

    /// Logs that another person has to do it.
    pub(crate) fn note_four_eyes(&self) {
        self.note(Reason::FourEyes);
    }

    /// Logs that only somebody above may change it.
    pub(crate) fn note_above(&self) {
        self.note(Reason::Above);
    }

    fn note(&self, reason: Reason) {
        let Some(Asked { route, trace, refusals }) = &self.asked else { return };
        let (who, token) = (Some(self.name().to_owned()), Some(self.who.token.clone()));
        let trace = trace.to_string();
        refusals.note(Refusal { reason, route, trace, who, token });
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Caller").field(&self.who.name).finish()
    }
}

/// The places in words, at most a few of them.
fn places(scope: &[Subtree]) -> String {
    let mut shown: Vec<String> = scope.iter().take(SUBTREES_SHOWN).map(|subtree| format!("`{subtree}`")).collect();
    if scope.is_empty() {
        shown.push("nowhere".to_owned());
    }
    if let Some(more) = scope.len().checked_sub(SUBTREES_SHOWN).filter(|more| *more > 0) {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}
