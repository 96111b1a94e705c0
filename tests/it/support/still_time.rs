//! Paused time that works with sockets.
//!
//! Tokio's paused clock jumps to the next timer whenever nothing is ready to run, and a request on
//! its way through a socket is not ready for some microseconds: its time-out would strike at once.
//! So time stands still while a request is under way, except where a fault rule keeps the answer
//! waiting: then only time can end it.

use std::sync::{Arc, Mutex, mpsc};

use arcadia::simulator::Answering;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Stops the clock during requests. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct StillTime(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    under_way: usize,
    /// The clock jumps only while no blocking task lives; this ends ours.
    hold: Option<mpsc::Sender<()>>,
}

/// A request under way.
pub(crate) struct UnderWay(StillTime);

impl StillTime {
    /// A request begins; it ends when the guard goes.
    pub(crate) fn begin(&self) -> UnderWay {
        let mut state = self.0.lock().unwrap();
        state.under_way += 1;
        state.stop();
        UnderWay(self.clone())
    }

    /// Follows a server, which knows when only time can end a request.
    pub(crate) fn follow(&self, mut answering_rx: watch::Receiver<Answering>) -> JoinSet<()> {
        let still = self.clone();
        let mut follower = JoinSet::new();
        follower.spawn(async move {
            while answering_rx.changed().await.is_ok() {
                let answering = *answering_rx.borrow_and_update();
                let mut state = still.0.lock().unwrap();
                match answering {
                    Answering::Promptly if state.under_way > 0 => state.stop(),
                    Answering::Promptly | Answering::KeptWaiting => state.hold = None,
                }
            }
        });
        follower
    }
}

impl State {
    fn stop(&mut self) {
        if self.hold.is_none() {
            let (hold_tx, hold_rx) = mpsc::channel::<()>();
            tokio::task::spawn_blocking(move || hold_rx.recv().ok());
            self.hold = Some(hold_tx);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.0.lock().unwrap();
        state.under_way -= 1;
        if state.under_way == 0 {
            state.hold = None;
        }
    }
}
