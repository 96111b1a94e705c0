//! What a disk can do to the journal. Nothing of it may go unnoticed: what is read is what was
//! acknowledged, or it is said what is damaged. Nothing of it may hurt more than it must, either: what
//! is whole is shown, and what stands still for want of space goes on.

mod damage;
mod full_disk;
mod program;
pub(crate) mod subject;
mod surgery;
