//! What is never taken from a caller, whatever the vocabulary says of it.
//!
//! A case is facts without names. A field that would tell who somebody is, or that must not count for or against
//! anybody, is refused with its own reason, so that the caller learns more than that it is unknown.

/// Why a field is never taken, in English and Chinese.
pub(crate) type Reason = (&'static str, &'static str);

struct Banned {
    reason: Reason,
    /// Words of a field name, such as `name` in `employer_name`.
    words: &'static [&'static str],
    /// Whole field names without separators, such as `idnumber`.
    names: &'static [&'static str],
    /// Parts of a Chinese field name.
    chinese: &'static [&'static str],
}

const BANNED: &[Banned] = &[
    Banned {
        reason: (
            "names are never taken; a party is told by role and type only",
            "不接收姓名或名称；当事人只以角色和类型表示",
        ),
        words: &["name", "names", "surname", "nickname", "alias", "xingming", "photo", "image", "video", "voice"],
        names: &["fullname", "firstname", "lastname", "username", "realname"],
        chinese: &["姓名", "名字", "名称", "姓氏"],
    },
    Banned {
        reason: (
            "identity numbers and dates of birth are never taken; give `age_band` where age matters",
            "不接收身份证件号码和出生日期；需要年龄时请提供age_band",
        ),
        words: &["passport", "idcard", "ssn", "birthday", "birthdate", "dob", "shenfenzheng"],
        names: &[
            "id",
            "idno",
            "idnum",
            "idnumber",
            "identitynumber",
            "identitycard",
            "nationalid",
            "dateofbirth",
            "uscc",
        ],
        chinese: &["身份证", "证件号", "护照", "出生", "信用代码"],
    },
    Banned {
        reason: ("telephone numbers and other contacts are never taken", "不接收电话等联系方式"),
        words: &["phone", "telephone", "mobile", "tel", "email", "mail", "wechat", "weixin", "qq", "fax", "contact"],
        names: &["cellphone", "phonenumber"],
        chinese: &["电话", "手机", "邮箱", "微信", "联系方式"],
    },
    Banned {
        reason: (
            "addresses and positions are never taken; `locality` tells the place",
            "不接收住址和位置；地点由locality表示",
        ),
        words: &[
            "address",
            "addr",
            "street",
            "residence",
            "track",
            "gps",
            "latitude",
            "longitude",
            "lat",
            "lng",
            "coordinates",
            "postcode",
        ],
        names: &["housenumber", "location", "zipcode"],
        chinese: &["住址", "地址", "位置", "门牌"],
    },
    Banned {
        reason: (
            "free text is never taken: it may hold names; say it with the facts of the vocabulary",
            "不接收自由文本，其中可能含有姓名；请用词表中的事实表达",
        ),
        words: &[
            "text",
            "description",
            "describe",
            "note",
            "notes",
            "comment",
            "comments",
            "remark",
            "remarks",
            "narrative",
            "story",
            "statement",
            "summary",
            "memo",
            "message",
        ],
        names: &["freetext", "details", "content", "title"],
        chinese: &["描述", "备注", "说明", "陈述", "经过", "内容", "摘要"],
    },
    Banned {
        reason: (
            "ethnicity, religion and political opinion are never taken: they must not count",
            "不接收民族、宗教和政治信息：不得据此区别对待",
        ),
        words: &[
            "ethnicity",
            "ethnic",
            "race",
            "religion",
            "religious",
            "faith",
            "politics",
            "political",
            "party_member",
            "minzu",
        ],
        names: &["partymember", "partymembership", "ethnicgroup"],
        chinese: &["民族", "宗教", "信仰", "政治", "党员", "党派"],
    },
    Banned {
        reason: (
            "health, biometric and intimate data are never taken; `support_need` tells what help a party needs",
            "不接收健康、生物识别和私密信息；需要的帮助由support_need表示",
        ),
        words: &[
            "health",
            "illness",
            "disease",
            "diagnosis",
            "medical",
            "mental",
            "disability",
            "biometric",
            "biometrics",
            "fingerprint",
            "face",
            "sexual",
            "hiv",
            "pregnant",
        ],
        names: &["sexuality", "sexualorientation"],
        chinese: &["健康", "疾病", "病史", "残疾", "精神", "人脸", "指纹", "性取向"],
    },
    Banned {
        reason: (
            "criminal, credit and petition records are never taken: they must not count",
            "不接收犯罪、信用和信访记录：不得据此区别对待",
        ),
        words: &[
            "criminal",
            "crime",
            "conviction",
            "convictions",
            "credit",
            "petitioner",
            "blacklist",
            "prisoner",
            "drug",
        ],
        names: &[
            "criminalrecord",
            "creditscore",
            "creditrecord",
            "petitionrecord",
            "petitionhistory",
            "familybackground",
        ],
        chinese: &["犯罪", "前科", "征信", "信用", "上访", "信访记录", "黑名单"],
    },
    Banned {
        reason: ("people are never scored or ranked", "不对人评分或排序"),
        words: &["score", "rating", "rank", "ranking"],
        names: &["risklevel", "riskscore", "socialcredit", "difficultperson", "keyperson"],
        chinese: &["评分", "风险等级", "重点人员"],
    },
];

/// The reason for keys that only the policies' own list refuses.
pub(crate) const LISTED: Reason =
    ("the policies list it among the facts that are never taken", "规则包已将其列为不得接收的事实");

/// Why a field of this name is never taken; `None` when it is merely unknown.
pub(crate) fn banned(name: &str) -> Option<Reason> {
    let words = words(name);
    let whole = words.concat();
    let hit = |banned: &&Banned| {
        words.iter().any(|word| banned.words.contains(&word.as_str()))
            || banned.words.contains(&whole.as_str())
            || banned.names.contains(&whole.as_str())
            || banned.chinese.iter().any(|part| name.contains(part))
    };
    BANNED.iter().find(hit).map(|banned| banned.reason)
}

/// The words of a name in any of the usual spellings, in lower case and without numbers at their ends.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in name.chars() {
        let splits = !c.is_alphanumeric() || (c.is_uppercase() && after_lower);
        if splits {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_lowercase());
        }
        after_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// True when a text holds what looks like a Chinese identity number or mobile telephone number.
#[must_use]
pub fn looks_personal(text: &str) -> bool {
    // Only whole words count: a hexadecimal reference may hold such digits by chance.
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        let word = word.as_bytes();
        is_identity_number(word) || is_mobile_number(word)
    })
}

/// Eighteen characters with a day of birth in the seventh to fourteenth, GB 11643.
fn is_identity_number(word: &[u8]) -> bool {
    let number = |from: usize, to: usize| {
        let digits = word.get(from..to).and_then(|part| std::str::from_utf8(part).ok());
        digits.and_then(|part| part.parse::<u16>().ok()).unwrap_or(0)
    };
    matches!(word, [digits @ .., b'0'..=b'9' | b'x' | b'X'] if digits.len() == 17 && digits.iter().all(u8::is_ascii_digit))
        && (1900..=2099).contains(&number(6, 10))
        && (1..=12).contains(&number(10, 12))
        && (1..=31).contains(&number(12, 14))
}

/// Eleven digits that begin with 13 to 19, with the country's code or without.
fn is_mobile_number(word: &[u8]) -> bool {
    let bare = word.strip_prefix(b"0086").or_else(|| word.strip_prefix(b"86")).unwrap_or(word);
    matches!(bare, [b'1', b'3'..=b'9', rest @ ..] if rest.len() == 9 && rest.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_tell_who_somebody_is_has_its_reason() {
        for (name, said) in [
            ("name", "names are never"),
            ("employer_name", "names are never"),
            ("fullName", "names are never"),
            ("姓名", "names are never"),
            ("id_number", "identity numbers"),
            ("idCard", "identity numbers"),
            ("身份证号码", "identity numbers"),
            ("phone", "telephone"),
            ("phone2", "telephone"),
            ("mobile-phone", "telephone"),
            ("address", "addresses"),
            ("home_address", "addresses"),
            ("description", "free text"),
            ("备注", "free text"),
            ("ethnicity", "ethnicity"),
            ("religion", "religion"),
            ("political_opinion", "political"),
            ("health", "health"),
            ("criminal_record", "criminal"),
            ("creditScore", "criminal, credit"),
            ("risk_score", "scored"),
        ] {
            let reason = banned(name);
            assert!(reason.is_some_and(|(en, _)| en.contains(said)), "{name}: {reason:?}");
        }
    }

    #[test]
    fn the_rest_is_merely_unknown() {
        for name in ["amount", "peopel", "relation", "support_need", "knew_on", "sector", "represented", "filename", ""]
        {
            assert_eq!(banned(name), None, "{name}");
        }
    }

    #[test]
    fn numbers_of_people_are_seen() {
        for (text, personal) in [
            ("110101199003070000", true),
            ("c-11010119900307000X", true),
            ("11010119900307000a", false),
            ("a13800000000", false),
            ("13800000000", true),
            ("8613800000000", true),
            ("tel-19900000000", true),
            ("c-2026-000123", false),
            ("20261120001", false),
            ("12345678901", false),
            ("110101199913070000", false),
            ("330784", false),
            ("018f3c2a-7b1e-7c3d-9f00-0123456789ab", false),
        ] {
            assert_eq!(looks_personal(text), personal, "{text}");
        }
    }
}
