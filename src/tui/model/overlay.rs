//! What stands over the panes. There is at most one.

use tui_input::Input;

use crate::domain::id::DeploymentId;
use crate::tui::model::command_line::CommandLine;
use crate::tui::model::question::Question;

/// What stands over the panes.
#[derive(Debug)]
pub enum Overlay {
    /// The filter is being typed.
    Filter(Input),
    /// What is searched for in the log is being typed.
    Search(Input),
    /// The launch form; its content outlives it.
    Launch,
    /// A command is being typed.
    CommandLine(Box<CommandLine>),
    /// This would be ordered: are you sure, and why?
    Question(Question),
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
