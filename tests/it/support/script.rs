//! Steps that do what a test says, and tell what was asked of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arcadia::domain::failure::{Failure, FailureCode};
use arcadia::domain::saga::plan::Direction;
use arcadia::steps::{Progress, Registry, Step, StepContext, StepError};
use async_trait::async_trait;
use serde_json::Value;

/// The names that [`crate::support::plans`] gives to steps.
const NAMES: [&str; 4] = ["s0", "s1", "s2", "s3"];

/// What one call of a step does.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answers at once.
    Done,
    /// Answers after a while.
    DoneAfter(Duration),
    /// Saves a checkpoint after a while, answers what was kept, and keeps trying if it was not.
    SaveAfter(Duration, Value),
    /// Says that it may work later, and that this took no effect.
    Busy,
    /// Panics.
    Panic,
    /// Never answers.
    Never,
}

/// What the steps of a test do: what is not said is done at once.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Inner>);

#[derive(Default)]
struct Inner {
    acts: Mutex<BTreeMap<(&'static str, Direction), VecDeque<Act>>>,
    calls: Mutex<Vec<String>>,
}

impl Script {
    /// Says what the next calls of a step do, one after the other.
    pub(crate) fn on(
        &self,
        step: &'static str,
        direction: Direction,
        acts: impl IntoIterator<Item = Act>,
    ) {
        let mut all = self.0.acts.lock().unwrap();
        all.entry((step, direction)).or_default().extend(acts);
    }

    /// The calls that began, in order: `do s0 1` is the first attempt of the first step.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.0.calls.lock().unwrap().clone()
    }

    /// The steps.
    pub(crate) fn registry(&self) -> Registry {
        Registry::of(
            NAMES.map(|name| Arc::new(Scripted { name, script: self.clone() }) as Arc<dyn Step>),
        )
    }

    async fn play(
        &self,
        name: &'static str,
        direction: Direction,
        ctx: &StepContext,
    ) -> Result<Progress, StepError> {
        let position = ctx.past.plan.position(&ctx.step).unwrap();
        let attempt = ctx.past.state.steps[position].lane(direction).attempt;
        self.0.calls.lock().unwrap().push(format!("{direction} {name} {attempt}"));
        let act = self
            .0
            .acts
            .lock()
            .unwrap()
            .get_mut(&(name, direction))
            .and_then(VecDeque::pop_front)
            .unwrap_or(Act::Done);
        match act {
            Act::Done => Ok(Progress::noted("done")),
            Act::DoneAfter(wait) => {
                tokio::time::sleep(wait).await;
                Ok(Progress::noted("done"))
            }
            Act::SaveAfter(wait, value) => {
                tokio::time::sleep(wait).await;
                Ok(Progress::Done(ctx.checkpoint("found", value).await?))
            }
            Act::Busy => Err(StepError::Retryable {
                failure: Failure::without_effect(FailureCode::Unavailable, "busy"),
                after: None,
            }),
            Act::Panic => panic!("the step is out of its mind"),
            Act::Never => std::future::pending().await,
        }
    }
}

struct Scripted {
    name: &'static str,
    script: Script,
}

#[async_trait]
impl Step for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        self.script.play(self.name, Direction::Forward, ctx).await
    }

    async fn compensate(
        &self,
        ctx: &StepContext,
        _output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        self.script.play(self.name, Direction::Undo, ctx).await
    }
}
