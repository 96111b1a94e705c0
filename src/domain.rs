//! The law, pure: no runtime, no I/O, no clock, no randomness. `now` is an argument.

pub mod failure;
pub mod id;
pub mod resource;
pub mod time;
