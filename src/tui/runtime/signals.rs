//! The signals that concern a screen.

use std::io;

use rustix::process::Signal;
use tokio::signal::unix::{Signal as Listener, SignalKind, signal};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Wish {
    /// Leave: TERM, HUP, INT or QUIT.
    Leave,
    /// Stop until continued: TSTP.
    Suspend,
    /// The program was continued: CONT.
    Resume,
}

/// Listens to the signals.
pub(in crate::tui) struct Signals {
    term: Listener,
    hup: Listener,
    int: Listener,
    quit: Listener,
    tstp: Listener,
    cont: Listener,
}

impl Signals {
    /// Begins to listen; from here on these signals no longer end or stop the program by themselves.
    pub(in crate::tui) fn listen() -> io::Result<Self> {
        let raw = |which: Signal| signal(SignalKind::from_raw(which.as_raw()));
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            hup: signal(SignalKind::hangup())?,
            int: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            tstp: raw(Signal::TSTP)?,
            cont: raw(Signal::CONT)?,
        })
    }

    /// The next wish. Safe to drop and ask again.
    pub(in crate::tui) async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.term.recv() => Wish::Leave,
            _ = self.hup.recv() => Wish::Leave,
            _ = self.int.recv() => Wish::Leave,
            _ = self.quit.recv() => Wish::Leave,
            _ = self.tstp.recv() => Wish::Suspend,
            _ = self.cont.recv() => Wish::Resume,
        }
    }
}
