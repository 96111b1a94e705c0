//! Any keys and clicks, on any screen, at any size: no panic, and nothing destructive without a question.

use arcadia::domain::saga::event::Order;
use arcadia::tui::effect::Effect;
use arcadia::tui::model::ActStage;
use arcadia::tui::model::outbox::AT_ONCE;
use arcadia::tui::model::overlay::Overlay;
use arcadia::tui::model::pointer::{Gesture, Target};
use arcadia::tui::model::question::{Answer, Stands};
use arcadia::tui::msg::What;
use arcadia::tui::options::{Ascii, Color};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use crate::screens::stage::{Plans, Stage};
use crate::screens::world::{self, Story};

#[derive(Debug, Clone)]
enum Input {
    Key(KeyCode, KeyModifiers),
    Paste(&'static str),
    Point(u16, u16, Gesture),
    Resize(u16, u16),
    Pass(u64),
    /// The engine answers the oldest order that is under way.
    Answer(Result<(), String>),
    /// A whole new picture comes, with so many of the deployments.
    Picture(usize),
    /// Plans are answered, or held back.
    Plans(Plans),
}

fn gesture() -> impl Strategy<Value = Gesture> {
    prop_oneof![4 => Just(Gesture::Press), 1 => Just(Gesture::WheelUp), 1 => Just(Gesture::WheelDown)]
}

fn input() -> impl Strategy<Value = Input> {
    let codes = prop_oneof![
        4 => prop::sample::select("jkgGncRrsaho/!z123?qyl  AAfwvit<>[]{}L.web-acme::0456789IIEESM".chars().collect::<Vec<_>>())
            .prop_map(KeyCode::Char),
        2 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up,
            KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::PageDown, KeyCode::Backspace,
            KeyCode::Home, KeyCode::End, KeyCode::Delete,
        ]),
        1 => any::<char>().prop_map(KeyCode::Char),
    ];
    let modifiers = prop_oneof![
        9 => Just(KeyModifiers::NONE),
        1 => Just(KeyModifiers::CONTROL),
        1 => Just(KeyModifiers::SHIFT),
    ];
    prop_oneof![
        12 => (codes, modifiers).prop_map(|(code, modifiers)| Input::Key(code, modifiers)),
        1 => prop::sample::select(vec![
            "acme/web-blue-00416", "cancel", "web, api, worker", "25", "mark state:running", "go acme/old-cache", "\u{1b}[2J漢字\u{202e}", "a\u{301}\u{200d}👩‍👩‍👧", "",
        ]).prop_map(Input::Paste),
        6 => (0_u16..110, 0_u16..40, gesture()).prop_map(|(x, y, gesture)| {
            Input::Point(x, y, gesture)
        }),
        2 => (0_u16..200, 0_u16..60).prop_map(|(width, height)| Input::Resize(width, height)),
        1 => (0_u64..5_000).prop_map(Input::Pass),
        2 => prop::sample::select(vec![Ok(()), Err("no".to_owned())]).prop_map(Input::Answer),
        1 => (0_usize..12).prop_map(Input::Picture),
        1 => prop::sample::select(vec![Plans::Answered, Plans::HeldBack]).prop_map(Input::Plans),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_keys_or_clicks_at_any_size_panic_or_destroy_without_a_question(
        inputs in prop::collection::vec(input(), 1..60),
        ascii in prop::sample::select(vec![Ascii::Yes, Ascii::No]),
    ) {
        let mut stage = Stage::with(100, 30, ascii, Color::Ansi);
        stage.picture(world::zoo());
        let mut answered = 0;
        for input in inputs {
            let confirmable = confirmable(&stage, &input);
            let asked = stage.asked.len();
            let in_line = stage.model.acts.values().filter(|act| act.stage == ActStage::InLine);
            let in_line = in_line.count();
            match input {
                Input::Key(code, modifiers) => {
                    stage.send(What::Key(KeyEvent::new(code, modifiers)));
                }
                Input::Paste(text) => stage.send(What::Pasted(text.to_owned())),
                Input::Point(x, y, gesture) => {
                    stage.point((x, y), gesture);
                }
                Input::Resize(width, height) => stage.resize(width, height),
                Input::Pass(millis) => stage.pass(millis),
                Input::Answer(result) => {
                    let oldest = stage.asked.get(answered).cloned();
                    answered += usize::from(oldest.is_some());
                    if let Some(Effect::Order { deployment, order }) = oldest {
                        stage.send(What::Ordered { deployment, verb: order.verb(), result });
                    }
                }
                Input::Picture(count) => {
                    let rows = world::zoo().iter().take(count).map(Story::summary).collect();
                    stage.send(What::Pictured(Ok(rows)));
                }
                Input::Plans(plans) => {
                    stage.plans = plans;
                    for read in std::mem::take(&mut stage.held_back) {
                        stage.send(read);
                    }
                }
            }
            for effect in &stage.asked[asked..] {
                // What was confirmed for many may be given when its turn comes.
                prop_assert!(!is_destructive(effect) || confirmable || in_line > 0, "{effect:?}");
            }
            let list = &stage.model.list;
            prop_assert!(stage.model.marks.iter().all(|id| list.row(id).is_some()), "a stale mark");
            prop_assert!(stage.asked.len() - asked <= AT_ONCE, "too many orders at once");
            stage.drawn();
            if stage.model.ended.is_some() {
                break;
            }
        }
    }
}

fn is_destructive(effect: &Effect) -> bool {
    match effect {
        Effect::Order { order, .. } => match order {
            Order::Cancel | Order::Rollback | Order::Skip { .. } | Order::Abandon { .. } => true,
            Order::Hold | Order::Resume | Order::Retry => false,
        },
        Effect::Watch
        | Effect::ReadUsual
        | Effect::ReadCatalogue
        | Effect::Export(_)
        | Effect::Show(_)
        | Effect::ReadLogs { .. }
        | Effect::ReadHoldings(_)
        | Effect::ReadHistories(_)
        | Effect::ReadPlan { .. }
        | Effect::Launch { .. }
        | Effect::Plan { .. }
        | Effect::Copy(_)
        | Effect::Capture(_)
        | Effect::Redraw
        | Effect::Notify(_)
        | Effect::Remember(_)
        | Effect::Suspend => false,
    }
}

/// Whether this very input may confirm something: a question is open, and this is its yes.
fn confirmable(stage: &Stage, input: &Input) -> bool {
    let code = match input {
        Input::Key(code, _) => *code,
        Input::Point(x, y, gesture) => match stage.state.zones.at((*x, *y), *gesture) {
            Some(Target::Answer(code)) => code,
            Some(_) | None => return false,
        },
        Input::Paste(_)
        | Input::Resize(..)
        | Input::Pass(_)
        | Input::Answer(_)
        | Input::Picture(_)
        | Input::Plans(_) => return false,
    };
    if !stage.model.is_legible() {
        return false;
    }
    match &stage.model.overlay {
        Some(Overlay::Question(asked)) => match &asked.answer {
            Answer::Yes => matches!(code, KeyCode::Char('y' | 'Y')),
            Answer::Name(typed) => {
                let name = asked.targets.first().map(|target| target.name.as_str());
                code == KeyCode::Enter && name == Some(typed.value())
            }
            Answer::Count(typed) => {
                let count = asked.targets.iter().filter(|target| target.stands == Stands::Still);
                code == KeyCode::Enter && typed.value() == count.count().to_string()
            }
            Answer::Reason(typed) => code == KeyCode::Enter && !typed.value().trim().is_empty(),
        },
        Some(
            Overlay::Filter(_)
            | Overlay::CommandLine(_)
            | Overlay::Search(_)
            | Overlay::Launch
            | Overlay::Details { .. }
            | Overlay::Help { .. }
            | Overlay::Quit,
        )
        | None => false,
    }
}
