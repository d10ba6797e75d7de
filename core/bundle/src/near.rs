//! The nearest known name to one that is unknown.

/// How many names are worth listing when none is near.
const LIST_MAX: usize = 8;

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
    use super::advice;

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
