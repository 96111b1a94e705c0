//! The journal's written form: what is written is read, and what was ever written still is.

use std::collections::BTreeSet;
use std::fs;
use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arcadia::domain::aggregate::{Entry, Fact, Launch};
use arcadia::domain::deployment::{Actor, DeploymentState, Transition, TransitionReason};
use arcadia::domain::failure::{Failure, FailureCode};
use arcadia::domain::id::{CommandId, DeploymentId, SagaId};
use arcadia::domain::log::{LogLevel, LogLine};
use arcadia::domain::resource::{
    Resource, ResourceEvent, ResourceKey, ResourceOwner, ResourceSpec,
};
use arcadia::domain::saga::event::{EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::{Direction, OnFailure, Patience, Plan, PlanStep, StepName};
use arcadia::domain::saga::retry::RetryPolicy;
use arcadia::domain::spec::DeploymentSpec;
use arcadia::domain::summary::{Activity, Focus, Standing, StepMark, Summary};
use arcadia::domain::time::Timestamp;
use arcadia::journal::record;
use proptest::prelude::*;
use serde_json::json;

use crate::generators;

const SAGA: SagaId = SagaId::from_u128(0x5a6a);
const DEPLOYMENT: DeploymentId = DeploymentId::from_u128(0xde9);

proptest! {
    #[test]
    fn every_group_of_facts_reads_back((first, entries) in generators::entries()) {
        let bytes = record::encode_entries(&entries);
        prop_assert_eq!(record::decode_entries(SAGA, first, &bytes).unwrap(), entries);
    }

    #[test]
    fn every_row_reads_back(summary in generators::summary()) {
        let bytes = record::encode_summary(&summary);
        prop_assert_eq!(record::decode_summary(&bytes).unwrap(), summary);
    }

    #[test]
    fn every_log_line_reads_back(line in generators::log_line()) {
        let bytes = record::encode_log(&line);
        prop_assert_eq!(record::decode_log(SAGA, 3, &bytes).unwrap(), line);
    }

    #[test]
    fn damaged_records_are_errors_and_never_panics(
        (first, entries) in generators::entries(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = record::encode_entries(&entries);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        // It may still be a record, of something else; it must only not break the reader.
        let _ = record::decode_entries(SAGA, first, &bytes);
        prop_assert!(record::decode_entries(SAGA, first, &bytes[..at]).is_err());
    }
}

#[test]
fn records_of_version_1_still_read() {
    for (name, entries) in groups() {
        let bytes = fixture(name, &record::encode_entries(&entries));
        let first = entries[0].seq;
        assert_eq!(record::decode_entries(SAGA, first, &bytes).unwrap(), entries, "{name}");
    }
    for (name, row) in rows() {
        let bytes = fixture(name, &record::encode_summary(&row));
        assert_eq!(record::decode_summary(&bytes).unwrap(), row, "{name}");
    }
    let bytes = fixture("log-line", &record::encode_log(&log_line()));
    assert_eq!(record::decode_log(SAGA, 0, &bytes).unwrap(), log_line());
}

/// Version 1 is what these files say: a record that is written otherwise is another version.
#[test]
fn records_are_written_as_the_fixtures_say() {
    for (name, entries) in groups() {
        let bytes = record::encode_entries(&entries);
        assert_eq!(compact(&fixture(name, &bytes)), String::from_utf8(bytes).unwrap(), "{name}");
    }
    for (name, row) in rows() {
        let bytes = record::encode_summary(&row);
        assert_eq!(compact(&fixture(name, &bytes)), String::from_utf8(bytes).unwrap(), "{name}");
    }
    let bytes = record::encode_log(&log_line());
    assert_eq!(compact(&fixture("log-line", &bytes)), String::from_utf8(bytes).unwrap());
}

#[test]
fn no_fixture_is_left_out() {
    let mut known: BTreeSet<String> = BTreeSet::from(["log-line".to_owned()]);
    known.extend(groups().into_iter().map(|(name, _)| name.to_owned()));
    known.extend(rows().into_iter().map(|(name, _)| name.to_owned()));
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let found: BTreeSet<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(found, known);
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/journal-v1")
}

/// The committed record. `ARCADIA_WRITE_FIXTURES=1` writes those that are missing, never others.
fn fixture(name: &str, written: &[u8]) -> Vec<u8> {
    let path = folder().join(name).with_extension("json");
    if !path.exists() && std::env::var_os("ARCADIA_WRITE_FIXTURES").is_some() {
        fs::create_dir_all(folder()).unwrap();
        fs::write(&path, [written, b"\n"].concat()).unwrap();
    }
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn compact(fixture: &[u8]) -> String {
    String::from_utf8(fixture.to_vec()).unwrap().trim_end().to_owned()
}

fn groups() -> Vec<(&'static str, Vec<Entry>)> {
    vec![
        ("launch", vec![entry(0, Fact::Launched(Box::new(launch())))]),
        ("steps", numbered(1, steps())),
        ("orders", numbered(9, orders())),
        ("deployment", numbered(16, transitions())),
        ("resources", numbered(23, resources())),
        // Of version 3, because of the order that programs before it did not know.
        ("taken", numbered(9, vec![ordered(Order::Take)])),
    ]
}

fn rows() -> Vec<(&'static str, Summary)> {
    let calling = Activity::Calling { since: at(4) };
    let waiting =
        Activity::Waiting { until: at(5), note: "starting".to_owned(), gives_up_at: at(9) };
    let retrying =
        Activity::Retrying { at: at(6), error: "too many requests".to_owned(), obeys_until: None };
    let gave_up = Activity::GaveUp { at: at(7), error: "no".to_owned() };
    vec![
        ("row-finished", Summary { ended_at: Some(at(8)), ..row(Standing::Failed) }),
        ("row-calling", Summary { focus: Some(focus(calling)), ..row(Standing::Running) }),
        ("row-waiting", Summary { focus: Some(focus(waiting)), ..row(Standing::Held) }),
        ("row-retrying", Summary { focus: Some(focus(retrying)), ..row(Standing::RollingBack) }),
        ("row-gave-up", Summary { focus: Some(focus(gave_up)), ..row(Standing::NeedsYou) }),
    ]
}

fn launch() -> Launch {
    let patience = Patience {
        timeout: Duration::from_secs(30),
        deadline: Duration::from_mins(10),
        retry: RetryPolicy {
            tries: NonZeroU32::new(5).unwrap(),
            base: Duration::from_secs(1),
            cap: Duration::from_mins(1),
        },
    };
    let first = PlanStep {
        name: StepName::new("create_droplet"),
        version: 1,
        needs: Vec::new(),
        forward: patience.clone(),
        undo: Some(patience.clone()),
    };
    let second = PlanStep {
        name: StepName::new("wait_droplet_active"),
        needs: vec![first.name.clone()],
        undo: None,
        ..first.clone()
    };
    Launch {
        deployment: DEPLOYMENT,
        saga: SAGA,
        spec: Arc::new(DeploymentSpec {
            ssh_keys: vec!["512190".to_owned()],
            user_data: Some("#cloud-config\n".to_owned()),
            triggered_by: Some("ticket 12".to_owned()),
            ..DeploymentSpec::example()
        }),
        plan: Arc::new(Plan::new(vec![first, second], OnFailure::Hold).unwrap()),
        by: operator(),
    }
}

fn steps() -> Vec<Fact> {
    let failure = Failure {
        request_id: Some("req-1".to_owned()),
        ..Failure::with_unknown_effect(FailureCode::TimedOut, "no answer within `30s`")
    };
    let refused = Failure::without_effect(FailureCode::Invalid, "`size` is not available");
    let step = |direction, event| {
        Fact::Saga(EventKind::Step { step: StepName::new("create_droplet"), direction, event })
    };
    let waiting = StepEvent::Waiting { until: at(2), note: "starting".to_owned() };
    vec![
        step(Direction::Forward, StepEvent::Started { attempt: 1 }),
        step(Direction::Forward, waiting),
        step(Direction::Forward, StepEvent::Polled),
        step(Direction::Forward, StepEvent::RetryScheduled { failure, at: at(3) }),
        step(Direction::Forward, StepEvent::Interrupted),
        step(Direction::Undo, StepEvent::Failed { failure: refused }),
        step(Direction::Undo, StepEvent::Succeeded { output: json!({"droplet": 3_164_494}) }),
        Fact::Saga(EventKind::Checkpointed {
            step: StepName::new("point_deployment_dns"),
            direction: Direction::Forward,
            key: "before".to_owned(),
            value: json!([{"data": "203.0.113.7", "ttl": 1800}]),
        }),
    ]
}

fn orders() -> Vec<Fact> {
    let orders = [
        Order::Cancel,
        Order::Rollback,
        Order::Hold,
        Order::Resume,
        Order::Retry,
        Order::Skip { step: StepName::new("create_droplet"), reason: "by hand".to_owned() },
        Order::Abandon { reason: "account closed".to_owned() },
    ];
    orders.into_iter().map(ordered).collect()
}

fn ordered(order: Order) -> Fact {
    let command = CommandId::from_u128(0xc0d);
    Fact::Saga(EventKind::Ordered { command, by: operator(), order })
}

fn transitions() -> Vec<Fact> {
    let reasons = [
        TransitionReason::Launched,
        TransitionReason::Provisioned,
        TransitionReason::ProvisionFailed,
        TransitionReason::CancelledByOperator,
        TransitionReason::RolledBack,
        TransitionReason::Abandoned,
        TransitionReason::Stated("tidy".to_owned()),
    ];
    let actors = [Actor::Saga(SAGA), Actor::Api("ci".to_owned()), operator()];
    reasons
        .into_iter()
        .zip(actors.into_iter().cycle())
        .map(|(reason, actor)| {
            Fact::Deployment(Transition {
                from: Some(DeploymentState::Provisioning),
                to: DeploymentState::Cancelled,
                reason,
                actor,
                at: at(5),
            })
        })
        .collect()
}

fn resources() -> Vec<Fact> {
    let key =
        ResourceKey { provider: "digitalocean".to_owned(), provider_id: "3164494".to_owned() };
    let owner = ResourceOwner { deployment: DEPLOYMENT, tenant: "acme".to_owned() };
    let resource = Resource {
        key: key.clone(),
        name: "dep-web".to_owned(),
        spec: ResourceSpec {
            region: "syd1".to_owned(),
            size: "s-1vcpu-1gb".to_owned(),
            image: "ubuntu-24-04-x64".to_owned(),
        },
        ipv4: Ipv4Addr::new(203, 0, 113, 7),
        owner: Some(owner.clone()),
        discovered_at: at(6),
    };
    vec![
        Fact::Resource(ResourceEvent::Discovered(resource)),
        Fact::Resource(ResourceEvent::Linked { key: key.clone(), owner }),
        Fact::Resource(ResourceEvent::Unlinked { key: key.clone() }),
        Fact::Resource(ResourceEvent::Removed { key }),
        Fact::Saga(EventKind::Completed),
        Fact::Saga(EventKind::RolledBack),
    ]
}

fn row(standing: Standing) -> Summary {
    Summary {
        deployment: DEPLOYMENT,
        saga: SAGA,
        tenant: "acme".to_owned(),
        slug: "web".to_owned(),
        dns_name: Some("web.acme.example".to_owned()),
        region: "syd1".to_owned(),
        size: "s-1vcpu-1gb".to_owned(),
        ipv4: Some(Ipv4Addr::new(203, 0, 113, 7)),
        state: DeploymentState::Cancelled,
        standing,
        marks: vec![
            StepMark::Pending,
            StepMark::Running,
            StepMark::Waiting,
            StepMark::Done,
            StepMark::Failed,
            StepMark::Unknown,
            StepMark::Skipped,
            StepMark::NothingToUndo,
            StepMark::Undoing,
            StepMark::Undone,
            StepMark::UndoFailed,
        ],
        focus: None,
        why: Some("create_droplet: no answer within `30s`".to_owned()),
        taken: None,
        launched_at: at(0),
        changed_at: at(7),
        ended_at: None,
        next_seq: 29,
    }
}

fn focus(activity: Activity) -> Focus {
    let step = StepName::new("create_droplet");
    Focus { step, direction: Direction::Undo, attempt: 2, tries: 5, activity }
}

fn log_line() -> LogLine {
    LogLine {
        at: at(1),
        level: LogLevel::Warn,
        step: StepName::new("create_droplet"),
        direction: Direction::Forward,
        attempt: 2,
        text: "looked and found nothing".to_owned(),
        fields: vec![("tag".to_owned(), "arcadia-saga-1".to_owned())],
    }
}

fn numbered(first: u64, facts: Vec<Fact>) -> Vec<Entry> {
    (first..).zip(facts).map(|(seq, fact)| entry(seq, fact)).collect()
}

fn entry(seq: u64, fact: Fact) -> Entry {
    Entry { seq, at: at(i64::try_from(seq).unwrap()), fact }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + seconds * 1_000)
}

fn operator() -> Actor {
    Actor::Operator("ana".to_owned())
}
