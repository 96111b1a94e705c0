//! Which deployments are marked, so that one key acts on all of them.
//!
//! A mark is an id: it stays whatever the list is sorted or filtered by, and goes with the row.

use std::collections::BTreeSet;

use crate::domain::id::DeploymentId;

/// The deployments that are marked.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Marks(BTreeSet<DeploymentId>);

impl Marks {
    /// Marks a deployment, or takes its mark away.
    pub fn toggle(&mut self, id: DeploymentId) {
        if !self.0.remove(&id) {
            self.0.insert(id);
        }
    }

    /// Marks all of these; when all of them are marked, takes their marks away.
    pub fn toggle_all(&mut self, ids: &[DeploymentId]) {
        if ids.iter().all(|id| self.0.contains(id)) {
            for id in ids {
                self.0.remove(id);
            }
        } else {
            self.0.extend(ids);
        }
    }

    /// Marks these as well.
    pub fn add(&mut self, ids: impl IntoIterator<Item = DeploymentId>) {
        self.0.extend(ids);
    }

    /// Keeps the marks of those alone of which this holds.
    pub fn keep(&mut self, holds: impl Fn(DeploymentId) -> bool) {
        self.0.retain(|id| holds(*id));
    }

    /// Takes every mark away.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether it is marked.
    pub fn has(&self, id: DeploymentId) -> bool {
        self.0.contains(&id)
    }

    /// How many are marked.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are marked, by id.
    pub fn iter(&self) -> impl Iterator<Item = DeploymentId> {
        self.0.iter().copied()
    }
}
