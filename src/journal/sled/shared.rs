//! What the writer, the readers and the followers share: the open database, and how far it is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use tokio::sync::watch;

use crate::journal::JournalError;
use crate::journal::sled::commits::GroupNumber;
use crate::journal::sled::guard::guarded;
use crate::journal::sled::stats::Counts;
use crate::journal::sled::store::Store;

/// What the writer and the readers share.
pub(super) struct Shared {
    pub(super) counts: Counts,
    pub(super) durable: Durable,
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
    pub(super) fn new(store: Store, newest: GroupNumber) -> Self {
        Self {
            counts: Counts::default(),
            durable: Durable::new(newest),
            slot: RwLock::new(Slot::Open(store)),
            undecided: RwLock::new(()),
        }
    }

    /// Reads. The lock is held for as long as that takes: a database that is to be opened again must
    /// not be in use anywhere. A panic of sled's is an error like another.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        match &*self.slot.read().unwrap_or_else(PoisonError::into_inner) {
            Slot::Open(store) => guarded(|| read(store), |what| store.damaged(what)),
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

    /// Closes it for good. Followers hear of it.
    pub(super) fn close(&self) {
        self.replace(Slot::Closed);
        self.durable.close();
    }

    fn lock(&self) -> RwLockWriteGuard<'_, Slot> {
        self.slot.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far the journal is durable, and how far its followers are.
pub(super) struct Durable {
    newest_tx: RwLock<Option<watch::Sender<GroupNumber>>>,
    newest_rx: watch::Receiver<GroupNumber>,
    forget: AtomicU64,
}

impl Durable {
    fn new(newest: GroupNumber) -> Self {
        let (newest_tx, newest_rx) = watch::channel(newest);
        Self { newest_tx: RwLock::new(Some(newest_tx)), newest_rx, forget: AtomicU64::new(0) }
    }

    pub(super) fn receiver(&self) -> watch::Receiver<GroupNumber> {
        self.newest_rx.clone()
    }

    /// Tells that everything up to this group is durable.
    pub(super) fn advance(&self, newest: GroupNumber) {
        if let Some(newest_tx) = &*self.newest_tx.read().unwrap_or_else(PoisonError::into_inner) {
            newest_tx.send_replace(newest);
        }
    }

    /// Commits up to this one are wanted by nobody.
    pub(super) fn forget(&self, group: GroupNumber) {
        self.forget.fetch_max(group.0, Ordering::Relaxed);
    }

    /// Up to where commits are wanted by nobody.
    pub(super) fn forgotten(&self) -> u64 {
        self.forget.load(Ordering::Relaxed)
    }

    fn close(&self) {
        self.newest_tx.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}
