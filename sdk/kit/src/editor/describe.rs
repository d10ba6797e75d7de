//! Names and keys in words, in both languages.

use std::fmt::Write;

use maple_bundle::format::{Choice, Key, Label, Shape};
use maple_kernel::{
    Channel, ClockKind, FactDef, FactType, Locality, Provision, ProvisionId, Scope, Span, Text, Unit, Word,
};

/// How many words of a closed list are shown.
const WORDS_SHOWN_MAX: usize = 12;

/// Both languages in one line.
pub(super) fn both(text: &Text) -> String {
    format!("{} · {}", text.zh, text.en)
}

pub(super) fn label(label: &Label) -> String {
    format!("{} · {}", label.zh, label.en)
}

pub(super) fn key(key: &Key) -> String {
    let mut text = format!("**{}**", key.name);
    let takes = takes(&key.shape);
    if !takes.is_empty() {
        let _ = write!(text, " — {takes}");
    }
    if key.need {
        text.push_str(" — 必填 · required");
    }
    let _ = write!(text, "\n\n{}\n\n{}", key.label.zh, key.label.en);
    text
}

pub(super) fn choice(choice: &Choice) -> String {
    format!("**{}**\n\n{}\n\n{}", choice.word, choice.label.zh, choice.label.en)
}

/// What a key takes, in a few words.
pub(super) fn takes(shape: &Shape) -> String {
    match shape {
        Shape::Any | Shape::Scalar => String::new(),
        Shape::Text | Shape::Form(_) | Shape::Free { .. } | Shape::Name(_) => "文字 · text".into(),
        Shape::Both => "`{ zh = \"…\", en = \"…\" }`".into(),
        Shape::Day => "日期 · day, `2026-11-23`".into(),
        Shape::Span => "时长 · length of time, `\"7 working days\"`".into(),
        Shape::Age => "时长 · length of time, `\"30 days\"`".into(),
        Shape::Number { min, max } if *max == i64::MAX => format!("整数 · whole number from {min}"),
        Shape::Number { min, max } => format!("整数 · whole number, {min} to {max}"),
        Shape::Real { min, max } if *max == i64::MAX => format!("数 · number from {min}"),
        Shape::Real { min, max } => format!("数 · number, {min} to {max}"),
        Shape::Amount => "金额 · amount, `\"48000.00\"`".into(),
        Shape::Flag => "`true` / `false`".into(),
        Shape::Choice(words) => words.iter().map(|c| format!("`{}`", c.word)).collect::<Vec<_>>().join(" / "),
        Shape::Value | Shape::Values => "事实的值 · value of the fact".into(),
        Shape::Several(inner) => format!("{}，可为列表 · or a list", takes(inner)),
        Shape::List(_) | Shape::Bounded { .. } => "列表 · list".into(),
        Shape::Table(_) | Shape::Verbs(_) => "表 · table".into(),
        Shape::Either(shapes) => {
            let mut ways: Vec<String> = shapes.iter().map(takes).filter(|way| !way.is_empty()).collect();
            ways.dedup();
            ways.join(" | ")
        }
    }
}

pub(super) fn provision(id: &str, provision: &Provision) -> String {
    let Provision { law, article, from, to, summary, source, verified } = provision;
    let until = to.map_or_else(|| "至今 · still in force".to_owned(), |to| format!("{to}"));
    let checked = if *verified {
        "已与官方文本核对 · compared with the official text"
    } else {
        "未核对 · not compared with the official text"
    };
    format!(
        "**{} · {}** {article}\n\n`{id}`\n\n生效 · in force: {from} – {until}\n\n{}\n\n{}\n\n{checked} · {source}",
        law.zh, law.en, summary.zh, summary.en
    )
}

pub(super) fn channel(id: &str, channel: &Channel) -> String {
    let mut text = format!("**{}**\n\n`{id}`\n\n类别 · class: `{}`", both(&channel.title), channel.class.as_str());
    text.push_str(if channel.free { "\n\n依法免费 · free by law" } else { "\n\n可能收费 · may cost a fee" });
    if let Some(max) = channel.max {
        let _ = write!(text, "\n\n法定最长 · at most by law: {}", span(max));
    }
    if channel.attendance {
        text.push_str("\n\n可要求到场 · parties may be bound to attend, never to settle");
    }
    let _ = write!(text, "\n\n适用 · exists in: `{}`", channel.within);
    if !channel.basis.is_empty() {
        let law: Vec<_> = channel.basis.iter().map(ProvisionId::as_str).collect();
        let _ = write!(text, "\n\n依据 · law: `{}`", law.join("`, `"));
    }
    text
}

pub(super) fn fact(key: &str, def: &FactDef) -> String {
    let mut text = format!("**{}**\n\n`{key}` — {}\n\n{}", both(&def.title), fact_type(&def.kind), scope(def.scope));
    if def.counted.is_some() {
        text.push_str("\n\n至少为所列当事人数 · at least so many as the case lists among its parties");
    }
    text
}

pub(super) fn fact_type(kind: &FactType) -> String {
    let list = |words: &[std::sync::Arc<str>]| {
        let shown: Vec<_> = words.iter().take(WORDS_SHOWN_MAX).map(|word| format!("`{word}`")).collect();
        let more = if words.len() > WORDS_SHOWN_MAX { " …" } else { "" };
        format!("{}{more}", shown.join(", "))
    };
    match kind {
        FactType::Text(words) if words.is_empty() => "一个词 · one word".into(),
        FactType::Text(words) => format!("一个词 · one of {}", list(words)),
        FactType::Words(words) if words.is_empty() => "多个词 · several words".into(),
        FactType::Words(words) => format!("多个词 · some of {}", list(words)),
        FactType::Count { min, max } => format!("整数 · whole number, {min} to {max}"),
        FactType::Flag => "是或否 · true or false".into(),
        FactType::Day => "日期 · day".into(),
        FactType::Money { .. } => "金额 · exact amount".into(),
    }
}

pub(super) const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Case => "案件的事实 · of the case",
        Scope::Party => "当事人的事实 · of a party, inside `any` or `all`",
        Scope::Locality => "当地的数额 · a figure of the place",
        Scope::Derived => "由政策得出 · derived by policies",
        Scope::Context => "系统计数 · counted by the host",
    }
}

pub(super) fn word(list: &str, code: &str, word: &Word) -> String {
    let mut text = format!("**{}**\n\n`{code}` ({list})", both(&word.title));
    if word.adverse {
        text.push_str("\n\n对人不利，须由人确认 · a person confirms it first");
    }
    match word.clock {
        Some(ClockKind::Limitation) => {
            text.push_str("\n\n当事人行动的时间 · a party's time: neither shorter nor longer")
        }
        Some(ClockKind::Service) => text.push_str("\n\n机关行动的时间 · an authority's time: never longer"),
        None => {}
    }
    if let Some(max) = word.max {
        let _ = write!(text, "\n\n法定最长 · at most by law: {}", span(max));
    }
    text
}

pub(super) fn locality(id: &str, locality: &Locality) -> String {
    let mut text = format!("**{}**\n\n`{id}`", both(&locality.title));
    if let Some(code) = &locality.code {
        let _ = write!(text, " · {code}");
    }
    text
}

pub(super) fn titled(id: &str, title: &Text) -> String {
    format!("**{}**\n\n`{id}`", both(title))
}

fn span(span: Span) -> String {
    let (zh, en) = match span.unit {
        Unit::Hour => ("小时", "hour"),
        Unit::Day => ("日", "day"),
        Unit::WorkingDay => ("个工作日", "working day"),
        Unit::Month => ("个月", "month"),
        Unit::Year => ("年", "year"),
    };
    let plural = if span.count == 1 { "" } else { "s" };
    format!("{0}{zh} · {0} {en}{plural}", span.count)
}
