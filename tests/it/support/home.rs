//! A person's machine: a home folder with a configuration, and the real program to run in it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::program::{Ended, Running};
use crate::support::terminal::Terminal;

/// The program.
pub(crate) const ARCADIA: &str = env!("CARGO_BIN_EXE_arcadia");

/// A cloud and sagas that take moments instead of minutes.
pub(crate) const QUICK: &str = "\
[simulator]
activation = \"200ms\"
address_delay = \"50ms\"
listing_lag = \"100ms\"
deletion = \"200ms\"

[saga]
settle = \"1s\"
poll_first = \"100ms\"
poll_most = \"150ms\"

[saga.calls]
base = \"100ms\"
cap = \"200ms\"

[saga.compensations]
base = \"100ms\"
cap = \"200ms\"
";

/// A person's machine. Nothing of the machine that the test runs on is seen in it.
pub(crate) struct Home {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    /// A home with a quick simulated cloud inside the program.
    pub(crate) fn new() -> Self {
        Self::configured(QUICK)
    }

    /// A home with this configuration.
    pub(crate) fn configured(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("config.toml"), config).unwrap();
        let mut variables: Vec<_> = [
            ("HOME", folder.path().display().to_string()),
            ("ARCADIA_CONFIG", path("config.toml")),
            ("ARCADIA_DATA_DIR", path("data")),
            ("ARCADIA_OPERATOR", "ana".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        // The token command and the shell are looked up there.
        variables.extend(std::env::var("PATH").map(|path| ("PATH".to_owned(), path)));
        Self { folder, variables }
    }

    /// The same, with this variable set.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(present, _)| present != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// The home folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps the folder beyond the test, and says where.
    pub(crate) fn keep(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }

    /// The folder of journal and logs.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The environment of the program.
    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// The program, about to be run.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(ARCADIA);
        command.args(arguments);
        command.env_clear().envs(self.variables.clone()).current_dir(self.folder.path());
        command
    }

    /// Starts the program, its output in pipes.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).end()
    }

    /// Runs a verb that must do what was asked for, and reads its only document.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
    }

    /// Opens the dashboard in a terminal of this width and height.
    pub(crate) fn dashboard(&self, size: (u16, u16)) -> Terminal {
        Terminal::open(self, &[], size)
    }

    /// Lets the program run until every saga has come to its end.
    pub(crate) fn finish_everything(&self) {
        let count = format!("Deployments {} ", self.deployments().len());
        let mut terminal = self.dashboard((100, 30));
        terminal.wait_for("the end of every saga", |screen| {
            let text = screen.contents();
            text.contains(&count) && text.contains(" idle")
        });
        terminal.keys("q");
        terminal.wait_for_end();
    }

    /// Every deployment, as `list` tells it.
    pub(crate) fn deployments(&self) -> Vec<Value> {
        self.json(&["list", "--json"])["deployments"].as_array().unwrap().clone()
    }

    /// The journal of a deployment, oldest entry first.
    pub(crate) fn history(&self, deployment: &str) -> Vec<Value> {
        let ended = self.run(&["history", deployment, "--json"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.documents()
    }
}

/// What it takes to launch `acme/<slug>` with a name in the zone.
pub(crate) fn launch(slug: &str) -> Vec<&str> {
    vec!["launch", "--tenant", "acme", "--slug", slug, "--dns-domain", "acme.example"]
}
