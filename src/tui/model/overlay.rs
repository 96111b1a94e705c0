//! What stands over the panes. There is at most one.

use tui_input::Input;

use crate::domain::id::DeploymentId;
use crate::domain::saga::event::Order;
use crate::domain::saga::plan::StepName;

/// What stands over the panes.
#[derive(Debug)]
pub enum Overlay {
    /// The filter is being typed.
    Filter(Input),
    /// What is searched for in the log is being typed.
    Search(Input),
    /// The launch form; its content outlives it.
    Launch,
    /// Everything would be undone: are you sure?
    Undo(UndoDialog),
    /// Why?
    Reason(ReasonDialog),
    /// Why it stands so, what is still out there, and what can be done.
    Details {
        /// Whose.
        deployment: DeploymentId,
    },
    /// The keys.
    Help {
        /// How many lines are scrolled away.
        scroll: usize,
    },
    /// Leave, while sagas are under way?
    Quit,
}

/// Asks before everything is undone.
#[derive(Debug)]
pub struct UndoDialog {
    /// Whose.
    pub deployment: DeploymentId,
    /// The deployment's name: what has to be typed to roll an active one back.
    pub name: String,
    /// What.
    pub undoing: Undoing,
}

/// Which way of undoing, and what it takes to go on.
#[derive(Debug)]
pub enum Undoing {
    /// Cancel what is under way: a plain yes.
    Cancel,
    /// Roll back what is serving: its name, typed.
    Rollback {
        /// What was typed.
        typed: Input,
    },
}

impl UndoDialog {
    /// What will be ordered.
    pub fn order(&self) -> Order {
        match self.undoing {
            Undoing::Cancel => Order::Cancel,
            Undoing::Rollback { .. } => Order::Rollback,
        }
    }
}

/// Asks why, for the record.
#[derive(Debug)]
pub struct ReasonDialog {
    /// Whose.
    pub deployment: DeploymentId,
    /// The deployment's name.
    pub name: String,
    /// What for.
    pub giving_up: GivingUp,
    /// What was typed.
    pub typed: Input,
}

/// What takes a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivingUp {
    /// Going on as if a step had been dealt with.
    Skip {
        /// Which step.
        step: StepName,
    },
    /// Leaving everything as it is.
    Abandon,
}

impl ReasonDialog {
    /// What will be ordered, once a reason is there.
    pub fn order(&self) -> Option<Order> {
        let reason = self.typed.value().trim().to_owned();
        if reason.is_empty() {
            return None;
        }
        Some(match &self.giving_up {
            GivingUp::Skip { step } => Order::Skip { step: step.clone(), reason },
            GivingUp::Abandon => Order::Abandon { reason },
        })
    }
}
