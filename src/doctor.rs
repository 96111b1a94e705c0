//! What the doctor thinks: pictures of configuration, machine, journal and cloud go in, findings with
//! remedies come out.
//!
//! Everything here is pure: no file is opened, nobody is asked, and `now` is an argument. [`app`]
//! collects the pictures, shows the findings and carries the acts out.
//!
//! What is called an orphan may be destroyed, so the rule is: nothing is one unless the history of the
//! saga that marked it was read whole, that saga is known to have ended without a live deployment, and the
//! provider has just shown the thing itself, not only a line of a listing. A mark of a saga that this
//! journal has never heard of is perhaps a colleague's, and is only ever destroyed by name; and not even
//! so while something in the journal is damaged of which nobody can say whose it is.
//!
//! [`app`]: crate::app

pub mod archive;
pub mod books;
pub mod clock;
pub mod cloud;
pub mod configuration;
pub mod drift;
pub mod finding;
pub mod folder;
pub mod journal;
pub mod judgement;
pub mod marks;
pub mod names;
pub mod orphans;
pub mod plan;
pub mod refusal;
pub mod report;
pub mod terminal;
pub mod token;

#[cfg(test)]
pub(crate) mod world;

/// `1 entry`, `2 entries`.
fn counted(count: usize, one: &str) -> String {
    match (count, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {one}s"),
    }
}
