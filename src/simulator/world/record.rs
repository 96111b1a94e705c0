//! One DNS record: what is asked for, what is on the books, what is seen at a moment.

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::simulator::world::ids::RecordId;
use crate::simulator::world::millis;
use crate::simulator::world::refusal::Refusal;

macro_rules! record_kinds {
    ($($(#[$doc:meta])* $variant:ident => $text:literal,)+) => {
        /// The types of record that the cloud knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum RecordKind {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }

        impl RecordKind {
            /// Every type.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word of the API.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

record_kinds! {
    /// An IPv4 address.
    A => "A",
    /// An IPv6 address.
    Aaaa => "AAAA",
    /// Who may issue certificates.
    Caa => "CAA",
    /// Another name for a name.
    Cname => "CNAME",
    /// Where mail goes.
    Mx => "MX",
    /// Who answers for the zone.
    Ns => "NS",
    /// The head of the zone.
    Soa => "SOA",
    /// Where a service is.
    Srv => "SRV",
    /// Text.
    Txt => "TXT",
}

/// A record as it is seen at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its number.
    pub id: RecordId,
    /// Its type.
    pub kind: RecordKind,
    /// Its name relative to the domain; `@` is the apex.
    pub name: String,
    /// Its value, without a trailing dot.
    pub data: String,
    /// Seconds that a resolver may keep it.
    pub ttl: u32,
    /// What only some types have.
    pub extras: Extras,
}

/// What only some types have; `None` elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extras {
    /// MX and SRV.
    pub priority: Option<u16>,
    /// SRV.
    pub port: Option<u16>,
    /// SRV.
    pub weight: Option<u16>,
    /// CAA.
    pub flags: Option<u8>,
    /// CAA.
    pub tag: Option<String>,
}

/// What a create or update request says. What it leaves out stays as it is, or is the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordDraft {
    /// The type; the only thing that every request must say.
    pub kind: RecordKind,
    /// The name relative to the domain; `@` is the apex.
    pub name: Option<String>,
    /// The value; host names end with a dot.
    pub data: Option<String>,
    /// Seconds; at least 30.
    pub ttl: Option<u32>,
    /// What only some types have.
    pub extras: Extras,
}

/// Which records a listing shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordFilter {
    /// Those with this *fully qualified* name.
    pub name: Option<String>,
    /// Those of this type.
    pub kind: Option<RecordKind>,
}

/// A record on the books: every version that a listing may still show, the oldest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RecordRow {
    versions: Vec<Version>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Version {
    #[serde(with = "millis")]
    from: Timestamp,
    /// `None` when it was deleted.
    record: Option<Record>,
}

impl RecordKind {
    /// The type of this word.
    ///
    /// # Errors
    /// There is none.
    pub fn parse(word: &str) -> Result<Self, Refusal> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| Refusal::unprocessable(format!("`{word}` is not a type of record")))
    }

    /// Whether the value is the name of a host.
    pub(super) fn points_to_a_host(self) -> bool {
        match self {
            Self::Cname | Self::Mx | Self::Ns | Self::Srv => true,
            Self::A | Self::Aaaa | Self::Caa | Self::Soa | Self::Txt => false,
        }
    }
}

impl RecordDraft {
    /// An A record of the cloud's default TTL.
    pub fn a(name: &str, data: &str) -> Self {
        Self {
            kind: RecordKind::A,
            name: Some(name.to_owned()),
            data: Some(data.to_owned()),
            ttl: None,
            extras: Extras::default(),
        }
    }
}

impl Extras {
    /// These values, and where there are none, `other`'s.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            priority: self.priority.or(other.priority),
            port: self.port.or(other.port),
            weight: self.weight.or(other.weight),
            flags: self.flags.or(other.flags),
            tag: self.tag.or(other.tag),
        }
    }
}

impl RecordFilter {
    pub(super) fn shows(&self, domain: &str, record: &Record) -> bool {
        let named = |name: &String| {
            let asked = name.trim_end_matches('.');
            record.qualified_name(domain).eq_ignore_ascii_case(asked)
        };
        self.name.as_ref().is_none_or(named) && self.kind.is_none_or(|kind| kind == record.kind)
    }
}

impl Record {
    /// The name with the domain, without a trailing dot.
    pub fn qualified_name(&self, domain: &str) -> String {
        if self.name == "@" { domain.to_owned() } else { format!("{}.{domain}", self.name) }
    }
}

impl RecordRow {
    pub(super) fn new(from: Timestamp, record: Record) -> Self {
        Self { versions: vec![Version { from, record: Some(record) }] }
    }

    /// The truth.
    pub(super) fn latest(&self) -> Option<&Record> {
        self.versions.last().and_then(|version| version.record.as_ref())
    }

    /// What was true at `moment`.
    pub(super) fn at(&self, moment: Timestamp) -> Option<&Record> {
        let version = self.versions.iter().rev().find(|version| version.from <= moment)?;
        version.record.as_ref()
    }

    pub(super) fn replace(&mut self, from: Timestamp, record: Option<Record>) {
        self.versions.push(Version { from, record });
    }

    /// Forgets what no listing shows any more.
    pub(super) fn forget_before(&mut self, moment: Timestamp) -> Remembered {
        let shown = self.versions.iter().rposition(|version| version.from <= moment);
        self.versions.drain(..shown.unwrap_or(0));
        match self.versions.as_slice() {
            [Version { record: None, from }] if *from <= moment => Remembered::Nothing,
            _ => Remembered::Something,
        }
    }
}

/// What is left after forgetting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remembered {
    Something,
    Nothing,
}
