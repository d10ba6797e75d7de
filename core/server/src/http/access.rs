//! Who asks.

use crate::control::Actor;

/// What somebody may do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    Author,
    Approver,
    Admin,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) String);

impl Caller {
    pub(crate) fn actor(&self, _role: Role) -> Actor<'_> {
        Actor { name: &self.0, may: &|_| true }
    }
}
