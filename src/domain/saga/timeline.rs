//! When each step was doing what: the history of a saga as spans on one time axis.
//!
//! Pure, and derived from the entries alone, so a live saga, a resumed one and a remote picture of
//! one draw the same lanes.

use crate::domain::aggregate::{Entry, Fact};
use crate::domain::failure::Effect;
use crate::domain::saga::event::{EventKind, Order, StepEvent};
use crate::domain::saga::plan::{Direction, OnFailure, Plan};
use crate::domain::time::Timestamp;

/// The spans of one step, both directions, in the order they began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepTimeline {
    /// What it did, and when.
    pub spans: Vec<Span>,
}

impl StepTimeline {
    /// The spans of one direction.
    pub fn of(&self, direction: Direction) -> impl Iterator<Item = &Span> {
        self.spans.iter().filter(move |span| span.direction == direction)
    }
}

/// A stretch of time in which a step did one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Doing or undoing.
    pub direction: Direction,
    /// What.
    pub kind: SpanKind,
    /// Since when.
    pub from: Timestamp,
    /// How it ended, and when; `None` while it goes on.
    pub end: Option<(Timestamp, SpanEnd)>,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpanKind {
    /// A call was under way.
    Attempt,
    /// It said that it is not done yet, and waited to be asked again.
    Wait,
    /// An attempt had failed, and it waited for the next one.
    BackOff,
}

/// How a span ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpanEnd {
    /// The next span follows.
    GoesOn,
    /// The step succeeded.
    Succeeded,
    /// The step gave up, and certainly changed nothing by that.
    Failed,
    /// The step gave up, or was cut short, and nobody knows whether it took effect.
    Unknown,
    /// The saga turned round while the step waited.
    CutShort,
}

/// The spans of every step, in the order of the plan.
pub fn timeline(plan: &Plan, entries: &[Entry]) -> Vec<StepTimeline> {
    let mut steps = vec![StepTimeline::default(); plan.steps().len()];
    for entry in entries {
        let Fact::Saga(kind) = &entry.fact else { continue };
        match kind {
            EventKind::Step { step, direction, event } => {
                let Some(position) = plan.position(step) else { continue };
                advance(&mut steps[position], *direction, event, entry.at);
                let turns_round = *direction == Direction::Forward
                    && plan.on_failure() == OnFailure::Rollback
                    && matches!(event, StepEvent::Failed { .. });
                if turns_round {
                    cut_waits_short(&mut steps, entry.at);
                }
            }
            EventKind::Ordered { order: Order::Cancel | Order::Rollback, .. } => {
                cut_waits_short(&mut steps, entry.at);
            }
            EventKind::Ordered {
                order:
                    Order::Hold
                    | Order::Resume
                    | Order::Retry
                    | Order::Take
                    | Order::Skip { .. }
                    | Order::Abandon { .. },
                ..
            }
            | EventKind::Checkpointed { .. }
            | EventKind::Restarted
            | EventKind::Completed
            | EventKind::RolledBack => {}
        }
    }
    steps
}

/// A time axis from which idle time is cut out: a deployment that served for a month between its
/// launch and its rollback shows both at a readable size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    busy: Vec<(Timestamp, Timestamp)>,
}

impl Axis {
    /// The axis of these lanes, up to `now` for what goes on.
    pub fn new(steps: &[StepTimeline], now: Timestamp) -> Self {
        let mut spans: Vec<_> = steps
            .iter()
            .flat_map(|step| &step.spans)
            .map(|span| (span.from, span.end.map_or(now.max(span.from), |(at, _)| at)))
            .collect();
        spans.sort_unstable();
        let mut busy: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (from, to) in spans {
            match busy.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                Some(_) | None => busy.push((from, to)),
            }
        }
        Self { busy }
    }

    /// Makes room for what is usual: up to this moment, if the axis ends in what goes on now.
    #[must_use]
    pub fn reaching(mut self, now: Timestamp, until: Timestamp) -> Self {
        if let Some((_, end)) = self.busy.last_mut().filter(|(_, end)| *end >= now) {
            *end = until.max(*end);
        }
        self
    }

    /// How much busy time lies before a moment, in milliseconds.
    pub fn offset(&self, moment: Timestamp) -> u64 {
        self.busy
            .iter()
            .map(|(from, to)| {
                let millis = (*to).min(moment).since(*from).as_millis();
                u64::try_from(millis).unwrap_or(u64::MAX)
            })
            .sum()
    }

    /// How much busy time there is in all, in milliseconds.
    pub fn length(&self) -> u64 {
        self.busy.last().map_or(0, |(_, to)| self.offset(*to))
    }
}

fn advance(step: &mut StepTimeline, direction: Direction, event: &StepEvent, at: Timestamp) {
    let (end, next) = match event {
        StepEvent::Started { .. } | StepEvent::Polled => (SpanEnd::GoesOn, Some(SpanKind::Attempt)),
        StepEvent::Waiting { .. } => (SpanEnd::GoesOn, Some(SpanKind::Wait)),
        StepEvent::RetryScheduled { .. } => (SpanEnd::GoesOn, Some(SpanKind::BackOff)),
        StepEvent::Interrupted => (SpanEnd::Unknown, Some(SpanKind::BackOff)),
        StepEvent::Succeeded { .. } => (SpanEnd::Succeeded, None),
        StepEvent::Failed { failure } if failure.code.is_refusal() => (SpanEnd::Failed, None),
        StepEvent::Failed { failure } => match failure.effect {
            Effect::None => (SpanEnd::Failed, None),
            Effect::Unknown => (SpanEnd::Unknown, None),
        },
    };
    close(step, direction, at, end);
    if let Some(kind) = next {
        step.spans.push(Span { direction, kind, from: at, end: None });
    }
}

fn close(step: &mut StepTimeline, direction: Direction, at: Timestamp, end: SpanEnd) {
    let open = |span: &&mut Span| span.direction == direction && span.end.is_none();
    if let Some(span) = step.spans.iter_mut().rev().find(open) {
        span.end = Some((at, end));
    }
}

/// Turning round ends every wait on the way forward; a call under way is left to answer.
fn cut_waits_short(steps: &mut [StepTimeline], at: Timestamp) {
    for span in steps.iter_mut().flat_map(|step| &mut step.spans) {
        if span.direction == Direction::Forward
            && span.end.is_none()
            && span.kind != SpanKind::Attempt
        {
            span.end = Some((at, SpanEnd::CutShort));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::*;
    use crate::domain::deployment::Actor;
    use crate::domain::failure::{Failure, FailureCode};
    use crate::domain::id::CommandId;
    use crate::domain::saga::plan::{Patience, PlanStep};
    use crate::domain::saga::retry::RetryPolicy;

    fn plan() -> Plan {
        let patience = Patience {
            timeout: Duration::from_secs(1),
            deadline: Duration::from_mins(1),
            retry: RetryPolicy {
                tries: NonZeroU32::new(3).unwrap(),
                base: Duration::from_secs(1),
                cap: Duration::from_secs(1),
            },
        };
        let step = |name: &str| PlanStep {
            name: name.into(),
            version: 1,
            needs: Vec::new(),
            forward: patience.clone(),
            undo: Some(patience.clone()),
        };
        Plan::new(vec![step("make"), step("link")], OnFailure::Rollback).unwrap()
    }

    fn entries(facts: Vec<(i64, EventKind)>) -> Vec<Entry> {
        (1..)
            .zip(facts)
            .map(|(seq, (at, kind))| Entry {
                seq,
                at: Timestamp::from_millis(at),
                fact: Fact::Saga(kind),
            })
            .collect()
    }

    fn forward(step: &str, event: StepEvent) -> EventKind {
        EventKind::Step { step: step.into(), direction: Direction::Forward, event }
    }

    fn no() -> Failure {
        Failure::without_effect(FailureCode::Invalid, "no")
    }

    type Shape = (SpanKind, i64, Option<(i64, SpanEnd)>);

    fn shape(step: &StepTimeline) -> Vec<Shape> {
        let millis = Timestamp::as_millis;
        step.spans
            .iter()
            .map(|span| (span.kind, millis(span.from), span.end.map(|(at, end)| (millis(at), end))))
            .collect()
    }

    #[test]
    fn attempts_waits_and_back_offs_follow_each_other_without_a_gap() {
        let at = Timestamp::from_millis(30);
        let entries = entries(vec![
            (0, forward("make", StepEvent::Started { attempt: 1 })),
            (10, forward("make", StepEvent::RetryScheduled { failure: no(), at })),
            (30, forward("make", StepEvent::Started { attempt: 2 })),
            (40, forward("make", StepEvent::Waiting { until: at, note: "new".to_owned() })),
            (50, forward("make", StepEvent::Polled)),
            (60, forward("make", StepEvent::Succeeded { output: serde_json::Value::Null })),
        ]);
        let on = |at| Some((at, SpanEnd::GoesOn));
        assert_eq!(
            shape(&timeline(&plan(), &entries)[0]),
            [
                (SpanKind::Attempt, 0, on(10)),
                (SpanKind::BackOff, 10, on(30)),
                (SpanKind::Attempt, 30, on(40)),
                (SpanKind::Wait, 40, on(50)),
                (SpanKind::Attempt, 50, Some((60, SpanEnd::Succeeded))),
            ]
        );
    }

    #[test]
    fn an_order_to_cancel_cuts_a_wait_short_and_lets_a_call_answer() {
        let at = Timestamp::from_millis(99);
        let entries = entries(vec![
            (0, forward("make", StepEvent::Started { attempt: 1 })),
            (1, forward("link", StepEvent::Started { attempt: 1 })),
            (5, forward("make", StepEvent::Waiting { until: at, note: String::new() })),
            (
                7,
                EventKind::Ordered {
                    command: CommandId::from_u128(1),
                    by: Actor::Operator("ana".to_owned()),
                    order: Order::Cancel,
                },
            ),
        ]);
        let lanes = timeline(&plan(), &entries);
        assert_eq!(shape(&lanes[0])[1], (SpanKind::Wait, 5, Some((7, SpanEnd::CutShort))));
        assert_eq!(shape(&lanes[1]), [(SpanKind::Attempt, 1, None)]);
    }

    #[test]
    fn an_unknown_outcome_is_kept_apart_from_a_failure() {
        let lost = Failure::with_unknown_effect(FailureCode::Disconnected, "lost");
        let entries = entries(vec![
            (0, forward("make", StepEvent::Started { attempt: 1 })),
            (4, forward("make", StepEvent::Interrupted)),
            (5, forward("make", StepEvent::Started { attempt: 2 })),
            (6, forward("make", StepEvent::Failed { failure: lost })),
            (7, forward("link", StepEvent::Started { attempt: 1 })),
            (8, forward("link", StepEvent::Failed { failure: no() })),
        ]);
        let lanes = timeline(&plan(), &entries);
        let ends = |step: &StepTimeline| -> Vec<_> {
            step.spans.iter().filter_map(|span| span.end.map(|(_, end)| end)).collect()
        };
        assert_eq!(ends(&lanes[0]), [SpanEnd::Unknown, SpanEnd::GoesOn, SpanEnd::Unknown]);
        assert_eq!(ends(&lanes[1]), [SpanEnd::Failed]);
    }

    #[test]
    fn idle_time_is_cut_out_of_the_axis() {
        let span = |from, to| Span {
            direction: Direction::Forward,
            kind: SpanKind::Attempt,
            from: Timestamp::from_millis(from),
            end: Some((Timestamp::from_millis(to), SpanEnd::GoesOn)),
        };
        let steps =
            [StepTimeline { spans: vec![span(100, 150), span(150, 200), span(9_000, 9_100)] }];
        let axis = Axis::new(&steps, Timestamp::from_millis(9_100));
        let offset = |millis| axis.offset(Timestamp::from_millis(millis));
        assert_eq!(axis.length(), 200);
        assert_eq!([offset(0), offset(150), offset(5_000), offset(9_050)], [0, 50, 100, 150]);
    }
}
