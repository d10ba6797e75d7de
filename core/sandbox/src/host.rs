//! What the host keeps beside one sandbox while it lives: what it may use, and its diary.

use wasmtime::{Memory, ResourceLimiter};

use crate::limits::{Bounds, CORE_INSTANCES_COUNT_MAX, DIARY_LINE_BYTES_MAX, MEMORIES_COUNT_MAX, TABLES_COUNT_MAX};

/// The data of one store.
pub(crate) struct Host {
    memory_max: usize,
    memory_used: usize,
    /// Bytes of memory that the host put beside the guest's own.
    memory_hidden: usize,
    /// The growth that was allowed last, to be taken back when it fails after all.
    memory_last: usize,
    table_max: usize,
    /// Elements of the largest table.
    table_used: usize,
    /// Bytes of the stack, which the engine gives.
    pub(crate) stack_bytes: usize,
    /// What was refused last: memory or a table.
    refused: Option<String>,
    diary: Option<Vec<String>>,
    lines_max: usize,
    /// Lines that gave way to later ones.
    left_out: usize,
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
    /// A host that allows what `bounds` say, beside `hidden` bytes of memory of its own, and keeps a diary or drops it.
    pub(crate) fn new(bounds: &Bounds, hidden: u64, keeps_diary: bool) -> Self {
        Self {
            memory_max: usize::try_from(bounds.memory_bytes.saturating_add(hidden)).unwrap_or(usize::MAX),
            memory_used: 0,
            memory_hidden: usize::try_from(hidden).unwrap_or(usize::MAX),
            memory_last: 0,
            table_max: bounds.table_elements,
            table_used: 0,
            stack_bytes: bounds.stack_bytes,
            refused: None,
            diary: keeps_diary.then(Vec::new),
            lines_max: bounds.diary_lines,
            left_out: 0,
            memory: None,
            may_leave: true,
            line_max: usize::MAX,
            line_fuel: 0,
        }
    }

    /// A host that allows the same, of which nothing is used.
    pub(crate) fn anew(&self) -> Self {
        let memory_bytes = self.memory_max.saturating_sub(self.memory_hidden) as u64;
        let (table_elements, diary_lines, stack_bytes) = (self.table_max, self.lines_max, self.stack_bytes);
        let bounds = Bounds { memory_bytes, table_elements, diary_lines, stack_bytes, ..Bounds::MAX };
        Self { line_fuel: self.line_fuel, ..Self::new(&bounds, self.memory_hidden as u64, self.diary.is_some()) }
    }

    /// Begins another evaluation within these bounds.
    ///
    /// # Errors
    /// What the guest has more of already.
    pub(crate) fn hold_to(&mut self, bounds: &Bounds) -> Result<(), Excess> {
        let memory = usize::try_from(bounds.memory_bytes).unwrap_or(usize::MAX);
        self.memory_max = memory.saturating_add(self.memory_hidden);
        (self.table_max, self.lines_max) = (bounds.table_elements, bounds.diary_lines);
        self.line_max = usize::try_from(bounds.answer_bytes).unwrap_or(usize::MAX);
        (self.refused, self.may_leave) = (None, true);
        if self.memory_used > self.memory_max {
            return Err(Excess::Memory);
        }
        if self.table_used > self.table_max { Err(Excess::Table(self.table_used)) } else { Ok(()) }
    }

    /// What the guest was refused last, if it was refused memory or a table, and how much of it there is.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
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
        self.diary.is_some()
    }

    /// Keeps a line, cut to [`DIARY_LINE_BYTES_MAX`]; at least one. In a diary that is full it takes the place of the last one: a
    /// guest's last words are the message of its panic.
    pub(crate) fn write(&mut self, line: &str) {
        let Some(lines) = &mut self.diary else { return };
        if lines.len() >= self.lines_max.max(1) {
            lines.pop();
            self.left_out = self.left_out.saturating_add(1);
        }
        lines.push(cut(line, DIARY_LINE_BYTES_MAX).to_owned());
    }

    /// The last line of the diary; a panic message, when the guest panicked.
    pub(crate) fn last_line(&self) -> Option<&str> {
        self.diary.as_ref()?.last().map(String::as_str)
    }

    /// The diary so far; the next lines start a new one. Where lines were left out, one before the last says so.
    pub(crate) fn take_diary(&mut self) -> Vec<String> {
        let mut lines = self.diary.as_mut().map(std::mem::take).unwrap_or_default();
        let left_out = std::mem::take(&mut self.left_out);
        if left_out > 0
            && let Some(told) = lines.iter_mut().rev().nth(1)
        {
            *told = format!("({} lines are left out, a diary has {})", left_out.saturating_add(1), self.lines_max);
        }
        lines
    }

    fn refuse(&mut self, what: String) -> bool {
        self.refused = Some(what);
        false
    }
}

/// What a guest has more of than the bounds of its next evaluation allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    /// Memory.
    Memory,
    /// A table of so many elements.
    Table(usize),
}

/// That a table is larger than it may be.
pub(crate) fn too_many_elements(wanted: usize, max: usize) -> String {
    format!("a table of {wanted} elements is wanted, at most {max} are given")
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
            let max = self.memory_max.saturating_sub(self.memory_hidden);
            return Ok(self.refuse(format!("more memory is wanted than the {max} bytes that are given")));
        }
        (self.memory_used, self.memory_last) = (used, more);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, why: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory_used = self.memory_used.saturating_sub(std::mem::take(&mut self.memory_last));
        self.refuse(format!("memory does not grow, {why}"));
        Ok(())
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.table_max {
            return Ok(self.refuse(too_many_elements(desired, self.table_max)));
        }
        self.table_used = self.table_used.max(desired);
        Ok(true)
    }

    fn table_grow_failed(&mut self, why: wasmtime::Error) -> wasmtime::Result<()> {
        self.refuse(format!("a table does not grow, {why}"));
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
    use crate::limits::{DIARY_LINES_DEFAULT, TABLE_ELEMENTS_MAX};

    /// The usual bounds, with so many bytes of memory.
    fn given(memory_bytes: u64) -> Bounds {
        Bounds { memory_bytes, diary_lines: DIARY_LINES_DEFAULT, ..Bounds::MAX }
    }

    #[test]
    fn memory_is_counted_over_all_memories() {
        let mut host = Host::new(&given(3 << 16), 0, false);
        assert!(host.memory_growing(0, 2 << 16, None).unwrap());
        assert!(host.memory_growing(0, 1 << 16, None).unwrap());
        assert_eq!(host.refused(), None);
        assert!(!host.memory_growing(1 << 16, 2 << 16, None).unwrap());
        assert_eq!(host.refused(), Some("more memory is wanted than the 196608 bytes that are given"));
    }

    #[test]
    fn a_growth_that_fails_is_not_counted() {
        let mut host = Host::new(&given(2 << 16), 0, false);
        assert!(host.memory_growing(0, 2 << 16, Some(0)).unwrap());
        host.memory_grow_failed(wasmtime::Error::msg("declared maximum")).unwrap();
        assert_eq!(host.refused(), Some("memory does not grow, declared maximum"));
        assert!(host.memory_growing(0, 2 << 16, None).unwrap());
    }

    #[test]
    fn memory_of_the_host_s_own_is_neither_counted_nor_told() {
        let mut host = Host::new(&given(1 << 16), 3 << 16, false);
        assert!(host.memory_growing(0, 3 << 16, None).unwrap());
        assert!(host.memory_growing(0, 1 << 16, None).unwrap());
        assert_eq!(host.memory_bytes(), 1 << 16);
        assert!(!host.memory_growing(1 << 16, 2 << 16, None).unwrap());
        assert_eq!(host.refused(), Some("more memory is wanted than the 65536 bytes that are given"));
    }

    #[test]
    fn a_host_anew_allows_the_same_and_has_used_nothing() {
        let mut host = Host::new(&given(1 << 16), 3 << 16, true);
        assert!(host.memory_growing(0, 4 << 16, None).unwrap());
        host.write("a line");
        let mut anew = host.anew();
        assert!(anew.writes() && anew.take_diary().is_empty() && anew.refused().is_none());
        assert!(anew.memory_growing(0, 4 << 16, None).unwrap());
        assert!(!anew.memory_growing(4 << 16, 5 << 16, None).unwrap());
    }

    #[test]
    fn tables_grow_to_their_limit() {
        let mut host = Host::new(&given(0), 0, false);
        assert!(host.table_growing(0, TABLE_ELEMENTS_MAX, None).unwrap());
        assert_eq!(host.refused(), None);
        assert!(!host.table_growing(0, TABLE_ELEMENTS_MAX + 1, None).unwrap());
        assert_eq!(host.refused(), Some("a table of 65537 elements is wanted, at most 65536 are given"));
    }

    #[test]
    fn a_policy_may_have_smaller_tables_also_once_it_stands() {
        let less = |table_elements| Bounds { table_elements, ..given(0) };
        let mut host = Host::new(&less(9), 0, false);
        assert!(host.table_growing(0, 9, None).unwrap());
        assert!(!host.table_growing(9, 10, None).unwrap());
        assert_eq!(host.refused(), Some("a table of 10 elements is wanted, at most 9 are given"));
        assert_eq!(host.hold_to(&less(9)), Ok(()));
        assert_eq!(host.hold_to(&less(8)), Err(Excess::Table(9)));
    }

    #[test]
    fn a_diary_has_as_many_lines_as_the_policy_sets_and_never_none() {
        for (set, kept) in [(0, 1), (1, 1), (2, 2), (3, 3)] {
            let mut host = Host::new(&Bounds { diary_lines: set, ..given(0) }, 0, true);
            (0..9).for_each(|line| host.write(&format!("line {line}")));
            let lines = host.take_diary();
            assert_eq!((lines.len(), lines.last().map(String::as_str)), (kept, Some("line 8")), "{set}");
        }
    }

    #[test]
    fn the_diary_is_bounded_and_dropped_unless_kept() {
        let mut dropped = Host::new(&given(0), 0, false);
        dropped.write("a line");
        assert!(!dropped.writes() && dropped.take_diary().is_empty());

        let mut kept = Host::new(&given(0), 0, true);
        for _ in 0..DIARY_LINES_DEFAULT {
            kept.write(&"村".repeat(DIARY_LINE_BYTES_MAX));
        }
        let lines = kept.take_diary();
        assert_eq!(lines.len(), DIARY_LINES_DEFAULT);
        assert!(lines.iter().all(|line| line.len() <= DIARY_LINE_BYTES_MAX && line.len() > DIARY_LINE_BYTES_MAX - 3));
        kept.write("again");
        assert_eq!(kept.last_line(), Some("again"));
        assert_eq!(kept.take_diary(), ["again"]);
    }

    #[test]
    fn a_line_is_kept_up_to_its_limit() {
        let mut kept = Host::new(&given(0), 0, true);
        for bytes in [DIARY_LINE_BYTES_MAX, DIARY_LINE_BYTES_MAX + 1] {
            kept.write(&"x".repeat(bytes));
        }
        let lines = kept.take_diary();
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [DIARY_LINE_BYTES_MAX; 2]);
    }

    #[test]
    fn a_full_diary_keeps_its_last_line_and_says_how_many_are_left_out() {
        for more in 0..4 {
            let mut kept = Host::new(&given(0), 0, true);
            let all: Vec<String> = (1..=DIARY_LINES_DEFAULT + more).map(|at| format!("line {at}")).collect();
            all.iter().for_each(|line| kept.write(line));
            assert_eq!(kept.last_line(), all.last().map(String::as_str));
            let lines = kept.take_diary();
            assert_eq!((lines.len(), lines.last()), (DIARY_LINES_DEFAULT, all.last()));
            if more == 0 {
                assert_eq!(lines, all);
            } else {
                assert_eq!(lines[..DIARY_LINES_DEFAULT - 2], all[..DIARY_LINES_DEFAULT - 2]);
                let told = format!("({} lines are left out, a diary has {DIARY_LINES_DEFAULT})", more + 1);
                assert_eq!(lines[DIARY_LINES_DEFAULT - 2], told);
            }
            kept.write("again");
            assert_eq!(kept.take_diary(), ["again"], "the next diary begins anew");
        }
    }
}
