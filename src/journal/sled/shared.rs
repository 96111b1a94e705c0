//! What the writer and the readers share: the open database, and the counts.

use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use crate::journal::JournalError;
use crate::journal::sled::stats::Counts;
use crate::journal::sled::store::Store;

/// What the writer and the readers share.
pub(super) struct Shared {
    pub(super) counts: Counts,
    slot: RwLock<Slot>,
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
        Self { counts: Counts::default(), slot: RwLock::new(Slot::Open(store)) }
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
