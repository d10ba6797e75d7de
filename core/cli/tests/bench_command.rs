//! `maple bench` as its users type it. Times are only held to be there: machines differ.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that meets the unexpected fails")]

mod support;

use std::fs;

use serde_json::Value;
use support::{check, copy_of, example, replace, text};

#[test]
fn each_policy_and_the_whole_are_measured_inside_and_out() {
    let (said, _) = check(&["bench", "--rounds", "20", "--json"], 0);
    let figures: Value = serde_json::from_str(&said).unwrap();
    let policies = figures["policies"].as_array().unwrap();
    assert!(policies.len() >= 3, "{figures:#}");
    for policy in policies {
        for part in ["sandbox", "asking", "giving_back"] {
            let (median, p99) = (policy[part]["median_us"].as_f64().unwrap(), policy[part]["p99_us"].as_f64().unwrap());
            assert!(median > 0.0 && p99 >= median, "{policy:#}");
        }
        assert!(policy["memory_bytes"].as_u64().unwrap() >= 65_536, "{policy:#}");
        assert!(policy["code_bytes"].as_u64().unwrap() > 10_000 && policy["fuel"].as_u64().unwrap() > 0, "{policy:#}");
        assert!(policy["snapshotted"].as_bool().unwrap() && policy["share"].as_f64().unwrap() > 0.0, "{policy:#}");
    }
    assert_eq!(figures["whole"]["fuel"].as_u64(), policies.iter().map(|p| p["fuel"].as_u64()).sum());
}

#[test]
fn a_folder_of_an_author_is_measured_with_the_costliest_of_its_own_cases() {
    let folder = text(&example("combining"));
    let (said, _) = check(&["bench", &folder, "--rounds", "10"], 0);
    for part in
        ["case: fourteen workers", "land/work ", "land/east/trade ", "the whole decision ", "sandbox µs", "memory KiB"]
    {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert!(!said.contains("land/west"), "{said}");
    let (said, _) = check(&["bench", &folder, "--rounds", "10", "--case", "sdk/docs/examples/wages.json", "--json"], 0);
    let figures: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&figures["case"]["locality"], &figures["case"]["chosen"]), (&"land/east".into(), &Value::Null));
}

#[test]
fn a_policy_that_fails_is_measured_and_named() {
    let folder = copy_of("combining");
    replace(&folder.path().join("land/east/trade.toml"), "[target]", "[limits]\nfuel = 100\n\n[target]");
    let (_, side) =
        check(&["bench", &text(folder.path()), "--rounds", "10", "--case", "sdk/docs/examples/wages.json"], 0);
    assert!(side.contains("`land/east/trade` gives no usable answer to this case (out_of_fuel)"), "{side}");
}

#[test]
fn what_cannot_be_measured_is_told() {
    let folder = copy_of("combining");
    for file in ["land/work.toml", "land/east/trade.toml", "land/west/closed.toml", "land/south/costs.toml"] {
        let path = folder.path().join(file);
        let all = fs::read_to_string(&path).unwrap();
        fs::write(&path, all.split("[[case]]").next().unwrap()).unwrap();
    }
    let (_, side) = check(&["bench", &text(folder.path())], 2);
    assert!(side.contains("has no cases to measure; name one with --case FILE"), "{side}");
    let (_, side) = check(&["bench", "no/such/folder"], 3);
    assert!(side.contains("no/such/folder"), "{side}");
    let (_, side) = check(&["bench", "--case", "no/such/case.json"], 3);
    assert!(side.contains("no/such/case.json"), "{side}");
    check(&["bench", "--rounds", "0"], 2);
}
