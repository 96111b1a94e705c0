//! By what the inventory is sorted.

use std::cmp::{Ordering, Reverse};

use crate::tui::model::inventory::{Item, Place};

/// By what the inventory is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// What nobody looks after first, what is in use last; the latest first among equals.
    #[default]
    Attention,
    /// The oldest first.
    Age,
    /// By name.
    Owner,
    /// The dearest first; what has no known price last.
    Cost,
}

impl Sort {
    /// The next one, for a key that goes round.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Attention => Self::Age,
            Self::Age => Self::Owner,
            Self::Owner => Self::Cost,
            Self::Cost => Self::Attention,
        }
    }

    /// What it says on the screen.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Attention => "left behind first",
            Self::Age => "oldest first",
            Self::Owner => "by owner",
            Self::Cost => "dearest first",
        }
    }

    /// Sorts rows. The place decides among equals, so that nothing moves for nothing.
    pub(super) fn apply(self, rows: &mut [(Place, &mut Item)]) {
        rows.sort_unstable_by(|(left_at, left), (right_at, right)| {
            self.compare(left, right).then(left_at.cmp(right_at))
        });
    }

    fn compare(self, left: &Item, right: &Item) -> Ordering {
        let latest = |item: &Item| Reverse(item.holding.since);
        match self {
            Self::Attention => {
                let key = |item: &Item| (item.holding.state, latest(item));
                key(left).cmp(&key(right))
            }
            Self::Age => left.holding.since.cmp(&right.holding.since),
            Self::Owner => {
                let tenants = left.owner.tenant.cmp(&right.owner.tenant);
                tenants.then_with(|| left.owner.slug.cmp(&right.owner.slug))
            }
            Self::Cost => right.cost.cmp(&left.cost),
        }
    }
}
