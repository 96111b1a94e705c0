//! Which requests a rule is about.

use std::fmt;

/// A method and a path with wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// `None` is any method.
    method: Option<String>,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Exactly(String),
    AnyOne,
    Rest,
}

impl Pattern {
    /// The pattern of a method (`*` is any) and a path that begins with a slash.
    ///
    /// # Errors
    /// Says what is wrong, in words.
    pub(super) fn new(method: &str, path: &str) -> Result<Self, &'static str> {
        let method = match method {
            "*" => None,
            word if word.chars().all(|c| c.is_ascii_alphabetic()) => {
                Some(word.to_ascii_uppercase())
            }
            _ => return Err("the method is a word such as `GET`, or `*`"),
        };
        // No request has a blank in its path, and at its end it would be lost when the rule is shown.
        let strange = |c: char| c == '?' || c.is_whitespace() || c.is_control();
        if !path.starts_with('/') || path.contains(strange) {
            return Err("the path begins with `/`, and has no query and no blank");
        }
        let words: Vec<&str> = split(path).collect();
        let mut segments = Vec::new();
        for (index, word) in words.iter().enumerate() {
            segments.push(match *word {
                "*" => Segment::AnyOne,
                "**" if index + 1 == words.len() => Segment::Rest,
                "**" => return Err("`**` can only be the last segment"),
                text if text.contains('*') => {
                    return Err("`*` stands for a whole segment, not for a part of one");
                }
                text => Segment::Exactly(text.to_owned()),
            });
        }
        Ok(Self { method, segments })
    }

    pub(super) fn matches(&self, method: &str, path: &str) -> bool {
        if self.method.as_ref().is_some_and(|wanted| !wanted.eq_ignore_ascii_case(method)) {
            return false;
        }
        let mut words = split(path);
        for segment in &self.segments {
            let fits = match (segment, words.next()) {
                (Segment::Rest, _) => return true,
                (Segment::AnyOne, found) => found.is_some(),
                (Segment::Exactly(text), found) => found == Some(text),
            };
            if !fits {
                return false;
            }
        }
        words.next().is_none()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.method.as_deref().unwrap_or("*"))?;
        if self.segments.is_empty() {
            f.write_str("/")?;
        }
        for segment in &self.segments {
            match segment {
                Segment::Exactly(text) => write!(f, "/{text}")?,
                Segment::AnyOne => f.write_str("/*")?,
                Segment::Rest => f.write_str("/**")?,
            }
        }
        Ok(())
    }
}

/// The segments of a path; slashes at the ends make none.
fn split(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}
