//! What holds, and a row for each way in which it does not.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that meets the unexpected fails")]

use std::error::Error;

use jiff::Timestamp;
use maple_seal::{
    Checkpoint, Digest, Entry, Head, KEYS_COUNT_MAX, Key, KeyFault, KeyId, KeySet, Pack, PackSignature, PublicKey,
    RECEIPT_BYTES_MAX, Receipt, SUBTREES_COUNT_MAX, Signer, Statement, Subtree, Trust, Trusted, canonical, proof, root,
    verify_receipt,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn day(month: u8, day: u8) -> Timestamp {
    at(&format!("2026-{month:02}-{day:02}T00:00:00Z"))
}

/// A key of the year 2026.
fn key(signer: &Signer, revoked: Option<Timestamp>) -> Key {
    Key { public: signer.public().clone(), from: day(1, 1), to: Some(at("2027-01-01T00:00:00Z")), revoked }
}

fn keys(all: &[Key]) -> KeySet {
    let mut keys = KeySet::new();
    all.iter().for_each(|key| keys.insert(key.clone()).unwrap());
    keys
}

/// The error and its sources, one after the other.
fn chain(error: &dyn Error) -> String {
    let (mut told, mut source) = (error.to_string(), error.source());
    while let Some(error) = source {
        told = format!("{told}: {error}");
        source = error.source();
    }
    told
}

// Canonical JSON: the rows of RFC 8785, 3.2 and appendix B.

#[track_caller]
fn written(json: &str, expected: &str) {
    let value: Value = serde_json::from_str(json).unwrap();
    assert_eq!(String::from_utf8(canonical(&value).unwrap()).unwrap(), expected);
}

#[test]
fn canonical_json_is_that_of_the_rfc() {
    written(
        r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#,
        "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
         \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}",
    );
    written(
        r#"{"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7}"#,
        "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}",
    );
    for (number, expected) in [
        ("-0.0", "0"),
        ("5e-324", "5e-324"),
        ("-1.7976931348623157e308", "-1.7976931348623157e+308"),
        ("295147905179352825856.0", "295147905179352830000"),
        ("9.999999999999997e22", "9.999999999999997e+22"),
        ("1e21", "1e+21"),
        ("1e20", "100000000000000000000"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
        ("333333333.3333332", "333333333.3333332"),
        ("9007199254740991", "9007199254740991"),
        ("-9007199254740991", "-9007199254740991"),
        ("1152921504606847000", "1152921504606847000"),
    ] {
        written(number, expected);
    }
}

#[test]
fn what_could_be_taken_for_something_else_has_no_canonical_text() {
    for number in ["9007199254740993", "-9007199254740993", "1152921504606846976", "18446744073709551615"] {
        let value: Value = serde_json::from_str(&format!("[{{\"n\": {number}}}]")).unwrap();
        assert!(canonical(&value).unwrap_err().to_string().contains(number));
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_text_read_again_is_the_same_text(value in json_value()) {
        let text = canonical(&value).unwrap();
        let again: Value = serde_json::from_slice(&text).unwrap();
        prop_assert_eq!(canonical(&again).unwrap(), text);
    }
}

// Digests and keys.

#[test]
fn a_digest_is_written_in_one_way() {
    let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(Digest::of(b"abc").to_string(), text);
    assert_eq!(text.parse::<Digest>().unwrap(), Digest::of(b"abc"));
    for bad in
        ["", "sha256:", &text[..70], &format!("{text}0"), &text.to_uppercase(), &text.replace("ba78", "BA78"), "md5:00"]
    {
        assert!(bad.parse::<Digest>().is_err(), "{bad}");
    }
}

#[test]
fn keys_are_written_and_read() {
    let signer = Signer::generate().unwrap();
    let again = Signer::from_pem(&signer.to_pem().unwrap()).unwrap();
    assert_eq!(again.id(), signer.id());
    let public = PublicKey::from_pem(&signer.public().to_pem().unwrap()).unwrap();
    assert_eq!(&public, signer.public());
    assert_ne!(Signer::generate().unwrap().id(), signer.id());
    assert_eq!(format!("{signer:?}"), format!("Signer({})", signer.id()));
    // RFC 8410, 10.1 and 10.3.
    let secret = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    let open = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    let signer = Signer::from_pem(secret).unwrap();
    assert_eq!(signer.public(), &PublicKey::from_pem(open).unwrap());
    assert_eq!((signer.to_pem().unwrap().as_str(), signer.public().to_pem().unwrap().as_str()), (secret, open));
}

#[test]
fn what_is_no_key_is_refused() {
    let (signer, long) = (Signer::generate().unwrap(), "\n".repeat(4_096));
    let (secret, open) = (signer.to_pem().unwrap(), signer.public().to_pem().unwrap());
    for bad in ["", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", &open, &format!("{long}{secret}")] {
        assert_eq!(Signer::from_pem(bad).unwrap_err(), KeyFault::Private);
    }
    // The neutral point: anything holds under it.
    let weak = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n";
    for bad in ["", &secret, weak, &format!("{long}{open}")] {
        assert_eq!(PublicKey::from_pem(bad).unwrap_err(), KeyFault::Public);
    }
    let filled = |pem: &str| format!("{}{pem}", "\n".repeat(4_096 - pem.len()));
    assert!(Signer::from_pem(&filled(&secret)).is_ok() && PublicKey::from_pem(&filled(&open)).is_ok());
    for id in ["", &"a".repeat(42), &"a".repeat(44), &"/".repeat(43)] {
        assert!(id.parse::<KeyId>().is_err());
    }
    assert!("a".repeat(43).parse::<KeyId>().is_ok());
}

#[test]
fn a_key_holds_from_its_first_moment_to_the_one_before_its_last() {
    let signer = Signer::generate().unwrap();
    let whole = key(&signer, None);
    let revoked = key(&signer, Some(day(6, 1)));
    let just_before = |moment: Timestamp| Timestamp::from_nanosecond(moment.as_nanosecond() - 1).unwrap();
    let end = at("2027-01-01T00:00:00Z");
    for (key, moment, said) in [
        (&whole, just_before(day(1, 1)), Some("not yet")),
        (&whole, day(1, 1), None),
        (&whole, just_before(end), None),
        (&whole, end, Some("no longer")),
        (&revoked, just_before(day(6, 1)), None),
        (&revoked, day(6, 1), Some("revoked")),
    ] {
        let told = key.holds_at(moment).err().map(|fault| fault.to_string());
        match said {
            None => assert_eq!(told, None),
            Some(said) => assert!(told.clone().unwrap().contains(said), "{told:?}"),
        }
    }
}

// Receipts.

struct Book {
    signer: Signer,
    statements: Vec<Statement>,
    checkpoint: Checkpoint,
}

/// A log of eleven records, of which the first checkpoint covers four and the second seven.
fn book() -> Book {
    let mut head = Head::empty("node-1");
    let statements: Vec<Statement> = (1..=11).map(statement).collect();
    let leaves: Vec<Digest> = statements.iter().map(|statement| statement.leaf).collect();
    let mut before = None;
    for covered in [&leaves[..4], &leaves[4..]] {
        head = covered.iter().fold(head, |head, leaf| head.next(*leaf));
        before = Some(Checkpoint::after(before.as_ref(), "node-1", head, root(covered), day(3, 2)));
    }
    Book { signer: Signer::generate().unwrap(), statements, checkpoint: before.unwrap() }
}

fn statement(sequence: u64) -> Statement {
    let part = |name: &str| Digest::of(format!("{name} {sequence}").as_bytes());
    let mut statement = Statement {
        context: part("context"),
        engine: "0.1.0".to_owned(),
        id: format!("decision-{sequence}"),
        input: part("input"),
        issued: day(3, 3),
        labels: part("labels"),
        leaf: part(""),
        log: "node-1".to_owned(),
        output: part("output"),
        ruleset: part("ruleset").to_string(),
        sequence,
        time: day(3, 1),
    };
    statement.leaf = statement.computed_leaf();
    statement
}

impl Book {
    fn leaves(&self) -> Vec<Digest> {
        self.statements[4..].iter().map(|statement| statement.leaf).collect()
    }

    fn receipt_with(&self, statement: &Statement, checkpoint: &Checkpoint) -> Receipt {
        let path = proof(&self.leaves(), 3).unwrap();
        Receipt::new(&self.signer, statement, checkpoint.sign(&self.signer).unwrap(), path).unwrap()
    }

    /// The receipt of record 8, the fourth of the second checkpoint.
    fn receipt(&self) -> Receipt {
        self.receipt_with(&self.statements[7], &self.checkpoint)
    }

    fn keys(&self) -> KeySet {
        keys(&[key(&self.signer, None)])
    }
}

#[track_caller]
fn unproved(receipt: &Receipt, keys: &KeySet, said: &[&str]) {
    let told = chain(&verify_receipt(&receipt.to_bytes().unwrap(), keys).unwrap_err());
    assert!(said.iter().all(|part| told.contains(part)), "{told}");
}

#[test]
fn a_receipt_holds_by_the_public_keys_alone() {
    let book = book();
    let (statement, checkpoint) = verify_receipt(&book.receipt().to_bytes().unwrap(), &book.keys()).unwrap();
    assert_eq!((&statement, &checkpoint), (&book.statements[7], &book.checkpoint));
}

#[test]
fn each_fault_of_a_receipt_is_its_own() {
    let book = book();
    let (good, held) = (book.receipt(), book.keys());
    let edited = |edit: fn(&mut Statement)| {
        let mut statement = book.statements[7].clone();
        edit(&mut statement);
        book.receipt_with(&statement, &book.checkpoint)
    };
    let moved = |edit: fn(&mut Checkpoint)| {
        let mut checkpoint = book.checkpoint.clone();
        edit(&mut checkpoint);
        book.receipt_with(&book.statements[7], &checkpoint)
    };
    let other = Signer::generate().unwrap();
    let forged = Receipt::new(&other, &book.statements[7], good.checkpoint.clone(), good.proof.clone()).unwrap();
    let mut payload_of_another = good.clone();
    let other_output = edited(|s| s.output = s.input);
    let [a, b] = [&good.statement, &other_output.statement].map(|jws| jws.split('.').collect::<Vec<_>>());
    payload_of_another.statement = [a[0], b[1], a[2]].join(".");
    let swapped = Receipt { checkpoint: good.statement.clone(), statement: good.checkpoint.clone(), ..good.clone() };

    unproved(&payload_of_another, &held, &["statement of the receipt", "was changed"]);
    unproved(&forged, &held, &["statement of the receipt", other.id().as_str(), "not known"]);
    unproved(&swapped, &held, &["`maple-checkpoint`, not a `maple-receipt`"]);
    for edit in [
        (|s| s.output = s.input) as fn(&mut Statement),
        |s| s.input = s.output,
        |s| s.context = s.output,
        |s| s.labels = s.output,
        |s| s.ruleset.push('0'),
        |s| s.engine.push('0'),
        |s| s.id.push('0'),
        |s| s.time = day(3, 2),
        |s| s.sequence = 9,
        |s| s.log.push('0'),
    ] {
        unproved(&edited(edit), &held, &["does not fit its leaf"]);
    }
    let resealed = edited(|s| {
        s.output = s.input;
        s.leaf = s.computed_leaf();
    });
    unproved(&resealed, &held, &["proof does not lead", "record 8", "checkpoint 2"]);
    unproved(&moved(|c| c.root = c.chain), &held, &["proof does not lead"]);
    unproved(&moved(|c| c.first = 9), &held, &["covers 9 to 11 of log `node-1`, not 8"]);
    unproved(&moved(|c| c.last = 7), &held, &["covers 5 to 7"]);
    unproved(&moved(|c| c.log.push('0')), &held, &["of log `node-10`, not 8 of log `node-1`"]);
    unproved(&moved(|c| c.time = day(1, 1) - jiff::SignedDuration::from_secs(1)), &held, &["checkpoint", "not yet"]);
    for proof in [vec![], good.proof[1..].to_vec(), [&good.proof[..], &good.proof[..1]].concat()] {
        unproved(&Receipt { proof, ..good.clone() }, &held, &["proof does not lead"]);
    }
    unproved(&good, &keys(&[key(&book.signer, Some(day(3, 2)))]), &["statement", "revoked"]);
    unproved(&edited(|s| s.issued = at("2027-01-01T00:00:00Z")), &held, &["statement", "no longer"]);
}

#[test]
fn what_is_no_receipt_is_told() {
    let held = book().keys();
    let long = vec![b' '; RECEIPT_BYTES_MAX + 1];
    let mut filled = book().receipt().to_bytes().unwrap();
    for (bytes, said) in [(&b""[..], "no receipt"), (b"{}", "no receipt"), (b"\xff", "no receipt"), (&long, "too long")]
    {
        assert!(chain(&verify_receipt(bytes, &held).unwrap_err()).contains(said));
    }
    filled.resize(RECEIPT_BYTES_MAX, b' ');
    assert!(
        chain(&verify_receipt(&filled, &held).unwrap_err()).contains("not known"),
        "as long as may be, by another key"
    );
}

#[test]
fn receipts_hold_after_the_keys_were_rotated() {
    let old = book();
    let bytes = old.receipt().to_bytes().unwrap();
    let next = Signer::generate().unwrap();
    let both = keys(&[Key { to: Some(day(4, 1)), ..key(&old.signer, Some(day(4, 2))) }, key(&next, None)]);
    assert!(verify_receipt(&bytes, &both).is_ok(), "what it signed while it held");
    assert!(verify_receipt(&bytes, &keys(&[key(&next, None)])).is_err());
}

#[test]
fn checkpoints_follow_each_other() {
    let book = book();
    let first = Checkpoint::after(
        None,
        "node-1",
        Head { sequence: 4, chain: book.checkpoint.chain },
        book.checkpoint.root,
        day(3, 2),
    );
    assert!(first.follows(None).is_ok() && book.checkpoint.follows(None).is_err());
    let told = |edit: fn(&mut Checkpoint)| {
        let mut next =
            Checkpoint::after(Some(&first), "node-1", Head { sequence: 11, ..Head::empty("") }, first.root, day(3, 2));
        edit(&mut next);
        next.follows(Some(&first)).err().map(|fault| fault.to_string()).unwrap_or_default()
    };
    assert_eq!(told(|_| ()), "");
    assert!(told(|c| c.number = 3).contains("its number"));
    assert!(told(|c| c.first = 6).contains("its first record"));
    assert!(told(|c| c.last = 4).contains("its first record"));
    assert!(told(|c| c.previous = None).contains("the one before"));
    assert!(told(|c| c.log.push('0')).contains("its log"));
}

proptest! {
    #[test]
    fn a_changed_byte_never_changes_what_is_stated(place in any::<prop::sample::Index>(), to in any::<u8>()) {
        let book = book();
        let mut bytes = book.receipt().to_bytes().unwrap();
        *place.get_mut(&mut bytes) = to;
        if let Ok((statement, _)) = verify_receipt(&bytes, &book.keys()) {
            prop_assert_eq!(&statement, &book.statements[7]);
        }
    }

    #[test]
    fn a_chain_tells_every_change(count in 2_usize..20, at in any::<prop::sample::Index>()) {
        let leaf = |n: usize| Entry { content: Digest::of(&n.to_le_bytes()), id: "", log: "a", sequence: n as u64, time: day(1, 1) }.leaf();
        let leaves: Vec<Digest> = (1..=count).map(leaf).collect();
        let end = |leaves: &[Digest]| leaves.iter().fold(Head::empty("a"), |head, leaf| head.next(*leaf));
        let place = at.index(count - 1);
        let (mut swapped, mut dropped, mut changed) = (leaves.clone(), leaves.clone(), leaves.clone());
        swapped.swap(place, place + 1);
        dropped.remove(place);
        changed[place] = leaf(0);
        for other in [&swapped, &dropped, &changed] {
            prop_assert_ne!(end(other), end(&leaves));
        }
        prop_assert_ne!(Head::empty("a").next(leaves[0]), Head::empty("b").next(leaves[0]));
    }
}

// Packs.

#[test]
fn subtrees_cover_what_they_say() {
    for (subtree, locality, covers) in [
        ("cn/zhejiang/**", "cn/zhejiang", true),
        ("cn/zhejiang/**", "cn/zhejiang/jinhua/yongkang", true),
        ("cn/zhejiang/**", "cn/zhejiangx", false),
        ("cn/zhejiang/**", "cn", false),
        ("cn/zhejiang", "cn/zhejiang", true),
        ("cn/zhejiang", "cn/zhejiang/jinhua", false),
        ("**", "cn", true),
        ("**", "gb/england/london", true),
    ] {
        assert_eq!(subtree.parse::<Subtree>().unwrap().covers(locality), covers, "{subtree} {locality}");
        assert_eq!(subtree.parse::<Subtree>().unwrap().to_string(), subtree);
    }
    for bad in ["", "/**", "cn/", "cn//x", "cn/*", "*", "cn/**/x", "CN/**", "cn /**", "../cn", "**/"] {
        assert!(bad.parse::<Subtree>().is_err(), "{bad}");
    }
}

struct Signed {
    signer: Signer,
    digest: Digest,
}

impl Signed {
    fn trust(&self, revoked: Option<Timestamp>, places: &[&str]) -> Trust {
        let mut trust = Trust::new();
        let localities = places.iter().map(|place| place.parse().unwrap()).collect();
        trust.insert(Trusted { key: key(&self.signer, revoked), localities }).unwrap();
        trust
    }

    fn signature(&self, unit: &str, time: Timestamp) -> String {
        PackSignature { digest: self.digest, time, unit: unit.to_owned() }.sign(&self.signer).unwrap()
    }
}

#[test]
fn packs_are_admitted_by_keys_trusted_for_their_place() {
    let signed = Signed { signer: Signer::generate().unwrap(), digest: Digest::of(b"files") };
    let pack = Pack { unit: "cn/zhejiang@1.0.0", locality: "cn/zhejiang", digest: signed.digest };
    let signature = signed.signature(pack.unit, day(5, 1));
    let trust = signed.trust(None, &["cn/zhejiang/**"]);
    assert_eq!(&trust.admit(&signature, &pack, day(6, 1)).unwrap(), signed.signer.id());
    assert!(trust.admit(&signature, &pack, at("2030-01-01T00:00:00Z")).is_ok(), "it was valid when it signed");

    let name = signed.signer.id().as_str();
    #[track_caller]
    fn refused(trust: &Trust, signature: &str, pack: &Pack<'_>, said: &[&str]) {
        let told = chain(&trust.admit(signature, pack, day(6, 1)).unwrap_err());
        assert!(said.iter().all(|part| told.contains(part)), "{told}");
    }
    refused(&trust, "x", &pack, &["cn/zhejiang@1.0.0", "sign it again", "cannot be read"]);
    refused(&Trust::new(), &signature, &pack, &[name, "not known", "trusted for `cn/zhejiang`"]);
    refused(&signed.trust(Some(day(5, 15)), &["**"]), &signature, &pack, &[name, "revoked"]);
    refused(&trust, &signed.signature(pack.unit, at("2025-01-01T00:00:00Z")), &pack, &[name, "not yet"]);
    refused(&trust, &signed.signature(pack.unit, day(6, 2)), &pack, &[name, "check the clocks"]);
    refused(
        &trust,
        &signed.signature("cn/zhejiang@0.9.0", day(5, 1)),
        &pack,
        &[name, "`cn/zhejiang@0.9.0`", "sign this pack"],
    );
    refused(&trust, &signature, &Pack { digest: Digest::of(b"other"), ..pack }, &[name, "other files", "again"]);
    let elsewhere = signed.trust(None, &["cn/fujian/**", "gb"]);
    refused(&elsewhere, &signature, &pack, &[name, "`cn/fujian/**`, `gb`", "not for `cn/zhejiang`", "another key"]);
    refused(&signed.trust(None, &[]), &signature, &pack, &["no place"]);
}

#[test]
fn trust_has_limits() {
    let signer = Signer::generate().unwrap();
    let mut trust = Trust::new();
    let mut with = |count: usize| {
        let localities = vec!["**".parse().unwrap(); count];
        trust.insert(Trusted { key: key(&signer, None), localities })
    };
    assert!(with(SUBTREES_COUNT_MAX).is_ok());
    assert!(with(SUBTREES_COUNT_MAX + 1).unwrap_err().to_string().contains("at most 4096"));
    assert_eq!(serde_json::to_value(Digest::of(b"")).unwrap(), json!(Digest::of(b"").to_string()));
}

#[test]
fn a_set_of_keys_has_a_largest_size() {
    let (mut keys, mut trust) = (KeySet::new(), Trust::new());
    let mut both = |signer: &Signer| {
        let key = key(signer, None);
        let kept = keys.insert(key.clone()).is_ok();
        assert_eq!(trust.insert(Trusted { key, localities: vec![] }).is_ok(), kept);
        kept
    };
    let first = Signer::generate().unwrap();
    assert!(both(&first));
    assert!((1..KEYS_COUNT_MAX).all(|_| both(&Signer::generate().unwrap())));
    assert!(!both(&Signer::generate().unwrap()));
    assert!(both(&first), "what is there may be changed");
}
