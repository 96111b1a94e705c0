//! Routes what is logged inside a step's span to the step's saga.
//!
//! An event belongs to the nearest enclosing step span, however deep the spans between and whoever
//! logged it: our own code from debug up, libraries below from info up.

use std::fmt;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, Filtered, LevelFilter, filter_fn};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::clock::Clock;
use crate::domain::failure::with_causes;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::{LogLevel, LogLine, span};
use crate::domain::saga::plan::{Direction, StepName};
use crate::telemetry::{Redactor, StepLogSink};

/// Routes what is logged inside a step's span to the step's saga.
pub struct StepLogLayer {
    clock: Clock,
    redactor: Redactor,
    sink: Arc<dyn StepLogSink>,
}

impl StepLogLayer {
    /// A layer that hands lines to `sink`.
    pub fn new(clock: Clock, redactor: Redactor, sink: Arc<dyn StepLogSink>) -> Self {
        Self { clock, redactor, sink }
    }

    /// The layer with its filter, so that nothing it would not take costs anything.
    pub fn filtered<S>(self) -> Filtered<Self, FilterFn, S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let wanted = filter_fn(is_wanted as fn(&Metadata<'_>) -> bool);
        self.with_filter(wanted.with_max_level_hint(LevelFilter::DEBUG))
    }
}

impl<S> Layer<S> for StepLogLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() != span::NAME {
            return;
        }
        let mut fields = StepFields::default();
        attributes.record(&mut fields);
        if let (Some(step), Some(span)) = (fields.complete(), context.span(id)) {
            span.extensions_mut().insert(step);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let step = context
            .event_scope(event)
            .into_iter()
            .flatten()
            .find_map(|span| span.extensions().get::<StepSpan>().cloned());
        let (Some(step), Some(level)) = (step, level(*event.metadata().level())) else {
            return;
        };
        let mut said = Said::default();
        event.record(&mut said);
        let scrub = |text| self.redactor.scrub(text);
        let line = LogLine {
            at: self.clock.now(),
            level,
            step: step.step,
            direction: step.direction,
            attempt: step.attempt,
            text: scrub(said.message),
            fields: said.fields.into_iter().map(|(name, value)| (name, scrub(value))).collect(),
        };
        self.sink.line(step.saga, step.deployment, line);
    }
}

fn is_wanted(metadata: &Metadata<'_>) -> bool {
    if metadata.is_span() {
        return metadata.name() == span::NAME;
    }
    let ours = metadata.target() == OURS || metadata.target().starts_with("arcadia::");
    *metadata.level() <= if ours { Level::DEBUG } else { Level::INFO }
}

/// The target that our own code logs under.
const OURS: &str = "arcadia";

fn level(level: Level) -> Option<LogLevel> {
    match level {
        Level::ERROR => Some(LogLevel::Error),
        Level::WARN => Some(LogLevel::Warn),
        Level::INFO => Some(LogLevel::Info),
        Level::DEBUG => Some(LogLevel::Debug),
        Level::TRACE => None,
    }
}

/// Whose span it is.
#[derive(Debug, Clone)]
struct StepSpan {
    saga: SagaId,
    deployment: DeploymentId,
    step: StepName,
    direction: Direction,
    attempt: u32,
}

/// The fields of a step's span while they are read.
#[derive(Default)]
struct StepFields {
    saga: Option<SagaId>,
    deployment: Option<DeploymentId>,
    step: Option<StepName>,
    direction: Option<Direction>,
    attempt: Option<u32>,
}

impl StepFields {
    /// The span, if every field was there and made sense.
    fn complete(self) -> Option<StepSpan> {
        Some(StepSpan {
            saga: self.saga?,
            deployment: self.deployment?,
            step: self.step?,
            direction: self.direction?,
            attempt: self.attempt?,
        })
    }

    fn take(&mut self, name: &str, text: &str) {
        match name {
            span::SAGA => self.saga = text.parse().ok(),
            span::DEPLOYMENT => self.deployment = text.parse().ok(),
            span::STEP => self.step = Some(StepName::new(text)),
            span::DIRECTION => {
                self.direction = [Direction::Forward, Direction::Undo]
                    .into_iter()
                    .find(|direction| direction.to_string() == text);
            }
            span::ATTEMPT => self.attempt = text.parse().ok(),
            _ => {}
        }
    }
}

impl Visit for StepFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field.name(), &format!("{value:?}"));
    }
}

/// What an event says.
#[derive(Default)]
struct Said {
    message: String,
    fields: Vec<(String, String)>,
}

impl Said {
    fn take(&mut self, name: &str, value: String) {
        match name {
            "message" => self.message = value,
            // Where a line of the `log` crate came from; the line says enough.
            _ if name.starts_with("log.") => {}
            _ => self.fields.push((name.to_owned(), value)),
        }
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field.name(), value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.take(field.name(), with_causes(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field.name(), format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use secrecy::SecretString;
    use tracing::subscriber::with_default;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::domain::time::Timestamp;

    #[derive(Default)]
    struct Kept(Mutex<Vec<(SagaId, DeploymentId, LogLine)>>);

    impl StepLogSink for Kept {
        fn line(&self, saga: SagaId, deployment: DeploymentId, line: LogLine) {
            self.0.lock().unwrap().push((saga, deployment, line));
        }
    }

    /// What reaches the sink when `log` logs.
    fn kept(log: impl FnOnce()) -> Vec<(SagaId, DeploymentId, LogLine)> {
        let kept = Arc::new(Kept::default());
        let redactor = Redactor::new([&SecretString::from("hunter2-hunter2")]);
        let layer = StepLogLayer::new(Clock::system(), redactor, kept.clone());
        with_default(tracing_subscriber::registry().with(layer.filtered()), log);
        std::mem::take(&mut kept.0.lock().unwrap())
    }

    fn texts(log: impl FnOnce()) -> Vec<String> {
        kept(log).into_iter().map(|(_, _, line)| line.text).collect()
    }

    /// The span that the engine opens around a step.
    fn step_span(attempt: u32) -> tracing::Span {
        tracing::info_span!(
            "step",
            saga = %SagaId::from_u128(1),
            deployment = %DeploymentId::from_u128(2),
            step = "create_droplet",
            direction = %Direction::Undo,
            attempt,
        )
    }

    #[test]
    fn a_line_in_a_step_goes_to_its_saga_with_all_that_the_span_says() {
        let lines = kept(|| {
            step_span(3).in_scope(|| {
                tracing::warn!(droplet = 41207, address = "203.0.113.7", "still {}", "new");
            });
        });
        let [(saga, deployment, line)] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!((*saga, *deployment), (SagaId::from_u128(1), DeploymentId::from_u128(2)));
        assert!(line.at > Timestamp::from_millis(0));
        let expected = LogLine {
            at: line.at,
            level: LogLevel::Warn,
            step: StepName::new("create_droplet"),
            direction: Direction::Undo,
            attempt: 3,
            text: "still new".to_owned(),
            fields: vec![
                ("droplet".to_owned(), "41207".to_owned()),
                ("address".to_owned(), "203.0.113.7".to_owned()),
            ],
        };
        assert_eq!(*line, expected);
    }

    #[test]
    fn a_line_in_a_span_below_belongs_to_the_step_and_one_outside_to_nobody() {
        let log = || {
            tracing::error!("outside");
            step_span(1).in_scope(|| {
                tracing::debug_span!("request").in_scope(|| tracing::info!("inside"));
            });
            tracing::info_span!("other").in_scope(|| tracing::info!("elsewhere"));
        };
        assert_eq!(texts(log), ["inside"]);
    }

    #[test]
    fn the_nearest_step_owns_a_line() {
        let log = || step_span(1).in_scope(|| step_span(2).in_scope(|| tracing::info!("whose")));
        assert_eq!(kept(log)[0].2.attempt, 2);
    }

    #[test]
    fn our_code_is_heard_from_debug_up_and_libraries_from_info_up() {
        let log = || {
            step_span(1).in_scope(|| {
                tracing::trace!("our trace");
                tracing::debug!("our debug");
                tracing::debug!(target: "hyper::client", "their debug");
                tracing::info!(target: "hyper::client", "their info");
                tracing::debug!(target: "arcadian", "a stranger's debug");
            });
        };
        assert_eq!(texts(log), ["our debug", "their info"]);
    }

    #[test]
    fn a_span_that_lacks_a_field_routes_nothing() {
        let log = || {
            tracing::info_span!("step", saga = %SagaId::from_u128(1), step = "x", attempt = 1)
                .in_scope(|| tracing::info!("lost"));
        };
        assert!(texts(log).is_empty());
    }

    #[test]
    fn secrets_are_scrubbed_from_text_and_fields() {
        let log = || {
            step_span(1)
                .in_scope(|| tracing::info!(token = "hunter2-hunter2", "is hunter2-hunter2"));
        };
        let line = &kept(log)[0].2;
        assert_eq!(line.text, "is [redacted]");
        assert_eq!(line.fields, [("token".to_owned(), "[redacted]".to_owned())]);
    }

    #[test]
    fn the_span_of_these_tests_has_the_name_and_fields_that_the_domain_fixes() {
        let lines = kept(|| step_span(1).in_scope(|| tracing::info!("x")));
        assert_eq!(lines.len(), 1);
        assert_eq!(span::NAME, "step");
        let fields = [span::SAGA, span::DEPLOYMENT, span::STEP, span::DIRECTION, span::ATTEMPT];
        assert_eq!(fields, ["saga", "deployment", "step", "direction", "attempt"]);
    }
}
