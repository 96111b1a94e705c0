//! Keeps a thread that is ending from being logged by what has ended with it.
//!
//! What a thread keeps for itself is dropped one by one when it ends, and whatever is dropped may log: the
//! runtime and the HTTP client do, at the finest levels. The layer that writes the lines keeps a buffer for
//! every thread, and to use it once it is dropped is a panic that nothing can catch: the process would
//! abort. Such a line is left out instead.

use std::cell::Cell;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Dropped with its thread. Only a value that has something to drop is ever gone.
struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {}
}

thread_local! {
    /// A thread drops first what it began to keep last. This is kept from after the first line on, so it
    /// goes before all that a line needs.
    static ALIVE: Alive = const { Alive };
    /// Whether that was begun. Never dropped, so it can always be read.
    static WROTE: Cell<bool> = const { Cell::new(false) };
}

/// A layer that is handed no event by a thread which has begun to end.
pub(super) struct WhileAlive<L>(pub(super) L);

impl<S, L> Layer<S> for WhileAlive<L>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    L: Layer<S>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        self.0.on_new_span(attributes, id, context);
    }

    fn on_record(&self, span: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.0.on_record(span, values, context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if WROTE.get() && ALIVE.try_with(|_| ()).is_err() {
            return;
        }
        self.0.on_event(event, context);
        if !WROTE.replace(true) {
            ALIVE.with(|_| ());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;

    use tracing::Dispatch;
    use tracing::dispatcher::with_default;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// Logs when its thread drops it.
    struct LastWords(Dispatch);

    impl Drop for LastWords {
        fn drop(&mut self) {
            with_default(&self.0, || tracing::info!("dropped"));
        }
    }

    thread_local! {
        static LAST_WORDS: RefCell<Option<LastWords>> = const { RefCell::new(None) };
    }

    #[test]
    fn what_a_thread_drops_at_its_end_may_log_and_harms_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let writer = Arc::new(file.reopen().unwrap());
        let layer = WhileAlive(tracing_subscriber::fmt::layer().with_writer(writer));
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
        let thread = std::thread::spawn(move || {
            with_default(&dispatch, || {
                // Kept from before the first line on, and so dropped after what the line needs.
                LAST_WORDS.set(Some(LastWords(dispatch.clone())));
                tracing::info!("alive");
            });
        });
        thread.join().unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(text.contains("alive") && !text.contains("dropped"), "{text}");
    }
}
