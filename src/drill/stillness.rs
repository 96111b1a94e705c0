//! Simulated time beside real sockets and a real disk.
//!
//! A drill's clock is paused: whenever nothing is left to do, it jumps to the next moment that
//! somebody waits for, so a plan's minutes take no time and the plan is run to the letter. But a
//! request on a socket or a write on its way to the disk *is* something to do that a paused clock
//! does not see. So each is made under [`still`]: while it is under way, time stands.

use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;

use tokio::task::JoinHandle;

/// How long, in real time, an answer from the same machine may take before time goes on. Nothing
/// depends on it but how a machine that is busier than that looks: as a slow provider.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// The same for a request that a fault keeps from being answered at all: time for its effect.
const SILENT_AFTER: Duration = Duration::from_millis(100);

/// Whether an answer can be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Comes,
    NeverComes,
}

/// Does it while time stands.
pub(super) async fn still<T>(answer: Answer, work: impl Future<Output = T>) -> T {
    let _hold = Hold::begin(match answer {
        Answer::Comes => ANSWERED_WITHIN,
        Answer::NeverComes => SILENT_AFTER,
    });
    work.await
}

/// Holds the clock of this runtime until it is dropped: tokio does not let a paused clock jump while
/// a blocking task runs, and this is one that does nothing but wait to be let go.
struct Hold {
    /// Its end is the signal.
    _until_dropped: mpsc::Sender<()>,
    _task: JoinHandle<()>,
}

impl Hold {
    fn begin(longest: Duration) -> Self {
        let (held_tx, held_rx) = mpsc::channel::<()>();
        let task = tokio::task::spawn_blocking(move || {
            // Either the work is done, or no answer comes.
            let _ = held_rx.recv_timeout(longest);
        });
        Self { _until_dropped: held_tx, _task: task }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::{self, Instant};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_stands_while_a_real_socket_is_waited_for() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        // A thread with no share in this clock, so that its answer takes real time.
        let answering = std::thread::spawn(move || {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            std::io::Read::read_exact(&mut stream, &mut [0]).unwrap();
            std::io::Write::write_all(&mut stream, b"!").unwrap();
        });
        let (mut stream, _): (TcpStream, _) =
            still(Answer::Comes, listener.accept()).await.unwrap();
        let begun = Instant::now();
        let answered = time::timeout(Duration::from_secs(30), async {
            stream.write_all(b"?").await.unwrap();
            stream.read_exact(&mut [0]).await
        });
        still(Answer::Comes, answered).await.expect("no time passed").unwrap();
        assert_eq!(begun.elapsed(), Duration::ZERO);
        answering.join().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn time_goes_on_when_no_answer_comes() {
        let begun = Instant::now();
        let forever = time::timeout(Duration::from_secs(30), std::future::pending::<()>());
        assert!(still(Answer::NeverComes, forever).await.is_err());
        assert_eq!(begun.elapsed(), Duration::from_secs(30));
    }
}
