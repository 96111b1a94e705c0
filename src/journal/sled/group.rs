//! A group of appends on its way: what it changes, and what would undo it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use ::sled::IVec;

use crate::domain::id::SagaId;
use crate::journal::sled::chain::Link;
use crate::journal::sled::commit_record::{Member, Members, Turn};
use crate::journal::sled::heads::{Course, Head, Heads};
use crate::journal::sled::request::{Ack, Append};
use crate::journal::sled::store::{Store, TreeName, Write};
use crate::journal::sled::tail::Tail;
use crate::journal::sled::{keys, pieces, reader};
use crate::journal::{Fate, JournalError, order, record};

/// A group of appends that will be written as one.
pub(super) struct Group<'a> {
    store: &'a Store,
    known: &'a Heads,
    changes: BTreeMap<(TreeName, Vec<u8>), Change>,
    members: Members,
    tail: Tail,
    before: Tail,
    plan: Plan,
}

/// What is known once the group is written.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) acks: Vec<Ack<()>>,
    pub(super) entries: usize,
    /// The tail then.
    pub(super) tail: Tail,
    heads: Heads,
}

/// A group, ready to be written.
pub(super) struct Sealed {
    pub(super) writes: Vec<Write>,
    pub(super) undo: Vec<Write>,
    pub(super) plan: Plan,
}

struct Change {
    before: Option<IVec>,
    after: Option<IVec>,
}

impl<'a> Group<'a> {
    /// An empty group for this database, whose tail is this, and of which these heads are known.
    pub(super) fn new(store: &'a Store, known: &'a Heads, tail: Tail) -> Self {
        let (changes, members, plan) = (BTreeMap::new(), Members::default(), Plan::default());
        Self { store, known, changes, members, tail, before: tail, plan }
    }

    /// Takes an append in, or answers it at once with what is wrong with it.
    ///
    /// # Errors
    /// When the database cannot be read: then the group must not be written.
    pub(super) fn add(&mut self, append: Append, ack_tx: Ack<()>) -> Result<(), JournalError> {
        match self.check(&append) {
            Ok((head, next)) => {
                self.plan.acks.push(ack_tx);
                self.change(append, head, next)
            }
            Err(error) => {
                // Whoever asked may be gone; then nobody wants to know.
                drop(ack_tx.send(Err(error)));
                Ok(())
            }
        }
    }

    /// Drops the commits of these groups along the way.
    ///
    /// # Errors
    /// When the database cannot be read: then the group must not be written.
    pub(super) fn forget(&mut self, groups: RangeInclusive<u64>) -> Result<(), JournalError> {
        let keys = keys::of_group(*groups.start())..keys::of_group(groups.end().saturating_add(1));
        for commit in self.store.commits.range(keys) {
            let (key, before) = commit.map_err(|error| self.store.read_error(&error))?;
            let change = Change { before: Some(before), after: None };
            self.changes.insert((TreeName::Commits, key.to_vec()), change);
        }
        Ok(())
    }

    /// The changes, the changes that undo them, and what follows from them.
    pub(super) fn seal(mut self) -> Sealed {
        let group = self.before.groups + 1;
        let (commit, link) = self.members.commit(group, self.before.link);
        for (key, piece) in pieces::cut(&keys::of_group(group), &commit) {
            let change = Change { before: None, after: Some(piece.into()) };
            self.changes.insert((TreeName::Commits, key), change);
        }
        self.plan.tail = Tail { groups: group, link, ..self.tail };
        let tail = |tail: Tail| Some(IVec::from(tail.to_bytes()));
        let noted = Change { before: tail(self.before), after: tail(self.plan.tail) };
        self.changes.insert((TreeName::Meta, keys::TAIL.to_vec()), noted);
        let mut writes = Vec::with_capacity(self.changes.len());
        let mut undo = Vec::with_capacity(self.changes.len());
        for ((tree, key), change) in self.changes {
            let key = IVec::from(key);
            undo.push(Write { tree, key: key.clone(), value: change.before });
            writes.push(Write { tree, key, value: change.after });
        }
        Sealed { writes, undo, plan: self.plan }
    }

    /// The saga's head, and the number that follows the append.
    fn check(&self, append: &Append) -> Result<(Head, u64), JournalError> {
        pieces::check(&append.bytes)?;
        append.row.as_deref().map_or(Ok(()), pieces::check)?;
        let saga = append.batch.saga;
        let known = self.plan.heads.get(&saga).or_else(|| self.known.get(&saga));
        let head = match known {
            Some(head) => *head,
            None => self.look_up(saga)?,
        };
        Ok((head, order::follow(&append.batch, head.next)?))
    }

    /// A saga's head as the database has it. Nothing may stand where the saga will go on: it would be
    /// overwritten.
    fn look_up(&self, saga: SagaId) -> Result<Head, JournalError> {
        let head = reader::head(self.store, saga)?;
        match reader::last_number(self.store, &self.store.events, saga)? {
            Some(last) if last >= head.next => {
                let what = format!("entries stand where none were written ({last})");
                Err(JournalError::History { saga, seq: head.next, what })
            }
            Some(_) | None => Ok(head),
        }
    }

    fn change(&mut self, append: Append, head: Head, next: u64) -> Result<(), JournalError> {
        let Append { batch, mut bytes, row } = append;
        let (saga, first) = (batch.saga, head.next);
        if let Fate::Ends(summary) = &batch.fate {
            self.change_row(&summary.deployment.to_bytes(), row.as_deref())?;
        }
        let link = head.link.of_record(saga, first, &bytes);
        self.members.push(&Member {
            saga,
            first,
            count: u32::try_from(batch.entries.len()).expect("a group is bounded far below that"),
            seal: Link::START.of_record(saga, first, &bytes),
            turn: match &batch.fate {
                Fate::Begins => Turn::Begins,
                Fate::GoesOn => Turn::GoesOn,
                Fate::Ends(_) => Turn::Ends(row.clone().unwrap_or_default()),
            },
        });
        record::set_link(&mut bytes, &link.to_string());
        for (key, piece) in pieces::cut(&keys::numbered(saga, first), &bytes) {
            // The check proved that these numbers are new.
            let change = Change { before: None, after: Some(piece.into()) };
            self.changes.insert((TreeName::Events, key), change);
        }
        self.move_head(saga, head, head.after(next, link, &batch.fate, row.as_deref()));
        self.plan.entries += batch.entries.len();
        Ok(())
    }

    /// Puts a head in the place of the one before, in the tree and in the digest over all of them.
    fn move_head(&mut self, saga: SagaId, before: Head, after: Head) {
        let (key, bytes) = (saga.to_bytes(), after.to_bytes());
        let old = (before != Head::NONE).then(|| before.to_bytes());
        if let Some(old) = &old {
            self.tail.digest = self.tail.digest.without(&key, old);
        }
        self.tail.digest = self.tail.digest.with(&key, &bytes);
        let change = self.changes.entry((TreeName::Heads, key.to_vec()));
        // Within one group only the first knows what was there before it.
        change.or_insert(Change { before: old.map(IVec::from), after: None }).after =
            Some(bytes.into());
        self.plan.heads.insert(saga, after);
    }

    /// Writes a row in place of an older one, which may have had more pieces.
    fn change_row(&mut self, id: &[u8], row: Option<&[u8]>) -> Result<(), JournalError> {
        let old: Vec<Vec<u8>> = self
            .store
            .summaries
            .scan_prefix(id)
            .keys()
            .map(|key| key.map(|key| key.to_vec()).map_err(|error| self.store.read_error(&error)))
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
        let before =
            self.store.get(tree, &place.1).map_err(|error| self.store.read_error(&error))?;
        self.changes.insert(place, Change { before, after });
        Ok(())
    }
}

impl Plan {
    /// Remembers the heads, now that they are true. Those of sagas that ended are looked up again if
    /// they are ever needed.
    pub(super) fn remember(self, known: &mut Heads) -> Vec<Ack<()>> {
        for (saga, head) in self.heads {
            match head.course {
                Course::Unfinished => known.insert(saga, head),
                Course::Ended => known.remove(&saga),
            };
        }
        self.acks
    }
}
