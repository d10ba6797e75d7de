//! Figures for Prometheus: how much, how fast, how it ended; never a fact.

use std::time::Duration;

use maple_kernel::{Decision, FaultKind};
use maple_store::Statistics;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::{access::Why, deliver::Figures};

/// One way a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Decided {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Shadowed {
    policy: String,
    changed: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Failed {
    policy: String,
    kind: &'static str,
}

/// All figures.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    refused: Family<Route, Counter>,
    decisions: Family<Decided, Counter>,
    faults: Family<Failed, Counter>,
    shadows: Family<Shadowed, Counter>,
    fuel: Counter,
    /// Requests under way.
    pub(crate) in_flight: Gauge,
    /// Connections open.
    pub(crate) connections: Gauge,
    /// Places left in the queue for an evaluation.
    pub(crate) queue_places: Gauge,
    /// Number of the activation that serves.
    pub(crate) generation: Gauge,
    /// Packs left out because they have problems.
    pub(crate) packs_left_out: Gauge,
    records_waiting: Gauge,
    records_kept: Gauge,
    records_lost: Gauge,
    /// What others are told.
    pub(crate) deliveries: Figures,
}

/// From a tenth of a millisecond to six seconds.
fn buckets() -> Histogram {
    Histogram::new(exponential_buckets(0.000_1, 2.0, 17))
}

impl Metrics {
    /// The figures, with those of who was not let in.
    pub(crate) fn new(barred: Family<Why, Counter>) -> Self {
        let mut registry = Registry::with_prefix("maple");
        registry.register("access_refused", "Requests refused for who sent them, by reason", barred);
        let metrics = Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(buckets),
            refused: Family::default(),
            decisions: Family::default(),
            faults: Family::default(),
            shadows: Family::default(),
            fuel: Counter::default(),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            queue_places: Gauge::default(),
            generation: Gauge::default(),
            packs_left_out: Gauge::default(),
            records_waiting: Gauge::default(),
            records_kept: Gauge::default(),
            records_lost: Gauge::default(),
            deliveries: Figures::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests answered, by route and status", metrics.requests.clone());
        let help = "Time from the head of a request to the head of its answer";
        registry.register_with_unit("request_duration", help, Unit::Seconds, metrics.seconds.clone());
        registry.register("refused", "Requests turned away because every place was taken", metrics.refused.clone());
        registry.register("decisions", "Decisions made, by outcome", metrics.decisions.clone());
        registry.register("policy_faults", "Policies without a usable answer, by kind", metrics.faults.clone());
        let help = "Cases on which a policy in the shadow spoke, and whether it would have changed the decision";
        registry.register("shadow_cases", help, metrics.shadows.clone());
        registry.register("fuel", "Fuel burnt by policies", metrics.fuel.clone());
        registry.register("requests_in_flight", "Requests under way", metrics.in_flight.clone());
        registry.register("connections", "Connections open", metrics.connections.clone());
        registry.register("queue_places", "Places left in the queue for an evaluation", metrics.queue_places.clone());
        registry.register("generation", "Number of the activation that serves", metrics.generation.clone());
        registry.register(
            "packs_left_out",
            "Packs that do not serve because of problems",
            metrics.packs_left_out.clone(),
        );
        registry.register("records_waiting", "Decisions that wait to be recorded", metrics.records_waiting.clone());
        registry.register("records_kept", "Decisions recorded since the start", metrics.records_kept.clone());
        registry.register("records_lost", "Decisions that could not be recorded", metrics.records_lost.clone());
        metrics.deliveries.register(&mut registry);
        Self { registry, ..metrics }
    }

    /// How recording went so far.
    pub(crate) fn recorded(&self, so_far: &Statistics) {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.records_waiting.set(number(so_far.queued));
        self.records_kept.set(number(so_far.committed));
        self.records_lost.set(number(so_far.lost));
    }

    /// One more request is under way until the value is dropped.
    pub(crate) fn under_way(&self) -> UnderWay<'_> {
        self.in_flight.inc();
        UnderWay(&self.in_flight)
    }

    /// One more connection is open until the value is dropped.
    pub(crate) fn connected(&self) -> UnderWay<'_> {
        self.connections.inc();
        UnderWay(&self.connections)
    }

    /// One request was answered.
    pub(crate) fn answered(&self, route: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Request { route, status }).inc();
        self.seconds.get_or_create(&Route { route }).observe(took.as_secs_f64());
    }

    /// One request was turned away.
    pub(crate) fn turned_away(&self, route: &'static str) {
        self.refused.get_or_create(&Route { route }).inc();
    }

    /// One decision was made.
    pub(crate) fn decided(&self, decision: &Decision) {
        let outcome = decision.outcome.as_str();
        self.decisions.get_or_create(&Decided { outcome }).inc();
        self.fuel.inc_by(decision.asked.iter().map(|asked| asked.fuel).sum());
        self.failed(decision);
    }

    /// Policies that gave no usable answer.
    pub(crate) fn failed(&self, decision: &Decision) {
        for asked in &decision.asked {
            if let Err(fault) = &asked.answer {
                self.fault(asked.policy.as_str(), fault.kind);
            }
        }
    }

    /// Policies in the shadow spoke.
    #[cold]
    pub(crate) fn shadowed<'p>(&self, policies: impl Iterator<Item = &'p str>, changed: bool) {
        let changed = if changed { "yes" } else { "no" };
        for policy in policies {
            self.shadows.get_or_create(&Shadowed { policy: policy.to_owned(), changed }).inc();
        }
    }

    #[cold]
    fn fault(&self, policy: &str, kind: FaultKind) {
        self.faults.get_or_create(&Failed { policy: policy.to_owned(), kind: kind.as_str() }).inc();
    }

    /// The figures as OpenMetrics text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(16 << 10);
        if encode(&mut text, &self.registry).is_err() {
            // A string takes whatever is written to it.
            text.clear();
        }
        text
    }
}

/// Counts one thing for as long as it lives.
pub(crate) struct UnderWay<'a>(&'a Gauge);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
