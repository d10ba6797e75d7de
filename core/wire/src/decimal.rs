//! Exact decimals: an amount never passes through a float.

/// Why a decimal cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotExact {
    /// It is not a decimal number.
    Shape,
    /// It has more decimals than the place allows.
    Decimals,
    /// It is too large to count.
    Range,
}

/// Whether zeros at the end are decimals, too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zeros {
    /// `1.000` has three decimals: in an amount it may have been meant as a thousand.
    Count,
    /// `14.0` is the whole number 14.
    Drop,
}

/// `text`, a JSON number, times ten to the power of `scale`, as a whole number.
pub(crate) fn scaled(text: &str, scale: i64, zeros: Zeros) -> Result<i64, NotExact> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, Ok(0)), |(m, e)| (m, exponent(e)));
    let (whole, mut fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || mantissa.ends_with('.') {
        return Err(NotExact::Shape);
    }
    if zeros == Zeros::Drop {
        fraction = fraction.trim_end_matches('0');
    }
    let mut value: i64 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        value = value.checked_mul(10).and_then(|v| v.checked_add(i64::from(digit - b'0'))).ok_or(NotExact::Range)?;
    }
    let length = i64::try_from(fraction.len()).map_err(|_| NotExact::Decimals)?;
    let shift = exponent?.saturating_add(scale).saturating_sub(length);
    let value = if value == 0 && zeros == Zeros::Drop { 0 } else { shifted(value, shift)? };
    Ok(if negative { -value } else { value })
}

fn exponent(text: &str) -> Result<i64, NotExact> {
    let digits = text.trim_start_matches(['+', '-']);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotExact::Shape);
    }
    // More digits than fit are as good as the largest.
    let size = digits.parse::<i32>().unwrap_or(i32::MAX);
    Ok(i64::from(if text.starts_with('-') { -size } else { size }))
}

fn shifted(value: i64, shift: i64) -> Result<i64, NotExact> {
    if shift < 0 {
        return Err(NotExact::Decimals);
    }
    if value == 0 {
        return Ok(0);
    }
    let power = u32::try_from(shift).ok().and_then(|shift| 10_i64.checked_pow(shift));
    power.and_then(|power| value.checked_mul(power)).ok_or(NotExact::Range)
}

/// An amount string: digits, and at most one point with digits after it.
pub(crate) fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Minor units as a decimal with two places.
pub(crate) fn money(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", minor.unsigned_abs() / 100, minor.unsigned_abs() % 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (text, minor) in [
            ("0", Ok(0)),
            ("48000", Ok(4_800_000)),
            ("48000.5", Ok(4_800_050)),
            ("0.10", Ok(10)),
            ("0.29", Ok(29)),
            ("1.15", Ok(115)),
            ("4.8e4", Ok(4_800_000)),
            ("4800000E-2", Ok(4_800_000)),
            ("-0.01", Ok(-1)),
            ("92233720368547758.07", Ok(i64::MAX)),
            ("92233720368547758.08", Err(NotExact::Range)),
            ("1e400", Err(NotExact::Range)),
            ("1e99999999999999999999", Err(NotExact::Range)),
            ("1e-99999999999999999999", Err(NotExact::Decimals)),
            ("0.001", Err(NotExact::Decimals)),
            ("48.000", Err(NotExact::Decimals)),
            ("", Err(NotExact::Shape)),
            (".5", Err(NotExact::Shape)),
            ("5.", Err(NotExact::Shape)),
            ("1,000", Err(NotExact::Shape)),
            ("１２", Err(NotExact::Shape)),
            ("1.2.3", Err(NotExact::Shape)),
        ] {
            assert_eq!(scaled(text, 2, Zeros::Count), minor, "{text}");
        }
    }

    #[test]
    fn counts_are_whole() {
        for (text, count) in [
            ("14", Ok(14)),
            ("14.0", Ok(14)),
            ("1.4e1", Ok(14)),
            ("-3", Ok(-3)),
            ("0.0", Ok(0)),
            ("14.5", Err(NotExact::Decimals)),
            ("1e400", Err(NotExact::Range)),
        ] {
            assert_eq!(scaled(text, 0, Zeros::Drop), count, "{text}");
        }
    }

    proptest! {
        #[test]
        fn money_survives_the_way_out_and_in(minor in -i64::MAX..i64::MAX) {
            prop_assert_eq!(scaled(&money(minor), 2, Zeros::Count), Ok(minor));
        }
    }
}
