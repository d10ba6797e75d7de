//! Figures of what others are told, by recipient.

use maple_store::Standing;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct To {
    target: String,
}

/// How many, by recipient. What waits and what is dead is told by the node that serves the recipient.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    delivered: Family<To, Counter>,
    failed: Family<To, Counter>,
    missed: Family<To, Counter>,
    deleted: Family<To, Counter>,
    pending: Family<To, Gauge>,
    dead: Family<To, Gauge>,
}

fn to(target: &str) -> To {
    To { target: target.to_owned() }
}

impl Figures {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("deliveries", "Events that a recipient took", self.delivered.clone());
        registry.register("deliveries_failed", "Times that a recipient did not take an event", self.failed.clone());
        let help = "Decisions that were deleted before a recipient could be told of them";
        registry.register("deliveries_missed", help, self.missed.clone());
        let help = "Events that are not tried any more and were deleted after their time";
        registry.register("deliveries_deleted", help, self.deleted.clone());
        registry.register("deliveries_pending", "Events that wait for a recipient", self.pending.clone());
        registry.register("deliveries_dead", "Events that are not tried any more", self.dead.clone());
    }

    pub(super) fn sent(&self, target: &str, taken: u64, failed: u64) {
        self.delivered.get_or_create(&to(target)).inc_by(taken);
        self.failed.get_or_create(&to(target)).inc_by(failed);
    }

    pub(super) fn missed(&self, target: &str, count: u64) {
        self.missed.get_or_create(&to(target)).inc_by(count);
    }

    pub(super) fn deleted(&self, target: &str, count: u64) {
        self.deleted.get_or_create(&to(target)).inc_by(count);
    }

    pub(super) fn stands(&self, standing: &Standing) {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.pending.get_or_create(&to(&standing.target)).set(number(standing.behind + standing.waiting));
        self.dead.get_or_create(&to(&standing.target)).set(number(standing.dead));
    }

    /// Another node serves it, and tells.
    pub(super) fn left(&self, target: &str) {
        self.pending.remove(&to(target));
        self.dead.remove(&to(target));
    }
}
