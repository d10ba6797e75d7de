//! What each guardrail keeps, and what it did, in words.

use maple_kernel::{Action, ChannelId, Class, Code, FactKey, ProvisionId, WordList};

use crate::{
    text::{Language, Page},
    vocabulary::class_title,
};

/// Every guardrail that can act, with what it keeps in Chinese and in English.
const MEANINGS: [(&str, &str, &str); 14] = [
    ("H01", "裁判的路始终开着", "a way to a deciding body stays open"),
    ("H02", "有人不愿意就不调解", "no mediation against a party's will"),
    ("H03", "期限不得超过法律规定", "no time limit beyond the law's"),
    ("H04", "先保障人身安全", "protection comes first"),
    ("H06", "不给个人打分、贴数字", "no number is attached to a person"),
    ("H07", "每项主张都要有现行法律依据", "every claim rests on law in force"),
    ("H09", "下级不得减损上级底线", "a lower level takes nothing away"),
    ("H10", "说明理由，告知如何拒绝和异议", "reasons, and how to refuse or object, are told"),
    ("H11", "加重负担的事由人确认", "a person confirms what weighs on somebody"),
    ("H13", "政策出错不算作答", "a policy that fails is no answer"),
    ("H16", "线下、语言和无障碍帮助不缺", "help in person, with language and disability is offered"),
    ("H20", "没有空白的决定", "no decision is empty"),
    ("H21", "依法免费的不收费", "what is free by law stays free"),
    ("H22", "涉嫌虚假、恶意的只由人处理", "suspected collusion goes to a person only"),
];

/// What stands for a guardrail of another number.
const OTHER: (&str, &str) = ("系统护栏", "a guardrail of the host");

/// The guardrails that can act.
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    MEANINGS.iter().map(|(id, ..)| *id)
}

/// What a guardrail keeps.
#[must_use]
pub fn meaning(id: &str, language: Language) -> &'static str {
    let known = MEANINGS.iter().find(|(known, ..)| *known == id).map(|(_, zh, en)| (*zh, *en));
    let (zh, en) = known.unwrap_or(OTHER);
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

impl Page<'_> {
    /// What a guardrail did to what.
    pub(crate) fn corrected(&self, guardrail: &str, action: Action, what: &str) -> String {
        let (said, what) =
            (what, self.claim_named(what).or_else(|| self.thing_named(what)).unwrap_or_else(|| self.named(what)));
        let (zh, en) = match action {
            Action::Added => ("补上", "put in"),
            Action::Removed if guardrail == "H07" => ("未采纳，当日无现行依据", "not heard, for want of law in force:"),
            Action::Removed if is_claim(said) => ("未采纳", "did not hear the claim:"),
            Action::Removed => ("去掉", "took out"),
            Action::Clamped => ("缩回法定限度", "cut back to what the law allows:"),
            Action::Reordered => ("调整先后", "moved"),
            Action::Held => ("交由人工", "held for a person:"),
            Action::Filled => ("补全理由", "filled in"),
        };
        let done = self.say(zh, en);
        match self.language {
            Language::Zh => format!("{done}：{what}"),
            Language::En => format!("{done} {what}"),
        }
    }

    /// A claim, which a decision names by a verb and codes, in the page's words; `None` for anything else.
    fn claim_named(&self, what: &str) -> Option<String> {
        let (verb, rest) = what.split_once(' ')?;
        let word = |list, code: &str| {
            self.words
                .word(list, code)
                .map_or_else(|| code.to_owned(), |word| format!("{} ({code})", self.of(&word.title)))
        };
        let (zh, en, named) = match verb {
            "offer" => {
                let (channel, body) = rest.split_once(" (").map_or((rest, None), |(c, b)| (c, b.strip_suffix(')')));
                let body = body.map(|body| format!(" · {}", word(WordList::Body, body))).unwrap_or_default();
                ("途径：", "offer ", self.named(channel) + &body)
            }
            "prefer" => ("先后：", "prefer ", self.named(rest)),
            "require" => {
                let (first, before) = rest.split_once(" before ")?;
                let (first, before) = (self.named(first), self.named(before));
                return Some(
                    self.put(format!("{before}之前须先经{first}"), format!("require {first} before {before}")),
                );
            }
            "forbid" => match rest.strip_prefix("class ").map(|class| Class::parse(class).ok_or(class)) {
                Some(Ok(class)) => {
                    let (zh, en) = class_title(class);
                    ("不走任何", "forbid all ", self.say(zh, en).to_owned())
                }
                Some(Err(class)) => ("不走任何", "forbid all ", class.to_owned()),
                None => ("不走", "forbid ", self.named(rest)),
            },
            "duty" => ("义务：", "duty ", self.named(rest)),
            "clock" => ("期限：", "clock ", self.named(rest)),
            "signal" => ("预警：", "signal ", self.named(rest)),
            "derive" => {
                let fact = self.words.facts.get(&FactKey::from(rest));
                let fact = fact.map_or_else(|| rest.to_owned(), |def| format!("{} ({rest})", self.of(&def.title)));
                ("得出：", "derive ", fact)
            }
            "refer" => ("请人决定：", "refer ", word(WordList::Referral, rest)),
            _ => return None,
        };
        Some(format!("{}{named}", self.say(zh, en)))
    }

    /// A time, a fee, a parameter or another thing that decisions name in English; `None` for anything else.
    fn thing_named(&self, what: &str) -> Option<String> {
        if let Some(channel) = what.strip_prefix("fee for ") {
            let channel = self.named(channel);
            return Some(self.put(format!("{channel}的收费"), format!("fee for {channel}")));
        }
        if let Some(channel) = what.strip_prefix("due of ") {
            let channel = self.named(channel);
            return Some(self.put(format!("{channel}的期限"), format!("due of {channel}")));
        }
        if let Some(param) = what.strip_prefix("parameter ") {
            let word = self.words.word(WordList::Param, param);
            let param = word.map_or_else(|| param.to_owned(), |word| format!("{} ({param})", self.of(&word.title)));
            return Some(self.put(format!("参数：{param}"), format!("parameter {param}")));
        }
        match what {
            "no policy answered" => Some(self.say("没有政策作答", "no policy answered").to_owned()),
            "reason" => Some(self.say("理由", "reason").to_owned()),
            _ => None,
        }
    }

    /// A channel, a word, a fact or a provision by its name, with the code behind it; anything else as it is.
    fn named(&self, what: &str) -> String {
        if self.words.channels.contains_key(&ChannelId::from(what)) {
            return self.channel(&ChannelId::from(what));
        }
        let list = [WordList::Duty, WordList::Clock, WordList::Signal]
            .into_iter()
            .find(|list| self.words.word(*list, what).is_some());
        if let Some(list) = list {
            return format!("{} ({what})", self.word(list, &Code::from(what)));
        }
        let fact = self.words.facts.get(&FactKey::from(what)).map(|def| format!("{} ({what})", self.of(&def.title)));
        let id = ProvisionId::from(what);
        let provision = || self.words.provisions.contains_key(&id).then(|| self.provision(&id));
        fact.or_else(provision).unwrap_or_else(|| what.to_owned())
    }
}

/// True for the few words by which a decision names a claim, such as `forbid court`.
fn is_claim(what: &str) -> bool {
    let verbs = ["offer ", "prefer ", "require ", "forbid ", "duty ", "clock ", "signal ", "derive ", "refer "];
    verbs.iter().any(|verb| what.starts_with(verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guardrail_of_the_host_has_a_meaning_in_both_languages() {
        let table = include_str!("../../kernel/src/guardrails.rs");
        let kept = table.lines().filter_map(|line| line.strip_prefix("//! | H")?.split(' ').next());
        for number in kept.filter(|number| *number != "05") {
            let id = format!("H{number}");
            assert_ne!(meaning(&id, Language::En), OTHER.1, "{id}");
            assert_ne!(meaning(&id, Language::Zh), OTHER.0, "{id}");
        }
    }
}
