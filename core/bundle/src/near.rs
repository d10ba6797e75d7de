//! The nearest known name to one that is unknown.

use maple_kernel::Text;

/// What parts of names stand between.
const PARTS: [char; 5] = ['_', '.', '-', '/', ' '];
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

/// Advice for a name that is written as a title, `买卖合同` or `sale of goods`, or that is a part of known names, like
/// `mediation` of `town_mediation`.
pub(crate) fn advice_by_title<'n>(
    name: &str,
    known: impl Iterator<Item = (&'n str, Option<&'n Text>)>,
) -> Option<String> {
    let written = name.trim().to_lowercase();
    let parts: Vec<&str> = written.split(PARTS).filter(|part| !part.is_empty()).collect();
    let wide = !name.is_ascii();
    let (mut titled, mut within, mut holding) = (Vec::new(), Vec::new(), Vec::new());
    for (id, title) in known {
        let (zh, en) = title.map_or((String::new(), String::new()), |t| (t.zh.to_lowercase(), t.en.to_lowercase()));
        if written == zh || written == en {
            titled.push(id);
        } else if wide
            && written.chars().count() > 1
            && (zh.contains(&written) || !zh.is_empty() && written.contains(&zh))
        {
            within.push(id);
        } else if !parts.is_empty() && parts.iter().all(|part| id.split(PARTS).any(|have| have == *part)) {
            holding.push(id);
        }
    }
    let found = [titled, within, holding].into_iter().find(|ids| !ids.is_empty())?;
    if let [one] = found[..] {
        return Some(format!("did you mean `{one}`?"));
    }
    let list: Vec<_> = found.iter().take(LIST_MAX).map(|id| format!("`{id}`")).collect();
    let more = found.len() - list.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Some(format!("did you mean one of {}{more}?", list.join(", ")))
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
        let mut parts: Vec<String> = text.split(PARTS).map(str::to_owned).collect();
        parts.sort();
        parts
    };
    if a != b && parts(a) == parts(b) { 1 } else { strsim::damerau_levenshtein(a, b) }
}

#[cfg(test)]
mod tests {
    use maple_kernel::Text;

    use super::{KEYS_MAX, LIST_MAX, advice, advice_by_title, advice_of_keys};

    #[test]
    fn titles_and_parts_of_names() {
        let titles = [
            ("contract.sale", Text::new("买卖合同纠纷", "sale")),
            ("contract.work", Text::new("承揽合同", "works")),
            ("town_mediation", Text::new("镇调解", "mediation by the town")),
            ("village_mediation", Text::new("村调解", "mediation by the village")),
        ];
        for (name, want) in [
            ("买卖合同", Some("did you mean `contract.sale`?")),
            ("承揽合同", Some("did you mean `contract.work`?")),
            ("承揽合同纠纷", Some("did you mean `contract.work`?")),
            ("Sale", Some("did you mean `contract.sale`?")),
            ("合同", Some("did you mean one of `contract.sale`, `contract.work`?")),
            ("mediation", Some("did you mean one of `town_mediation`, `village_mediation`?")),
            ("work", Some("did you mean `contract.work`?")),
            ("离婚", None),
            ("mediate", None),
        ] {
            let known = titles.iter().map(|(id, title)| (*id, Some(title)));
            assert_eq!(advice_by_title(name, known).as_deref(), want, "{name}");
        }
        let many: Vec<String> = (0..=LIST_MAX).map(|at| format!("town_{at}")).collect();
        let told = advice_by_title("town", many.iter().map(|id| (id.as_str(), None))).unwrap_or_default();
        assert!(told.ends_with("`town_7` and 1 more?"), "{told}");
    }

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
