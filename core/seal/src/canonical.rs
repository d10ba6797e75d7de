//! Canonical JSON (RFC 8785): one value, one text.

use serde::Serialize;
use serde_json::{Number, Value};

/// Up to here every integer has a double of its own.
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Why a value has no canonical text.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalFault {
    /// An integer that would be written as another one.
    #[error("the number `{number}` is too large to be kept to the last digit; write it as a text")]
    Number {
        /// The number.
        number: Number,
    },
    /// The value cannot be written as JSON at all, such as a map whose keys are no texts.
    #[error("the value cannot be written as JSON")]
    Json(#[source] serde_json::Error),
}

/// The canonical text of a value.
///
/// # Errors
///
/// When the value has an integer beyond 2^53 - 1 that would be written as another one, or is no JSON.
pub fn canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonicalFault> {
    let value = serde_json::to_value(value).map_err(CanonicalFault::Json)?;
    exact(&value)?;
    serde_json_canonicalizer::to_vec(&value).map_err(CanonicalFault::Json)
}

fn exact(value: &Value) -> Result<(), CanonicalFault> {
    match value {
        Value::Number(number) if !number.is_f64() && !kept(number) => {
            Err(CanonicalFault::Number { number: number.clone() })
        }
        Value::Array(items) => items.iter().try_for_each(exact),
        Value::Object(fields) => fields.values().try_for_each(exact),
        _ => Ok(()),
    }
}

/// Whether an integer is written with the digits that it has: JSON's numbers are doubles to this RFC.
fn kept(number: &Number) -> bool {
    let size = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    let small = size.is_some_and(|size| size <= INTEGER_MAX);
    small || serde_json_canonicalizer::to_string(number).is_ok_and(|written| written == number.to_string())
}
