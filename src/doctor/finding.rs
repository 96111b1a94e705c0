//! What a check found: one line, its evidence, and what to do about it.

use std::fmt;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub area: Area,
    /// The check's stable name within its area: `mode`, `accepted`, `orphan_droplet`.
    pub check: &'static str,
    /// How it stands.
    pub verdict: Verdict,
    /// What was found, in one line. It may hold text of the provider or of the disk.
    pub text: String,
    /// On what grounds, a line each.
    pub evidence: Vec<String>,
    /// What to do.
    pub remedy: Option<String>,
    /// The thing out there that it is about.
    pub subject: Option<Subject>,
}

/// What a finding is about, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// What Arcadia was told.
    Configuration,
    /// The provider's token, and what it may do.
    Token,
    /// The folder of journal and logs.
    DataFolder,
    /// The journal itself.
    Journal,
    /// The readable copy of the journal.
    Archive,
    /// This machine's clock.
    Clock,
    /// The terminal.
    Terminal,
    /// The provider and the account.
    Cloud,
    /// What nothing owns.
    Orphans,
    /// Live deployments that are not what the journal says.
    Drift,
}

impl Area {
    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Token => "token",
            Self::DataFolder => "data_folder",
            Self::Journal => "journal",
            Self::Archive => "archive",
            Self::Clock => "clock",
            Self::Terminal => "terminal",
            Self::Cloud => "cloud",
            Self::Orphans => "orphans",
            Self::Drift => "drift",
        }
    }
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Nobody knows; the text says why.
    NotChecked,
    /// It may become a problem, or may be meant.
    Warning,
    /// A person must do something.
    Problem,
}

impl Verdict {
    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotChecked => "not_checked",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// A thing out there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A droplet.
    Droplet {
        /// The provider's id.
        id: u64,
    },
    /// A DNS record.
    Record {
        /// The zone.
        zone: String,
        /// The provider's id.
        id: u64,
    },
    /// A deployment.
    Deployment {
        /// `tenant/slug`.
        name: String,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Droplet { id } => write!(f, "droplet {id}"),
            Self::Record { zone, id } => write!(f, "record {id} of {zone}"),
            Self::Deployment { name } => f.write_str(name),
        }
    }
}

impl Finding {
    /// As it should be.
    pub fn ok(area: Area, check: &'static str, text: impl Into<String>) -> Self {
        Self::new(area, check, Verdict::Ok, text)
    }

    /// Not known, and why.
    pub fn not_checked(area: Area, check: &'static str, why: impl Into<String>) -> Self {
        Self::new(area, check, Verdict::NotChecked, why)
    }

    /// It may become a problem, or may be meant.
    pub fn warning(area: Area, check: &'static str, text: impl Into<String>) -> Self {
        Self::new(area, check, Verdict::Warning, text)
    }

    /// A person must do something.
    pub fn problem(area: Area, check: &'static str, text: impl Into<String>) -> Self {
        Self::new(area, check, Verdict::Problem, text)
    }

    /// On these grounds, too.
    #[must_use]
    pub fn because(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    /// With this to be done.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// About this thing.
    #[must_use]
    pub fn about(mut self, subject: Subject) -> Self {
        self.subject = Some(subject);
        self
    }

    fn new(area: Area, check: &'static str, verdict: Verdict, text: impl Into<String>) -> Self {
        Self {
            area,
            check,
            verdict,
            text: text.into(),
            evidence: Vec::new(),
            remedy: None,
            subject: None,
        }
    }
}
