//! The account's SSH keys.

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::simulator::world::World;
use crate::simulator::world::ids::KeyId;
use crate::simulator::world::refusal::Refusal;

/// A public key that droplets can be made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshKey {
    /// Its number.
    pub id: KeyId,
    /// Sixteen pairs of hexadecimal digits.
    pub fingerprint: String,
    /// The key itself.
    pub public_key: String,
    /// Its name for people.
    pub name: String,
}

impl World {
    /// Every key, by number.
    pub fn keys(&self) -> Vec<SshKey> {
        self.books.keys.values().cloned().collect()
    }

    /// The key with this number or fingerprint.
    ///
    /// # Errors
    /// There is none.
    pub fn key(&self, number_or_fingerprint: &str) -> Result<SshKey, Refusal> {
        let named = |key: &&SshKey| {
            key.fingerprint == number_or_fingerprint || key.id.to_string() == number_or_fingerprint
        };
        self.books.keys.values().find(named).cloned().ok_or(Refusal::NotFound)
    }

    /// Adds a key.
    ///
    /// # Errors
    /// It does not look like a key, has no name, or is there already.
    pub fn create_key(
        &mut self,
        now: Timestamp,
        name: &str,
        public_key: &str,
    ) -> Result<SshKey, Refusal> {
        let mut words = public_key.split_whitespace();
        let kind = words.next().unwrap_or_default();
        let known_kind = ["ssh-", "ecdsa-", "sk-"].iter().any(|prefix| kind.starts_with(prefix));
        let Some(body) = words.next().filter(|_| known_kind && !name.trim().is_empty()) else {
            return Err(Refusal::unprocessable(
                "Key invalid, key should be of the format `type key comment`",
            ));
        };
        let fingerprint = fingerprint(body);
        if self.key(&fingerprint).is_ok() {
            return Err(Refusal::unprocessable("SSH Key is already in use on your account"));
        }
        self.changed(now);
        let id = self.books.counters.key();
        let key =
            SshKey { id, fingerprint, public_key: public_key.to_owned(), name: name.to_owned() };
        self.books.keys.insert(id, key.clone());
        Ok(key)
    }

    /// Removes a key; droplets made with it keep it.
    ///
    /// # Errors
    /// There is none.
    pub fn delete_key(&mut self, now: Timestamp, id_or_fingerprint: &str) -> Result<(), Refusal> {
        let id = self.key(id_or_fingerprint)?.id;
        self.books.keys.remove(&id);
        self.changed(now);
        Ok(())
    }
}

/// Tells keys apart in the familiar form. It is a checksum (FNV-1a, 128 bits), not the digest that
/// OpenSSH shows: nobody can log in to a simulated droplet.
fn fingerprint(body: &str) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let sum = body.bytes().fold(OFFSET, |sum, byte| (sum ^ u128::from(byte)).wrapping_mul(PRIME));
    let pairs: Vec<String> = sum.to_be_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}
