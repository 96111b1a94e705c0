//! The compact form of a rule, read. What is refused is refused with what would be accepted.

use std::time::Duration;

use crate::simulator::faults::pattern::Pattern;
use crate::simulator::faults::rule::{Fault, FaultRule, Moment, When};

/// A text that is not a rule: what is wrong, where, and what is allowed there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not {wanted} in the fault rule `{rule}`: {allowed}")]
pub struct ParseFaultError {
    rule: String,
    found: String,
    wanted: &'static str,
    allowed: &'static str,
}

impl ParseFaultError {
    pub(super) fn pattern(method: &str, path: &str, allowed: &'static str) -> Self {
        let found = format!("{method} {path}");
        Self { rule: found.clone(), found, wanted: "a method and a path", allowed }
    }
}

const SHAPE: &str = "a rule reads `METHOD PATH: FAULT[, OPTION]...`, such as \
                     `POST /v2/droplets: 500 after effect, nth 1`";
const FAULTS: &str = "faults are a status such as `500` or `503 \"words\"`, `drop`, `silence` (these \
                      three also with `after effect`), `delay 3s`, `cut`, `malformed`, \
                      `wrong type`, `empty`, `drip 5s`, `placement fails`";
const OPTIONS: &str = "options are `every`, `nth 3`, `first 2`, `chance 0.1`, `times 5` and, with a \
                       status, `retry after 30s`";
const SPANS: &str = "a time is a whole number with `ms`, `s`, `m` or `h`, such as `500ms`";
const COUNTS: &str = "a count is a whole number from 1 on";

/// Reads a rule.
pub(super) fn rule(text: &str) -> Result<FaultRule, ParseFaultError> {
    let error = |found: &str, wanted, allowed| ParseFaultError {
        rule: text.to_owned(),
        found: found.trim().to_owned(),
        wanted,
        allowed,
    };
    // A colon may stand in a path (a tag has them), but never before a blank.
    let (target, consequence) =
        text.split_once(": ").ok_or_else(|| error(text, "a rule", SHAPE))?;
    let (method, path) = target
        .trim()
        .split_once(char::is_whitespace)
        .ok_or_else(|| error(target, "a method and a path", SHAPE))?;
    let pattern = Pattern::new(method, path.trim())
        .map_err(|allowed| error(target, "a method and a path", allowed))?;

    let mut parts = split_outside_quotes(consequence).into_iter();
    let first = parts.next().unwrap_or_default();
    let fault = fault(first).map_err(|(found, allowed)| error(found, "a fault", allowed))?;
    let mut rule = FaultRule { pattern, when: When::Every, times: None, fault };
    for part in parts {
        option(&mut rule, part).map_err(|(found, allowed)| error(found, "an option", allowed))?;
    }
    Ok(rule)
}

/// What was found, and what is allowed in its place.
type Wrong<'a> = (&'a str, &'static str);

fn fault(text: &str) -> Result<Fault, Wrong<'_>> {
    let text = text.trim();
    let (head, moment) = match text.strip_suffix("after effect") {
        Some(head) => (head.trim(), Moment::AfterEffect),
        None => (text, Moment::BeforeEffect),
    };
    let words: Vec<&str> = head.split_whitespace().collect();
    let plain = match words.as_slice() {
        ["drop"] => return Ok(Fault::Drop(moment)),
        ["silence"] => return Ok(Fault::Silence(moment)),
        [status, ..] if status.starts_with(|c: char| c.is_ascii_digit()) => {
            return answer(head, moment);
        }
        ["delay", by] => Fault::Delay(span(by)?),
        ["drip", over] => Fault::Drip(span(over)?),
        ["cut"] => Fault::Cut,
        ["malformed"] => Fault::Malformed,
        ["wrong", "type"] => Fault::WrongType,
        ["empty"] => Fault::Empty,
        ["placement", "fails"] => Fault::PlacementFails,
        _ => return Err((text, FAULTS)),
    };
    match moment {
        Moment::BeforeEffect => Ok(plain),
        Moment::AfterEffect => Err((text, FAULTS)),
    }
}

fn answer(text: &str, moment: Moment) -> Result<Fault, Wrong<'_>> {
    let (digits, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let status = digits.parse().ok().filter(|status| (200..=599).contains(status));
    let status = status.ok_or((digits, "a status is a number from 200 to 599"))?;
    let message = match rest.trim() {
        "" => None,
        words => {
            let inner = words.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let inner = inner.filter(|inner| !inner.contains('"'));
            Some(inner.ok_or((words, FAULTS))?.to_owned())
        }
    };
    Ok(Fault::Status { status, message, retry_after: None, moment })
}

fn option<'a>(rule: &mut FaultRule, text: &'a str) -> Result<(), Wrong<'a>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["every"] => rule.when = When::Every,
        ["nth", n] => rule.when = When::Nth(count(n)?),
        ["first", n] => rule.when = When::First(count(n)?),
        ["times", n] => rule.times = Some(count(n)?),
        ["chance", p] => {
            let probability = p.parse().ok().filter(|p| (0.0..=1.0).contains(p));
            let allowed = "a chance is a number from 0 to 1, such as `0.1`";
            rule.when = When::Chance(probability.ok_or((*p, allowed))?);
        }
        ["retry", "after", by] => match &mut rule.fault {
            Fault::Status { retry_after, .. } => *retry_after = Some(span(by)?),
            Fault::Drop(_)
            | Fault::Silence(_)
            | Fault::Delay(_)
            | Fault::Cut
            | Fault::Malformed
            | Fault::WrongType
            | Fault::Empty
            | Fault::Drip(_)
            | Fault::PlacementFails => return Err((text, OPTIONS)),
        },
        _ => return Err((text, OPTIONS)),
    }
    Ok(())
}

fn count(text: &str) -> Result<u32, Wrong<'_>> {
    text.parse().ok().filter(|n| *n > 0).ok_or((text, COUNTS))
}

fn span(text: &str) -> Result<Duration, Wrong<'_>> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or((text, SPANS))?;
    let (digits, unit) = text.split_at(unit_at);
    let number: u64 = digits.parse().map_err(|_| (text, SPANS))?;
    let millis = match unit {
        "ms" => Some(number),
        "s" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        _ => None,
    };
    millis.map(Duration::from_millis).ok_or((text, SPANS))
}

/// The parts between commas; a comma inside quotes separates nothing.
fn split_outside_quotes(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut quotes = 0;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quotes += 1,
            ',' if quotes % 2 == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
