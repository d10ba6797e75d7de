//! Every limit of the sandbox, by name.

use std::time::Duration;

use maple_kernel::Limits;

/// Bytes of one component file.
pub const COMPONENT_BYTES_MAX: usize = 64 << 20;
/// Core and component instances that one component may make of itself, nested ones counted each time.
pub const COMPONENT_INSTANCES_MAX: u64 = 128;
/// Components within components.
pub const COMPONENT_DEPTH_MAX: usize = 8;

/// Fuel of one evaluation when the policy sets none.
pub const FUEL_DEFAULT: u64 = 50_000_000;
/// Fuel that a policy may set for one evaluation.
pub const FUEL_MAX: u64 = 1_000_000_000;
/// Fuel for `configure` and for `describe`, each run once, ahead of time.
pub const CONFIGURE_FUEL_MAX: u64 = 1_000_000_000;

/// Bytes of linear memory when the policy sets none: a compiled table of ten thousand rules needs some 34 MiB.
pub const MEMORY_BYTES_DEFAULT: u64 = 64 << 20;
/// Bytes of linear memory that a policy may set; also what `configure` may use.
pub const MEMORY_BYTES_MAX: u64 = 256 << 20;
/// Bytes of compiled functions that are kept at hand, so that what policies share is compiled once.
pub const FUNCTIONS_BYTES_MAX: usize = 64 << 20;
/// Linear memories of one sandbox.
pub const MEMORIES_COUNT_MAX: u32 = 4;
/// Tables of one sandbox.
pub const TABLES_COUNT_MAX: u32 = 16;
/// Elements of one table; also what a policy gets that sets none.
pub const TABLE_ELEMENTS_MAX: usize = 65_536;
/// Core instances of one sandbox.
pub const CORE_INSTANCES_COUNT_MAX: u32 = 64;
/// Bytes of the stack that guest code runs on; also what a policy gets that sets none.
pub const STACK_BYTES_MAX: usize = 512 << 10;
/// Bytes of the smallest stack that a policy may set. Stacks come in sizes that double from here, for each has an engine
/// of its own.
pub const STACK_BYTES_MIN: usize = 64 << 10;

/// Milliseconds of the wall-clock backstop when the policy sets none.
pub const WALL_MS_DEFAULT: u64 = 500;
/// Milliseconds that a policy may set for the backstop.
pub const WALL_MS_MAX: u64 = 5_000;
/// Milliseconds of the backstop for `configure` and for `describe`.
pub const CONFIGURE_WALL_MS_MAX: u64 = 10_000;
/// Milliseconds between two looks at the wall clock.
pub const EPOCH_TICK_MS: u64 = 20;

/// Findings of one answer when the policy sets none.
pub const FINDINGS_COUNT_DEFAULT: u32 = 256;
/// Findings of one answer that a policy may set.
pub const FINDINGS_COUNT_MAX: u32 = 1_024;
/// Bytes of one answer, as the host holds it, when the policy sets none.
pub const ANSWER_BYTES_DEFAULT: u64 = 256 << 10;
/// Bytes of one answer that a policy may set.
pub const ANSWER_BYTES_MAX: u64 = 4 << 20;
/// Bytes of one case, as it stands in a guest's memory, when the policy sets none: above what any case takes that the
/// contract of the service lets in.
pub const CASE_BYTES_DEFAULT: u64 = 8 << 20;
/// Bytes of one case that a policy may set.
pub const CASE_BYTES_MAX: u64 = 32 << 20;
/// Bytes of a descriptor, as the host holds it.
pub const DESCRIPTOR_BYTES_MAX: u64 = 16 << 20;
/// Characters of one word: a code, a rule id, a fact key, a channel.
pub const CODE_BYTES_MAX: usize = 64;
/// Characters of a provision id.
pub const PROVISION_BYTES_MAX: usize = 128;
/// Parameters of one reason or duty.
pub const PARAMS_COUNT_MAX: usize = 16;
/// Words in the value of one fact.
pub const WORDS_COUNT_MAX: usize = 64;
/// Skills of one offer.
pub const SKILLS_COUNT_MAX: usize = 16;
/// Measures of one signal.
pub const MEASURES_COUNT_MAX: usize = 16;
/// Days of warning of one clock.
pub const WARN_COUNT_MAX: usize = 16;
/// Provisions behind one finding: as many as a rule of the policy files may cite.
pub const BASIS_COUNT_MAX: usize = 64;
/// Facts behind one finding.
pub const EVIDENCE_COUNT_MAX: usize = 64;
/// Weight of an offer or a preference, either way.
pub const WEIGHT_MAX: i16 = 100;

/// Rules of one descriptor.
pub const RULES_COUNT_MAX: usize = 10_000;
/// Facts that one policy reads.
pub const READS_COUNT_MAX: usize = 500;
/// Reasons of one descriptor.
pub const REASONS_COUNT_MAX: usize = 10_000;
/// Bytes of one text of a descriptor, in one language.
pub const TEXT_BYTES_MAX: usize = 2_000;
/// Bytes of a plugin's version.
pub const VERSION_BYTES_MAX: usize = 64;

/// Nodes of one policy's settings.
pub const SETTINGS_NODES_MAX: usize = 1_000_000;
/// Bytes of text in one policy's settings.
pub const SETTINGS_BYTES_MAX: usize = 16 << 20;
/// Complaints taken from one `configure`.
pub const COMPLAINTS_COUNT_MAX: usize = 1_000;

/// Lines of a diary that are kept of one call when the policy sets none.
pub const DIARY_LINES_DEFAULT: usize = 256;
/// Lines of a diary that a policy may set.
pub const DIARY_LINES_MAX: usize = 4_096;
/// Bytes of one line that are kept.
pub const DIARY_LINE_BYTES_MAX: usize = 1_024;
/// Characters of a fault's detail.
pub const DETAIL_BYTES_MAX: usize = 512;

/// Sandboxes that are kept for their next evaluation, of all policies together, and the ones they are compared with.
pub const WARM_SLOTS_MAX: usize = 4_096;
/// Bytes that are put back in a sandbox that is kept; one in which an evaluation wrote more is thrown away, so that what
/// is kept stays small and putting back stays short.
pub const RESTORED_BYTES_MAX: usize = 4 << 20;
/// Sandboxes that may exist at the same time in one process, beside those that are kept.
pub const SLOTS_COUNT_MAX: u32 = 8_192;

/// What one call may use: a policy's [`Limits`] with the defaults filled in, cut to the host's maxima.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Fuel.
    pub fuel: u64,
    /// Bytes of each linear memory.
    pub memory_bytes: u64,
    /// The wall-clock backstop.
    pub wall: Duration,
    /// Findings in the answer.
    pub findings: u32,
    /// Bytes of the answer.
    pub answer_bytes: u64,
    /// Bytes of the case in the guest's memory.
    pub case_bytes: u64,
    /// Elements of each table.
    pub table_elements: usize,
    /// Tables of the sandbox.
    pub tables: u32,
    /// Linear memories of the sandbox.
    pub memories: u32,
    /// Core instances of the sandbox.
    pub instances: u32,
    /// The stack: a size between [`STACK_BYTES_MIN`] and [`STACK_BYTES_MAX`], each twice the one before.
    pub stack_bytes: usize,
    /// Lines of the diary, where one is kept.
    pub diary_lines: usize,
}

impl Bounds {
    /// The host's maxima, unless the operator lowers them.
    pub const MAX: Self = Self {
        fuel: FUEL_MAX,
        memory_bytes: MEMORY_BYTES_MAX,
        wall: Duration::from_millis(WALL_MS_MAX),
        findings: FINDINGS_COUNT_MAX,
        answer_bytes: ANSWER_BYTES_MAX,
        case_bytes: CASE_BYTES_MAX,
        table_elements: TABLE_ELEMENTS_MAX,
        tables: TABLES_COUNT_MAX,
        memories: MEMORIES_COUNT_MAX,
        instances: CORE_INSTANCES_COUNT_MAX,
        stack_bytes: STACK_BYTES_MAX,
        diary_lines: DIARY_LINES_MAX,
    };

    /// What a call gets that is made once, ahead of time: `configure` and `describe`.
    pub(crate) const AHEAD: Self = Self {
        fuel: CONFIGURE_FUEL_MAX,
        memory_bytes: MEMORY_BYTES_MAX,
        wall: Duration::from_millis(CONFIGURE_WALL_MS_MAX),
        findings: 0,
        answer_bytes: DESCRIPTOR_BYTES_MAX,
        case_bytes: 0,
        diary_lines: DIARY_LINES_DEFAULT,
        ..Self::MAX
    };

    /// A policy's limits, cut to `max`.
    #[must_use]
    pub fn of(limits: Limits, max: Self) -> Self {
        let wall = Duration::from_millis(limits.wall_ms.unwrap_or(WALL_MS_DEFAULT));
        let count = |set: Option<u32>, usual| set.map_or(usual, |n| usize::try_from(n).unwrap_or(usize::MAX));
        Self {
            fuel: limits.fuel.unwrap_or(FUEL_DEFAULT).min(max.fuel),
            memory_bytes: limits.memory_bytes.unwrap_or(MEMORY_BYTES_DEFAULT).min(max.memory_bytes),
            wall: wall.min(max.wall),
            findings: limits.findings.unwrap_or(FINDINGS_COUNT_DEFAULT).min(max.findings),
            answer_bytes: limits.answer_bytes.unwrap_or(ANSWER_BYTES_DEFAULT).min(max.answer_bytes),
            case_bytes: limits.case_bytes.unwrap_or(CASE_BYTES_DEFAULT).min(max.case_bytes),
            table_elements: count(limits.table_elements, TABLE_ELEMENTS_MAX).min(max.table_elements),
            tables: limits.tables.map_or(max.tables, |set| set.min(max.tables)),
            memories: limits.memories.map_or(max.memories, |set| set.min(max.memories)),
            instances: limits.instances.map_or(max.instances, |set| set.min(max.instances)),
            stack_bytes: stack(limits.stack_bytes.unwrap_or(u64::MAX), max.stack_bytes),
            diary_lines: count(limits.diary_lines, DIARY_LINES_DEFAULT).min(max.diary_lines),
        }
    }

    /// These bounds, none above the host's own maxima.
    pub(crate) fn capped(self) -> Self {
        Self {
            fuel: self.fuel.min(FUEL_MAX),
            memory_bytes: self.memory_bytes.min(MEMORY_BYTES_MAX),
            wall: self.wall.min(Self::MAX.wall),
            findings: self.findings.min(FINDINGS_COUNT_MAX),
            answer_bytes: self.answer_bytes.min(ANSWER_BYTES_MAX),
            case_bytes: self.case_bytes.min(CASE_BYTES_MAX),
            table_elements: self.table_elements.min(TABLE_ELEMENTS_MAX),
            tables: self.tables.min(TABLES_COUNT_MAX),
            memories: self.memories.min(MEMORIES_COUNT_MAX),
            instances: self.instances.min(CORE_INSTANCES_COUNT_MAX),
            stack_bytes: stack(self.stack_bytes as u64, STACK_BYTES_MAX),
            diary_lines: self.diary_lines.min(DIARY_LINES_MAX),
        }
    }

    /// These bounds with a unit of fuel to spare. The engine looks at the fuel where functions and loops begin and not
    /// at the end, so whoever ends with none left burnt more than its limit, and whoever burnt just that has one left.
    pub(crate) fn spared(self) -> Self {
        Self { fuel: self.fuel.saturating_add(1), ..self }
    }

    /// The backstop in ticks of the epoch, rounded up, and one more because the current tick has begun.
    pub(crate) fn ticks(&self) -> u64 {
        let ms = u64::try_from(self.wall.as_millis()).unwrap_or(u64::MAX);
        ms.div_ceil(EPOCH_TICK_MS).saturating_add(1)
    }
}

/// The largest size of stack that is not above `set` and `max`; the smallest where they are below it.
fn stack(set: u64, max: usize) -> usize {
    let set = usize::try_from(set).unwrap_or(usize::MAX).min(max).clamp(STACK_BYTES_MIN, STACK_BYTES_MAX);
    1 << set.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_gets_what_it_sets_up_to_the_host_s_maximum() {
        let none = Bounds::of(Limits::default(), Bounds::MAX);
        assert_eq!(
            (none.fuel, none.memory_bytes, none.findings),
            (FUEL_DEFAULT, MEMORY_BYTES_DEFAULT, FINDINGS_COUNT_DEFAULT)
        );
        assert_eq!(
            (none.case_bytes, none.table_elements, none.diary_lines),
            (CASE_BYTES_DEFAULT, TABLE_ELEMENTS_MAX, DIARY_LINES_DEFAULT)
        );

        let at = Limits {
            fuel: Some(FUEL_MAX),
            memory_bytes: Some(MEMORY_BYTES_MAX),
            wall_ms: Some(WALL_MS_MAX),
            findings: Some(FINDINGS_COUNT_MAX),
            answer_bytes: Some(ANSWER_BYTES_MAX),
            case_bytes: Some(CASE_BYTES_MAX),
            table_elements: Some(65_536),
            tables: Some(16),
            memories: Some(4),
            instances: Some(64),
            stack_bytes: Some(524_288),
            diary_lines: Some(4_096),
        };
        assert_eq!(Bounds::of(at, Bounds::MAX), Bounds::MAX);

        let over = Limits {
            fuel: Some(FUEL_MAX + 1),
            memory_bytes: Some(MEMORY_BYTES_MAX + 1),
            wall_ms: Some(WALL_MS_MAX + 1),
            findings: Some(FINDINGS_COUNT_MAX + 1),
            answer_bytes: Some(ANSWER_BYTES_MAX + 1),
            case_bytes: Some(CASE_BYTES_MAX + 1),
            table_elements: Some(65_537),
            tables: Some(17),
            memories: Some(5),
            instances: Some(65),
            stack_bytes: Some(u64::MAX),
            diary_lines: Some(4_097),
        };
        assert_eq!(Bounds::of(over, Bounds::MAX), Bounds::MAX);
    }

    #[test]
    fn stacks_come_in_sizes_that_double() {
        let set = |bytes, max| Bounds::of(Limits { stack_bytes: Some(bytes), ..Limits::default() }, max).stack_bytes;
        let usual = Bounds::MAX;
        for (bytes, size) in
            [(65_536, 65_536), (131_071, 65_536), (131_072, 131_072), (524_287, 262_144), (524_288, 524_288)]
        {
            assert_eq!(set(bytes, usual), size, "{bytes}");
        }
        let less = Bounds { stack_bytes: 200_000, ..Bounds::MAX };
        assert_eq!((set(524_288, less), less.capped().stack_bytes), (131_072, 131_072));
        assert_eq!(Bounds::of(Limits::default(), less).stack_bytes, 131_072);
        assert_eq!(Bounds { stack_bytes: 1, ..Bounds::MAX }.capped().stack_bytes, STACK_BYTES_MIN);
    }

    #[test]
    fn ticks_never_fall_short_of_the_backstop() {
        let wall = |ms| Bounds { wall: Duration::from_millis(ms), ..Bounds::MAX }.ticks();
        assert_eq!([wall(0), wall(1), wall(EPOCH_TICK_MS), wall(EPOCH_TICK_MS + 1)], [1, 2, 2, 3]);
    }
}
