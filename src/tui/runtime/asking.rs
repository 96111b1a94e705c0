//! What is asked of the engine, and how its answer becomes a message.

use std::sync::Arc;

use crate::control::{Control, ControlError, LaunchRequest, OrderRequest};
use crate::domain::catalogue::offline;
use crate::domain::deployment::Actor;
use crate::domain::failure::with_causes;
use crate::domain::id::DeploymentId;
use crate::domain::log::LogPage;
use crate::tui::effect::Effect;
use crate::tui::incident::Incident;
use crate::tui::model::log::{CAPACITY, PAGE};
use crate::tui::model::plans::UndoPlan;
use crate::tui::msg::{LaunchRefusal, What};
use crate::tui::options::Options;
use crate::tui::runtime::Answer;

/// Asks, and brings the answer back.
pub(super) fn ask(
    control: Arc<dyn Control>,
    effect: Effect,
    options: &Options,
) -> impl Future<Output = Answer> + Send + 'static {
    let by = Actor::Operator(options.operator.clone());
    // The id is made here, once, so that whatever carries the order may send it twice.
    let command = options.ids.command();
    async move {
        match effect {
            Effect::Watch => Answer::Watching(control.watch().await.map_err(|error| told(&error))),
            Effect::AskHeartbeat => {
                let heartbeat = control.heartbeat().await;
                if let Err(error) = &heartbeat {
                    tracing::warn!(error = told(error), "the engine gave no sign of life");
                }
                Answer::Heartbeat(heartbeat.map_err(|error| told(&error)))
            }
            Effect::Drain => {
                let result = control.drain().await;
                Answer::Says(What::Drained(result.map_err(|error| told(&error))))
            }
            Effect::ReadUsual => {
                let usual = control.usual().await;
                if let Err(error) = &usual {
                    let error = told(error);
                    tracing::warn!(error, "how long steps usually take cannot be read");
                }
                Answer::Says(What::UsualRead(usual.ok()))
            }
            Effect::ReadCatalogue => {
                let catalogue = control
                    .catalogue()
                    .await
                    .unwrap_or_else(|error| Arc::new(offline::because(&told(&error).into())));
                Answer::Says(What::CatalogueRead(catalogue))
            }
            Effect::Show(deployment) => {
                let result = control.show(deployment).await;
                let result = result.map(Box::new).map_err(|error| told(&error));
                Answer::Says(What::Shown { deployment, result })
            }
            Effect::ReadLogs { deployment, page } => {
                let result = control.logs(deployment, page, PAGE).await;
                let result = result.map_err(|error| told(&error));
                Answer::Says(What::LogsRead { deployment, page, result })
            }
            Effect::ReadHoldings(deployments) => {
                let result = control.holdings(&deployments).await;
                Answer::Says(What::HoldingsRead(result.map_err(|error| told(&error))))
            }
            Effect::ReadHistories(deployments) => {
                let result = control.histories(&deployments).await;
                Answer::Says(What::HistoriesRead(result.map_err(|error| told(&error))))
            }
            Effect::ReadPlan { question, deployment } => {
                let result = control.show(deployment).await;
                let result = result.map(|detail| UndoPlan::from(&detail));
                let result = result.map_err(|error| told(&error));
                Answer::Says(What::PlanRead { question, deployment, result })
            }
            Effect::Order { deployment, order } => {
                let verb = order.verb();
                let request = OrderRequest { deployment, command, order, by };
                let result = control.order(request).await.map_err(|error| told(&error));
                Answer::Says(What::Ordered { deployment, verb, result })
            }
            Effect::Launch { spec, on_failure } => {
                let slug = spec.slug.clone();
                let request = LaunchRequest { spec: *spec, on_failure, by };
                let result = control.launch(request).await.map_err(refusal);
                Answer::Says(What::Launched { slug, result })
            }
            Effect::Plan { spec, on_failure } => {
                Answer::Says(What::Planned(control.plan(&spec, on_failure)))
            }
            Effect::Export(_)
            | Effect::Capture(_)
            | Effect::Copy(_)
            | Effect::Remember(_)
            | Effect::Notify(_)
            | Effect::Redraw
            | Effect::Suspend => Answer::Says(What::Due),
        }
    }
}

/// Writes all that is known of a deployment to a file, and brings back which.
pub(super) async fn export(
    control: Arc<dyn Control>,
    deployment: DeploymentId,
    options: Options,
) -> Answer {
    Answer::Says(What::Exported(write(&*control, deployment, options).await))
}

async fn write(
    control: &dyn Control,
    deployment: DeploymentId,
    options: Options,
) -> Result<String, String> {
    let detail = control.show(deployment).await.map_err(|error| told(&error))?;
    let lines = control.logs(deployment, LogPage::Last, CAPACITY).await;
    let lines = lines.map_err(|error| told(&error))?;
    let written = tokio::task::spawn_blocking(move || {
        let incident = Incident {
            at: options.clock.now(),
            operator: &options.operator,
            environment: &options.environment,
            detail: &detail,
            lines: &lines,
        };
        let folder = &options.incidents;
        incident.write(folder).map_err(|error| format!("`{}`: {error}", folder.display()))
    });
    let path = written.await.map_err(|error| error.to_string())??;
    Ok(path.display().to_string())
}

fn refusal(error: ControlError) -> LaunchRefusal {
    match error {
        ControlError::Invalid(errors) => LaunchRefusal::Fields(errors),
        ControlError::NotFound(_)
        | ControlError::NameTaken { .. }
        | ControlError::Refused { .. }
        | ControlError::Journal { .. }
        | ControlError::Draining
        | ControlError::Stopping => LaunchRefusal::Other(told(&error)),
    }
}

/// The error with its causes, and what may help.
fn told(error: &ControlError) -> String {
    let words = with_causes(error);
    match error.remedy() {
        Some(remedy) => format!("{words}; {remedy}"),
        None => words,
    }
}
