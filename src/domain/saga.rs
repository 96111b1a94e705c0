//! The saga law: a plan, a state, facts, and what follows from them.
//!
//! ```text
//! turn:  event -> evolve -> journal (durable) -> publish -> decide -> run commands -> their answers
//!        are settled into events
//! ```
//!
//! Nothing here knows who runs it, when, or where it is kept.

pub mod command;
pub mod event;
pub mod plan;
pub mod retry;
pub mod state;
pub mod timeline;
pub mod transition;
