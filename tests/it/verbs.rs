//! The shell's verbs over a real engine and a simulated cloud.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use arcadia::cli::output::{Output, Terminals, Tty};
use arcadia::cli::{Cli, Command, Context, Interrupts, run_verb};
use arcadia::clock::{Chance, IdSource};
use arcadia::config::paths::Platform;
use arcadia::config::{Environment, Flags, Loaded, schema};
use arcadia::domain::deployment::Actor;
use arcadia::domain::id::DeploymentId;
use arcadia::domain::saga::plan::{Direction, OnFailure};
use arcadia::domain::summary::Standing;
use arcadia::steps::plan::{PlanSettings, provisioning};
use clap::Parser as _;

use crate::support::rig::Rig;
use crate::support::script::{Act, Script};

/// What was written.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Types a line in a pipe; gives the exit code and all that was written.
async fn shell(rig: &Rig, seed: u64, line: &str) -> (u8, String) {
    let cli = Cli::try_parse_from(std::iter::once("arcadia").chain(line.split(' '))).unwrap();
    let Some(Command::Verb(verb)) = cli.command else { panic!("`{line}` is a verb") };
    let written = Captured::default();
    let pipe = Terminals { stdin: Tty::Pipe, stdout: Tty::Pipe, stderr: Tty::Pipe };
    let environment = Environment::new([], Platform::default());
    let config = Loaded::load(&Flags::default(), &environment).unwrap().config;
    let mut context = Context {
        output: Output::new(Box::new(written.clone()), Box::new(written.clone()), pipe),
        by: Actor::Operator("ana".to_owned()),
        clock: rig.clock.clone(),
        ids: IdSource::new(rig.clock.clone(), Chance::seeded(seed)),
        launch: config.launch,
        interrupts: Interrupts::never(),
    };
    let done = run_verb(Arc::new(rig.engine.clone()), verb, &mut context).await;
    let exit = done.unwrap_or_else(|error| error.tell(&context.output));
    (exit.code(), written.text())
}

async fn only(rig: &Rig) -> (DeploymentId, Standing) {
    use arcadia::control::Control as _;
    let rows = rig.engine.watch().await.unwrap().summaries;
    let [row] = rows.as_slice() else { panic!("one deployment: {rows:?}") };
    (row.deployment, row.standing)
}

#[tokio::test(start_paused = true)]
async fn a_deployment_is_launched_listed_shown_and_rolled_back_from_the_shell() {
    let rig = Rig::new().await;
    let launch = "launch --tenant acme --slug web --dns-domain acme.example --watch";
    let (code, told) = shell(&rig, 1, launch).await;
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("7/7 activate_deployment          ok"), "{told}");
    let (deployment, _) = only(&rig).await;
    rig.assert_whole(deployment).await;

    let (code, listed) = shell(&rig, 2, "list").await;
    assert_eq!(code, 0);
    assert!(listed.contains("acme/web") && listed.contains("7/7"), "{listed}");
    let (_, shown) = shell(&rig, 3, "show web").await;
    assert!(shown.contains("rolling back would:") && shown.contains("DATA IS LOST"), "{shown}");

    let (code, refused) = shell(&rig, 4, "rollback web").await;
    assert_eq!(code, 64, "{refused}");
    rig.assert_whole(deployment).await;

    let (code, told) = shell(&rig, 5, "rollback web --yes --watch").await;
    assert_eq!(code, 0, "{told}");
    assert!(told.ends_with("rolled back by operator:ana; nothing left out there\n"), "{told}");
    rig.assert_gone(deployment).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_takes_a_launch_is_told_of_with_it() {
    let script = Script::default();
    script.on("s0", Direction::Forward, [Act::Never]);
    let rig = Rig::scripted(&script, 1).await;
    let launched = rig.launch().await;
    let name = rig.rows().await[0].name();
    let (code, told) = shell(&rig, 1, &format!("take {name}")).await;
    assert_eq!((code, told), (0, format!("{name} is taken by ana\n")));
    let (code, told) = shell(&rig, 2, &format!("take {name} --json")).await;
    assert_eq!(code, 0);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["deployment"]["taken"]["by"], "operator:ana");
    let (_, shown) = shell(&rig, 3, &format!("show {name}")).await;
    assert!(shown.contains("taken       by ana at "), "{shown}");
    let (_, history) = shell(&rig, 4, &format!("history {name}")).await;
    assert_eq!(history.matches("take").count(), 2, "{history}");
    assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
    assert_eq!(shell(&rig, 5, &format!("take {name}")).await.0, 1);
}

#[tokio::test(start_paused = true)]
async fn a_taken_name_is_refused_with_a_hint() {
    let rig = Rig::new().await;
    let launch = "launch --tenant acme --slug web --dns-domain acme.example";
    assert_eq!(shell(&rig, 1, launch).await.0, 0);
    let (code, told) = shell(&rig, 2, launch).await;
    assert_eq!(code, 1);
    assert!(told.contains("exists already") && told.contains("hint: `arcadia show acme/web`"));
    assert_eq!(only(&rig).await.1, Standing::Active);
}

#[test]
fn the_configuration_knows_the_steps_and_the_patience_of_the_provisioning_plan() {
    let environment = Environment::new([], Platform::default());
    let saga = Loaded::load(&Flags::default(), &environment).unwrap().config.saga;
    let settings = PlanSettings::default();
    let plan = provisioning(&settings, OnFailure::Rollback);
    let names: Vec<_> = plan.steps().iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, schema::STEPS);
    assert_eq!(saga.calls, settings.calls);
    assert_eq!(saga.compensations, settings.compensations);
    assert_eq!(saga.activation_deadline, settings.activation_deadline);
}
