//! The engine: how guest code is compiled, where it runs, and the clock behind its backstop.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use wasmtime::{Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use crate::functions::Functions;
use crate::limits::{
    CORE_INSTANCES_COUNT_MAX, EPOCH_TICK_MS, MEMORIES_COUNT_MAX, MEMORY_BYTES_MAX, SLOTS_COUNT_MAX, TABLE_ELEMENTS_MAX,
    TABLES_COUNT_MAX,
};

/// Slots for each evaluation at a time. A slot remembers whose memory it held last, and coming back to it is several
/// times cheaper than taking another; with many plugins in turn, few slots would be strangers every time.
pub(crate) const SLOTS_PER_EVALUATION: u32 = 1_024;
/// The same where a stack of another size than the usual is asked for, which few policies do: each pool takes address space
/// for every slot, and there is one for each size.
pub(crate) const NARROW_SLOTS_PER_EVALUATION: u32 = 64;
/// Bytes of a memory and of a table that stay with their slot after an evaluation; above what guests touch.
const KEEP_RESIDENT_BYTES: usize = 4 << 20;
/// Reading a memory for a snapshot grows it by a page.
pub(crate) const SNAPSHOT_SPARE_BYTES: u64 = 1 << 16;

/// Two engines that compile alike. They differ in where instances come from.
pub(crate) struct Engines {
    /// For instances of components, which are made and thrown away: from a pool.
    pub(crate) components: Engine,
    /// For instances of modules. Those that are kept come from the system one by one, so that only those take address space
    /// that there are; those that are thrown away from the same pool.
    pub(crate) modules: Engine,
}

impl Engines {
    /// Makes them, with so many slots, for evaluations on a stack of so many bytes; `keeps` says that modules are kept.
    pub(crate) fn new(
        slots: u32,
        keeps: bool,
        stack_bytes: usize,
        functions: &Arc<Functions>,
    ) -> wasmtime::Result<Self> {
        let pool = InstanceAllocationStrategy::Pooling(pool(slots));
        let components = make(pool, stack_bytes, functions)?;
        let modules = if keeps {
            make(InstanceAllocationStrategy::OnDemand, stack_bytes, functions)?
        } else {
            components.clone()
        };
        Ok(Self { components, modules })
    }
}

fn make(
    instances: InstanceAllocationStrategy,
    stack_bytes: usize,
    functions: &Arc<Functions>,
) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    deterministic(&mut config);
    bounded(&mut config, stack_bytes);
    config
        .cranelift_opt_level(OptLevel::Speed)
        .memory_init_cow(true)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        // Nobody walks a stack through guests; registering tables for thousands of policies would cost every start.
        .native_unwind_info(false)
        .allocation_strategy(instances)
        .enable_incremental_compilation(Arc::clone(functions) as Arc<dyn wasmtime::CacheStore>)?;
    Engine::new(&config)
}

/// The same input gives the same answer: nothing whose result depends on the machine, on time or on other threads.
fn deterministic(config: &mut Config) {
    config
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .concurrency_support(false)
        .gc_support(false)
        .wasm_custom_page_sizes(false)
        .shared_memory(false);
}

/// Fuel decides; the epoch is a backstop on the wall clock; the stack is the host's.
fn bounded(config: &mut Config, stack_bytes: usize) {
    config.consume_fuel(true).epoch_interruption(true).max_wasm_stack(stack_bytes);
}

/// Slots for `concurrency` evaluations at a time, so many for each.
pub(crate) fn slots(concurrency: usize, each: u32) -> u32 {
    let wanted = u32::try_from(concurrency).unwrap_or(u32::MAX).saturating_mul(each);
    wanted.clamp(each, SLOTS_COUNT_MAX)
}

fn pool(slots: u32) -> PoolingAllocationConfig {
    let memory = usize::try_from(MEMORY_BYTES_MAX + SNAPSHOT_SPARE_BYTES).unwrap_or(usize::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(4))
        .total_memories(slots)
        .total_tables(slots.saturating_mul(2))
        .max_unused_warm_slots(slots)
        .max_memory_size(memory)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_core_instances_per_component(CORE_INSTANCES_COUNT_MAX)
        .max_memories_per_component(MEMORIES_COUNT_MAX)
        .max_tables_per_component(TABLES_COUNT_MAX)
        .max_memories_per_module(MEMORIES_COUNT_MAX)
        .max_tables_per_module(TABLES_COUNT_MAX)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_BYTES)
        .decommit_batch_size(1)
        .pagemap_scan(Enabled::Yes);
    pool
}

/// Moves the epoch of the engines that it watches on every [`EPOCH_TICK_MS`] until it is dropped.
pub(crate) struct Ticker {
    watched: Watched,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Watched = Arc<Mutex<Vec<EngineWeak>>>;

impl Ticker {
    pub(crate) fn start() -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let watched = Watched::default();
        let theirs = Arc::clone(&watched);
        let thread = thread::Builder::new().name("maple-epoch".into()).spawn(move || {
            while stopped.recv_timeout(Duration::from_millis(EPOCH_TICK_MS)) == Err(RecvTimeoutError::Timeout) {
                let watched = theirs.lock().unwrap_or_else(PoisonError::into_inner);
                for engine in watched.iter().filter_map(EngineWeak::upgrade) {
                    engine.increment_epoch();
                }
            }
        })?;
        Ok(Self { watched, stop: Some(stop), thread: Some(thread) })
    }

    /// Watches these engines too.
    pub(crate) fn watch(&self, engines: &Engines) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.push(engines.components.weak());
        if !Engine::same(&engines.components, &engines.modules) {
            watched.push(engines.modules.weak());
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends by itself at once; a panic in it is not ours to pass on while dropping.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_slots_for_every_evaluation_up_to_their_limit() {
        let most = usize::try_from(SLOTS_COUNT_MAX / SLOTS_PER_EVALUATION).unwrap();
        for (concurrency, wanted) in [
            (0, SLOTS_PER_EVALUATION),
            (1, SLOTS_PER_EVALUATION),
            (2, 2 * SLOTS_PER_EVALUATION),
            (most, SLOTS_COUNT_MAX),
            (most + 1, SLOTS_COUNT_MAX),
            (usize::MAX, SLOTS_COUNT_MAX),
        ] {
            assert_eq!(slots(concurrency, SLOTS_PER_EVALUATION), wanted, "{concurrency}");
        }
    }
}
