//! Claims, values and what became of claims, as phrases of a sentence.

use std::sync::Arc;

use maple_kernel::{Claim, Class, Due, Evidence, FactKey, FaultKind, Purposes, Selector, Span, Value, WordList};

use super::became::{Became, Who};
use crate::{
    decimal, guardrail,
    text::{Language, Page, lower_first},
    vocabulary::class_title,
};

/// How many facts that are not known are named behind a finding.
const UNKNOWN_NAMED_MAX: usize = 3;

impl Page<'_> {
    /// A span without the space that Chinese does not write.
    pub(super) fn length(&self, span: Span) -> String {
        let written = self.span(span.count, span.unit);
        match self.language {
            Language::Zh => written.replace(' ', ""),
            Language::En => written,
        }
    }

    /// A channel's name without its id.
    fn title(&self, id: &maple_kernel::ChannelId) -> String {
        self.words.channels.get(id).map_or_else(|| id.to_string(), |channel| self.of(&channel.title).to_owned())
    }

    pub(super) fn fact(&self, key: &FactKey) -> String {
        self.words.facts.get(key).map_or_else(|| key.to_string(), |def| self.of(&def.title).to_owned())
    }

    pub(super) fn list(&self, items: &[String]) -> String {
        items.join(self.say("、", ", "))
    }

    /// The value of a fact; a word by what the vocabulary calls it.
    pub(super) fn value(&self, key: &FactKey, value: &Value, currency: &str) -> String {
        let labels = self.words.facts.get(key).map(|def| &def.labels);
        let label = |word: &Arc<str>| {
            labels
                .and_then(|labels| labels.get(word))
                .map_or_else(|| word.to_string(), |label| self.of(label).to_owned())
        };
        match value {
            Value::Text(word) => label(word),
            Value::Number(number) => number.to_string(),
            Value::Flag(true) => self.say("是", "yes").to_owned(),
            Value::Flag(false) => self.say("否", "no").to_owned(),
            Value::Day(day) => day.to_string(),
            Value::Words(words) => self.list(&words.iter().map(label).collect::<Vec<_>>()),
            Value::Money(minor) => format!("{} {currency}", decimal::money(*minor)).trim_end().to_owned(),
        }
    }

    pub(super) fn claim(&self, claim: &Claim, currency: &str) -> String {
        match claim {
            Claim::Offer { channel, body, due, .. } => {
                let body = body.as_ref().map(|b| format!(" · {}", self.word(WordList::Body, b))).unwrap_or_default();
                let due = due.as_ref().map(|due| self.claimed_due(due)).unwrap_or_default();
                let channel = self.title(channel);
                self.put(format!("途径：{channel}{body}{due}"), format!("offers {channel}{body}{due}"))
            }
            Claim::Prefer { channel, weight } => {
                let channel = self.title(channel);
                let (zh, en) = if *weight < 0 { ("靠后", "later") } else { ("优先", "first") };
                self.put(
                    format!("{channel}在同类中{zh}（{weight}）"),
                    format!("would have {channel} {en} among its like ({weight})"),
                )
            }
            Claim::RequireFirst { first, before } => {
                let (first, before) = (self.title(first), self.title(before));
                self.put(format!("{before}之前须先经{first}"), format!("wants {first} before {before}"))
            }
            Claim::Forbid(Selector::Channel(channel)) => {
                let channel = self.title(channel);
                self.put(format!("本案不走{channel}"), format!("closes {channel}"))
            }
            Claim::Forbid(Selector::Class(class)) => {
                let class = self.class(*class);
                self.put(format!("本案不走任何{class}"), format!("closes all {class}"))
            }
            Claim::Duty { code, bearer, .. } => {
                let duty = self.word(WordList::Duty, code);
                match bearer.as_ref().map(|bearer| self.word(WordList::Bearer, bearer)) {
                    Some(who) => self.put(format!("{who}应当：{duty}"), format!("duty of {who}: {duty}")),
                    None => self.put(format!("应当：{duty}"), format!("duty: {duty}")),
                }
            }
            Claim::Clock { code, start, span, .. } => {
                let (clock, span) = (self.word(WordList::Clock, code), self.length(*span));
                self.put(
                    format!("期限：{clock}，自{start}起{span}"),
                    format!("time limit: {clock}, {span} from {start}"),
                )
            }
            Claim::Signal { code, level, subject, .. } => {
                let (signal, level, about) =
                    (self.word(WordList::Signal, code), self.level(*level), self.subject(subject));
                let the = if about.starts_with("this") { "" } else { "the " };
                self.put(
                    format!("{level}预警：{signal}（{about}）"),
                    format!("warns ({level}): {signal}, about {the}{about}"),
                )
            }
            Claim::Derive { key, value } => {
                let (fact, value) = (self.fact(key), self.value(key, value, currency));
                self.put(format!("得出：{fact} = {value}"), format!("works out that {fact} = {value}"))
            }
            Claim::Refer(code) => {
                let why = self.word(WordList::Referral, code);
                self.put(format!("请人决定：{why}"), format!("calls for a person: {why}"))
            }
        }
    }

    fn class(&self, class: Class) -> &'static str {
        let (zh, en) = class_title(class);
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    fn claimed_due(&self, due: &Due) -> String {
        match due {
            Due::On(day) => self.put(format!("，最迟{day}"), format!(", by {day}")),
            Due::Within(term) => {
                let (span, event) = (self.length(term.span), self.word(WordList::Event, &term.start));
                self.put(format!("，自{event}起{span}内"), format!(", within {span} of {}", lower_first(&event)))
            }
        }
    }

    pub(super) fn became(&self, became: &Became) -> String {
        let by = |who: &Who| self.who(who);
        match became {
            Became::Step(at) => self.put(format!("成为第{at}步"), format!("step {at}")),
            Became::Refines(at, fields, who) => {
                let fields: Vec<String> = fields.iter().map(|field| self.field(field).to_owned()).collect();
                let (fields, who) = (self.list(&fields), by(who));
                self.put(format!("细化 {who} 的第{at}步：{fields}"), format!("refines step {at} of {who}: {fields}"))
            }
            Became::Moves(at) => self.put(format!("排为第{at}步"), format!("puts it in place {at}")),
            Became::Stands => self.say("采纳", "stands").to_owned(),
            Became::AddsNothing(who) => {
                let who = by(who);
                self.put(format!("未增加内容：以 {who} 为准"), format!("adds nothing to {who}, which stands"))
            }
            Became::Joins(who) => {
                let who = by(who);
                self.put(format!("并入 {who} 的同一预警"), format!("joins the same warning of {who}"))
            }
            Became::Derived => self.say("告知其后询问的政策", "told to the policies asked after it").to_owned(),
            Became::Refers => self.say("因此由人决定", "is why a person decides").to_owned(),
            Became::RefersAlready(who) => {
                let who = by(who);
                self.put(format!("已因 {who} 由人决定"), format!("a person decides already because of {who}"))
            }
            Became::Replaced(policy) => {
                self.put(format!("由下级政策 {policy} 取代"), format!("replaced by the lower policy {policy}"))
            }
            Became::NotHeard(id) => {
                let meaning = guardrail::meaning(id, self.language);
                self.put(format!("未采纳，护栏 {id}：{meaning}"), format!("not heard, guardrail {id}: {meaning}"))
            }
            Became::TakenBack(id) => {
                let meaning = guardrail::meaning(id, self.language);
                self.put(format!("由护栏 {id} 撤回：{meaning}"), format!("taken back by guardrail {id}: {meaning}"))
            }
            Became::Closed(who) => {
                let who = by(who);
                self.put(format!("不成为步骤：已被 {who} 关闭"), format!("no step, because {who} closes it"))
            }
            Became::NoEffect => {
                self.say("没有作用：本案没有这一步", "no effect: there is no such step here").to_owned()
            }
            Became::NotAskedFor => {
                self.say("略去：没有问及此用途", "left out: its purpose was not asked about").to_owned()
            }
            Became::Shadow => self
                .say("只作记录：该政策处于观察状态", "noted only: the policy shadows, it changes nothing")
                .to_owned(),
        }
    }

    /// A policy and rule; for the host, what the guardrail keeps.
    fn who(&self, who: &Who) -> String {
        if who.policy == maple_kernel::HOST {
            let meaning = guardrail::meaning(&who.rule, self.language);
            return self.put(format!("护栏 {}（{meaning}）", who.rule), format!("guardrail {} ({meaning})", who.rule));
        }
        self.put(format!("{} {}", who.policy, who.rule), format!("{} {}", who.policy, who.rule))
    }

    fn field(&self, field: &str) -> &'static str {
        let (zh, en) = match field {
            "due" => ("期限", "its time limit"),
            "skills" => ("专长", "skills"),
            "body" => ("经办单位", "the body"),
            "weight" => ("先后", "its place"),
            "channel" => ("适用于各经办单位", "holds for each of its bodies"),
            _ => ("其他", "more"),
        };
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// The facts behind a finding: those that are known with their values, then some of the others by name.
    pub(super) fn evidence(&self, evidence: &[Evidence], currency: &str) -> Option<String> {
        let colon = self.say("：", ": ");
        let one = |key: &FactKey, role: Option<&maple_kernel::Code>, value: &Value| {
            let who = role.map(|role| self.word(WordList::Role, role));
            let who =
                who.map(|who| self.put(format!("（{who}）"), format!(" ({})", lower_first(&who)))).unwrap_or_default();
            format!("{}{who}{colon}{}", self.fact(key), self.value(key, value, currency))
        };
        let known =
            evidence.iter().flat_map(|e| e.values.iter().map(|(role, value)| one(&e.key, role.as_ref(), value)));
        let mut parts: Vec<String> = known.collect();
        let unknown: Vec<String> = evidence.iter().filter(|e| e.values.is_empty()).map(|e| self.fact(&e.key)).collect();
        if !unknown.is_empty() {
            let named = self.list(unknown.get(..UNKNOWN_NAMED_MAX).unwrap_or(&unknown));
            let more = unknown.len().saturating_sub(UNKNOWN_NAMED_MAX);
            parts.push(match more {
                0 => self.put(format!("不知道{colon}{named}"), format!("not known{colon}{named}")),
                _ => self.put(
                    format!("不知道{colon}{named}等{}项", unknown.len()),
                    format!("not known{colon}{named} and {more} more"),
                ),
            });
        }
        (!parts.is_empty()).then(|| parts.join(self.say("；", "; ")))
    }

    /// The door through which a case came.
    pub(super) fn door(&self, code: &str) -> String {
        match self.words.word(WordList::Source, code) {
            Some(word) => self.of(&word.title).to_owned(),
            None => self.say("未说明的途径", "a door nobody named").to_owned(),
        }
    }

    pub(super) fn purposes(&self, purposes: Purposes) -> &'static str {
        let (zh, en) = match (purposes.routing, purposes.prevention) {
            (true, true) => ("分流和预防", "routing and prevention"),
            (true, false) => ("分流", "routing"),
            _ => ("预防", "prevention"),
        };
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    pub(super) fn fault(&self, kind: FaultKind) -> &'static str {
        let (zh, en) = match kind {
            FaultKind::Trap => ("代码中途出错", "its code broke down"),
            FaultKind::OutOfFuel => ("超过了计算量上限", "it used up its fuel"),
            FaultKind::Timeout => ("超过了时间上限", "it took too long"),
            FaultKind::OutOfMemory => ("超过了内存上限", "it wanted more memory than it may have"),
            FaultKind::BadAnswer => ("答复不合约定", "its answer is not one the host can take"),
            FaultKind::Refused => ("拒绝作答", "it declined to answer"),
            FaultKind::Stopped => {
                ("已被管理者停用，未予询问", "is stopped by whoever runs the service and was not asked")
            }
        };
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}
