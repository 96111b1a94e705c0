//! The way out when the terminal takes nothing any more: the screen stands in the middle of a frame and
//! hears no signal, but the sagas must be stopped in order all the same.

use std::process;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::app::AppError;
use crate::app::workshop::Workshop;
use crate::cli::Stop;
use crate::tui::terminal;

/// What the process ends with: what a shell says of one that SIGTERM ended.
const TERMINATED: i32 = 128 + 15;

/// How long a screen that was told to leave may take: many times what it takes to draw a frame and to hand
/// the last orders over.
const PATIENCE: Duration = Duration::from_secs(5);

/// The workshop, once it is open.
pub(super) type Opened = Arc<Mutex<Option<Result<Workshop, AppError>>>>;

/// Ends the process in order when it was told to end and the screen does not leave; ends itself once that
/// has `left`.
pub(super) async fn stand_by(mut stop: Stop, left: CancellationToken, opened: Opened) {
    tokio::select! {
        () = left.cancelled() => return,
        () = stop.told() => {}
    }
    if tokio::time::timeout(PATIENCE, left.cancelled()).await.is_ok() {
        return;
    }
    tracing::error!("the terminal takes nothing any more; the program ends without it");
    let workshop = opened.lock().await.take();
    if let Some(Ok(workshop)) = workshop {
        for unwritten in workshop.close().await {
            tracing::error!("{unwritten}");
        }
    }
    terminal::quieten();
    process::exit(TERMINATED);
}
