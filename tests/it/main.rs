//! Arcadia's integration tests: one binary, a module for each capability.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod generators;
mod journal_contract;
mod journal_record;
mod journal_sled;
