//! Arcadia's integration tests: one binary, a module for each capability.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stderr, reason = "a suite tells what it tried")]

mod admission;
mod archive;
mod crash;
mod dependencies;
mod doctor;
mod drill;
mod engine;
mod fault_matrix;
mod fuzz_corpus;
mod generators;
mod hostile;
mod http_saga;
mod journal_beside;
mod journal_commits;
mod journal_contract;
mod journal_record;
mod journal_sled;
mod kill;
mod kill_storm;
mod launch_form;
mod layering;
mod overload;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod power_loss;
mod prism;
mod readme;
mod recording;
mod saga_doubt;
mod saga_law;
mod saga_run;
mod screens;
mod secrets;
mod shell;
mod step_battery;
mod storage_faults;
mod store;
mod support;
mod terminal;
mod themes;
mod verbs;
