//! TOML as it looks while somebody types it: what can be told of a text that need not be right.
//!
//! Only places and shapes are kept. A key at the start of a line, or a header, ends whatever was left open above, so
//! that a bracket that is missing spoils the lines of its own value and no more.

use std::{collections::HashMap, ops::Range};

use toml_parser::{
    Source,
    lexer::{Token, TokenKind},
};

/// The root table.
pub(super) const ROOT: usize = 0;
/// How deep brackets are followed.
const DEPTH_MAX: usize = 64;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    List,
    Text,
    Other,
    /// A key whose value is not there yet.
    Missing,
}

/// A table, a list or a value.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) parent: usize,
    /// Its key in a table; `None` in a list.
    pub(super) key: Option<(String, Range<usize>)>,
    pub(super) kind: Kind,
    /// The value; of a table under a header, from the header to the last value in it.
    pub(super) span: Range<usize>,
    /// First and last node within, and the next beside; the root is none of them, so it stands for nothing.
    first: usize,
    last: usize,
    next: usize,
}

/// The nodes of a text, in the order of their beginning; parents stand before their children.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) nodes: Vec<Node>,
}

/// What would fit at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fits {
    /// A key of this table, after these.
    Key(usize, Vec<String>),
    /// The name of a table, after these; `true` for a list of tables.
    Header(Vec<String>, bool),
    /// The value of this node.
    Value(usize),
    /// One more value of this list.
    Item(usize),
    /// Nothing.
    Nothing,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) fits: Fits,
    /// What is typed already and would be replaced.
    pub(super) word: Range<usize>,
    /// An `=` follows.
    pub(super) assigned: bool,
}

impl Scan {
    /// Reads a text to its end.
    pub(super) fn new(text: &str) -> Self {
        let mut scanner = Scanner::new(text);
        let tokens: Vec<Token> = Source::new(text).lex().collect();
        for (at, token) in tokens.iter().enumerate() {
            scanner.take(token, tokens.get(at + 1..).unwrap_or_default());
        }
        scanner.scan
    }

    /// What fits at a byte of a text.
    pub(super) fn cursor(text: &str, offset: usize) -> Cursor {
        let mut scanner = Scanner::new(text);
        let tokens: Vec<Token> = Source::new(text).lex().collect();
        for (at, token) in tokens.iter().enumerate() {
            let rest = tokens.get(at + 1..).unwrap_or_default();
            let span = range(token);
            if span.end > offset || span.end == offset && touches(text, token) {
                return scanner.cursor(token, rest, offset);
            }
            scanner.take(token, rest);
        }
        Cursor { fits: scanner.fits(), word: offset..offset, assigned: false }
    }

    /// The node of that number.
    pub(super) fn node(&self, id: usize) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// The nodes in a table or list.
    pub(super) fn children(&self, parent: usize) -> impl Iterator<Item = (usize, &Node)> {
        let at = |id: usize| if id == ROOT { None } else { self.node(id).map(|node| (id, node)) };
        std::iter::successors(self.node(parent).and_then(|node| at(node.first)), move |(_, node)| at(node.next))
    }

    /// The node under a key.
    pub(super) fn child(&self, parent: usize, key: &str) -> Option<(usize, &Node)> {
        self.children(parent).find(|(_, node)| node.key.as_ref().is_some_and(|(name, _)| name == key))
    }

    /// The node whose key or single value stands at a byte; `true` for its key.
    pub(super) fn at(&self, offset: usize) -> Option<(usize, bool)> {
        let within = |span: &Range<usize>| span.start <= offset && offset <= span.end;
        let hit = |(id, node): (usize, &Node)| {
            if node.key.as_ref().is_some_and(|(_, span)| within(span)) {
                return Some((id, true));
            }
            (matches!(node.kind, Kind::Text | Kind::Other) && within(&node.span)).then_some((id, false))
        };
        self.nodes.iter().enumerate().skip(1).find_map(hit)
    }
}

fn range(token: &Token) -> Range<usize> {
    token.span().start()..token.span().end()
}

/// True for what is still being typed when the cursor stands right behind it.
fn touches(text: &str, token: &Token) -> bool {
    match token.kind() {
        TokenKind::Atom | TokenKind::Comment => true,
        TokenKind::BasicString | TokenKind::LiteralString => !closed(text.get(range(token)).unwrap_or_default()),
        _ => false,
    }
}

fn closed(string: &str) -> bool {
    let quote = string.chars().next().unwrap_or('"');
    string.len() > 1 && string.ends_with(quote)
}

/// A key or text without its quotes. Names have no escapes, and nothing else is compared.
pub(super) fn bare(raw: &str) -> &str {
    let Some(quote) = raw.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return raw };
    let inner = raw.get(1..).unwrap_or_default();
    inner.strip_suffix(quote).unwrap_or(inner)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Key,
    Value,
    After,
    Header,
}

struct Scanner<'t> {
    text: &'t str,
    scan: Scan,
    /// Tables found by headers and keys of tables under headers.
    named: HashMap<(usize, String), usize>,
    /// Brackets that are open.
    open: Vec<usize>,
    /// The table of the last header.
    table: usize,
    state: State,
    /// Keys before `=` or in a header.
    keys: Vec<(String, Range<usize>)>,
    /// True when a dot was the last, so that one more key must follow.
    dotted: bool,
    double: bool,
    header: usize,
    /// The node whose value comes next.
    pending: Option<usize>,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str) -> Self {
        let (first, last, next) = (ROOT, ROOT, ROOT);
        let root = Node { parent: ROOT, key: None, kind: Kind::Table, span: 0..text.len(), first, last, next };
        Self {
            text,
            scan: Scan { nodes: vec![root] },
            named: HashMap::new(),
            open: Vec::new(),
            table: ROOT,
            state: State::Key,
            keys: Vec::new(),
            dotted: false,
            double: false,
            header: 0,
            pending: None,
        }
    }

    fn take(&mut self, token: &Token, rest: &[Token]) {
        match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment | TokenKind::Eof => {}
            TokenKind::Newline => self.newline(rest),
            _ if self.state == State::Header => self.in_header(token),
            kind => match (self.state, kind) {
                (State::Key, TokenKind::LeftSquareBracket) if self.open.is_empty() && self.keys.is_empty() => {
                    (self.state, self.header, self.double) = (State::Header, token.span().start(), false);
                }
                (State::Key, TokenKind::Equals) => self.assign(),
                (State::Key, TokenKind::Dot) => self.dotted = true,
                (State::Key, TokenKind::RightCurlyBracket | TokenKind::RightSquareBracket) => self.close(token),
                (State::Key, TokenKind::Comma) => self.keys.clear(),
                (State::Key, _) => self.key(token),
                (State::Value, _) => self.value(token),
                (State::After, _) => self.after(token),
                (State::Header, _) => {}
            },
        }
    }

    fn key(&mut self, token: &Token) {
        if !self.dotted {
            self.keys.clear();
        }
        self.dotted = false;
        let span = range(token);
        self.keys.push((bare(self.text.get(span.clone()).unwrap_or_default()).to_owned(), span));
    }

    fn newline(&mut self, rest: &[Token]) {
        if self.open.is_empty() {
            self.line();
        } else if self.starts_anew(rest) {
            self.open.clear();
            self.line();
        }
    }

    fn line(&mut self) {
        if self.state == State::Header {
            self.enter();
        }
        self.keys.clear();
        (self.state, self.dotted, self.pending) = (State::Key, false, None);
    }

    /// True when the next line is a header, or begins with a key that cannot belong to what is open.
    fn starts_anew(&self, rest: &[Token]) -> bool {
        let mut rest = rest.iter();
        match rest.next().map(Token::kind) {
            Some(TokenKind::Atom) => {
                let mut next = rest.filter(|token| token.kind() != TokenKind::Whitespace);
                next.next().is_some_and(|token| matches!(token.kind(), TokenKind::Equals | TokenKind::Dot))
            }
            Some(TokenKind::LeftSquareBracket) => {
                let word = |kind| matches!(kind, TokenKind::Atom | TokenKind::LeftSquareBracket);
                rest.next().is_some_and(|token| word(token.kind()))
            }
            _ => false,
        }
    }

    fn in_header(&mut self, token: &Token) {
        match token.kind() {
            TokenKind::LeftSquareBracket => self.double = true,
            TokenKind::RightSquareBracket => {
                let end = token.span().end();
                self.enter();
                self.touch(end);
                // What else stands on the line is of no use; a second bracket belongs to it.
                self.state = State::After;
            }
            TokenKind::Dot => self.dotted = true,
            _ => self.key(token),
        }
    }

    /// Enters the table of a header.
    fn enter(&mut self) {
        let keys = std::mem::take(&mut self.keys);
        self.dotted = false;
        let mut at = ROOT;
        let last = keys.len().saturating_sub(1);
        for (index, (name, span)) in keys.into_iter().enumerate() {
            let list = self.double && index == last;
            at = self.named(at, name, span, if list { Kind::List } else { Kind::Table });
            if list {
                at = self.push(at, None, Kind::Table, self.header..self.header);
            }
            // A header below a list of tables speaks of its last entry.
            if !list && self.scan.node(at).is_some_and(|node| node.kind == Kind::List) {
                at = self.last_item(at);
            }
        }
        self.table = at;
    }

    fn last_item(&mut self, list: usize) -> usize {
        match self.scan.node(list).map(|node| node.last) {
            Some(item) if item != ROOT => item,
            _ => self.push(list, None, Kind::Table, self.header..self.header),
        }
    }

    fn named(&mut self, parent: usize, name: String, span: Range<usize>, kind: Kind) -> usize {
        if let Some(found) = self.named.get(&(parent, name.clone())) {
            return *found;
        }
        let node = self.push(parent, Some((name.clone(), span)), kind, self.header..self.header);
        self.named.insert((parent, name), node);
        node
    }

    fn push(&mut self, parent: usize, key: Option<(String, Range<usize>)>, kind: Kind, span: Range<usize>) -> usize {
        let id = self.scan.nodes.len();
        self.scan.nodes.push(Node { parent, key, kind, span, first: ROOT, last: ROOT, next: ROOT });
        let before = self.scan.nodes.get_mut(parent).map_or(ROOT, |node| {
            if node.first == ROOT {
                node.first = id;
            }
            std::mem::replace(&mut node.last, id)
        });
        if before != ROOT
            && let Some(before) = self.scan.nodes.get_mut(before)
        {
            before.next = id;
        }
        id
    }

    /// The table or list that is open.
    fn container(&self) -> usize {
        self.open.last().copied().unwrap_or(self.table)
    }

    fn in_list(&self) -> bool {
        self.open.last().and_then(|id| self.scan.node(*id)).is_some_and(|node| node.kind == Kind::List)
    }

    fn assign(&mut self) {
        let keys = std::mem::take(&mut self.keys);
        self.dotted = false;
        let (mut at, last) = (self.container(), keys.len().saturating_sub(1));
        let flat = self.open.is_empty();
        self.state = State::Value;
        for (index, (name, span)) in keys.into_iter().enumerate() {
            let end = span.end;
            if index == last {
                let node = self.push(at, Some((name.clone(), span)), Kind::Missing, end..end);
                if flat {
                    self.named.insert((at, name), node);
                }
                self.pending = Some(node);
            } else {
                at = self.named(at, name, span, Kind::Table);
            }
        }
    }

    fn value(&mut self, token: &Token) {
        let span = range(token);
        match token.kind() {
            TokenKind::Comma if self.in_list() => return,
            TokenKind::Comma => return self.after(token),
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => return self.close(token),
            _ => {}
        }
        let node = match self.pending.take() {
            Some(node) => node,
            None => self.push(self.container(), None, Kind::Missing, span.clone()),
        };
        let kind = match token.kind() {
            TokenKind::LeftCurlyBracket => Kind::Table,
            TokenKind::LeftSquareBracket => Kind::List,
            TokenKind::Atom | TokenKind::Dot | TokenKind::Equals => Kind::Other,
            _ => Kind::Text,
        };
        if let Some(node) = self.scan.nodes.get_mut(node) {
            (node.kind, node.span) = (kind, span.clone());
        }
        self.touch(span.end);
        match kind {
            Kind::Table | Kind::List if self.open.len() < DEPTH_MAX => {
                self.open.push(node);
                self.state = if kind == Kind::Table { State::Key } else { State::Value };
            }
            _ => self.state = State::After,
        }
    }

    fn after(&mut self, token: &Token) {
        match token.kind() {
            TokenKind::Comma if !self.open.is_empty() => {
                self.state = if self.in_list() { State::Value } else { State::Key };
                self.keys.clear();
                self.pending = None;
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => self.close(token),
            // The rest of a number or a day: `1.5`, `2026-01-01 10:00`.
            TokenKind::Dot | TokenKind::Atom => self.extend(token),
            _ => {}
        }
    }

    fn extend(&mut self, token: &Token) {
        let start = token.span().start();
        if let Some(node) = self.scan.nodes.last_mut()
            && node.kind == Kind::Other
            && node.span.end == start
        {
            node.span.end = token.span().end();
        }
    }

    /// Closes the bracket, and with it whatever was left open within.
    fn close(&mut self, token: &Token) {
        let kind = if token.kind() == TokenKind::RightCurlyBracket { Kind::Table } else { Kind::List };
        let of_kind = |id: &usize| self.scan.node(*id).is_some_and(|node| node.kind == kind);
        let Some(at) = self.open.iter().rposition(of_kind) else { return };
        let end = token.span().end();
        for id in self.open.split_off(at) {
            if let Some(node) = self.scan.nodes.get_mut(id) {
                node.span.end = end;
            }
        }
        self.touch(end);
        self.keys.clear();
        (self.state, self.pending, self.dotted) = (State::After, None, false);
    }

    /// The table of the last header reaches to here.
    fn touch(&mut self, end: usize) {
        if self.table != ROOT
            && let Some(node) = self.scan.nodes.get_mut(self.table)
        {
            node.span.end = node.span.end.max(end);
        }
    }

    fn fits(&self) -> Fits {
        let names = || self.keys.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        match self.state {
            State::Header if self.keys.is_empty() || self.dotted => Fits::Header(names(), self.double),
            State::Key if self.keys.is_empty() || self.dotted => Fits::Key(self.container(), names()),
            State::Value => match self.pending {
                Some(node) => Fits::Value(node),
                None => Fits::Item(self.container()),
            },
            _ => Fits::Nothing,
        }
    }

    /// What fits instead of a token, or before it.
    fn cursor(&self, token: &Token, rest: &[Token], offset: usize) -> Cursor {
        let span = range(token);
        let typed = span.start < offset;
        let assigned = {
            let mut next = std::iter::once(token).chain(rest).skip(usize::from(typed));
            next.find(|token| token.kind() != TokenKind::Whitespace).is_some_and(|t| t.kind() == TokenKind::Equals)
        };
        let nothing = Cursor { fits: Fits::Nothing, word: offset..offset, assigned };
        let word = match token.kind() {
            TokenKind::Comment if typed => return nothing,
            TokenKind::MlBasicString | TokenKind::MlLiteralString if typed => return nothing,
            TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString if typed => {
                span.start..self.end_of_word(&span, offset)
            }
            _ => offset..offset,
        };
        Cursor { fits: self.fits(), word, assigned }
    }

    /// A word ends where it ends; a text whose quote was taken from the next one ends at the cursor.
    fn end_of_word(&self, span: &Range<usize>, offset: usize) -> usize {
        let rest = self.text.get(offset..span.end).unwrap_or_default();
        let of_a_name = |c: char| c.is_alphanumeric() || "_.-/*#>:".contains(c);
        let whole = self.text.get(span.clone()).unwrap_or_default();
        let quoted = whole.starts_with(['"', '\'']);
        let inner =
            if quoted && closed(whole) { rest.get(..rest.len().saturating_sub(1)).unwrap_or_default() } else { rest };
        if inner.chars().all(of_a_name) && (!quoted || closed(whole)) { span.end } else { offset }
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
