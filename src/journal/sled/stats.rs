//! How much was written, for the benchmark and the metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a journal has written since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Durable writes: transactions that were flushed and synced.
    pub groups: u64,
    /// Batches in them.
    pub batches: u64,
    /// Entries in those.
    pub entries: u64,
}

/// The counts, as they grow. Nothing is decided by them, so they need no order among each other.
#[derive(Debug, Default)]
pub(super) struct Counts {
    groups: AtomicU64,
    batches: AtomicU64,
    entries: AtomicU64,
}

impl Counts {
    pub(super) fn add_group(&self, batches: usize, entries: usize) {
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.batches.fetch_add(batches as u64, Ordering::Relaxed);
        self.entries.fetch_add(entries as u64, Ordering::Relaxed);
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            groups: self.groups.load(Ordering::Relaxed),
            batches: self.batches.load(Ordering::Relaxed),
            entries: self.entries.load(Ordering::Relaxed),
        }
    }
}
