//! Typed settings out of the merged layers.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::env::Environment;
use crate::config::error::Problem;
use crate::config::layers::Layers;
use crate::config::schema;
use crate::config::value::Value;
use crate::config::{
    Config, DigitalOceanConfig, EngineConfig, JournalConfig, LaunchDefaults, LogConfig,
    NotifyConfig, NotifyWhen, PatienceOverride, Provider, SagaConfig, SimulatorConfig, Switch,
    TokenSource, UiConfig, When,
};
use crate::domain::saga::plan::{OnFailure, Patience, StepName};
use crate::domain::saga::retry::RetryPolicy;
use crate::domain::spec::{DeploymentSpec, LaunchDraft};

/// Builds the configuration. What does not go together is added to `problems`.
pub(crate) fn build(
    layers: &Layers,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) -> Config {
    let read = Reader { layers, environment };
    let token = token_source(&read, problems);
    let config = Config {
        data_dir: read.path("data_dir").unwrap_or_else(|| environment.platform.data_dir()),
        provider: match read.text("provider").as_str() {
            "digitalocean" => Provider::DigitalOcean,
            _ => Provider::Simulator,
        },
        digitalocean: DigitalOceanConfig {
            base_url: read.text("digitalocean.base_url").trim_end_matches('/').to_owned(),
            connect_timeout: read.span("digitalocean.connect_timeout"),
            request_timeout: read.span("digitalocean.request_timeout"),
            token_timeout: read.span("digitalocean.token_timeout"),
            token,
        },
        simulator: simulator(&read),
        launch: LaunchDefaults {
            tenant: read.text("launch.tenant"),
            region: read.text("launch.region"),
            size: read.text("launch.size"),
            image: read.text("launch.image"),
            dns_domain: read.text("launch.dns_domain"),
            ssh_keys: read.list("launch.ssh_keys"),
            on_failure: match read.text("launch.on_failure").as_str() {
                "hold" => OnFailure::Hold,
                _ => OnFailure::Rollback,
            },
        },
        saga: SagaConfig {
            activation_deadline: read.span("saga.activation_deadline"),
            settle: read.span("saga.settle"),
            poll_first: read.span("saga.poll_first"),
            poll_most: read.span("saga.poll_most"),
            record_ttl: read.count("saga.record_ttl").unwrap_or_default(),
            calls: read.patience("saga.calls"),
            compensations: read.patience("saga.compensations"),
            steps: step_overrides(&read),
        },
        engine: EngineConfig {
            max_sagas: read
                .count("engine.max_sagas")
                .and_then(NonZeroUsize::new)
                .unwrap_or(NonZeroUsize::MIN),
            max_calls: read
                .count("engine.max_calls")
                .and_then(NonZeroUsize::new)
                .unwrap_or(NonZeroUsize::MIN),
        },
        journal: JournalConfig {
            archive_every: read.span("journal.archive_every"),
            archive_kept: match read.count::<u64>("journal.archive_days") {
                Some(0) | None => None,
                Some(days) => Some(Duration::from_hours(24 * days)),
            },
        },
        log: LogConfig {
            filter: read.text("log.filter"),
            days_kept: read
                .count("log.days_kept")
                .and_then(NonZeroUsize::new)
                .unwrap_or(NonZeroUsize::MIN),
        },
        ui: UiConfig {
            ascii: read.when("ui.ascii"),
            color: read.when("ui.color"),
            theme: read.text("ui.theme"),
            mouse: read.switch("ui.mouse"),
            fps: read.count("ui.fps").and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN),
            linear: read.switch("ui.linear"),
            themes: layers
                .file
                .as_deref()
                .and_then(Path::parent)
                .map_or_else(|| environment.platform.themes(), |folder| folder.join("themes")),
        },
        keys: layers.keys.clone(),
        notify: notify(&read),
    };
    check(&config, layers, problems);
    check_launch(&config.launch, layers, problems);
    config
}

fn notify(read: &Reader<'_>) -> NotifyConfig {
    let words = read.list("ui.notify.command");
    let command = words.split_first();
    NotifyConfig {
        when: match read.text("ui.notify.when").as_str() {
            "unfocused" => NotifyWhen::Unfocused,
            "never" => NotifyWhen::Never,
            _ => NotifyWhen::Always,
        },
        bell: read.when("ui.notify.bell"),
        osc9: read.when("ui.notify.osc9"),
        command: command.map(|(program, arguments)| (program.clone(), arguments.to_vec())),
    }
}

fn simulator(read: &Reader<'_>) -> SimulatorConfig {
    SimulatorConfig {
        url: read.optional_text("simulator.url"),
        activation: read.span("simulator.activation"),
        address_delay: read.span("simulator.address_delay"),
        listing_lag: read.span("simulator.listing_lag"),
        deletion: read.span("simulator.deletion"),
        domains: read.list("simulator.domains"),
        droplet_limit: read.count("simulator.droplet_limit").unwrap_or_default(),
        seed: read.count("simulator.seed").unwrap_or_default(),
    }
}

fn token_source(read: &Reader<'_>, problems: &mut Vec<Problem>) -> Option<TokenSource> {
    let file = read.path("digitalocean.token_file").map(TokenSource::File);
    let words = read.list("digitalocean.token_command");
    let command = words.split_first().map(|(program, arguments)| TokenSource::Command {
        program: program.clone(),
        arguments: arguments.to_vec(),
    });
    let place = |name: &str| read.layers.place(name).map(ToString::to_string);
    let places = place("digitalocean.token_file").zip(place("digitalocean.token_command"));
    if let (Some(_), Some(_), Some((by_file, by_command))) = (&file, &command, places) {
        problems.push(Problem::Clash {
            text: format!(
                "`digitalocean.token_file` ({by_file}) and `digitalocean.token_command` \
                 ({by_command}) are both set; keep one"
            ),
        });
    }
    file.or(command)
}

fn step_overrides(read: &Reader<'_>) -> BTreeMap<StepName, PatienceOverride> {
    let mut overrides = BTreeMap::new();
    for step in schema::STEPS {
        let name = |field: &str| format!("saga.steps.{step}.{field}");
        let change = PatienceOverride {
            timeout: read.optional_span(&name("timeout")),
            deadline: read.optional_span(&name("deadline")),
            tries: read.count(&name("tries")).and_then(NonZeroU32::new),
            base: read.optional_span(&name("base")),
            cap: read.optional_span(&name("cap")),
        };
        if change != PatienceOverride::default() {
            overrides.insert(StepName::new(step), change);
        }
    }
    overrides
}

/// What a launch begins with is what it may begin with: a slip is told here with its place, and not at
/// every launch.
fn check_launch(launch: &LaunchDefaults, layers: &Layers, problems: &mut Vec<Problem>) {
    // What is left open here is said at the launch.
    let or = |text: &str| if text.is_empty() { "a".to_owned() } else { text.to_owned() };
    let draft = LaunchDraft {
        tenant: or(&launch.tenant),
        slug: "a".to_owned(),
        region: or(&launch.region),
        size: or(&launch.size),
        image: or(&launch.image),
        dns_domain: launch.dns_domain.clone(),
        ssh_keys: launch.ssh_keys.clone(),
        ..LaunchDraft::default()
    };
    for error in DeploymentSpec::parse(&draft).err().unwrap_or_default() {
        let key = format!("launch.{}", error.field);
        if let Some(place) = layers.place(&key).cloned() {
            problems.push(Problem::Senseless { key, place, problem: error.problem });
        }
    }
}

fn check(config: &Config, layers: &Layers, problems: &mut Vec<Problem>) {
    // Where a value was refused the default stands, and nobody chose what that clashes with.
    let refused: BTreeSet<String> =
        problems.iter().filter_map(Problem::refused).map(str::to_owned).collect();
    let mut ordered = |less: (&str, Duration), more: (&str, Duration)| {
        let chosen = !refused.contains(less.0) && !refused.contains(more.0);
        if chosen && less.1 > more.1 {
            let [less, more] = [less.0, more.0].map(|name| match layers.place(name) {
                Some(place) => format!("`{name}` ({place})"),
                None => format!("`{name}`"),
            });
            let text = format!("{less} must not be longer than {more}");
            problems.push(Problem::Clash { text });
        }
    };
    let saga = &config.saga;
    ordered(("saga.poll_first", saga.poll_first), ("saga.poll_most", saga.poll_most));
    // A look-up that proves something only after its deadline proves nothing, ever.
    let settle = ("saga.settle", saga.settle);
    ordered(settle, ("saga.calls.deadline", saga.calls.deadline));
    ordered(settle, ("saga.compensations.deadline", saga.compensations.deadline));
    let (calls, undo) = (&saga.calls.retry, &saga.compensations.retry);
    ordered(("saga.calls.base", calls.base), ("saga.calls.cap", calls.cap));
    ordered(("saga.compensations.base", undo.base), ("saga.compensations.cap", undo.cap));
}

/// Reads values whose shapes the layers have checked; a value that was refused reads as nothing,
/// because the problem is on the list already.
struct Reader<'a> {
    layers: &'a Layers,
    environment: &'a Environment,
}

impl Reader<'_> {
    fn optional_text(&self, name: &str) -> Option<String> {
        match self.layers.get(name)? {
            Value::Text(text) => Some(text.clone()),
            Value::Span(_) | Value::Integer(_) | Value::Truth(_) | Value::List(_) => None,
        }
    }

    fn text(&self, name: &str) -> String {
        self.optional_text(name).unwrap_or_default()
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.optional_text(name).map(|text| self.environment.platform.expand(&text))
    }

    fn optional_span(&self, name: &str) -> Option<Duration> {
        match self.layers.get(name)? {
            Value::Span(span) => Some(*span),
            Value::Text(_) | Value::Integer(_) | Value::Truth(_) | Value::List(_) => None,
        }
    }

    fn span(&self, name: &str) -> Duration {
        self.optional_span(name).unwrap_or_default()
    }

    /// A number that the schema bounds to what `T` holds.
    fn count<T: TryFrom<i64>>(&self, name: &str) -> Option<T> {
        match self.layers.get(name)? {
            Value::Integer(number) => T::try_from(*number).ok(),
            Value::Text(_) | Value::Span(_) | Value::Truth(_) | Value::List(_) => None,
        }
    }

    fn list(&self, name: &str) -> Vec<String> {
        match self.layers.get(name) {
            Some(Value::List(items)) => items.clone(),
            Some(Value::Text(_) | Value::Span(_) | Value::Integer(_) | Value::Truth(_)) | None => {
                Vec::new()
            }
        }
    }

    fn switch(&self, name: &str) -> Switch {
        match self.layers.get(name) {
            Some(Value::Truth(true)) => Switch::On,
            Some(
                Value::Truth(false)
                | Value::Text(_)
                | Value::Span(_)
                | Value::Integer(_)
                | Value::List(_),
            )
            | None => Switch::Off,
        }
    }

    fn when(&self, name: &str) -> When {
        match self.text(name).as_str() {
            "always" => When::Always,
            "never" => When::Never,
            _ => When::Auto,
        }
    }

    fn patience(&self, table: &str) -> Patience {
        let name = |field: &str| format!("{table}.{field}");
        Patience {
            timeout: self.span(&name("timeout")),
            deadline: self.span(&name("deadline")),
            retry: RetryPolicy {
                tries: self
                    .count(&name("tries"))
                    .and_then(NonZeroU32::new)
                    .unwrap_or(NonZeroU32::MIN),
                base: self.span(&name("base")),
                cap: self.span(&name("cap")),
            },
        }
    }
}
