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

pub mod effect;
pub mod format;
pub mod keymap;
pub mod model;
pub mod msg;
pub mod options;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;
