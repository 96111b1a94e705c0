//! A simulated cloud that is up, from the binding of its port to the last connection.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::simulator::cloud::{Answering, Cloud};
use crate::simulator::disk::{Disk, DiskError};
use crate::simulator::faults::{FaultRule, Faults};
use crate::simulator::options::Options;
use crate::simulator::server::front::Front;
use crate::simulator::server::listener;
use crate::simulator::world::World;
use crate::simulator::world::truth::Truth;

/// A simulated cloud that is up. Dropping it stops it on the spot, as a crash would.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    cloud: Arc<Cloud>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// The simulated cloud could not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The port is taken, or may not be had.
    #[error("failed to listen on `{address}`")]
    Bind {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The state file cannot be read, written or locked.
    #[error("failed to use the state file")]
    StateFile {
        /// What went wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The state file holds no state. It is left as it is.
    #[error("failed to load the state file `{}`", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Starts a simulated cloud; when this returns, it listens.
///
/// # Errors
/// The port or the state file cannot be had.
pub async fn start(options: Options, clock: Clock) -> Result<Running, SimulatorError> {
    let address = options.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| SimulatorError::Bind { address, source })?;
    let address =
        listener.local_addr().map_err(|source| SimulatorError::Bind { address, source })?;
    let cloud = Arc::new(load(options, clock)?);
    cloud.with_world(|_, _| ()).await?;

    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(listener::serve(listener, Front::new(Arc::clone(&cloud)), stop.clone()));
    Ok(Running { address, cloud, stop, tasks })
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stands before `/v2` in its URLs; no slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What there really is: no lag.
    pub fn state(&self) -> Truth {
        self.cloud.peek(World::truth)
    }

    /// How often each route has been asked, by `METHOD /path/{placeholder}`: every request that
    /// arrived, whatever came of it.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.cloud.requests()
    }

    /// Puts these fault rules in the place of the present ones.
    pub fn set_faults(&self, rules: Vec<FaultRule>) {
        self.cloud.set_faults(Faults::new(rules));
    }

    /// Whether an answer waits because a fault rule wants it to: whoever drives the clock by hand
    /// must let it run then, and not before.
    pub fn answering(&self) -> watch::Receiver<Answering> {
        self.cloud.answering()
    }

    /// Stops: takes no more connections, gives requests in flight a moment, and lets the state
    /// file go.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.abort_all();
        self.cloud.close();
    }
}

impl From<DiskError> for SimulatorError {
    fn from(error: DiskError) -> Self {
        Self::StateFile { source: Box::new(error) }
    }
}

fn load(options: Options, clock: Clock) -> Result<Cloud, SimulatorError> {
    let rules = options.rules();
    let Some(path) = options.state_file.clone() else {
        return Ok(Cloud::new(options, clock, World::new(&rules), None));
    };
    let (disk, held) = Disk::open(&path)?;
    let world = match held {
        None => World::new(&rules),
        Some(bytes) => World::from_bytes(&rules, &bytes)
            .map_err(|error| SimulatorError::Damaged { path, source: Box::new(error) })?,
    };
    Ok(Cloud::new(options, clock, world, Some(disk)))
}
