//! What a disk can do to the journal. Nothing of it may go unnoticed: what is read is what was
//! acknowledged, or it is said what is damaged. Nothing of it may hurt more than it must, either: what
//! is whole is shown, and what stands still for want of space goes on.
//!
//! Some of it takes a mount. Where nobody may mount, a test says that it was not tried, and fails if
//! `STORAGE_FAULTS_REQUIRED` is set; `cargo storage-faults` demands it.

mod damage;
mod file_limit;
mod full_disk;
pub(crate) mod program;
pub(crate) mod subject;
mod surgery;

/// Says that something was not tried.
fn not_tried() {
    let why = "not tried: this takes a mount, which is not allowed here";
    assert!(std::env::var_os("STORAGE_FAULTS_REQUIRED").is_none(), "{why}");
    eprintln!("{why}");
}
