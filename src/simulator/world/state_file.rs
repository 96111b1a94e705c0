//! The world as bytes: a versioned JSON document.

use serde::{Deserialize, Serialize};

use crate::simulator::world::{Books, Rules, World};

/// The version that this code writes.
const VERSION: u32 = 1;

/// Bytes that do not hold a world.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Not the document that it should be.
    #[error("not a state of the simulated cloud")]
    Malformed(#[source] serde_json::Error),
    /// Written by a later program.
    #[error("version {found} of the state is not known here, only {VERSION}")]
    UnknownVersion {
        /// What the document says.
        found: u32,
    },
}

impl World {
    /// Everything that must survive a restart.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&Writing { v: VERSION, world: &self.books })
            .expect("the books hold nothing that JSON cannot")
    }

    /// The world of these bytes, from here on under these rules. What is in progress keeps the
    /// times that it was promised; domains of the rules that are missing are added.
    ///
    /// # Errors
    /// The bytes hold no world, or one of an unknown version.
    pub fn from_bytes(rules: &Rules, bytes: &[u8]) -> Result<Self, StateError> {
        let head: Head = serde_json::from_slice(bytes).map_err(StateError::Malformed)?;
        if head.v != VERSION {
            return Err(StateError::UnknownVersion { found: head.v });
        }
        let document: Reading = serde_json::from_slice(bytes).map_err(StateError::Malformed)?;
        Ok(Self::with_books(rules, document.world))
    }
}

#[derive(Serialize)]
struct Writing<'a> {
    v: u32,
    world: &'a Books,
}

/// The version is read first: a later document may differ in everything else.
#[derive(Deserialize)]
struct Head {
    v: u32,
}

#[derive(Deserialize)]
struct Reading {
    world: Books,
}
