//! Signals, as something to wait for: Ctrl-C, and what tells the process to stop.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What tells the process to stop: SIGTERM, and SIGHUP when its terminal is gone. From the first
/// moment on they no longer end the process by themselves, so that calls under way are journaled
/// with their answers.
pub struct Stop {
    term: Signal,
    hup: Signal,
}

impl Stop {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the process may not.
    pub fn of_process() -> io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, hup: signal(SignalKind::hangup())? })
    }

    /// Waits until the process is told to stop.
    pub async fn told(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.hup.recv() => {}
        }
    }
}

/// Ctrl-C, each time it is pressed. Until somebody first waits for it, it ends the process as it
/// always does; from then on it is only heard here.
pub struct Interrupts(Source);

enum Source {
    /// Not listened to yet.
    Process,
    Never,
    Signal(Signal),
    #[cfg(test)]
    Scripted(tokio::sync::mpsc::Receiver<()>),
}

impl Interrupts {
    /// The process's own.
    pub fn of_process() -> Self {
        Self(Source::Process)
    }

    /// None, ever: for a caller without a keyboard.
    pub fn never() -> Self {
        Self(Source::Never)
    }

    /// Those that a test sends.
    #[cfg(test)]
    pub(crate) fn scripted(interrupts: tokio::sync::mpsc::Receiver<()>) -> Self {
        Self(Source::Scripted(interrupts))
    }

    /// Waits for the next one. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) {
        if let Source::Process = self.0
            // Where it cannot be listened to, it goes on ending the process.
            && let Ok(listening) = signal(SignalKind::interrupt())
        {
            self.0 = Source::Signal(listening);
        }
        let next = match &mut self.0 {
            Source::Process | Source::Never => None,
            Source::Signal(signal) => signal.recv().await,
            #[cfg(test)]
            Source::Scripted(interrupts) => interrupts.recv().await,
        };
        if next.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
