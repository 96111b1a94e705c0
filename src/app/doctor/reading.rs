//! Everything that the doctor wants of a journal, in one pass: what is whole, and what it says.

use std::collections::BTreeSet;

use crate::doctor::books::Books;
use crate::doctor::journal::Contents;
use crate::domain::aggregate::{Aggregate, Entry};
use crate::domain::failure::with_causes;
use crate::domain::id::SagaId;
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;
use crate::journal::sled::SledJournal;
use crate::journal::sled::verify::Report;
use crate::journal::{Journal, JournalError};

/// What was read.
#[derive(Default)]
pub(super) struct Reading {
    /// What is told of the journal.
    pub(super) contents: Contents,
    /// What it says that is out there.
    pub(super) books: Books,
    /// The latest time in it.
    pub(super) latest: Option<Timestamp>,
    /// How many groups of facts were ever written to it.
    pub(super) groups: u64,
    unfinished: BTreeSet<SagaId>,
}

impl Reading {
    /// Reads every record and folds every history: what a start would trust is what is checked.
    pub(super) async fn of(journal: &SledJournal) -> Result<Self, JournalError> {
        let unfinished = journal.unfinished().await?.into_iter().collect();
        let reading = Self { unfinished, ..Self::default() };
        let (report, mut reading) = journal.verify_into(reading, Self::take).await?;
        reading.conclude(&report);
        Ok(reading)
    }

    /// Everything that is not as it was written, or makes no sense.
    pub(super) fn damages(&self) -> impl Iterator<Item = &String> {
        self.contents.nonsense.iter().chain(&self.contents.damaged)
    }

    fn take(&mut self, saga: SagaId, entries: &[Entry]) {
        match Aggregate::from_history(entries) {
            Ok(aggregate) => self.add(&aggregate),
            Err(error) => self.add_nonsense(saga, &with_causes(&error)),
        }
    }

    fn add(&mut self, aggregate: &Aggregate) {
        let row = Summary::of(aggregate);
        let entries = usize::try_from(aggregate.next_seq()).unwrap_or(usize::MAX);
        let contents = &mut self.contents;
        contents.deployments += 1;
        contents.entries = contents.entries.saturating_add(entries);
        self.latest = self.latest.max(Some(row.changed_at));
        if self.unfinished.contains(&row.saga) {
            contents.unfinished.push(row.name());
            if row.standing == Standing::NeedsYou {
                contents.needs_you.push(row.name());
            }
        }
        self.books.add(aggregate, &self.unfinished);
    }

    fn add_nonsense(&mut self, saga: SagaId, why: &str) {
        self.contents.deployments += 1;
        self.contents.nonsense.push(format!("{saga}: {why}"));
        self.books.add_opaque(saga);
    }

    /// Takes in what is not as it was written. Whatever cannot be given to a saga may be of one that
    /// nothing else tells of.
    fn conclude(&mut self, report: &Report) {
        self.groups = report.groups;
        for doubt in &report.doubts {
            self.contents.damaged.push(with_causes(doubt));
            self.books.add_nameless();
        }
        for part in &report.damaged {
            let words = with_causes(&part.error);
            match part.saga {
                // Its history was not handed over, so it is its history that is damaged.
                Some(saga) if !self.books.have_heard_of(saga) => self.add_nonsense(saga, &words),
                // A row or a log line: the history says what is to be known.
                Some(_) => self.contents.damaged.push(words),
                None => {
                    self.contents.damaged.push(words);
                    self.books.add_nameless();
                }
            }
        }
    }
}
