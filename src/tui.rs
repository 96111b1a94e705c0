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
use crate::tui::model::Model;
use crate::tui::options::{Color, Exit, Options, TuiError};
use crate::tui::runtime::Runtime;
use crate::tui::terminal::{OfScreen, TakenTerminal};
use crate::tui::theme::Theme;
use crate::tui::view::ViewState;

pub mod background;
pub mod effect;
pub mod format;
pub mod keymap;
pub mod model;
pub mod msg;
pub mod options;
pub mod runtime;
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
) -> Result<Exit, TuiError> {
    if options.color == Color::Ansi {
        // Whether colour is wanted has been decided; the library below must not look for itself.
        crossterm::style::force_color_output(true);
    }
    let mut terminal = TakenTerminal::take()?;
    if options.background == Ask::Yes {
        terminal.ask_background()?;
    }
    let (width, height) = crossterm::terminal::size()?;
    let mut model = Model::new(
        options.environment.clone(),
        options.operator.clone(),
        options.draft.clone(),
        options.clock.now(),
    );
    model.size = (width, height);
    model.looks = options.themes.looks();
    model.keymap = options.keymap.clone();
    let theme = Theme::new(options.color, options.ascii);
    let state = ViewState::new(theme).with(options.themes.clone());
    let runtime = Runtime::new(&mut terminal, model, state, options, connect);
    OfScreen::new(runtime.run(EventStream::new())).await
}
