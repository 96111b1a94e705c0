//! `arcadia launch`.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use toml::de::DeValue;

use crate::cli::error::CliError;
use crate::cli::exit::Aim;
use crate::cli::follow::{self, Form, From, Pursuit, Tell};
use crate::cli::{Context, Exit};
use crate::config::{LaunchDefaults, document, read_bounded, schema};
use crate::control::{Control, LaunchRequest};
use crate::domain::saga::plan::OnFailure;
use crate::domain::spec::{DeploymentSpec, LaunchDraft};

/// What to launch. A flag beats the file, the file beats the configuration's `[launch]`.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "The saga runs to its end before this returns; a saga that is cut short goes \
on at the next start.
Ctrl-C asks whether to cancel or detach; in a pipe it detaches.

Examples:
  arcadia launch --tenant acme --slug web --region syd1 --size s-1vcpu-1gb \\
    --image ubuntu-24-04-x64 --dns-domain acme.example --watch
  arcadia launch -f deployment.toml --on-failure hold

A deployment.toml has the flags' names:
  tenant = \"acme\"
  slug = \"web\"
  dns_domain = \"acme.example\"
  user_data_file = \"cloud-init.yaml\""
)]
pub struct LaunchArgs {
    /// Read what is to be launched from this file
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Who the deployment is for
    #[arg(long)]
    tenant: Option<String>,
    /// The deployment's name, unique per tenant
    #[arg(long)]
    slug: Option<String>,
    /// A name for people [default: the slug]
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// The provider's slug of the region
    #[arg(long)]
    region: Option<String>,
    /// The provider's slug of the size
    #[arg(long)]
    size: Option<String>,
    /// The provider's slug of the image
    #[arg(long)]
    image: Option<String>,
    /// The zone in which the name is made; without it, no DNS
    #[arg(long, value_name = "DOMAIN")]
    dns_domain: Option<String>,
    /// The record's name in the zone, `@` for the zone itself [default: the slug]
    #[arg(long, value_name = "NAME")]
    dns_record_name: Option<String>,
    /// An id or fingerprint of a key that the provider knows (can be repeated)
    #[arg(long = "ssh-key", value_name = "KEY")]
    ssh_keys: Vec<String>,
    /// What cloud-init gets
    #[arg(long, value_name = "FILE")]
    user_data_file: Option<PathBuf>,
    /// The droplet's name [default: dep-<slug>]
    #[arg(long, value_name = "NAME")]
    droplet_name: Option<String>,
    /// What or who caused the launch, for the record
    #[arg(long, value_name = "WORDS")]
    triggered_by: Option<String>,
    /// What happens when a step fails for good
    #[arg(long, value_enum, value_name = "WHAT")]
    on_failure: Option<OnFailureArg>,
    /// Print a line for each change
    #[arg(short, long)]
    watch: bool,
    /// Print the plan, and launch nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What happens when a step fails for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnFailureArg {
    /// Undo everything
    Rollback,
    /// Wait for you, and keep what was made
    Hold,
}

impl std::convert::From<OnFailureArg> for OnFailure {
    fn from(arg: OnFailureArg) -> Self {
        match arg {
            OnFailureArg::Rollback => Self::Rollback,
            OnFailureArg::Hold => Self::Hold,
        }
    }
}

pub(crate) async fn run(
    control: &dyn Control,
    context: &mut Context,
    args: LaunchArgs,
) -> Result<Exit, CliError> {
    let LaunchArgs { watch: watched, dry_run, json, .. } = args;
    let (draft, on_failure) = draft(args, &context.launch)?;
    let spec = DeploymentSpec::parse(&draft).map_err(CliError::Launch)?;
    if dry_run {
        let plan = control.plan(&spec, on_failure);
        for (number, step) in plan.steps().iter().enumerate() {
            context.output.data(&format!("{} {}", number + 1, step.name));
        }
        return Ok(Exit::Done);
    }
    // Taken before the launch, so that nothing is missed.
    let watch = control.watch().await?;
    let launch = LaunchRequest { spec, on_failure, by: context.by.clone() };
    let launched = control.launch(launch).await?;
    let pursuit = Pursuit {
        deployment: launched.deployment,
        from: From::Launch,
        aim: Aim::Active,
        tell: if watched { Tell::Changes } else { Tell::Outcome },
        form: if json { Form::Json } else { Form::Words },
    };
    follow::follow(control, context, watch, pursuit).await
}

/// What is to be launched: flags over file over defaults.
fn draft(
    args: LaunchArgs,
    defaults: &LaunchDefaults,
) -> Result<(LaunchDraft, OnFailure), CliError> {
    let mut draft = LaunchDraft {
        tenant: defaults.tenant.clone(),
        region: defaults.region.clone(),
        size: defaults.size.clone(),
        image: defaults.image.clone(),
        dns_domain: defaults.dns_domain.clone(),
        ssh_keys: defaults.ssh_keys.clone(),
        ..LaunchDraft::default()
    };
    let mut on_failure = defaults.on_failure;
    if let Some(path) = &args.file {
        read_file(path, &mut draft, &mut on_failure)?;
    }
    for (given, field) in [
        (args.tenant, &mut draft.tenant),
        (args.slug, &mut draft.slug),
        (args.display_name, &mut draft.display_name),
        (args.region, &mut draft.region),
        (args.size, &mut draft.size),
        (args.image, &mut draft.image),
        (args.dns_domain, &mut draft.dns_domain),
        (args.dns_record_name, &mut draft.dns_record_name),
        (args.droplet_name, &mut draft.droplet_name),
        (args.triggered_by, &mut draft.triggered_by),
    ] {
        if let Some(text) = given {
            *field = text;
        }
    }
    if !args.ssh_keys.is_empty() {
        draft.ssh_keys = args.ssh_keys;
    }
    if let Some(path) = args.user_data_file {
        draft.user_data = text_of(&path)?;
    }
    Ok((draft, args.on_failure.map_or(on_failure, Into::into)))
}

/// The keys that a launch file may have.
const FILE_KEYS: [&str; 14] = [
    "tenant",
    "slug",
    "display_name",
    "region",
    "size",
    "image",
    "dns_domain",
    "dns_record_name",
    "ssh_keys",
    "user_data",
    "user_data_file",
    "droplet_name",
    "triggered_by",
    "on_failure",
];

fn read_file(
    path: &Path,
    draft: &mut LaunchDraft,
    on_failure: &mut OnFailure,
) -> Result<(), CliError> {
    let beside = |name: &str| {
        // Beside the launch file, so that both can be moved together.
        text_of(&path.parent().unwrap_or(Path::new(".")).join(name))
    };
    read_text(path, &text_of(path)?, beside, draft, on_failure)
}

/// Reads the text of a deployment file that stands alone: what it would launch.
///
/// # Errors
/// When it is no deployment file, names another file, or the launch does not make sense.
pub fn spec_of(text: &str) -> Result<DeploymentSpec, CliError> {
    let (mut draft, mut on_failure) = (LaunchDraft::default(), OnFailure::Rollback);
    let path = Path::new("deployment.toml");
    let beside = |name: &str| {
        let source = io::Error::other("a text that stands alone has nothing beside it");
        Err(CliError::File { path: name.into(), source })
    };
    read_text(path, text, beside, &mut draft, &mut on_failure)?;
    DeploymentSpec::parse(&draft).map_err(CliError::Launch)
}

fn read_text(
    path: &Path,
    text: &str,
    beside: impl Fn(&str) -> Result<String, CliError>,
    draft: &mut LaunchDraft,
    on_failure: &mut OnFailure,
) -> Result<(), CliError> {
    let wrong = |line, problem| CliError::LaunchFile { path: path.to_owned(), line, problem };
    for line in document::read(text).map_err(|error| wrong(error.line, error.message))? {
        let refuse = |must: &str| wrong(line.number, format!("`{}` must be {must}", line.key));
        let text = || line.value.as_str().map(str::to_owned).ok_or_else(|| refuse("a text"));
        match line.key.as_str() {
            "tenant" => draft.tenant = text()?,
            "slug" => draft.slug = text()?,
            "display_name" => draft.display_name = text()?,
            "region" => draft.region = text()?,
            "size" => draft.size = text()?,
            "image" => draft.image = text()?,
            "dns_domain" => draft.dns_domain = text()?,
            "dns_record_name" => draft.dns_record_name = text()?,
            "droplet_name" => draft.droplet_name = text()?,
            "triggered_by" => draft.triggered_by = text()?,
            "user_data" => draft.user_data = text()?,
            "user_data_file" => draft.user_data = beside(&text()?)?,
            "ssh_keys" => {
                draft.ssh_keys = texts(&line.value).ok_or_else(|| refuse("a list of texts"))?;
            }
            "on_failure" => {
                *on_failure = match text()?.as_str() {
                    "rollback" => OnFailure::Rollback,
                    "hold" => OnFailure::Hold,
                    _ => return Err(refuse("`rollback` or `hold`")),
                };
            }
            key => {
                let meant = schema::nearest(key, FILE_KEYS.into_iter())
                    .map_or(String::new(), |nearest| format!("; did you mean `{nearest}`?"));
                let problem = format!("there is no `{}`{meant}", key.escape_debug());
                return Err(wrong(line.number, problem));
            }
        }
    }
    Ok(())
}

fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
}

/// A file that somebody wrote.
fn text_of(path: &Path) -> Result<String, CliError> {
    let read = read_bounded(path).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
    });
    read.map_err(|source| CliError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_names_every_key_that_a_launch_file_may_have() {
        let example = include_str!("../../assets/deployment.example.toml");
        for key in FILE_KEYS {
            let named =
                |line: &str| line.trim_start_matches("# ").starts_with(&format!("{key} = "));
            assert!(example.lines().any(named), "{key}");
        }
    }

    #[test]
    fn a_file_without_end_is_refused() {
        assert!(matches!(text_of(Path::new("/dev/zero")), Err(CliError::File { .. })));
    }

    fn defaults() -> LaunchDefaults {
        LaunchDefaults {
            tenant: "from-config".to_owned(),
            region: "from-config".to_owned(),
            size: "from-config".to_owned(),
            image: String::new(),
            dns_domain: String::new(),
            ssh_keys: vec!["1".to_owned()],
            on_failure: OnFailure::Rollback,
        }
    }

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deployment.toml");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn a_flag_beats_the_file_which_beats_the_configuration() {
        let (folder, path) = file(
            "region = \"from-file\"\nsize = \"from-file\"\nssh_keys = [\"2\", \"3\"]\n\
             user_data_file = \"init.yaml\"\non_failure = \"hold\"\n",
        );
        std::fs::write(folder.path().join("init.yaml"), "#cloud-config\n").unwrap();
        let args = LaunchArgs {
            file: Some(path),
            size: Some("from-flag".to_owned()),
            ..LaunchArgs::default()
        };
        let (draft, on_failure) = draft(args, &defaults()).unwrap();
        assert_eq!(draft.tenant, "from-config");
        assert_eq!(draft.region, "from-file");
        assert_eq!(draft.size, "from-flag");
        assert_eq!(draft.ssh_keys, ["2", "3"]);
        assert_eq!(draft.user_data, "#cloud-config\n");
        assert_eq!(on_failure, OnFailure::Hold);
    }

    #[test]
    fn a_mistake_in_a_launch_file_names_its_line_and_what_was_meant() {
        let complaint = |text: &str| {
            let (_folder, path) = file(text);
            let args = LaunchArgs { file: Some(path), ..LaunchArgs::default() };
            let error = draft(args, &defaults()).unwrap_err().to_string();
            error.rsplit('/').next().unwrap().to_owned()
        };
        assert_eq!(
            complaint("slug = \"web\"\nregoin = \"syd1\"\n"),
            "deployment.toml:2: there is no `regoin`; did you mean `region`?"
        );
        assert_eq!(complaint("slug = 3"), "deployment.toml:1: `slug` must be a text");
        assert_eq!(
            complaint("on_failure = \"wait\""),
            "deployment.toml:1: `on_failure` must be `rollback` or `hold`"
        );
    }
}
