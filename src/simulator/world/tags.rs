//! Tags: made on first use, kept until deleted.

use crate::domain::time::Timestamp;
use crate::simulator::world::World;
use crate::simulator::world::ids::DropletId;
use crate::simulator::world::refusal::Refusal;

/// A tag and what carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name in the capitalisation it was made with.
    pub name: String,
    /// The droplets that carry it, in the order of making.
    pub droplets: Vec<DropletId>,
}

impl World {
    /// Every tag, by name.
    pub fn tags(&self, now: Timestamp) -> Vec<Tag> {
        self.books.tags.iter().map(|name| self.with_carriers(now, name)).collect()
    }

    /// The tag of this name, in its canonical capitalisation.
    ///
    /// # Errors
    /// There is none.
    pub fn tag(&self, now: Timestamp, name: &str) -> Result<Tag, Refusal> {
        let name = self.books.tags.get(name).ok_or(Refusal::NotFound)?;
        Ok(self.with_carriers(now, name))
    }

    /// Makes a tag; one that exists, in whatever capitalisation, is simply given back.
    ///
    /// # Errors
    /// The name has characters that a tag may not have.
    pub fn create_tag(&mut self, now: Timestamp, name: &str) -> Result<Tag, Refusal> {
        if !Self::is_tag(name) {
            return Err(Refusal::InvalidTag(name.to_owned()));
        }
        self.changed(now);
        let canonical = self.adopt_tags(&[name.to_owned()]).remove(0);
        Ok(self.with_carriers(now, &canonical))
    }

    /// Deletes a tag and takes it off everything.
    ///
    /// # Errors
    /// There is none.
    pub fn delete_tag(&mut self, now: Timestamp, name: &str) -> Result<(), Refusal> {
        if !self.books.tags.remove(name) {
            return Err(Refusal::NotFound);
        }
        for row in self.books.droplets.values_mut() {
            row.tags.retain(|held| held != name);
        }
        self.changed(now);
        Ok(())
    }

    /// Whether a text can be a tag.
    pub(super) fn is_tag(text: &str) -> bool {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':');
        !text.is_empty() && text.len() <= 255 && text.chars().all(allowed)
    }

    /// The canonical names of tags, without repetition; those that did not exist do now.
    pub(super) fn adopt_tags(&mut self, names: &[String]) -> Vec<String> {
        let mut canonical = Vec::new();
        for name in names {
            let known = self.books.tags.iter().find(|tag| tag.eq_ignore_ascii_case(name)).cloned();
            let tag = known.unwrap_or_else(|| name.clone());
            self.books.tags.insert(tag.clone());
            if !canonical.contains(&tag) {
                canonical.push(tag);
            }
        }
        canonical
    }

    fn with_carriers(&self, now: Timestamp, name: &str) -> Tag {
        let droplets = self
            .books
            .droplets
            .values()
            .filter(|row| !row.is_gone(now) && row.tags.iter().any(|held| held == name))
            .map(|row| row.id)
            .collect();
        Tag { name: name.to_owned(), droplets }
    }
}
