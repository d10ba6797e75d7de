//! Records of decisions: prepared by whoever decides, numbered and chained by whoever writes.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use lz4_flex::block;
use maple_seal::{Content, Digest, Entry, Head};
use serde::Serialize;

use crate::{
    LABEL_BYTES_MAX, PAYLOAD_BYTES_MAX, POLICIES_COUNT_MAX, Store, StoreError,
    activation::moment,
    audit::whole_micros,
    bounded,
    dictionary::{self, Dictionary},
    fits,
    list::{Cursor, Summary},
    log::{self, digest, number},
    pool::Done,
    sql::{Fault, Insert, Link, Row, Value},
};

/// How the payload is written: one byte, so that it can change.
const LZ4: u8 = 1;
/// The same, as what differs from a dictionary.
const LZ4_DICTIONARY: u8 = 2;
/// That byte, and the lengths of the three parts.
const HEAD_BYTES: usize = 13;
/// With the id of a dictionary.
const HEAD_DICTIONARY_BYTES: usize = HEAD_BYTES + 8;

pub(crate) const COLUMNS: &str = "log, sequence, id, at, locality, kind, outcome, policies, generation, ruleset, engine, \
                                  input, context, output, leaf, chain, payload";
const INSERT: Insert = Insert { table: "decision", columns: COLUMNS, count: 17 };

/// One decision, as it is recorded. Its texts hold no fact of the case; the parts are whatever the caller keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Its id.
    pub id: String,
    /// When it was made; kept in microseconds.
    pub time: Timestamp,
    /// The case's locality.
    pub locality: String,
    /// The case's kind.
    pub kind: String,
    /// What came of it, one word.
    pub outcome: String,
    /// The policies that had a say.
    pub policies: Vec<String>,
    /// The generation that served.
    pub generation: u32,
    /// The digest of its ruleset.
    pub ruleset: String,
    /// The version of the engine.
    pub engine: String,
    /// The canonical input.
    pub input: Vec<u8>,
    /// What else was known and found: context facts, findings, corrections.
    pub context: Vec<u8>,
    /// The output.
    pub output: Vec<u8>,
}

#[derive(Serialize)]
struct Labels<'a> {
    // Fields stand in the order of canonical JSON.
    generation: u32,
    kind: &'a str,
    locality: &'a str,
    outcome: &'a str,
    policies: &'a str,
}

/// A decision that is ready to be written: checked, hashed and packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    pub(crate) id: String,
    pub(crate) time: Timestamp,
    pub(crate) locality: String,
    pub(crate) kind: String,
    pub(crate) outcome: String,
    /// With a comma before, between and after.
    pub(crate) policies: String,
    pub(crate) generation: u32,
    pub(crate) ruleset: String,
    pub(crate) engine: String,
    pub(crate) input: Digest,
    pub(crate) context: Digest,
    pub(crate) output: Digest,
    pub(crate) content: Digest,
    pub(crate) payload: Vec<u8>,
    /// What the payload differs from, if it was packed so and that is there.
    pub(crate) dictionary: Option<Arc<Dictionary>>,
}

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The log.
    pub log: String,
    /// Its number.
    pub sequence: u64,
}

/// A record of a log. Read from one database it can be delivered to another, where it keeps its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The log.
    pub log: String,
    /// Its number, from 1.
    pub sequence: u64,
    /// Its leaf.
    pub leaf: Digest,
    /// The chain up to here.
    pub chain: Digest,
    pub(crate) prepared: Prepared,
}

impl Decision {
    /// Checks, hashes and packs; this is most of the work, so do it where the decision was made.
    ///
    /// # Errors
    ///
    /// When a part is too long or a word cannot be kept.
    pub fn prepare(self) -> Result<Prepared, StoreError> {
        self.prepare_with(None)
    }

    /// The same, packed as what differs from a dictionary, which is kept with it.
    ///
    /// # Errors
    ///
    /// As [`Decision::prepare`].
    pub fn prepare_with(self, dictionary: Option<Arc<Dictionary>>) -> Result<Prepared, StoreError> {
        self.check()?;
        let policies = joined(&self.policies);
        let payload = pack([&self.input, &self.context, &self.output], dictionary.as_deref());
        let [input, context, output] = [&self.input, &self.context, &self.output].map(|part| Digest::of(part));
        let Self { id, time, locality, kind, outcome, generation, ruleset, engine, .. } = self;
        let mut prepared = Prepared {
            id,
            time: whole_micros(time),
            locality,
            kind,
            outcome,
            policies,
            generation,
            ruleset,
            engine,
            input,
            context,
            output,
            content: input,
            payload,
            dictionary,
        };
        prepared.content = prepared.content();
        Ok(prepared)
    }

    fn check(&self) -> Result<(), StoreError> {
        let Self { id, locality, kind, outcome, ruleset, engine, policies, input, context, output, .. } = self;
        for text in [id, locality, kind, outcome, ruleset, engine].into_iter().chain(policies) {
            bounded("a word of a decision", text, LABEL_BYTES_MAX)?;
        }
        fits("the list of policies of a decision", policies.len(), POLICIES_COUNT_MAX)?;
        fits("the record of a decision", input.len() + context.len() + output.len(), PAYLOAD_BYTES_MAX)?;
        match policies.iter().find(|policy| policy.contains(',') || policy.is_empty()) {
            Some(word) => Err(StoreError::Word { what: "the policy", word: word.clone(), help: "an id has no comma" }),
            None => Ok(()),
        }
    }
}

fn joined(policies: &[String]) -> String {
    policies.iter().fold(String::from(","), |joined, policy| joined + policy + ",")
}

pub(crate) fn split(policies: &str) -> Vec<String> {
    policies.split(',').filter(|policy| !policy.is_empty()).map(str::to_owned).collect()
}

fn pack(parts: [&[u8]; 3], dictionary: Option<&Dictionary>) -> Vec<u8> {
    let whole = parts.concat();
    let lengths = parts.map(|part| u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    let mut payload = Vec::with_capacity(HEAD_DICTIONARY_BYTES + block::get_maximum_output_size(whole.len()));
    payload.push(if dictionary.is_some() { LZ4_DICTIONARY } else { LZ4 });
    payload.extend_from_slice(lengths.as_flattened());
    payload.extend(dictionary.iter().flat_map(|dictionary| dictionary.id().to_be_bytes()));
    let head = payload.len();
    // The place is as long as it may ever become.
    payload.resize(payload.capacity(), 0);
    let body = payload.get_mut(head..).unwrap_or_default();
    let length = match dictionary {
        Some(dictionary) => block::compress_into_with_dict(&whole, body, dictionary.bytes()),
        None => block::compress_into(&whole, body),
    };
    payload.truncate(head + length.unwrap_or(0));
    payload.shrink_to_fit();
    payload
}

/// The id of the dictionary that a payload was packed with.
pub(crate) fn packed_with(payload: &[u8]) -> Option<i64> {
    let id = payload.strip_prefix(&[LZ4_DICTIONARY])?.get(HEAD_BYTES - 1..HEAD_DICTIONARY_BYTES - 1)?;
    Some(i64::from_be_bytes(id.try_into().ok()?))
}

pub(crate) fn unpack(payload: &[u8], dictionary: Option<&Dictionary>) -> Option<[Vec<u8>; 3]> {
    let (head, body) = payload.split_at_checked(HEAD_BYTES)?;
    let (codec, lengths) = head.split_first()?;
    let (body, dictionary) = match (*codec, packed_with(payload)) {
        (LZ4, _) => (body, &[][..]),
        (LZ4_DICTIONARY, Some(id)) => {
            let dictionary = dictionary.filter(|dictionary| dictionary.id() == id)?;
            (payload.get(HEAD_DICTIONARY_BYTES..)?, dictionary.bytes())
        }
        _ => return None,
    };
    let mut lengths = lengths.chunks(4).map(|bytes| Some(u32::from_be_bytes(bytes.try_into().ok()?) as usize));
    let lengths = [lengths.next()??, lengths.next()??, lengths.next()??];
    let whole: usize = lengths.iter().sum();
    if whole > PAYLOAD_BYTES_MAX {
        return None;
    }
    let unpacked = block::decompress_with_dict(body, whole, dictionary);
    let mut input = unpacked.ok().filter(|parts| parts.len() == whole)?;
    let mut context = input.split_off(lengths.first().copied()?);
    let output = context.split_off(lengths.get(1).copied()?);
    Some([input, context, output])
}

impl Prepared {
    /// The id of the decision.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many bytes its packed parts have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.payload.len()
    }

    pub(crate) fn labels(&self) -> Digest {
        let Self { generation, kind, locality, outcome, policies, .. } = self;
        let labels = Labels { generation: *generation, kind, locality, outcome, policies };
        // Texts and a number are always written.
        Digest::of(&serde_json::to_vec(&labels).unwrap_or_default())
    }

    fn content(&self) -> Digest {
        let Self { context, input, output, .. } = *self;
        let (engine, ruleset) = (&*self.engine, &*self.ruleset);
        Content { context, engine, input, labels: self.labels(), output, ruleset }.digest()
    }

    pub(crate) fn leaf_at(&self, log: &str, sequence: u64) -> Digest {
        Entry { content: self.content, id: &self.id, log, sequence, time: self.time }.leaf()
    }

    /// Whether the parts still have the digests that were taken of them.
    pub(crate) fn whole(&self) -> bool {
        let digests = [self.input, self.context, self.output];
        unpack(&self.payload, self.dictionary.as_deref())
            .is_some_and(|parts| parts.iter().zip(digests).all(|(part, kept)| Digest::of(part) == kept))
    }
}

/// A decision in its place.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) log: &'a str,
    pub(crate) sequence: u64,
    leaf: Digest,
    chain: Digest,
    prepared: &'a Prepared,
}

impl Record {
    /// The id of the decision.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.prepared.id
    }

    /// What it is about, without its parts.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let Prepared { id, time, locality, kind, outcome, generation, ruleset, engine, policies, .. } = &self.prepared;
        Summary {
            cursor: Cursor { time: *time, log: self.log.clone(), sequence: self.sequence },
            id: id.clone(),
            locality: locality.clone(),
            kind: kind.clone(),
            outcome: outcome.clone(),
            policies: split(policies),
            generation: *generation,
            ruleset: ruleset.clone(),
            engine: engine.clone(),
        }
    }

    /// What it was packed against, if that was so and is there.
    #[must_use]
    pub fn dictionary(&self) -> Option<&Dictionary> {
        self.prepared.dictionary.as_deref()
    }

    /// The decision, with its parts.
    ///
    /// # Errors
    ///
    /// When its parts are not those that were recorded.
    pub fn decision(&self) -> Result<Decision, StoreError> {
        let damaged = || StoreError::Damaged { log: self.log.clone(), sequence: self.sequence };
        if !self.prepared.whole() {
            return Err(damaged());
        }
        let [input, context, output] =
            unpack(&self.prepared.payload, self.prepared.dictionary.as_deref()).ok_or_else(damaged)?;
        let Prepared { id, time, locality, kind, outcome, generation, ruleset, engine, policies, .. } =
            self.prepared.clone();
        let policies = split(&policies);
        Ok(Decision {
            id,
            time,
            locality,
            kind,
            outcome,
            policies,
            generation,
            ruleset,
            engine,
            input,
            context,
            output,
        })
    }

    /// Its place in a listing.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { time: self.prepared.time, log: self.log.clone(), sequence: self.sequence }
    }

    fn line(&self) -> Line<'_> {
        let Self { log, sequence, leaf, chain, prepared } = self;
        Line { log, sequence: *sequence, leaf: *leaf, chain: *chain, prepared }
    }
}

impl<'a> Line<'a> {
    fn values(&'a self) -> Vec<Value<'a>> {
        let one = self.prepared;
        vec![
            self.log.into(),
            number(self.sequence),
            one.id.as_str().into(),
            Value::Int(one.time.as_microsecond()),
            one.locality.as_str().into(),
            one.kind.as_str().into(),
            one.outcome.as_str().into(),
            one.policies.as_str().into(),
            one.generation.into(),
            one.ruleset.as_str().into(),
            one.engine.as_str().into(),
            Value::Bytes(one.input.as_bytes()),
            Value::Bytes(one.context.as_bytes()),
            Value::Bytes(one.output.as_bytes()),
            Value::Bytes(self.leaf.as_bytes()),
            Value::Bytes(self.chain.as_bytes()),
            one.payload.as_slice().into(),
        ]
    }
}

/// Gives each its number and its place in the chain.
pub(crate) fn chained<'a>(
    log: &'a str,
    mut head: Head,
    prepared: impl Iterator<Item = &'a Prepared>,
) -> (Head, Vec<Line<'a>>) {
    let next = |prepared: &'a Prepared| {
        let leaf = prepared.leaf_at(log, head.sequence + 1);
        head = head.next(leaf);
        Line { log, sequence: head.sequence, leaf, chain: head.chain, prepared }
    };
    let lines = prepared.map(next).collect();
    (head, lines)
}

/// Adds records. One that stands there already is nothing new; another in its place is an error.
pub(crate) fn put(link: &mut dyn Link, lines: &[Line<'_>]) -> Done<()> {
    dictionary::keep(link, lines.iter().filter_map(|line| line.prepared.dictionary.as_ref()))?;
    let rows: Vec<Vec<Value<'_>>> = lines.iter().map(Line::values).collect();
    if link.insert(&INSERT, &rows)? == lines.len() as u64 {
        return Ok(());
    }
    for line in lines {
        if !stands(link, line)? {
            return Err(StoreError::Other { log: line.log.to_owned(), sequence: line.sequence }.into());
        }
    }
    Ok(())
}

/// Whether this very record stands in its place, or stood there before it was retired.
fn stands(link: &mut dyn Link, line: &Line<'_>) -> Done<bool> {
    let (log, at) = (Value::from(line.log), number(line.sequence));
    if let Some(mut row) = link.first("SELECT leaf FROM decision WHERE log = $1 AND sequence = $2", &[log, at])? {
        return Ok(digest(row.bytes()?)? == line.leaf);
    }
    retired(link, line)
}

fn retired(link: &mut dyn Link, line: &Line<'_>) -> Done<bool> {
    let over = "SELECT first, leaves FROM checkpoint WHERE log = $1 AND last >= $2 ORDER BY last LIMIT 1";
    let Some(mut row) = link.first(over, &[line.log.into(), number(line.sequence)])? else { return Ok(false) };
    let (first, leaves) = (row.count()?, row.may_bytes()?);
    let place = line.sequence.checked_sub(first).and_then(|place| usize::try_from(place).ok());
    let leaves = log::digests(&leaves.unwrap_or_default())?;
    Ok(place.and_then(|place| leaves.get(place)) == Some(&line.leaf))
}

/// Delivers records of one log: what stands there stays, what follows is added at once.
fn deliver(link: &mut dyn Link, log: &str, records: &[Record]) -> Done<()> {
    let mut head = log::head(link, log)?;
    let mut new = Vec::with_capacity(records.len());
    for record in records {
        let Record { sequence, leaf, chain, prepared, .. } = record;
        let follows = *sequence == head.sequence + 1 && head.next(*leaf).chain == *chain;
        let fits = prepared.leaf_at(log, *sequence) == *leaf
            && (follows || *sequence <= head.sequence && stands(link, &record.line())?);
        if !fits {
            return Err(StoreError::Other { log: log.to_owned(), sequence: *sequence }.into());
        }
        if follows {
            head = head.next(*leaf);
            new.push(record.line());
        }
    }
    put(link, &new)
}

/// Records as they are kept, each with its dictionary.
pub(crate) fn read_all(link: &mut dyn Link, rows: Vec<Row>) -> Done<Vec<Record>> {
    let mut records = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut known = BTreeMap::new();
    for Record { prepared, .. } in &mut records {
        let Some(id) = packed_with(&prepared.payload) else { continue };
        let found = match known.get(&id) {
            Some(found) => found,
            None => known.entry(id).or_insert(dictionary::find(link, id)?),
        };
        prepared.dictionary = Option::clone(found);
    }
    Ok(records)
}

fn read(mut row: Row) -> Result<Record, Fault> {
    let log = row.text()?;
    let sequence = row.count()?;
    let mut prepared = Prepared {
        id: row.text()?,
        time: moment(row.int()?)?,
        locality: row.text()?,
        kind: row.text()?,
        outcome: row.text()?,
        policies: row.text()?,
        generation: u32::try_from(row.int()?).map_err(|_| Fault::Shape)?,
        ruleset: row.text()?,
        engine: row.text()?,
        input: digest(row.bytes()?)?,
        context: digest(row.bytes()?)?,
        output: digest(row.bytes()?)?,
        content: Digest::from_bytes([0; 32]),
        payload: Vec::new(),
        dictionary: None,
    };
    prepared.content = prepared.content();
    let (leaf, chain) = (digest(row.bytes()?)?, digest(row.bytes()?)?);
    prepared.payload = row.bytes()?;
    Ok(Record { log, sequence, leaf, chain, prepared })
}

impl Store {
    /// Delivers records that were numbered elsewhere, in their order, wholly or not at all. To deliver them again
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// When a record does not follow what the log has, another stands in its place, or the database cannot be written.
    pub fn decisions_deliver(&self, records: &[Record]) -> Result<(), StoreError> {
        records.iter().try_for_each(|record| log::checked(&record.log))?;
        self.pool().write("record the decisions in", |link| {
            for run in records.chunk_by(|one, next| one.log == next.log) {
                if let Some(first) = run.first() {
                    deliver(link, &first.log, run)?;
                }
            }
            Ok(())
        })
    }

    /// A decision by its id.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn decision(&self, id: &str) -> Result<Option<Record>, StoreError> {
        self.pool().read("read the decision from", |link| {
            let one = format!("SELECT {COLUMNS} FROM decision WHERE id = $1");
            let rows = link.query(&one, &[id.into()])?;
            Ok(read_all(link, rows)?.pop())
        })
    }

    /// The records of a log after a number, in order, at most `count` and [`crate::PAGE_COUNT_MAX`]: for export and
    /// delivery.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn decisions_after(&self, log: &str, sequence: u64, count: u32) -> Result<Vec<Record>, StoreError> {
        let count = count.min(crate::PAGE_COUNT_MAX);
        self.pool().read("read the decisions from", |link| {
            let page =
                format!("SELECT {COLUMNS} FROM decision WHERE log = $1 AND sequence > $2 ORDER BY sequence LIMIT $3");
            let rows = link.query(&page, &[log.into(), number(sequence), count.into()])?;
            read_all(link, rows)
        })
    }
}
