//! What happened as one short line, for the tables of the store: its type, then what it says, with spaces between.

use std::str::SplitAsciiWhitespace;

use super::event::{Arbitration, EventType, FailureReason, Form, Happening, Level, Referral, Side};

/// Written where something is not said.
const UNSAID: &str = "-";
/// Length of what [`Happening::code`] gives, at most.
pub const CODE_BYTES_MAX: usize = 64;

impl Happening {
    /// The line.
    #[must_use]
    pub fn code(&self) -> String {
        let kind = self.kind().as_str();
        let day = |day: &Option<jiff::civil::Date>| day.map_or_else(|| UNSAID.to_owned(), |day| day.to_string());
        match self {
            Self::Consent { side, given } => format!("{kind} {} {}", side.as_str(), flag(Some(*given))),
            Self::Agreed { form, partly, due } => {
                let scope = if *partly { "part" } else { "whole" };
                format!("{kind} {} {scope} {}", form.as_str(), day(due))
            }
            Self::Failed(reason) => format!("{kind} {}", reason.as_str()),
            Self::ConfirmationDecided { granted } => format!("{kind} {}", flag(Some(*granted))),
            Self::ArbitrationStarted(before) => format!("{kind} {}", before.as_str()),
            Self::Referred(to) => format!("{kind} {}", to.as_str()),
            Self::Closed { level, limit } => format!("{kind} {} {}", level.as_str(), day(limit)),
            Self::FollowedUp { resolved, satisfied } => format!("{kind} {} {}", flag(*resolved), flag(*satisfied)),
            Self::Registered
            | Self::Offered
            | Self::Assigned
            | Self::Accepted
            | Self::Declined
            | Self::Started
            | Self::Performed
            | Self::ConfirmationFiled
            | Self::FiledInCourt
            | Self::Reopened
            | Self::Called => kind.to_owned(),
        }
    }

    /// What a line says; nothing when it is none.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        let mut words = code.split_ascii_whitespace();
        let happening = match EventType::of(words.next()?)? {
            EventType::Registered => Self::Registered,
            EventType::Offered => Self::Offered,
            EventType::Consent => Self::Consent { side: Side::of(words.next()?)?, given: read_flag(&mut words)?? },
            EventType::Assigned => Self::Assigned,
            EventType::Accepted => Self::Accepted,
            EventType::Declined => Self::Declined,
            EventType::Started => Self::Started,
            EventType::Agreed => {
                let form = Form::of(words.next()?)?;
                let partly = match words.next()? {
                    "part" => true,
                    "whole" => false,
                    _ => return None,
                };
                Self::Agreed { form, partly, due: read_day(&mut words)? }
            }
            EventType::Performed => Self::Performed,
            EventType::Failed => Self::Failed(FailureReason::of(words.next()?)?),
            EventType::ConfirmationFiled => Self::ConfirmationFiled,
            EventType::ConfirmationDecided => Self::ConfirmationDecided { granted: read_flag(&mut words)?? },
            EventType::FiledInCourt => Self::FiledInCourt,
            EventType::ArbitrationStarted => Self::ArbitrationStarted(Arbitration::of(words.next()?)?),
            EventType::Referred => Self::Referred(Referral::of(words.next()?)?),
            EventType::Closed => Self::Closed { level: Level::of(words.next()?)?, limit: read_day(&mut words)? },
            EventType::FollowedUp => {
                Self::FollowedUp { resolved: read_flag(&mut words)?, satisfied: read_flag(&mut words)? }
            }
            EventType::Reopened => Self::Reopened,
            EventType::Called => Self::Called,
        };
        words.next().is_none().then_some(happening)
    }
}

fn flag(flag: Option<bool>) -> &'static str {
    flag.map_or(UNSAID, |yes| if yes { "yes" } else { "no" })
}

fn read_flag(words: &mut SplitAsciiWhitespace<'_>) -> Option<Option<bool>> {
    match words.next()? {
        "yes" => Some(Some(true)),
        "no" => Some(Some(false)),
        UNSAID => Some(None),
        _ => None,
    }
}

fn read_day(words: &mut SplitAsciiWhitespace<'_>) -> Option<Option<jiff::civil::Date>> {
    match words.next()? {
        UNSAID => Some(None),
        day => day.parse().ok().map(Some),
    }
}
