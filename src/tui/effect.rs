//! What the screen wants done. The runtime does it and answers with a message.

use crate::domain::id::DeploymentId;
use crate::domain::log::LogPage;
use crate::domain::saga::event::Order;
use crate::domain::saga::plan::OnFailure;
use crate::domain::spec::DeploymentSpec;

/// What the screen wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Take a whole picture, and the news from then on.
    Watch,
    /// Read how long steps usually took.
    ReadUsual,
    /// Read everything about a deployment.
    Show(DeploymentId),
    /// Read a page of its log.
    ReadLogs {
        /// Whose.
        deployment: DeploymentId,
        /// Which.
        page: LogPage,
    },
    /// Give an order.
    Order {
        /// For which deployment.
        deployment: DeploymentId,
        /// What.
        order: Order,
    },
    /// Launch.
    Launch {
        /// What.
        spec: Box<DeploymentSpec>,
        /// What happens when a step fails for good.
        on_failure: OnFailure,
    },
    /// Say what a launch would do.
    Plan {
        /// What would be launched.
        spec: Box<DeploymentSpec>,
        /// What would happen when a step fails for good.
        on_failure: OnFailure,
    },
    /// Put a text on the clipboard of whoever sits at the terminal.
    Copy(String),
    /// Draw every cell anew.
    Redraw,
    /// Give the terminal back until the program is continued.
    Suspend,
}
