//! What a disk can do to the journal. Nothing of it may go unnoticed: what is read is what was
//! acknowledged, or it is said what is damaged.

mod damage;
mod subject;
