//! Which nodes are away, told by how long each has said nothing new: clocks that differ change nothing of it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use maple_store::Node;

/// When this node saw each node say something new.
#[derive(Debug, Default)]
pub(crate) struct Peers(
    /* What each said of its own clock, and when that was new here. */ BTreeMap<String, (Timestamp, Instant)>,
);

impl Peers {
    /// For how long each of some nodes has said nothing new, in their order. Who is met for the first time has just spoken;
    /// who is not among them is forgotten.
    pub(crate) fn silent(&mut self, nodes: &[Node], now: Instant) -> Vec<Duration> {
        let mut next = BTreeMap::new();
        let mut silent = Vec::with_capacity(nodes.len());
        for node in nodes {
            let since = match self.0.get(&node.id) {
                Some((seen, since)) if *seen == node.seen => *since,
                _ => now,
            };
            next.insert(node.id.clone(), (node.seen, since));
            silent.push(now.saturating_duration_since(since));
        }
        self.0 = next;
        silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_nothing_new_is_silent_whatever_its_clock_says() {
        let node = |id: &str, seen: i64| Node {
            id: id.to_owned(),
            generation: 1,
            engine: String::new(),
            health: String::new(),
            seen: Timestamp::from_second(seen).unwrap(),
        };
        let (mut peers, began) = (Peers::default(), Instant::now());
        let at = |seconds| began + Duration::from_secs(seconds);
        let mut silent = |nodes: &[Node], seconds| -> Vec<u64> {
            peers.silent(nodes, at(seconds)).iter().map(Duration::as_secs).collect()
        };
        assert_eq!(silent(&[node("a", 100), node("b", 9_000_000)], 0), [0, 0]);
        // A clock that was put back is something new, too.
        assert_eq!(silent(&[node("a", 50), node("b", 9_000_000)], 8), [0, 8]);
        assert_eq!(silent(&[node("a", 50), node("b", 9_000_002)], 20), [12, 0]);
        assert_eq!(silent(&[node("b", 9_000_002)], 21), [1]);
        assert_eq!(silent(&[node("a", 50)], 22), [0], "who was gone is met anew");
    }
}
