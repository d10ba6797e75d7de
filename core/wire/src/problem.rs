//! What is told when no decision can be made: RFC 9457 problems that name every bad field at once.

use serde::{Serialize, Serializer, ser::SerializeStruct};

/// How many bad fields one problem lists; the rest are counted.
pub const ERRORS_COUNT_MAX: usize = 100;

/// Kinds of problems; each has a stable `type`, a title and an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The body is not JSON, or nested or filled beyond all use.
    InvalidJson,
    /// Some field of the question is not as it should be.
    InvalidCase,
    /// Some parameter of the query is not as it should be.
    InvalidQuery,
    /// Some field of a request is not as it should be.
    InvalidRequest,
    /// The bundle of a preview does not compile.
    InvalidBundle,
    /// A bundle was not admitted.
    BundleRejected,
    /// Nobody says who is asking.
    Unauthenticated,
    /// What says who is asking does not hold.
    InvalidToken,
    /// Who is asking may not do this, or not there.
    Forbidden,
    /// The body or a line of it is too large.
    TooLarge,
    /// The body is not of the media type asked for.
    UnsupportedMediaType,
    /// There is nothing at this path.
    NotFound,
    /// There is something at this path, but not for this method.
    MethodNotAllowed,
    /// The request did not arrive in time.
    RequestTimeout,
    /// Every place is taken.
    Overloaded,
    /// The decision was made and could not be kept, so it is not given.
    NotRecorded,
    /// Somebody or something else was first.
    Conflict,
    /// What is told cannot have happened.
    ImpossibleEvent,
    /// The generation that the caller asks for does not serve here yet.
    NotYet,
    /// A recorded decision cannot be made again.
    NotReplayable,
    /// What this rests on is away for the moment.
    Unavailable,
    /// The answer was not ready in time.
    DeadlineExceeded,
    /// A failure of the host itself.
    Internal,
}

impl ProblemKind {
    /// All kinds.
    pub const ALL: [Self; 23] = [
        Self::InvalidJson,
        Self::InvalidCase,
        Self::InvalidQuery,
        Self::InvalidRequest,
        Self::InvalidBundle,
        Self::BundleRejected,
        Self::Unauthenticated,
        Self::InvalidToken,
        Self::Forbidden,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::Overloaded,
        Self::NotRecorded,
        Self::Conflict,
        Self::ImpossibleEvent,
        Self::NotYet,
        Self::NotReplayable,
        Self::Unavailable,
        Self::DeadlineExceeded,
        Self::Internal,
    ];

    /// The `type` member: a relative reference that the server answers, too.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::InvalidJson => "/problems/invalid-json",
            Self::InvalidCase => "/problems/invalid-case",
            Self::InvalidQuery => "/problems/invalid-query",
            Self::InvalidRequest => "/problems/invalid-request",
            Self::InvalidBundle => "/problems/invalid-bundle",
            Self::BundleRejected => "/problems/bundle-rejected",
            Self::Unauthenticated => "/problems/unauthenticated",
            Self::InvalidToken => "/problems/invalid-token",
            Self::Forbidden => "/problems/forbidden",
            Self::TooLarge => "/problems/too-large",
            Self::UnsupportedMediaType => "/problems/unsupported-media-type",
            Self::NotFound => "/problems/not-found",
            Self::MethodNotAllowed => "/problems/method-not-allowed",
            Self::RequestTimeout => "/problems/request-timeout",
            Self::Overloaded => "/problems/overloaded",
            Self::NotRecorded => "/problems/not-recorded",
            Self::Conflict => "/problems/conflict",
            Self::ImpossibleEvent => "/problems/impossible-event",
            Self::NotYet => "/problems/not-yet",
            Self::NotReplayable => "/problems/not-replayable",
            Self::Unavailable => "/problems/unavailable",
            Self::DeadlineExceeded => "/problems/deadline-exceeded",
            Self::Internal => "/problems/internal",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidJson | Self::InvalidQuery => 400,
            Self::Unauthenticated | Self::InvalidToken => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::NotReplayable | Self::Conflict | Self::ImpossibleEvent => 409,
            Self::NotYet => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::InvalidCase | Self::InvalidRequest | Self::InvalidBundle | Self::BundleRejected => 422,
            Self::Internal => 500,
            Self::Overloaded | Self::NotRecorded | Self::Unavailable => 503,
            Self::DeadlineExceeded => 504,
        }
    }

    /// The title, in English and Chinese; the same for every problem of the kind.
    #[must_use]
    pub const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidJson => ("The body is not usable JSON", "请求正文不是可用的JSON"),
            Self::InvalidCase => ("Some fields of the case are not as they should be", "案件中有字段不符合要求"),
            Self::InvalidQuery => ("Some parameters of the query are not as they should be", "查询参数有误"),
            Self::InvalidRequest => ("Some fields of the request are not as they should be", "请求中有字段不符合要求"),
            Self::InvalidBundle => ("The policies do not compile", "规则包无法编译"),
            Self::BundleRejected => ("The bundle may not serve", "规则包未通过准入"),
            Self::Unauthenticated => ("This service must know who is asking", "请先表明身份"),
            Self::InvalidToken => ("The token does not hold", "令牌无效"),
            Self::Forbidden => ("This is not for you to do", "无权进行此操作"),
            Self::TooLarge => ("The body is too large", "请求正文过大"),
            Self::UnsupportedMediaType => ("The body is of another media type", "请求正文的类型不受支持"),
            Self::NotFound => ("There is nothing here", "此处没有内容"),
            Self::MethodNotAllowed => ("This path takes another method", "此路径不接受该方法"),
            Self::RequestTimeout => ("The request did not arrive in time", "请求未及时到达"),
            Self::Overloaded => ("Every place is taken for the moment", "服务暂时繁忙"),
            Self::NotRecorded => ("The decision could not be recorded", "决定未能留存记录"),
            Self::Conflict => ("Something else was first", "已有其他变更先行"),
            Self::ImpossibleEvent => ("This cannot have happened there", "该事件在当前阶段不可能发生"),
            Self::NotYet => ("That generation does not serve here yet", "本节点尚未启用该代规则"),
            Self::NotReplayable => ("The decision cannot be made again", "无法重现该决定"),
            Self::Unavailable => ("What this rests on is away for the moment", "所依赖的服务暂时不可用"),
            Self::DeadlineExceeded => ("The answer was not ready in time", "未能及时得出答复"),
            Self::Internal => ("Something failed on our side", "服务内部出错"),
        }
    }
}

/// What is wrong with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlawCode {
    /// The text is not JSON.
    NotJson,
    /// The bytes are not UTF-8.
    InvalidUtf8,
    /// Brackets are nested too deep.
    TooDeep,
    /// There are too many of them.
    TooMany,
    /// There are too few of them.
    TooFew,
    /// The text is too long.
    TooLong,
    /// A field that must be there is not.
    Missing,
    /// There is no such field.
    UnknownField,
    /// The field appears more than once.
    Duplicate,
    /// The field is never taken: it would tell who somebody is, or must not count.
    Forbidden,
    /// The value looks like an identity or telephone number.
    PersonalData,
    /// The value is of another type.
    WrongType,
    /// The value is not written as it must be.
    BadFormat,
    /// There is no such day.
    NotADay,
    /// The number is too small, too large or not exact.
    OutOfRange,
    /// The word is not in the vocabulary.
    UnknownValue,
    /// The vocabulary has no such fact.
    UnknownFact,
    /// The fact is not one that callers give here.
    WrongPlace,
    /// Two fields contradict each other.
    Inconsistent,
    /// A policy file has a problem.
    Diagnostic,
}

impl FlawCode {
    /// All codes.
    pub const ALL: [Self; 20] = [
        Self::NotJson,
        Self::InvalidUtf8,
        Self::TooDeep,
        Self::TooMany,
        Self::TooFew,
        Self::TooLong,
        Self::Missing,
        Self::UnknownField,
        Self::Duplicate,
        Self::Forbidden,
        Self::PersonalData,
        Self::WrongType,
        Self::BadFormat,
        Self::NotADay,
        Self::OutOfRange,
        Self::UnknownValue,
        Self::UnknownFact,
        Self::WrongPlace,
        Self::Inconsistent,
        Self::Diagnostic,
    ];

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::TooDeep => "too_deep",
            Self::TooMany => "too_many",
            Self::TooFew => "too_few",
            Self::TooLong => "too_long",
            Self::Missing => "missing",
            Self::UnknownField => "unknown_field",
            Self::Duplicate => "duplicate",
            Self::Forbidden => "forbidden",
            Self::PersonalData => "personal_data",
            Self::WrongType => "wrong_type",
            Self::BadFormat => "bad_format",
            Self::NotADay => "not_a_day",
            Self::OutOfRange => "out_of_range",
            Self::UnknownValue => "unknown_value",
            Self::UnknownFact => "unknown_fact",
            Self::WrongPlace => "wrong_place",
            Self::Inconsistent => "inconsistent",
            Self::Diagnostic => "diagnostic",
        }
    }
}

/// One bad field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// RFC 6901 pointer to the field; empty for the whole document.
    pub pointer: String,
    /// What is wrong.
    pub code: FlawCode,
    /// What is wrong and what to do, in English.
    pub detail: String,
    /// The same in Chinese.
    pub detail_zh: String,
    /// Further members: `file`, `line`, `column` of a policy file.
    pub place: Option<FilePlace>,
    /// Line and column, from 1, of the text that is not JSON.
    pub at: Option<(u32, u32)>,
}

/// A place in a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlace {
    /// The file's path within the bundle.
    pub file: String,
    /// The line, from 1; none when the whole file is meant.
    pub line: Option<u32>,
    /// The column, from 1.
    pub column: Option<u32>,
    /// The diagnostic's own code.
    pub code: String,
}

impl Flaw {
    /// One bad field.
    #[must_use]
    pub fn new(pointer: String, code: FlawCode, detail: String, detail_zh: String) -> Self {
        Self { pointer, code, detail, detail_zh, place: None, at: None }
    }
}

/// Why there is no decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem.
    pub kind: ProblemKind,
    /// What happened this time and what to do, in English.
    pub detail: String,
    /// The same in Chinese.
    pub detail_zh: String,
    /// The line of a batch, from 1.
    pub line: Option<u64>,
    /// Every bad field, at most [`ERRORS_COUNT_MAX`].
    pub errors: Vec<Flaw>,
}

impl Problem {
    /// A problem without bad fields.
    #[must_use]
    pub fn new(kind: ProblemKind, detail: impl Into<String>, detail_zh: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), detail_zh: detail_zh.into(), line: None, errors: Vec::new() }
    }

    /// A problem with bad fields, of which `count` were found and at most [`ERRORS_COUNT_MAX`] are listed.
    #[must_use]
    pub fn with_errors(kind: ProblemKind, mut errors: Vec<Flaw>, count: usize) -> Self {
        errors.truncate(ERRORS_COUNT_MAX);
        let listed = errors.len();
        let (detail, detail_zh) = match (listed, count) {
            (1, 1) => errors.first().map(|e| (e.detail.clone(), e.detail_zh.clone())).unwrap_or_default(),
            _ if listed < count => (
                format!("{count} problems, of which `errors` lists the first {listed}"),
                format!("共{count}处问题，errors列出前{listed}处"),
            ),
            _ => (
                format!("{count} problems; `errors` lists each with its place"),
                format!("共{count}处问题，errors逐一列出位置"),
            ),
        };
        Self { kind, detail, detail_zh, line: None, errors }
    }

    /// The problem as a JSON document without line breaks.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (title, title_zh) = self.kind.title();
        let mut out = serializer.serialize_struct("Problem", 8)?;
        out.serialize_field("type", self.kind.uri())?;
        out.serialize_field("title", title)?;
        out.serialize_field("status", &self.kind.status())?;
        out.serialize_field("detail", &self.detail)?;
        out.serialize_field("title_zh", title_zh)?;
        out.serialize_field("detail_zh", &self.detail_zh)?;
        if let Some(line) = self.line {
            out.serialize_field("line", &line)?;
        }
        out.serialize_field("errors", &self.errors)?;
        out.end()
    }
}

impl Serialize for Flaw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct View<'a> {
            pointer: &'a str,
            code: &'a str,
            detail: &'a str,
            detail_zh: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            file: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            line: Option<u32>,
            #[serde(skip_serializing_if = "Option::is_none")]
            column: Option<u32>,
        }
        let place = self.place.as_ref();
        View {
            pointer: &self.pointer,
            code: place.map_or(self.code.as_str(), |p| &p.code),
            detail: &self.detail,
            detail_zh: &self.detail_zh,
            file: place.map(|p| p.file.as_str()),
            line: place.and_then(|p| p.line).or(self.at.map(|(line, _)| line)),
            column: place.and_then(|p| p.column).or(self.at.map(|(_, column)| column)),
        }
        .serialize(serializer)
    }
}

/// Where in a document a reader stands; becomes text only when something is wrong there.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Member(&'a str),
    Item(usize),
}

impl Path<'static> {
    pub(crate) const ROOT: Self = Self { parent: None, step: Step::Root };
}

impl<'a> Path<'a> {
    pub(crate) fn member(&'a self, name: &'a str) -> Path<'a> {
        Path { parent: Some(self), step: Step::Member(name) }
    }

    pub(crate) fn item(&'a self, at: usize) -> Path<'a> {
        Path { parent: Some(self), step: Step::Item(at) }
    }

    /// The name of the nearest field.
    pub(crate) fn name(&self) -> &'a str {
        match (self.step, self.parent) {
            (Step::Member(name), _) => name,
            (Step::Item(_), Some(parent)) => parent.name(),
            _ => "",
        }
    }

    /// The RFC 6901 pointer.
    pub(crate) fn pointer(&self) -> String {
        let mut text = self.parent.map(Path::pointer).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Member(name) => {
                text.push('/');
                text.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Step::Item(at) => text.push_str(&format!("/{at}")),
        }
        text
    }
}

/// The bad fields of one document, gathered while reading goes on.
#[derive(Default)]
pub(crate) struct Flaws {
    list: Vec<Flaw>,
    count: usize,
}

impl Flaws {
    /// Notes a bad field; `said` is English and Chinese, made only while the list has room.
    #[cold]
    pub(crate) fn add(&mut self, path: &Path<'_>, code: FlawCode, said: impl FnOnce() -> (String, String)) {
        self.count += 1;
        if self.list.len() < ERRORS_COUNT_MAX {
            let (en, zh) = said();
            self.list.push(Flaw::new(path.pointer(), code, en, zh));
        }
    }

    /// What was read, if nothing was wrong.
    pub(crate) fn settle<T>(self, kind: ProblemKind, read: Option<T>) -> Result<T, Box<Problem>> {
        match read {
            Some(read) if self.count == 0 => Ok(read),
            _ => Err(Box::new(Problem::with_errors(kind, self.list, self.count))),
        }
    }
}

impl From<Box<Flaw>> for Box<Problem> {
    fn from(flaw: Box<Flaw>) -> Self {
        Self::new(Problem::with_errors(ProblemKind::InvalidJson, vec![*flaw], 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_escaped() {
        let case = Path::ROOT.member("case");
        let parties = case.member("a/b~c");
        assert_eq!(parties.item(3).pointer(), "/case/a~1b~0c/3");
        assert_eq!(Path::ROOT.pointer(), "");
    }

    #[test]
    fn the_list_is_bounded_and_the_rest_counted() {
        for (found, listed, said) in [(1, 1, "x"), (2, 2, "2 problems;"), (101, 100, "101 problems, of which")] {
            let mut flaws = Flaws::default();
            for _ in 0..found {
                flaws.add(&Path::ROOT, FlawCode::Missing, || ("x".into(), "x".into()));
            }
            let problem = flaws.settle::<()>(ProblemKind::InvalidCase, None).unwrap_err();
            assert_eq!(problem.errors.len(), listed);
            assert!(problem.detail.starts_with(said), "{}", problem.detail);
        }
    }

    #[test]
    fn kinds_and_codes_are_told_apart() {
        let uris: std::collections::BTreeSet<_> = ProblemKind::ALL.iter().map(|k| k.uri()).collect();
        let codes: std::collections::BTreeSet<_> = FlawCode::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!((uris.len(), codes.len()), (ProblemKind::ALL.len(), FlawCode::ALL.len()));
    }
}
