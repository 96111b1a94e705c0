//! Every path through random plans. After a while everything works, and the saga must end.

use arcadia::domain::deployment::Actor;
use arcadia::domain::failure::{Failure, FailureCode};
use arcadia::domain::id::CommandId;
use arcadia::domain::saga::event::{Event, EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::{Direction, StepName};
use arcadia::domain::saga::state::State;
use arcadia::domain::saga::transition::{evolve, evolve_in_place};
use proptest::prelude::*;
use serde_json::json;

use crate::saga_law::driver::{Driver, scenarios};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn every_path_ends_whole_and_in_a_valid_order(scenario in scenarios()) {
        let mut driver = Driver::new(&scenario);
        driver.run();
        driver.ends_are_whole();
        driver.orders_are_valid();
        driver.replay_gives_the_same_state();
    }

    #[test]
    fn a_fact_is_refused_or_changes_the_state(
        scenario in scenarios(),
        cut in 0_usize..60,
        step in 0_usize..8,
        which in 0_usize..19,
        back in any::<bool>(),
    ) {
        let mut driver = Driver::new(&scenario);
        driver.run();
        let mut state = State::new(&driver.plan);
        for event in driver.history.iter().take(cut) {
            state = evolve(&driver.plan, &state, event).unwrap();
        }
        let name = StepName::new(&format!("s{step}"));
        let failure = || Failure::without_effect(FailureCode::Invalid, "no");
        let at = driver.now;
        let event = match which {
            0 => StepEvent::Started { attempt: 1 },
            1 => StepEvent::Started { attempt: 2 },
            2 => StepEvent::Waiting { until: at, note: "x".to_owned() },
            3 => StepEvent::Polled,
            4 => StepEvent::RetryScheduled { failure: failure(), at },
            5 => StepEvent::Succeeded { output: json!(1) },
            6 => StepEvent::Failed { failure: failure() },
            _ => StepEvent::Interrupted,
        };
        let direction = if back { Direction::Undo } else { Direction::Forward };
        let kind = match which {
            8 => EventKind::Completed,
            9 => EventKind::RolledBack,
            10 => EventKind::Restarted,
            11 => {
                let (key, value) = ("key".to_owned(), json!(1));
                EventKind::Checkpointed { step: name, direction, key, value }
            }
            12.. => {
                let command = CommandId::from_u128(if back { 1 } else { u128::MAX });
                let by = Actor::Operator("ana".to_owned());
                EventKind::Ordered { command, by, order: orders(name).swap_remove(which - 12) }
            }
            _ => EventKind::Step { step: name, direction, event },
        };
        let mut in_place = state.clone();
        let taken = evolve_in_place(&driver.plan, &mut in_place, at, &kind);
        match evolve(&driver.plan, &state, &Event { at, kind: kind.clone() }) {
            Ok(next) => {
                // A restart changes what waits, and nothing else.
                if kind != EventKind::Restarted {
                    prop_assert_ne!(&next, &state, "{:?} passed in silence", kind);
                }
                prop_assert_eq!(&in_place, &next);
            }
            Err(illegal) => {
                prop_assert_eq!(taken, Err(illegal));
                prop_assert_eq!(&in_place, &state, "{:?} was refused and left a trace", kind);
            }
        }
    }
}

/// Each order once.
fn orders(step: StepName) -> Vec<Order> {
    vec![
        Order::Cancel,
        Order::Rollback,
        Order::Hold,
        Order::Resume,
        Order::Retry,
        Order::Take,
        Order::Skip { step, reason: "seen to".to_owned() },
        Order::Abandon { reason: "enough".to_owned() },
    ]
}
