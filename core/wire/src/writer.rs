//! JSON written straight to a buffer.
//!
//! A decision has some hundred fields whose names need no escaping. Here a field costs two copies: its name with quotes
//! and colon, and its value. Whatever needs more, a text with escapes or a fraction, is left to `serde_json`.

use std::borrow::Cow;

use maple_kernel::Day;

/// A value that can be written as JSON.
pub(crate) trait Put {
    /// Writes it at the end of `out`.
    fn put(&self, out: &mut Vec<u8>);
}

/// The name of a field with quotes and colon; it must need no escaping.
macro_rules! key {
    ($name:literal) => {
        concat!("\"", $name, "\":")
    };
}
pub(crate) use key;

/// An object while it is written.
pub(crate) struct Object<'o> {
    out: &'o mut Vec<u8>,
    before: u8,
}

impl<'o> Object<'o> {
    /// Begins one.
    pub(crate) fn open(out: &'o mut Vec<u8>) -> Self {
        Self { out, before: b'{' }
    }

    /// Writes a field; its name comes from [`key`].
    pub(crate) fn field(&mut self, key: &'static str, value: &(impl Put + ?Sized)) {
        self.out.push(self.before);
        self.before = b',';
        self.out.extend_from_slice(key.as_bytes());
        value.put(self.out);
    }

    /// Writes a field of any name.
    pub(crate) fn entry(&mut self, name: &str, value: &(impl Put + ?Sized)) {
        self.out.push(self.before);
        self.before = b',';
        name.put(self.out);
        self.out.push(b':');
        value.put(self.out);
    }

    /// Ends it.
    pub(crate) fn close(self) {
        if self.before == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

/// Writes a list.
pub(crate) fn list<T: Put>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>) {
    let mut before = b'[';
    for item in items {
        out.push(before);
        before = b',';
        item.put(out);
    }
    if before == b'[' {
        out.push(b'[');
    }
    out.push(b']');
}

/// Leaves a value to `serde_json`.
pub(crate) fn by_serde(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        // Neither the buffer nor what is written here can fail.
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

impl<T: Put + ?Sized> Put for &T {
    fn put(&self, out: &mut Vec<u8>) {
        (**self).put(out);
    }
}

impl<T: Put + ToOwned + ?Sized> Put for Cow<'_, T> {
    fn put(&self, out: &mut Vec<u8>) {
        (**self).put(out);
    }
}

impl<T: Put> Put for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.put(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl<T: Put> Put for [T] {
    fn put(&self, out: &mut Vec<u8>) {
        list(out, self);
    }
}

impl<T: Put> Put for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        list(out, self);
    }
}

impl Put for str {
    fn put(&self, out: &mut Vec<u8>) {
        // Without a branch for each byte, so that many are looked at in one step.
        let plain = |plain, byte: &u8| plain & (*byte >= 0x20) & (*byte != b'"') & (*byte != b'\\');
        if self.as_bytes().iter().fold(true, plain) {
            out.reserve(self.len() + 2);
            out.push(b'"');
            out.extend_from_slice(self.as_bytes());
            out.push(b'"');
        } else {
            by_serde(out, self);
        }
    }
}

impl Put for String {
    fn put(&self, out: &mut Vec<u8>) {
        self.as_str().put(out);
    }
}

impl Put for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Put for Day {
    fn put(&self, out: &mut Vec<u8>) {
        let digit = |number: i32, tens: i32| b'0' + u8::try_from(number / tens % 10).unwrap_or_default();
        let (year, month, day) = (i32::from(self.year()), i32::from(self.month()), i32::from(self.day()));
        // Days of the kernel are of years with four digits.
        out.extend_from_slice(&[
            b'"',
            digit(year, 1000),
            digit(year, 100),
            digit(year, 10),
            digit(year, 1),
            b'-',
            digit(month, 10),
            digit(month, 1),
            b'-',
            digit(day, 10),
            digit(day, 1),
            b'"',
        ]);
    }
}

macro_rules! whole_numbers {
    ($($number:ty),+) => {$(
        impl Put for $number {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(itoa::Buffer::new().format(*self).as_bytes());
            }
        }
    )+};
}

whole_numbers!(u16, u64, usize, i64);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(value: &(impl Put + ?Sized)) -> String {
        let mut out = Vec::new();
        value.put(&mut out);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn texts_and_numbers_are_written_as_serde_json_writes_them(
            text in "\\PC{0,40}|[ -~\\x00-\\x1f\"\\\\调解]{0,40}",
            small in any::<u16>(),
            large in any::<i64>(),
            flag in any::<bool>(),
        ) {
            prop_assert_eq!(written(text.as_str()), serde_json::to_string(&text).unwrap());
            prop_assert_eq!(written(&small), serde_json::to_string(&small).unwrap());
            prop_assert_eq!(written(&large), serde_json::to_string(&large).unwrap());
            prop_assert_eq!(written(&Some(flag)), serde_json::to_string(&Some(flag)).unwrap());
            prop_assert_eq!(written(&vec![small; 3]), serde_json::to_string(&vec![small; 3]).unwrap());
        }

        #[test]
        fn days_are_written_as_they_are_told(year in 1900_i16..2200, month in 1_i8..=12, day in 1_i8..=28) {
            let day = Day::new(year, month, day).unwrap();
            prop_assert_eq!(written(&day), format!("\"{day}\""));
        }
    }

    #[test]
    fn objects_and_lists_may_be_empty() {
        let mut out = Vec::new();
        Object::open(&mut out).close();
        list(&mut out, [0_u64; 0]);
        let mut object = Object::open(&mut out);
        object.field(key!("a"), &1_u64);
        object.entry("b\"", &None::<bool>);
        object.close();
        list(&mut out, ["x", "y"]);
        assert_eq!(String::from_utf8(out).unwrap(), r#"{}[]{"a":1,"b\"":null}["x","y"]"#);
    }
}
