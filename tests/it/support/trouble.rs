//! Trouble in the steps themselves: the provisioning steps, some of which fail, hang or dawdle until
//! a test repairs them. Like a cloud's, the trouble outlives the engine.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arcadia::domain::aggregate::Aggregate;
use arcadia::domain::failure::{Failure, FailureCode};
use arcadia::domain::saga::plan::{Direction, StepName};
use arcadia::domain::undo_preview::{Deed, Leftover};
use arcadia::simulator::faults::Moment;
use arcadia::steps::{Progress, Registry, Step, StepContext, StepError, StepSettings};
use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::watch;

use crate::support::plans::STEPS;
use crate::support::rig::Cloud;

/// What goes wrong whenever the step is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It fails for good.
    Fails(Moment),
    /// It fails, and may work later.
    Busy(Moment),
    /// Its call is under way, and is not answered.
    Hangs(Moment),
    /// It says that it is not done yet.
    Polls,
}

/// Which step has which trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) step: &'static str,
    pub(crate) direction: Direction,
    pub(crate) kind: Kind,
}

/// The trouble that there is.
#[derive(Clone)]
pub(crate) struct Troubles(Arc<Inner>);

struct Inner {
    armed: watch::Sender<Vec<Trouble>>,
    hanging: watch::Sender<Option<Trouble>>,
}

impl Troubles {
    pub(crate) fn new(armed: impl IntoIterator<Item = Trouble>) -> Self {
        Self(Arc::new(Inner {
            armed: watch::Sender::new(armed.into_iter().collect()),
            hanging: watch::Sender::new(None),
        }))
    }

    /// Ends all trouble: calls that hang go on.
    pub(crate) fn repair_all(&self) {
        self.0.armed.send_replace(Vec::new());
    }

    /// Ends this trouble.
    pub(crate) fn repair(&self, trouble: Trouble) {
        self.0.armed.send_modify(|armed| armed.retain(|other| *other != trouble));
    }

    /// The call that hangs, as it changes.
    pub(crate) fn hanging(&self) -> watch::Receiver<Option<Trouble>> {
        self.0.hanging.subscribe()
    }

    /// The provisioning steps with this trouble.
    pub(crate) fn registry(&self, cloud: &impl Cloud) -> Registry {
        let settings = StepSettings::default();
        let sound = Registry::provisioning(&cloud.compute(), &cloud.dns(), &settings);
        Registry::of(STEPS.map(|name| {
            let step = Arc::clone(sound.get(&StepName::new(name)).unwrap());
            Arc::new(Troubled { step, troubles: self.clone() }) as Arc<dyn Step>
        }))
    }

    fn of(&self, step: &str, direction: Direction) -> Option<Trouble> {
        let armed = self.0.armed.borrow();
        armed.iter().copied().find(|met| met.step == step && met.direction == direction)
    }

    async fn hang(&self, trouble: Trouble) {
        let _hangs = Hangs::begin(&self.0.hanging, trouble);
        let mut armed_rx = self.0.armed.subscribe();
        let repaired = armed_rx.wait_for(|armed| !armed.contains(&trouble)).await;
        repaired.expect("the sender lives in this value");
    }
}

/// A call hangs as long as this lives: to its repair, or to the death of the program.
struct Hangs<'a>(&'a watch::Sender<Option<Trouble>>);

impl<'a> Hangs<'a> {
    fn begin(hanging: &'a watch::Sender<Option<Trouble>>, trouble: Trouble) -> Self {
        hanging.send_replace(Some(trouble));
        Self(hanging)
    }
}

impl Drop for Hangs<'_> {
    fn drop(&mut self) {
        self.0.send_replace(None);
    }
}

/// A step that may be in trouble.
struct Troubled {
    step: Arc<dyn Step>,
    troubles: Troubles,
}

impl Troubled {
    async fn meet(
        &self,
        direction: Direction,
        work: impl Future<Output = Result<Progress, StepError>>,
    ) -> Result<Progress, StepError> {
        let Some(trouble) = self.troubles.of(self.step.name(), direction) else {
            return work.await;
        };
        let (code, message) = (FailureCode::Invalid, "broken on purpose");
        let unknown = || Failure::with_unknown_effect(code, message);
        match trouble.kind {
            Kind::Polls => {
                let (after, note) = (Duration::from_secs(5), "dawdling on purpose".to_owned());
                Ok(Progress::Pending { after, note })
            }
            Kind::Fails(Moment::BeforeEffect) => Err(StepError::terminal(code, message)),
            Kind::Busy(Moment::BeforeEffect) => Err(StepError::retryable(code, message)),
            Kind::Hangs(Moment::BeforeEffect) => {
                self.troubles.hang(trouble).await;
                work.await
            }
            Kind::Fails(Moment::AfterEffect)
            | Kind::Busy(Moment::AfterEffect)
            | Kind::Hangs(Moment::AfterEffect) => {
                let progress = work.await?;
                match (&progress, trouble.kind) {
                    (Progress::Pending { .. }, _) => Ok(progress),
                    (Progress::Done(_), Kind::Fails(_)) => {
                        Err(StepError::Terminal { failure: unknown() })
                    }
                    (Progress::Done(_), Kind::Busy(_)) => {
                        Err(StepError::Retryable { failure: unknown(), after: None })
                    }
                    (Progress::Done(_), Kind::Hangs(_) | Kind::Polls) => {
                        self.troubles.hang(trouble).await;
                        Ok(progress)
                    }
                }
            }
        }
    }
}

#[async_trait]
impl Step for Troubled {
    fn name(&self) -> &'static str {
        self.step.name()
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        self.meet(Direction::Forward, self.step.execute(ctx)).await
    }

    async fn compensate(
        &self,
        ctx: &StepContext,
        output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        self.meet(Direction::Undo, self.step.compensate(ctx, output)).await
    }

    fn undo_preview(&self, past: &Aggregate) -> Option<(String, Deed)> {
        self.step.undo_preview(past)
    }

    fn leftover(&self, past: &Aggregate) -> Option<Leftover> {
        self.step.leftover(past)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, moment) = match self {
            Self::Fails(moment) => ("failing", moment),
            Self::Busy(moment) => ("waiting to retry", moment),
            Self::Hangs(moment) => ("in flight", moment),
            Self::Polls => return f.write_str("polling"),
        };
        let moment = match moment {
            Moment::BeforeEffect => "before",
            Moment::AfterEffect => "after",
        };
        write!(f, "{words} {moment} its effect")
    }
}
