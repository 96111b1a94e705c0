//! Where a case stops the world, in words that a command can carry: `append 7 after, dead 40s`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use arcadia::clock::Chance;

/// Where the world of one life stops, and for how long the program is dead then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crash {
    pub(crate) point: Point,
    pub(crate) dead: Dead,
}

/// A place in one life, counted from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// The n-th journal write.
    Append(usize, Write),
    /// The n-th request to the provider.
    Request(usize, Answer),
}

/// What becomes of a journal write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// The world stops before it.
    Before,
    /// The world stops after it.
    After,
    /// It is refused three times, and the program lives on.
    Refused,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The world stops before its effect.
    Before,
    /// The world stops after its effect.
    After,
    /// The world stops, and its effect comes [`LATE`].
    Late,
}

/// How long after the crash a late effect comes: later than listings lag, sooner than the time after
/// which a look-up counts.
pub(crate) const LATE: Duration = Duration::from_secs(12);

/// For how long the program is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dead(pub(crate) Duration);

impl Dead {
    /// Not at all, longer than listings lag, longer than any deadline, longer than any quota.
    pub(crate) const ALL: [Self; 4] = [
        Self(Duration::ZERO),
        Self(Duration::from_secs(40)),
        Self(Duration::from_mins(20)),
        Self(Duration::from_hours(48)),
    ];

    fn any(chance: &Chance) -> Self {
        let index = usize::try_from(chance.below(Self::ALL.len() as u64)).unwrap();
        Self::ALL[index]
    }
}

/// How many journal writes and requests one life took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Life {
    pub(crate) appends: usize,
    pub(crate) requests: usize,
}

impl Life {
    /// Every point of it.
    pub(crate) fn points(self) -> Vec<Point> {
        let appends = (0..self.appends).flat_map(|n| {
            [Write::Before, Write::After, Write::Refused].map(|write| Point::Append(n, write))
        });
        let requests = (0..self.requests).flat_map(|n| {
            [Answer::Before, Answer::After, Answer::Late].map(|answer| Point::Request(n, answer))
        });
        appends.chain(requests).collect()
    }

    /// One point of it at which the program dies; `None` when nothing happened in it.
    pub(crate) fn any_crash(self, chance: &Chance) -> Option<Crash> {
        let mut deadly = self.points();
        deadly.retain(|point| point.is_deadly());
        let index = usize::try_from(chance.below(deadly.len() as u64)).unwrap();
        Some(Crash { point: *deadly.get(index)?, dead: Dead::any(chance) })
    }
}

impl Point {
    /// Whether the program dies there.
    pub(crate) fn is_deadly(self) -> bool {
        match self {
            Self::Append(_, Write::Refused) => false,
            Self::Append(_, Write::Before | Write::After)
            | Self::Request(_, Answer::Before | Answer::After | Answer::Late) => true,
        }
    }
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, dead {}", self.point, self.dead)
    }
}

impl fmt::Display for Dead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0.as_secs())
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Append(n, write) => {
                let write = match write {
                    Write::Before => "before",
                    Write::After => "after",
                    Write::Refused => "refused",
                };
                write!(f, "append {n} {write}")
            }
            Self::Request(n, answer) => {
                let answer = match answer {
                    Answer::Before => "before",
                    Answer::After => "after",
                    Answer::Late => "late",
                };
                write!(f, "request {n} {answer}")
            }
        }
    }
}

impl FromStr for Crash {
    type Err = String;

    /// Reads `append 7 after`, with or without `, dead 40s`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a point like `append 7 after, dead 40s`");
        let (point, dead) = text.split_once(", dead ").unwrap_or((text, "0s"));
        let seconds = dead.strip_suffix('s').and_then(|seconds| seconds.parse().ok());
        let dead = Dead(Duration::from_secs(seconds.ok_or_else(wrong)?));
        let words: Vec<_> = point.split_whitespace().collect();
        let [what, n, how] = words[..] else { return Err(wrong()) };
        let n = n.parse().map_err(|_| wrong())?;
        let point = match (what, how) {
            ("append", "before") => Point::Append(n, Write::Before),
            ("append", "after") => Point::Append(n, Write::After),
            ("append", "refused") => Point::Append(n, Write::Refused),
            ("request", "before") => Point::Request(n, Answer::Before),
            ("request", "after") => Point::Request(n, Answer::After),
            ("request", "late") => Point::Request(n, Answer::Late),
            _ => return Err(wrong()),
        };
        Ok(Self { point, dead })
    }
}
