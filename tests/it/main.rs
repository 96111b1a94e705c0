//! Arcadia's integration tests: one binary, a module for each capability.

mod generators;
mod journal_contract;
mod journal_record;
mod journal_sled;
