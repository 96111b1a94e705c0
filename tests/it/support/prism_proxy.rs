//! Prism between our client and our simulated cloud: a validating proxy that nobody here wrote,
//! which holds every request and every answer against the provider's own description.
//!
//! It runs without `--errors`, so that it only watches: with it, a violation would become an error
//! after the cloud has acted.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Reading the description takes Prism seconds, and tens of them on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where the continuous integration installs it.
const USUAL_PLACE: &str = "target/prism/node_modules/@stoplight/prism-cli/dist/index.js";

/// What Prism says for each request that comes in.
const RECEIVED: &str = "Request received";

/// A proxy that is up. Dropping it kills it.
pub(crate) struct PrismProxy {
    base_url: String,
    lines: watch::Receiver<Vec<String>>,
    _child: Child,
    _readers: JoinSet<()>,
}

impl PrismProxy {
    /// Starts one in front of `upstream`; when this returns, it listens.
    pub(crate) async fn start(upstream: &str) -> Self {
        let mut child = Command::new("node")
            .arg(prism_cli())
            .args(["proxy", "--host", "127.0.0.1", "--port", "0"])
            .arg(description())
            .arg(upstream)
            .env("NO_COLOR", "1")
            .env_remove("FORCE_COLOR")
            // In production it forks a worker, which would outlive what is killed here.
            .env_remove("NODE_ENV")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("`node` is needed to run Prism; install Node.js");
        let (lines_tx, lines) = watch::channel(Vec::new());
        let mut readers = JoinSet::new();
        readers.spawn(collect(child.stdout.take().unwrap(), lines_tx.clone()));
        readers.spawn(collect(child.stderr.take().unwrap(), lines_tx));
        let mut proxy = Self { base_url: String::new(), lines, _child: child, _readers: readers };
        proxy.base_url = proxy.wait_for(|line| address(line).map(str::to_owned)).await;
        proxy
    }

    pub(crate) fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// How many requests came in.
    pub(crate) fn received(&self) -> usize {
        self.lines.borrow().iter().filter(|line| line.contains(RECEIVED)).count()
    }

    /// Waits until this many requests have come in: Prism logs in order, so what was wrong with
    /// those before the last one is known by then.
    pub(crate) async fn until_received(&mut self, requests: usize) {
        let mut seen = 0;
        self.wait_for(|line| {
            seen += usize::from(line.contains(RECEIVED));
            (seen >= requests).then_some(())
        })
        .await;
    }

    /// Everything that was against the description, in either direction.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.lines.borrow().iter().filter(|line| line.contains("Violation:")).cloned().collect()
    }

    /// Waits until one of the lines gives what is looked for. Each line is looked at once.
    async fn wait_for<T>(&mut self, mut find: impl FnMut(&str) -> Option<T>) -> T {
        let mut looked_at = 0;
        let mut found = None;
        let wait = self.lines.wait_for(|lines| {
            while found.is_none() && looked_at < lines.len() {
                found = find(&lines[looked_at]);
                looked_at += 1;
            }
            found.is_some()
        });
        let ended = tokio::time::timeout(PATIENCE, wait).await.map(|seen| seen.map(drop));
        match (ended, found) {
            (_, Some(found)) => found,
            (ended, None) => panic!(
                "Prism did not get there ({ended:?}); it said:\n{}",
                self.lines.borrow().join("\n")
            ),
        }
    }
}

/// The address in the line that says that Prism is up.
fn address(line: &str) -> Option<&str> {
    line.split_once("Prism is listening on ").map(|(_, address)| address.trim())
}

async fn collect(output: impl AsyncRead + Unpin, lines_tx: watch::Sender<Vec<String>>) {
    let mut read = BufReader::new(output).lines();
    while let Ok(Some(line)) = read.next_line().await {
        lines_tx.send_modify(|lines| lines.push(line));
    }
}

fn prism_cli() -> PathBuf {
    let set = std::env::var_os("PRISM_CLI").map(PathBuf::from);
    let path = set.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(USUAL_PLACE));
    assert!(
        path.is_file(),
        "Prism is not at `{}`: run `npm install --prefix target/prism @stoplight/prism-cli@5`, or \
         set `PRISM_CLI` to the path of an installed `@stoplight/prism-cli/dist/index.js`",
        path.display()
    );
    path
}

fn description() -> PathBuf {
    let set = std::env::var_os("ARCADIA_API_DESCRIPTION").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/api/digitalocean.yaml");
    let path = set.unwrap_or_else(beside);
    assert!(
        path.is_file(),
        "the official description of the API is not at `{}`: set `ARCADIA_API_DESCRIPTION` to \
         where `digitalocean.yaml` is",
        path.display()
    );
    path
}
