//! The canonical ABI of `assess`, written out: case files into a guest's memory, answers out of it.
//!
//! wasmtime does the same for component instances. Here it is done for one core instance that is kept, without a
//! detour over types that own their text. The same checks in the same words stand behind both ways
//! ([`super::answer`]), and a test holds sizes and alignments to those that wasmtime computes.

use maple_kernel::{
    CaseFile, Claim, Due, FactKey, Fault, Finding, Level, Param, PartyFile, PartyType, Selector, Subject, Term, Unit,
    Value,
};

use super::{
    super::Wrong,
    answer::{self, bad, name, word},
    types,
};
use crate::{
    fault::TOO_MUCH,
    limits::{
        BASIS_COUNT_MAX, Bounds, CODE_BYTES_MAX, EVIDENCE_COUNT_MAX, MEASURES_COUNT_MAX, PARAMS_COUNT_MAX,
        PROVISION_BYTES_MAX, SKILLS_COUNT_MAX, WARN_COUNT_MAX, WORDS_COUNT_MAX,
    },
};

/// Size and alignment of a type in a guest's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    size: u32,
    align: u32,
}

const fn layout(size: u32, align: u32) -> Layout {
    Layout { size, align }
}

const BYTES: Layout = layout(1, 1);
const WARN: Layout = layout(2, 2);
const TEXT: Layout = layout(8, 4);
const FACT: Layout = layout(24, 8);
const PARTY: Layout = layout(20, 4);
const CASE_FILE: Layout = layout(52, 4);
const ASSESSED: Layout = layout(20, 4);
const FINDING: Layout = layout(104, 8);

/// Room in a guest's memory.
pub(crate) trait Room {
    /// Asks the guest for room of a size and alignment; what it gives lies within its memory.
    fn get(&mut self, size: u32, align: u32) -> wasmtime::Result<u32>;

    /// Writes within room that was given.
    fn put(&mut self, at: u32, bytes: &[u8]);
}

/// Bytes that a case file takes in a guest's memory, without what lies between its parts.
pub(crate) fn case_bytes(file: &CaseFile<'_>) -> u64 {
    struct Count(u64);
    impl Room for Count {
        fn get(&mut self, size: u32, _: u32) -> wasmtime::Result<u32> {
            self.0 = self.0.saturating_add(u64::from(size));
            Ok(0)
        }

        fn put(&mut self, _: u32, _: &[u8]) {}
    }
    let mut count = Count(0);
    // What cannot be counted cannot be lowered either.
    lower(file, &mut count).map_or(u64::MAX, |_| count.0)
}

/// Writes a case file; where it is.
///
/// A guest sees what is written when it is asked for room, and what is not: so values are written in the order in which
/// wasmtime writes them, and the gaps between fields are left as they are.
pub(crate) fn lower(file: &CaseFile<'_>, room: &mut impl Room) -> wasmtime::Result<u32> {
    let at = room.get(CASE_FILE.size, CASE_FILE.align)?;
    room.put(at, &[u8::from(file.purposes.routing) | u8::from(file.purposes.prevention) << 1]);
    let locality = text(file.locality.as_str(), room)?;
    room.put(at + 4, &locality);
    let kind = text(file.kind.as_str(), room)?;
    room.put(at + 12, &kind);
    let [a, b, c, d, e, f, g, h] = text(file.source.as_str(), room)?;
    let ([i, j, k, l], [m, n, o, p]) = (day(file.day), day(file.filed));
    room.put(at + 20, &[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]);
    let facts = facts(&file.facts, room)?;
    room.put(at + 36, &facts);
    let parties = parties(&file.parties, room)?;
    room.put(at + 44, &parties);
    Ok(at)
}

fn facts(facts: &[(&FactKey, &Value)], room: &mut impl Room) -> wasmtime::Result<[u8; 8]> {
    let (at, list) = list(facts.len(), FACT, room)?;
    for ((key, value), at) in facts.iter().zip((at..).step_by(FACT.size as usize)) {
        let tag = match value {
            Value::Text(_) => 0,
            Value::Number(_) => 1,
            Value::Flag(_) => 2,
            Value::Day(_) => 3,
            Value::Words(_) => 4,
            Value::Money(_) => 5,
        };
        let key = text(key.as_str(), room)?;
        room.put(at, &tagged(key, tag));
        let payload = at + 16;
        match value {
            Value::Text(word) => {
                let word = text(word, room)?;
                room.put(payload, &word);
            }
            Value::Number(number) => room.put(payload, &number.to_le_bytes()),
            Value::Flag(flag) => room.put(payload, &[u8::from(*flag)]),
            Value::Day(value) => room.put(payload, &day(*value)),
            Value::Words(words) => {
                let (at, list) = self::list(words.len(), TEXT, room)?;
                for (word, at) in words.iter().zip((at..).step_by(TEXT.size as usize)) {
                    let word = text(word, room)?;
                    room.put(at, &word);
                }
                room.put(payload, &list);
            }
            Value::Money(minor) => room.put(payload, &minor.to_le_bytes()),
        }
    }
    Ok(list)
}

fn parties(parties: &[PartyFile<'_>], room: &mut impl Room) -> wasmtime::Result<[u8; 8]> {
    let (at, list) = list(parties.len(), PARTY, room)?;
    for (party, at) in parties.iter().zip((at..).step_by(PARTY.size as usize)) {
        let kind = match party.kind {
            PartyType::Natural => 0,
            PartyType::Organisation => 1,
            PartyType::PublicAuthority => 2,
        };
        let role = text(party.role.as_str(), room)?;
        room.put(at, &tagged(role, kind));
        let facts = facts(&party.facts, room)?;
        room.put(at + 12, &facts);
    }
    Ok(list)
}

/// A text's place and length, and the byte behind it.
fn tagged([a, b, c, d, e, f, g, h]: [u8; 8], tag: u8) -> [u8; 9] {
    [a, b, c, d, e, f, g, h, tag]
}

/// Room for so many of a type: where, and the list as it stands in memory.
fn list(count: usize, of: Layout, room: &mut impl Room) -> wasmtime::Result<(u32, [u8; 8])> {
    let long = || wasmtime::Error::msg("size overflow copying a list");
    let count = u32::try_from(count).map_err(|_| long())?;
    let at = room.get(count.checked_mul(of.size).ok_or_else(long)?, of.align)?;
    Ok((at, pair(at, count)))
}

fn text(text: &str, room: &mut impl Room) -> wasmtime::Result<[u8; 8]> {
    let (at, list) = list(text.len(), BYTES, room)?;
    room.put(at, text.as_bytes());
    Ok(list)
}

fn pair(at: u32, count: u32) -> [u8; 8] {
    (u64::from(at) | u64::from(count) << 32).to_le_bytes()
}

/// Days of the kernel are of the years 1900 to 2199: every part is positive.
fn day(day: maple_kernel::Day) -> [u8; 4] {
    let [low, high] = day.year().unsigned_abs().to_le_bytes();
    [low, high, day.month().unsigned_abs(), day.day().unsigned_abs()]
}

/// Why an answer could not be read.
pub(crate) enum Unread {
    /// It does not follow the ABI: what wasmtime would say of it.
    Abi(&'static str),
    /// It is read, and it is a fault.
    Fault(Fault),
}

enum Bad {
    Abi(&'static str),
    Wrong(Wrong),
}

impl From<Wrong> for Bad {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

type Read<T> = Result<T, Bad>;

/// Reads an answer at `at`.
pub(crate) fn lift(memory: &[u8], at: u32, bounds: &Bounds, for_author: bool) -> Result<Vec<Finding>, Unread> {
    let mut reader = Reader { memory, left: usize::try_from(bounds.answer_bytes).unwrap_or(usize::MAX) };
    let told = |told| match told {
        Bad::Abi(why) => Unread::Abi(why),
        Bad::Wrong(wrong) => Unread::Fault(bad(&wrong.to_string())),
    };
    if !at.is_multiple_of(ASSESSED.align) {
        return Err(Unread::Abi("return pointer not aligned"));
    }
    let Some(head) = reader.place(at, ASSESSED.size) else {
        return Err(Unread::Abi("pointer out of bounds of memory"));
    };
    match reader.tag(head, 2).map_err(told)? {
        0 => reader.findings(head + 4, bounds.findings as usize),
        _ => {
            let code = reader.string(head + 4).map_err(told)?;
            let detail = reader.string(head + 12).map_err(told)?;
            Err(Unread::Fault(answer::refused(code, detail, for_author)))
        }
    }
}

/// A guest's memory while an answer is read. Every place is checked before it is read from.
struct Reader<'m> {
    memory: &'m [u8],
    /// Bytes of the answer, as the host would hold it, that may still come.
    left: usize,
}

impl<'m> Reader<'m> {
    fn place(&self, at: u32, size: u32) -> Option<usize> {
        let (at, size) = (at as usize, size as usize);
        at.checked_add(size).filter(|end| *end <= self.memory.len()).map(|_| at)
    }

    fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        // Within a place that was checked; what is not is read as zeros, never beyond memory.
        self.memory.get(at..).and_then(|rest| rest.first_chunk::<N>()).copied().unwrap_or([0; N])
    }

    fn byte(&self, at: usize) -> u8 {
        let [byte] = self.bytes(at);
        byte
    }

    /// A case of a variant that has so many.
    fn tag(&self, at: usize, cases: u8) -> Read<u8> {
        let tag = self.byte(at);
        if tag < cases { Ok(tag) } else { Err(Bad::Abi("unexpected discriminant")) }
    }

    fn spend(&mut self, bytes: Option<usize>) -> Read<()> {
        let left = bytes.and_then(|bytes| self.left.checked_sub(bytes));
        self.left = left.ok_or(Bad::Abi(TOO_MUCH))?;
        Ok(())
    }

    /// The text whose pointer and length stand at `at`.
    fn string(&mut self, at: usize) -> Read<&'m str> {
        let raw = self.raw(at)?;
        str::from_utf8(raw).map_err(|_| Bad::Abi("invalid utf-8 sequence"))
    }

    fn raw(&mut self, at: usize) -> Read<&'m [u8]> {
        let (from, length) = self.slice(at);
        let end = (from as usize).checked_add(length as usize);
        let raw = end.and_then(|end| self.memory.get(from as usize..end));
        let raw = raw.ok_or(Bad::Abi("string pointer/length out of bounds of memory"))?;
        self.spend(Some(raw.len()))?;
        Ok(raw)
    }

    fn slice(&self, at: usize) -> (u32, u32) {
        let pair = u64::from_le_bytes(self.bytes(at));
        #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
        let (low, high) = (pair as u32, (pair >> 32) as u32);
        (low, high)
    }

    /// Where the list starts whose pointer and length stand at `at`, and how many it has. `held` is the size of one as
    /// the host would hold it.
    fn list(&mut self, at: usize, of: Layout, held: usize) -> Read<(usize, usize)> {
        let (from, count) = self.slice(at);
        let size = count.checked_mul(of.size);
        let place = size.and_then(|size| self.place(from, size));
        let place = place.ok_or(Bad::Abi("list pointer/length out of bounds of memory"))?;
        self.spend((count as usize).checked_mul(held))?;
        if !from.is_multiple_of(of.align) {
            return Err(Bad::Abi("list pointer is not aligned"));
        }
        Ok((place, count as usize))
    }

    /// Every one of a list, at most `max`.
    fn each<T>(
        &mut self,
        field: &'static str,
        (from, count): (usize, usize),
        (of, max): (Layout, usize),
        mut one: impl FnMut(&mut Self, usize) -> Read<T>,
    ) -> Read<Vec<T>> {
        if count > max {
            return Err(Wrong::many(field, count, max).into());
        }
        let mut all = Vec::with_capacity(count);
        for at in (from..).step_by(of.size as usize).take(count) {
            all.push(one(self, at)?);
        }
        Ok(all)
    }

    fn findings(&mut self, at: usize, max: usize) -> Result<Vec<Finding>, Unread> {
        let told = |told, number: Option<usize>| match (told, number) {
            (Bad::Abi(why), _) => Unread::Abi(why),
            (Bad::Wrong(wrong), Some(number)) => Unread::Fault(bad(&format!("finding {number}: {wrong}"))),
            (Bad::Wrong(wrong), None) => Unread::Fault(bad(&wrong.to_string())),
        };
        let list = self.list(at, FINDING, size_of::<types::Finding>());
        let (from, count) = list.map_err(|bad| told(bad, None))?;
        if count > max {
            return Err(told(Wrong::many("findings", count, max).into(), None));
        }
        let mut findings = Vec::with_capacity(count);
        for (at, number) in (from..).step_by(FINDING.size as usize).take(count).zip(1..) {
            findings.push(self.finding(at).map_err(|bad| told(bad, Some(number)))?);
        }
        Ok(findings)
    }

    fn finding(&mut self, at: usize) -> Read<Finding> {
        let rule = self.name("rule", at)?;
        let claim = self.claim(at + 8)?;
        let reason = answer::reason(self.string(at + 72)?)?;
        Ok(Finding {
            rule,
            claim,
            reason,
            params: self.params("reason.params", at + 80)?,
            basis: self.words("basis", at + 88, (BASIS_COUNT_MAX, PROVISION_BYTES_MAX))?,
            evidence: self.words("evidence", at + 96, (EVIDENCE_COUNT_MAX, CODE_BYTES_MAX))?,
        })
    }

    fn name<T: for<'a> From<&'a str>>(&mut self, field: &'static str, at: usize) -> Read<T> {
        Ok(name(field, self.string(at)?)?)
    }

    fn words<T: for<'a> From<&'a str>>(
        &mut self,
        field: &'static str,
        at: usize,
        (count, bytes): (usize, usize),
    ) -> Read<Vec<T>> {
        let list = self.list(at, TEXT, size_of::<String>())?;
        self.each(field, list, (TEXT, count), |reader, at| Ok(T::from(word(field, reader.string(at)?, bytes)?)))
    }

    fn option<T>(
        &mut self,
        at: usize,
        payload: usize,
        one: impl FnOnce(&mut Self, usize) -> Read<T>,
    ) -> Read<Option<T>> {
        match self.tag(at, 2)? {
            0 => Ok(None),
            _ => one(self, at + payload).map(Some),
        }
    }

    fn claim(&mut self, at: usize) -> Read<Claim> {
        let (tag, at) = (self.tag(at, 9)?, at + 8);
        Ok(match tag {
            0 => self.offer(at)?,
            1 => Claim::Prefer {
                channel: self.name("prefer.channel", at)?,
                weight: self.weight("prefer.weight", at + 8)?,
            },
            2 => Claim::RequireFirst {
                first: self.name("require-first.first", at)?,
                before: self.name("require-first.before", at + 8)?,
            },
            3 if self.tag(at, 2)? == 0 => Claim::Forbid(Selector::Channel(self.name("forbid.channel", at + 4)?)),
            3 => Claim::Forbid(Selector::Class(answer::class(self.string(at + 4)?)?)),
            4 => Claim::Duty {
                code: self.name("duty.code", at)?,
                bearer: self.option(at + 8, 4, |reader, at| reader.name("duty.bearer", at))?,
                params: self.params("duty.params", at + 20)?,
            },
            5 => {
                let warn = self.list(at + 16, WARN, size_of::<u16>())?;
                Claim::Clock {
                    code: self.name("clock.code", at)?,
                    start: self.day("clock.start", at + 8)?,
                    span: self.span("clock.span", at + 12)?,
                    warn: self.each("clock.warn", warn, (WARN, WARN_COUNT_MAX), |reader, at| {
                        Ok(u16::from_le_bytes(reader.bytes(at)))
                    })?,
                }
            }
            6 => self.signal(at)?,
            7 => {
                let (key, value) = self.fact("derive.key", "derive.value", at)?;
                Claim::Derive { key, value }
            }
            _ => Claim::Refer(self.name("refer", at)?),
        })
    }

    fn offer(&mut self, at: usize) -> Read<Claim> {
        Ok(Claim::Offer {
            channel: self.name("offer.channel", at)?,
            body: self.option(at + 8, 4, |reader, at| reader.name("offer.body", at))?,
            skills: self.words("offer.skills", at + 20, (SKILLS_COUNT_MAX, CODE_BYTES_MAX))?,
            due: self.option(at + 28, 4, Self::due)?,
            weight: self.weight("offer.weight", at + 48)?,
            chargeable: self.byte(at + 50) != 0,
        })
    }

    fn due(&mut self, at: usize) -> Read<Due> {
        Ok(match self.tag(at, 2)? {
            0 => Due::Within(Term {
                span: self.span("offer.due.span", at + 4)?,
                start: self.name("offer.due.start", at + 8)?,
            }),
            _ => Due::On(self.day("offer.due", at + 4)?),
        })
    }

    fn signal(&mut self, at: usize) -> Read<Claim> {
        Ok(Claim::Signal {
            code: self.name("signal.code", at)?,
            level: match self.tag(at + 8, 4)? {
                0 => Level::Blue,
                1 => Level::Yellow,
                2 => Level::Orange,
                _ => Level::Red,
            },
            subject: match self.tag(at + 12, 6)? {
                0 => Subject::Organisation(self.name("signal.subject", at + 16)?),
                1 => Subject::Place,
                2 => Subject::Project,
                3 => Subject::Kind,
                4 => Subject::Station,
                _ => Subject::OwnCase,
            },
            measures: self.words("signal.measures", at + 24, (MEASURES_COUNT_MAX, CODE_BYTES_MAX))?,
            responsible: self.option(at + 32, 4, |reader, at| reader.name("signal.responsible", at))?,
            handle_within: self.option(at + 44, 2, |reader, at| reader.span("signal.handle-within", at))?,
        })
    }

    fn params(&mut self, field: &'static str, at: usize) -> Read<Vec<Param>> {
        let list = self.list(at, FACT, size_of::<types::FactResult>())?;
        self.each(field, list, (FACT, PARAMS_COUNT_MAX), |reader, at| reader.fact(field, field, at))
    }

    fn fact<K: for<'a> From<&'a str>>(
        &mut self,
        key: &'static str,
        field: &'static str,
        at: usize,
    ) -> Read<(K, Value)> {
        let (key, tag, at) = (self.name(key, at)?, self.tag(at + 8, 6)?, at + 16);
        let value = match tag {
            0 => Value::Text(word(field, self.string(at)?, CODE_BYTES_MAX)?.into()),
            1 => match f64::from_le_bytes(self.bytes(at)) {
                number if number.is_finite() => Value::Number(number),
                _ => return Err(Wrong::new(field, "not a finite number").into()),
            },
            2 => Value::Flag(self.byte(at) != 0),
            3 => Value::Day(self.day(field, at)?),
            4 => Value::Words(
                self.words::<std::sync::Arc<str>>(field, at, (WORDS_COUNT_MAX, CODE_BYTES_MAX))?.into_iter().collect(),
            ),
            _ => Value::Money(i64::from_le_bytes(self.bytes(at))),
        };
        Ok((key, value))
    }

    fn day(&self, field: &'static str, at: usize) -> Read<maple_kernel::Day> {
        let [low, high, month, day] = self.bytes(at);
        Ok(answer::day(field, types::Day { year: u16::from_le_bytes([low, high]), month, day })?)
    }

    fn span(&self, field: &'static str, at: usize) -> Read<maple_kernel::Span> {
        let unit = match self.tag(at + 2, 5)? {
            0 => Unit::Hour,
            1 => Unit::Day,
            2 => Unit::WorkingDay,
            3 => Unit::Month,
            _ => Unit::Year,
        };
        Ok(answer::span(field, u16::from_le_bytes(self.bytes(at)), unit)?)
    }

    fn weight(&self, field: &'static str, at: usize) -> Read<i16> {
        Ok(answer::weight(field, i16::from_le_bytes(self.bytes(at)))?)
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::component::ComponentType;

    use super::*;

    #[test]
    fn sizes_are_those_of_the_contract() {
        fn of<T: ComponentType>() -> Layout {
            layout(u32::try_from(T::SIZE32).unwrap(), T::ALIGN32)
        }
        for (ours, theirs) in [
            (WARN, of::<u16>()),
            (TEXT, of::<String>()),
            (FACT, of::<types::FactResult>()),
            (FACT, of::<types::FactParam<'_>>()),
            (PARTY, of::<types::Party<'_>>()),
            (CASE_FILE, of::<types::CaseFile<'_>>()),
            (ASSESSED, of::<super::super::Assessed>()),
            (FINDING, of::<types::Finding>()),
            (layout(64, 8), of::<types::Claim>()),
            (layout(52, 4), of::<types::Offer>()),
            (layout(16, 4), of::<types::Due>()),
            (layout(28, 4), of::<types::Duty>()),
            (layout(24, 4), of::<types::Clock>()),
            (layout(52, 4), of::<types::Signal>()),
            (layout(12, 4), of::<types::Subject>()),
            (layout(12, 4), of::<types::Selector>()),
            (layout(4, 2), of::<types::Span>()),
            (layout(4, 2), of::<types::Day>()),
        ] {
            assert_eq!(ours, theirs);
        }
    }
}
