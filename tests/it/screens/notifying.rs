//! Whoever is needed is called: once, with few words, and not for what was there before.

use arcadia::config::NotifyWhen;
use arcadia::control::Notice;
use arcadia::tui::msg::{Focus, What};

use crate::screens::stage::Stage;
use crate::screens::world::{self, Story};

/// A stage on which nothing needs anybody yet.
fn stage() -> Stage {
    let mut stage = Stage::new(120, 36);
    stage.picture((1..=4).map(going).collect());
    stage
}

fn going(number: u128) -> Story {
    Story::launched(number, &format!("web-{number}"), 60).does(0, 300)
}

/// The same, some steps later, in need of a person.
fn in_need(number: u128) -> Story {
    world::gives_up(going(number))
}

#[test]
fn a_deployment_that_begins_to_need_a_person_calls_one() {
    let mut stage = stage();
    stage.goes_on(in_need(1));
    stage.pass(300);
    assert_eq!(stage.calls, ["acme/web-1 needs you"]);
    stage.pass(3_600_000);
    stage.goes_on(in_need(1));
    stage.pass(3_600_000);
    assert_eq!(stage.calls.len(), 1, "it has been told");
}

#[test]
fn what_needed_somebody_at_the_start_calls_nobody() {
    let mut stage = Stage::new(120, 36);
    stage.picture(world::zoo());
    stage.pass(60_000);
    assert_eq!(stage.calls, [""; 0]);
}

#[test]
fn several_at_once_are_one_call_and_calls_are_seconds_apart() {
    let mut stage = stage();
    for number in 1..=3 {
        stage.goes_on(in_need(number));
    }
    stage.pass(300);
    assert_eq!(stage.calls, ["3 deployments need you"]);
    stage.goes_on(in_need(4));
    stage.pass(4_000);
    assert_eq!(stage.calls.len(), 1, "not so soon");
    let left = stage.now.until(stage.model.due().unwrap());
    stage.pass(u64::try_from(left.as_millis()).unwrap());
    stage.pass(1_000);
    assert_eq!(stage.calls[1..], ["acme/web-4 needs you"]);
}

#[test]
fn a_journal_that_stands_still_calls_once_however_often_it_is_said() {
    let mut stage = stage();
    for _ in 0..3 {
        let deployment = going(2).id();
        let error = "the disk is full".into();
        stage.send(What::Noticed(Notice::Stalled { deployment, error, hint: None }));
        stage.pass(10_000);
    }
    assert_eq!(stage.calls, ["acme/web-2 stands still"]);
}

#[test]
fn what_began_while_notices_were_missed_calls_as_well() {
    let mut stage = stage();
    let summaries = vec![in_need(1).summary(), going(2).summary()];
    stage.send(What::Pictured(Ok(summaries)));
    stage.pass(300);
    assert_eq!(stage.calls, ["acme/web-1 needs you"]);
}

#[test]
fn who_looks_at_the_screen_is_not_called_if_he_wants_it_so() {
    for (when, focus, calls) in [
        (NotifyWhen::Always, Some(Focus::Here), 1),
        (NotifyWhen::Unfocused, Some(Focus::Here), 0),
        (NotifyWhen::Unfocused, Some(Focus::Away), 1),
        // A terminal that does not say may be one that nobody looks at.
        (NotifyWhen::Unfocused, None, 1),
        (NotifyWhen::Never, Some(Focus::Away), 0),
    ] {
        let mut stage = stage();
        stage.model.alerts.when = when;
        if let Some(focus) = focus {
            stage.send(What::Focused(focus));
        }
        stage.goes_on(in_need(1));
        stage.pass(300);
        assert_eq!(stage.calls.len(), calls, "{when:?}, {focus:?}");
    }
}
