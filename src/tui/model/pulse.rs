//! Whether the engine and its disk are alive: the screen must not look so when nothing behind it is.
//!
//! While something runs, a screen that has heard nothing for a second asks for a sign of life; whatever
//! the engine says is one. When what was asked for is overdue the screen says since when, and durations
//! stand still at the last moment that was heard of: nobody knows what went on since.
//!
//! Only time that the screen itself was awake counts. A program that was stopped, or a laptop that slept,
//! finds no silence longer than a look at the clock.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// How long after it heard something the screen asks: less than the second between two looks at the clock,
/// so that every one of them finds it over.
const ASKS_AFTER: Duration = Duration::from_millis(900);

/// How late an answer is overdue. A busy disk takes tenths of a second for a group of facts, and a full
/// second now and then; nobody decides anything at 3 am on a picture that is younger than this.
pub const OVERDUE: Duration = Duration::from_secs(3);

/// The most that one look adds to a silence. While anything counts, the clock is looked at every second: a
/// longer gap is the screen's own sleep.
const LONGEST_LOOK: Duration = Duration::from_millis(1_500);

/// Whether there is anybody to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listener {
    /// There is.
    Awake,
    /// A session is shown again that was taken down by a program that never asked.
    #[default]
    Deaf,
}

/// Whether the engine and its disk are alive.
#[derive(Debug)]
pub struct Pulse {
    listener: Listener,
    ask: Ask,
    heard_at: Timestamp,
    looked_at: Timestamp,
    /// For how long an answer has been waited for.
    silence: Duration,
    told: Told,
}

/// How far asking has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// Everything that was asked for has come; the next is asked for then.
    Next(Timestamp),
    /// One was asked for at that moment.
    UnderWay(Timestamp),
    /// The last one brought an error; another is asked for then.
    Again(Timestamp),
}

/// Whether the operator was told that nothing is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    No,
    /// The last that was heard then was at that moment.
    Since(Timestamp),
}

/// What a person is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing has been heard since that moment.
    Silent(Timestamp),
    /// Something is heard again, after so long.
    Back(Duration),
}

impl Pulse {
    /// A pulse that nobody has felt yet.
    pub fn new(listener: Listener, now: Timestamp) -> Self {
        let (ask, told) = (Ask::Next(now), Told::No);
        Self { listener, ask, heard_at: now, looked_at: now, silence: Duration::ZERO, told }
    }

    /// The engine said something.
    pub fn heard(&mut self, now: Timestamp) {
        self.heard_at = now;
        self.silence = Duration::ZERO;
        self.ask = match self.ask {
            Ask::UnderWay(asked) => Ask::UnderWay(asked),
            Ask::Next(_) | Ask::Again(_) => Ask::Next(now + ASKS_AFTER),
        };
    }

    /// Has the next sign of life asked for at once, unless one is under way.
    pub fn hasten(&mut self, now: Timestamp) {
        if let Ask::Next(_) = self.ask {
            self.ask = Ask::Next(now);
        }
    }

    /// The sign of life came that was asked for.
    pub fn answered(&mut self, now: Timestamp) {
        self.ask = match self.ask {
            Ask::UnderWay(asked) => Ask::Next(asked + ASKS_AFTER),
            other @ (Ask::Next(_) | Ask::Again(_)) => other,
        };
        self.heard_at = now;
        self.silence = Duration::ZERO;
    }

    /// What was asked for will not come: that is no sign of life.
    pub fn refused(&mut self, now: Timestamp) {
        if let Ask::UnderWay(_) = self.ask {
            self.ask = Ask::Again(now + ASKS_AFTER);
        }
    }

    /// Looks at the clock, while so many sagas have not ended; whether to ask for a sign of life, which
    /// then counts as asked for.
    pub fn look(&mut self, now: Timestamp, unfinished: usize) -> bool {
        let passed = now.since(self.looked_at).min(LONGEST_LOOK);
        self.looked_at = now;
        if unfinished == 0 || self.listener == Listener::Deaf {
            self.heard(now);
            return false;
        }
        let asks_at = match self.ask {
            Ask::Next(at) => at,
            Ask::Again(at) => {
                self.silence += passed;
                at
            }
            Ask::UnderWay(_) => {
                self.silence += passed;
                return false;
            }
        };
        // A clock that was set back does not keep it waiting.
        let asks = asks_at <= now || asks_at > now + ASKS_AFTER;
        if asks {
            self.ask = Ask::UnderWay(now);
        }
        asks
    }

    /// What there is to tell since it was asked the last time.
    pub fn turn(&mut self) -> Option<Turn> {
        match (self.told, self.is_stale()) {
            (Told::No, true) => {
                self.told = Told::Since(self.heard_at);
                Some(Turn::Silent(self.heard_at))
            }
            (Told::Since(since), false) => {
                self.told = Told::No;
                Some(Turn::Back(self.heard_at.since(since)))
            }
            (Told::No, false) | (Told::Since(_), true) => None,
        }
    }

    /// Whether an answer is overdue.
    pub fn is_stale(&self) -> bool {
        self.silence >= OVERDUE
    }

    /// The last moment that something was heard of, while an answer is overdue.
    pub fn stale_since(&self) -> Option<Timestamp> {
        self.is_stale().then_some(self.heard_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// A pulse that is looked at every second, from the first to the last of these; when it asked.
    fn looks(pulse: &mut Pulse, seconds: std::ops::RangeInclusive<i64>) -> Vec<i64> {
        seconds.filter(|second| pulse.look(at(second * 1_000), 1)).collect()
    }

    #[test]
    fn one_sign_is_asked_for_a_second_and_none_while_one_is_under_way() {
        let mut pulse = Pulse::new(Listener::Awake, at(0));
        for second in 0..5 {
            assert!(pulse.look(at(second * 1_000), 1));
            assert!(!pulse.look(at(second * 1_000 + 10), 1), "one is under way");
            // It comes late, but not too late for the next look.
            pulse.answered(at(second * 1_000 + 150));
        }
        assert!(!pulse.is_stale());
    }

    #[test]
    fn who_heard_something_does_not_ask() {
        let mut pulse = Pulse::new(Listener::Awake, at(0));
        pulse.heard(at(0));
        for half in 1..20 {
            pulse.heard(at(half * 500));
            assert!(!pulse.look(at(half * 500 + 100), 1));
        }
    }

    #[test]
    fn an_answer_that_is_overdue_is_told_once_and_so_is_the_next_that_comes() {
        let mut pulse = Pulse::new(Listener::Awake, at(0));
        pulse.heard(at(0));
        assert_eq!(looks(&mut pulse, 1..=3), [1]);
        assert!(!pulse.is_stale() && pulse.turn().is_none(), "two seconds after it was asked for");
        assert_eq!(looks(&mut pulse, 4..=12), [] as [i64; 0]);
        assert_eq!(pulse.stale_since(), Some(at(0)));
        assert_eq!(pulse.turn(), Some(Turn::Silent(at(0))));
        assert_eq!(pulse.turn(), None);
        pulse.answered(at(12_300));
        assert_eq!(pulse.stale_since(), None);
        assert_eq!(pulse.turn(), Some(Turn::Back(Duration::from_millis(12_300))));
        assert_eq!(pulse.turn(), None);
        assert_eq!(looks(&mut pulse, 13..=13), [13]);
    }

    #[test]
    fn an_error_is_no_sign_of_life_and_it_is_asked_again_every_second() {
        let mut pulse = Pulse::new(Listener::Awake, at(0));
        for second in 0..4 {
            assert_eq!(looks(&mut pulse, second..=second), [second]);
            pulse.refused(at(second * 1_000 + 5));
        }
        assert!(pulse.is_stale());
    }

    #[test]
    fn time_that_the_screen_slept_is_no_silence() {
        let mut pulse = Pulse::new(Listener::Awake, at(0));
        assert_eq!(looks(&mut pulse, 0..=1), [0]);
        // Stopped for an hour with one under way, whose answer is looked at after the clock.
        assert!(!pulse.look(at(3_600_000), 1));
        assert!(!pulse.is_stale());
        pulse.answered(at(3_600_001));
        assert!(pulse.look(at(3_601_000), 1));
        // Stopped with none under way.
        pulse.answered(at(3_601_001));
        assert!(pulse.look(at(7_200_000), 1));
        assert!(!pulse.is_stale());
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_waiting() {
        let mut pulse = Pulse::new(Listener::Awake, at(90_000));
        pulse.heard(at(90_000));
        assert_eq!(looks(&mut pulse, 10..=14), [10]);
        assert!(pulse.is_stale());
    }

    #[test]
    fn nobody_asks_while_nothing_runs_or_of_a_session_that_is_shown_again() {
        let mut pulse = Pulse::new(Listener::Awake, at(0));
        assert!(!pulse.look(at(0), 0) && !pulse.look(at(60_000), 0));
        let mut deaf = Pulse::new(Listener::Deaf, at(0));
        assert_eq!(looks(&mut deaf, 0..=60), [] as [i64; 0]);
        assert!(!deaf.is_stale());
    }
}
