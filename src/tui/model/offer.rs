//! What can be launched, and for how much, as far as the screen knows.

use std::sync::Arc;

use crate::domain::catalogue::{Catalogue, offline};

/// What can be launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The latest lists; the program's own before the provider was asked.
    pub catalogue: Arc<Catalogue>,
    /// Whether they were asked for.
    pub asked: Asked,
}

/// Whether the lists were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// They were not.
    Never,
    /// They are on their way.
    UnderWay,
    /// They came.
    Answered,
}

impl Default for Offer {
    fn default() -> Self {
        Self { catalogue: Arc::new(offline::catalogue().clone()), asked: Asked::Never }
    }
}

impl Offer {
    /// Takes lists in.
    pub fn take(&mut self, catalogue: Arc<Catalogue>) {
        *self = Self { catalogue, asked: Asked::Answered };
    }
}
