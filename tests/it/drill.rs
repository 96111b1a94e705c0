//! The drill: it is clean where the product is, it finds what is planted, and it touches nothing.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arcadia::domain::saga::plan::{OnFailure, StepName};
use arcadia::drill::case::Failure;
use arcadia::drill::report::{Ended, Report, Verdict};
use arcadia::drill::setup::{MakeRegistry, Setup};
use arcadia::drill::{Drill, DrillError};
use arcadia::providers::digitalocean::{DigitalOcean, Limits, Settings};
use arcadia::providers::{
    Account, Compute, Droplet, DropletDraft, DropletId, ProviderError, Removal,
};
use arcadia::simulator::Timings;
use arcadia::steps::plan::{PlanSettings, provisioning};
use arcadia::steps::{Progress, Registry, Step, StepContext, StepError, StepSettings};
use async_trait::async_trait;
use serde_json::Value;

use crate::support::home::Home;

/// The steps of the plan; the last one has nothing to undo, and no order meets it.
const STEPS: [&str; 7] = [
    "mark_deployment_provisioning",
    "create_droplet",
    "register_inventory",
    "link_deployment_resource",
    "point_deployment_dns",
    "activate_deployment",
    "wait_droplet_active",
];

#[test]
fn a_drill_of_the_default_configuration_is_clean_covers_every_step_and_touches_nothing() {
    let home = Home::configured("");
    let before = everything_in(&home);
    // Step by step, so that no single wait is a long one on a loaded machine.
    let mut runs = Vec::new();
    for step in STEPS {
        let report = home.json(&["drill", "--json", "--only", step]);
        assert_eq!(report["clean"], true, "{step}");
        runs.extend(report["runs"].as_array().unwrap().clone());
    }
    assert_eq!(everything_in(&home), before, "the user's home is as it was");
    let drilled = |direction: &str| -> BTreeSet<&str> {
        let runs = runs.iter().filter(|run| run["direction"] == direction);
        runs.map(|run| run["step"].as_str().unwrap()).collect()
    };
    assert_eq!(drilled("do"), STEPS.into());
    assert_eq!(drilled("undo"), STEPS[..6].iter().copied().collect());
    let failures: BTreeSet<_> = runs.iter().map(|run| run["failure"].as_str().unwrap()).collect();
    assert_eq!(failures, Failure::ALL.map(Failure::as_str).into());
    for run in &runs {
        assert_eq!(run["left_behind"], serde_json::json!([]), "{run}");
        assert!(run["ended"] == "active" || run["ended"] == "cancelled", "{run}");
        assert!(run["direction"] == "do" || run["ended"] == "cancelled", "{run}");
    }

    // The plan's own time-out was waited for, 30 seconds, and where it was not due, it was not.
    let took = |failure: &str| {
        let name = format!("create_droplet/do/request-create-droplet.1/{failure}");
        let run = runs.iter().find(|run| run["name"] == name.as_str()).unwrap();
        run["simulated_ms"].as_u64().unwrap()
    };
    assert!(took("silent") >= 30_000 && took("answer-lost") < 30_000);
}

#[test]
fn a_run_is_done_alone_by_its_name_and_a_name_that_there_is_not_is_refused() {
    let home = Home::configured("");
    let name = "create_droplet/undo/request-destroy-droplet.1/answer-lost";
    let report = home.json(&["drill", "--json", "--only", name]);
    assert_eq!(report["runs"].as_array().unwrap().len(), 1);
    assert_eq!(report["runs"][0]["name"], name);

    let ended = home.run(&["drill", "--only", "create_droplt"]);
    assert_eq!(ended.code, Some(64), "{ended:?}");
    assert!(ended.stderr.contains("wait_droplet_active"), "it names the steps: {ended:?}");
}

#[test]
fn a_plan_that_cannot_come_up_at_all_is_told_before_anything_is_broken() {
    let home = Home::configured("[simulator]\nactivation = \"20m\"\n");
    let ended = home.run(&["drill"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("with nothing broken at all"), "{ended:?}");
    assert!(ended.stderr.contains("wait_droplet_active"), "{ended:?}");
}

#[test]
fn a_held_plan_is_taken_on_by_the_operator_and_ends_whole() {
    let home = Home::configured("[launch]\non_failure = \"hold\"\n");
    let name = "create_droplet/do/request-create-droplet.1/invalid";
    let report = home.json(&["drill", "--json", "--only", name]);
    assert_eq!(report["runs"][0]["ended"], "active");
    assert_eq!(report["runs"][0]["retries_by_operator"], 1);
}

#[tokio::test]
async fn a_compensation_that_does_nothing_is_found_by_what_it_leaves() {
    let planted: MakeRegistry = Arc::new(|compute, dns| {
        let sound = Registry::provisioning(compute, dns, &StepSettings::default());
        Registry::of(STEPS.map(|name| {
            let step = Arc::clone(sound.get(&StepName::new(name)).unwrap());
            if name == "create_droplet" { Arc::new(Idle(step)) } else { step }
        }))
    });
    let error = drill(planted, "create_droplet/undo").await.unwrap_err();
    let DrillError::Rehearsal { ended: "cancelled", why } = &error else { panic!("{error}") };
    assert!(why.contains("left behind: droplet "), "{why}");
}

#[tokio::test]
async fn a_step_that_makes_without_looking_is_found_by_the_crash_that_makes_it_twice() {
    let planted: MakeRegistry = Arc::new(|compute, dns| {
        let blind = Arc::new(Blind(Arc::clone(compute))) as Arc<dyn Compute>;
        Registry::provisioning(&blind, dns, &StepSettings::default())
    });
    let name = "create_droplet/do/request-create-droplet.1";
    let report = drill(planted, name).await.unwrap();
    assert_eq!(report.verdict(), Verdict::Dirty);
    for run in &report.runs {
        let twice = match run.case.failure {
            Failure::AnswerLost | Failure::Silent | Failure::CrashAfter => 1,
            Failure::Refused
            | Failure::Invalid
            | Failure::Broken
            | Failure::BrokenThroughout
            | Failure::WriteRefused
            | Failure::CrashBefore => 0,
        };
        assert_eq!(run.left.len(), twice, "{run:?}");
        assert!(matches!(run.ended, Ended::Active | Ended::Cancelled), "{run:?}");
        let dirty = run.verdict() == Verdict::Dirty;
        assert_eq!(dirty, twice == 1, "{run:?}");
        assert!(run.left.iter().all(|what| what.starts_with("droplet ")), "{run:?}");
    }
}

async fn drill(registry: MakeRegistry, only: &str) -> Result<Report, DrillError> {
    let setup = Setup {
        planner: Arc::new(|_, on_failure| provisioning(&PlanSettings::default(), on_failure)),
        registry,
        connect: Arc::new(|base_url, clock, chance| {
            let unlimited = Limits {
                per_minute: std::num::NonZeroU32::MAX,
                per_hour: std::num::NonZeroU32::MAX,
                ..Limits::default()
            };
            let settings =
                Settings { base_url, limits: unlimited, ..Settings::new("simulated".into()) };
            let client = DigitalOcean::new(settings, clock.clone(), chance.clone())?;
            Ok((Arc::new(client.clone()), Arc::new(client)))
        }),
        on_failure: OnFailure::Rollback,
        calls_at_once: NonZeroUsize::MIN,
        max_sagas: NonZeroUsize::MIN,
        timings: Timings::default(),
        seed: 0,
    };
    Drill::begin(setup, Some(only.to_owned()))?.report(|_| {}).await
}

/// Every file and folder of the user's, with its length.
fn everything_in(home: &Home) -> BTreeSet<(String, u64)> {
    let mut all = BTreeSet::new();
    let mut folders = vec![home.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let length = std::fs::metadata(&path).unwrap().len();
            all.insert((path.display().to_string(), length));
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    all
}

/// Does its work, and undoes nothing.
struct Idle(Arc<dyn Step>);

#[async_trait]
impl Step for Idle {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        self.0.execute(ctx).await
    }

    async fn compensate(&self, _: &StepContext, _: Option<&Value>) -> Result<Progress, StepError> {
        Ok(Progress::noted("nothing to do"))
    }
}

/// Machines that are never found by their mark.
struct Blind(Arc<dyn Compute>);

#[async_trait]
impl Compute for Blind {
    fn provider(&self) -> &'static str {
        self.0.provider()
    }

    async fn create_droplet(&self, draft: &DropletDraft) -> Result<Droplet, ProviderError> {
        self.0.create_droplet(draft).await
    }

    async fn droplet(&self, id: DropletId) -> Result<Option<Droplet>, ProviderError> {
        self.0.droplet(id).await
    }

    async fn droplets_tagged(&self, _: &str) -> Result<Vec<Droplet>, ProviderError> {
        Ok(Vec::new())
    }

    async fn destroy_droplet(&self, id: DropletId) -> Result<Removal, ProviderError> {
        self.0.destroy_droplet(id).await
    }

    async fn account(&self) -> Result<Account, ProviderError> {
        self.0.account().await
    }
}
