//! The law, pure: no runtime, no I/O, no clock, no randomness. `now` is an argument.

pub mod aggregate;
pub mod batch;
pub mod catalogue;
pub mod deployment;
pub mod failure;
pub mod holding;
pub mod id;
pub mod line;
pub mod log;
pub mod money;
pub mod resource;
pub mod saga;
pub mod spec;
pub mod summary;
pub mod text;
pub mod time;
pub mod undo_preview;
pub mod usual;
