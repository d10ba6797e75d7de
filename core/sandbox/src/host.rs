//! What the host keeps beside one sandbox while it lives: what it may use, and its diary.

use wasmtime::{Memory, ResourceLimiter};

use crate::limits::{
    Bounds, CORE_INSTANCES_COUNT_MAX, DIARY_LINE_BYTES_MAX, DIARY_LINES_MAX, MEMORIES_COUNT_MAX, TABLE_ELEMENTS_MAX,
    TABLES_COUNT_MAX,
};

/// The data of one store.
pub(crate) struct Host {
    memory_max: usize,
    memory_used: usize,
    /// Bytes of memory that the host put beside the guest's own.
    memory_hidden: usize,
    /// The growth that was allowed last, to be taken back when it fails after all.
    memory_last: usize,
    hungry: bool,
    diary: Option<Vec<String>>,
    /// The memory that lines of the diary lie in, where the host reads them itself.
    pub(crate) memory: Option<Memory>,
    /// False while the guest may ask the host for nothing.
    pub(crate) may_leave: bool,
    /// Bytes of a line that are taken, where the host reads them itself: what wasmtime takes of any value.
    pub(crate) line_max: usize,
    /// Fuel that a line costs beside the host's work: a component's way to the host leads through code of its own.
    pub(crate) line_fuel: u64,
}

impl Host {
    /// A host that allows so many bytes of memory, all memories together, beside `hidden` ones of its own, and keeps a
    /// diary or drops it.
    pub(crate) fn new(memory_bytes: u64, hidden: u64, keeps_diary: bool) -> Self {
        Self {
            memory_max: usize::try_from(memory_bytes.saturating_add(hidden)).unwrap_or(usize::MAX),
            memory_used: 0,
            memory_hidden: usize::try_from(hidden).unwrap_or(usize::MAX),
            memory_last: 0,
            hungry: false,
            diary: keeps_diary.then(Vec::new),
            memory: None,
            may_leave: true,
            line_max: usize::MAX,
            line_fuel: 0,
        }
    }

    /// Begins another evaluation within these bounds; false when the guest has more memory already.
    pub(crate) fn hold_to(&mut self, bounds: &Bounds) -> bool {
        let memory = usize::try_from(bounds.memory_bytes).unwrap_or(usize::MAX);
        self.memory_max = memory.saturating_add(self.memory_hidden);
        self.line_max = usize::try_from(bounds.answer_bytes).unwrap_or(usize::MAX);
        (self.hungry, self.may_leave) = (false, true);
        self.memory_used <= self.memory_max
    }

    /// True once the guest was refused memory or a table.
    pub(crate) fn hungry(&self) -> bool {
        self.hungry
    }

    /// Bytes of linear memory that the guest has; memory never shrinks, so it is also the most it had.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.memory_used.saturating_sub(self.memory_hidden) as u64
    }

    /// Allows so many more bytes of memory.
    pub(crate) fn allow(&mut self, bytes: u64) {
        self.memory_max = self.memory_max.saturating_add(usize::try_from(bytes).unwrap_or(usize::MAX));
    }

    /// True when lines are worth reading from the guest's memory.
    pub(crate) fn writes(&self) -> bool {
        self.diary.as_ref().is_some_and(|lines| lines.len() < DIARY_LINES_MAX)
    }

    /// Keeps a line, cut to [`DIARY_LINE_BYTES_MAX`].
    pub(crate) fn write(&mut self, line: &str) {
        if self.writes()
            && let Some(lines) = &mut self.diary
        {
            lines.push(cut(line, DIARY_LINE_BYTES_MAX).to_owned());
        }
    }

    /// The last line of the diary; a panic message, when the guest panicked.
    pub(crate) fn last_line(&self) -> Option<&str> {
        self.diary.as_ref()?.last().map(String::as_str)
    }

    /// The diary so far; the next lines start a new one.
    pub(crate) fn take_diary(&mut self) -> Vec<String> {
        self.diary.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn refuse(&mut self) -> bool {
        self.hungry = true;
        false
    }
}

/// The longest beginning of `text` of at most `bytes` bytes.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}

impl ResourceLimiter for Host {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let used = self.memory_used.saturating_add(more);
        if used > self.memory_max {
            return Ok(self.refuse());
        }
        (self.memory_used, self.memory_last) = (used, more);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory_used = self.memory_used.saturating_sub(std::mem::take(&mut self.memory_last));
        self.hungry = true;
        Ok(())
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX || self.refuse())
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.hungry = true;
        Ok(())
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES_COUNT_MAX as usize
    }

    fn tables(&self) -> usize {
        TABLES_COUNT_MAX as usize
    }

    fn memories(&self) -> usize {
        MEMORIES_COUNT_MAX as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_counted_over_all_memories() {
        let mut host = Host::new(3 << 16, 0, false);
        assert!(host.memory_growing(0, 2 << 16, None).unwrap());
        assert!(host.memory_growing(0, 1 << 16, None).unwrap());
        assert!(!host.hungry());
        assert!(!host.memory_growing(1 << 16, 2 << 16, None).unwrap());
        assert!(host.hungry());
    }

    #[test]
    fn a_growth_that_fails_is_not_counted() {
        let mut host = Host::new(2 << 16, 0, false);
        assert!(host.memory_growing(0, 2 << 16, Some(0)).unwrap());
        host.memory_grow_failed(wasmtime::Error::msg("declared maximum")).unwrap();
        assert!(host.memory_growing(0, 2 << 16, None).unwrap());
    }

    #[test]
    fn tables_grow_to_their_limit() {
        let mut host = Host::new(0, 0, false);
        assert!(host.table_growing(0, TABLE_ELEMENTS_MAX, None).unwrap());
        assert!(!host.table_growing(0, TABLE_ELEMENTS_MAX + 1, None).unwrap());
    }

    #[test]
    fn the_diary_is_bounded_and_dropped_unless_kept() {
        let mut dropped = Host::new(0, 0, false);
        dropped.write("a line");
        assert!(!dropped.writes() && dropped.take_diary().is_empty());

        let mut kept = Host::new(0, 0, true);
        for _ in 0..=DIARY_LINES_MAX {
            kept.write(&"村".repeat(DIARY_LINE_BYTES_MAX));
        }
        let lines = kept.take_diary();
        assert_eq!(lines.len(), DIARY_LINES_MAX);
        assert!(lines.iter().all(|line| line.len() <= DIARY_LINE_BYTES_MAX && line.len() > DIARY_LINE_BYTES_MAX - 3));
        kept.write("again");
        assert_eq!(kept.last_line(), Some("again"));
    }
}
