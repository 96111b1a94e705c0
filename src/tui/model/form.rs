//! The launch form: what was typed, what is wrong with it, and what it would do.

use tui_input::Input;

use crate::domain::saga::plan::{OnFailure, Plan};
use crate::domain::spec::{DeploymentSpec, FieldError, LaunchDraft};

/// A place in the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each place is named after the draft's field")]
pub enum Field {
    Tenant,
    Slug,
    Region,
    Size,
    Image,
    DnsDomain,
    DnsRecordName,
    DropletName,
    SshKeys,
    OnFailure,
    Launch,
}

impl Field {
    /// Every place, from top to bottom.
    pub const ALL: [Self; 11] = [
        Self::Tenant,
        Self::Slug,
        Self::Region,
        Self::Size,
        Self::Image,
        Self::DnsDomain,
        Self::DnsRecordName,
        Self::DropletName,
        Self::SshKeys,
        Self::OnFailure,
        Self::Launch,
    ];

    /// The fields that are typed into.
    pub const TYPED: usize = 9;

    /// The name that the draft and its problems use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Slug => "slug",
            Self::Region => "region",
            Self::Size => "size",
            Self::Image => "image",
            Self::DnsDomain => "dns_domain",
            Self::DnsRecordName => "dns_record_name",
            Self::DropletName => "droplet_name",
            Self::SshKeys => "ssh_keys",
            Self::OnFailure => "on_failure",
            Self::Launch => "launch",
        }
    }

    /// The name that a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Slug => "slug",
            Self::Region => "region",
            Self::Size => "size",
            Self::Image => "image",
            Self::DnsDomain => "DNS domain",
            Self::DnsRecordName => "DNS name",
            Self::DropletName => "droplet name",
            Self::SshKeys => "ssh keys",
            Self::OnFailure => "on failure",
            Self::Launch => "",
        }
    }
}

/// The form. It outlives its dialog, so that a draft survives Esc and a refused launch.
#[derive(Debug)]
pub struct LaunchForm {
    inputs: [Input; Field::TYPED],
    rest: LaunchDraft,
    /// What happens when a step fails for good.
    pub on_failure: OnFailure,
    /// Where the keys go.
    pub focus: Field,
    /// How the launch stands.
    pub progress: Progress,
    /// What the launch would do, once the draft makes sense.
    pub plan: Option<Plan>,
    read: Result<DeploymentSpec, Vec<FieldError>>,
}

/// How a launch stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is being written.
    Writing,
    /// The engine was asked.
    Asked,
    /// The engine refused.
    Refused(String),
}

impl LaunchForm {
    /// A form that begins with this draft.
    pub fn new(draft: LaunchDraft) -> Self {
        let inputs = [
            &draft.tenant,
            &draft.slug,
            &draft.region,
            &draft.size,
            &draft.image,
            &draft.dns_domain,
            &draft.dns_record_name,
            &draft.droplet_name,
            &draft.ssh_keys.join(" "),
        ]
        .map(|text| Input::new(text.clone()));
        let mut form = Self {
            inputs,
            rest: draft,
            on_failure: OnFailure::Rollback,
            focus: Field::Tenant,
            progress: Progress::Writing,
            plan: None,
            read: Err(Vec::new()),
        };
        form.reread();
        // A tenant that is there already would only be typed into by mistake.
        if !form.rest.tenant.is_empty() {
            form.focus = Field::Slug;
        }
        form
    }

    /// The text field that has the keys, if one has.
    pub fn input_mut(&mut self) -> Option<&mut Input> {
        self.inputs.get_mut(self.focus as usize)
    }

    /// A text field.
    pub fn input(&self, field: Field) -> Option<&Input> {
        self.inputs.get(field as usize)
    }

    /// What the draft says, when it makes sense.
    pub fn spec(&self) -> Option<&DeploymentSpec> {
        self.read.as_ref().ok()
    }

    /// How many fields do not make sense.
    pub fn problems(&self) -> usize {
        self.read.as_ref().err().map_or(0, Vec::len)
    }

    /// What is wrong with a field.
    pub fn problem(&self, field: Field) -> Option<&str> {
        let errors = self.read.as_ref().err()?;
        errors.iter().find(|error| error.field == field.name()).map(|error| &*error.problem)
    }

    /// A problem that no field of the form owns.
    pub fn other_problem(&self) -> Option<&FieldError> {
        let errors = self.read.as_ref().err()?;
        errors.iter().find(|error| Field::ALL.iter().all(|field| field.name() != error.field))
    }

    /// Reads the draft again after a change. The plan of the old draft is forgotten.
    pub fn reread(&mut self) {
        self.plan = None;
        self.read = DeploymentSpec::parse(&self.draft());
        if let Progress::Refused(_) = self.progress {
            self.progress = Progress::Writing;
        }
    }

    /// Takes the problems that the engine found.
    pub fn refuse(&mut self, errors: Vec<FieldError>) {
        self.progress = Progress::Refused("the launch does not make sense".to_owned());
        self.read = Err(errors);
    }

    /// Moves to another place, round the ends.
    pub fn go(&mut self, places: isize) {
        let count = Field::ALL.len();
        let next = (self.focus as usize + count).saturating_add_signed(places) % count;
        self.focus = Field::ALL[next];
    }

    /// Moves to the next field that is wrong, or to the button when nothing is: two keys launch a
    /// form that makes sense, and no field is filled in for nothing.
    pub fn go_on(&mut self) {
        let here = self.focus as usize;
        let count = Field::ALL.len();
        let following = (1..count).map(|places| Field::ALL[(here + places) % count]);
        self.focus = following
            .into_iter()
            .find(|field| self.problem(*field).is_some())
            .or_else(|| self.problem(self.focus).map(|_| self.focus))
            .unwrap_or(Field::Launch);
    }

    /// The other choice of what happens on a failure.
    pub fn toggle_on_failure(&mut self) {
        self.on_failure = match self.on_failure {
            OnFailure::Rollback => OnFailure::Hold,
            OnFailure::Hold => OnFailure::Rollback,
        };
    }

    /// Makes the form ready for the next launch: the slug is the one thing that cannot stay.
    pub fn launched(&mut self) {
        self.inputs[Field::Slug as usize].reset();
        self.inputs[Field::DropletName as usize].reset();
        self.inputs[Field::DnsRecordName as usize].reset();
        self.focus = Field::Slug;
        self.progress = Progress::Writing;
        self.reread();
    }

    /// The draft as it was typed.
    pub fn draft(&self) -> LaunchDraft {
        let text = |field: Field| self.inputs[field as usize].value().to_owned();
        let keys = self.inputs[Field::SshKeys as usize].value();
        LaunchDraft {
            tenant: text(Field::Tenant),
            slug: text(Field::Slug),
            region: text(Field::Region),
            size: text(Field::Size),
            image: text(Field::Image),
            dns_domain: text(Field::DnsDomain),
            dns_record_name: text(Field::DnsRecordName),
            droplet_name: text(Field::DropletName),
            ssh_keys: keys.split([' ', ',']).filter(|k| !k.is_empty()).map(str::to_owned).collect(),
            ..self.rest.clone()
        }
    }
}
