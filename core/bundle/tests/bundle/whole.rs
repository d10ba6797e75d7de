//! What a sound bundle becomes.

use maple_bundle::Bundle;
use maple_kernel::{LocalityId, Participation, Value};

use crate::support::{files, run};

#[test]
fn a_sound_bundle_has_no_problem() {
    let compiled = run(&Bundle::from_files(files()).unwrap()).map_err(|p| format!("{p:#?}")).unwrap();
    assert_eq!(compiled.problems, []);
    assert_eq!(compiled.packs.len(), 2);
    assert_eq!(compiled.cases.len(), 4);
    let ids: Vec<_> = compiled.ruleset.policy_ids().map(|id| id.as_str().to_owned()).collect();
    assert_eq!(ids, ["cn/labour", "cn/zhejiang/ladder"]);
    let (id, locality) = compiled.ruleset.locality("330000").unwrap();
    assert_eq!(id.as_str(), "cn/zhejiang");
    assert_eq!(locality.chain, [LocalityId::from("cn"), LocalityId::from("cn/zhejiang")]);
    assert_eq!(locality.participation, Participation::Voluntary);
    assert_eq!(locality.figures.get("cap"), Some(&Value::Money(5_000_000)));
    let ladder = &compiled.ruleset.policies_of(&LocalityId::from("cn/zhejiang"))[0];
    assert_eq!(&*ladder.plugin, "layered-ladder@1.4.0", "the newest that fits");
}
