//! The dashboard with the engine behind it. The first frame is drawn before the journal is open.

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::Mutex;

use crate::app::AppError;
use crate::app::workshop::{LateEngine, Purpose, Workshop};
use crate::cli::Exit;
use crate::clock::{Chance, Clock, IdSource};
use crate::config::{Config, LaunchDefaults, Provider, UiConfig, When};
use crate::control::Control;
use crate::domain::spec::LaunchDraft;
use crate::tui;
use crate::tui::options::{Ascii, Color, Options};

/// Shows the dashboard until the operator leaves; then stops the engine. Sagas that have not ended
/// go on at the next start.
pub(super) async fn show(
    config: &Config,
    operator: String,
    token: Option<SecretString>,
    clock: Clock,
    late: LateEngine,
) -> Result<Exit, AppError> {
    let opened: Arc<Mutex<Option<Workshop>>> = Arc::default();
    let connect = {
        let (config, clock, opened) = (config.clone(), clock.clone(), Arc::clone(&opened));
        async move {
            let mut slot = opened.lock().await;
            let workshop = Workshop::open(&config, Purpose::Run, token, &clock, &late)
                .await
                .map_err(|error| in_full(&error))?;
            let control: Arc<dyn Control> = Arc::new(workshop.engine.clone());
            *slot = Some(workshop);
            Ok(control)
        }
    };
    let options = Options {
        ids: IdSource::new(clock.clone(), Chance::from_system()),
        clock,
        operator,
        environment: match config.provider {
            Provider::Simulator => "SIM".to_owned(),
            Provider::DigitalOcean => "PROD".to_owned(),
        },
        draft: draft(&config.launch),
        ascii: ascii(config.ui),
        color: color(config.ui),
    };
    let shown = tui::run(connect, options).await;
    if let Some(workshop) = opened.lock().await.take() {
        workshop.close().await;
    }
    shown?;
    Ok(Exit::Done)
}

fn draft(defaults: &LaunchDefaults) -> LaunchDraft {
    LaunchDraft {
        tenant: defaults.tenant.clone(),
        region: defaults.region.clone(),
        size: defaults.size.clone(),
        image: defaults.image.clone(),
        dns_domain: defaults.dns_domain.clone(),
        ssh_keys: defaults.ssh_keys.clone(),
        ..LaunchDraft::default()
    }
}

fn ascii(ui: UiConfig) -> Ascii {
    match ui.ascii {
        When::Always => Ascii::Yes,
        When::Auto | When::Never => Ascii::No,
    }
}

fn color(ui: UiConfig) -> Color {
    match ui.color {
        When::Never => Color::None,
        When::Auto | When::Always => Color::Ansi,
    }
}

/// An error with everything behind it, on one line.
fn in_full(error: &AppError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    if let Some(hint) = error.hint() {
        text.push_str(" (");
        text.push_str(&hint);
        text.push(')');
    }
    text
}
