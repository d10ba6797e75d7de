//! The Merkle tree of RFC 6962, 2.1, over leaves that are hashed already.

use crate::Digest;

/// Steps of a proof: enough for 2^53 leaves.
pub const PROOF_COUNT_MAX: usize = 53;

fn node(left: Digest, right: Digest) -> Digest {
    Digest::of_parts(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// Where a tree of more than one leaf is split: the largest power of two below its size.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// The root of these leaves; of none it is the digest of nothing.
#[must_use]
pub fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(root(left), root(right))
        }
    }
}

/// The path from one leaf to the root, from below; nothing where there is no such leaf.
#[must_use]
pub fn proof(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if leaves.len() < 2 {
        return (index < leaves.len()).then(Vec::new);
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut path, beside) = match index.checked_sub(middle) {
        None => (proof(left, index)?, root(right)),
        Some(index) => (proof(right, index)?, root(left)),
    };
    path.push(beside);
    Some(path)
}

/// Whether the path leads from the leaf, at its index in a tree of so many leaves, to the root (RFC 9162, 2.1.3.2).
#[must_use]
pub fn proves(path: &[Digest], leaf: Digest, index: u64, size: u64, expected: Digest) -> bool {
    if index >= size || path.len() > PROOF_COUNT_MAX {
        return false;
    }
    let (mut at, mut last, mut found) = (index, size - 1, leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            found = node(*beside, found);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            found = node(found, *beside);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && found == expected
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaf(hex_data: &str) -> Digest {
        Digest::of_parts(&[&[0], &hex::decode(hex_data).unwrap()])
    }

    /// The inputs and roots of the tests of Certificate Transparency.
    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let leaves: Vec<Digest> = data.iter().map(|data| leaf(data)).collect();
        for (size, expected) in (1..).zip(roots) {
            assert_eq!(root(&leaves[..size]).to_string(), format!("sha256:{expected}"), "{size}");
        }
        let none = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(root(&[]).to_string(), none);
        assert_eq!(proof(&leaves, 8), None);
    }

    proptest! {
        #[test]
        fn each_leaf_is_proved_at_its_place_only(size in 1_usize..130, at in 0_usize..130, other in 0_usize..130) {
            let (at, other) = (at % size, other % size);
            let leaves: Vec<Digest> = (0..size).map(|n| Digest::of(&n.to_le_bytes())).collect();
            let (whole, path) = (root(&leaves), proof(&leaves, at).unwrap());
            let holds = |path: &[Digest], leaf: usize, at: usize, size: usize| {
                proves(path, leaves[leaf], at as u64, size as u64, whole)
            };
            prop_assert!(holds(&path, at, at, size));
            prop_assert_eq!(holds(&path, other, at, size), other == at);
            prop_assert_eq!(holds(&path, at, other, size), other == at);
            prop_assert!(!holds(&path, at, size, size));
            let mut longer = path.clone();
            longer.push(whole);
            prop_assert!(!holds(&longer, at, at, size));
            if let Some((_, shorter)) = path.split_last() {
                prop_assert!(!holds(shorter, at, at, size));
            }
        }
    }

    #[test]
    fn a_path_has_a_largest_length() {
        let leaf = Digest::of(&[]);
        let climb = |steps: usize| (0..steps).fold(leaf, |below, _| node(below, leaf));
        for (steps, holds) in [(PROOF_COUNT_MAX, true), (PROOF_COUNT_MAX + 1, false)] {
            assert_eq!(proves(&vec![leaf; steps], leaf, 0, 1 << steps, climb(steps)), holds);
        }
    }
}
