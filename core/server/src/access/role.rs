//! Roles: what somebody may do, apart from where.

use std::{fmt, str::FromStr};

/// What somebody may do. No role holds another: who writes policies does not thereby approve them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Ask for decisions.
    Evaluate,
    /// Write policies: try them, hand them in.
    Author,
    /// Put in force what an author handed in, and go back.
    Approver,
    /// Stop policies, and set how they serve.
    Admin,
    /// Read what was decided, and have it decided again.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Evaluate, Self::Author, Self::Approver, Self::Admin, Self::Auditor];

    /// The role as a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Evaluate => "evaluate",
            Self::Author => "author",
            Self::Approver => "approver",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word is no role.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no role; the roles are `evaluate`, `author`, `approver`, `admin` and `auditor`")]
pub struct RoleFault {
    word: String,
}

impl FromStr for Role {
    type Err = RoleFault;

    fn from_str(word: &str) -> Result<Self, RoleFault> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == word);
        found.ok_or_else(|| RoleFault { word: word.chars().take(32).collect() })
    }
}

/// Some roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roles(u8);

impl Roles {
    pub(crate) const fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |set, role| set | 1 << role as u8))
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = Role::ALL.into_iter().filter(|role| self.has(*role)).map(Role::as_str).collect();
        f.write_str(if words.is_empty() { "none" } else { "" })?;
        f.write_str(&words.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_is_read_as_it_is_written_and_stands_alone() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            let only: Roles = [role].into_iter().collect();
            assert!(Role::ALL.into_iter().all(|other| only.has(other) == (other == role)));
        }
        let all: Roles = Role::ALL.into_iter().collect();
        assert_eq!(all.to_string(), "evaluate,author,approver,admin,auditor");
        assert_eq!(Roles::default().to_string(), "none");
        let fault = "root".parse::<Role>().unwrap_err().to_string();
        assert!(fault.contains("`root` is no role") && fault.contains("`auditor`"), "{fault}");
    }
}
