//! What is typed to filter the list: words, and terms such as `state:active` or `age>1h`. All of them
//! must hold; a `-` before one turns it round.

use std::time::Duration;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::config::parse_span;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::tui::format;

const DAY: Duration = Duration::from_hours(24);

/// What is typed to filter the list, understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    terms: Vec<Term>,
    problem: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    wanted: Wanted,
    sense: Sense,
}

/// Whether a term must hold or must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Holds,
    Fails,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// The standing's word, or the deployment's state, begins so.
    State(String),
    /// The tenant begins so.
    Tenant(String),
    /// The region begins so.
    Region(String),
    /// The name of the step that matters now has it.
    Step(String),
    /// It was launched longer ago than this.
    Older(Duration),
    /// It was launched less long ago than this.
    Younger(Duration),
    /// Its letters stand in the name, in this order; or it stands in the state or the region as it is.
    Word { lower: String, atom: Box<Atom> },
}

impl Query {
    /// Understands what was typed. What is wrong with a term is told, and the term is left out.
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        for word in text.split_whitespace() {
            let (sense, rest) = match word.strip_prefix('-') {
                Some(rest) if !rest.is_empty() => (Sense::Fails, rest),
                Some(_) | None => (Sense::Holds, word),
            };
            match wanted(rest) {
                Ok(Some(wanted)) => query.terms.push(Term { wanted, sense }),
                Ok(None) => {}
                Err(problem) => query.problem = Some(problem),
            }
        }
        query
    }

    /// What is wrong with it, if anything.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// Asks many rows in turn; what that needs is made once.
pub struct Sieve<'q> {
    query: &'q Query,
    now: Timestamp,
    matcher: Matcher,
    name: String,
    buffer: Vec<char>,
}

impl<'q> Sieve<'q> {
    /// A sieve for this moment.
    pub fn new(query: &'q Query, now: Timestamp) -> Self {
        let mut config = Config::DEFAULT;
        config.ignore_case = true;
        let matcher = Matcher::new(config);
        Self { query, now, matcher, name: String::new(), buffer: Vec::new() }
    }

    /// Whether a row comes through.
    pub fn lets_through(&mut self, row: &Summary) -> bool {
        let Self { query, now, matcher, name, buffer } = self;
        query.terms.iter().all(|term| {
            let holds = match &term.wanted {
                Wanted::State(word) => has_state(row, word),
                Wanted::Tenant(start) => starts(&row.tenant, start),
                Wanted::Region(start) => starts(&row.region, start),
                Wanted::Step(part) => at_step(row, part),
                Wanted::Older(span) => now.since(row.launched_at) > *span,
                Wanted::Younger(span) => now.since(row.launched_at) < *span,
                Wanted::Word { lower, atom } => {
                    name.clear();
                    name.push_str(&row.tenant);
                    name.push('/');
                    name.push_str(&row.slug);
                    buffer.clear();
                    atom.score(Utf32Str::new(name, buffer), matcher).is_some()
                        || has_state(row, lower)
                        || starts(&row.region, lower)
                }
            };
            holds == (term.sense == Sense::Holds)
        })
    }
}

/// What one word asks for; nothing while it is still being typed.
fn wanted(word: &str) -> Result<Option<Wanted>, String> {
    for (name, term) in [
        ("state", Wanted::State as fn(String) -> Wanted),
        ("tenant", Wanted::Tenant),
        ("region", Wanted::Region),
        ("step", Wanted::Step),
    ] {
        if let Some(value) = word.strip_prefix(name).and_then(|rest| rest.strip_prefix(':')) {
            let value = value.to_lowercase();
            return Ok((!value.is_empty()).then(|| term(value)));
        }
    }
    for (sign, term) in
        [("age>", Wanted::Older as fn(Duration) -> Wanted), ("age<", Wanted::Younger)]
    {
        if let Some(value) = word.strip_prefix(sign) {
            if value.is_empty() {
                return Ok(None);
            }
            let span =
                span(value).ok_or_else(|| format!("`{value}` is no age such as 30m or 2d"))?;
            return Ok(Some(term(span)));
        }
    }
    if let Some((name, _)) = word.split_once(':') {
        return Err(format!("there is no `{name}:`; state, tenant, region, step, age> and age<"));
    }
    let (case, normal) = (CaseMatching::Ignore, Normalization::Smart);
    let atom = Box::new(Atom::new(word, case, normal, AtomKind::Fuzzy, false));
    Ok(Some(Wanted::Word { lower: word.to_lowercase(), atom }))
}

fn span(text: &str) -> Option<Duration> {
    match text.strip_suffix('d') {
        Some(days) => DAY.checked_mul(days.parse().ok()?),
        None => parse_span(text).ok(),
    }
}

/// Whether the words of its state begin so: the shell's `rolling_back`, the screen's `rolling back`, and
/// the deployment's own state.
fn has_state(row: &Summary, word: &str) -> bool {
    let standing = row.standing.as_str();
    starts(standing, word)
        || standing.split('_').any(|part| starts(part, word))
        || starts(row.state.as_str(), word)
}

fn at_step(row: &Summary, part: &str) -> bool {
    row.focus.as_ref().is_some_and(|focus| {
        focus.step.as_str().contains(part)
            || format::step(&focus.step).to_lowercase().contains(part)
    })
}

fn starts(text: &str, lower: &str) -> bool {
    text.get(..lower.len()).is_some_and(|start| start.eq_ignore_ascii_case(lower))
}
