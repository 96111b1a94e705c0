//! What is broken where: the points of a plan's life at which something can go wrong, and what goes
//! wrong there.

use std::fmt;

use crate::domain::saga::plan::{Direction, StepName};

/// A moment in the life of the plan, as a run without trouble meets it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Which step was under way.
    pub step: StepName,
    /// Doing or undoing it.
    pub way: Direction,
    /// What was about to happen.
    pub place: Place,
    /// Which time in this step and direction, counted from 1.
    pub nth: u32,
}

/// What was about to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A group of facts was about to be journaled; the word is the first of them.
    Write(&'static str),
    /// A request was about to be sent.
    Request(&'static str),
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// The provider answers 403, once.
    Refused,
    /// The provider answers 422, once.
    Invalid,
    /// The provider answers 500, once.
    Broken,
    /// The provider answers 500 until the step gives up.
    BrokenThroughout,
    /// The request takes effect, and the connection ends without an answer.
    AnswerLost,
    /// The request takes effect, and no answer ever comes.
    Silent,
    /// The journal cannot be written, and the program is started again.
    WriteRefused,
    /// The program dies just before it.
    CrashBefore,
    /// The program dies when it has taken effect, before it is heard of.
    CrashAfter,
}

/// What the name of the deployment pointed at before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// Nothing: the record is made, and deleted.
    Free,
    /// Another address: the record is changed, and restored.
    Taken,
}

/// One thing that goes wrong at one point.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    /// Where.
    pub point: Point,
    /// What the deployment's name pointed at before.
    pub found: Found,
    /// What.
    pub failure: Failure,
}

impl Failure {
    /// Every failure, in the order of the table.
    pub const ALL: [Self; 9] = [
        Self::Refused,
        Self::Invalid,
        Self::Broken,
        Self::BrokenThroughout,
        Self::AnswerLost,
        Self::Silent,
        Self::WriteRefused,
        Self::CrashBefore,
        Self::CrashAfter,
    ];

    /// The stable word, as `--only` and `--json` spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Broken => "broken",
            Self::BrokenThroughout => "broken-throughout",
            Self::AnswerLost => "answer-lost",
            Self::Silent => "silent",
            Self::WriteRefused => "write-refused",
            Self::CrashBefore => "crash-before",
            Self::CrashAfter => "crash-after",
        }
    }

    /// Whether it can happen there.
    fn fits(self, place: Place) -> bool {
        match (self, place) {
            (Self::CrashBefore | Self::CrashAfter, Place::Write(_) | Place::Request(_))
            | (Self::WriteRefused, Place::Write(_))
            | (
                Self::Refused
                | Self::Invalid
                | Self::Broken
                | Self::BrokenThroughout
                | Self::AnswerLost
                | Self::Silent,
                Place::Request(_),
            ) => true,
            (Self::WriteRefused, Place::Request(_))
            | (
                Self::Refused
                | Self::Invalid
                | Self::Broken
                | Self::BrokenThroughout
                | Self::AnswerLost
                | Self::Silent,
                Place::Write(_),
            ) => false,
        }
    }
}

impl Case {
    /// Everything that can go wrong at these points.
    pub(super) fn all(points: &[Point], found: Found) -> impl Iterator<Item = Self> + '_ {
        points.iter().flat_map(move |point| {
            let failures = Failure::ALL.into_iter().filter(|failure| failure.fits(point.place));
            failures.map(move |failure| Self { point: point.clone(), found, failure })
        })
    }

    /// Whether this name, or the beginning of it up to a slash, means this case.
    pub(super) fn answers_to(&self, name: &str) -> bool {
        let mut mine = self.to_string();
        mine.push('/');
        mine.starts_with(&format!("{}/", name.trim_end_matches('/')))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(what) => write!(f, "write-{what}"),
            Self::Request(what) => write!(f, "request-{what}"),
        }
    }
}

impl fmt::Display for Case {
    /// `create_droplet/do/request-create-droplet.1/answer-lost`: the name by which it is run alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Point { step, way, place, nth } = &self.point;
        let found = match self.found {
            Found::Free => "",
            Found::Taken => "-over-another",
        };
        write!(f, "{step}/{way}/{place}.{nth}{found}/{}", self.failure.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Case {
        let point = Point {
            step: StepName::new("create_droplet"),
            way: Direction::Undo,
            place: Place::Request("destroy-droplet"),
            nth: 2,
        };
        Case { point, found: Found::Free, failure: Failure::AnswerLost }
    }

    #[test]
    fn a_case_answers_to_its_name_and_to_whole_words_of_its_beginning() {
        let name = "create_droplet/undo/request-destroy-droplet.2/answer-lost";
        assert_eq!(case().to_string(), name);
        for name in ["create_droplet", "create_droplet/undo", "create_droplet/undo/", name] {
            assert!(case().answers_to(name), "{name}");
        }
        for name in ["create", "create_droplet/do", "create_droplet/un", "answer-lost"] {
            assert!(!case().answers_to(name), "{name}");
        }
    }

    #[test]
    fn nothing_but_a_write_can_fail_as_a_write_and_nothing_but_a_request_as_a_request() {
        let of = |place| {
            let point = Point { place, ..case().point };
            Case::all(&[point], Found::Free).map(|case| case.failure).collect::<Vec<_>>()
        };
        assert_eq!(of(Place::Request("records")).len(), Failure::ALL.len() - 1);
        let writes = [Failure::WriteRefused, Failure::CrashBefore, Failure::CrashAfter];
        assert_eq!(of(Place::Write("started")), writes);
    }
}
