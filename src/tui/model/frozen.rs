//! The display held still, so that it can be read while much goes on. News wait in line meanwhile; only
//! the counts go on, and who is needed is still called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::control::Notice;
use crate::domain::id::DeploymentId;
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;
use crate::tui::model::Model;
use crate::tui::model::list::List;

/// How many news may wait. Behind more than a busy engine says in some seconds a new picture is taken:
/// that costs less than to take all of them in.
const WAITING: usize = 10_000;

/// The display, held still.
#[derive(Debug)]
pub struct Frozen {
    /// Since when.
    pub at: Timestamp,
    news: News,
    /// What is known of the rows that changed since.
    latest: BTreeMap<DeploymentId, Arc<Summary>>,
    stalled: BTreeSet<DeploymentId>,
    counts: [usize; Standing::ALL.len()],
}

/// What waits until the display goes on.
#[derive(Debug)]
pub struct News {
    /// A whole picture, which comes before the rest.
    pub picture: Option<Vec<Arc<Summary>>>,
    /// What happened, in its order.
    pub notices: Vec<Notice>,
    /// Whether that is all.
    pub kept: Kept,
}

/// Whether all news were kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// They were.
    All,
    /// They were too many.
    TooMany,
}

impl Frozen {
    /// Holds this list still.
    pub fn new(list: &List, at: Timestamp) -> Self {
        let news = News { picture: None, notices: Vec::new(), kept: Kept::All };
        let stalled = list.stalls().map(|(id, _)| id).collect();
        let counts = Standing::ALL.map(|standing| list.count(standing));
        Self { at, news, latest: BTreeMap::new(), stalled, counts }
    }

    /// Lets something wait.
    pub fn hold(&mut self, notice: Notice, list: &List) {
        match &notice {
            Notice::Changed { summary, .. } => self.change(summary, list),
            Notice::Stalled { deployment, .. } => self.stall(*deployment, list),
            Notice::Logged { .. } => {}
        }
        if self.news.kept == Kept::All {
            self.news.notices.push(notice);
        }
        if self.news.notices.len() > WAITING {
            self.news = News { picture: None, notices: Vec::new(), kept: Kept::TooMany };
        }
    }

    /// Lets a whole picture wait. It has everything that waited so far.
    pub fn hold_picture(&mut self, summaries: Vec<Arc<Summary>>) {
        self.counts = [0; Standing::ALL.len()];
        self.latest.clear();
        self.stalled.retain(|id| summaries.iter().any(|summary| summary.deployment == *id));
        for summary in &summaries {
            self.counts[place(summary, &self.stalled)] += 1;
            self.latest.insert(summary.deployment, Arc::clone(summary));
        }
        self.news = News { picture: Some(summaries), notices: Vec::new(), kept: Kept::All };
    }

    /// What waited.
    pub fn into_news(self) -> News {
        self.news
    }

    fn change(&mut self, summary: &Arc<Summary>, list: &List) {
        let id = summary.deployment;
        if let Some(known) = self.latest.get(&id).or_else(|| list.row(id)) {
            if known.next_seq > summary.next_seq {
                return;
            }
            self.counts[place(known, &self.stalled)] -= 1;
            if known.next_seq < summary.next_seq {
                self.stalled.remove(&id);
            }
        }
        self.counts[place(summary, &self.stalled)] += 1;
        self.latest.insert(id, Arc::clone(summary));
    }

    fn stall(&mut self, id: DeploymentId, list: &List) {
        let Some(known) = self.latest.get(&id).or_else(|| list.row(id)) else { return };
        self.counts[place(known, &self.stalled)] -= 1;
        self.stalled.insert(id);
        self.counts[Standing::NeedsYou as usize] += 1;
    }
}

/// Among which of the counts a row is.
fn place(row: &Summary, stalled: &BTreeSet<DeploymentId>) -> usize {
    let standing =
        if stalled.contains(&row.deployment) { Standing::NeedsYou } else { row.standing };
    standing as usize
}

impl Model {
    /// The moment that is shown: the present, unless the display is held still, or nothing has been heard
    /// since.
    pub fn shown_at(&self) -> Timestamp {
        let held = self.frozen.as_ref().map(|frozen| frozen.at);
        held.or_else(|| self.pulse.stale_since()).unwrap_or(self.now)
    }

    /// How many deployments stand so at present, whatever is shown.
    pub fn count(&self, standing: Standing) -> usize {
        match &self.frozen {
            Some(frozen) => frozen.counts[standing as usize],
            None => self.list.count(standing),
        }
    }

    /// A deployment's row at present, whatever is shown.
    pub fn latest(&self, id: DeploymentId) -> Option<&Arc<Summary>> {
        let held = self.frozen.as_ref().and_then(|frozen| frozen.latest.get(&id));
        held.or_else(|| self.list.row(id))
    }

    /// Whether a saga stands still at present, whatever is shown.
    pub fn stands_still(&self, id: DeploymentId) -> bool {
        match &self.frozen {
            Some(frozen) => frozen.stalled.contains(&id),
            None => self.list.stalled(id).is_some(),
        }
    }
}
