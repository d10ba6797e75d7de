//! The nearest known name to one that is unknown.

/// How many names are worth listing when none is near.
const LIST_MAX: usize = 8;
/// How many keys of a table are listed when none is near.
const KEYS_MAX: usize = 12;

/// Advice for an unknown name: the nearest known one, or all of them when they are few.
pub(crate) fn advice<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = nearest(name, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    if known.is_empty() || known.len() > LIST_MAX {
        return None;
    }
    let list: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    Some(format!("known: {}", list.join(", ")))
}

/// Advice for an unknown key: the nearest known one, or what is known, however much it is.
pub(crate) fn advice_of_keys(name: &str, known: &[&str]) -> Option<String> {
    if let Some(near) = nearest(name, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let mut told: Vec<String> = Vec::new();
    for name in known.iter().map(|name| format!("`{name}`")) {
        if !told.contains(&name) {
            told.push(name);
        }
    }
    let more = told.len().saturating_sub(KEYS_MAX);
    told.truncate(KEYS_MAX);
    match (told.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(format!("known: {}", told.join(", "))),
        (false, more) => Some(format!("known: {} and {more} more", told.join(", "))),
    }
}

/// The known name that a slip of the hand would turn into `name`.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let length = name.chars().count();
    let slips_max = (length / 3).clamp(1, 6);
    let lower = name.to_lowercase();
    known
        .filter(|k| k.len().abs_diff(name.len()) <= 3 * slips_max)
        .map(|k| (distance(&lower, &k.to_lowercase()), k))
        .filter(|(slips, _)| *slips <= slips_max)
        .min()
        .map(|(_, k)| k)
}

/// Slips between two names; parts in another order (`wage_labour`) count as one.
fn distance(a: &str, b: &str) -> usize {
    let parts = |text: &str| {
        let mut parts: Vec<String> = text.split(['_', '.', '-', '/', ' ']).map(str::to_owned).collect();
        parts.sort();
        parts
    };
    if a != b && parts(a) == parts(b) { 1 } else { strsim::damerau_levenshtein(a, b) }
}

#[cfg(test)]
mod tests {
    use super::{KEYS_MAX, advice, advice_of_keys};

    #[test]
    fn keys_are_listed_up_to_a_limit_and_each_once() {
        let keys: Vec<String> = (0..=KEYS_MAX).map(|at| format!("key-{at:02}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let told = advice_of_keys("zzz", &keys).unwrap_or_default();
        assert!(told.starts_with("known: `key-00`, ") && told.ends_with("`key-11` and 1 more"), "{told}");
        let told = advice_of_keys("zzz", &keys[1..]).unwrap_or_default();
        assert!(told.ends_with(", `key-12`"), "{told}");
        assert_eq!(advice_of_keys("zzz", &["a", "b", "a"]).as_deref(), Some("known: `a`, `b`"));
        assert_eq!(advice_of_keys("key_01", &keys).as_deref(), Some("did you mean `key-01`?"));
        assert_eq!(advice_of_keys("zzz", &[]), None);
    }

    #[test]
    fn rows() {
        let known = ["labour.wage", "labour.injury", "family.divorce"];
        for (name, want) in [
            ("labor.wage", Some("did you mean `labour.wage`?")),
            ("labour_wage", Some("did you mean `labour.wage`?")),
            ("LABOUR.WAGE", Some("did you mean `labour.wage`?")),
            ("zzz", Some("known: `labour.wage`, `labour.injury`, `family.divorce`")),
        ] {
            assert_eq!(advice(name, known).as_deref(), want, "{name}");
        }
        assert_eq!(advice("zzz", []), None);
    }
}
