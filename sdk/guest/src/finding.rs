//! Findings, put together from their claims.

use crate::{
    Claim, Clock, Day, Due, Duty, Fact, Finding, Level, Offer, Precondition, Preference, Reason, ReasonText, Refusal,
    Rule, Selector, Signal, Span, Subject, Table, Text, Value, settings::CODE_BYTES_MAX,
};

impl Finding {
    /// A claim made by a rule. Reason and basis are the rule's own until said otherwise.
    ///
    /// ```
    /// use maple_guest::{Finding, Precondition};
    /// let finding = Finding::new("R19", Precondition::of("labour_arbitration", "court")).evidence("relation");
    /// assert_eq!(finding.evidence, ["relation"]);
    /// ```
    #[must_use]
    pub fn new(rule: &str, claim: impl Into<Claim>) -> Self {
        Self {
            rule: rule.into(),
            claim: claim.into(),
            reason: Reason { code: String::new(), params: Vec::new() },
            basis: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// Says why with one of the policy's reasons instead of the rule's summary.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        self.reason.code = reason.into();
        self
    }

    /// Fills a place of the reason's text.
    #[must_use]
    pub fn param(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.reason.params.push(Fact::new(key, value));
        self
    }

    /// Cites a provision instead of those of the rule.
    #[must_use]
    pub fn basis(mut self, provision: &str) -> Self {
        self.basis.push(provision.into());
        self
    }

    /// Names a fact that the finding rests on.
    #[must_use]
    pub fn evidence(mut self, key: &str) -> Self {
        self.evidence.push(key.into());
        self
    }
}

impl Offer {
    /// A step on offer.
    #[must_use]
    pub fn to(channel: &str) -> Self {
        Self { channel: channel.into(), body: None, skills: Vec::new(), due: None, weight: 0, chargeable: false }
    }

    /// Who within the channel, such as `town`.
    #[must_use]
    pub fn body(mut self, body: &str) -> Self {
        self.body = Some(body.into());
        self
    }

    /// What the people there must be able to do.
    #[must_use]
    pub fn skill(mut self, skill: &str) -> Self {
        self.skills.push(skill.into());
        self
    }

    /// By when: `Span::days(15).after("acceptance")`, or a day.
    #[must_use]
    pub fn due(mut self, due: impl Into<Due>) -> Self {
        self.due = Some(due.into());
        self
    }

    /// Preference among steps of the same class, -100 to 100.
    #[must_use]
    pub fn weight(mut self, weight: i16) -> Self {
        self.weight = weight;
        self
    }

    /// Says that the step costs money.
    #[must_use]
    pub fn chargeable(mut self) -> Self {
        self.chargeable = true;
        self
    }
}

impl From<Day> for Due {
    fn from(day: Day) -> Self {
        Self::On(day)
    }
}

impl Preference {
    /// Moves a channel that is on offer up or down among its class, -100 to 100.
    #[must_use]
    pub fn of(channel: &str, weight: i16) -> Self {
        Self { channel: channel.into(), weight }
    }
}

impl Precondition {
    /// One channel must be tried before another.
    #[must_use]
    pub fn of(first: &str, before: &str) -> Self {
        Self { first: first.into(), before: before.into() }
    }
}

impl Selector {
    /// One channel.
    #[must_use]
    pub fn channel(channel: &str) -> Self {
        Self::Channel(channel.into())
    }

    /// Every channel of a class, such as `facilitative`.
    #[must_use]
    pub fn class(class: &str) -> Self {
        Self::Class(class.into())
    }
}

impl Duty {
    /// Something that somebody must do.
    #[must_use]
    pub fn of(code: &str) -> Self {
        Self { code: code.into(), bearer: None, params: Vec::new() }
    }

    /// Who must do it.
    #[must_use]
    pub fn bearer(mut self, bearer: &str) -> Self {
        self.bearer = Some(bearer.into());
        self
    }

    /// A detail.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.params.push(Fact::new(key, value));
        self
    }
}

impl Clock {
    /// A time limit that runs from a day, which is not counted.
    #[must_use]
    pub fn of(code: &str, start: Day, span: Span) -> Self {
        Self { code: code.into(), start, span, warn: Vec::new() }
    }

    /// Days before the end at which to warn.
    #[must_use]
    pub fn warn(mut self, days: &[u16]) -> Self {
        self.warn = days.into();
        self
    }
}

impl Signal {
    /// Something to watch or prevent. It is never about a person.
    #[must_use]
    pub fn of(code: &str, level: Level, subject: Subject) -> Self {
        Self { code: code.into(), level, subject, measures: Vec::new(), responsible: None, handle_within: None }
    }

    /// Something to do about it.
    #[must_use]
    pub fn measure(mut self, measure: &str) -> Self {
        self.measures.push(measure.into());
        self
    }

    /// The unit that answers for it.
    #[must_use]
    pub fn responsible(mut self, bearer: &str) -> Self {
        self.responsible = Some(bearer.into());
        self
    }

    /// How soon that unit must act.
    #[must_use]
    pub fn handle_within(mut self, span: Span) -> Self {
        self.handle_within = Some(span);
        self
    }
}

impl Level {
    /// All levels, least urgent first.
    pub const ALL: [Self; 4] = [Self::Blue, Self::Yellow, Self::Orange, Self::Red];

    /// The word used in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }

    /// The level of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }
}

impl Subject {
    /// Reads `organisation:respondent`, `place`, `project`, `kind`, `station`, `own-case`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "place" => Self::Place,
            "project" => Self::Project,
            "kind" => Self::Kind,
            "station" => Self::Station,
            "own-case" => Self::OwnCase,
            _ => Self::Organisation(text.strip_prefix("organisation:").filter(|role| !role.is_empty())?.into()),
        })
    }
}

impl Refusal {
    /// The policy cannot answer; `code` is a word for referrals, `detail` is for an operator and holds no facts.
    #[must_use]
    pub fn new(code: &str, detail: &str) -> Self {
        Self { code: code.into(), detail: detail.into() }
    }
}

impl Text {
    /// A text in both languages.
    #[must_use]
    pub fn new(zh: &str, en: &str) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

impl Rule {
    /// A rule with what it does.
    #[must_use]
    pub fn new(id: &str, summary: Text) -> Self {
        Self { id: id.into(), summary, basis: Vec::new() }
    }

    /// A rule as settings name it: `rule` (its id), `summary` (both languages) and `basis` (provisions, at least one,
    /// since the host drops a claim without law behind it).
    #[must_use]
    pub fn from_settings(settings: &Table<'_>, id: &str, summary: Option<Text>) -> Self {
        let field = settings.get("rule");
        let own = field.text();
        if own.is_some_and(|own| own.len() > CODE_BYTES_MAX) {
            field.complain(&format!("is longer than {CODE_BYTES_MAX} letters"), "");
        }
        let field = if summary.is_some() { settings.get("summary") } else { settings.need("summary") };
        let summary = field.both().or(summary).unwrap_or_else(|| Text::new("", ""));
        let field = settings.need("basis");
        let basis: Vec<String> = field.codes().into_iter().map(Into::into).collect();
        if basis.is_empty() && field.is_present() {
            field.complain("is empty", "name the provision that allows this, such as `cn.peoples_mediation.17`");
        }
        Self { id: own.unwrap_or(id).into(), summary, basis }
    }

    /// Adds a provision that it rests on.
    #[must_use]
    pub fn basis(mut self, provision: &str) -> Self {
        self.basis.push(provision.into());
        self
    }
}

impl ReasonText {
    /// A reason; `{key}` in the text is replaced by the parameter of that name.
    #[must_use]
    pub fn new(code: &str, text: Text) -> Self {
        Self { code: code.into(), text }
    }
}

impl Fact {
    /// A fact.
    #[must_use]
    pub fn new(key: &str, value: impl Into<Value>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

macro_rules! from {
    ($target:ident: $($source:ty => $make:expr),+ $(,)?) => {$(
        impl From<$source> for $target {
            fn from(value: $source) -> Self {
                #[allow(clippy::redundant_closure_call, reason = "one row of a table")]
                ($make)(value)
            }
        }
    )+};
}

from! { Claim:
    Offer => Self::Offer,
    Preference => Self::Prefer,
    Precondition => Self::RequireFirst,
    Selector => Self::Forbid,
    Duty => Self::Duty,
    Clock => Self::Clock,
    Signal => Self::Signal,
    Fact => Self::Derive,
    Refusal => |refusal: Refusal| Self::Refer(refusal.code),
}

from! { Value:
    &str => |text: &str| Self::Text(text.into()),
    String => Self::Text,
    bool => Self::Flag,
    i32 => |number| Self::Number(f64::from(number)),
    u16 => |number| Self::Number(f64::from(number)),
    f64 => Self::Number,
    Day => Self::Day,
    Vec<String> => Self::Words,
    &[&str] => |words: &[&str]| Self::Words(words.iter().map(|&word| word.into()).collect()),
}

impl Value {
    /// An amount in minor units (fen, pence, cents).
    #[must_use]
    pub const fn money(minor: i64) -> Self {
        Self::Money(minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_says_everything_in_one_line() {
        let offer =
            Offer::to("peoples_mediation").body("town").skill("hardware").weight(5).due(Span::days(15).after("x"));
        let finding = Finding::new("L1", offer).because("climb").param("count", 2).basis("cn.x.1").evidence("people");
        assert_eq!(finding.reason.params, [Fact::new("count", 2)]);
        let Claim::Offer(offer) = finding.claim else { panic!("not an offer") };
        assert_eq!((offer.body.as_deref(), offer.weight, offer.chargeable), (Some("town"), 5, false));
    }

    #[test]
    fn subjects_are_never_persons() {
        assert_eq!(Subject::parse("organisation:respondent"), Some(Subject::Organisation("respondent".into())));
        assert_eq!(Subject::parse("own-case"), Some(Subject::OwnCase));
        assert_eq!(Subject::parse("organisation:"), None);
        assert_eq!(Subject::parse("person:applicant"), None);
    }
}
