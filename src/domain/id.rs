//! Identifiers: one newtype per thing, made by one macro, prefixed when shown.
//!
//! An id is 128 bits (a UUID version 7, so ids sort by the time they were made). The domain never
//! makes one up: `clock::IdSource` does, and hands it in.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A text that should have been an id, and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of the form `{prefix}<32 hexadecimal digits>`")]
pub struct ParseIdError {
    text: String,
    prefix: &'static str,
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text form starts with.
            pub const PREFIX: &'static str = $prefix;

            /// The id with these 128 bits.
            pub const fn from_u128(bits: u128) -> Self {
                Self(Uuid::from_u128(bits))
            }

            /// The id's 16 bytes, big-endian, so that keys sort as ids do.
            pub const fn to_bytes(self) -> [u8; 16] {
                *self.0.as_bytes()
            }

            /// The id of 16 big-endian bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The last four hexadecimal digits: enough for a person to tell neighbours apart.
            pub fn short(self) -> String {
                let digits = self.0.simple().to_string();
                digits[digits.len() - 4..].to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::PREFIX, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.strip_prefix(Self::PREFIX)
                    .filter(|digits| digits.len() == 32)
                    .and_then(|digits| Uuid::try_parse(digits).ok())
                    .map(Self)
                    .ok_or_else(|| ParseIdError { text: text.to_owned(), prefix: Self::PREFIX })
            }
        }
    };
}

id_type! {
    /// A tenant's deployment.
    DeploymentId, "dep_"
}
id_type! {
    /// One run of a plan for one deployment.
    SagaId, "saga_"
}
id_type! {
    /// One act of an operator; the same id twice is the same act.
    CommandId, "cmd_"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let id = SagaId::from_u128(0x0192_3456_789a_bcde_f012_3456_789a_7f3a);
        assert_eq!(id.to_string(), "saga_0192345678 9abcdef0123456789a7f3a".replace(' ', ""));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.short(), "7f3a");
    }

    #[test]
    fn an_id_of_another_kind_or_length_is_refused() {
        let deployment = DeploymentId::from_u128(1).to_string();
        assert!(deployment.parse::<SagaId>().is_err());
        assert!("saga_1".parse::<SagaId>().is_err());
        assert!(
            "saga_zz92345678 9abcdef0123456789a7f3a".replace(' ', "").parse::<SagaId>().is_err()
        );
    }
}
