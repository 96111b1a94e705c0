//! Deployments whose whole lives are known: chaos shows as much of each as it likes.

use std::time::Duration;

use arcadia::control::NumberedLine;
use arcadia::domain::deployment::TransitionReason;
use arcadia::domain::log::{LogLevel, LogLine};
use arcadia::domain::saga::event::{Order, StepEvent};
use arcadia::domain::saga::plan::Direction;

use crate::screens::world::{self, NOW, STEPS, Story};

/// Everything that will ever happen to each deployment. Those of the zoo come first, in its order.
pub(crate) fn lives() -> Vec<Story> {
    let mut lives: Vec<_> = world::zoo().into_iter().map(to_its_end).collect();
    lives.extend([
        world::up(21, "web-green", 7_000, 30),
        world::up(22, "api-green", 90, 3),
        to_its_end(Story::launched(23, "late", 5).starts(0, 1)),
        world::gives_up(Story::launched(24, "unlucky", 40).does(0, 200)),
    ]);
    lives
}

/// What may come after where a deployment of the zoo stands.
fn to_its_end(story: Story) -> Story {
    let number = story.id().to_bytes()[15];
    let again = |story: Story, step: usize| {
        story
            .undo(step, StepEvent::Started { attempt: 2 })
            .after(900)
            .undo(step, StepEvent::Succeeded { output: serde_json::Value::Null })
    };
    match number {
        // It waits, and then comes up.
        1 => {
            let story = story.after(9_000).forward(2, StepEvent::Polled).after(100).succeeds(2);
            let story = (3..7).fold(story, |story, step| story.does(step, 900));
            story.completes()
        }
        // It gave up; somebody lets it try again.
        4 => again(story.orders(Order::Retry), 1)
            .undoes(0, 100)
            .rolled_back(TransitionReason::ProvisionFailed),
        // It is held, goes on, and is cancelled.
        6 => story
            .orders(Order::Resume)
            .orders(Order::Cancel)
            .undoes(0, 300)
            .rolled_back(TransitionReason::CancelledByOperator),
        // It is rolled back.
        7 => [5, 4, 3, 1, 0]
            .into_iter()
            .fold(story.orders(Order::Rollback), |story, step| story.undoes(step, 400))
            .rolled_back(TransitionReason::RolledBack),
        23 => story.after(100).succeeds(0).does(1, 700).orders(Order::Hold),
        _ => story,
    }
}

/// A line of the log of a deployment, of any step and any gravity.
pub(crate) fn line(number: u64) -> NumberedLine {
    let place = usize::try_from(number).unwrap();
    let levels = [LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error];
    let (level, (step, _)) = (levels[place / 3 % levels.len()], STEPS[place / 5 % STEPS.len()]);
    NumberedLine {
        number,
        line: LogLine {
            at: NOW - Duration::from_millis(60_000_u64.saturating_sub(number * 300)),
            level,
            step: step.into(),
            direction: Direction::Forward,
            attempt: 1,
            text: format!("web {number} \u{1b}[2J\u{202e} 漢字 {}", "long ".repeat(place % 50)),
            fields: Vec::new(),
        },
    }
}

#[test]
fn every_life_begins_as_the_zoo_shows_it() {
    for (life, story) in lives().iter().zip(world::zoo()) {
        assert_eq!(life.entries[..story.entries.len()], story.entries);
    }
}
