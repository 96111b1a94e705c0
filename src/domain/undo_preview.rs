//! What an operator is told before anything is undone, and what is still out there when undoing
//! gave up. The words come from the steps, which alone can read what they made.

use crate::domain::saga::plan::StepName;

/// What undoing a deployment will do, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UndoPreview {
    /// Each compensation, in the order in which it will run.
    pub lines: Vec<UndoLine>,
}

/// One compensation, before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoLine {
    /// Whose.
    pub step: StepName,
    /// What it will do, with the very ids, addresses and values: `destroy droplet 41207 (203.0.113.7)`.
    pub text: String,
    /// What it does to what is out there.
    pub deed: Deed,
}

impl UndoLine {
    /// Whether what it destroys can be made again.
    pub const fn loss(&self) -> Loss {
        self.deed.loss()
    }
}

/// What a compensation does to what is out there, so that the deeds of many can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// Destroys a droplet that is known.
    DestroysDroplet,
    /// Looks for droplets that may be there, and destroys them.
    LooksForDroplets,
    /// Deletes a record.
    DeletesRecord,
    /// Writes a record back as it was.
    RestoresRecord,
    /// Changes our own books alone.
    KeepsBooks,
}

impl Deed {
    /// Whether what it destroys can be made again.
    pub const fn loss(self) -> Loss {
        match self {
            Self::DestroysDroplet | Self::LooksForDroplets => Loss::Data,
            Self::DeletesRecord | Self::RestoresRecord | Self::KeepsBooks => Loss::None,
        }
    }
}

/// Whether what a compensation destroys can be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// It can.
    None,
    /// Data is lost for good.
    Data,
}

/// Something that is still out there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Whose.
    pub step: StepName,
    /// What: `droplet 391775 (203.0.113.7)`.
    pub what: String,
    /// How to look at it by hand.
    pub check: String,
    /// How to take it away by hand, where one command does.
    pub remove: Option<String>,
}
