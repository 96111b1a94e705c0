//! On whose behalf a provider is called.
//!
//! A step does not know who runs it, and the traits of this module say nothing of sagas; yet a
//! client that shares one quota among all of them must know whose request it holds back. Whoever
//! runs a step says so around the call, and the client asks here.

use std::future::Future;

use tokio_util::sync::CancellationToken;

use crate::domain::id::DeploymentId;
use crate::fair::Urgency;

tokio::task_local! {
    static CALLER: Caller;
}

/// On whose behalf a provider is called.
#[derive(Debug, Clone)]
pub struct Caller {
    /// For which deployment.
    pub deployment: DeploymentId,
    /// How soon.
    pub urgency: Urgency,
    /// Calls back requests that have not been sent; cancelled when nobody wants them any more.
    pub recall: CancellationToken,
}

impl Caller {
    /// Does `work` on this caller's behalf. What `work` spawns as a task of its own is not covered.
    pub async fn calls<F: Future>(self, work: F) -> F::Output {
        CALLER.scope(self, work).await
    }

    /// On whose behalf the present task calls; `None` outside any saga, which is a person who waits.
    pub fn present() -> Option<Self> {
        CALLER.try_with(Self::clone).ok()
    }
}
