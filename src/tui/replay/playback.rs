//! How far a session that is shown again has come, and when it goes on.

use std::collections::VecDeque;
use std::time::Duration;

use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::msg::Msg;
use crate::tui::replay::{Script, Showing, Speed};
use crate::tui::update::update;
use crate::tui::view::ViewState;

/// The longest that the screen stands still between two messages, at the speed of life: nobody watches a
/// night go by.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How many messages are taken in between two frames at most: what came at once is shown at once, and the
/// keys are looked at now and then.
const AT_ONCE: usize = 512;

/// A session that is shown again.
pub struct Playback {
    model: Model,
    state: ViewState,
    rest: VecDeque<Msg>,
    shown: usize,
    speed: Speed,
    pace: Pace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Playing,
    Paused,
}

impl Playback {
    /// A session, as far as it is to be shown at first.
    pub fn new(script: Script, showing: Showing) -> Self {
        let mut start = script.start;
        start.environment = format!("REPLAY {}", start.environment);
        let mut playback = Self {
            model: start.model(),
            state: showing.looks.view(),
            rest: script.msgs.into(),
            shown: 0,
            speed: showing.speed,
            pace: Pace::Playing,
        };
        while playback.shown < showing.from && playback.forward() {}
        playback
    }

    /// What is drawn.
    pub fn picture(&mut self) -> (&Model, &mut ViewState) {
        self.state.caption = Some(self.caption());
        (&self.model, &mut self.state)
    }

    /// How many messages are taken in.
    pub fn shown(&self) -> usize {
        self.shown
    }

    /// How long the screen stands still before it goes on by itself; `None` when it does not.
    pub fn wait(&self) -> Option<Duration> {
        if self.pace == Pace::Paused {
            return None;
        }
        let next = self.rest.front()?;
        let pause = self.model.now.until(next.at).min(LONGEST_PAUSE);
        Some(match self.speed {
            Speed::Life => pause,
            Speed::Tenfold => pause / 10,
            Speed::Max => Duration::ZERO,
        })
    }

    /// Goes on to the next message, and to those that came with it.
    pub fn go_on(&mut self) {
        for _ in 0..AT_ONCE {
            if !self.forward() || self.wait() != Some(Duration::ZERO) {
                return;
            }
        }
    }

    /// Takes one message in, and stands still.
    pub fn step(&mut self) {
        self.pace = Pace::Paused;
        self.forward();
    }

    /// Stands still, or goes on.
    pub fn pause_or_go_on(&mut self) {
        self.pace = match self.pace {
            Pace::Playing => Pace::Paused,
            Pace::Paused => Pace::Playing,
        };
    }

    /// Whether there was a message.
    fn forward(&mut self) -> bool {
        let Some(msg) = self.rest.pop_front() else { return false };
        self.shown += 1;
        // What it asks for was done then, and its answers are among the messages.
        drop(update(&mut self.model, msg));
        true
    }

    fn caption(&self) -> String {
        let (shown, total) = (self.shown, self.shown + self.rest.len());
        let pace = match (self.pace, self.rest.is_empty(), self.speed) {
            (_, true, _) => "at its end",
            (Pace::Paused, false, _) => "paused",
            (Pace::Playing, false, Speed::Life) => "1x",
            (Pace::Playing, false, Speed::Tenfold) => "10x",
            (Pace::Playing, false, Speed::Max) => "max",
        };
        let at = format::time_of_day(self.model.now);
        format!("REPLAY {shown}/{total} {at} UTC {pace}   space pauses   . one further   q leaves")
    }
}
