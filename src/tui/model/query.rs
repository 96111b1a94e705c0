//! What is typed to filter the list: words, and terms such as `state:active` or `age>1h`. All of them
//! must hold; a `-` before one turns it round.

use std::time::Duration;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::config::parse_span;
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;
use crate::tui::format;

const DAY: Duration = Duration::from_hours(24);

/// What the term `<name>:<value>` asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// How it stands.
    State,
    /// Whom it is for.
    Tenant,
    /// Where it is.
    Region,
    /// The step that matters now.
    Step,
    /// What it is.
    Kind,
    /// Who did it.
    Who,
}

impl Field {
    const ALL: [Self; 6] =
        [Self::State, Self::Tenant, Self::Region, Self::Step, Self::Kind, Self::Who];

    /// What stands before the colon.
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Tenant => "tenant",
            Self::Region => "region",
            Self::Step => "step",
            Self::Kind => "kind",
            Self::Who => "who",
        }
    }
}

/// What can be asked about, for each thing that is filtered.
pub mod fields {
    use super::Field;

    /// Of a deployment.
    pub const DEPLOYMENT: &[Field] = &[Field::State, Field::Tenant, Field::Region, Field::Step];
    /// Of what a deployment has at the provider.
    pub const HOLDING: &[Field] = &[Field::State, Field::Tenant, Field::Region, Field::Kind];
    /// Of what happened.
    pub const EVENT: &[Field] = &[Field::Who, Field::Kind, Field::Tenant, Field::Region];
}

/// Something that is let through or not.
pub trait Candidate {
    /// Whether the field is as this word in lower case asks.
    fn has(&self, field: Field, lower: &str) -> bool;

    /// The same to the letter, where a field holds a name.
    fn is(&self, field: Field, lower: &str) -> bool {
        self.has(field, lower)
    }

    /// Since when it is there: what `age>` and `age<` ask about.
    fn since(&self) -> Timestamp;

    /// Writes its name, in which a word's letters are looked for.
    fn write_name(&self, name: &mut String);

    /// Whether a word that is no part of the name is meant for it all the same.
    fn answers_to(&self, lower: &str) -> bool;
}

impl Candidate for Summary {
    fn has(&self, field: Field, lower: &str) -> bool {
        match field {
            Field::State => has_state(self, lower) || starts(set(self.standing), lower),
            Field::Tenant => starts(&self.tenant, lower),
            Field::Region => starts(&self.region, lower),
            Field::Step => at_step(self, lower),
            Field::Kind | Field::Who => false,
        }
    }

    fn is(&self, field: Field, lower: &str) -> bool {
        match field {
            Field::Tenant => self.tenant.eq_ignore_ascii_case(lower),
            Field::Region => self.region.eq_ignore_ascii_case(lower),
            Field::State | Field::Step | Field::Kind | Field::Who => self.has(field, lower),
        }
    }

    fn since(&self) -> Timestamp {
        self.launched_at
    }

    fn write_name(&self, name: &mut String) {
        name.push_str(&self.tenant);
        name.push('/');
        name.push_str(&self.slug);
    }

    fn answers_to(&self, lower: &str) -> bool {
        has_state(self, lower) || starts(&self.region, lower)
    }
}

/// A deployment whose saga stands still because of the journal: whatever it was doing, it needs a person.
pub struct StandsStill<'r>(pub &'r Summary);

impl Candidate for StandsStill<'_> {
    fn has(&self, field: Field, lower: &str) -> bool {
        match field {
            Field::State => is_called(Standing::NeedsYou, lower),
            Field::Tenant | Field::Region | Field::Step | Field::Kind | Field::Who => {
                self.0.has(field, lower)
            }
        }
    }

    fn since(&self) -> Timestamp {
        self.0.since()
    }

    fn write_name(&self, name: &mut String) {
        self.0.write_name(name);
    }

    fn answers_to(&self, lower: &str) -> bool {
        is_called(Standing::NeedsYou, lower) || self.0.answers_to(lower)
    }
}

/// What is typed to filter the list, understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    terms: Vec<Term>,
    wording: Wording,
    problem: Option<String>,
}

/// How much of a word has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Wording {
    /// As much as was typed so far.
    #[default]
    Begun,
    /// All of it.
    Exact,
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
    /// The field is so.
    Is(Field, String),
    /// It has been there for longer than this.
    Older(Duration),
    /// It has been there for less long than this.
    Younger(Duration),
    /// Its letters stand in the name, in this order; or it answers to the word as it is.
    Word { lower: String, atom: Box<Atom> },
}

impl Query {
    /// Understands what was typed to filter what has these fields. What is wrong with a term is told,
    /// and the term is left out.
    pub fn parse(text: &str, fields: &[Field]) -> Self {
        let mut query = Self::default();
        for word in text.split_whitespace() {
            let (sense, rest) = match word.strip_prefix('-') {
                Some(rest) if !rest.is_empty() => (Sense::Fails, rest),
                Some(_) | None => (Sense::Holds, word),
            };
            match wanted(rest, fields) {
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

    /// Whether time alone changes what it lets through.
    pub fn asks_age(&self) -> bool {
        let is_age = |term: &Term| match term.wanted {
            Wanted::Older(_) | Wanted::Younger(_) => true,
            Wanted::Is(..) | Wanted::Word { .. } => false,
        };
        self.terms.iter().any(is_age)
    }

    /// The same, meant to the letter: a tenant or a region is that one and no other that begins so, and a
    /// word stands in the name as it is. For what is acted upon without a look at each.
    #[must_use]
    pub fn to_the_letter(mut self) -> Self {
        self.wording = Wording::Exact;
        self
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

    /// Whether it comes through.
    pub fn lets_through(&mut self, candidate: &impl Candidate) -> bool {
        let Self { query, now, matcher, name, buffer } = self;
        query.terms.iter().all(|term| {
            let holds = match &term.wanted {
                Wanted::Is(field, lower) => match query.wording {
                    Wording::Begun => candidate.has(*field, lower),
                    Wording::Exact => candidate.is(*field, lower),
                },
                Wanted::Older(span) => now.since(candidate.since()) > *span,
                Wanted::Younger(span) => now.since(candidate.since()) < *span,
                Wanted::Word { lower, atom } => {
                    name.clear();
                    candidate.write_name(name);
                    if query.wording == Wording::Exact {
                        return (name.to_lowercase().contains(lower)
                            || candidate.answers_to(lower))
                            == (term.sense == Sense::Holds);
                    }
                    buffer.clear();
                    atom.score(Utf32Str::new(name, buffer), matcher).is_some()
                        || candidate.answers_to(lower)
                }
            };
            holds == (term.sense == Sense::Holds)
        })
    }
}

/// What one word asks for; nothing while it is still being typed.
fn wanted(word: &str, fields: &[Field]) -> Result<Option<Wanted>, String> {
    if let Some((name, value)) = word.split_once(':') {
        let field = Field::ALL.into_iter().find(|field| field.name() == name);
        let Some(field) = field.filter(|field| fields.contains(field)) else {
            let names: Vec<_> = fields.iter().map(|field| field.name()).collect();
            return Err(format!("there is no `{name}:`; {}, age> and age<", names.join(", ")));
        };
        let value = value.to_lowercase();
        return Ok((!value.is_empty()).then_some(Wanted::Is(field, value)));
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
    is_called(row.standing, word) || starts(row.state.as_str(), word)
}

fn is_called(standing: Standing, word: &str) -> bool {
    let standing = standing.as_str();
    starts(standing, word) || standing.split('_').any(|part| starts(part, word))
}

/// What `state:` calls several standings together; nothing for one that has a word for itself.
fn set(standing: Standing) -> &'static str {
    match standing {
        Standing::Running | Standing::RollingBack | Standing::Held => "moving",
        Standing::Failed | Standing::Cancelled | Standing::RolledBack | Standing::Abandoned => {
            "ended"
        }
        Standing::NeedsYou | Standing::Active => "",
    }
}

fn at_step(row: &Summary, part: &str) -> bool {
    row.focus.as_ref().is_some_and(|focus| {
        focus.step.as_str().contains(part)
            || format::step(&focus.step).to_lowercase().contains(part)
    })
}

/// Whether a text begins so, whatever its case.
pub(super) fn starts(text: &str, lower: &str) -> bool {
    text.get(..lower.len()).is_some_and(|start| start.eq_ignore_ascii_case(lower))
}

/// Whether a name, which has ASCII letters only as the provider takes no others, holds this, whatever its case.
pub(super) fn contains(name: &str, lower: &str) -> bool {
    let (name, lower) = (name.as_bytes(), lower.as_bytes());
    lower.is_empty() || name.windows(lower.len()).any(|part| part.eq_ignore_ascii_case(lower))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A deployment, by tenant and slug.
    struct Named(&'static str, &'static str);

    impl Candidate for Named {
        fn has(&self, field: Field, lower: &str) -> bool {
            field == Field::Tenant && starts(self.0, lower)
        }

        fn is(&self, field: Field, lower: &str) -> bool {
            field == Field::Tenant && self.0 == lower
        }

        fn since(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }

        fn write_name(&self, name: &mut String) {
            name.push_str(self.0);
            name.push('/');
            name.push_str(self.1);
        }

        fn answers_to(&self, _lower: &str) -> bool {
            false
        }
    }

    #[test]
    fn what_is_meant_to_the_letter_means_no_neighbour() {
        let all =
            [Named("acme", "web"), Named("acme-staging", "web"), Named("acme", "worker-blue")];
        let through = |query: &Query| {
            let mut sieve = Sieve::new(query, Timestamp::from_millis(0));
            all.each_ref().map(|named| sieve.lets_through(named))
        };
        let tenant = Query::parse("tenant:acme", fields::DEPLOYMENT);
        assert_eq!(through(&tenant), [true, true, true]);
        assert_eq!(through(&tenant.to_the_letter()), [true, false, true]);
        let word = Query::parse("web", fields::DEPLOYMENT);
        assert_eq!(through(&word), [true, true, true]);
        assert_eq!(through(&word.to_the_letter()), [true, true, false]);
        let not = Query::parse("-web", fields::DEPLOYMENT).to_the_letter();
        assert_eq!(through(&not), [false, false, true]);
    }
}
