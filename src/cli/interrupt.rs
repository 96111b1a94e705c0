//! Ctrl-C, as something to wait for.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C, each time it is pressed.
pub struct Interrupts(Source);

enum Source {
    Signal(Signal),
    #[cfg(test)]
    Scripted(tokio::sync::mpsc::Receiver<()>),
}

impl Interrupts {
    /// The process's own. From here on Ctrl-C no longer ends the process by itself.
    ///
    /// # Errors
    /// When the signal cannot be listened to.
    pub fn of_process() -> io::Result<Self> {
        signal(SignalKind::interrupt()).map(Source::Signal).map(Self)
    }

    /// Those that a test sends.
    #[cfg(test)]
    pub(crate) fn scripted(interrupts: tokio::sync::mpsc::Receiver<()>) -> Self {
        Self(Source::Scripted(interrupts))
    }

    /// Waits for the next one. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) {
        let next = match &mut self.0 {
            Source::Signal(signal) => signal.recv().await,
            #[cfg(test)]
            Source::Scripted(interrupts) => interrupts.recv().await,
        };
        if next.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
