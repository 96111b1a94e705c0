//! The dashboard with the engine behind it. The first frame is drawn before the journal is open.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::AppError;
use crate::app::last_resort::{self, Opened};
use crate::app::notifying;
use crate::app::ui_file::UiFile;
use crate::app::workshop::{LateEngine, Purpose, Workshop};
use crate::cli::output::Output;
use crate::cli::{Exit, Stop};
use crate::clock::{Chance, Clock, IdSource};
use crate::config::{Config, Environment, Provider, Switch, UiConfig, When};
use crate::control::Control;
use crate::domain::failure::with_causes;
use crate::domain::spec::LaunchDraft;
use crate::recording::{self, Outcome, Recorder};
use crate::telemetry::Redactor;
use crate::tui;
use crate::tui::background::Ask;
use crate::tui::beside::Beside;
use crate::tui::keymap::Keymap;
use crate::tui::options::{Ascii, Color, Lines, Mouse, Options};
use crate::tui::tape::Tape;
use crate::tui::theme::color::Depth;
use crate::tui::theme::file::ThemeError;
use crate::tui::theme::palette::Faint;
use crate::tui::theme::shelf::Themes;

/// How long the last lines of a recording may take.
const LAST_OF_RECORDING: Duration = Duration::from_secs(2);

/// Shows the dashboard until the operator leaves; then stops the engine. Sagas that have not ended
/// go on at the next start.
///
/// # Errors
/// When the terminal refuses something, or when the engine did not come up: the screen said so, and
/// what called the program must hear it, too.
pub(super) async fn show(
    config: &Config,
    environment: &Environment,
    token: Option<SecretString>,
    clock: Clock,
    late: LateEngine,
    record: Option<&Path>,
) -> Result<Exit, AppError> {
    let color = color(config.ui.color, environment);
    let keymap = Keymap::new(&config.keys)?;
    let themes = themes(&config.ui, environment, color)?;
    let (tape, outcome) = record_to(record, token.as_ref())?.unzip();
    let opened = Opened::default();
    let left = CancellationToken::new();
    let stop = Stop::of_process().map_err(AppError::Runtime)?;
    let mut stands_by = JoinSet::new();
    stands_by.spawn(last_resort::stand_by(stop, left.clone(), Arc::clone(&opened)));
    let connect = {
        let (config, clock, opened) = (config.clone(), clock.clone(), Arc::clone(&opened));
        async move {
            let mut slot = opened.lock().await;
            let workshop = Workshop::open(&config, Purpose::Run, token, &clock, &late).await;
            let control = match &workshop {
                Ok(workshop) => Ok(Arc::new(workshop.engine.clone()) as Arc<dyn Control>),
                Err(error) => Err(in_full(error)),
            };
            *slot = Some(workshop);
            control
        }
    };
    let options = Options {
        ids: IdSource::new(clock.clone(), Chance::from_system()),
        clock,
        operator: environment.user().to_owned(),
        environment: match config.provider {
            Provider::Simulator => "SIM".to_owned(),
            Provider::DigitalOcean => "PROD".to_owned(),
        },
        draft: draft(config),
        incidents: config.data_dir.join("incidents"),
        ascii: ascii(config.ui.ascii, environment),
        mouse: match config.ui.mouse {
            Switch::On => Mouse::Captured,
            Switch::Off => Mouse::Left,
        },
        frame: Duration::from_secs(1) / config.ui.fps.get(),
        lines: lines(config.ui.linear),
        background: background(&themes, environment),
        color,
        themes,
        keymap,
    };
    let (file, remembered, warning) = UiFile::open(&config.data_dir);
    let beside = Beside {
        remembered,
        warning,
        keeper: Some(Arc::new(file)),
        notify: notifying::how(&config.notify, environment),
        notify_when: Some(config.notify.when),
        tape: tape.map(|recorder| Box::new(recorder) as Box<dyn Tape>),
    };
    let shown = tui::run(connect, options, beside).await;
    left.cancel();
    // Once it has begun to end the process, it is the one to do so.
    stands_by.join_next().await;
    if let Some(outcome) = outcome
        && let Some(why) = last_of(outcome).await
    {
        Output::of_process().talk(&format!("warning: the recording is not whole: {why}"));
    }
    let opened = opened.lock().await.take().transpose();
    if let Ok(Some(workshop)) = opened {
        for unwritten in workshop.close().await {
            Output::of_process().talk(&format!("warning: {unwritten}"));
        }
        shown?;
        return Ok(Exit::Done);
    }
    shown?;
    opened.map(|_| Exit::Done)
}

/// Waits for the last of a recording, but not for a disk that does not answer.
async fn last_of(outcome: Outcome) -> Option<String> {
    let written = tokio::task::spawn_blocking(move || outcome.wait());
    match tokio::time::timeout(LAST_OF_RECORDING, written).await {
        Ok(Ok(why)) => why,
        Ok(Err(_)) | Err(_) => Some("the disk does not take the rest of it".to_owned()),
    }
}

/// Who takes the session down, if somebody shall.
fn record_to(
    record: Option<&Path>,
    token: Option<&SecretString>,
) -> Result<Option<(Recorder, Outcome)>, AppError> {
    let Some(path) = record else { return Ok(None) };
    let file = recording::create(path)?;
    Ok(Some(Recorder::new(file, Redactor::new(token))))
}

/// What the launch form begins with. On the simulated cloud a zone is there for the taking, so that
/// a first launch shows every step at work.
fn draft(config: &Config) -> LaunchDraft {
    let defaults = &config.launch;
    let zone = match config.provider {
        Provider::Simulator if defaults.dns_domain.is_empty() => config.simulator.domains.first(),
        Provider::Simulator | Provider::DigitalOcean => None,
    };
    LaunchDraft {
        tenant: defaults.tenant.clone(),
        region: defaults.region.clone(),
        size: defaults.size.clone(),
        image: defaults.image.clone(),
        dns_domain: zone.unwrap_or(&defaults.dns_domain).clone(),
        ssh_keys: defaults.ssh_keys.clone(),
        ..LaunchDraft::default()
    }
}

/// Whether only ASCII is drawn.
pub(super) fn ascii(when: When, environment: &Environment) -> Ascii {
    match when {
        When::Always => Ascii::Yes,
        When::Auto if knows_ascii_only(environment) || is_console(environment) => Ascii::Yes,
        When::Auto | When::Never => Ascii::No,
    }
}

/// Whether everything is drawn as plain lines.
pub(super) fn lines(linear: Switch) -> Lines {
    match linear {
        Switch::On => Lines::Plain,
        Switch::Off => Lines::Framed,
    }
}

/// The locale, by the variable that counts.
pub(super) fn locale(environment: &Environment) -> Option<&str> {
    ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| environment.get(name))
}

/// Whether the locale, or the terminal, says so. A locale that nobody set says nothing.
fn knows_ascii_only(environment: &Environment) -> bool {
    let unicode = locale(environment).is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    !unicode || is_dumb(environment)
}

/// Whether colour is used.
pub(super) fn color(when: When, environment: &Environment) -> Color {
    match when {
        When::Never => Color::None,
        When::Auto if environment.get("NO_COLOR").is_some() || is_dumb(environment) => Color::None,
        When::Auto | When::Always => Color::Ansi,
    }
}

/// The themes that there are, as this terminal draws them, beginning with what the configuration says.
fn themes(ui: &UiConfig, environment: &Environment, color: Color) -> Result<Themes, ThemeError> {
    let file = environment.platform.expand(&ui.theme);
    let themes = Themes::open(&ui.theme, &file, &ui.themes, color)?;
    let depth = match environment.get("COLORTERM") {
        Some("truecolor" | "24bit") => Depth::True,
        Some(_) | None => Depth::Indexed,
    };
    Ok(themes.fitted(depth, if is_console(environment) { Faint::Lost } else { Faint::Legible }))
}

/// Whether the terminal is asked for its background. Some answer in a way that others never see the
/// end of, and some draw what they do not know.
fn background(themes: &Themes, environment: &Environment) -> Ask {
    match environment.get("TERM") {
        None | Some(LINUX_CONSOLE | "dumb" | "screen" | "Eterm") => Ask::No,
        Some(screen) if screen.starts_with("screen.") => Ask::No,
        Some(_) => themes.ask(),
    }
}

/// What the Linux console calls itself.
const LINUX_CONSOLE: &str = "linux";

/// The Linux console. Whatever the locale is, its fonts have room for 512 signs at the most, and none
/// of those that tell the states apart.
fn is_console(environment: &Environment) -> bool {
    environment.get("TERM") == Some(LINUX_CONSOLE)
}

fn is_dumb(environment: &Environment) -> bool {
    environment.get("TERM") == Some("dumb")
}

/// An error with everything behind it, on one line.
fn in_full(error: &AppError) -> String {
    let mut text = with_causes(error);
    if let Some(hint) = error.hint() {
        text.push_str(" (");
        text.push_str(&hint);
        text.push(')');
    }
    text
}
