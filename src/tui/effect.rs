//! What the screen wants done. The runtime does it and answers with a message.

use crate::domain::id::DeploymentId;
use crate::domain::log::LogPage;
use crate::domain::saga::event::Order;
use crate::domain::saga::plan::OnFailure;
use crate::domain::spec::DeploymentSpec;
use crate::tui::model::plans::QuestionNumber;
use crate::tui::model::remembered::Remembered;
use crate::tui::options::Mouse;

/// What the screen wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Take a whole picture, and the news from then on.
    Watch,
    /// Ask the engine and its disk for a sign of life.
    AskHeartbeat,
    /// Let what is under way come to its end, and start nothing more.
    Drain,
    /// Read how long steps usually took.
    ReadUsual,
    /// Read what can be launched, and for how much.
    ReadCatalogue,
    /// Read everything about a deployment.
    Show(DeploymentId),
    /// Read a page of its log.
    ReadLogs {
        /// Whose.
        deployment: DeploymentId,
        /// Which.
        page: LogPage,
    },
    /// Read what these deployments have at the provider.
    ReadHoldings(Vec<DeploymentId>),
    /// Read the histories of these deployments.
    ReadHistories(Vec<DeploymentId>),
    /// Read what undoing a deployment would do.
    ReadPlan {
        /// For which question.
        question: QuestionNumber,
        /// Whose.
        deployment: DeploymentId,
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
    /// Write everything that is known of a deployment to a file.
    Export(DeploymentId),
    /// Put a text on the clipboard of whoever sits at the terminal.
    Copy(String),
    /// Take the mouse, or leave it to the terminal.
    Capture(Mouse),
    /// Keep how the screen looks.
    Remember(Box<Remembered>),
    /// Call whoever is needed, with these words.
    Notify(String),
    /// Draw every cell anew.
    Redraw,
    /// Give the terminal back until the program is continued.
    Suspend,
}
