//! A group of appends on its way: what it changes, and what would undo it.

use std::collections::{BTreeMap, BTreeSet};

use ::sled::IVec;

use crate::domain::id::SagaId;
use crate::journal::sled::request::{Ack, Append};
use crate::journal::sled::store::{Store, TreeName, Write, read_error};
use crate::journal::sled::{keys, pieces, reader};
use crate::journal::{Fate, JournalError, order};

/// The next number of each unfinished saga that was written since the journal was opened.
pub(super) type NextSeqs = BTreeMap<SagaId, u64>;

/// A group of appends that will be written as one.
pub(super) struct Group<'a> {
    store: &'a Store,
    next_seqs: &'a NextSeqs,
    changes: BTreeMap<(TreeName, Vec<u8>), Change>,
    plan: Plan,
}

/// What is known once the group is written.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) acks: Vec<Ack<()>>,
    pub(super) entries: usize,
    next_seqs: NextSeqs,
    ended: BTreeSet<SagaId>,
}

struct Change {
    before: Option<IVec>,
    after: Option<IVec>,
}

impl<'a> Group<'a> {
    /// An empty group for this database.
    pub(super) fn new(store: &'a Store, next_seqs: &'a NextSeqs) -> Self {
        Self { store, next_seqs, changes: BTreeMap::new(), plan: Plan::default() }
    }

    /// Takes an append in, or answers it at once with what is wrong with it.
    ///
    /// # Errors
    /// When the database cannot be read: then the group must not be written.
    pub(super) fn add(&mut self, append: &Append, ack_tx: Ack<()>) -> Result<(), JournalError> {
        match self.check(append) {
            Ok(next) => {
                self.plan.acks.push(ack_tx);
                self.change(append, next)
            }
            Err(error) => {
                // Whoever asked may be gone; then nobody wants to know.
                drop(ack_tx.send(Err(error)));
                Ok(())
            }
        }
    }

    /// The changes, the changes that undo them, and what follows from them. `groups` is the number
    /// of groups before this one.
    pub(super) fn seal(mut self, groups: u64) -> (Vec<Write>, Vec<Write>, Plan) {
        let count = |groups: u64| Some(IVec::from(&groups.to_be_bytes()));
        let counted = Change { before: count(groups), after: count(groups + 1) };
        self.changes.insert((TreeName::Meta, keys::GROUPS.to_vec()), counted);
        let mut writes = Vec::with_capacity(self.changes.len());
        let mut undo = Vec::with_capacity(self.changes.len());
        for ((tree, key), change) in self.changes {
            let key = IVec::from(key);
            undo.push(Write { tree, key: key.clone(), value: change.before });
            writes.push(Write { tree, key, value: change.after });
        }
        (writes, undo, self.plan)
    }

    fn check(&self, append: &Append) -> Result<u64, JournalError> {
        pieces::check(&append.bytes)?;
        append.row.as_deref().map_or(Ok(()), pieces::check)?;
        let saga = append.batch.saga;
        let known = self.plan.next_seqs.get(&saga).or_else(|| self.next_seqs.get(&saga));
        let next = known.map_or_else(|| reader::next_seq(self.store, saga), |next| Ok(*next))?;
        order::follow(&append.batch, next)
    }

    fn change(&mut self, append: &Append, next: u64) -> Result<(), JournalError> {
        let saga = append.batch.saga;
        if let Fate::Ends(summary) = &append.batch.fate {
            self.change_row(&summary.deployment.to_bytes(), append.row.as_deref())?;
        }
        let first = next - append.batch.entries.len() as u64;
        for (key, piece) in pieces::cut(&keys::numbered(saga, first), &append.bytes) {
            // The check proved that these numbers are new.
            let change = Change { before: None, after: Some(piece.into()) };
            self.changes.insert((TreeName::Events, key), change);
        }
        let id = saga.to_bytes().to_vec();
        match &append.batch.fate {
            Fate::Begins => {
                self.plan.ended.remove(&saga);
                self.set(TreeName::Unfinished, id, Some(IVec::default()))?;
            }
            Fate::GoesOn => {}
            Fate::Ends(_) => {
                self.plan.ended.insert(saga);
                self.set(TreeName::Unfinished, id, None)?;
            }
        }
        self.plan.next_seqs.insert(saga, next);
        self.plan.entries += append.batch.entries.len();
        Ok(())
    }

    /// Writes a row in place of an older one, which may have had more pieces.
    fn change_row(&mut self, id: &[u8], row: Option<&[u8]>) -> Result<(), JournalError> {
        let old: Vec<Vec<u8>> = self
            .store
            .summaries
            .scan_prefix(id)
            .keys()
            .map(|key| key.map(|key| key.to_vec()).map_err(|error| read_error(&error)))
            .collect::<Result<_, _>>()?;
        let planned = self
            .changes
            .keys()
            .filter(|(tree, key)| *tree == TreeName::Summaries && key.starts_with(id));
        let planned: Vec<Vec<u8>> = planned.map(|(_, key)| key.clone()).collect();
        for key in old.into_iter().chain(planned) {
            self.set(TreeName::Summaries, key, None)?;
        }
        for (key, piece) in pieces::cut(id, row.unwrap_or_default()) {
            self.set(TreeName::Summaries, key, Some(piece.into()))?;
        }
        Ok(())
    }

    fn set(
        &mut self,
        tree: TreeName,
        key: Vec<u8>,
        after: Option<IVec>,
    ) -> Result<(), JournalError> {
        let place = (tree, key);
        if let Some(change) = self.changes.get_mut(&place) {
            change.after = after;
            return Ok(());
        }
        let before = self.store.get(tree, &place.1).map_err(|error| read_error(&error))?;
        self.changes.insert(place, Change { before, after });
        Ok(())
    }
}

impl Plan {
    /// Remembers the next numbers, now that they are true.
    pub(super) fn remember(self, next_seqs: &mut NextSeqs) -> Vec<Ack<()>> {
        next_seqs.extend(self.next_seqs);
        for saga in &self.ended {
            next_seqs.remove(saga);
        }
        self.acks
    }
}
