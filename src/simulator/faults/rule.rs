//! One rule: which requests, which of them, and what happens.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::simulator::faults::pattern::Pattern;
use crate::simulator::faults::{ParseFaultError, parse};

/// One rule. Its serialized form is the compact one that a person types.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FaultRule {
    pub(super) pattern: Pattern,
    /// Which of the matching requests are hit.
    pub when: When,
    /// How many requests are hit at most; `None` is no limit.
    pub times: Option<u32>,
    /// What happens to them.
    pub fault: Fault,
}

/// Which of the matching requests a rule hits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// Each.
    Every,
    /// Only this one, counted from 1.
    Nth(u32),
    /// So many from the first one on.
    First(u32),
    /// Each with this probability, `0.0..=1.0`.
    Chance(f64),
}

/// What happens to a request that is hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This status is answered instead of the proper one.
    Status {
        /// The status.
        status: u16,
        /// The error body's message; `None` is the usual one of the status.
        message: Option<String>,
        /// The `Retry-After` header.
        retry_after: Option<Duration>,
        /// Whether the request does its work first.
        moment: Moment,
    },
    /// The connection is closed without an answer.
    Drop(Moment),
    /// Nothing is ever answered.
    Silence(Moment),
    /// The work is done after this time.
    Delay(Duration),
    /// Half of the body is sent, then the connection breaks.
    Cut,
    /// The body is half of the JSON that it should be.
    Malformed,
    /// Every number of the body is a text.
    WrongType,
    /// Every list of the body has nothing in it.
    Empty,
    /// The body comes in pieces over this time.
    Drip(Duration),
    /// Droplets are accepted and never placed.
    PlacementFails,
}

/// Whether the trouble comes before or after the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Nothing takes place.
    BeforeEffect,
    /// The request has done its work, durably, and the client does not hear of it.
    AfterEffect,
}

impl FaultRule {
    /// A rule that hits every matching request.
    ///
    /// # Errors
    /// The method or the path is none.
    pub fn new(method: &str, path: &str, fault: Fault) -> Result<Self, ParseFaultError> {
        let pattern = Pattern::new(method, path)
            .map_err(|why| ParseFaultError::pattern(method, path, why))?;
        Ok(Self { pattern, when: When::Every, times: None, fault })
    }

    /// Whether the rule is about such a request.
    pub fn matches(&self, method: &str, path: &str) -> bool {
        self.pattern.matches(method, path)
    }
}

impl std::str::FromStr for FaultRule {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Self, ParseFaultError> {
        parse::rule(text)
    }
}

impl TryFrom<String> for FaultRule {
    type Error = ParseFaultError;

    fn try_from(text: String) -> Result<Self, ParseFaultError> {
        text.parse()
    }
}

impl From<FaultRule> for String {
    fn from(rule: FaultRule) -> Self {
        rule.to_string()
    }
}

impl fmt::Display for FaultRule {
    /// The compact form; it parses back to the same rule.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pattern, self.fault)?;
        match self.when {
            When::Every => {}
            When::Nth(n) => write!(f, ", nth {n}")?,
            When::First(n) => write!(f, ", first {n}")?,
            When::Chance(probability) => write!(f, ", chance {probability}")?,
        }
        self.times.map_or(Ok(()), |times| write!(f, ", times {times}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status, message, retry_after, moment } => {
                write!(f, "{status}")?;
                if let Some(message) = message {
                    write!(f, " \"{message}\"")?;
                }
                write!(f, "{moment}")?;
                match retry_after {
                    Some(span) => write!(f, ", retry after {}", Span(*span)),
                    None => Ok(()),
                }
            }
            Self::Drop(moment) => write!(f, "drop{moment}"),
            Self::Silence(moment) => write!(f, "silence{moment}"),
            Self::Delay(span) => write!(f, "delay {}", Span(*span)),
            Self::Cut => f.write_str("cut"),
            Self::Malformed => f.write_str("malformed"),
            Self::WrongType => f.write_str("wrong type"),
            Self::Empty => f.write_str("empty"),
            Self::Drip(span) => write!(f, "drip {}", Span(*span)),
            Self::PlacementFails => f.write_str("placement fails"),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BeforeEffect => Ok(()),
            Self::AfterEffect => f.write_str(" after effect"),
        }
    }
}

/// A span in the largest unit that keeps it whole.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        match millis {
            0 => f.write_str("0s"),
            _ if millis.is_multiple_of(3_600_000) => write!(f, "{}h", millis / 3_600_000),
            _ if millis.is_multiple_of(60_000) => write!(f, "{}m", millis / 60_000),
            _ if millis.is_multiple_of(1_000) => write!(f, "{}s", millis / 1_000),
            _ => write!(f, "{millis}ms"),
        }
    }
}
