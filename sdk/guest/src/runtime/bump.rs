//! An allocator for memory that is thrown away after each evaluation.
//!
//! Memory only goes up. What is freed at the top goes down again, and when nothing is left since [`settle`] the top
//! falls back to where `configure` left it, so that an instance which is kept never grows.

#![allow(unsafe_code, reason = "an allocator hands out raw memory")]

use std::{
    alloc::{GlobalAlloc, Layout},
    ptr,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

const WASM_PAGE_BYTES: usize = 1 << 16;
const HOST_PAGE_BYTES: usize = 1 << 12;
/// Left free after `configure`, so that a common evaluation never has to ask the host for memory.
const SPARE_BYTES: usize = 1 << 16;

unsafe extern "C" {
    static __heap_base: u8;
}

static TOP: AtomicUsize = AtomicUsize::new(0);
static LIMIT: AtomicUsize = AtomicUsize::new(0);
static FLOOR: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// The allocator.
pub struct Bump;

/// Marks what `configure` built as permanent; every evaluation starts above it, on a page of its own.
pub fn settle() {
    let floor = TOP.load(Relaxed).next_multiple_of(HOST_PAGE_BYTES);
    if floor + SPARE_BYTES > LIMIT.load(Relaxed) && grow(floor + SPARE_BYTES).is_none() {
        return;
    }
    TOP.store(floor, Relaxed);
    FLOOR.store(floor, Relaxed);
    LIVE.store(0, Relaxed);
}

/// Moves the limit to at least `end`.
#[cold]
fn grow(end: usize) -> Option<()> {
    let size = core::arch::wasm32::memory_size(0) * WASM_PAGE_BYTES;
    if end > size {
        let pages = (end - size).div_ceil(WASM_PAGE_BYTES);
        if core::arch::wasm32::memory_grow(0, pages) == usize::MAX {
            return None;
        }
    }
    LIMIT.store(core::arch::wasm32::memory_size(0) * WASM_PAGE_BYTES, Relaxed);
    Some(())
}

/// The first allocation finds the end of the static data, each later one that does not fit gets more memory.
#[cold]
fn refill(layout: Layout) -> *mut u8 {
    if LIMIT.load(Relaxed) == 0 {
        TOP.store((&raw const __heap_base).addr(), Relaxed);
    }
    let end = TOP.load(Relaxed).checked_next_multiple_of(layout.align()).and_then(|at| at.checked_add(layout.size()));
    match end.and_then(grow) {
        Some(()) => take(layout),
        None => ptr::null_mut(),
    }
}

/// How the host asks for room: straight from here, since each function on the way would be entered for every text of a case.
///
/// # Safety
///
/// As the canonical ABI calls it: a block that is given was got here, with the size and alignment that are given.
#[unsafe(export_name = "cabi_realloc")]
unsafe extern "C" fn room(old: *mut u8, old_size: usize, align: usize, size: usize) -> *mut u8 {
    // SAFETY: the host aligns to powers of two, and what does not fit into memory is refused below.
    let layout = |size| unsafe { Layout::from_size_align_unchecked(size, align) };
    let got = match (old_size, size) {
        (0, 0) => return ptr::without_provenance_mut(align),
        (0, _) => take(layout(size)),
        // SAFETY: as above.
        _ => unsafe { Bump.realloc(old, layout(old_size), size) },
    };
    if got.is_null() {
        core::arch::wasm32::unreachable();
    }
    got
}

#[inline]
fn take(layout: Layout) -> *mut u8 {
    let at = TOP.load(Relaxed).wrapping_add(layout.align() - 1) & !(layout.align() - 1);
    match at.checked_add(layout.size()) {
        Some(end) if end <= LIMIT.load(Relaxed) => {
            TOP.store(end, Relaxed);
            LIVE.store(LIVE.load(Relaxed).wrapping_add(1), Relaxed);
            ptr::with_exposed_provenance_mut(at)
        }
        _ => refill(layout),
    }
}

// SAFETY: each block lies between the last top and the next, below the end of memory, aligned as asked; the top only
// falls below a block when that block is freed. There is one thread.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let (at, floor) = (block.addr(), FLOOR.load(Relaxed));
        if floor == 0 {
            // SAFETY: the block is the caller's last use of it; zeros keep leftovers out of the snapshot.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        if at < floor {
            return;
        }
        let live = LIVE.load(Relaxed).wrapping_sub(1);
        LIVE.store(live, Relaxed);
        if live == 0 && floor != 0 {
            TOP.store(floor, Relaxed);
        } else if at + layout.size() == TOP.load(Relaxed) {
            TOP.store(at, Relaxed);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let at = block.addr();
        if at + layout.size() == TOP.load(Relaxed) && at >= FLOOR.load(Relaxed) {
            if let Some(end) = at.checked_add(size).filter(|&end| end <= LIMIT.load(Relaxed)) {
                TOP.store(end, Relaxed);
                return block;
            }
        }
        // SAFETY: the caller keeps size and alignment within a layout's bounds.
        let moved = take(unsafe { Layout::from_size_align_unchecked(size, layout.align()) });
        if !moved.is_null() {
            // SAFETY: both blocks are at least as long as the shorter size, and a new block overlaps no living one.
            unsafe {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}
