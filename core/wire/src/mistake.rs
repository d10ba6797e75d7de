//! What is wrong with a policy file, in Chinese: by the code of the diagnostic, with the words that it names.

/// Codes of diagnostics, each with what it is called in Chinese.
const TITLES: [(&str, &str); 72] = [
    ("bad-amount", "金额写法不对，请加引号，如\"48000.00\""),
    ("bad-day", "日期写法不对，请写成 2026-11-23，不加引号"),
    ("bad-name", "编号写法不对，只能用字母、数字和 _ . -"),
    ("bad-number", "数字写法不对"),
    ("bad-precondition", "前置程序应写成“先>后”"),
    ("bad-span", "期间写法不对，请写成\"15 days\"、\"3 months\"等"),
    ("bad-version", "版本号写法不对"),
    ("basis-gap", "规则有效期内有的日子没有现行依据"),
    ("basis-not-in-force", "所引条款在规则有效期内均不现行有效"),
    ("contract-version", "插件约定的版本不相容"),
    ("dates-inverted", "起止日期颠倒"),
    ("empty-bundle", "没有任何政策文件"),
    ("empty-condition", "条件是空的"),
    ("empty-text", "文字是空的"),
    ("forbidden-fact", "此项信息不得收集"),
    ("foreign-channel", "此途径在该地不存在"),
    ("limit-too-small", "限额不足以容纳插件，或低于最小值"),
    ("missing-basis", "没有写明法律依据"),
    ("missing-key", "缺少必填项"),
    ("missing-language", "中英文缺一种"),
    ("missing-pack", "缺少 pack.toml"),
    ("missing-registry", "缺少登记表"),
    ("never-on", "此项永远不会启用"),
    ("never-true", "条件永远不会成立"),
    ("no-court", "没有裁判途径"),
    ("no-effect", "此效果什么也没有做"),
    ("no-packs", "没有任何政策包"),
    ("not-utf8", "文件不是UTF-8编码"),
    ("out-of-range", "数值超出范围"),
    ("over-maximum", "超过法律允许的最长期间"),
    ("pack-folder", "政策包的编号与文件夹不一致"),
    ("plugin-fault", "插件读取设置时出错"),
    ("plugin-reads", "插件要读取无人可提供的事实"),
    ("plugin-version", "没有合适版本的插件"),
    ("refused-setting", "插件不接受此项设置"),
    ("replaces-level", "只能取代上级的规则"),
    ("reserved-name", "此编号由系统保留"),
    ("rule-without-case", "规则没有示例案例"),
    ("rule-without-negative-case", "规则没有反例"),
    ("second-summary", "同一规则的summary只写在第一行"),
    ("stray-file", "文件放错了地方"),
    ("stray-rule", "规则放错了地方"),
    ("syntax", "TOML写法有误"),
    ("too-deep", "嵌套太深"),
    ("too-long", "文字太长"),
    ("too-many", "数量太多"),
    ("too-many-problems", "问题太多，其余未列出"),
    ("two-effects", "一个效果里写了两件事，请分开写"),
    ("unknown-calendar", "没有这一日历"),
    ("unknown-channel", "没有这一途径"),
    ("unknown-class", "没有这一类途径"),
    ("unknown-fact", "没有这一事实"),
    ("unknown-guardrail", "没有这一护栏"),
    ("unknown-guardrails", "没有这一组护栏"),
    ("unknown-key", "没有这一项"),
    ("unknown-kind", "没有这一纠纷类型"),
    ("unknown-law", "没有登记这部法律"),
    ("unknown-locality", "没有这一地区"),
    ("unknown-parent", "没有上级地区"),
    ("unknown-plugin", "没有这一插件"),
    ("unknown-policy", "没有这一政策"),
    ("unknown-provision", "没有登记这一条款"),
    ("unknown-rule", "没有这一规则"),
    ("unknown-subject", "预警对象不对，不得针对个人"),
    ("unknown-value", "没有这一取值"),
    ("unknown-word", "没有登记这一用语"),
    ("unquoted-law", "法律编号须加引号"),
    ("untrusted-floor", "此地不得设定底线"),
    ("weakens-floor", "下级不得减损上级底线"),
    ("wrong-scope", "此事实不能用在这里"),
    ("wrong-type", "类型不对"),
    ("wrong-year", "年份不对"),
];

/// What a diagnostic of this code is called in Chinese.
#[must_use]
pub fn mistake_zh(code: &str) -> Option<&'static str> {
    TITLES.iter().find(|(known, _)| *known == code).map(|(_, title)| *title)
}

/// A diagnostic in Chinese: what its code is called, the words that the message names, and those of the advice.
#[must_use]
pub fn tell_mistake_zh(code: &str, message: &str, advice: Option<&str>) -> String {
    let title = mistake_zh(code).unwrap_or("此处有误");
    let mut out = title.to_owned();
    let quote = |words: Vec<&str>| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join("、");
    let named = quoted(message);
    if !named.is_empty() {
        out.extend(["：", &quote(named)]);
    }
    let advice = advice.unwrap_or_default();
    let hints = quoted(advice);
    if !hints.is_empty() {
        let words = quote(hints);
        out += &if advice.starts_with("did you mean") {
            format!("；是否为{words}？")
        } else {
            format!("；参考{words}")
        };
    }
    out
}

/// The words in backticks, each once.
fn quoted(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in text.split('`').skip(1).step_by(2).filter(|word| !word.is_empty()) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (code, message, advice, told) in [
            (
                "unknown-fact",
                "there is no fact `poeple`",
                Some("did you mean `people`?"),
                "没有这一事实：`poeple`；是否为`people`？",
            ),
            ("unknown-fact", "there is no fact `x`", None, "没有这一事实：`x`"),
            ("syntax", "expected `]`, not `]`", None, "TOML写法有误：`]`"),
            ("missing-key", "a rule needs `id`", Some("write `id = \"R1\"`"), "缺少必填项：`id`；参考`id = \"R1\"`"),
            ("empty-text", "no words at all", Some("say something"), "文字是空的"),
            ("never-heard-of", "an odd `", None, "此处有误"),
        ] {
            assert_eq!(tell_mistake_zh(code, message, advice), told);
        }
    }

    #[test]
    fn no_code_stands_twice() {
        let mut codes: Vec<&str> = TITLES.iter().map(|(code, _)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), TITLES.len());
    }
}
