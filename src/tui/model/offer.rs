//! What can be launched, and for how much, as far as the screen knows.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::catalogue::{Catalogue, offline};
use crate::domain::time::Timestamp;

/// How long to wait before the provider is asked again, after the first time that it did not answer. It
/// doubles with each time.
const FIRST_WAIT: Duration = Duration::from_secs(30);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// What can be launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The latest lists; the program's own before the provider was asked.
    pub catalogue: Arc<Catalogue>,
    /// Whether they were asked for.
    pub asked: Asked,
    /// How long the next wait is.
    wait: Duration,
    /// When they are asked for again, if nobody opens the form before.
    again_at: Option<Timestamp>,
}

/// Whether the lists were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// They were not.
    Never,
    /// They are on their way.
    UnderWay,
    /// They came.
    Answered,
}

impl Default for Offer {
    fn default() -> Self {
        Self {
            catalogue: Arc::new(offline::catalogue().clone()),
            asked: Asked::Never,
            wait: FIRST_WAIT,
            again_at: None,
        }
    }
}

impl Offer {
    /// Wants the lists, from this moment on.
    pub fn want(&mut self, now: Timestamp) {
        self.again_at = Some(now);
    }

    /// Whether to ask for the lists now, which then counts as done; they are asked for once at a time.
    pub fn ask(&mut self, now: Timestamp) -> bool {
        let asks = self.due().is_some_and(|due| due <= now);
        if asks {
            self.asked = Asked::UnderWay;
            self.again_at = None;
        }
        asks
    }

    /// When to ask, if ever and nothing is under way.
    pub fn due(&self) -> Option<Timestamp> {
        self.again_at.filter(|_| self.asked != Asked::UnderWay)
    }

    /// Takes lists in. Where the provider did not give its prices, it is asked again after a while.
    pub fn take(&mut self, catalogue: Arc<Catalogue>, now: Timestamp) {
        self.catalogue = catalogue;
        self.asked = Asked::Answered;
        if self.catalogue.sizes.why_offline().is_some() {
            self.put_off(now);
        } else {
            self.wait = FIRST_WAIT;
            self.again_at = None;
        }
    }

    /// An answer will never come, and nobody knows which: none is waited for.
    pub fn lose(&mut self, now: Timestamp) {
        if self.asked == Asked::UnderWay {
            self.asked = Asked::Never;
            self.put_off(now);
        }
    }

    fn put_off(&mut self, now: Timestamp) {
        self.again_at = Some(now + self.wait);
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }

    /// What stands before a price: one of the program's own list may not be what the provider asks for.
    pub fn about(&self) -> &'static str {
        match self.catalogue.sizes.why_offline() {
            Some(_) => "about ",
            None => "",
        }
    }
}
