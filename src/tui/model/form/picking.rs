//! Choosing from the list of the field that has the keys.
//!
//! A field that the keys come to shows its whole list; what is typed takes the place of what it held,
//! and narrows the list. Enter takes the entry that is marked; Tab leaves the text as it was typed,
//! because a list may lack what exists.

use tui_input::Input;

use crate::domain::catalogue::Catalogue;
use crate::tui::model::form::choice::{self, Choice};
use crate::tui::model::form::{LaunchForm, Picking, Picks, Text};

impl LaunchForm {
    /// Whether a letter takes the place of the whole text.
    pub fn replaces(&self) -> bool {
        self.focus.picks() == Picks::One && self.picking.text == Text::Untouched
    }

    /// A letter comes: where the text was not touched, it begins anew, or another word of it does.
    pub fn begin_typing(&mut self) {
        let (picks, text) = (self.focus.picks(), self.picking.text);
        let Some(input) = self.input_mut() else { return };
        match (picks, text) {
            (Picks::One, Text::Untouched) => input.reset(),
            (Picks::Some, Text::Untouched) if !last_word(input.value()).is_empty() => {
                *input = Input::new(format!("{} ", input.value()));
            }
            (Picks::One | Picks::Some, Text::Typed | Text::Untouched) | (Picks::Nothing, _) => {}
        }
    }

    /// The text was changed by hand: the list is what answers to it.
    pub fn typed(&mut self) {
        self.picking = Picking { text: Text::Typed, at: None };
    }

    /// What the list is narrowed by.
    pub(super) fn wanted(&self) -> &str {
        match (self.focus.picks(), self.picking.text) {
            (Picks::Nothing, _) | (_, Text::Untouched) => "",
            (Picks::One, Text::Typed) => self.value(self.focus),
            (Picks::Some, Text::Typed) => last_word(self.value(self.focus)),
        }
    }

    /// The entry that Enter takes.
    pub fn marked(&self, picks: &[Choice]) -> Option<usize> {
        let last = picks.len().checked_sub(1)?;
        match (self.picking.at, self.picking.text) {
            (Some(at), _) => Some(at.min(last)),
            (None, Text::Typed) => (!self.wanted().is_empty()).then_some(0),
            (None, Text::Untouched) if self.focus.picks() == Picks::One => {
                let value = self.value(self.focus).trim();
                picks.iter().position(|choice| choice::names(choice, self.focus, value))
            }
            (None, Text::Untouched) => None,
        }
    }

    /// What Enter would make of what is being typed, if that is something else.
    pub fn would_take(&self, catalogue: &Catalogue) -> Option<String> {
        if self.picking.text == Text::Untouched {
            return None;
        }
        let picks = self.picks(catalogue)?;
        let choice = picks.get(self.marked(&picks)?)?;
        (choice.value != self.wanted().trim()).then(|| choice.value.clone())
    }

    /// Whether an entry is among those that a field of several holds.
    pub fn holds(&self, choice: &Choice) -> bool {
        words(self.value(self.focus)).any(|word| choice::names(choice, self.focus, word))
    }

    /// Marks the next entry, or the one before.
    pub fn mark(&mut self, entries: isize, catalogue: &Catalogue) {
        let picks = self.picks(catalogue).unwrap_or_default();
        let last = picks.len().saturating_sub(1);
        self.picking.at = Some(match self.marked(&picks) {
            Some(at) => at.saturating_add_signed(entries).min(last),
            None => 0,
        });
    }

    /// Marks an entry, counted from 0.
    pub fn mark_at(&mut self, entry: usize) {
        self.picking.at = Some(entry);
    }

    /// Takes the marked entry.
    pub fn take(&mut self, catalogue: &Catalogue) {
        let picks = self.picks(catalogue).unwrap_or_default();
        let Some(choice) = self.marked(&picks).and_then(|at| picks.get(at)) else { return };
        match self.focus.picks() {
            Picks::Nothing => {}
            Picks::One => self.set(choice.value.clone()),
            Picks::Some if self.holds(choice) => {
                // What is typed of it is not another one.
                let chosen = self.chosen(None);
                self.set(chosen);
            }
            Picks::Some => {
                let chosen = self.chosen(Some(&choice.value));
                self.set(chosen);
            }
        }
    }

    /// Takes the marked entry in, or out again; says whether one was marked. The mark stays on it.
    pub fn toggle(&mut self, catalogue: &Catalogue) -> Toggled {
        let picks = self.picks(catalogue).unwrap_or_default();
        let marked = self.marked(&picks).and_then(|at| picks.get(at)).cloned();
        let (Picks::Some, Some(choice)) = (self.focus.picks(), marked) else {
            return Toggled::Nothing;
        };
        let value = self.value(self.focus);
        let chosen = if self.holds(&choice) {
            let rest = words(value).filter(|word| !choice::names(&choice, self.focus, word));
            rest.collect::<Vec<_>>().join(" ")
        } else {
            self.chosen(Some(&choice.value))
        };
        self.set(chosen);
        let all = choice::choices(self.focus, catalogue, "").unwrap_or_default();
        self.picking.at = all.iter().position(|other| other.value == choice.value);
        Toggled::One
    }

    /// What was chosen so far, without the word that narrows the list, and with one more.
    fn chosen(&self, more: Option<&str>) -> String {
        let value = self.value(self.focus);
        let kept = match self.picking.text {
            Text::Untouched => value,
            Text::Typed => value.strip_suffix(last_word(value)).unwrap_or(value),
        };
        words(kept).chain(more).collect::<Vec<_>>().join(" ")
    }

    fn set(&mut self, value: String) {
        if let Some(input) = self.input_mut() {
            *input = Input::new(value);
        }
        self.picking = Picking::default();
        self.reread();
    }
}

/// Whether there was something to take in or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toggled {
    /// There was.
    One,
    /// There was not.
    Nothing,
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ',']).filter(|word| !word.is_empty())
}

/// The word that is being typed; nothing after a space.
fn last_word(text: &str) -> &str {
    text.rsplit([' ', ',']).next().unwrap_or_default()
}
