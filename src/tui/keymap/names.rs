//! What each command is called where it is typed, and what may be typed after it. The matches name
//! every command, so none can be forgotten.

use crate::tui::keymap::{Binding, Command, Verb, bindings};

/// What may be typed after a command's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// The words of a filter, or nothing.
    Terms,
    /// A deployment's name.
    Deployment,
    /// How grave a log line is, or nothing.
    Level,
}

impl Command {
    /// What it is called where it is typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Up => "up",
            Self::Top => "first",
            Self::Bottom => "last",
            Self::PageDown => "page-down",
            Self::PageUp => "page-up",
            Self::Open => "open",
            Self::Back => "back",
            Self::NextPane => "next-pane",
            Self::PreviousPane => "previous-pane",
            Self::PaneList => "list",
            Self::PaneSaga => "saga",
            Self::PaneLog => "log",
            Self::Earlier => "earlier",
            Self::Later => "later",
            Self::EarlierTurn => "earlier-outcome",
            Self::LaterTurn => "later-outcome",
            Self::Live => "live",
            Self::Freeze => "freeze",
            Self::Play => "play",
            Self::Zoom => "zoom",
            Self::Inventory => "inventory",
            Self::Audit => "audit",
            Self::Sort => "sort",
            Self::SortNow => "sort-now",
            Self::States => "states",
            Self::Mouse => "mouse",
            Self::NextTheme => "next-theme",
            Self::Filter => "filter",
            Self::Mute => "mute",
            Self::Mark => "mark",
            Self::MarkAll => "mark-all",
            Self::Unmark => "unmark",
            Self::Go => "go",
            Self::CommandLine => "command",
            Self::NeedsYouOnly => "needs-you",
            Self::Launch => "launch",
            Self::Act(Verb::Cancel) => "cancel",
            Self::Act(Verb::Rollback) => "rollback",
            Self::Act(Verb::Retry) => "retry",
            Self::Act(Verb::Skip) => "skip",
            Self::Act(Verb::Abandon) => "abandon",
            Self::Act(Verb::Hold) => "hold",
            Self::Act(Verb::Take) => "take",
            Self::Act(Verb::Details) => "details",
            Self::Copy => "copy",
            Self::Export => "export",
            Self::Follow => "follow",
            Self::Wrap => "wrap",
            Self::AllSteps => "all-steps",
            Self::Level => "level",
            Self::Times => "times",
            Self::Older => "match-above",
            Self::Newer => "match-below",
            Self::Left => "left",
            Self::Right => "right",
            Self::Help => "help",
            Self::Redraw => "redraw",
            Self::Suspend => "suspend",
            Self::Quit => "quit",
            Self::Interrupt => "interrupt",
        }
    }

    /// What may be typed after its name.
    pub fn takes(self) -> Takes {
        if [Self::Filter, Self::Mark, Self::Unmark].contains(&self) {
            Takes::Terms
        } else if self == Self::Go {
            Takes::Deployment
        } else if self == Self::Level {
            Takes::Level
        } else {
            Takes::Nothing
        }
    }
}

/// The line of the table that a typed word means: the command of that name, or the only one whose
/// name begins so.
///
/// # Errors
/// When there is none, or more than one; in words for whoever typed it.
pub fn named(word: &str) -> Result<&'static Binding, String> {
    let mut begin: Vec<&Binding> = Vec::new();
    for binding in bindings() {
        let name = binding.command.name();
        if name == word {
            return Ok(binding);
        }
        if name.starts_with(word) && !begin.iter().any(|other| other.command == binding.command) {
            begin.push(binding);
        }
    }
    match begin[..] {
        [only] => Ok(only),
        [] => Err(format!("there is no command `{word}`; Tab shows what there is")),
        [first, second, ..] => {
            let (first, second) = (first.command.name(), second.command.name());
            Err(format!("`{word}` may be `{first}` or `{second}`; type more of it"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_command_of_the_table_has_a_name_of_its_own_that_can_be_typed() {
        let mut names = BTreeMap::new();
        for binding in bindings() {
            let name = binding.command.name();
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
            let other = names.insert(name, binding.command);
            assert!(other.is_none_or(|other| other == binding.command), "{name}");
            assert_eq!(named(name).unwrap().command, binding.command);
        }
    }

    #[test]
    fn the_beginning_of_a_name_is_enough_when_it_is_the_only_one() {
        assert_eq!(named("qui").unwrap().command, Command::Quit);
        assert_eq!(named("foll").unwrap().command, Command::Follow, "in the log and the audit");
        assert_eq!(named("mark").unwrap().command, Command::Mark, "whole names come first");
        let told = named("re").unwrap_err();
        assert!(told.contains("`retry`") || told.contains("`redraw`"), "{told}");
        assert!(named("frobnicate").unwrap_err().contains("there is no command `frobnicate`"));
    }
}
