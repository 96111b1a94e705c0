//! Proptest strategies for domain values: anything that the types allow, legal as a history or not.

use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use arcadia::domain::aggregate::{Entry, Fact, Launch};
use arcadia::domain::deployment::{Actor, DeploymentState, Transition, TransitionReason};
use arcadia::domain::failure::{Effect, Failure, FailureCode};
use arcadia::domain::id::{CommandId, DeploymentId, SagaId};
use arcadia::domain::log::{LogLevel, LogLine};
use arcadia::domain::resource::{
    Resource, ResourceEvent, ResourceKey, ResourceOwner, ResourceSpec,
};
use arcadia::domain::saga::event::{EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::{Direction, OnFailure, Patience, Plan, PlanStep, StepName};
use arcadia::domain::saga::retry::RetryPolicy;
use arcadia::domain::saga::state::Taken;
use arcadia::domain::spec::{DeploymentSpec, DnsName};
use arcadia::domain::summary::{Activity, Focus, Standing, StepMark, Summary};
use arcadia::domain::time::Timestamp;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::Value;

/// A group of one to four entries with consecutive numbers, and the number of the first.
pub(crate) fn entries() -> impl Strategy<Value = (u64, Vec<Entry>)> {
    (0..u64::MAX - 8, vec((timestamp(), fact()), 1..5)).prop_map(|(first, facts)| {
        let numbered = (first..).zip(facts);
        let entries = numbered.map(|(seq, (at, fact))| Entry { seq, at, fact }).collect();
        (first, entries)
    })
}

/// Any fact.
pub(crate) fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        launch().prop_map(|launch| Fact::Launched(Box::new(launch))),
        event_kind().prop_map(Fact::Saga),
        transition().prop_map(Fact::Deployment),
        resource_event().prop_map(Fact::Resource),
    ]
}

/// Any launch.
pub(crate) fn launch() -> impl Strategy<Value = Launch> {
    (deployment_id(), saga_id(), spec(), plan(), actor()).prop_map(
        |(deployment, saga, spec, plan, by)| Launch {
            deployment,
            saga,
            spec: Arc::new(spec),
            plan: Arc::new(plan),
            by,
        },
    )
}

/// A plan of up to five steps, each needing any of those before it.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let step = (any::<u32>(), patience(), option::of(patience()), any::<u32>());
    (vec(step, 0..6), select(vec![OnFailure::Rollback, OnFailure::Hold])).prop_map(
        |(steps, on_failure)| {
            let name = |position: usize| StepName::new(&format!("step_{position}"));
            let steps = steps.into_iter().enumerate();
            let steps = steps.map(|(position, (version, forward, undo, needs))| PlanStep {
                name: name(position),
                version,
                needs: (0..position).filter(|before| needs >> before & 1 == 1).map(name).collect(),
                forward,
                undo,
            });
            Plan::new(steps.collect(), on_failure).expect("steps need only those before them")
        },
    )
}

/// Any row.
pub(crate) fn summary() -> impl Strategy<Value = Summary> {
    let ids = (deployment_id(), saga_id());
    let names = (text(), text(), text(), text());
    let standing = (select(DeploymentState::ALL.to_vec()), select(Standing::ALL.to_vec()));
    let taken = (actor(), timestamp()).prop_map(|(by, at)| Taken { by, at });
    let steps =
        (vec(step_mark(), 0..8), option::of(focus()), option::of(text()), option::of(taken));
    let place = (option::of(text()), option::of(ipv4()));
    let times = (timestamp(), timestamp(), option::of(timestamp()));
    (ids, names, place, standing, steps, times, any::<u64>()).prop_map(
        |(
            ids,
            names,
            (dns_name, ipv4),
            (state, standing),
            (marks, focus, why, taken),
            times,
            next_seq,
        )| Summary {
            deployment: ids.0,
            saga: ids.1,
            tenant: names.0,
            slug: names.1,
            dns_name,
            region: names.2,
            size: names.3,
            ipv4,
            state,
            standing,
            marks,
            focus,
            why,
            taken,
            launched_at: times.0,
            changed_at: times.1,
            ended_at: times.2,
            next_seq,
        },
    )
}

/// Any log line.
pub(crate) fn log_line() -> impl Strategy<Value = LogLine> {
    let level = select(LogLevel::ALL.to_vec());
    let fields = vec((text(), text()), 0..3);
    (timestamp(), level, step_name(), direction(), any::<u32>(), text(), fields).prop_map(
        |(at, level, step, direction, attempt, text, fields)| LogLine {
            at,
            level,
            step,
            direction,
            attempt,
            text,
            fields,
        },
    )
}

/// Any fact about a saga.
pub(crate) fn event_kind() -> impl Strategy<Value = EventKind> {
    prop_oneof![
        (step_name(), direction(), step_event())
            .prop_map(|(step, direction, event)| EventKind::Step { step, direction, event }),
        (step_name(), direction(), text(), json()).prop_map(|(step, direction, key, value)| {
            EventKind::Checkpointed { direction, step, key, value }
        }),
        (any::<u128>(), actor(), order()).prop_map(|(id, by, order)| EventKind::Ordered {
            command: CommandId::from_u128(id),
            by,
            order
        }),
        Just(EventKind::Restarted),
        Just(EventKind::Completed),
        Just(EventKind::RolledBack),
    ]
}

fn step_event() -> impl Strategy<Value = StepEvent> {
    prop_oneof![
        any::<u32>().prop_map(|attempt| StepEvent::Started { attempt }),
        (timestamp(), text()).prop_map(|(until, note)| StepEvent::Waiting { until, note }),
        Just(StepEvent::Polled),
        (failure(), timestamp())
            .prop_map(|(failure, at)| StepEvent::RetryScheduled { failure, at }),
        json().prop_map(|output| StepEvent::Succeeded { output }),
        failure().prop_map(|failure| StepEvent::Failed { failure }),
        Just(StepEvent::Interrupted),
    ]
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![
        select(vec![
            Order::Cancel,
            Order::Rollback,
            Order::Hold,
            Order::Resume,
            Order::Retry,
            Order::Take,
        ]),
        (step_name(), text()).prop_map(|(step, reason)| Order::Skip { step, reason }),
        text().prop_map(|reason| Order::Abandon { reason }),
    ]
}

fn failure() -> impl Strategy<Value = Failure> {
    let effect = select(vec![Effect::None, Effect::Unknown]);
    (select(FailureCode::ALL.to_vec()), text(), option::of(text()), effect).prop_map(
        |(code, message, request_id, effect)| Failure { code, message, request_id, effect },
    )
}

fn transition() -> impl Strategy<Value = Transition> {
    let state = || select(DeploymentState::ALL.to_vec());
    (option::of(state()), state(), transition_reason(), actor(), timestamp())
        .prop_map(|(from, to, reason, actor, at)| Transition { from, to, reason, actor, at })
}

fn transition_reason() -> impl Strategy<Value = TransitionReason> {
    prop_oneof![
        Just(TransitionReason::Launched),
        Just(TransitionReason::Provisioned),
        Just(TransitionReason::ProvisionFailed),
        Just(TransitionReason::CancelledByOperator),
        Just(TransitionReason::RolledBack),
        Just(TransitionReason::Abandoned),
        // An operator's words may well be the text of another reason.
        Just(TransitionReason::Stated("rolled_back".to_owned())),
        text().prop_map(TransitionReason::Stated),
    ]
}

fn resource_event() -> impl Strategy<Value = ResourceEvent> {
    prop_oneof![
        resource().prop_map(ResourceEvent::Discovered),
        (resource_key(), resource_owner())
            .prop_map(|(key, owner)| ResourceEvent::Linked { key, owner }),
        resource_key().prop_map(|key| ResourceEvent::Unlinked { key }),
        resource_key().prop_map(|key| ResourceEvent::Removed { key }),
    ]
}

fn resource() -> impl Strategy<Value = Resource> {
    let spec = (text(), text(), text()).prop_map(|(region, size, image)| ResourceSpec {
        region,
        size,
        image,
    });
    (resource_key(), text(), spec, ipv4(), option::of(resource_owner()), timestamp()).prop_map(
        |(key, name, spec, ipv4, owner, discovered_at)| Resource {
            key,
            name,
            spec,
            ipv4,
            owner,
            discovered_at,
        },
    )
}

fn resource_key() -> impl Strategy<Value = ResourceKey> {
    (text(), text()).prop_map(|(provider, provider_id)| ResourceKey { provider, provider_id })
}

fn resource_owner() -> impl Strategy<Value = ResourceOwner> {
    (deployment_id(), text()).prop_map(|(deployment, tenant)| ResourceOwner { deployment, tenant })
}

fn spec() -> impl Strategy<Value = DeploymentSpec> {
    let names = (text(), text(), text(), text(), text(), text(), text());
    let dns = (text(), text()).prop_map(|(domain, name)| DnsName { domain, name });
    (names, option::of(dns), vec(text(), 0..3), option::of(text()), option::of(text())).prop_map(
        |(names, dns, ssh_keys, user_data, triggered_by)| DeploymentSpec {
            tenant: names.0,
            slug: names.1,
            display_name: names.2,
            region: names.3,
            size: names.4,
            image: names.5,
            dns,
            ssh_keys,
            user_data,
            droplet_name: names.6,
            triggered_by,
        },
    )
}

fn patience() -> impl Strategy<Value = Patience> {
    (millis(), millis(), 1..=u32::MAX, millis(), millis()).prop_map(
        |(timeout, deadline, tries, base, cap)| Patience {
            timeout,
            deadline,
            retry: RetryPolicy { tries: NonZeroU32::new(tries).expect("from 1"), base, cap },
        },
    )
}

fn focus() -> impl Strategy<Value = Focus> {
    let activity = prop_oneof![
        timestamp().prop_map(|since| Activity::Calling { since }),
        (timestamp(), text(), timestamp()).prop_map(|(until, note, gives_up_at)| {
            Activity::Waiting { until, note, gives_up_at }
        }),
        (timestamp(), text(), option::of(timestamp()))
            .prop_map(|(at, error, obeys_until)| { Activity::Retrying { at, error, obeys_until } }),
        (timestamp(), text()).prop_map(|(at, error)| Activity::GaveUp { at, error }),
    ];
    (step_name(), direction(), any::<u32>(), any::<u32>(), activity).prop_map(
        |(step, direction, attempt, tries, activity)| Focus {
            step,
            direction,
            attempt,
            tries,
            activity,
        },
    )
}

fn step_mark() -> impl Strategy<Value = StepMark> {
    select(StepMark::ALL.to_vec())
}

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        text().prop_map(Actor::Operator),
        saga_id().prop_map(Actor::Saga),
        text().prop_map(Actor::Api),
    ]
}

/// JSON of some depth, with every kind of number.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(text(), inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn step_name() -> impl Strategy<Value = StepName> {
    text().prop_map(|name| StepName::new(&name))
}

fn direction() -> impl Strategy<Value = Direction> {
    select(vec![Direction::Forward, Direction::Undo])
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

/// A span in whole milliseconds, as the records keep it.
fn millis() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_millis)
}

fn ipv4() -> impl Strategy<Value = Ipv4Addr> {
    any::<u32>().prop_map(Ipv4Addr::from)
}

fn saga_id() -> impl Strategy<Value = SagaId> {
    any::<u128>().prop_map(SagaId::from_u128)
}

fn deployment_id() -> impl Strategy<Value = DeploymentId> {
    any::<u128>().prop_map(DeploymentId::from_u128)
}

/// Text as it comes, the nasty kinds included: empty, quotes, colons, controls, beyond the BMP.
fn text() -> impl Strategy<Value = String> {
    let nasty = ["", "\"", "a:b", "\u{0}", "\\u0041", "\n", "é", "😀", "\u{202e}", "web-1"];
    subsequence(nasty.to_vec(), 0..4).prop_map(|parts| parts.concat())
}
