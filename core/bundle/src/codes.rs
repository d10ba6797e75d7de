//! Every kind of problem that is told, for pages and programs.

/// Code and meaning of each kind of problem that a [`Diagnostic`](crate::Diagnostic) may have, sorted by code.
pub const CODES: &[(&str, &str)] = &[
    ("bad-amount", "an amount is no decimal in quotes with at most two decimals"),
    ("bad-day", "a day that the calendar does not have, or one with a time of day"),
    ("bad-name", "an id has letters that ids may not have"),
    ("bad-number", "a number is too large, or is none"),
    ("bad-path", "a file's name cannot be read"),
    ("bad-plugin", "a plugin does not compile, is no component, is too large, or does not follow the contract"),
    ("bad-precondition", "what a case expects to come first is not written `first>before`"),
    ("bad-span", "a length of time is not written like `15 days`"),
    ("bad-version", "a version or a requirement on one is no semver"),
    ("basis-gap", "on some day of a rule none of its provisions is law"),
    ("basis-not-in-force", "a provision is law on no day of the rule"),
    ("contract-version", "the pack asks for a plugin contract that this `maple` does not serve"),
    ("contradiction", "two rules disagree on one case (proved); or a day is off and on in one calendar"),
    ("dates-inverted", "a last day lies before its first, or a rule is over before its pack begins"),
    ("duplicate", "one name is given twice"),
    ("duplicate-rule", "two rules say the same on the same cases (proved)"),
    ("empty-bundle", "there are no policy files"),
    ("empty-condition", "a condition compares with nothing, or a case expects nothing"),
    ("empty-text", "a text is empty"),
    ("forbidden-fact", "a fact that no policy may ask for"),
    ("foreign-channel", "a channel of another country"),
    ("foreign-import", "a plugin asks for more than the diary"),
    ("gap", "cases that no rule answers (proved)"),
    ("illustrative-differs", "a pack says that it is an example, and its place does not"),
    ("limit-too-small", "a limit of a policy leaves too little room for its plugin, or is below the smallest"),
    ("link-outside", "a link leads out of the folder"),
    ("missing-basis", "an effect needs law behind it and has none"),
    ("missing-key", "a key that must be there is not"),
    ("missing-language", "a text has no `zh` or no `en`"),
    ("missing-pack", "a folder has policies and no `pack.toml`"),
    ("missing-registry", "a registry file is not there"),
    ("never-on", "nothing switches a protection on"),
    ("never-true", "a condition or a policy that can never apply, as written"),
    ("no-court", "some kinds have no deciding channel"),
    ("no-effect", "an effect does nothing"),
    ("no-packs", "there is no pack"),
    ("not-analysed", "something was neither proved nor refuted, and why"),
    ("not-shown", "more problems of one kind than are shown"),
    ("not-utf8", "a file is no UTF-8"),
    ("out-of-range", "a number or a length lies outside its bounds"),
    ("over-maximum", "a time is longer than the law allows"),
    ("overruled", "the host corrects a claim, because the floor says otherwise (proved)"),
    ("pack-folder", "the pack's `id` is not its folder"),
    ("plugin-fault", "a plugin failed while it took its settings"),
    ("plugin-reads", "a plugin reads a fact that is not known or never asked for"),
    ("plugin-version", "no plugin on hand meets the requirement"),
    ("redundant-rule", "another rule says the same on more cases (proved)"),
    ("refused-setting", "a plugin refuses a setting"),
    ("replaces-cycle", "two policies replace each other"),
    ("replaces-level", "what is replaced does not stand above"),
    ("reserved-name", "a fact has the name of a condition, or one on the list `never`"),
    ("rule-masked", "wherever a rule says this, others silence it (proved)"),
    ("rule-never-speaks", "no case meets a rule's condition (proved)"),
    ("rule-without-case", "no case shows a rule at work"),
    ("rule-without-negative-case", "no case shows a rule keeping silent"),
    ("second-summary", "a later row of a rule has a summary"),
    ("stray-file", "a file that is no policy file, or no registry"),
    ("stray-rule", "`pack.toml` holds rules"),
    ("syntax", "a file is no TOML"),
    ("too-deep", "something is nested too deep"),
    ("too-few", "less of something than is needed"),
    ("too-large", "a file, or the bundle, has too many bytes or files"),
    ("too-long", "a text has too many bytes"),
    ("too-many", "more of something than there may be"),
    ("too-many-problems", "more problems than are shown"),
    ("two-effects", "one effect does two things"),
    ("unknown-calendar", "there is no calendar of that name"),
    ("unknown-channel", "there is no channel of that name"),
    ("unknown-class", "there is no class of channels of that name"),
    ("unknown-fact", "there is no fact of that name"),
    ("unknown-guardrail", "there is no guardrail of that number"),
    ("unknown-guardrails", "there are no guardrails of that name"),
    ("unknown-key", "a key that the format does not know"),
    ("unknown-kind", "there is no kind of dispute of that name"),
    ("unknown-law", "there is no law of that name"),
    ("unknown-locality", "there is no place of that name"),
    ("unknown-parent", "there is no place above"),
    ("unknown-plugin", "there is no plugin of that name"),
    ("unknown-policy", "there is no policy of that name to replace"),
    ("unknown-provision", "there is no provision of that name"),
    ("unknown-rule", "there is no rule of that name"),
    ("unknown-subject", "a signal is about nothing that it may be about"),
    ("unknown-value", "a word that the fact or the key does not have"),
    ("unknown-word", "there is no such word in `words.toml`"),
    ("unquoted-law", "the name of a law needs quotes"),
    ("unreadable", "a file or a folder cannot be read"),
    ("untrusted-floor", "the pack may not set the floor"),
    ("weakens-floor", "a lower pack weakens what is floor"),
    ("wrong-scope", "a fact stands where it cannot be known"),
    ("wrong-type", "a value has another type than its key"),
    ("wrong-year", "a day does not lie in the year of its file"),
];

/// True for a code that is on the list.
pub(crate) fn known(code: &str) -> bool {
    CODES.binary_search_by_key(&code, |(known, _)| known).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_each_is_there_once() {
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(CODES.iter().all(|(code, meaning)| known(code) && !meaning.is_empty()));
        assert!(!known("") && !known("unknown"));
    }
}
