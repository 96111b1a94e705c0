//! Arcadia's integration tests: one binary, a module for each capability.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod crash;
mod generators;
mod http_saga;
mod journal_record;
mod layering;
mod saga_law;
mod saga_run;
mod support;
