//! Any keys, on any screen, at any size: no panic, and nothing destructive without a question.

use arcadia::domain::saga::event::Order;
use arcadia::tui::effect::Effect;
use arcadia::tui::model::overlay::{Overlay, UndoDialog, Undoing};
use arcadia::tui::msg::What;
use arcadia::tui::options::{Ascii, Color};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use crate::screens::stage::Stage;
use crate::screens::world;

#[derive(Debug, Clone)]
enum Input {
    Key(KeyCode, KeyModifiers),
    Paste(&'static str),
    Resize(u16, u16),
    Pass(u64),
}

fn input() -> impl Strategy<Value = Input> {
    let codes = prop_oneof![
        4 => prop::sample::select("jkgGncRrsaho/!z123?qyl fwvit<>[]{}L.web-acme".chars().collect::<Vec<_>>())
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
            "acme/web-blue-00416", "\u{1b}[2J漢字\u{202e}", "a\u{301}\u{200d}👩‍👩‍👧", "",
        ]).prop_map(Input::Paste),
        2 => (0_u16..200, 0_u16..60).prop_map(|(width, height)| Input::Resize(width, height)),
        1 => (0_u64..5_000).prop_map(Input::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_keys_at_any_size_panic_or_destroy_without_a_question(
        inputs in prop::collection::vec(input(), 1..60),
        ascii in prop::sample::select(vec![Ascii::Yes, Ascii::No]),
    ) {
        let mut stage = Stage::with(100, 30, ascii, Color::Ansi);
        stage.picture(world::zoo());
        for input in inputs {
            let confirmable = confirmable(&stage, &input);
            let asked = stage.asked.len();
            match input {
                Input::Key(code, modifiers) => {
                    stage.send(What::Key(KeyEvent::new(code, modifiers)));
                }
                Input::Paste(text) => stage.send(What::Pasted(text.to_owned())),
                Input::Resize(width, height) => stage.resize(width, height),
                Input::Pass(millis) => stage.pass(millis),
            }
            for effect in &stage.asked[asked..] {
                prop_assert!(!is_destructive(effect) || confirmable, "{effect:?}");
            }
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
        | Effect::Show(_)
        | Effect::ReadLogs { .. }
        | Effect::Launch { .. }
        | Effect::Plan { .. }
        | Effect::Copy(_)
        | Effect::Redraw
        | Effect::Suspend => false,
    }
}

/// Whether this very input may confirm something: a question is open, and this is its yes.
fn confirmable(stage: &Stage, input: &Input) -> bool {
    let Input::Key(code, _) = input else { return false };
    if !stage.model.is_legible() {
        return false;
    }
    match &stage.model.overlay {
        Some(Overlay::Undo(UndoDialog { undoing: Undoing::Cancel, .. })) => {
            matches!(code, KeyCode::Char('y' | 'Y'))
        }
        Some(Overlay::Undo(UndoDialog { undoing: Undoing::Rollback { typed }, name, .. })) => {
            *code == KeyCode::Enter && typed.value() == name
        }
        Some(Overlay::Reason(dialog)) => {
            *code == KeyCode::Enter && !dialog.typed.value().trim().is_empty()
        }
        Some(
            Overlay::Filter(_)
            | Overlay::Search(_)
            | Overlay::Launch
            | Overlay::Details { .. }
            | Overlay::Help { .. }
            | Overlay::Quit,
        )
        | None => false,
    }
}
