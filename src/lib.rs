//! Arcadia launches, watches and rolls back tenant deployments from the terminal. A deployment comes
//! up whole, or leaves nothing behind.
//!
//! ```text
//!          keys                                  shell
//!           |                                      |
//!        +--v--+                                +--v--+
//!        | tui |                                | cli |           front doors: no rule about sagas here
//!        +--+--+                                +--+--+
//!           +------------------+-------------------+
//!                              v
//!                    control (trait Control)
//!                              ^
//!                              |
//!   engine: one owner task for each saga; runs commands, journals events, tells who watches
//!      |            |                 |                   |
//!      v            v                 v                   v
//!   domain        steps        journal (trait)     store: the read model,
//!   the law,      do / undo    sled | memory       rebuilt from the journal
//!   pure            |
//!                   v
//!                providers (traits Compute, Dns, Inventory)
//!                digitalocean over HTTP | inventory in the journal
//!                   |
//!                   v
//!                simulator: a DigitalOcean-compatible server on loopback, product code, so that the
//!                same client runs with and without a cloud account
//! ```
//!
//! # The one law
//!
//! Something happens; [`domain::saga::transition::evolve`] says what it means; the journal makes it
//! durable; the world is told; [`domain::saga::transition::decide`] says what follows; calls are
//! started, and their answers happen in turn. A restart is a turn like any other: its first fact is
//! that what was under way is interrupted.
//!
//! # Who may import whom
//!
//! | module | may import |
//! |---|---|
//! | `domain` | nothing of ours |
//! | `clock` | `domain`; the only file that reads time or chance |
//! | `fair` | nothing of ours: turns, given out fairly |
//! | `providers` | `domain`, `clock`, `fair` |
//! | `journal`, `store` | `domain`, `clock`; not each other, and not `providers` |
//! | `steps` | `domain`, `providers` (traits), `store` (trait) |
//! | `control` | `domain` |
//! | `engine` | `domain`, `steps`, `providers` (traits), `journal` (trait), `store`, `clock`, `control`, `fair` |
//! | `simulator` | `clock`, `domain::time`; it shares no type with the client that it answers |
//! | `config`, `telemetry` | `domain`, `clock` (`telemetry`: `config`) |
//! | `doctor` | `domain`, `providers` (what they show), `steps` (marks and outputs); it is pure |
//! | `drill` | `domain`, `clock`, `control`, `engine`, `journal`, `providers` (traits), `simulator`, `steps` |
//! | `tui`, `cli` | `domain`, `control`, `config`, `clock`; not each other (`cli`: `doctor`, and the report of `drill`) |
//! | `recording` | `domain`, `control`, `journal` (its written forms), `telemetry` (redaction), `tui` (its messages) |
//! | `app` | everything: it puts the program together |
//!
//! The embedded inventory is a part of each deployment's history, so the engine implements
//! [`providers::Inventory`]: a row is as durable as the journal, and its audit trail is the history.
//! A test (`tests/it/layering.rs`) reads the imports and holds every module to this table.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod doctor;
pub mod domain;
pub mod drill;
pub mod engine;
pub mod fair;
pub mod journal;
pub mod providers;
pub mod recording;
pub mod simulator;
pub mod steps;
pub mod store;
pub mod telemetry;
pub mod tui;
