//! Arcadia: launch, watch and roll back tenant deployments from the terminal.

pub mod clock;
pub mod control;
pub mod domain;
pub mod journal;
pub mod providers;
pub mod tui;
