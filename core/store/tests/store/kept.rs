//! Bundles, reports, keys, tokens, nodes.

use maple_seal::{Digest, Key};
use maple_store::{
    BUNDLE_BYTES_MAX, CONNECTIONS_COUNT_MAX, DETAIL_BYTES_MAX, Event, KeyPurpose, KeyRecord, LIST_COUNT_MAX, Node,
    REPORT_BYTES_MAX, Rejection, TEXT_BYTES_MAX, Token,
};

use crate::support::{at, both, signer};

#[test]
fn bundles_keep_their_bytes() {
    both(|base| {
        let store = base.open();
        let bytes: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
        let digest = store.bundle_put(&bytes, "2027-01-01T00:00:00Z", "ana").unwrap();
        assert_eq!(digest, Digest::of(&bytes));
        assert_eq!(store.bundle_put(&bytes, "later", "bo").unwrap(), digest);
        let kept = store.bundle(&digest).unwrap().unwrap();
        assert_eq!((kept.by.as_str(), kept.bytes == bytes), ("ana", true));
        assert_eq!(store.bundle(&Digest::of(b"")).unwrap(), None);
        assert!(base.meddle("UPDATE bundle SET actor = 'bo'").unwrap_err().contains("a bundle is never changed"));
        let wrong = if base.is_file() { "x'00'" } else { "'\\x00'" };
        let guard = if base.is_file() { "" } else { " ON bundle" };
        base.meddle(&format!("DROP TRIGGER bundle_unchanged{guard}; UPDATE bundle SET bytes = {wrong}")).unwrap();
        assert!(store.bundle(&digest).unwrap_err().to_string().contains("put back a copy"));
    });
}

#[test]
fn reports_are_listed_the_newest_first() {
    both(|base| {
        let store = base.open();
        let report = |n: u32| Rejection {
            id: format!("r{n}"),
            at: format!("2027-01-0{n}T00:00:00Z"),
            by: "ana".to_owned(),
            bundle: "sha256:a".to_owned(),
            body: "[\"坏\"]".to_owned(),
        };
        (1..=3).for_each(|n| store.rejection_put(&report(n)).unwrap());
        let listed = |n: u32| Rejection { body: String::new(), ..report(n) };
        assert_eq!(store.rejections(2, None).unwrap(), [listed(3), listed(2)], "what they say is read one by one");
        assert_eq!(store.rejections(2, Some(&listed(2).id)).unwrap(), [listed(1)]);
        assert_eq!(store.rejections(2, Some("no such")).unwrap(), []);
        assert_eq!(store.rejection("r1").unwrap(), Some(report(1)));
        assert_eq!(store.rejection("r9").unwrap(), None);
        let long = Rejection { by: "x".repeat(TEXT_BYTES_MAX + 1), ..report(4) };
        assert!(store.rejection_put(&long).unwrap_err().to_string().contains("too long"));
    });
}

#[test]
fn keys_and_tokens_are_kept_and_revoked() {
    both(|base| {
        let store = base.open();
        let (signer, _) = signer();
        let key = Key { public: signer.public().clone(), from: at(0), to: None, revoked: None };
        let mut record = KeyRecord { purpose: KeyPurpose::Log, key };
        store.key_put(&record).unwrap();
        record.key.to = Some(at(50));
        record.key.revoked = Some(at(60));
        store.key_put(&record).unwrap();
        assert_eq!(store.keys().unwrap(), [record]);

        let token = Token {
            id: "t1".to_owned(),
            hash: Digest::of(b"secret"),
            name: "the court's desk".to_owned(),
            roles: "evaluate".to_owned(),
            scope: "cn/zhejiang/**".to_owned(),
            made: at(0),
            expires: Some(at(100)),
            revoked: None,
        };
        store.token_put(&token, "ana").unwrap();
        assert!(store.token_put(&token, "ana").is_err());
        assert_eq!(store.token(&Digest::of(b"secret")).unwrap(), Some(token.clone()));
        assert_eq!(store.token(&Digest::of(b"guess")).unwrap(), None);
        store.token_revoke("t1", "ben", at(10)).unwrap();
        store.token_revoke("t1", "ben", at(20)).unwrap();
        assert_eq!(store.tokens().unwrap(), [Token { revoked: Some(at(10)), ..token }]);
        assert!(store.token_revoke("t2", "ben", at(10)).unwrap_err().to_string().contains("no token `t2`"));
        let events = store.audit_before(100, 10).unwrap();
        let told: Vec<(&str, &str, &str)> =
            events.iter().rev().map(|event| (&*event.actor, &*event.action, &*event.subject)).collect();
        assert_eq!(told, [("ana", "token", "t1"), ("ben", "token-revoke", "t1"), ("ben", "token-revoke", "t1")]);
        assert!(events.iter().all(|event| !event.detail.contains("secret")));
    });
}

#[test]
fn nodes_say_how_they_are() {
    both(|base| {
        let store = base.open();
        let node = |generation, second| Node {
            id: "n1".to_owned(),
            generation,
            engine: "0.1.0".to_owned(),
            health: "ready".to_owned(),
            seen: at(second),
        };
        store.node_put(&node(1, 1)).unwrap();
        store.node_put(&node(3, 3)).unwrap();
        store.node_put(&node(2, 2)).unwrap();
        assert_eq!(store.nodes().unwrap(), [node(2, 2)], "what was said last stands, also when its clock was put back");
        store.node_forget("n1", at(3)).unwrap();
        assert_eq!(store.nodes().unwrap(), [node(2, 2)], "it spoke since");
        store.node_forget("n1", at(2)).unwrap();
        assert_eq!(store.nodes().unwrap(), []);
        store.node_put(&node(1, 1)).unwrap();
        store.node_remove("n1").unwrap();
        assert_eq!(store.nodes().unwrap(), []);
    });
}

#[test]
fn lists_have_an_end() {
    both(|base| {
        let store = base.open();
        let rows: Vec<String> = (0..=LIST_COUNT_MAX).map(|n| format!("('{n:06}', 1, 'e', 'h', 1)")).collect();
        base.meddle(&format!("INSERT INTO node VALUES {}", rows.join(", "))).unwrap();
        assert_eq!(store.nodes().unwrap().len() as u32, LIST_COUNT_MAX);
    });
}

#[test]
fn limits_of_what_is_kept_hold_at_their_edges() {
    both(|base| {
        let store = base.open();
        let report = |length: usize| Rejection {
            id: format!("r{length}"),
            at: String::new(),
            by: String::new(),
            bundle: String::new(),
            body: "x".repeat(length),
        };
        assert!(store.rejection_put(&report(REPORT_BYTES_MAX)).is_ok());
        assert!(store.rejection_put(&report(REPORT_BYTES_MAX + 1)).is_err());
        let detail = "x".repeat(DETAIL_BYTES_MAX + 1);
        let event =
            |length: usize| Event { time: at(1), actor: "a", action: "b", subject: "c", detail: &detail[..length] };
        assert!(store.audit_append(&event(DETAIL_BYTES_MAX)).is_ok());
        assert!(store.audit_append(&event(DETAIL_BYTES_MAX + 1)).is_err());
        let bundle = vec![0; BUNDLE_BYTES_MAX + 1];
        assert!(store.bundle_put(&bundle, "", "").unwrap_err().to_string().contains("at most 83886080"));
        let kept = store.bundle_put(&bundle[..BUNDLE_BYTES_MAX], "", "").unwrap();
        assert_eq!(store.bundle(&kept).unwrap().unwrap().bytes.len(), BUNDLE_BYTES_MAX);
    });
}

#[test]
fn more_callers_than_connections_wait_for_their_turn() {
    both(|base| {
        let store = base.open();
        std::thread::scope(|scope| {
            for _ in 0..4 * CONNECTIONS_COUNT_MAX {
                scope.spawn(|| (0..20).for_each(|_| drop(store.current().unwrap())));
            }
        });
    });
}
