//! The dashboard: what goes on, what went wrong, what is left behind, what a key will do.
//!
//! ```text
//! keys, notices, answers, time -> Msg -> update(&mut Model) -> Effect -> runtime -> Control
//!                                            |
//!                                            v
//!                          view(&Model, &mut ViewState) -> frame
//! ```
//!
//! `update` is pure and the only one to change the model; `view` reads it and changes nothing but
//! scroll offsets. The engine is seen through [`Control`] alone. Every string on its way to the
//! terminal passes [`text::clean`].

use std::sync::Arc;

use crossterm::event::EventStream;

use crate::control::Control;
use crate::tui::background::Ask;
use crate::tui::beside::Beside;
use crate::tui::model::pointer::Pointer;
use crate::tui::model::pulse::Listener;
use crate::tui::options::{Color, Exit, Options, TuiError};
use crate::tui::runtime::Runtime;
use crate::tui::tape::{Looks, Start};
use crate::tui::terminal::{OfScreen, TakenTerminal};

pub mod background;
pub mod beside;
pub mod effect;
pub mod format;
mod incident;
pub mod keymap;
pub mod model;
pub mod msg;
pub mod notify;
pub mod options;
pub mod replay;
pub mod runtime;
mod still;
pub mod tape;
mod telling;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;

/// Takes the terminal over and shows the dashboard until the operator leaves.
///
/// The first frame is drawn at once; the list fills in when `connect` brings the engine. When it
/// brings an error instead, the screen says so and waits for `q`.
///
/// # Errors
/// When the terminal refuses something. It is given back in any case.
pub async fn run(
    connect: impl Future<Output = Result<Arc<dyn Control>, String>> + Send + 'static,
    options: Options,
    mut beside: Beside,
) -> Result<Exit, TuiError> {
    if options.color == Color::Ansi {
        // Whether colour is wanted has been decided; the library below must not look for itself.
        crossterm::style::force_color_output(true);
    }
    let mut terminal = TakenTerminal::take(options.mouse)?;
    if options.background == Ask::Yes {
        terminal.ask_background()?;
    }
    let start = Start {
        at: options.clock.now(),
        size: crossterm::terminal::size()?,
        environment: options.environment.clone(),
        operator: options.operator.clone(),
        draft: options.draft.clone(),
        looks: Looks { ascii: options.ascii, color: options.color, lines: options.lines },
        themes: options.themes.looks(),
        listener: Listener::Awake,
        keys: options.keymap.configured(),
    };
    if let Some(Err(why)) = beside.tape.as_mut().map(|tape| tape.begin(&start)) {
        beside.tape = None;
        beside.warning = Some(format!("nothing is recorded: {why}"));
    }
    let (mut model, state) = (start.model(), start.looks.view().with(options.themes.clone()));
    model.looks = options.themes.looks();
    model.keymap = options.keymap.clone();
    model.pointer = Pointer::configured(options.mouse);
    let runtime = Runtime::new(&mut terminal, model, state, options, connect).beside(beside);
    OfScreen::new(runtime.run(EventStream::new())).await
}
