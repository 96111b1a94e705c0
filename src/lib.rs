//! Arcadia: launch, watch and roll back tenant deployments from the terminal.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod domain;
pub mod engine;
pub mod journal;
pub mod providers;
pub mod simulator;
pub mod steps;
pub mod store;
pub mod telemetry;
pub mod tui;
