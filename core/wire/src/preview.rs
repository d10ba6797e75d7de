//! A question together with policies that do not serve yet.

use std::collections::BTreeMap;

use maple_kernel::{Day, Question, Ruleset};

use crate::{
    fields::{fields, members, text},
    json::{self, Json},
    problem::{FlawCode, Flaws, Path, Problem, ProblemKind},
    question,
};

/// Size of the body of one preview.
pub const PREVIEW_BYTES_MAX: usize = 8 << 20;

/// Policies to lay over those that serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// Files by their path within the bundle, added or replaced.
    Files(BTreeMap<String, Vec<u8>>),
    /// One rule table, for the pack of the case's locality.
    Table(String),
}

/// A preview, read as far as that is possible before its policies are compiled.
#[derive(Debug)]
pub struct Preview<'a> {
    json: Json<'a>,
    /// The policies to lay over those that serve.
    pub overlay: Overlay,
}

const NAMES: [&str; 6] = ["case", "purposes", "as_of", "explain", "bundle", "table"];

impl<'a> Preview<'a> {
    /// Reads the policies of a preview.
    ///
    /// # Errors
    ///
    /// A problem that names every bad field of the policies, or the place where the text stops being JSON.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Box<Problem>> {
        let json = json::read(bytes)?;
        let mut flaws = Flaws::default();
        let overlay = fields(&json, &Path::ROOT, NAMES, &mut flaws)
            .and_then(|[.., bundle, table]| overlay(bundle, table, &mut flaws));
        let overlay = flaws.settle(ProblemKind::InvalidCase, overlay)?;
        Ok(Self { json, overlay })
    }

    /// The locality of the case as it was given, path or code, checked by nobody.
    #[must_use]
    pub fn locality(&self) -> Option<&str> {
        let member = |json: &'_ Json<'a>, name: &str| match json {
            Json::Object(members) => members.iter().position(|(known, _)| known == name),
            _ => None,
        };
        let Json::Object(root) = &self.json else { return None };
        let (_, case) = root.get(member(&self.json, "case")?)?;
        let Json::Object(fields) = case else { return None };
        let (_, locality) = fields.get(member(case, "locality")?)?;
        locality.text()
    }

    /// Reads the question with the words of the ruleset that will answer it.
    ///
    /// # Errors
    ///
    /// A problem that names every bad field at once.
    pub fn question(&self, ruleset: &Ruleset, today: Day) -> Result<Question, Box<Problem>> {
        let mut flaws = Flaws::default();
        let read =
            fields(&self.json, &Path::ROOT, NAMES, &mut flaws).and_then(|[case, purposes, as_of, explain, _, _]| {
                question::question([case, purposes, as_of, explain], ruleset, today, &mut flaws)
            });
        flaws.settle(ProblemKind::InvalidCase, read)
    }
}

fn overlay(bundle: Option<&Json<'_>>, table: Option<&Json<'_>>, flaws: &mut Flaws) -> Option<Overlay> {
    let (root, either) = (Path::ROOT, "either `bundle` with files or `table` with one rule table");
    match (bundle, table) {
        (Some(bundle), None) => files(bundle, &root.member("bundle"), flaws).map(Overlay::Files),
        (None, Some(table)) => text(table, &root.member("table"), flaws).map(|table| Overlay::Table(table.to_owned())),
        (None, None) => {
            flaws.add(&root.member("bundle"), FlawCode::Missing, || {
                (format!("a preview needs {either}"), "预览需要bundle（文件）或table（一张规则表）之一".into())
            });
            None
        }
        (Some(_), Some(_)) => {
            flaws.add(&root.member("table"), FlawCode::Inconsistent, || {
                (format!("give {either}, not both"), "bundle与table只能提供一项".into())
            });
            None
        }
    }
}

fn files(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<BTreeMap<String, Vec<u8>>> {
    let [files] = fields(json, path, ["files"], flaws)?;
    let path = path.member("files");
    let Some(files) = files else {
        flaws.add(&path, FlawCode::Missing, || ("`files` is missing".into(), "缺少files".into()));
        return None;
    };
    let mut read = BTreeMap::new();
    for (name, file) in members(files, &path, flaws)? {
        if let Some(content) = text(file, &path.member(name), flaws) {
            read.insert(name.to_string(), content.as_bytes().to_vec());
        }
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(body: &str, pointer: &str, code: FlawCode) {
        let problem = Preview::parse(body.as_bytes()).unwrap_err();
        let found: Vec<_> = problem.errors.iter().map(|e| (e.pointer.as_str(), e.code)).collect();
        assert_eq!(found, [(pointer, code)]);
    }

    #[test]
    fn policies_come_as_files_or_as_one_table() {
        let files = r#"{"case":{"locality":"cn"},"bundle":{"files":{"cn/x.toml":"id = \"x\""}}}"#;
        let read = Preview::parse(files.as_bytes()).unwrap();
        assert_eq!(read.locality(), Some("cn"));
        assert_eq!(read.overlay, Overlay::Files([("cn/x.toml".into(), b"id = \"x\"".to_vec())].into()));
        let read = Preview::parse(br#"{"table":"[[rule]]"}"#).unwrap();
        assert_eq!((read.locality(), &read.overlay), (None, &Overlay::Table("[[rule]]".into())));
    }

    #[test]
    fn what_is_neither_is_refused() {
        use FlawCode::{Inconsistent, Missing, UnknownField, WrongType};
        for (body, pointer, code) in [
            (r#"{"case":{}}"#, "/bundle", Missing),
            (r#"{"bundle":{"files":{}},"table":""}"#, "/table", Inconsistent),
            (r#"{"bundle":{}}"#, "/bundle/files", Missing),
            (r#"{"bundle":{"files":[]}}"#, "/bundle/files", WrongType),
            (r#"{"bundle":{"files":{"a/b.toml":1}}}"#, "/bundle/files/a~1b.toml", WrongType),
            (r#"{"table":3}"#, "/table", WrongType),
            (r#"{"table":"","tabel":""}"#, "/tabel", UnknownField),
        ] {
            refused(body, pointer, code);
        }
    }
}
