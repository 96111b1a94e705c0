//! The only list of what can be set.

use std::time::Duration;

/// One thing that can be set.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its dotted name in the file: `saga.settle`.
    pub name: &'static str,
    /// What it may be.
    pub shape: Shape,
    /// What it is when nobody says anything, written as in the environment; `None` for nothing.
    pub default: Option<&'static str>,
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Any text.
    Text,
    /// A path; `~/` is the home folder.
    Path,
    /// `https://…`, or `http://…` on loopback.
    Url,
    /// `http://…` or `https://…`.
    PlainUrl,
    /// Directives of `tracing`.
    Filter,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A time span between these two.
    Span {
        /// The shortest.
        least: Duration,
        /// The longest.
        most: Duration,
    },
    /// A whole number between these two.
    Integer {
        /// The least.
        least: i64,
        /// The greatest.
        most: i64,
    },
    /// Yes or no.
    Truth,
    /// A list of texts; in the environment, separated by commas.
    List,
}

/// The steps that `[saga.steps.<step>]` may name, in the order of the provisioning plan.
pub const STEPS: [&str; 7] = [
    "mark_deployment_provisioning",
    "create_droplet",
    "wait_droplet_active",
    "register_inventory",
    "link_deployment_resource",
    "point_deployment_dns",
    "activate_deployment",
];

/// What can be set for a single step.
pub const STEP_KEYS: [Key; 5] = [
    key("timeout", SPAN, None),
    key("deadline", SPAN, None),
    key("tries", TRIES, None),
    key("base", WAIT, None),
    key("cap", WAIT, None),
];

const fn key(name: &'static str, shape: Shape, default: Option<&'static str>) -> Key {
    Key { name, shape, default }
}

/// A span that something must take: zero would fail everything at once.
const SPAN: Shape =
    Shape::Span { least: Duration::from_millis(100), most: Duration::from_hours(24) };
/// A span that may be nothing.
const WAIT: Shape = Shape::Span { least: Duration::ZERO, most: Duration::from_hours(1) };
const TRIES: Shape = Shape::Integer { least: 1, most: 100 };
const WHEN: Shape = Shape::Choice(&["auto", "always", "never"]);

/// Everything that can be set, in the order in which it is shown. `data_dir` alone has a default
/// that depends on the platform.
pub const KEYS: &[Key] = &[
    key("data_dir", Shape::Path, None),
    key("provider", Shape::Choice(&["simulator", "digitalocean"]), Some("simulator")),
    key("digitalocean.base_url", Shape::Url, Some("https://api.digitalocean.com")),
    key("digitalocean.connect_timeout", SPAN, Some("10s")),
    key("digitalocean.request_timeout", SPAN, Some("30s")),
    key("digitalocean.token_timeout", SPAN, Some("15s")),
    key("digitalocean.token_file", Shape::Path, None),
    key("digitalocean.token_command", Shape::List, None),
    key("simulator.url", Shape::PlainUrl, None),
    key("simulator.activation", WAIT, Some("6s")),
    key("simulator.address_delay", WAIT, Some("1s")),
    key("simulator.listing_lag", WAIT, Some("1s")),
    key("simulator.deletion", WAIT, Some("2s")),
    key("simulator.domains", Shape::List, Some("acme.example,demo.example")),
    key("simulator.droplet_limit", Shape::Integer { least: 0, most: 1_000_000 }, Some("25")),
    key("simulator.seed", Shape::Integer { least: 0, most: i64::MAX }, Some("1")),
    key("launch.tenant", Shape::Text, Some("")),
    key("launch.region", Shape::Text, Some("syd1")),
    key("launch.size", Shape::Text, Some("s-1vcpu-1gb")),
    key("launch.image", Shape::Text, Some("ubuntu-24-04-x64")),
    key("launch.dns_domain", Shape::Text, Some("")),
    key("launch.ssh_keys", Shape::List, Some("")),
    key("launch.on_failure", Shape::Choice(&["rollback", "hold"]), Some("rollback")),
    key("saga.activation_deadline", SPAN, Some("8m")),
    key("saga.settle", WAIT, Some("30s")),
    key("saga.poll_first", SPAN, Some("2s")),
    key("saga.poll_most", SPAN, Some("10s")),
    // Resolvers forget a record within five minutes; the provider refuses less than 30 seconds.
    key("saga.record_ttl", Shape::Integer { least: 30, most: 604_800 }, Some("300")),
    key("saga.calls.timeout", SPAN, Some("1m")),
    key("saga.calls.deadline", SPAN, Some("5m")),
    key("saga.calls.tries", TRIES, Some("10")),
    key("saga.calls.base", WAIT, Some("1s")),
    key("saga.calls.cap", WAIT, Some("30s")),
    key("saga.compensations.timeout", SPAN, Some("1m")),
    key("saga.compensations.deadline", SPAN, Some("2h")),
    key("saga.compensations.tries", TRIES, Some("30")),
    key("saga.compensations.base", WAIT, Some("1s")),
    key("saga.compensations.cap", WAIT, Some("5m")),
    key("engine.max_sagas", Shape::Integer { least: 1, most: 10_000 }, Some("20")),
    key("engine.max_calls", Shape::Integer { least: 1, most: 10_000 }, Some("64")),
    key("journal.archive_every", SPAN, Some("1s")),
    key("journal.archive_days", Shape::Integer { least: 0, most: 36_500 }, Some("90")),
    key("log.filter", Shape::Filter, Some("info,arcadia=debug")),
    key("log.days_kept", Shape::Integer { least: 1, most: 3650 }, Some("14")),
    key("ui.ascii", WHEN, Some("auto")),
    key("ui.color", WHEN, Some("auto")),
    key("ui.mouse", Shape::Truth, Some("false")),
    // More than thirty a second nobody sees, and every one of them is sent.
    key("ui.fps", Shape::Integer { least: 1, most: 30 }, Some("30")),
    key("ui.linear", Shape::Truth, Some("false")),
    key("ui.theme", Shape::Text, Some("auto")),
    key("ui.notify.when", Shape::Choice(&["always", "unfocused", "never"]), Some("always")),
    key("ui.notify.bell", WHEN, Some("auto")),
    key("ui.notify.osc9", WHEN, Some("auto")),
    key("ui.notify.command", Shape::List, None),
];

/// What may be set under a dotted name, and what it is when nobody says anything.
pub fn find(name: &str) -> Option<Key> {
    if let Some(rest) = name.strip_prefix("saga.steps.") {
        let (step, field) = rest.split_once('.')?;
        return STEPS
            .contains(&step)
            .then(|| STEP_KEYS.into_iter().find(|key| key.name == field))
            .flatten();
    }
    KEYS.iter().find(|key| key.name == name).copied()
}

/// The dotted name of everything that can be set, single steps last.
pub fn names() -> Vec<String> {
    let steps = STEPS.iter().flat_map(|step| {
        STEP_KEYS.iter().map(move |key| format!("saga.steps.{step}.{}", key.name))
    });
    KEYS.iter().map(|key| key.name.to_owned()).chain(steps).collect()
}

/// The variable that sets a dotted name: `ARCADIA_SAGA_SETTLE` for `saga.settle`.
pub fn variable(name: &str) -> String {
    format!("ARCADIA_{}", name.replace('.', "_").to_ascii_uppercase())
}

/// The longest text that is compared, in bytes: comparing takes time by both lengths, and a slip of
/// the finger makes nothing longer than the longest name.
const COMPARED: usize = 128;

/// The candidate that looks most like `text`, if any looks like it at all.
pub fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    if text.len() > COMPARED {
        return None;
    }
    candidates
        .map(|candidate| (strsim::normalized_damerau_levenshtein(text, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate.to_owned())
}
