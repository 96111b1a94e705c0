//! What the writer and the readers share: the open database, and the counts.

use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use crate::journal::JournalError;
use crate::journal::sled::stats::Counts;
use crate::journal::sled::store::Store;

/// What the writer and the readers share.
pub(super) struct Shared {
    pub(super) counts: Counts,
    slot: RwLock<Slot>,
    /// Held by the writer while a group is neither durable nor given up.
    undecided: RwLock<()>,
}

/// The database, or why there is none.
pub(super) enum Slot {
    /// Open.
    Open(Store),
    /// A write failed, and it could not be opened again since.
    Failed(JournalError),
    /// The journal was closed.
    Closed,
}

impl Shared {
    pub(super) fn new(store: Store) -> Self {
        Self {
            counts: Counts::default(),
            slot: RwLock::new(Slot::Open(store)),
            undecided: RwLock::new(()),
        }
    }

    /// Reads. The lock is held for as long as that takes: a database that is to be opened again must
    /// not be in use anywhere.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        match &*self.slot.read().unwrap_or_else(PoisonError::into_inner) {
            Slot::Open(store) => read(store),
            Slot::Failed(error) => Err(JournalError::Read {
                reason: format!("it is shut until it can be written again ({error})"),
            }),
            Slot::Closed => Err(JournalError::Closed),
        }
    }

    /// Reads what is durable and nothing else: waits for the group that is on its way to the disk.
    pub(super) fn read_durable<T>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let _decided = self.undecided.read().unwrap_or_else(PoisonError::into_inner);
        self.read(read)
    }

    /// Keeps readers of durable things out until the group that begins here is decided.
    pub(super) fn begin_group(&self) -> RwLockWriteGuard<'_, ()> {
        self.undecided.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The database for the writer, which alone replaces it.
    pub(super) fn store(&self) -> Option<Store> {
        match &*self.slot.read().unwrap_or_else(PoisonError::into_inner) {
            Slot::Open(store) => Some(store.clone()),
            Slot::Failed(_) | Slot::Closed => None,
        }
    }

    /// Waits until nobody reads, and puts another slot in.
    pub(super) fn replace(&self, slot: Slot) {
        *self.lock() = slot;
    }

    fn lock(&self) -> RwLockWriteGuard<'_, Slot> {
        self.slot.write().unwrap_or_else(PoisonError::into_inner)
    }
}
