//! A line of the audit: who did what to which deployment, and why.

use std::sync::Arc;

use crate::domain::aggregate::{Entry, Fact};
use crate::domain::deployment::Actor;
use crate::domain::failure::FailureCode;
use crate::domain::saga::event::{EventKind, StepEvent};
use crate::domain::saga::plan::Direction;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::tui::model::query::{Candidate, Field, starts};
use crate::tui::telling;

/// Who acts when no person does.
const PROGRAM: &str = "arcadia";

/// A line of the audit.
#[derive(Debug, Clone)]
pub struct Line {
    /// Whose history it is from.
    pub owner: Arc<Owner>,
    /// When.
    pub at: Timestamp,
    /// What it is about.
    pub kind: Kind,
    /// Who: an operator's name, a token's, or the program itself.
    pub who: String,
    /// What, with the reason.
    pub words: String,
}

/// The deployment that something happened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its name: `tenant/slug`.
    pub name: String,
    tenant: String,
    region: String,
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A person wanted something.
    Order,
    /// A step failed for good, or its undo gave up.
    Failed,
    /// A try failed, and another one follows.
    Retry,
    /// A step came to its end.
    Step,
    /// A deployment or its saga changed its state.
    State,
    /// The inventory changed.
    Inventory,
}

impl Kind {
    /// The word that the filter takes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Failed => "failed",
            Self::Retry => "retry",
            Self::Step => "step",
            Self::State => "state",
            Self::Inventory => "inventory",
        }
    }
}

impl Owner {
    /// The deployment of a row.
    pub fn of(row: &Summary) -> Self {
        Self { name: row.name(), tenant: row.tenant.clone(), region: row.region.clone() }
    }
}

impl Line {
    /// The line of an entry. That a step begins, waits, asks again or saves something is no event.
    pub fn of(owner: &Arc<Owner>, launched_at: Timestamp, entry: &Entry) -> Option<Self> {
        let (kind, who) = kind_and_actor(&entry.fact)?;
        Some(Self {
            owner: Arc::clone(owner),
            at: entry.at,
            kind,
            who: match who {
                Some(Actor::Operator(name)) => name.clone(),
                Some(token @ Actor::Api(_)) => token.to_string(),
                Some(Actor::Saga(_)) | None => PROGRAM.to_owned(),
            },
            words: telling::of(launched_at, entry),
        })
    }
}

fn kind_and_actor(fact: &Fact) -> Option<(Kind, Option<&Actor>)> {
    Some(match fact {
        Fact::Launched(launch) => (Kind::Order, Some(&launch.by)),
        Fact::Saga(EventKind::Ordered { by, .. }) => (Kind::Order, Some(by)),
        Fact::Saga(EventKind::Step { direction, event, .. }) => (of_step(*direction, event)?, None),
        Fact::Saga(EventKind::Checkpointed { .. } | EventKind::Restarted) => return None,
        Fact::Saga(EventKind::Completed | EventKind::RolledBack) => (Kind::State, None),
        Fact::Deployment(transition) => (Kind::State, Some(&transition.actor)),
        Fact::Resource(_) => (Kind::Inventory, None),
    })
}

fn of_step(direction: Direction, event: &StepEvent) -> Option<Kind> {
    Some(match event {
        StepEvent::Started { .. } | StepEvent::Waiting { .. } | StepEvent::Polled => return None,
        StepEvent::RetryScheduled { .. } | StepEvent::Interrupted => Kind::Retry,
        StepEvent::Succeeded { .. } => Kind::Step,
        StepEvent::Failed { failure } => match (direction, failure.code) {
            // An order cut it short.
            (Direction::Forward, FailureCode::Cancelled) => Kind::Step,
            (Direction::Forward | Direction::Undo, _) => Kind::Failed,
        },
    })
}

impl Candidate for Line {
    fn has(&self, field: Field, lower: &str) -> bool {
        match field {
            Field::Who => starts(&self.who, lower),
            Field::Kind => starts(self.kind.as_str(), lower),
            Field::Tenant => starts(&self.owner.tenant, lower),
            Field::Region => starts(&self.owner.region, lower),
            Field::State | Field::Step => false,
        }
    }

    fn since(&self) -> Timestamp {
        self.at
    }

    fn write_name(&self, name: &mut String) {
        name.push_str(&self.owner.name);
    }

    fn answers_to(&self, lower: &str) -> bool {
        self.has(Field::Who, lower)
            || self.has(Field::Kind, lower)
            || self.words.to_lowercase().contains(lower)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::failure::Failure;
    use crate::domain::id::CommandId;
    use crate::domain::saga::event::Order;

    fn line(kind: EventKind) -> Line {
        let owner = Owner { name: "acme/web".into(), tenant: "acme".into(), region: "syd1".into() };
        let at = Timestamp::from_millis(9);
        let entry = Entry { seq: 1, at, fact: Fact::Saga(kind) };
        Line::of(&Arc::new(owner), at, &entry).expect("it has a line")
    }

    fn step(direction: Direction, event: StepEvent) -> Line {
        line(EventKind::Step { step: "create_droplet".into(), direction, event })
    }

    fn fails(direction: Direction, code: FailureCode) -> Line {
        let failure = Failure::without_effect(code, "GET /v2 said No");
        step(direction, StepEvent::Failed { failure })
    }

    #[test]
    fn what_an_order_cut_short_did_not_fail() {
        let cancelled = |direction| fails(direction, FailureCode::Cancelled).kind;
        assert_eq!(cancelled(Direction::Forward), Kind::Step);
        assert_eq!(cancelled(Direction::Undo), Kind::Failed);
        assert_eq!(fails(Direction::Forward, FailureCode::Conflict).kind, Kind::Failed);
        assert_eq!(step(Direction::Forward, StepEvent::Interrupted).kind, Kind::Retry);
    }

    #[test]
    fn who_acted_is_a_person_a_token_or_the_program() {
        let orders = |by| {
            line(EventKind::Ordered { command: CommandId::from_u128(1), by, order: Order::Cancel })
        };
        assert_eq!(orders(Actor::Operator("ana".to_owned())).who, "ana");
        assert_eq!(orders(Actor::Api("ci".to_owned())).who, "api:ci");
        assert_eq!(fails(Direction::Undo, FailureCode::Conflict).who, PROGRAM);
    }

    #[test]
    fn words_are_found_however_they_are_written() {
        let line = fails(Direction::Undo, FailureCode::Conflict);
        assert!(
            ["get /v2", "said no", "failed", "arcadia"].iter().all(|word| line.answers_to(word))
        );
        assert!(!line.answers_to("acme"), "names are looked for elsewhere");
    }
}
