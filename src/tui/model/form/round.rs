//! Launches that were asked for together, and what became of each.

use std::collections::BTreeSet;

use crate::control::Launched;
use crate::domain::id::DeploymentId;

/// Launches that were asked for together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Round {
    /// All of them, in the order in which they were asked for.
    all: Vec<String>,
    waiting: BTreeSet<String>,
    launched: Vec<(String, Launched)>,
    refused: Vec<(String, String)>,
}

impl Round {
    /// A round of launches with these slugs.
    pub fn of(slugs: impl IntoIterator<Item = String>) -> Self {
        let all: Vec<String> = slugs.into_iter().collect();
        Self { waiting: all.iter().cloned().collect(), all, ..Self::default() }
    }

    /// One of them is there.
    pub fn launched(&mut self, slug: String, launched: Launched) {
        self.waiting.remove(&slug);
        self.launched.push((slug, launched));
        // Answers come in any order.
        self.launched.sort_by_key(|(slug, _)| self.all.iter().position(|asked| asked == slug));
    }

    /// One of them was refused.
    pub fn refused(&mut self, slug: String, why: String) {
        self.waiting.remove(&slug);
        self.refused.push((slug, why));
        self.refused.sort_by_key(|(slug, _)| self.all.iter().position(|asked| asked == slug));
    }

    /// No further answer will come.
    pub fn lost(&mut self, why: &str) {
        for slug in std::mem::take(&mut self.waiting) {
            self.refused(slug, why.to_owned());
        }
    }

    /// The slug that an answer is for: one that names none is for the only one that waits.
    pub fn meant(&self, slug: String) -> String {
        let mut waiting = self.waiting.iter();
        match (slug.as_str(), waiting.next(), waiting.next()) {
            ("", Some(only), None) => only.clone(),
            _ => slug,
        }
    }

    /// Whether it was asked for, and not answered yet.
    pub fn waits_for(&self, slug: &str) -> bool {
        self.waiting.contains(slug)
    }

    /// Whether every one was answered.
    pub fn is_over(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many there are, answered or not.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// How many were answered.
    pub fn answered(&self) -> usize {
        self.launched.len() + self.refused.len()
    }

    /// The first that is there.
    pub fn first(&self) -> Option<Launched> {
        self.launched.first().map(|(_, launched)| *launched)
    }

    /// Those that are there.
    pub fn there(&self) -> impl Iterator<Item = DeploymentId> {
        self.launched.iter().map(|(_, launched)| launched.deployment)
    }

    /// The slugs that were refused, as they are typed.
    pub fn left(&self) -> String {
        self.refused.iter().map(|(slug, _)| slug.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Why what was refused was refused; each is named when there were several.
    pub fn whys(&self) -> Option<String> {
        let (_, first) = self.refused.first()?;
        if self.count() == 1 {
            return Some(first.clone());
        }
        let each: Vec<_> =
            self.refused.iter().map(|(slug, why)| format!("{slug}: {why}")).collect();
        let others = match self.launched.len() {
            0 => String::new(),
            1 => "; the other one was launched".to_owned(),
            count => format!("; the other {count} were launched"),
        };
        Some(format!("{}{others}", each.join("; ")))
    }

    /// What became of them, for the bottom of the screen.
    pub fn summary(&self) -> String {
        let resumes = "resumes by itself whatever happens here";
        match (self.launched.as_slice(), self.refused.as_slice()) {
            ([_], []) => format!("launched; it {resumes}"),
            (launched, []) => {
                let names = joined(launched.iter().map(|(slug, _)| slug.as_str()));
                format!("launched {}: {names}; each {resumes}", launched.len())
            }
            (launched, refused) => {
                let names = joined(refused.iter().map(|(slug, _)| slug.as_str()));
                let (some, all) = (launched.len(), self.count());
                format!("launched {some} of {all}; refused: {names}")
            }
        }
    }
}

/// Names, with a count in the place of those that would fill the screen.
pub fn joined<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let count = names.len();
    let shown: Vec<&str> = names.take(if count > SHOWN { SHOWN - 1 } else { SHOWN }).collect();
    match count - shown.len() {
        0 => shown.join(", "),
        rest => format!("{} and {rest} more", shown.join(", ")),
    }
}
