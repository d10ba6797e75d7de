//! Tokens to a tree, by recursive descent.
//!
//! A name may have several words: words in a row that are no keywords are one name. Names with signs or keywords in them
//! need the names in scope to be told from expressions, so they are not known here.

use super::{
    Expr, FEEL_BYTES_MAX, FEEL_DEPTH_MAX, FeelError, Range, Test, Tests, function,
    lexer::{Spanned, Token, tokens},
};

type Parsed<T> = Result<T, FeelError>;

const KEYWORDS: [&str; 16] = [
    "and",
    "or",
    "in",
    "between",
    "then",
    "else",
    "satisfies",
    "return",
    "instance",
    "if",
    "for",
    "some",
    "every",
    "true",
    "false",
    "null",
];

/// An expression.
pub(in crate::dmn) fn parse_expression(text: &str) -> Parsed<Expr> {
    let mut parser = Parser::new(text)?;
    let expr = parser.expression()?;
    parser.end()?;
    Ok(expr)
}

/// The tests of a cell; `None` for a cell that tests nothing.
pub(in crate::dmn) fn parse_tests(text: &str) -> Parsed<Option<Tests>> {
    if matches!(text.trim(), "" | "-") {
        return Ok(None);
    }
    let mut parser = Parser::new(text)?;
    if parser.tokens.is_empty() {
        return Ok(None);
    }
    if let Some(of) = parser.negated() {
        return Ok(Some(Tests { not: true, of }));
    }
    let mut parser = Parser::new(text)?;
    let of = parser.tests()?;
    parser.end()?;
    Ok(Some(Tests { not: false, of }))
}

struct Parser {
    tokens: Vec<Spanned>,
    next: usize,
    depth: usize,
    length: usize,
    /// True while the upper end of an interval is read: there a `[` may be the end of the interval.
    upper: bool,
}

impl Parser {
    fn new(text: &str) -> Parsed<Self> {
        if text.len() > FEEL_BYTES_MAX {
            return Err(FeelError::new(0, format!("is longer than {FEEL_BYTES_MAX} bytes")));
        }
        Ok(Self { tokens: tokens(text)?, next: 0, depth: 0, length: text.len(), upper: false })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|spanned| &spanned.token)
    }

    fn ahead(&self, by: usize) -> Option<&Token> {
        self.tokens.get(self.next + by).map(|spanned| &spanned.token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.length, |spanned| spanned.at)
    }

    fn wrong<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(FeelError::new(self.at(), message))
    }

    /// What stands next, for a message.
    fn found(&self) -> String {
        match self.peek() {
            None => "the text ends".into(),
            Some(Token::Word(word) | Token::Quoted(word) | Token::Number(word)) => format!("`{word}` stands"),
            Some(Token::Text(text)) => format!("`\"{text}\"` stands"),
            Some(Token::Sign(sign)) => format!("`{sign}` stands"),
        }
    }

    fn end(&self) -> Parsed<()> {
        if self.peek().is_none() {
            Ok(())
        } else {
            self.wrong(format!("{} where the expression should end", self.found()))
        }
    }

    fn sign(&mut self, sign: &str) -> bool {
        let here = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.next += usize::from(here);
        here
    }

    fn one_of(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        signs.iter().find(|sign| self.sign(sign)).copied()
    }

    fn need(&mut self, sign: &str) -> Parsed<()> {
        if self.sign(sign) { Ok(()) } else { self.wrong(format!("{} where `{sign}` is needed", self.found())) }
    }

    fn keyword(&mut self, word: &str) -> bool {
        let here = matches!(self.peek(), Some(Token::Word(found)) if found == word);
        self.next += usize::from(here);
        here
    }

    fn need_keyword(&mut self, word: &str) -> Parsed<()> {
        if self.keyword(word) { Ok(()) } else { self.wrong(format!("{} where `{word}` is needed", self.found())) }
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= FEEL_DEPTH_MAX {
            return self.wrong(format!("is nested more than {FEEL_DEPTH_MAX} deep"));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// `not(…)` around everything.
    fn negated(&mut self) -> Option<Vec<Test>> {
        (self.keyword("not") && self.sign("(")).then_some(())?;
        let of = self.tests().ok()?;
        (self.sign(")") && self.peek().is_none()).then_some(of)
    }

    fn tests(&mut self) -> Parsed<Vec<Test>> {
        let mut tests = vec![self.test()?];
        while self.sign(",") {
            tests.push(self.test()?);
        }
        Ok(tests)
    }

    fn test(&mut self) -> Parsed<Test> {
        match self.one_of(&["<=", ">=", "<", ">", "=", "!="]) {
            Some(compare) => Ok(Test::Compare(compare, self.sum()?)),
            None => Ok(Test::Expr(self.expression()?)),
        }
    }

    fn expression(&mut self) -> Parsed<Expr> {
        let upper = std::mem::replace(&mut self.upper, false);
        let parsed = self.deeper(Self::or);
        self.upper = upper;
        parsed
    }

    fn or(&mut self) -> Parsed<Expr> {
        self.chain("or", Expr::Or, Self::and)
    }

    fn and(&mut self) -> Parsed<Expr> {
        self.chain("and", Expr::And, Self::comparison)
    }

    fn chain(&mut self, word: &str, of: fn(Vec<Expr>) -> Expr, part: fn(&mut Self) -> Parsed<Expr>) -> Parsed<Expr> {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.keyword(word) {
            parts.push(part(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { of(parts) })
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let mut left = self.sum()?;
        loop {
            left = if let Some(compare) = self.one_of(&["=", "!=", "<=", ">=", "<", ">"]) {
                Expr::Binary(compare, Box::new([left, self.sum()?]))
            } else if self.keyword("between") {
                let from = self.sum()?;
                self.need_keyword("and")?;
                Expr::Between(Box::new([left, from, self.sum()?]))
            } else if self.keyword("in") {
                Expr::In(Box::new(left), self.in_tests()?)
            } else if self.keyword("instance") {
                self.need_keyword("of")?;
                Expr::Is(Box::new(left), self.name()?)
            } else {
                return Ok(left);
            };
        }
    }

    /// `in (a, b)`, `in < 5` or `in [1..5]`.
    fn in_tests(&mut self) -> Parsed<Vec<Test>> {
        let start = self.next;
        if self.sign("(")
            && let Ok(tests) = self.deeper(Self::tests)
            && self.sign(")")
        {
            return Ok(tests);
        }
        self.next = start;
        match self.one_of(&["<=", ">=", "<", ">", "=", "!="]) {
            Some(compare) => Ok(vec![Test::Compare(compare, self.sum()?)]),
            None => Ok(vec![Test::Expr(self.sum()?)]),
        }
    }

    fn sum(&mut self) -> Parsed<Expr> {
        self.operators(&["+", "-"], Self::product)
    }

    fn product(&mut self) -> Parsed<Expr> {
        self.operators(&["*", "/"], Self::power)
    }

    fn power(&mut self) -> Parsed<Expr> {
        self.operators(&["**"], Self::unary)
    }

    fn operators(&mut self, signs: &[&'static str], part: fn(&mut Self) -> Parsed<Expr>) -> Parsed<Expr> {
        let mut left = part(self)?;
        while let Some(sign) = self.one_of(signs) {
            left = Expr::Binary(sign, Box::new([left, part(self)?]));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        if self.sign("-") {
            return Ok(Expr::Negate(Box::new(self.deeper(Self::unary)?)));
        }
        let mut expr = self.primary()?;
        loop {
            expr = if self.sign(".") {
                Expr::Path(Box::new(expr), self.property()?)
            } else if !self.closes() && self.sign("[") {
                let by = self.expression()?;
                self.need("]")?;
                Expr::Filter(Box::new(expr), Box::new(by))
            } else {
                return Ok(expr);
            };
        }
    }

    /// Whether a `[` behind the upper end of an interval closes it, as in `]1..5[`, and begins no filter, as in
    /// `[1..list[2]]`: behind a filter the interval still has to end.
    fn closes(&self) -> bool {
        if !self.upper || !matches!(self.peek(), Some(Token::Sign("["))) {
            return false;
        }
        if matches!(self.ahead(1), Some(Token::Sign("]"))) {
            return true;
        }
        let mut open = 0_usize;
        for (at, spanned) in self.tokens.iter().enumerate().skip(self.next) {
            match &spanned.token {
                Token::Sign("," | ")" | "}") if open == 1 => return true,
                Token::Sign("[" | "(" | "{") => open += 1,
                Token::Sign("]" | ")" | "}") => open -= 1,
                _ => {}
            }
            if open == 0 {
                let next = self.tokens.get(at + 1).map(|spanned| &spanned.token);
                return !matches!(next, Some(Token::Sign("]" | ")" | "[" | "." | "+" | "-" | "*" | "/" | "**")));
            }
        }
        true
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let Some(token) = self.peek().cloned() else {
            return self.wrong("the text ends where a value is needed");
        };
        match token {
            Token::Number(digits) => self.taken(Expr::Number(digits)),
            Token::Text(text) => self.taken(Expr::Text(text)),
            Token::Quoted(_) => self.named(),
            Token::Word(word) => self.word(&word),
            Token::Sign("?") => self.taken(Expr::Input),
            Token::Sign("@") => self.literal(),
            Token::Sign("(") => self.parenthesis(),
            Token::Sign("[" | "]") => self.bracket(),
            Token::Sign("{") => self.context(),
            Token::Sign(_) => self.wrong(format!("{} where a value is needed", self.found())),
        }
    }

    fn taken(&mut self, expr: Expr) -> Parsed<Expr> {
        self.next += 1;
        Ok(expr)
    }

    fn literal(&mut self) -> Parsed<Expr> {
        self.need("@")?;
        match self.peek().cloned() {
            Some(Token::Text(text)) => self.taken(Expr::At(text)),
            _ => self.wrong("a text such as \"2024-01-31\" is needed after `@`"),
        }
    }

    fn word(&mut self, word: &str) -> Parsed<Expr> {
        match word {
            "null" => self.taken(Expr::Null),
            "true" => self.taken(Expr::Flag(true)),
            "false" => self.taken(Expr::Flag(false)),
            "if" => self.deeper(Self::condition),
            "for" => self.deeper(|parser| parser.each("for", "return")),
            "some" => self.deeper(|parser| parser.each("some", "satisfies")),
            "every" => self.deeper(|parser| parser.each("every", "satisfies")),
            "function" if matches!(self.ahead(1), Some(Token::Sign("("))) => self.deeper(Self::lambda),
            word if KEYWORDS.contains(&word) => self.wrong(format!("`{word}` stands where a value is needed")),
            _ => self.named(),
        }
    }

    /// A variable, or a call of a function.
    fn named(&mut self) -> Parsed<Expr> {
        let start = self.next;
        let name = self.name()?;
        if !matches!(self.peek(), Some(Token::Sign("("))) {
            return Ok(Expr::Name(name));
        }
        self.call(&name).inspect_err(|_| self.next = start)
    }

    fn call(&mut self, name: &str) -> Parsed<Expr> {
        let at = self.at();
        let Some(function) = function(name) else {
            return Err(FeelError::new(at, format!("there is no function `{name}` here")));
        };
        self.need("(")?;
        let arguments = if self.is_parameter() {
            let given = self.parameters()?;
            function.arranged(given).map_err(|message| FeelError::new(at, message))?
        } else {
            self.separated(")")?
        };
        if arguments.len() < function.least || arguments.len() > function.most {
            let given = arguments.len();
            return Err(FeelError::new(at, format!("`{name}` does not take {given} values")));
        }
        Ok(Expr::Call(function, arguments))
    }

    /// Whether the name of a parameter stands next, and `:` behind it.
    fn is_parameter(&self) -> bool {
        let name = match self.peek() {
            Some(Token::Quoted(_)) => 1,
            _ => self.tokens.iter().skip(self.next).take_while(|next| matches!(next.token, Token::Word(_))).count(),
        };
        name > 0 && matches!(self.ahead(name), Some(Token::Sign(":")))
    }

    /// Values by name, up to the end of the call.
    fn parameters(&mut self) -> Parsed<Vec<(String, Expr)>> {
        let mut given = Vec::new();
        loop {
            if !self.is_parameter() {
                return self.wrong("a value without a name stands among others; a function takes all by name, or none");
            }
            let name = self.name()?;
            self.need(":")?;
            given.push((name, self.expression()?));
            if !self.sign(",") {
                self.need(")")?;
                return Ok(given);
            }
        }
    }

    /// Whether a `]` begins an interval, as in `[a, ]1..5[]`, and ends no list.
    fn turned(&self) -> bool {
        let begins = match self.ahead(1) {
            Some(Token::Word(word)) => !KEYWORDS.contains(&word.as_str()),
            Some(Token::Number(_) | Token::Text(_) | Token::Quoted(_) | Token::Sign("@" | "?")) => true,
            _ => false,
        };
        begins && matches!(self.peek(), Some(Token::Sign("]")))
    }

    /// Expressions between commas, up to `end`.
    fn separated(&mut self, end: &str) -> Parsed<Vec<Expr>> {
        let mut parts = Vec::new();
        if !self.turned() && self.sign(end) {
            return Ok(parts);
        }
        loop {
            if self.is_parameter() {
                return self
                    .wrong("a value by name stands here; only a function takes values by name, and then all of them");
            }
            parts.push(self.expression()?);
            if !self.sign(",") {
                self.need(end)?;
                return Ok(parts);
            }
        }
    }

    /// Words in a row.
    fn name(&mut self) -> Parsed<String> {
        if let Some(Token::Quoted(name)) = self.peek().cloned() {
            self.next += 1;
            return Ok(name);
        }
        let mut words: Vec<String> = Vec::new();
        while let Some(Token::Word(word)) = self.peek() {
            let joins = !KEYWORDS.contains(&word.as_str()) && (words.is_empty() || word != "function");
            if !joins {
                break;
            }
            words.push(word.clone());
            self.next += 1;
        }
        if words.is_empty() {
            self.wrong(format!("{} where a name is needed", self.found()))
        } else {
            Ok(words.join(" "))
        }
    }

    /// What follows a dot: there a keyword is a name.
    fn property(&mut self) -> Parsed<String> {
        match self.peek().cloned() {
            Some(Token::Word(word)) if KEYWORDS.contains(&word.as_str()) => {
                self.next += 1;
                Ok(word)
            }
            _ => self.name(),
        }
    }

    fn condition(&mut self) -> Parsed<Expr> {
        self.need_keyword("if")?;
        let condition = self.expression()?;
        self.need_keyword("then")?;
        let then = self.expression()?;
        self.need_keyword("else")?;
        // A chain of `else if` is no nesting: it is taken in turn.
        let mut pairs = vec![(condition, then)];
        while self.keyword("if") {
            let condition = self.expression()?;
            self.need_keyword("then")?;
            let then = self.expression()?;
            self.need_keyword("else")?;
            pairs.push((condition, then));
        }
        let otherwise = self.expression()?;
        let fold = |otherwise, (condition, then)| Expr::If(Box::new([condition, then, otherwise]));
        Ok(pairs.into_iter().rev().fold(otherwise, fold))
    }

    fn each(&mut self, kind: &'static str, then: &str) -> Parsed<Expr> {
        self.need_keyword(kind)?;
        let mut through = Vec::new();
        loop {
            let name = self.name()?;
            self.need_keyword("in")?;
            let mut list = self.expression()?;
            if self.sign("..") {
                let to = self.expression()?;
                list = Expr::Range(Box::new(Range { from: list, from_included: true, to, to_included: true }));
            }
            through.push((name, list));
            if !self.sign(",") {
                break;
            }
        }
        self.need_keyword(then)?;
        Ok(Expr::Each(kind, through, Box::new(self.expression()?)))
    }

    fn lambda(&mut self) -> Parsed<Expr> {
        self.need_keyword("function")?;
        self.need("(")?;
        let mut names = Vec::new();
        while !self.sign(")") {
            names.push(self.name()?);
            if !self.sign(",") {
                self.need(")")?;
                break;
            }
        }
        Ok(Expr::Lambda(names, Box::new(self.expression()?)))
    }

    fn parenthesis(&mut self) -> Parsed<Expr> {
        self.need("(")?;
        let first = self.expression()?;
        if self.sign("..") {
            return self.range(first, false);
        }
        self.need(")")?;
        Ok(first)
    }

    /// A list, or an interval.
    fn bracket(&mut self) -> Parsed<Expr> {
        if self.sign("]") {
            let from = self.bound(false)?;
            self.need("..")?;
            return self.range(from, false);
        }
        self.need("[")?;
        if self.sign("]") {
            return Ok(Expr::List(Vec::new()));
        }
        let first = self.expression()?;
        if self.sign("..") {
            return self.range(first, true);
        }
        let mut parts = vec![first];
        if self.sign(",") {
            parts.extend(self.separated("]")?);
        } else {
            self.need("]")?;
        }
        Ok(Expr::List(parts))
    }

    /// An end of an interval.
    fn bound(&mut self, upper: bool) -> Parsed<Expr> {
        let around = std::mem::replace(&mut self.upper, upper);
        let parsed = self.deeper(Self::sum);
        self.upper = around;
        parsed
    }

    fn range(&mut self, from: Expr, from_included: bool) -> Parsed<Expr> {
        let to = self.bound(true)?;
        let to_included = match self.one_of(&["]", ")", "["]) {
            Some(sign) => sign == "]",
            None => return self.wrong(format!("{} where the interval should end with `]`, `)` or `[`", self.found())),
        };
        Ok(Expr::Range(Box::new(Range { from, from_included, to, to_included })))
    }

    fn context(&mut self) -> Parsed<Expr> {
        self.need("{")?;
        let mut entries = Vec::new();
        while !self.sign("}") {
            let key = match self.peek().cloned() {
                Some(Token::Text(text)) => {
                    self.next += 1;
                    text
                }
                _ => self.property()?,
            };
            self.need(":")?;
            entries.push((key, self.expression()?));
            if !self.sign(",") {
                self.need("}")?;
                break;
            }
        }
        Ok(Expr::Context(entries))
    }
}
